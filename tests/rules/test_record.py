"""Records: from ReDIF and back, what is shown, and how they are cited."""

from pathlib import Path

import pytest

from correction_flow.catalog import formats
from correction_flow.catalog.models import Kind
from correction_flow.catalog.record import author_line, from_tree, to_tree, year_of
from correction_flow.catalog.shown import shown
from correction_flow.redif.parser import parse
from correction_flow.redif.writer import Unwritable
from correction_flow.upstream.source import redif_files

SAMPLE = Path(__file__).parents[2] / "sample"
CENTRAL = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"
KINDS = {kind.value for kind in Kind}


def items_below(folder):
    """Every good item template of the files the import would read."""
    for found in redif_files(folder):
        for template in parse(found.read()[0], name=found.path).templates:
            if template.good and template.kind in KINDS:
                yield template


def joined(tree):
    """The tree as the record keeps it: one list of JEL codes, one line of keywords, no blanks."""
    same = {tag: [v for v in values if v] for tag, values in tree.items()}
    if same.get("classification-jel"):
        same["classification-jel"] = [" ".join(" ".join(same["classification-jel"]).split())]
    if same.get("keywords"):
        same["keywords"] = ["; ".join(same["keywords"])]
    return {tag: values for tag, values in same.items() if values}


def returns(template):
    tree = template.tree()
    kept = joined(tree)
    kept.pop("template-type")
    written = to_tree(from_tree(tree), handle=tree["handle"][0])
    assert without_empty(written) == without_empty(kept), template.handle
    assert from_tree(written) == from_tree(tree)


def without_empty(value):
    if isinstance(value, dict):
        cleaned = {tag: without_empty(v) for tag, v in value.items()}
        return {tag: v for tag, v in cleaned.items() if v}
    if isinstance(value, list):
        return [v for v in (without_empty(v) for v in value) if v]
    return value


def test_the_samples_items_return_from_their_records_as_they_came():
    templates = list(items_below(SAMPLE))
    assert len(templates) > 50
    assert {t.kind for t in templates} == KINDS
    for template in templates:
        returns(template)


@pytest.mark.archives
def test_every_good_item_of_the_real_archives_returns_as_it_came(real_archives):
    count = 0
    for template in items_below(real_archives):
        returns(template)
        count += 1
    assert count > 1500


def test_a_record_written_as_redif_and_read_again_is_the_same():
    for template in items_below(SAMPLE):
        record = from_tree(template.tree())
        text = formats.redif(record, kind=template.kind, handle=template.handle)
        (again,) = parse(text.encode(), name="again.redif").templates
        assert again.good
        assert again.handle == template.handle
        assert from_tree(again.tree()) == record


def test_a_record_that_cannot_be_written_says_which_tag():
    with pytest.raises(Unwritable) as refusal:
        formats.redif({"title": "A"}, kind="Nothing", handle=CENTRAL)
    assert refusal.value.tag == "template-type"


def central():
    (template,) = [t for t in items_below(SAMPLE / "gam") if t.handle == CENTRAL]
    return from_tree(template.tree())


def test_the_central_item_is_cited_as_ideas_does():
    cited = formats.citation(
        central(), kind="Article", series="Administrative Sciences", provider="MDPI"
    )
    assert cited == (
        "Jacob Torfing & Eva Sørensen, 2019. “Interactive Political Leadership in Theory and "
        "Practice: How Elected Politicians May Benefit from Co-Creating Public Value Outcomes,” "
        "Administrative Sciences, MDPI, vol. 9(3), pages 1-18, July."
    )


@pytest.mark.parametrize(
    ("record", "kind", "expected"),
    [
        (
            {"title": "Trust.", "authors": [{"name": "A. B"}], "number": "15", "year": "2001"},
            "Paper",
            "A. B, 2001. “Trust,” Papers, 15.",
        ),
        (
            {"title": "A Handbook", "editors": [{"name": "E. D"}], "creation_date": "1999-05"},
            "Book",
            "E. D (ed.), 1999. “A Handbook,” Papers.",
        ),
        (
            {"title": "Inside", "book_title": "Outside", "pages": "3-9"},
            "Chapter",
            "“Inside,” in: Outside, pages 3-9.",
        ),
        ({"title": "Alone", "issue": "3"}, "Article", "“Alone,” Papers."),
        ({"year": "2001"}, "Paper", "2001. Papers."),
    ],
)
def test_a_citation_says_only_what_is_known(record, kind, expected):
    assert formats.citation(record, kind=kind, series="Papers", provider=None) == expected


def test_what_we_carry_stands_in_the_place_of_what_the_publisher_says():
    upstream = {"title": "Reveiw", "year": "2015", "note": "old"}
    carried = {"title": "Review", "note": None, "jel": ["D72"]}
    assert shown(upstream, carried) == {"title": "Review", "year": "2015", "jel": ["D72"]}
    assert upstream == {"title": "Reveiw", "year": "2015", "note": "old"}
    assert shown(upstream, {}) == upstream


@pytest.mark.parametrize(
    ("record", "year"),
    [
        ({"year": "2019"}, 2019),
        ({"year": "20210430"}, 2021),
        ({"year": "1999/2000"}, 1999),
        ({"creation_date": "2014-05-31"}, 2014),
        ({"year": "in press", "publication_date": "2012"}, 2012),
        ({"year": "12345"}, None),
        ({"year": "19x9"}, None),
        ({}, None),
    ],
)
def test_the_year_is_that_of_publication_else_of_creation(record, year):
    assert year_of(record) == year


def test_the_line_of_names_marks_editors():
    assert author_line({"authors": [{"name": "A"}, {"name": "B"}]}) == "A; B"
    assert author_line({"editors": [{"name": "E"}]}) == "E (ed.)"
    assert author_line({}) == ""
