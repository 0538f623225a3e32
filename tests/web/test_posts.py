"""Every POST for signed out, stranger, wrong part, wrong status, stale version, and twice."""

import pytest

from tests.cast import ITEM, form_on
from tests.web.pages import check
from tests.web.test_walk import GOOD, case_form, link_in, number_of, outcomes, request_correction

ACTS = {
    "/desk/{n}/decide": "mara",
    "/desk/{n}/reject": "mara",
    "/desk/{n}/ask": "mara",
    "/desk/{n}/undo": "mara",
    "/proposals/{n}/answer": "alice",
    "/proposals/{n}/withdraw": "alice",
}
VALUES = {"question": "What?", "reason": "No.", "answer": "So.", "note": "n", "version": "1"}


@pytest.fixture
def number(cast):
    return number_of(request_correction(cast, title=GOOD)[2])


@pytest.mark.parametrize("path", ACTS)
def test_signed_out_nothing_happens_and_nothing_is_told(cast, number, path):
    browser = cast.client()
    for which in (number, "R-999999"):
        answer = browser.post(path.format(n=which), VALUES)
        assert answer.status_code == 401
        check(answer.text)


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize("who", ["stella", "otto", "ada", "bob"])
def test_to_strangers_it_does_not_exist(cast, number, path, who):
    browser = cast.client(who)
    assert browser.post(path.format(n=number), VALUES).status_code == 404
    assert browser.get(f"/proposals/{number}").status_code == 404
    assert browser.get(f"/desk/{number}").status_code == 404


@pytest.mark.parametrize(("path", "right"), ACTS.items())
def test_a_party_in_the_wrong_part_gets_403_with_the_reason(cast, number, path, right):
    wrong = {"mara": "alice", "alice": "mara"}[right]
    answer = cast.client(wrong).post(path.format(n=number), VALUES)
    if path.endswith("undo"):
        assert answer.status_code in (403, 409)
        return
    assert answer.status_code == 403
    check(answer.text)
    assert "Only" in answer.text


@pytest.mark.parametrize(("path", "right"), ACTS.items())
def test_in_the_wrong_status_it_is_409(cast, number, path, right):
    mara = cast.client("mara")
    assert mara.submit(f"/desk/{number}", {"reason": "No."}, action="/reject").status_code == 303
    answer = cast.client(right).post(path.format(n=number), VALUES | {"version": "2"})
    assert answer.status_code == 409
    check(answer.text)


@pytest.mark.parametrize(
    ("path", "right", "typed"),
    [
        ("/desk/{n}/reject", "mara", "No."),
        ("/desk/{n}/ask", "mara", "What?"),
        ("/proposals/{n}/withdraw", "alice", None),
    ],
)
def test_a_stale_version_is_409_and_the_text_comes_back(cast, number, path, right, typed):
    answer = cast.client(right).post(path.format(n=number), VALUES | {"version": "99"})
    assert answer.status_code == 409
    check(answer.text)
    assert typed is None or typed in answer.text


def test_sending_the_same_request_twice_makes_one(cast):
    first = number_of(request_correction(cast, title=GOOD)[2])
    second = number_of(request_correction(cast, title=GOOD)[2])
    assert first == second
    assert len(cast.mails("alice", "receipt")) == 1


def test_the_same_change_asked_by_another_makes_a_supporter(cast):
    request_correction(cast, title=GOOD)
    browser, _, answer = request_correction(cast, name="stella", title=GOOD)
    assert answer.status_code == 303
    assert "supporter" in browser.get(answer.location).text
    assert cast.mails("stella", "receipt") == []


def test_asking_rejecting_and_withdrawing_twice(cast, number):
    mara = cast.client("mara")
    action, fields = form_on(mara.get(f"/desk/{number}").text, "/ask")
    data = fields | {"question": "Which?"}
    assert mara.send(action, data).status_code == 303
    assert mara.send(action, data).status_code in (303, 409)
    assert len(cast.mails("alice", "asked")) == 1


def test_a_get_of_a_mailed_link_changes_nothing(cast, app):
    from correction_flow.accounts.queries import account_of

    browser = cast.client()
    browser.submit(
        "/register",
        {
            "name": "Nora N", "email": "nora@example.org", "password": "a long secret",
            "password_confirm": "a long secret",
        },
        action="/register",
    )  # fmt: skip
    link = link_in(cast.mails("nora")[0])
    for _ in range(3):
        assert cast.client().get(link).status_code == 200
        assert browser.get(link).status_code == 200
    from correction_flow.core.extensions import db

    db.session.rollback()
    assert account_of("nora@example.org").confirmed_at is None
    assert browser.get(link.replace("/verify/", "/confirm/")).status_code == 404


def test_a_stranger_who_registered_my_address_gains_nothing(cast):
    thief, owner = cast.client(), cast.client()
    thief.submit(
        "/register",
        {
            "name": "Thief", "email": "victim@example.org", "password": "the thief knows",
            "password_confirm": "the thief knows",
        },
        action="/register",
    )  # fmt: skip
    link = link_in(cast.mails("victim")[0])
    page = owner.get(link).text
    assert 'name="password"' in page
    empty = owner.submit(link, {"password": "", "password_again": ""}, action="/verify/")
    assert empty.status_code == 422
    mine = {"password": "only I know it", "password_again": "only I know it"}
    assert owner.submit(link, mine, action="/verify/").status_code == 303
    refused = thief.submit(
        "/login", {"email": "victim@example.org", "password": "the thief knows"}, action="/login"
    )
    assert refused.status_code == 200
    assert thief.get("/account").status_code == 302


