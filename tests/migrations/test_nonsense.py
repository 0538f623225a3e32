"""What the database itself refuses, whatever the code above it does."""

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from correction_flow.accounts.models import Address
from correction_flow.catalog.models import DeskMember, Item
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.proposals.lifecycle import Actor, Audience, Kind, Outcome, Standing, Status
from correction_flow.proposals.models import Change, Event, Proposal


def make_proposal(cast, number="R-000001", **values):
    """A submitted proposal's row, with other values where given; its id."""
    item = cast.item()
    row = {
        "number": number,
        "kind": Kind.CORRECTION,
        "item_id": item.id,
        "desk_id": item.series.desk_id,
        "status": Status.SUBMITTED,
        "proposer_id": cast.user("alice").id,
        "reason": "",
        "subject": "A request",
        "created_at": utcnow(),
        "waiting_since": utcnow(),
        **values,
    }
    return db.session.scalar(insert(Proposal).values(**row).returning(Proposal.id))


def make_change(cast, proposal_id, **values):
    row = {
        "proposal_id": proposal_id,
        "item_id": cast.item().id,
        "target": "title",
        "new": "Growth",
        "new_key": digest("Growth"),
        **values,
    }
    db.session.execute(insert(Change).values(**row))


def make_event(cast):
    values = {
        "proposal_id": make_proposal(cast),
        "item_id": cast.item().id,
        "what": "submit",
        "at": utcnow(),
        "actor_id": cast.user("alice").id,
        "actor_role": Actor.PROPOSER,
        "audience": Audience.PARTIES,
        "note": "A private reason.",
        "details": {"evidence": "https://example.org"},
    }
    return db.session.scalar(insert(Event).values(**values).returning(Event.id))


CLOSED = {"closed_at": utcnow()}
DECIDED = {"decided_at": utcnow(), "decided_as": Actor.DECIDER, **CLOSED}
NONSENSE = {
    "approved without a decision": {"status": Status.APPROVED, **CLOSED},
    "approved without saying as whom": {
        "status": Status.APPROVED, "decided_at": utcnow(), **CLOSED,
    },
    "decided and still open": {"decided_at": utcnow(), "decided_as": Actor.DECIDER},
    "withdrawn but not closed": {"status": Status.WITHDRAWN},
    "submitted and closed": CLOSED,
    "waiting since never": {"waiting_since": None},
    "sent by nobody": {"proposer_id": None},
}  # fmt: skip


@pytest.mark.parametrize("values", NONSENSE.values(), ids=NONSENSE)
def test_a_proposal_cannot_be(cast, values):
    with pytest.raises(IntegrityError), transaction():
        make_proposal(cast, **values)


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED])
def test_a_decided_proposal_can_be(cast, status):
    with transaction():
        made = make_proposal(cast, status=status, **DECIDED)
    assert db.session.get(Proposal, made).status is status


def test_a_status_that_is_no_status_is_refused(cast):
    with transaction():
        made = make_proposal(cast)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            text("UPDATE proposals SET status = 'lost' WHERE id = :id"), {"id": made}
        )


CHANGES = {
    "declined without a reason": {"outcome": Outcome.DECLINED},
    "accepted without a standing": {"outcome": Outcome.ACCEPTED},
    "declined and carried": {
        "outcome": Outcome.DECLINED, "reason": "No.", "standing": Standing.CARRIED,
    },
    "undecided and carried": {"standing": Standing.CARRIED},
}  # fmt: skip


@pytest.mark.parametrize("values", CHANGES.values(), ids=CHANGES)
def test_a_change_cannot_be(cast, values):
    with pytest.raises(IntegrityError), transaction():
        make_change(cast, make_proposal(cast), **values)


def test_two_undecided_changes_cannot_want_the_same(cast):
    with transaction():
        make_change(cast, make_proposal(cast))
        make_change(cast, make_proposal(cast, "R-000002"), new_key=digest("Another"))
    with pytest.raises(IntegrityError), transaction():
        make_change(cast, make_proposal(cast, "R-000003"))


