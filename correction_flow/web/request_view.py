"""What the page of a request shows to who follows it, signed in or with a visitor's link."""

from __future__ import annotations

from typing import Any

from flask import request

from correction_flow.catalog.queries import decides
from correction_flow.proposals import operations, policy, queries
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import STATUS_WORDS, Action, Actor, Status
from correction_flow.proposals.models import Person, Proposal
from correction_flow.web.display import change_view, change_views, event_view


def request_view(
    proposal: Proposal, by: Person, parts: set[Actor], error: Exception | None
) -> dict[str, Any]:
    """Everything `components/request.html` reads; `parts` are those of `by`."""
    suggested = operations.suggestions(proposal)
    rules = rules_of(proposal)
    return {
        "proposal": proposal,
        "item": proposal.record,
        "words": STATUS_WORDS[proposal.status],
        "changes": change_views(proposal.changes),
        "events": [event_view(e) for e in queries.timeline(proposal, policy.audiences(parts))],
        "decides": decides(proposal.place, proposal.desk),
        "place": queries.place_in_queue(proposal) if proposal.status is Status.SUBMITTED else None,
        "median_days": queries.median_days(proposal.desk_id),
        "suggested": [
            change_view(c) | {"new": rules.text(c, suggested[str(c.id)])}
            for c in proposal.changes
            if str(c.id) in suggested
        ],
        "may_answer": policy.may(by, Action.ANSWER, proposal, parts),
        "may_withdraw": policy.may(by, Action.WITHDRAW, proposal, parts),
        "error": str(error) if error else None,
        "typed": request.form,
    }
