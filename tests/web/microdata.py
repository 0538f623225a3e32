"""Reading what a page tells programs: its <meta> tags, and its microdata as schema.org means it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "input", "br", "wbr", "img", "hr", "path", "circle", "rect"}


class Reader(HTMLParser):
    """`tags`: contents of the head's <meta> tags by name. `items`: the top items of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: dict[str, list[str]] = {}
        self.items: list[dict[str, Any]] = []
        self._open: list[tuple[str, dict[str, Any] | None, str | None]] = []
        self.feed(html)

    def _scope(self) -> dict[str, Any] | None:
        return next((scope for _, scope, _ in reversed(self._open) if scope is not None), None)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attributes}
        outer, prop, scope = self._scope(), given.get("itemprop"), None
        text_of = None
        if tag == "meta" and "name" in given:
            self.tags.setdefault(given["name"], []).append(given["content"])
        if "itemscope" in given:
            scope = {"@type": given["itemtype"].rsplit("/", 1)[1]}
            if prop:
                assert outer is not None, prop
                outer.setdefault(prop, []).append(scope)
            else:
                self.items.append(scope)
        elif prop:
            assert outer is not None, prop
            assert tag not in ("a", "img"), f"{prop} would be an address"
            value = given.get("content") or given.get("href")
            outer.setdefault(prop, []).append(value or "")
            text_of = None if value else prop
        if tag not in VOID:
            self._open.append((tag, scope, text_of))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for n in range(len(self._open) - 1, -1, -1):
            prop = self._open[n][2]
            if prop is not None:
                scopes = [scope for _, scope, _ in self._open[:n] if scope is not None]
                scopes[-1][prop][-1] += data
                return
