"""After a request is sent: comments, support, appeal, sending again, revert, on their pages."""

import re
from datetime import timedelta

from sqlalchemy import insert

from correction_flow.core.clock import at, utcnow
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals import deadlines, operations
from correction_flow.proposals.lifecycle import Actor, Audience, Status, What
from correction_flow.proposals.models import Change, Event
from correction_flow.proposals.queries import MOST_EVENTS, MOST_UNDECIDED
from tests.cast import ITEM, form_on
from tests.nouns.test_afterwards import accepted, revert
from tests.nouns.test_workflow import GOOD, NO, YES, ask_for, claim_name, decide, the
from tests.web.pages import check


def page_of(browser, number, desk=False):
    html = browser.get(f"/{'desk' if desk else 'proposals'}/{number}").text
    check(html)
    return html


def test_a_comment_is_sent_once_however_often_one_presses(cast):
    number = ask_for(cast, title=GOOD)
    alice = cast.client("alice")
    action, fields = form_on(page_of(alice, number), "/comment")
    for _ in range(2):
        assert alice.send(action, fields | {"comment": "It is on\r\npage 3. "}).status_code == 303
    assert page_of(alice, number).count("It is on") == 1
    assert len(cast.mails("mara", "commented")) == 1


def test_a_page_that_cannot_show_all_that_happened_or_waits_says_so(cast):
    first, second = ask_for(cast, title=GOOD), ask_for(cast, "bob", pages="1-90")
    mara = cast.client("mara")
    shown = page_of(mara, first, desk=True)
    assert "not shown" not in shown
    assert "Very much" not in shown
    said = {
        "proposal_id": the(first).id, "item_id": cast.item().id, "what": What.COMMENT,
        "at": utcnow(), "actor_role": Actor.CURATOR, "audience": Audience.PUBLIC,
    }  # fmt: skip
    (change,) = the(second).changes
    columns = [c.key for c in Change.__table__.columns if c.key != "id"]
    asked = {key: getattr(change, key) for key in columns}
    with transaction() as session:
        session.execute(insert(Event), [said | {"note": f"No. {n}."} for n in range(MOST_EVENTS)])
        session.execute(
            insert(Change), [asked | {"new_key": f"other {n}"} for n in range(MOST_UNDECIDED)]
        )
    shown = page_of(mara, first, desk=True)
    assert f"These are the latest {MOST_EVENTS}" in shown
    assert f"No. {MOST_EVENTS - 1}." in shown
    assert f"Only the oldest {MOST_UNDECIDED} changes" in shown
    db.session.rollback()
    alice = cast.client("alice")
    latest = page_of(alice, first)
    assert f"These are the latest {MOST_EVENTS}" in latest
    assert "Submitted" not in re.findall(r'timeline-title">([^<]+)', latest)
    earlier = re.search(r'href="([^"]*before=[^"#]*)', latest)[1]
    before = alice.get(earlier).text
    check(before)
    assert "Submitted" in re.findall(r'timeline-title">([^<]+)', before)
    assert "What happened last" in before
    assert f"No. {MOST_EVENTS - 1}." not in before
    for nonsense in ("x", "-1", "99999999999999999999"):
        assert alice.get(f"/proposals/{first}?before={nonsense}").status_code == 200
    preview = alice.submit(
        f"/corrections/new?item={ITEM}", {"field_volume": "10", "act": "preview"},
        action="/corrections/new",
    )  # fmt: skip
    assert f"Only the oldest {MOST_UNDECIDED} changes that wait were compared" in preview.text
    check(preview.text)


def test_what_a_later_change_covers_and_what_was_reverted_have_words_of_their_own(cast):
    first = accepted(cast, volume="10")
    second = accepted(cast, volume="11")
    alice = cast.client("alice")
    assert "Covered by a later accepted change" in page_of(alice, first)
    assert "Taken back" not in page_of(alice, first)
    revert(cast, second)
    assert "Taken back: it was reverted later" in page_of(alice, second)
    assert "Covered" not in page_of(alice, first)


