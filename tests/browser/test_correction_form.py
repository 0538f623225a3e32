"""The correction form in a real browser, by hand and by keyboard, without JavaScript."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_walk import ITEM, Person, base, browser

__all__ = ["base", "browser"]
pytestmark = pytest.mark.browser


def test_an_author_is_added_and_moved_to_the_front_and_the_list_is_sent(browser, base):
    alice = Person(browser, base, "alice", script=False)
    alice.sign_in("alice@example.org")
    alice.open(f"/corrections/new?item={ITEM}")
    alice.press("Add a name")
    alice.page.locator("#authors-2-name:focus").wait_for()
    alice.page.keyboard.type("Nina Nobody")
    alice.page.locator("#authors-2-workplace").fill("University of Oslo")
    with alice.page.expect_navigation():
        alice.page.locator("#authors-up-2").press("Enter")
    alice.page.locator("#authors-up-1:focus").wait_for()
    with alice.page.expect_navigation():
        alice.page.keyboard.press("Enter")
    assert alice.page.locator("#authors-0-name").input_value() == "Nina Nobody"
    alice.page.get_by_label("Find a code").fill("elections")
    alice.press("Find codes")
    alice.page.get_by_label(re.compile("^D72")).check()
    alice.page.get_by_label("Title", exact=True).fill("SÃ¶nmez on Interactive Leadership")
    alice.press("Add a link")
    alice.page.locator("#files-1-url").fill("https://example.org/copy.pdf")
    alice.page.locator("#files-1-restriction").fill("no")
    alice.picture("correction-lists")
    with alice.page.expect_navigation():
        alice.page.get_by_label("Year", exact=True).press("Enter")
    assert "New in place 1: Nina Nobody [University of Oslo]" in alice.text(), alice.text()[:1500]
    alice.picture("correction-lists-preview")
    alice.press("Use the repaired text")
    assert "Sönmez on Interactive Leadership" in alice.text()
    alice.press("Change something")
    alice.page.locator("#authors-0-name").fill("--")
    alice.press("Preview")
    alice.picture("correction-lists-error")
    alice.page.locator("#authors-0-name").fill("Nina Nobody")
    alice.press("Preview")
    alice.press("Send")
    assert re.search(r"R-\d{6}", alice.page.url)
    assert "New in place 1: Nina Nobody" in alice.text()
    alice.picture("correction-lists-sent")
    alice.open("/help/policies")
    alice.picture("policies")
    assert alice.complaints == []


STRATEGY = "RePEc:gam:jadmsc:v:7:y:2017:i:4:p:35-:d:900035"


def test_a_request_is_decided_in_parts_appealed_and_reverted(browser, base):
    alice, mara, cora = (Person(browser, base, name) for name in ("alice", "mara", "cora"))
    for person in (alice, mara, cora):
        person.sign_in(f"{person.name}@example.org")
    alice.open(f"/corrections/new?item={STRATEGY}")
    alice.press("Add a name")
    alice.page.locator("#authors-2-name").fill("Nina Nobody")
    alice.go(alice.page.locator("#authors-up-1"))
    alice.page.get_by_label("Pages", exact=True).fill("1-18")
    alice.press("Preview")
    alice.press("Send")
    first = number_of(alice)
    # Mara takes the one and leaves the other
    mara.open(f"/desk/{first}")
    authors, pages = (
        mara.page.locator("fieldset.decide", has_text=name) for name in ("Authors", "Pages")
    )
    authors.get_by_text("Accept", exact=False).first.click()
    pages.get_by_text("Decline", exact=False).first.click()
    pages.locator("textarea[name$=-reason]").fill("Page 18 is blank.")
    mara.go(mara.page.get_by_role("button", name=re.compile("^Decide")))
    assert_shown(alice, ["Carsten Greve", "John Alford", "Nina Nobody"], "1-17")
    # Alice appeals, and not Mara decides that
    alice.open(f"/proposals/{first}")
    assert "Page 18 is blank." in alice.text()
    alice.page.get_by_text("Appeal", exact=True).click()
    alice.page.locator("textarea[name=appeal]").fill("Its last reference stands there.")
    alice.press("Send the appeal")
    second = number_of(alice)
    mara.open(f"/desk/{second}")
    assert mara.page.get_by_role("button", name=re.compile("^Decide")).count() == 0
    cora.open(f"/desk/{second}")
    cora.page.locator("input[value=accepted]").first.check()
    cora.go(cora.page.get_by_role("button", name=re.compile("^Decide")))
    assert_shown(alice, ["Carsten Greve", "John Alford", "Nina Nobody"], "1-18")
    # what was accepted first is reverted; what was won by the appeal stays
    mara.open(f"/desk/{first}")
    mara.page.get_by_text("Revert an accepted change").click()
    mara.page.locator("textarea[name=revert_reason]").fill("Nina is thanked, not an author.")
    mara.press("Revert")
    assert_shown(alice, ["John Alford", "Carsten Greve"], "1-18")
    alice.open(f"/history/corrections/{STRATEGY}")
    told = alice.text()
    assert told.count(first) == 2
    assert told.count(second) == 1
    alice.picture("history-appealed-reverted")
    assert alice.complaints == mara.complaints == cora.complaints == []


def number_of(person):
    """The number of the request whose page this is."""
    return re.search(r"R-\d{6}", person.page.url)[0]


def assert_shown(person, authors, pages):
    """What the page of the item shows as its authors and pages."""
    person.open(f"/items/{STRATEGY}")
    assert person.page.locator(".item-author").all_inner_texts() == authors
    assert pages in person.text()
