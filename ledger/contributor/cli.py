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


@contributor.command("init")
@commands.folder_option
@click.option("--id", "id_", required=True, help="The party's id in the trust file and in notices.")
@click.option("--trust", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A trust file that has us.")
@commands.passphrase_option
def _init(root: Path, id_: str, trust: Path | None, passphrase_file: Path | None) -> None:
    """Make a folder with a fresh secret; show its backup words and the public key for the trust file."""
    phrase = commands.passphrase(passphrase_file, confirm=True)
    folder, words = commands.make(root, "contributor", id_, phrase, trust=trust)
    commands.show_words(words)
    click.echo(f"identity key: {folder.public()[2]}")


@contributor.command("restore")
@commands.folder_option
@click.option("--id", "id_", required=True, help="The party's id in the trust file and in notices.")
@click.option("--trust", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The trust file.")
@click.option("--words-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The 24 words.")
@commands.passphrase_option
def _restore(root: Path, id_: str, trust: Path | None, words_file: Path | None, passphrase_file: Path | None) -> None:
    """Make a folder again from its backup words. Of what was given before the log counts the first."""
    text = words_file.read_text(encoding="utf-8") if words_file else click.prompt("The 24 words", hide_input=True)
    phrase = commands.passphrase(passphrase_file, confirm=True)
    folder, _ = commands.make(root, "contributor", id_, phrase, words=text, trust=trust)
    click.echo(f"identity key: {folder.public()[2]}")


@contributor.command("trust")
@commands.folder_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def _trust(root: Path, file: Path) -> None:
    """Put a trust file into the folder."""
    click.echo(f"trust file: {Folder(root).put_trust(file.read_bytes()).fingerprint}")


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
