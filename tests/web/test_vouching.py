"""The page behind the link to vouch: a scanner that opens it changes nothing."""

import re

import pytest

from correction_flow.citations.models import VouchAnswer
from tests.cast import ITEM
from tests.nouns.test_vouching import ask_link, known, vouches


@pytest.fixture
def link(cast):
    known(cast, "bob", ITEM)
    ask_link(cast)
    (mail,) = cast.mails("bob")
    return re.search(r"http://flow\.test(/vouch/\S+)", mail.text)[1]


def test_opening_it_changes_nothing_and_the_button_answers(cast, link):
    browser = cast.client()
    for _ in range(3):
        page = browser.get(link)
        assert page.status_code == 200
    assert vouches()[0].answer is None
    name = f"answer-{vouches()[0].id}"
    note = f"note-{vouches()[0].id}"
    sent = browser.submit(link, {name: "yes", note: "Page 12."}, action="/vouch/")
    assert sent.status_code == 303
    assert (vouches()[0].answer, vouches()[0].note) == (VouchAnswer.YES, "Page 12.")
    assert "You have answered" in browser.get(link).text


def test_twice_is_once_and_a_change_of_mind_comes_too_late(cast, link):
    browser = cast.client()
    name = f"answer-{vouches()[0].id}"
    values = {name: "no"}
    assert browser.submit(link, values, action="/vouch/").status_code == 303
    assert browser.post(link, values).status_code == 303
    assert browser.post(link, {name: "yes"}).status_code == 409
    assert vouches()[0].answer is VouchAnswer.NO


def test_nothing_chosen_is_told_with_the_text_kept(cast, link):
    note = f"note-{vouches()[0].id}"
    answer = cast.client().submit(link, {note: "Well."}, action="/vouch/")
    assert answer.status_code == 422
    assert "Choose an answer" in answer.text
    assert "Well." in answer.text


def test_a_broken_link_and_a_post_without_a_token_lead_nowhere(cast, link):
    browser = cast.client()
    assert browser.get(link[:-3] + "xyz").status_code == 404
    assert browser.post(link[:-3] + "xyz").status_code == 404
    assert browser.send(link, {f"answer-{vouches()[0].id}": "yes"}).status_code == 400
    assert vouches()[0].answer is None


def test_the_request_leads_there_and_the_desk_shows_it(cast, link):
    assert link in cast.client("bob").get("/proposals/R-000001").text
    assert "/vouch/" not in cast.client("alice").get("/proposals/R-000001").text
    cast.client().submit(link, {f"answer-{vouches()[0].id}": "yes"}, action="/vouch/")
    desk = cast.client("mara").get("/desk/R-000001").text
    assert "What is known" in desk
    assert "Yes, our work cites it so." in desk
    assert "/vouch/" not in cast.client("bob").get("/proposals/R-000001").text
