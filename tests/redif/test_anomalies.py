"""The anomalies seen in real archives, each kind with an example, and what is made of it.

The kinds and their names are those of ANOMALIES.md, which describes a larger collection.
"""

import pytest

from correction_flow.redif import checks
from correction_flow.redif.checker import Checker

from .samples import AUTHOR, HANDLE, START, TITLE, article, one, paper, read, series

FILE = "File-URL: http://example.org/a.pdf\n"


def title(text: str) -> str:
    return paper(title=f"Title: {text}\n")


# kind, file name, bytes, where the value stands, the value, and the code that tells of it if any
VALUES: list[tuple[str, str, bytes, tuple[str, ...], str, str | None]] = [
    ("bom-utf8", "a.rdf", title("Économie").encode("utf-8-sig"), ("title",), "Économie", None),
    ("bom-utf16", "a.rdf", title("Économie").encode("utf-16"), ("title",), "Économie", None),
    (
        "rdf-ext-but-utf8-no-bom",
        "a.rdf",
        title("Économie").encode(),
        ("title",),
        "Économie",
        "utf-8-without-mark",
    ),
    ("latin1", "a.rdf", title("Économie").encode("latin-1"), ("title",), "Économie", None),
    ("cp1252", "a.rdf", title("“A” – B €").encode("cp1252"), ("title",), "“A” – B €", None),
    (
        "legacy-8bit-charset",
        "a.rdf",
        title("Экономика и право").encode("cp1251"),
        ("title",),
        "Ýêîíîìèêà è ïðàâî",
        "unlikely-letters",
    ),
    (
        "mixed-encoding",
        "a.rdf",
        title("Étude").encode() + b"Note: \xc9tude\n",
        ("note",),
        "Étude",
        "mixed-encodings",
    ),
    (
        "bom-but-invalid-utf8",
        "a.rdf",
        b"\xef\xbb\xbf" + title("x").encode() + b"Note: \xc9tude\n",
        ("note",),
        "Étude",
        "bytes-not-utf-8",
    ),
    (
        "mojibake",
        "a.redif",
        title("Ã‰conomie").encode(),
        ("title",),
        "Ã‰conomie",
        "garbled-letters",
    ),
    (
        "u+fffd-in-data",
        "a.redif",
        title("Institut d'�conomie").encode(),
        ("title",),
        "Institut d'�conomie",
        "letters-lost",
    ),
    (
        "c1-control-after-decoding",
        "a.redif",
        title("de\x85nitions\x96").encode(),
        ("title",),
        "de nitions",
        "character-dropped",
    ),
    (
        "line-sep-2028-85",
        "a.redif",
        title("a\u2028b\x85c\u2029d").encode(),
        ("title",),
        "a b c d",
        None,
    ),
    ("c0-control", "a.rdf", title("a\x1eb").encode(), ("title",), "ab", "character-dropped"),
    ("vt-ff", "a.rdf", title("signi\x0ccant").encode(), ("title",), "signi cant", "ligature-lost"),
    ("ctrl-z", "a.rdf", title("x").encode() + b"\x1a\n\x1a", ("title",), "x", None),
    ("nul-byte", "a.rdf", title("a\0b").encode(), ("title",), "ab", "character-dropped"),
    ("bidi-marks", "a.redif", title("a\u200f").encode(), ("title",), "a\u200f", None),
    ("soft-hyphen", "a.redif", title("a\xadb").encode(), ("title",), "a\xadb", None),
    (
        "bom-inside-file",
        "a.redif",
        (START + AUTHOR + "\ufeffTitle: x\n" + HANDLE).encode(),
        ("title",),
        "x",
        "tag-not-seen",
    ),
    *[
        (f"script-{text}", "a.redif", title(text).encode(), ("title",), text, None)
        for text in ("Диалог", "Γλώσσα", "עברית", "العربية", "商学討究", "ビジネス")
    ],
    (
        "mixed-eol",
        "a.rdf",
        title("x").replace("\n", "\r\n", 2).encode(),
        ("title",),
        "x",
        None,
    ),
    ("cr-only-eol", "a.rdf", title("x").replace("\n", "\r").encode(), ("title",), "x", None),
    ("no-final-newline", "a.rdf", title("x").encode()[:-1], ("handle",), HANDLE[8:-1], None),
    (
        "text-before-first-template",
        "a.rdf",
        b"junk\njunk\n" + title("x").encode(),
        ("title",),
        "x",
        "text-before-first-template",
    ),
    (
        "field-before-first-template",
        "a.rdf",
        b"Version: 3.5\n" + title("x").encode(),
        ("title",),
        "x",
        "attribute-before-first-template",
    ),
    ("comment-line", "a.rdf", title("a\n# no\nb").encode(), ("title",), "a b", None),
    (
        "commented-out-template",
        "a.rdf",
        title("x").encode() + b"#Template-type: ReDIF-Paper 1.0\n#Title: y\n",
        ("title",),
        "x",
        None,
    ),
    (
        "git-conflict-marker",
        "a.rdf",
        paper("Abstract: One\n<<<<<<< HEAD\ntwo.\n=======\n").encode(),
        ("abstract",),
        "One two.",
        "conflict-marker",
    ),
    (
        "blank-line-inside-template",
        "a.rdf",
        title("a\n\nb").encode(),
        ("title",),
        "a b",
        None,
    ),
    (
        "line-over-8000-chars",
        "a.rdf",
        paper(f"Note: {'ab' * 4500}\n").encode(),
        ("note",),
        "ab" * 4500,
        None,
    ),
    (
        "template-type-spelling-template-type",
        "a.rdf",
        title("x").lower().encode(),
        ("title",),
        "x",
        None,
    ),
    (
        "unparsable-template-type",
        "a.rdf",
        title("x").replace("1.0", "1.0<br />").encode(),
        ("title",),
        "x",
        "template-type-misspelt",
    ),
    *[
        (
            "template-type-no-version",
            "a.rdf",
            title("x").replace("ReDIF-Paper 1.0", written).encode(),
            ("title",),
            "x",
            "template-type-misspelt",
        )
        for written in ("ReDIF-Paper", "ReDIF-Paper 1.", "ReDIF-Paper1.0", "ReDIF-Paper: 1.0")
    ],
    ("no-space-after-colon", "a.rdf", b"%b" % title("x").replace(": ", ":").encode(), ("title",),
     "x", None),
    (
        "space-before-colon",
        "a.rdf",
        paper(title="Title : x\n").encode(),
        ("title",),
        "x",
        "tag-not-seen",
    ),
    (
        "space-inside-field-name",
        "a.rdf",
        paper("Classification- JEL: E52\n").encode(),
        ("classification-jel",),
        "E52",
        "tag-not-seen",
    ),
    (
        "nbsp-after-colon",
        "a.redif",
        paper(title="Title:\xa0x\n").encode(),
        ("title",),
        "x",
        None,
    ),
    (
        "indented-field-line",
        "a.rdf",
        paper("Note: x\n\tLength: 43 pages\n").encode(),
        ("note",),
        "x Length: 43 pages",
        "indented-tag",
    ),
    (
        "empty-field",
        "a.rdf",
        paper(author=AUTHOR + "Author-Email:\nAuthor-Name:\n").encode(),
        ("author", "name"),
        "Jane Roe",
        "empty-key",
    ),
    ("value-on-next-line", "a.rdf", title("\n  x").encode(), ("title",), "x", None),
    ("continuation-not-indented", "a.rdf", title("a\nb").encode(), ("title",), "a b", None),
    (
        "continuation-after-blank-line",
        "a.rdf",
        paper("Abstract: One.\n\n\n  Two.\n").encode(),
        ("abstract",),
        "One. Two.",
        None,
    ),
    (
        "continuation-looks-like-field",
        "a.rdf",
        paper("Abstract: One.\nFindings: two.\n").encode(),
        ("abstract",),
        "One. Findings: two.",
        "word-read-as-text",
    ),
    (
        "continuation-is-url",
        "a.rdf",
        paper("Abstract: See\nhttp://example.org/\n").encode(),
        ("abstract",),
        "See http://example.org/",
        "word-read-as-text",
    ),
    (
        "continuation-of-short-field",
        "a.rdf",
        paper(end=HANDLE + "Binary file 04001.rdf matches\n").encode(),
        ("handle",),
        "RePEc:zzz:wpaper:15",
        "text-after-handle",
    ),
    ("field-not-allowed-in-type", "a.rdf", paper("Year: 2014\n").encode(), ("year",), "2014",
     "misplaced-tag"),
    ("several-abstracts", "a.rdf", paper("Abstract: One.\nAbstract: Eins.\n").encode(),
     ("abstract",), "Eins.", None),
    ("several-authors-in-one-field", "a.rdf", paper(author="Author-Name: A. Roe and B. Doe\n")
     .encode(), ("author", "name"), "A. Roe and B. Doe", "two-names"),
    ("several-authors-in-one-field", "a.rdf", paper(author="Author-Name: F&aacute;tima Pinho\n")
     .encode(), ("author", "name"), "Fátima Pinho", None),
    ("several-authors-or-degrees-comma", "a.rdf", paper(author="Author-Name: Jane Roe, PhD\n")
     .encode(), ("author", "name"), "Jane Roe, PhD", "degree-in-name"),
    ("several-authors-or-degrees-comma", "a.rdf", paper(author="Author-Name: Zed University\n")
     .encode(), ("author", "name"), "Zed University", "affiliation-in-name"),
    ("author-all-caps", "a.rdf", paper(author="Author-Name: DANIEL LEVY\n").encode(),
     ("author", "name"), "DANIEL LEVY", "name-in-capitals"),
    ("odd-email", "a.rdf", paper(author=AUTHOR + "Author-Email: a@b.org, c@d.org\n").encode(),
     ("author", "email"), "a@b.org", "several-addresses"),
    ("odd-url", "a.rdf", paper("File-URL: www.example.org\n").encode(), ("file", "url"),
     "http://www.example.org", "url-without-scheme"),
    ("odd-url", "a.rdf", paper("File-URL: http://http://example.org/a\n").encode(),
     ("file", "url"), "http://example.org/a", "scheme-doubled"),
    ("url-with-space", "a.rdf", paper("File-URL: http://a.org/x, http://b.org/\n").encode(),
     ("file", "url"), "http://a.org/x", "several-urls"),
    ("url-with-space", "a.rdf", paper("File-URL: http://a.org/x y.pdf\n").encode(),
     ("file", "url"), "http://a.org/xy.pdf", "blank-in-url"),
    ("html-tag", "a.rdf", title("<p><em>a</em><br />b</BODY>").encode(), ("title",), "a b", None),
    ("html-entity", "a.rdf", title("Ren&eacute; &#269; &#x2D;").encode(), ("title",), "René č -",
     None),
    ("html-entity", "a.rdf", title("B&amp;ouml;heim").encode(), ("title",), "B&ouml;heim",
     "entity-left"),
    ("latex-markup", "a.rdf", title("from $3.50 to $6.00").encode(), ("title",),
     "from $3.50 to $6.00", None),
    ("odd-jel", "a.rdf", paper("Classification-JEL: 040; E52\n").encode(), ("classification-jel",),
     "E52", "unknown-jel-code"),
    ("jel-trailing-punct", "a.rdf", paper("Classification-JEL: Q; C; H;\n").encode(),
     ("classification-jel",), "Q C H", None),
    ("bad-date", "a.rdf", paper("Creation-Date: 2012-08-1\n").encode(), ("creation-date",),
     "2012-08-01", "date-not-padded"),
    ("odd-year", "a.rdf", article("Year: 022\n").encode(), ("year",), "022", "odd-year"),
    ("odd-month", "a.rdf", article("Month: Diciembre\n").encode(), ("month",), "Diciembre", None),
    ("odd-pages", "a.rdf", article("Pages: S12-S20\n").encode(), ("pages",), "S12-S20", None),
    ("odd-doi", "a.rdf", paper("DOI: https://doi.org/10.1000/182\n").encode(), ("doi",),
     "10.1000/182", "doi-with-resolver"),
    ("placeholder", "a.rdf", paper("Series: XXX\n").encode(), ("series",), "XXX", "placeholder"),
    ("handle-prefix-case", "a.rdf", paper(end="Handle: REPEC:ZZZ:wpaper:1\n").encode(),
     ("handle",), "RePEc:zzz:wpaper:1", None),
    ("two-titles", "a.rdf", (paper() + TITLE).encode(), ("title",), TITLE[7:-1],
     "several-titles"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "data", "place", "value", "code"), VALUES)
