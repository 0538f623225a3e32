"""The item page: versions, related items, long lists, what it costs, its addresses on IDEAS."""

import re
from collections import Counter

import pytest
from flask import url_for
from sqlalchemy import event, select

from correction_flow.catalog import queries
from correction_flow.catalog.listed import ListedItem
from correction_flow.catalog.models import ItemReference
from correction_flow.catalog.models import Kind as ItemKind
from correction_flow.catalog.operations import keep_words
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals.lifecycle import Actor, Audience, Outcome, Standing, Status, What
from correction_flow.proposals.lifecycle import Kind as ProposalKind
from correction_flow.proposals.models import Change, Event, Proposal
from correction_flow.upstream.importer import import_path
from correction_flow.web.display import handle_url, item_lines, page_url
from tests.cast import CITED, ITEM, OTHER
from tests.makers import import_tree
from tests.nouns.trees import paper, tree
from tests.web.pages import check


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/a/gam/jadmsc/v9y2019i3p51-d249653.html", f"/items/{ITEM}"),
        ("/a/GAM/jadmsc/V9y2019i3p51-d249653.html", f"/items/{ITEM}"),
        ("/s/gam/jadmsc.html", "/series/RePEc:gam:jadmsc"),
    ],
)
def test_an_address_of_ideas_leads_to_the_page_here(cast, path, leads_to):
    answer = cast.client().get(path)
    assert answer.status_code == 301
    assert answer.location == leads_to


@pytest.mark.parametrize(
    "path",
    ["/a/gam/jadmsc/nosuch.html", "/s/gam/nothere.html", "/z/gam/jadmsc/x.html", "/a/x.html"],
)
def test_an_unknown_address_of_ideas_is_a_404_with_a_way_on(cast, path):
    answer = cast.client().get(path)
    assert answer.status_code == 404
    check(answer.text)


def test_the_versions_a_publisher_names_are_shown_and_nothing_else(cast):
    assert "Other versions" not in cast.client().get(f"/items/{CITED}").text
    more = f"Paper-Handle: {OTHER}\nArticle-Handle: {CITED}\nBook-Handle: RePEc:zzz:nosuch:1\n"
    import_tree({"jadmsc/v9.rdf": ("Carla Cited\n", f"Carla Cited\n{more}")})
    text = cast.client().get(f"/items/{CITED}").text
    check(text)
    section = text.partition("Other versions")[2].partition("</section>")[0]
    assert f"/items/{OTHER}" in section
    assert section.count("item-line-title") == 1


def test_an_item_that_names_this_one_is_a_version_too(cast):
    more = f"Paper-Handle: {OTHER}\n"
    import_tree({"jadmsc/v9.rdf": ("Carla Cited\n", f"Carla Cited\n{more}")})
    text = cast.client().get(f"/items/{OTHER}").text
    section = text.partition('id="versions"')[2].partition("</section>")[0]
    assert f"/items/{CITED}" in section
    assert section.count("item-line-title") == 1


def citing_pair(tmp_path, pairs, n=4):
    """Papers 1 … n of the archive zzz; in each pair the first cites the second."""
    papers = "".join(paper(f"RePEc:zzz:wpaper:{i}", f"Growth number {i}") for i in range(1, n + 1))
    places = Counter()
    references = []
    for citing, target in pairs:
        places[citing] += 1
        references.append(
            {
                "citing": f"RePEc:zzz:wpaper:{citing}", "nth": places[citing],
                "text": f"Jane Roe, 2000. Growth number {target}, as {citing} prints it.",
                "cited": f"RePEc:zzz:wpaper:{target}",
            }
        )  # fmt: skip
    import_path(tree(tmp_path, references, papers_rdf=papers))


def section_of(cast, path, name):
    text = cast.client().get(path).text
    check(text)
    return text.partition(f'id="{name}"')[2].partition("</section>")[0]


