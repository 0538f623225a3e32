"""A publisher's archive is read over HTTP, and no server gets more than it is given."""

import gzip
import json
import os
import re
import socket
import string
import threading
import time
from itertools import count
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from correction_flow.upstream import listing
from correction_flow.upstream.fetch import Fetched, Limits, Unreachable, fetch
from correction_flow.upstream.listing import Links, Root, public, safe, wanted
from correction_flow.upstream.source import redif_files, reference_files
from tests.smtp import SELF_SIGNED, free_port
from tests.web_server import WebServer, links, page, reply
from tests.web_server import listing as listing_of

SHORT = Limits(seconds=1.5, seconds_per_file=0.5, seconds_per_read=0.3)
ARCHIVE = {
    "zzz/zzzarch.rdf": b"Template-Type: ReDIF-Archive 1.0\n",
    "zzz/zzzseri.RDF": b"Template-Type: ReDIF-Series 1.0\n",
    "zzz/wpaper/one.rdf": b"Template-Type: ReDIF-Paper 1.0\n",
    "zzz/wpaper/tw\xf6 and a half.redif": b"Template-Type: ReDIF-Paper 1.0\n",
    "zzz/wpaper/references/one.jsonl": b"{}\n",
    "zzz/wpaper/list.txt": b"Roe, J. (1990). A work.",
    "zzz/wpaper/one.pdf": b"not for us",
    "zzz/wpaper/other.jsonl": b"not for us",
}
OURS = {name.removeprefix("zzz/") for name in ARCHIVE if b"not" not in ARCHIVE[name]}
FILE = b"Template-Type: ReDIF-Paper 1.0\n"


@pytest.fixture
def server():
    with WebServer() as server:
        yield server


@pytest.fixture
def into(tmp_path):
    """The mirror's place; whatever happens, nothing around it may change."""
    (tmp_path / "outside.rdf").write_bytes(b"ours")
    (tmp_path / "around").mkdir()
    yield tmp_path / "around" / "mirror"
    assert (tmp_path / "outside.rdf").read_bytes() == b"ours"
    assert {p.name for p in tmp_path.iterdir()} == {"outside.rdf", "around"}
    assert {p.name for p in (tmp_path / "around").iterdir()} <= {"mirror"}


def bring(server, into, path="", limits=SHORT):
    """One fetch from the test's own server."""
    return fetch(server.url + path, into, limits=limits, allow_private=True)


def mirrored(into: Path) -> dict[str, bytes]:
    """All files of the mirror but its state; no temporary file may be left."""
    files = {p.relative_to(into).as_posix(): p.read_bytes() for p in into.rglob("*") if p.is_file()}
    files.pop(".mirror.json", None)
    return files


def codes(fetched: Fetched) -> list[str]:
    for refusal in fetched.refused:
        assert re.search(r"\.$", refusal.sentence), refusal
        assert refusal.url.startswith("http"), refusal
    return [refusal.code for refusal in fetched.refused]


def numbers(fetched: Fetched) -> tuple[int, int, int]:
    return fetched.downloaded, fetched.unchanged, fetched.removed


# The ordinary archive


def test_an_archive_is_read_with_its_folders_and_nothing_else(server, into):
    server.files = ARCHIVE
    fetched = bring(server, into, "zzz/")
    assert codes(fetched) == []
    assert numbers(fetched) == (len(OURS), 0, 0)
    assert fetched.complete
    assert mirrored(into) == {name: ARCHIVE["zzz/" + name] for name in OURS}
    assert fetched.bytes > sum(len(ARCHIVE["zzz/" + name]) for name in OURS)
    read = {f.path for f in (*redif_files(into), *reference_files(into))}
    assert read == OURS - {"wpaper/list.txt"}
    assert server.connections == 1
    assert not [path for path in server.asked if not path.startswith("/zzz/")]
    assert {h["accept-encoding"] for h in server.headers} == {"identity"}
    assert {h["host"] for h in server.headers} == {f"127.0.0.1:{server.port}"}
    assert all("CorrectionFlow" in h["user-agent"] for h in server.headers)


def test_the_last_slash_of_the_address_may_be_missing(server, into):
    server.files = ARCHIVE
    assert bring(server, into, "zzz").downloaded == len(OURS)


def test_what_did_not_change_is_not_sent_again(server, into):
    server.files = ARCHIVE
    server.modified = dict.fromkeys(list(ARCHIVE)[:3], 1_400_000_000)
    bring(server, into, "zzz/")
    server.bodies.clear()
    before = {p: p.stat().st_mtime_ns for p in into.rglob("*.rdf")}
    assert numbers(bring(server, into, "zzz/")) == (0, len(OURS), 0)
    assert server.bodies == []
    assert {p: p.stat().st_mtime_ns for p in into.rglob("*.rdf")} == before


def test_a_server_that_knows_no_conditions_changes_nothing_either(server, into):
    server.files, server.conditional = ARCHIVE, False
    bring(server, into, "zzz/")
    before = {p: p.stat().st_ino for p in into.rglob("*.rdf")}
    assert numbers(bring(server, into, "zzz/")) == (0, len(OURS), 0)
    assert {p: p.stat().st_ino for p in into.rglob("*.rdf")} == before


def test_a_changed_file_is_read_again_and_has_the_publishers_date(server, into):
    server.files = {"a.rdf": b"old", "b.rdf": b"same"}
    bring(server, into)
    server.files["a.rdf"], server.modified["a.rdf"] = b"new", 1_500_000_000
    assert numbers(bring(server, into)) == (1, 1, 0)
    assert mirrored(into) == {"a.rdf": b"new", "b.rdf": b"same"}
    assert (into / "a.rdf").stat().st_mtime == 1_500_000_000


