"""An institution's Ed25519 key in its own folder: PKCS#8 PEM, mode 0600, encrypted if there is a passphrase."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.files import write_atomically


def create_key(path: Path, passphrase: bytes | None = None, entropy: Entropy = system_entropy) -> Ed25519PrivateKey:
    """Makes a key and writes it with mode 0600; `Refusal("key.exists")` rather than ever overwriting one."""
    if path.exists():
        raise Refusal("key.exists", file=path.name)
    key = Ed25519PrivateKey.from_private_bytes(entropy(32))
    how: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    write_atomically(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how), 0o600)
    return key


def load_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Reads the key.

    Raises `Refusal("key.missing")`, or `Refusal("key.unreadable")` for a wrong or missing passphrase and for any other
    content.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase or None)
    except FileNotFoundError as exc:
        raise Refusal("key.missing", file=path.name) from exc
    except (ValueError, TypeError) as exc:
        raise Refusal("key.unreadable", file=path.name) from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise Refusal("key.unreadable", file=path.name)
    return key
