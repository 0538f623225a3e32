"""The page of a request for who follows it, signed in or with a visitor's link: what it shows, and
what its forms do."""

from __future__ import annotations

from typing import Any

from flask import flash, request, url_for

from correction_flow.catalog.queries import decides
from correction_flow.core.text import plain
from correction_flow.proposals import editing, links, operations, policy, queries, reopening
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Action, Actor, Kind, Status
from correction_flow.proposals.models import Person, Proposal, Visitor
from correction_flow.proposals.operations import Submitted
from correction_flow.web.display import change_view, change_views, event_view, words_of
from correction_flow.web.forms import number_in, seen_version


def request_view(
    proposal: Proposal, by: Person, parts: set[Actor], error: Exception | None
) -> dict[str, Any]:
    """Everything `components/request.html` reads; `parts` are those of `by`."""
    suggested = operations.suggestions(proposal)
    rules = rules_of(proposal)
    return {
        "proposal": proposal,
        "item": proposal.record,
        "words": words_of(proposal.status),
        "changes": change_views(proposal.changes),
        "events": timeline_view(proposal, parts),
        "decides": decides(proposal.place, proposal.desk),
        "place": queries.place_in_queue(proposal) if proposal.status is Status.SUBMITTED else None,
        "median_days": queries.median_days(proposal.desk_id),
        "suggested": [
            change_view(c) | {"new": rules.text(c, suggested[str(c.id)])}
            for c in proposal.changes
            if str(c.id) in suggested
        ],
        **_acts(proposal, by, parts),
        **_followed(proposal, by),
        "error": str(error) if error else None,
        "typed": request.form,
    }


def timeline_view(proposal: Proposal, parts: set[Actor]) -> list[dict[str, Any]]:
    """What happened, as whoever has these parts may read it; `?before=` goes back in it."""
    before = number_in(request.args.get("before"))
    return [event_view(e) for e in queries.timeline(proposal, policy.audiences(parts), before)]


def _acts(proposal: Proposal, by: Person, parts: set[Actor]) -> dict[str, Any]:
    """Which forms and buttons are shown."""

    def may(action: Action) -> bool:
        return policy.may(by, action, proposal, parts)

    first = reopening.follower_of(proposal) is None
    return {
        "may_answer": may(Action.ANSWER),
        "may_withdraw": may(Action.WITHDRAW),
        "may_edit": proposal.kind is Kind.CORRECTION and may(Action.EDIT),
        "may_comment": may(Action.COMMENT),
        "may_appeal": first and may(Action.APPEAL) and reopening.why_no_appeal(proposal) is None,
        "may_send_again": first and may(Action.SEND_AGAIN),
        "declined": change_views(reopening.declined(proposal)),
    }


def _followed(proposal: Proposal, by: Person) -> dict[str, Any]:
    """What it follows and what follows it; addresses only of what this person sees."""
    before, after = proposal.follows, reopening.follower_of(proposal)
    return {
        "follows": before,
        "follows_url": page_of(before, by) if before and policy.sees(by, before) else None,
        "follower": after,
        "follower_url": page_of(after, by) if after else None,
    }


def page_of(proposal: Proposal, by: Person) -> str:
    """Where this person follows it: behind the mailed link, or signed in."""
    if isinstance(by, Visitor):
        return links.follow_path(proposal)
    return url_for("proposals.show", number=proposal.number)


# -- what the forms do ------------------------------------------------------------------------


def answer(proposal: Proposal, by: Person) -> None:
    """Answer the question, or agree to the suggested values."""
    operations.answer(
        proposal, request.form.get("answer", ""), by=by, version=seen_version(),
        agree=request.form.get("agree") == "1",
    )  # fmt: skip


def withdraw(proposal: Proposal, by: Person) -> None:
    """Take the request back."""
    operations.withdraw(proposal, by=by, version=seen_version(), note=request.form.get("note", ""))


def comment(proposal: Proposal, by: Person) -> None:
    """A word to everybody concerned, or to the desk."""
    text = plain(request.form.get("comment", ""))
    editing.comment(proposal, text, by=by, desk_only=request.form.get("desk_only") == "1")


def appeal(proposal: Proposal, by: Person) -> Submitted:
    """Ask once more for what was declined."""
    ids = {number_in(value) or 0 for value in request.form.getlist("changes")}
    return reopening.appeal(proposal, ids, request.form.get("appeal", ""), by=by)


def send_again(proposal: Proposal, by: Person) -> Submitted:
    """Send what expired once more."""
    return reopening.send_again(proposal, by=by)


APPEALED = "Your appeal is {new}. Somebody else decides it."
SENT_AGAIN = "It is sent again as {new}."


def say_what_follows(number: str | None, done: str, by: Person) -> None:
    """The sentence after an appeal or sending again; no number: others had asked for it all."""
    if number is not None:
        flash(done.format(new=number), "success")
    elif isinstance(by, Visitor):
        flash("This was asked for by somebody else meanwhile, so nothing more is needed.", "info")
    else:
        flash(
            "This was asked for by somebody else meanwhile. You support that request and will "
            "be told what becomes of it.",
            "info",
        )
