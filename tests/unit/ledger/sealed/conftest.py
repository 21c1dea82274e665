from __future__ import annotations

import io
import secrets
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.sealed import content, keyset, seal
from ledger.sealed.keyset import Keyset
from ledger.sealed.opening import Answer
from ledger.sealed.seal import Seal

NOT_BEFORE = "2026-12-01T01:00:00.000Z"


@dataclass
class Bid:
    """A sealed bid with its ciphertexts."""

    seal: Seal
    secret: bytes
    form: bytes
    files: bytes


@dataclass
class World:
    """Custodians with masters and identity keys, an author, and seals made by it."""

    t: int = 3
    ids: tuple[str, ...] = ("anchor", "bureau", "court", "dike", "east")
    masters: dict[str, bytes] = field(default_factory=dict)
    identities: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    author: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.masters = {id_: secrets.token_bytes(32) for id_ in self.ids}
        self.identities = {id_: Ed25519PrivateKey.generate() for id_ in self.ids}

    @property
    def author_key(self) -> bytes:
        return signing.public_bytes(self.author)

    @property
    def identity_keys(self) -> dict[str, str]:
        return {id_: signing.public_bytes(key).hex() for id_, key in self.identities.items()}

    def seeds(self, part: str) -> dict[str, bytes]:
        purpose = keyset.Purpose("t-1", "" if part.startswith("draw") else "lot-1", part)
        when = keyset.conditions(part, NOT_BEFORE)
        return {
            id_: keyset.custodian_seed(self.masters[id_], purpose, self.t, sorted(self.ids), when) for id_ in self.ids
        }

    def keys(self, part: str) -> dict[str, X25519PrivateKey]:
        return {id_: keyset.custodian_key(seed) for id_, seed in self.seeds(part).items()}

    def keyset(self, part: str = "identity") -> Keyset:
        purpose = keyset.Purpose("t-1", "" if part.startswith("draw") else "lot-1", part)
        public = {id_: key.public_key().public_bytes_raw() for id_, key in self.keys(part).items()}
        return keyset.build(purpose, self.t, public, keyset.conditions(part, NOT_BEFORE))

    def contribution(self, part: str = "coin") -> tuple[Seal, bytes]:
        secret = secrets.token_bytes(32)
        return seal.seal_secret(self.keyset(part), self.author_key, secret, secrets.token_bytes(16)), secret

    def bid(self, header: Json, files: bytes = b"", part: str = "offer", form: bytes | None = None) -> Bid:
        """A bid; `form` replaces the plain bytes that are padded and encrypted as the form."""
        made, secret, n16 = self.keyset(part), secrets.token_bytes(32), secrets.token_bytes(16)
        ctx = seal.context(made.kid, self.author_key, n16)
        form_key, files_key = seal.content_keys(secret, ctx)
        plain = canonical(header) if form is None else form
        forms, contents = io.BytesIO(), io.BytesIO()
        form_content = content.encrypt(form_key, ctx, [plain], len(plain), forms)
        files_content = content.encrypt(files_key, ctx, [files], len(files), contents)
        sealed = seal.seal_secret(made, self.author_key, secret, n16, form_content, files_content)
        return Bid(sealed, secret, forms.getvalue(), contents.getvalue())

    def answers(self, sealed: Seal, part: str, custodians: tuple[str, ...] | None = None) -> dict[str, Answer]:
        """What honest custodians answer."""
        made, keys = self.keyset(part), self.keys(part)
        ctx = seal.context(made.kid, self.author_key, sealed.n16)
        opened = {
            id_: seal.open_capsule(sealed, ctx, made.place(id_), keys[id_]) for id_ in custodians or tuple(self.ids)
        }
        return {id_: share if share is not None else "bad" for id_, share in opened.items()}


@pytest.fixture(scope="session")
def world() -> World:
    return World()
