"""A PostgreSQL cluster of the test run's own: unix socket only, nothing durable, gone at the end."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Final, Self

import psycopg
from psycopg import sql

from tests.support.processes import Child
from tests.support.waiting import wait_until

SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    # A test that leaves a lock behind must fail, not hang.
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}


def program(name: str) -> str:
    """The path of a PostgreSQL server program: on the PATH, or Debian's newest."""
    found = shutil.which(name)
    if found is None:
        versions = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
        found = max(map(str, versions), default=None, key=lambda path: float(Path(path).parts[-3]))
    if found is None:
        raise AssertionError(f"PostgreSQL's {name} is not installed: run `make test`, which installs it")
    return found


class Cluster:
    """A running cluster. PostgreSQL refuses to run as root, so root hands it to an unprivileged user."""

    def __init__(self) -> None:
        """Create the data folder and start the server; about a second."""
        # Not below pytest's own folder: that one is closed to other users. A socket's path must stay short, too.
        self.folder = Path(tempfile.mkdtemp(prefix="mingjing-pg-"))
        self.user, self.group = _unprivileged()
        if self.user is not None and self.group is not None:
            os.chown(self.folder, self.user, self.group)
        data = self.folder / "data"
        subprocess.run(
            [program("initdb"), "--no-sync", "-A", "trust", "-U", "mingjing", "-E", "UTF8", "--locale=C", "-D", data],
            check=True,
            capture_output=True,
            user=self.user,
            group=self.group,
            extra_groups=[] if self.user is not None else None,
            cwd=self.folder,
        )
        settings = {**SETTINGS, "unix_socket_directories": str(self.folder)}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.server = Child(
            [program("postgres"), "-D", data, *options],
            self.folder / "server.log",
            folder=self.folder,
            user=self.user,
            group=self.group,
        )
        wait_until(self._ready, "PostgreSQL")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://mingjing@/{database}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """A new database with the content of `template`; its name. Nobody may be connected to the template."""
        name = f"t{secrets.token_hex(6)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)),
        )
        return name

    def drop(self, database: str) -> None:
        """Remove a database, and whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def stop(self) -> None:
        """End the server (fast shutdown) and remove its folder."""
        self.server.stop(signal.SIGINT)
        shutil.rmtree(self.folder)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user="mingjing", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _ready(self) -> bool:
        if self.server.exit_code is not None:
            raise AssertionError(f"PostgreSQL did not start:\n{self.server.output}")
        try:
            with psycopg.connect(host=str(self.folder), user="mingjing", dbname="postgres"):
                return True
        except psycopg.OperationalError:
            return False


def _unprivileged() -> tuple[int | None, int | None]:
    if os.geteuid() != 0:
        return None, None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise AssertionError("root needs a user postgres or nobody to run PostgreSQL as")