def test_registering_a_known_address_looks_the_same_and_tells_its_owner(cast):
    def register(email):
        return cast.client().submit(
            "/register",
            {
                "name": "Somebody", "email": email, "password": "a long secret",
                "password_confirm": "a long secret",
            },
            action="/register",
        )  # fmt: skip

    known, unknown = register("alice@example.org"), register("new@example.org")
    assert known.status_code == unknown.status_code == 302
    assert known.location == unknown.location
    assert [m.name for m in cast.mails("alice")] == ["already_registered"]


def test_a_forgotten_password_is_reset_by_mail(cast):
    browser = cast.client()
    for email in ("alice@example.org", "nobody@example.org"):
        answer = browser.submit("/reset", {"email": email}, action="/reset")
        assert answer.status_code in (200, 302)
    assert cast.mails("nobody") == []
    link = link_in(cast.mails("alice", "reset_password")[0])
    check(browser.get(link).text)
    new = {"password": "another long secret", "password_confirm": "another long secret"}
    assert browser.submit(link, new, action="/reset").status_code == 302
    assert browser.sign_in("alice@example.org", "another long secret")
    assert cast.mails("alice")[-1].name == "password_changed"


def test_signed_out_pages_lead_to_sign_in_and_back(cast):
    browser = cast.client()
    answer = browser.get(f"/claims/new?item={ITEM}")
    assert answer.status_code == 302
    assert "/login?next=" in answer.location
    signed = browser.submit(
        answer.location,
        {"email": "alice@example.org", "password": "correct horse battery"},
        action="/login",
    )
    assert signed.location.startswith("/claims/new?item=")


def test_nobody_decides_in_their_own_cause(cast):
    alice = cast.client("mara")
    answer = alice.submit(
        f"/corrections/new?item={ITEM}",
        {"field_title": "Another Title Altogether", "reason": "r", "act": "send"},
    )
    number = number_of(answer)
    assert cast.client("mara").get(f"/desk/{number}").status_code in (200, 403)
    assert cast.mails("cora", "notice")
    cora, action, fields = case_form(cast, number, "cora")
    assert cora.send(action, outcomes(fields, ("accepted", ""))).status_code == 303


def test_the_rate_limit_says_when_to_come_back(cast, app):
    app.config["RATE_LIMITS"] = True
    browser = cast.client()
    for _ in range(22):
        answer = browser.submit(
            "/login", {"email": "alice@example.org", "password": "wrong"}, action="/login"
        )
    assert answer.status_code == 429
    check(answer.text)
    assert "try again in" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"/claims/new?item={ITEM}", "/account/addresses", "/account/addresses/1/remove",
    ],
)  # fmt: skip
def test_signed_out_nothing_can_be_sent_and_the_text_comes_back(cast, path):
    answer = cast.client().post(path, {"reason": "My long reason", "address": "x@example.org"})
    assert answer.status_code == 401
    check(answer.text)
    assert "My long reason" in answer.text
    assert cast.mails() == []


def test_an_address_is_added_verified_by_its_owner_and_given_up(cast):
    alice, stranger = cast.client("alice"), cast.client()
    alice.submit("/account", {"address": "Second@Example.org"}, action="/account/addresses")
    link = link_in(cast.mails()[-1])
    assert cast.mails()[-1].to == "Second@Example.org"
    check(stranger.get(link).text)
    assert stranger.post(link, {"password": "a long secret"}).status_code in (409, 422)
    assert alice.submit(link, {}, action="/verify/").status_code == 303
    rows = {a.address_key: a for a in cast.user("alice").addresses}
    assert rows["second@example.org"].verified_at is not None
    own, second = rows["alice@example.org"].id, rows["second@example.org"].id
    assert cast.client("stella").post(f"/account/addresses/{second}/remove").status_code == 303
    assert len(cast.user("alice").addresses) == 2
    assert alice.post(f"/account/addresses/{own}/remove").status_code == 422
    assert alice.post(f"/account/addresses/{second}/remove").status_code == 303
    assert [a.address_key for a in cast.user("alice").addresses] == ["alice@example.org"]


def test_another_account_cannot_take_a_verified_address(cast):
    stella = cast.client("stella")
    stella.submit("/account", {"address": "alice@example.org"}, action="/account/addresses")
    link = link_in(cast.mails("alice", "verify_address")[0])
    answer = stella.submit(link, {}, action="/verify/")
    assert answer.status_code == 409
    check(answer.text)


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/claims/new?item=x", "/claims/new?item=x"), ("//evil.example", "/"),
        ("/\\evil.example", "/"), ("/\t/evil.example", "/"), ("https://evil.example/", "/"),
        ("/ /evil.example", "/"), ("javascript:alert(1)", "/"),
    ],
)  # fmt: skip
def test_the_way_back_after_registering_never_leads_elsewhere(cast, wanted, led_to):
    browser = cast.client()
    browser.submit(
        "/register",
        {
            "name": "Nora N", "email": "nora@example.org", "password": "a long secret",
            "password_confirm": "a long secret", "next": wanted,
        },
        action="/register",
    )  # fmt: skip
    for mail in cast.mails("nora"):
        answer = browser.submit(link_in(mail), {}, action="/verify/")
        assert answer.location == led_to
