"""An item's history: its corrections, its revisions, one of them whole, and two compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, render_template, request

from correction_flow.catalog.models import Item
from correction_flow.catalog.revisions import Revision, Step, revision, revision_page
from correction_flow.core.errors import Invalid, NotFound
from correction_flow.corrections.comparing import differences, values
from correction_flow.proposals.lifecycle import What
from correction_flow.proposals.models import Event
from correction_flow.proposals.public import (
    act_behind,
    acts_of,
    corrections_page,
    was_taken_back,
)
from correction_flow.web.access import public, the_item
from correction_flow.web.display import ROLE_WORDS, change_labels, history_entries
from correction_flow.web.forms import number_in

pages = Blueprint("history", __name__)


@pages.get("/history/<path:handle>")
@public
def show(handle: str) -> Any:
    """The revisions of an item, newest first; with `revision`, one of them whole."""
    item = the_item(handle)
    if "revision" in request.args:
        return _whole(item, request.args["revision"])
    page = revision_page(item, request.args.get("after"))
    acts = _acts([step.revision for step in page.rows])
    steps = [_step_view(item, step, acts) for step in page.rows]
    return render_template(
        "history/show.html", item=item, steps=[s for s in steps if s], older=page.older
    )


@pages.get("/history/corrections/<path:handle>")
@public
def corrections(handle: str) -> Any:
    """What was accepted, newest first, in which role; no names."""
    item = the_item(handle)
    page = corrections_page(item, request.args.get("after"))
    entries = history_entries(page.rows)
    for event, entry in zip(page.rows, entries, strict=True):
        entry |= {"kind": event.proposal.kind.words, "about": _about(event)}
    return render_template("history/corrections.html", item=item, entries=entries, older=page.older)


@pages.get("/history/compare/<path:handle>")
@public
def compare(handle: str) -> Any:
    """What two revisions do not have alike, field by field and word by word."""
    item = the_item(handle)
    numbers = [request.args.get("old"), request.args.get("new")]
    if not all(numbers):
        raise Invalid({"old": "Choose two revisions of the item to compare."})
    found = sorted((_revision(item, n) for n in numbers), key=lambda one: one.n)
    acts = _acts(found)
    old, new = found
    shown, publisher = differences(old.shown, new.shown), differences(old.upstream, new.upstream)
    return render_template(
        "history/compare.html", item=item, old=_head(item, old, acts), new=_head(item, new, acts),
        shown=shown, publisher=[one for one in publisher if one not in shown],
    )  # fmt: skip


def _whole(item: Item, number: str) -> str:
    one = _revision(item, number)
    return render_template(
        "history/revision.html", item=item, one=_head(item, one, _acts([one])),
        values=values(one.shown, one.upstream),
    )  # fmt: skip


def _revision(item: Item, text: str | None) -> Revision:
    found = revision(item, number_in(text) or 0)
    if found is None or _hidden(found, _acts([found])):
        raise NotFound("This item has no such revision.")
    return found


def _acts(revisions: Sequence[Revision]) -> list[Event]:
    return acts_of({one.proposal_id for one in revisions if one.proposal_id is not None})


def _hidden(one: Revision, acts: Sequence[Event]) -> bool:
    return was_taken_back(act_behind(one, acts), acts)


def _head(item: Item, one: Revision, acts: Sequence[Event]) -> dict[str, Any]:
    """A revision without its values: number, since when, and what made it."""
    return {"n": one.n, "at": one.at, "present": one.n == item.version, **_made_by(one, acts)}


def _step_view(item: Item, step: Step, acts: Sequence[Event]) -> dict[str, Any] | None:
    """A revision as the list shows it; None for what was taken back."""
    one, earlier = step.revision, step.earlier
    if _hidden(one, acts):
        return None
    shown = differences(earlier.shown, one.shown) if earlier else []
    publisher = differences(earlier.upstream, one.upstream) if earlier else []
    return _head(item, one, acts) | {
        "first": earlier is None,
        "shown": shown,
        "publisher": [d for d in publisher if d not in shown],
        "carried": one.shown != one.upstream,
    }


def _made_by(one: Revision, acts: Sequence[Event]) -> dict[str, Any]:
    """What made a revision, in words for everybody: a request and in which role, or the file."""
    act = act_behind(one, acts)
    if act is None and one.proposal_id is not None:
        return {"how": "A decision", "who": None, "number": None, "why": None}
    if act is None:
        how = "As first read from the publisher’s file" if one.n == 1 else "The publisher’s file"
        return {"how": how, "who": None, "number": None, "why": None}
    verb = "reverted" if act.what is What.REVERT else "accepted"
    own = (act.details or {}).get("by_the_archive_itself")
    return {
        "how": f"{act.proposal.kind.words} {act.proposal.number}",
        "who": f"{verb} by {ROLE_WORDS[act.actor_role]}",
        "number": act.proposal.number,
        "why": "Decided by the archive itself: its only maintainer sent this." if own else None,
    }


def _about(event: Event) -> list[str]:
    """Which change of a request the publisher’s file has settled or questioned."""
    change_id = (event.details or {}).get("change")
    return change_labels([c for c in event.proposal.changes if c.id == change_id])
