"""Requests about a series in pages: a visitor's whole way, an escalated case, the words."""

import re
from datetime import timedelta

from correction_flow.core.clock import at, utcnow, working_days_later
from tests.cast import form_on
from tests.makers import import_tree
from tests.nouns.test_deadlines import pass_time
from tests.nouns.test_series_acts import NAME, NO, OLD, OTHER, SERIES, YES, ask, decide, series
from tests.web.pages import check
from tests.web.test_visitors import VERA, mails_to
from tests.web.test_walk import link_in

FORM = f"/corrections/new?series={SERIES}"


def test_a_visitor_asks_confirms_edits_and_appeals(cast):
    browser = cast.client()
    page = browser.get(FORM).text
    check(page)
    assert "Keep as a draft" not in page
    typed = {"address": VERA, "field_name": NAME, "act": "preview"}
    action, fields = form_on(
        browser.submit(FORM, typed, action="/corrections/new").text, "/corrections/new"
    )
    assert browser.send(action, fields | {"act": "send"}).location == "/visitors/sent"
    link = link_in(mails_to()[0])
    check(browser.get(link).text)
    own = browser.submit(link, {"act": "confirm"}, action="/confirm/").location
    page = browser.get(own).text
    check(page)
    assert "Page of the series" in page
    edit = re.search(r'href="([^"]*edit=[^"]+)"', page)[1].replace("&amp;", "&")
    assert "series=" in edit
    answer = browser.submit(
        edit, {"field_name": OTHER, "act": "preview"}, action="/corrections/new"
    )
    check(answer.text)
    action, fields = form_on(answer.text, "/corrections/new")
    assert browser.send(action, fields | {"act": "send"}).status_code == 303
    number = re.search(r"R-\d+", browser.get(own).text)[0]
    decide(cast, number, NO)
    page = browser.get(own).text
    check(page)
    action, fields = form_on(page, "/appeal")
    assert browser.send(action, fields | {"appeal": "Look again."}).status_code == 303
    assert series().name == OLD


def test_a_curator_announces_on_the_page_of_an_escalated_case_and_the_maintainer_objects(cast):
    number, start = ask(cast, name="Administrativ Sciences"), utcnow()
    for day in (10, 20):
        pass_time(working_days_later(start, day) + timedelta(hours=1))
    cora, mara = cast.client("cora"), cast.client("mara")
    with at(working_days_later(start, 30) + timedelta(hours=1)):
        assert number in cora.get("/desk?tab=escalated").text
        page = cora.get(f"/desk/{number}").text
        check(page)
        assert "gamseri.rdf" in page
        action, fields = form_on(page, "/announce")
        assert cora.send(action, fields).status_code == 303
        page = mara.get(f"/desk/{number}").text
        check(page)
        action, fields = form_on(page, "/object")
        assert mara.send(action, fields | {"objection": "Ours to say."}).status_code == 303
        check(cora.get(f"/desk/{number}").text)


def test_no_mail_about_a_series_speaks_of_an_item(cast):
    first, second = ask(cast, name=NAME), ask(cast, "stella", name=OTHER, issn=["2076-3387"])
    decide(cast, first, NO)
    decide(cast, second, YES, YES)
    ask(cast, name="Third Name of It", description="About administration.")
    for day in (10, 20):
        pass_time(working_days_later(utcnow(), day) + timedelta(hours=1))
    import_tree({"gamseri.rdf": (f"Name: {OLD}", "Name: Of the Publisher")})
    names = {mail.name for mail in cast.mails()}
    assert names >= {"receipt", "notice", "decided", "escalated", "looked_again", "read_again"}
    texts = [mail.text + mail.html for mail in cast.mails()]
    assert not [text for text in texts if re.search(r"\bitem\b|\bwork has\b", text)]
