"""What an import did to accepted changes and open requests, told when it has ended: one mail a
person.

A file can adopt thousands of changes at once. So each event is noted as untold in the transaction
that wrote it, and a run that was killed loses none: the next one of its archive tells them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from correction_flow.core.extensions import db
from correction_flow.proposals import mails
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import What
from correction_flow.proposals.models import Change, Event, Proposal, Untold
from correction_flow.proposals.queries import with_record

PART = 500
"""Events looked at together."""


def tell_later(event: Event, import_run_id: int) -> None:
    """Everybody concerned hears of it when the run has ended."""
    db.session.add(Untold(event_id=event.id, import_run_id=import_run_id))
    db.session.flush()


def untold_runs() -> list[int]:
    """The runs of which something is still to be told."""
    return list(db.session.scalars(select(Untold.import_run_id).distinct()))


def tell(import_run_ids: Collection[int]) -> int:
    """Tell what these runs did, each person in one mail; how many events that were."""
    mine = Untold.import_run_id.in_(import_run_ids)
    people: dict[str, mails.News] = {}
    count = last = 0
    while events := _some(mine, last):
        last = events[-1].id
        count += len(events)
        for event in events:
            _note(event, people)
    for news in people.values():
        mails.read_again(news)
    db.session.execute(delete(Untold).where(mine))
    return count


def _some(mine: Any, after: int) -> list[Event]:
    query = (
        select(Event)
        .join(Untold, Untold.event_id == Event.id)
        .where(mine, Event.id > after)
        .order_by(Event.id)
        .limit(PART)
        .options(
            joinedload(Event.proposal, innerjoin=True).options(
                *with_record(),
                joinedload(Proposal.proposer),
                joinedload(Proposal.decided_by),
                joinedload(Proposal.desk, innerjoin=True),
            )
        )
    )
    return list(db.session.scalars(query))


def _note(event: Event, people: dict[str, mails.News]) -> None:
    """Enter the event in the news of everybody it concerns."""
    line = _line_of(event)
    if line is None:
        return
    concerned = {mails.person(one): one for one in reversed(mails.concerned_by_files(event))}
    for person, receiver in concerned.items():
        news = people.setdefault(person, mails.News(receiver))
        news.add(event, line)


def _line_of(event: Event) -> Callable[[], dict[str, Any]] | None:
    """What makes the event's line in a mail; None where its change is another request's by now."""
    proposal, details = event.proposal, event.details or {}
    if event.what is What.SUPERSEDE:
        return lambda: {**_head(proposal), "note": event.note}
    for change in proposal.changes:
        if change.id == details.get("change"):
            return partial(_line, proposal, change, details.get("upstream"))
    return None


def _head(proposal: Proposal) -> dict[str, Any]:
    title = proposal.record.title or proposal.record.handle
    return {"number": proposal.number, "title": title}


def _line(proposal: Proposal, change: Change, upstream: Any) -> dict[str, Any]:
    rules = rules_of(proposal)
    return {
        **_head(proposal),
        "label": rules.label(change),
        "ours": rules.text(change, change.applied) or "(empty)",
        "theirs": rules.text(change, upstream) or "(empty)",
        "again": mails.ask_again_path(proposal),
    }