def test_an_anomaly_is_read_as_it_was_meant_and_told(
    kind: str, name: str, data: bytes, place: tuple[str, ...], value: str, code: str | None
) -> None:
    _, problems, verdicts = Checker().file(name, data)
    found = [verdicts[0].template.tree()]
    for tag in place:
        found = [entry for tree in found for entry in tree.get(tag, [])]
    assert value in found
    told = {problem.code for problem in problems} - {"very-long", "mixed-line-ends"}
    assert told == ({code} if code else set())


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("unknown-template-type", paper().replace("Paper", "eries", 1), "unknown-template-type"),
        ("damaged-template-type-line", paper() + "late-Type: ReDIF-Paper 1.0\n" + TITLE,
         "records-run-together"),
        ("unknown-field", paper("Provider-Home: http://example.org\n"), "unknown-tag"),
        ("missing-title", paper(title=""), "required-absent"),
        ("missing-handle", paper(end=""), "required-absent"),
        ("missing-name", series().replace("Name: Papers\n", ""), "required-absent"),
        ("no-author", paper(author=""), "required-absent"),
        ("author-subfield-before-author-name", paper(author="Author-Email: a@b.org\n" + AUTHOR),
         "cluster-not-open"),
        ("file-subfield-before-file-url", paper("File-Format: text/html\n" + FILE),
         "cluster-not-open"),
        ("malformed-item-handle", paper(end="Handle: RePEc:mtp:books:1\n"), "invalid-value"),
        ("malformed-series-handle", series().replace(":wpaper", ":wp"), "invalid-value"),
        ("two-handles-in-template", paper() + HANDLE, "handle-repeated"),
        ("empty-handle", paper(end="Handle:\n"), "required-absent"),
    ],
)  # fmt: skip
def test_an_anomaly_that_costs_the_template_is_told(kind: str, text: str, code: str) -> None:
    template = one(text)
    assert not template.good
    assert code in {problem.code for problem in template.problems}


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("repeated-nonrepeatable", paper("Creation-Date: 2010\nCreation-Date: 2011\n"),
         "tag-repeated"),
        ("odd-author-person", paper(author=AUTHOR + "Author-Person: g\n"), "invalid-value"),
        ("odd-file-format", paper(FILE + "File-Format: azw\n"), "invalid-value"),
        ("bad-date", paper("Revision-Date: January, 2001\n"), "invalid-value"),
        ("odd-doi", paper("DOI: None\n"), "invalid-value"),
        ("odd-publication-status", paper("Publication-Status: Under Review\n"), "invalid-value"),
    ],
)  # fmt: skip
def test_an_anomaly_that_costs_a_value_is_told(kind: str, text: str, code: str) -> None:
    template = one(text)
    assert template.good
    assert code in {problem.code for problem in template.problems}


