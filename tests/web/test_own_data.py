"""The pages where somebody takes their data along, or erases their account."""

import json

import pytest

from correction_flow.core.extensions import db
from correction_flow.proposals.lifecycle import Status
from correction_flow.proposals.queries import proposal_by_number
from tests.cast import PASSWORD
from tests.web.pages import check
from tests.web.test_walk import GOOD, number_of, request_correction


def test_the_export_is_a_file_of_ones_own(cast):
    number = number_of(request_correction(cast, title=GOOD)[2])
    browser = cast.client("alice")
    assert 'href="/account/export"' in browser.get("/account").text
    answer = browser.get("/account/export")
    assert answer.status_code == 200
    assert answer.content_type == "application/json; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert [r["number"] for r in json.loads(answer.text)["requests"]] == [number]
    assert json.loads(cast.client("stella").get("/account/export").text)["requests"] == []
    assert "/login" in cast.client().get("/account/export").location


def test_the_account_is_erased_with_the_password_alone(cast):
    number = number_of(request_correction(cast, title=GOOD)[2])
    browser, elsewhere = cast.client("alice"), cast.client("alice")
    page = browser.get("/account/erase")
    check(page.text)
    assert "1 of them is open" in page.text
    for password in ("", "wrong password"):
        wrong = browser.submit("/account/erase", {"password": password}, action="/account/erase")
        assert wrong.status_code == 422
        check(wrong.text)
    assert proposal_by_number(number).status is Status.SUBMITTED
    done = browser.submit("/account/erase", {"password": PASSWORD}, action="/account/erase")
    assert (done.status_code, done.location) == (303, "/")
    assert "Your account is erased" in browser.get("/").text
    db.session.rollback()
    assert proposal_by_number(number).status is Status.WITHDRAWN
    for one in (browser, elsewhere):
        assert "/login" in one.get("/my/requests").location
    again = cast.client().submit(
        "/login", {"email": "alice@example.org", "password": PASSWORD}, action="/login"
    )
    assert again.status_code == 200
    case = cast.client("mara").get(f"/desk/{number}").text
    check(case)
    assert "a former user" in case
    assert "Alice Torfing" not in case


def test_the_last_administrator_is_told_why_not(cast):
    browser = cast.client("ada")
    page = browser.get("/account/erase").text
    check(page)
    assert "You are the only administrator" in page
    refused = browser.post("/account/erase", {"password": PASSWORD})
    assert refused.status_code == 409
    check(refused.text)
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize("path", ["/account/erase"])
def test_signed_out_nothing_is_erased(cast, path):
    assert cast.client().post(path, {"password": PASSWORD}).status_code == 401
    assert cast.client("alice").post(path, {"password": PASSWORD}, token=False).status_code == 400
    assert cast.client("alice").get("/account").status_code == 200


def test_too_many_wrong_passwords_are_held_up(cast, app):
    browser = cast.client("alice")
    app.config["RATE_LIMITS"] = True
    said = [browser.post("/account/erase", {"password": "x"}).status_code for _ in range(21)]
    assert said == [422] * 20 + [429]
