"""Visitors at the pages: the whole way, and the ways of those who mean no good."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from correction_flow.accounts import operations as accounts
from correction_flow.core.clock import at, utcnow
from correction_flow.core.extensions import db
from correction_flow.core.outbox import OutgoingMail
from correction_flow.core.transaction import transaction
from correction_flow.proposals import deadlines
from correction_flow.proposals.lifecycle import Status
from correction_flow.proposals.models import Event, Proposal
from correction_flow.proposals.queries import proposal_by_number
from correction_flow.web.forms.visitors import stamp
from tests.cast import CITED, ITEM, form_on
from tests.web.pages import check
from tests.web.test_walk import GOOD, case_form, link_in, outcomes

FORM = f"/corrections/new?item={ITEM}"
VERA = "vera@example.net"
OLD = "Interactive Political Leadership in Theory and Practise"


def fill(address=VERA, **values):
    return {
        "address": address,
        "field_title": GOOD,
        "reason": "The PDF says so.",
        "act": "preview",
    } | values


def ask(cast, address=VERA, browser=None, **values):
    """Fill in the form, look at the preview, send; the browser and the answer."""
    browser = browser or cast.client()
    preview = browser.submit(FORM, fill(address, **values), action="/corrections/new")
    assert preview.status_code == 200, preview.text
    check(preview.text)
    action, fields = form_on(preview.text, "/corrections/new")
    return browser, browser.send(action, fields | {"act": "send"})


def mails_to(address=VERA):
    db.session.rollback()
    query = select(OutgoingMail).where(OutgoingMail.to_key == address).order_by(OutgoingMail.id)
    return list(db.session.scalars(query))


def stored():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Proposal))


def confirmed(cast, address=VERA, **values):
    """A visitor's request, confirmed: the browser, its number and the path of its page."""
    browser, _ = ask(cast, address, **values)
    answer = browser.submit(link_in(mails_to(address)[0]), {"act": "confirm"}, action="/confirm/")
    assert answer.status_code == 303, answer.text
    db.session.rollback()
    number = db.session.scalars(
        select(Proposal.number).where(Proposal.status == Status.SUBMITTED).order_by(-Proposal.id)
    ).first()
    return browser, number, answer.location


def test_the_whole_way_of_a_visitor(cast):
    browser = cast.client()
    check(browser.get(FORM).text)
    _, sent = ask(cast, browser=browser)
    assert sent.location == "/visitors/sent"
    check(browser.get(sent.location).text)
    assert cast.mails("mara") == []
    assert "pending" not in cast.client().get(f"/items/{ITEM}").text
    link = link_in(mails_to()[0])
    page = browser.get(link)
    check(page.text)
    assert "The PDF says so." in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    answer = browser.submit(link, {"act": "confirm"}, action="/confirm/")
    assert answer.status_code == 303
    receipt = mails_to()[-1]
    assert receipt.name == "receipt"
    assert link_in(receipt) == answer.location
    own = browser.get(answer.location).text
    check(own)
    assert "R-000001" in own
    assert VERA not in own
    # the desk sees a visitor, and no address
    mara, action, fields = case_form(cast, "R-000001")
    case = mara.get("/desk/R-000001").text
    assert "A visitor (address confirmed)" in case
    for path in ("/desk/R-000001", "/desk", "/proposals/R-000001"):
        assert VERA not in mara.get(path).text
    # question and answer, without an account
    asked = mara.submit("/desk/R-000001", {"question": "Which edition?"}, action="/ask")
    assert asked.status_code == 303
    question = mails_to()[-1]
    assert (question.name, link_in(question)) == ("asked", answer.location)
    check(browser.get(answer.location).text)
    empty = browser.submit(answer.location, {"answer": " "}, action="/answer")
    assert empty.status_code == 422
    check(empty.text)
    told = browser.submit(answer.location, {"answer": "The first."}, action="/answer")
    assert told.status_code == 303
    assert "The first." in cast.mails("mara", "answered")[0].text
    # decided
    mara, action, fields = case_form(cast, "R-000001")
    assert mara.send(action, outcomes(fields, ("accepted", ""))).status_code == 303
    assert mails_to()[-1].name == "decided"
    assert "Approved" in browser.get(answer.location).text
    html = cast.client().get(f"/items/{ITEM}").text
    assert GOOD in html
    assert VERA not in html
    # an account for the address, later
    person = {
        "name": "Vera Visitor", "email": VERA, "password": "a long enough secret",
        "password_confirm": "a long enough secret",
    }  # fmt: skip
    assert browser.submit("/register", person, action="/register").status_code == 302
    assert browser.submit(link_in(mails_to()[-1]), {}, action="/verify/").status_code == 303
    assert "R-000001" in browser.get("/my/requests").text
    moved = browser.get(answer.location)
    assert (moved.status_code, moved.location) == (303, "/proposals/R-000001")


