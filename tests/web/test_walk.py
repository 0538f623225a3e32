"""The first walk, through the HTTP client: from the publisher's file to a decided request."""

import re

from tests.cast import CITED, ITEM
from tests.makers import import_tree
from tests.web.pages import check

GOOD = "Interactive Political Leadership in Theory and Practice"


def link_in(mail):
    return re.search(r"http://flow\.test(/\S+)", mail.text)[1]


def request_correction(cast, name="alice", **values):
    """Fill in the form, look at the preview, send; the answer to the sending."""
    browser = cast.client(name)
    preview = browser.submit(
        f"/corrections/new?item={ITEM}",
        {f"field_{k}": v for k, v in values.items()}
        | {"reason": "The PDF says so.", "evidence": "https://example.org/pdf", "act": "preview"},
    )
    assert preview.status_code == 200, preview.text
    check(preview.text)
    from tests.cast import form_on

    action, fields = form_on(preview.text, "/corrections/new")
    return browser, preview, browser.send(action, fields | {"act": "send"})


def number_of(answer):
    assert answer.status_code == 303, answer.text
    return answer.location.rsplit("/", 1)[1]


def case_form(cast, number, name="mara"):
    """The decision form as it stands on the case's page."""
    from tests.cast import form_on

    browser = cast.client(name)
    html = browser.get(f"/desk/{number}").text
    check(html)
    action, fields = form_on(html, "/decide")
    return browser, action, fields


def outcomes(fields, *said):
    """The form's fields with these (outcome, reason) in the order of the changes."""
    prefixes = sorted(
        {f.removesuffix("-seen") for f in fields if f.endswith("-seen")},
        key=lambda p: int(p.rsplit("-", 1)[1]),
    )
    filled = dict(fields)
    for prefix, (outcome, reason) in zip(prefixes, said, strict=True):
        filled |= {f"{prefix}-outcome": outcome, f"{prefix}-reason": reason}
    return filled


def test_the_item_is_found_by_words_by_author_and_by_handle(cast):
    browser = cast.client()
    for query in ("political leadership", "torfing practise", "SORENSEN leadership"):
        page = browser.get("/search", query_string={"q": query})
        check(page.text)
        assert "Interactive Political Leadership" in page.text, query
    pasted = (
        ITEM,
        ITEM.lower(),
        f"see {ITEM}.",
        "https://ideas.repec.org/a/gam/jadmsc/v9y2019i3p51-d249653.html",
        "https://econpapers.repec.org/article/gamjadmsc/"
        "v_3a9_3ay_3a2019_3ai_3a3_3ap_3a51-_3ad_3a249653.htm",
    )
    for query in pasted:
        answer = browser.get("/search", query_string={"q": query})
        assert answer.status_code == 302
        assert browser.get(answer.location).status_code == 200
    page = browser.get("/search", query_string={"q": "nothinglikethis"})
    check(page.text)


def test_the_item_page_shows_everything(cast):
    html = cast.client().get(f"/items/{ITEM}").text
    check(html)
    for text in (
        "Jacob Torfing", "Eva Sørensen", "Roskilde University", ITEM, "MDPI Indexing Manager",
        "https://example.org/51.pdf", "Carla Cited, 2018", "public value", "I wrote this",
        "Something is wrong here", "Administrative Sciences",
    ):  # fmt: skip
        assert text in html, text
    assert "@example.org" not in html


def test_the_whole_walk(cast):
    browser = cast.client()
    registered = browser.submit(
        "/register",
        {
            "name": "Nora Newcomer",
            "email": "nora@example.org",
            "password": "a long enough secret",
            "password_confirm": "a long enough secret",
        },
        action="/register",
    )
    assert registered.status_code == 302
    link = link_in(cast.mails("nora", "verify_address")[0])
    check(browser.get(link).text)
    assert browser.get("/account").status_code == 302
    assert browser.submit(link, {}, action="/verify/").status_code == 303
    check(browser.get("/account").text)
    # asks for a correction of two fields
    preview = browser.submit(
        f"/corrections/new?item={ITEM}",
        {"field_title": GOOD, "field_pages": "1-18", "reason": "See the PDF.", "act": "preview"},
    )
    assert "<ins" in preview.text
    from tests.cast import form_on

    action, fields = form_on(preview.text, "/corrections/new")
    sent = browser.send(action, fields | {"act": "send"})
    number = number_of(sent)
    page = browser.get(sent.location).text
    check(page)
    assert number in page
    assert "MDPI Indexing Manager" in page
    assert [m.name for m in cast.mails("nora")][-1] == "receipt"
    notice = cast.mails("mara")[-1]
    assert notice.name == "notice"
    assert link_in(notice) == f"/desk/{number}"
    # the maintainer decides
    mara, action, fields = case_form(cast, number)
    told = "The printed article has 81 pages."
    decided = mara.send(action, outcomes(fields, ("accepted", ""), ("declined", told)))
    assert decided.status_code == 303, decided.text
    # the item shows the accepted change and its history
    html = cast.client().get(f"/items/{ITEM}").text
    assert GOOD in html
    assert "the maintainer" in html
    assert "Nora" not in html
    mails = cast.mails("nora")
    receipt, answer = mails[-2], mails[-1]
    assert answer.name == "decided"
    assert told in answer.text
    assert answer.headers["In-Reply-To"] == receipt.message_id
    assert answer.subject == receipt.subject
    assert import_tree().changed == 0
    assert GOOD in cast.client().get(f"/items/{ITEM}").text


