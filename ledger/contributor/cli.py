"""`mingjing contributor …`: what a party that gives randomness types."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.contributor.process import opened
from ledger.institution import commands
from ledger.institution.folder import Folder
from ledger.institution.journal import peek
from ledger.institution.platform import Platform


@click.group("contributor")
def contributor() -> None:
    """Give randomness that nobody can know or withhold."""


# A contributor notes nothing when it is restored: of what was given before, the log counts the first.
for _command in commands.folder_commands("contributor", "party", lambda _folder: None):
    contributor.add_command(_command)


@contributor.command("run")
@commands.folder_option
@commands.passphrase_option
@commands.run_options
def _run(root: Path, passphrase_file: Path | None, url: str, interval: float, *, once: bool) -> None:
    """Look at the log and seal a random value wherever a notice asks for ours."""
    folder = Folder(root)
    who = folder.unlock(commands.passphrase(passphrase_file))
    patience = commands.patience(interval)
    with opened(folder, who, Platform(url), say=click.echo, backoff=patience) as step:
        click.echo(f"{who.id} watches {url}")
        commands.loop(step, interval, once=once)


@contributor.command("status")
@commands.folder_option
def _status(root: Path) -> None:
    """Say who we are and how many contributions we gave."""
    folder = Folder(root)
    _, id_, key = folder.public()
    click.echo(f"{id_}\nidentity key: {key}\ncontributions: {len(peek(folder.state))}")
