"""A publisher's file is written again as it was, but for the values that were to change."""

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from correction_flow.redif import fields, values
from correction_flow.redif.parser import ParsedFile, Template, parse
from correction_flow.redif.rewrite import Add, Edit, Remove, Replace, write
from correction_flow.redif.writer import Unwritable

from .samples import AUTHOR, HANDLE, NOT_HERE, START, paper, read, real_archives
from .test_any_bytes import FILES, NAMES, PIECES

FOLDER = real_archives()

NASTY = (
    "Results: growth & <b>trade</b> – #1 of 王's p<0.05 AT&T &eacute; R&D < 5 "
    "Template-Type: ReDIF-Paper 1.0 ======= " + "and so on " * 12 + "Handle: RePEc:aaa:ssssss:1"
)
VALID = {
    "url": "https://example.org/a?b=1&copy=2",
    "email": "jane@example.org",
    "date": "2014-05",
    "jel": "E52 C12",
    "mime_type": "text/html",
    "langcode639_1": "en",
    "doi": "10.1000/182",
    "pubstat": "Published in Annals, 2014 – see http://example.org",
    "doctype": "ReDIF-Article",
    "percentage": "33",
    "programming_language": "R",
    "archivehandle": "RePEc:zzz",
    "serieshandle": "RePEc:zzz:wpaper",
    "documenthandle": "RePEc:zzz:wpaper:01/15",
    "institutionhandle": "RePEc:edi:frbgvus",
    "personhandle": "pto123",
}


def texts(parsed: ParsedFile) -> list[list[tuple[str, str]]]:
    return [[(v.tag, v.text) for v in template.values] for template in parsed.templates]


def again(parsed: ParsedFile, data: bytes) -> ParsedFile:
    return parse(data, name=parsed.name, strict=parsed.strict)


def fitting(template: Template, tag: str) -> str:
    """Return a new value that the attribute can have, as hard to write as its type allows."""
    kind = fields.template_type(template.type or "")
    known = kind.fields.get(tag) if kind else None
    return VALID.get(known.type if known else "", " ".join(NASTY.split()))


def assert_only_that_changed(parsed: ParsedFile, edit: Edit) -> None:
    """Make the edit and compare what is read afterwards, and the bytes, with what was."""
    data = write(parsed, [edit])
    expected = texts(parsed)
    ours = expected[edit.template]
    if isinstance(edit, Add):
        ours.insert(edit.n + 1, (edit.tag, edit.text))
    elif isinstance(edit, Remove):
        del ours[edit.n]
    else:
        ours[edit.n] = (ours[edit.n][0], edit.text)
    assert texts(again(parsed, data)) == expected
    before, after = lines_around(parsed, edit)
    assert data.startswith(before)
    assert data.endswith(after)


def lines_around(parsed: ParsedFile, edit: Edit) -> tuple[bytes, bytes]:
    """Return the bytes before and after the lines an edit may touch, of 8-bit files only."""
    template = parsed.templates[edit.template]
    if parsed.encoding.startswith("utf-16") or (parsed.strict and parsed.line_ends == "mixed"):
        return b"", b""
    raw = parsed.data.splitlines(keepends=True)  # of bytes: cuts at CR, LF and CRLF only
    if isinstance(edit, Add):
        if edit.n < 0:
            return b"".join(raw[: template.first_line]), b""
        line = template.values[edit.n].last_line
        return b"".join(raw[:line]), b"".join(raw[line:])
    value = template.values[edit.n]
    return b"".join(raw[: value.first_line - 1]), b"".join(raw[value.last_line :])


@pytest.mark.parametrize("strict", [False, True])
@given(FILES, NAMES)
@example(b"Template-Type: ReDIF-Paper 1.0\r\nTitle: a\rHandle: b\n", "a.rdf")
@example(b"\xff\xfeT\x00e", "a.rdf")
def test_any_bytes_are_written_as_they_were_read(strict: bool, data: bytes, name: str) -> None:
    assert write(parse(data, name=name, strict=strict)) == data


