"""Taking one's data along, and erasing one's account: what goes and what stays."""

import json

import pytest
from sqlalchemy import select, text

from correction_flow.accounts import leaving
from correction_flow.accounts import operations as accounts
from correction_flow.accounts.models import RoleName, User
from correction_flow.accounts.queries import user_by_address
from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Base, GrantEffect, SavedItem
from correction_flow.catalog.queries import sits_at
from correction_flow.core.errors import WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.transaction import transaction
from correction_flow.corrections import drafts
from correction_flow.corrections.models import Draft
from correction_flow.proposals import editing, operations
from correction_flow.proposals import leaving as requests
from correction_flow.proposals.lifecycle import Action, Outcome, Standing, Status
from correction_flow.proposals.models import Event, Proposal, Supporter
from tests.cast import ITEM
from tests.nouns.test_visitors import ask_as
from tests.nouns.test_workflow import GOOD, NO, YES, ask_for, claim_name, decide, the


def erase(cast, who):
    """Their id; the account is erased."""
    with transaction():
        user = cast.user(who)
        leaving.erase(user)
        return user.id


def everything(*, but=()):
    """The text of all rows of all tables."""
    db.session.rollback()
    return "\n".join(
        f"{table.name} {tuple(row)}"
        for table in Base.metadata.sorted_tables
        if table.name not in but
        for row in db.session.execute(select(table))
    )


def test_nothing_names_who_has_erased_their_account(cast):
    with transaction():
        stella = cast.user("stella")
        accounts.verify(accounts.add_address(stella, "second@example.net"))
        catalog.save_item(stella, cast.item())
        drafts.keep_draft(cast.item(), {"typed": {"title": "x"}}, by=stella)
    ask_as(cast, "second@example.net", title="Not Confirmed")
    decide(cast, claim_name(cast, "stella", 1), NO)
    claimed = claim_name(cast, "stella")
    decide(cast, claimed, YES)
    number = ask_for(cast, "stella", title=GOOD)
    ask_for(cast, "alice", pages="1-18")
    ask_for(cast, "stella", pages="1-18")
    assert "stella" in everything().lower()
    stella_id = erase(cast, "stella")
    told_to_others = ("outgoing_mails",)
    left = everything(but=told_to_others).lower()
    for word in ("stella", "stranger", "second@example.net"):
        assert word not in left, [line for line in left.splitlines() if word in line]
    mails = everything().lower()
    assert "stella@example.org" not in mails
    assert "second@example.net" not in mails
    assert db.session.get_one(User, stella_id).name == leaving.FORMER
    for table in (SavedItem, Draft, Supporter):
        assert db.session.scalars(select(table)).all() == []
    proposal = the(number)
    assert (proposal.status, proposal.proposer_id) == (Status.WITHDRAWN, stella_id)
    assert the(claimed).status is Status.APPROVED
    assert [c.standing for c in the(claimed).changes] == [Standing.RETIRED]
    assert cast.item_author(0).profile is None


def test_their_events_stay_in_number_and_are_nobodys(cast):
    number = ask_for(cast, "stella", title=GOOD)
    decide(cast, number, NO)
    before = db.session.execute(text("SELECT id, what, note FROM events ORDER BY id")).all()
    erase(cast, "stella")
    after = db.session.execute(text("SELECT id, what, note FROM events ORDER BY id")).all()
    assert after == before
    assert the(number).status is Status.REJECTED
    names = {e.actor.name for e in db.session.scalars(select(Event)) if e.actor}
    assert names == {leaving.FORMER, "Mara Maintainer"}


def test_what_others_support_passes_to_the_first_of_them(cast):
    number = ask_for(cast, "stella", title=GOOD)
    ask_for(cast, "alice", title=GOOD)
    erase(cast, "stella")
    assert the(number).proposer_id == cast.user("alice").id
    assert the(number).status is Status.SUBMITTED
    mail = cast.mails("alice", "passed_on")[-1]
    assert "Stella" not in mail.text + mail.html


def test_what_they_supported_passes_to_nobody_of_that_name(cast):
    number = ask_for(cast, "alice", title=GOOD)
    ask_for(cast, "stella", title=GOOD)
    erase(cast, "stella")
    with transaction():
        operations.withdraw(the(number), by=cast.user("alice"), version=the(number).version)
    assert the(number).status is Status.WITHDRAWN


def test_no_mail_goes_to_them_any_more(cast):
    number = ask_for(cast, "stella", title=GOOD)
    decide(cast, number, YES)
    waiting = cast.mails("stella")
    assert {m.state for m in waiting} == {MailState.WAITING}
    erase(cast, "stella")
    assert cast.mails("stella") == []
    with transaction():
        editing.comment(the(number), "For the record.", by=cast.user("mara"))
    receivers = set(db.session.scalars(select(OutgoingMail.to)))
    assert not any("erased" in to or "stella" in to for to in receivers)


def test_an_address_they_never_verified_loses_nothing(cast):
    with transaction():
        accounts.add_address(cast.user("stella"), "alice@example.org")
        accounts.add_address(cast.user("stella"), "vera@example.net")
    waits = ask_as(cast, title="Not Confirmed")
    ask_for(cast, "alice", title=GOOD)
    before = [m.id for m in cast.mails("alice")]
    erase(cast, "stella")
    assert [m.id for m in cast.mails("alice")] == before
    assert db.session.get(Proposal, waits) is not None


