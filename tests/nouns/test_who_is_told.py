"""Rule 9 as a table: what happens, and who gets which mail of it.

Alice asks, Stella supports, Bob is an author of the item, Mara and Otto maintain its series, Cora
is a curator. Everybody else is told nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import GrantEffect
from correction_flow.claims.operations import claim
from correction_flow.core.clock import at, utcnow
from correction_flow.core.database import about_to_write
from correction_flow.core.extensions import db
from correction_flow.core.outbox import OutgoingMail
from correction_flow.corrections import operations as corrections
from correction_flow.proposals import (
    deadlines,
    editing,
    escalation,
    news,
    operations,
    reopening,
    reverting,
    undoing,
    visitors,
)
from correction_flow.proposals.lifecycle import What
from correction_flow.proposals.models import Event, Proposal, Visitor
from correction_flow.upstream.standing import reconcile
from tests.nouns.test_afterwards import OTHER_TITLE
from tests.nouns.test_matrix import accepting, passing
from tests.nouns.test_workflow import GOOD, YES, claim_name, decide

DESK = "mara otto"
WAITING = "alice stella"

TABLE: list[tuple[str, What, dict[str, str]]] = [
    ("send", What.SUBMIT, {"receipt": "alice", "notice": DESK}),
    ("claim_a_known_name", What.SUBMIT, {"receipt": "stella", "notice": "cora", "disputed": "bob"}),
    ("edit_away", What.SUBMIT, {"passed_on": "stella", "notice": DESK}),
    ("confirm", What.CONFIRM, {"receipt": "vera", "notice": DESK}),
    ("edit", What.EDIT, {"edited": DESK}),
    ("support", What.SUPPORT, {}),
    ("ask", What.ASK, {"asked": WAITING}),
    ("answer", What.ANSWER, {"answered": DESK}),
    ("comment", What.COMMENT, {"commented": "stella mara otto"}),
    ("note", What.COMMENT, {"commented": "otto"}),
    ("move", What.COMMENT, {"looked_again": WAITING}),
    ("decide", What.DECIDE, {"decided": "alice stella bob otto"}),
    ("reject", What.REJECT, {"decided": "alice stella bob otto"}),
    ("undo", What.UNDO, {}),
    ("withdraw", What.WITHDRAW, {"passed_on": "stella"}),
    ("withdraw_alone", What.WITHDRAW, {"withdrawn": DESK}),
    ("appeal", What.APPEAL, {}),
    ("appeal", What.SUBMIT, {"receipt": "alice", "notice": DESK}),
    ("send_again", What.SEND_AGAIN, {}),
    ("send_again", What.SUBMIT, {"receipt": "alice", "notice": DESK}),
    ("revert", What.REVERT, {"reverted": "alice stella bob otto"}),
    ("revert_beneath", What.COMMENT, {"commented": "bob otto"}),
    ("escalate", What.ESCALATE, {"escalated": "alice mara otto cora"}),
    ("announce", What.ANNOUNCE, {"announced": "alice mara otto"}),
    ("object_to", What.OBJECT, {"objected": "alice cora"}),
    ("expire", What.EXPIRE, {"expired": "alice stella mara otto"}),
    ("publish_it", What.SUPERSEDE, {"read_again": "alice stella mara otto"}),
    ("adopt", What.ADOPTED, {"read_again": "alice stella mara"}),
    ("contradict", What.CONTESTED, {"read_again": "alice stella mara otto"}),
    ("go_back", What.CAME_BACK, {"read_again": "alice stella mara otto"}),
]
NOT_DONE_YET = {What.TAKE, What.RELEASE, What.ASSIGN}


class Story:
    """The acts of the table, each from its own beginning."""

    def __init__(self, cast: Any) -> None:
        self.cast = cast

    def last_event(self) -> int:
        return db.session.scalar(select(func.max(Event.id))) or 0

    def last_mail(self) -> int:
        return db.session.scalar(select(func.max(OutgoingMail.id))) or 0

    def asked(self, who: str = "alice", *, supported: bool = True, **texts: str) -> Proposal:
        item = self.cast.item()
        proposal = corrections.request_correction(
            item, texts or {"title": GOOD}, by=self.cast.user(who), reason="A reason.",
            evidence_url=None, item_version=item.version,
        ).proposal  # fmt: skip
        assert proposal is not None
        if supported:
            operations.support_change(proposal.changes[0], by=self.cast.user("stella"))
        self.begin()
        return proposal

    def begin(self) -> None:
        """What happened so far is not the act."""
        db.session.flush()
        self.events, self.mails = self.last_event(), self.last_mail()

    def by(self, who: str, proposal: Proposal) -> dict[str, Any]:
        return {"by": self.cast.user(who), "version": proposal.version}

    def accepted(self, who: str = "alice", *, supported: bool = True, **texts: str) -> Proposal:
        proposal = self.asked(who, supported=supported, **texts)
        operations.decide(proposal, accepting(proposal), **self.by("mara", proposal))
        self.begin()
        return proposal

    # -- the acts -----------------------------------------------------------------------------

    def send(self) -> None:
        self.begin()
        events, mails = self.events, self.mails
        self.asked(supported=False)
        self.events, self.mails = events, mails

    def claim_a_known_name(self) -> None:
        self.begin()
        item, bobs = self.cast.item(), self.cast.item_author(1)
        claim(
            item, bobs.id, by=self.cast.user("stella"), reason="It is me.", evidence_url=None,
            item_version=item.version,
        )  # fmt: skip

    def edit_away(self) -> None:
        self._edit(self.asked(), {"pages": "1-18"})

    def edit(self) -> None:
        self._edit(self.asked(title=GOOD, pages="1-18"), {"title": GOOD, "pages": "18"})

    def _edit(self, proposal: Proposal, texts: dict[str, str]) -> None:
        wanted = corrections.wanted(proposal.item, texts)
        editing.edit(proposal, wanted, reason="A reason.", **self.by("alice", proposal))

    def confirm(self) -> None:
        item = self.cast.item()
        proposal = corrections.request_correction(
            item, {"title": GOOD}, by=Visitor("vera@example.org"), reason="", evidence_url=None,
            item_version=item.version,
        ).proposal  # fmt: skip
        assert proposal is not None
        self.begin()
        visitors.confirm(proposal, item_version=item.version)

    def support(self) -> None:
        editing.support(self.asked(), by=self.cast.user("bob"))

    def ask(self) -> None:
        proposal = self.asked()
        operations.ask(proposal, "Which?", **self.by("mara", proposal))

    def answer(self) -> None:
        proposal = self.asked()
        operations.ask(proposal, "Which?", **self.by("mara", proposal))
        self.begin()
        operations.answer(proposal, "This.", **self.by("alice", proposal))

    def comment(self) -> None:
        editing.comment(self.asked(), "A word.", by=self.cast.user("alice"))

    def note(self) -> None:
        editing.comment(self.asked(), "A word.", by=self.cast.user("mara"), desk_only=True)

    def move(self) -> None:
        self.asked()
        self._publish(title=OTHER_TITLE)

    def decide(self) -> None:
        proposal = self.asked()
        operations.decide(proposal, accepting(proposal), **self.by("mara", proposal))

    def reject(self) -> None:
        proposal = self.asked()
        operations.reject(proposal, "No.", **self.by("mara", proposal))

    def undo(self) -> None:
        proposal = self.accepted()
        undoing.undo(proposal, **self.by("mara", proposal))

    def withdraw(self, *, supported: bool = True) -> None:
        proposal = self.asked(supported=supported)
        operations.withdraw(proposal, **self.by("alice", proposal))

    def withdraw_alone(self) -> None:
        self.withdraw(supported=False)

    def appeal(self) -> None:
        proposal = self.asked()
        operations.reject(proposal, "No.", **self.by("mara", proposal))
        self.begin()
        reopening.appeal(
            proposal, [proposal.changes[0].id], "Look again.", by=self.cast.user("alice")
        )

    def send_again(self) -> None:
        proposal = self.asked()
        operations.ask(proposal, "Which?", **self.by("mara", proposal))
        deadlines.expire(proposal)
        self.begin()
        reopening.send_again(proposal, by=self.cast.user("alice"))

    def revert(self) -> None:
        proposal = self.accepted()
        reverting.revert(proposal, proposal.changes[0].id, "Wrong.", **self.by("mara", proposal))

    def revert_beneath(self) -> None:
        beneath = self.accepted(jel="D72")
        self.accepted("bob", supported=False, jel="D72 H11")
        reverting.revert(beneath, beneath.changes[0].id, "Wrong.", **self.by("mara", beneath))

    def escalate(self) -> None:
        proposal = self.asked(supported=False)
        with at(utcnow() + timedelta(days=29)):
            deadlines.act_when_due(proposal.id)

    def announce(self) -> Proposal:
        proposal = self.asked(supported=False)
        with at(utcnow() + timedelta(days=45)):
            escalation.announce(proposal, **self.by("cora", proposal))
        return proposal

    def object_to(self) -> None:
        proposal = self.announce()
        self.begin()
        escalation.object_to(proposal, "It is mine.", **self.by("mara", proposal))

    def expire(self) -> None:
        proposal = self.asked()
        operations.ask(proposal, "Which?", **self.by("mara", proposal))
        self.begin()
        deadlines.expire(proposal)

    def publish_it(self) -> None:
        self.asked()
        self._publish(title=GOOD)

    def adopt(self) -> None:
        self.accepted()
        self._publish(title=GOOD)

    def contradict(self) -> None:
        self.accepted()
        self._publish(title=OTHER_TITLE)

    def go_back(self) -> None:
        before = self.cast.item().title
        self.accepted()
        self._publish(title=OTHER_TITLE)
        self.begin()
        self._publish(title=before)

    def _publish(self, **values: str) -> None:
        item = self.cast.item()
        reconcile(item, {**item.upstream, **values}, import_run_id=1)
        news.tell([1])


def test_everybody_concerned_is_told_once_and_nobody_of_their_own_act(cast, app):
    app.config["UNDO_MINUTES"] = 5
    assert {what for _, what, _ in TABLE} == set(What) - NOT_DONE_YET
    decide(cast, claim_name(cast, "bob", n=1), YES)
    db.session.rollback()
    wrong = []
    with about_to_write():
        series = cast.item().series
        moved = catalog.grant(
            cast.user("otto"), series.archive, series, GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)
        for act, what, expected in TABLE:
            with passing():
                story = Story(cast)
                getattr(story, act)()
                found = told(story, what)
                right = {name: sorted(people.split()) for name, people in expected.items()}
                if found != right:
                    wrong.append(f"{act}, {what}: {found}, not {right}")
        db.session.rollback()
    assert not wrong, "\n" + "\n".join(wrong)


def told(story: Story, what: What) -> dict[str, list[str]]:
    """Mail → receivers of the events of this sort that the act has written; of what a file did,
    the mails at the end of its reading."""
    query = select(Event.id).where(Event.id > story.events, Event.what == what)
    events = list(db.session.scalars(query))
    assert events, f"no event {what}"
    mails = select(OutgoingMail).where(
        OutgoingMail.id > story.mails,
        OutgoingMail.event_id.in_(events)
        if what not in (What.ADOPTED, What.CONTESTED, What.CAME_BACK, What.SUPERSEDE)
        else OutgoingMail.name == "read_again",
    )
    found: dict[str, list[str]] = defaultdict(list)
    for mail in db.session.scalars(mails.order_by(OutgoingMail.to_key)):
        found[mail.name].append(re.sub("@.*", "", mail.to_key))
    return dict(found)
