"""*References*: linked, unlinked, respelt, taken out and added, in one form for the citing item.

What is looked up for a page is bounded. Buttons in the form look up what a reference may mean and
split a pasted list; they keep everything that is filled in, and change nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from correction_flow.catalog import formats, search
from correction_flow.catalog.models import Item
from correction_flow.catalog.operations import text_key
from correction_flow.catalog.queries import (
    SHOWN_REFERENCES,
    decides,
    item_by_handle,
    pasted_item,
    place_of,
    references_among,
    references_of,
)
from correction_flow.citations import candidates, matching, operations, splitting
from correction_flow.citations.matching import Match
from correction_flow.citations.operations import Added, Entry
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid, TooMany
from correction_flow.core.text import plain, squeeze
from correction_flow.core.transaction import transaction
from correction_flow.web.access import limit, me_or_none, public, the_item
from correction_flow.web.corrections import after_submission, item_asked_for, show_errors
from correction_flow.web.display import item_lines
from correction_flow.web.forms import RequestForm, number_in
from correction_flow.web.forms.visitors import caught, open_to_visitors
from correction_flow.web.visitors import check_your_mail, sender

pages = Blueprint("citations", __name__)

MOST_ADDED = 100
"""References added with one form; a request holds no more changes."""
_ADDED = re.compile(r"added-(\d{1,3})-(text|use|choice|handle)")


@dataclass
class Part:
    """A reference to be added, as it stands in the form; `listed`: the place where the list has it
    already."""

    n: int
    text: str
    use: bool
    handle: str = ""
    chosen: str = ""
    offers: list[Match] | None = None
    listed: int | None = None


@pages.get("/citations/new")
@public
def new() -> Any:
    """The item's references, each with what can be asked of it."""
    item = item_asked_for()
    entries, parts = _from_cited(item)
    return _page(item, _form_for(item), entries, parts, {})


@pages.post("/citations/new")
@public
def send() -> Any:
    """Send the changes; or look up, or split, and show the form again."""
    item = item_asked_for()
    form = _form_for(item)
    entries, parts = _entries(), _parts()
    if "split" in request.form:
        return _split(item, form, entries, parts)
    if "look" in request.form:
        return _page(item, form, entries, parts, {})
    if plain(request.form.get("pasted", "")):
        return _split(item, form, entries, parts)  # nothing that is pasted is sent unseen
    limit(rate.SUBMIT)
    if not form.validate_on_submit():
        return _page(item, form, entries, parts, {}), 422
    try:
        by = sender(form)
        if caught(form):
            return check_your_mail()
        with transaction():
            submitted = operations.request_references(
                item, entries, _to_add(parts), by=by, reason=form.reason.data or "",
                evidence_url=form.evidence.data or None, item_version=form.seen_version,
            )  # fmt: skip
            answer = after_submission(submitted, item, by=by)
    except Invalid as error:
        show_errors(form, error)
        return _page(item, form, entries, parts, dict(error.errors)), 422
    except TooMany as error:
        form.form_errors.append(str(error))
        return _page(item, form, entries, parts, {}), 429
    except Conflict as error:
        item = item_asked_for()
        form.version.data = str(item.version)
        form.form_errors.append(str(error))
        return _page(item, form, entries, parts, {}), 409
    return answer


@pages.get("/citations/missing")
@public
def missing() -> Any:
    """*An item that cites this is missing*: which one is it? Its form is next."""
    cited = the_item(request.args.get("cited", ""))
    query = request.args.get("q", "").strip()
    citing = pasted_item(query) if query else None
    if citing is not None and citing.id != cited.id:
        return redirect(url_for("citations.new", item=citing.handle, cited=cited.handle))
    found = search.find_items(query, request.args.get("after")) if query else None
    rows = [row for row in found.page.rows if row.id != cited.id] if found else []
    return render_template(
        "citations/missing.html", cited=cited, query=query, found=found,
        items=list(zip(item_lines(rows), [row.handle for row in rows], strict=True)),
        itself=citing is not None,
    )  # fmt: skip


def _form_for(item: Item) -> RequestForm:
    class ReferencesForm(RequestForm):
        pass

    if me_or_none() is None:
        open_to_visitors(ReferencesForm)
    return ReferencesForm(data={"version": str(item.version)})


# -- what the form says -----------------------------------------------------------------------


def _entries() -> dict[int, Entry]:
    """What is said of references in the list, by id: the handle typed, else the one chosen."""
    typed, chosen = _by_reference("reference"), _by_reference("choice")
    texts, unlink, remove = (_by_reference(name) for name in ("text", "unlink", "remove"))
    return {
        id_: Entry(
            handle=typed.get(id_) or chosen.get(id_, ""), unlink=bool(unlink.get(id_)),
            text=texts.get(id_, ""), remove=bool(remove.get(id_)),
        )
        for id_ in {**typed, **chosen, **texts, **unlink, **remove}
    }  # fmt: skip


def _by_reference(kind: str) -> dict[int, str]:
    numbers = {
        number_in(name.removeprefix(f"{kind}-")): plain(text).strip()
        for name, text in request.form.items()
        if name.startswith(f"{kind}-")
    }
    return {number: text for number, text in numbers.items() if number is not None}


