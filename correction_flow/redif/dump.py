"""What was read of a file, as plain rows: the shape in which verdicts are compared.

The shape is that of RePEc's own parser, so that two readers can be laid side by side.
"""

from collections.abc import Iterator
from typing import Any

from correction_flow.redif.problems import Problem
from correction_flow.redif.template import ParsedFile, Template, Tree

_LEVELS = ("primary", "secondary", "tertiary", "quaternary")


def rows(parsed: ParsedFile, path: str) -> Iterator[dict[str, Any]]:
    """Yield one row for each template of a file, ``n`` counted from 0.

    ``handle`` is None without a handle and empty when it is invalid; ``type`` is None when it
    is unknown. A problem of the file stands with the template in whose lines it lies, one
    before the first template with that.
    """
    elsewhere = sorted(parsed.problems)
    starts = [template.first_line for template in parsed.templates]
    for n, template in enumerate(parsed.templates):
        last = starts[n + 1] if n + 1 < len(starts) else parsed.line_count + 1
        taken = [problem for problem in elsewhere if problem.line < last]
        elsewhere = elsewhere[len(taken) :]
        tree = template.tree()
        yield {
            "path": path,
            "n": n,
            "first_line": template.first_line,
            "last_line": template.last_line,
            "type": template.type,
            "good": template.good,
            "handle": tree["handle"][0] if tree["handle"] else None,
            "values": values(template, tree),
            "problems": [_row(problem) for problem in (*taken, *template.problems)],
        }


def values(template: Template, tree: Tree) -> dict[str, Any]:
    """Return the values as RePEc's parser hands them out, with an institution's full name.

    That name joins the names of its levels; ``name-en`` does so with their English names
    where one level has one.
    """
    if template.kind != "Institution":
        return tree
    levels = [level for name in _LEVELS for level in tree.get(name, [])[:1]]
    names = [_first(level, "name") for level in levels]
    english = [_first(level, "name-english") or _first(level, "name") for level in levels]
    joined: dict[str, Any] = dict(tree)
    if any(names):
        joined["name"] = "\n\n".join(filter(None, names))
    if any(_first(level, "name-english") for level in levels):
        joined["name-en"] = "\n\n".join(filter(None, english))
    return joined


def _first(level: Tree, name: str) -> str:
    return next(iter(level.get(name, [])), "")


def _row(problem: Problem) -> dict[str, Any]:
    return {
        "line": problem.line,
        "severity": problem.severity.value,
        "code": problem.code,
        "message": problem.message,
    }
