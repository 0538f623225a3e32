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
