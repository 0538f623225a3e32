"""`flask work run`: the worker. Sends what is due from the outbox, and says that it lives."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from types import FrameType

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from correction_flow.core import outbox
from correction_flow.core.extensions import db

work = AppGroup("work", help="The worker.")
PAUSE = 2.0
"""Seconds between two looks at the outbox."""


@work.command()
@click.option("--once", is_flag=True, help="Do what is due and end, for cron.")
def run(once: bool) -> None:
    """Deliver mails until told to stop (SIGTERM or Ctrl-C)."""
    stop = threading.Event()

    def asked_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked_to_stop)
    signal.signal(signal.SIGINT, asked_to_stop)
    name = f"{socket.gethostname()} {os.getpid()}"
    while True:
        round_of_work(name)
        if once or stop.wait(PAUSE):
            break


def round_of_work(name: str) -> None:
    """One round; a database that is away for a moment does not end the worker."""
    try:
        outbox.beat(name)
        started = time.monotonic()
        sent = outbox.deliver_due(outbox.transport_of(current_app))
        if sent:
            seconds = time.monotonic() - started
            current_app.logger.info("sent %d mails in %.1f s", sent, seconds)
    except OperationalError as error:
        current_app.logger.warning("the database is away: %s", error.orig)
    finally:
        db.session.remove()