def test_items_that_share_references_are_related_the_nearest_first(cast, tmp_path):
    pairs = [("1", "4"), ("1", "5"), ("2", "4"), ("3", "4"), ("3", "5"), ("1", "3")]
    citing_pair(tmp_path, pairs=pairs, n=5)
    section = section_of(cast, "/items/RePEc:zzz:wpaper:1", "related")
    assert re.findall(r"wpaper:(\d)\"", section) == ["3", "2"]
    assert "2 shared references" in section
    assert "1 shared reference<" in section


def test_where_few_share_references_those_cited_together_follow(cast, tmp_path):
    citing_pair(tmp_path, pairs=[("1", "2"), ("1", "3"), ("4", "2"), ("4", "3")])
    section = section_of(cast, "/items/RePEc:zzz:wpaper:2", "related")
    assert re.findall(r"wpaper:(\d)\"", section) == ["3"]
    assert "Cited together 2 times" in section


def test_vanished_items_and_other_versions_are_not_related(cast, tmp_path):
    pairs = [("1", "4"), ("2", "4"), ("3", "4")]
    citing_pair(tmp_path, pairs=pairs)
    with transaction():
        cast.item("RePEc:zzz:wpaper:2").vanished_at = utcnow()
        own = cast.item("RePEc:zzz:wpaper:3")
        own.upstream = own.upstream | {"other": {"paper-handle": ["RePEc:zzz:wpaper:1"]}}
        keep_words(own)
    text = cast.client().get("/items/RePEc:zzz:wpaper:1").text
    assert "Other versions" in text
    assert "Most related items" not in text


