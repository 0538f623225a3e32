"""An author of the citing item says whether it cites so; that is evidence and decides nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from correction_flow.accounts import leaving
from correction_flow.accounts.operations import profile_for
from correction_flow.catalog.models import ItemReference
from correction_flow.catalog.queries import authors_of
from correction_flow.citations import vouching
from correction_flow.citations.models import Vouch, VouchAnswer
from correction_flow.citations.operations import request_links
from correction_flow.citations.vouching import Said
from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import Invalid, NotAllowed, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals import visitors
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Outcome, Status
from correction_flow.proposals.models import Proposal, Visitor
from tests.cast import CITED, ITEM, OTHER
from tests.nouns.test_workflow import decide


def known(cast, who, handle, n=0):
    """`who` is known as the n-th author of an item."""
    with transaction():
        authors_of(cast.item(handle))[n].profile_id = profile_for(cast.user(who)).id


def ask_link(cast, who="alice", n=0, cited=CITED, citing=ITEM):
    with transaction():
        item = cast.item(citing)
        reference = cast.reference(n)
        submitted = request_links(
            item, {reference.id: cited}, by=cast.user(who), reason="It is mine.",
            evidence_url=None, item_version=item.version,
        )  # fmt: skip
        return submitted.proposal.number if submitted.proposal else None


def vouches():
    db.session.rollback()
    return list(db.session.scalars(select(Vouch).order_by(Vouch.id)))


def say(vouch, answer=VouchAnswer.YES, note=""):
    with transaction():
        return vouching.answer([vouch], {vouch.id: Said(answer, note)})


def signs(number):
    proposal = db.session.scalars(select(Proposal).where(Proposal.number == number)).one()
    return [(sign.speaks, sign.text) for sign in rules_of(proposal).evidence(proposal)]


def test_the_authors_of_the_citing_item_are_asked_by_mail(cast):
    known(cast, "bob", ITEM)
    known(cast, "alice", CITED)
    number = ask_link(cast)
    (vouch,) = vouches()
    assert (vouch.user.email, vouch.proposal.number) == ("bob@example.org", number)
    (mail,) = cast.mails("bob")
    assert mail.name == "vouch"
    assert mail.text.startswith("Your turn, if you can tell")
    assert vouching.page_of(vouch) in mail.text
    assert ("neither", "The sender is known as an author of the cited work: it counts for them.") \
        in signs(number)  # fmt: skip


def test_nobody_is_asked_where_an_author_of_the_citing_item_asks(cast):
    known(cast, "alice", ITEM)
    known(cast, "bob", ITEM, 1)
    number = ask_link(cast)
    assert vouches() == []
    assert signs(number) == [
        ("for", "The sender is known as an author of the citing item, and can tell.")
    ]


def test_what_they_say_stands_in_the_timeline_and_at_the_desk_and_decides_nothing(cast):
    known(cast, "bob", ITEM)
    number = ask_link(cast)
    (vouch,) = vouches()
    assert say(vouch, note="It is our reference 1.") == 1
    assert vouch.proposal.status is Status.SUBMITTED
    speaks, text = signs(number)[-1]
    assert speaks == "for"
    assert "Bob Sørensen" in text
    assert "It is our reference 1." in text
    decide(cast, number, Outcome.ACCEPTED)
    assert cast.reference().cited_item.handle == CITED


def test_a_no_speaks_against_and_who_cannot_say_for_neither(cast):
    known(cast, "bob", ITEM)
    known(cast, "stella", ITEM, 1)
    number = ask_link(cast)
    first, second = vouches()
    say(first, VouchAnswer.NO)
    say(second, VouchAnswer.UNSURE)
    assert [speaks for speaks, _ in signs(number)] == ["against", "neither"]


def test_a_link_used_twice_changes_nothing_and_another_answer_is_refused(cast):
    known(cast, "bob", ITEM)
    ask_link(cast)
    (vouch,) = vouches()
    assert say(vouch) == 1
    assert say(vouch) == 0
    with pytest.raises(WrongStatus, match="You have answered"):
        say(vouch, VouchAnswer.NO)
    assert vouches()[0].answer is VouchAnswer.YES


def test_after_fourteen_days_or_a_decision_no_answer_is_taken(cast):
    known(cast, "bob", ITEM)
    number = ask_link(cast)
    (vouch,) = vouches()
    with at(utcnow() + timedelta(days=14, hours=1)), pytest.raises(WrongStatus, match="14 days"):
        say(vouch)
    assert "did not answer" not in signs(number)[-1][1]
    with at(utcnow() + timedelta(days=15)):
        assert "did not answer" in signs(number)[-1][1]
    decide(cast, number, Outcome.ACCEPTED)
    with pytest.raises(WrongStatus, match="decided by now"):
        say(vouches()[0])


def test_who_is_no_author_any_more_vouches_no_more(cast):
    known(cast, "bob", ITEM)
    ask_link(cast)
    with transaction():
        authors_of(cast.item(ITEM))[0].profile_id = None
    with pytest.raises((WrongStatus, NotAllowed)):
        say(vouches()[0])


def test_no_answer_at_all_is_told(cast):
    known(cast, "bob", ITEM)
    ask_link(cast)
    with pytest.raises(Invalid), transaction():
        vouching.answer(vouches(), {})


# -- fraud --------------------------------------------------------------------------------


def test_a_ring_of_two_is_seen_at_the_desk(cast):
    """Alice and Bob vouch for each other's wishes."""
    known(cast, "bob", ITEM)
    known(cast, "alice", OTHER)
    first = ask_link(cast, "alice")
    say(vouches()[0])
    with transaction():
        item = cast.item(OTHER)
        row = ItemReference(
            item_id=item.id, position=1, text="Sørensen, B., 2018", text_key="x", origin="a file"
        )
        db.session.add(row)
        db.session.flush()
        request_links(
            item, {row.id: CITED}, by=cast.user("bob"), reason="", evidence_url=None,
            item_version=item.version,
        )  # fmt: skip
    second = vouches()[-1]
    assert second.user.email == "alice@example.org"
    say(second)
    (ring,) = [text for speaks, text in signs(first) if speaks == "against"]
    assert "vouch for each other: Bob Sørensen for the sender once" in ring