def test_a_visitor_withdraws_and_a_stale_version_is_409(cast):
    browser, number, page = confirmed(cast)
    stale = browser.submit(page, {"version": "99", "note": "My words"}, action="/withdraw")
    assert stale.status_code == 409
    assert "My words" in stale.text
    check(stale.text)
    assert browser.submit(page, {"note": "My mistake"}, action="/withdraw").status_code == 303
    assert "Withdrawn" in browser.get(page).text
    again = browser.post(f"{page}/withdraw", {"version": "3"})
    assert again.status_code == 409
    assert proposal_by_number(number).status is Status.WITHDRAWN


def test_a_scanner_that_opens_every_link_changes_nothing(cast):
    ask(cast)
    link = link_in(mails_to()[0])
    for _ in range(3):
        assert cast.client().get(link).status_code == 200
        assert cast.client().client.head(link).status_code == 200
    assert [p.status for p in db.session.scalars(select(Proposal))] == [Status.UNCONFIRMED]
    assert len(mails_to()) == 1


def test_a_post_without_the_token_of_the_page_confirms_nothing(cast):
    ask(cast)
    link = link_in(mails_to()[0])
    assert cast.client().post(link, {"act": "confirm"}, token=False).status_code == 400
    assert len(mails_to()) == 1


def test_confirming_twice_leads_to_the_result(cast):
    browser, number, page = confirmed(cast)
    link = link_in(mails_to()[0])
    for answer in (browser.get(link), browser.post(link, {"act": "confirm", "item_version": "1"})):
        assert (answer.status_code, answer.location) == (303, page)
    assert browser.post(link, {"act": "erase"}).status_code == 303
    assert proposal_by_number(number).status is Status.SUBMITTED
    assert len(cast.mails("mara", "notice")) == 1


def test_an_altered_link_another_links_token_and_one_of_another_purpose_lead_nowhere(cast):
    _, _, page = confirmed(cast)
    ask(cast, "walt@example.net", field_pages="1-18", field_title=OLD)
    link = link_in(mails_to("walt@example.net")[0])
    token = link.rsplit("/", 1)[1]
    browser = cast.client()
    for path in (
        link[:-2], link.replace(token[:3], "abc", 1), page[:-1], f"/visitors/{token}",
        f"/visitors/confirm/{page.rsplit('/', 1)[1]}", "/visitors/confirm/é", "/visitors/x.y",
    ):  # fmt: skip
        assert browser.get(path).status_code == 404, path
        assert browser.post(path, {"act": "confirm"}).status_code in (404, 405), path
    for act in ("answer", "withdraw"):
        assert browser.post(f"/visitors/{token}/{act}", {"version": "2"}).status_code == 404
    assert browser.get("/proposals/R-000001").status_code == 302


