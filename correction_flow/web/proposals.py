"""A proposal's own page for its parties, and what its proposer does there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from correction_flow.citations import vouching
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid, WrongStatus
from correction_flow.core.text import plain
from correction_flow.core.transaction import transaction
from correction_flow.proposals import editing, policy, queries
from correction_flow.proposals.lifecycle import Action, Actor, What
from correction_flow.proposals.models import Proposal
from correction_flow.web import my
from correction_flow.web import request_view as acts
from correction_flow.web.access import limit, me, party, signed_in

pages = Blueprint("proposals", __name__)


@pages.get("/my/requests")
@signed_in
def mine() -> Any:
    """What I sent and support: what waits for me, what waits, what became of it."""
    return render_template("proposals/mine.html", **my.requests(me(), request.args))


@pages.get("/proposals/<number>")
@signed_in
def show(number: str) -> Any:
    """Number, status, timeline and who decides."""
    return _page(party(number))


@pages.post("/proposals/<number>/answer")
@signed_in
def answer(number: str) -> Any:
    """Answer the question, or agree to the suggested values."""
    limit(rate.SUBMIT)
    return _act(
        number,
        lambda proposal: acts.answer(proposal, me()),
        "Thank you. Your answer is with those who decide.",
        again=(What.ANSWER, "answer"),
    )


@pages.post("/proposals/<number>/withdraw")
@signed_in
def withdraw(number: str) -> Any:
    """Take the request back."""
    return _act(
        number,
        lambda proposal: acts.withdraw(proposal, me()),
        "Your request is withdrawn.",
        again=(What.WITHDRAW, "note"),
    )


@pages.post("/proposals/<number>/support")
@signed_in
def support(number: str) -> Any:
    """An author of the item needs this too."""
    limit(rate.SUBMIT)
    return _act(
        number,
        lambda proposal: editing.support(proposal, by=me()),
        "You support this request and hear what becomes of it.",
    )


@pages.post("/proposals/<number>/comment")
@signed_in
def comment(number: str) -> Any:
    """A word to everybody concerned, open or closed."""
    limit(rate.SUBMIT)
    note = plain(request.form.get("comment", ""))
    proposal = party(number)
    desk_only = request.form.get("desk_only") == "1"
    if note and queries.did_last(me(), proposal, What.COMMENT, note):
        return redirect(url_for("proposals.show", number=number), 303)  # pressed twice
    return _act(
        number,
        lambda one: acts.comment(one, me()),
        "Your note is with the desk." if desk_only else "Your comment is sent.",
    )


@pages.post("/proposals/<number>/appeal")
@signed_in
def appeal(number: str) -> Any:
    """Ask once more for what was declined; somebody else decides."""
    limit(rate.SUBMIT)
    return _follow(number, acts.appeal, acts.APPEALED)


@pages.post("/proposals/<number>/send-again")
@signed_in
def send_again(number: str) -> Any:
    """Send what expired once more."""
    limit(rate.SUBMIT)
    return _follow(number, acts.send_again, acts.SENT_AGAIN)


def _follow(number: str, act: Any, done: str) -> Any:
    """Make the proposal that follows this one, and go there."""
    try:
        with transaction():
            submitted = act(party(number), me())
            new = submitted.proposal.number if submitted.proposal else None
    except (Invalid, Conflict, WrongStatus) as error:
        return _page(party(number), error), error.status
    acts.say_what_follows(new, done, me())
    return redirect(url_for("proposals.show", number=new or number), 303)


def _act(number: str, act: Any, done: str, again: tuple[What, str] | None = None) -> Any:
    """Do it, or show the page again with what went wrong and what was typed.

    `again`: the event of the act and the form field of its words. Whoever presses twice is led
    to the result of the first.
    """
    try:
        with transaction():
            act(party(number))
    except (Invalid, Conflict, WrongStatus) as error:
        if again is not None and not isinstance(error, Invalid):
            what, field = again
            said = plain(request.form.get(field, ""))
            if queries.did_last(me(), party(number), what, said):
                return redirect(url_for("proposals.show", number=number), 303)
        return _page(party(number), error), error.status
    flash(done, "success")
    proposal = queries.proposal_by_number(number)
    if proposal is None or not policy.sees(me(), proposal):  # it passed on to a supporter
        return redirect(url_for("proposals.mine"), 303)
    return redirect(url_for("proposals.show", number=number), 303)


def _page(proposal: Proposal, error: Exception | None = None) -> str:
    user = me()
    parts = policy.parts_of(user, proposal)
    mine = proposal.proposer_id == user.id
    return render_template(
        "proposals/show.html",
        **acts.request_view(proposal, user, parts, error),
        may_support=not mine
        and Actor.SUPPORTER not in parts
        and policy.may(user, Action.SUPPORT, proposal, parts),
        at_desk=bool(parts & policy.DESK_PARTS),
        vouch_url=_vouch_url(proposal),
    )


def _vouch_url(proposal: Proposal) -> str | None:
    """Where this person says whether their work cites so, if they are asked."""
    vouch = vouching.asked_of(me(), proposal)
    return vouching.page_of(vouch) if vouch else None
