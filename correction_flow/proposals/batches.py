"""Proposals sent together and decided together: the same slip in many items.

Each stays a proposal of one item; they share `Proposal.batch`. People get one mail for all.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from correction_flow.accounts.models import User
from correction_flow.catalog.models import Item
from correction_flow.core.errors import Conflict, Invalid, NotAllowed, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.proposals import mails
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Kind, Outcome, What
from correction_flow.proposals.models import Change, Event, Proposal
from correction_flow.proposals.operations import (
    Decision,
    Submitted,
    Wanted,
    accept_at_once,
    decide,
    lock,
    submit,
)
from correction_flow.proposals.queries import last_event

LARGEST = 100
"""Proposals in one batch."""


@dataclass(frozen=True)
class Wish:
    """What is asked for in one item, and the version of the item it was seen in.

    `at_once`: why it needs no decision; else empty. `dispute`: it is for curators.
    """

    item: Item
    wanted: Sequence[Wanted]
    item_version: int
    at_once: str = ""
    dispute: bool = False


@dataclass
class Report:
    """What became of each case: decided, or left with a sentence why."""

    decided: list[Event] = field(default_factory=list)
    left: list[tuple[Proposal, str]] = field(default_factory=list)


def submit_batch(
    kind: Kind, wishes: Sequence[Wish], *, by: User, reason: str, evidence_url: str | None = None
) -> list[Submitted]:
    """Ask for changes of several items: one proposal each, one mail for all, or nothing at all.

    Raises Invalid and Conflict as `submit` does, naming the item.
    """
    if len(wishes) > LARGEST:
        raise Invalid({"": f"These are {len(wishes)} items. Send at most {LARGEST} at once."})
    token = secrets.token_hex(8)
    results = []
    wishes = sorted(wishes, key=lambda w: w.item.id)  # everybody locks in this order
    for wish in wishes:  # all of them before the first number is given: that is a lock as well
        lock(wish.item)
    for wish in wishes:
        try:
            result = submit(
                kind, wish.item, wish.wanted, by=by, reason=reason, evidence_url=evidence_url,
                item_version=wish.item_version, batch=token, dispute=wish.dispute,
            )  # fmt: skip
        except Conflict as error:
            raise Conflict(f"{wish.item.title or wish.item.handle}: {error}") from None
        results.append(result)
    waiting, accepted = [], []
    for wish, result in zip(wishes, results, strict=True):
        if result.proposal is None or result.again:
            continue
        if wish.at_once:
            accepted.append(accept_at_once(result.proposal, wish.at_once, together=token))
        else:
            waiting.append(result.proposal)
    _tell(waiting)
    mails.decided_together(accepted)
    return results


def _tell(new: Sequence[Proposal]) -> None:
    """One receipt for all, one notice for each desk, one question to each who can vouch."""
    if not new:
        return
    mails.receipt(new[0], last_event(new[0], What.SUBMIT), new[1:])
    by_desk: dict[int, list[Proposal]] = defaultdict(list)
    for proposal in new:
        by_desk[proposal.desk_id].append(proposal)
    for first, *others in by_desk.values():
        mails.notice(first, last_event(first, What.SUBMIT), others)
    rules_of(new[0]).sent(new)


def sent_with(proposal: Proposal) -> list[Proposal]:
    """The others of its batch that wait for a decision at the same desk as well, by item."""
    if proposal.batch is None:
        return []
    return list(
        db.session.scalars(
            select(Proposal)
            .where(
                Proposal.batch == proposal.batch,
                Proposal.desk_id == proposal.desk_id,
                Proposal.id != proposal.id,
                text("status = 'submitted'"),
            )
            .options(joinedload(Proposal.item, innerjoin=True))
            .order_by(Proposal.item_id)
            .limit(LARGEST)
        )
    )


def of_its_batch(proposal: Proposal, numbers: Sequence[str]) -> list[Proposal]:
    """Those of these numbers that were sent with it, and itself, whatever became of them."""
    if proposal.batch is None:
        return []
    return list(
        db.session.scalars(
            select(Proposal)
            .where(Proposal.batch == proposal.batch, Proposal.number.in_(list(numbers)[:LARGEST]))
            .order_by(Proposal.item_id)
        )
    )


def decide_alike(
    cases: Sequence[tuple[Proposal, int, Mapping[int, str]]],
    outcome: Outcome,
    reason: str,
    *,
    by: User,
) -> Report:
    """Accept or decline all changes of several proposals of one batch.

    `cases`: each with the version and the values (digests by change id) that were seen. What
    cannot be decided is left, with the reason, and hinders no other. Raises Invalid where a
    decline has no reason.
    """
    if outcome not in (Outcome.ACCEPTED, Outcome.DECLINED):
        raise Invalid({"outcome": "Choose: accept all, or decline all."})
    if len({proposal.batch for proposal, _, _ in cases}) > 1:
        raise Invalid({"": "These requests were not sent together. Decide them one by one."})
    if outcome is Outcome.DECLINED and not reason.strip():
        raise Invalid({"reason": "Give the reason; the proposer will read it."})
    report, token = Report(), secrets.token_hex(8)
    for proposal, version, seen in sorted(cases, key=lambda c: c[0].item_id):
        try:
            with db.session.begin_nested():
                event = decide(
                    proposal, _alike(proposal.undecided, outcome, reason, seen), by=by,
                    version=version, together=token,
                )  # fmt: skip
        except (NotAllowed, WrongStatus, Conflict, Invalid) as error:
            report.left.append((proposal, str(error)))
        else:
            report.decided.append(event)
    mails.decided_together(report.decided)
    return report


def _alike(
    changes: Sequence[Change], outcome: Outcome, reason: str, seen: Mapping[int, str]
) -> dict[int, Decision]:
    why = reason if outcome is Outcome.DECLINED else ""
    return {c.id: Decision(outcome, seen=seen.get(c.id, ""), reason=why) for c in changes}
