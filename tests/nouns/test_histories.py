"""Random histories: people act on pages old and new, files arrive, time passes; after every step
nothing is lost, everybody concerned was told once, and every open request waits for somebody.

A few short histories by default. `HISTORIES=500 HISTORY_STEPS=60` plays many long ones.
More than 20 are new ones at each run; the few are always the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, update

from correction_flow.accounts import operations as accounts
from correction_flow.accounts.models import AuthorProfile, RoleName, User
from correction_flow.accounts.queries import account_of
from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Desk, GrantEffect, Item, ItemAuthor
from correction_flow.catalog.queries import authors_of, item_by_handle, known_authors
from correction_flow.catalog.shown import shown
from correction_flow.citations.operations import request_links
from correction_flow.claims.operations import claim
from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import DomainError
from correction_flow.core.extensions import db
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections import operations as corrections
from correction_flow.proposals import (
    deadlines,
    editing,
    operations,
    policy,
    reopening,
    reverting,
    undoing,
)
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import (
    Action,
    Actor,
    Audience,
    Kind,
    Outcome,
    Standing,
    Status,
    What,
    transition,
)
from correction_flow.proposals.models import Because, Change, Event, Proposal, Supporter, Untold
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.queries import proposal_by_number
from correction_flow.upstream.importer import import_path
from tests.cast import CITED, OTHER
from tests.databases import Application
from tests.makers import GAM, GAM_REFERENCES, write_tree

HISTORIES = int(os.environ.get("HISTORIES", "4"))
STEPS = int(os.environ.get("HISTORY_STEPS", "25"))

FIRST = "Interactive Political Leadership in Theory and Practise"
TITLES = [
    FIRST,
    "Interactive Political Leadership in Theory and Practice",
    "Interactive Political Leadership in Theory and Practice!",
    "Political Leadership at Work",
]
PAGES = ["1-81", "1-18", "18"]
AUTHORS = [
    "Jacob Torfing\nEva Sørensen",
    "Jacob X. Torfing\nEva Sørensen",
    "Jacob Torfing\nEva Sørensen\nCal Added",
    "Eva Sørensen",
]
JEL = ["D72", "D72 H11", "H11 L32", "A1 D72 H11"]
KEYWORDS = ["leadership; public value", "leadership; public value; trust", "trust; public value"]
VALUES = {"title": TITLES, "pages": PAGES, "authors": AUTHORS, "jel": JEL, "keywords": KEYWORDS}
AS_PRINTED = {
    "Jacob Torfing": "Author-Workplace-Name: Roskilde University\nAuthor-Email: jt@example.org\n"
}
PEOPLE = ["alice", "bob", "mara", "otto", "cora", "clio", "stella"]
PROPOSERS = ["alice", "bob", "mara", "otto", "stella"]

texts = st.dictionaries(
    st.sampled_from(sorted(VALUES)), st.integers(0, 3), min_size=1, max_size=2
).map(lambda d: {name: VALUES[name][n % len(VALUES[name])] for name, n in d.items()})
which = st.integers(0, 9)
said = st.sampled_from(["yes", "yes", "no", "typo", "else"])


@dataclass(frozen=True)
class Page:
    """What somebody had on the screen: a proposal of a version and the values it stood on."""

    number: str
    version: int
    seen: dict[int, str]


class Histories(RuleBasedStateMachine):
    """One item, seven people; each history has a database and a publisher's tree of its own."""

    def __init__(self, stage: AbstractContextManager[Path]) -> None:
        super().__init__()
        self.stage = ExitStack()
        self.files = self.stage.enter_context(stage)
        self.now = utcnow()
        self.pages: list[Page] = []
        self.before_decision: dict[str, tuple[Any, Any]] = {}
        self.before = self.state()

    def teardown(self) -> None:
        self.stage.close()

    # -- the stage ----------------------------------------------------------------------------

    def user(self, name: str) -> User:
        user = account_of(f"{name}@example.org")
        assert user is not None
        return user

    def item(self) -> Item:
        return db.session.scalars(select(Item).where(Item.handle == ITEM_HANDLE)).one()

    def page(self, n: int, wanted: set[Status], *, stale: bool) -> Page | None:
        """The n-th proposal in one of these statuses, as it is or as somebody saw it once."""
        if stale:
            old = [p for p in self.pages if proposal_by_number(p.number).status in wanted]
            return old[n % len(old)] if old else None
        query = select(Proposal).where(Proposal.status.in_(wanted)).order_by(Proposal.id.desc())
        found = list(db.session.scalars(query))
        return self.looked_at(found[n % len(found)]) if found else None

    def looked_at(self, proposal: Proposal) -> Page:
        rules = rules_of(proposal)
        seen = {c.id: digest(rules.current(c)) for c in proposal.changes}
        page = Page(proposal.number, proposal.version, seen)
        self.pages = [*self.pages[-30:], page]
        return page

    def somebody(self, n: int, action: Action, number: str) -> User:
        """Mostly one who may do it, sometimes anybody."""
        proposal = proposal_by_number(number)
        able = [u for u in map(self.user, PEOPLE) if policy.why_not(u, action, proposal) is None]
        if n < 2 or not able:
            return self.user(PEOPLE[n % len(PEOPLE)])
        return able[n % len(able)]

    @contextmanager
    def act(self, page: Page | None = None) -> Iterator[None]:
        """One act: done with all its effects, or refused in words with none."""
        self.now += timedelta(seconds=1)
        before = self.before
        fresh = page is None or proposal_by_number(page.number).version == page.version
        db.session.rollback()
        try:
            with at(self.now), transaction():
                yield
        except DomainError:
            assert self.state() == before, "a refused act left something behind"
        else:
            assert fresh, "an act on a stale page took effect"

    # -- what people do -----------------------------------------------------------------------

    @rule(who=st.sampled_from(PROPOSERS), wishes=texts, stale=st.booleans())
    def submit(self, who: str, wishes: dict[str, str], stale: bool) -> None:
        with self.act():
            item = self.item()
            corrections.request_correction(
                item, wishes, by=self.user(who), reason="A reason.", evidence_url=None,
                item_version=item.version,
            )  # fmt: skip

    @initialize(who=st.sampled_from(PROPOSERS), wishes=texts)
    def begin(self, who: str, wishes: dict[str, str]) -> None:
        self.submit(who, wishes, False)

    @rule(who=st.sampled_from(PROPOSERS), n=which)
    def claim_name(self, who: str, n: int) -> None:
        with self.act():
            item = self.item()
            authors = authors_of(item)
            claim(
                item, authors[n % len(authors)].id, by=self.user(who), reason="It is me.",
                evidence_url=None, item_version=item.version,
            )  # fmt: skip

    @rule(who=st.sampled_from(PROPOSERS), n=which, handle=st.sampled_from([CITED, OTHER]))
    def link(self, who: str, n: int, handle: str) -> None:
        with self.act():
            item = self.item()
            references = corrections_references(item)
            request_links(
                item, {references[n % len(references)].id: handle}, by=self.user(who),
                reason="r", evidence_url=None, item_version=item.version,
            )  # fmt: skip

    @rule(n=which, wishes=texts, stale=st.booleans(), who=which)
    def edit(self, n: int, wishes: dict[str, str], stale: bool, who: int) -> None:
        page = self.page(n, {Status.SUBMITTED, Status.NEEDS_INFORMATION}, stale=stale)
        if page is None or proposal_by_number(page.number).kind is not Kind.CORRECTION:
            return
        with self.act(page):
            proposal = proposal_by_number(page.number)
            editing.edit(
                proposal, corrections.wanted(proposal.item, wishes), version=page.version,
                by=self.somebody(who, Action.EDIT, page.number), reason="A reason.",
            )  # fmt: skip

    @rule(n=which, who=which)
    def support(self, n: int, who: int) -> None:
        page = self.page(n, {Status.SUBMITTED, Status.NEEDS_INFORMATION}, stale=False)
        if page is not None:
            with self.act():
                by = self.somebody(who, Action.SUPPORT, page.number)
                editing.support(proposal_by_number(page.number), by=by)

    @rule(n=which, who=which, desk_only=st.booleans())
    def comment(self, n: int, who: int, desk_only: bool) -> None:
        page = self.page(n, set(Status), stale=False)
        if page is not None:
            with self.act():
                by = self.somebody(who, Action.COMMENT, page.number)
                editing.comment(
                    proposal_by_number(page.number), "A word.", by=by, desk_only=desk_only
                )

    @rule(n=which, who=which, stale=st.booleans())
    def ask(self, n: int, who: int, stale: bool) -> None:
        page = self.page(n, {Status.SUBMITTED}, stale=stale)
        if page is not None:
            with self.act(page):
                by = self.somebody(who, Action.ASK, page.number)
                operations.ask(
                    proposal_by_number(page.number), "Sure?", by=by, version=page.version
                )

    @rule(n=which, who=which, stale=st.booleans(), agree=st.booleans())
    def answer(self, n: int, who: int, stale: bool, agree: bool) -> None:
        page = self.page(n, {Status.NEEDS_INFORMATION}, stale=stale)
        if page is not None:
            with self.act(page):
                by = self.somebody(who, Action.ANSWER, page.number)
                operations.answer(
                    proposal_by_number(page.number), "" if agree else "Yes.", by=by,
                    version=page.version, agree=agree,
                )  # fmt: skip

    def decision(self, change: Change, page: Page, words: str) -> Decision:
        seen = page.seen.get(change.id, "")
        if words == "no":
            return Decision(Outcome.DECLINED, seen=seen, reason="The PDF says otherwise.")
        if words == "yes" or change.target not in {"title", "pages", "keywords"}:
            return Decision(Outcome.ACCEPTED, seen=seen)
        text = f"{change.new}." if words == "typo" else VALUES[change.target][-1]
        return Decision(Outcome.AMENDED, seen=seen, text=text)

    @rule(
        n=which, who=which, stale=st.sampled_from([False, False, True]), words=st.tuples(said, said)
    )
    def decide(self, n: int, who: int, stale: bool, words: tuple[str, str]) -> None:
        page = self.page(n, {Status.SUBMITTED}, stale=stale)
        if page is not None:
            self.decide_all(page, words, who)

    def decide_all(self, page: Page, words: tuple[str, str], who: int) -> None:
        with self.act(page):
            proposal = proposal_by_number(page.number)
            was = (proposal.waiting_since, proposal.due_at)
            decisions = {
                c.id: self.decision(c, page, words[i % 2]) for i, c in enumerate(proposal.undecided)
            }
            operations.decide(
                proposal, decisions, by=self.somebody(who, Action.DECIDE, page.number),
                version=page.version,
            )  # fmt: skip
            self.before_decision[page.number] = was

    @rule(n=which, who=which, stale=st.booleans())
    def reject(self, n: int, who: int, stale: bool) -> None:
        page = self.page(n, {Status.SUBMITTED}, stale=stale)
        if page is not None:
            with self.act(page):
                proposal = proposal_by_number(page.number)
                was = (proposal.waiting_since, proposal.due_at)
                by = self.somebody(who, Action.REJECT, page.number)
                operations.reject(proposal, "No.", by=by, version=page.version)
                self.before_decision[page.number] = was

    @rule(n=which, who=which, stale=st.sampled_from([False, False, True]))
    def undo(self, n: int, who: int, stale: bool) -> None:
        page = self.page(n, {Status.APPROVED, Status.REJECTED}, stale=stale)
        if page is not None:
            with self.act(page):
                proposal = proposal_by_number(page.number)
                by = proposal.decided_by if who else self.user("mara")
                undoing.undo(proposal, by=by, version=page.version)
                was = (proposal.waiting_since, proposal.due_at)
                assert was == self.before_decision[page.number]

    @rule(n=which, who=which, stale=st.booleans())
    def withdraw(self, n: int, who: int, stale: bool) -> None:
        page = self.page(n, {Status.SUBMITTED, Status.NEEDS_INFORMATION}, stale=stale)
        if page is not None:
            with self.act(page):
                by = self.somebody(who, Action.WITHDRAW, page.number)
                operations.withdraw(proposal_by_number(page.number), by=by, version=page.version)

    @rule(n=which, who=which)
    def appeal(self, n: int, who: int) -> None:
        page = self.page(n, {Status.APPROVED, Status.REJECTED}, stale=False)
        if page is not None:
            with self.act():
                proposal = proposal_by_number(page.number)
                ids = [c.id for c in reopening.declined(proposal)]
                by = self.somebody(who, Action.APPEAL, page.number)
                reopening.appeal(proposal, ids, "Look again.", by=by)

    @rule(n=which, who=which)
    def send_again(self, n: int, who: int) -> None:
        page = self.page(n, {Status.EXPIRED}, stale=False)
        if page is not None:
            with self.act():
                by = self.somebody(who, Action.SEND_AGAIN, page.number)
                reopening.send_again(proposal_by_number(page.number), by=by)

    @rule(n=which, who=which, stale=st.booleans())
    def revert(self, n: int, who: int, stale: bool) -> None:
        page = self.page(n, {Status.APPROVED}, stale=stale)
        if page is not None:
            with self.act(page):
                proposal = proposal_by_number(page.number)
                change = proposal.changes[n % len(proposal.changes)]
                by = self.somebody(who, Action.REVERT, page.number)
                reverting.revert(proposal, change.id, "Wrong.", by=by, version=page.version)

    @rule(n=which, who=which, first=st.sampled_from(JEL))
    def revert_in_the_middle(self, n: int, who: int, first: str) -> None:
        """Two corrections of one list are accepted, the second made on the first; then the first
        is reverted."""
        beneath = self.accepted({"jel": first}, n)
        above = self.accepted({"jel": " ".join(dict.fromkeys([*first.split(), "Q56", "Z1"]))}, n)
        if beneath is None or above is None:
            return
        with self.act():
            proposal = proposal_by_number(beneath)
            by = self.somebody(2 + who, Action.REVERT, beneath)
            reverting.revert(
                proposal, proposal.changes[0].id, "Wrong.", by=by, version=proposal.version
            )
            assert {"Q56", "Z1"} <= set(self.item().shown["jel"]), "it took the later one with it"

    def accepted(self, wishes: dict[str, str], n: int) -> str | None:
        """The number of a request of Alice's that somebody accepts at once, if that can be."""
        number = None
        with self.act():
            item = self.item()
            submitted = corrections.request_correction(
                item, wishes, by=self.user("alice"), reason="", evidence_url=None,
                item_version=item.version,
            )  # fmt: skip
            number = submitted.proposal.number if submitted.proposal else None
        self.everything_holds()
        if number is not None:
            page = self.looked_at(proposal_by_number(number))
            self.decide_all(page, ("yes", "yes"), 2 + n % 8)
            self.everything_holds()
        return number

    # -- what happens to them -----------------------------------------------------------------

    @rule(title=st.sampled_from(TITLES), pages=st.sampled_from(PAGES), names=st.integers(0, 3))
    def publish(self, title: str, pages: str, names: int) -> None:
        """The publisher's next upload, read as any other."""
        self.now += timedelta(seconds=1)
        authors = "".join(
            f"Author-Name: {name}\n{AS_PRINTED.get(name, '')}"
            for name in AUTHORS[names].split("\n")
        )
        text = re.sub("Title: .*", f"Title: {title}", GAM["jadmsc/v9.rdf"], count=1)
        text = re.sub("Pages: .*", f"Pages: {pages}", text, count=1)
        text = re.sub(r"(Author-.*\n)+", authors, text, count=1)
        write_tree(self.files, GAM | {"jadmsc/v9.rdf": text}, GAM_REFERENCES)
        db.session.rollback()
        with at(self.now):
            import_path(self.files)

    @rule(hours=st.sampled_from([0.05, 30, 24 * 8, 24 * 15, 24 * 31]))
    def pass_time(self, hours: float) -> None:
        """Mails leave, and the worker does what is due."""
        self.now += timedelta(hours=hours)
        db.session.rollback()
        with transaction():
            db.session.execute(
                update(OutgoingMail)
                .where(OutgoingMail.state == MailState.WAITING, OutgoingMail.send_after <= self.now)
                .values(state=MailState.SENT)
            )
        with self.act():
            for proposal_id in deadlines.due():
                deadlines.act_when_due(proposal_id)
            assert deadlines.due() == []

    @rule(effect=st.sampled_from([GrantEffect.GRANTED, None, GrantEffect.REMOVED]))
    def seat_otto(self, effect: GrantEffect | None) -> None:
        """Otto becomes a second maintainer, or is one no more."""
        with self.act():
            series = self.item().series
            moved = catalog.grant(
                self.user("otto"), series.archive, series, effect or GrantEffect.REMOVED, by=None
            )
            operations.reroute(moved)

    # -- what holds after every step ----------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Everything the invariants compare, as plain values."""
        db.session.flush()
        db.session.expire_all()
        proposals = list(db.session.scalars(select(Proposal).order_by(Proposal.id)))
        item = self.item()
        return {
            "proposals": {
                p.number: {
                    "status": p.status, "version": p.version, "proposer": p.proposer_id,
                    "outcomes": {c.id: c.outcome for c in p.changes},
                }
                for p in proposals
            },
            "standing": {c.id: c.standing for p in proposals for c in p.changes},
            "item": (item.version, item.shown),
            "last_event": db.session.scalar(select(func.max(Event.id))) or 0,
            "last_mail": db.session.scalar(select(func.max(OutgoingMail.id))) or 0,
            "authors": self.authors(),
        }  # fmt: skip

    def authors(self) -> set[str]:
        """Addresses of those known as authors of the item."""
        query = (
            select(User.email)
            .join(AuthorProfile, AuthorProfile.user_id == User.id)
            .join(ItemAuthor, ItemAuthor.profile_id == AuthorProfile.id)
            .where(ItemAuthor.item_id == self.item().id, ItemAuthor.vanished_at.is_(None))
        )
        return set(db.session.scalars(query))

    @invariant()
    def everything_holds(self) -> None:
        before, after = self.before, self.state()
        events = list(
            db.session.scalars(
                select(Event).where(Event.id > before["last_event"]).order_by(Event.id)
            )
        )
        self.statuses_follow_the_table(before, after, events)
        self.outcomes_are_given_once(before, after, events)
        for proposal in db.session.scalars(select(Proposal)):
            self.is_settled_or_waits_for_somebody(proposal)
        self.what_is_shown_is_what_is_carried()
        for event in events:
            self.those_concerned_were_told(event, before["authors"])
        self.files_are_told_of_once(events, before["last_mail"])
        self.nobody_is_told_twice()
        self.before = after

    def statuses_follow_the_table(self, before: Any, after: Any, events: list[Event]) -> None:
        done: dict[str, list[What]] = {}
        for event in events:
            done.setdefault(event.proposal.number, []).append(event.what)
        assert set(before["proposals"]) <= set(after["proposals"]), "a proposal is lost"
        for number, new in after["proposals"].items():
            old = before["proposals"].get(number)
            if old is None:
                assert What.SUBMIT in done[number]
                assert new["status"] is Status.SUBMITTED
                continue
            if old["status"] is not new["status"]:
                assert new["version"] > old["version"]
                rows = [transition(Action(w.value)) for w in done[number] if w.value in set(Action)]
                assert any(old["status"] in r.sources and new["status"] in r.targets for r in rows)
            for what in done.get(number, []):
                if what.value not in set(Action):
                    continue
                row = transition(Action(what.value))
                passed_on = old["proposer"] != new["proposer"]
                if what is What.SUBMIT or old["status"] not in row.sources:
                    # leaving to curators may follow an act that has moved the status already
                    assert what is What.ESCALATE
                elif row.targets and not passed_on:
                    assert new["status"] in row.targets
            if old["outcomes"] != new["outcomes"]:
                assert new["version"] > old["version"]

    def outcomes_are_given_once(self, before: Any, after: Any, events: list[Event]) -> None:
        undone = {e.proposal.number for e in events if e.what is What.UNDO}
        for number, old in before["proposals"].items():
            new = after["proposals"][number]
            for change_id, outcome in old["outcomes"].items():
                if outcome is not None and number not in undone:
                    assert new["outcomes"].get(change_id) is outcome

    def is_settled_or_waits_for_somebody(self, proposal: Proposal) -> None:
        changes = proposal.changes
        stands = [c for c in changes if c.standing and c.standing is not Standing.RETIRED]
        accepted = [c for c in changes if c.outcome and c.outcome.took_effect]
        if proposal.status.open:
            assert proposal.undecided, f"{proposal.number} is open and asks for nothing"
            assert proposal.clock_at is not None
            assert not accepted
            rules = rules_of(proposal)
            if all(rules.current(c) == c.new for c in proposal.undecided):
                assert proposal.clock_at <= self.now + timedelta(minutes=5), "true, and stays open"
        else:
            assert not proposal.undecided, f"{proposal.number} is closed and not settled"
            assert proposal.clock_at is None
        if proposal.status is Status.SUBMITTED:
            able = [n for n in PEOPLE if policy.may(self.user(n), Action.DECIDE, proposal)]
            assert able, f"{proposal.number} waits for nobody"
        if proposal.status is Status.NEEDS_INFORMATION:
            assert policy.may(proposal.proposer, Action.ANSWER, proposal)
        assert bool(accepted) == (proposal.status in (Status.APPROVED, Status.REVERTED))
        if proposal.status is Status.REJECTED:
            assert any(c.outcome is Outcome.DECLINED for c in changes)
        if accepted:
            all_reverted = all(c.reverted for c in accepted)
            assert (proposal.status is Status.REVERTED) is all_reverted
            assert not (all_reverted and stands)
        assert all(bool(c.standing) == bool(c in accepted) for c in changes)
        own = select(Supporter).where(
            Supporter.user_id == proposal.proposer_id,
            Supporter.change_id.in_([c.id for c in proposal.undecided]),
        )
        assert db.session.scalars(own).first() is None, "somebody supports their own request"

    def what_is_shown_is_what_is_carried(self) -> None:
        item = self.item()
        query = select(Change).where(Change.item_id == item.id, Change.standing == Standing.CARRIED)
        carried: dict[str, Any] = {}
        for change in db.session.scalars(query):
            assert change.target not in carried, "two are carried on one target"
            carried[change.target] = change.applied
            if change.target.startswith("reference:"):
                assert rules_of(change.proposal).current(change) == change.applied
        covered = select(Change.target).where(
            Change.item_id == item.id, Change.because == Because.REPLACED
        )
        standing = select(Change.target).where(
            Change.item_id == item.id,
            Change.standing.is_not(None),
            Change.standing != Standing.RETIRED,
        )
        assert set(db.session.scalars(covered)) <= set(db.session.scalars(standing))
        fields = {t: v for t, v in carried.items() if ":" not in t}
        assert item.shown == shown(item.upstream, fields)
        names = [a.name for a in authors_of(item) if a.role.value == "author"]
        assert names == [a["name"] for a in item.shown["authors"]]

    # -- who is told ------------------------------------------------------------------------------

    def those_concerned_were_told(self, event: Event, authors: set[str]) -> None:
        rows = self.mails_of(event)
        if event.what is What.SUPERSEDE and not rows:
            return  # by a file: told of at the end of its reading
        told = {(m.name, m.to_key) for m in rows}
        expected = [
            {(name, who) for name, people in one.items() for who in people}
            for one in self.concerned(event, authors)
        ]
        assert told in expected, (event.what, told, expected)
        if event.what.value in set(Action):
            assert {m.name for m in rows} <= set(transition(Action(event.what.value)).mails)
        if event.what is What.UNDO:
            decision = operations.decision_of(event.proposal)
            mails = select(OutgoingMail.state).where(OutgoingMail.event_id == decision.id)
            assert set(db.session.scalars(mails)) <= {MailState.CANCELLED}
        else:
            assert MailState.CANCELLED not in {m.state for m in rows}

    def mails_of(self, event: Event) -> list[OutgoingMail]:
        query = select(OutgoingMail).where(OutgoingMail.event_id == event.id)
        return list(db.session.scalars(query))

    def files_are_told_of_once(self, events: list[Event], last_mail: int) -> None:
        """One mail for all that a reading did, to who asked, who decided, and the desk."""
        by_files = [e for e in events if e.what.value not in set(Action)]
        settled = [e for e in events if e.what is What.SUPERSEDE and not self.mails_of(e)]
        to = select(OutgoingMail.to_key).where(
            OutgoingMail.id > last_mail, OutgoingMail.name == "read_again"
        )
        told = list(db.session.scalars(to))
        assert len(told) == len(set(told))
        for event in by_files:
            assert {event.proposal.proposer.email, event.proposal.decided_by.email} <= set(told)
        assert {e.proposal.proposer.email for e in settled} <= set(told)
        assert bool(by_files or settled) == bool(told)
        assert db.session.scalars(select(Untold)).first() is None

    def concerned(self, event: Event, authors: set[str]) -> list[dict[str, set[str]]]:
        """Mail → receivers, once for each desk the case may have lain on at that moment."""
        proposal = event.proposal
        actor = {event.actor.email} if event.actor else set()
        proposer = {proposal.proposer.email}
        supporters = set(
            db.session.scalars(
                select(User.email)
                .join(Supporter, Supporter.user_id == User.id)
                .join(Change, Change.id == Supporter.change_id)
                .where(Change.proposal_id == proposal.id)
            )
        )
        waiting = proposer | supporters
        curators = {"cora@example.org", "clio@example.org"}
        lists = []
        for desk in (self.at_desk(proposal.item.series.desk), curators):
            lists.append(
                {
                    What.SUBMIT: {
                        "receipt" if actor else "passed_on": proposer,
                        "notice": desk - proposer,
                        "disputed": self.known_by(proposal) - proposer - desk,
                    },
                    What.EDIT: {"edited": desk - actor},
                    What.ASK: {"asked": waiting - actor},
                    What.ANSWER: {"answered": desk - actor},
                    What.COMMENT: {"looked_again": waiting}
                    if event.actor_role is Actor.SYSTEM
                    else {
                        "commented": (desk if event.audience is Audience.DESK else waiting | desk)
                        - actor
                    },
                    What.DECIDE: {
                        "decided": (waiting | authors | desk) - actor,
                        "cited": self.cited_by(proposal) - waiting - authors - desk - actor,
                    },
                    What.REJECT: {"decided": (waiting | authors | desk) - actor},
                    What.WITHDRAW: {"passed_on": proposer}
                    if (event.details or {}).get("passed_on")
                    else {"withdrawn": (supporters | desk) - actor},
                    What.REVERT: {"reverted": (waiting | authors | desk) - actor},
                    What.ESCALATE: {
                        "notice": curators - proposer,
                        "disputed": self.known_by(proposal) - proposer - curators,
                    }
                    if event.note
                    else {"escalated": proposer | desk | curators},
                    What.EXPIRE: {"expired": waiting | desk},
                    What.SUPERSEDE: {"superseded": waiting | desk},
                }.get(event.what, {})
            )
        return lists

    def cited_by(self, proposal: Proposal) -> set[str]:
        """Addresses of the known authors of what accepted changes link, or link no more."""
        if proposal.kind is not Kind.CITATION:
            return set()
        accepted = [c for c in proposal.changes if c.outcome and c.outcome.took_effect]
        items = [item_by_handle(v) for c in accepted for v in (c.applied, c.replaced) if v]
        return {user.email for item in items if item for user in known_authors(item)}

    def known_by(self, proposal: Proposal) -> set[str]:
        """Addresses of those known by a name that the proposal claims."""
        ids = [int(c.target.split(":")[1]) for c in proposal.changes if "authorship" in c.target]
        query = (
            select(User.email)
            .join(AuthorProfile, AuthorProfile.user_id == User.id)
            .join(ItemAuthor, ItemAuthor.profile_id == AuthorProfile.id)
            .where(ItemAuthor.id.in_(ids))
        )
        return set(db.session.scalars(query))

    def at_desk(self, desk: Desk) -> set[str]:
        people = set()
        for member in desk.members:
            if not member.removed:
                user = db.session.get(User, member.user_id) if member.user_id else None
                people.add(member.address_key or (user.email if user else ""))
        return people

    def nobody_is_told_twice(self) -> None:
        query = select(OutgoingMail.event_id, OutgoingMail.to_key).where(
            OutgoingMail.event_id.is_not(None)
        )
        rows = db.session.execute(query).all()
        assert len(rows) == len(set(rows))


def corrections_references(item: Item) -> list[Any]:
    from correction_flow.catalog.queries import references_of

    return list(references_of(item))


ITEM_HANDLE = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"


@contextmanager
def stage(database: Any, application: Application, folder: Path) -> Iterator[Path]:
    """The cast and a second curator in a database of their own; where the publisher's files are."""
    with database.fresh(cast=True) as uri, application.on(uri, folder) as app:
        app.config["UNDO_MINUTES"] = 5
        with transaction():
            clio = accounts.create_user(
                name="Clio Curator", email="clio@example.org", password_hash="x", verified=True
            )
            accounts.give_role(clio, RoleName.CURATOR)
        with TemporaryDirectory() as files:
            yield Path(files) / "gam"


def test_any_history_keeps_what_we_promise(databases, applications, database_name, tmp_path):
    database, application = databases(database_name), applications(database_name)
    long = HISTORIES > 20
    run_state_machine_as_test(
        lambda: Histories(stage(database, application, tmp_path)),
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=STEPS, deadline=None, database=None,
            derandomize=not long, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # to shrink a history takes many minutes
        ),
    )  # fmt: skip
