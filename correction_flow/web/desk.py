"""The desk: the queue, the case, and the acts of those who decide."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from correction_flow.catalog.queries import archives_of, attended, mail_comes_back, template_of
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Conflict, DomainError, Invalid, NotAllowed, WrongStatus
from correction_flow.core.paging import count_text
from correction_flow.core.settings import setting
from correction_flow.core.text import digest, plain
from correction_flow.core.transaction import transaction
from correction_flow.proposals import (
    batches,
    escalation,
    operations,
    policy,
    queries,
    reverting,
    undoing,
)
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import STATUS_WORDS, Action, Actor, Outcome, What, possible
from correction_flow.proposals.models import Change, Proposal
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.queries import Tab
from correction_flow.web.access import case, me, sees_desk, signed_in
from correction_flow.web.display import change_view, change_views, words_of
from correction_flow.web.forms import number_in, seen_version
from correction_flow.web.request_view import timeline_view

pages = Blueprint("desk", __name__)

TRIED_OF_BATCH = 5


@pages.get("/desk")
@signed_in
def queue() -> Any:
    """What waits for this person to decide, the longest waiting first."""
    if not sees_desk():
        raise NotAllowed(
            "You decide about no series. Whoever verifies the address that a publisher’s file "
            "names as maintainer sees its desk here; add that address under Account."
        )
    tabs = [t for t in Tab if t is not Tab.ESCALATED or me().is_curator]
    tab = next((t for t in tabs if t.value == request.args.get("tab")), Tab.MY_TURN)
    desks = queries.desks_of(me())
    page = queries.queue(desks, tab, request.args.get("after"))
    counts = queries.queue_counts(desks, curates=me().is_curator)
    return render_template(
        "desk/queue.html", page=page, tab=tab, behind=queries.waiting_with(page.rows),
        tabs=[(t, queries.TAB_WORDS[t], counts.get(t)) for t in tabs],
        archives=archives_of(me()),
    )  # fmt: skip


@pages.get("/desk/<number>")
@signed_in
def show(number: str) -> Any:
    """A case."""
    return _page(case(number))


@pages.post("/desk/<number>/decide")
@signed_in
def decide(number: str) -> Any:
    """Every change gets its outcome, in one act."""
    return _act(
        number,
        lambda p: operations.decide(
            p, _decisions(p), by=me(), version=seen_version(), note=request.form.get("note", "")
        ),
    )


@pages.post("/desk/<number>/reject")
@signed_in
def reject(number: str) -> Any:
    """One reason against all."""
    reason = request.form.get("reason", "")
    return _act(number, lambda p: operations.reject(p, reason, by=me(), version=seen_version()))


@pages.post("/desk/<number>/ask")
@signed_in
def ask(number: str) -> Any:
    """Ask the proposer."""
    question = request.form.get("question", "")
    return _act(number, lambda p: operations.ask(p, question, by=me(), version=seen_version()))


@pages.post("/desk/<number>/announce")
@signed_in
def announce(number: str) -> Any:
    """A curator will decide in the maintainer's place, unless the maintainer objects."""
    return _act(
        number,
        lambda p: escalation.announce(p, by=me(), version=seen_version()),
        stay=True,
        told=lambda: flash("Announced. The maintainers and the proposer are told.", "success"),
    )


@pages.post("/desk/<number>/object")
@signed_in
def object_to(number: str) -> Any:
    """The maintainer keeps the case."""
    reason = request.form.get("objection", "")
    return _act(
        number,
        lambda p: escalation.object_to(p, reason, by=me(), version=seen_version()),
        stay=True,
        told=lambda: flash(
            "The case stays yours. The proposer and the curator are told.", "success"
        ),
    )


@pages.post("/desk/<number>/undo")
@signed_in
def undo(number: str) -> Any:
    """Take one's own decision back, for a few minutes."""
    return _act(number, lambda p: undoing.undo(p, by=me(), version=seen_version()), stay=True)