def test_long_lists_say_where_they_stop_and_lead_on_both_ways(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(queries, "SHOWN_REFERENCES", 2)
    monkeypatch.setattr(queries, "SHOWN_CITATIONS", 2)
    pairs = [("1", str(n)) for n in range(2, 6)] + [(str(n), "1") for n in range(2, 6)]
    citing_pair(tmp_path, pairs=pairs, n=5)
    browser = cast.client()
    page = browser.get("/items/RePEc:zzz:wpaper:1").text
    for all_of, one in (("All 4 references", "/references/"), ("All 4 items", "/citations/")):
        assert all_of in page
        assert f"{one}RePEc:zzz:wpaper:1" in page
        first = browser.get(f"{one}RePEc:zzz:wpaper:1")
        check(first.text)
        assert "4 " in first.text
    item = cast.item("RePEc:zzz:wpaper:1")
    for page_of in (queries.reference_page, queries.citation_page):
        start = page_of(item, size=3)
        rest = page_of(item, after=start.older, size=3)
        assert (len(start.rows), len(rest.rows)) == (3, 1)
        assert start.newer is rest.older is None
        assert list(page_of(item, before=rest.newer, size=3).rows) == list(start.rows)


def test_an_item_that_cites_twice_is_counted_and_listed_once(cast, tmp_path):
    citing_pair(tmp_path, pairs=[("2", "1")])
    with transaction() as session:
        (link,) = session.scalars(
            select(ItemReference).where(ItemReference.cited_item_id.is_not(None))
        )
        session.add(
            ItemReference(
                item_id=link.item_id, position=9, text="Again", text_key="again", nth=1,
                cited_item_id=link.cited_item_id, linked_by=link.linked_by, origin="file",
            )
        )  # fmt: skip
    item = cast.item("RePEc:zzz:wpaper:1")
    assert len(queries.citation_page(item).rows) == queries.citation_count(item) == 1


def test_authors_keywords_and_jel_codes_lead_to_a_search(cast):
    import_tree({"jadmsc/v9.rdf": ("Keywords: lead", "Classification-JEL: D72\nKeywords: lead")})
    browser = cast.client()
    html = browser.get(f"/items/{ITEM}").text
    for path in ("/search?q=Eva+S%C3%B8rensen", "/search?q=public+value", "/search?jel=D72"):
        assert f'href="{path}"' in html
        assert ITEM in browser.get(path).text
    for broader in ("D7", "d"):
        assert ITEM in browser.get(f"/search?jel={broader}").text
    assert ITEM not in browser.get("/search?jel=D73").text


def asked_for(cast, path, who=None):
    """How many statements a page takes."""
    browser = cast.client(who)
    browser.get(path)
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    assert browser.get(path).status_code == 200
    return [one for one in asked if not one.startswith("BEGIN")]


@pytest.mark.parametrize("n", [2, 100])
def test_the_page_takes_as_many_queries_with_a_hundred_open_changes_as_with_two(cast, n, tmp_path):
    filled_history(cast, n)
    asked = asked_for(cast, f"/items/{ITEM}")
    assert len(asked) == QUERIES, asked
    text = cast.client().get(f"/items/{ITEM}").text
    assert f"{n} pending" in text
    assert "Corrected" in text
    assert text.count("decided by the maintainer") == min(n, 20)


QUERIES = 13
"""Of a visitor, for an item with open and past requests of all kinds."""
USUAL_QUERIES = 12
"""Of a visitor, for an item that nobody ever asked to correct, as most are."""


def test_an_item_without_requests_takes_few_queries_whatever_is_around_it(cast, tmp_path):
    pairs = [("1", str(n)) for n in range(2, 40)] + [(str(n), "1") for n in range(2, 40)]
    citing_pair(tmp_path, pairs=pairs, n=39)
    asked = asked_for(cast, "/items/RePEc:zzz:wpaper:1")
    assert len(asked) <= USUAL_QUERIES, asked
    assert len(asked_for(cast, f"/items/{OTHER}")) <= USUAL_QUERIES


@pytest.mark.parametrize(
    "handle", ["RePEc:a:b:c d+e&f?g=h#i%j/k", "RePEc:a:é:“q”;<b>", "x//y.html"]
)
def test_addresses_put_together_by_hand_are_those_of_the_map(app, handle):
    with app.test_request_context("/items/x", base_url="https://flow.test/below"):
        for endpoint in ("items.show", "items.citations", "feeds.corrections", "archives.series"):
            assert handle_url(endpoint, handle) == url_for(endpoint, handle=handle)
        url = handle_url("exports.export", handle, name="ris")
        assert url == url_for("exports.export", name="ris", handle=handle)
        item = ListedItem(1, handle, "", "", None, ItemKind.PAPER, "S")
        assert item_lines([item])[0].url == url_for("items.show", handle=handle)
        assert page_url("help.index") == url_for("help.index") == "/below/help"
    with app.test_request_context("/items/x"):
        assert page_url("help.index") == "/help"


def filled_history(cast, n):
    """The item with n open and n past requests, of references, names and fields in turn."""
    item, alice = cast.item(), cast.user("alice")
    link, name = cast.reference().id, cast.item_author().id
    targets = (
        (ProposalKind.CITATION, f"reference:{link}", None, CITED.lower()),
        (ProposalKind.AUTHORSHIP, f"authorship:{name}", None, {"profile": 1, "name": "A. T."}),
        (ProposalKind.CORRECTION, "title", "Old", "New"),
    )
    with transaction() as session:
        for i in range(2 * n):
            kind, target, old, new = targets[i % n % 3]
            past = i >= n
            proposal = Proposal(
                number=f"R-{i:06}", kind=kind, item_id=item.id, desk_id=item.series.desk_id,
                status=Status.APPROVED if past else Status.SUBMITTED, proposer_id=alice.id,
                reason="", subject="", created_at=utcnow(), waiting_since=utcnow(),
                decided_at=utcnow() if past else None, closed_at=utcnow() if past else None,
                decided_as=Actor.DECIDER if past else None,
            )  # fmt: skip
            session.add(proposal)
            session.flush()
            change = Change(
                proposal_id=proposal.id, item_id=item.id, target=target, old=old, new=new,
                new_key=f"{i}", outcome=Outcome.ACCEPTED if past else None,
                standing=Standing.RETIRED if past else None, applied=new if past else None,
            )  # fmt: skip
            session.add(change)
            session.flush()
            if past:
                session.add(
                    Event(
                        proposal_id=proposal.id, item_id=item.id, what=What.DECIDE, at=utcnow(),
                        actor_role=Actor.DECIDER, audience=Audience.PUBLIC, actor_id=alice.id,
                        details={"accepted": [change.id]},
                    )
                )  # fmt: skip
