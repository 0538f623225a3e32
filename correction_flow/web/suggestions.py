"""*Works that may be yours*: mine, not mine, or later; and the forms of one's name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from correction_flow.accounts.operations import keep_names
from correction_flow.accounts.queries import profile_of
from correction_flow.claims import answering
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.transaction import transaction
from correction_flow.proposals.operations import Submitted
from correction_flow.web.access import limit, me, signed_in
from correction_flow.web.display import item_lines
from correction_flow.web.forms.answers import answers, typed_answers

pages = Blueprint("suggestions", __name__)


@pages.get("/claims/suggestions")
@signed_in
def show() -> Any:
    """The printed names that may be this person, grouped by reason."""
    return _page()


@pages.post("/claims/suggestions")
@signed_in
def answer() -> Any:
    """Take the answers: what is mine is claimed, what is not is suggested no more."""
    limit(rate.SUBMIT)
    mine, refused = answers("mine")
    if not mine and not refused:
        return _page("Choose “mine” or “not mine” at one name at least."), 422
    try:
        with transaction():
            results, count = answering.answer(mine, refused, by=me())
            said = _what_became(results, count)
    except (Conflict, Invalid) as error:
        return _page(str(error)), error.status
    for sentence in said:
        flash(sentence, "success")
    return redirect(url_for("suggestions.show"), 303)


@pages.post("/claims/names")
@signed_in
def names() -> Any:
    """Keep the further forms of one's name."""
    limit(rate.SUBMIT)
    try:
        with transaction():
            keep_names(me(), request.form.get("names", ""))
    except Invalid as error:
        return _page(names_error=error.errors["names"]), 422
    flash("Kept. The list below goes by them.", "success")
    return redirect(url_for("suggestions.show"), 303)


@pages.get("/claims/refused")
@signed_in
def refused() -> Any:
    """What was refused, to take it back."""
    return render_template("suggestions/refused.html", rows=answering.refused_by(me()))


@pages.post("/claims/refused/<int(max=2147483647):item_author_id>")
@signed_in
def take_back(item_author_id: int) -> Any:
    """This name may be theirs after all."""
    with transaction():
        answering.take_back(item_author_id, by=me())
    flash("It is suggested to you again.", "success")
    return redirect(url_for("suggestions.refused"), 303)


def _page(error: str | None = None, names_error: str | None = None) -> str:
    rows, count = answering.suggested(me())
    profile = profile_of(me())
    lines = item_lines(row.item for row in rows)
    groups = [
        (answering.GROUPS[group], list(some))
        for group, some in groupby(
            zip(rows, lines, strict=True), key=lambda pair: pair[0].suggestion.group
        )
    ]
    kept = "\n".join(profile.names[1:]) if profile else ""
    return render_template(
        "suggestions/show.html", groups=groups, count=count, error=error, answers=typed_answers(),
        refused=answering.refused_count(me()), names_error=names_error, name=me().name,
        names=request.form.get("names", kept) if names_error else kept,
    )  # fmt: skip


def _what_became(results: Sequence[Submitted], refused_count: int) -> list[str]:
    """Sentences for who answered."""
    said = []
    claims = [r.proposal for r in results if r.proposal is not None and not r.again]
    if claims:
        stored = "One claim is" if len(claims) == 1 else f"{len(claims)} claims are"
        said.append(f"{stored} with those who decide; one receipt is on its way.")
    if refused_count:
        them = "it" if refused_count == 1 else "them"
        said.append(f"{refused_count} refused. We do not suggest {them} to you again.")
    return said