def test_an_expired_link_says_so_and_the_worker_erases(cast):
    from correction_flow.cli.work import erase_unconfirmed

    browser, _ = ask(cast)
    link = link_in(mails_to()[0])
    with at(utcnow() + timedelta(hours=73)):
        page = browser.get(link)
        check(page.text)
        assert "too old" in page.text
        assert browser.post(link, {"act": "confirm", "item_version": "1"}).status_code == 409
        erase_unconfirmed()
    assert stored() == 0
    gone = browser.get(link)
    assert gone.status_code == 404
    check(gone.text)


def test_whoever_got_the_mail_by_mistake_erases_it_at_once(cast):
    browser, _ = ask(cast)
    link = link_in(mails_to()[0])
    assert browser.submit(link, {"act": "erase"}, action="/confirm/").status_code == 303
    assert stored() == 0
    assert mails_to() == []


def test_a_filled_honeypot_looks_like_success_and_stores_nothing(cast):
    _, answer = ask(cast, homepage="https://spam.example")
    _, honest = ask(cast, "walt@example.net")
    assert (answer.status_code, answer.location) == (honest.status_code, honest.location)
    assert mails_to() == []
    assert stored() == 1


def test_too_fast_comes_back_with_the_text_and_may_go_on_a_moment_later(cast, app):
    app.config["VISITOR_SECONDS"] = 3
    browser = cast.client()
    answer = browser.submit(FORM, fill(), action="/corrections/new")
    assert answer.status_code == 422
    check(answer.text)
    assert "faster than a person types" in answer.text
    assert GOOD in answer.text
    assert VERA in answer.text
    action, fields = form_on(answer.text, "/corrections/new")
    with at(utcnow() + timedelta(seconds=4)):
        assert browser.send(action, fields | {"act": "preview"}).status_code == 200


@pytest.mark.parametrize("stamp", ["", "1764000000.0", "abc.def"])
def test_a_time_made_by_hand_is_not_believed(cast, app, stamp):
    app.config["VISITOR_SECONDS"] = 3
    browser = cast.client()
    answer = browser.submit(FORM, fill(shown_at=stamp, act="send"), action="/corrections/new")
    assert answer.status_code == 422
    assert "open for too long" in answer.text
    assert stored() == 0


def test_the_answer_is_the_same_for_an_address_with_an_account_and_without(cast):
    said = []
    for address in ("alice@example.org", "nobody@example.org", "mara@example.org"):
        browser, answer = ask(cast, address, reason=address)
        page = browser.get(answer.location).text
        said.append((answer.status_code, answer.location, answer.text, page))
    assert len({s[:3] for s in said}) == 1
    assert len({s[3] for s in said}) == 1
    names = [mails_to(a)[-1].name for a in ("alice@example.org", "nobody@example.org")]
    assert names == ["confirm_request", "confirm_request"]


@pytest.mark.parametrize(
    "address",
    [
        "vera@example.net\nBcc: all@example.org", "vera@example.net\r\n\r\nBuy", "vera", "",
        "vera@example.net, walt@example.net", "<vera@example.net>", "véra@example.net",
        "vera@exämple.net", "vera@example.net\u202e", "x" * 120 + "@example.net",
    ],
)  # fmt: skip
def test_an_address_that_could_carry_more_than_an_address_is_refused(cast, address):
    browser = cast.client()
    answer = browser.submit(FORM, fill(address, act="send"), action="/corrections/new")
    assert answer.status_code == 422
    check(answer.text)
    assert GOOD in answer.text
    assert stored() == 0
    assert cast.mails() == []


def test_an_address_gets_only_so_many_mails_and_a_network_sends_only_so_many(cast, app):
    app.config["RATE_LIMITS"] = True
    for n in range(6):
        _, answer = ask(cast, reason=f"Reason {n}")
    assert answer.status_code == 429
    check(answer.text)
    assert "Reason 5" in answer.text
    assert len(mails_to()) == 5
    for n in range(5):
        _, answer = ask(cast, f"v{n}@example.net")
    assert answer.status_code == 429


