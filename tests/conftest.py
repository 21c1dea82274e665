"""Fixtures that every test may ask for."""

from __future__ import annotations

import random
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import published
from tests.support.browser import Fence, executable, launch
from tests.support.network import guarded
from tests.support.postgres import Cluster
from tests.support.processes import Children
from tests.support.sampling import LONG, rng_for

# Prepares an empty database (its URL) as the tests of a folder need it.
Schema = Callable[[str], None]

HERE: Final = Path(__file__).parent

settings.register_profile("short", max_examples=60, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("long" if LONG else "short")

# A machine with other work to do is slow, and none of its pages is wrong for that.
expect.set_options(timeout=30_000)

# Folders whose files take minutes, browsers and processes, in the order in which they begin; the others end the run.
LONG_FILES: Final = ("e2e", "anonymity", "faults", "forgeries", "integration")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: a worker has whole files, and only short ones at the end leave no worker without one."""

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(HERE).parts[0]
        return LONG_FILES.index(folder) if folder in LONG_FILES else len(LONG_FILES)

    items.sort(key=rank)


def pytest_report_header() -> str:
    """What of the published results this run compares with."""
    return published.header()


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """No test of this process reaches another machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
        yield


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """A generator seeded by the run's seed and the test's name; the seed is printed."""
    return rng_for(request.node.nodeid)


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Children]:
    """Starts child processes; ends what still runs after the test."""
    children = Children(tmp_path)
    yield children
    children.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """This worker's own PostgreSQL cluster."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def schema() -> Schema:
    """Makes an empty database (its URL) ready; a folder's conftest overrides it, for instance with the migrations."""
    return lambda _url: None


@pytest.fixture(scope="session")
def postgres_template(postgres: Cluster, schema: Schema) -> str:
    """The database that `postgres_url` copies: `schema` is applied once a worker."""
    name = postgres.create()
    schema(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> Path:
    """The file that `sqlite_url` copies: `schema` is applied once a worker."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    schema(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgres_url(postgres: Cluster, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own, with the schema."""
    name = postgres.create(postgres_template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An SQLite file of the test's own, with the schema."""
    path = tmp_path / "database.db"
    if sqlite_template.exists():
        shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own, with the schema, on SQLite and on PostgreSQL in turn."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    return str(request.getfixturevalue(name))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, on SQLite and on PostgreSQL in turn: for the migrations."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    return executable()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium a worker."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own; a page that asks anybody but loopback fails its test."""
    context = browser.new_context()
    fence = Fence(context)
    opened = context.new_page()
    yield opened
    context.close()
    assert fence.refused == []