ROUGH = st.tuples(
    st.sampled_from([paper(), paper("Abstract: x\n"), ""]),
    st.sampled_from([b"\n", b"\r\n", b"\r", b"\n"]),
    st.lists(PIECES, min_size=3, max_size=30),
).map(lambda parts: parts[1].join([*parts[0].encode().split(b"\n"), b"Title: y", *parts[2]]))


@pytest.mark.parametrize("strict", [False, True])
@given(ROUGH, NAMES, st.text(max_size=60), st.integers(0, 30), st.integers(0, 2))
def test_an_edit_of_any_file_gives_exactly_that_or_is_refused(
    strict: bool, data: bytes, name: str, text: str, n: int, which: int
) -> None:
    parsed = parse(data, name=name, strict=strict)
    spots = [(i, j) for i, t in enumerate(parsed.templates) for j in range(len(t.chunks))]
    if not spots:
        return
    i, j = spots[n % len(spots)]
    text = values.clean(text.replace("&", "").replace("<", ""))[0]
    edit = (Replace(i, j, text), Remove(i, j), Add(i, j, "note", text))[which]
    with suppress(Unwritable):
        assert_only_that_changed(parsed, edit)


LETTERS = st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" &<>#:;=-")
PROSE = st.text(LETTERS, min_size=1, max_size=300).map(lambda text: " ".join(text.split()))
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
SETS = st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "latin-1"])


@given(PROSE.filter(bool), ENDS, SETS, NAMES, st.integers(0, 4), st.booleans())
def test_no_text_is_refused_or_breaks_a_usual_file(
    text: str, end: str, encoding: str, name: str, n: int, strict: bool
) -> None:
    whole = paper("Abstract: Études\n of it.\n# hidden\nNote: x\n" + HANDLE) + paper()
    data = whole.replace("\n", end).encode(encoding)
    parsed = parse(data, name=name, strict=strict)
    assert [len(t.values) for t in parsed.templates] == [6, 3]
    if n < 4:
        assert_only_that_changed(parsed, Replace(0, n, text))
    assert_only_that_changed(parsed, Add(0, n, "note", text))
    assert_only_that_changed(parsed, Remove(0, n))


def test_a_value_on_one_line_stays_there_and_a_folded_one_is_folded() -> None:
    parsed = read(paper("Abstract: One\n two.\n", title="Title:\tGrowth\n"))
    words = " ".join(["growth"] * 30)
    data = write(parsed, [Replace(0, 1, words), Replace(0, 2, words)]).decode()
    rows = data.splitlines()
    assert f"Title:\t{words}" in rows
    assert rows[3].startswith("Abstract: growth growth")
    assert rows[4].startswith(" growth")
    assert max(map(len, rows[3:])) <= 78


def test_comments_and_blank_lines_stay_where_they_are() -> None:
    text = START + "# head\n\n" + AUTHOR + "Title: Some\n# hidden\n title\n\n" + HANDLE
    parsed = read(text)
    assert write(parsed, [Replace(0, 1, "Another")]).decode() == (
        START + "# head\n\n" + AUTHOR + "Title: Another\n# hidden\n\n" + HANDLE
    )
    assert write(parsed, [Remove(0, 1)]).decode() == (
        START + "# head\n\n" + AUTHOR + "# hidden\n\n" + HANDLE
    )


def test_a_last_line_without_an_end_gets_one_only_when_another_follows() -> None:
    parsed = read(paper().rstrip("\n"))
    assert write(parsed, [Replace(0, 2, "RePEc:zzz:wpaper:1")]).endswith(b"wpaper:1")
    assert write(parsed, [Add(0, 2, "note", "x")]).endswith(b"wpaper:15\nNote: x")


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (paper().encode(), "a.rdf", b"Title: caf&#233; &#8211; &#29579;\n"),
        (paper().encode(), "a.redif", "Title: café – 王\n".encode()),
        (paper().encode("utf-8-sig"), "a.rdf", "Title: café – 王\n".encode()),
        (paper("Note: \xe9t\xe9\n").encode("cp1252"), "a.rdf", b"Title: caf\xe9 \x96 &#29579;\n"),
        (paper("Note: été\n").encode(), "a.rdf", b"Title: caf&#233; &#8211; &#29579;\n"),
        (paper().encode("utf-16"), "a.rdf", "Title: café – 王\n".encode("utf-16-le")),
        (paper().encode("utf-16-be"), "a.rdf", "Title: café – 王\n".encode("utf-16-be")),
    ],
)
def test_letters_are_written_so_that_repec_reads_them(
    data: bytes, name: str, expected: bytes
) -> None:
    written = write(parse(data, name=name), [Replace(0, 1, "café – 王")])
    assert expected in written
    for strict in (False, True):
        for template in parse(written, name=name, strict=strict).templates:
            assert template.tree()["title"] == ["café – 王"]