@pages.post("/desk/<number>/alike")
@signed_in
def alike(number: str) -> Any:
    """Accept or decline all chosen cases of a batch; those that cannot be decided are named."""
    try:
        outcome = Outcome(request.form.get("outcome", ""))
    except ValueError:
        outcome = Outcome.DROPPED
    report = batches.Report()

    def act(proposal: Proposal) -> None:
        chosen = batches.of_its_batch(proposal, request.form.getlist("cases"))
        if not chosen:
            raise Invalid({"cases": "Choose at least one of the cases."})
        done = batches.decide_alike(
            [(p, *_seen_of(p)) for p in chosen], outcome, request.form.get("alike_reason", ""),
            by=me(),
        )  # fmt: skip
        report.decided, report.left = done.decided, done.left
        if not report.decided:
            raise Conflict(f"None of these cases was decided. {_each(report)}")

    def told() -> None:
        if report.left:
            flash(_each(report), "warning")
        n = len(report.decided)
        flash(f"{n} cases are decided." if n > 1 else "One case is decided.", "success")

    return _act(number, act, stay=True, told=told)


def _each(report: batches.Report) -> str:
    """Why the cases that are left are left: a sentence for each."""
    return " ".join(f"{left.number} is left: {why}" for left, why in report.left)


def _alike_before(proposal: Proposal) -> bool:
    """Whether all that this form decides alike was decided so from the same page by the same."""
    found = batches.of_its_batch(proposal, request.form.getlist("cases"))
    reason = plain(request.form.get("alike_reason", ""))
    outcome = request.form.get("outcome")
    return bool(found) and all(
        p.decided_by_id == me().id
        and _seen_of(p)[0] == p.version - 1
        and all(
            c.outcome == outcome and (outcome != Outcome.DECLINED or c.reason == reason)
            for c in p.changes
            if c.outcome is not Outcome.DROPPED
        )
        for p in found
    )


def _seen_of(proposal: Proposal) -> tuple[int, dict[int, str]]:
    """The version and values of a case of the batch as they stood on the page."""
    version, *digests = request.form.get(f"seen-{proposal.number}", "").split(":")
    changes = [change.id for change in proposal.undecided]
    return number_in(version) or -1, dict(zip(changes, digests, strict=False))


@pages.post("/desk/<number>/revert")
@signed_in
def revert(number: str) -> Any:
    """Take one accepted change back, with a reason."""
    change_id = number_in(request.form.get("change")) or 0
    reason = request.form.get("revert_reason", "")
    return _act(
        number,
        lambda p: reverting.revert(p, change_id, reason, by=me(), version=seen_version()),
        stay=True,
    )


def _decisions(proposal: Proposal) -> dict[int, Decision]:
    """What the form says about each change; radio, amended text, reason, what was seen."""
    decisions = {}
    for change in proposal.changes:
        prefix = f"change-{change.id}"
        try:
            outcome = Outcome(request.form.get(f"{prefix}-outcome", ""))
        except ValueError:
            continue
        if outcome is Outcome.DROPPED:
            continue
        text = request.form.get(f"{prefix}-amended", "").replace("\r\n", "\n").strip()
        if outcome is Outcome.AMENDED and text == rules_of(proposal).text(change, change.new):
            outcome = Outcome.ACCEPTED
        decisions[change.id] = Decision(
            outcome,
            seen=request.form.get(f"{prefix}-seen", ""),
            reason=request.form.get(f"{prefix}-reason", "")
            if outcome is not Outcome.ACCEPTED
            else "",
            text=text,
        )
    return decisions


def _act(number: str, act: Any, *, stay: bool = False, told: Any = None) -> Any:
    """Do it, then open the next case; or show the case again with what was typed.

    `told`: says what became of it, where that is more than the status.
    """
    try:
        with transaction():
            act(case(number))
    except (Invalid, Conflict, WrongStatus) as error:
        if _already_mine(number, error):
            return _next(number, stay=True)
        return _page(case(number), error), error.status
    if told is not None:
        told()
    return _next(number, stay=stay)


