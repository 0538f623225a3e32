"""What of a publisher's tree is read, and that no file makes the import fail."""

import os
import random

import pytest

from correction_flow.catalog.models import Item, ItemAuthor, SourceFile
from correction_flow.catalog.queries import authors_of, item_by_handle, references_of
from correction_flow.core.extensions import db
from correction_flow.upstream.importer import import_path
from tests.nouns.trees import again_changes_nothing, count, paper, problems, tree

ONE = "RePEc:zzz:wpaper:1"
TWO = "RePEc:zzz:wpaper:2"


def titles():
    return sorted(item.title for item in db.session.query(Item))


def test_files_ending_in_rdf_or_redif_in_any_case_are_read(app, tmp_path):
    root = tree(tmp_path)
    for n, name in enumerate(("a.rdf", "b.RDF", "c.redif", "d.ReDIF", "sub/e.rdf")):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(paper(f"RePEc:zzz:wpaper:{n}", name))
    import_path(root)
    assert titles() == ["a.rdf", "b.RDF", "c.redif", "d.ReDIF", "sub/e.rdf"]


def test_hidden_old_and_backup_files_are_not_read(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper())
    names = (
        ".hidden.rdf", ".git/x.rdf", "_history/x.rdf", "old/_history/x.rdf", "x.rdf~", "x.rdf.bak",
        "x.rdf.disabled", "x.txt", "rdf", "x.html",
    )  # fmt: skip
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(paper(TWO, name))
    summary = import_path(root)
    assert summary.files == 3
    assert titles() == ["Growth and its causes"]
    assert not problems()


def test_one_file_can_be_imported_alone(app, tmp_path):
    (tmp_path / "a.rdf").write_text(paper())
    (tmp_path / "b.rdf").write_text(paper(TWO))
    summary = import_path(tmp_path / "a.rdf", archive="zzz")
    assert summary.items == {"new": 1}
    assert db.session.query(SourceFile).one().path == "a.rdf"


NOT_REDIF = {
    "random bytes": (random.Random(1).randbytes(20_000), "no-template"),
    "no bytes at all": (b"", "empty-file"),
    "a web page": (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "not-redif"),
    "NUL bytes": (b"\x00" * 500, None),
    "one endless line": (b"x" * 2_000_000, "no-template"),
}


@pytest.mark.parametrize(("data", "code"), NOT_REDIF.values(), ids=NOT_REDIF)
def test_a_file_that_is_no_redif_is_a_problem_and_the_rest_is_imported(app, tmp_path, data, code):
    root = tree(tmp_path, b_rdf=paper())
    (root / "a.rdf").write_bytes(data)
    assert import_path(root).items == {"new": 1}
    found = [entry for entry in problems() if entry[0] == "a.rdf"]
    assert found
    if code:
        assert [c for _, _, c, _ in found][-1] == code
    again_changes_nothing(root)


def test_control_characters_are_taken_out_on_the_way_in(app, tmp_path):
    root = tree(tmp_path)
    text = paper(
        title="Gro\x00wth\x1b and\x0c its causes", author="Jane\x00 Roe\ufffe",
        more="Abstract: The \x1efirst\x00.\n",
    )  # fmt: skip
    (root / "a.redif").write_bytes(text.encode())
    import_path(root)
    item = item_by_handle(ONE)
    assert "\x00" not in repr(item.shown)
    assert "\\x" not in repr(item.shown)
    assert item.author_line == "Jane Roe"
    again_changes_nothing(root)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "utf-8"])
def test_letters_are_read_in_each_encoding(app, tmp_path, encoding):
    root = tree(tmp_path)
    (root / "a.rdf").write_bytes(paper(author="Søren “Łuk” Weiß").encode(encoding, "replace"))
    import_path(root)
    name = item_by_handle(ONE).author_line
    assert name == ("Søren “?uk” Weiß" if encoding == "cp1252" else "Søren “Łuk” Weiß")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_make_no_difference(app, tmp_path, line_end):
    root = tree(tmp_path)
    (root / "a.rdf").write_bytes((paper() + paper(TWO)).replace("\n", line_end).encode())
    assert import_path(root).items == {"new": 2}


# -- what is too long ---------------------------------------------------------------------


