"""A bidder's own folder (docs/formats/bid-folder.md): secret, keys, trust file, tickets, bids. None is overwritten."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import keyfile
from ledger import trust as trust_file
from ledger.basics.canonical import Json, canonical, members, parse_object, unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, check_id, system_entropy
from ledger.files import write_atomically
from ledger.institution import secretfile
from ledger.sealed.tickets import Ticket
from ledger.trust import Trust

SEAL: Final = "seal"
PERSON: Final = "person"
PASSPHRASE: Final = "MINGJING_PASSPHRASE"  # noqa: S105 - the name of a variable of the environment


@dataclass(frozen=True)
class Settings:
    """Where office and box are, and which registered organisation this is ("" before it is registered)."""

    office: str
    box: str
    party: str


@dataclass(frozen=True)
class Home:
    """The paths of the folder and what is read from them. Secrets are 0600, encrypted where a pass phrase is set."""

    root: Path

    # --- settings -------------------------------------------------------------------------------------------------

    def settings(self) -> Settings:
        """The settings; `Refusal("home.not_set_up")` before `mingjing setup`."""
        try:
            got = members(parse_object((self.root / "settings.json").read_bytes().strip()), "v office box party")
        except FileNotFoundError as exc:
            raise Refusal("home.not_set_up", folder=str(self.root)) from exc
        return Settings(str(got["office"]), str(got["box"]), str(got["party"]))

    def put_settings(self, settings: Settings) -> None:
        """Write the settings."""
        value = {"v": 1, "office": settings.office, "box": settings.box, "party": settings.party}
        self._write("settings.json", canonical(value) + b"\n")

    def trust(self) -> Trust:
        """The trust file; `Refusal("home.no_trust")` where none was put there."""
        try:
            return trust_file.parse((self.root / "trust.json").read_bytes())
        except FileNotFoundError as exc:
            raise Refusal("home.no_trust", folder=str(self.root)) from exc

    def put_trust(self, data: bytes) -> Trust:
        """Put a trust file into the folder."""
        found = trust_file.parse(data)
        self._write("trust.json", data)
        return found

    def token(self) -> str:
        """The office's token; `Refusal("home.no_token")`."""
        try:
            return (self.root / "token").read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError) as exc:
            raise Refusal("home.no_token", folder=str(self.root)) from exc

    def put_token(self, token: str) -> None:
        """Keep the office's token."""
        self._write("token", token.strip().encode("ascii", "replace") + b"\n", 0o600)

    # --- secrets --------------------------------------------------------------------------------------------------

    def secret(self) -> bytes:
        """The bidding secret, 32 bytes; `Refusal("secret.missing")`, `institution.wrong_passphrase`."""
        try:
            data = (self.root / "secret.json").read_bytes()
        except FileNotFoundError as exc:
            raise Refusal("secret.missing", folder=str(self.root)) from exc
        value = parse_object(data.strip())
        if "secret" in value:
            return unhex(members(value, "v secret")["secret"], 32, "secret")
        return secretfile.unlock(data, passphrase())

    def put_secret(self, secret: bytes, entropy: Entropy = system_entropy) -> None:
        """Keep the bidding secret; `Refusal("secret.exists")` rather than ever overwriting one."""
        if (self.root / "secret.json").exists():
            raise Refusal("secret.exists", folder=str(self.root))
        phrase = passphrase()
        data = secretfile.lock(secret, phrase, entropy) if phrase else canonical({"v": 1, "secret": secret.hex()})
        self._write("secret.json", data + b"\n", 0o600)

    def key(self, name: str) -> Ed25519PrivateKey:
        """The organisation's seal key or its person's (`SEAL`, `PERSON`); `Refusal("key.missing")`."""
        return keyfile.load_key(self.root / "keys" / f"{name}.pem", passphrase().encode("utf-8") or None)

    def make_key(self, name: str) -> Ed25519PrivateKey:
        """A new key; `Refusal("key.exists")`."""
        return keyfile.create_key(self.root / "keys" / f"{name}.pem", passphrase().encode("utf-8") or None)

    # --- what grows -----------------------------------------------------------------------------------------------

    @property
    def log(self) -> Path:
        """The mirror of the log."""
        return self.root / "log"

    @property
    def documents(self) -> Path:
        """Documents by SHA-256."""
        return self.root / "documents"

    def ticket(self, tender: str, lot: str) -> Ticket:
        """The ticket of a lot; `Refusal("ticket.missing")`."""
        try:
            return Ticket.parse(parse_object(self._ticket(tender, lot).read_bytes().strip()))
        except FileNotFoundError as exc:
            raise Refusal("ticket.missing", tender=tender, lot=lot) from exc

    def has_ticket(self, tender: str, lot: str) -> bool:
        """Whether there is one."""
        return self._ticket(tender, lot).exists()

    def put_ticket(self, tender: str, lot: str, ticket: Ticket) -> None:
        """Keep a ticket."""
        write_atomically(self._ticket(tender, lot), canonical(ticket.to_json()) + b"\n", 0o600)

    def bid(self, tender: str, lot: str) -> Path:
        """The folder of the bid for a lot."""
        return self.root / "bids" / check_id(tender, "tender") / check_id(lot, "lot")

    def bids(self) -> list[tuple[str, str]]:
        """(tender, lot) of every bid folder."""
        found = (self.root / "bids").glob("*/*/bid.json")
        return sorted((path.parent.parent.name, path.parent.name) for path in found)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One command at a time in this folder: a second one waits for the first."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _ticket(self, tender: str, lot: str) -> Path:
        return self.root / "tickets" / check_id(tender, "tender") / f"{check_id(lot, 'lot')}.json"

    def _write(self, name: str, data: bytes, mode: int = 0o644) -> None:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.root / name, data, mode)


def read_json(path: Path) -> dict[str, Json]:
    """A canonical JSON file that this client wrote; `Refusal("home.damaged")` if it is no longer whole."""
    try:
        return parse_object(path.read_bytes().strip())
    except Refusal as why:
        raise Refusal("home.damaged", file=str(path), why=why.code) from why


def read_loosely(path: Path) -> dict[str, Json]:
    """A JSON object that a person wrote; `Refusal("home.not_json")` with the place of the mistake."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError) as exc:
        raise Refusal("home.not_json", file=str(path), why=str(exc)[:200]) from exc
    if not isinstance(value, dict):
        raise Refusal("home.not_json", file=str(path), why="no object")
    return cast(dict[str, Json], value)


def passphrase() -> str:
    """The pass phrase of the environment, "" if there is none."""
    return os.environ.get(PASSPHRASE, "")