def test_a_file_that_was_damaged_here_is_read_again(server, into):
    server.files = {"a.rdf": b"whole"}
    bring(server, into)
    (into / "a.rdf").write_bytes(b"ha")
    assert numbers(bring(server, into)) == (1, 0, 0)
    assert mirrored(into) == {"a.rdf": b"whole"}


def test_a_file_that_is_listed_no_more_is_removed_and_no_other(server, into):
    server.files = {"a.rdf": b"a", "old/b.rdf": b"b", "c.rdf": b"c"}
    bring(server, into)
    (into / "mine.rdf").write_bytes(b"not from here")
    del server.files["old/b.rdf"], server.files["c.rdf"]
    assert numbers(bring(server, into)) == (0, 1, 2)
    assert mirrored(into) == {"a.rdf": b"a", "mine.rdf": b"not from here"}
    assert not (into / "old").exists()


def test_a_file_is_kept_when_a_listing_cannot_be_read(server, into):
    server.files = {"a.rdf": b"a", "b.rdf": b"b", "c/d.rdf": b"d"}
    bring(server, into)
    del server.files["b.rdf"]
    server.special["/c/"] = lambda: reply(b"later", status="503 Service Unavailable")
    fetched = bring(server, into)
    assert codes(fetched) == ["status-503"]
    assert not fetched.complete
    assert set(mirrored(into)) == {"a.rdf", "b.rdf", "c/d.rdf"}
    del server.special["/c/"]
    assert numbers(bring(server, into)) == (0, 2, 1)


def test_a_file_is_kept_when_another_that_may_hold_it_now_cannot_be_read(server, into):
    server.files = {"a.rdf": b"a", "b.rdf": b"b"}
    bring(server, into)
    del server.files["b.rdf"]
    server.files["renamed.rdf"] = b"b"
    server.special["/renamed.rdf"] = lambda: reply(b"later", status="503 Service Unavailable")
    fetched = bring(server, into)
    assert (codes(fetched), fetched.complete) == (["status-503"], False)
    assert set(mirrored(into)) == {"a.rdf", "b.rdf"}


def test_a_listed_file_that_is_not_offered_does_not_hold_the_rest_up(server, into):
    server.files = {"a.rdf": b"a", "b.rdf": b"b", "secret.rdf": b"s"}
    server.special["/secret.rdf"] = lambda: reply(b"no", status="403 Forbidden")
    bring(server, into)
    del server.files["b.rdf"]
    fetched = bring(server, into)
    assert (codes(fetched), fetched.complete, fetched.removed) == (["status-403"], True, 1)


@pytest.mark.parametrize(
    "notice",
    [
        reply(b"<html><body>We are back on Monday.</body></html>"),
        links("/", "https://example.org/help", "style.css"),
    ],
    ids=["no links", "other links"],
)
def test_a_notice_in_the_place_of_the_listing_removes_nothing(server, into, notice):
    server.files = {"a.rdf": b"a", "b/c.rdf": b"c"}
    bring(server, into)
    server.special["/"] = lambda: notice
    fetched = bring(server, into)
    assert (codes(fetched), fetched.complete) == (["empty-listing"], False)
    assert set(mirrored(into)) == {"a.rdf", "b/c.rdf"}


def test_a_web_page_under_a_redif_name_is_stored_for_the_import_to_tell(server, into):
    server.special = {"/": lambda: links("a.rdf"), "/a.rdf": lambda: reply(b"<html>oops</html>")}
    assert bring(server, into).downloaded == 1
    assert mirrored(into) == {"a.rdf": b"<html>oops</html>"}


def test_all_ways_of_writing_a_link_within_the_root_are_followed(server, into):
    server.special["/zzz/"] = lambda: links(
        "a.rdf", "./b.rdf", "/zzz/c.rdf", f"http://127.0.0.1:{server.port}/zzz/d.rdf",
        f"//127.0.0.1:{server.port}/zzz/e.rdf", "../zzz/f.rdf", "sub/../g.rdf", "%68.rdf",
        "i.rdf#top", "/zzz//j.rdf", " k.rdf\n", "l%20l.rdf", "m&amp;.rdf", "CON.rdf",
        "RePEc%3an.rdf",
    )  # fmt: skip
    server.otherwise = lambda path: reply(FILE)
    fetched = bring(server, into, "zzz/")
    assert codes(fetched) == []
    assert set(mirrored(into)) == {
        *(f"{c}.rdf" for c in "abcdefghijk"), "l l.rdf", "m&amp;.rdf", "CON.rdf", "RePEc:n.rdf",
    }  # fmt: skip


LISTINGS = {
    "nginx": b'<html>\n<head><title>Index of /</title></head>\n<body>\n<h1>Index of /</h1><hr><pre>'
    b'<a href="../">../</a>\n<a href="sub/">sub/</a>   01-Jan-2014 10:00    -\n'
    b'<a href="a.rdf">a.rdf</a>  01-Jan-2014 10:00  31\n</pre><hr></body>\n</html>\n',
    "iis": b'<html><head><title>127.0.0.1 - /</title></head><body><H1>127.0.0.1 - /</H1><hr>\r\n'
    b'<pre><A HREF="/">[To Parent Directory]</A><br><br> 1/1/2014 10:00 AM  &lt;dir&gt; '
    b'<A HREF="/sub/">sub</A><br> 1/1/2014 31 <A HREF="/a.rdf">a.rdf</A><br></pre><hr>'
    b"</body></html>",
    "lighttpd": b'<!DOCTYPE html>\n<html><body><h2>Index of /</h2><table><tbody>\n'
    b'<tr class="d"><td class="n"><a href="../">..</a>/</td></tr>\n'
    b'<tr class="d"><td class="n"><a href="sub/">sub</a>/</td></tr>\n'
    b'<tr><td class="n"><a href="a.rdf">a.rdf</a></td></tr></tbody></table></body></html>',
    "python": b'<!DOCTYPE HTML>\n<html lang="en"><body>\n<h1>Directory listing for /</h1>\n<hr>\n'
    b'<ul>\n<li><a href="sub/">sub/</a></li>\n<li><a href="a.rdf">a.rdf</a></li>\n</ul>\n'
    b"<hr>\n</body>\n</html>\n",
}  # fmt: skip


