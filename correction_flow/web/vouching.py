"""The page behind the link in a mail that asks to vouch. Opening it changes nothing."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from correction_flow.citations import vouching
from correction_flow.citations.models import Vouch, VouchAnswer
from correction_flow.citations.vouching import SAYS, Said
from correction_flow.core import rate
from correction_flow.core.errors import Invalid, NotFound, WrongStatus
from correction_flow.core.text import plain
from correction_flow.core.transaction import transaction
from correction_flow.web.access import limit, public
from correction_flow.web.display import change_views

pages = Blueprint("vouching", __name__)


@pages.get("/vouch/<token>")
@public
def show(token: str) -> Any:
    """What was asked, and the buttons."""
    return _page(_asked(token), token)


@pages.post("/vouch/<token>")
@public
def answer(token: str) -> Any:
    """Take the answers."""
    limit(rate.SIGN_IN, rate.network(request.remote_addr))
    try:
        with transaction():
            vouches = _asked(token)
            vouching.answer(vouches, _said(vouches))
    except (Invalid, WrongStatus) as error:
        return _page(_asked(token), token, str(error)), error.status
    flash("Thank you. Those who decide see your answer.", "success")
    return redirect(url_for("vouching.show", token=token), 303)


def _asked(token: str) -> list[Vouch]:
    vouches = vouching.asked_by_link(token)
    if not vouches:
        raise NotFound("This link leads nowhere. Copy it from the mail as a whole.")
    return vouches


def _said(vouches: list[Vouch]) -> dict[int, Said]:
    """The answers in the form, by ids of the questions."""
    said = {}
    for vouch in vouches:
        chosen = request.form.get(f"answer-{vouch.id}", "")
        if chosen in set(VouchAnswer):
            note = plain(request.form.get(f"note-{vouch.id}", ""))
            said[vouch.id] = Said(VouchAnswer(chosen), note)
    return said


def _page(vouches: list[Vouch], token: str, error: str | None = None) -> str:
    views = change_views([change for vouch in vouches for change in vouch.proposal.changes])
    by_id = {view["id"]: view for view in views}
    return render_template(
        "vouching/show.html", token=token, error=error, typed=request.form, says=SAYS.items(),
        questions=[
            {
                "vouch": vouch,
                "proposal": vouch.proposal,
                "why_not": vouching.why_no_answer(vouch),
                "changes": [by_id[change.id] for change in vouch.proposal.changes],
            }
            for vouch in vouches
        ],
    )  # fmt: skip
