"""Exports as a reference manager fetches them."""

import json

import pytest
import rispy

from correction_flow.core.transaction import transaction
from tests.cast import CITED, ITEM
from tests.web.pages import check


@pytest.mark.parametrize("name", ["bibtex", "ris", "csl", "redif", "json", "text"])
def test_an_item_is_a_file_in_each_format(cast, name):
    answer = cast.client().get(f"/export/{name}/{ITEM}")
    assert answer.status_code == 200
    assert "charset=utf-8" in answer.content_type
    assert answer.headers["Content-Disposition"].startswith(
        'attachment; filename="RePEc-gam-jadmsc-v-9-y-2019-i-3-p-51-d-249653.'
    )
    assert "Interactive Political Leadership" in answer.text
    assert "Sørensen" in answer.text
    assert "@example.org" not in answer.text


def test_the_references_and_the_citations_are_exported_too(cast):
    with transaction():
        cast.reference().cited_item_id = cast.item(CITED).id
    browser = cast.client()
    linked, *others = json.loads(browser.get(f"/export/json/{ITEM}?of=references").text)
    assert linked["handle"] == CITED
    assert [list(row) for row in others] == [["text"]] * len(others)
    (citing,) = rispy.loads(browser.get(f"/export/ris/{CITED}?of=citations").text)
    assert citing["id"] == ITEM


def test_what_is_exported_is_what_is_shown(cast):
    page = cast.client().get(f"/items/{ITEM}").text
    check(page)
    assert f"/export/bibtex/{ITEM}" in page
    assert f"/export/bibtex/{ITEM}?of=references" in page


@pytest.mark.parametrize("path", ["word/" + ITEM, "bibtex/RePEc:zzz:nosuch:1", "bibtex/x"])
def test_no_other_export_exists(cast, path):
    assert cast.client().get(f"/export/{path}").status_code == 404
