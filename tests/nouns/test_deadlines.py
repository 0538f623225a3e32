"""What the clock does: whoever waits hears of it, and no open request is without a moment."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from correction_flow.accounts import operations as accounts
from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import GrantEffect
from correction_flow.catalog.queries import mail_comes_back
from correction_flow.core import outbox
from correction_flow.core.clock import at, utcnow, working_days_later
from correction_flow.core.errors import Invalid, NotAllowed, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.corrections import operations as corrections
from correction_flow.proposals import (
    deadlines,
    editing,
    escalation,
    operations,
    queries,
    reopening,
    undoing,
)
from correction_flow.proposals.lifecycle import Actor, Outcome, Status
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.queries import Tab
from correction_flow.proposals.schedule import Step
from tests.cast import UNDESCRIBED
from tests.nouns.test_workflow import GOOD, YES, ask_for, decide, the
from tests.rules.test_bounces import report


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
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)
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


def silent(cast, days, **texts):
    """A low-risk request (unless `texts` say otherwise) that nobody decides for working days."""
    number, start = ask_for(cast, **(texts or {"title": GOOD})), utcnow()
    for day in (10, 20):
        pass_time(working_days_later(start, day) + timedelta(hours=1))
    return number, working_days_later(start, days) + timedelta(hours=1)


def announce(cast, number, moment, by="cora"):
    with at(moment), transaction():
        escalation.announce(the(number), by=cast.user(by), version=the(number).version)


def test_from_day_30_a_curator_announces_and_from_day_37_decides(cast):
    number, day30 = silent(cast, 30)
    with pytest.raises(WrongStatus, match="long enough"):
        announce(cast, number, day30 - timedelta(days=1))
    with pytest.raises(NotAllowed, match="Only the curator"):
        announce(cast, number, day30, by="mara")
    announce(cast, number, day30)
    for name in ("mara", "alice"):
        assert cast.mails(name)[-1].name == "announced"
    assert "please decide by" in cast.mails("mara")[-1].text
    assert "announced" not in [m.name for m in cast.mails("cora")]
    day37 = working_days_later(day30, 7)
    with pytest.raises(NotAllowed), at(day37 - timedelta(hours=1)):
        decide(cast, number, YES, by="cora")
    with pytest.raises(Invalid, match="only tidy"), at(day37):
        decide(cast, number, (Outcome.AMENDED, "Quite Another Title"), by="cora")
    with at(day37):
        decide(cast, number, YES, by="cora")
    assert (the(number).status, the(number).decided_as) == (Status.APPROVED, Actor.CURATOR)


def test_a_maintainer_objects_and_the_case_stays_theirs_with_its_clock(cast):
    number, day30 = silent(cast, 30)
    announce(cast, number, day30)
    before = (the(number).waiting_since, the(number).due_at, the(number).clock_at)
    with at(day30 + timedelta(days=1)), transaction():
        escalation.object_to(the(number), "Give us a week.", by=cast.user("mara"), version=1)
    assert (the(number).waiting_since, the(number).due_at, the(number).clock_at) == before
    for name in ("alice", "cora"):
        assert cast.mails(name)[-1].name == "objected"
        assert "Give us a week." in cast.mails(name)[-1].text
    with pytest.raises(NotAllowed), at(day30 + timedelta(days=60)):
        decide(cast, number, YES, by="cora")
    with pytest.raises(WrongStatus, match="long enough"):
        announce(cast, number, working_days_later(day30, 29))
    announce(cast, number, working_days_later(day30, 32))
    decide(cast, number, YES)
    assert the(number).decided_as is Actor.DECIDER


@pytest.mark.parametrize("otherwise", ["edited", "risky", "question"])
def test_nothing_is_decided_that_was_not_announced_as_it_stands(cast, otherwise):
    texts = {"title": "Another Title Altogether"} if otherwise == "risky" else {}
    number, day30 = silent(cast, 30, **texts)
    if otherwise == "risky":
        with pytest.raises(WrongStatus, match="low-risk"):
            announce(cast, number, day30)
        return
    announce(cast, number, day30)
    with at(day30), transaction():
        if otherwise == "edited":
            wish = {"title": GOOD, "keywords": "leadership; public value; politics"}
            wanted = corrections.wanted(the(number).item, wish)
            editing.edit(the(number), wanted, by=cast.user("alice"), version=1, reason="More.")
        else:
            operations.ask(the(number), "Which?", by=cast.user("mara"), version=1)
    assert the(number).announced_at is None
    assert (the(number).escalated_at is None) is (otherwise == "question")


def test_what_is_escalated_lies_in_the_curators_queue_until_somebody_acts(cast):
    number, _ = silent(cast, 30)
    other = ask_for(cast, "stella", keywords="a; b")
    rows = lambda: [p.number for p in queries.queue([], Tab.ESCALATED).rows]
    assert rows() == [number]
    assert queries.queue_counts([1], curates=True)[Tab.ESCALATED] == 1
    with transaction():
        operations.ask(the(number), "Which?", by=cast.user("mara"), version=1)
    assert rows() == []
    with at(working_days_later(utcnow(), 12)):
        late = queries.queue([the(other).desk_id], Tab.OVERDUE).rows
    assert [p.number for p in late] == [other]


def test_where_every_address_refuses_mail_curators_have_it_at_once(cast):
    class Refusing:
        def deliver(self, letter, handing_over):
            if letter.receiver != "alice@example.org":
                raise outbox.Undelivered("550 no such user", permanent=True)
            handing_over()

    number = ask_for(cast, title=GOOD)
    assert pass_time(utcnow()) == []
    outbox.deliver_due(Refusing())
    assert pass_time(utcnow() + timedelta(seconds=1)) == [Step.ESCALATE]
    assert the(number).escalated_at is not None
    assert queries.latest_event(the(number)).note == deadlines.NOBODY_REACHED
    assert cast.mails("cora")[-1].name == "escalated"
    assert the(number).clock_at > utcnow() + timedelta(days=9)
    announce(cast, number, working_days_later(utcnow(), 10) + timedelta(hours=1))


def test_on_day_37_the_curator_who_announced_is_told_that_it_is_their_turn_once(cast):
    number, day30 = silent(cast, 30)
    announce(cast, number, day30)
    day37 = working_days_later(day30, 7)
    pass_time(day37 - timedelta(minutes=1))
    assert cast.mails("cora", "curators_turn") == []
    pass_time(day37 + timedelta(minutes=1))
    (mail,) = cast.mails("cora", "curators_turn")
    assert mail.text.startswith("Your turn")
    assert f"/desk/{number}" in mail.text
    assert cast.mails(folder="curators_turn") == [mail]
    for days in range(1, 40):
        pass_time(day37 + timedelta(days=days))
    assert cast.mails("cora", "curators_turn") == [mail]


def test_after_an_objection_no_curator_is_told_of_a_turn(cast):
    number, day30 = silent(cast, 30)
    announce(cast, number, day30)
    with at(day30 + timedelta(days=1)), transaction():
        escalation.object_to(the(number), "Give us a week.", by=cast.user("mara"), version=1)
    for days in range(1, 20):
        pass_time(day30 + timedelta(days=days))
    assert cast.mails(folder="curators_turn") == []


def comes_back(cast, who="mara"):
    db.session.rollback()
    (row,) = cast.user(who).addresses
    return row.bouncing_since


def test_a_refusal_marks_the_address_and_a_mail_that_is_taken_clears_it(cast):
    class Server:
        refuses = frozenset({"mara@example.org"})

        def deliver(self, letter, handing_over):
            if letter.receiver in self.refuses:
                raise outbox.Undelivered("550 no such user", permanent=True, bounced=True)
            handing_over()

    server = Server()
    ask_for(cast, title=GOOD)
    outbox.deliver_due(server)
    since = comes_back(cast)
    assert since is not None
    assert comes_back(cast, "alice") is None
    assert mail_comes_back(cast.item().series.desk) == since
    ask_for(cast, pages="1-18")
    with at(utcnow() + timedelta(days=1)):
        outbox.deliver_due(server)
    assert comes_back(cast) == since, "since the first of them"
    server.refuses = frozenset()
    ask_for(cast, volume="10")
    outbox.deliver_due(server)
    assert comes_back(cast) is None
    assert mail_comes_back(cast.item().series.desk) is None


def test_a_text_that_is_refused_says_nothing_about_the_address(cast):
    class Server:
        def deliver(self, letter, handing_over):
            raise outbox.Undelivered("554 spam", permanent=True)

    ask_for(cast, title=GOOD)
    outbox.deliver_due(Server())
    assert comes_back(cast) is None


def test_an_address_known_to_bounce_is_no_way_to_reach_a_desk(cast):
    with transaction():
        series = cast.item().series
        moved = catalog.grant(
            cast.user("otto"), series.archive, series, GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)
        accounts.note_bounce("otto@example.org", True)

    class OnlyMaraRefused:
        def deliver(self, letter, handing_over):
            if letter.receiver == "mara@example.org":
                raise outbox.Undelivered("550 no such user", permanent=True, bounced=True)
            if letter.receiver == "otto@example.org":
                raise outbox.Undelivered("450 try again later")
            handing_over()

    number = ask_for(cast, title=GOOD)
    outbox.deliver_due(OnlyMaraRefused())
    assert pass_time(utcnow() + timedelta(seconds=1)) == [Step.ESCALATE]
    assert queries.latest_event(the(number)).note == deadlines.NOBODY_REACHED


def test_a_delivery_report_marks_the_address_and_brings_the_case_to_curators(cast, app):
    class Takes:
        def deliver(self, letter, handing_over):
            handing_over()

    number = ask_for(cast, title=GOOD)
    outbox.deliver_due(Takes())
    assert comes_back(cast) is None
    (mail,) = cast.mails("mara", "notice")
    run = app.test_cli_runner().invoke
    strange = run(args=["mail", "bounce"], input=report(of="<R-000001.guessed@flow.example>"))
    assert "no report about a mail of ours" in strange.output
    assert comes_back(cast) is None
    for said in ("Noted.", "no report about a mail of ours"):
        assert said in run(args=["mail", "bounce"], input=report(of=mail.message_id)).output
    assert comes_back(cast) is not None
    assert pass_time(utcnow() + timedelta(seconds=1)) == [Step.ESCALATE]
    assert the(number).escalated_at is not None
    assert "no such user" in cast.mails("mara", "notice")[0].last_error
