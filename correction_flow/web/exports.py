"""An item, its references or its citations as a file for other programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, request

from correction_flow.catalog import queries
from correction_flow.catalog.exports import FORMATS, Exported
from correction_flow.catalog.models import Item
from correction_flow.core.errors import NotFound
from correction_flow.web.access import public
from correction_flow.web.display import item_url

pages = Blueprint("exports", __name__)


@pages.get("/export/<name>/<path:handle>")
@public
def export(name: str, handle: str) -> Any:
    """The item in that format; `of=references` or `of=citations` for those instead."""
    item = queries.item_by_handle(handle)
    if item is None or name not in FORMATS:
        raise NotFound(f"There is no export “{name[:40]}” of {handle[:200]}.")
    asked = FORMATS[name]
    of = request.args.get("of", "item")
    lists = {"references": _references, "citations": _citations}
    rows = list(lists[of](item)) if of in lists else [exported(item)]
    text = asked.write(rows)
    answer = Response(text, content_type=f"{asked.mime}; charset=utf-8")
    file = re.sub(r"[^A-Za-z0-9]+", "-", item.handle).strip("-")
    part = f"-{of}" if of in lists else ""
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}{part}.{asked.ending}"'
    return answer


def exported(item: Item, *, remark: str = "") -> Exported:
    """What an export says of the item; `remark`: and what the person who exports it does."""
    return Exported(
        handle=item.handle,
        address=current_app.config["BASE_URL"] + item_url(item),
        kind=item.kind.value,
        record=item.shown,
        series=item.series.name,
        provider=item.series.provider,
        remark=remark,
    )


def _references(item: Item) -> Iterator[Exported]:
    for reference in queries.references_of(item):
        if reference.cited_item is not None:
            yield exported(reference.cited_item)
        else:
            handle = f"{item.handle}#{reference.position}"
            yield Exported(handle, "", "", {}, text=reference.text)


def _citations(item: Item) -> Iterator[Exported]:
    return map(exported, queries.citing(item))
