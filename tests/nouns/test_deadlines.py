"""What the clock does: whoever waits hears of it, and no open request is without a moment."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from correction_flow.core.clock import at, utcnow, working_days_later
from correction_flow.core.errors import WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals import deadlines, operations, reopening
from correction_flow.proposals.lifecycle import Outcome, Status
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.schedule import Step
from tests.cast import UNDESCRIBED
from tests.nouns.test_workflow import GOOD, YES, ask_for, decide, the


def pass_time(moment):
    """A round of the worker's at that moment; what it did."""
    with at(moment):
        done = []
        for proposal_id in deadlines.due():
            with transaction():
                done.append(deadlines.act_when_due(proposal_id))
        return done


def asked(cast, **texts):
    number = ask_for(cast, **(texts or {"title": GOOD}))
    with transaction():
        operations.ask(the(number), "Which edition?", by=cast.user("mara"), version=1)
    return number


def test_a_question_is_recalled_twice_then_the_request_ends_and_can_be_sent_again(cast):
    number, start = asked(cast), utcnow()
    assert pass_time(start + timedelta(days=6)) == []
    assert pass_time(start + timedelta(days=7, hours=1)) == [Step.REMIND]
    assert pass_time(start + timedelta(days=7, hours=2)) == []
    assert pass_time(start + timedelta(days=21, hours=1)) == [Step.REMIND]
    assert [m.name for m in cast.mails("alice")] == ["receipt", "asked", "reminder", "reminder"]
    assert "Which edition?" in cast.mails("alice")[-1].text
    assert pass_time(start + timedelta(days=30, hours=1)) == [Step.EXPIRE]
    assert the(number).status is Status.EXPIRED
    assert cast.mails("alice")[-1].name == "expired"
    with at(start + timedelta(days=31)), transaction():
        again = reopening.send_again(the(number), by=cast.user("alice")).proposal.number
    assert the(again).follows.number == number
    assert [c.new for c in the(again).changes] == [GOOD]
    with at(start + timedelta(days=31)), transaction():
        twice = reopening.send_again(the(number), by=cast.user("alice"))
    assert (twice.again, twice.proposal.number) == (True, again)


def test_an_overdue_request_is_recalled_and_later_curators_hear_of_it_again_and_again(cast):
    number, start = ask_for(cast, title=GOOD), utcnow()
    hour = timedelta(hours=1)
    assert pass_time(working_days_later(start, 9) + hour) == []
    assert pass_time(working_days_later(start, 10) + hour) == [Step.OVERDUE]
    assert cast.mails("mara")[-1].name == "overdue"
    assert pass_time(working_days_later(start, 20) + hour) == [Step.ESCALATE]
    for name in ("mara", "cora", "alice"):
        assert cast.mails(name)[-1].name == "escalated"
    assert pass_time(working_days_later(start, 30) + hour) == [Step.ESCALATE]
    assert the(number).status is Status.SUBMITTED
    assert len(cast.mails("cora", "escalated")) == 2


def test_the_time_in_which_the_proposer_has_to_answer_is_not_the_maintainers(cast):
    number, start = asked(cast), utcnow()
    with at(start + timedelta(days=25)), transaction():
        operations.answer(the(number), "The first.", by=cast.user("alice"), version=2)
    assert pass_time(start + timedelta(days=30)) == []
    assert pass_time(start + timedelta(days=40)) == [Step.OVERDUE]


def test_where_no_maintainer_is_curators_are_recalled(cast):
    ask_for(cast, handle=UNDESCRIBED, title="Another Title of It")
    assert pass_time(utcnow() + timedelta(days=60)) == [Step.ESCALATE]
    assert cast.mails("cora")[-1].name == "overdue"


def test_after_a_standstill_only_the_latest_is_done(cast):
    asked(cast)
    assert pass_time(utcnow() + timedelta(days=90)) == [Step.EXPIRE]
    assert "reminder" not in [m.name for m in cast.mails("alice")]


def test_the_clock_leaves_what_is_closed_alone(cast):
    number = ask_for(cast, title=GOOD)
    decide(cast, number, YES)
    assert the(number).clock_at is None
    assert pass_time(utcnow() + timedelta(days=400)) == []


def test_an_undone_decision_has_its_clock_again(cast, app):
    app.config["UNDO_MINUTES"] = 5
    number = ask_for(cast, title=GOOD)
    before = the(number).clock_at
    decide(cast, number, YES)
    with transaction():
        operations.undo(the(number), by=cast.user("mara"), version=the(number).version)
    assert the(number).clock_at == before


def test_a_second_worker_finds_nothing_to_do(cast):
    asked(cast)
    with at(utcnow() + timedelta(days=8)):
        ids = deadlines.due()
        for expected in (Step.REMIND, None):
            with transaction():
                assert deadlines.act_when_due(ids[0]) is expected
    assert len(cast.mails("alice", "reminder")) == 1


def test_what_did_not_expire_is_not_sent_again(cast):
    number = ask_for(cast, title=GOOD)
    with pytest.raises(WrongStatus), transaction():
        reopening.send_again(the(number), by=cast.user("alice"))


def test_no_open_request_is_without_a_moment(cast):
    asked(cast)
    ask_for(cast, who="stella", title="Something Else Entirely")
    number = ask_for(cast, who="bob", pages="1-18")
    with transaction():
        operations.withdraw(the(number), by=cast.user("bob"), version=1)
    for proposal in db.session.scalars(select(Proposal)):
        assert (proposal.clock_at is not None) is proposal.status.open


def test_what_the_record_says_by_now_is_not_sent_again(cast):
    number = asked(cast)
    pass_time(utcnow() + timedelta(days=31))
    other = ask_for(cast, who="stella", title=GOOD)
    decide(cast, other, Outcome.ACCEPTED)
    with pytest.raises(WrongStatus, match="nothing left"), transaction():
        reopening.send_again(the(number), by=cast.user("alice"))