@pytest.mark.parametrize("written", ["ReDIF-article", "ReDIF-Article 1.0", "ReDIF-Articles"])
def test_a_series_type_is_read_in_any_spelling(written: str) -> None:
    assert one(series(f"Type: {written}\n")).tree()["type"] == ["ReDIF-Article"]


def test_a_template_may_follow_the_last_line_of_another() -> None:
    assert [t.good for t in read(paper() + paper()).templates] == [True, True]


def test_an_archive_handle_with_a_series_in_it_is_told() -> None:
    text = (
        "Template-Type: ReDIF-Archive 1.0\nHandle: RePEc:biu:wpaper\nName: x\n"
        "URL: http://example.org/\nMaintainer-Email: a@example.org\n"
    )
    assert not one(text).good


def test_the_same_handle_twice_is_told_with_both_places() -> None:
    checker = Checker()
    checker.file("zzz/wpaper/a.rdf", paper().encode())
    checker.file("zzz/wpaper/b.redif", b"\n" + paper("Note: fuller\n").encode())
    ((path, problem),) = checker.together()
    assert (path, problem.line, problem.code) == ("zzz/wpaper/b.redif", 2, "duplicate-handle")
    assert "zzz/wpaper/a.rdf, line 1" in problem.message


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("zzz/wpaper/a.rdf", None),
        ("RePEc/zzz/wpaper/2014/a.rdf", None),
        ("zzz/others/a.rdf", "handle-in-other-folder"),
        ("a.rdf", None),
        ("some/folder/a.rdf", None),
    ],
)
def test_a_handle_is_compared_with_its_folder(path: str, code: str | None) -> None:
    checker = Checker()
    checker.file(path, paper().encode())
    assert [problem.code for _, problem in checker.together()] == ([code] if code else [])


