"""One text in the place of another: whole words, names, codes and keywords, beginnings of links."""

import pytest

from correction_flow.catalog.fields import field
from correction_flow.corrections.replacing import replaced


@pytest.mark.parametrize(
    ("name", "typed", "old", "new", "after"),
    [
        ("title", "Econmic Growth, econmic", "Econmic", "Economic", "Economic Growth, econmic"),
        ("title", "Growth in Growthland", "Growth", r"\1", r"\1 in Growthland"),
        ("title", "What? (draft)", "(draft)", "", "What? "),
        ("title", "a.b and axb", "a.b", "c", "c and axb"),
        ("abstract", ["Und so", "And so on"], "so", "thus", ["Und thus", "And thus on"]),
        ("keywords", "tax; tax law;wages", "tax", "taxes", "taxes; tax law; wages"),
        ("keywords", "tax, wages", "wages", "tax", "tax"),
        ("keywords", "tax, or not; wages", "wages", "", "tax, or not"),
        ("keywords", "tax law", "tax", "taxes", "tax law"),
        ("jel", ["D72", "H8"], "h8", "H83", ["D72", "H83"]),
        ("authors", [{"name": "A B"}, {"name": "A Bc"}], "A B", "Ä B",
         [{"name": "Ä B"}, {"name": "A Bc"}]),
    ],
)  # fmt: skip
def test_a_text_is_replaced_only_where_it_stands_as_a_whole(name, typed, old, new, after):
    assert replaced(field(name), typed, old, new) == after


@pytest.mark.parametrize(
    ("url", "old", "after"),
    [
        ("http://a.example/x.pdf", "http://a.example/", "https://b.example/x.pdf"),
        ("http://a.example", "http://a.example", "https://b.example/"),
        ("http://a.example/x", "http://a.example", "https://b.example/x"),
        ("http://a.example:80/x", "http://a.example", None),
        ("http://a.example.org/x.pdf", "http://a.example", None),
        ("http://a.example/paper12", "http://a.example/pap", "https://b.example/er12"),
        ("http://c.example/?u=http://a.example/", "http://a.example/", None),
    ],
)  # fmt: skip
def test_a_link_is_changed_where_it_begins_so_and_its_host_is_meant_whole(url, old, after):
    typed = [{"url": url, "format": "text/html"}]
    found = replaced(field("files"), typed, old, "https://b.example/")
    assert found == [{"url": after or url, "format": "text/html"}]
    if old.endswith("example/") and after:
        assert replaced(field("files"), typed, old, "https://b.example") == found
