"""*References that may mean your works*: accept, refuse, or leave for later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from correction_flow.citations import potential
from correction_flow.citations.queries import offered_to, refused_by, refused_count
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.transaction import transaction
from correction_flow.proposals.operations import Submitted
from correction_flow.web.access import limit, me, signed_in
from correction_flow.web.forms.answers import answers, typed_answers

pages = Blueprint("potential", __name__)


@pages.get("/citations/potential")
@signed_in
def offers() -> Any:
    """What is offered."""
    return _page()


@pages.post("/citations/potential")
@signed_in
def answer() -> Any:
    """Take the answers: what is accepted is asked for, what is refused is not offered again."""
    limit(rate.SUBMIT)
    accepted, refused = answers("yes")
    if not accepted and not refused:
        return _page("Choose “yes” or “no” at one reference at least."), 422
    try:
        with transaction():
            results, count = potential.answer(accepted, refused, by=me())
            said = _what_became(results, count)
    except (Conflict, Invalid) as error:
        return _page(str(error)), error.status
    for sentence in said:
        flash(sentence, "success")
    return redirect(url_for("potential.offers"), 303)


@pages.get("/citations/refused")
@signed_in
def refused() -> Any:
    """What was refused, to take it back."""
    return render_template(
        "potential/refused.html", page=refused_by(me(), request.args.get("after"))
    )


@pages.post("/citations/refused/<int(max=2147483647):refused_id>")
@signed_in
def take_back(refused_id: int) -> Any:
    """One of these may mean a work of theirs after all."""
    with transaction():
        potential.take_back(refused_id, by=me())
    flash("It is offered to you again.", "success")
    return redirect(url_for("potential.refused"), 303)


def _page(error: str | None = None) -> str:
    return render_template(
        "potential/offers.html", page=offered_to(me(), request.args.get("after")), error=error,
        answers=typed_answers(), refused=refused_count(me()),
    )  # fmt: skip


def _what_became(results: Sequence[Submitted], refused_count: int) -> list[str]:
    """Sentences for who answered."""
    new = [r.proposal for r in results if r.proposal is not None and not r.again]
    at_once = sum(len(p.changes) for p in new if potential.took_effect(p))
    waiting = [p for p in new if not potential.took_effect(p)]
    said = []
    if at_once:
        said.append(f"{_references(at_once)} linked: the archive takes certain links at once.")
    if waiting:
        count = sum(len(p.changes) for p in waiting)
        numbers = ", ".join(p.number for p in waiting[:5])
        more = f" and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        said.append(f"{_references(count)} with those who decide: {numbers}{more}.")
    if any(r.proposal is None for r in results):
        said.append("What others had asked for already you support now.")
    if refused_count:
        them = "it" if refused_count == 1 else "them"
        said.append(f"{refused_count} refused. We do not offer you {them} again.")
    return said


def _references(count: int) -> str:
    return "One reference is" if count == 1 else f"{count} references are"
