"""The processes of the demonstration, ended by their own pid; and commands run as a person types them."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import click

from web.cli import shell
from web.cli.main import main

T = TypeVar("T")

_GRACE: Final = 12  # seconds a process has to end by itself
_BETWEEN: Final = 0.1
_PORTS: Final = range(15_000, 30_000)
_LONGEST: Final = 300  # seconds a program that is run on its own may take
_SLOW: Final = 3  # times as long as usual: a machine may have other work to do
_PATIENCE: Final = 60  # seconds in which a person types a command again that did not reach the platform


class Broken(Exception):
    """Something did not happen as it should: the demonstration has failed."""


@dataclass(frozen=True)
class Ran:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


def command(*args: str, expect: int = 0) -> Ran:
    """Runs `mingjing ARGS` in this process, its output held back. `Broken` for another exit status than expected.

    Where the platform was not reached (exit status 4), the command is typed again, as its words tell a person to.
    """
    until = time.monotonic() + _PATIENCE
    while (ran := _typed(args)).status == shell.UNREACHABLE != expect and time.monotonic() < until:
        time.sleep(_BETWEEN)
    if ran.status != expect:
        raise Broken(f"mingjing {' '.join(args)}\nended with {ran.status}, not {expect}:\n{ran.out}{ran.err}")
    return ran


def _typed(args: Sequence[str]) -> Ran:
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main.main(["--lang", "en", *args], prog_name="mingjing", standalone_mode=False)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except click.ClickException as why:
            err.write(why.format_message())
            status = why.exit_code
    return Ran(status, out.getvalue(), err.getvalue())


def wait(what: Callable[[], T | None], about: str, seconds: float = 60) -> T:
    """What `what` gives once it is something; `Broken` when the time is up."""
    until = time.monotonic() + seconds * _SLOW
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > until:
            raise Broken(f"waited {seconds * _SLOW:.0f} s for {about}")
        time.sleep(_BETWEEN)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on at the moment.

    Not of those that the system gives to outgoing connections: while a process starts again, one could take its port.
    """
    found: list[int] = []
    while len(found) < count:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


@dataclass
class Process:
    """One running process; its output goes to `log`."""

    name: str
    command: list[str]
    log: Path
    popen: subprocess.Popen[bytes] = field(init=False)
    wanted: bool = field(init=False, default=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Starts it (again)."""
        with self._lock:
            self.wanted = True
            self._spawn()

    def revive(self) -> None:
        """Starts it again if something killed it. One that ended by itself is left to `Stage.check`."""
        with self._lock:
            ended = self.popen.poll()
            if self.wanted and ended is not None and ended < 0:
                with self.log.open("a", encoding="utf-8") as out:
                    out.write(f"--- {self.name} was killed by signal {-ended} and is started again\n")
                self._spawn()

    def _spawn(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            # A process group of its own: Ctrl-C reaches the demonstration alone, which then ends each by its pid.
            self.popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    @property
    def broken(self) -> bool:
        """Whether it ended by itself, and not well."""
        return (self.popen.poll() or 0) > 0

    def said(self, text: str) -> bool:
        """Whether its log holds this text; `Broken` if it has ended."""
        found = text in self.log.read_text("utf-8", errors="replace")
        if not found and self.broken:
            raise Broken(f"{self.name} ended with {self.popen.returncode}:\n{self.tail()}")
        return found

    def tail(self, lines: int = 25) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """Asks it to end, and ends it if it does not."""
        with self._lock:
            self.wanted = False
        if not self.running:
            return
        self.popen.send_signal(signal.SIGTERM)
        try:
            self.popen.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(_GRACE)


class Stage:
    """All processes of one demonstration. One that is killed is started again, as a service manager would do."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.processes: dict[str, Process] = {}
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._revive, name="stage", daemon=True)

    def command(self, *args: str, expect: int = 0) -> Ran:
        """Runs a bidder's command, see `command`."""
        return command(*args, expect=expect)

    def start(self, name: str, *args: str) -> Process:
        """Starts `mingjing ARGS` as a process of its own."""
        made = Process(name, [sys.executable, "-m", "web.cli.main", *args], self.logs / f"{name}.log")
        self.processes[name] = made
        if not self._watch.is_alive() and not self._over.is_set():
            self._watch.start()
        return made

    def check(self) -> None:
        """`Broken` if a process ended by itself."""
        for name, process in self.processes.items():
            if process.broken:
                raise Broken(f"{name} ended with {process.popen.returncode}:\n{process.tail()}")

    def stop(self) -> None:
        """Ends exactly the processes started here, last started first."""
        self._over.set()
        if self._watch.is_alive():
            self._watch.join()
        living = [process for process in reversed(self.processes.values()) if process.running]
        for process in living:
            process.popen.send_signal(signal.SIGTERM)
        for process in living:
            process.stop()

    def _revive(self) -> None:
        while not self._over.wait(_BETWEEN):
            for process in list(self.processes.values()):
                process.revive()


class Outside:
    """`mingjing ARGS` as a process of its own, of which only the end matters."""

    def __init__(self, *args: str) -> None:
        self.args = args
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "web.cli.main", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def end(self, *expect: int) -> Ran:
        """What it said; `Broken` for another exit status than the expected."""
        try:
            out, err = self._popen.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired as exc:
            self._popen.kill()
            raise Broken(f"mingjing {' '.join(self.args)} did not end in {_LONGEST} s") from exc
        if self._popen.returncode not in expect:
            raise Broken(f"mingjing {' '.join(self.args)}\nended with {self._popen.returncode}:\n{out}{err}")
        return Ran(self._popen.returncode, out, err)
