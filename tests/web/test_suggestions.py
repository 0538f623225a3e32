"""Works that may be one's own: suggested with reasons, claimed together, refused for good."""

import pytest
from sqlalchemy import select

from correction_flow.accounts import leaving
from correction_flow.accounts.operations import profile_for
from correction_flow.accounts.queries import profile_of
from correction_flow.catalog.queries import authors_of
from correction_flow.claims.answering import suggested
from correction_flow.claims.models import RefusedSuggestion
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.operations import reject
from tests.cast import ITEM, OTHER, form_on
from tests.web.pages import check

PAGE = "/claims/suggestions"


@pytest.fixture
def jacob(cast):
    with transaction():
        cast.user("alice").name = "Jacob Torfing"
    return cast.client("alice")


def fields(browser):
    return form_on(browser.get(PAGE).text, PAGE)[1]


def answers(browser):
    return {k: v for k, v in fields(browser).items() if k.startswith("answer-")}


def claims():
    db.session.rollback()
    return list(db.session.scalars(select(Proposal).order_by(Proposal.id)))


def test_ones_own_name_is_suggested_and_one_button_claims_what_is_certain(cast, jacob):
    page = jacob.get(PAGE)
    check(page.text)
    assert "Your name as you write it" in page.text
    chosen = answers(jacob)
    assert set(chosen) == {
        f"answer-{authors_of(cast.item(handle))[0].id}" for handle in (ITEM, OTHER)
    }
    assert all(value.startswith("mine:") for value in chosen.values())
    assert jacob.submit(PAGE, {}, action=PAGE).status_code == 303
    sent = claims()
    assert {p.item.handle for p in sent} == {ITEM, OTHER}
    assert len({p.batch for p in sent}) == 1
    assert [m.name for m in cast.mails("alice")] == ["receipt"]
    assert "Nothing is suggested" in jacob.get(PAGE).text


def test_what_is_refused_is_never_suggested_again_until_that_is_taken_back(cast, jacob):
    name = next(iter(answers(jacob)))
    others = {k: "later" for k in answers(jacob) if k != name}
    assert jacob.submit(PAGE, {name: "no", **others}, action=PAGE).status_code == 303
    assert name not in answers(jacob)
    listed = jacob.get("/claims/refused")
    check(listed.text)
    action, _ = form_on(listed.text, "/claims/refused/")
    assert cast.client("bob").post(action).status_code == 404
    assert jacob.post(action).status_code == 303
    assert name in answers(jacob)


def test_another_name_of_mine_brings_its_works(cast, jacob):
    named = form_on(jacob.get(PAGE).text, "/claims/names")[0]
    assert (
        jacob.post(named, {"names": "Eva Sørensen\n\nJ. Torfing\nEva Sørensen"}).status_code == 303
    )
    assert profile_of(cast.user("alice")).names[1:] == ["Eva Sørensen", "J. Torfing"]
    eva = authors_of(cast.item())[1]
    assert f"answer-{eva.id}" in answers(jacob)
    both = {f"answer-{a.id}": f"mine:{cast.item().version}" for a in authors_of(cast.item())}
    answer = jacob.post(PAGE, both)
    assert answer.status_code == 422
    assert "one author of an item" in answer.text
    assert jacob.post(named, {"names": ""}).status_code == 303
    assert profile_of(cast.user("alice")).names[1:] == []


@pytest.mark.parametrize("names", ["???", "x" * 201, "\n".join(f"Name {n}x" for n in range(21))])
def test_what_is_no_name_is_told_and_comes_back(cast, jacob, names):
    answer = jacob.post("/claims/names", {"names": names})
    assert answer.status_code == 422
    assert names.splitlines()[0][:50] in answer.text


def test_nothing_chosen_stale_and_foreign_answers_are_told(cast, jacob):
    given = answers(jacob)
    name = next(iter(given))
    later = dict.fromkeys(given, "later")
    answer = jacob.submit(PAGE, later, action=PAGE)
    assert answer.status_code == 422
    assert "Choose “mine” or “not mine”" in answer.text
    assert jacob.submit(PAGE, later | {name: "mine:99"}, action=PAGE).status_code == 409
    assert cast.client("bob").post(PAGE, {name: "mine:1"}).status_code == 409
    with transaction():
        for handle in (ITEM, OTHER):
            authors_of(cast.item(handle))[0].profile_id = profile_for(cast.user("bob")).id
    assert jacob.post(PAGE, given).status_code == 409
    assert claims() == []


def test_what_the_desk_declined_is_not_suggested_again(cast, jacob):
    jacob.submit(PAGE, {}, action=PAGE)
    with transaction():
        for proposal in db.session.scalars(select(Proposal)):
            who = "mara" if "gam" in proposal.item.handle else "otto"
            reject(proposal, "It is a namesake.", by=cast.user(who), version=proposal.version)
    assert suggested(cast.user("alice")) == ([], 0)


def test_refusals_and_names_go_with_the_account(cast, jacob):
    jacob.post("/claims/names", {"names": "J. Torfing"})
    name = next(iter(answers(jacob)))
    jacob.submit(
        PAGE, {name: "no"} | {k: "later" for k in answers(jacob) if k != name}, action=PAGE
    )
    told = leaving.export(cast.user("alice"))
    assert told["account"]["further_names"] == ["J. Torfing"]
    assert len(told["refused_names"]) == 1
    profile = profile_of(cast.user("alice"))
    with transaction():
        leaving.erase(cast.user("alice"))
    assert db.session.scalar(select(RefusedSuggestion.user_id)) is None
    assert db.session.merge(profile).names == [leaving.FORMER]


def test_a_visitor_is_asked_to_sign_in(cast):
    for page in (PAGE, "/claims/refused"):
        assert cast.client().get(page).status_code in (302, 303)
