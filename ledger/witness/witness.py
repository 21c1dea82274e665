"""One witness of one log: what it saw last, and whether what it is shown now follows from it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import checkpoint, merkle
from ledger.basics import clock
from ledger.basics.canonical import canonical, members, parse_object
from ledger.basics.clock import Clock, system_clock
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.checkpoint import Checkpoint, Note, Signature, VerifierKey
from ledger.files import write_atomically
from ledger.log_client import LogClient

_Kind = Literal["rolled_back", "fork", "inconsistent"]


@dataclass(frozen=True)
class Outcome:
    """What a step did about the checkpoint of `size`: cosigned it, or found its cosignature there already."""

    done: Literal["cosigned", "nothing"]
    size: int


class Witness:
    """Cosigns a log's checkpoints after checking that each continues the last one it cosigned.

    The folder holds `state` (the last note it accepted) and `evidence/` (what it refused, and what it held then). The
    state is on disk before a cosignature exists, so that even after a crash it never signs two trees.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        key: Ed25519PrivateKey,
        log: VerifierKey,
        client: LogClient,
        now: Clock = system_clock,
    ) -> None:
        """`name`: the cosigner's name in signature lines; `log`: the log's key, whose name is the origin."""
        folder.mkdir(parents=True, exist_ok=True)
        self.verifier: Final = checkpoint.witness_key(name, key)
        self._folder, self._name, self._key = folder, name, key
        self._log, self._client, self._now = log, client, now

    @property
    def last(self) -> Checkpoint | None:
        """The checkpoint it accepted last, None before the first. Raises `Refusal("witness.bad_state")`."""
        note = self._state()
        return Checkpoint.parse_body(note.body) if note else None

    def step(self) -> Outcome:
        """Looks at the pending checkpoint once, and cosigns it if it continues what was seen.

        Raises `Refusal("witness.rolled_back")` for a smaller tree, `witness.fork` for another tree of the same size,
        `witness.inconsistent` for one that doesn't begin with the last: never signed, and the evidence kept. Also
        `http.*`, `checkpoint.*` and `signature.invalid` for what isn't a checkpoint of this log at all.
        """
        offered = checkpoint.parse_note(self._client.pending_note())
        head = checkpoint.check_log(offered, self._log)
        with self._alone():
            held = self._state()
            last = Checkpoint.parse_body(held.body) if held else None
            if last is None or head.size > last.size:
                self._check_growth(held, last, offered, head)
                self._keep(offered)
            elif head.size < last.size:
                raise self._refusal("rolled_back", held, offered, [])
            elif head.root != last.root:
                raise self._refusal("fork", held, offered, [])
            elif offered.by(self.verifier):
                return Outcome("nothing", head.size)
            line = checkpoint.cosign(offered.body, self._name, self._key, self._now())
        mine = Signature.parse(line)
        self._client.post_cosignature(Note(offered.body, (*offered.by(self._log), mine)).text())
        return Outcome("cosigned", head.size)

    def _check_growth(self, held: Note | None, last: Checkpoint | None, offered: Note, head: Checkpoint) -> None:
        if last is None or last.size == 0:
            return
        proof = merkle.consistency_proof(self._client.nodes(head.size), last.size, head.size)
        try:
            merkle.check_consistency(last.size, head.size, last.root, head.root, proof)
        except Refusal as exc:
            raise self._refusal("inconsistent", held, offered, proof) from exc

    def _refusal(self, kind: _Kind, held: Note | None, offered: Note, proof: list[bytes]) -> Refusal:
        """Keeps both signed notes (two that contradict each other prove it to anyone); gives the refusal to raise."""
        seen = held.text() if held else ""
        evidence = {
            "kind": kind,
            "held": seen,
            "offered": offered.text(),
            "proof": [one.hex() for one in proof],
        }
        path = self._folder / "evidence" / f"{kind}-{H(canonical(evidence)).hex()[:16]}.json"
        if not path.exists():
            write_atomically(path, canonical({**evidence, "at": clock.text(self._now())}))
        size = Checkpoint.parse_body(offered.body).size
        held_size = Checkpoint.parse_body(held.body).size if held else 0
        if kind == "rolled_back":
            return Refusal("witness.rolled_back", size=size, held=held_size, file=path.name)
        if kind == "fork":
            return Refusal("witness.fork", size=size, held=held_size, file=path.name)
        return Refusal("witness.inconsistent", size=size, held=held_size, file=path.name)

    def _keep(self, note: Note) -> None:
        logged = Note(note.body, tuple(note.by(self._log)))
        write_atomically(self._folder / "state", canonical({"origin": self._log.name, "note": logged.text()}))

    def _state(self) -> Note | None:
        path = self._folder / "state"
        if not path.exists():
            return None
        try:
            state = members(parse_object(path.read_bytes()), "origin note")
            note = checkpoint.parse_note(str(state["note"]).encode())
            checkpoint.check_log(note, self._log)
        except Refusal as exc:
            # To start afresh would be to forget what was signed: a person must decide.
            raise Refusal("witness.bad_state", reason=exc.code) from exc
        return note

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two processes on one folder would be two witnesses with one key: the second waits."""
        with (self._folder / "lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