@pytest.mark.parametrize("html", LISTINGS.values(), ids=LISTINGS)
def test_the_listings_of_other_servers_are_read(server, into, html):
    server.files = {"a.rdf": FILE, "sub/b.rdf": FILE}
    server.special["/"] = lambda: reply(html)
    assert (bring(server, into).downloaded, set(mirrored(into))) == (2, {"a.rdf", "sub/b.rdf"})


def test_the_listing_of_pythons_own_server_is_read(tmp_path, into):
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    site = tmp_path / "around" / "mirror" / "site"
    (site / "sub").mkdir(parents=True)
    (site / "a b.rdf").write_bytes(FILE)
    (site / "sub" / "c.rdf").write_bytes(FILE)
    handler = partial(Quiet, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}/"
            first = fetch(url, into / "copy", limits=SHORT, allow_private=True)
            again = fetch(url, into / "copy", limits=SHORT, allow_private=True)
        finally:
            server.shutdown()
            thread.join()
    assert (numbers(first), numbers(again)) == ((2, 0, 0), (0, 2, 0))
    assert set(mirrored(into / "copy")) == {"a b.rdf", "sub/c.rdf"}


def test_a_chunked_answer_is_read_whole(server, into):
    server.files = {"a.rdf": b""}
    server.special["/a.rdf"] = lambda: (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    )
    assert bring(server, into).downloaded == 1
    assert mirrored(into) == {"a.rdf": b"abcde"}


def test_a_connection_that_was_closed_meanwhile_is_opened_again(server, into):
    server.files = {f"{n}.rdf": FILE for n in range(4)}
    # the answer promises to keep the connection, and the server closes it all the same
    server.special["/1.rdf"] = lambda: reply(FILE)
    server.special["/2.rdf"] = lambda: reply(FILE)
    fetched = bring(server, into)
    assert (codes(fetched), fetched.downloaded) == ([], 4)


# Endless, slow and large


def test_ever_deeper_folders_end_at_the_limit(server, into):
    server.otherwise = lambda path: links("on/", "a.rdf") if path[-1] == "/" else reply(FILE)
    fetched = bring(server, into, limits=Limits(max_depth=3))
    assert set(codes(fetched)) == {"too-deep"}
    assert not fetched.complete
    assert fetched.downloaded == 4


def test_ever_more_folders_end_at_the_limit(server, into):
    fresh = count()
    server.otherwise = lambda path: links(*(f"/{next(fresh)}/" for _ in range(5)), "/a.rdf")
    fetched = bring(server, into, limits=Limits(max_pages=12))
    assert codes(fetched) == ["too-many-pages"]
    assert not fetched.complete
    assert len(server.asked) <= 13


def test_folders_that_lead_in_circles_are_read_once(server, into):
    server.otherwise = lambda path: links("/a/", "/b/", "/a/../b/", "/b/./", ".", "..")
    fetched = bring(server, into)
    assert (fetched.complete, sorted(server.asked)) == (True, ["/", "/a/", "/b/"])


def test_a_listing_that_never_ends_is_cut(server, into):
    def endless():
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"
        while True:
            yield b"<p>nothing here</p>" * 500

    server.special["/"] = endless
    with pytest.raises(Unreachable, match="the most we read"):
        bring(server, into, limits=Limits(max_listing_bytes=300_000))


def test_a_page_of_ever_new_links_is_cut_and_what_it_named_is_read(server, into):
    server.files = {f"{n}.rdf": FILE for n in range(5)}
    server.files["sub/x.rdf"] = FILE
    server.special["/sub/"] = lambda: links(*(f"{n}.pdf" for n in range(100)))
    fetched = bring(server, into, limits=Limits(max_links=50))
    assert codes(fetched) == ["too-many-links"]
    assert (fetched.complete, fetched.downloaded) == (False, 5)


MONSTERS = {
    "an open tag": b"<a " + b"x" * 400_000,
    "an open comment": b"<!-- " + b"<a href='a.rdf'>" * 25_000,
    "open declarations": b"<!" * 200_000,
    "open sections": b"<![" * 130_000,
    "open instructions": b"<?" * 200_000,
    "open references": b"&#" * 200_000,
    "a reference of many digits": b'<a href="&#' + b"9" * 6_000 + b';">',
    "attributes": b"<a" + b" x=1" * 100_000,
    "quotes": b'<a href="' * 45_000,
    "ends": b"</" * 200_000,
    "a script": b"<script>" + b"</scrip " * 50_000,
    "random bytes": bytes(range(256)) * 1_500,
}


@pytest.mark.parametrize("html", MONSTERS.values(), ids=MONSTERS)
def test_monstrous_html_takes_no_more_than_its_time(server, into, html):
    server.files = {"a.rdf": FILE}
    server.special["/"] = lambda: reply(html)
    start, code = time.monotonic(), ""
    try:
        bring(server, into)
    except Unreachable as error:
        code = error.code
    assert code in {"", "too-slow", "not-a-listing"}
    assert time.monotonic() - start < 2


