"""The help pages: each is reached, and says what the settings and the lifecycle table say."""

import re

import pytest

from correction_flow.proposals.lifecycle import STATUS_WORDS, TRANSITIONS
from tests.cast import ITEM
from tests.web.pages import check

PAGES = ["/help", "/help/correct", "/help/requests", "/help/maintainers", "/help/publishers",
         "/help/privacy"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", [None, "mara"])
def test_each_page_leads_to_all_others(cast, path, who):
    answer = cast.client(who).get(path)
    assert answer.status_code == 200
    page = check(answer.text)
    assert set(PAGES) <= set(page.links)
    assert "style=" not in answer.text


def test_the_deadlines_are_those_of_the_settings(cast):
    cast.app.config.update(
        DUE_WORKING_DAYS=8, ESCALATE_WORKING_DAYS=17, QUESTION_DAYS=29, APPEAL_DAYS=61,
        QUESTION_REMINDERS=(6, 20), UNDO_MINUTES=4, ANNOUNCE_WORKING_DAYS=27,
        OBJECT_WORKING_DAYS=9,
    )  # fmt: skip
    text = cast.client().get("/help/requests").text
    for words in (
        "8 working days", "After 17 working days", "after 6 and 20 days", "after 29 days",
        "within 61 days", "for 4 minutes", "After 27 working days", "9 working days later",
        "no answer for 29 days", "within 72 hours",
    ):  # fmt: skip
        assert words in text, words


def test_the_table_beside_the_picture_is_the_lifecycle(cast):
    text = cast.client().get("/help/requests").text
    table = text.partition('id="lifecycle-table"')[2].partition("</table>")[0]
    found = [
        (re.search(r"<th[^>]*>([^<]*)", row)[1], *re.findall(r"<td[^>]*>([^<]*)", row))
        for row in table.split("<tr>")[2:]
    ]
    assert len(found) == len(TRANSITIONS)
    for rule, (button, who, sources, targets) in zip(TRANSITIONS, found, strict=True):
        assert button == rule.button
        assert who
        labels = {STATUS_WORDS[status].label for status in rule.sources} or {"Not sent yet"}
        assert set(sources.split(", ")) == labels
        leads = [STATUS_WORDS[status].label for status in rule.targets]
        stays = "A new request" if rule.new else "Stays as it is"
        assert targets == (", ".join(leads) or stays)


def test_the_foot_of_an_item_and_every_page_lead_to_the_help(cast):
    assert 'href="/help/correct"' in cast.client().get(f"/items/{ITEM}").text
    assert 'href="/help"' in cast.client().get("/archives").text
    home = cast.client().get("/").text
    assert 'href="/help" aria-current' not in home
