"""Fixtures: each test that needs a database runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from correction_flow import create_app
from correction_flow.core.extensions import db
from tests.cast import Cast
from tests.databases import Postgresql, Sqlite, settings

ALL = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=[*ALL, "both"], default="both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_name" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--database")
        names = ALL if asked == "both" else (asked,)
        metafunc.parametrize("database_name", names, scope="session")


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    made: dict[str, object] = {}
    yield made
    for database in made.values():
        if isinstance(database, Postgresql):
            database.close()


@pytest.fixture
def database_uri(
    database_name: str,
    databases: dict[str, Sqlite | Postgresql],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a database of this test alone, at head."""
    if database_name not in databases:
        folder = tmp_path_factory.mktemp(database_name)
        made = {"sqlite": Sqlite, "postgresql": Postgresql}[database_name]
        databases[database_name] = made(folder)
    with databases[database_name].fresh() as uri:
        yield uri


@pytest.fixture
def app(database_uri: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on this test's database, within its context."""
    app = create_app(settings(database_uri, tmp_path))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The catalogue and the people most tests play with."""
    return Cast(app)


@pytest.fixture(scope="session")
def real_archives() -> Path:
    """The real archives, or a skip that says where to get them."""
    named = os.environ.get("REDIF_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data" / "redif"
    if not folder.is_dir():
        pytest.skip("the real archives are not here: set REDIF_DATA")
    return folder
