"""A pasted reference list in a real browser: split, checked, sent, decided, shown on both items."""

from __future__ import annotations

import re

import pytest

from tests.browser.test_walk import ITEM, Person, base, browser

__all__ = ["base", "browser"]
pytestmark = pytest.mark.browser

PASTED = """References

[1] Hartley, J. (2005). Innovation in Governance and Public Services: Past and
    Present. Public Money & Management, 25(1), 27-34.
[2] Alford, J. (2014). The multiple facets of co-production: Building on the work
    of Elinor Ostrom. Public Management Review, 16(3), 299-316.
[3] Pollitt, C., & Hupe, P. (2011). Talking about government: The role of magic con-
    cepts. Public Management Review, 13(5), 641-658.
[4] Arendt, H. (1958). The Human Condition. Chicago: University of Chicago Press.
[5] Burns, J. M. (1978). Leadership. New York: Harper & Row.
[6] Dahl, R. A. (1989). Democracy and Its Critics. New Haven: Yale University Press.
[7] Habermas, J. (1996). Between Facts and Norms. Cambridge, MA: MIT Press.
[8] Weber, M. (1919). Politik als Beruf. München: Duncker & Humblot.
[9] Schumpeter, J. A. (1942). Capitalism, Socialism and Democracy. New York: Harper.
[10] Tucker, R. C. (1995). Politics as Leadership. Columbia: University of Missouri
    Press.
[11] Urbinati, N. (2006). Representative Democracy. Chicago: University of Chicago
    Press.
[12] Moore, M. H. (1995). Creating Public Value. Cambridge, MA: Harvard University
    Press.
"""
CITED = (
    "RePEc:taf:pubmmg:v:25:y:2005:i:1:p:27-34",
    "RePEc:taf:pubmgr:v:16:y:2014:i:3:p:299-316",
    "RePEc:taf:pubmgr:v:13:y:2011:i:5:p:641-658",
)


def test_twelve_references_are_pasted_split_checked_sent_decided_and_shown(browser, base):
    alice = Person(browser, base, "alice", script=False)
    alice.sign_in("alice@example.org")
    alice.open(f"/items/{ITEM}")
    alice.follow("A reference is not linked")
    alice.page.get_by_label("Paste a list").fill(PASTED)
    alice.press("Split the list")
    texts = alice.page.locator("textarea[name^=added-]")
    assert texts.count() == 12
    assert "magic concepts. Public Management Review" in texts.nth(2).input_value()
    assert texts.nth(11).input_value().endswith("Harvard University Press.")
    chosen = alice.page.locator("input[name^=added-][name$=choice]:checked")
    assert {chosen.nth(n).get_attribute("value") for n in range(chosen.count())} - {""} == {*CITED}
    alice.picture("references-split")
    for none in alice.page.get_by_label("None of these").all():
        if none.get_attribute("name").startswith("choice-"):  # not what this is about
            none.check()
    texts.nth(4).fill("Burns, James MacGregor (1978). Leadership. New York: Harper & Row.")
    alice.page.locator("#added-8-use").uncheck()
    alice.page.get_by_label("Why").fill("The list of the published work.")
    alice.press("Send the request")
    found = re.search(r"R-\d{6}", alice.page.url)
    assert found, alice.text()
    alice.picture("references-sent")
    mara = Person(browser, base, "mara", script=False)
    mara.sign_in("mara@example.org")
    mara.open(f"/desk/{found[0]}")
    assert mara.page.locator("fieldset.decide").count() == 11
    for accept in mara.page.locator("input[value=accepted]").all():
        accept.check()
    last = mara.page.locator("fieldset.decide").last
    last.locator("input[value=declined]").check()
    last.get_by_label("Reason").fill("It is not in the published list.")
    mara.picture("references-desk")
    mara.press("Decide")
    alice.open(f"/items/{ITEM}")
    shown = alice.text()
    assert "Burns, James MacGregor (1978). Leadership." in shown
    assert "Moore, M. H. (1995)" not in shown
    assert "Politik als Beruf" not in shown
    assert alice.page.locator("#reference-13 a").get_attribute("href") == f"/items/{CITED[0]}"
    alice.picture("references-shown")
    for handle in CITED:
        alice.open(f"/items/{handle}")
        assert "Interactive Political Leadership" in alice.text()
    alice.open(f"/proposals/{found[0]}")
    assert "It is not in the published list." in alice.text()
    assert alice.complaints == mara.complaints == []
