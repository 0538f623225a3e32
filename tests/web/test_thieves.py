"""Ways to somebody else's address or account, each found by an attacker before it was closed."""

import base64

import pytest

from correction_flow.accounts.models import Address
from correction_flow.accounts.queries import account_of, user_by_address
from correction_flow.core.extensions import db
from correction_flow.core.paging import cursor
from tests.cast import ITEM
from tests.web.test_walk import GOOD, case_form, link_in, number_of, outcomes, request_correction


def test_a_link_for_a_removed_address_verifies_no_other(cast):
    browser = cast.client("stella")
    browser.submit("/account", {"address": "mine@example.net"}, action="/account/addresses")
    link = link_in(next(m for m in cast.mails() if m.to == "mine@example.net"))
    row = db.session.query(Address).filter_by(address="mine@example.net").one()
    assert browser.post(f"/account/addresses/{row.id}/remove").status_code == 303
    victim = {"address": "someone.else@publisher.org"}
    browser.submit("/account", victim, action="/account/addresses")
    browser.post(link)
    db.session.rollback()
    assert user_by_address("someone.else@publisher.org") is None


def register(browser, name, password):
    fields = {"name": name, "email": "victim@publisher.org", "password": password}
    answer = browser.submit(
        "/register", fields | {"password_confirm": password}, action="/register"
    )
    assert answer.status_code == 302


def test_who_registered_my_address_before_me_does_not_keep_their_password(cast):
    register(cast.client(), "Mallory", "mallorys password 1")
    victim = cast.client()
    register(victim, "Victim", "victims own secret 2")
    link = link_in([m for m in cast.mails() if m.to == "victim@publisher.org"][-1])
    page = victim.get(link).text
    assert "password_again" in page
    mine = "victims own secret 2"
    answer = victim.submit(link, {"password": mine, "password_again": mine}, action="/verify/")
    assert answer.status_code == 303
    db.session.rollback()
    assert account_of("victim@publisher.org").confirmed_at is not None
    refused = cast.client()
    refused.submit(
        "/login",
        {"email": "victim@publisher.org", "password": "mallorys password 1"},
        action="/login",
    )
    assert refused.get("/account").status_code == 302


def test_the_browser_that_registered_needs_only_the_button(cast):
    victim = cast.client()
    register(victim, "Victim", "victims own secret 2")
    link = link_in([m for m in cast.mails() if m.to == "victim@publisher.org"][-1])
    assert "password_again" not in victim.get(link).text
    assert "password_again" in cast.client().get(link).text


@pytest.mark.parametrize("path", ["/login", "/register", "/reset"])
def test_the_account_pages_take_no_json(cast, path):
    client = cast.app.test_client()
    assert client.post(path, json={"email": "alice@example.org"}).status_code in (400, 415)
    asked = client.get(path, headers={"Accept": "application/json"})
    assert asked.status_code == 415


def test_a_token_signs_nobody_in(cast):
    token = cast.user("alice").get_auth_token()
    browser = cast.client()
    for path in (f"/account?auth_token={token}", f"/items/{ITEM}?auth_token={token}"):
        answer = browser.get(path, headers={"Authentication-Token": token})
        assert answer.status_code == 302 or "Sign out" not in answer.text
    assert browser.get(f"/account?auth_token={token}").status_code == 302


def test_the_preview_shows_nobodys_address_and_nobodys_wish(cast):
    request_correction(cast, title=GOOD)
    preview = cast.client("stella").submit(
        f"/corrections/new?item={ITEM}",
        {"field_title": "Quite Another Title", "act": "preview"},
        action="/corrections/new",
    )
    assert preview.status_code == 200
    assert "jt@example.org" not in preview.text
    assert "another value here already" in preview.text
    assert GOOD not in preview.text


def test_a_cursor_made_by_hand_breaks_no_page(cast):
    deep = base64.urlsafe_b64encode(b"[" * 2900).decode()
    for after in (deep, cursor("\ud800", 5), cursor("a"), "é", "===="):
        answer = cast.client().get("/archives", query_string={"after": after})
        assert answer.status_code == 200


def test_after_a_decision_the_next_case_is_one_that_may_be_decided(cast):
    own = number_of(request_correction(cast, "mara", title="Mara's Own Wish For It")[2])
    for title in ("A First Title Of It", "A Second Title Of It"):
        number = number_of(request_correction(cast, title=title)[2])
        browser, action, fields = case_form(cast, number)
        answer = browser.send(action, outcomes(fields, ("declined", "No.")))
        assert answer.status_code == 303
        assert own not in answer.location