def test_what_was_sent_to_them_keeps_neither_address_nor_text(cast):
    ask_for(cast, "stella", title=GOOD)
    with transaction():
        for mail in cast.mails("stella"):
            mail.state = MailState.SENT
    erase(cast, "stella")
    sent = db.session.scalars(select(OutgoingMail).where(OutgoingMail.state == MailState.SENT))
    assert {(m.to, m.subject, m.text, m.html) for m in sent} == {("", "", "", "")}


def test_a_grant_at_a_desk_ends_and_its_requests_go_to_who_decides_now(cast):
    with transaction():
        series = cast.item().series
        moved = catalog.grant(
            cast.user("stella"), series.archive, None, GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)
    number = ask_for(cast, "alice", title=GOOD)
    assert sits_at(cast.user("stella"), the(number).desk)
    stella_id = erase(cast, "stella")
    proposal = the(number)
    assert not sits_at(db.session.get_one(User, stella_id), proposal.desk)
    assert proposal.desk_id == cast.item().series.desk_id
    decide(cast, number, YES)


def test_an_address_that_a_file_names_stays_a_maintainers_and_gives_no_right(cast):
    number = ask_for(cast, "alice", title=GOOD)
    mara_id = erase(cast, "mara")
    assert user_by_address("mara@example.org") is None
    assert not sits_at(db.session.get_one(User, mara_id), the(number).desk)
    ask_for(cast, "alice", pages="1-18")
    notice = cast.mails("mara", "notice")[-1]
    assert "/verify/" in notice.text


def test_the_last_administrator_stays_and_the_last_but_one_may_go(cast):
    with pytest.raises(WrongStatus, match="only administrator"):
        erase(cast, "ada")
    assert cast.user("ada").active
    with transaction():
        accounts.give_role(cast.user("cora"), RoleName.ADMINISTRATOR)
    erase(cast, "ada")
    with pytest.raises(WrongStatus, match="only administrator"):
        erase(cast, "cora")


def test_twice_is_once(cast):
    user_id = erase(cast, "stella")
    with transaction():
        user = db.session.get_one(User, user_id)
        at, email = user.erased_at, user.email
        leaving.erase(user)
    assert (user.erased_at, user.email) == (at, email)


def test_somebody_new_may_have_the_address(cast):
    erase(cast, "stella")
    with transaction():
        accounts.create_user(
            name="Somebody Else", email="stella@example.org", password_hash="x", verified=True
        )
    assert ask_for(cast, "stella", title=GOOD)


def test_the_export_holds_everything_of_theirs_and_nothing_of_others(cast):
    with transaction():
        catalog.save_item(cast.user("stella"), cast.item())
        catalog.note_on_saved(cast.user("stella"), cast.item(), "my note")
        drafts.keep_draft(cast.item(), {"typed": {"title": "my draft"}}, by=cast.user("stella"))
    number = ask_for(cast, "stella", title=GOOD)
    others = ask_for(cast, "alice", pages="1-18")
    ask_for(cast, "stella", pages="1-18")
    with transaction():
        editing.comment(the(number), "My comment.", by=cast.user("stella"))
        editing.comment(the(number), "Maras note.", by=cast.user("mara"), desk_only=True)
    decide(cast, number, (Outcome.DECLINED, "No, it has not."))
    taken = json.loads(json.dumps(leaving.export(cast.user("stella"))))
    assert taken["account"]["email"] == "stella@example.org"
    assert [a["address"] for a in taken["account"]["addresses"]] == ["stella@example.org"]
    (request,) = taken["requests"]
    assert (request["number"], request["about"], request["status"]) == (number, ITEM, "rejected")
    (change,) = request["changes"]
    assert (change["new"], change["reason"]) == (GOOD, "No, it has not.")
    assert [s["number"] for s in taken["supported"]] == [others]
    assert "My comment." in [a["text"] for a in taken["acts"]]
    assert taken["bibliography"][0]["note"] == "my note"
    assert taken["drafts"][0]["form"]["typed"] == {"title": "my draft"}
    whole = json.dumps(taken)
    assert "Maras note." not in whole
    assert "alice" not in whole.lower()


def test_a_long_list_is_taken_along_whole(cast, monkeypatch):
    monkeypatch.setattr(requests, "PART", 2)
    numbers = [ask_for(cast, "stella", title=f"Title {n}") for n in range(5)]
    taken = leaving.export(cast.user("stella"))
    assert [r["number"] for r in taken["requests"]] == numbers
    assert len(taken["acts"]) == 5


def test_only_open_requests_are_withdrawn(cast):
    number = ask_for(cast, "stella", title=GOOD)
    decide(cast, number, YES)
    erase(cast, "stella")
    assert the(number).status is Status.APPROVED
    assert cast.item().title == GOOD
    events = db.session.scalars(select(Event.what).where(Event.proposal_id == the(number).id))
    assert Action.WITHDRAW.value not in {what.value for what in events}
    assert db.session.scalar(select(Proposal.id).where(Proposal.number == number))
