"""`flask demo`: the first run on SQLite with the sample archive, and its accounts."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from flask_migrate import upgrade
from flask_security.utils import hash_password
from sqlalchemy import delete, select, update

from correction_flow.accounts import operations as accounts
from correction_flow.accounts.models import Address, RoleName, User
from correction_flow.accounts.queries import account_of, demo_accounts_exist
from correction_flow.catalog.models import SavedItem
from correction_flow.config import ROOT
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.corrections.models import Draft
from correction_flow.upstream import sources
from correction_flow.upstream.importer import import_path

demo = AppGroup("demo", help="The demonstration: sample archive and accounts.")

SAMPLE_EVERY = 24
PEOPLE = (
    ("alice@example.org", "Alice Author", None, "author"),
    ("mara@example.org", "Mara Maintainer", None, "maintainer of the MDPI archive"),
    ("cora@example.org", "Cora Curator", RoleName.CURATOR, "curator"),
    ("ada@example.org", "Ada Administrator", RoleName.ADMINISTRATOR, "administrator"),
)


@demo.command()
def load() -> None:
    """Bring the database up to date, load the sample archive, make the accounts."""
    _refuse_production()
    password = prepare()
    click.echo(_accounts_text(password))


@demo.command()
@click.option("--port", default=5000, envvar="PORT", show_default=True)
def run(port: int) -> None:
    """Load, then serve the pages and run the worker until Ctrl-C."""
    _refuse_production()
    _refuse_taken(port)
    password = prepare()
    db.session.remove()
    db.engine.dispose()
    environment = {**os.environ, "PORT": str(port), "FLASK_APP": "app"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{port}",
             "--log-level", "warning", "app:app"],
            cwd=ROOT, env=environment,
        ),
        subprocess.Popen(
            [sys.executable, "-m", "flask", "work", "run"], cwd=ROOT, env=environment
        ),
    ]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    click.echo(
        f"\nCorrection Flow is at {address}\n"
        f"Mail of this demonstration stays on this machine; read it at {address}/mailbox\n\n"
        f"{_accounts_text(password)}\nCtrl-C ends it.\n"
    )
    sys.stdout.flush()
    raise SystemExit(_wait(processes))


@demo.command()
def remove() -> None:
    """Close the demonstration's accounts, so that the database can serve in production."""
    with transaction() as session:
        ids = list(session.scalars(select(User.id).where(User.demo)))
        session.execute(delete(Address).where(Address.user_id.in_(ids)))
        session.execute(delete(Draft).where(Draft.user_id.in_(ids)))
        session.execute(delete(SavedItem).where(SavedItem.user_id.in_(ids)))
        session.execute(
            update(User)
            .where(User.id.in_(ids))
            .values(demo=False, active=False, password=None, confirmed_at=None)
        )
    click.echo(f"Closed {len(ids)} accounts of the demonstration.")


def prepare() -> str | None:
    """Database, sample and accounts as a first run needs them; the password if it is new."""
    upgrade()
    for folder in sorted((ROOT / "sample").iterdir()):
        if folder.is_dir():
            summary = import_path(folder)
            with transaction():
                sources.name(folder.name, str(folder), SAMPLE_EVERY).next_at = utcnow() + timedelta(
                    hours=SAMPLE_EVERY
                )
            if summary.changed:
                items = summary.items["new"] + summary.items["changed"]
                click.echo(f"Loaded {summary.archive}: {items} items")
    return make_accounts()


def make_accounts() -> str | None:
    """The four people; their common password, or None where they exist already."""
    chosen = os.environ.get("DEMO_PASSWORD", "").strip()
    if demo_accounts_exist() and not chosen:
        return None
    password = chosen or secrets.token_urlsafe(9)
    hashed = hash_password(password)
    with transaction():
        for email, name, role, _ in PEOPLE:
            user = account_of(email)
            if user is not None:
                user.password = hashed
                continue
            user = accounts.create_user(
                name=name, email=email, password_hash=hashed, verified=True, demo=True
            )
            if role is not None:
                accounts.give_role(user, role)
    _password_file().parent.mkdir(parents=True, exist_ok=True)
    _password_file().write_text(password)
    _password_file().chmod(0o600)
    return password


def _password_file() -> Path:
    return Path(current_app.config["INSTANCE_DIR"]) / "demo_password"


def _accounts_text(password: str | None) -> str:
    if password is None and _password_file().exists():
        password = _password_file().read_text().strip()
    lines = [f"  {email:<20} {what}" for email, _, _, what in PEOPLE]
    known = f"all with the password {password}" if password else "with the password of before"
    return "Sign in as\n" + "\n".join(lines) + f"\n{known}"


def _refuse_production() -> None:
    if current_app.config["PRODUCTION"]:
        raise click.ClickException("The demonstration does not run in production.")


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise click.ClickException(
                f"Port {port} is in use. Take another: PORT={port + 1} make run"
            ) from None


def _wait(processes: list[subprocess.Popen[bytes]]) -> int:
    """Until one of them ends or somebody presses Ctrl-C; then end them all."""
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    code = 0
    while not stopping:
        ended = [p for p in processes if p.poll() is not None]
        if ended:
            code = ended[0].returncode or 1
            click.echo("A process ended by itself; ending the others.", err=True)
            break
        time.sleep(0.3)
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
    click.echo("\nEnded. `make run` starts it again.")
    return code