def test_several_values_are_changed_at_once() -> None:
    parsed = read(paper("Note: a\nNote: b\n") + paper())
    edits = [Remove(0, 2), Replace(0, 3, "c"), Add(0, 3, "note", "d"), Replace(1, 1, "New")]
    found = again(parsed, write(parsed, edits))
    assert found.templates[0].tree()["note"] == ["c", "d"]
    assert found.templates[1].tree()["title"] == ["New"]


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Replace(0, 2, "RePEc:zz:1"), "no valid value"),
        (Replace(0, 1, " \t"), "empty"),
        (Replace(0, 1, "a\ue000"), "U\\+E000"),
        (Add(0, 1, "author-person", "not a person"), "no valid value"),
    ],
)
def test_what_could_not_be_read_again_is_refused_and_named(edit: Edit, why: str) -> None:
    with pytest.raises(Unwritable, match=why):
        write(read(paper()), [edit])


def test_an_edit_that_would_change_another_value_is_refused() -> None:
    parsed = read(paper("Abstract: One.\nLength: 5\nPurpose: x\n"))
    assert [value.tag for value in parsed.templates[0].values][2:5] == [
        "abstract",
        "length",
        "purpose",
    ]
    with pytest.raises(Unwritable, match="otherwise"):
        write(parsed, [Remove(0, 3)])


def test_an_edit_of_nothing_is_the_callers_mistake() -> None:
    for edit in (Replace(0, 9, "x"), Remove(0, -1), Add(0, -2, "note", "x")):
        with pytest.raises(LookupError):
            write(read(paper()), [edit])
    with pytest.raises(Unwritable, match="twice"):
        write(read(paper()), [Replace(0, 1, "x"), Remove(0, 1)])


def test_a_rescued_line_is_written_as_it_should_have_been() -> None:
    parsed = read(paper(title="Title : Growth\n"))
    data = write(parsed, [Replace(0, 1, "Growth and trade")])
    assert b"\nTitle: Growth and trade\n" in data
    assert again(parsed, data).templates[0].good


def real_files() -> Iterator[tuple[Path, bytes]]:
    assert FOLDER is not None
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


@pytest.mark.skipif(FOLDER is None, reason=NOT_HERE)
@pytest.mark.parametrize("strict", [False, True])
def test_every_real_file_is_written_as_it_was_read(strict: bool) -> None:
    for path, data in real_files():
        assert write(parse(data, name=path.name, strict=strict)) == data


@pytest.mark.skipif(FOLDER is None, reason=NOT_HERE)
@pytest.mark.parametrize("strict", [False, True])
def test_in_every_real_file_a_value_can_be_replaced_removed_and_added(strict: bool) -> None:
    dice = random.Random(1997)
    for path, data in real_files():
        parsed = parse(data, name=path.name, strict=strict)
        spots = [(i, j) for i, t in enumerate(parsed.templates) for j in range(len(t.chunks))]
        if not spots or (len(data) > 500_000 and strict):
            continue
        i, j = dice.choice(spots)
        template = parsed.templates[i]
        text = fitting(template, template.chunks[j].tag)
        assert_only_that_changed(parsed, Replace(i, j, text))
        assert_only_that_changed(parsed, Remove(i, j))
        assert_only_that_changed(parsed, Add(i, j, "note", " ".join(NASTY.split())))
