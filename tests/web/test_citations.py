"""The form that links references: what it offers, and that looking changes nothing."""

import re

import pytest
from sqlalchemy import select

from correction_flow.citations import candidates
from correction_flow.core.extensions import db
from correction_flow.proposals.models import Change
from correction_flow.upstream.importer import import_path
from tests.cast import CITED, ITEM, OTHER, form_on
from tests.nouns.trees import paper, tree
from tests.web.pages import check

FORM = f"/citations/new?item={ITEM}"


def test_what_a_reference_may_mean_is_offered_with_reasons_and_sent_only_by_the_button(cast):
    reference = cast.reference(0)
    for browser in (cast.client("alice"), cast.client()):
        page = browser.get(FORM).text
        check(page)
        assert f'name="choice-{reference.id}" value="{CITED}"' in page
        assert "Very likely." in page
        assert "the whole title; author Cited; year 2018" in page
        assert "No item of this catalogue looks like it." in page  # of the second reference
    assert list(db.session.scalars(select(Change))) == []
    answer = cast.client("alice").submit(FORM, {"reason": "It is."})
    assert answer.status_code == 303
    db.session.rollback()
    (change,) = db.session.scalars(select(Change))
    assert (change.target, change.new) == (f"reference:{reference.id}", CITED.lower())


def test_none_of_these_is_kept_and_a_handle_that_is_typed_goes_first(cast):
    first, second = (cast.reference(n).id for n in (0, 1))
    browser = cast.client()
    answer = browser.submit(
        FORM,
        {f"choice-{first}": "", f"reference-{second}": "RePEc:zzz:no:1", "look": str(second)},
        action="/citations/new",
    )
    assert answer.status_code == 200
    check(answer.text)
    assert 'value="RePEc:zzz:no:1"' in answer.text
    typed = {f"choice-{first}": CITED, f"reference-{first}": "RePEc:zzz:no:1", "reason": "x"}
    answer = cast.client("alice").submit(FORM, typed)
    assert answer.status_code == 422
    assert "There is no item “RePEc:zzz:no:1”" in answer.text
    assert list(db.session.scalars(select(Change))) == []


def test_a_page_looks_up_a_few_references_and_the_others_at_a_button(cast, tmp_path):
    many = [
        {"citing": "RePEc:zzz:wpaper:1", "nth": n, "text": f"Cited, C. (2018). Work {n} of many."}
        for n in range(1, candidates.AT_ONCE + 4)
    ]
    import_path(tree(tmp_path, references=many, a_rdf=paper()))
    browser, form = cast.client(), "/citations/new?item=RePEc:zzz:wpaper:1"
    page = browser.get(form).text
    check(page)
    later = re.findall(r'name="look" value="(\d+)"', page)
    assert len(later) == 3
    for look in (later[1], "0", "x", "99999999999999"):
        answer = browser.submit(
            form, {"look": look, f"reference-{later[0]}": CITED, "reason": "Why"},
            action="/citations/new",
        )  # fmt: skip
        assert answer.status_code == 200
        check(answer.text)
        assert f'value="{CITED}"' in answer.text
        assert "Why" in answer.text
    answer = browser.submit(form, {"look": later[1]}, action="/citations/new")
    assert re.findall(r'name="look" value="(\d+)"', answer.text)[-1] == later[0]
    one = browser.get(f"{form}&reference={later[2]}").text
    assert len(re.findall(r'name="look"', one)) == len(many) - 1


# -- adding -------------------------------------------------------------------------------

LIST = "Dana Missing, 2017. A work that nobody has.\nCarla Cited, 2018. Collaborative innovation."


def split(browser, text=LIST, **more):
    return browser.submit(FORM, {"pasted": text, "split": "1", **more}, action="/citations/new")


def test_a_pasted_list_is_split_and_shown_before_anything_is_sent(cast):
    for browser in (cast.client("alice"), cast.client()):
        page = split(browser, reason="Because.")
        assert page.status_code == 200
        check(page.text)
        assert 'name="added-1-text"' in page.text
        assert 'name="added-2-text"' in page.text
        assert "Because." in page.text
    assert list(db.session.scalars(select(Change))) == []


def test_what_is_ticked_is_sent_and_what_is_pasted_is_never_sent_unseen(cast):
    browser = cast.client("alice")
    answer = browser.submit(FORM, {"pasted": LIST}, action="/citations/new")
    assert answer.status_code == 200
    action, fields = form_on(answer.text, "/citations/new")
    del fields["added-1-use"]
    assert browser.send(action, fields).status_code == 303
    db.session.rollback()
    changes = list(db.session.scalars(select(Change).order_by(Change.id)))
    assert [c.target.partition(":")[0] for c in changes] == ["reference", "reference-added"]
    assert changes[1].new["text"] == "Carla Cited, 2018. Collaborative innovation."


def test_a_reference_that_is_there_is_said_to_be_and_not_ticked(cast):
    page = split(cast.client("alice"), f"{cast.reference().text}\nAnother, 1990. A title of it.")
    assert "stands in the list already, as reference 1" in page.text
    fields = form_on(page.text, "/citations/new")[1]
    assert "added-1-use" not in fields
    assert fields["added-2-use"] == "1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" \n ", "Paste the list"),
        ("\n".join(f"Author {n}, 1990. A title number {n}." for n in range(101)), "at most 100"),
    ],
)
def test_a_list_that_is_empty_or_too_long_is_told_with_the_text_kept(cast, text, words):
    page = split(cast.client("alice"), text)
    assert page.status_code == 422
    assert words in page.text
    assert text.strip().splitlines()[-1:] == [] or "Author 100" in page.text


