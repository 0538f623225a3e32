"""Downloads: the links of an item with their format and restriction, as rows and as text. Pure.

A file is one cluster of the record: `url`, `format`, `function`, `restriction`, `size`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from correction_flow.core import text as rules
from correction_flow.corrections import values
from correction_flow.corrections.values import BadValue, Row, came_from, first_text, origin
from correction_flow.redif import fields
from correction_flow.redif import values as redif

File = dict[str, Any]
KEYS = ("url", "format", "function", "restriction", "size")
LABELS = {
    "url": "Link",
    "format": "Format",
    "function": "What it is",
    "restriction": "Restriction",
    "size": "Size",
}
MOST_FILES = 50
LONGEST = 500
"""Letters of a link or of any other value of a file (RePEc's specification 5.8, section 2.6)."""
USUAL_FORMATS = (
    "application/pdf", "text/html", "application/postscript", "text/plain", "application/msword",
    "application/zip", "application/octet-stream", "text/csv",
)  # fmt: skip
"""Formats to offer first; all others of RePEc's list may be typed."""


def formats() -> list[str]:
    """RePEc's MIME types, the usual ones first."""
    known = fields.mime_types()
    usual = [one for one in USUAL_FORMATS if one in known]
    return usual + sorted(known - set(usual))


def rows(files: Sequence[Mapping[str, Any]] | None) -> list[Row]:
    """The list as rows of a form."""
    return [
        {key: first_text(each.get(key)) for key in KEYS} | {"origin": _origin(n, each)}
        for n, each in enumerate(files or ())
    ]


def _origin(n: int, file: Mapping[str, Any]) -> str:
    return origin(n, [first_text(file.get(key)) for key in KEYS])


def from_rows(typed: Sequence[Row], current: Sequence[Mapping[str, Any]] | None) -> list[File]:
    """The list in a form's rows. Raises BadValue, its part like "0-url"."""
    known = list(current or ())
    marks = {_origin(n, each): each for n, each in enumerate(known)}
    if len(typed) > max(MOST_FILES, len(known)):
        raise BadValue(f"These are {len(typed):,} links. Enter at most {MOST_FILES}.")
    files: list[File] = []
    for n, row in enumerate(typed):
        was = came_from(row, marks)
        file = _file(row, was, f"{n}-")
        if file is None:
            continue
        if was is None and any(first_text(f.get("url")) == file["url"] for f in files):
            raise BadValue("This link stands in the list already. Remove one.", f"{n}-url")
        files.append(file)
    return files


def _file(row: Row, was: Mapping[str, Any] | None, part: str) -> File | None:
    said = {key: rules.squeeze(rules.plain(row.get(key, ""))) for key in KEYS}
    if not any(said.values()) and was is None:
        return None
    file: File = {} if was is None else dict(was)
    for key, text in said.items():
        if was is not None and text == first_text(was.get(key)):
            continue
        if not text and key != "url":
            file.pop(key, None)
            continue
        file[key] = _checked(key, text, part + key)
    return file


def _checked(key: str, text: str, part: str) -> str:
    if len(text) > LONGEST:
        raise BadValue(
            f"This has {len(text):,} characters; RePEc takes {LONGEST}. Shorten it.", part
        )
    if key == "url":
        return link(text, part, like="https://example.org/paper.pdf")
    if key == "format":
        value = redif.check("mime_type", text, strict=True).value
        if not value:
            raise BadValue(
                "Choose a format of RePEc’s list, like application/pdf or text/html.", part
            )
        return value
    return text


def link(text: str, part: str = "", *, like: str = "https://example.org") -> str:
    """The text as a link that RePEc takes. Raises BadValue."""
    found = None if re.search(r"[<>\"\s]", text) else redif.check("url", text, strict=True)
    if found is None or not found.value:
        raise BadValue(
            f"Enter a link like {like}, without blanks; RePEc takes https, http and ftp.", part
        )
    return found.value


def rebased(typed: Sequence[Row], current: Sequence[Mapping[str, Any]] | None) -> list[Row]:
    """The same rows for a list that changed meanwhile: each finds the file it came from."""
    return values.rebased(typed, rows(current), lambda now, row: now["url"] == row.get("url"))


def block(file: Mapping[str, Any]) -> str:
    """A file as lines of text: `Link: https://…`, `Format: application/pdf`."""
    return "\n".join(f"{LABELS[key]}: {first_text(file[key])}" for key in KEYS if file.get(key))


def from_blocks(text: str, current: Sequence[Mapping[str, Any]] | None) -> list[File]:
    """Files apart by an empty line, as `block` writes them. Raises BadValue."""
    left = list(enumerate(current or ()))
    typed: list[Row] = []
    for n, part in enumerate(p for p in re.split(r"\n\s*\n", text) if p.strip()):
        row = _row(part, n)
        same = next(((i, f) for i, f in left if first_text(f.get("url")) == row.get("url")), None)
        if same is not None:
            left.remove(same)
            row["origin"] = _origin(*same)
        typed.append(row)
    return from_rows(typed, current)


def _row(part: str, n: int) -> Row:
    names = {label.lower(): key for key, label in LABELS.items()}
    row: Row = {}
    for each in part.split("\n"):
        label, colon, text = each.partition(":")
        key = names.get(label.strip().lower())
        if not colon or key is None or key in row:
            raise BadValue(
                "Write each link as lines like “Link: https://…” and “Format: application/pdf”, "
                "with an empty line between two links.",
                f"{n}-url",
            )
        row[key] = text.strip()
    return row


def file_changes(
    old: Sequence[Mapping[str, Any]] | None, new: Sequence[Mapping[str, Any]] | None
) -> list[str]:
    """Which links are new, gone or changed: one sentence each."""
    left = list(old or ())
    sentences: list[str] = []
    for n, file in enumerate(new or ()):
        was = next((f for f in left if f == file), None)
        was = was or next((f for f in left if f.get("url") == file.get("url")), None)
        if was is None and len(old or ()) == len(new or ()) and old is not None:
            was = old[n] if old[n] in left and old[n] not in (new or ()) else None
        if was is None:
            sentences.append(f"New link: {first_text(file.get('url'))}{_details(file)}.")
            continue
        left.remove(was)
        sentences += [
            f"{LABELS[key]} of {first_text(was.get('url'))}: "
            f"{first_text(was.get(key)) or 'nothing'} "
            f"becomes {first_text(file.get(key)) or 'nothing'}."
            for key in KEYS
            if first_text(was.get(key)) != first_text(file.get(key))
        ]
    return sentences + [f"Link taken out: {first_text(file.get('url'))}." for file in left]


def _details(file: Mapping[str, Any]) -> str:
    said = [first_text(file[key]) for key in KEYS if key != "url" and file.get(key)]
    return f" ({', '.join(said)})" if said else ""
