"""`flask work run`: the worker. Sends what is due from the outbox, and says that it lives."""

from __future__ import annotations

import os
import signal
import socket
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
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    name = f"{socket.gethostname()} {os.getpid()}"
    while True:
        round_of_work(name, stop)
        if once or stop.asked_within(PAUSE):
            break


class Stop:
    """Whether somebody asked to stop. A plain flag: a signal may come while a lock is held."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked

    def asked_within(self, seconds: float) -> bool:
        """Wait; True as soon as somebody asks."""
        end = time.monotonic() + seconds
        while not self.asked and time.monotonic() < end:
            time.sleep(0.1)
        return self.asked


def round_of_work(name: str, stop: Stop) -> None:
    """One round; a database that is away for a moment does not end the worker."""
    try:
        outbox.beat(name)
        started = time.monotonic()
        sent = outbox.deliver_due(outbox.transport_of(current_app), stopped=stop)
        if sent:
            seconds = time.monotonic() - started
            current_app.logger.info("sent %d mails in %.1f s", sent, seconds)
    except OperationalError as error:
        current_app.logger.warning("the database is away: %s", error.orig)
    finally:
        db.session.remove()
