"""Visitors, below the pages: what an unconfirmed request may do to others, and how it ends."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from correction_flow.accounts import operations as accounts
from correction_flow.citations.operations import request_links
from correction_flow.core.clock import at, utcnow, working_days_later
from correction_flow.core.errors import Conflict, Invalid, NotAllowed, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.outbox import OutgoingMail
from correction_flow.core.transaction import transaction
from correction_flow.corrections.operations import edit_correction, request_correction
from correction_flow.proposals import (
    deadlines,
    editing,
    figures,
    links,
    operations,
    policy,
    queries,
    reopening,
    visitors,
)
from correction_flow.proposals.lifecycle import Action, Actor, Outcome, Status
from correction_flow.proposals.models import Change, Event, Proposal, Visitor
from tests.cast import CITED
from tests.makers import import_tree
from tests.nouns.test_workflow import GOOD, NO, YES, ask_for, decide, the

VERA = "vera@example.net"


def ask_as(cast, address=VERA, reason="The PDF says so.", **texts):
    """A visitor's request; its id."""
    with transaction():
        item = cast.item()
        submitted = request_correction(
            item, texts, by=visitors.check_address(address), reason=reason, evidence_url=None,
            item_version=item.version,
        )  # fmt: skip
        return submitted.proposal.id


def confirm(key, version=None):
    """Press the button; the public number, and what was left out."""
    with transaction():
        proposal = db.session.get_one(Proposal, key)
        done = visitors.confirm(proposal, item_version=version or proposal.item.version)
        return done.proposal.number if done.proposal else None, done.left_out


def mails_to(address=VERA):
    db.session.rollback()
    query = select(OutgoingMail).where(OutgoingMail.to_key == address).order_by(OutgoingMail.id)
    return list(db.session.scalars(query))


def verify(address, name="Vera Visitor"):
    with transaction():
        return accounts.create_user(name=name, email=address, password_hash="x", verified=True)


def test_an_unconfirmed_request_is_nobody_elses_business(cast):
    key = ask_as(cast, title=GOOD)
    proposal = db.session.get_one(Proposal, key)
    assert proposal.status is Status.UNCONFIRMED
    assert queries.undecided(cast.item()) == []
    assert queries.open_proposals(cast.item()) == []
    desks = [proposal.desk_id]
    assert not any(queries.queue(desks, tab).rows for tab in queries.Tab)
    assert figures.of_series(cast.item().series).open == 0
    for name in ("mara", "cora", "ada", "alice"):
        assert not policy.sees(cast.user(name), proposal)
    assert queries.proposal_by_number(proposal.number) is None
    assert cast.mails("mara") == []
    assert db.session.scalar(select(func.count()).select_from(Event)) == 0
    assert ask_for(cast, title=GOOD) == "R-000001"


def test_confirmed_it_is_submitted_and_its_time_runs_from_then(cast):
    key = ask_as(cast, title=GOOD)
    later = utcnow() + timedelta(hours=50)
    with at(later):
        number, left_out = confirm(key)
    proposal = the(number)
    assert (number, left_out) == ("R-000001", [])
    assert proposal.status is Status.SUBMITTED
    assert proposal.waiting_since == proposal.created_at == later
    assert proposal.due_at == working_days_later(later, 10)
    assert [m.name for m in mails_to()] == ["confirm_request", "receipt"]
    assert [m.name for m in cast.mails("mara")] == ["notice"]
    decide(cast, number, YES)
    assert cast.item().title == GOOD
    thread = mails_to()
    assert thread[-1].name == "decided"
    assert thread[-1].headers["In-Reply-To"] == thread[1].message_id
    assert thread[0].message_id in thread[-1].headers["References"]


