"""The dossier's cases R1 to R52: what RePEc's parser says of them, and what we rescue."""

import pytest

from correction_flow.redif.parser import Severity, Tree, parse

from .samples import (
    AUTHOR,
    HANDLE,
    START,
    TITLE,
    article,
    book,
    codes,
    one,
    paper,
    problem,
    read,
    series,
)

FILE = "File-URL: http://example.org/a.pdf\n"

VERDICTS: list[tuple[str, str, bool, str | None]] = [
    ("R1", paper(author=""), False, "required-absent"),
    ("R2", paper(author="Author-Name:\n"), False, "required-absent"),
    ("R2", paper(author="Author-Name:\n"), False, "empty-key"),
    ("R3", paper("Auhtor-Name: Jane Roe\nLenght: 12 pages\n"), False, "unknown-tag"),
    ("R4", paper(title="Title : Spaced colon\n"), False, "tag-not-seen"),
    ("R5", paper("Abstract: First.\nResults: it rises.\nEnd.\n"), False, "word-read-as-text"),
    ("R6", paper("Abstract: First.\n Results: it rises.\nEnd.\n"), True, None),
    ("R7", paper(title="Title: A title that\nwraps without indent\n"), True, None),
    ("R8", paper("Abstract: One.\n\nTwo.\n"), True, None),
    ("R9", "# head\n" + paper(title="Title: some\n# hidden\ntitle\n"), True, None),
    ("R10", paper(author="Author-Email: j@example.org\n" + AUTHOR), False, "cluster-not-open"),
    ("R12", paper("Author-Email: j@example.org\n"), False, "cluster-not-open"),
    ("R13", paper("Handle: RePEc:zzz:wpaper:16\n"), False, "handle-repeated"),
    ("R14", paper().replace(" 1.0", "", 1), False, "template-type-misspelt"),
    ("R14", paper().replace("Paper 1.0", "Paper1.0"), False, "template-type-misspelt"),
    ("R14", paper().replace("Paper", "Mirror", 1), False, "unknown-template-type"),
    ("R17", paper("Publication-Status: discussion Paper\n"), True, "invalid-value"),
    ("R21", paper("File-URL: www.x.org/a.pdf\n"), False, "url-without-scheme"),
    ("R21", paper("File-URL: http://x.org/a- b.pdf\n"), False, "invalid-value"),
    ("R22", paper(FILE + "File-Format: pdf\n"), True, "format-not-mime"),
    ("R22", paper(FILE + "File-Format: azw\n"), True, "invalid-value"),
    ("R25", paper(author="Author-Name: A. Smith and B. Jones\n"), True, None),
    ("R26", paper(author=AUTHOR + "Author-Name-Middle: S.\n"), False, "unknown-tag"),
    ("R27", paper("DOI: https://doi.org/10.1000/xyz 12\n"), True, "invalid-value"),
    ("R28", paper("Language: English\n"), True, "invalid-value"),
    ("R29", series(email=""), False, "required-absent"),
    ("R29", series(email="Maintainer-Email: econ at example.org\n"), False, "invalid-value"),
    ("R30", series("Maintainer-Email: b@example.org\n"), True, None),
    ("R31", series("Publisher-Name: The Press\n"), True, "deprecated-tag"),
    ("R32", series("Maintainer-Homepage: http://example.org/\n"), False, "unknown-tag"),
    ("R33", series("Type: redif-article 1.0\n"), True, None),
    ("R34", book("Editor-Name: Jane Roe\n"), True, None),
    ("R34", book(""), False, "required-absent"),
    ("R35", paper("Year: 2014\n"), False, "misplaced-tag"),
    ("R35", paper("Journal: Annals\n"), False, "misplaced-tag"),
    ("R36", article("Length: 12 pages\n"), False, "misplaced-tag"),
    ("R36", article("Series: Papers\n"), False, "misplaced-tag"),
    ("R37", article("Publication-Date: 2010-05\n"), True, "deprecated-tag"),
    ("R38", paper(title="Title: Growth\nKeywords2: a\n"), True, None),
    ("R39", paper("Keywords: a; b Classification-JEL: E1\n"), True, None),
    ("R40", START + "\t" + AUTHOR + TITLE + HANDLE, False, "tag-not-seen"),
    ("R41", paper("Abstract: One.\nAbstract: Eins.\n"), True, None),
    ("R42", paper("Creation-Date: 2010\nCreation-Date: 2011\n"), True, "tag-repeated"),
    ("R43", paper("Article-Handle: not-a-handle\n"), True, "invalid-value"),
    ("R49", paper().replace("\n", "\r\n"), True, None),
    ("R49", paper().replace("\n", "\r"), True, None),
    ("R50", paper(title="Title: Growth\r"), False, "rejected-by-repec"),
    ("R51", paper(title="Title: Gro\x1ewth\n\x1a\n"), True, "character-dropped"),
    (
        "R52",
        series(email="Maintainer-Email: A B <a@example.org>\n"),
        False,
        "text-around-address",
    ),
    (
        "R29",
        series(email="Maintainer-Email: a@example.org, b@example.org\n"),
        False,
        "several-addresses",
    ),
]


