"""Signed objects: `{object, key, signature}` with Ed25519 over `"mingjing/TYPE/v1\\0" ‖ canonical(object)`.

RFC 8032 through OpenSSL: cofactorless equation, S < L. A key that is not canonical or of small order
is refused wherever one is registered or accepted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

# docs/formats/sealing.md §1 lists the types; "act" and "answer" are the office's own (docs/formats/events.md).
Type = Literal[
    "keyset",
    "postpone",
    "challenge",
    "release",
    "submission",
    "withdrawal",
    "request",
    "receipt",
    "issuance",
    "statement",
    "contribution",
    "act",
]
TYPES: Final[frozenset[str]] = frozenset(get_args(Type))

_P: Final = 2**255 - 19
# The y coordinates of the eight points of small order (RFC 8032 curve; the sign bit is masked before comparing).
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)


def public_bytes(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    """The 32 raw bytes of a public key."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def message(type_: Type, obj: object) -> bytes:
    """The bytes that are signed for an object of this type."""
    return _label(type_) + canonical(obj)


def sign(type_: Type, obj: dict[str, Json], key: Ed25519PrivateKey) -> dict[str, Json]:
    """The envelope `{object, key, signature}`."""
    return {"object": obj, "key": public_bytes(key).hex(), "signature": key.sign(message(type_, obj)).hex()}


def verify(type_: Type, envelope: object, key: str | None = None) -> dict[str, Json]:
    """The object of an envelope whose signature holds (by `key`, hex, if given); else `Refusal("signature.*")`."""
    return verified(type_, envelope, key)[0]


def verified(type_: Type, envelope: object, key: str | None = None) -> tuple[dict[str, Json], bytes]:
    """As `verify`: the object and its canonical bytes, for who hashes what was signed."""
    parts = members(envelope, "object key signature")
    obj = parts["object"]
    if not isinstance(obj, dict):
        raise Refusal("canonical.not_object")
    raw = unhex(parts["key"], 32, "key")
    if key is not None and raw.hex() != key:
        raise Refusal("signature.wrong_key")
    check_key(raw)
    data = canonical(obj)
    check(raw, _label(type_) + data, unhex(parts["signature"], 64, "signature"))
    return obj, data


def spelled(envelope: Mapping[str, Json], signed: bytes) -> bytes:
    """The canonical bytes of an envelope that `verified` gave `signed` for: its key and signature are plain hex."""
    key, signature = f"{envelope['key']}".encode(), f"{envelope['signature']}".encode()
    return b'{"key":"%s","object":%s,"signature":"%s"}' % (key, signed, signature)


# What held inside `once`: SHA-256 over key, signature and data; both of the first have their lengths.
_HELD: Final[ContextVar[set[bytes] | None]] = ContextVar("signatures that held", default=None)


@contextmanager
def once() -> Iterator[None]:
    """Inside, a signature that held is not computed a second time: one verification asks for many again."""
    token = _HELD.set(set())
    try:
        yield
    finally:
        _HELD.reset(token)


def check(key: bytes, data: bytes, signature: bytes) -> None:
    """Raises `Refusal("signature.invalid")` unless `signature` (64 bytes) is `key`'s over `data`."""
    held = _HELD.get()
    mark = b"" if held is None or (len(key), len(signature)) != (32, 64) else H(key, signature, data)
    if held and mark in held:
        return
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except (InvalidSignature, ValueError) as exc:
        raise Refusal("signature.invalid") from exc
    if held is not None and mark:
        held.add(mark)


def check_key(key: bytes) -> None:
    """Raises `Refusal("signature.bad_key")` for a key that is not canonical or of small order."""
    if len(key) != 32:
        raise Refusal("signature.bad_key")
    y = int.from_bytes(key, "little") & ((1 << 255) - 1)
    if y >= _P or y in _SMALL_ORDER_Y:
        raise Refusal("signature.bad_key")


def _label(type_: Type) -> bytes:
    if type_ not in TYPES:
        raise ValueError(f"unknown signed type {type_!r}")
    return b"mingjing/" + type_.encode("ascii") + b"/v1\0"
