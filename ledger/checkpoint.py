"""Checkpoints and cosignatures: what the log says about its size and root, and who else has seen it.

C2SP signed-note, tlog-checkpoint and tlog-cosignature/v1, read strictly: one spelling, no extension lines,
the origin is the log's key name. Signatures by keys that nobody named are ignored, as the note format wants;
one by a key that was named and fails is a refusal of the whole note.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import signing
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

LOG: Final = 0x01  # Ed25519 over the text (signed-note)
WITNESS: Final = 0x04  # timestamped Ed25519 cosignature (tlog-cosignature)

MAX_NOTE: Final = 64 * 1024
MAX_SIGNATURES: Final = 64
MAX_TIME: Final = 253_402_300_799  # 9999-12-31T23:59:59Z in seconds, well below the format's 2^63 − 1

_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}\Z")
_SIZE: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z", re.ASCII)


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name and the kind of signature it makes (signed-note, "vkey")."""

    name: str
    kind: int
    key: bytes

    def __post_init__(self) -> None:
        """Raises `Refusal("checkpoint.bad_vkey")` or `Refusal("signature.bad_key")`."""
        if not _NAME.match(self.name) or self.kind not in (LOG, WITNESS):
            raise Refusal("checkpoint.bad_vkey", name=self.name[:64])
        signing.check_key(self.key)

    @property
    def id(self) -> bytes:
        """The 4-byte key id: `H(name ‖ "\\n" ‖ kind ‖ key)[:4]`."""
        return H(self.name.encode(), b"\n", bytes([self.kind]), self.key)[:4]

    @property
    def text(self) -> str:
        """`name+hash+base64(kind ‖ key)`."""
        return f"{self.name}+{self.id.hex()}+{_b64(bytes([self.kind]) + self.key)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Reads a vkey; `Refusal("checkpoint.bad_vkey")` for every other spelling and for a wrong key id."""
        parts = text.split("+", 2)
        name = parts[0][:64]
        if len(parts) != 3:
            raise Refusal("checkpoint.bad_vkey", name=name)
        raw = _unb64(parts[2])
        if raw is None or len(raw) != 33:
            raise Refusal("checkpoint.bad_vkey", name=name)
        key = cls(parts[0], raw[0], raw[1:])
        if key.text != text:
            raise Refusal("checkpoint.bad_vkey", name=name)
        return key


def log_key(name: str, key: Ed25519PrivateKey) -> VerifierKey:
    """The verifier key of a log: it signs under its origin as name."""
    return VerifierKey(name, LOG, signing.public_bytes(key))


def witness_key(name: str, key: Ed25519PrivateKey) -> VerifierKey:
    """The verifier key of a witness."""
    return VerifierKey(name, WITNESS, signing.public_bytes(key))


@dataclass(frozen=True)
class Policy:
    """Whose checkpoints count: the log's key (its name is the origin), the witnesses, how many of them."""

    log: VerifierKey
    witnesses: tuple[VerifierKey, ...] = ()
    threshold: int = 0

    def __post_init__(self) -> None:
        """Raises `Refusal("checkpoint.bad_policy")`: wrong kinds, doubled keys or names, an unreachable threshold."""
        keys = (self.log, *self.witnesses)
        if (
            self.log.kind != LOG
            or any(witness.kind != WITNESS for witness in self.witnesses)
            or len({key.key for key in keys}) != len(keys)
            or len({key.name for key in keys}) != len(keys)
            or not 0 <= self.threshold <= len(self.witnesses)
        ):
            raise Refusal("checkpoint.bad_policy", witnesses=len(self.witnesses), threshold=self.threshold)

    @classmethod
    def parse(cls, log: str, witnesses: Iterable[str], threshold: int) -> Policy:
        """From vkey strings."""
        return cls(VerifierKey.parse(log), tuple(VerifierKey.parse(one) for one in witnesses), threshold)


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: `size` entries under `root` (32 bytes), said by the log `origin`."""

    origin: str
    size: int
    root: bytes

    def body(self) -> bytes:
        """The note's text: origin, size, base64 root, each with its newline."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n".encode()

    @classmethod
    def parse_body(cls, body: bytes) -> Checkpoint:
        """Reads a note's text; `Refusal("checkpoint.malformed")` for every other spelling."""
        lines = _utf8(body).split("\n")
        if len(lines) == 4 and lines[3] == "" and _NAME.match(lines[0]) and _SIZE.match(lines[1]):
            root = _unb64(lines[2])
            if root is not None and len(root) == 32:
                return cls(lines[0], int(lines[1]), root)
        raise Refusal("checkpoint.malformed", part="body")


@dataclass(frozen=True)
class Signature:
    """A signature line: the key's name and 4-byte id, and the signature's bytes."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """`— name base64(id ‖ blob)`, without newline."""
        return f"\u2014 {self.name} {_b64(self.key_id + self.blob)}"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Reads a signature line without newline; `Refusal("checkpoint.malformed")`."""
        parts = line.split(" ")
        raw = _unb64(parts[2]) if len(parts) == 3 and parts[0] == "\u2014" and _NAME.match(parts[1]) else None
        if raw is None or len(raw) < 5:
            raise Refusal("checkpoint.malformed", part="signature")
        return cls(parts[1], raw[:4], raw[4:])


