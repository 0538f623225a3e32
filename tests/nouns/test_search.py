"""Finding items by words and filters, alike on both databases."""

import pytest
from sqlalchemy import text

from correction_flow.catalog import search
from correction_flow.catalog.search import Filters, find_items
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals.lifecycle import Outcome
from correction_flow.upstream.importer import import_path
from tests.nouns.test_walk_below import ask, decide
from tests.nouns.trees import paper, tree

ONE = "RePEc:zzz:wpaper:1"


@pytest.fixture
def catalogue(app, tmp_path):
    """Papers that differ in what one searches by."""
    texts = [
        paper(ONE, "Growth and its causes", "Creation-Date: 2019-05\nLanguage: en\n"),
        paper("RePEc:zzz:wpaper:2", "Décroissance à l’été", "Creation-Date: 2019\nLanguage: fr\n",
              "Đorđe Petrović"),
        paper("RePEc:zzz:wpaper:3", "Trade", "Creation-Date: 2001\nAbstract: On growth.\n"),
        paper("RePEc:zzz:others:4", "Growth elsewhere", "Creation-Date: 2001\n", "王小明"),
        paper("RePEc:zzz:wpaper:5", "Wages", "Keywords: X-ray; C++\n", "Growth, Mary"),
        paper("RePEc:zzz:wpaper:6", "Икономика и раст", "Creation-Date: 2001\n", "Müller, Jürgen"),
    ]  # fmt: skip
    root = tree(tmp_path)
    (root / "a.redif").write_text("".join(texts), encoding="utf-8")
    import_path(root)


def found(query, **filters):
    return [
        i.handle.rpartition(":")[2] for i in find_items(query, None, Filters(**filters)).page.rows
    ]


CASES = {
    "growth": ["4", "1", "5", "3"],  # in the title, the newest id last; in a name; in the abstract
    "GROWTH causes": ["1"],
    "growth nosuchword": [],
    "decroissance": ["2"],
    "DÉCROISSANCE été": ["2"],
    "l'été": ["2"],
    "l’ete": ["2"],
    "dorde petrovic": ["2"],
    "王小明": ["4"],
    "икономика": ["6"],
    "muller": ["6"],
    "jurgen müller": ["6"],
    "x-ray": ["5"],
    "c++": ["5"],
    "papers wages": ["5"],
    "  ": [],
    '"growth" OR (trade)': [],
    "growth' & 'x": ["5"],
    "l'": [],
    "_year_2019": [],
    "a" * 5000: [],
}


@pytest.mark.parametrize("query", CASES, ids=lambda q: q[:20])
def test_words_find_what_has_them_all_whatever_their_accents(catalogue, query):
    assert sorted(found(query)) == sorted(CASES[query])


def test_the_best_fit_comes_first(catalogue):
    assert found("growth") == ["1", "4", "5", "3"]
    assert found("growth elsewhere")[0] == "4"


FILTERED = {
    "year": ({"year": 2019}, "growth", ["1"]),
    "another year": ({"year": 1999}, "growth", []),
    "kind": ({"kind": "Paper"}, "wages", ["5"]),
    "another kind": ({"kind": "Article"}, "wages", []),
    "series": ({"series_key": "repec:zzz:others"}, "growth", ["4"]),
    "language": ({"language": "fr"}, "decroissance", ["2"]),
    "another language": ({"language": "en"}, "decroissance", []),
    "several": ({"year": 2001, "series_key": "repec:zzz:wpaper"}, "growth", ["3"]),
}


@pytest.mark.parametrize(("filters", "query", "expected"), FILTERED.values(), ids=FILTERED)
def test_filters_narrow_what_is_found(catalogue, filters, query, expected):
    assert found(query, **filters) == expected


def test_filters_alone_list_the_latest_first(catalogue):
    assert found("", year=2001) == ["6", "4", "3"]
    assert not find_items("", None, Filters(year=2001)).ranked


def test_what_hits_more_than_can_be_ranked_comes_latest_first(catalogue, monkeypatch):
    assert find_items("growth").ranked
    monkeypatch.setattr(search, "RANKED", 3)
    result = find_items("growth")
    assert not result.ranked
    assert [i.handle.rpartition(":")[2] for i in result.page.rows] == ["5", "4", "3", "1"]


def test_both_orders_are_leafed_through_whole(app, tmp_path, monkeypatch):
    numbers = range(1, 48)
    texts = [paper(f"RePEc:zzz:wpaper:{n}", "On growth") for n in numbers]
    import_path(tree(tmp_path, a_rdf="".join(texts)))
    for ranked in (2000, 5):
        monkeypatch.setattr(search, "RANKED", ranked)
        assert leafed_through("growth") == sorted(numbers, reverse=True)


def leafed_through(query):
    seen, after = [], None
    while True:
        page = find_items(query, after).page
        seen += [int(item.handle.rpartition(":")[2]) for item in page.rows]
        after = page.older
        if after is None:
            return seen


def test_words_common_among_the_latest_items_are_not_counted_to_their_end(
    app, tmp_path, monkeypatch
):
    old, new = range(1, 11), range(11, 58)
    texts = {n: paper(f"RePEc:zzz:wpaper:{n}", "On growth") for n in (*old, *new)}
    root = tree(tmp_path, a_rdf="".join(texts[n] for n in old))
    import_path(root)
    postgresql = db.engine.dialect.name == "postgresql"
    if postgresql:  # as if fifty thousand others had come between
        with transaction() as session:
            session.execute(text("SELECT setval(pg_get_serial_sequence('items', 'id'), 50000)"))
    (root / "b.rdf").write_text("".join(texts[n] for n in new))
    import_path(root)
    assert find_items("growth").ranked
    monkeypatch.setattr(search, "RANKED", 20)
    monkeypatch.setattr(search, "MOST", 40)
    result = find_items("growth")
    assert (result.ranked, result.estimated) == (False, postgresql)
    assert leafed_through("growth") == sorted((*old, *new), reverse=True)


def test_a_count_stops_behind_a_thousand(app, tmp_path):
    texts = [paper(f"RePEc:zzz:wpaper:{n}", "On growth") for n in range(1100)]
    import_path(tree(tmp_path, a_rdf="".join(texts)))
    assert find_items("growth").count == 1001


def test_an_accepted_correction_is_found_by_its_new_words(cast):
    assert find_items("practise").count == 1
    number = ask(cast, title="Leadership in Łódź")
    assert find_items("lodz").count == 0
    decide(cast, number, title=Outcome.ACCEPTED)
    assert find_items("lodz").count == 1
    assert find_items("practise").count == 0
