"""Imports that went wrong in the middle, files nobody can read, copies that differ: all are mended
by the next import, and nobody loses what was theirs meanwhile."""

import os
import random
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text

from correction_flow.catalog.queries import (
    contacts_of,
    item_by_handle,
    series_by_handle,
    template_of,
)
from correction_flow.catalog.search import find_items
from correction_flow.core.extensions import db
from correction_flow.upstream import describing, importer, reading, storing
from correction_flow.upstream.importer import import_path
from correction_flow.upstream.models import ImportRun
from tests.makers import write_tree
from tests.nouns.trees import (
    BAD,
    LONG_AGO,
    ONE,
    SERIES,
    TWO,
    imported,
    old,
    paper,
    problems,
    title,
    tree,
)

THREE = "RePEc:zzz:wpaper:3"


class Killed(BaseException):
    """What an import does not survive, as a process does not survive being killed."""


@contextmanager
def killed_at(monkeypatch, where, name, *, after=0):
    """An import within ends when it calls this, having called it so often before."""
    real, calls = getattr(where, name), []

    def kill(*values, **named):
        calls.append(name)
        if len(calls) > after:
            raise Killed
        return real(*values, **named)

    with monkeypatch.context() as patched:
        patched.setattr(where, name, kill)
        with pytest.raises(Killed):
            yield
    db.session.rollback()


@contextmanager
def unreadable(monkeypatch, name):
    """Within, nobody may read this file (the tests may run as root, who reads any)."""

    def refusing(real):
        def read(full, *path):
            if full.endswith(name):
                raise PermissionError(13, "Permission denied")
            return real(full, *path)

        return read

    with monkeypatch.context() as patched:
        for reader in ("read", "look"):
            patched.setattr(reading, reader, refusing(getattr(reading, reader)))
        yield


def small_batches(monkeypatch):
    """Each template is handed over, and stored, alone."""
    monkeypatch.setattr(storing, "BATCH", 1)
    monkeypatch.setattr(reading, "PORTION", 1)


def gone(handle=ONE):
    db.session.rollback()
    return item_by_handle(handle).vanished_at is not None


def maintainers():
    """The addresses whose owners decide for the series, if a template describes it."""
    db.session.rollback()
    series = series_by_handle("RePEc:zzz:wpaper")
    return set() if series.placeholder else {contact.address for contact in contacts_of(series)}


# -- killed in the middle -----------------------------------------------------------------


def test_a_file_half_stored_and_then_put_back_is_read_again(app, tmp_path, monkeypatch):
    three = paper(ONE, "one v1") + paper(TWO, "two v1") + paper(THREE, "three v1")
    root = old(tree(tmp_path, a_rdf=three))
    imported(root)
    before = (root / "a.rdf").stat().st_mtime_ns
    (root / "a.rdf").write_text(three.replace("v1", "v2"))
    small_batches(monkeypatch)
    with killed_at(monkeypatch, storing.Storing, "flush", after=1):
        import_path(root)
    assert title(ONE) == "one v2"
    (root / "a.rdf").write_text(three)
    os.utime(root / "a.rdf", ns=(before, before))
    imported(root)
    assert [title(handle) for handle in (ONE, TWO, THREE)] == ["one v1", "two v1", "three v1"]


def test_who_waited_when_the_import_was_killed_is_settled_by_the_next(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, b_rdf=paper(title="In b")))
    imported(root)
    old(tree(root, c_rdf=paper(title="In c")))
    with killed_at(monkeypatch, storing.Storing, "_settle"):
        import_path(root)
    imported(root)
    assert title() == "In c"


def test_a_template_lost_in_a_killed_import_counts_when_it_is_back(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, x_rdf=paper(title="In x"), z_rdf=paper(TWO)))
    imported(root)
    (root / "x.rdf").unlink()
    old(tree(root, a_rdf=paper(title="In a")))
    with killed_at(monkeypatch, storing.Storing, "mark_vanished"):
        import_path(root)
    assert title() == "In a"
    (root / "a.rdf").unlink()
    old(tree(root, x_rdf=paper(title="In x")))
    imported(root)
    assert title() == "In x"
    assert not gone()