def test_a_record_that_moved_is_explained_before_anything_is_sent(cast):
    from tests.makers import import_tree

    browser, _ = ask(cast)
    link = link_in(mails_to()[0])
    action, fields = form_on(browser.get(link).text, "/confirm/")
    import_tree({"jadmsc/v9.rdf": ("Practise", "Praxis")})
    answer = browser.send(action, fields | {"act": "confirm"})
    assert answer.status_code == 409
    check(answer.text)
    assert "The record has changed since you wrote" in answer.text
    assert "Praxis" in answer.text
    assert browser.submit(link, {"act": "confirm"}, action="/confirm/").status_code == 303
    db.session.rollback()
    assert proposal_by_number("R-000001").changes[0].old.endswith("Praxis")


def test_what_is_asked_for_meanwhile_is_told_on_the_page(cast):
    from tests.web.test_walk import request_correction

    browser, _ = ask(cast)
    request_correction(cast, title=GOOD)
    link = link_in(mails_to()[0])
    page = browser.get(link).text
    check(page)
    assert "asked for exactly this meanwhile" in page
    assert "Yes, send it" not in page
    done = browser.post(link, {"act": "confirm", "item_version": str(cast.item().version)})
    assert done.location.startswith("/items/")
    assert "Nothing was left to ask for" in browser.get(done.location).text
    assert stored() == 1


def test_a_request_for_an_address_with_an_account_is_followed_signed_in(cast):
    _, number, page = confirmed(cast, "alice@example.org")
    assert page == f"/proposals/{number}"
    assert cast.client().get(page).status_code == 302
    assert cast.client("alice").get(page).status_code == 200
    assert cast.client("stella").get(page).status_code == 404


def test_a_visitor_links_a_reference(cast):
    browser = cast.client()
    path = f"/citations/new?item={ITEM}"
    check(browser.get(path).text)
    reference = cast.reference(0).id
    values = {f"reference-{reference}": CITED, "address": VERA}
    assert browser.submit(path, values, action="/citations/new").location == "/visitors/sent"
    link = link_in(mails_to()[0])
    check(browser.get(link).text)
    assert browser.submit(link, {"act": "confirm"}, action="/confirm/").status_code == 303
    mara, action, fields = case_form(cast, "R-000001")
    assert mara.send(action, outcomes(fields, ("accepted", ""))).status_code == 303


def test_every_mail_to_a_visitor_says_whose_turn_it_is_and_how_to_stop(cast):
    _browser, number, _page = confirmed(cast)
    mara, action, fields = case_form(cast, number)
    mara.send(action, outcomes(fields, ("declined", "It has 81 pages.")))
    mails = mails_to()
    assert [m.name for m in mails] == ["confirm_request", "receipt", "decided"]
    for mail in mails:
        assert "turn" in mail.text.splitlines()[0]
        assert "You get this mail because" in mail.text
        assert "/visitors/" in link_in(mail)
        assert "/verify/" not in mail.text
    assert len({m.subject for m in mails[1:]}) == 1


def expire(number):
    with transaction():
        deadlines.expire(proposal_by_number(number))


