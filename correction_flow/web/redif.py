"""Checking ReDIF in the browser, and what each kind of problem means. Nothing is stored."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import TextAreaField

from correction_flow.catalog import formats
from correction_flow.catalog.models import Kind
from correction_flow.catalog.record import from_tree
from correction_flow.core import rate
from correction_flow.redif import explanations
from correction_flow.redif.checker import Checker, Verdict
from correction_flow.redif.fields import canonical
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import ParsedFile, Tree
from correction_flow.upstream import explanations as of_imports
from correction_flow.web.access import limit, public

pages = Blueprint("redif", __name__)

GROUPS = explanations.GROUPS | {"Importing": of_imports.EXPLANATIONS}
EXPLANATIONS = explanations.EXPLANATIONS | of_imports.EXPLANATIONS
PASTED = "pasted.redif"
MAX_BYTES = 500_000
MAX_SHOWN = 25
"""Templates that are shown whole; of the others the problems are listed."""
MAX_LINES = 300
_MOST_PROBLEMS = 500


class CheckForm(FlaskForm):  # type: ignore[misc]
    """A template as text, or a file."""

    text = TextAreaField("ReDIF template", render_kw={"class": "redif-input"})
    file = FileField("Or a file")


@pages.get("/check")
@public
def check() -> Any:
    """The form."""
    return render_template("redif/check.html", form=CheckForm(), result=None)


@pages.post("/check")
@public
def result() -> Any:
    """What is wrong in what was pasted or uploaded, and how it would be read."""
    limit(rate.CHECK)
    form = CheckForm()
    if not form.validate():
        return render_template("redif/check.html", form=form, result=None), 422
    name, data = _given(form)
    if not data.strip():
        form.text.errors = ["Paste a template, or choose a file."]
    elif len(data) > MAX_BYTES:
        form.file.errors = [
            f"This has {len(data):,} bytes; the page takes {MAX_BYTES:,}. For larger files use "
            "the command “flask redif check”."
        ]
    else:
        return render_template(
            "redif/check.html", form=form, result=_result(name, data), explanations=EXPLANATIONS
        )
    return render_template("redif/check.html", form=form, result=None), 422


@pages.get("/help/problems")
@public
def problems() -> Any:
    """Each kind of problem: what it means, what RePEc does, what to do."""
    return render_template("help/problems.html", groups=GROUPS)


def _given(form: CheckForm) -> tuple[str, bytes]:
    """The name and bytes to check; what is pasted has lost its bytes, so it counts as UTF-8."""
    uploaded = request.files.get("file")
    if uploaded and uploaded.filename:
        return uploaded.filename.replace("\\", "/").rpartition("/")[2], uploaded.stream.read(
            MAX_BYTES + 1
        )
    return PASTED, (form.text.data or "").encode("utf-8", "replace")


def _result(name: str, data: bytes) -> dict[str, Any]:
    checker = Checker()
    parsed, problems, verdicts = checker.file(name, data)
    problems += [problem for _, problem in checker.together()]
    spans = [(v.template.first_line, v.template.last_line) for v in verdicts]
    of_file = [p for p in problems if not any(a <= p.line <= b for a, b in spans)]
    return {
        "name": "what you pasted" if name == PASTED else name,
        "parsed": parsed,
        "good": checker.good,
        "bad": checker.bad,
        "counts": [(one, checker.counts[one]) for one in Severity if checker.counts[one]],
        "of_file": of_file[:_MOST_PROBLEMS],
        "templates": [_template(v, parsed, problems) for v in verdicts[:MAX_SHOWN]],
        "more": max(len(verdicts) - MAX_SHOWN, 0),
    }


def _template(verdict: Verdict, parsed: ParsedFile, problems: list[Problem]) -> dict[str, Any]:
    template = verdict.template
    first, last = template.first_line, template.last_line
    own = [p for p in problems if first <= p.line <= last][:_MOST_PROBLEMS]
    tree = template.tree()
    record = from_tree(tree) if template.kind in {kind.value for kind in Kind} else None
    citation = ""
    if record is not None and record.get("title"):
        citation = formats.citation(record, kind=Kind(template.kind or ""), series="", provider="")
    rows = template.source.split("\n")[: last - first + 1]
    return {
        "verdict": verdict,
        "handle": template.handle,
        "type": template.type or template.written_type,
        "good": template.good,
        "title": next(iter(tree.get("title") or tree.get("name") or []), ""),
        "citation": citation,
        "values": list(_values(tree)),
        "problems": own,
        "lines": [
            (first + n, row, [p for p in own if p.line == first + n])
            for n, row in enumerate(rows[:MAX_LINES])
        ],
        "lines_left": max(len(rows) - MAX_LINES, 0),
    }


def _values(tree: Tree, prefix: str = "", depth: int = 0) -> Any:
    """The values as rows of a table: name, text, how deep in clusters."""
    for tag, entries in tree.items():
        for entry in entries:
            if isinstance(entry, str):
                if entry:
                    yield canonical(f"{prefix}{tag}"), entry, depth
            else:
                yield from _values(entry, f"{prefix}{tag}-", depth + 1)
