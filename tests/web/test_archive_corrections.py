"""*Something is wrong here* on the page of an archive: form, preview, case, page, and who is kept
out."""

import pytest

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import GrantEffect
from correction_flow.catalog.queries import series_by_handle
from correction_flow.core.transaction import transaction
from correction_flow.corrections.operations import request_correction
from correction_flow.proposals import figures
from tests.cast import form_on
from tests.nouns.test_archive_requests import ARCHIVE, NAME, archive, asked, decided, found
from tests.web.pages import check
from tests.web.test_visitors import mails_to
from tests.web.test_walk import case_form, link_in, number_of, outcomes

FORM = f"/corrections/new?archive={ARCHIVE}"
PAGE = f"/archives/{ARCHIVE}"


def filled(browser, **values):
    """The preview of the form with these values; checked."""
    answer = browser.submit(FORM, {"act": "preview"} | values, action="/corrections/new")
    check(answer.text)
    return answer


def sent(browser, **values):
    """The answer to sending them."""
    action, fields = form_on(filled(browser, **values).text, "/corrections/new")
    return browser.send(action, fields | {"act": "send"})


def test_the_whole_way_from_the_page_to_the_page(cast):
    alice = cast.client("alice")
    page = alice.get(PAGE).text
    check(page)
    assert "MDPI Indexing Manager</strong> will decide" in page
    assert f'href="{FORM}"' in page
    preview = filled(alice, field_name=NAME, field_homepage="https://www.mdpi.com")
    assert "Lines of ReDIF" in preview.text
    assert f"Name: {NAME}" in preview.text
    assert "The whole archive as ReDIF" in preview.text
    assert "mara@example.org" not in preview.text
    assert "https://example.org/RePEc/gam/" not in preview.text
    number = number_of(
        sent(alice, field_name=NAME, field_homepage="https://www.mdpi.com", reason="Imprint.")
    )
    assert "Waits for a decision" in alice.get(PAGE).text
    assert figures.of_archive(archive()).open == 1
    mara = cast.client("mara")
    assert "The archive itself" in mara.get("/desk").text
    browser, action, fields = case_form(cast, number)
    case = browser.get(f"/desk/{number}").text
    assert "<h2>The archive</h2>" in case
    assert "gamarch.rdf" in case
    said = outcomes(fields, ("accepted", ""), ("declined", "That is the journal’s page."))
    assert browser.send(action, said).status_code == 303
    page = cast.client().get(PAGE).text
    check(page)
    assert f"<h1>{NAME}</h1>" in page
    assert "Shown otherwise than the publisher says" in page
    assert "<summary>History</summary>" in page
    assert "https://www.mdpi.com" not in page
    assert number in alice.get("/my/requests?part=settled").text
    assert "Page of the archive" in alice.get(f"/proposals/{number}").text


def test_what_is_asked_in_many_items_at_once_stands_in_no_form_of_a_place(cast):
    alice = cast.client("alice")
    for place in ("archive=RePEc:gam", "series=RePEc:gam:jadmsc"):
        form = alice.get(f"/corrections/new?{place}")
        assert form.status_code == 200
        assert "/corrections/slip" not in form.text
        assert "Keep as a draft" in form.text


def test_the_form_says_what_only_the_publisher_changes(cast):
    form = cast.client().get(FORM).text
    check(form)
    assert 'href="/help/policies#maintainer"' in form
    assert "mara@example.org" not in form
    assert "https://example.org/RePEc/gam/" not in form
    told = cast.client().get("/help/policies").text
    assert "RePEc fetches the files of an archive" in told


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"field_name": ""}, "The archive has a name"),
        ({"field_homepage": "www mdpi com"}, "Enter a link like https://example.org"),
        ({}, "Nothing is changed yet"),
    ],
)
def test_bad_input_is_422_with_the_fields_message(cast, values, message):
    answer = filled(cast.client("alice"), **values)
    assert answer.status_code == 422
    assert message in answer.text