def test_an_account_of_the_same_name_is_seen_at_the_desk(cast):
    known(cast, "bob", ITEM)
    with transaction():
        cast.user("bob").name = "Alice TORFING"
    number = ask_link(cast)
    say(vouches()[0])
    assert any("same name as the sender" in text for _, text in signs(number))


def test_who_cites_themselves_is_seen_at_the_desk(cast):
    known(cast, "alice", ITEM)
    known(cast, "alice", CITED)
    assert [text for _, text in signs(ask_link(cast))] == [
        "The sender is known as an author of the cited work: it counts for them.",
        "The sender is known as an author of the citing item too: citing oneself is no fault.",
    ]


def test_the_same_link_asked_by_a_second_account_is_one_request(cast):
    first = ask_link(cast, "alice")
    assert ask_link(cast, "stella") is None
    assert [p.number for p in db.session.scalars(select(Proposal))] == [first]


def test_who_sent_it_as_a_visitor_is_not_asked_to_vouch_for_it(cast):
    known(cast, "bob", ITEM)
    with transaction():
        item = cast.item()
        request_links(
            item, {cast.reference().id: CITED}, by=Visitor("bob@example.org"), reason="",
            evidence_url=None, item_version=item.version,
        )  # fmt: skip
    with transaction():
        proposal = db.session.scalars(select(Proposal)).one()
        visitors.confirm(proposal, item_version=cast.item().version)
    assert vouches() == []


def test_who_erases_their_account_is_asked_no_more_and_takes_their_answers_along(cast):
    known(cast, "bob", ITEM)
    known(cast, "stella", ITEM, 1)
    ask_link(cast)
    bobs, _ = vouches()
    say(bobs, note="Page 12.")
    exported = leaving.export(cast.user("bob"))["vouches"]
    assert [(one["answer"], one["text"]) for one in exported] == [("yes", "Page 12.")]
    for who in ("bob", "stella"):
        with transaction():
            leaving.erase(cast.user(who))
    (left,) = vouches()
    assert (left.answer, left.user.name) == (VouchAnswer.YES, leaving.FORMER)
