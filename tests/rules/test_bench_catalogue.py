"""The made-up catalogue of the benches: always the same, and as an import would have written it."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from catalogue import make
from made_up import COLUMNS, World
from made_up_requests import Requests

from correction_flow import create_app
from correction_flow.catalog.operations import text_key
from correction_flow.catalog.words import all_words
from correction_flow.core.extensions import db
from correction_flow.redif import handle as handles
from correction_flow.upstream.reading import Belonging, item_values
from tests.databases import settings

ITEMS = 400


@pytest.fixture(scope="module")
def world():
    return World(ITEMS)


def named(table, rows):
    return [dict(zip(COLUMNS[table], row, strict=True)) for row in rows[table]]


def test_the_same_seed_makes_the_same_rows(world):
    again, other = World(ITEMS), World(ITEMS, seed=4)
    assert again.foundation() == world.foundation()
    assert again.portion(0) == world.portion(0)
    assert other.portion(0) != world.portion(0)
    rows = [Requests(w, 50, w.foundation()).portion(0) for w in (world, again)]
    assert rows[0] == rows[1]


def test_items_are_what_an_import_makes_of_their_records(world):
    rows = world.portion(0)
    words = dict(rows["item_words"])
    authors = {}
    for item_id, *author in rows["item_authors"]:
        authors.setdefault(item_id, []).append(tuple(author))
    items = named("items", rows)
    assert len(items) == ITEMS
    for item in items:
        shelf = world.shelves[item["series_id"] - 1]
        parsed = handles.parse(item["handle"])
        assert parsed is not None
        place = Belonging(item["handle"], parsed.key, parsed.archive[-3:], shelf.handle)
        made = item_values(json.loads(item["upstream"]), item["kind"], place)
        assert item["handle_key"] == parsed.key
        assert item["upstream"] == made["record"]
        for column in ("title", "author_line", "year", "ideas_path"):
            assert item[column] == made[column]
        assert tuple(authors[item["id"]]) == made["authors"]
        assert words[item["id"]] == all_words(made["words"], shelf.name)


def test_references_lead_to_earlier_items_and_keep_their_identity(world):
    rows = world.portion(0)
    keys = {item["id"]: item["handle_key"] for item in named("items", rows)}
    references = named("item_references", rows)
    linked = [r for r in references if r["cited_item_id"]]
    assert 0.3 < len(linked) / len(references) < 0.5
    for reference in references:
        assert reference["text_key"] == text_key(reference["text"])
    for reference in linked:
        assert reference["cited_item_id"] < reference["item_id"]
        assert reference["cited_key"] == keys[reference["cited_item_id"]]


def test_the_application_shows_what_was_made(database_uri, tmp_path):
    make(database_uri, ITEMS, requests=20, processes=0)
    app = create_app(settings(database_uri, tmp_path))
    world = World(ITEMS)
    with app.app_context():
        pages = app.test_client()
        for item in (1, ITEMS):
            shelf = world.shelves[world.place(item).series]
            page = pages.get(f"/items/{world.handle_key(item)}")
            assert page.status_code == 200
            assert shelf.name in page.text
            assert world.authors(item, shelf.style)[0].name.split(" ")[-1] in page.text
            title = " ".join(world.title_words(item))
            found = pages.get("/search", query_string={"q": title})
            assert title.capitalize() in found.text
            series = pages.get(f"/series/{shelf.handle}")
            assert shelf.name in series.text
        db.session.remove()
        db.engine.dispose()
