"""The commands: `flask redif | accounts | work | mail | demo | db`."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang our command groups under `flask`."""
    from correction_flow.cli import accounts, demo, mail, redif, work

    for group in (accounts.accounts, demo.demo, mail.mail, redif.redif, work.work):
        app.cli.add_command(group)
