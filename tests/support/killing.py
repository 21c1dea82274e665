"""The demonstration with a killer in it: SIGKILL at random moments, for every process and for the bidders' own client.

What is killed is started again by the demonstration itself; a bidder whose client died types its command again.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.recorder import Recorder
from web import config as configuration
from web.config import Config
from web.demo.after import After
from web.demo.house import House
from web.demo.pace import Pace
from web.demo.play import Play
from web.demo.proof import Proof
from web.demo.stage import Ran, Stage
from web.demo.tell import Teller

# Rather often those that hold the platform's state; each institution as often as another.
WEIGHTS: Final = {"office": 4, "box": 4, "worker": 4, "live": 2, "custodian": 2, "witness": 2, "contributor": 1}
RESUMED: Final = ("take-tickets", "submit", "replace", "withdraw", "supply")
# Seconds from one kill to the next, before the deadline and after it: the opening is quick.
_BEFORE: Final = (0.5, 8.0)
_AFTER: Final = (0.5, 6.0)
_CLIENT_LIVES: Final = (0.3, 1.6)  # seconds
_SLOWNESS: Final = 6  # times the time that house and registrations took
_CLIENT_SHARE: Final = 0.06  # of the bidders' commands


@dataclass(frozen=True)
class Kill:
    """`after`: seconds since the first process was started."""

    after: float
    name: str
    pid: int


@dataclass
class Killer:
    """Kills `count` times, half of them before the deadline.

    The seed gives pauses and choices; what they meet depends on the machine.
    """

    stage: Stage
    dice: random.Random
    count: int
    done: list[Kill] = field(default_factory=list)
    opening: bool = False
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    begun: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Begins."""
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends."""
        self._over.set()
        self._thread.join()

    def allowed(self) -> bool:
        """Whether one more may be killed."""
        return len(self.done) < (self.count if self.opening else self.count // 2)

    def kill(self, name: str, pid: int) -> None:
        """SIGKILL for a process that this demonstration started."""
        with self._lock:
            if self.allowed():
                os.kill(pid, signal.SIGKILL)
                self.done.append(Kill(round(time.monotonic() - self.begun, 2), name, pid))

    def _run(self) -> None:
        while not self._over.wait(self.dice.uniform(*(_AFTER if self.opening else _BEFORE))):
            names = [name for name, one in self.stage.processes.items() if one.running and one.wanted]
            if names:
                weights = [WEIGHTS[name.partition("-")[0]] for name in names]
                (name,) = self.dice.choices(names, weights)
                pids = [self.stage.processes[name].popen.pid, *children_of(self.stage.processes[name].popen.pid)]
                self.kill(name, self.dice.choice(pids))


class KillStage(Stage):
    """A stage on which some of the bidders' commands are processes of their own, killed and typed again."""

    def __init__(self, logs: Path, seed: int, count: int) -> None:
        super().__init__(logs)
        self._dice = random.Random(f"client {seed}")
        self.killer = Killer(self, random.Random(f"killer {seed}"), count)

    def command(self, *args: str, expect: int = 0) -> Ran:
        """As `Stage.command`."""
        if args[0] in RESUMED and expect == 0 and self.killer.allowed() and self._dice.random() < _CLIENT_SHARE:
            self._cut(args)
        return super().command(*args, expect=expect)

    def _cut(self, args: tuple[str, ...]) -> None:
        child = subprocess.Popen(
            [sys.executable, "-m", "web.cli.main", *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            child.wait(self._dice.uniform(*_CLIENT_LIVES))
        except subprocess.TimeoutExpired:
            self.killer.kill(f"client {args[0]}", child.pid)
        child.wait()


class KillHouse(House):
    """A house whose office and box are reached over wires that write down every acknowledgement."""

    def set_up(self) -> None:
        """As `House.set_up`, then lays the wires."""
        super().set_up()
        self.wires = {}
        for name in ("office", "box"):
            self.wires[name] = Recorder(int(getattr(self, name).rpartition(":")[2]))
            setattr(self, name, self.wires[name].url)

    def close(self) -> None:
        """Takes the wires away."""
        for wire in getattr(self, "wires", {}).values():
            wire.close()


class KillPlay(Play):
    """A tender whose deadline leaves the more time, the slower the machine proved to be until it was published."""

    def _publish(self) -> None:
        spent = time.monotonic() - self.house.stage.killer.begun  # type: ignore[attr-defined]  # it is a KillStage
        self.seconds = max(self.seconds, int(spent * _SLOWNESS))
        super()._publish()

    def _late(self) -> None:
        super()._late()
        self.house.stage.killer.opening = True  # type: ignore[attr-defined]  # as above


@dataclass(frozen=True)
class Killed:
    """A demonstration that came to its end all the same."""

    play: Play
    house: KillHouse
    after: After
    proof: Proof
    kills: list[Kill]

    @property
    def config(self) -> Config:
        """The platform's configuration."""
        return configuration.read(self.house.config)


def play(folder: Path, seed: int, kills: int, *, bids: int, bidding_seconds: int) -> Killed:
    """Plays the demonstration in `folder` with so many kills; raises `Broken` where it does not come to its end."""
    stage = KillStage(folder / "logs", seed, kills)
    house = KillHouse(folder.resolve(), stage)
    played = KillPlay(house, Teller(("en",)), Pace(slow=False), 2, bidding_seconds, seed, bids)
    stage.killer.start()
    try:
        played.to_the_deadline()
        after = After(played)
        after.run()
        proof = Proof(after)
        proof.run()
    finally:
        stage.killer.stop()
        stage.stop()
        house.close()
        for kill in stage.killer.done:
            print(f"killed after {kill.after:6.2f} s: {kill.name}")
    return Killed(played, house, after, proof, stage.killer.done)


def children_of(pid: int) -> list[int]:
    """The pids of a process's children: gunicorn's own workers."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []  # it ended meanwhile
