"""Visitors: confirming a request by a mailed link, and following it without an account.

Opening a link changes nothing; the buttons (POST) do. Whoever holds the link to a request's page
may do there what its proposer may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as to

from correction_flow.accounts.models import User
from correction_flow.catalog.queries import decides
from correction_flow.core import rate
from correction_flow.core.clock import LINK_HOURS
from correction_flow.core.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    TooMany,
    WrongStatus,
)
from correction_flow.core.text import plain
from correction_flow.core.transaction import transaction
from correction_flow.proposals import links, policy, visitors
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Status, What
from correction_flow.proposals.models import Person, Proposal, Visitor
from correction_flow.proposals.operations import Submitted
from correction_flow.proposals.queries import did_last
from correction_flow.web import request_view as acts
from correction_flow.web.access import limit, me_or_none, public
from correction_flow.web.display import change_view, item_url
from correction_flow.web.forms import RequestForm, seen_version
from correction_flow.web.forms.visitors import caught, check_time, stamp

pages = Blueprint("visitors", __name__)


# -- sending: for the forms of requests ------------------------------------------------------


def sender(form: RequestForm) -> Person:
    """Who sends this form: the signed-in person, or the visitor of the address in it.

    Counts a visitor's try, by network and by address. Raises TooMany, Invalid.
    """
    user: User | None = me_or_none()
    if user is not None:
        return user
    visitor = visitors.check_address(form["address"].data or "")
    if not caught(form):
        limit(rate.VISITOR_NET)
        limit(rate.VISITOR_ADDRESS, f"address {visitor.address}")
    return visitor


def check_your_mail() -> Any:
    """The answer to every visitor, whatever became of it: nobody learns who has an account."""
    return redirect(to("visitors.sent"), 303)


@pages.get("/visitors/sent")
@public
def sent() -> Any:
    """After sending: look into your mail."""
    return render_template("visitors/sent.html")


# -- confirming ------------------------------------------------------------------------------


@pages.get("/visitors/confirm/<token>")
@public
def confirm(token: str) -> Any:
    """What was asked for, beside what is shown now, and the button."""
    proposal = _to_confirm(token)
    if proposal.status is not Status.UNCONFIRMED:
        return redirect(_its_page(proposal), 303)
    return _confirm_page(token, proposal)


@pages.post("/visitors/confirm/<token>")
@public
def confirmed(token: str) -> Any:
    """The button: the request is on its way; or the other one: nothing of it is kept."""
    limit(rate.SIGN_IN, rate.network(request.remote_addr))
    if request.form.get("act") == "erase":
        return _erased(token)
    try:
        with transaction():
            proposal = _to_confirm(token)
            if proposal.status is not Status.UNCONFIRMED:
                return redirect(_its_page(proposal), 303)
            item = proposal.record
            done = visitors.confirm(proposal, item_version=seen_version("item_version"))
            answer = redirect(_its_page(done.proposal) if done.proposal else item_url(item), 303)
            number = done.proposal.number if done.proposal else None
    except (Conflict, Invalid, WrongStatus) as error:
        proposal = _to_confirm(token)
        if proposal.status is not Status.UNCONFIRMED:  # the same button, pressed twice at once
            return redirect(_its_page(proposal), 303)
        return _confirm_page(token, proposal, error)
    _say(number, done.left_out)
    return answer


def _say(number: str | None, left_out: list[str]) -> None:
    if number is not None:
        flash(f"Thank you. {number} is on its way to those who decide.", "success")
    if left_out:
        rest = "; ".join(left_out)
        flash(
            f"Left out of it: {rest}."
            if number
            else f"Nothing was left to ask for: {rest}. Your request is not kept.",
            "info",
        )


def _erased(token: str) -> Any:
    with transaction():
        proposal = _to_confirm(token)
        if proposal.status is not Status.UNCONFIRMED:
            return redirect(_its_page(proposal), 303)
        visitors.withdraw_unconfirmed(proposal)
    flash("It is erased. Nothing of it is kept, and no more mail comes.", "success")
    return redirect(to("help.home"), 303)


def _to_confirm(token: str) -> Proposal:
    proposal = links.to_confirm(token)
    if proposal is None:
        raise NotFound(
            f"This link leads nowhere. It is not complete, or older than {LINK_HOURS} hours: what "
            "nobody confirmed is erased. Copy the link from the mail as a whole, or send the "
            "request again."
        )
    return proposal


def _confirm_page(token: str, proposal: Proposal, error: Exception | None = None) -> Any:
    rules = rules_of(proposal)
    lapsed = visitors.lapsed(proposal)
    looked = [] if lapsed else visitors.look(proposal)
    html = render_template(
        "visitors/confirm.html",
        token=token,
        proposal=proposal,
        item=proposal.record,
        lapsed=lapsed,
        looked=[
            {
                "view": change_view(one.change) | {"outcome": None},
                "found": one.found.value,
                "now": rules.text(one.change, one.current),
            }
            for one in looked
        ],
        left=any(one.found.goes for one in looked),
        decides=decides(proposal.place),
        error=str(error) if error else None,
    )
    return _private(html, getattr(error, "status", 200))


# -- following -------------------------------------------------------------------------------


@pages.get("/visitors/<token>")
@public
def show(token: str) -> Any:
    """The request's page, for its visitor."""
    return _show(token)


@pages.post("/visitors/<token>/answer")
@public
def answer(token: str) -> Any:
    """Answer the question, or agree to the suggested values."""
    done = "Thank you. Your answer is with those who decide."
    return _act(token, acts.answer, done, again=(What.ANSWER, "answer"), typed=True)


@pages.post("/visitors/<token>/withdraw")
@public
def withdraw(token: str) -> Any:
    """Take the request back."""
    done = "Your request is withdrawn."
    return _act(token, acts.withdraw, done, again=(What.WITHDRAW, "note"))


