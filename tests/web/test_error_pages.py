"""What stands on an error page leads somewhere."""

import re

import pytest

from tests.cast import CITED, ITEM
from tests.web.pages import check
from tests.web.test_walk import GOOD, number_of, request_correction

HOST = "http://localhost"


def back(answer):
    """Where *Go back* leads, or None."""
    check(answer.text)
    found = re.search(r'href="([^"]*)">Go back<', answer.text)
    return found[1] if found else None


@pytest.fixture
def number(cast):
    return number_of(request_correction(cast, title=GOOD)[2])


NO_ITEM = {"item": "RePEc:gam:none:1"}


def test_a_form_that_failed_leads_back_to_its_page(cast):
    alice = cast.client("alice")
    page = f"{HOST}/items/{ITEM}"
    answer = alice.post("/bibliography/save", NO_ITEM, came_from=page)
    assert (answer.status_code, back(answer)) == (404, f"/items/{ITEM}")
    answer = alice.post("/bibliography/remove", NO_ITEM, came_from=f"{HOST}/bibliography?after=x")
    assert back(answer) == "/bibliography?after=x"


@pytest.mark.parametrize(
    "came_from",
    [
        "",
        "nonsense",
        "https://elsewhere.example/items/x",
        f"{HOST}.elsewhere.example/help",
        f"{HOST}//elsewhere.example/help",
        f"{HOST}/\\elsewhere.example",
        f"{HOST}/%2F%2Felsewhere.example",
        "http://[::1",
        f"{HOST}/nowhere",
        f"{HOST}/bibliography/note",
    ],
)
def test_without_a_page_of_ours_it_leads_to_the_nearest_one_above(cast, came_from):
    answer = cast.client("alice").post("/bibliography/note", NO_ITEM, came_from=came_from)
    assert back(answer) == "/bibliography"


def test_who_may_not_decide_is_led_back_to_the_request_they_came_from(cast, number):
    alice, page = cast.client("alice"), f"/proposals/{number}"
    refused = {"reason": "No.", "version": "1"}
    answer = alice.post(f"/desk/{number}/reject", refused, came_from=f"{HOST}{page}")
    assert (answer.status_code, back(answer)) == (403, page)
    answer = alice.post(f"/desk/{number}/reject", refused)
    assert back(answer) == f"/desk/{number}"


def test_a_handle_keeps_its_signs_in_the_way_back(cast):
    answer = cast.client().post("/items/RePEc:gam:x:a%3Fb%23c%20é", {})
    assert answer.status_code == 405
    assert back(answer) == "/items/RePEc:gam:x:a%3Fb%23c%20%C3%A9"


def test_a_page_that_is_its_own_form_is_where_one_goes_back_to(cast):
    page = f"/claims/new?item={CITED}"
    answer = cast.client().post(page, {"title": "x"})
    assert (answer.status_code, back(answer)) == (401, page)


def test_what_only_a_button_opens_leads_to_the_page_with_the_button(cast):
    answer = cast.client("alice").get("/bibliography/save")
    assert (answer.status_code, back(answer)) == (405, "/bibliography")


def test_where_nothing_was_sent_there_is_no_way_back(cast):
    assert back(cast.client().get("/nowhere")) is None
