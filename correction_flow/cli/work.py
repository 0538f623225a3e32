"""`flask work run`: the worker. Reminds and ends what is due, sends what is due from the outbox,
has archives read when their time has come, compares new references with the catalogue, and says
that it lives."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from correction_flow.citations import potential
from correction_flow.citations.queries import next_to_compare
from correction_flow.config import ROOT
from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.corrections import drafts
from correction_flow.proposals import deadlines, visitors
from correction_flow.upstream import describing, sources

work = AppGroup("work", help="The worker.")
PAUSE = 2.0
"""Seconds between two looks at the outbox."""
COMPARING = 1.0
"""Seconds of each round for references that are compared with the catalogue: mails come first."""
AT_ONCE = 20
"""References that are compared before what was found is stored."""


@work.command()
@click.option("--once", is_flag=True, help="Do what is due and end, for cron.")
def run(once: bool) -> None:
    """Deliver mails and read archives until told to stop (SIGTERM or Ctrl-C)."""
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    name = f"{socket.gethostname()} {os.getpid()}"
    reading = Reading()
    while True:
        round_of_work(name, stop, reading)
        if once and not reading.claim:
            break
        if stop.asked_within(0.2 if once else PAUSE):
            break
    reading.end()


@work.command()
@click.option("--part", default="1/1", help="Like 2/4: the second of four, run beside each other.")
def compare(part: str) -> None:
    """Compare all unlinked references with the catalogue now, as after a first import."""
    found = re.fullmatch(r"([1-9]\d{0,2})/([1-9]\d{0,2})", part)
    if found is None or int(found[1]) > int(found[2]):
        raise click.BadParameter("Give it like 2/4: the second of four parts.", param_hint="--part")
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    count = compare_references(stop, float("inf"), (int(found[1]), int(found[2])))
    click.echo(f"Compared {count:,} references.")


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


class Reading:
    """The process that reads an archive just now, if any does.

    It is not this one, so that mails do not wait and the worker stays small. It notes itself how
    it went; here is noted only that it died.
    """

    def __init__(self) -> None:
        self.claim: sources.Claim | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def go_on(self) -> None:
        """Begin what is due, or see whether what was begun has ended."""
        if self._process is None:
            self.claim = sources.claim_due()
            if self.claim is not None:
                code, token = self.claim
                self._process = subprocess.Popen(
                    [
                        sys.executable, "-m", "flask", "redif", "source", "read", code,
                        "--claim", token,
                    ],
                    cwd=ROOT, env={**os.environ, "FLASK_APP": "app"},
                    stdout=subprocess.DEVNULL,
                )  # fmt: skip
            return
        exit_code = self._process.poll()
        if exit_code is None:
            self._renew()
            return
        self._ended(error=f"The reading ended with exit code {exit_code}; the next completes it.")

    def end(self) -> None:
        """Stop what is being read; the next reading completes it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._ended(again=True)

    def _renew(self) -> None:
        if self.claim is not None:
            sources.renew(self.claim)

    def _ended(self, *, error: str | None = None, again: bool = False) -> None:
        """Release what its reader did not."""
        claim, self._process, self.claim = self.claim, None, None
        if claim is not None:
            sources.release(claim, error=error, again=again)


def erase_unconfirmed() -> None:
    """Requests that visitors did not confirm in time are gone, with their addresses."""
    now = utcnow()
    if visitors.lapsed_exist(now):
        with transaction():
            erased = visitors.erase_unconfirmed(now)
        current_app.logger.info("erased %d unconfirmed requests", erased)


def forget_drafts() -> None:
    """Drafts that are kept no longer go, whoever left them."""
    if drafts.outdated_exist():
        with transaction():
            gone = drafts.forget_outdated()
        current_app.logger.info("forgot %d drafts", gone)


def compare_references(
    stop: Callable[[], bool], seconds: float = COMPARING, part: tuple[int, int] = (1, 1)
) -> int:
    """What unlinked references may mean, for a while; how many were compared."""
    end, compared, new = time.monotonic() + seconds, 0, 0
    while time.monotonic() < end and not stop():
        references = next_to_compare(utcnow(), AT_ONCE, part)
        if not references:
            break
        found = potential.compare(references)
        db.session.rollback()  # to read took its time; what follows writes
        with transaction():
            new += potential.keep(found)
        compared += len(found)
    if new:
        current_app.logger.info("found %d potential citations", new)
    return compared


def reword() -> None:
    """Items are found by the corrected names of their series."""
    if describing.renamed_exist():
        describing.reword(transaction)
        current_app.logger.info("items are found by the new names of their series")


def round_of_work(name: str, stop: Stop, reading: Reading) -> None:
    """One round. Neither a mishap in one of its parts nor a database that is away for a moment
    ends the worker."""
    parts: tuple[Callable[[], object], ...] = (
        lambda: outbox.beat(name),
        lambda: watch_the_clock(stop),
        lambda: send_mails(stop),
        erase_unconfirmed,
        forget_drafts,
        lambda: compare_references(stop),
        reword,
        reading.go_on,
    )
    for part in parts:
        try:
            part()
        except OperationalError as error:
            current_app.logger.warning("the database is away: %s", error.orig)
            break
        except Exception:
            current_app.logger.exception("a part of the work failed; the others go on")
        finally:
            db.session.remove()


def send_mails(stop: Stop) -> None:
    """What is due in the outbox."""
    started = time.monotonic()
    sent = outbox.deliver_due(outbox.transport_of(current_app), stopped=stop)
    if sent:
        seconds = time.monotonic() - started
        current_app.logger.info("sent %d mails in %.1f s", sent, seconds)


def watch_the_clock(stop: Stop) -> None:
    """Reminders, escalations, ends: one transaction each, so that one mishap stops no other."""
    for proposal_id in deadlines.due():
        if stop():
            return
        try:
            with transaction():
                deadlines.act_when_due(proposal_id)
        except OperationalError:
            raise
        except Exception:
            current_app.logger.exception("the clock of proposal %d", proposal_id)
            with transaction():
                deadlines.put_off(proposal_id)
