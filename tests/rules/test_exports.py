"""What is exported is read back by other people's parsers, and nothing is lost on the way."""

import json
import re

import bibtexparser
import pytest
import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle
from citeproc import formatter as formatters
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.catalog import exports
from correction_flow.catalog.exports import FORMATS, Exported
from correction_flow.catalog.record import from_tree
from correction_flow.redif.parser import parse
from tests.redif.samples import NOT_HERE, real_archives

RECORD = {
    "title": "R&D in 50% of {all} cases: p<0.05, $3.50 & “more” – 王",
    "authors": [
        {"name": "Eva Sørensen", "email": "eva@example.org", "workplaces": [{"name": "Roskilde"}]},
        {"name": "Torfing, Jacob", "phone": "+45 1"},
        {"name": "World Bank"},
        {"name": "van der Waals, J.D."},
        {"name": "Madonna"},
    ],
    "editors": [{"name": "Jane Roe", "name-first": "Jane", "name-last": "Roe"}],
    "abstract": ["First.\nSecond line.", "Zweite."],
    "journal": "Annals of Things & More",
    "book_title": "The Book of #1",
    "year": "2019",
    "month": "July",
    "volume": "9",
    "issue": "3",
    "pages": "1-18",
    "chapter": "4",
    "number": "12",
    "edition": "2",
    "version": "1.1",
    "isbn": "978-3-16-148410-0",
    "doi": "10.3390/admsci_9030051",
    "language": "en",
    "keywords": "leadership; public value",
    "jel": ["D72", "H11"],
    "length": "18 pages",
    "publication_status": "Published in Annals",
    "note": "With a note.",
    "files": [{"url": "https://example.org/51.pdf"}],
    "other": {"contact-email": ["x@example.org"], "price": ["none"]},
}
HANDLE = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"
KINDS = ("Article", "Paper", "Book", "Chapter", "Software")


def exported(kind="Article", record=None, **more):
    address = f"https://flow.test/items/{HANDLE}"
    return Exported(
        HANDLE, address, kind, RECORD if record is None else record, "The Series", "MDPI", **more
    )


def bare(text):
    """Letters and digits only: what mark-up and escapes do not touch."""
    return re.sub(r"[\W_]+", "", re.sub(r"\\text\w+", "", text))


@pytest.mark.parametrize("kind", KINDS)
def test_bibtex_is_read_back_whole(kind):
    library = bibtexparser.parse_string(exports.as_bibtex([exported(kind)]))
    assert not library.failed_blocks
    (entry,) = library.entries
    assert entry.key == HANDLE
    fields = {field.key: field.value for field in entry.fields}
    for name in ("title", "year", "volume", "doi", "isbn", "keywords", "language", "chapter"):
        assert bare(RECORD[name if name != "keywords" else "keywords"]).replace(";", "") in bare(
            fields[name]
        ), name
    assert fields["doi"] == RECORD["doi"]
    assert fields["url"].endswith(HANDLE)
    assert fields["pages"] == "1--18"
    assert "D72 H11" in fields["note"]
    assert "With a note." in fields["note"]
    assert fields["abstract"] == "First. Second line. Zweite."
    assert fields["author"].count(" and ") == 4
    assert "{World Bank}" in fields["author"]
    assert "{van der Waals}, J.D." in fields["author"]
    assert "{Roe}, Jane" in fields["editor"]


@pytest.mark.parametrize("kind", KINDS)
def test_ris_is_read_back_whole(kind):
    (entry,) = rispy.loads(exports.as_ris([exported(kind)]))
    assert entry["title"] == RECORD["title"]
    assert entry["authors"] == [
        "Sørensen, Eva", "Torfing, Jacob", "World Bank", "van der Waals, J.D.", "Madonna",
    ]  # fmt: skip
    assert entry["secondary_authors"] == ["Roe, Jane"]
    assert (entry["year"], entry["date"]) == ("2019", "2019/07//")
    assert (entry["start_page"], entry["end_page"]) == ("1", "18")
    assert entry["keywords"] == ["leadership", "public value"]
    assert entry["abstract"] == "First. Second line. Zweite."
    assert {"JEL: D72 H11", "Length: 18 pages", "With a note."} <= set(entry["notes"])
    assert entry["doi"] == RECORD["doi"]
    assert entry["publisher"] == "MDPI"


@pytest.mark.parametrize("kind", KINDS)
def test_csl_is_understood_by_a_citation_processor(kind):
    items = json.loads(exports.as_csl([exported(kind)]))
    source = CiteProcJSON(items)
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatters.plain)
    bibliography.register(Citation([CitationItem(HANDLE)]))
    text = str(bibliography.bibliography()[0])
    assert "Sørensen" in text
    assert "2019" in text
    assert "R&D in 50%" in text


@pytest.mark.parametrize("kind", KINDS)
def test_redif_is_read_back_whole(kind):
    known = {f.name for f in exports.formats.to_tree.__globals__["PLAIN_FIELDS"]}
    record = {k: v for k, v in RECORD.items() if k not in ("other", *known)}
    record |= {k: RECORD[k] for k in ("title", "jel", "keywords", "note")}
    record.pop("editors") if kind not in ("Book", "Chapter") else None
    text = exports.as_redif([exported(kind, record)])
    (template,) = parse(text.encode(), name="a.redif", strict=True).templates
    assert template.good
    again = from_tree(template.tree())
    assert again["title"] == RECORD["title"]
    assert [a["name"] for a in again["authors"]] == [a["name"] for a in RECORD["authors"]]


