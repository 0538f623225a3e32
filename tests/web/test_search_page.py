"""The search page: words and filters, what it says of its order, and bad values."""

import re

import pytest

from correction_flow.catalog import search
from tests.cast import ITEM, OTHER
from tests.nouns.trees import import_path, paper, tree
from tests.web.pages import check


def found(cast, **query):
    answer = cast.client().get("/search", query_string=query)
    assert answer.status_code == 200, answer.text
    check(answer.text)
    return answer.text


def test_filters_narrow_words_down(cast):
    both = found(cast, q="torfing")
    assert ITEM in both
    assert OTHER in both
    assert "the best fit first" in both
    one = found(cast, q="torfing", series="repec:gam:JADMSC")
    assert ITEM in one
    assert OTHER not in one
    assert "Nothing found" in found(cast, q="torfing", kind="Book")
    assert "Nothing found" in found(cast, q="torfing", year="2001", kind="Article")


def test_a_filter_alone_browses_the_latest_first(cast):
    html = found(cast, q="", year="2019", kind="", series="", language="", jel="")
    assert ITEM in html
    assert OTHER in html
    assert "the latest in the catalogue first" in html
    assert "<strong>2</strong> items found" in html


def test_a_series_is_shown_by_its_name_and_can_be_removed(cast):
    html = found(cast, q="torfing", series="RePEc:gam:jadmsc", year="2019")
    filters = html.partition("chosen-filters")[2].partition("</ul>")[0]
    assert "Administrative Sciences" in filters
    assert 'href="/search?q=torfing&amp;year=2019"' in filters
    assert '<details class="search-filters" open>' in html


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("year", "20x9", "Enter four digits"),
        ("year", "3019", "Enter four digits"),
        ("series", "RePEc:zzz:nosuch", "There is no series"),
        ("series", "x" * 1000, "There is no series"),
        ("kind", "Song", "Choose one from the list"),
        ("language", "English", "Choose one from the list"),
        ("jel", "Q999", "is no JEL code"),
    ],
)
def test_a_bad_value_gets_a_sentence_at_its_field_and_all_is_kept(cast, field, value, says):
    query = {"q": "leadership", "year": "2019"} | {field: value}
    answer = cast.client().get("/search", query_string=query)
    assert answer.status_code == 422
    check(answer.text)
    assert f'id="{field}-errors"' in answer.text
    assert says in answer.text
    assert 'value="leadership"' in answer.text
    if field in ("year", "series", "jel"):
        assert f'value="{value[:500]}"' in answer.text


def test_filters_survive_paging(cast, tmp_path):
    papers = "".join(
        paper(f"RePEc:zzz:wpaper:{n}", f"Growth number {n}", more="Creation-Date: 2011\n")
        for n in range(25)
    )
    import_path(tree(tmp_path, papers_rdf=papers))
    first = found(cast, q="growth", year="2011", kind="Paper")
    onward = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert "year=2011" in onward
    assert "kind=Paper" in onward
    second = cast.client().get(onward).text
    assert second.count("item-line-title") == 5
    assert 'value="2011"' in second
    assert re.search(r'rel="prev" href="[^"]*year=2011', second)


def test_who_searches_too_widely_is_told_the_order(cast, monkeypatch):
    monkeypatch.setattr(search, "RANKED", 1)
    assert "the latest in the catalogue first" in found(cast, q="torfing")


def test_no_script_is_needed_and_none_is_written_by_a_query(cast):
    html = found(cast, q="<script>alert(1)</script>", year="2019")
    assert "<script>alert" not in html
