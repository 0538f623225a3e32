"""The correction form through the HTTP client: lists, codes, links, repairs, bad input."""

import re

import pytest

from tests.cast import ITEM, form_on
from tests.web.pages import check
from tests.web.test_walk import case_form, number_of, outcomes

FORM = f"/corrections/new?item={ITEM}"


def press(cast_or_browser, act, values=None, html=None):
    """Press one of the form's buttons; the browser, the answer."""
    browser = cast_or_browser
    action, fields = form_on(html or browser.get(FORM).text, "/corrections/new")
    answer = browser.send(action, fields | (values or {}) | {"act": act})
    check(answer.text) if answer.status_code != 303 else None
    return answer


def names(html):
    return re.findall(r'name="authors-\d+-name"[^>]*value="([^"]*)"', html)


def sent(alice, html):
    action, fields = form_on(html, "/corrections/new")
    return alice.send(action, fields | {"act": "send"})


def decide(cast, number, outcome="accepted", amended=None):
    mara, action, fields = case_form(cast, number)
    values = outcomes(fields, (outcome, ""))
    if amended is not None:
        values |= {key: amended for key in fields if key.endswith("-amended")}
    return mara.send(action, values)


def test_authors_are_added_moved_renamed_and_sent_without_a_script(cast):
    alice = cast.client("alice")
    page = press(alice, "authors-add").text
    assert names(page) == ["Jacob Torfing", "Eva Sørensen", ""]
    page = press(alice, "authors-up-2", {"authors-2-name": "Nina Nobody"}, page).text
    page = press(alice, "authors-up-1", html=page).text
    assert names(page) == ["Nina Nobody", "Jacob Torfing", "Eva Sørensen"]
    page = press(alice, "authors-remove-2", {"authors-1-name": "Jakob Torfing"}, page).text
    assert names(page) == ["Nina Nobody", "Jakob Torfing"]
    assert "Changed. What the catalogue says now" in page
    preview = press(alice, "preview", html=page).text
    assert "New in place 1: Nina Nobody." in preview
    assert "Renamed: Jacob Torfing becomes Jakob Torfing." in preview
    assert "Removed: Eva Sørensen." in preview
    assert "@example.org" not in preview
    number = number_of(sent(alice, preview))
    assert "Removed: Eva Sørensen." in cast.client("mara").get(f"/desk/{number}").text
    assert decide(cast, number).status_code == 303
    authors = cast.item().shown["authors"]
    assert [a["name"] for a in authors] == ["Nina Nobody", "Jakob Torfing"]
    assert authors[1]["email"] == "jt@example.org"
    assert authors[1]["workplaces"] == [{"name": "Roskilde University"}]
    assert "email" not in authors[0]


def test_a_list_is_put_back_as_it_was(cast):
    alice = cast.client("alice")
    page = press(alice, "authors-remove-0").text
    assert names(page) == ["Eva Sørensen"]
    assert names(press(alice, "authors-reset", html=page).text) == ["Jacob Torfing", "Eva Sørensen"]


@pytest.mark.parametrize(
    "act", ["authors-up-0", "authors-down-1", "authors-remove-99", "authors-up-9999", "title-up-1",
            "nosuch-add", "authors-add-x", "jel-repair-7", "files-down-5", "year-add", "jel-add"],
)  # fmt: skip
def test_a_button_that_makes_no_sense_changes_nothing(cast, act):
    answer = press(cast.client("alice"), act)
    assert answer.status_code in (200, 422)
    assert names(answer.text) == ["Jacob Torfing", "Eva Sørensen"]


def test_codes_are_found_chosen_and_taken_out(cast):
    alice = cast.client("alice")
    page = press(alice, "jel-find", {"jel_words": "elections"}).text
    assert 'name="jel-D72"' in page
    assert "Elections" in page
    preview = press(alice, "preview", {"jel-D72": "on"}, page).text
    assert "Added: D72, Political Processes" in preview
    preview = press(alice, "preview", {"jel-D72": "on", "jel_words": "h11"}, page).text
    assert "Added: D72, Political Processes" in preview
    assert "Added: H11," in preview
    assert press(alice, "preview", {"jel_words": "elections"}).status_code == 422
    number = number_of(sent(alice, preview))
    assert decide(cast, number).status_code == 303
    assert cast.item().shown["jel"] == ["D72", "H11"]
    action, fields = form_on(alice.get(FORM).text, "/corrections/new")
    del fields["jel-H11"]
    assert "Removed: H11," in alice.send(action, fields | {"act": "preview"}).text


def test_links_abstracts_and_month(cast):
    alice = cast.client("alice")
    page = press(alice, "files-add").text
    page = press(alice, "abstract-add", html=page).text
    values = {
        "files-1-url": "https://example.org/52.html", "files-1-format": "text/html",
        "files-1-restriction": "no", "field_abstract-1": "Résumé en français.",
        "field_month": "Spring/Summer",
    }  # fmt: skip
    preview = press(alice, "preview", values, page).text
    assert "New link: https://example.org/52.html (text/html, no)." in preview
    assert "any text here means: not free" in preview
    assert 'class="line-new"' in preview
    assert "File-URL: https://example.org/52.html" in preview
    assert number_of(sent(alice, preview))


