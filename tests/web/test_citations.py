"""The form that links references: what it offers, and that looking changes nothing."""

import re

from sqlalchemy import select

from correction_flow.citations import candidates
from correction_flow.core.extensions import db
from correction_flow.proposals.models import Change
from correction_flow.upstream.importer import import_path
from tests.cast import CITED, ITEM
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
