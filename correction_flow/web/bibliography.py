"""My bibliography: the items a person has saved, for that person alone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from correction_flow.catalog import operations, queries
from correction_flow.catalog.exports import FORMATS
from correction_flow.catalog.listed import listed
from correction_flow.catalog.models import Item
from correction_flow.core import rate
from correction_flow.core.errors import Invalid, NotFound
from correction_flow.core.text import shorten
from correction_flow.core.transaction import transaction
from correction_flow.web.access import limit, me, signed_in
from correction_flow.web.display import item_lines, item_url
from correction_flow.web.exports import exported

pages = Blueprint("bibliography", __name__)


@pages.get("/bibliography")
@signed_in
def show() -> Any:
    """What I saved, the latest first."""
    return _page(request.args.get("after"))


@pages.post("/bibliography/save")
@signed_in
def save() -> Any:
    """Put an item on my list."""
    limit(rate.SAVE)
    try:
        with transaction():
            item = _item()
            operations.save_item(me(), item)
    except Invalid as error:
        flash(str(error), "warning")
    else:
        flash("Saved. You find it under Bibliography.", "success")
    return redirect(item_url(_item()), 303)


@pages.post("/bibliography/remove")
@signed_in
def remove() -> Any:
    """Take an item off my list; back to where the button was pressed."""
    limit(rate.SAVE)
    with transaction():
        item = _item()
        operations.unsave_item(me(), item)
    title = shorten(item.title or item.handle, 80)
    flash(f"“{title}” is not in your bibliography any more.", "success")
    return redirect(_list() if request.form.get("back") == "list" else item_url(item), 303)


@pages.post("/bibliography/note")
@signed_in
def note() -> Any:
    """Keep my note on a saved item."""
    limit(rate.SAVE)
    typed = request.form.get("note", "")
    try:
        with transaction():
            operations.note_on_saved(me(), _item(), typed)
    except Invalid as error:
        wrong = {"item_id": _item().id, "typed": typed, "error": error}
        return _page(request.form.get("after"), wrong), error.status
    flash("Your note is kept." if typed.strip() else "The note is gone.", "success")
    return redirect(_list(), 303)


@pages.get("/bibliography/export/<name>")
@signed_in
def export(name: str) -> Any:
    """All I saved, and my notes, as one file. It is whole before the first byte leaves."""
    if name not in FORMATS:
        raise NotFound(f"There is no export “{name[:40]}”.")
    asked = FORMATS[name]
    saved = queries.saved_in_batches(me())
    batches = ([exported(row.item, remark=row.note) for row in rows] for rows in saved)
    answer = Response(list(asked.parts(batches)), content_type=f"{asked.mime}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="bibliography.{asked.ending}"'
    return answer


def _item() -> Item:
    """The item a form names by its handle."""
    item = queries.item_by_handle(request.form.get("item", ""))
    if item is None:
        raise NotFound("There is no such item in the catalogue.")
    return item


def _list() -> str:
    return url_for("bibliography.show", after=request.form.get("after") or None)


def _page(after: str | None, wrong: dict[str, Any] | None = None) -> Any:
    """A page of the list; `wrong` says which note cannot be kept, why, and what was typed."""
    page = queries.saved_items(me(), after)
    if wrong and wrong["item_id"] not in [row.item_id for row in page.rows]:
        raise wrong["error"]  # others came before it; the error page gives the text back
    if after and not page.rows:  # the last one of the last page was removed
        return redirect(url_for("bibliography.show"))
    return render_template(
        "bibliography/show.html",
        page=page, after=after, wrong=wrong or {}, count=queries.saved_count(me()),
        rows=list(zip(page.rows, item_lines(listed(row.item) for row in page.rows), strict=True)),
        export_formats=FORMATS.values(),
    )  # fmt: skip
