"""`flask mail`: what comes back."""

from __future__ import annotations

from typing import BinaryIO

import click
from flask.cli import AppGroup

from correction_flow.core import bounces, outbox
from correction_flow.core.transaction import transaction

LONGEST = 5_000_000
"""Bytes of a report that are read."""

mail = AppGroup("mail", help="Mail that comes back.")


@mail.command()
@click.argument("report", type=click.File("rb"), default="-")
def bounce(report: BinaryIO) -> None:
    """Read a delivery report (RFC 3464), for a mail server to call: `flask mail bounce < report`.

    Marks the address, and starts what follows when nobody at a desk can be reached. What is no
    report about a mail of ours is left alone, and so is one that was noted before.
    """
    found = bounces.read(report.read(LONGEST))
    noted = False
    if found is not None:
        with transaction():
            noted = outbox.came_back(found.message_id, found.reason)
    click.echo("Noted." if noted else "This is no report about a mail of ours that failed.")