def _already_mine(number: str, error: DomainError) -> bool:
    """The same person sent the same act with the same values twice: lead to its result."""
    proposal = case(number)
    if not isinstance(error, Conflict | WrongStatus):
        return False
    if request.endpoint == "desk.ask":
        question = plain(request.form.get("question", ""))
        return queries.did_last(me(), proposal, What.ASK, question)
    if request.endpoint == "desk.alike":
        return _alike_before(proposal)
    if request.endpoint == "desk.announce":
        return queries.did_last(me(), proposal, What.ANNOUNCE, None)
    if request.endpoint == "desk.object_to":
        objection = plain(request.form.get("objection", ""))
        return queries.did_last(me(), proposal, What.OBJECT, objection)
    if proposal.decided_by_id != me().id:
        return False
    if seen_version() != proposal.version - 1:
        return False
    if request.endpoint == "desk.reject":
        reason = request.form.get("reason", "")
        return all(c.reason == plain(reason) for c in proposal.changes)
    if request.endpoint != "desk.decide":
        return False
    sent = _decisions(proposal)
    return set(sent) == {c.id for c in proposal.changes} and all(
        c.outcome is sent[c.id].outcome and (c.reason or "") == plain(sent[c.id].reason)
        for c in proposal.changes
    )


def _next(number: str, *, stay: bool) -> Any:
    proposal = case(number)
    words = STATUS_WORDS[proposal.status].label.lower()
    if stay:
        flash(f"{number} is “{words}” now.", "success")
        return redirect(url_for("desk.show", number=number), 303)
    desks = queries.desks_of(me())
    left = queries.queue_counts(desks)[Tab.MY_TURN]
    following = _waiting(desks)
    flash(f"{number} is “{words}” now. {count_text(left)} left.", "success")
    if following is None:
        return redirect(url_for("desk.show", number=number), 303)
    return redirect(url_for("desk.show", number=following.number, decided=number), 303)


def _page(proposal: Proposal, error: DomainError | None = None) -> str:
    user = me()
    parts = policy.parts_of(user, proposal)
    why_not = policy.why_not(user, Action.DECIDE, proposal, parts)
    may_decide = why_not is None and possible(Action.DECIDE, proposal.status)
    can_undo = undoing.can_undo(proposal, by=user)
    return render_template(
        "desk/show.html",
        proposal=proposal,
        item=proposal.record,
        words=words_of(proposal.status),
        changes=[_case_change(c) for c in (proposal.undecided or proposal.changes)],
        dropped=[change_view(c) for c in proposal.changes if _dropped_by_edit(c)],
        settled=[change_view(c) for c in proposal.changes if _settled(c)],
        revertible=[] if can_undo else _revertible(proposal, parts),
        follows=proposal.follows,
        batch=_batch(proposal, may_decide=may_decide) if _decides_here(proposal, parts) else [],
        events=timeline_view(proposal, parts),
        evidence=rules_of(proposal).evidence(proposal),
        may_decide=may_decide,
        may_ask=policy.may(user, Action.ASK, proposal, parts),
        why_not=why_not,
        silence=_silence(proposal, parts),
        can_undo=can_undo,
        **_competing(proposal),
        source=_source(proposal),
        comes_back=mail_comes_back(proposal.desk),
        error=error,
        errors=dict(error.errors) if isinstance(error, Invalid) else {},
        typed=request.form or MultiDict(_prefilled(proposal)),
        next_case=_following(proposal),
        just_decided=_just_decided(),
    )


def _silence(proposal: Proposal, parts: set[Actor]) -> dict[str, Any]:
    """What can be done about a maintainer who stays silent, by whoever looks at the case."""
    user = me()
    may_announce = policy.may(user, Action.ANNOUNCE, proposal, parts)
    turn_at = policy.curators_turn_at(proposal)
    return {
        "turn_at": turn_at,
        "over": turn_at is not None and turn_at <= utcnow(),
        "may_object": policy.may(user, Action.OBJECT, proposal, parts),
        "may_announce": may_announce and escalation.why_not_announced(proposal) is None,
        "days": setting("OBJECT_WORKING_DAYS"),
    }


def _dropped_by_edit(change: Change) -> bool:
    return _dropped(change) and change.reason is None


def _settled(change: Change) -> bool:
    return _dropped(change) and change.reason is not None


def _dropped(change: Change) -> bool:
    """Whether an open request asks for it no more."""
    return change.outcome is Outcome.DROPPED and bool(change.proposal.undecided)


