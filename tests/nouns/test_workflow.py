"""The rules of the workflow, below the pages."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from correction_flow.catalog.queries import authors_of, citing, item_by_handle
from correction_flow.citations.operations import request_links
from correction_flow.claims.operations import claim
from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import Conflict, Invalid, NotAllowed, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.outbox import MailState
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections import operations as corrections
from correction_flow.corrections.operations import request_correction
from correction_flow.proposals import editing, operations, reopening, undoing
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Actor, Outcome, Standing, Status
from correction_flow.proposals.models import Event, Proposal
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.queries import proposal_by_number
from tests.cast import CITED, ITEM, UNDESCRIBED

GOOD = "Interactive Political Leadership in Theory and Practice"


def ask_for(cast, who="alice", handle=ITEM, **texts):
    with transaction():
        item = cast.item(handle)
        submitted = request_correction(
            item, texts, by=cast.user(who), reason="A reason.", evidence_url=None,
            item_version=item.version,
        )  # fmt: skip
        return submitted.proposal.number if submitted.proposal else None


def claim_name(cast, who, n=0, reason="It is me."):
    with transaction():
        item = cast.item()
        submitted = claim(
            item, cast.item_author(n).id, by=cast.user(who), reason=reason, evidence_url=None,
            item_version=item.version,
        )  # fmt: skip
        return submitted.proposal.number


def decide(cast, number, *said, by="mara", version=None):
    """`said`: per change an outcome, or (outcome, reason or amended text)."""
    with transaction():
        proposal = proposal_by_number(number)
        rules = rules_of(proposal)
        decisions = {}
        for change, one in zip(proposal.changes, said, strict=True):
            outcome, words = one if isinstance(one, tuple) else (one, "")
            amended = outcome is Outcome.AMENDED
            decisions[change.id] = Decision(
                outcome, seen=digest(rules.current(change)), text=words if amended else "",
                reason="" if amended else words,
            )  # fmt: skip
        operations.decide(
            proposal, decisions, by=cast.user(by), version=version or proposal.version
        )


def the(number):
    return proposal_by_number(number)


def sent_by(cast, who):
    """What somebody has sent, or is theirs now."""
    mine = select(Proposal).where(Proposal.proposer_id == cast.user(who).id)
    return list(db.session.scalars(mine.order_by(Proposal.id.desc())))


YES, NO = Outcome.ACCEPTED, (Outcome.DECLINED, "The PDF says otherwise.")


def test_a_withdrawn_change_can_be_asked_again(cast):
    number = ask_for(cast, title=GOOD)
    with transaction():
        operations.withdraw(the(number), by=cast.user("alice"), version=1)
    assert the(number).status is Status.WITHDRAWN
    assert ask_for(cast, title=GOOD) not in (None, number)


def test_a_supported_request_passes_to_the_first_supporter(cast):
    number = ask_for(cast, title=GOOD)
    assert ask_for(cast, who="stella", title=GOOD) is None
    with transaction():
        operations.withdraw(the(number), by=cast.user("alice"), version=1)
    assert the(number).status is Status.SUBMITTED
    assert the(number).proposer.id == cast.user("stella").id
    assert cast.mails("stella")[-1].name == "passed_on"


def test_the_rest_is_submitted_when_a_part_was_asked_for_already(cast):
    ask_for(cast, title=GOOD)
    number = ask_for(cast, who="stella", title=GOOD, pages="1-18")
    assert [c.target for c in the(number).changes] == ["pages"]


def test_nobody_decides_as_supporter_or_author(cast):
    first = claim_name(cast, "otto")
    decide(cast, first, YES)
    assert cast.item_author(0).profile.user_id == cast.user("otto").id
    number = ask_for(cast, who="stella", title=GOOD)
    assert ask_for(cast, who="mara", title=GOOD) is None
    with pytest.raises(NotAllowed, match="curators do where there is none"):
        decide(cast, number, YES)
    decide(cast, number, YES, by="cora")


def test_the_only_maintainer_settles_low_risk_changes_and_it_is_said(cast):
    number = ask_for(cast, who="mara", title=GOOD)
    assert the(number).changes[0].low_risk
    decide(cast, number, YES)
    event = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert event.details["by_the_archive_itself"] is True


def test_where_the_only_maintainer_may_not_curators_decide(cast):
    number = ask_for(cast, who="mara", title="Something Else Entirely")
    assert cast.mails("cora", "notice")
    with pytest.raises(NotAllowed):
        decide(cast, number, YES, by="mara")
    decide(cast, number, YES, by="cora")
    assert the(number).decided_as is Actor.CURATOR


def test_curators_decide_only_where_no_maintainer_does(cast):
    number = ask_for(cast, title=GOOD)
    with pytest.raises(NotAllowed):
        decide(cast, number, YES, by="cora")
    undescribed = ask_for(cast, handle=UNDESCRIBED, title="Another Title of It")
    with pytest.raises(NotAllowed):
        decide(cast, undescribed, YES, by="mara")
    decide(cast, undescribed, YES, by="cora")
    assert item_by_handle(UNDESCRIBED).title == "Another Title of It"


def test_a_second_claim_is_a_dispute_for_curators(cast):
    decide(cast, claim_name(cast, "alice"), YES)
    second = claim_name(cast, "stella")
    assert cast.mails("cora", "notice")
    with pytest.raises(NotAllowed):
        decide(cast, second, YES, by="mara")
    decide(cast, second, NO, by="cora")
    assert cast.item_author(0).profile.user_id == cast.user("alice").id


def test_a_typographic_amendment_applies(cast):
    number = ask_for(cast, title="Interactive Political Leadership in Theory and Pratcice")
    decide(cast, number, (Outcome.AMENDED, GOOD))
    assert the(number).changes[0].outcome is Outcome.AMENDED
    assert cast.item().title == GOOD


def test_a_semantic_amendment_is_a_question_the_proposer_agrees_to(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    decide(cast, number, (Outcome.AMENDED, "Quite Another Title"), NO)
    proposal = the(number)
    assert proposal.status is Status.NEEDS_INFORMATION
    assert cast.item().title != "Quite Another Title"
    assert list(operations.suggestions(proposal).values()) == ["Quite Another Title"]
    assert "Quite Another Title" in cast.mails("alice", "asked")[0].text
    with transaction():
        operations.answer(the(number), "", by=cast.user("alice"), version=2, agree=True)
    decide(cast, number, YES, NO)
    assert cast.item().title == "Quite Another Title"


def test_a_decision_can_be_taken_back_until_a_mail_has_left(cast, app):
    app.config["UNDO_MINUTES"] = 5
    number = ask_for(cast, title=GOOD)
    before = (the(number).waiting_since, the(number).due_at)
    decide(cast, number, YES)
    assert cast.item().title == GOOD
    with pytest.raises(NotAllowed, match="Only who decided"), transaction():
        undoing.undo(the(number), by=cast.user("cora"), version=the(number).version)
    with transaction():
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)
    proposal = the(number)
    assert proposal.status is Status.SUBMITTED
    assert (proposal.waiting_since, proposal.due_at) == before
    assert proposal.changes[0].outcome is None
    assert cast.item().title != GOOD
    assert [m.state for m in cast.mails("alice", "decided")] == [MailState.CANCELLED]
    decide(cast, number, NO)
    with at(utcnow() + timedelta(minutes=6)), pytest.raises(WrongStatus), transaction():
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)


def test_a_stale_version_is_a_conflict_and_writes_nothing(cast):
    number = ask_for(cast, title=GOOD)
    with pytest.raises(Conflict):
        decide(cast, number, YES, version=7)
    assert the(number).status is Status.SUBMITTED


def test_competing_values_replace_each_other_only_by_decision(cast):
    first, second = ask_for(cast, title="First Title"), ask_for(cast, "stella", title="Second")
    decide(cast, first, YES)
    assert the(second).status is Status.SUBMITTED
    decide(cast, second, YES)
    assert cast.item().title == "Second"
    assert the(first).changes[0].standing is Standing.RETIRED
    assert the(second).changes[0].standing is Standing.CARRIED


def test_what_is_asked_and_answered_is_mailed_in_one_thread(cast):
    number = ask_for(cast, title=GOOD)
    with transaction():
        operations.ask(the(number), "Which edition?", by=cast.user("mara"), version=1)
    assert the(number).status is Status.NEEDS_INFORMATION
    with transaction():
        operations.answer(the(number), "The first.", by=cast.user("alice"), version=2)
    decide(cast, number, YES)
    mails = cast.mails("alice")
    assert [m.name for m in mails] == ["receipt", "asked", "decided"]
    assert len({m.subject for m in mails}) == 1
    for earlier, later in itertools.pairwise(mails):
        assert later.headers["In-Reply-To"] == earlier.message_id
        assert mails[0].message_id in later.headers["References"]


def test_the_decider_is_not_told_of_their_own_act_and_each_person_once(cast):
    decide(cast, claim_name(cast, "alice"), YES)
    number = ask_for(cast, title=GOOD)
    decide(cast, number, YES)
    thread = [m for m in cast.mails() if m.thread == number]
    assert cast.mails("mara", "decided") == []
    assert len([m for m in thread if m.name == "decided" and "alice" in m.to]) == 1


def test_who_asks_themselves_gets_no_mail_of_it(cast):
    number = ask_for(cast, who="mara", title=GOOD)
    with transaction():
        operations.ask(the(number), "Which edition?", by=cast.user("mara"), version=1)
    assert cast.mails(folder="asked") == []


def test_a_link_shows_on_both_items_and_is_withdrawn_by_undo(cast, app):
    app.config["UNDO_MINUTES"] = 5
    with transaction():
        item = cast.item()
        number = request_links(
            item, {cast.reference(0).id: CITED}, by=cast.user("alice"), reason="r",
            evidence_url=None, item_version=item.version,
        ).proposal.number  # fmt: skip
    decide(cast, number, YES)
    assert [i.handle for i in citing(cast.item(CITED))] == [ITEM]
    with transaction():
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)
    assert citing(cast.item(CITED)) == []


def know_as_author_of_the_cited(cast, who):
    with transaction():
        item = cast.item(CITED)
        number = claim(
            item, authors_of(item)[0].id, by=cast.user(who), reason="Me.", evidence_url=None,
            item_version=item.version,
        ).proposal.number  # fmt: skip
    decide(cast, number, YES)


def ask_to_link(cast, who="alice", to=CITED):
    with transaction():
        item = cast.item()
        return request_links(
            item, {cast.reference(0).id: to}, by=cast.user(who), reason="My words.",
            evidence_url=None, item_version=item.version,
        ).proposal.number  # fmt: skip


def test_the_author_of_the_cited_item_is_told_of_a_link_and_nothing_private(cast):
    know_as_author_of_the_cited(cast, "stella")
    number = ask_to_link(cast)
    decide(cast, number, YES)
    (mail,) = cast.mails("stella", "cited")
    assert f"Decided in {number}" in mail.text
    assert "now cites" in mail.text
    assert cast.item(CITED).title in mail.text
    assert cast.item().title in mail.html
    assert f"/items/{ITEM}" in mail.text
    for secret in ("Alice", "My words.", "Mara"):
        assert secret not in mail.text + mail.html + mail.subject
    assert [m.name for m in cast.mails("stella")].count("decided") == 1  # of the claim


def test_who_hears_of_the_link_anyway_hears_once_and_of_a_declined_one_nobody_else(cast):
    know_as_author_of_the_cited(cast, "alice")
    decide(cast, ask_to_link(cast), YES)
    assert cast.mails(folder="cited") == []


def test_a_declined_link_is_no_business_of_the_cited_author(cast):
    know_as_author_of_the_cited(cast, "stella")
    decide(cast, ask_to_link(cast), NO)
    assert cast.mails(folder="cited") == []


def test_a_link_taken_back_by_undo_is_told_to_nobody(cast, app):
    know_as_author_of_the_cited(cast, "stella")
    app.config["UNDO_MINUTES"] = 5
    number = ask_to_link(cast)
    decide(cast, number, YES)
    with transaction():
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)
    assert [m.state for m in cast.mails("stella", "cited")] == [MailState.CANCELLED]


def test_unchanged_values_make_no_request(cast):
    with pytest.raises(Invalid):
        ask_for(cast, title=cast.item().title)


def test_an_unverified_person_cannot_send(cast):
    from correction_flow.accounts.operations import create_user

    with transaction():
        create_user(name="New", email="new@example.org", password_hash="x")
    with pytest.raises(NotAllowed, match="confirm"):
        ask_for(cast, who="new", title=GOOD)


def test_a_removed_maintainer_decides_no_more(cast):
    from correction_flow.catalog import operations as catalog
    from correction_flow.catalog.models import GrantEffect

    number = ask_for(cast, title=GOOD)
    with transaction():
        series = cast.item().series
        moved = catalog.grant(cast.user("mara"), series.archive, None, GrantEffect.REMOVED, by=None)
        moved += catalog.grant(
            cast.user("otto"), series.archive, series, GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)
    with pytest.raises(NotAllowed):
        decide(cast, number, YES, by="mara")
    decide(cast, number, YES, by="otto")


def vanish(cast):
    with transaction():
        cast.item().vanished_at = utcnow()


def test_what_the_files_have_no_more_takes_no_request_and_names_the_remedy(cast):
    declined = ask_for(cast, title=GOOD)
    decide(cast, declined, NO)
    waiting = ask_for(cast, pages="1-18")
    vanish(cast)
    remedy = "write to the archive’s maintainer"
    with pytest.raises(Invalid, match=remedy):
        ask_for(cast, volume="10")
    with pytest.raises(Invalid, match=remedy):
        claim_name(cast, "stella")
    with pytest.raises(Invalid, match=remedy):
        ask_to_link(cast)
    ids = [c.id for c in the(declined).changes]
    with pytest.raises(Invalid, match=remedy), transaction():
        reopening.appeal(the(declined), ids, "Look again.", by=cast.user("alice"))
    wanted = corrections.wanted(cast.item(), {"pages": "1-19"})
    with pytest.raises(Invalid, match=remedy), transaction():
        editing.edit(the(waiting), wanted, by=cast.user("alice"), version=1, reason="")
    assert len(sent_by(cast, "alice")) == 2


def test_an_amendment_that_could_not_be_published_is_refused_before_anybody_is_asked(cast):
    number = ask_for(cast, title=GOOD)
    with pytest.raises(Invalid, match="A work has a title"):
        decide(cast, number, (Outcome.AMENDED, ""))
    assert the(number).status is Status.SUBMITTED
    assert cast.mails("alice", "asked") == []
