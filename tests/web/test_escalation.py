"""The curators' queue of what nobody decides, an announcement, and an objection, in pages."""

import re
from datetime import timedelta

from correction_flow.core.clock import at, utcnow, working_days_later
from tests.cast import ITEM, form_on
from tests.nouns.test_deadlines import silent
from tests.nouns.test_workflow import ask_for
from tests.web.pages import check


def test_a_curator_finds_what_waits_too_long_announces_and_the_maintainer_objects(cast):
    number, day30 = silent(cast, 30)
    announcing, objecting = f"/desk/{number}/announce", f"/desk/{number}/object"
    for who, status in ((None, 401), ("stella", 404), ("mara", 403)):
        assert cast.client(who).post(announcing, {"version": "1"}).status_code == status
    cora, mara = cast.client("cora"), cast.client("mara")
    assert cora.post(announcing, {"version": "1"}).status_code == 409
    assert number not in cora.get("/desk").text
    assert number not in mara.get("/desk?tab=escalated").text.partition("<tbody>")[0]
    queue = cora.get("/desk?tab=escalated").text
    check(queue)
    assert number in queue
    assert "Announce a decision" not in cora.get(f"/desk/{number}").text
    with at(day30):
        assert cora.post(announcing, {"version": "99"}).status_code == 409
        action, fields = form_on(cora.get(f"/desk/{number}").text, "/announce")
        for _ in "twice":
            assert cora.send(action, fields).status_code == 303
        assert len(cast.mails("mara", "announced")) == 1
        assert "decision announced on" in cora.get("/desk?tab=escalated").text
        page = mara.get(f"/desk/{number}").text
        check(page)
        day = f"{working_days_later(utcnow(), 7):%B %Y}"
        assert day in page.partition("unless the maintainer")[0]
        action, fields = form_on(page, "/object")
        stale = mara.send(action, fields | {"version": "99", "objection": "Ours to say."})
        assert stale.status_code == 409
        assert "Ours to say." in stale.text
        empty = mara.send(action, fields)
        assert empty.status_code == 422
        check(empty.text)
        assert "Say why" in empty.text
        for who, status in ((None, 401), ("stella", 404), ("cora", 403)):
            wrong = cast.client(who).post(objecting, {"version": "1", "objection": "x"})
            assert wrong.status_code == status
        for _ in "twice":
            assert mara.send(action, fields | {"objection": "Ours to say."}).status_code == 303
        assert len(cast.mails("alice", "objected")) == 1
        assert mara.send(action, fields | {"objection": "Another word."}).status_code == 409
        check(cora.get(f"/desk/{number}").text)


def test_a_curator_decides_after_the_time_to_object(cast):
    number, day30 = silent(cast, 30)
    cora = cast.client("cora")
    with at(day30):
        action, fields = form_on(cora.get(f"/desk/{number}").text, "/announce")
        assert cora.send(action, fields).status_code == 303
        assert f"/desk/{number}/decide" not in cora.get(f"/desk/{number}").text
    with at(working_days_later(day30, 7) + timedelta(hours=1)):
        page = cora.get(f"/desk/{number}").text
        assert "an amendment may only tidy" in page
        action, fields = form_on(page, "/decide")
        accepted = {n.replace("-seen", "-outcome"): "accepted" for n in fields if "-seen" in n}
        assert cora.send(action, fields | accepted).status_code == 303
    assert "a RePEc curator" in cast.client().get(f"/items/{ITEM}").text


def test_the_overdue_tab_is_paged_by_the_day_it_was_due(cast):
    numbers = [ask_for(cast, pages=f"{n + 1}-{n + 90}") for n in range(23)]
    late = working_days_later(utcnow(), 11)
    with at(late):
        mara = cast.client("mara")
        first = mara.get("/desk?tab=overdue").text
        more = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
        second = mara.get(more).text
    found = [n for n in numbers if f"/desk/{n}" in first], [n for n in numbers if n in second]
    assert found == (numbers[:20], numbers[20:])