def _decides_here(proposal: Proposal, parts: set[Actor]) -> bool:
    """Whether this person decides at the desk of a waiting case, if not about this very item."""
    at_desk = Actor.DECIDER in parts or not attended(proposal.desk)
    return possible(Action.DECIDE, proposal.status) and at_desk


def _batch(proposal: Proposal, *, may_decide: bool) -> list[dict[str, Any]]:
    """This case and those sent with it, where there are any, each as it is seen now."""
    others = batches.sent_with(proposal)
    cases = [proposal, *others] if others and may_decide else others
    return [_one_of_batch(each) for each in cases]


def _one_of_batch(each: Proposal) -> dict[str, Any]:
    changes = [_case_change(change) for change in each.undecided]
    return {
        "number": each.number,
        "title": each.item.title or each.item.handle,
        "seen": ":".join([str(each.version), *(view["seen"] for view in changes)]),
        "changes": changes,
    }


def _revertible(proposal: Proposal, parts: set[Actor]) -> list[tuple[int, str, str | None]]:
    """The accepted changes that stand: id, label, and why this person cannot take them back."""
    if not policy.may(me(), Action.REVERT, proposal, parts):
        return []
    rules = rules_of(proposal)
    stand = [c for c in proposal.changes if c.standing is not None and not c.reverted]
    return [(c.id, rules.label(c), reverting.why_not_reverted(c)) for c in stand]


def _prefilled(proposal: Proposal) -> dict[str, str]:
    """What the decider had chosen before they suggested other values, when the case comes back."""
    filled = {}
    for change_id, said in operations.said_before(proposal).items():
        outcome = said["outcome"].replace(Outcome.AMENDED.value, Outcome.ACCEPTED.value)
        filled[f"change-{change_id}-outcome"] = outcome
        filled[f"change-{change_id}-reason"] = said["reason"]
    return filled


def _case_change(change: Change) -> dict[str, Any]:
    """A change with what is shown now: three values where the record moved (rule 4)."""
    rules = rules_of(change.proposal)
    view = change_view(change)
    if change.outcome is not None:
        return view
    current = rules.current(change)
    view["seen"] = digest(current)
    view["current"] = rules.text(change, current)
    view["moved"] = current not in (change.old, change.new)
    view["already_true"] = current == change.new
    merged = rules.merged(change)
    if view["moved"] and merged != change.new:
        view["merged"] = rules.text(change, merged)
    return view


def _competing(proposal: Proposal) -> dict[str, Any]:
    """What else is asked for at the same places, and whether there was too much to see all."""
    targets, waiting = {c.target for c in proposal.changes}, queries.undecided(proposal.record)
    others = [c for c in waiting if c.target in targets and c.proposal_id != proposal.id]
    views = zip(others, change_views(others), strict=True)
    return {
        "competing": [view | {"number": change.proposal.number} for change, view in views],
        "looked_at": len(waiting) if len(waiting) >= queries.MOST_UNDECIDED else None,
    }


def _source(proposal: Proposal) -> dict[str, Any] | None:
    """Where the record stands in the publisher's files."""
    template = template_of(proposal.record)
    if template is None:
        return None
    return {
        "path": template.source_file.path,
        "first": template.first_line,
        "last": template.last_line,
    }


def _just_decided() -> str | None:
    """The case before this one, while its decision can still be taken back."""
    before = queries.proposal_by_number(request.args.get("decided", ""))
    return before.number if before is not None and undoing.can_undo(before, by=me()) else None


def _waiting(desks: list[int], beside: Proposal | None = None) -> Proposal | None:
    """The case that has waited longest, of those this person may decide.

    `beside`: another row than that of this case. Of a batch that is led by one they may not
    decide, a few others are tried.
    """
    for row in queries.queue(desks, Tab.MY_TURN).rows:
        if beside is not None and (row is beside or (row.batch and row.batch == beside.batch)):
            continue
        if policy.may(me(), Action.DECIDE, row):
            return row
        for other in batches.sent_with(row)[:TRIED_OF_BATCH]:
            if policy.may(me(), Action.DECIDE, other):
                return other
    return None


def _following(proposal: Proposal) -> Proposal | None:
    return _waiting(queries.desks_of(me()), beside=proposal)