@pytest.mark.parametrize(("case", "text", "good", "code"), VERDICTS)
def test_the_verdict_is_that_of_repecs_parser(
    case: str, text: str, good: bool, code: str | None
) -> None:
    template = one(text)
    assert template.good is good
    assert one(text, strict=True).good is good
    assert code is None or code in codes(template)
    worst = any(problem.severity is Severity.ERROR for problem in template.problems)
    assert worst is not good


VALUES: list[tuple[str, str, Tree]] = [
    ("R4", paper(title="Title : Spaced colon\n"), {"title": ["Spaced colon"]}),
    (
        "R5",
        paper("Abstract: First line.\nResults: growth rises.\nEnd.\n"),
        {"abstract": ["First line. Results: growth rises. End."]},
    ),
    (
        "R6",
        paper("Abstract: First line.\n Results: growth rises.\nEnd.\n"),
        {"abstract": ["First line. Results: growth rises. End."]},
    ),
    ("R7", paper(title="Title: A title that\nwraps\n"), {"title": ["A title that wraps"]}),
    ("R8", paper("Abstract: One.\n\nTwo.\n"), {"abstract": ["One. Two."]}),
    ("R9", paper(title="Title: some\n# hidden\ntitle\n"), {"title": ["some title"]}),
    (
        "R11",
        paper(
            author="Author-Name: Paula Smith\nAuthor-Email: p@example.org\n"
            "Author-Workplace-Name: One\nAuthor-Workplace-Name: Two\nAuthor-Person: PSM12\n"
            "Author-Name: Jane Roe\n",
            end=FILE + "File-Format: application/PDF\nFile-URL: http://example.org/a\n"
            "File-Format: text/html\n" + HANDLE,
        ),
        {
            "author": [
                {
                    "name": ["Paula Smith"],
                    "email": ["p@example.org"],
                    "workplace": [{"name": ["One"]}, {"name": ["Two"]}],
                    "person": ["psm12"],
                },
                {"name": ["Jane Roe"]},
            ],
            "file": [
                {"url": ["http://example.org/a.pdf"], "format": ["application/pdf"]},
                {"url": ["http://example.org/a"], "format": ["text/html"]},
            ],
        },
    ),
    (
        "R13",
        paper("Handle: RePEc:zzz:wpaper:14\n"),
        {"handle": ["RePEc:zzz:wpaper:14", "RePEc:zzz:wpaper:15"]},
    ),
    ("R16", paper("Creation-Date: 19991010\n"), {"creation-date": ["1999-10-10"]}),
    ("R16", paper("Revision-Date: 200102\n"), {"revision-date": ["2001-02"]}),
    ("R16", paper("Revision-Date: January, 2001\n"), {"revision-date": []}),
    ("padded", paper("Creation-Date: 2011-10-5\n"), {"creation-date": ["2011-10-05"]}),
    ("R17", paper("Publication-Status: discussion Paper\n"), {"publication-status": []}),
    (
        "R18",
        paper("Classification-JEL: c12; C30,Z99 E52: 512\n"),
        {"classification-jel": ["C12 C30 E52"]},
    ),
    ("R18", paper("Classification-JEL: E520\n"), {"classification-jel": ["E52"]}),
    ("R19", paper("Classification-JEL: 511, 512\n"), {"classification-jel": []}),
    ("R19", paper("Classification-JEL: None\n"), {"classification-jel": []}),
    (
        "R20",
        paper("File-URL: URL:HTTP://X.org/a b.pdf\n"),
        {"file": [{"url": ["http://X.org/ab.pdf"]}]},
    ),
    (
        "R21",
        paper("File-URL: www.x.org/a.pdf\n"),
        {"file": [{"url": ["http://www.x.org/a.pdf"]}]},
    ),
    ("R23", paper("X-File-Ref: abc\nX-DOI: 1\n"), {"x-file-ref": [], "x-doi": []}),
    ("R24", paper(title="Title: Jos&eacute; Mu&#241;oz\n"), {"title": ["José Muñoz"]}),
    (
        "R24",
        paper(title="Title: R&amp;D and <i>growth</i> &lt;5%\n"),
        {"title": ["R&D and growth <5%"]},
    ),
    ("once", paper(title="Title: AT&amp;lt;T\n"), {"title": ["AT&lt;T"]}),
    ("broken", paper(title="Title: Ni&#2\n41;o\n"), {"title": ["Niño"]}),
    ("R28", paper("Language: English\n"), {"language": []}),
    (
        "R31",
        series("Publisher-Name: The Press\nPublisher-Homepage: http://example.org/\n"),
        {"provider": [{"name": ["The Press"], "homepage": ["http://example.org/"]}]},
    ),
    ("R33", series("Type: redif-article 1.0\n"), {"type": ["ReDIF-Article"]}),
    ("R35", paper("Year: 2014\n"), {"year": ["2014"]}),
    (
        "R37",
        article("Publication-Date: 2010-05\n"),
        {"creation-date": ["2010-05"], "publication-date": []},
    ),
    (
        "R38",
        paper(title="Title: Growth\nKeywords2: a\n"),
        {"title": ["Growth Keywords2: a"], "keywords": []},
    ),
    ("R40", START + "\t" + AUTHOR + TITLE + HANDLE, {"author": [{"name": ["Jane Roe"]}]}),
    ("R41", paper("Abstract: One.\nAbstract: Eins.\n"), {"abstract": ["One.", "Eins."]}),
    (
        "R42",
        paper("Creation-Date: 2010\nCreation-Date: 2011\n"),
        {"creation-date": ["2010", "2011"]},
    ),
    (
        "R43",
        paper("Article-Handle: not-a-handle\nArticle-Handle: RePEc:zzz:journl:1\n"),
        {"article-handle": ["RePEc:zzz:journl:1"]},
    ),
    ("R50", paper(title="Title: Growth\r"), {"title": ["Growth"]}),
    ("R51", paper(title="Title: Gro\x1ewth\tnow\n"), {"title": ["Growth now"]}),
    (
        "H4",
        paper(end="Handle: RePEc: zzz: wpaper: 16\n"),
        {"handle": ["RePEc:zzz:wpaper:16"]},
    ),
    (
        "H5",
        paper(end="Handle: RePEc:zzz:wpaper:\n 17\n"),
        {"handle": ["RePEc:zzz:wpaper:17"]},
    ),
    (
        "grep output",
        paper(end="Handle: RePEc:zzz:wpaper:17\nBinary file 04001.rdf matches\n"),
        {"handle": ["RePEc:zzz:wpaper:17"]},
    ),
    (
        "blank in the name",
        paper("Classification- JEL: E52\n"),
        {"classification-jel": ["E52"]},
    ),
    (
        "digits",
        paper("Note: a\nClassification-MSC-1991: 90A09\n"),
        {"note": ["a"], "classification-msc-1991": ["90A09"]},
    ),
    (
        "address",
        paper("Abstract: See\nhttps://example.org/x\n"),
        {"abstract": ["See https://example.org/x"]},
    ),
    ("bracket", paper(title="Title: If p<0.05 and q>1\n"), {"title": ["If p<0.05 and q>1"]}),
    (
        "empty author",
        paper(author=AUTHOR + "Author-Name:\nAuthor-Email:\n"),
        {"author": [{"name": ["Jane Roe"]}]},
    ),
    (
        "R22",
        paper(FILE + "File-Format: application/PDF\n"),
        {"file": [{"url": ["http://example.org/a.pdf"], "format": ["application/pdf"]}]},
    ),
    (
        "R22",
        paper(FILE + "File-Format: PDF\n"),
        {"file": [{"url": ["http://example.org/a.pdf"], "format": ["application/pdf"]}]},
    ),
    ("R27", paper("DOI: https://doi.org/10.1000/xyz\n"), {"doi": ["10.1000/xyz"]}),
    ("R27", paper("DOI: https://doi.org/10.1000/xyz 12\n"), {"doi": []}),
    ("no DOI", paper("DOI: None\n"), {"doi": []}),
    (
        "R52",
        series(email="Maintainer-Email: A B <a@example.org>\n"),
        {"maintainer-email": ["a@example.org"]},
    ),
    (
        "R29",
        series(email="Maintainer-Email: a@example.org, b@example.org\n"),
        {"maintainer-email": ["a@example.org"]},
    ),
    ("R29", series(email="Maintainer-Email: a at example.org\n"), {"maintainer-email": [""]}),
    (
        "two addresses",
        paper("File-URL: http://example.org/a, http://example.org/b\n"),
        {"file": [{"url": ["http://example.org/a"]}]},
    ),
    (
        "scheme twice",
        paper("File-URL: https: http://http://example.org/a\n"),
        {"file": [{"url": ["http://example.org/a"]}]},
    ),
    ("entity", paper(title="Title: &Ccaron;apek &#150; R&D\n"), {"title": ["Čapek – R&D"]}),
    ("type below", paper().replace("Type: ", "Type:\n "), {"title": ["Growth and its causes"]}),
]


