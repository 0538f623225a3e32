"""What a second import reads and writes: only what has changed, and all of that."""

import os
import time

import pytest
from sqlalchemy import select

from correction_flow.catalog.models import Item, ItemRevision, SourceFile, Template
from correction_flow.catalog.queries import item_by_handle, template_of
from correction_flow.catalog.search import find_items
from correction_flow.core.extensions import db
from correction_flow.upstream import reading, storing
from correction_flow.upstream.importer import BadSource, import_path
from correction_flow.upstream.models import ImportRun
from correction_flow.upstream.readers import Broken, Done, Readers
from correction_flow.upstream.source import redif_files
from tests.nouns.trees import (
    BAD,
    LONG_AGO,
    ONE,
    SERIES,
    TWO,
    again_changes_nothing,
    count,
    everything,
    imported,
    old,
    paper,
    problems,
    title,
    tree,
)


def test_files_that_have_not_changed_are_not_read(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    assert imported(root).files_read == 4
    again = imported(root)
    assert (again.files, again.files_read, again.templates) == (4, 0, 4)
    assert again.items == {"unchanged": 2}


def test_a_file_with_a_new_time_and_the_same_bytes_is_not_read(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    imported(root)
    os.utime(root / "a.rdf", (LONG_AGO + 99, LONG_AGO + 99))
    assert imported(root).files_read == 0
    file = db.session.scalar(select(SourceFile).where(SourceFile.path == "a.rdf"))
    assert file.mtime == (root / "a.rdf").stat().st_mtime_ns


def test_only_the_file_that_changed_is_read(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    imported(root)
    tree(root, b_rdf=paper(TWO, "A new title"))
    old(root)
    again = imported(root)
    assert again.files_read == 1
    assert again.items == {"unchanged": 1, "changed": 1}
    assert title(TWO) == "A new title"


def test_a_change_within_the_same_tick_of_the_clock_is_seen(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(title="Growth and its causes"))
    stat = (root / "a.rdf").stat()
    imported(root)
    (root / "a.rdf").write_text(paper(title="Growth and its course"))
    os.utime(root / "a.rdf", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    imported(root)
    assert title() == "Growth and its course"


def test_templates_that_moved_within_their_file_are_unchanged(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper() + paper(TWO)))
    imported(root)
    tree(root, a_rdf="\n# a new head\n" + paper(TWO) + paper())
    again = imported(root)
    assert again.items == {"unchanged": 2}
    assert count(ItemRevision) == 0
    assert template_of(item_by_handle(TWO)).first_line == 3
    assert count(Template) == 4


def test_what_our_reading_makes_of_a_file_may_change(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, a_rdf=paper()))
    imported(root)
    item_by_handle(ONE).upstream = {"title": "As an older version read it"}
    db.session.commit()
    assert imported(root).files_read == 0
    for module in (reading, storing):
        monkeypatch.setattr(module, "READ_AS", 99)
    monkeypatch.setattr("correction_flow.upstream.importer.READ_AS", 99)
    again = imported(root)
    assert again.files_read == 3
    assert again.items == {"changed": 1}
    assert imported(root).files_read == 0


# -- several templates with one handle ----------------------------------------------------


def test_the_second_best_counts_when_the_file_of_the_best_is_gone(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(title="In a"), b_rdf=paper(title="In b")))
    imported(root)
    assert title() == "In b"
    assert len(problems("duplicate-handle")) == 1
    (root / "b.rdf").unlink()
    again = imported(root)
    assert title() == "In a"
    assert again.items == {"changed": 1}
    assert not problems("duplicate-handle")


def test_the_second_best_counts_when_the_best_turned_bad(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(title="In a"), b_rdf=paper(title="In b")))
    imported(root)
    tree(root, b_rdf=paper(title="In b", more=BAD))
    imported(root)
    assert title() == "In a"
    again_changes_nothing(root)


def test_a_better_one_in_a_new_file_counts(app, tmp_path):
    root = old(tree(tmp_path, b_rdf=paper(title="In b")))
    imported(root)
    tree(root, c_rdf=paper(title="In c"), a_rdf=paper(title="In a"))
    imported(root)
    assert title() == "In c"
    assert [path for path, _, _ in problems("duplicate-handle")] == ["a.rdf", "b.rdf"]
    again_changes_nothing(root)


def test_of_two_in_one_file_the_last_counts_whatever_moves(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(title="First") + paper(title="Last")))
    imported(root)
    tree(root, a_rdf="\n\n" + paper(title="First") + paper(title="Last"))
    assert imported(root).items == {"unchanged": 1}
    assert title() == "Last"
    assert count(ItemRevision) == 0


# -- vanishing, beside the cases of test_import_vanish ------------------------------------


