"""Records as people and programs cite them: suggested citation, BibTeX, RIS, ReDIF. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from correction_flow.catalog.fields import Field
from correction_flow.catalog.record import OF_ITEMS, to_tree, year_of
from correction_flow.redif.writer import write_template


def redif(record: Mapping[str, Any], *, kind: str, handle: str) -> str:
    """The record as one ReDIF template. Raises `redif.writer.Unwritable`."""
    return template(record, f"ReDIF-{kind} 1.0", handle=handle)


def template(
    record: Mapping[str, Any], type_: str, *, handle: str, fields: Sequence[Field] = OF_ITEMS
) -> str:
    """A record of any type as a ReDIF template. Raises `redif.writer.Unwritable`."""
    return write_template(type_, to_tree(record, handle=handle, fields=fields))


def names_text(record: Mapping[str, Any]) -> str:
    """Authors as they are printed, joined as IDEAS does; editors where there are none."""
    authors = [str(a.get("name", "")) for a in record.get("authors", ())]
    if authors:
        return " & ".join(authors)
    editors = [str(e.get("name", "")) for e in record.get("editors", ())]
    return f"{' & '.join(editors)} (ed.)" if editors else ""


def citation(record: Mapping[str, Any], *, kind: str, series: str, provider: str | None) -> str:
    """The suggested citation in the manner of IDEAS (repec.md §6).

    authors, year. "title," journal, publisher, vol. 9(3), pages 1-18, July.
    """
    head = ", ".join(str(p) for p in (names_text(record), year_of(record)) if p)
    title = str(record.get("title", "")).rstrip(".,")
    where = [record.get("journal") or _where(record, kind, series), provider]
    where += [_numbers(record, kind), _pages(record), record.get("month")]
    tail = ", ".join(str(p) for p in where if p)
    begin = f"{head}. " if head else ""
    if not tail:
        return f"{begin}“{title}.”" if title else begin.rstrip()
    return begin + (f"“{title},” " if title else "") + f"{tail}."


def _where(record: Mapping[str, Any], kind: str, series: str) -> str:
    if kind == "Chapter" and record.get("book_title"):
        return f"in: {record['book_title']}"
    return series


def _numbers(record: Mapping[str, Any], kind: str) -> str | None:
    volume, issue = record.get("volume"), record.get("issue")
    if volume:
        return f"vol. {volume}({issue})" if issue else f"vol. {volume}"
    number = record.get("number")
    return number if kind in {"Paper", "Software"} else None


def _pages(record: Mapping[str, Any]) -> str | None:
    pages = str(record.get("pages") or "").strip()
    return f"pages {pages}" if pages else None
