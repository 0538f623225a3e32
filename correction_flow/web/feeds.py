"""Atom feeds of an item: what was corrected, and what cites it. RFC 4287."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, render_template, url_for

from correction_flow.catalog import queries
from correction_flow.catalog.models import Item
from correction_flow.proposals.queries import public_history
from correction_flow.web.access import public, the_item
from correction_flow.web.display import history_entries, item_url

pages = Blueprint("feeds", __name__)


@pages.get("/feeds/corrections/<path:handle>")
@public
def corrections(handle: str) -> Any:
    """The accepted corrections of an item, the newest first."""
    item = the_item(handle)
    entries = []
    events = public_history(item)
    for event, view in zip(events, history_entries(events), strict=True):
        changes = view["changes"]
        if changes:
            labels = ", ".join(change["label"] for change in changes)
            title = f"{view['title']} by {view['who']}: {labels}"
            text = "\n".join(map(_changed, changes))
            entries.append(_entry(f"{view['number']}-{event.id}", title, text, item, at=event.at))
    return _feed("corrections", f"Corrections of “{item.title or item.handle}”", item, entries)


@pages.get("/feeds/citations/<path:handle>")
@public
def citations(handle: str) -> Any:
    """The items that cite an item, the one linked last first."""
    item = the_item(handle)
    entries = [
        _entry(citing.handle, citing.title or citing.handle, citing.author_line, citing)
        for citing in queries.citing(item)
    ]
    return _feed("citations", f"What cites “{item.title or item.handle}”", item, entries)


def _changed(change: dict[str, Any]) -> str:
    return f"{change['label']}: {change['old'] or '(empty)'} → {change['new'] or '(empty)'}"


def _entry(
    key: str, title: str, text: str, item: Item, *, at: datetime | None = None
) -> dict[str, Any]:
    at = at or item.created_at
    return {"key": key, "title": title, "text": text, "at": at, "address": _base() + item_url(item)}


def _feed(name: str, title: str, item: Item, entries: list[dict[str, Any]]) -> Response:
    address = _base() + url_for(f"feeds.{name}", handle=item.handle)
    text = render_template(
        "feeds/atom.xml", title=title, address=address, page=_base() + item_url(item),
        updated=max((entry["at"] for entry in entries), default=item.created_at), entries=entries,
    )  # fmt: skip
    return Response(text, content_type="application/atom+xml; charset=utf-8")


def _base() -> str:
    return str(current_app.config["BASE_URL"])