def test_a_byte_now_and_then_is_not_waited_for(server, into):
    server.files = {"a.rdf": b"", "b.rdf": FILE}
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    server.special["/a.rdf"] = lambda: server.drip(head)
    start = time.monotonic()
    fetched = bring(server, into)
    assert time.monotonic() - start < 1.2
    assert (codes(fetched), set(mirrored(into))) == (["too-slow"], {"b.rdf"})


SLOW = {
    "silent": (b"", b""),
    "its status": (b"HTTP/1.1 ", b"2"),
    "its headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "continuations": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "its chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a chunk's size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "the trailer": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "its body": (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", b" "),
}


@pytest.mark.parametrize(("first", "drop"), SLOW.values(), ids=SLOW)
def test_a_server_that_is_slow_with_anything_is_left(server, into, first, drop):
    server.special["/"] = lambda: server.drip(first, drop)
    start = time.monotonic()
    with pytest.raises(Unreachable, match="did not come in time"):
        bring(server, into)
    assert time.monotonic() - start < 1.2


@pytest.mark.parametrize("first", ["its chunks", "the trailer"])
def test_endless_headers_end_by_their_bytes_before_any_time_is_over(server, into, first):
    server.files = {"a.rdf": b"former", "b.rdf": FILE}
    bring(server, into)
    line = b"X: " + b"y" * 10_000 + b"\r\n"
    extension = b"1;" + b"y" * 10_000 + b"\r\nx\r\n"
    server.special["/a.rdf"] = lambda: server.drip(
        SLOW[first][0], line if first == "the trailer" else extension, every=0
    )
    start = time.monotonic()
    fetched = bring(server, into, limits=Limits(max_file_bytes=1_000))
    assert time.monotonic() - start < 2
    assert codes(fetched) == ["not-http"]
    assert mirrored(into) == {"a.rdf": b"former", "b.rdf": FILE}


def test_the_whole_fetch_has_an_end_and_the_next_one_goes_on(server, into):
    server.files = {f"{n}.rdf": FILE for n in range(30)}

    def slowly():
        server.stop.wait(0.1)
        return reply(FILE)

    server.special = {f"/{n}.rdf": slowly for n in range(30)}
    fetched = bring(server, into, limits=Limits(seconds=0.6))
    assert "too-long" in codes(fetched)
    assert not fetched.complete
    assert 0 < fetched.downloaded < 12
    server.special = {}
    assert bring(server, into).downloaded > 0
    assert len(mirrored(into)) == 30


def test_a_file_of_ten_gigabytes_is_not_begun(server, into):
    server.files = {"a.rdf": b"", "b.rdf": FILE}
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"
    server.special["/a.rdf"] = lambda: server.drip(head)
    fetched = bring(server, into)
    assert (codes(fetched), set(mirrored(into))) == (["too-large"], {"b.rdf"})
    assert fetched.bytes < 10_000


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_without_end_is_cut_and_the_former_one_stays(server, into, chunked):
    server.files = {"a.rdf": b"former", "b.rdf": FILE}
    bring(server, into)

    def endless():
        yield b"HTTP/1.1 200 OK\r\n"
        yield b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"
        part = b"x" * 65_536
        while True:
            yield b"10000\r\n" + part + b"\r\n" if chunked else part

    server.special["/a.rdf"] = endless
    fetched = bring(server, into, limits=Limits(max_file_bytes=500_000))
    assert codes(fetched) == ["too-large"]
    assert fetched.bytes < 700_000
    assert mirrored(into) == {"a.rdf": b"former", "b.rdf": FILE}


def test_the_archive_as_a_whole_may_not_be_too_large(server, into):
    server.files = {f"{n}.rdf": b"x" * 100_000 for n in range(9)}
    fetched = bring(server, into, limits=Limits(max_total_bytes=450_000))
    assert codes(fetched) == ["too-much"]
    assert (fetched.complete, fetched.downloaded, len(mirrored(into))) == (False, 4, 4)


def test_the_archive_may_not_have_too_many_files(server, into):
    server.files = {f"{n}.rdf": FILE for n in range(9)}
    fetched = bring(server, into, limits=Limits(max_files=4))
    assert codes(fetched) == ["too-many-files"]
    assert (fetched.complete, fetched.downloaded) == (False, 4)


def test_refusals_are_told_up_to_a_number_and_counted_after_it(server, into):
    server.files = {f"{n}.rdf": FILE for n in range(9)}
    server.special = {f"/{n}.rdf": lambda: reply(b"", status="404 No") for n in range(9)}
    fetched = bring(server, into, limits=Limits(max_refused=3))
    assert (codes(fetched), fetched.more_refused) == (["status-404"] * 3, 6)


def test_a_server_that_only_fails_is_left_in_peace(server, into):
    server.files = {f"{n}.rdf": FILE for n in range(50)}
    server.special = {f"/{n}.rdf": lambda: reply(b"", status="500 Oh") for n in range(50)}
    fetched = bring(server, into, limits=Limits(max_failures=5))
    assert codes(fetched) == ["status-500"] * 5 + ["too-many-failures"]
    assert len(server.asked) == 6


# Redirects


def redirect(to, status="302 Found"):
    return lambda: reply(b"<html>moved</html>", status=status, more=f"Location: {to}\r\n")


def test_a_redirect_within_the_root_is_followed(server, into):
    server.files = {"zzz/sub/a.rdf": FILE, "zzz/b.rdf": FILE}
    server.special["/zzz/sub/"] = redirect("/zzz/Sub/")
    server.special["/zzz/Sub/"] = redirect(f"http://127.0.0.1:{server.port}/zzz/SUB/")
    server.special["/zzz/SUB/"] = lambda: links("a.rdf")
    server.special["/zzz/SUB/a.rdf"] = redirect("../sub/a.rdf", "301 Moved Permanently")
    fetched = bring(server, into, "zzz/")
    assert codes(fetched) == []
    assert set(mirrored(into)) == {"SUB/a.rdf", "b.rdf"}


