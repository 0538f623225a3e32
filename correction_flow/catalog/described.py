"""What the templates of archives and series tell people: read from `upstream`. Pure.

No e-mail address comes out of here, wherever a publisher wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from correction_flow.core.text import squeeze
from correction_flow.redif import handle as handles

_ADDRESS = re.compile(r"(?:mailto:)?[^\s<>()\[\],;:]+@[^\s<>()\[\],;]+")
_HANDLE = re.compile(r"(?i)\brepec:[a-z]{3}:[a-z0-9]{6}\b")


@dataclass(frozen=True)
class Facts:
    """What is told of an archive or series; lists and texts are empty where nothing is said."""

    description: list[str]
    homepages: list[str]
    restriction: str
    publishers: list[str]
    provider_homepages: list[str]
    issn: list[str]
    contacts: list[str]
    editors: list[str]
    predecessors: list[str]
    followups: list[str]


def facts(tree: Mapping[str, Any]) -> Facts:
    """The facts in a template's values."""
    return Facts(
        description=_texts(tree, "description"),
        homepages=_texts(tree, "homepage") + _texts(tree, "order-homepage"),
        restriction=" ".join(_texts(tree, "restriction")),
        publishers=_texts(tree, "provider", "name"),
        provider_homepages=_texts(tree, "provider", "homepage"),
        issn=_texts(tree, "issn"),
        contacts=_texts(tree, "maintainer-name"),
        editors=_texts(tree, "editor", "name"),
        predecessors=_texts(tree, "predecessor"),
        followups=_texts(tree, "followup"),
    )


def without_addresses(text: str) -> str:
    """The text with each e-mail address left out."""
    return squeeze(_ADDRESS.sub("(address)", text))


def series_key(text: str) -> str | None:
    """The key of the series that a text names by its handle, if it does."""
    found = _HANDLE.search(text)
    return handles.key(found[0]) if found else None


def _texts(tree: Mapping[str, Any], tag: str, inner: str | None = None) -> list[str]:
    found: list[str] = []
    for value in tree.get(tag, ()):
        if inner is not None and isinstance(value, Mapping):
            found += _texts(value, inner)
        elif inner is None and isinstance(value, str) and value.strip():
            found.append(without_addresses(value))
    return list(dict.fromkeys(found))