def _parts() -> list[Part]:
    """The references to be added, in their order."""
    fields: dict[int, dict[str, str]] = {}
    for name, value in request.form.items():
        found = _ADDED.fullmatch(name)
        if found and 0 < int(found[1]) <= MOST_ADDED:
            fields.setdefault(int(found[1]), {})[found[2]] = plain(value)
    return [
        Part(
            n, one.get("text", ""), "use" in one, one.get("handle", "").strip(),
            one.get("choice", "").strip(),
        )
        for n, one in sorted(fields.items())
    ]  # fmt: skip


def _to_add(parts: Sequence[Part]) -> list[Added]:
    return [
        Added(part.text, part.handle or part.chosen, f"added-{part.n}-text")
        for part in parts
        if part.use
    ]


def _split(item: Item, form: RequestForm, entries: Mapping[int, Entry], parts: list[Part]) -> Any:
    """Put the references of a pasted list beside what is there."""
    pasted = plain(request.form.get("pasted", ""))
    if len(pasted) > splitting.MOST_LETTERS:
        errors = {"pasted": f"This is too long. Paste at most {splitting.MOST_LETTERS:,} letters."}
        return _page(item, form, entries, parts, errors, pasted=pasted), 422
    texts = splitting.split(pasted)
    room = MOST_ADDED - len(parts)
    if not texts or len(texts) > room:
        why = (
            f"These are {len(texts)} references. Send at most {MOST_ADDED} with one request: paste "
            f"the first {room} now, the others afterwards."
            if texts
            else "Paste the list, or a part of it, as the work prints it."
        )
        return _page(item, form, entries, parts, {"pasted": why}, pasted=pasted), 422
    same = references_among(item, [], {text_key(text) for text in texts})
    listed = {text_key(one.text): one.position for one in same}
    first = parts[-1].n + 1 if parts else 1
    for n, text in enumerate(texts, start=first):
        place = listed.get(text_key(text))
        parts.append(Part(n, text, use=place is None, listed=place))
    return _page(item, form, entries, parts, {}, fresh=first)


def _from_cited(item: Item) -> tuple[dict[int, Entry], list[Part]]:
    """`?reference=<id>&cited=<handle>` fills in one input; without the reference, the one that
    means the cited item, else one to be added."""
    cited = item_by_handle(request.args.get("cited", ""))
    if cited is None or cited.id == item.id:
        return {}, []
    number = number_in(request.args.get("reference", ""))
    if number is not None:
        return {number: Entry(handle=cited.handle)}, []
    work, listed = candidates.work_of(cited), references_of(item)
    if any(one.cited_item_id == cited.id for one in listed):
        return {}, []
    judged = (
        (match.score, -one.position, one.id)
        for one in listed
        if one.cited_item_id is None
        and (match := matching.judge(matching.Reference.of(one.text), work, citing_year=item.year))
    )
    best = max(judged, default=None)
    if best is not None:
        return {best[2]: Entry(handle=cited.handle)}, []
    text = formats.citation(
        cited.shown, kind=cited.kind, series=cited.series.name, provider=cited.series.provider
    )
    return {}, [Part(1, squeeze(text), use=True, handle=cited.handle)]


# -- the page ---------------------------------------------------------------------------------


def _page(
    item: Item,
    form: RequestForm,
    entries: Mapping[int, Entry],
    parts: Sequence[Part],
    errors: dict[str, str],
    *,
    pasted: str = "",
    fresh: int | None = None,
) -> str:
    """`fresh`: from this part on they were split just now."""
    references = references_of(item, request.args.get("after"))
    focus = request.args.get("reference", "")
    cited = item_by_handle(request.args.get("cited", ""))
    if not focus and request.method == "GET" and entries:
        focus = str(next(iter(entries)))
    more = place_of(references[-1]) if len(references) == SHOWN_REFERENCES else None
    chosen = number_in(focus)
    if chosen is not None and chosen not in {one.id for one in references}:
        references += [one for one in references_among(item, [chosen]) if one.id == chosen]
    start = number_in(request.form.get("look") or request.form.get("looked") or focus)
    offers = candidates.offers(item, references, start)
    if start is not None and start == number_in(focus):
        offers = {start: offers[start]} if start in offers else {}
    _look_up(item, parts, fresh)
    return render_template(
        "citations/new.html", item=item, form=form, references=references, cited=cited,
        entries=_with_likely(entries, offers), parts=parts, offers=offers,
        looked=start, more=more, after=request.args.get("after"), errors=errors,
        decides=decides(item.series), focus=focus, pasted=pasted,
        linked_already=cited is not None
        and any(one.cited_item_id == cited.id for one in references),
    )  # fmt: skip


def _with_likely(
    entries: Mapping[int, Entry], offers: Mapping[int, list[Match]]
) -> dict[int, Entry]:
    """What the form says; where an offer is shown for the first time, a likely one is chosen."""
    shown, chosen = dict(entries), _by_reference("choice")
    for id_, matches in offers.items():
        entry = entries.get(id_, Entry())
        if matches and matches[0].pre_check and id_ not in chosen and not entry.handle:
            shown[id_] = replace(entry, handle=matches[0].work.handle)
    return shown


def _look_up(item: Item, parts: Sequence[Part], fresh: int | None) -> None:
    """What the parts may mean: the first of those split just now, else the one asked for."""
    asked = number_in(request.args.get("look-added"))
    chosen = [part for part in parts if fresh is not None and part.n >= fresh and not part.listed]
    chosen = chosen[: candidates.AT_ONCE] or [part for part in parts if part.n == asked]
    for part in chosen:
        part.offers = candidates.offered(part.text, citing=item)
        if fresh is not None and part.offers and part.offers[0].pre_check:
            part.chosen = part.offers[0].work.handle
