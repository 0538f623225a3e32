"""What a decision, a revert or a publisher's file settles of what others ask for, and who hears
of it; what a reading of the files did to accepted changes."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from correction_flow.catalog.queries import has_authored, known_authors
from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals import deadlines, mails, news, operations, undoing
from correction_flow.proposals.lifecycle import Outcome, Standing, Status
from correction_flow.proposals.models import Untold
from correction_flow.proposals.queries import carried
from correction_flow.upstream.standing import reconcile
from tests.cast import OTHER
from tests.makers import import_tree
from tests.nouns.test_afterwards import OTHER_TITLE, accepted, edit, names, publish_title, revert
from tests.nouns.test_workflow import GOOD, YES, ask_for, claim_name, decide, the


def clock(minutes=6):
    """The worker comes, so many minutes later."""
    with at(utcnow() + timedelta(minutes=minutes)):
        for proposal_id in deadlines.due():
            with transaction():
                deadlines.act_when_due(proposal_id)


@pytest.fixture
def five_minutes(app):
    app.config["UNDO_MINUTES"] = 5


# -- by another request -------------------------------------------------------------------


def amended_to(cast, number, title):
    """Mara accepts with a slip mended: what she accepts is what somebody else asks for."""
    decide(cast, number, (Outcome.AMENDED, title))


def test_a_decision_settles_what_another_asks_for_when_it_can_no_longer_be_undone(
    cast, five_minutes
):
    theirs = ask_for(cast, who="stella", title=GOOD)
    number = ask_for(cast, title=GOOD + "!")
    amended_to(cast, number, GOOD)
    clock(minutes=4)
    assert the(theirs).status is Status.SUBMITTED
    clock()
    proposal = the(theirs)
    assert proposal.status is Status.SUPERSEDED
    assert proposal.superseded_by_id == the(number).id
    assert proposal.changes[0].reason == f"Already so: {number} was accepted."
    mail = cast.mails("stella", "superseded")[0]
    assert f"{number} was accepted" in mail.text
    assert "credited" in mail.text
    assert "credited" in mail.html


def test_what_an_undo_takes_back_has_settled_nothing(cast, five_minutes):
    theirs = ask_for(cast, who="stella", title=GOOD)
    before = (the(theirs).waiting_since, the(theirs).due_at, the(theirs).clock_at)
    number = ask_for(cast, title=GOOD + "!")
    amended_to(cast, number, GOOD)
    with transaction():
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)
    clock()
    proposal = the(theirs)
    assert proposal.status is Status.SUBMITTED
    assert (proposal.waiting_since, proposal.due_at, proposal.clock_at) == before
    assert [m.name for m in cast.mails("stella")] == ["receipt"]


def test_what_a_decision_settles_in_part_stays_open_with_the_rest(cast, five_minutes):
    theirs = ask_for(cast, who="stella", title=GOOD, pages="1-18")
    number = ask_for(cast, title=GOOD + "!")
    amended_to(cast, number, GOOD)
    version = the(theirs).version
    with transaction():  # a question meanwhile does not make the clock forget
        operations.ask(the(theirs), "Sure?", by=cast.user("mara"), version=version)
    clock()
    proposal = the(theirs)
    assert proposal.status is Status.NEEDS_INFORMATION
    assert proposal.version > version
    assert [c.target for c in proposal.undecided] == ["pages"]
    mail = cast.mails("stella", "looked_again")[0]
    assert f"Title: Already so: {number} was accepted." in mail.text
    assert "A part of your request is settled" in mail.text.splitlines()[0]
    with transaction():
        operations.answer(the(theirs), "Yes.", by=cast.user("stella"), version=proposal.version)
    with transaction():
        proposal = the(theirs)
        waiting = proposal.undecided[0]
        operations.decide(
            proposal, {waiting.id: operations.Decision(Outcome.ACCEPTED, seen=seen(waiting))},
            by=cast.user("mara"), version=proposal.version,
        )  # fmt: skip
    assert carried(cast.item())["pages"].applied == "1-18"


def seen(change):
    from correction_flow.core.text import digest
    from correction_flow.proposals.kinds import rules_of

    return digest(rules_of(change.proposal).current(change))


def test_who_wants_another_value_is_told_that_it_moved_once_and_stays_open(cast, five_minutes):
    theirs = ask_for(cast, who="stella", title=OTHER_TITLE)
    accepted(cast, title=GOOD)
    for _ in range(2):
        clock()
    assert the(theirs).status is Status.SUBMITTED
    told = cast.mails("stella", "looked_again")
    assert len(told) == 1
    assert f"Title: this says “{GOOD}” by now" in told[0].text
    assert "You need do nothing" in told[0].text
    clock(minutes=60 * 24 * 15)
    assert len(cast.mails("stella", "looked_again")) == 1
    assert cast.mails("mara", "overdue")


def test_who_wants_what_fits_together_with_it_is_told_so(cast):
    jacob, eva = names(cast)
    ask_for(cast, who="stella", authors=f"{jacob}\n{eva}\nCal Added")
    accepted(cast, authors=f"Jacob X. Torfing\n{eva}")
    clock()
    assert "fits together with that" in cast.mails("stella", "looked_again")[0].text


def test_a_revert_that_brings_back_what_somebody_asks_for_settles_it(cast):
    before = cast.item().title
    number = accepted(cast, title=GOOD)
    theirs = ask_for(cast, who="stella", title=before)
    revert(cast, number)
    clock(minutes=0)
    assert the(theirs).status is Status.SUPERSEDED
    assert the(theirs).superseded_by_id is None


def test_the_publisher_settles_what_an_edited_request_still_asks_for(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    edit(cast, number, title=GOOD)
    publish_title(GOOD)
    assert the(number).status is Status.SUPERSEDED
    assert cast.mails("alice", "superseded") == []
    mail = cast.mails("alice", "read_again")[0]
    assert mail.subject == "RePEc:gam was read again: 1 settled"
    assert "own file says so now" in mail.text
    assert "own file says so now" in mail.html


def test_whatever_a_reading_settles_is_one_mail_a_person(cast):
    first = ask_for(cast, title=GOOD)
    second = ask_for(cast, pages="1-82")
    ask_for(cast, who="stella", title=GOOD)
    third = accepted(cast, volume="10")
    with transaction():
        upstream = {**cast.item().upstream, "title": GOOD, "pages": "1-82", "volume": "10"}
        reconcile(cast.item(), upstream, import_run_id=7)
    with transaction():
        news.tell([7])
    assert {the(n).status for n in (first, second)} == {Status.SUPERSEDED}
    alice = cast.mails("alice", "read_again")
    assert len(alice) == len(cast.mails("stella", "read_again")) == 1
    assert alice[0].subject == "RePEc:gam was read again: 1 adopted, 2 settled"
    assert all(number in alice[0].text for number in (first, second, third))
    assert "SETTLED (1)" in cast.mails("stella", "read_again")[0].text
    assert [m.name for m in cast.mails() if m.name == "superseded"] == []


def test_the_publisher_settles_a_part(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    publish_title(GOOD)
    assert [c.target for c in the(number).undecided] == ["pages"]
    assert "own file says so now" in cast.mails("alice", "looked_again")[0].text


def test_whose_name_the_publisher_takes_off_is_an_author_no_more_to_rights_and_to_mails(cast):
    decide(cast, claim_name(cast, "bob", n=1), YES)
    item, bob = cast.item(), cast.user("bob")
    assert has_authored(bob, item)
    assert known_authors(item) == [bob]
    import_tree({"jadmsc/v9.rdf": ("Author-Name: Eva S\xf8rensen\n", "")})
    assert not has_authored(cast.user("bob"), cast.item())
    assert known_authors(cast.item()) == []


# -- what a reading did to accepted changes ---------------------------------------------------


def read_again(cast, who):
    return cast.mails(who, "read_again")


def test_a_reading_tells_each_person_in_one_mail_what_it_did(cast):
    number = accepted(cast, title=GOOD, pages="1-18")
    ask_for(cast, who="stella", volume="10")
    old = "Interactive Political Leadership in Theory and Practise"
    import_tree({"jadmsc/v9.rdf": (old, GOOD)})
    assert [len(read_again(cast, who)) for who in ("alice", "mara", "stella")] == [1, 1, 0]
    mail = read_again(cast, "alice")[0]
    assert mail.subject == "RePEc:gam was read again: 1 adopted"
    assert mail.text.startswith("Nobody’s turn")
    assert f"{number}  {GOOD}" in mail.text
    assert "Thank you" in mail.html
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    import_tree({"jadmsc/v9.rdf": (old, GOOD)})
    assert len(read_again(cast, "alice")) == 1, "what is told is told once"
    import_tree()
    assert the(number).changes[0].standing is Standing.CARRIED
    for who in ("alice", "mara"):
        assert read_again(cast, who)[1].subject == "RePEc:gam was read again: 1 came back"
    assert len(read_again(cast, "mara")) == 2


def test_a_contested_change_is_asked_for_again_from_the_mail(cast):
    number = accepted(cast, title=GOOD)
    publish_title("New Title")
    mail = read_again(cast, "alice")[0]
    assert mail.text.startswith("Your turn, if you still want it")
    for part in (GOOD, "The file says: New Title", f"again={number}"):
        assert part in mail.text
        assert part in mail.html or part.startswith("The file")
    path = f"/corrections/new?item={cast.item().handle}&again={number}"
    assert GOOD in cast.client("alice").get(path).text
    assert GOOD not in cast.client().get(path.replace(number, "R-999999")).text
    other = path.replace(cast.item().handle, OTHER)
    assert GOOD not in cast.client().get(other).text


def test_however_much_a_reading_did_a_mail_names_the_first_and_counts_the_rest(cast, monkeypatch):
    monkeypatch.setattr(mails, "MOST_LINES", 1)
    accepted(cast, title=GOOD, pages="1-18")
    upstream = {**cast.item().upstream, "title": GOOD, "pages": "1-18"}
    with transaction():
        reconcile(cast.item(), upstream, import_run_id=7)
    assert read_again(cast, "alice") == []
    assert news.untold_runs() == [7], "a run that is killed here is told of by the next"
    db.session.rollback()
    with transaction():
        assert news.tell([7]) == 2
    text = read_again(cast, "alice")[0].text
    assert "ADOPTED (2)" in text
    assert "… and 1 more." in text
    assert db.session.scalars(select(Untold)).all() == []


def test_a_killed_runs_news_are_told_by_the_next_of_its_archive(cast):
    accepted(cast, title=GOOD)
    upstream = {**cast.item().upstream, "title": GOOD}
    with transaction():
        reconcile(cast.item(), upstream, import_run_id=1)
    import_tree({"jadmsc/v9.rdf": ("1-81", "1-82")})
    assert len(read_again(cast, "alice")) == 1
    assert db.session.scalars(select(Untold)).all() == []


def test_a_reverted_change_hears_no_more_of_files(cast):
    number = accepted(cast, title=GOOD)
    revert(cast, number)
    publish_title("New Title")
    assert read_again(cast, "alice") == []
    with pytest.raises(WrongStatus):
        revert(cast, number)