def test_a_visitor_edits_from_the_link_and_keeps_what_was_typed(cast):
    browser, number, page = confirmed(cast)
    html = browser.get(page).text
    check(html)
    path = unescape(re.search(r'href="(/corrections/new[^"]*edit=[^"]*)"', html)[1])
    form = browser.get(path)
    check(form.text)
    assert form.headers["Referrer-Policy"] == "no-referrer"
    assert form.headers["Cache-Control"] == "no-store"
    assert "Your e-mail address" not in form.text
    action, fields = form_on(form.text, "/corrections/new")
    fields |= {"field_pages": "1-18", "field_title": OLD, "act": "preview"}
    preview = browser.send(action, fields)
    check(preview.text)
    assert f"you changed {number}" in preview.text
    action, fields = form_on(preview.text, "/corrections/new")
    stale = browser.send(action, fields | {"act": "send", "edited_version": "1"})
    assert stale.status_code == 409
    assert "1-18" in stale.text
    bad = browser.send(action, fields | {"act": "send", "field_title": ""})
    assert bad.status_code == 422
    done = browser.send(action, fields | {"act": "send"})
    assert (done.status_code, done.location) == (303, page)
    assert [c.target for c in proposal_by_number(number).undecided] == ["pages"]
    check(browser.get(page).text)
    mara = cast.client("mara").get(f"/desk/{number}").text
    assert "Edited" in mara
    assert cast.client().get(path.replace("edit=", "edit=x")).status_code == 302
    browser.submit(page, {}, action="/withdraw")
    assert browser.get(path).status_code == 409


def test_a_visitor_comments_and_appeals_and_follows_the_appeal(cast):
    browser, number, page = confirmed(cast)
    twice = [browser.submit(page, {"comment": "See p. 1."}, action="/comment") for _ in range(2)]
    assert [(a.status_code, a.location) for a in twice] == [(303, page)] * 2
    assert len(cast.mails("mara", "commented")) == 1
    assert browser.submit(page, {"comment": " "}, action="/comment").status_code == 422
    early = browser.post(f"{page}/appeal", {"appeal": "My reasons", "changes": "1"})
    assert early.status_code == 409
    mara, action, fields = case_form(cast, number)
    mara.send(action, outcomes(fields, ("declined", "It has 81 pages.")))
    check(browser.get(page).text)
    empty = browser.submit(page, {"appeal": ""}, action="/appeal")
    assert empty.status_code == 422
    check(empty.text)
    sent = browser.submit(page, {"appeal": "Look at page 1."}, action="/appeal")
    assert sent.status_code == 303
    assert sent.location not in (page, None)
    assert link_in(mails_to()[-1]) == sent.location
    own = browser.get(sent.location).text
    check(own)
    assert "R-000002" in own
    assert f'href="{page}"' in own
    assert f'href="{sent.location}"' in browser.get(page).text
    assert "/appeal" not in browser.get(page).text
    assert browser.submit(page, {"comment": "Closed, yet."}, action="/comment").status_code == 303


def test_a_visitor_sends_again_what_expired(cast):
    browser, number, page = confirmed(cast)
    assert browser.post(f"{page}/send-again").status_code == 409
    cast.client("mara").submit(f"/desk/{number}", {"question": "Which?"}, action="/ask")
    expire(number)
    sent = browser.submit(page, {}, action="/send-again")
    again = browser.post(f"{page}/send-again")
    assert sent.status_code == again.status_code == 303
    assert sent.location == again.location != page
    assert "R-000002" in browser.get(sent.location).text
    assert cast.client().get(page).status_code == 200


def test_a_second_question_may_have_the_same_answer_and_one_pressed_twice_is_one(cast):
    browser, number, page = confirmed(cast)
    for question in ("Is it page 1?", "And page 2?"):
        cast.client("mara").submit(f"/desk/{number}", {"question": question}, action="/ask")
        action, fields = form_on(browser.get(page).text, "/answer")
        twice = [browser.send(action, fields | {"answer": "Yes."}) for _ in range(2)]
        assert [(a.status_code, a.location) for a in twice] == [(303, page)] * 2
        assert proposal_by_number(number).status is Status.SUBMITTED
        db.session.rollback()
    assert len(cast.mails("mara", "answered")) == 2
    action, fields = form_on(browser.get(page).text, "/withdraw")
    said = [browser.send(action, fields | {"note": "Mine."}).status_code for _ in range(2)]
    assert said == [303, 303]


