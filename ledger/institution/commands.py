"""What the command lines of institutions share: the pass phrase, the folder, the loop and its end.

A Refusal goes through: whoever composes the command line has the words for it.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ledger.basics.ids import Entropy, system_entropy
from ledger.institution import folder as folders
from ledger.institution.backoff import LONGEST, Backoff
from ledger.institution.folder import Folder, Role
from ledger.sealed import backup

F = TypeVar("F", bound=Callable[..., Any])

VARIABLE: Final = "MINGJING_PASSPHRASE"


def folder_option(command: F) -> F:
    """`--folder`: the institution's folder."""
    return click.option(
        "--folder", "root", type=click.Path(path_type=Path), required=True, help="The institution's own folder."
    )(command)


def passphrase_option(command: F) -> F:
    """`--passphrase-file`; without it the environment variable, then a prompt."""
    return click.option(
        "--passphrase-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"Reads the pass phrase from a file; else from ${VARIABLE}, else it is asked for.",
    )(command)


def run_options(command: F) -> F:
    """`--platform`, `--once`, `--interval`."""
    command = click.option("--interval", default=5.0, show_default=True, help="Seconds between two looks.")(command)
    command = click.option("--once", is_flag=True, help="Look once and end.")(command)
    return click.option("--platform", "url", required=True, help="The platform's address.")(command)


def passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """The pass phrase from a file, the environment or a prompt."""
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    given = os.environ.get(VARIABLE)
    return given or str(click.prompt("Pass phrase", hide_input=True, confirmation_prompt=confirm))


def make(
    root: Path,
    role: Role,
    id: str,
    phrase: str,
    *,
    words: str | None = None,
    trust: Path | None = None,
    entropy: Entropy = system_entropy,
) -> tuple[Folder, list[str]]:
    """Make a folder with a fresh master, or the one of backup words; gives it and its words."""
    master = entropy(32) if words is None else backup.from_words(words)
    made = folders.create(root, role, id, master, phrase, entropy)
    if trust is not None:
        made.put_trust(trust.read_bytes())
    return made, backup.to_words(master)


def show_words(words: list[str]) -> None:
    """The 24 words, numbered, six a line."""
    click.echo("Write these words down, in this order, and keep them away from this machine.")
    for start in range(0, len(words), 6):
        click.echo("  " + "  ".join(f"{n + 1:2d} {words[n]:<10}" for n in range(start, start + 6)).rstrip())


def patience(interval: float) -> Backoff:
    """What did not work is first tried again at the next look."""
    return Backoff(timedelta(seconds=interval), max(LONGEST, timedelta(seconds=interval)))


def loop(step: Callable[[], None], interval: float, *, once: bool) -> None:
    """Do `step` until SIGTERM or SIGINT, or once. A step that is under way comes to its end."""
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    while not stop.is_set():
        step()
        if once:
            return
        stop.wait(interval)


def folder_commands(role: Role, whose: str, restored: Callable[[Folder], None]) -> tuple[click.Command, ...]:
    """`init`, `restore` and `trust`, the same for every institution.

    `whose`: what `--id` is the id of; `restored`: what a folder made again from its words has to note.
    """
    file = click.Path(exists=True, dir_okay=False, path_type=Path)
    id_option = click.option("--id", "id_", required=True, help=f"The {whose}'s id in the trust file.")

    @click.command("init")
    @folder_option
    @id_option
    @click.option("--trust", type=file, help="A trust file that has us.")
    @passphrase_option
    def init(root: Path, id_: str, trust: Path | None, passphrase_file: Path | None) -> None:
        """Make a folder with a fresh secret; show its backup words, once, and the public key for the trust file."""
        folder, words = make(root, role, id_, passphrase(passphrase_file, confirm=True), trust=trust)
        show_words(words)
        click.echo(f"identity key: {folder.public()[2]}")

    @click.command("restore")
    @folder_option
    @id_option
    @click.option("--trust", type=file, help="The trust file.")
    @click.option("--words-file", type=file, help="The 24 words.")
    @passphrase_option
    def restore(
        root: Path, id_: str, trust: Path | None, words_file: Path | None, passphrase_file: Path | None
    ) -> None:
        """Make a folder again from its backup words. What was done before is read from the log."""
        text = words_file.read_text(encoding="utf-8") if words_file else click.prompt("The 24 words", hide_input=True)
        phrase = passphrase(passphrase_file, confirm=True)
        folder, _ = make(root, role, id_, phrase, words=text, trust=trust)
        restored(folder)
        click.echo(f"identity key: {folder.public()[2]}")

    @click.command("trust")
    @folder_option
    @click.argument("file", type=file)
    def put_trust(root: Path, file: Path) -> None:
        """Put a trust file into the folder. Compare its fingerprint with other institutions, not with the platform."""
        click.echo(f"trust file: {Folder(root).put_trust(file.read_bytes()).fingerprint}")

    return init, restore, put_trust