@pytest.mark.parametrize(
    "to",
    [
        "http://example.org/a.rdf", "http://169.254.169.254/latest/", "//example.org/a.rdf",
        "http://localhost/a.rdf", "http://127.0.0.1:1/zzz/a.rdf", "ftp://127.0.0.1/zzz/a.rdf",
        "file:///etc/passwd", "/elsewhere/a.rdf", "../a.rdf", "%2e%2e/a.rdf", "", "x.rdf?x=1",
        "http://u:p@127.0.0.1/zzz/a.rdf", "http://[::1/", "javascript:alert(1)", "/zzz/",
    ],
)  # fmt: skip
def test_a_redirect_to_anywhere_else_is_refused(server, into, to):
    server.files = {"zzz/a.rdf": b"", "zzz/b.rdf": FILE}
    server.special["/zzz/a.rdf"] = redirect(to)
    with WebServer() as other:
        server.special["/zzz/c.rdf"] = redirect(f"{other.url}zzz/c.rdf")
        server.files["zzz/c.rdf"] = b""
        fetched = bring(server, into, "zzz/")
        assert (other.connections, other.asked) == (0, [])
    assert codes(fetched) == ["redirect", "redirect"]
    assert mirrored(into) == {"b.rdf": FILE}


def test_redirects_without_end_are_refused(server, into):
    server.special["/"] = redirect("/")
    with pytest.raises(Unreachable, match="without end"):
        bring(server, into)
    assert len(server.asked) == 4


def test_the_root_itself_may_not_lead_elsewhere(server, into):
    server.special["/zzz/"] = redirect("/RePEc/zzz/")
    with pytest.raises(Unreachable, match="enter its new address") as info:
        bring(server, into, "zzz/")
    assert info.value.code == "redirect"
    assert not into.exists()


# https


def test_https_is_read_when_its_certificate_holds(into, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(SELF_SIGNED))
    with WebServer(tls=True) as server:
        server.files = {"a.rdf": FILE}
        server.url = server.url.replace("http:", "https:")
        assert numbers(bring(server, into)) == (1, 0, 0)
        assert numbers(bring(server, into)) == (0, 1, 0)


def test_a_certificate_that_nobody_signed_is_refused(into):
    with WebServer(tls=True) as server:
        server.url = server.url.replace("http:", "https:")
        with pytest.raises(Unreachable, match="certificate") as info:
            bring(server, into)
    assert info.value.code == "certificate"
    assert server.asked == []


def test_a_certificate_of_another_name_is_refused(into, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(SELF_SIGNED))
    with WebServer(tls=True) as server:
        server.url = f"https://localhost:{server.port}/"
        with pytest.raises(Unreachable) as info:
            bring(server, into)
    assert info.value.code == "certificate"


def test_a_server_without_tls_is_told_apart(server, into):
    server.url = server.url.replace("http:", "https:")
    with pytest.raises(Unreachable) as info:
        bring(server, into)
    assert info.value.code in {"tls", "no-connection", "too-slow"}  # it waits for a line's end


def test_a_server_may_lead_from_http_to_https_of_its_own_and_not_back(into, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(SELF_SIGNED))
    with WebServer(tls=True) as server:
        first = iter([redirect(f"https://127.0.0.1:{server.port}/zzz/")])
        server.files = {"zzz/a.rdf": FILE, "zzz/b.rdf": FILE}
        server.special["/zzz/b.rdf"] = redirect(f"http://127.0.0.1:{server.port}/zzz/a.rdf")
        server.special["/zzz/"] = lambda: next(first, lambda: page(["a.rdf", "b.rdf"]))()
        fetched = bring(server, into, "zzz/")
    assert (codes(fetched), set(mirrored(into))) == (["redirect"], {"a.rdf"})
    assert fetched.refused[0].url.startswith("https://")


# Private networks


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0.0.0.0", "10.0.0.1", "172.16.3.4",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[fe80::1]", "[fc00::1]",
        "[ff02::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]", "[::127.0.0.1]",
        "localhost",
    ],
)  # fmt: skip
def test_private_addresses_are_not_read(into, host):
    with WebServer() as server, pytest.raises(Unreachable) as info:
        fetch(f"http://{host}:{server.port}/", into, limits=SHORT)
    assert info.value.code in {"private-address", "no-host"}
    assert host not in {"127.0.0.1", "[::1]", "localhost"} or info.value.code == "private-address"
    assert server.connections == 0
    assert not into.exists()


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_are_public(address):
    assert public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_private_addresses_are_read_where_the_setting_allows_them(into, host):
    with WebServer("127.0.0.1" if host == "localhost" else host) as server:
        server.files = {"a.rdf": FILE}
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{server.port}/"
        assert fetch(url, into, limits=SHORT, allow_private=True).downloaded == 1
        assert {h["host"] for h in server.headers} == {f"{shown}:{server.port}"}


