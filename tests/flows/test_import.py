"""Imports as processes: killed in the middle, two at once, read by a worker from where they lie."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from correction_flow.catalog.models import Item, ItemAuthor, ItemRevision, ItemWords, Template
from correction_flow.catalog.search import find_items
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.upstream import sources
from correction_flow.upstream.importer import BadSource, import_path
from correction_flow.upstream.models import ImportRun, Source
from tests.nouns.trees import paper, problems, tree
from tests.web_server import WebServer, links, reply

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(app, database_uri, tmp_path):
    """Starts a command of the application as a process, against this test's database."""
    started = []

    def start(*words, **settings):
        environment = {
            **os.environ, "FLASK_APP": "app", "SECRET_KEY": "s" * 40,
            "DATABASE_URL": database_uri.replace("postgresql+psycopg://", "postgresql://"),
            "INSTANCE_DIR": str(tmp_path / "instance"), **settings,
        }  # fmt: skip
        db.session.remove()
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", *map(str, words)], cwd=ROOT, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def many(root, items):
    """An archive of so many items, in files of 100."""
    tree(root)
    for n in range(0, items, 100):
        text = "".join(
            paper(f"RePEc:zzz:wpaper:{k}", f"Title {k}", more=f"Abstract: {'On growth. ' * 40}\n")
            for k in range(n, n + 100)
        )
        (root / f"f{n:06}.rdf").write_text(text)
    return root


def catalogue():
    """What the catalogue holds, without ids and times."""
    db.session.rollback()
    queries = (
        select(Item.handle, Item.title, Item.version, Item.indexed_by_repec),
        select(ItemAuthor.name, Item.handle).join(Item, Item.id == ItemAuthor.item_id),
        select(ItemWords.words, Item.handle).join(Item, Item.id == ItemWords.item_id),
        select(Template.handle_key, Template.first_line, Template.taken, Template.lost),
    )
    found = [sorted(map(tuple, db.session.execute(query))) for query in queries]
    return [*found, find_items("growth").count, db.session.query(ItemRevision).count()]


def stored():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Item))


def test_an_import_killed_in_its_middle_is_completed_by_the_next(run, app, tmp_path):
    root = many(tmp_path / "zzz", 8_000)
    process = run("redif", "import", root, "--processes", "2")
    until = time.monotonic() + 60
    while not stored() and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = stored()
    assert 0 < there < 8_000
    assert find_items("growth").count == 1001
    second = run("redif", "import", root, "--json")
    output, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    assert json.loads(output)["items"] == {"new": 8_000 - there, "unchanged": there}
    whole = catalogue()
    assert len(whole[0]) == 8_000
    assert all(version == 1 for _, _, version, _ in whole[0])
    assert import_path(root).items == {"unchanged": 8_000}
    assert catalogue() == whole


def test_of_two_imports_of_an_archive_one_waits_for_another_day(run, app, tmp_path):
    root = many(tmp_path / "zzz", 30_000)
    first = run("redif", "import", root, "--processes", "1", "--json")
    until = time.monotonic() + 60
    while db.session.scalar(select(func.count()).select_from(ImportRun)) == 0:
        db.session.rollback()
        assert time.monotonic() < until
        time.sleep(0.05)
    second = run("redif", "import", root, "--processes", "1")
    _, errors = second.communicate(timeout=120)
    output, _ = first.communicate(timeout=120)
    assert first.returncode == 0
    assert second.returncode == 1
    assert "being read just now by another process" in errors
    assert json.loads(output)["items"] == {"new": 30_000}


# -- sources ------------------------------------------------------------------------------


def due(code="zzz"):
    with transaction() as session:
        session.scalar(select(Source).where(Source.code == code)).next_at = utcnow()


def source(code="zzz"):
    db.session.rollback()
    return db.session.scalar(select(Source).where(Source.code == code))


def test_the_worker_reads_what_is_due_and_notes_when_it_is_due_again(run, app, tmp_path):
    root = tree(tmp_path / "zzz", a_rdf=paper())
    with transaction():
        sources.name("zzz", str(root), 12)
    worker = run("work", "run", "--once")
    _, errors = worker.communicate(timeout=60)
    assert worker.returncode == 0, errors
    assert stored() == 1, errors
    after = source()
    assert (after.claimed_until, after.last_error) == (None, None)
    assert timedelta(hours=11) < after.next_at - utcnow() <= timedelta(hours=12)


def test_an_archive_is_read_from_a_web_server_again_and_again(run, app, tmp_path):
    with WebServer() as server:
        server.files = {
            "zzz/zzzarch.rdf": (tree(tmp_path) / "zzzarch.rdf").read_bytes(),
            "zzz/wpaper/a.rdf": paper().encode(),
            "zzz/wpaper/b.rdf": paper("RePEc:zzz:wpaper:2").encode(),
        }
        with transaction():
            sources.name("zzz", server.url + "zzz/", 24)
        for settings, items in (({}, 0), ({"SOURCES_MAY_BE_PRIVATE": "1"}, 2)):
            due()
            run("work", "run", "--once", **settings).communicate(timeout=60)
            assert stored() == items, source().last_error
            error = source().last_error
            assert bool(error) is not bool(items)
        assert "private" in (error or "private")
        del server.files["zzz/wpaper/b.rdf"]
        due()
        run("work", "run", "--once", SOURCES_MAY_BE_PRIVATE="1").communicate(timeout=60)
    gone = db.session.scalars(select(Item.handle).where(Item.vanished_at.is_not(None)))
    assert list(gone) == ["RePEc:zzz:wpaper:2"]


