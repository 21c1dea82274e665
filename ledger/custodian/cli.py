"""`mingjing custodian …`: what an institution types."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from ledger.basics.errors import Refusal
from ledger.custodian.memory import Memory
from ledger.custodian.opened import opened
from ledger.custodian.rulebook import Rulebook
from ledger.institution import commands
from ledger.institution.folder import Folder
from ledger.institution.journal import Journal
from ledger.institution.platform import Platform
from ledger.sealed import backup
from ledger.trust import Trust


def group(rulebook: Callable[[Trust], Rulebook]) -> click.Group:
    """The commands; `rulebook` makes the rules of the parts from our trust file (given by whoever composes)."""

    @click.group("custodian")
    def custodian() -> None:
        """Hold shares of what is sealed, and open it when its time has come."""

    @custodian.command("run")
    @commands.folder_option
    @commands.passphrase_option
    @commands.run_options
    def run(root: Path, passphrase_file: Path | None, url: str, interval: float, *, once: bool) -> None:
        """Look at the log, answer what is asked, release what is due."""
        folder = Folder(root)
        who = folder.unlock(commands.passphrase(passphrase_file))
        patience = commands.patience(interval)
        with opened(folder, who, Platform(url), rulebook(folder.trust()), say=click.echo, backoff=patience) as process:
            click.echo(f"{who.id} watches {url}")
            commands.loop(process.step, interval, once=once)

    for command in (*commands.folder_commands("custodian", "institution", _restored), _status, _words):
        custodian.add_command(command)
    return custodian


def _restored(folder: Folder) -> None:
    """A restored custodian reads from the log what it signed before."""
    with Journal(folder.state) as journal:
        Memory.of(journal).note_restored()


@click.command("status")
@commands.folder_option
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def _status(root: Path, *, as_json: bool) -> None:
    """Say who we are, what we signed and what we released."""
    folder = Folder(root)
    _, id_, key = folder.public()
    memory = Memory.peek(folder.state)
    rows: list[dict[str, str]] = [
        {
            "tender": one.purpose.tender,
            "lot": one.purpose.lot,
            "part": one.purpose.part,
            "not_before": one.conditions.not_before,
            "state": "released" if memory.release(one.kid.hex()) else "signed",
            "kid": one.kid.hex(),
        }
        for one in memory.keysets()
    ]
    told = {"id": id_, "key": key, "trust": _fingerprint(folder), "keysets": rows}
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"{id_}\nidentity key: {key}\ntrust file: {told['trust']}")
    for row in rows:
        click.echo("  ".join(row.values()))


@click.command("words")
@commands.folder_option
@commands.passphrase_option
def _words(root: Path, passphrase_file: Path | None) -> None:
    """Show the backup words again."""
    who = Folder(root).unlock(commands.passphrase(passphrase_file))
    commands.show_words(backup.to_words(who.master))


def _fingerprint(folder: Folder) -> str:
    try:
        return folder.trust().fingerprint
    except Refusal as why:
        return str(why)