def test_a_name_is_resolved_once_so_that_it_cannot_change_meanwhile(server, into, monkeypatch):
    resolve, asked = socket.getaddrinfo, []

    def once(host, *args, **named):
        asked.append(host)
        assert len(asked) == 1
        return resolve(host, *args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    server.files = {f"{n}.rdf": FILE for n in range(5)}
    for n in range(5):
        server.special[f"/{n}.rdf"] = lambda: reply(FILE, more="Connection: close\r\n")
    server.url = f"http://localhost:{server.port}/"
    assert bring(server, into).downloaded == 5
    assert server.connections == 5
    assert asked == ["localhost"]


def test_a_name_with_a_private_address_beside_a_public_one_is_never_read_there(
    server, into, monkeypatch
):
    entry = lambda address: (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, server.port))
    both = [entry("127.0.0.1"), entry("10.1.2.3")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(Unreachable, match="private network"):
        fetch(f"http://example.org:{server.port}/", into, limits=SHORT)
    assert server.connections == 0


# Names


OUTSIDE = [
    "../outside.rdf", "../../outside.rdf", "%2e%2e/outside.rdf", "%2e%2e%2foutside.rdf",
    "..%2foutside.rdf", "..%2Foutside.rdf", "..\\outside.rdf", "..%5coutside.rdf",
    "%252e%252e/x.rdf",
    "%252e%252e%252foutside.rdf", "/outside.rdf", "/zzz/../outside.rdf", "/zzz/%2e%2e/outside.rdf",
    "//other-host/zzz/a.rdf", "http://other-host/zzz/a.rdf", "/etc/passwd", "/etc/x.rdf",
    "%2fetc%2fx.rdf", "file:///etc/x.rdf", "sub/../../outside.rdf", ".%2e/outside.rdf", "x%00.rdf",
    "x%0a.rdf", "x\x00.rdf", ".hidden.rdf", ".mirror.json", ".git/x.rdf", "_history/x.rdf",
    "%c0%ae%c0%ae/%2foutside.rdf", "....//....%2foutside.rdf", "x" * 300 + ".rdf", "/zzz",
    "C:\\x.rdf", "C:/x.rdf", "\\\\host\\x.rdf", "x.rdf?C=N;O=D", "?C=N;O=D", "%e2%80%ae.rdf",
    "http:x.rdf", "///x.rdf", "javascript:x.rdf", "data:text/html,x.rdf", "mailto:x@x.rdf",
    "/".join("x" * 50 for _ in range(20)) + "/x.rdf", "x%7f.rdf", "x%c2%85.rdf", "http://[/x.rdf",
    "http://127.0.0.1:99999/zzz/x.rdf", "..;/outside.rdf", "%", "", " ", "#x.rdf",
]  # fmt: skip


def test_names_that_lead_outside_are_neither_asked_for_nor_written(server, into):
    server.special["/zzz/"] = lambda: links(*OUTSIDE, "good.rdf")
    server.otherwise = lambda path: reply(FILE)
    bring(server, into, "zzz/")
    assert server.asked == ["/zzz/", "/zzz/good.rdf"]
    assert mirrored(into) == {"good.rdf": FILE}


hrefs = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [*"/.\\%?#:@;&[]", "..", "../", "%2e", "%2f", "%5c", "%25", "%00", "zzz", "a.rdf", "//",
             "http:", "https://", "127.0.0.1", ":80", "\x00", "\n", " ", "\ud800", "\udcff", "ä",
             "%e4"]
        )
    ).map("".join),
)  # fmt: skip


@given(hrefs, st.sampled_from(["", "sub/", "sub/deep/", "index.html"]))
@example("/zzz/%2e%2e/%2e%2e/etc/passwd", "")
@example("%252e%252e/a.rdf", "sub/")
def test_whatever_the_href_it_leads_below_the_root_or_nowhere(href, base):
    root = Root.at("http://127.0.0.1/zzz/")
    path = root.inside(href, base)
    if path is None:
        return
    assert safe(path)
    assert not path.startswith("/")
    names = path.removesuffix("/").split("/")
    assert not any(name in ("", ".", "..") or name[0] == "." or "\\" in name for name in names)
    assert os.path.normpath("/into/" + path) == "/into/" + path.removesuffix("/")
    assert root.url(path).startswith("http://127.0.0.1/zzz/")
    assert root.url(path).isascii()
    assert root.inside(root.url(path)) == path
    assert root.inside(root.target(path)) == path


@given(st.lists(st.text("<>!-[]&#;/ '\"=ahref?script" + string.digits), max_size=30).map("".join))
@example("<![foo[")
@example('<a href="&#' + "9" * 5_000 + ';">')
def test_no_html_makes_the_reader_of_links_fail(html):
    links = Links()
    try:
        found = links.read(html.encode())
    except ValueError:
        return
    assert all(isinstance(href, str) for href in found)


