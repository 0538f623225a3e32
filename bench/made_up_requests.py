"""Made-up requests about a made-up catalogue, as rows: always the same ones. Pure.

One in twenty is open, most of these of late; some desks have many and most have none. Every
request has about five events. The accounts are those who propose and those who maintain.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from made_up import BEGINNING, PORTION, Rows, World, _json, as_title

from correction_flow.core.text import digest

COLUMNS: dict[str, tuple[str, ...]] = {
    "users": (
        "id", "name", "email", "password", "active", "fs_uniquifier", "confirmed_at",
        "created_at", "demo",
    ),
    "addresses": ("user_id", "address", "address_key", "created_at", "verified_at"),
    "number_sequences": ("name", "last"),
    "proposals": (
        "id", "number", "kind", "item_id", "desk_id", "status", "proposer_id", "erased", "reason",
        "evidence_url", "subject", "version", "revision", "created_at", "waiting_since", "due_at",
        "clock_at", "decided_at", "decided_by_id", "decided_as", "closed_at",
    ),
    "changes": (
        "id", "proposal_id", "item_id", "target", "old", "new", "new_key", "low_risk", "outcome",
        "applied", "reason_code", "reason", "standing", "because", "since",
    ),
    "events": (
        "proposal_id", "item_id", "what", "at", "actor_id", "actor_role", "audience", "note",
        "details",
    ),
}  # fmt: skip
UNTIL = datetime(2026, 11, 20, tzinfo=UTC)
"""When the last request was made."""
ENDS = ("approved",) * 65 + ("rejected",) * 19 + ("withdrawn",) * 11 + ("expired",) * 5


class Requests:
    """So many requests about the items of that world; `foundation`: its archives, series, desks."""

    def __init__(self, world: World, count: int, foundation: Rows) -> None:
        self.world = world
        self.count = count
        self.portions = -(-count // PORTION)
        self.desks = [row[2] for row in foundation["series"]]
        self.proposers = max(50, count // 20)
        self.addresses = list(dict.fromkeys(row[2] for row in foundation["desk_members"]))
        users = {a: self.proposers + n for n, a in enumerate(self.addresses, start=1)}
        self.maintainers: dict[int, int] = {}
        for desk, _, address, _ in foundation["desk_members"]:
            self.maintainers.setdefault(desk, users[address])

    def foundation(self) -> Rows:
        """Accounts, and the last number given."""
        if not self.count:
            return {}
        at = self.world.moment(BEGINNING)
        proposers = [f"user{n}@example.org" for n in range(1, self.proposers + 1)]
        rows: Rows = {"users": [], "addresses": [], "number_sequences": []}
        for id_, address in enumerate([*proposers, *self.addresses], start=1):
            given, _, surname, _, _ = self.world.person(id_)
            rows["users"].append(
                (id_, f"{given} {surname}", address, None, 1, f"made-up-{id_:032}", at, at, 0)
            )
            rows["addresses"].append((id_, address, address, at, at))
        rows["number_sequences"].append(("proposals", self.count))
        return rows

    def portion(self, n: int) -> Rows:
        """The rows of the requests of one portion (from 0)."""
        dice = random.Random((self.world.seed << 25) + n)
        rows: Rows = {"proposals": [], "changes": [], "events": []}
        for id_ in range(n * PORTION + 1, min((n + 1) * PORTION, self.count) + 1):
            self._request(dice, id_, rows)
        return rows

    def _request(self, dice: random.Random, id_: int, rows: Rows) -> None:
        world, roll = self.world, dice.random
        item = 1 + int(world.first * roll() ** 2.5 if roll() < 0.5 else world.items * roll())
        desk = self.desks[world.place(item).series]
        began = BEGINNING + timedelta(days=2)
        created = began + (UNTIL - began) * (id_ / self.count)
        status = dice.choice(ENDS)
        if id_ * 2 > self.count and roll() < 0.1:
            status = "submitted" if roll() < 0.85 else "needs_information"
        is_open = status in ("submitted", "needs_information")
        moments = [created + timedelta(hours=9 * n) for n in range(8)]
        when = [world.moment(at) for at in moments]
        proposer = 1 + int(self.proposers * roll() ** 2)
        decider = self.maintainers[desk]
        number = f"R-{id_:06d}"
        old = as_title(world.title_words(item))
        new = f"{old} {id_}"
        reason = "The title page says so; a word is missing in the publisher's file."
        decided = status in ("approved", "rejected")
        events: list[tuple[Any, ...]] = [
            ("submit", proposer, "proposer", "public", reason, None),
            ("take", decider, "decider", "desk", None, None),
        ]
        asked = roll() < 0.45
        if status == "needs_information" or asked:
            events.append(("ask", decider, "decider", "parties", "Where is it printed so?", None))
        if asked and status != "needs_information":
            answer = "On page one, and on the cover."
            events.append(("answer", proposer, "proposer", "parties", answer, None))
        if roll() < 0.6:
            events.append(("comment", decider, "decider", "desk", "Seen in the PDF.", None))
        outcome = standing = because = applied = reason_code = why = None
        if status == "approved":
            outcome, standing, because, applied = "accepted", "adopted", "publisher", _json(new)
            details = _json({"accepted": [id_], "declined": [], "replaced": []})
            events.append(("decide", decider, "decider", "public", None, details))
            adopted = _json({"change": id_})
            events.append(("adopted", None, "system", "public", None, adopted))
        elif status == "rejected":
            outcome, reason_code, why = "declined", "not_in_source", "The work says otherwise."
            details = _json({"accepted": [], "declined": [id_]})
            events.append(("reject", decider, "decider", "public", None, details))
        elif not is_open:
            outcome = "dropped"
            what, who, role = (
                ("withdraw", proposer, "proposer")
                if status == "withdrawn"
                else ("expire", None, "system")
            )
            events.append((what, who, role, "public", None, None))
        ended = None if is_open else when[len(events) - 1]
        due = world.moment(created + timedelta(days=14)) if is_open else None
        rows["proposals"].append(
            (id_, number, "correction_request", item, desk, status, proposer, 0, reason,
             "https://example.org/title-page.pdf" if roll() < 0.5 else None,
             f"[{number}] Correction request: {old[:90]}", len(events), 1, when[0],
             when[len(events) - 1] if is_open else None,
             due, due,
             ended if decided else None, decider if decided else None,
             "decider" if decided else None, ended)
        )  # fmt: skip
        rows["changes"].append(
            (id_, id_, item, "title", _json(old), _json(new), digest(new), 0, outcome, applied,
             reason_code, why, standing, because, ended if standing else None)
        )  # fmt: skip
        rows["events"] += _stamped(id_, item, events, when)


def _stamped(
    id_: int, item: int, events: Sequence[tuple[Any, ...]], when: Sequence[str]
) -> list[tuple[Any, ...]]:
    return [(id_, item, what, at, *rest) for (what, *rest), at in zip(events, when, strict=False)]
