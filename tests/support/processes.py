"""Child processes of a test: started, awaited by their ready line, read, ended by their own pid."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.support.tree import ROOT
from tests.support.waiting import wait_until

GRACE: Final = 10  # seconds a process has to end by itself
BINARY: Final = Path(sys.executable).with_name("mingjing")


def with_parent(command: Sequence[str]) -> list[str]:
    """`command`, ended by the kernel when the test run dies; as it is where setpriv is missing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else list(command)


def memory(pid: int, name: str) -> int:
    """`VmRSS` (now) or `VmHWM` (peak since `forget_peak`) of a process, bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"{name} of {pid} is not known")


def forget_peak(pid: int) -> None:
    """Lets a process's peak of memory begin at what it holds now (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def served_box(processes: Children, config: Path) -> tuple[Child, tuple[str, int], int]:
    """The box as a process: itself, its address, and the pid of gunicorn's worker, the one that answers."""
    box = processes.start(BINARY, "serve", "box", "--config", config, name="box")
    address = box.wait_for(r"^box ready http://([\d.]+):(\d+)$")
    children = Path(f"/proc/{box.pid}/task/{box.pid}/children")
    (worker,) = wait_until(lambda: children.read_text().split(), "gunicorn's worker")
    return box, (address[1], int(address[2])), int(worker)


class Child:
    """One running process whose output (both streams) goes to one log file."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path = ROOT,
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        """Start `command` in `folder` with `environment` added to this process's own."""
        self.command = [str(part) for part in command]
        self.log = log
        with log.open("ab") as out:
            self._popen = subprocess.Popen(
                with_parent(self.command),
                cwd=folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative is the signal that ended it."""
        return self._popen.poll()

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern: str, seconds: float = 20) -> re.Match[str]:
        """The first match of `pattern` (multiline) in the output. AssertionError with the log if it ends or is late."""
        found = re.compile(pattern, re.MULTILINE)

        def look() -> re.Match[str] | None:
            ended = self.exit_code
            match = found.search(self.output)
            if match is None and ended is not None:
                raise AssertionError(f"{self.command} ended with {ended} before it wrote {pattern!r}:\n{self.output}")
            return match

        try:
            return wait_until(look, f"{pattern!r} from {self.command}", seconds)
        except AssertionError as exc:
            raise AssertionError(f"{exc}\n{self.output}") from None

    def wait(self, seconds: float = 60) -> int:
        """The exit code. Kills it and raises AssertionError after `seconds`."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.command} still ran after {seconds} s:\n{self.output}") from None

    def kill(self) -> None:
        """SIGKILL: the machine fails."""
        self._popen.kill()
        self._popen.wait(GRACE)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; kill it if it does not within `GRACE` seconds. The exit code."""
        if self.exit_code is None:
            self._popen.send_signal(how)
            try:
                self._popen.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._popen.wait(GRACE)


class Children:
    """The processes of one test; whatever still runs at its end is stopped, last started first."""

    def __init__(self, folder: Path) -> None:
        """Logs go to `folder`."""
        self.folder = folder
        self.started: list[Child] = []

    def start(self, *command: str | Path, environment: Mapping[str, str] | None = None, name: str = "") -> Child:
        """Start one more; its log is `NAME-NUMBER.log`."""
        log = self.folder / f"{name or Path(command[0]).name}-{len(self.started)}.log"
        child = Child(command, log, environment=environment)
        self.started.append(child)
        return child

    def stop(self) -> None:
        """End all, and print their logs: pytest shows them where the test failed."""
        for child in reversed(self.started):
            code = child.stop()
            print(f"--- {child.command} ended with {code}:\n{child.output}")
