"""`X-File-Ref`: a template names a text file of its archive, one reference a paragraph."""

import os

import pytest

from correction_flow.catalog import queries
from correction_flow.catalog.queries import item_by_handle
from correction_flow.core.extensions import db
from correction_flow.upstream.fetch import fetch
from correction_flow.upstream.importer import import_path
from correction_flow.upstream.named_lists import MOST_NAMED, paragraphs
from tests.nouns.trees import ARCHIVE, ONE, SERIES, TWO, paper, problems, tree
from tests.web_server import WebServer

TWO_TEXTS = "Roe, J. (1990). A first work.\nPress.\n\nDoe, A. (1991).\r\nA second one.\n \n\n"
FIRST, SECOND = "Roe, J. (1990). A first work. Press.", "Doe, A. (1991). A second one."


def archive(tmp_path, named="lists/one.txt", text=TWO_TEXTS, place="lists/one.txt"):
    root = tree(tmp_path, a_rdf=paper(more=f"X-File-Ref: {named}\n" if named else ""))
    if place:
        write(root, text, place)
    return root


def write(root, text, place="lists/one.txt"):
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("cp1252") if isinstance(text, str) else text)
    return path


def read(root):
    summary = import_path(root)
    db.session.rollback()
    return summary


def texts(handle=ONE):
    db.session.rollback()
    return [r.text for r in queries.reference_page(item_by_handle(handle)).rows]


@pytest.mark.parametrize(
    "named",
    [
        "lists/one.txt",
        "https://example.org/RePEc/zzz/lists/one.txt",
        "http://www.other.example/data/RePEc/zzz/lists/one.txt",
    ],
)
def test_each_paragraph_is_a_reference_of_the_item_in_its_order(app, tmp_path, named):
    read(archive(tmp_path, named))
    assert texts() == [FIRST, SECOND]


def test_a_list_is_read_again_when_it_changes_though_its_template_did_not(app, tmp_path):
    root = archive(tmp_path)
    read(root)
    assert read(root).changed == 0
    path = write(root, TWO_TEXTS.replace("second", "third"))
    os.utime(path, (1, 1))
    assert read(root).references["changed"] == 1
    assert texts() == [FIRST, SECOND.replace("second", "third")]


def test_a_tag_that_goes_takes_its_list_along(app, tmp_path):
    root = archive(tmp_path)
    read(root)
    (root / "a.rdf").write_text(paper())
    read(root)
    assert texts() == []
    (root / "a.rdf").write_text(paper(more="X-File-Ref: lists/one.txt\n"))
    read(root)
    assert texts() == [FIRST, SECOND]


def test_a_tag_that_names_another_file_brings_that_ones_list(app, tmp_path):
    root = archive(tmp_path)
    read(root)
    write(root, FIRST, "lists/two.txt")
    (root / "a.rdf").write_text(paper(more="X-File-Ref: lists/two.txt\n"))
    read(root)
    assert texts() == [FIRST]


def test_one_file_may_be_named_by_two_items(app, tmp_path):
    root = archive(tmp_path)
    both = "".join(paper(h, more="X-File-Ref: lists/one.txt\n") for h in (ONE, TWO))
    (root / "a.rdf").write_text(both)
    read(root)
    assert texts(ONE) == texts(TWO) == [FIRST, SECOND]


@pytest.mark.parametrize(
    "named",
    [
        "../outside.txt", "/etc/hostname", "lists/none.txt", "lists", "", "ftp://x/none.txt",
        "https://example.org/elsewhere/one.txt", "https://example.org/zzz/../../outside.txt",
        "javascript:x", "lists/link.txt", "x" * 501, "a\x00b.txt",
    ],
)  # fmt: skip
def test_what_is_not_within_the_archive_is_not_read_and_told(app, tmp_path, named):
    (tmp_path / "outside.txt").write_text("Outside, O. (1990). A secret.")
    root = archive(tmp_path / "zzz", named)
    (root / "lists" / "link.txt").symlink_to(tmp_path / "outside.txt")
    read(root)
    assert texts() == []
    told = bool(problems("no-such-list"))
    assert told == (named not in ("", "x" * 501))


def test_a_list_that_is_too_large_is_told_and_left(app, tmp_path):
    read(archive(tmp_path, text="Roe, J. (1990). A work.\n\n" * 50_000))
    assert texts() == []
    assert bool(problems("no-such-list"))


def test_names_of_any_length_and_script_do_not_stop_an_import(app, tmp_path):
    root = tree(tmp_path)
    handle = "RePEc:zzz:wpaper:" + "ж" * 380
    for n, named in enumerate(("字" * 400, "字" * 166, "ж" * 250, "a" * 10_000)):
        more = f"X-File-Ref: {named}\n"
        (root / f"{n}.redif").write_text(paper(f"{handle}{n}", more=more), encoding="utf-8")
    read(root)
    assert len(problems("no-such-list")) == 2


def test_a_template_names_a_few_files_at_most(app, tmp_path):
    root = archive(tmp_path, place=None)
    named = ""
    for n in range(MOST_NAMED + 3):
        write(root, f"Roe, J. ({1980 + n}). A work.", f"{n}.txt")
        named += f"X-File-Ref: {n}.txt\n"
    (root / "a.rdf").write_text(paper(more=named))
    read(root)
    assert len(texts()) == MOST_NAMED


@pytest.mark.parametrize(
    "data",
    [
        "Sørensen, E. (1990). Été à Genève.".encode(),
        "Sørensen, E. (1990). Été à Genève.".encode("utf-16"),
        "Sørensen, E. (1990). Été à Genève.".encode("cp1252"),
        b"\xef\xbb\xbf" + "Sørensen, E. (1990). Été à Genève.".encode(),
    ],
)
def test_a_list_is_decoded_as_archives_are(data):
    assert list(paragraphs(data, "one.txt")) == [(1, "Sørensen, E. (1990). Été à Genève.")]


def test_lines_are_those_of_the_file():
    assert list(paragraphs(b"\n\nOne 1\n\n\n . \n\nTwo\n2\n", "x.txt")) == [
        (3, "One 1"),
        (8, "Two 2"),
    ]


def test_a_list_comes_along_from_a_web_server(app, tmp_path):
    with WebServer() as server:
        server.files = {
            "zzzarch.rdf": ARCHIVE.encode(),
            "zzzseri.rdf": SERIES.encode(),
            "wpaper/a.rdf": paper(more="X-File-Ref: one.txt\n").encode(),
            "wpaper/one.txt": TWO_TEXTS.encode("cp1252"),
        }
        fetch(server.url, tmp_path / "mirror", allow_private=True)
    read(tmp_path / "mirror")
    assert texts() == [FIRST, SECOND]