def test_what_was_typed_is_kept_where_its_form_is_gone(cast):
    browser, _number, page = confirmed(cast)
    browser.submit(page, {}, action="/withdraw")
    for act, name in (("answer", "answer"), ("appeal", "appeal"), ("withdraw", "note")):
        late = browser.post(f"{page}/{act}", {"version": "2", name: f"My long {name}"})
        assert late.status_code == 409
        assert f"My long {name}" in late.text
        check(late.text)


def test_behind_a_link_acts_are_counted_and_what_was_typed_is_kept(cast, app):
    browser, _number, page = confirmed(cast)
    app.config["RATE_LIMITS"] = True
    values = {"comment": " "}
    action, fields = form_on(browser.get(page).text, "/comment")
    said = {browser.send(action, fields | values).status_code for _ in range(20)}
    assert said == {422}
    held = browser.send(action, fields | {"comment": "My long thoughts"})
    assert held.status_code == 429
    assert "My long thoughts" in held.text
    check(held.text)


def test_when_the_address_has_an_account_the_link_leads_to_it_and_acts_no_more(cast):
    browser, number, page = confirmed(cast)
    edit = f"/corrections/new?item={ITEM}&edit={page.rsplit('/', 1)[1]}"
    action, fields = form_on(browser.get(edit).text, "/corrections/new")
    with transaction():
        accounts.create_user(name="Vera", email=VERA, password_hash="x", verified=True)
    before = len(events())
    assert browser.get(page).location == f"/proposals/{number}"
    assert "/login" in browser.get(f"/proposals/{number}").location
    assert "/login" in browser.get(edit).location
    assert browser.send(action, fields | {"field_pages": "1", "act": "send"}).status_code == 401
    for act in ("answer", "withdraw", "comment", "appeal", "send-again"):
        answer = browser.post(f"{page}/{act}", {"version": "2", "comment": "x", "appeal": "x"})
        assert (answer.status_code, answer.location) == (303, f"/proposals/{number}"), act
    assert len(events()) == before
    assert proposal_by_number(number).status is Status.SUBMITTED
    assert cast.client("stella").get(page).location == f"/proposals/{number}"
    assert cast.client("stella").get(edit).status_code == 404


def events():
    db.session.rollback()
    return list(db.session.scalars(select(Event.id)))


def closed(cast):
    """A visitor's request that was declined: the browser, its number and its page."""
    browser, number, page = confirmed(cast)
    mara, action, fields = case_form(cast, number)
    assert mara.send(action, outcomes(fields, ("declined", "It has 81 pages."))).status_code == 303
    return browser, number, page


@pytest.mark.parametrize(("act", "name"), [("comment", "comment"), ("appeal", "appeal")])
def test_behind_a_link_a_filled_honeypot_looks_like_success_and_does_nothing(cast, act, name):
    browser, _number, page = closed(cast)
    before = len(events())
    filled = browser.submit(page, {name: "Buy pills", "homepage": "x"}, action=f"/{act}")
    assert (filled.status_code, filled.location) == (303, page)
    assert len(events()) == before
    assert stored() == 1
    assert browser.submit(page, {name: "See p. 1."}, action=f"/{act}").status_code == 303
    assert len(events()) > before


@pytest.mark.parametrize(("act", "name"), [("comment", "comment"), ("appeal", "appeal")])
def test_behind_a_link_what_comes_too_fast_is_kept_and_not_done(cast, app, act, name):
    browser, _number, page = closed(cast)
    before = len(events())
    app.config["VISITOR_SECONDS"] = 3
    action, fields = form_on(browser.get(page).text, f"/{act}")
    fast = browser.send(action, fields | {name: "My long thoughts"})
    assert fast.status_code == 422
    assert "faster than a person types" in fast.text
    assert "My long thoughts" in fast.text
    check(fast.text)
    assert len(events()) == before
    with at(utcnow() + timedelta(seconds=4)):
        assert browser.send(action, fields | {name: "My thoughts"}).status_code == 303