@pytest.mark.parametrize(("case", "text", "expected"), VALUES)
def test_the_values_are_read_as_they_were_meant(case: str, text: str, expected: Tree) -> None:
    tree = one(text).tree()
    assert {tag: tree.get(tag, []) for tag in expected} == expected


BYTES: list[tuple[str, str, bytes, str, str | None]] = [
    ("R45", "a.rdf", "Économie".encode("latin-1"), "Économie", None),
    ("R45", "a.rdf", "“Growth” – l’été".encode("cp1252"), "“Growth” – l’été", None),
    ("R46", "a.rdf", "Économie’s".encode(), "Économie’s", "utf-8-without-mark"),
    ("R47", "a.redif", "Économie’s".encode(), "Économie’s", None),
    ("R48", "a.redif", "Économie".encode("latin-1"), "Économie", "bytes-not-utf-8"),
    ("undefined", "a.rdf", b"\xc9tude\x9d ici", "Étude ici", "undefined-byte"),
]


@pytest.mark.parametrize(("case", "name", "title", "expected", "code"), BYTES)
def test_letters_come_out_right_whatever_the_bytes(
    case: str, name: str, title: bytes, expected: str, code: str | None
) -> None:
    before, after = paper(title="Title: @\n").encode().split(b"@")
    found = read(before + title + after, name=name)
    assert found.templates[0].tree()["title"] == [expected]
    assert found.templates[0].good
    assert codes(found) == ({code} if code else set())