@pages.post("/visitors/<token>/comment")
@public
def comment(token: str) -> Any:
    """A word to everybody concerned, open or closed."""
    proposal = _followed(token)
    visitor = _visitor(proposal)
    if visitor is not None and _did_last(token, visitor, (What.COMMENT, "comment")):
        return redirect(_its_page(proposal), 303)  # pressed twice
    return _act(token, acts.comment, "Your comment is sent.", typed=True)


@pages.post("/visitors/<token>/appeal")
@public
def appeal(token: str) -> Any:
    """Ask once more for what was declined; somebody else decides."""
    return _act(token, acts.appeal, acts.APPEALED, typed=True)


@pages.post("/visitors/<token>/send-again")
@public
def send_again(token: str) -> Any:
    """Send what expired once more."""
    return _act(token, acts.send_again, acts.SENT_AGAIN)


@pages.get("/visitors/<token>/erase")
@public
def erase(token: str) -> Any:
    """What is erased and what stays, and the button."""
    return _erase_page(token)


@pages.post("/visitors/<token>/erase")
@public
def erased(token: str) -> Any:
    """The button: the address is gone from the closed request, and this link with it."""
    proposal = _followed(token)
    visitor = _visitor(proposal)
    if visitor is None:
        return redirect(_its_page(proposal), 303)
    try:
        limit_visitor(visitor, proposal)
        with transaction():
            proposal = _followed(token)
            number = proposal.number
            visitors.erase_address(proposal, by=visitor)
    except (NotAllowed, TooMany, WrongStatus) as error:
        return _erase_page(token, error)
    flash(f"Your address is erased from {number}. No more mail about it comes.", "success")
    return redirect(to("help.home"), 303)


def _erase_page(token: str, error: Exception | None = None) -> Any:
    proposal = _followed(token)
    if _visitor(proposal) is None:
        return redirect(_its_page(proposal), 303)
    html = render_template(
        "visitors/erase.html", token=token, proposal=proposal, item=proposal.record,
        why_not=visitors.why_not_erased(proposal), error=str(error) if error else None,
    )  # fmt: skip
    return _private(html, getattr(error, "status", 200))


def _act(
    token: str,
    act: Callable[[Proposal, Visitor], Submitted | None],
    done: str,
    again: tuple[What, str] | None = None,
    *,
    typed: bool = False,
) -> Any:
    """Do it, or show the page again with what went wrong and what was typed.

    `again`: the event of the act and the form field of its words. Whoever presses twice is led
    to the result of the first. `typed`: the form is for a person's words, and programs that fill
    it in are told that all went well.
    """
    proposal = _followed(token)
    visitor = _visitor(proposal)
    if visitor is None or (typed and caught()):
        return redirect(_its_page(proposal), 303)
    try:
        limit_visitor(visitor, proposal)
        with transaction():
            proposal = _followed(token)
            submitted = act(proposal, visitor)
            if typed:
                check_time()
            new = submitted.proposal if submitted else None
            number, page = new.number if new else None, _its_page(new or proposal)
            passed_on = proposal.visitor_address is None
    except (Invalid, Conflict, NotAllowed, TooMany, WrongStatus) as error:
        if isinstance(error, Conflict | WrongStatus) and _did_last(token, visitor, again):
            return redirect(_its_page(_followed(token)), 303)
        return _show(token, error)
    if submitted is None:
        flash(done, "success")
    else:
        acts.say_what_follows(number, done, visitor)
    return redirect(to("help.home") if passed_on else page, 303)


def _did_last(token: str, visitor: Visitor, again: tuple[What, str] | None) -> bool:
    if again is None:
        return False
    what, field = again
    return did_last(visitor, _followed(token), what, plain(request.form.get(field, "")))


def limit_visitor(visitor: Visitor, proposal: Proposal) -> None:
    """Count what a visitor does behind their link, by request, address and network.

    Raises TooMany.
    """
    limit(rate.VISITOR_REQUEST, f"request {proposal.number}")
    limit(rate.SUBMIT, rate.network(request.remote_addr))
    limit(rate.SUBMIT, f"address {visitor.address}")


def _show(token: str, error: Exception | None = None) -> Any:
    proposal = _followed(token)
    visitor = _visitor(proposal)
    if visitor is None:
        return redirect(_its_page(proposal), 303)
    return _page(token, proposal, visitor, error)


def _followed(token: str) -> Proposal:
    proposal = links.followed(token)
    if proposal is None:
        raise NotFound(
            "This link leads nowhere. It is not complete, or the address was erased from its "
            "request. Copy the link from the mail as a whole."
        )
    return proposal


def _visitor(proposal: Proposal) -> Visitor | None:
    """Whose link it is; None when the request belongs to an account now."""
    return Visitor(proposal.visitor_address) if proposal.visitor_address else None


def _its_page(proposal: Proposal) -> str:
    """Where it is followed: with the link, or signed in where it belongs to an account."""
    if proposal.visitor_address is None:
        return to("proposals.show", number=proposal.number)
    return links.follow_path(proposal)


def _page(token: str, proposal: Proposal, by: Visitor, error: Exception | None) -> Any:
    view = acts.request_view(proposal, by, policy.parts_of(by, proposal), error)
    html = render_template(
        "visitors/show.html", token=token, shown_at=stamp(),
        may_erase=visitors.why_not_erased(proposal) is None, **view,
    )  # fmt: skip
    return _private(html, getattr(error, "status", 200))


def _private(html: str, status: int) -> Response:
    return kept_private(make_response(html, status))


def kept_private(response: Response) -> Response:
    """A page behind a link that is a key: kept by nobody, and named to no other site."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
