"""Claiming many items at once, and giving a name up."""

import pytest
from sqlalchemy import select

from correction_flow.accounts.operations import profile_for
from correction_flow.catalog.queries import authors_of
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals.lifecycle import Actor, Status
from correction_flow.proposals.models import Proposal
from tests.cast import CITED, ITEM, OTHER, form_on
from tests.web.pages import check

PAGE = "/claims/many"


def find(browser, text, act="find"):
    return browser.submit(PAGE, {"handles": text, "act": act}, action=PAGE)


def claims():
    db.session.rollback()
    return list(db.session.scalars(select(Proposal).order_by(Proposal.id)))


def known(cast, who, handle, n=0):
    with transaction():
        authors_of(cast.item(handle))[n].profile_id = profile_for(cast.user(who)).id


def test_five_lines_of_which_one_is_wrong_and_one_taken(cast):
    known(cast, "bob", CITED)
    alice = cast.client("alice")
    check(alice.get(PAGE).text)
    lines = f"{ITEM}\nRePEc:zzz:no:1\n{CITED}\nhttps://ideas.repec.org/x {OTHER}\n{ITEM}"
    page = find(alice, lines)
    assert page.status_code == 422
    check(page.text)
    assert "Line 2, “RePEc:zzz:no:1”, is no handle or address" in page.text
    page = find(alice, lines.replace("RePEc:zzz:no:1\n", ""))
    assert page.status_code == 200
    check(page.text)
    assert "claimed by somebody" in page.text
    _, fields = form_on(page.text, PAGE)
    torfing = [str(authors_of(cast.item(h))[0].id) for h in (ITEM, OTHER)]
    assert [v for k, v in fields.items() if k.startswith("author-") and v] == torfing
    taken = cast.item(CITED)
    fields[f"author-{taken.id}"] = str(authors_of(taken)[0].id)
    answer = alice.send(PAGE, {**fields, "act": "send"})
    assert answer.status_code == 422
    assert "Say why this is you" in answer.text
    answer = alice.send(PAGE, {**fields, "act": "send", "reason": "My married name."})
    assert answer.status_code == 303
    sent = claims()
    assert len(sent) == 3
    assert len({p.batch for p in sent}) == 1
    assert {p.item.handle for p in sent if not p.desk.members} == {CITED}
    assert [m.name for m in cast.mails("alice")] == ["receipt"]
    assert "disputed" in [m.name for m in cast.mails("bob")]


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Paste at least one handle"), ("x\n" * 101, "Claim at most 100 items at once")],
)
def test_an_empty_or_too_long_list_is_told(cast, text, words):
    page = find(cast.client("alice"), text)
    assert page.status_code == 422
    assert words in page.text


def test_nothing_chosen_and_a_stale_item_are_told_and_the_list_stays(cast):
    alice = cast.client("alice")
    _, fields = form_on(find(alice, ITEM).text, PAGE)
    name = next(k for k in fields if k.startswith("author-"))
    answer = alice.send(PAGE, {**fields, name: "", "act": "send"})
    assert answer.status_code == 422
    assert "on one item at least" in answer.text
    version = name.replace("author", "version")
    answer = alice.send(PAGE, {**fields, version: "99", "act": "send"})
    assert answer.status_code == 409
    assert ITEM in answer.text
    answer = alice.send(PAGE, {**fields, name: "999999", "act": "send"})
    assert answer.status_code == 422
    assert claims() == []


def test_what_i_am_known_on_is_not_claimed_again(cast):
    known(cast, "alice", ITEM)
    page = find(cast.client("alice"), ITEM)
    assert "You are known as <strong>Jacob Torfing</strong>" in page.text


def test_this_is_not_mine_is_at_once_for_ones_own_name(cast):
    known(cast, "alice", ITEM)
    alice = cast.client("alice")
    page = f"/claims/new?item={ITEM}"
    assert "This is not mine" in alice.get(page).text
    assert "This is not mine" not in cast.client("bob").get(page).text
    answer = alice.submit(page, {"reason": "A namesake wrote it."}, action="/claims/not-mine")
    assert answer.status_code == 303
    db.session.rollback()
    assert authors_of(cast.item())[0].profile_id is None
    (one,) = claims()
    assert (one.status, one.decided_as) == (Status.APPROVED, Actor.SYSTEM)
    assert "decided" in [m.name for m in cast.mails("mara")]
    again = alice.post(f"/claims/not-mine?item={ITEM}", {"version": str(cast.item().version)})
    assert again.status_code == 409
    assert cast.client("bob").post(f"/claims/not-mine?item={ITEM}").status_code == 409
    assert cast.client().post(f"/claims/not-mine?item={ITEM}").status_code == 401


def test_only_the_signed_in_claim(cast):
    assert cast.client().get(PAGE).status_code in (302, 303)