def test_what_vanished_is_not_found_until_it_comes_back(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO, "Growth again")))
    imported(root)
    assert find_items("growth").count == 2
    (root / "b.rdf").unlink()
    imported(root)
    assert find_items("growth").count == 1
    version = item_by_handle(TWO).version
    tree(root, b_rdf=paper(TWO, "Growth again"))
    imported(root)
    assert find_items("growth").count == 2
    assert item_by_handle(TWO).version == version + 1


def test_problems_of_a_file_go_with_it(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO, more=BAD)))
    imported(root)
    assert {path for path, *_ in problems()} == {"b.rdf"}
    imported(root)
    assert {path for path, *_ in problems()} == {"b.rdf"}
    (root / "b.rdf").unlink()
    imported(root)
    assert not problems()


def test_a_series_that_is_renamed_is_found_by_its_new_name(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    imported(root)
    assert find_items("papers").count == 2
    (root / "zzzseri.rdf").write_text(SERIES.replace("Papers", "Cahiers de l’été"))
    imported(root)
    assert find_items("papers").count == 0
    assert find_items("cahiers ete").count == 2


# -- dry runs, two at once, dying readers -------------------------------------------------


def test_a_dry_run_says_what_would_change_and_writes_nothing(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    empty = everything()
    assert imported(root, dry_run=True).items == {"new": 2}
    assert everything() == empty
    imported(root)
    before = everything()
    tree(
        root, a_rdf=paper(title="Changed"), c_rdf=paper("RePEc:zzz:wpaper:3", more=BAD),
        d_rdf=paper("RePEc:zzz:wpaper:3"),
    )  # fmt: skip
    dry = imported(root, dry_run=True)
    assert everything() == before
    assert count(ImportRun) == 1
    wet = imported(root)
    assert dry.items == wet.items == {"new": 1, "changed": 1, "unchanged": 1}
    assert dry.problems["error unknown-tag"] == wet.problems["error unknown-tag"] == 1


def test_an_archive_that_is_being_read_is_left_alone(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper())
    imported(root)
    run = db.session.scalar(select(ImportRun))
    run.finished_at, run.process = None, f"{run.process.rpartition(' ')[0]} {os.getppid()}"
    db.session.commit()
    with pytest.raises(BadSource, match="being read just now"):
        import_path(root)
    db.session.rollback()
    run = db.session.scalar(select(ImportRun))
    run.process = f"{run.process.rpartition(' ')[0]} 999999999"  # nobody has this number
    db.session.commit()
    assert imported(root).items == {"unchanged": 1}


def many(root, files, each=30):
    """An archive of so many files."""
    tree(root)
    for n in range(files):
        text = "".join(paper(f"RePEc:zzz:wpaper:{n}-{k}", f"Title {n} {k}") for k in range(each))
        (root / f"f{n:03}.rdf").write_text(text)
    return old(root)


def test_several_processes_read_as_one_does(app, tmp_path):
    root = many(tmp_path, 40)
    assert imported(root, processes=2).items == {"new": 1200}
    assert count(Item) == 1200
    assert again_changes_nothing(root).items == {"unchanged": 1200}


def test_a_reader_that_dies_takes_only_its_file_with_it(tmp_path):
    root = many(tmp_path, 60)
    ended, broken, killed = set(), set(), False
    with Readers(2) as readers:
        for found, message in readers.read(redif_files(root)):
            if not killed:
                killed = True
                readers._readers[0].process.kill()
            if isinstance(message, Done):
                ended.add(found.path)
            elif isinstance(message, Broken):
                broken.add(found.path)
                assert "ended while reading this file" in message.why
    assert len(broken) <= 1  # it may have died between two files
    assert len(ended | broken) == 62
    assert not ended & broken


def test_who_fails_while_storing_ends_the_readers_that_are_ahead(tmp_path):
    readers = Readers(2)

    def store():
        with readers:
            next(readers.read(redif_files(many(tmp_path, 250))))
            time.sleep(0.5)  # the thread has its hands full
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store()
    assert not readers._thread.is_alive()
    assert not readers._readers


def test_what_goes_wrong_while_files_are_handed_out_is_not_lost(tmp_path):
    def files():
        yield from redif_files(many(tmp_path, 3))
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"), Readers(2) as readers:
        list(readers.read(files()))


def test_a_file_that_cannot_be_read_is_told_and_read_the_next_time(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    read = reading.read

    def failing(full, path):
        if path == "b.rdf":
            raise PermissionError(13, "Permission denied")
        return read(full, path)

    monkeypatch.setattr(reading, "read", failing)
    assert imported(root).items == {"new": 1}
    ((path, _, message),) = problems("file-not-readable")
    assert (path, message) == ("b.rdf", "The file cannot be read: Permission denied.")
    monkeypatch.undo()
    assert imported(root).items == {"unchanged": 1, "new": 1}
    assert not problems()
