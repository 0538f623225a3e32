"""No bytes make the parser fail, and no file makes it slow."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from correction_flow.redif.parser import ParsedFile, parse

from .samples import paper

PIECES = st.sampled_from(
    [
        b"Template-Type: ReDIF-Paper 1.0",
        b"template-type : redif-article",
        b"Template-Type:",
        b"Title: x",
        b"Title : x",
        b"Author-Name: J",
        b"Author-Workplace-Name:",
        b"Author-Email: a@b.c",
        b"Abstract: <a",
        b"Results: y",
        b"https://x",
        b"Handle: RePEc:aaa:ssssss:1",
        b"Handle:",
        b" Handle: x",
        b"File-URL: www.x.org",
        b"=======",
        b"#",
        b"\x1a",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x00",
        b"\x85",
        b"\xe2\x80\xa8",
        b"\xc3\xa9",
        b"\xe9",
        b"\x81",
        b"&#1",
        b"2;",
        b"&#1114112;",
        b"&#55296;",
        b"&bogus;",
        b"<",
    ]
)
FILES = st.one_of(st.binary(max_size=2000), st.lists(PIECES, max_size=60).map(b"".join))
NAMES = st.sampled_from(["a.rdf", "a.redif", "A.RDF", "a"])


def assert_in_range(found: ParsedFile) -> None:
    last = max(found.line_count, 1)
    for problem in found.all_problems():
        assert 1 <= problem.line <= last
        assert problem.column >= 1
        assert problem.message.endswith(".")
    for template in found.templates:
        assert 1 <= template.first_line <= template.last_line <= last
        for value in template.values:
            assert template.first_line < value.first_line <= value.last_line <= last
        assert isinstance(template.tree(), dict)


@given(FILES, NAMES, st.booleans())
@example(b"Template-Type: ReDIF-Paper 1.0\r\nTitle: a\rHandle: b\n", "a.rdf", False)
@example(b"\xff\xfeT\x00e", "a.rdf", True)
@example(b"T\x00e\x00m\x00p\x00l\x00a\x00t\x00e\x00", "a.rdf", False)
def test_any_bytes_are_read_and_every_line_lies_within_the_file(
    data: bytes, name: str, strict: bool
) -> None:
    assert_in_range(parse(data, name=name, strict=strict))


@given(FILES, st.sampled_from(["utf-8", "cp1252", "koi8-r", "utf-16", "latin-1"]))
def test_any_bytes_are_read_in_any_encoding_the_caller_asks_for(data: bytes, name: str) -> None:
    assert_in_range(parse(data, name="a.rdf", encoding=name))


@given(FILES, NAMES)
def test_the_verdict_is_the_same_in_both_readings(data: bytes, name: str) -> None:
    strict = {t.first_line: t.good for t in parse(data, name=name, strict=True).templates}
    if b"\r" in data or not data.isascii():
        return
    for template in parse(data, name=name).templates:
        assert template.good is strict.get(template.first_line, False)


HEAVY = {
    "one long line": b"Title: " + b"x" * 2_000_000,
    "unknown tags": b"".join(b"Unknown-%s: x\n" % bytes([97 + i % 26]) * 3 for i in range(9000)),
    "carriage returns": b"Template-Type: ReDIF-Paper 1.0\nTitle: x" + b"\rmore" * 200_000,
    "many templates with mixed ends": b"Template-Type: ReDIF-Paper 1.0\nNote: x\ry\n" * 4000,
    "open brackets": b"Title: " + b"<a" * 300_000,
    "entities": b"Title: " + b"&#1 " * 200_000,
    "hyphens": b"-" * 300_000,
    "blanks": b"a" + b" " * 500_000 + b"\n" + b" " * 500_000 + b":",
}


@pytest.mark.parametrize("kind", HEAVY)
def test_no_file_is_slow(kind: str) -> None:
    started = time.perf_counter()
    parse(paper().encode() + HEAVY[kind], name="a.rdf")
    assert time.perf_counter() - started < 5