def test_repec_garbles_utf_8_without_a_mark_and_so_does_the_strict_reading() -> None:
    text = paper(title="Title: Économie’s\n").encode()
    assert one(text, name="a.rdf", strict=True).tree()["title"] == ["Ã‰conomieâ€™s"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_recognised_with_its_mark_and_utf_16_without(encoding: str) -> None:
    template = one(paper(title="Title: Économie\n").encode(encoding), name="a.rdf")
    assert template.tree()["title"] == ["Économie"]
    assert template.good is (encoding in ("utf-8-sig", "utf-16"))


def test_a_file_may_mix_two_encodings_by_lines() -> None:
    text = paper(title="Title: Étude\n").encode() + b"Note: \xc9tude\n"
    found = read(text, name="a.rdf")
    tree = found.templates[0].tree()
    assert (tree["title"], tree["note"]) == (["Étude"], ["Étude"])
    assert found.encoding == "mixed"
    assert codes(found) == {"mixed-encodings"}


def test_the_caller_may_know_the_encoding_better() -> None:
    text = paper(title="Title: Экономика\n").encode("koi8-r")
    found = parse(text, name="a.rdf", encoding="koi8-r")
    assert found.templates[0].tree()["title"] == ["Экономика"]


def test_a_misspelt_tag_is_answered_with_the_one_that_was_meant() -> None:
    template = one(paper("Auhtor-Name: Jane Roe\nLenght: 12 pages\n"))
    advice = [p.advice for p in template.problems if p.code == "unknown-tag"]
    assert advice == ["Did you mean Author-Name?", "Did you mean Length?"]


def test_a_misplaced_tag_is_answered_with_where_it_belongs() -> None:
    assert "ReDIF-Article 1.0" in problem(one(paper("Year: 2014\n")), "misplaced-tag").advice


def test_junk_before_the_first_template_costs_nothing_but_itself() -> None:
    found = read("junk\nTitle: lost\n" + paper())
    assert codes(found) == {"text-before-first-template"}
    assert found.templates[0].good
    assert found.templates[0].first_line == 3


def test_a_mark_inside_the_file_is_white_space_to_us_and_not_to_repec() -> None:
    found = read("<<<<<<< HEAD\n\ufeff" + paper())
    assert found.templates[0].tree()["title"] == ["Growth and its causes"]
    assert not found.templates[0].good


def test_local_tags_are_kept_in_their_place_and_not_judged() -> None:
    template = one(paper(author=AUTHOR + "Author-X-Name-First: Jane\n", end="X-DOI: 1\n" + HANDLE))
    assert template.good
    assert not template.problems
    assert [v.written for v in template.values if "x-" in v.tag] == ["Author-X-Name-First", "X-DOI"]


def test_every_value_knows_its_lines() -> None:
    template = one(paper("Abstract: One.\n\n# no\nTwo.\n\n"))
    lines = {value.tag: (value.first_line, value.last_line) for value in template.values}
    assert lines == {"author-name": (2, 2), "title": (3, 3), "abstract": (4, 7), "handle": (9, 9)}
    assert (template.first_line, template.last_line) == (1, 9)


def test_line_ends_and_comments_do_not_change_the_digest() -> None:
    first, second = one(paper()), one("# new\n" + paper().replace("\n", "\r\n"))
    assert first.sha256 == second.sha256
    assert first.sha256 != one(paper("Note: new\n")).sha256


def test_separators_of_lines_within_a_value_are_blanks() -> None:
    title = "Title: a\u2028b\u0085c\vd\fe\n"
    assert one(paper(title=title)).tree()["title"] == ["a b c d e"]


def test_templates_that_ran_together_are_told() -> None:
    template = one(paper() + paper().replace("Template-Type", "late-Type"))
    assert {"records-run-together", "handle-repeated"} <= codes(template)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty-file"),
        (b" \r\n", "empty-file"),
        (b"<html><body>Not found</body></html>", "not-redif"),
        (b"\x00\x01\x02\xff\xfe", "no-template"),
        (b"hello\n", "no-template"),
    ],
)
def test_a_file_without_templates_says_what_it_is(data: bytes, code: str) -> None:
    found = read(data, name="a.rdf")
    assert found.templates == ()
    assert code in codes(found)


