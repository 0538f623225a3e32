"""Trying new values out before anybody sends or decides them: written as ReDIF, read again.

Product rule 3: what RePEc's own parser would not read as it was meant is refused at its field.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from correction_flow.catalog import exports, formats, record
from correction_flow.catalog.fields import (
    ARCHIVE_FIELDS,
    CLUSTERS,
    NOT_SHOWN,
    PLAIN_FIELDS,
    SERIES_FIELDS,
    field,
)
from correction_flow.catalog.models import Item, Record
from correction_flow.catalog.shown import shown
from correction_flow.core.errors import Invalid
from correction_flow.redif import parser, writer

_BY_TAG = {f.tag: f for f in (*PLAIN_FIELDS, *CLUSTERS, *SERIES_FIELDS, *ARCHIVE_FIELDS)}


def dry_run(item: Record, values: Mapping[str, Any]) -> str:
    """The ReDIF of the item with these values (field name → value), read again as RePEc would.

    Raises Invalid at the field that could not be written, or that would not be read as meant.
    """
    check_whole(item, values)
    text = _written(item, shown(item.shown, values), values)
    parsed = parser.parse(text.encode("utf-8"), name="dry-run.redif", strict=True)
    if len(parsed.templates) != 1:
        raise Invalid({"": "These values cannot be written as one ReDIF template."})
    tree = parsed.templates[0].tree()
    read = record.from_tree(tree, item.fields)
    for name, value in values.items():
        if _without_blanks(read.get(name)) != _without_blanks(value):
            raise Invalid(
                {
                    name: f"RePEc would not read this {field(name).label} as you wrote it. "
                    "Take out mark-up and unusual characters."
                }
            )
    return text


def check_whole(item: Record, values: Mapping[str, Any]) -> None:
    """A work keeps a title and at least one name, a place its name. Raises Invalid."""
    after = shown(item.shown, values)
    if not isinstance(item, Item):
        if "name" in values and not after.get("name"):
            raise Invalid(
                {"name": f"The {item.noun} has a name. Enter it as the publisher prints it."}
            )
        return
    if "title" in values and not after.get("title"):
        raise Invalid({"title": "A work has a title. Enter it as printed on the work."})
    emptied = next((n for n in ("authors", "editors") if n in values and not values[n]), None)
    if emptied and not (after.get("authors") or (item.kind == "Book" and after.get("editors"))):
        raise Invalid({emptied: "A work has at least one name. Enter it as printed on the work."})


def _written(item: Record, after: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The record as ReDIF, without what could not be written before these changes either."""
    left = dict(after)
    while True:
        try:
            return formats.template(
                left, item.template_type, handle=item.handle, fields=item.fields
            )
        except writer.Unwritable as error:
            name = _name_of(error.tag)
            if name in values:
                raise Invalid({name: f"This cannot be published: {error}"}) from None
            if not _drop(left, name, error.tag):
                raise Invalid({"": f"This cannot be published: {error}"}) from None


def _name_of(tag: str) -> str:
    """The field with this tag, or with the cluster it stands in."""
    tag = tag.lower()
    parts = tag.split("-")
    tags = [tag, *("-".join(parts[:n]) for n in range(len(parts) - 1, 0, -1))]
    return next((_BY_TAG[t].name for t in tags if t in _BY_TAG), "")


def _drop(left: dict[str, Any], name: str, tag: str) -> bool:
    """Leave out of a trial what its publisher wrote in a way that cannot be written."""
    if name in left:
        del left[name]
        return True
    other = dict(left.get("other", {}))
    found = next((key for key in other if tag.lower().startswith(key)), None)
    if found is None:
        return False
    del other[found]
    left["other"] = other
    return True


def preview(item: Record, values: Mapping[str, Any]) -> str:
    """The ReDIF of the item with these values, for its sender: without what no page shows."""
    after = exports.without_addresses(shown(item.shown, values))
    other = {tag: v for tag, v in after.get("other", {}).items() if tag not in NOT_SHOWN}
    return _written(item, {**after, "other": other}, {})


def changed_lines(item: Record, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The lines of ReDIF that these values change, as a unified diff without addresses.

    Pieces (what, line): 'old', 'new', 'same', and 'gap' where unchanged lines are left out.
    """
    before, after = preview(item, {}).splitlines(), preview(item, values).splitlines()
    found: list[tuple[str, str]] = []
    for n, line in enumerate(difflib.unified_diff(before, after, n=2, lineterm="")):
        if n < 2:
            continue  # the names of the two files
        what = {"-": "old", "+": "new", "@": "gap"}.get(line[:1], "same")
        found.append((what, line))
    return found


def _without_blanks(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(value.split())
    if isinstance(value, list):
        return [_without_blanks(v) for v in value]
    if isinstance(value, dict):
        return {k: _without_blanks(v) for k, v in value.items()}
    return value