def unlike(length):
    """Text that cannot be compressed, as PostgreSQL would to index it."""
    return "".join(random.Random(length).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def test_a_handle_of_5000_characters_is_a_problem(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(f"RePEc:zzz:wpaper:{unlike(5000)}") + paper(TWO))
    assert import_path(root).items == {"new": 1}
    ((path, line, message),) = problems("no-usable-handle")
    assert (path, line) == ("a.rdf", 1)
    assert "Give one of at most 400." in message


def test_the_longest_handle_we_take_can_be_stored_on_both_databases(app, tmp_path):
    handle = f"RePEc:zzz:wpaper:{unlike(380)}"
    root = tree(tmp_path, a_rdf=paper(handle))
    assert import_path(root).items == {"new": 1}
    assert item_by_handle(handle).handle == handle


LONG = {
    "a title": {"title": " ".join(unlike(40 + n % 7) for n in range(400))},
    "a name": {"author": unlike(9000)},
    "a name in rare letters": {"author": "".join(f"&#{n};" for n in range(0x20000, 0x20258))},
    "an abstract of two million letters": {
        "more": "Abstract: " + "\n ".join(unlike(60 + n % 9) for n in range(30_000)) + "\n"
    },
    "an address": {"more": f"Author-Email: {unlike(5000)}@example.org\n"},
    "a note": {"more": f"Note: {unlike(100_000)}\n"},
}


@pytest.mark.parametrize("parts", LONG.values(), ids=LONG)
def test_an_endless_value_is_stored_whole(app, tmp_path, parts):
    root = tree(tmp_path, a_rdf=paper(**parts))
    assert import_path(root).items == {"new": 1}
    again_changes_nothing(root)


def test_an_endless_contact_address_is_nobodys(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper())
    file = root / "zzzseri.rdf"
    file.write_text(file.read_text().replace("zoe@example.org", f"{unlike(5000)}@example.org"))
    import_path(root)
    series = item_by_handle(ONE).series
    assert [m.address for m in series.desk.members] == ["zoe@example.org"]  # the archive's


def test_an_endless_path_is_a_problem_and_the_rest_is_imported(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper())
    deep = root.joinpath(*["x" * 200] * 3)
    deep.mkdir(parents=True)
    (deep / "b.rdf").write_text(paper(TWO))
    assert import_path(root).items == {"new": 1}
    assert [code for _, _, code, _ in problems()] == ["path-too-long"]


def test_file_names_that_are_not_utf8_are_told_apart(app, tmp_path):
    root = tree(tmp_path)
    for name in (b"a\xfe.rdf", b"a\xff.rdf"):
        with open(os.path.join(os.fsencode(root), name), "w") as file:
            file.write(paper())
    assert import_path(root).items == {"new": 1}
    ((path, _, message),) = problems("duplicate-handle")
    assert path == "a\\udcfe.rdf"
    assert "a\\udcff.rdf" in message


# -- references ---------------------------------------------------------------------------


def reference(**values):
    return {"citing": ONE, "nth": 1, "text": "Roe, 1999. Decline.", "cited": None, **values}


def test_each_bad_line_of_references_is_a_problem_of_its_own(app, tmp_path):
    root = tree(tmp_path, [reference()], a_rdf=paper())
    bad = [
        b"not json", b"[1]", b"null", b'"x"', b'{"nth": 1, "text": "x"}',
        b'{"citing": "RePEc:zzz:wpaper:1", "nth": 1}',
        b'{"citing": "RePEc:zzz:wpaper:1", "nth": 0, "text": "x"}',
        b'{"citing": "RePEc:zzz:wpaper:1", "nth": "1", "text": "x"}',
        b'{"citing": "RePEc:zzz:wpaper:1", "nth": true, "text": "x"}',
        b'{"citing": "RePEc:zzz:wpaper:1", "nth": 2, "text": "x", "cited": 7}',
        b'{"citing": "RePEc:zzz:wpaper:1", "nth": 2, "text": " \\u0000 "}',
        b"[" * 100_000,
        b'{"citing": "RePEc:zzz:wpaper:1", "nth": 2, "text": "x", "cited": "'
        + unlike(5000).encode() + b'"}',
        b"\xff\xfe\x00",
    ]  # fmt: skip
    with (root / "references" / "references.jsonl").open("ab") as file:
        file.write(b"\n".join(bad) + b"\n\n")
    summary = import_path(root)
    assert summary.references == {"new": 1, "refused": len(bad)}
    lines = [line for _, line, _ in problems("bad-reference")]
    assert lines == list(range(2, len(bad) + 2))
    again_changes_nothing(root)


def test_references_of_an_item_we_do_not_have_are_a_problem(app, tmp_path):
    root = tree(tmp_path, [reference(citing="RePEc:zzz:wpaper:9")], a_rdf=paper())
    assert import_path(root).references == {"refused": 1}
    ((_, line, message),) = problems("unknown-citing-item")
    assert (line, message) == (1, "RePEc:zzz:wpaper:9 is not in the catalogue.")


def test_a_reference_with_control_characters_is_stored_without(app, tmp_path):
    root = tree(tmp_path, [reference(text="Roe\x00, \ud800 1999.\n Decline")], a_rdf=paper())
    import_path(root)
    assert [r.text for r in references_of(item_by_handle(ONE))] == ["Roe, 1999. Decline"]


def test_a_cited_handle_is_linked_when_its_item_comes_with_a_later_import(app, tmp_path):
    root = tree(tmp_path, [reference(cited=TWO.upper())], a_rdf=paper())
    import_path(root)
    (reference_then,) = references_of(item_by_handle(ONE))
    assert reference_then.cited_item is None
    its_id = reference_then.id
    (root / "b.rdf").write_text(paper(TWO, "Decline"))
    import_path(root)
    db.session.expire_all()
    (after,) = references_of(item_by_handle(ONE))
    assert after.id == its_id
    assert after.cited_item.title == "Decline"


def test_references_keep_their_ids_when_the_list_is_put_in_another_order(app, tmp_path):
    texts = ["Roe, 1999. Decline.", "Doe, 2001. Growth.", "Roe, 1999. Decline."]
    listed = [reference(nth=n, text=text) for n, text in enumerate(texts, 1)]
    root = tree(tmp_path, listed, a_rdf=paper())
    import_path(root)
    ids = {(r.text, r.nth): r.id for r in references_of(item_by_handle(ONE))}
    assert len(ids) == 3
    tree(root, [reference(nth=1, text=texts[1].upper()), reference(nth=2), reference(nth=5)])
    summary = import_path(root)
    db.session.expire_all()
    now = references_of(item_by_handle(ONE))
    assert {r.id for r in now} == set(ids.values())
    assert now[0].text == texts[1].upper()
    assert summary.references["new"] == 0


def test_a_reference_no_longer_listed_vanishes_and_comes_back_as_the_same(app, tmp_path):
    listed = [reference(), reference(nth=2, text="Doe, 2001. Growth.")]
    root = tree(tmp_path, listed, a_rdf=paper())
    import_path(root)
    ids = [r.id for r in references_of(item_by_handle(ONE))]
    tree(root, listed[:1])
    import_path(root)
    assert [r.id for r in references_of(item_by_handle(ONE))] == ids[:1]
    tree(root, listed)
    import_path(root)
    assert [r.id for r in references_of(item_by_handle(ONE))] == ids


def test_a_reference_given_in_two_files_is_stored_once_and_said_so(app, tmp_path):
    root = tree(tmp_path, [reference()], a_rdf=paper())
    more = (root / "references" / "references.jsonl").read_text().replace('"nth": 1', '"nth": 7')
    (root / "references" / "z.jsonl").write_text(more)
    import_path(root)
    assert [r.position for r in references_of(item_by_handle(ONE))] == [1]
    ((path, line, _),) = problems("reference-given-twice")
    assert (path, line) == ("references/z.jsonl", 1)
    again_changes_nothing(root)


def test_a_reference_moved_to_another_file_keeps_its_id(app, tmp_path):
    root = tree(tmp_path, [reference()], a_rdf=paper())
    import_path(root)
    its_id = references_of(item_by_handle(ONE))[0].id
    (root / "references" / "references.jsonl").rename(root / "references" / "moved.jsonl")
    import_path(root)
    db.session.expire_all()
    (after,) = references_of(item_by_handle(ONE))
    assert (after.id, after.origin) == (its_id, "references/moved.jsonl")


def test_json_lines_elsewhere_are_no_references(app, tmp_path):
    root = tree(tmp_path, [reference()], a_rdf=paper())
    (root / "references").rename(root / "other")
    assert not import_path(root).references
    assert not references_of(item_by_handle(ONE))


def test_authors_are_those_printed(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(more="Author-Name: Max Doe\nAuthor-Email: max@example.org\n"))
    import_path(root)
    printed = authors_of(item_by_handle(ONE))
    assert [(a.position, a.name, a.email_key) for a in printed] == [
        (1, "Jane Roe", None),
        (2, "Max Doe", "max@example.org"),
    ]
    assert count(ItemAuthor) == 2
