"""What every client command shares: language, words, progress, exit statuses.

Exit statuses: 0 done · 1 refused, with the code and its words · 2 wrong use · 4 the platform was not reached.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ledger.basics.errors import Refusal
from web import texts, words
from web.words import Lang

REFUSED: Final = 1
UNREACHABLE: Final = 4
_SAID: Final = 4  # failures after which a person is told why it takes so long

F = TypeVar("F", bound=Callable[..., Any])


def language(asked: str | None) -> Lang:
    """The language asked for, else the locale's: Chinese where it begins with zh."""
    found = asked or next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "zh" if found.startswith("zh") else "en"


def lang() -> Lang:
    """The language of the command that runs."""
    context = click.get_current_context(silent=True)
    while context is not None:
        if context.obj in words.LANGS:
            return cast(Lang, context.obj)
        context = context.parent
    return language(None)


def say(code: str, /, **params: object) -> None:
    """One sentence on standard output, in the command's language."""
    click.echo(words.say(code, params, lang()))


def when(value: str) -> str:
    """A time text of ours as people read it: Beijing time, to the second."""
    return words.say("client.time", {"time": texts.time(value)}, lang())


def report(why: Refusal, said: Lang) -> int:
    """Says a refusal on standard error, its code behind it; the exit status."""
    click.echo(f"{words.say(why.code, why.params, said)} [{why.code}]", err=True)
    return UNREACHABLE if why.code == "http.unreachable" else REFUSED


def pause(failed: int) -> None:
    """Waits after the n-th failure to reach the platform; says so where it takes long."""
    # A line that was just cut is often back at once, seldom within the second.
    if failed == _SAID:
        click.echo(words.say("client.trying_again", {}, lang()), err=True)
    time.sleep(min(0.2 * 2 ** (failed - 1), 10))


def wait(seconds: int) -> None:
    """Waits as long as a busy server asks for, and says so."""
    click.echo(words.say("client.server_busy", {"seconds": seconds}, lang()), err=True)
    time.sleep(seconds)


def in_words(command: F) -> F:
    """A Refusal ends the command with words, its code and an exit status."""

    @wraps(command)
    def run(*args: object, **given: object) -> object:
        try:
            return command(*args, **given)
        except Refusal as why:
            raise SystemExit(report(why, lang())) from why

    return cast(F, run)


def folder(*, must_exist: bool = False) -> click.Path:
    """A folder's path."""
    return click.Path(file_okay=False, exists=must_exist, path_type=Path)


def file(*, must_exist: bool = True) -> click.Path:
    """A file's path."""
    return click.Path(dir_okay=False, exists=must_exist, path_type=Path)


Advance = Callable[[int], None]


@contextmanager
def progress(label: str, total: int, done: int = 0) -> Iterator[Advance]:
    """A bar on a terminal; elsewhere one line at the beginning and one for each tenth. Gives what moves it on."""
    if sys.stdout.isatty():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console()) as bars:
            task = bars.add_task(label, total=total, completed=done)
            yield lambda count: bars.advance(task, count)
        return
    state = {"done": done, "said": done * 10 // total if total else 10}

    def advance(count: int) -> None:
        state["done"] += count
        tenth = state["done"] * 10 // total if total else 10
        if tenth > state["said"]:
            state["said"] = tenth
            click.echo(f"{label} {tenth * 10}%")

    yield advance
