"""What an item's page tells programs: schema.org as microdata, Highwire's tags, IDEAS's own."""

import pytest

from tests.cast import ITEM
from tests.makers import import_tree
from tests.nouns.trees import import_path, tree
from tests.web.microdata import Reader


def read(cast, handle=ITEM):
    return Reader(cast.client().get(f"/items/{handle}").text)


def test_an_article_is_a_scholarly_article_in_an_issue_of_a_journal(cast):
    more = "DOI: 10.3390/admsci9030051\nLanguage: en\n"
    import_tree({"jadmsc/v9.rdf": ("Volume: 9\n", f"Volume: 9\n{more}")})
    (item,) = read(cast).items
    assert item["@type"] == "ScholarlyArticle"
    assert item["name"] == ["Interactive Political Leadership in Theory and Practise"]
    first, second = item["author"]
    assert first["@type"] == "Person"
    assert (first["name"], second["name"]) == (["Jacob Torfing"], ["Eva Sørensen"])
    assert first["affiliation"] == [{"@type": "Organization", "name": ["Roskilde University"]}]
    assert item["datePublished"] == ["2019"]
    assert item["pagination"] == ["1-81"]
    assert item["identifier"] == ["doi:10.3390/admsci9030051", ITEM]
    assert item["sameAs"] == [
        "https://doi.org/10.3390/admsci9030051",
        "https://ideas.repec.org/a/gam/jadmsc/v9y2019i3p51-d249653.html",
    ]
    assert item["abstract"] == ["How elected politicians may benefit."]
    assert item["keywords"] == ["leadership", "public value"]
    assert item["inLanguage"] == ["en"]
    assert item["url"] == [f"http://flow.test/items/{ITEM}"]
    assert item["publisher"] == [{"@type": "Organization", "name": ["MDPI"]}]
    (issue,) = item["isPartOf"]
    assert (issue["@type"], issue["issueNumber"]) == ("PublicationIssue", ["3"])
    (volume,) = issue["isPartOf"]
    assert (volume["@type"], volume["volumeNumber"]) == ("PublicationVolume", ["9"])
    (journal,) = volume["isPartOf"]
    assert (journal["@type"], journal["name"]) == ("Periodical", ["Administrative Sciences"])


def test_an_article_has_the_tags_that_scholar_and_zotero_read(cast):
    tags = read(cast).tags
    assert tags["citation_title"] == ["Interactive Political Leadership in Theory and Practise"]
    assert tags["citation_authors"] == ["Jacob Torfing; Eva Sørensen"]
    assert tags["citation_author"] == ["Jacob Torfing", "Eva Sørensen"]
    assert tags["citation_author_institution"] == ["Roskilde University"]
    assert tags["citation_date"] == tags["citation_year"] == ["2019"]
    assert tags["citation_journal_title"] == ["Administrative Sciences"]
    assert tags["citation_firstpage"] + tags["citation_lastpage"] == ["1", "81"]
    assert tags["citation_keywords"] == ["leadership; public value"]
    assert tags["citation_abstract"] == ["How elected politicians may benefit."]
    assert tags["citation_pdf_url"] == ["https://example.org/51.pdf"]
    assert tags["citation_publisher"] == ["MDPI"]
    assert tags["redif-type"] == ["article"]
    assert "wp-number" not in tags


KINDS = """Template-Type: ReDIF-Paper 1.0
Title: A paper of a series
Author-Name: Jane Roe
Creation-Date: 2014-05
Number: 77
Handle: RePEc:zzz:wpaper:77

Template-Type: ReDIF-Chapter 1.0
Title: A chapter of a book
Author-Name: Jane Roe
Editor-Name: John Doe
Book-Title: The whole book
Chapter: 3
Year: 2014
ISBN: 978-3-16-148410-0
Handle: RePEc:zzz:chaptr:3

Template-Type: ReDIF-Book 1.0
Title: A book with editors alone
Editor-Name: John Doe
Year: 2014
ISBN: 978-3-16-148410-0
Handle: RePEc:zzz:booooo:1

Template-Type: ReDIF-Software 1.0
Title: A program
Author-Name: Jane Roe
Programming-Language: stata
Handle: RePEc:zzz:softwa:1
"""


@pytest.fixture
def kinds(cast, tmp_path):
    import_path(tree(tmp_path, kinds_rdf=KINDS))
    return cast


def test_a_paper_tells_its_number_and_institution(kinds):
    page = read(kinds, "RePEc:zzz:wpaper:77")
    assert page.tags["wp-number"] == page.tags["citation_technical_report_number"] == ["77"]
    assert page.tags["citation_technical_report_institution"] == ["Papers"]
    assert page.tags["citation_publication_date"] == ["2014/05"]
    (item,) = page.items
    assert item["@type"] == "ScholarlyArticle"
    assert item["datePublished"] == ["2014-05"]
    assert item["isPartOf"] == [{"@type": "CreativeWorkSeries", "name": ["Papers"]}]


def test_a_chapter_tells_its_book(kinds):
    page = read(kinds, "RePEc:zzz:chaptr:3")
    assert page.tags["citation_inbook_title"] == page.tags["book_title"] == ["The whole book"]
    assert page.tags["chapter"] == ["3"]
    (item,) = page.items
    assert item["@type"] == "Chapter"
    (book,) = item["isPartOf"]
    assert (book["@type"], book["name"]) == ("Book", ["The whole book"])


def test_a_book_tells_its_isbn_and_editors(kinds):
    page = read(kinds, "RePEc:zzz:booooo:1")
    assert page.tags["citation_isbn"] == ["978-3-16-148410-0"]
    (item,) = page.items
    assert item["@type"] == "Book"
    assert item["editor"] == [{"@type": "Person", "name": ["John Doe"]}]
    assert item["isbn"] == ["978-3-16-148410-0"]


def test_a_program_tells_its_language(kinds):
    (item,) = read(kinds, "RePEc:zzz:softwa:1").items
    assert item["@type"] == "SoftwareSourceCode"
    assert item["programmingLanguage"] == ["stata"]