def test_a_visitors_edit_is_watched_as_well(cast, app):
    browser, number, page = confirmed(cast)
    edit = f"/corrections/new?item={ITEM}&edit={page.rsplit('/', 1)[1]}"
    action, fields = form_on(browser.get(edit).text, "/corrections/new")
    values = fields | {"field_pages": "1-18", "act": "send"}
    assert browser.send(action, values | {"homepage": "x"}).location == page
    assert proposal_by_number(number).revision == 1
    app.config["VISITOR_SECONDS"] = 3
    fast = browser.send(action, values)
    assert fast.status_code == 422
    assert "1-18" in fast.text
    with at(utcnow() + timedelta(seconds=4)):
        preview = browser.send(action, values | {"act": "preview"})
        action, fields = form_on(preview.text, "/corrections/new")
        assert browser.send(action, fields | {"act": "send"}).location == page
    db.session.rollback()
    assert proposal_by_number(number).revision == 2


def test_a_visitor_erases_their_address_from_a_closed_request(cast):
    browser, number, page = closed(cast)
    assert "Erase my address" in browser.get(page).text
    ask_page = browser.get(f"{page}/erase")
    check(ask_page.text)
    assert ask_page.headers["Referrer-Policy"] == "no-referrer"
    assert proposal_by_number(number).visitor_address == VERA
    done = browser.submit(f"{page}/erase", {}, action="/erase")
    assert done.status_code == 303
    assert "erased" in browser.get(done.location).text
    db.session.rollback()
    proposal = proposal_by_number(number)
    assert (proposal.visitor_address, proposal.link_key, proposal.erased) == (None, None, True)
    assert proposal.status is Status.REJECTED
    gone = browser.get(page)
    check(gone.text)
    assert gone.status_code == 404
    for act in ("comment", "appeal", "erase", "withdraw"):
        assert browser.post(f"{page}/{act}", {"comment": "x"}).status_code == 404, act
    assert mails_to() == []
    with transaction():
        kept = db.session.scalars(select(OutgoingMail)).all()
        assert not any(VERA in f"{m.to} {m.to_key} {m.text} {m.html} {m.headers}" for m in kept)
    mara = cast.client("mara")
    check(mara.get(f"/desk/{number}").text)
    said = {"comment": "For the record."}
    assert mara.submit(f"/proposals/{number}", said, action="/comment").status_code == 303
    assert mails_to() == []


def test_an_open_request_keeps_its_address_and_says_why(cast):
    browser, number, page = confirmed(cast)
    assert "Erase my address" not in browser.get(page).text
    told = browser.get(f"{page}/erase")
    check(told.text)
    assert "still open" in told.text
    refused = browser.post(f"{page}/erase")
    assert refused.status_code == 409
    check(refused.text)
    assert proposal_by_number(number).visitor_address == VERA


def test_while_a_decision_can_be_taken_back_the_address_stays(cast, app):
    app.config["UNDO_MINUTES"] = 5
    browser, number, page = closed(cast)
    assert "can still take this decision back" in browser.get(f"{page}/erase").text
    assert browser.post(f"{page}/erase").status_code == 409
    with at(utcnow() + timedelta(minutes=6)):
        assert browser.post(f"{page}/erase").status_code == 303
    db.session.rollback()
    assert proposal_by_number(number).erased


def test_with_the_appeals_address_erased_nobody_appeals_a_second_time(cast):
    browser, _number, page = closed(cast)
    appeal = browser.submit(page, {"appeal": "Look at page 1."}, action="/appeal").location
    browser.submit(appeal, {}, action="/withdraw")
    assert browser.submit(f"{appeal}/erase", {}, action="/erase").status_code == 303
    assert "/appeal" not in browser.get(page).text
    values = {"appeal": "Once more", "changes": "1", "shown_at": stamp()}
    assert browser.post(f"{page}/appeal", values).status_code == 303
    assert stored() == 2
