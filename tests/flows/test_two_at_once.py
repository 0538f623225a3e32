"""Two at once, in real processes: one effect each, a clear sentence for the other, no crash."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from correction_flow.accounts import operations as accounts
from correction_flow.accounts.models import RoleName
from correction_flow.accounts.queries import account_of
from correction_flow.catalog.queries import attended, item_by_handle
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.outbox import OutgoingMail
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.proposals import operations
from correction_flow.proposals.lifecycle import Outcome, Standing, Status
from correction_flow.proposals.models import Change, Event, Proposal, Supporter
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.queries import proposal_by_number
from tests.cast import CITED, ITEM
from tests.flows.actors import ask
from tests.nouns.test_batches import SLIP, series  # noqa: F401 (a fixture)
from tests.nouns.test_visitors import ask_as

ROOT = Path(__file__).parents[2]
PAIRS = int(os.environ.get("PAIRS", "50"))
LOST = {"Conflict", "WrongStatus"}


@pytest.fixture(scope="module")
def actors():
    """Processes that act when they are told to; as many as were ever needed at once."""
    processes = []
    yield processes
    for process in processes:
        process.stdin.close()
    for process in processes:
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture
def together(cast, database_uri, tmp_path, actors):
    """Runs acts at the same moment, each in a process of its own; what became of each."""

    def tell(processes, lines):
        for process, line in zip(processes, lines, strict=True):
            process.stdin.write(line + "\n")
        for process in processes:
            process.stdin.flush()
        answers = [process.stdout.readline() for process in processes]
        assert all(answers), "an act crashed; see what its process wrote"
        return answers

    def run(*acts):
        db.session.remove()
        while len(actors) < len(acts):
            actors.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.flows.actors"],
                    cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                )
            )  # fmt: skip
        mine = actors[: len(acts)]
        tell(mine, [json.dumps([database_uri, str(tmp_path), *act]) for act in acts])
        return [json.loads(answer) for answer in tell(mine, ["act"] * len(acts))]

    return run


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def asked(cast, title="A Better Title"):
    with transaction():
        return ask("alice", title)


def test_two_deciders_end_in_one_decision(cast, together):
    number = asked(cast)
    results = together(
        ("decide", "mara", number, "accepted"), ("decide", "mara", number, "declined")
    )
    assert sorted(results)[-1] == "decided"
    assert len(LOST & set(results)) == 1
    events = db.session.scalars(select(Event.what)).all()
    assert [e.value for e in events].count("decide") == 1
    told = select(func.count()).where(OutgoingMail.name == "decided")
    assert db.session.scalar(told) == 1


def test_the_same_request_twice_at_once_is_one(cast, together):
    results = together(("ask", "alice", "Better"), ("ask", "alice", "Better"))
    assert len(set(results)) == 1
    assert count(Proposal) == 1


def test_two_people_asking_the_same_make_one_request_and_one_supporter(cast, together):
    results = together(("ask", "alice", "Better"), ("ask", "stella", "Better"))
    assert "supported" in results
    assert count(Proposal) == 1
    assert count(Change) == 1
    assert count(Supporter) == 1


def test_many_at_once_get_numbers_of_their_own(cast, together):
    people = ["alice", "bob", "stella", "otto", "ada", "cora"]
    results = together(*[("ask", who, f"Title of {who}") for who in people])
    assert len(set(results)) == len(people)
    assert all(r.startswith("R-") for r in results)


def test_two_claims_to_one_name_both_wait_and_one_can_win(cast, together):
    results = together(("claim", "alice", ""), ("claim", "bob", ""))
    assert len(set(results)) == 2
    first, second = sorted(results)
    assert together(("decide", "mara", first, "accepted")) == ["decided"]
    assert together(("decide", "mara", second, "accepted"))[0] in {"NotAllowed", "Conflict"}


def test_deciding_while_the_publisher_says_something_new(cast, together):
    number = asked(cast)
    decided, imported = together(("decide", "mara", number, "accepted"), ("import_again", "Praxis"))
    assert imported == 1
    item = cast.item()
    proposal = db.session.scalars(select(Proposal)).one()
    if decided == "decided":
        assert item.shown["title"] in ("A Better Title", item.upstream["title"])
        assert proposal.changes[0].standing is not None
    else:
        assert decided in LOST
        assert proposal.changes[0].outcome is None
        assert item.shown["title"].endswith("Praxis")
    assert item.handle == ITEM


def test_a_visitor_who_presses_the_button_twice_sends_one_request(cast, together):
    key = str(ask_as(cast, title="A Better Title"))
    results = together(("confirm", key, "1"), ("confirm", key, "1"))
    assert sorted(results) == ["R-000001", "WrongStatus"]
    assert len(cast.mails("mara", "notice")) == 1


def test_two_visitors_who_want_the_same_are_one_request(cast, together):
    keys = [str(ask_as(cast, f"v{n}@example.net", title="A Better Title")) for n in range(2)]
    results = together(*(("confirm", key, "1") for key in keys))
    assert sorted(results) == ["R-000001", "nothing"]
    assert count(Proposal) == 1


def test_erasing_while_it_is_confirmed_is_one_or_the_other(cast, together):
    key = str(ask_as(cast, title="A Better Title"))
    results = set(together(("confirm", key, "1"), ("erase", "73", "")))
    if "R-000001" in results:
        assert results == {"R-000001", "erased 0"}
        assert count(Proposal) == 1
    else:
        assert results in ({"NotFound", "erased 1"}, {"gone", "erased 1"})
        assert count(Proposal) == 0


def decline(number):
    with transaction():
        proposal = proposal_by_number(number)
        who = "mara" if attended(proposal.desk) else "cora"
        by = account_of(f"{who}@example.org")
        operations.reject(proposal, "No.", by=by, version=proposal.version)


def test_an_address_verified_while_it_appeals_or_confirms_leaves_nothing_to_the_visitor(
    cast, together
):
    for n in range(8):
        address = f"v{n}@example.net"
        (number,) = together(("confirm", str(ask_as(cast, address, title=f"Title {n}")), "1"))
        decline(number)
        waiting = str(ask_as(cast, address, pages=f"1-{n + 200}"))
        results = together(
            ("appeal", number, ""), ("verify", "stella", address), ("confirm", waiting, "1")
        )
        assert results[1] == "verified"
        assert results[0].startswith("R-") or results[0] == "NotAllowed", results
        assert results[2].startswith("R-"), results
        db.session.rollback()
        left = select(Proposal.number).where(Proposal.visitor_address == address)
        assert db.session.scalars(left).all() == []
        stella = cast.user("stella").id
        assert proposal_by_number(number).proposer_id == stella
        for follower in {results[0], results[2]} - {"NotAllowed"}:
            assert proposal_by_number(follower).proposer_id == stella
            decline(follower)


def test_two_administrators_who_leave_at_once_leave_one(cast, together):
    with transaction():
        accounts.give_role(cast.user("cora"), RoleName.ADMINISTRATOR)
    results = together(("leave", "ada", ""), ("leave", "cora", ""))
    assert sorted(results) == ["WrongStatus", "erased"]


def test_nothing_passes_to_somebody_who_leaves_at_that_moment(cast, together):
    for n in range(4):
        name = f"helper{n}"
        with transaction():
            helper = accounts.create_user(
                name="Helper", email=f"{name}@example.org", password_hash="x", verified=True
            )
            number = ask("alice", f"Title {n}")
            operations.support_change(proposal_by_number(number).changes[0], by=helper)
        results = together(("leave", name, ""), ("withdraw", "alice", number, "1"))
        assert results == ["erased", "withdrawn"]
        db.session.rollback()
        proposal = proposal_by_number(number)
        assert proposal.status is Status.WITHDRAWN


# -- again and again ------------------------------------------------------------------------


def seen_now(target):
    return digest(item_by_handle(ITEM).shown.get(target))


def test_fifty_pairs_of_everything_have_one_effect_each(cast, together):
    for n in range(PAIRS):
        # one person, twice the same
        first, again = together(("ask", "alice", f"Title {n}"), ("ask", "alice", f"Title {n}"))
        assert first == again
        # two decisions
        seen = seen_now("title")
        results = together(
            ("settle", "mara", first, "accepted", seen), ("settle", "mara", first, "declined", seen)
        )
        assert "decided" in results
        assert len(LOST & set(results)) == 1, results
        # two people, the same
        results = together(
            ("ask_pages", "alice", f"1-{n + 100}"), ("ask_pages", "stella", f"1-{n + 100}")
        )
        assert results.count("supported") == 1, results
        with transaction():
            (number,) = set(results) - {"supported"}
            proposal = proposal_by_number(number)
            operations.reject(proposal, "No.", by=cast.user("mara"), version=proposal.version)
    assert count(Proposal) == count(Change) == 2 * PAIRS
    assert count(Supporter) == PAIRS
    events = [e.value for e in db.session.scalars(select(Event.what))]
    assert {what: events.count(what) for what in set(events)} == {
        "submit": 2 * PAIRS, "support": PAIRS, "decide": PAIRS, "reject": PAIRS,
    }  # fmt: skip
    told = select(OutgoingMail.event_id, OutgoingMail.to_key)
    rows = db.session.execute(told.where(OutgoingMail.event_id.is_not(None))).all()
    assert len(rows) == len(set(rows))
    standing = select(Change).where(Change.standing == Standing.CARRIED)
    assert len(db.session.scalars(standing).all()) <= 1


def test_two_workers_clocks_send_one_reminder(cast, together):
    number = asked(cast)
    with transaction():
        operations.ask(proposal_by_number(number), "Which?", by=cast.user("mara"), version=1)
    moment = (utcnow() + timedelta(days=8)).isoformat()
    results = together(("clock", moment), ("clock", moment))
    assert sorted(results) == [[], ["remind"]]
    assert [m.name for m in cast.mails("alice")].count("reminder") == 1


def test_an_edit_and_a_decision_at_once_are_one_of_the_two(cast, together):
    for n in range(5):
        number = asked(cast, f"Title {n}")
        results = together(
            ("edit", "alice", number, f"Other {n}"),
            ("settle", "mara", number, "declined", seen_now("title")),
        )
        assert len(LOST & set(results)) == 1, results
        proposal = proposal_by_number(number)
        edited = results[0] == "edited"
        assert proposal.status is (Status.SUBMITTED if edited else Status.REJECTED)
        assert proposal.changes[0].new == (f"Other {n}" if edited else f"Title {n}")
        db.session.rollback()


def test_a_revert_while_the_publisher_says_something_new(cast, together):
    number = asked(cast)
    with transaction():
        proposal = proposal_by_number(number)
        yes = Decision(Outcome.ACCEPTED, seen=seen_now("title"))
        decisions = {c.id: yes for c in proposal.changes}
        operations.decide(proposal, decisions, by=cast.user("mara"), version=1)
    reverted, imported = together(("revert", "mara", number), ("import_again", "Praxis"))
    assert imported == 1
    proposal = proposal_by_number(number)
    if reverted == "reverted":
        assert proposal.status is Status.REVERTED
        assert proposal.changes[0].standing is Standing.RETIRED
    else:
        assert reverted in LOST
        assert proposal.changes[0].standing is Standing.CONTESTED
    assert cast.item().title.endswith("Praxis")


def test_a_batch_two_people_decide_at_once_is_decided_once(series, together):  # noqa: F811
    last = "RePEc:gam:jadmsc:v:12:y:2012:p:1-9"
    for n in range(3):
        # sending many and sending one, which both need a number, while the other holds an item
        made, single = together(
            ("slip", "alice", CITED, SLIP, f"Carla {n}"), ("ask", "bob", f"Title {n}", last)
        )
        assert made == 3
        with transaction():
            single = proposal_by_number(single)
            operations.reject(single, "No.", by=series.user("mara"), version=1)
        number = db.session.scalar(
            select(Proposal.number).where(Proposal.status == Status.SUBMITTED).limit(1)
        )
        results = together(
            ("alike", "mara", number, "declined"), ("alike", "mara", number, "declined")
        )
        assert sorted(results)[1] == [3, 0], results
        assert sorted(results)[0][0] == 0, results
    events = [e.value for e in db.session.scalars(select(Event.what))]
    assert (events.count("submit"), events.count("decide"), events.count("reject")) == (12, 9, 3)
