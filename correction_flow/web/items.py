"""Finding an item, and its page."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from correction_flow.catalog import formats, queries, search, tags
from correction_flow.catalog.described import facts
from correction_flow.catalog.exports import FORMATS
from correction_flow.catalog.models import Item
from correction_flow.core.errors import NotFound
from correction_flow.core.paging import Page
from correction_flow.proposals import queries as proposals
from correction_flow.proposals.lifecycle import Kind, Standing
from correction_flow.proposals.models import Because
from correction_flow.proposals.public import Accepted, accepted_changes, waiting_changes
from correction_flow.redif.fields import jel_labels, language_names
from correction_flow.upstream.models import ImportProblem
from correction_flow.upstream.queries import problems_of_item
from correction_flow.web.access import me_or_none, public, sees_desk, sees_problems, the_item
from correction_flow.web.display import (
    ROLE_WORDS,
    handle_url,
    item_lines,
    item_url,
    reference_lines,
    target_words,
)
from correction_flow.web.forms.search import SearchForm
from correction_flow.web.redif import EXPLANATIONS

pages = Blueprint("items", __name__)


@pages.get("/search", endpoint="search")
@public
def find() -> Any:
    """Items by words and filters; a pasted handle or address leads to its item at once."""
    form = SearchForm(request.args)
    query = form.q.data or ""
    item = queries.pasted_item(query)
    if item is not None:
        return redirect(item_url(item))
    if not form.validate():
        return render_template("items/search.html", form=form, found=None, query=query), 422
    found = search.find_items(query, request.args.get("after"), form.filters())
    return render_template(
        "items/search.html", form=form, query=query, given=form.given(), found=found,
        chosen=form.chosen(), items=item_lines(found.page.rows),
        looks_like_handle="repec:" in query.lower(),
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
    item = the_item(handle)
    authors = queries.names_on(item)
    return render_template(
        "items/show.html", item=item, record=item.shown, authors=authors,
        **_about(item), **_around(item), **_corrections(item),
        problems=_problems(item), explanations=EXPLANATIONS, export_urls=_exports(item),
        saved=_saved(item),
    )  # fmt: skip


@pages.get("/references/<path:handle>")
@public
def references(handle: str) -> Any:
    """All references of an item, a page at a time."""
    item = the_item(handle)
    page = queries.reference_page(item, request.args.get("after"), request.args.get("before"))
    return render_template(
        "items/references.html", item=item, page=page, references=reference_lines(page.rows),
        count=queries.reference_count(item),
    )  # fmt: skip


@pages.get("/citations/<path:handle>")
@public
def citations(handle: str) -> Any:
    """Everything that cites an item, a page at a time, the latest link first."""
    item = the_item(handle)
    page = queries.citation_page(item, request.args.get("after"), request.args.get("before"))
    return render_template(
        "items/citations.html", item=item, page=page, items=item_lines(page.rows),
        count=queries.citation_count(item),
    )  # fmt: skip


def _about(item: Item) -> dict[str, Any]:
    """What the item is, for people and for programs."""
    record, series = item.shown, item.series
    told = tags.Described(
        kind=item.kind.value,
        address=current_app.config["BASE_URL"] + item_url(item),
        title=item.title or item.handle,
        year=item.year,
        record=record,
        series=series.name,
        provider=series.provider,
        issn=next(iter(facts(series.upstream).issn), None),
    )
    return {
        "told": told,
        "head_tags": tags.head_tags(told),
        "schema_type": tags.SCHEMA_TYPES[item.kind.value],
        "date": tags.date_of(told),
        "citation": formats.citation(
            record, kind=item.kind, series=series.name, provider=series.provider
        ),
        "keywords": [k.strip() for k in record.get("keywords", "").split(";") if k.strip()],
        "jel": [(code, jel_labels().get(code, "")) for code in record.get("jel", ())],
        "language": language_names().get(str(record.get("language", "")).lower()),
    }


def _around(item: Item) -> dict[str, Any]:
    """References, citations, versions and related items, each as far as the page shows it."""
    references = queries.reference_page(item, size=queries.SHOWN_REFERENCES)
    citing = queries.citation_page(item, size=queries.SHOWN_CITATIONS)
    versions = queries.versions_of(item, search.naming(item.handle_key, queries.SHOWN_VERSIONS))
    related = queries.related_to(item, versions)
    return {
        "references": reference_lines(references.rows),
        "reference_count": _count(references, queries.reference_count, item),
        "citing": item_lines(citing.rows),
        "citation_count": _count(citing, queries.citation_count, item),
        "versions": item_lines(versions),
        "related": item_lines((near.item for near in related), [_how_near(n) for n in related]),
        "related_by": _related_by([near.by for near in related]),
    }


def _how_near(near: queries.Related) -> str:
    n = near.shared
    if near.by == "references":
        return f"{n} shared {'reference' if n == 1 else 'references'}"
    return f"Cited together {'once' if n == 1 else f'{n} times'}"


def _related_by(ways: list[str]) -> str:
    if "citations" not in ways:
        return "Items that cite the same works as this one."
    if "references" not in ways:
        return "Items that are cited together with this one."
    return "Items that cite the same works as this one, then items that are cited together with it."


def _count(page: Page[Any], count: Callable[[Item], int], item: Item) -> int:
    """How many there are; asked only where the page does not show them all."""
    return count(item) if page.older else len(page.rows)


def _corrections(item: Item) -> dict[str, Any]:
    """Who decides, what waits, and what was corrected."""
    asked = proposals.any_about(item)
    waiting = waiting_changes(item) if asked else []
    return {
        "decides": queries.decides(item.series),
        "median_days": proposals.median_days(item.series.desk_id),
        "pending": len({one.proposal_id for one in waiting}),
        "more_pending": len(waiting) >= proposals.MOST_UNDECIDED,
        "open_fields": target_words(
            (one.kind, one.target) for one in waiting if one.kind is not Kind.AUTHORSHIP
        ),
        "corrected": _decisions(accepted_changes(item) if asked else []),
    }


def _decisions(accepted: list[Accepted]) -> list[dict[str, Any]]:
    """The decisions in which something was accepted, the latest first."""
    found = []
    for _, together in groupby(accepted, key=lambda one: one.proposal_id):
        changes = list(together)
        first = changes[0]
        found.append(
            {
                "at": first.at,
                "who": "the archive itself" if first.own else ROLE_WORDS[first.role],
                "what": target_words((one.kind, one.target) for one in changes),
                "reverted": all(
                    one.standing is Standing.RETIRED and one.because is Because.REVERTED
                    for one in changes
                ),
            }
        )
    return found


def _exports(item: Item) -> list[tuple[str, str]]:
    """The address of the item in each format, and what the format is called."""
    return [
        (handle_url("exports.export", item.handle, name=one.name), one.label)
        for one in FORMATS.values()
    ]


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