def test_a_new_name_of_a_series_is_found_although_the_import_was_killed(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    imported(root)
    (root / "zzzseri.rdf").write_text(SERIES.replace("Papers", "Cahiers"))
    with killed_at(monkeypatch, describing, "reword"):
        import_path(old(root))
    imported(root)
    assert find_items("papers").count == 0
    assert find_items("cahiers").count == 2


def test_a_process_that_died_long_ago_is_not_taken_for_one_with_its_number(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper())
    imported(root)
    run = db.session.scalar(select(ImportRun))
    run.finished_at, run.process = None, f"{run.process.rpartition(' ')[0]} {os.getppid()}"
    run.beat_at -= timedelta(days=3)
    db.session.commit()
    assert imported(root).items == {"unchanged": 1}


# -- other sources, other copies ----------------------------------------------------------


def test_files_imported_for_the_wrong_archive_are_read_for_the_right_one(app, tmp_path):
    root = old(write_tree(tmp_path, {"a.rdf": paper()}))
    imported(root, archive="aaa")
    assert imported(root, archive="zzz").items == {"new": 1}


def test_a_copy_imported_while_another_is_being_looked_at_is_overruled(app, tmp_path, monkeypatch):
    one = old(tree(tmp_path / "one", a_rdf=paper(title="one")))
    two = old(tree(tmp_path / "two", a_rdf=paper(title="two")))
    imported(one)
    real, between = importer._Importer._own_code, []

    def other_first(self):
        if not between:
            between.append(two)
            import_path(two)
        return real(self)

    monkeypatch.setattr(importer._Importer, "_own_code", other_first)
    imported(one)
    assert between
    assert title() == "one"
    imported(one)
    assert title() == "one"


def test_the_next_best_is_read_when_a_copy_spoilt_the_best_one(app, tmp_path):
    one = old(tree(tmp_path / "one", a_rdf=paper(title="In a"), e_rdf=paper(title="In e")))
    two = old(tree(tmp_path / "two", e_rdf=paper(title="In e", more=BAD)))
    imported(one)
    imported(two)
    (one / "e.rdf").unlink()
    for _ in range(3):
        imported(one)
    assert title() == "In a"


# -- files that were emptied, or that cannot be read --------------------------------------


def test_the_best_one_counts_again_after_its_file_was_empty_for_a_while(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(title="In a"), e_rdf=paper(title="In e")))
    imported(root)
    (root / "a.rdf").write_text("")
    tree(root, e_rdf=paper(title="In e", more=BAD))
    imported(root)
    tree(root, a_rdf=paper(title="In a"))
    imported(root)
    imported(root)
    assert title() == "In a"


def test_an_item_that_moved_out_of_a_file_that_is_empty_now_is_as_it_is_there(app, tmp_path):
    root = old(tree(tmp_path, z_rdf=paper(title="old")))
    imported(root)
    (root / "z.rdf").write_text("")
    tree(root, a_rdf=paper(title="new"))
    imported(root)
    assert title() == "new"


def test_a_file_that_grew_too_large_keeps_its_items(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    imported(root)
    old(tree(root, a_rdf=paper() + "\n" * 2000))
    monkeypatch.setattr(importer, "MAX_FILE", 1000)
    imported(root)
    assert not gone()
    assert problems("file-too-large")


@pytest.mark.parametrize("touched", [False, True])
def test_a_series_file_that_cannot_be_read_ends_no_rights(app, tmp_path, monkeypatch, touched):
    root = tree(tmp_path, a_rdf=paper())
    (root / "zzzseri.rdf").write_text(SERIES.replace("zoe@", "ser@"))
    imported(old(root))
    if touched:
        os.utime(root / "zzzseri.rdf", (LONG_AGO + 55, LONG_AGO + 55))
    with unreadable(monkeypatch, "zzzseri.rdf"):
        imported(root)
    assert maintainers() == {"ser@example.org"}


ODD = {
    "a wide blank": ("Type: ReDIF-S", "Type:\u2003ReDIF-S"),
    "a wide blank for the hyphen": ("ReDIF-S", "ReDIF\u2003S"),
    "a blank before the hyphen": ("ReDIF-S", "ReDIF -S"),
    "two hyphens": ("ReDIF-S", "ReDIF--S"),
    "a dash": ("ReDIF-S", "ReDIF\u2013S"),
    "no ReDIF": ("ReDIF-Series", "Series"),
    "no colon": ("Template-Type:", "Template-Type"),
    "a blank first": ("Template-Type", " Template-Type"),
    "a NUL": ("Template", "Temp\0late"),
}
"""How publishers misspell the first line of a series."""


@pytest.mark.parametrize("spelling", ODD)
def test_a_series_spelt_oddly_keeps_its_maintainers(app, tmp_path, spelling):
    """Whether a glance misses it, our reading misses it, or RePEc's parser does."""
    root = tree(tmp_path, a_rdf=paper())
    (root / "zzzseri.rdf").write_text(SERIES.replace("zoe@", "ser@"))
    imported(old(root))
    odd = SERIES.replace("zoe@", "ser@").replace(*ODD[spelling], 1)
    (root / "zzzseri.rdf").write_text(odd, encoding="utf-8")
    imported(old(root))
    assert maintainers() == {"ser@example.org"}
    imported(root)
    assert maintainers() == {"ser@example.org"}


# -- problems that are none any more ------------------------------------------------------


def test_a_file_that_was_too_large_is_no_problem_once_it_is_gone(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO) + "\n" * 2000))
    monkeypatch.setattr(importer, "MAX_FILE", 1000)
    imported(root)
    assert problems("file-too-large")
    (root / "b.rdf").unlink()
    imported(root)
    assert not problems("file-too-large")


