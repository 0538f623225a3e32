"""What "My requests" shows: the parts of a person's requests, as the page wants them."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from flask import url_for

from correction_flow.accounts.models import User
from correction_flow.catalog.queries import decides
from correction_flow.corrections.drafts import draft_count, drafts_of
from correction_flow.proposals.lifecycle import STATUS_WORDS, Kind, Status
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.persons import (
    MY_TURN,
    STATUSES,
    Part,
    endings,
    numbers_of,
    part_counts,
    requests_of,
)
from correction_flow.web.display import change_views, words_of

PART_WORDS = {
    Part.FOR_ME: "Waits for me",
    Part.WAITING: "Waiting",
    Part.SETTLED: "What became of them",
    Part.SUPPORTED: "Supported by me",
}
DRAFTS = "drafts"
"""What is typed and not sent: no requests yet, but part of the same page."""
E = TypeVar("E", bound=enum.StrEnum)


def requests(user: User, asked: Mapping[str, str]) -> dict[str, Any]:
    """One page of a part, narrowed by kind and status; what is unknown narrows nothing."""
    counts, unsent = part_counts(user), draft_count(user)
    if asked.get("part") == DRAFTS:
        return {
            "part": DRAFTS, "tabs": _tabs(None, counts, unsent), "drafts": drafts_of(user),
        }  # fmt: skip
    part = _one_of(Part, asked.get("part")) or _first_part(counts)
    kind, status = _one_of(Kind, asked.get("kind")), _one_of(Status, asked.get("status"))
    status = status if status in STATUSES[part] else None
    page = requests_of(user, part, asked.get("after"), kind=kind, status=status)
    given: dict[str, Any] = {"part": part.value, "kind": kind, "status": status}
    return {
        "part": part.value,
        "tabs": _tabs(part, counts, unsent),
        "kind": kind,
        "status": status,
        "kinds": [(k, k.words) for k in Kind],
        "statuses": [(s, STATUS_WORDS[s].label) for s in STATUSES[part]],
        "requests": _views(page.rows, user),
        "anything": bool(page.rows or kind or status),
        "older": page.older and url_for("proposals.mine", after=page.older, **given),
        "newest": url_for("proposals.mine", **given) if asked.get("after") else None,
    }


def _one_of(words: type[E], text: str | None) -> E | None:
    return next((one for one in words if one.value == text), None)


def _first_part(counts: Mapping[Part, int]) -> Part:
    """Where the page opens: what the person has to do first, then what they wait for."""
    return next((part for part in (Part.FOR_ME, Part.WAITING) if counts[part]), Part.SETTLED)


def _tabs(here: Part | None, counts: Mapping[Part, int], unsent: int) -> list[dict[str, Any]]:
    """`here` is None where the drafts are shown."""
    parts = [(part.value, PART_WORDS[part], counts.get(part), part is here) for part in Part]
    parts.append((DRAFTS, "Not sent yet", unsent, here is None))
    return [
        {"label": label, "url": url_for("proposals.mine", part=value), "count": n, "here": here}
        for value, label, n, here in parts
    ]


def _views(proposals: Sequence[Proposal], user: User) -> list[dict[str, Any]]:
    changes = change_views([c for p in proposals for c in p.changes])
    by_id = {view["id"]: view for view in changes}
    ends = endings(proposals)
    numbers = numbers_of([p.superseded_by_id for p in proposals if p.superseded_by_id])
    deciders: dict[tuple[str, int], str] = {}
    views = []
    for p in proposals:
        key = (p.place.handle_key, p.desk_id)
        if p.status.open and p.status not in MY_TURN and key not in deciders:
            deciders[key] = decides(p.place, p.desk)
        end = ends.get(p.id)
        views.append(
            {
                "proposal": p,
                "label": words_of(p.status).label,
                "sentence": words_of(p.status).sentence,
                "turn": _turn(p, user, deciders.get(key)),
                "changes": [by_id[c.id] for c in p.changes],
                "end": end.note if end else None,
                "superseded_by": numbers.get(p.superseded_by_id or 0),
            }
        )
    return views


def _turn(proposal: Proposal, user: User, decider: str | None) -> str | None:
    """Whose turn it is; None when it is nobody's."""
    if not proposal.status.open:
        return None
    if proposal.status in MY_TURN:
        return "You" if proposal.proposer_id == user.id else "The proposer"
    return decider