def test_a_hostile_source_is_bounded_and_reported(run, app, tmp_path):
    with WebServer() as server:
        server.files = {"zzz/wpaper/a.rdf": paper().encode()}
        listed = ("wpaper/", "../../etc/x.rdf", "%2e%2e/y.rdf", "moved.rdf")
        server.special["/zzz/"] = lambda: links(*listed)
        elsewhere = "Location: http://169.254.169.254/latest.rdf\r\n"
        server.special["/zzz/moved.rdf"] = lambda: reply(b"", status="302 Found", more=elsewhere)
        with transaction():
            sources.name("zzz", server.url + "zzz/", 24)
        run("work", "run", "--once", SOURCES_MAY_BE_PRIVATE="1").communicate(timeout=60)
    assert stored() == 1
    assert any("moved.rdf" in path for path, _, _ in problems("not-fetched"))
    written = {p.name for p in (tmp_path / "instance").rglob("*.rdf")}
    assert written == {"a.rdf"}
    assert not list(tmp_path.glob("*.rdf"))


def test_a_source_that_cannot_be_read_is_tried_again_soon_and_says_why(run, app, tmp_path):
    with transaction():
        sources.name("zzz", str(tmp_path / "nowhere"), 24)
    run("work", "run", "--once").communicate(timeout=60)
    after = source()
    assert after.last_error == f"There is no file or directory {tmp_path / 'nowhere'}."
    assert after.next_at - utcnow() <= timedelta(hours=1)


def test_a_worker_told_to_stop_leaves_its_source_to_the_next(run, app, tmp_path):
    root = many(tmp_path / "zzz", 8_000)
    with transaction():
        sources.name("zzz", str(root), 24)
    worker = run("work", "run")
    until = time.monotonic() + 60
    while not stored() and time.monotonic() < until:
        time.sleep(0.02)
    worker.send_signal(signal.SIGTERM)
    _, errors = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert "Traceback" not in errors, errors
    assert source().claimed_until is None
    assert source().next_at <= utcnow(), source().last_error
    assert stored() < 8_000
    run("work", "run", "--once").communicate(timeout=120)
    assert stored() == 8_000
    assert source().next_at > utcnow()


def test_the_claim_of_a_dead_worker_runs_out(app, tmp_path):
    with transaction():
        sources.name("zzz", str(tmp_path), 24)
    assert sources.claim_due().code == "zzz"
    assert sources.claim_due() is None
    with transaction():
        source().claimed_until = utcnow() - timedelta(seconds=1)
    assert sources.claim_due().code == "zzz"


def test_a_reader_whose_claim_ran_out_does_not_end_the_next_ones(app, tmp_path):
    with transaction():
        sources.name("zzz", str(tmp_path), 24)
    first = sources.claim_due()
    with transaction():
        source().claimed_until = utcnow() - timedelta(seconds=1)
    second = sources.claim_due()
    sources.renew(first)
    sources.release(first, error="Too late.")
    assert (source().claim, source().last_error) == (second.token, None)
    assert sources.claim_due() is None
    sources.release(second, error="In time.")
    assert (source().claim, source().claimed_until) == (None, None)
    assert source().last_error == "In time."


def test_who_reads_by_hand_leaves_the_claim_of_a_worker_alone(app, tmp_path):
    with transaction():
        sources.name("zzz", str(tmp_path / "nowhere"), 24)
    held = sources.claim_due()
    with pytest.raises(BadSource):
        sources.read_and_release("zzz")
    assert (source().claim, source().last_error) == (held.token, None)
    with pytest.raises(BadSource):
        sources.read_and_release("zzz", token=held.token)
    assert source().claim is None
    assert "nowhere" in source().last_error


def test_who_reads_by_hand_holds_a_claim_meanwhile_and_notes_the_end(app, tmp_path):
    tree(tmp_path / "zzz", a_rdf=paper())
    with transaction():
        sources.name("zzz", str(tmp_path / "zzz"), 24)
    seen = []

    def progress(*_):
        seen.append(sources.claim("zzz"))

    assert sources.read_and_release("zzz", progress=progress).items == {"new": 1}
    assert set(seen) == {None}
    assert source().claim is None
    assert source().next_at > utcnow()


def test_a_reading_by_hand_that_breaks_off_leaves_the_source_free_and_due(app, tmp_path):
    tree(tmp_path / "zzz", a_rdf=paper())
    with transaction():
        sources.name("zzz", str(tmp_path / "zzz"), 24)

    def interrupted(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sources.read_and_release("zzz", progress=interrupted)
    assert sources.claim_due().code == "zzz"