def test_a_file_nobody_could_read_is_no_problem_once_it_is_gone(app, tmp_path, monkeypatch):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    with unreadable(monkeypatch, "b.rdf"):
        imported(root)
    assert problems("file-not-readable")
    (root / "b.rdf").unlink()
    imported(root)
    assert not problems("file-not-readable")


def test_bad_references_are_no_problem_once_their_file_is_gone(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper()))
    (root / "references").mkdir()
    (root / "references" / "r.jsonl").write_text("nonsense\n")
    imported(root)
    assert problems("bad-reference")
    (root / "references" / "r.jsonl").unlink()
    imported(root)
    assert not problems("bad-reference")


# -- one handle, several templates --------------------------------------------------------


def test_a_series_described_again_in_a_new_file_is_told(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper()))
    imported(root)
    (root / "zzzseri2.rdf").write_text(SERIES.replace("Papers", "Cahiers"))
    imported(old(root))
    assert [path for path, _, _ in problems("duplicate-handle")] == ["zzzseri.rdf"]


def test_of_two_with_the_same_odd_handle_the_last_counts_in_small_batches_too(
    app, tmp_path, monkeypatch
):
    """A blank in a handle makes both bad; the glance does not see that they are one."""
    small_batches(monkeypatch)
    odd = "RePEc: zzz:wpaper:1"
    root = old(tree(tmp_path, a_rdf=paper(odd, "Good") + paper(odd, "Bad", more=BAD)))
    imported(root)
    good = template_of(item_by_handle(ONE)).good
    assert [good, title(), len(problems("duplicate-handle"))] == [False, "Bad", 1]


def test_an_item_whose_handle_a_series_took_is_gone(app, tmp_path):
    root = old(tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO)))
    imported(root)
    (root / "a.rdf").write_text(SERIES.replace("zzz:wpaper", "zzz:wpaper:1"))
    imported(old(root))
    assert gone()
    assert not gone(TWO)


# -- what nobody should write -------------------------------------------------------------


def test_a_dry_run_of_an_archive_nobody_knows_takes_back_every_batch(app, tmp_path, monkeypatch):
    monkeypatch.setattr(describing, "BATCH", 1)
    root = old(tree(tmp_path, a_rdf=paper()))
    (root / "zzzseri.rdf").write_text(SERIES + "\n" + SERIES.replace("wpaper", "wpapex"))
    assert imported(root, dry_run=True).series == {"new": 2}
    assert series_by_handle("RePEc:zzz:wpaper") is None


def test_an_endless_handle_of_an_unknown_type_is_no_key(app, tmp_path):
    """PostgreSQL could not index it; letters at random, for it would compress others."""
    letters = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
    endless = paper(f"RePEc:zzz:wpaper:{letters}").replace("ReDIF-Paper", "ReDIF-Foo")
    assert imported(old(tree(tmp_path, a_rdf=paper() + endless))).items == {"new": 1}


@pytest.mark.parametrize("rest", ["a\0b", "a\ud800b", "a\x01b", "x" * 20_000])
@pytest.mark.parametrize("kind", ["ReDIF-Paper", "ReDIF-Foo"])
def test_handles_no_database_takes_become_ones_it_does(tmp_path, rest, kind):
    written = paper(f"RePEc:zzz:wpaper:{rest}").replace("ReDIF-Paper", kind)
    (tmp_path / "a.rdf").write_bytes(written.encode("utf-8", "surrogatepass"))
    _, *portions = reading.read(str(tmp_path / "a.rdf"), "a.rdf")
    ((arrival,),) = portions
    assert len(arrival.handle_key or "") <= reading.MAX_HANDLE
    assert "\\x00" not in repr(arrival)
    assert "\\ud800" not in repr(arrival)


# -- what older versions left -------------------------------------------------------------


def test_an_item_that_vanished_before_the_catalogue_grew_comes_back(app, tmp_path):
    root = old(tree(tmp_path, z_rdf=paper(), b_rdf=paper(TWO)))
    imported(root)
    db.session.remove()
    downgrade(revision="1380e0a2714d")
    with db.engine.begin() as connection:  # as it was left then: its template's row stays
        connection.execute(
            text(
                "UPDATE source_files SET vanished_at = (SELECT max(started_at) FROM import_runs) "
                "WHERE path = 'z.rdf'"
            )
        )
        connection.execute(
            text(
                "UPDATE items SET vanished_at = updated_at, version = version + 1 "
                "WHERE handle_key = 'repec:zzz:wpaper:1'"
            )
        )
    upgrade()
    (root / "z.rdf").unlink()
    imported(root)
    assert gone()
    old(tree(root, a_rdf=paper(title="Back in a")))
    imported(root)
    assert title() == "Back in a"
    assert not gone()
