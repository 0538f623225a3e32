"""Archives and series."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from correction_flow.catalog import queries
from correction_flow.core.errors import NotFound
from correction_flow.web.access import public
from correction_flow.web.display import item_view

pages = Blueprint("archives", __name__)


@pages.get("/archives")
@public
def index() -> Any:
    """All archives by name."""
    return render_template("archives/index.html", page=queries.archives(request.args.get("after")))


@pages.get("/archives/<handle>")
@public
def show(handle: str) -> Any:
    """An archive and its series."""
    archive = queries.archive_by_handle(handle)
    if archive is None:
        raise NotFound(f"There is no archive {handle} here.")
    page = queries.series_of(archive, request.args.get("after"))
    return render_template("archives/show.html", archive=archive, page=page)


@pages.get("/series/<handle>")
@public
def series(handle: str) -> Any:
    """A series, who decides about it, and its items."""
    found = queries.series_by_handle(handle)
    if found is None:
        raise NotFound(f"There is no series {handle} here.")
    page = queries.items_of(found, request.args.get("after"))
    return render_template(
        "archives/series.html", series=found, page=page, items=[item_view(i) for i in page.rows],
        decides=queries.decides(found),
    )  # fmt: skip