def test_nobody_reads_the_visitors_address_in_a_mail(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    with transaction():
        operations.ask(the(number), "Which edition?", by=cast.user("mara"), version=2)
    decided = [m for m in cast.mails() if m.to_key != VERA]
    assert decided
    assert not any(VERA in m.text + m.html + m.subject for m in decided)


def test_the_mail_to_confirm_holds_nothing_that_was_typed(cast):
    ask_as(cast, reason="Buy my pills at https://spam.example", title="Cheap Pills for All")
    mail = mails_to()[0]
    for text in (mail.text, mail.html, mail.subject):
        assert "pills" not in text.lower()
    assert "To be changed: Title" in mail.text


def test_the_same_sent_twice_is_mailed_once(cast):
    assert ask_as(cast, title=GOOD) == ask_as(cast, title=GOOD)
    assert len(mails_to()) == 1


def test_it_is_confirmed_once(cast):
    key = ask_as(cast, title=GOOD)
    confirm(key)
    with pytest.raises(WrongStatus, match="R-000001"):
        confirm(key)
    assert len(cast.mails("mara", "notice")) == 1


def test_what_somebody_else_asked_for_meanwhile_is_left_out(cast):
    key = ask_as(cast, title=GOOD, pages="1-18")
    ask_for(cast, title=GOOD)
    number, left_out = confirm(key)
    assert left_out == ["Title: it is asked for already"]
    assert [c.target for c in the(number).changes] == ["pages"]
    assert "asked for already" in mails_to()[-1].text
    decide(cast, number, YES)


def test_if_nothing_is_left_no_request_is_made_and_nothing_is_kept(cast):
    key = ask_as(cast, title=GOOD)
    ask_for(cast, title=GOOD)
    assert confirm(key) == (None, ["Title: it is asked for already"])
    assert db.session.get(Proposal, key) is None
    assert mails_to() == []
    assert the("R-000002") is None


def test_two_visitors_may_ask_the_same_and_the_first_to_confirm_is_heard(cast):
    first, second = ask_as(cast, title=GOOD), ask_as(cast, "walt@example.net", title=GOOD)
    assert confirm(second)[0] == "R-000001"
    assert confirm(first)[0] is None


def test_what_the_publisher_did_meanwhile_is_true_already_or_shown(cast):
    key = ask_as(cast, title=GOOD, pages="1-18")
    seen = cast.item().version
    old = "Interactive Political Leadership in Theory and Practise"
    files = {"jadmsc/v9.rdf": (f"Title: {old}", f"Title: {GOOD}")}
    import_tree(files)
    assert db.session.get_one(Proposal, key).status is Status.UNCONFIRMED
    with pytest.raises(Conflict):
        confirm(key, version=seen)
    number, left_out = confirm(key)
    assert left_out == ["Title: it is so in the catalogue by now"]
    assert [c.target for c in the(number).changes] == ["pages"]


def test_a_moved_value_is_shown_and_becomes_the_old_one_when_it_is_confirmed(cast):
    key = ask_as(cast, pages="1-18")
    import_tree({"jadmsc/v9.rdf": ("Pages: 1-81", "Pages: 1-80")})
    looked = visitors.look(db.session.get_one(Proposal, key))
    assert [(one.found, one.current) for one in looked] == [(visitors.Found.MOVED, "1-80")]
    number, _ = confirm(key)
    assert the(number).changes[0].old == "1-80"


def test_a_lapsed_link_confirms_nothing(cast):
    key = ask_as(cast, title=GOOD)
    with at(utcnow() + timedelta(hours=73)), pytest.raises(WrongStatus, match="72 hours"):
        confirm(key)


def test_what_nobody_confirmed_is_erased_whole(cast):
    key = ask_as(cast, title=GOOD)
    kept = ask_as(cast, "walt@example.net", pages="1-18")
    number, _ = confirm(kept)
    now = utcnow()
    with transaction():
        assert visitors.erase_unconfirmed(now + timedelta(hours=71)) == 0
    assert visitors.lapsed_exist(now + timedelta(hours=73))
    with transaction():
        assert visitors.erase_unconfirmed(now + timedelta(hours=73)) == 1
    assert db.session.get(Proposal, key) is None
    assert mails_to() == []
    assert list(db.session.scalars(select(Change.target))) == ["pages"]
    assert the(number).status is Status.SUBMITTED
    assert not visitors.lapsed_exist(now + timedelta(hours=73))


def test_who_verifies_the_address_later_becomes_the_proposer(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    waiting = ask_as(cast, pages="1-18")
    vera = verify(VERA)
    proposal = the(number)
    assert (proposal.proposer_id, proposal.visitor_address) == (vera.id, None)
    assert policy.parts_of(vera, proposal) == {Actor.PROPOSER}
    assert not policy.may(Visitor(VERA), Action.WITHDRAW, proposal)
    assert db.session.get_one(Proposal, waiting).status is Status.UNCONFIRMED
    decide(cast, number, NO)
    assert mails_to()[-1].name == "decided"
    assert f"/proposals/{number}" in mails_to()[-1].text


def test_an_address_that_is_verified_already_makes_its_owner_the_proposer(cast):
    number, _ = confirm(ask_as(cast, "Alice@Example.org", title=GOOD))
    proposal = the(number)
    assert (proposal.proposer_id, proposal.visitor_address) == (cast.user("alice").id, None)
    assert [m.name for m in cast.mails("alice")] == ["confirm_request", "receipt"]


def test_an_owner_supports_what_was_asked_for_already(cast):
    key = ask_as(cast, "stella@example.org", title=GOOD)
    number = ask_for(cast, title=GOOD)
    assert confirm(key)[0] is None
    assert queries.supports(cast.user("stella"), the(number))


def test_a_maintainer_decides_nothing_they_sent_as_a_visitor(cast):
    number, _ = confirm(ask_as(cast, "mara@example.org", title="Something Else Entirely"))
    with pytest.raises(NotAllowed):
        decide(cast, number, YES, by="mara")
    decide(cast, number, NO, by="cora")


def test_nor_when_the_address_becomes_theirs_afterwards(cast):
    number, _ = confirm(ask_as(cast, "m2@example.net", title="Something Else Entirely"))
    with transaction():
        row = accounts.add_address(cast.user("mara"), "m2@example.net")
        accounts.verify(row)
    with pytest.raises(NotAllowed):
        decide(cast, number, YES, by="mara")
    assert cast.mails("cora", "notice")
    decide(cast, number, NO, by="cora")


def test_nor_while_the_two_are_not_joined_yet(cast):
    number, _ = confirm(ask_as(cast, "m2@example.net", title=GOOD))
    with transaction():
        the(number).visitor_address = "mara@example.org"
    assert policy.involved(cast.user("mara"), cast.item(), the(number))
    with pytest.raises(NotAllowed, match="own cause"):
        decide(cast, number, YES, by="mara")


def test_a_visitor_answers_and_withdraws_and_decides_nothing(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    vera = Visitor(VERA)
    with transaction():
        operations.ask(the(number), "Which edition?", by=cast.user("mara"), version=2)
    assert "Which edition?" in mails_to()[-1].text
    with pytest.raises(NotAllowed), transaction():
        operations.answer(the(number), "x", by=Visitor("walt@example.net"), version=3)
    with transaction():
        operations.answer(the(number), "The first.", by=vera, version=3)
    for action in (Action.DECIDE, Action.ASK, Action.REVERT, Action.UNDO, Action.ESCALATE):
        assert policy.why_not(vera, action, the(number))
    with transaction():
        operations.withdraw(the(number), by=vera, version=4)
    assert the(number).status is Status.WITHDRAWN
    assert cast.mails("mara")[-1].name == "withdrawn"
    assert ask_for(cast, title=GOOD)


def test_withdrawn_with_supporters_it_passes_on_and_forgets_the_address(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    assert ask_for(cast, "stella", title=GOOD) is None
    with transaction():
        operations.withdraw(the(number), by=Visitor(VERA), version=2)
    proposal = the(number)
    assert proposal.proposer_id == cast.user("stella").id
    assert proposal.visitor_address is None


def test_a_reference_is_linked_by_a_visitor_too(cast):
    with transaction():
        item = cast.item()
        key = request_links(
            item, {cast.reference(0).id: CITED}, by=Visitor(VERA), reason="It is.",
            evidence_url=None, item_version=item.version,
        ).proposal.id  # fmt: skip
    number, _ = confirm(key)
    decide(cast, number, YES)
    assert cast.reference(0).cited_item.handle == CITED


@pytest.mark.parametrize(
    "address",
    [
        "", "a@b.org\nBcc: all@example.org", "aliçe@example.org", "a@straße.de", "a b@c.d",
        "a@b.org\0",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(Invalid):
        visitors.check_address(address)


def test_a_change_that_waits_to_be_confirmed_has_an_outcome_and_so_blocks_nobody(cast):
    key = ask_as(cast, title=GOOD)
    assert [c.outcome for c in db.session.get_one(Proposal, key).changes] == [Outcome.DROPPED]


def test_a_visitor_edits_comments_and_hears_nothing_of_their_own_words(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    vera = Visitor(VERA)
    assert ask_for(cast, "stella", title=GOOD) is None
    with transaction():
        edit_correction(
            the(number), {"pages": "1-18"}, by=vera, version=2, reason="", evidence_url=None
        )
    assert [c.target for c in the(number).undecided] == ["pages"]
    assert the(number).revision == 2
    assert the("R-000002").proposer_id == cast.user("stella").id
    assert the("R-000002").link_key is None
    told = len(mails_to())
    with transaction():
        editing.comment(the(number), "The library has it.", by=vera)
    assert cast.mails("mara")[-1].name == "commented"
    assert "The sender writes" in cast.mails("mara")[-1].text
    assert len(mails_to()) == told
    with pytest.raises(NotAllowed), transaction():
        editing.comment(the(number), "Psst.", by=vera, desk_only=True)


def test_a_visitors_appeal_is_a_request_of_its_own_that_somebody_else_decides(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    decide(cast, number, NO)
    declined = [c.id for c in the(number).changes]
    with transaction():
        sent = reopening.appeal(the(number), declined, "Page 1.", by=Visitor(VERA))
        new = sent.proposal.number
    with transaction():
        again = reopening.appeal(the(number), declined, "Page 1.", by=Visitor(VERA))
        assert (again.proposal.number, again.again) == (new, True)
    appeal = the(new)
    assert (appeal.status, appeal.visitor_address) == (Status.SUBMITTED, VERA)
    assert appeal.link_key not in (None, the(number).link_key)
    assert mails_to()[-1].name == "receipt"
    assert links.follow_path(appeal) in mails_to()[-1].text
    with pytest.raises(NotAllowed):
        decide(cast, new, YES, by="mara")
    decide(cast, new, NO, by="cora")
    assert reopening.why_no_appeal(the(new)) == "This was an appeal already; there is only one."
    vera = verify(VERA)
    assert the(new).proposer_id == the(number).proposer_id == vera.id
    assert reopening.follower_of(the(number)) is the(new)


def test_nobody_appeals_after_sixty_days_nor_what_another_address_sent(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    decide(cast, number, NO)
    ids = [c.id for c in the(number).changes]
    with pytest.raises(NotAllowed):
        reopening.appeal(the(number), ids, "Page 1.", by=Visitor("walt@example.net"))
    with at(utcnow() + timedelta(days=61)), pytest.raises(WrongStatus, match="60 days"):
        reopening.appeal(the(number), ids, "Page 1.", by=Visitor(VERA))


def test_what_expired_is_sent_again_unless_somebody_else_asked_for_it_meanwhile(cast):
    number, _ = confirm(ask_as(cast, title=GOOD))
    other, _ = confirm(ask_as(cast, "walt@example.net", pages="1-18"))
    for one in (number, other):
        with transaction():
            operations.ask(the(one), "Which?", by=cast.user("mara"), version=the(one).version)
            deadlines.expire(the(one))
    ask_for(cast, pages="1-18")
    with transaction():
        new = reopening.send_again(the(number), by=Visitor(VERA)).proposal.number
        none = reopening.send_again(the(other), by=Visitor("walt@example.net"))
        assert none.proposal is None
    assert the(new).visitor_address == VERA
    assert the(new).follows.number == number
    decide(cast, new, YES)
    assert mails_to()[-1].name == "decided"


def test_what_vanished_before_it_was_confirmed_is_not_asked_for(cast):
    key = ask_as(cast, title=GOOD)
    with transaction():
        cast.item().vanished_at = utcnow()
    with pytest.raises(Invalid, match="write to the archive’s maintainer"):
        confirm(key)
    assert db.session.get_one(Proposal, key).status is Status.UNCONFIRMED