def test_the_published_spelling_of_a_handle_is_kept_beside_its_key() -> None:
    template = one(paper(end="Handle: REPEC:ZZZ:wpaper:AbC\n"))
    assert (template.handle, template.handle_key) == (
        "REPEC:ZZZ:wpaper:AbC",
        "repec:zzz:wpaper:abc",
    )
    rescued = one(paper(end="Handle: RePEc: zzz: wpaper: 16\n"))
    assert rescued.handle_key == "repec:zzz:wpaper:16"
    broken = one(paper(end="Handle: RePEc:koc:report\n"))
    assert (broken.handle_key, broken.tree()["handle"]) == ("repec:koc:report", [""])


SOFTWARE = paper().replace("ReDIF-Paper", "ReDIF-Software")
AS_REPEC: list[tuple[str, str, Tree]] = [
    (
        "R4",
        paper(title="Title : Spaced colon\n"),
        {"author": [{"name": ["Jane Roe Title : Spaced colon"]}], "title": []},
    ),
    (
        "R5",
        paper("Abstract: First line.\nResults: growth rises.\nEnd.\n"),
        {"abstract": ["First line."]},
    ),
    (
        "R6",
        paper("Abstract: First.\n Results: it rises.\n"),
        {"abstract": ["First. Results: it rises."]},
    ),
    ("R8", paper("Abstract: One.\n\nTwo.\n"), {"abstract": ["One. Two."]}),
    ("R13", paper(HANDLE), {"handle": [HANDLE[8:-1], HANDLE[8:-1]]}),
    ("R16", paper("Creation-Date: 19991010\n"), {"creation-date": ["1999-10-10"]}),
    (
        "R16",
        paper("Revision-Date: January, 2001\nRevision-Date: 200102\n"),
        {"revision-date": ["2001-02"]},
    ),
    ("R17", paper("Publication-Status: discussion Paper\n"), {"publication-status": []}),
    (
        "R18",
        paper("Classification-JEL: c12; C30,Z99 E52: 512\n"),
        {"classification-jel": ["C12 C30 E52"]},
    ),
    ("R19", paper("Classification-JEL: 511, 512\n"), {"classification-jel": []}),
    (
        "R20",
        paper("File-URL: URL:HTTP://X.org/a b.pdf\n"),
        {"file": [{"url": ["http://X.org/ab.pdf"]}]},
    ),
    ("R21", paper("File-URL: www.x.org/a.pdf\n"), {"file": [{"url": [""]}]}),
    ("R22", paper(FILE + "File-Format: pdf\n"), {"file": [{"url": ["http://example.org/a.pdf"]}]}),
    ("R23", paper("X-File-Ref: abc\n"), {"x-file-ref": []}),
    (
        "R24",
        paper(title="Title: R&amp;D and <i>growth</i> &lt;5%\n"),
        {"title": ["R&D and growth <5%"]},
    ),
    ("R27", paper("DOI: https://doi.org/10.1000/xyz\n"), {"doi": ["https://doi.org/10.1000/xyz"]}),
    ("R27", paper("DOI: https://doi.org/10.1000/xyz 12\n"), {"doi": []}),
    ("R28", paper("Language: English\n"), {"language": []}),
    ("R31", series("Publisher-Name: The Press\n"), {"provider": [{"name": ["The Press"]}]}),
    ("R33", series("Type: redif-article 1.0\n"), {"type": ["ReDIF-Article"]}),
    ("R37", article("Publication-Date: 2010-05\n"), {"creation-date": ["2010-05"]}),
    ("R38", paper(title="Title: Growth\nKeywords2: a\n"), {"title": ["Growth Keywords2: a"]}),
    (
        "R42",
        paper("Creation-Date: 2010\nCreation-Date: 2011\n"),
        {"creation-date": ["2010", "2011"]},
    ),
    ("R43", paper("Article-Handle: not-a-handle\n"), {"article-handle": []}),
    (
        "R44",
        SOFTWARE.replace("Handle", "Programming-Language: STATA\nHandle"),
        {"programming-language": ["STATA"]},
    ),
    (
        "R44",
        SOFTWARE.replace("Handle", "Programming-Language: Julia\nHandle"),
        {"programming-language": []},
    ),
    (
        "R50",
        paper(title="Title: Growth\r"),
        {"title": ["Growth Handle: RePEc:zzz:wpaper:15"], "handle": []},
    ),
    ("R51", paper(title="Title: Gro\x1ewth\tnow\n"), {"title": ["Growth now"]}),
    (
        "R52",
        series(email="Maintainer-Email: A B <a@example.org>\n"),
        {"maintainer-email": [""]},
    ),
    (
        "entities of HTML 4",
        paper(title="Title: &ccaron;apek &eacute &copy=1\n"),
        {"title": ["&ccaron;apek é ©=1"]},
    ),
]


@pytest.mark.parametrize(("case", "text", "expected"), AS_REPEC)
def test_the_strict_reading_has_the_values_of_repecs_parser(
    case: str, text: str, expected: Tree
) -> None:
    tree = one(text, strict=True).tree()
    assert {tag: tree.get(tag, []) for tag in expected} == expected


def test_r15_what_stands_before_the_first_template_costs_one_error_a_line() -> None:
    found = read("junk\nTitle: lost\n" + paper(), strict=True)
    assert [(p.line, p.severity) for p in found.problems] == [
        (1, Severity.ERROR),
        (2, Severity.ERROR),
    ]
    assert [template.good for template in found.templates] == [True]
