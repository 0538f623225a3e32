"""Unlinked references that look like claimed works are offered to their authors."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from correction_flow.accounts import leaving
from correction_flow.accounts.operations import profile_for
from correction_flow.catalog.models import Item, ItemReference
from correction_flow.catalog.queries import authors_of
from correction_flow.citations import potential
from correction_flow.citations.models import PotentialCitation, RefusedCitation
from correction_flow.citations.queries import (
    AGAIN_AFTER,
    next_to_compare,
    offered_to,
    refused_by,
)
from correction_flow.cli.work import compare_references
from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import Conflict, Invalid, NotFound
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals.lifecycle import Actor, Outcome, Status, What
from correction_flow.proposals.models import Event, Proposal
from correction_flow.proposals.operations import reject, withdraw
from tests.cast import CITED, ITEM, OTHER
from tests.nouns.test_workflow import decide


def never():
    return False


@pytest.fixture
def alice(cast):
    """Alice has claimed the item that the first reference means."""
    with transaction():
        author = authors_of(cast.item(CITED))[0]
        author.profile_id = profile_for(cast.user("alice")).id
    compare_references(never)
    return cast.user("alice")


def offers(user):
    return list(offered_to(user).rows)


def say(user, *, yes=(), no=()):
    with transaction():
        return potential.answer(
            {offer.id: offer.version for offer in yes}, [offer.id for offer in no], by=user
        )


def test_a_reference_that_looks_like_a_claimed_work_is_offered_with_reasons(cast, alice):
    (offer,) = offers(alice)
    assert offer.text.startswith("Carla Cited, 2018")
    assert (offer.citing.handle, offer.cited.handle) == (ITEM, CITED)
    assert offer.certain
    assert offer.reasons
    assert offers(cast.user("bob")) == []


def test_each_reference_is_compared_once_and_once_more_after_a_month(cast, alice):
    assert next_to_compare(utcnow(), 20) == []
    with at(utcnow() + AGAIN_AFTER + timedelta(hours=1)):
        assert len(next_to_compare(utcnow(), 20)) == 2
        compare_references(never)
        assert next_to_compare(utcnow(), 20) == []
    assert len(list(db.session.scalars(select(PotentialCitation)))) == 1


def test_processes_beside_each_other_compare_all_and_none_twice(cast):
    parts = [next_to_compare(utcnow(), 20, (n, 3)) for n in (1, 2, 3)]
    ids = [one.id for part in parts for one in part]
    assert sorted(ids) == sorted(one.id for one in next_to_compare(utcnow(), 20))
    run = cast.app.test_cli_runner()
    assert "Compared" in run.invoke(args=["work", "compare", "--part", "1/2"]).output
    assert "Compared" in run.invoke(args=["work", "compare", "--part", "2/2"]).output
    assert next_to_compare(utcnow(), 20) == []
    for wrong in ("3/2", "0/1", "x", "1/0"):
        assert run.invoke(args=["work", "compare", "--part", wrong]).exit_code == 2


def test_what_is_found_no_more_is_offered_no_more(cast, alice):
    with transaction():
        cast.item(CITED).title = "Something else altogether"
        for row in db.session.scalars(select(ItemReference)):
            row.compared_at = None
    found = potential.compare(next_to_compare(utcnow(), 20))
    with transaction():
        potential.keep({id_: [] for id_ in found})
    assert offers(alice) == []


def test_to_accept_is_to_ask_for_a_citation_correction_that_the_desk_decides(cast, alice):
    results, refused = say(alice, yes=offers(alice))
    proposal = results[0].proposal
    assert refused == 0
    assert proposal.status is Status.SUBMITTED
    assert [m.name for m in cast.mails("mara")] == ["notice"]
    (offer,) = offers(alice)
    assert offer.waits_in == proposal.number
    decide(cast, proposal.number, Outcome.ACCEPTED)
    assert cast.reference().cited_item.handle == CITED
    assert offers(alice) == []


def test_what_the_desk_declined_is_not_offered_again(cast, alice):
    results, _ = say(alice, yes=offers(alice))
    proposal = results[0].proposal
    with transaction():
        reject(proposal, "It means the book.", by=cast.user("mara"), version=proposal.version)
    assert offers(alice) == []


def test_what_was_withdrawn_is_offered_again(cast, alice):
    results, _ = say(alice, yes=offers(alice))
    proposal = results[0].proposal
    with transaction():
        withdraw(proposal, by=alice, version=proposal.version)
    assert [offer.waits_in for offer in offers(alice)] == [None]


def test_what_is_refused_is_never_offered_again_until_that_is_taken_back(cast, alice):
    _, refused = say(alice, no=offers(alice))
    assert refused == 1
    assert offers(alice) == []
    (row,) = refused_by(alice).rows
    with transaction(), pytest.raises(NotFound):
        potential.take_back(row.id, by=cast.user("bob"))
    with transaction():
        potential.take_back(row.id, by=alice)
    assert len(offers(alice)) == 1


def test_a_refusal_outlives_a_mended_letter_in_the_text(cast, alice):
    """C13 of repec.md: there such a reference is a new one, and the refusal is lost."""
    say(alice, no=offers(alice))
    with transaction():
        old = cast.reference()
        db.session.add(
            ItemReference(
                item_id=old.item_id, position=1, text=old.text.replace("limits", "limit"),
                text_key="another", origin=old.origin,
            )
        )  # fmt: skip
    compare_references(never)
    assert len(list(db.session.scalars(select(PotentialCitation)))) == 2
    assert offers(alice) == []


def test_a_co_author_sees_what_was_asked_for_and_refuses_only_for_themselves(cast, alice):
    with transaction():
        second = authors_of(cast.item(CITED))[0]
        item = cast.item(CITED)
        db.session.add(
            type(second)(
                item_id=item.id, role=second.role, position=2, name="Bob Sørensen",
                name_key="bob sorensen", workplaces=[],
                profile_id=profile_for(cast.user("bob")).id,
            )
        )  # fmt: skip
    bob = cast.user("bob")
    say(alice, no=offers(alice))
    assert len(offers(bob)) == 1
    results, _ = say(bob, yes=offers(bob))
    assert [o.waits_in for o in offers(bob)] == [results[0].proposal.number]


def test_nobody_answers_for_the_works_of_others(cast, alice):
    offer = offers(alice)[0]
    with transaction(), pytest.raises(Conflict):
        potential.answer({offer.id: offer.version}, [], by=cast.user("bob"))
    assert db.session.scalar(select(Proposal.id)) is None


def test_a_reference_linked_meanwhile_is_told_and_nothing_is_sent(cast, alice):
    offer = offers(alice)[0]
    with transaction():
        cast.reference().cited_item_id = cast.item(OTHER).id
    with transaction(), pytest.raises(Conflict):
        potential.answer({offer.id: offer.version}, [], by=alice)


def test_a_reference_means_one_item(cast, alice):
    with transaction():
        other = cast.item(OTHER)
        authors_of(other)[0].profile_id = profile_for(alice).id
        db.session.add(
            PotentialCitation(
                reference_id=cast.reference().id, cited_item_id=other.id, certain=False,
                reasons=[], doubts=[], found_at=utcnow(),
            )
        )  # fmt: skip
    with transaction(), pytest.raises(Invalid, match="means one item"):
        potential.answer({o.id: o.version for o in offers(alice)}, [], by=alice)


# -- at once ----------------------------------------------------------------------------


def take_at_once(cast):
    with transaction():
        cast.item().series.archive.certain_at_once = True


def test_where_the_archive_wants_it_a_certain_one_takes_effect_at_once(cast, alice):
    take_at_once(cast)
    results, _ = say(alice, yes=offers(alice))
    proposal = results[0].proposal
    assert proposal.status is Status.APPROVED
    assert (proposal.decided_as, proposal.decided_by) == (Actor.SYSTEM, None)
    assert cast.reference().cited_item.handle == CITED
    events = db.session.scalars(select(Event).order_by(Event.id))
    assert [(e.what, e.actor_role) for e in events] == [
        (What.SUBMIT, Actor.PROPOSER),
        (What.DECIDE, Actor.SYSTEM),
    ]
    assert [m.name for m in cast.mails("mara")] == ["decided"]
    assert [m.name for m in cast.mails("alice")] == ["decided"]


def test_an_uncertain_one_waits_for_the_desk_also_there(cast, alice):
    take_at_once(cast)
    with transaction():
        db.session.scalars(select(PotentialCitation)).one().certain = False
    results, _ = say(alice, yes=offers(alice))
    assert results[0].proposal.status is Status.SUBMITTED


def test_who_cites_themselves_waits_for_the_desk_also_there(cast, alice):
    take_at_once(cast)
    with transaction():
        authors_of(cast.item(ITEM))[0].profile_id = profile_for(alice).id
    results, _ = say(alice, yes=offers(alice))
    assert results[0].proposal.status is Status.SUBMITTED


def test_certain_and_uncertain_ones_of_one_item_part(cast, alice):
    take_at_once(cast)
    with transaction():
        second = cast.reference(1)
        db.session.add(
            PotentialCitation(
                reference_id=second.id, cited_item_id=cast.item(CITED).id, certain=False,
                reasons=[], doubts=[], found_at=utcnow(),
            )
        )  # fmt: skip
    results, _ = say(alice, yes=offers(alice))
    assert sorted(r.proposal.status for r in results) == [Status.APPROVED, Status.SUBMITTED]
    assert db.session.scalar(select(Item.id).where(Item.handle == ITEM)) is not None


def test_what_somebody_refused_goes_with_their_account(cast, alice):
    say(alice, no=offers(alice))
    (told,) = leaving.export(alice)["refused_citations"]
    assert told["reference"].startswith("Carla Cited")
    with transaction():
        leaving.erase(alice)
    assert db.session.scalar(select(RefusedCitation.id)) is None


def test_the_mail_of_what_took_effect_at_once_says_so(cast, alice):
    take_at_once(cast)
    say(alice, yes=offers(alice))
    for who in ("alice", "mara"):
        (mail,) = cast.mails(who)
        assert "took effect at once. Nobody had to decide it." in mail.text
        assert "recognised it in a reference" in mail.text
        assert "The desk" not in mail.text + mail.html
