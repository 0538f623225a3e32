"""A name misspelt in several items: the pages from the form to the decision together."""

import re
from html import unescape

from correction_flow.core.transaction import transaction
from correction_flow.corrections import slips
from correction_flow.proposals import operations
from correction_flow.proposals.lifecycle import Status
from tests.cast import CITED, form_on
from tests.nouns.test_batches import RIGHT, SLIP, series  # noqa: F401 (a fixture)
from tests.nouns.test_workflow import GOOD, ask_for, the
from tests.web.pages import check

PAGE = f"/corrections/slip?item={CITED}"


def fill(browser, page, action, **values):
    """The form on the page with these values; ticked boxes as a browser sends them."""
    target, fields = form_on(page.text, action)
    ticked = re.findall(r'name="(items|cases)" value="([^"]+)"(?: checked)', page.text)
    lists = {}
    for name, value in ticked:
        lists.setdefault(name, []).append(value)
    fields = {k: v for k, v in fields.items() if k not in lists}
    return browser.send(target, {**fields, **lists, **values})


def slip_page(browser, field="authors", old=SLIP):
    query = {"item": CITED, "field": field, "old": old}
    return browser.get("/corrections/slip", query_string=query)


def sent(cast):
    browser = cast.client("alice")
    first = browser.get(PAGE)
    check(first.text)
    assert SLIP in first.text
    page = slip_page(browser)
    check(page.text)
    preview = fill(browser, page, "/slip", new=RIGHT, reason="An accent.", act="preview")
    assert preview.status_code == 200, preview.text
    check(preview.text)
    assert preview.text.count(f"Renamed: {SLIP} becomes {RIGHT}.") == 3
    edited = fill(browser, preview, "/slip", act="edit")
    assert (edited.text.count(" checked>"), RIGHT in edited.text) == (3, True)
    return browser, fill(browser, preview, "/slip", act="send")


def test_the_whole_way_from_the_name_to_the_decision_together(series):  # noqa: F811
    browser, answer = sent(series)
    assert answer.status_code == 303
    number = answer.location.rsplit("/", 1)[1]
    check(browser.get(answer.location).text)
    mara = series.client("mara")
    case = mara.get(f"/desk/{number}")
    check(case.text)
    assert "The same in 3 items" in case.text
    assert case.text.count(f"Renamed: {SLIP} becomes {RIGHT}.") == 4  # the case's own, and all
    queue = mara.get("/desk").text
    assert "and 2 more items of this series" in queue
    assert queue.count("/desk/R-") == 2  # two links of one row
    refused = fill(mara, case, "/alike", outcome="declined")
    assert (refused.status_code, "Give the reason" in refused.text) == (422, True)
    done = fill(mara, case, "/alike", outcome="accepted")
    assert done.status_code == 303
    assert the(number).status is Status.APPROVED
    assert RIGHT in series.client().get(f"/items/{CITED}").text
    again = fill(mara, case, "/alike", outcome="accepted")
    assert again.status_code == 303
    other = fill(mara, case, "/alike", outcome="declined", alike_reason="No.")
    assert other.status_code == 409
    assert other.text.count(" is left: ") == 3


def test_cases_are_left_out_of_a_decision_by_unticking_them(series):  # noqa: F811
    number = sent(series)[1].location.rsplit("/", 1)[1]
    mara = series.client("mara")
    target, fields = form_on(mara.get(f"/desk/{number}").text, "/alike")
    mara.send(target, fields | {"cases": [number], "outcome": "accepted"})
    assert the(number).status is Status.APPROVED
    assert len(series.mails("alice", "decided")) == 1
    nothing = mara.send(target, {k: v for k, v in fields.items() if k != "cases"})
    assert nothing.status_code in (409, 422)


def test_a_batch_led_by_a_case_one_may_not_decide_is_decided_all_the_same(series):  # noqa: F811
    number = sent(series)[1].location.rsplit("/", 1)[1]
    other = ask_for(series, who="bob", title=GOOD)
    with transaction():
        change = the(number).changes[0]
        operations.support_change(change, by=series.user("mara"))
    mara = series.client("mara")
    first = mara.get(f"/desk/{number}").text
    check(first)
    assert "you sent or support this" in first
    assert "The same in 2 items" in first
    assert f'href="/desk/{other}"' in first  # the next case
    target, fields = form_on(mara.get(f"/desk/{other}").text, "/reject")
    following = mara.send(target, fields | {"reason": "No."}).location
    assert number not in following
    assert "The same in 3 items" in mara.get(following).text
    done = fill(mara, mara.get(f"/desk/{number}"), "/alike", outcome="accepted")
    assert done.status_code == 303
    assert the(number).status is Status.SUBMITTED
    assert [m.name for m in series.mails("alice")] == ["receipt", "decided"]


