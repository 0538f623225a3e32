"""A ReDIF template's values as an item's record, and back. Pure.

A record is a plain dictionary, fit for JSON: one key per `catalog.fields.Field` with a value,
`authors`, `editors` and `files` as lists of dictionaries, and `other` with every value we have
no field for, under its ReDIF tag, so that nothing a publisher says is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from correction_flow.catalog.fields import CLUSTERS, PLAIN_FIELDS, PUBLISHERS, Field

Record = dict[str, Any]
OF_ITEMS = (*PLAIN_FIELDS, *CLUSTERS)
"""All fields that items of any kind have."""
_CLUSTERS = {f.tag for f in (*CLUSTERS, PUBLISHERS)}
_NEITHER = {"template-type", "handle"}
_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)(?=\D|$|\d{2}(?:\d{2})?\b)")
_JOINED = {"keywords": "; "}


def from_tree(tree: Mapping[str, Sequence[Any]], fields: Sequence[Field] = OF_ITEMS) -> Record:
    """The record in a template's nested values (`redif.parser.Template.tree()`)."""
    by_tag = _by_tag(tuple(fields))
    record: Record = {}
    other: dict[str, list[Any]] = {}
    for tag, values in tree.items():
        field = by_tag.get(tag)
        if field is None:
            if tag not in _NEITHER and values:
                other[tag] = list(values)
            continue
        if tag in _CLUSTERS:
            found: list[Any] = [flat for flat in map(_flat, values) if flat]
        else:
            found = [value for value in values if value]
        if not found:
            continue
        if field.name == "jel":
            record["jel"] = [code for v in found for code in str(v).split()]
        elif field.many or tag in _CLUSTERS:
            record[field.name] = found
        elif field.name in _JOINED:
            record[field.name] = _JOINED[field.name].join(found)
        else:
            record[field.name] = found[0]
            if found[1:]:
                other[tag] = found[1:]
    if other:
        record["other"] = other
    return record


@cache
def _by_tag(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {f.tag: f for f in fields}


def _flat(cluster: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """One cluster: single values as text, workplaces as a list of such, the rest as lists."""
    flat: dict[str, Any] = {}
    for tag, values in cluster.items():
        kept = [v for v in values if v]
        if tag == "workplace":
            flat["workplaces"] = [w for w in (_flat(v) for v in kept) if w]
        elif len(kept) == 1:
            flat[tag] = kept[0]
        elif kept:
            flat[tag] = kept
    return {tag: value for tag, value in flat.items() if value}


def to_tree(
    record: Mapping[str, Any], *, handle: str, fields: Sequence[Field] = OF_ITEMS
) -> dict[str, list[Any]]:
    """The nested values to write as ReDIF; the reverse of `from_tree`."""
    tree: dict[str, list[Any]] = {}
    for field in fields:
        value = record.get(field.name)
        if value and field.tag in _CLUSTERS:
            tree[field.tag] = [_nested(c) for c in value]
        elif value:
            tree[field.tag] = _texts(field.name, value)
    for tag, values in record.get("other", {}).items():
        tree[tag] = tree.get(tag, []) + list(values)
    tree["handle"] = [handle]
    return tree


def _texts(name: str, value: Any) -> list[str]:
    if name == "jel":
        return [" ".join(value)]
    return list(value) if isinstance(value, list) else [value]


def _nested(flat: Mapping[str, Any]) -> dict[str, list[Any]]:
    nested: dict[str, list[Any]] = {}
    for tag, value in flat.items():
        if tag == "workplaces":
            nested["workplace"] = [_nested(w) for w in value]
        else:
            nested[tag] = list(value) if isinstance(value, list) else [value]
    return nested


def year_of(record: Mapping[str, Any]) -> int | None:
    """The year a record stands under: of publication, else of creation."""
    for name in ("year", "publication_date", "creation_date"):
        found = _YEAR.search(str(record.get(name) or ""))
        if found:
            return int(found[1])
    return None


def people(record: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """Every printed name: its role, its place in the list from 1, and the cluster."""
    for name, role in (("authors", "author"), ("editors", "editor")):
        for position, person in enumerate(record.get(name, ()), start=1):
            yield role, position, person


def author_line(record: Mapping[str, Any]) -> str:
    """The names for lists; the editors of a book without authors are marked so."""
    authors = [str(a.get("name", "")) for a in record.get("authors", ())]
    if authors:
        return "; ".join(authors)
    editors = "; ".join(str(e.get("name", "")) for e in record.get("editors", ()))
    return f"{editors} (ed.)" if editors else ""
