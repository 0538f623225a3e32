"""The real archives: every file is read, and the verdicts are those of RePEc's own parser."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from correction_flow.redif import dump, explanations
from correction_flow.redif.parser import Template, parse
from correction_flow.redif.writer import Unwritable, write_template

from .samples import NOT_HERE, codes, real_archives

FOLDER = real_archives()
VERDICTS = FOLDER.parent / "verdicts.jsonl.gz" if FOLDER else Path("nowhere")

pytestmark = pytest.mark.skipif(FOLDER is None, reason=NOT_HERE)
SHAPE = ("path", "n", "first_line", "type", "good", "handle", "values")
needs_verdicts = pytest.mark.skipif(not VERDICTS.is_file(), reason=NOT_HERE)


def read_with_verdicts(*, strict: bool) -> Iterator[tuple[list[Template], list[dict[str, Any]]]]:
    """Yield for each file our templates and RePEc's verdicts on them."""
    assert FOLDER is not None
    for path, verdicts in by_path().items():
        data = (FOLDER / path).read_bytes()
        yield list(parse(data, name=path, strict=strict).templates), verdicts


def by_path() -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    with gzip.open(VERDICTS, "rt", encoding="utf-8") as rows:
        for row in rows:
            verdict = json.loads(row)
            found[verdict["path"]].append(verdict)
    return found


def said(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a verdict without the display name RePEc adds to institutions."""
    return {tag: entry for tag, entry in verdict["values"].items() if isinstance(entry, list)}


def test_every_file_is_read_in_both_readings() -> None:
    assert FOLDER is not None
    for path in sorted(FOLDER.rglob("*")):
        if not path.is_file():
            continue
        for strict in (False, True):
            found = parse(path.read_bytes(), name=path.name, strict=strict)
            assert found.templates or found.problems
            for template in found.templates:
                assert template.first_line <= template.last_line <= found.line_count
                template.tree()


@needs_verdicts
def test_the_strict_reading_agrees_with_repecs_parser_on_every_template() -> None:
    for templates, verdicts in read_with_verdicts(strict=True):
        assert [t.good for t in templates] == [v["good"] for v in verdicts]
        assert [t.first_line for t in templates] == [v["first_line"] for v in verdicts]
        assert [t.type for t in templates] == [v["type"] for v in verdicts]
        assert [t.tree() for t in templates] == [said(v) for v in verdicts]


@needs_verdicts
def test_the_problems_stand_on_the_lines_where_repecs_parser_finds_them() -> None:
    assert FOLDER is not None
    for path, verdicts in by_path().items():
        parsed = parse((FOLDER / path).read_bytes(), name=path, strict=True)
        for row, verdict in zip(dump.rows(parsed, path), verdicts, strict=True):
            assert {key: row[key] for key in SHAPE} == {key: verdict[key] for key in SHAPE}
            told = [p for p in row["problems"] if p["severity"] != "notice"]
            lines = re.findall(r"\(line (\d+)\)", verdict["problems"])
            assert sorted(p["line"] for p in told) == sorted(map(int, lines))
            assert sum(p["severity"] == "error" for p in told) == verdict["errors"]


@needs_verdicts
def test_the_tolerant_reading_gives_the_same_verdicts() -> None:
    for templates, verdicts in read_with_verdicts(strict=False):
        seen = [t for t in templates if "template-type-not-seen" not in codes(t)]
        assert [t.good for t in seen] == [v["good"] for v in verdicts]


def test_every_value_the_tolerant_reading_has_otherwise_is_told_with_its_rule() -> None:
    assert FOLDER is not None
    rules: Counter[str] = Counter()
    for path in sorted(FOLDER.rglob("*.r*d*f")):
        data = path.read_bytes()
        strict = {t.first_line: t for t in parse(data, name=path.name, strict=True).templates}
        found = parse(data, name=path.name)
        of_file = {p.code for p in found.problems if p.recovered}
        for template in found.templates:
            said = strict.get(template.first_line)
            if said is None or flat(said.tree()) == flat(template.tree()):
                continue
            told = of_file | {p.code for p in template.problems if p.recovered or p.code in DROPS}
            assert told, f"{path}:{template.first_line}"
            rules.update(told)
    assert set(rules) <= set(explanations.EXPLANATIONS)


DROPS = {"invalid-value"}
"""Also what RePEc keeps and we do not, like the DOI 'None', is told."""


def flat(tree: dict[str, Any], path: tuple[str, ...] = ()) -> Counter[tuple[tuple[str, ...], str]]:
    """Count the values of a tree, without the blank RePEc keeps where a first line is empty."""
    found: Counter[tuple[tuple[str, ...], str]] = Counter()
    for tag, entries in tree.items():
        for entry in entries:
            if isinstance(entry, str):
                found[(*path, tag), entry.strip()] += bool(entry)
            else:
                found += flat(entry, (*path, tag))
    return +found


@needs_verdicts
def test_every_good_template_can_be_written_and_read_again() -> None:
    refused = 0
    for templates, _ in read_with_verdicts(strict=False):
        for template in templates:
            if not template.good or template.type is None:
                continue
            try:
                text = write_template(template.type, template.tree())
            except Unwritable:
                refused += 1
                continue
            (again,) = parse(text.encode(), name="a.redif").templates
            assert again.good
            assert again.tree() == template.tree()
    assert refused <= 5
