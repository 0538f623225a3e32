"""The real archives: every file is read, and the verdicts are those of RePEc's own parser."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from correction_flow.redif.parser import Template, parse
from correction_flow.redif.writer import Unwritable, write_template

from .samples import NOT_HERE, codes, real_archives

FOLDER = real_archives()
VERDICTS = FOLDER.parent / "verdicts.jsonl.gz" if FOLDER else Path("nowhere")

pytestmark = pytest.mark.skipif(FOLDER is None, reason=NOT_HERE)
needs_verdicts = pytest.mark.skipif(not VERDICTS.is_file(), reason=NOT_HERE)


def read_with_verdicts(*, strict: bool) -> Iterator[tuple[list[Template], list[dict[str, Any]]]]:
    """Yield for each file our templates and RePEc's verdicts on them."""
    assert FOLDER is not None
    by_path = defaultdict(list)
    with gzip.open(VERDICTS, "rt", encoding="utf-8") as rows:
        for row in rows:
            verdict = json.loads(row)
            by_path[verdict["path"]].append(verdict)
    for path, verdicts in by_path.items():
        data = (FOLDER / path).read_bytes()
        yield list(parse(data, name=path, strict=strict).templates), verdicts


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
def test_the_tolerant_reading_gives_the_same_verdicts_and_nearly_the_same_values() -> None:
    same = total = 0
    for templates, verdicts in read_with_verdicts(strict=False):
        seen = [t for t in templates if "template-type-not-seen" not in codes(t)]
        assert [t.good for t in seen] == [v["good"] for v in verdicts]
        total += len(seen)
        same += sum(t.tree() == said(v) for t, v in zip(seen, verdicts, strict=True))
    assert same / total > FLOOR


FLOOR = 0.95
"""The others are rescued values, nearly all of them UTF-8 that RePEc's parser garbles."""


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
