"""A person of the office: its folder (address, token, key) and the acts it signs on its own machine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.acts.keys import act_object
from ledger import keyfile
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.files import write_atomically
from web.cli import shell
from web.cli.bid.home import passphrase
from web.cli.bid.lines import Office

KEY: Final = "person.pem"


@dataclass
class Person:
    """A person's folder."""

    root: Path

    @cached_property
    def key(self) -> Ed25519PrivateKey:
        """The key it signs acts with; `Refusal("key.missing")`."""
        return keyfile.load_key(self.root / KEY, passphrase().encode("utf-8") or None)

    def make_key(self) -> Ed25519PrivateKey:
        """A new key; `Refusal("key.exists")`."""
        return keyfile.create_key(self.root / KEY, passphrase().encode("utf-8") or None)

    @property
    def url(self) -> str:
        """The office's address; `Refusal("home.not_set_up")`."""
        try:
            got = members(parse_object((self.root / "office.json").read_bytes().strip()), "v office")
        except FileNotFoundError as exc:
            raise Refusal("home.not_set_up", folder=str(self.root)) from exc
        return str(got["office"])

    def put_url(self, url: str) -> None:
        """Keep the office's address."""
        write_atomically(self.root / "office.json", canonical({"v": 1, "office": url}) + b"\n")

    def put_token(self, token: str) -> None:
        """Keep the office's token."""
        write_atomically(self.root / "token", token.strip().encode("ascii", "replace") + b"\n", 0o600)

    @cached_property
    def office(self) -> Office:
        """The line to the office; `Refusal("home.no_token")`."""
        try:
            token = (self.root / "token").read_text("ascii").strip()
        except FileNotFoundError as exc:
            raise Refusal("home.no_token", folder=str(self.root)) from exc
        return Office(self.url, token, pause=shell.pause, wait=shell.wait)

    def act(self, act: str, subject: str, body: dict[str, Json], reason: str) -> dict[str, Any]:
        """Signs an act and sends it: `{pending, have, need}` or `{events}`."""
        signed = signing.sign("act", act_object(act, subject, body, reason, clock.system_clock()), self.key)
        return self.office.send("POST", "/office/acts", {"act": signed, "body": body})

    def waiting(self) -> list[dict[str, Any]]:
        """Acts that wait for another signature, each with its `id` for `approve`."""
        listed = cast(list[dict[str, Any]], self.office.get("/office/acts")["acts"])
        return [{**row, "id": label(row)} for row in listed]

    def approve(self, id_: str, reason: str) -> dict[str, Any]:
        """Signs the waiting act of this id, after what stands in it was read; the answer as `act`'s."""
        found = [row for row in self.waiting() if row["id"] == id_]
        if not found:
            raise Refusal("act.not_waiting", id=id_[:64])
        return self.act(str(found[0]["act"]), str(found[0]["subject"]), found[0]["body"], reason)


def label(row: dict[str, Any]) -> str:
    """The short name of a waiting act: of what it does, so that nobody approves another body than the one shown."""
    return H(canonical([row["act"], row["subject"], row["body"]])).hex()[:16]