def test_items_of_a_series_nobody_describes_are_told_where_series_are_described() -> None:
    checker = Checker()
    checker.file("zzz/zzzseri.rdf", series().encode())
    checker.file("zzz/wpaper/a.rdf", paper().encode())
    checker.file("zzz/nosuch/a.rdf", paper(end="Handle: RePEc:zzz:nosuch:1\n").encode())
    checker.file("zzz/wpaper/b.rdf", article().replace(":15", ":16").encode())
    assert [(path, p.code) for path, p in checker.together()] == [
        ("zzz/nosuch/a.rdf", "series-not-described")
    ]
    other = Checker()
    other.file("zzz/zzzseri.rdf", series("Type: ReDIF-Article\n").encode())
    other.file("zzz/wpaper/a.rdf", paper().encode())
    assert [p.code for _, p in other.together()] == ["other-type-than-series"]


def test_suspicions_stand_on_the_line_of_their_value() -> None:
    (found,) = checks.problems(one(paper(title="Title: WP 12: Growth\n")))
    assert (found.line, found.code, found.advice) == (3, "number-in-title", "Perhaps: Growth")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (paper(), "RePEc indexes it."),
        (paper("DOI: 10.1000/a b\n"), "RePEc indexes it, without one value."),
        (paper("DOI: 10.1000/a b\nLanguage: English\n"), "RePEc indexes it, without 2 values."),
        (paper(author=""), "RePEc ignores it."),
        (paper(title="Title : x\n"), "RePEc ignores it. Here it was read all the same."),
    ],
)
def test_the_verdict_is_said_in_a_sentence(text: str, sentence: str) -> None:
    _, _, (verdict,) = Checker().file("a.rdf", text.encode())
    assert verdict.sentence == sentence
