"""The item page: other versions, and the addresses IDEAS gives it."""

import pytest

from tests.cast import CITED, ITEM, OTHER
from tests.makers import import_tree
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
