"""The server's commands: `mingjing platform …`, `mingjing serve …`, `mingjing check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from web.config import Config

_CONFIG: Final = click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The platform's configuration file (platform.toml).",
)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def platform() -> None:
    """Set a platform up and look after it."""


@platform.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), required=True, help="Created if missing.")
@click.option("--origin", required=True, help="The log's name, for instance bids.example.gov.cn/log.")
@click.option("--demonstration", is_flag=True, help="Periods of seconds are lawful here and nowhere else.")
@click.option("--interval-ms", default=60_000, show_default=True, help="Length of a box minute.")
@click.option("--grace-ms", default=120_000, show_default=True, help="How long a minute may wait for witnesses.")
@click.option("--database", default="", help="SQLAlchemy address; SQLite in the folder if not given.")
@click.option("--office-port", default=8000, show_default=True)
@click.option("--box-port", default=8001, show_default=True)
@click.option("--live-port", default=8002, show_default=True)
@click.option("--office-url", default="", help="Under which address browsers reach the office.")
@click.option("--box-url", default="", help="Under which address browsers reach the box.")
@click.option("--live-url", default="", help="Under which address browsers reach the live process.")
@click.option("--poll-ms", default=1_000, show_default=True, help="How often the worker looks.")
@click.option("--challenge-every-s", default=3_600, show_default=True, help="How often custodians prove their keys.")
@click.option("--requests-per-minute", default=600, show_default=True, help="Of one caller of the office.")
@click.option("--access-log-key", default="", help="X25519 key (hex) the box's access log is sealed to.")
def init(  # noqa: PLR0913, PLR0917 - one option each
    folder: Path,
    origin: str,
    demonstration: bool,  # noqa: FBT001 - click hands options over by name
    interval_ms: int,
    grace_ms: int,
    database: str,
    office_port: int,
    box_port: int,
    live_port: int,
    office_url: str,
    box_url: str,
    live_url: str,
    poll_ms: int,
    challenge_every_s: int,
    requests_per_minute: int,
    access_log_key: str,
) -> None:
    """Create a platform: folder, keys, tables, the first event of its log."""
    from web import config, platform

    document = platform.sections(
        origin,
        demonstration=demonstration,
        interval_ms=interval_ms,
        grace_ms=grace_ms,
        database=database,
        office={"port": office_port, "requests_per_minute": requests_per_minute},
        box={"port": box_port, "access_log_key": access_log_key},
        worker={"poll_ms": poll_ms, "challenge_every_s": challenge_every_s},
        live={"port": live_port},
        public={"office": office_url, "box": box_url, "live": live_url},
    )
    path = folder / config.NAME
    made = platform.initialise(path, document)
    click.echo(json.dumps({"config": str(path), **platform.keys(made)}, indent=2))


@platform.command()
@_CONFIG
@click.option("--institutions", type=_FILE, required=True, help="JSON: witnesses, custodians, contributors, …")
def trust(config_path: Path, institutions: Path) -> None:
    """Write the trust file: this platform's keys and the institutions'. Hand it to people by another way."""
    from web import platform

    config = _read(config_path)
    platform.write_trust(config, institutions.read_bytes())
    click.echo(str(config.folders.trust))


@platform.command()
@_CONFIG
def migrate(config_path: Path) -> None:
    """Bring the database's tables to this version."""
    from web import platform

    platform.migrate(_read(config_path))
    click.echo("migrated")


@platform.command()
@_CONFIG
@click.option("--request", type=_FILE, required=True, help="JSON: {parties: [{…, people: [{role, key}]}]}.")
def enrol(config_path: Path, request: Path) -> None:
    """Register the first organisations and people. Prints their tokens, this once."""
    from web import platform

    click.echo(json.dumps(platform.enrol(_read(config_path), request.read_bytes()), indent=2))


@platform.command()
@_CONFIG
@click.option("--person", required=True, help="Whose account it is: an id, as `platform enrol` gave it.")
@click.option("--name", required=True, help="The name to sign in with: 3 to 64 of a-z, 0-9 and . _ @ + -")
def account(config_path: Path, person: str, name: str) -> None:
    """Make a login for a person in a browser. Prints its password, this once."""
    from web import services
    from web.account import linking

    config = _read(config_path)
    at = services.compose(config, config.database.owner)
    try:
        password = linking.open_login(at, person, name)
    finally:
        at.engine.dispose()
    click.echo(json.dumps({"name": name, "password": password}, indent=2))


@platform.command()
@_CONFIG
def routes(config_path: Path) -> None:
    """List every route of the office, and who may call it."""
    from web import access
    from web import serve as composition

    app = composition.office(_read(config_path))
    click.echo(access.table(app))
    app.extensions["mingjing"].engine.dispose()


@click.command()
@click.argument("process", type=click.Choice(["office", "box", "worker", "live"]))
@_CONFIG
def serve(process: str, config_path: Path) -> None:
    """Run the office, the box, the worker or the live process until told to stop."""
    from web import serve as composition

    composition.run(next(one for one in composition.PROCESSES if one == process), config_path)


@click.command()
@_CONFIG
def check(config_path: Path) -> None:
    """Fold the whole ledger again and compare it with every table. Exit status 1 if anything differs."""
    from ledger.store.engine import create_engine
    from web import check as checking
    from web import words

    config = _read(config_path)
    found = checking.run(create_engine(config.database.owner), config)
    for line in found.done:
        click.echo(f"ok    {line}")
    for problem in found.problems:
        click.echo(f"FAIL  {words.say(problem.code, problem.params, 'en')}")
    raise SystemExit(1 if found.problems else 0)


def _read(path: Path) -> Config:
    from web import config

    return config.read(path)
