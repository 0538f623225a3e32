"""Feeds as a feed reader reads them."""

import feedparser

from correction_flow.core.transaction import transaction
from tests.cast import CITED, ITEM
from tests.makers import import_tree
from tests.web.test_walk import GOOD, case_form, number_of, outcomes, request_correction


def feed(cast, name, handle=ITEM):
    answer = cast.client().get(f"/feeds/{name}/{handle}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    found = feedparser.parse(answer.data)
    assert not found.bozo, found.bozo_exception
    assert found.version == "atom10"
    return found


def test_an_accepted_correction_is_in_the_feed_of_the_item_without_names(cast):
    assert feed(cast, "corrections").entries == []
    number = number_of(request_correction(cast, title=GOOD)[2])
    assert feed(cast, "corrections").entries == []
    browser, action, fields = case_form(cast, number)
    browser.send(action, outcomes(fields, ("accepted", "")))
    found = feed(cast, "corrections")
    (entry,) = found.entries
    assert "Title" in entry.title
    assert GOOD in entry.content[0].value
    assert entry.link.endswith(ITEM)
    assert found.feed.updated == entry.updated
    assert "Alice" not in str(entry)
    assert "@" not in entry.title + entry.content[0].value


def test_what_cites_an_item_is_in_its_feed(cast):
    with transaction():
        cast.reference().cited_item_id = cast.item(CITED).id
    (entry,) = feed(cast, "citations", CITED).entries
    assert entry.title.startswith("Interactive Political Leadership")
    assert entry.link.endswith(ITEM)


def test_signs_of_mark_up_in_a_title_do_not_break_a_feed(cast):
    import_tree(
        {"jadmsc/v9.rdf": ("Title: Collaborative", "Title: A &lt;b&gt; &amp; Collaborative")}
    )
    assert "<b>" in feed(cast, "citations", CITED).feed.title


def test_there_is_no_feed_of_nothing(cast):
    assert cast.client().get("/feeds/corrections/RePEc:zzz:nosuch:1").status_code == 404