def test_a_record_that_moved_is_409_and_the_text_stays(cast):
    alice = cast.client("alice")
    action, fields = form_on(alice.get(FORM).text, "/corrections/new")
    decided(cast, asked(cast, homepage="https://www.mdpi.com"))
    answer = alice.send(action, fields | {"field_name": NAME, "act": "preview"})
    assert answer.status_code == 409
    assert NAME in answer.text


def test_the_figures_of_the_archive_count_what_is_asked_for_about_it_and_its_series(cast):
    number = asked(cast)
    with transaction():
        jadmsc = series_by_handle("RePEc:gam:jadmsc")
        request_correction(
            jadmsc, {"name": "Administration"}, by=cast.user("alice"), reason="",
            evidence_url=None, item_version=jadmsc.version,
        )  # fmt: skip
    assert figures.of_archive(archive()).open == 2
    assert figures.of_series(series_by_handle("RePEc:gam:jadmsc")).open == 1
    assert figures.of_archive(archive("RePEc:taf")).open == 0
    decided(cast, number)
    told = figures.of_archive(archive())
    assert (told.open, told.decided, told.accepted) == (1, 1, 1)


@pytest.mark.parametrize("handle", ["RePEc:zzz", "RePEc:gam:jadmsc", "", "x" * 300])
def test_what_is_no_described_archive_is_404(cast, handle):
    assert cast.client("alice").get(f"/corrections/new?archive={handle}").status_code == 404


def test_strangers_get_404_parties_without_the_right_403(cast):
    number = asked(cast)
    for who in ("stella", "otto", "ada"):
        assert cast.client(who).get(f"/desk/{number}").status_code == 404
        assert cast.client(who).get(f"/proposals/{number}").status_code == 404
        assert cast.client(who).get(f"{FORM}&edit={number}").status_code == 404
    _, action, fields = case_form(cast, number)
    refused = cast.client("cora").post(action, outcomes(fields, ("accepted", "")))
    assert refused.status_code == 403
    assert "Only the maintainer of this archive decides here" in refused.text
    assert cast.client().get(f"/desk/{number}").status_code in (302, 303)


def test_it_is_edited_by_whoever_sent_it_and_only_under_its_own_archive(cast):
    number = asked(cast)
    alice = cast.client("alice")
    assert NAME in alice.get(f"{FORM}&edit={number}").text
    other = f"/corrections/new?archive=RePEc:taf&edit={number}"
    assert alice.get(other).status_code == 404


def test_a_visitor_asks_by_mail_and_follows_by_the_link(cast):
    browser = cast.client()
    answer = sent(browser, field_name=NAME, address="vera@example.net")
    assert answer.status_code == 303
    (mail,) = mails_to("vera@example.net")
    link = link_in(mail)
    assert browser.get(link).status_code == 200
    confirmed = browser.submit(link, {"act": "confirm"}, action="/visitors/confirm")
    assert confirmed.status_code == 303
    check(browser.get(confirmed.location).text)
    decided(cast, "R-000001")
    assert NAME in browser.get(PAGE).text


def test_an_archive_that_no_template_describes_has_no_button(cast):
    with transaction():
        gam = archive()
        catalog.grant(cast.user("stella"), gam, None, GrantEffect.GRANTED, by=None)
        gam.placeholder = True
    page = cast.client("stella").get(PAGE)
    check(page.text)
    assert page.status_code == 200
    assert "Something is wrong here" not in page.text
    assert cast.client("stella").get(FORM).status_code == 404


def test_the_case_can_be_commented_withdrawn_and_is_listed_on_the_desk(cast):
    number = asked(cast)
    alice = cast.client("alice")
    page = f"/proposals/{number}"
    said = alice.submit(page, {"comment": "It is urgent."}, action="/comment")
    assert said.status_code == 303
    gone = alice.submit(page, {}, action="/withdraw")
    assert gone.status_code == 303
    assert found(number).status.value == "withdrawn"
    assert NAME not in cast.client().get(PAGE).text