def test_garbled_letters_are_repaired_with_one_button(cast):
    alice = cast.client("alice")
    preview = press(alice, "preview", {"field_title": "SÃ¶nmez on matching"}).text
    assert "Use the repaired text" in preview
    again = press(alice, "title-repair-0", html=preview).text
    assert "Is this what you mean?" in again
    assert 'value="Sönmez on matching"' in again
    page = press(alice, "title-repair-0", {"field_title": "SÃ¶nmez on matching"}).text
    assert "Sönmez on matching</textarea>" in page


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"authors-0-name": "x" * 500}, "too long"),
        ({"authors-2-name": "Sørensen, Eva", "authors-2-origin": ""}, "stands in this list twice"),
        ({"authors-1-name": "!!!"}, "not a name"),
        ({"authors-0-origin": "99-abcdef00"}, "not complete"),
        ({f"authors-{n}-name": f"Person {n}" for n in range(1000)}, "at most 400"),
        ({"authors-0-workplace": "y" * 500}, "too long"),
        ({"files-0-url": "ftp//broken"}, "Enter a link"),
        ({"files-0-format": "pdf"}, "Choose a format"),
        ({"files-0-restriction": "z" * 600}, "600 characters"),
        ({"jel-X99": "on"}, "no JEL code"),
        ({"jel_words": "no such words at all"}, "Choose from the codes found"),
        ({"field_abstract-0": "w" * 5000}, "5,000 characters"),
        ({"field_keywords": "k" * 1600}, "1,600 characters"),
        ({"field_month": "m" * 600}, "600 characters"),
        ({"field_language": "English"}, "two letters"),
        ({"field_creation_date": "31.5.2014"}, "Enter it like"),
        ({"field_publication_status": "soon"}, "Begin with"),
        ({"field_volume": "v" * 501}, "501 characters"),
        ({"field_title": "\x00\x07"}, "A work has a title"),
    ],
)  # fmt: skip
def test_bad_input_of_every_kind_comes_back_with_what_was_typed(cast, values, says):
    answer = press(cast.client("alice"), "preview", values | {"reason": "Kept reason."})
    assert answer.status_code == 422
    assert re.search(says, answer.text)
    assert "Kept reason." in answer.text
    for text in values.values():
        kept = text.strip("\x00\x07")
        assert kept in answer.text


def test_a_script_in_a_name_is_only_text(cast):
    preview = press(cast.client("alice"), "preview", {"authors-0-name": "<script>x</script> Smith"})
    assert "<script>x" not in preview.text


def test_an_amendment_is_tried_out_and_may_not_empty_the_title(cast):
    alice = cast.client("alice")
    number = number_of(sent(alice, press(alice, "preview", {"field_title": "New Title"}).text))
    answer = decide(cast, number, "amended", "")
    assert answer.status_code == 422
    assert "A work has a title" in answer.text
    answer = decide(cast, number, "amended", "Title with \ue000 private letters")
    assert cast.item().shown["title"].startswith("Interactive")


def test_an_amended_list_of_names_keeps_the_workplaces_asked_for(cast):
    alice = cast.client("alice")
    preview = press(alice, "preview", {"authors-1-workplace": "Nord University"}).text
    assert "Workplace of Eva Sørensen: none becomes Nord University." in preview
    number = number_of(sent(alice, preview))
    page = cast.client("mara").get(f"/desk/{number}").text
    assert "Eva Sørensen [Nord University]" in page


def test_policies_answer_what_the_form_cannot(cast):
    html = cast.client("alice").get(FORM).text
    page = cast.client().get("/help/policies").text
    check(page)
    for anchor in re.findall(r"/help/policies#([\w-]+)", html):
        assert f'id="{anchor}"' in page, anchor


# -- drafts -------------------------------------------------------------------------------


def test_a_draft_is_kept_opened_again_and_gone_when_it_is_sent(cast):
    from correction_flow.corrections.drafts import drafts_of

    alice = cast.client("alice")
    page = press(alice, "authors-add").text
    values = {"authors-2-name": "Nina Nobody", "field_year": "19x9", "reason": "Half a thought"}
    assert press(alice, "keep", values, page).status_code == 303
    page = alice.get(FORM).text
    check(page)
    assert names(page) == ["Jacob Torfing", "Eva Sørensen", "Nina Nobody"]
    for text in ("19x9", "Half a thought", "the draft you kept"):
        assert text in page
    assert [d.item.handle for d in drafts_of(cast.user("alice"))] == [ITEM]
    assert "Nina Nobody" not in cast.client("bob").get(FORM).text
    preview = press(alice, "preview", {"field_year": "2019"}, page).text
    assert sent(alice, preview).status_code == 303
    cast.mails()
    assert list(drafts_of(cast.user("alice"))) == []
    assert "the draft you kept" not in alice.get(FORM).text


def test_a_draft_is_thrown_away_and_ends_after_90_days(cast):
    from datetime import timedelta

    from correction_flow.core import clock

    alice = cast.client("alice")
    for _ in range(2):
        assert press(alice, "keep", {"field_title": "Kept Title \x00"}).status_code == 303
    action, fields = form_on(alice.get(FORM).text, "/draft/forget")
    assert alice.send(action, fields).status_code == 303
    assert "Kept Title" not in alice.get(FORM).text
    assert press(alice, "keep", {"field_title": "Kept Title"}).status_code == 303
    with clock.at(clock.utcnow() + timedelta(days=91)):
        assert "Kept Title" not in cast.client("alice").get(FORM).text


def test_a_draft_of_an_older_record_finds_its_people_again(cast):
    from tests.makers import import_tree

    alice = cast.client("alice")
    page = press(alice, "authors-down-0").text
    assert press(alice, "keep", html=page).status_code == 303
    import_tree({"jadmsc/v9.rdf": ("Practise", "Brand-new Practice")})
    page = alice.get(FORM).text
    assert names(page) == ["Eva Sørensen", "Jacob Torfing"]
    assert "Moved: " in press(alice, "preview", html=page).text