@dataclass(frozen=True)
class Note:
    """A signed note: its text with the final newline, and its signatures in order."""

    body: bytes
    signatures: tuple[Signature, ...]

    def text(self) -> str:
        """The note as it is served."""
        return self.body.decode() + "\n" + "".join(one.line() + "\n" for one in self.signatures)

    def by(self, key: VerifierKey) -> list[Signature]:
        """The signatures that carry this key's name and id."""
        return [one for one in self.signatures if (one.name, one.key_id) == (key.name, key.id)]


@dataclass(frozen=True)
class WitnessedCheckpoint:
    """A checkpoint whose log signature and cosignatures held, with the witnesses' own times (UTC, whole seconds)."""

    origin: str
    size: int
    root: bytes
    times: Mapping[str, datetime]
    threshold: int

    @property
    def witnessed_at(self) -> datetime | None:
        """When the threshold was reached by the witnesses' clocks: the threshold-th earliest time; None for 0."""
        return sorted(self.times.values())[self.threshold - 1] if self.threshold else None


def parse_note(data: bytes) -> Note:
    """Splits a note into text and signature lines (signed-note, "Format"); `Refusal("checkpoint.malformed")`."""
    if len(data) > MAX_NOTE:
        raise Refusal("checkpoint.malformed", part="length")
    text = _utf8(data)
    if any(char < " " and char != "\n" for char in text):
        raise Refusal("checkpoint.malformed", part="control")
    head, blank, tail = text.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise Refusal("checkpoint.malformed", part="signatures")
    return Note((head + "\n").encode(), tuple(Signature.parse(line) for line in lines))


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The log's signed note over a checkpoint; the key's name is the origin."""
    verifier = log_key(checkpoint.origin, key)
    body = checkpoint.body()
    return Note(body, (Signature(verifier.name, verifier.id, key.sign(body)),)).text()


def cosign(body: bytes, name: str, key: Ed25519PrivateKey, at: datetime) -> str:
    """A witness's cosignature line over a checkpoint's text at `at` (cut to the second), without newline."""
    Checkpoint.parse_body(body)
    verifier, seconds = witness_key(name, key), int(at.timestamp())
    return Signature(name, verifier.id, seconds.to_bytes(8, "big") + key.sign(_cosigned(body, seconds))).line()


def check_log(note: Note, key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note that the log `key` signed, whoever else did.

    Raises `Refusal("checkpoint.*")`: malformed, other origin, not signed; `signature.invalid` if it fails.
    """
    checkpoint = Checkpoint.parse_body(note.body)
    if checkpoint.origin != key.name:
        raise Refusal("checkpoint.wrong_origin", expected=key.name, found=checkpoint.origin[:64])
    found = note.by(key)
    if not found:
        raise Refusal("checkpoint.unsigned", origin=key.name)
    for one in found:
        signing.check(key.key, note.body, one.blob)
    return checkpoint


def check_cosignature(body: bytes, signature: Signature, witness: VerifierKey) -> datetime:
    """The time (UTC) at which `witness` cosigned this text; `Refusal("signature.invalid")` if it didn't."""
    if (signature.name, signature.key_id) != (witness.name, witness.id):
        raise Refusal("checkpoint.unknown_witness", name=signature.name[:64])
    seconds = int.from_bytes(signature.blob[:8], "big")
    if len(signature.blob) != 72 or seconds > MAX_TIME:
        raise Refusal("checkpoint.malformed", part="cosignature")
    signing.check(witness.key, _cosigned(body, seconds), signature.blob[8:])
    return datetime.fromtimestamp(seconds, UTC)


def verify(data: bytes, policy: Policy) -> WitnessedCheckpoint:
    """The checkpoint of a served note under a policy: the log's signature and `threshold` witnesses must hold.

    One witness counts once, at its earliest time. Raises `Refusal("checkpoint.*")` and `signature.invalid`;
    too few witnesses: `checkpoint.too_few_witnesses`.
    """
    note = parse_note(data)
    checkpoint = check_log(note, policy.log)
    times: dict[str, datetime] = {}
    for witness in policy.witnesses:
        seen = [check_cosignature(note.body, one, witness) for one in note.by(witness)]
        if seen:
            times[witness.name] = min(seen)
    if len(times) < policy.threshold:
        raise Refusal("checkpoint.too_few_witnesses", size=checkpoint.size, found=len(times), needed=policy.threshold)
    return WitnessedCheckpoint(checkpoint.origin, checkpoint.size, checkpoint.root, times, policy.threshold)


def _cosigned(body: bytes, seconds: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + body


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes | None:
    """The bytes of standard base64 in its one spelling, else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _b64(data) == text else None


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise Refusal("checkpoint.malformed", part="utf-8") from exc
