"""A proof that can be checked without the log: C2SP tlog-proof.

One text file: the entry's index, its inclusion proof and the cosigned checkpoint. The entry itself is not in it:
whoever checks computes it from what they hold (an event and its salt, a receipt, a roll).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from ledger import checkpoint, merkle
from ledger.basics.errors import Refusal

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_BYTES: Final = 128 * 1024

_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,17})\Z", re.ASCII)


@dataclass(frozen=True)
class Proof:
    """An entry's index, its inclusion proof (leaf's sibling first), the checkpoint's note, opaque extra bytes."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    def text(self) -> str:
        """The file's content."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append("extra " + base64.b64encode(self.extra).decode("ascii"))
        lines.append(f"index {self.index}")
        lines.extend(base64.b64encode(one).decode("ascii") for one in self.hashes)
        return "\n".join(lines) + "\n\n" + self.note

    def verify(self, entry: bytes, policy: checkpoint.Policy) -> checkpoint.WitnessedCheckpoint:
        """The witnessed checkpoint under which `entry` stands; refuses as `checkpoint.verify` and `merkle` do."""
        head = checkpoint.verify(self.note.encode(), policy)
        merkle.check_inclusion(entry, self.index, head.size, self.hashes, head.root)
        return head


def parse(data: bytes) -> Proof:
    """Reads a proof; `Refusal("proof.malformed", line=…)` for every other spelling (line 0: the file as a whole)."""
    try:
        head, blank, note = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as exc:
        raise Refusal("proof.malformed", line=0) from exc
    lines = head.split("\n")
    if len(data) > MAX_BYTES or not blank:
        raise Refusal("proof.malformed", line=0)
    if lines[0] != HEADER:
        raise Refusal("proof.malformed", line=1)
    extra, at = None, 1
    if len(lines) > at and lines[at].startswith("extra "):
        extra = _unb64(lines[at][6:], at + 1)
        at += 1
    match = _INDEX.match(lines[at]) if len(lines) > at else None
    if match is None:
        raise Refusal("proof.malformed", line=at + 1)
    hashes = [_unb64(line, nth) for nth, line in enumerate(lines[at + 1 :], at + 2)]
    for nth, item in enumerate(hashes, at + 2):
        if len(item) != merkle.HASH:
            raise Refusal("proof.malformed", line=nth)
    return Proof(int(match[1]), tuple(hashes), note, extra)


def _unb64(text: str, line: int) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Refusal("proof.malformed", line=line) from exc
    if base64.b64encode(data).decode("ascii") != text:
        raise Refusal("proof.malformed", line=line)
    return data
