"""Random histories of one reference list: requests are accepted, taken back and reverted, and the
source is read in between. What is shown is always the source's list with the accepted changes that
stand; and of the source's list nothing is lost beneath them.

`HISTORIES=500` plays many; more than 20 are new ones at each run, the few are always the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from correction_flow.accounts.models import User
from correction_flow.accounts.queries import account_of
from correction_flow.catalog import queries
from correction_flow.catalog.models import Item, ItemReference, LinkedBy, Refutation
from correction_flow.catalog.operations import text_key
from correction_flow.citations.operations import Added, Entry, request_references
from correction_flow.citations.targets import addition_of, link_of, removal_of, text_of
from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import DomainError
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.proposals import operations, reverting, undoing
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Outcome, Standing, Status
from correction_flow.proposals.models import Change, Proposal
from correction_flow.proposals.operations import Decision
from correction_flow.upstream.importer import import_path
from tests.cast import CITED, ITEM, OTHER
from tests.makers import GAM, write_tree
from tests.nouns.test_histories import stage

HISTORIES = int(os.environ.get("HISTORIES", "4"))
STEPS = int(os.environ.get("HISTORY_STEPS", "25"))

TEXTS = [
    "Ann One, 2001. The first reference.",
    "ANN ONE, 2001. The first reference!",
    "Bob Two, 2002. The second reference.",
    "Cat Three, 2003. The third reference.",
]
AWAITED = "RePEc:xyz:wpaper:404"
texts = st.sampled_from(TEXTS)
handles = st.sampled_from([CITED, OTHER])
sources = st.lists(
    st.tuples(texts, st.sampled_from([None, None, CITED, OTHER, AWAITED])), min_size=1, max_size=5
)
entries = st.one_of(
    st.builds(Entry, handle=handles),
    st.just(Entry(unlink=True)),
    st.builds(Entry, text=texts),
    st.just(Entry(remove=True)),
    st.builds(Entry, text=texts, handle=handles),
)
additions = st.builds(Added, texts, st.sampled_from(["", CITED, OTHER]))
which = st.integers(0, 9)
waits = st.sampled_from([False, False, True])


class ReferenceHistories(RuleBasedStateMachine):
    """One list; Alice asks, Mara decides; each history has a database of its own."""

    def __init__(self, stage: AbstractContextManager[Path]) -> None:
        super().__init__()
        self.stage = ExitStack()
        self.files = self.stage.enter_context(stage)
        self.now = utcnow()
        self.read([(TEXTS[0], CITED), (TEXTS[2], None)])

    def teardown(self) -> None:
        self.stage.close()

    def user(self, name: str) -> User:
        user = account_of(f"{name}@example.org")
        assert user is not None
        return user

    def item(self) -> Item:
        return db.session.scalars(select(Item).where(Item.handle == ITEM)).one()

    @contextmanager
    def act(self) -> Iterator[None]:
        """One act, or a refusal in words."""
        self.now += timedelta(seconds=1)
        db.session.rollback()
        try:
            with at(self.now), transaction():
                yield
        except DomainError:
            pass

    @rule(source=sources)
    def read(self, source: list[tuple[str, str | None]]) -> None:
        """The source's next list."""
        self.now += timedelta(seconds=1)
        self.source = source
        lines = [
            {"citing": ITEM, "nth": n, "text": text, "cited": cited}
            for n, (text, cited) in enumerate(source, 1)
        ]
        write_tree(self.files, GAM, lines)
        db.session.rollback()
        with at(self.now):
            import_path(self.files)

    @rule(n=which, entry=entries, waits=waits)
    def ask(self, n: int, entry: Entry, waits: bool) -> None:
        with self.act():
            listed = queries.references_of(self.item())
            self.request({listed[n % len(listed)].id: entry} if listed else {}, [], waits)

    @rule(added=st.lists(additions, min_size=1, max_size=2), waits=waits)
    def ask_for_more(self, added: list[Added], waits: bool) -> None:
        with self.act():
            self.request({}, added, waits)

    def request(self, entries: dict[int, Entry], added: list[Added], waits: bool) -> None:
        item = self.item()
        submitted = request_references(
            item, entries, added, by=self.user("alice"), reason="r", evidence_url=None,
            item_version=item.version,
        )  # fmt: skip
        if submitted.proposal is not None and not waits:
            self.settle(submitted.proposal, Outcome.ACCEPTED)

    @rule(n=which, yes=st.sampled_from([True, True, True, False]))
    def decide(self, n: int, yes: bool) -> None:
        with self.act():
            proposal = self.proposal(n, Status.SUBMITTED)
            if proposal is not None:
                self.settle(proposal, Outcome.ACCEPTED if yes else Outcome.DECLINED)

    def settle(self, proposal: Proposal, outcome: Outcome) -> None:
        rules = rules_of(proposal)
        decisions = {
            c.id: Decision(outcome, seen=digest(rules.current(c)), reason="Look.")
            for c in proposal.undecided
        }
        operations.decide(proposal, decisions, by=self.user("mara"), version=proposal.version)

    @rule(n=which)
    def undo(self, n: int) -> None:
        with self.act():
            proposal = self.proposal(n, Status.APPROVED)
            if proposal is not None:
                undoing.undo(proposal, by=self.user("mara"), version=proposal.version)

    @rule(n=which)
    def revert(self, n: int) -> None:
        with self.act():
            proposal = self.proposal(n, Status.APPROVED)
            if proposal is not None:
                change = proposal.changes[n % len(proposal.changes)]
                reverting.revert(
                    proposal, change.id, "Wrong.", by=self.user("mara"), version=proposal.version
                )

    def proposal(self, n: int, status: Status) -> Proposal | None:
        query = select(Proposal).where(Proposal.status == status).order_by(Proposal.id.desc())
        found = list(db.session.scalars(query))
        return found[n % len(found)] if found else None

    # -- what holds after every step ----------------------------------------------------------

    @invariant()
    def the_list_is_its_sources_with_what_stands(self) -> None:
        db.session.rollback()
        item = self.item()
        rows = list(
            db.session.scalars(select(ItemReference).where(ItemReference.item_id == item.id))
        )
        refuted = {(r.text_key, r.cited_key) for r in db.session.scalars(select(Refutation))}
        stand = {}
        query = select(Change).where(Change.standing.in_([Standing.CARRIED, Standing.ADOPTED]))
        for change in db.session.scalars(query):
            assert change.target not in stand, "two stand on one target"
            stand[change.target] = change
        self.nothing_of_the_source_is_lost(rows)
        for row in rows:
            self.follows_what_stands(row, stand, refuted)

    def nothing_of_the_source_is_lost(self, rows: list[ItemReference]) -> None:
        beneath = [
            (
                row.position,
                row.text if row.source_text is None else row.source_text,
                row.source_cited_key if row.linked_by is LinkedBy.CORRECTION
                else row.source_cited_key or row.cited_key,
            )
            for row in rows
            if not row.unlisted
        ]  # fmt: skip
        said = [(n, t, c.lower() if c else None) for n, (t, c) in enumerate(self.source, 1)]
        assert sorted(beneath, key=str) == sorted(said, key=str)

    def follows_what_stands(
        self, row: ItemReference, stand: dict[str, Change], refuted: set[tuple[str, str]]
    ) -> None:
        added, removed = stand.get(addition_of(row.text_key)), stand.get(removal_of(row.id))
        worded, linked = stand.get(text_of(row.id)), stand.get(link_of(row.id))
        assert row.removed is (removed is not None)
        shown = not row.removed and (row.added or not row.unlisted)
        assert shown is (row.vanished_at is None)
        if row.added:
            assert added is not None or worded is not None
        if worded is not None and worded.standing is Standing.CARRIED:
            assert row.text == worded.applied
        else:
            assert row.source_text is None
        cited = db.session.get(Item, row.cited_item_id).handle_key if row.cited_item_id else None
        if linked is None and row.added and added is not None:
            ours = added.applied["cited"]
        else:
            ours = linked.applied if linked is not None else None
        if ours:
            assert (cited, row.linked_by) == (ours, LinkedBy.CORRECTION)
        else:
            assert row.linked_by is not LinkedBy.CORRECTION
            assert linked is None or cited != linked.replaced
            if row.source_cited_key is not None and not row.unlisted:
                assert {
                    (row.text_key, row.source_cited_key),
                    (text_key(row.text), row.source_cited_key),
                } & refuted

    @invariant()
    def what_is_added_is_there_once(self) -> None:
        rows = db.session.scalars(select(ItemReference).where(ItemReference.added))
        keys = [(row.item_id, row.text_key) for row in rows]
        assert len(keys) == len(set(keys))


def test_any_history_of_a_list_shows_its_source_and_what_stands(
    databases, applications, database_name, tmp_path
):
    database, application = databases(database_name), applications(database_name)
    long = HISTORIES > 20
    run_state_machine_as_test(
        lambda: ReferenceHistories(stage(database, application, tmp_path)),
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=STEPS, deadline=None, database=None,
            derandomize=not long, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )  # fmt: skip


def test_a_refuted_link_stays_away_when_the_source_takes_over_only_our_words(
    databases, applications, database_name, tmp_path
):
    database, application = databases(database_name), applications(database_name)
    history = ReferenceHistories(stage(database, application, tmp_path))
    wrong = "RePEc:taf:rpxmxx:v:21:y:2019:i:1:p:1-11"
    ours = "Cat Three, 2003. The third reference."
    history.read(source=[("ANN ONE, 2001. The first reference!", wrong)])
    history.ask(entry=Entry(unlink=True), n=0, waits=False)
    history.ask(entry=Entry(text=ours), n=0, waits=False)
    history.read(source=[(ours, wrong)])
    history.the_list_is_its_sources_with_what_stands()
    history.teardown()
