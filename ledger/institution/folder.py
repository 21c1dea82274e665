"""An institution's own folder: who it is, its one secret, whom it trusts, what it remembers, what it publishes.

folder.json    {v: 1, role, id, key}: public
secret.json    the master, 32 bytes, under a pass phrase; the identity key is derived from it, so that the 24 backup
               words bring back everything
trust.json     its own copy of the trust file, never the platform's
state.jsonl    the journal
publish/       what anybody may read: served from the institution's own address, if it has one
log/           the mirror of the platform's log
log.jsonl      what it did, for people
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import trust as trust_file
from ledger.basics import signing
from ledger.basics.canonical import canonical, members, parse_object, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import hkdf
from ledger.basics.ids import Entropy, check_id
from ledger.files import write_atomically
from ledger.institution import secretfile
from ledger.trust import Trust

Role = Literal["custodian", "contributor"]
ROLES: Final = ("custodian", "contributor")

_LABEL: Final = re.compile(r"[0-9a-z.-]{1,80}\Z", re.ASCII)


@dataclass(frozen=True)
class Identity:
    """Who the institution is, with its secret unlocked. `master` never leaves this process."""

    role: Role
    id: str
    master: bytes
    key: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"Identity({self.role}, {self.id})"

    @property
    def public(self) -> str:
        """The identity key, hex."""
        return signing.public_bytes(self.key).hex()


def identity(role: Role, id: str, master: bytes) -> Identity:
    """The identity of a master: Ed25519 from `HKDF(master, "", "mingjing/institution/v1\\0" ‖ role, 32)`."""
    seed = hkdf(master, b"", b"mingjing/institution/v1\0" + role.encode("ascii"), 32)
    return Identity(role, check_id(id), master, Ed25519PrivateKey.from_private_bytes(seed))


@dataclass(frozen=True)
class Folder:
    """The paths of an institution's folder."""

    root: Path

    @property
    def state(self) -> Path:
        """The journal's path."""
        return self.root / "state.jsonl"

    @property
    def mirror(self) -> Path:
        """Where the mirror of the log lives."""
        return self.root / "log"

    @property
    def diary(self) -> Path:
        """The log for people, JSON lines."""
        return self.root / "log.jsonl"

    @property
    def releases(self) -> Path:
        """Published releases, `<kid>.json`."""
        return self.root / "publish" / "releases"

    @property
    def forms(self) -> Path:
        """Kept copies of forms, by SHA-256."""
        return self.root / "publish" / "forms"

    def public(self) -> tuple[Role, str, str]:
        """(role, id, identity key as hex) of an existing folder; `Refusal("institution.no_folder")`."""
        try:
            obj = members(parse_object((self.root / "folder.json").read_bytes().strip()), "v role id key")
        except FileNotFoundError as exc:
            raise Refusal("institution.no_folder", folder=self.root.name) from exc
        if obj["v"] != 1 or obj["role"] not in ROLES:
            raise Refusal("institution.no_folder", folder=self.root.name)
        return cast(Role, obj["role"]), check_id(obj["id"]), unhex(obj["key"], 32, "key").hex()

    def unlock(self, passphrase: str) -> Identity:
        """The identity; raises `Refusal("institution.wrong_passphrase")`, `institution.wrong_secret`."""
        role, id_, key = self.public()
        found = identity(role, id_, secretfile.unlock((self.root / "secret.json").read_bytes(), passphrase))
        if found.public != key:
            raise Refusal("institution.wrong_secret", id=id_)
        return found

    def trust(self) -> Trust:
        """The folder's own trust file; `Refusal("institution.no_trust")` where none was put there yet."""
        try:
            return trust_file.parse((self.root / "trust.json").read_bytes())
        except FileNotFoundError as exc:
            raise Refusal("institution.no_trust", folder=self.root.name) from exc

    def put_trust(self, data: bytes) -> Trust:
        """Put a trust file in place. It must name this institution with this key: `institution.not_in_trust`."""
        role, id_, key = self.public()
        found = trust_file.parse(data)
        named = found.custodian_keys() if role == "custodian" else found.contributors
        if named.get(id_) != key:
            raise Refusal("institution.not_in_trust", id=id_, role=role)
        write_atomically(self.root / "trust.json", data)
        return found

    def put_release(self, kid: str, data: bytes) -> None:
        """Publish a release."""
        write_atomically(self.releases / f"{_label(kid)}.json", data)

    def put_form(self, sha256: str, data: bytes) -> None:
        """Keep and publish a form's ciphertext."""
        write_atomically(self.forms / _label(sha256), data)

    def form(self, sha256: str) -> bytes | None:
        """A kept form, None if there is none."""
        path = self.forms / _label(sha256)
        return path.read_bytes() if path.exists() else None


def create(
    root: Path, role: Role, id: str, master: bytes, passphrase: str, entropy: Entropy, *, cost: int = secretfile.COST
) -> Folder:
    """Make a folder for `master` (32 bytes: fresh, or from backup words); `Refusal("institution.folder_taken")`."""
    made = Folder(root)
    if (root / "folder.json").exists():
        raise Refusal("institution.folder_taken", folder=root.name)
    who = identity(role, id, master)
    locked = secretfile.lock(master, passphrase, entropy, cost)
    root.mkdir(parents=True, exist_ok=True)
    # Passable, not listable: publish/ may be served by another user, the secret has a mode of its own.
    root.chmod(0o711)
    write_atomically(root / "secret.json", locked + b"\n", 0o600)
    # Last, so that a folder that has it is whole.
    write_atomically(root / "folder.json", canonical({"v": 1, "role": role, "id": id, "key": who.public}) + b"\n")
    return made


def _label(name: str) -> str:
    if not _LABEL.match(name):
        raise ValueError("not a file name of ours")
    return name
