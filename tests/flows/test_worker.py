"""The worker as a process: killed between two mails, killed after handing over, two at once."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.transaction import transaction
from tests.outbox import put
from tests.smtp import SmtpServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def worker(app, database_uri, tmp_path):
    """Starts real workers against this test's database and an SMTP server on this machine."""
    started = []

    def start(port, *options):
        environment = {
            **os.environ, "FLASK_APP": "app", "APP_ENV": "production", "SECRET_KEY": "s" * 40,
            "DATABASE_URL": database_uri.replace("postgresql+psycopg://", "postgresql://"),
            "INSTANCE_DIR": str(tmp_path), "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(port),
            "MAIL_TIMEOUT": "20",
        }  # fmt: skip
        db.session.remove()
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "work", "run", *options], cwd=ROOT, env=environment
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def copies(server):
    return Counter(m["Message-ID"] for m in server.taken)


def claims_run_out():
    """As if the claims of the dead worker were old."""
    with transaction() as session:
        session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.state == MailState.SENDING)
            .values(claimed_until=utcnow() - timedelta(minutes=1))
        )


def states():
    db.session.rollback()
    return [m.state for m in db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id))]


def wait_for(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_killed_between_two_mails_nothing_is_lost_and_nothing_repeated(worker):
    put("a@example.org", "b@example.org", "c@example.org")
    second = threading.Event()
    go_on = threading.Event()

    def receiver(address):
        if address.startswith("b"):
            second.set()
            go_on.wait(15)
        return "250 OK"

    with SmtpServer() as server:
        server.on_rcpt = receiver
        process = worker(server.port)
        assert second.wait(20)
        process.send_signal(signal.SIGKILL)
        process.wait()
        go_on.set()
        claims_run_out()
        assert worker(server.port, "--once").wait(timeout=30) == 0
        assert states() == [MailState.SENT] * 3
        assert sorted(copies(server).values()) == [1, 1, 1]


def test_killed_after_the_server_took_it_there_is_one_repeat_and_never_a_third(worker):
    put("a@example.org")
    taken, go_on = threading.Event(), threading.Event()

    def data(_message):
        taken.set()
        go_on.wait(10)
        return "250 OK"

    with SmtpServer() as server:
        server.on_data = data
        for _ in range(2):
            taken.clear()
            go_on.clear()
            process = worker(server.port)
            assert taken.wait(20)
            process.send_signal(signal.SIGKILL)
            process.wait()
            go_on.set()
            claims_run_out()
        assert worker(server.port, "--once").wait(timeout=30) == 0
        assert states() == [MailState.UNCLEAR]
        assert list(copies(server).values()) == [2]


def test_two_workers_send_every_mail_once(worker):
    put(*[f"p{n}@example.org" for n in range(30)])
    with SmtpServer() as server:
        for process in [worker(server.port, "--once"), worker(server.port, "--once")]:
            assert process.wait(timeout=60) == 0
        wait_for(lambda: states() == [MailState.SENT] * 30)
        assert sorted(copies(server).values()) == [1] * 30


def test_a_worker_ends_when_it_is_told(worker, app):
    process = worker(1)
    wait_for(lambda: (db.session.rollback(), outbox.health()["last_beat"])[1] is not None)
    process.terminate()
    assert process.wait(timeout=10) == 0