def test_what_was_declined_may_be_wanted_again(cast):
    with transaction():
        make_change(cast, make_proposal(cast), outcome=Outcome.DECLINED, reason="No.")
        make_change(cast, make_proposal(cast, "R-000002"), outcome=Outcome.DECLINED, reason="No.")
        make_change(cast, make_proposal(cast, "R-000003"))
    assert db.session.query(Change).count() == 3


def test_two_changes_cannot_be_carried_on_one_target(cast):
    carried = {"outcome": Outcome.ACCEPTED, "standing": Standing.CARRIED}
    with transaction():
        make_change(cast, make_proposal(cast), **carried)
        make_change(cast, make_proposal(cast, "R-000002"), target="year", **carried)
        make_change(
            cast, make_proposal(cast, "R-000003"),
            outcome=Outcome.ACCEPTED, standing=Standing.RETIRED,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction():
        make_change(cast, make_proposal(cast, "R-000004"), new_key=digest("x"), **carried)


def test_a_number_is_given_once(cast):
    with transaction():
        make_proposal(cast)
    with pytest.raises(IntegrityError), transaction():
        make_proposal(cast)


def test_a_handle_has_one_item(cast):
    with transaction():
        other = cast.item("RePEc:gam:jadmsc:v:1:y:2018:p:1-9").id
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            update(Item).where(Item.id == other).values(handle_key=cast.item().handle_key)
        )


def test_an_address_is_verified_by_one_account_and_claimed_by_many(cast):
    def claim(verified_at):
        db.session.execute(
            insert(Address).values(
                user_id=cast.user("bob").id, address="Alice@example.org",
                address_key="alice@example.org", created_at=utcnow(), verified_at=verified_at,
            )
        )  # fmt: skip

    with pytest.raises(IntegrityError), transaction():
        claim(utcnow())
    with transaction():
        claim(None)
    assert db.session.query(Address).filter_by(address_key="alice@example.org").count() == 2


def test_a_member_of_a_desk_is_an_address_or_a_user_and_not_both(cast):
    desk = cast.item().series.desk_id
    for values in ({}, {"address_key": "x@example.org", "user_id": cast.user("bob").id}):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(insert(DeskMember).values(desk_id=desk, **values))


# -- events -------------------------------------------------------------------------------

FORGED = {
    "another time": {"at": utcnow()},
    "another act": {"what": "withdraw"},
    "another actor's part": {"actor_role": Actor.CURATOR},
    "another audience": {"audience": Audience.PUBLIC},
    "another note": {"note": "A nicer reason."},
    "other details": {"details": {"evidence": "https://example.com"}},
}


@pytest.mark.parametrize("values", FORGED.values(), ids=FORGED)
def test_an_event_cannot_be_given(cast, values):
    with transaction():
        made = make_event(cast)
    with pytest.raises(DBAPIError, match="events are written once"), transaction():
        db.session.execute(update(Event).where(Event.id == made).values(**values))


def test_an_event_cannot_be_put_on_somebody_else(cast):
    with transaction():
        made = make_event(cast)
    bob = cast.user("bob").id
    with pytest.raises(DBAPIError, match="events are written once"), transaction():
        db.session.execute(update(Event).where(Event.id == made).values(actor_id=bob))


def test_an_event_cannot_be_deleted(cast):
    with transaction():
        make_event(cast)
    with pytest.raises(DBAPIError, match="events are written once"), transaction():
        db.session.execute(delete(Event))


def test_the_person_behind_an_event_can_be_erased_and_nothing_else_goes(cast):
    with transaction():
        made = make_event(cast)
    with transaction():
        db.session.execute(
            update(Event).where(Event.id == made).values(actor_id=None, note=None, details=None)
        )
    event = db.session.get(Event, made)
    assert (event.actor_id, event.note, event.details) == (None, None, None)
    assert (event.what.value, event.actor_role) == ("submit", Actor.PROPOSER)
