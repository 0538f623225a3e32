"""The page of references that may mean one's works, and the archive's say in it."""

import pytest

from correction_flow.accounts.operations import profile_for
from correction_flow.catalog.queries import authors_of
from correction_flow.cli.work import compare_references
from correction_flow.core.transaction import transaction
from tests.cast import CITED, ITEM, form_on

PAGE = "/citations/potential"


@pytest.fixture
def alice(cast):
    with transaction():
        authors_of(cast.item(CITED))[0].profile_id = profile_for(cast.user("alice")).id
    compare_references(lambda: False)
    return cast.client("alice")


def fields(browser, page=PAGE):
    return form_on(browser.get(page).text, page)[1]


def test_a_likely_one_is_chosen_in_advance_and_one_button_asks_for_it(cast, alice):
    page = alice.get(PAGE)
    assert "Carla Cited, 2018" in page.text
    assert "Very likely." in page.text
    answer = alice.submit(PAGE, {}, action=PAGE)
    assert answer.status_code == 303
    assert "R-000001" in alice.get(PAGE).text
    assert "waits for a decision" in alice.get(PAGE).text


def test_to_say_nothing_is_told_and_keeps_the_answers(cast, alice):
    (name,) = (n for n in fields(alice) if n.startswith("answer-"))
    answer = alice.submit(PAGE, {name: "later"}, action=PAGE)
    assert answer.status_code == 422
    assert "Choose “yes” or “no”" in answer.text
    assert form_on(answer.text, PAGE)[1][name] == "later"


def test_a_refused_one_goes_and_comes_back_when_that_is_taken_back(cast, alice):
    (name,) = (n for n in fields(alice) if n.startswith("answer-"))
    assert alice.submit(PAGE, {name: "no"}, action=PAGE).status_code == 303
    assert "No reference waits for you" in alice.get(PAGE).text
    listed = alice.get("/citations/refused")
    assert "Carla Cited, 2018" in listed.text
    action, _ = form_on(listed.text, "/citations/refused/")
    assert cast.client("bob").post(action).status_code == 404
    assert alice.post(action).status_code == 303
    assert name in fields(alice)


def test_a_stale_or_foreign_answer_is_a_conflict_and_bad_ones_are_nothing(cast, alice):
    (name,) = (n for n in fields(alice) if n.startswith("answer-"))
    assert cast.client("bob").post(PAGE, {name: "yes:1"}).status_code == 409
    assert alice.post(PAGE, {name: "yes:99"}).status_code == 409
    assert alice.post(PAGE, {"answer-x": "yes:1", name: "perhaps"}).status_code == 422
    assert alice.post(PAGE, {"answer-999999999999": "yes:1"}).status_code == 422
    assert "R-0" not in alice.get(PAGE).text


def test_a_visitor_is_asked_to_sign_in(cast):
    assert cast.client().get(PAGE).status_code in (302, 303)
    assert cast.client().get("/citations/refused").status_code in (302, 303)


def test_only_who_maintains_all_of_an_archive_sets_what_holds_for_it(cast, alice):
    settings = "/archives/RePEc:gam/settings"
    for stranger in ("alice", "otto", "cora"):
        assert cast.client(stranger).get(settings).status_code == 404
        assert cast.client(stranger).post(settings).status_code == 404
    mara = cast.client("mara")
    assert settings in mara.get("/archives/RePEc:gam").text
    assert settings not in alice.get("/archives/RePEc:gam").text
    assert mara.submit(settings, {"certain_at_once": "y"}, action=settings).status_code == 303
    assert "take effect at once here" in cast.client().get("/archives/RePEc:gam").text
    assert alice.submit(PAGE, {}, action=PAGE).status_code == 303
    assert f"/items/{CITED}" in cast.client().get(f"/items/{ITEM}").text
    assert "takes certain links at once" in alice.get(PAGE).text
    mara.submit(settings, {"certain_at_once": ""}, action=settings)
    mara.post(settings, {})
    assert "take effect at once here" not in cast.client().get("/archives/RePEc:gam").text


def test_a_number_that_no_database_knows_names_nothing(cast, alice):
    answer = alice.post("/citations/refused/99999999999")
    assert answer.status_code == 404