def test_an_empty_comment_is_refused_at_its_field(cast):
    number = ask_for(cast, title=GOOD)
    answer = cast.client("alice").submit(
        f"/proposals/{number}", {"comment": " "}, action="/comment"
    )
    assert answer.status_code == 422
    assert "Write your comment" in answer.text


def test_a_note_for_the_desk_is_read_at_the_desk_only(cast):
    number = ask_for(cast, title=GOOD)
    mara = cast.client("mara")
    note = {"comment": "She asked before.", "desk_only": "1"}
    assert mara.submit(f"/proposals/{number}", note, action="/comment").status_code == 303
    assert "She asked before." in page_of(mara, number, desk=True)
    assert "She asked before." not in page_of(cast.client("alice"), number)
    assert "desk_only" not in page_of(cast.client("alice"), number)


def test_an_author_of_the_item_supports_a_request_with_one_press(cast):
    decide(cast, claim_name(cast, "bob", n=1), YES)
    number = ask_for(cast, title=GOOD)
    bob = cast.client("bob")
    assert "I need this too" in page_of(bob, number)
    assert bob.submit(f"/proposals/{number}", {}, action="/support").status_code == 303
    assert "I need this too" not in page_of(bob, number)
    assert "I need this too" not in page_of(cast.client("alice"), number)