@given(st.text())
def test_no_address_makes_the_root_fail_but_with_a_sentence(text):
    for url in (text, "http://" + text, "http://example.org/" + text):
        try:
            root = Root.at(url)
        except ValueError as error:
            sentence = str(error)
        else:
            sentence = "."
            assert Root.at(root.url()) == root
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://example.org/", "Enter it like https"),
        ("file:///etc/", "Enter it like https"),
        ("example.org/RePEc/", "Enter it like https"),
        ("http:///RePEc/", "Enter it like https"),
        ("http://[::1/", "Enter it like https"),
        ("http://example.org:99999/", "Enter it like https"),
        ("http://me:secret@example.org/", "Leave them out"),
        ("http://example.org/?folder=RePEc", "Leave out what follows"),
        ("http://example.org/%2e%2e/", "path of this address"),
        ("http://example.org/a\\b/", "path of this address"),
        ("", "Enter it like https"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_the_remedy(into, url, sentence):
    with pytest.raises(Unreachable, match=sentence) as info:
        fetch(url, into)
    assert info.value.code == "bad-address"
    assert "secret" not in str(info.value)


def test_the_root_may_lie_below_a_hidden_or_a_tilde_folder():
    assert Root.at("http://example.org/~me/.x/a%20b").url() == "http://example.org/~me/.x/a%20b/"


def test_what_is_fetched_is_what_the_import_reads():
    assert wanted("a.rdf")
    assert wanted("a/B.ReDIF")
    assert wanted("a/references/b.JSONL")
    assert not wanted("b.jsonl")
    assert not wanted("references/a/b.jsonl")
    assert not wanted("a.rdf/")
    assert not wanted("a.rdf~")
    assert wanted("a.txt")
    assert not wanted("a.pdf")


# Links and other things in the mirror


def test_a_folder_that_is_a_symbolic_link_is_not_followed(server, into, tmp_path):
    into.mkdir()
    (into / "sub").symlink_to(tmp_path)
    server.files = {"sub/outside.rdf": b"theirs", "a.rdf": FILE}
    fetched = bring(server, into)
    assert codes(fetched) == ["not-written"]
    assert (fetched.complete, (into / "a.rdf").read_bytes()) == (False, FILE)


@pytest.mark.parametrize("name", ["a.rdf", ".mirror.json", ".fetching"])
def test_a_file_that_is_a_symbolic_link_is_replaced_and_not_written_through(
    server, into, tmp_path, name
):
    into.mkdir()
    (into / name).symlink_to(tmp_path / "outside.rdf")
    server.files = {"a.rdf": b"theirs"}
    assert (codes(bring(server, into)), mirrored(into)) == ([], {"a.rdf": b"theirs"})
    assert not (into / name).is_symlink()


def test_a_removed_file_behind_a_symbolic_link_is_left(server, into, tmp_path):
    server.files = {"sub/outside.rdf": FILE, "sub/b.rdf": FILE, "a.rdf": FILE}
    bring(server, into)
    for name in ("outside.rdf", "b.rdf"):
        (into / "sub" / name).unlink()
    (into / "sub").rmdir()
    (into / "sub").symlink_to(tmp_path)
    del server.files["sub/outside.rdf"]
    del server.files["sub/b.rdf"]
    fetched = bring(server, into)
    assert (fetched.complete, fetched.removed) == (True, 0)


def test_a_file_and_a_folder_of_one_name_do_not_stop_the_rest(server, into):
    server.special["/"] = lambda: links("a.rdf", "a.rdf/b.rdf", "c.rdf")
    server.otherwise = lambda path: reply(FILE)
    fetched = bring(server, into)
    assert (codes(fetched), set(mirrored(into))) == (["not-written"], {"a.rdf", "c.rdf"})


STATES = [
    "", "{", "[]", "null", '"x"', '{"files": {}}', '{"url": 1, "files": []}', "[" * 100_000,
    '{"url": "", "files": {"a.rdf": 1}}', '{"url": "", "files": {"a.rdf": {"size": "x"}}}',
    json.dumps({"url": "", "files": {
        "../../outside.rdf": {"etag": "", "last_modified": "", "size": 4, "sha256": ""},
        "/etc/x.rdf": {"etag": "x\ny: z", "last_modified": "", "size": 4, "sha256": ""},
    }}),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
def test_a_broken_state_is_as_none(server, into, state):
    into.mkdir()
    (into / ".mirror.json").write_text(state)
    server.files = {"a.rdf": FILE}
    assert numbers(bring(server, into)) == (1, 0, 0)
    assert numbers(bring(server, into)) == (0, 1, 0)


def test_validators_of_another_server_are_not_believed(server, into):
    server.files, server.modified = {"a.rdf": b"one"}, {"a.rdf": 1_400_000_000}
    bring(server, into)
    with WebServer() as other:
        other.files, other.modified = {"a.rdf": b"two"}, {"a.rdf": 1_300_000_000}
        assert bring(other, into).downloaded == 1
    assert mirrored(into) == {"a.rdf": b"two"}


def test_two_fetches_into_one_folder_do_not_meet(server, into):
    server.files = {"a.rdf": b""}
    started, go = threading.Event(), threading.Event()

    def waits():
        started.set()
        go.wait(2)
        return reply(FILE)

    server.special["/a.rdf"] = waits
    first = threading.Thread(target=bring, args=(server, into), kwargs={"limits": Limits()})
    first.start()
    assert started.wait(2)
    with pytest.raises(Unreachable, match="Another fetch") as info:
        bring(server, into)
    go.set()
    first.join()
    assert (info.value.code, mirrored(into)) == ("busy", {"a.rdf": FILE})


def test_a_folder_that_cannot_be_used_is_told(server, into):
    into.write_bytes(b"a file")
    server.files = {"a.rdf": FILE}
    with pytest.raises(Unreachable, match="Name another folder"):
        bring(server, into)


# Broken and hostile answers


def test_a_short_body_leaves_the_former_file(server, into):
    server.files = {"a.rdf": b"former", "b.rdf": FILE}
    bring(server, into)
    server.special["/a.rdf"] = lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf"
    fetched = bring(server, into)
    assert (codes(fetched), fetched.complete) == (["cut-short"], False)
    assert mirrored(into) == {"a.rdf": b"former", "b.rdf": FILE}


def test_a_listing_that_breaks_off_removes_nothing(server, into):
    server.files = {"a.rdf": FILE, "b.rdf": FILE, "s/c.rdf": FILE}
    bring(server, into)
    whole = listing_of(["c.rdf", "d.rdf"])
    head = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n"
    server.special["/s/"] = lambda: head + whole[: whole.index(b"c.rdf")]
    del server.files["b.rdf"]
    fetched = bring(server, into)
    assert (codes(fetched), fetched.complete) == (["cut-short"], False)
    assert set(mirrored(into)) == {"a.rdf", "b.rdf", "s/c.rdf"}


@pytest.mark.parametrize("header", ["Content-Encoding", "Transfer-Encoding"])
def test_a_compressed_bomb_is_refused_unopened(server, into, header):
    bomb = gzip.compress(b"x" * 5_000_000)
    server.files = {"a.rdf": b"", "b.rdf": FILE}
    server.special["/a.rdf"] = lambda: reply(bomb, more=f"{header}: gzip\r\n")
    fetched = bring(server, into)
    assert (codes(fetched), mirrored(into)) == (["encoded"], {"b.rdf": FILE})
    assert fetched.bytes < 5_000


OK = b"HTTP/1.1 200 OK\r\n"
GARBAGE = {
    "nothing": b"",
    "words": b"220 smtp.example.org ESMTP\r\n",
    "random bytes": bytes(range(256)) * 100,
    "an odd status": b"HTTP/1.1 abc OK\r\n\r\n",
    "a large status": b"HTTP/1.1 99999999999999999999 OK\r\n\r\n",
    "an odd version": b"HTTP/9.9 200 OK\r\n\r\n",
    "a long line": b"HTTP/1.1 200 " + b"x" * 100_000,
    "many headers": OK + b"X: y\r\n" * 5_000 + b"\r\n",
    "long headers": OK + (b"X: " + b"y" * 60_000 + b"\r\n") * 90 + b"\r\n",
    "a headless body": OK + b"\x00\xff\n\n\r\nx",
    "odd chunks": OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n",
    "a negative chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n",
    "a huge chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n",
    "a chunk of many digits": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 9_000 + b"\r\n",
    "half a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\nabc",
    "an odd length": OK + b"Content-Length: many\r\n\r\nabc",
    "a negative length": OK + b"Content-Length: -7\r\n\r\nabc",
    "a length of many digits": OK + b"Content-Length: " + b"9" * 6_000 + b"\r\n\r\nabc",
    "an answer nobody asked for": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "a part": b"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "early hints": b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "a redirect to nowhere": b"HTTP/1.1 302 Found\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_a_garbage_answer_in_the_place_of_the_root_is_told(server, into, answer):
    server.special["/"] = lambda: answer
    with pytest.raises(Unreachable, match=r"\.$"):
        bring(server, into)
    assert not into.exists()


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_a_garbage_answer_in_the_place_of_a_file_leaves_the_others(server, into, answer):
    server.files = {"a.rdf": b"", "b.rdf": FILE}
    server.special["/a.rdf"] = lambda: answer
    fetched = bring(server, into)
    assert mirrored(into)["b.rdf"] == FILE
    assert len(fetched.refused) == 1 or len(mirrored(into)["a.rdf"]) < 10


ODD_HEADERS = [
    "Last-Modified: yesterday", "Last-Modified: Mon, 99 Foo 2014 99:99:99 GMT", "Last-Modified: ",
    "Last-Modified: Fri, 01 Jan 99999 00:00:00 GMT", "Last-Modified: Thu, 01 Jan 1600 00:00:00 GMT",
    "ETag: \xe4\xf6", 'ETag: "a\r\n b"', "ETag: " + "x" * 5_000, "Content-Type: \xff/\xff;;=",
    "Date: x",
]  # fmt: skip


@pytest.mark.parametrize("header", ODD_HEADERS, ids=range(len(ODD_HEADERS)))
def test_odd_headers_do_no_harm_now_or_the_next_time(server, into, header):
    server.files = {"a.rdf": FILE}
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n\r\n" % (
        len(FILE), header.encode("latin-1"),
    )  # fmt: skip
    server.special["/a.rdf"] = lambda: answer + FILE
    assert (codes(bring(server, into)), mirrored(into)) == ([], {"a.rdf": FILE})
    assert numbers(bring(server, into)) == (0, 1, 0)


ROOTS = {
    "not found": (reply(b"", status="404 Not Found"), "status-404"),
    "forbidden": (reply(b"", status="403 Forbidden"), "status-403"),
    "broken": (reply(b"", status="500 Oh"), "status-500"),
    "a document": (reply(b"%PDF", kind="application/pdf"), "not-a-listing"),
}


@pytest.mark.parametrize(("answer", "code"), ROOTS.values(), ids=ROOTS)
def test_a_root_that_lists_nothing_is_unreachable_and_nothing_changes(server, into, answer, code):
    server.files = {"a.rdf": FILE}
    bring(server, into)
    server.special["/"] = lambda: answer
    with pytest.raises(Unreachable, match="address") as info:
        bring(server, into)
    assert (info.value.code, mirrored(into)) == (code, {"a.rdf": FILE})


def test_nobody_listening_is_unreachable(into):
    with pytest.raises(Unreachable, match="refused") as info:
        fetch(f"http://127.0.0.1:{free_port()}/", into, limits=SHORT, allow_private=True)
    assert info.value.code == "no-connection"


def test_an_unknown_host_is_unreachable(into, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Unreachable, match="Check how the address is spelt") as info:
        fetch("http://nowhere.invalid/", into, limits=SHORT)
    assert info.value.code == "no-host"


def test_a_server_that_goes_away_in_the_middle_leaves_what_was_there(server, into):
    server.files = {f"{n}.rdf": FILE for n in range(9)}
    bring(server, into)
    server.special = {f"/{n}.rdf": lambda: b"" for n in range(9)}
    del server.files["8.rdf"]
    fetched = bring(server, into)
    assert set(codes(fetched)) == {"no-connection"}
    assert (fetched.complete, len(mirrored(into))) == (False, 9)


def test_listing_is_pure():
    source = Path(listing.__file__).read_text()
    assert not re.search(r"^(import|from) (socket|http\.client|time|os|ssl)\b", source, re.M)