def test_a_case_that_was_not_sent_with_this_one_is_not_decided_with_it(series):  # noqa: F811
    number = sent(series)[1].location.rsplit("/", 1)[1]
    other = ask_for(series, who="bob", title=GOOD)
    mara = series.client("mara")
    target, fields = form_on(mara.get(f"/desk/{number}").text, "/alike")
    mara.send(target, fields | {"cases": [number, other], "outcome": "accepted"})
    assert the(other).status is Status.SUBMITTED


def test_bad_input_comes_back_with_its_text(series):  # noqa: F811
    browser = series.client("alice")
    page = slip_page(browser)
    for values, message in (
        ({"new": "", "reason": "My reason."}, "Enter the name"),
        ({"new": SLIP, "reason": "My reason."}, "how it stands"),
        ({"new": RIGHT, "reason": "My reason.", "items": "99999:1"}, "no longer stands"),
        ({"new": RIGHT, "reason": "My reason.", "items": "x"}, "Choose at least one"),
    ):
        answer = fill(browser, page, "/slip", act="preview", **values)
        assert answer.status_code in (409, 422), message
        assert message in answer.text
        assert "My reason." in answer.text


def test_what_stands_nowhere_and_what_is_no_field_is_said(series):  # noqa: F811
    browser = series.client("alice")
    page = slip_page(browser, old="Nobody At All")
    assert "No item of this series says exactly this" in page.text
    check(page.text)
    for field, old, message in (
        ("handle", "x", "Choose the field"), ("title", " ", "Enter what it says now"),
        ("title", "x" * 501, "at most 500"),
    ):  # fmt: skip
        page = slip_page(browser, field, old)
        assert (page.status_code, message in page.text) == (422, True)
        check(page.text)
    assert series.client().get(PAGE).status_code == 302


def test_a_pasted_list_counts_instead_of_the_ticks_and_comes_back_where_a_line_is_wrong(
    series,  # noqa: F811
):
    browser = series.client("alice")
    page = slip_page(browser, "files", "http://old.example/")
    one = "RePEc:gam:jadmsc:v:11:y:2011:p:1-9"
    typed = {"new": "https://new.example/", "handles": f"{one}\n{CITED}", "act": "preview"}
    refused = fill(browser, page, "/slip", **typed)
    assert refused.status_code == 422
    assert "Line 2" in refused.text
    assert f"\n{one}\n{CITED}</textarea>" in refused.text
    check(refused.text)
    preview = fill(browser, refused, "/slip", **typed | {"handles": one})
    assert "becomes https://new.example/11.pdf" in preview.text
    assert preview.text.count('name="items"') == 1
    done = fill(browser, preview, "/slip", act="send")
    assert done.status_code == 303
    number = done.location.rsplit("/", 1)[1]
    assert the(number).changes[0].new[0]["url"] == "https://new.example/11.pdf"


def test_a_large_series_says_how_many_were_looked_at_and_leads_further(series, monkeypatch):  # noqa: F811
    monkeypatch.setattr(slips, "LOOKED_AT", 2)
    browser = series.client("alice")
    page = slip_page(browser, "journal", "Adminstrative")
    check(page.text)
    assert "2 of its items were looked at" in page.text
    further = unescape(re.search(r'href="([^"]*after=[^"]*)"', page.text)[1])
    page = browser.get(further)
    check(page.text)
    assert "Work Number 12 of Carla" in page.text or "Work Number 11 of Carla" in page.text
    preview = fill(browser, page, "/slip", new="Administrative", act="preview")
    check(preview.text)
    edited = fill(browser, preview, "/slip", act="edit")
    assert edited.text.count(" checked>") == page.text.count(" checked>") > 0
    assert fill(browser, preview, "/slip", act="send").status_code == 303
