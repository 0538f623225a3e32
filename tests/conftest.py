"""Fixtures: each test that needs a database runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings

from tests.cast import Cast
from tests.databases import Application, Postgresql, Sqlite

# How long it takes to think of an input says how busy the machine is, and nothing of the input.
settings.register_profile("here", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("here")

ALL = ("sqlite", "postgresql")
MEMORY = Path("/dev/shm")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=[*ALL, "both"], default="both")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_name" in metafunc.fixturenames:
        asked = metafunc.config.getoption("--database")
        names = ALL if asked == "both" else (asked,)
        metafunc.parametrize("database_name", names, scope="session")


@pytest.fixture(scope="session")
def databases() -> Iterator[Callable[[str], Sqlite | Postgresql]]:
    """The database of a name, made when it is first needed; all are gone at the end.

    Not in pytest's own folders: it deletes old ones, also those of a run beside this one. In memory
    where there is much of it, for to wait for a disk after every commit shows nothing here.
    """
    made: dict[str, Sqlite | Postgresql] = {}
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4 * 2**30
    with tempfile.TemporaryDirectory(
        prefix="flow-", dir=MEMORY if roomy else None, ignore_cleanup_errors=True
    ) as folder:

        def database(name: str) -> Sqlite | Postgresql:
            if name not in made:
                own = Path(folder) / name
                own.mkdir()
                made[name] = Sqlite(own) if name == "sqlite" else Postgresql(own)
            return made[name]

        yield database
        for one in made.values():
            one.close()


@pytest.fixture
def database_uri(
    request: pytest.FixtureRequest,
    database_name: str,
    databases: Callable[[str], Sqlite | Postgresql],
) -> Iterator[str]:
    """The address of a database of this test alone, at head; with the cast if the test has it."""
    with databases(database_name).fresh(cast="cast" in request.fixturenames) as uri:
        yield uri


@pytest.fixture(scope="session")
def applications(
    databases: Callable[[str], Sqlite | Postgresql],
) -> Iterator[Callable[[str], Application]]:
    """The application that all tests on a kind of database share, made when it is first needed."""
    made: dict[str, Application] = {}

    def application(name: str) -> Application:
        if name not in made:
            with databases(name).fresh() as uri:
                made[name] = Application(uri, databases(name).folder)
        return made[name]

    yield application
    for one in made.values():
        one.engine.dispose()


@pytest.fixture
def app(
    database_uri: str,
    database_name: str,
    applications: Callable[[str], Application],
    tmp_path: Path,
) -> Iterator[Flask]:
    """The application on this test's database, within its context."""
    with applications(database_name).on(database_uri, tmp_path) as app:
        yield app


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The catalogue and the people most tests play with."""
    return Cast(app)


@pytest.fixture(scope="session")
def real_archives() -> Path:
    """The real archives, or a skip that says where to get them."""
    named = os.environ.get("REDIF_DATA")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "data" / "redif"
    if not folder.is_dir() and os.environ.get("REQUIRE_ALL"):
        pytest.fail("the real archives are required here: set REDIF_DATA")
    if not folder.is_dir():
        pytest.skip("the real archives are not here: set REDIF_DATA")
    return folder