def test_a_part_is_looked_up_at_its_button(cast):
    browser = cast.client("alice")
    page = split(browser)
    action, fields = form_on(page.text, "/citations/new")
    fields["added-1-text"] = cast.reference().text
    answer = browser.send(f"{action}&look-added=1", {**fields, "look": ""})
    assert answer.status_code == 200
    assert f'name="added-1-choice" value="{CITED}"' in answer.text


def test_wrong_handles_and_texts_of_parts_are_told_at_them(cast):
    browser = cast.client("alice")
    action, fields = form_on(split(browser).text, "/citations/new")
    fields |= {"added-1-handle": "RePEc:zzz:no:1", "added-2-text": " "}
    answer = browser.send(action, fields)
    assert answer.status_code == 422
    check(answer.text)
    assert "There is no item “RePEc:zzz:no:1”" in answer.text
    assert "Enter the reference as the work prints it." in answer.text


# -- the others ---------------------------------------------------------------------------


def test_a_reference_is_respelt_and_another_taken_out_in_one_form(cast):
    first, second = (cast.reference(n).id for n in (0, 1))
    browser = cast.client("alice")
    values = {f"text-{first}": "Carla Cited, 2018. Respelt.", f"remove-{second}": "1"}
    assert browser.submit(FORM, {**values, f"choice-{first}": ""}).status_code == 303
    desk = cast.client("mara").get("/desk/R-000001").text
    assert "Text of reference 1" in desk
    assert "[added: </span>Respelt" in desk
    assert "Whether reference 2 is in the list" in desk
    assert "taken out: it is not in the work" in desk


def test_an_item_that_cites_this_leads_to_the_citing_items_list(cast):
    page = cast.client().get(f"/items/{CITED}").text
    assert f"/citations/missing?cited={CITED}" in page
    browser = cast.client()
    form = browser.get(f"/citations/missing?cited={CITED}")
    check(form.text)
    found = browser.get(f"/citations/missing?cited={CITED}&q=political+leadership")
    check(found.text)
    assert f"/citations/new?item={ITEM}&amp;cited={CITED}" in found.text
    pasted = browser.get(f"/citations/missing?cited={CITED}&q=see+{ITEM}")
    assert pasted.status_code == 302
    page = browser.get(pasted.location)
    check(page.text)
    assert "This reference looks like" in page.text
    assert f'name="choice-{cast.reference().id}" value="{CITED}" ' in page.text
    assert "This is the item itself" in browser.get(
        f"/citations/missing?cited={CITED}&q={CITED}"
    ).text  # fmt: skip
    nothing = browser.get(f"/citations/missing?cited={CITED}&q=zzzz")
    assert "No item has these words" in nothing.text
    assert browser.get("/citations/missing?cited=RePEc:zzz:no:1").status_code == 404


def test_where_no_reference_looks_like_it_one_is_filled_in_to_be_added(cast):
    browser = cast.client("alice")
    page = browser.get(f"/citations/new?item={ITEM}&cited={OTHER}")
    check(page.text)
    assert "It is filled in as one to add" in page.text
    fields = form_on(page.text, "/citations/new")[1]
    assert fields["added-1-handle"] == OTHER
    assert "Collaborative Innovation in the Public Sector" in fields["added-1-text"]


def test_a_list_of_more_than_200_references_is_reached_by_its_pages_and_whole(cast, tmp_path):
    many = [
        {"citing": "RePEc:zzz:wpaper:1", "nth": n, "text": f"Nobody, N. (1901). Work {n} of many."}
        for n in range(1, 204)
    ]
    import_path(tree(tmp_path, references=many, a_rdf=paper()))
    browser, form = cast.client("alice"), "/citations/new?item=RePEc:zzz:wpaper:1"
    first = browser.get(form).text
    check(first)
    assert "Work 200 of many" in first
    assert "Work 201 of many" not in first
    following = re.search(r'href="([^"]*after=[^"]*)">The next references', first)
    assert following
    address = following[1].replace("&amp;", "&")
    page = browser.get(address).text
    check(page)
    assert "Work 203 of many" in page
    assert "Work 200 of many" not in page
    last = max(int(n) for n in re.findall(r'name="remove-(\d+)"', page))
    assert f'id="entry-{last}"' in browser.get(f"{form}&reference={last}").text
    answer = browser.submit(address, {f"remove-{last}": "1", "reason": "It is not there."})
    assert answer.status_code == 303
    known = {"added-1-text": "Nobody, N. (1901). Work 202 of many.", "added-1-use": "1"}
    answer = browser.submit(form, known)
    assert answer.status_code == 422
    assert "This stands in the list already, as reference 202." in answer.text


@pytest.mark.parametrize("after", ["x", "1", "9" * 40 + "_1", ""])
def test_a_strange_place_in_the_list_shows_its_beginning(cast, after):
    assert "Reference 1 as the work" in cast.client().get(f"{FORM}&after={after}").text