def test_two_tabs_deciding_end_in_one_decision_and_one_409_with_the_text_kept(cast):
    number = number_of(request_correction(cast, title=GOOD)[2])
    mara, action, fields = case_form(cast, number)
    first = outcomes(fields, ("accepted", ""))
    second = outcomes(fields, ("declined", "I looked at the wrong page."))
    assert mara.send(action, first).status_code == 303
    answer = mara.send(action, second)
    assert answer.status_code == 409
    assert "I looked at the wrong page." in answer.text
    assert len(cast.mails("alice", "decided")) == 1


def test_the_same_decision_twice_leads_to_its_result(cast):
    number = number_of(request_correction(cast, title=GOOD)[2])
    mara, action, fields = case_form(cast, number)
    data = outcomes(fields, ("declined", "No."))
    assert mara.send(action, data).status_code == 303
    assert mara.send(action, data).status_code == 303
    assert len(cast.mails("alice", "decided")) == 1


def test_a_claim_is_made_decided_and_shown(cast):
    alice = cast.client("alice")
    page = alice.get(f"/claims/new?item={ITEM}").text
    check(page)
    author = cast.item_author(0)
    sent = alice.submit(
        f"/claims/new?item={ITEM}", {"author": str(author.id), "reason": "I am she."}
    )
    number = number_of(sent)
    mara, action, fields = case_form(cast, number)
    assert mara.send(action, outcomes(fields, ("accepted", ""))).status_code == 303
    html = cast.client().get(f"/items/{ITEM}").text
    assert "Alice Torfing" in html
    assert cast.mails("alice")[-1].name == "decided"


def test_a_reference_is_linked_and_shown_on_both_items(cast):
    alice = cast.client("alice")
    reference = cast.reference(0)
    page = alice.get(f"/citations/new?item={ITEM}&reference={reference.id}").text
    check(page)
    sent = alice.submit(
        f"/citations/new?item={ITEM}", {f"reference-{reference.id}": CITED, "reason": "It is."}
    )
    number = number_of(sent)
    mara, action, fields = case_form(cast, number)
    assert mara.send(action, outcomes(fields, ("accepted", ""))).status_code == 303
    assert "Interactive Political" in cast.client().get(f"/items/{CITED}").text
    assert import_tree().changed == 0
    assert "Interactive Political" in cast.client().get(f"/items/{CITED}").text


def test_ask_and_answer(cast):
    number = number_of(request_correction(cast, title=GOOD)[2])
    mara = cast.client("mara")
    asked = mara.submit(f"/desk/{number}", {"question": "Which edition?"}, action="/ask")
    assert asked.status_code == 303
    assert "Which edition?" in cast.mails("alice", "asked")[0].text
    alice = cast.client("alice")
    check(alice.get(f"/proposals/{number}").text)
    answered = alice.submit(f"/proposals/{number}", {"answer": "The first."}, action="/answer")
    assert answered.status_code == 303
    assert "The first." in cast.mails("mara", "answered")[0].text
    mara, action, fields = case_form(cast, number)
    assert mara.send(action, outcomes(fields, ("accepted", ""))).status_code == 303


def test_withdrawing(cast):
    number = number_of(request_correction(cast, title=GOOD)[2])
    alice = cast.client("alice")
    answer = alice.submit(f"/proposals/{number}", {"note": "My mistake."}, action="/withdraw")
    assert answer.status_code == 303
    assert "Withdrawn" in alice.get(f"/proposals/{number}").text
    assert cast.mails("mara")[-1].name == "withdrawn"


def test_an_address_without_an_account_decides_in_one_sitting(cast):
    from correction_flow.accounts.models import Address
    from correction_flow.core.extensions import db
    from correction_flow.core.transaction import transaction

    with transaction():
        mara = cast.user("mara")
        mara.email = "gone@example.net"
        db.session.delete(db.session.query(Address).filter_by(user_id=mara.id).one())
    number = number_of(request_correction(cast, title=GOOD)[2])
    notice = cast.mails("mara", "notice")[0]
    link = link_in(notice)
    assert link.startswith("/verify/")
    browser = cast.client()
    check(browser.get(link).text)
    answer = browser.submit(
        link,
        {"name": "Mara M.", "password": "a long secret", "password_again": "a long secret"},
        action="/verify/",
    )
    assert answer.status_code == 303
    assert answer.location == f"/desk/{number}"
    from tests.cast import form_on

    action, fields = form_on(browser.get(answer.location).text, "/decide")
    decided = browser.send(action, outcomes(fields, ("accepted", "")))
    assert decided.status_code == 303
    assert browser.get(link).status_code == 200
    assert browser.submit("/account", {"address": "m2@example.org"}, action="/addresses")


def test_after_a_decision_the_next_case_opens_and_the_last_can_be_taken_back(cast, app):
    app.config["UNDO_MINUTES"] = 5
    first = number_of(request_correction(cast, title=GOOD)[2])
    second = number_of(request_correction(cast, name="stella", pages="1-18")[2])
    mara, action, fields = case_form(cast, first)
    decided = mara.send(action, outcomes(fields, ("accepted", "")))
    assert decided.location.startswith(f"/desk/{second}")
    following = mara.get(decided.location).text
    check(following)
    assert "1 left" in following
    assert f'href="/desk/{first}"' in following
    check(mara.get(f"/desk/{first}").text)
    assert mara.submit(f"/desk/{first}", {}, action="/undo").status_code == 303
    assert GOOD not in cast.client().get(f"/items/{ITEM}").text
    assert "taken back" in mara.get(f"/desk/{first}").text
    assert "taken back" not in cast.client("alice").get(f"/proposals/{first}").text
    assert [m.state.value for m in cast.mails("alice", "decided")] == ["cancelled"]
