"""Writing a ReDIF template that RePEc's parser reads as it was meant.

What is written, encoded in UTF-8 and named ``.redif``, gives the same values when it is read
again: nothing at the beginning of a line can be taken for an attribute or a comment, nothing
in a value for mark-up. A value for which that cannot be promised is refused, by its tag.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from correction_flow.redif import fields, values
from correction_flow.redif.fields import Field, TemplateType

_WIDTH = 78
_ENTITY = re.compile(r"&(?=[#\w])")
_TAG = re.compile(r"<(?=\S)")
_LOST = {"Cn", "Co", "Cs"}


class Unwritable(ValueError):
    """A value that would not survive being written and read again; ``tag`` names it."""

    def __init__(self, tag: str, why: str) -> None:
        super().__init__(f"{fields.canonical(tag)} cannot be written: {why}")
        self.tag = tag


def write_template(type: str, tree: Mapping[str, Sequence[Any]]) -> str:
    """Return the text of a template, its lines ended by LF.

    ``type`` is a template type such as ``ReDIF-Paper 1.0`` and ``tree`` has the shape of
    ``Template.tree()``. White space is folded and control characters go; a value that RePEc's
    parser would reject, drop or turn into another attribute raises Unwritable.
    """
    kind = fields.template_type(type)
    if kind is None:
        raise Unwritable("template-type", f"'{type}' is no template type.")
    lines = [f"Template-Type: {kind.text}", *_level(kind, (), tree)]
    return "\n".join(lines) + "\n"


def _level(kind: TemplateType, path: tuple[str, ...], tree: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a template (path empty) or of what one cluster of it holds."""
    here = _layout(kind, path)
    for tag in tree:
        if tag not in here and not (not path and tag == "template-type"):
            raise Unwritable("-".join((*path, tag)), f"{kind.text} does not know it.")
    for tag, field in here.items():
        entries = tree.get(tag, ())
        if isinstance(entries, str) or not isinstance(entries, Sequence):
            raise Unwritable("-".join((*path, tag)), "its values are not a list.")
        if field is None:
            for cluster in entries:
                yield from _cluster(kind, (*path, tag), cluster)
        elif not field.key:
            yield from _plain(field, entries)


def _layout(kind: TemplateType, path: tuple[str, ...]) -> dict[str, Field | None]:
    """Return what may stand at one level, in the order of writing; None marks a cluster.

    An attribute that could be taken for a cluster's member comes before all clusters.
    """
    depth = len(path)
    found: dict[str, Field | None] = {}
    for field in (*kind.plain.values(), *kind.members.values()):
        if field.path[:depth] != path or (field.deprecated and _becomes_another(field)):
            continue
        if len(field.path) == depth:
            found[field.name] = field
        else:
            found.setdefault(field.path[depth], None)
    return dict(sorted(found.items(), key=lambda entry: _rank(kind, path, entry)))


def _becomes_another(field: Field) -> bool:
    return (field.path[0] if field.path else field.tag) in fields.SUCCESSORS


def _rank(kind: TemplateType, path: tuple[str, ...], entry: tuple[str, Field | None]) -> int:
    tag, field = entry
    if field and field.tag in kind.members and not path:
        return 0
    order = {"title": 1, "name": 1, "name-full": 1, "author": 2, "editor": 3}
    if path:
        return 9 if field is None else 1
    return order.get(tag, 9 if tag == "handle" else 5)


def _cluster(kind: TemplateType, path: tuple[str, ...], cluster: Any) -> Iterator[str]:
    prefix = "-".join(path)
    if not isinstance(cluster, Mapping) or not any(cluster.values()):
        raise Unwritable(prefix, "one of its clusters is empty.")
    key = next(f for f in kind.members.values() if f.path == path and f.key)
    names = cluster.get(key.name, ())
    if isinstance(names, str) or len(names) > 1:
        raise Unwritable(key.tag, "a cluster has exactly one.")
    if names:
        yield from _plain(key, names)
    else:
        yield f"{fields.canonical(key.tag)}:"
    yield from _level(kind, path, cluster)


def _plain(field: Field, entries: Sequence[Any]) -> Iterator[str]:
    if field.tag == "handle" and len(entries) > 1:
        raise Unwritable("handle", "a template has one handle.")
    for entry in entries:
        if not isinstance(entry, str):
            raise Unwritable(field.tag, "a value of it is not a text.")
        if not field.tag.replace("-", "").isalpha():
            raise Unwritable(field.tag, "RePEc's parser reads no name with digits.")
        yield from wrapped(fields.canonical(field.tag), escaped(field.tag, entry, field.type))


def escaped(tag: str, text: str, type_: str = "") -> str:
    """Return a text as it is written: folded, and nothing in it to be taken for mark-up.

    Raises Unwritable when it is empty, would lose a letter or is no value of that type.
    """
    lost = next((sign for sign in text if unicodedata.category(sign) in _LOST), None)
    if lost:
        raise Unwritable(tag, f"the character U+{ord(lost):04X} would be lost.")
    clean, _ = values.clean(_without_markup(text.replace("\n", " ").replace("\r", " ")))
    if not clean:
        raise Unwritable(tag, "a value of it is empty.")
    if not values.check(type_, clean, strict=True).value:
        raise Unwritable(tag, f"'{clean}' is no valid value.")
    return _without_markup(clean)


def _without_markup(text: str) -> str:
    return _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))


def wrapped(written: str, text: str, *, blank: str = " ", fold: bool = True) -> Iterator[str]:
    """Yield the lines of one attribute; all but the first begin with a blank.

    ``blank`` stands between the colon and the text. Without ``fold`` there is one line.
    """
    if not fold:
        yield f"{written}:{blank}{text}"
        return
    first, *words = text.split(" ")
    line = f"{written}:{blank}{first}"
    for word in words:
        if len(line) + 1 + len(word) > _WIDTH:
            yield line
            line = ""
        line += f" {word}"
    yield line
