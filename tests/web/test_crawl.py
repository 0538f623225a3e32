"""Every page reachable from the first has its title, h1 and labels, and no dead link."""

import re

import pytest

from tests.web.pages import check
from tests.web.test_walk import GOOD, number_of, request_correction

UNFOLLOWED = ("/static/", "/bootstrap/")
LEADS_AWAY = (200, 302, 303)
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


@pytest.mark.parametrize("who", [None, "alice", "mara", "cora", "ada"])
def test_no_link_is_dead_and_no_page_unfinished(cast, who):
    number = number_of(request_correction(cast, title=GOOD)[2])
    browser = cast.client(who)
    waiting = ["/", "/help", f"/proposals/{number}" if who in ("alice", "mara") else "/help"]
    seen: set[str] = set()
    while waiting and len(seen) < 120:
        path = waiting.pop(0).partition("#")[0]
        if path in seen or path.startswith(UNFOLLOWED):
            continue
        seen.add(path)
        answer = browser.get(path)
        assert answer.status_code in LEADS_AWAY, path
        if answer.status_code != 200 or not answer.mimetype.endswith("html"):
            continue
        if path.endswith("/html"):  # a mail's HTML part alone
            continue
        page = check(answer.text)
        if not path.startswith(("/mailbox", "/account", "/verify")):
            assert not ADDRESS.search(answer.text), path
        waiting += page.links
    assert len(seen) > 15