def test_a_declined_change_is_appealed_and_somebody_else_decides(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    decide(cast, number, YES, NO)
    alice = cast.client("alice")
    html = page_of(alice, number)
    assert "Send the appeal" in html
    action, fields = form_on(html, "/appeal")
    empty = alice.send(action, fields | {"appeal": ""})
    assert (empty.status_code, "Say why" in empty.text) == (422, True)
    sent = alice.send(action, fields | {"appeal": "Page 18 is the last one."})
    second = sent.location.rsplit("/", 1)[1]
    assert second != number
    assert alice.send(action, fields | {"appeal": "Page 18 is the last one."}).location == (
        sent.location
    )
    assert number in page_of(alice, second)
    assert "Send the appeal" not in page_of(alice, number)
    refused = page_of(cast.client("cora"), second, desk=True)
    assert "this is an appeal" in refused
    assert "Decide</button>" in refused


def test_what_expired_is_sent_again_with_one_press(cast):
    number = ask_for(cast, title=GOOD)
    with transaction():
        operations.ask(the(number), "Which?", by=cast.user("mara"), version=1)
    with at(utcnow() + timedelta(days=31)):
        with transaction():
            deadlines.act_when_due(deadlines.due()[0])
        alice = cast.client("alice")
        sent = alice.submit(f"/proposals/{number}", {}, action="/send-again")
        assert the(sent.location.rsplit("/", 1)[1]).status is Status.SUBMITTED
        assert "Send again" not in page_of(alice, number)


def test_a_decider_reverts_one_of_two_changes_and_everybody_reads_why(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    decide(cast, number, YES, YES)
    mara = cast.client("mara")
    action, fields = form_on(page_of(mara, number, desk=True), "/revert")
    chosen = fields | {"change": str(the(number).changes[0].id)}
    without = mara.send(action, chosen | {"revert_reason": ""})
    assert without.status_code == 422
    assert "Give the reason" in without.text
    assert mara.send(action, chosen | {"revert_reason": "A mix-up."}).status_code == 303
    html = page_of(cast.client("alice"), number)
    assert "A mix-up." in html
    assert "No longer in effect: Title." in html
    assert GOOD not in cast.client().get(f"/items/{ITEM}").text.split("<h2")[0]
    assert cast.item().shown["pages"] == "1-18"


def test_a_proposer_sees_no_button_to_revert_and_cannot_press_it(cast):
    number = ask_for(cast, title=GOOD)
    decide(cast, number, YES)
    alice = cast.client("alice")
    change = str(the(number).changes[0].id)
    answer = alice.post(
        f"/desk/{number}/revert",
        {"change": change, "revert_reason": "x", "version": str(the(number).version)},
    )
    assert answer.status_code == 403
    stranger = cast.client("stella").post(f"/proposals/{number}/appeal", {"appeal": "x"})
    assert stranger.status_code == 404


def test_whoever_answers_or_withdraws_twice_is_led_to_the_result_of_the_first(cast):
    number = ask_for(cast, title=GOOD)
    with transaction():
        operations.ask(the(number), "Which?", by=cast.user("mara"), version=1)
    alice = cast.client("alice")
    action, fields = form_on(page_of(alice, number), "/answer")
    for _ in range(2):
        assert alice.send(action, fields | {"answer": "The first. "}).status_code == 303
    assert len(cast.mails("mara", "answered")) == 1
    action, fields = form_on(page_of(alice, number), "/withdraw")
    for _ in range(2):
        assert alice.send(action, fields | {"note": ""}).status_code == 303
    assert the(number).status is Status.WITHDRAWN


def test_the_edit_of_a_request_stands_word_for_word_in_its_timeline(cast):
    from tests.nouns.test_afterwards import OTHER_TITLE, edit

    number = ask_for(cast, title=GOOD, pages="1-18")
    edit(cast, number, title=OTHER_TITLE)
    html = page_of(cast.client("mara"), number, desk=True)
    assert f"Title: {OTHER_TITLE} (was: {GOOD})" in html
    assert "Pages: no longer asked for (was: 1-18)" in html


def test_a_question_asked_twice_is_asked_once_and_a_reason_may_have_two_lines(cast):
    number = ask_for(cast, title=GOOD)
    mara = cast.client("mara")
    html = page_of(mara, number, desk=True)
    ask, fields = form_on(html, "/ask")
    for _ in range(2):
        assert mara.send(ask, fields | {"question": "Which\r\none? "}).status_code == 303
    assert len(cast.mails("alice", "asked")) == 1
    other = ask_for(cast, pages="1-18")
    reject, fields = form_on(page_of(mara, other, desk=True), "/reject")
    for _ in range(2):
        assert mara.send(reject, fields | {"reason": "No.\r\nSee page 2."}).status_code == 303


def test_what_the_publisher_took_out_takes_no_requests_and_the_text_comes_back(cast):
    alice = cast.client("alice")
    action, fields = form_on(alice.get(f"/corrections/new?item={ITEM}").text, "/corrections/new")
    with transaction():
        cast.item().vanished_at = utcnow()
    answer = alice.send(action, fields | {"field_title": GOOD, "act": "send"})
    assert answer.status_code == 422
    assert "no more" in answer.text
    assert GOOD in answer.text
    for form in ("corrections/new", "claims/new", "citations/new", "corrections/slip"):
        page = alice.get(f"/{form}?item={ITEM}")
        assert (page.status_code, "nobody can correct it" in page.text) == (409, True), form
    page = alice.get(f"/items/{ITEM}").text
    assert "nobody can correct it" in page
    assert "Something is wrong here" not in page


def test_an_open_request_is_edited_in_the_form_it_was_sent_with(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    alice = cast.client("alice")
    assert "Edit the request" in page_of(alice, number)
    page = f"/corrections/new?item={ITEM}&edit={number}"
    form = alice.get(page)
    check(form.text)
    action, fields = form_on(form.text, "/corrections/new")
    assert (fields["field_title"], fields["field_pages"]) == (GOOD, "1-18")
    assert fields["reason"].strip() == "A reason."
    preview = alice.send(action, fields | {"field_pages": "1-20", "act": "preview"})
    check(preview.text)
    action, fields = form_on(preview.text, "/corrections/new")
    assert alice.send(action, fields | {"act": "send"}).status_code == 303
    assert {c.target: c.new for c in the(number).undecided} == {"title": GOOD, "pages": "1-20"}
    stale = alice.send(action, fields | {"act": "send"})
    assert (stale.status_code, "1-20" in stale.text) == (409, True)


def test_nobody_else_edits_a_request_nor_after_its_decision(cast):
    number = ask_for(cast, title=GOOD)
    page = f"/corrections/new?item={ITEM}&edit={number}"
    assert cast.client("mara").get(page).status_code == 403
    assert cast.client("stella").get(page).status_code == 404
    assert cast.client().get(page).status_code in (302, 401)
    decide(cast, number, YES)
    assert cast.client("alice").get(page).status_code == 409
    assert "Edit the request" not in page_of(cast.client("alice"), number)