def test_no_format_gives_an_address_away():
    for format_ in FORMATS.values():
        text = format_.write([exported()])
        assert "@example.org" not in text, format_.name
        assert "+45" not in text, format_.name


def test_an_item_that_cannot_be_redif_says_why():
    text = exports.as_redif([exported(record={"title": "x", "authors": [{"name": "a\ue000"}]})])
    assert text.startswith(f"# {HANDLE}: Author-Name cannot be written")


LOOK_ALIKE = ("RePEc:aaa:été", "RePEc:aaa:étè", "RePEc:aaa:ÈTÉ", "RePEc:aaa:_t_a", "RePEc:aaa:_t_")


def test_handles_that_look_the_same_as_keys_of_bibtex_get_a_letter():
    rows = [Exported(handle, "", "Paper", {"title": handle}) for handle in LOOK_ALIKE]
    written = FORMATS["bibtex"].parts([rows[:2], rows[2:]])
    library = bibtexparser.parse_string("".join(written))
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == [
        "RePEc:aaa:_t_", "RePEc:aaa:_t_a", "RePEc:aaa:_T_b", "RePEc:aaa:_t_aa", "RePEc:aaa:_t_c",
    ]  # fmt: skip


def test_an_item_twice_in_a_list_is_one_entry_of_bibtex():
    assert exports.as_bibtex([exported(), exported()]) == exports.as_bibtex([exported()])


@given(st.lists(st.text(st.sampled_from("aAbé_è:"), max_size=3), unique=True))
def test_no_two_handles_share_a_key_of_bibtex(handles):
    keys = exports.BibtexKeys()
    assert len({keys(handle).lower() for handle in handles}) == len(handles)


def test_an_unlinked_reference_is_its_text():
    row = Exported(f"{HANDLE}#1", "", "", {}, text="Marx, K.\nCapital. 1867")
    assert exports.as_text([row]) == "Marx, K. Capital. 1867\n"
    assert json.loads(exports.as_csl([row]))[0]["title"] == "Marx, K. Capital. 1867"
    (entry,) = bibtexparser.parse_string(exports.as_bibtex([row])).entries
    assert entry.entry_type == "misc"
    (ris,) = rispy.loads(exports.as_ris([row]))
    assert ris["type_of_reference"] == "GEN"


@pytest.mark.parametrize(
    ("record", "issued"),
    [
        ({"year": "2019"}, {"date-parts": [[2019]]}),
        ({"year": "2019", "month": "July"}, {"date-parts": [[2019, 7]]}),
        ({"year": "2019", "month": "Summer"}, {"date-parts": [[2019]], "literal": "Summer 2019"}),
        ({"creation_date": "2014-05-31"}, {"date-parts": [[2014, 5, 31]]}),
        ({}, None),
    ],
)
def test_dates_are_as_exact_as_the_record(record, issued):
    assert exports.csl(exported(record=record)).get("issued") == issued


@given(
    st.dictionaries(
        st.sampled_from(
            sorted(set(RECORD) - {"jel", "abstract", "authors", "editors", "files", "other"})
        ),
        st.text(max_size=40),
    ),
    st.text(max_size=40),
)
def test_no_text_breaks_a_format(fields, name):
    more = {"remark": name}
    record = fields | {"authors": [{"name": name}], "abstract": [name]}
    for kind in KINDS:
        rows = [exported(kind, record, **more), exported(kind, record, **more)]
        assert not bibtexparser.parse_string(exports.as_bibtex(rows[:1])).failed_blocks
        assert len(rispy.loads(exports.as_ris(rows))) == 2
        assert len(json.loads(exports.as_csl(rows))) == 2
        assert len(json.loads(exports.as_json(rows))) == 2
        exports.as_text(rows)
        exports.as_redif(rows)


FOLDER = real_archives()


@pytest.mark.skipif(FOLDER is None, reason=NOT_HERE)
def test_every_real_item_is_read_back():
    seen = set()
    for path in sorted(FOLDER.rglob("*.r*d*f")):
        rows = []
        for template in parse(path.read_bytes(), name=path.name).templates:
            if template.kind in KINDS and template.handle and template.handle not in seen:
                seen.add(template.handle)
                record = from_tree(template.tree())
                rows.append(Exported(template.handle, "https://flow.test/", template.kind, record))
        if not rows:
            continue
        library = bibtexparser.parse_string(exports.as_bibtex(rows))
        assert not library.failed_blocks, path
        assert len(library.entries) == len(rows), path
        back = rispy.loads(exports.as_ris(rows))
        for row, entry in zip(rows, back, strict=True):
            assert entry.get("title", "") == exports.squeeze(row.record.get("title", "")), path
            assert len(entry.get("authors", [])) == len(row.record.get("authors", [])), path
        json.loads(exports.as_csl(rows))
    assert len(seen) > 1000


@given(st.text(st.one_of(st.sampled_from("a {}#%&_~\\$^-–’é\u00a0"), st.characters(codec="utf-8"))))
def test_tex_is_written_as_pybtex_writes_it(text):
    text = exports.squeeze(exports._balanced(text))
    assert exports._Writer()._encode(text) == exports.Writer()._encode(text)


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_long_list_in_parts_is_the_same_file(format_, size):
    items = [
        Exported(f"{HANDLE}{n}", "https://flow.test/", kind, RECORD, "The Series", "MDPI")
        for n, kind in enumerate(KINDS)
    ]
    batches = (items[n : n + size] for n in range(0, len(items), size))
    assert "".join(format_.parts(batches)) == format_.write(items)
    assert "".join(format_.parts([])) == format_.write([])
