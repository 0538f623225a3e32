"""Finding an item, and its page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from correction_flow.catalog import formats, queries, search
from correction_flow.catalog.exports import FORMATS
from correction_flow.catalog.models import Item
from correction_flow.core.errors import NotFound
from correction_flow.proposals import queries as proposals
from correction_flow.proposals.lifecycle import Kind
from correction_flow.redif.fields import jel_labels
from correction_flow.upstream.models import ImportProblem
from correction_flow.upstream.queries import problems_of_item
from correction_flow.web.access import me_or_none, public, sees_desk, sees_problems
from correction_flow.web.display import change_view, history_entry, item_url, item_view
from correction_flow.web.redif import EXPLANATIONS

pages = Blueprint("items", __name__)


@pages.get("/search", endpoint="search")
@public
def find() -> Any:
    """Items by words; a pasted handle or address leads to its item at once."""
    query = request.args.get("q", "").strip()[:500]
    item = queries.pasted_item(query)
    if item is not None:
        return redirect(item_url(item))
    found = search.find_items(query, request.args.get("after"))
    return render_template(
        "items/search.html", query=query, page=found.page, count=found.count,
        items=[item_view(i) for i in found.page.rows], looks_like_handle="repec:" in query.lower(),
    )  # fmt: skip


@pages.get("/<any(a, p, b, c, h):shelf>/<archive>/<series>/<rest>.html")
@public
def on_ideas(shelf: str, archive: str, series: str, rest: str) -> Any:
    """The address of an item on IDEAS leads to its page here."""
    item = queries.item_on_ideas(f"/{shelf}/{archive}/{series}/{rest}.html")
    if item is None:
        raise NotFound("No item in the catalogue has this address on IDEAS.")
    return redirect(item_url(item), 301)


@pages.get("/s/<archive>/<series>.html")
@public
def series_on_ideas(archive: str, series: str) -> Any:
    """The address of a series on IDEAS leads to its page here."""
    found = queries.series_by_handle(f"RePEc:{archive}:{series}")
    if found is None:
        raise NotFound("No series in the catalogue has this address on IDEAS.")
    return redirect(url_for("archives.series", handle=found.handle), 301)


@pages.get("/items/<path:handle>")
@public
def show(handle: str) -> Any:
    """An item with everything we know of it, and the Corrections block."""
    item = queries.item_by_handle(handle)
    if item is None:
        raise NotFound(f"There is no item {handle[:200]} in the catalogue.")
    record = item.shown
    undecided = proposals.undecided(item)
    history = proposals.public_history(item)
    return render_template(
        "items/show.html",
        item=item,
        record=record,
        authors=queries.authors_of(item),
        citation=formats.citation(
            record, kind=item.kind, series=item.series.name, provider=item.series.provider
        ),
        references=_references(item),
        citing=[item_view(i) for i in queries.citing(item)],
        versions=[item_view(i) for i in queries.versions_of(item)],
        keywords=[k.strip() for k in record.get("keywords", "").split(";") if k.strip()],
        jel=[(code, jel_labels().get(code, "")) for code in record.get("jel", ())],
        decides=queries.decides(item.series),
        median_days=proposals.median_days(item.series.desk_id),
        pending=len({c.proposal_id for c in undecided}),
        open_fields=_fields(undecided),
        history=[history_entry(event) for event in history],
        problems=_problems(item),
        explanations=EXPLANATIONS,
        export_formats=FORMATS.values(),
        saved=_saved(item),
    )


def _saved(item: Item) -> bool | None:
    """Whether it is in the person's bibliography; None when nobody is signed in."""
    user = me_or_none()
    return None if user is None else queries.saved_item(user, item) is not None


def _problems(item: Item) -> list[ImportProblem] | None:
    """What is wrong in the item's template, for those who can mend it; asked of nobody else."""
    user = me_or_none()
    if user is None or not (user.is_administrator or sees_desk()):
        return None
    return problems_of_item(item) if sees_problems(item.series.archive) else None


def _references(item: Item) -> list[dict[str, Any]]:
    rows = queries.references_of(item)
    return [
        {
            "id": r.id,
            "n": r.position,
            "text": r.text,
            "cited": item_view(r.cited_item) if r.cited_item else None,
        }
        for r in rows
    ]


def _fields(undecided: list[Any]) -> list[str]:
    labels = [change_view(c)["label"] for c in undecided if c.proposal.kind is not Kind.AUTHORSHIP]
    return list(dict.fromkeys(labels))
