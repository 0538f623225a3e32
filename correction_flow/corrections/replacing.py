"""One text in the place of another, wherever it stands in a field. Pure.

Works on what the form holds of a value, so that the result is judged as any typed one is. A text
is found as whole words, a name, a code or a keyword as a whole, and the beginning of a link.
"""

from __future__ import annotations

import re
from typing import Any

from correction_flow.catalog.fields import Field
from correction_flow.corrections.changes import PEOPLE


def replaced(field: Field, typed: Any, old: str, new: str) -> Any:
    """What a form holds (`corrections.changes.filled`), with `new` where `old` stands."""
    if field.name in PEOPLE:
        return [row | {"name": new} if row["name"] == old else row for row in typed]
    if field.name == "files":
        return [row | {"url": _moved(row["url"], old, new)} for row in typed]
    if field.name == "jel":
        return [new if code.upper() == old.upper() else code for code in typed]
    if field.name == "keywords":
        return _keywords(typed, old, new)
    if field.many:
        return [_in_text(part, old, new) for part in typed]
    return _in_text(typed, old, new)


_HOST = re.compile(r"\w+://[^/]+")


def _moved(url: str, old: str, new: str) -> str:
    """A link that begins so; a host is meant whole: http://a.example is not http://a.example.org.
    A slash that only one of the two has at its end is neither doubled nor lost."""
    rest = url[len(old) :]
    if not url.startswith(old) or (_HOST.fullmatch(old) and rest[:1] not in ("", "/", "?", "#")):
        return url
    if rest.startswith("/"):
        return new.removesuffix("/") + rest
    return f"{new}/{rest}" if old.endswith("/") and _HOST.fullmatch(new) else new + rest


def _keywords(text: str, old: str, new: str) -> str:
    mark = ";" if ";" in text else ","
    parts = [part.strip() for part in text.split(mark)]
    if old not in parts:
        return text
    after = dict.fromkeys(new if part == old else part for part in parts)
    return f"{mark} ".join(part for part in after if part)


def _in_text(text: str, old: str, new: str) -> str:
    before = r"(?<!\w)" if re.match(r"\w", old) else ""
    behind = r"(?!\w)" if re.search(r"\w$", old) else ""
    return re.sub(f"{before}{re.escape(old)}{behind}", lambda _: new, text)
