"""A whole platform for tests of what it lets out: a town (`tests.support.town`) whose every random byte is seeded.

    with platform(tmp_path / "one", url) as made:      # url: a database, "" for SQLite in the platform's folder
        made.open(firms=30)                            # people, organisations, a tender of two lots, tickets open
        made.take_all_tickets()                        # everybody takes every ticket, as clients do
        bid = made.seal_bid(made.firm(1), "817263.54")
        made.hand_in(bid)                              # uploads and submits
        made.wait(INTERVAL)                            # the minute is written, sequenced, cosigned
        made.tables(); made.files(); made.log.lines    # everything that is stored or logged

Two platforms made alike store the same bytes. Office, box, worker, institutions and each bidder draw from generators of
their own, so that what one of them does more of moves nobody else's randomness. What can't be seeded is the salt that
the content cipher draws (`ledger.sealed.content`): a test that compares bytes seals a bid once and hands it in twice.
"""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import gmpy2
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from werkzeug.test import TestResponse

from bidding.profiles.packaged import calendar_document, profile_document
from bidding.store import lot_keys
from evaluation.rules import templates
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.sealed import tickets
from tests.support.town import INTERVAL, LOT, START, Bidder, Person, Sealed, Town
from tests.support.world_log import Dice, ticket_key
from tests.vectors.fixed import fixed, issuer_key
from web.box.access_log import AccessLog
from web.box.app import Surroundings
from web.box.app import create_app as create_box
from web.box.parts import Parts
from web.database import metadata
from web.logs import JsonLines
from web.office.enrolment import enrol_party, enrol_person
from web.services import BOX_KEY, LOG_KEY, Services, compose, read_key

LOTS: Final = (LOT, "lot-2")
DEADLINE: Final = START + timedelta(hours=2)
ROLES: Final = ("office", "box", "worker")
# What the platform's own logs are called; the test's HTTP server (werkzeug) is none of it.
LOGGERS: Final = ("mingjing.office", "mingjing.box", "mingjing.worker")


@dataclass(frozen=True)
class Bid:
    """A sealed bid for a lot, with what only its bidder knows."""

    lot: str
    sealed: Sealed
    secrets: Mapping[str, bytes]


@dataclass
class Log:
    """What the platform's processes wrote to their logs, as the lines stand in production."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    @property
    def text(self) -> str:
        """All of it."""
        return self.stream.getvalue()

    def lines(self, *loggers: str) -> list[dict[str, Any]]:
        """The lines of these loggers (all if none is named), parsed."""
        found = [json.loads(line) for line in self.text.splitlines()]
        return [one for one in found if not loggers or one["logger"] in loggers]


@cache
def second_ticket_key() -> RSAPrivateKey:
    """The second lot's ticket key: fixed, from the next primes after two fixed numbers."""
    primes = []
    for label in ("p", "q"):
        start = int.from_bytes(b"".join(fixed(f"{label}{i}") for i in range(6)), "big") | 3 << 1534
        primes.append(int(gmpy2.next_prime(start)))
    return issuer_key(primes[0], primes[1])


class Platform(Town):
    """A town with seeded keys, a sealed access log, a captured log and a tender of two lots."""

    def __init__(self, root: Path, url: str = "", *, urls: Mapping[str, str] | None = None) -> None:
        """`urls`: a database address for each role, where roles are told apart (PostgreSQL)."""
        self._entropy = {role: Dice(100 + place) for place, role in enumerate((*ROLES, "access log"))}
        self._clients: dict[str, Rolls] = {}
        self._lots: dict[str, dict[str, Any]] = {}
        self._terms = ""
        self._write_keys(root / "platform" / "keys")
        super().__init__(root, url or f"sqlite:///{root / 'platform' / 'platform.db'}", urls=urls)
        self.supervisor = X25519PrivateKey.from_private_bytes(fixed("supervisor"))
        access_log = AccessLog(
            self.config.folders.access_log, self.supervisor.public_key().public_bytes_raw(), self._entropy["access log"]
        )
        self.box_app = create_box(
            Parts(
                self.box_services.engine,
                self.blobs,
                self._entropy["box"],
                read_key(self.config.folders.keys / BOX_KEY),
                INTERVAL,
            ),
            Surroundings(access_log),
        )
        self.box = self.box_app.test_client()
        self.log = Log()
        self._capture()

    # --- setting the stage ------------------------------------------------------------------------------------------

    def open(self, firms: int) -> None:
        """People, `firms` organisations that may bid, a published tender of two lots whose tickets are open."""
        self.enrol()
        for number in range(1, firms + 1):
            self.firm(number)
        self.publish(DEADLINE, **self._two_lots())
        self.open_tickets()

    def draft_two_lots(self, deadline: datetime) -> None:
        """The draft alone; sets `tender`."""
        self.draft(deadline, **self._two_lots())

    @staticmethod
    def _two_lots() -> dict[str, Any]:
        """What a draft of two lots says differently from one of one lot."""
        rules, form = templates.load("checklist-f4")
        pages = {"form": form, "rules": rules}
        rows = {
            name: {"sha256": H(canonical(page)).hex(), "size": len(canonical(page))} for name, page in pages.items()
        }
        whole = {"profile.json": profile_document("demonstration"), "calendar.json": calendar_document()}
        documents = [{"name": f"{name}-{lot}.json", **row} for lot in LOTS for name, row in rows.items()] + [
            {"name": name, "sha256": H(canonical(page)).hex(), "size": len(canonical(page))}
            for name, page in whole.items()
        ]
        lots = [
            {
                "lot": lot,
                "title": {"zh": f"标段 {lot}", "en": f"Lot {lot}"},
                "ceiling_fen": 120_000_000,
                "form": rows["form"]["sha256"],
                "rules": rows["rules"]["sha256"],
                "max_bytes": 1 << 24,
                "forms_public": True,
            }
            for lot in LOTS
        ]
        return {"lots": lots, "documents": documents}

    def enrol(self) -> None:
        """The office's people, registered with the office's own seeded randomness."""
        for role in ("centre", "supervisor", "tenderee", "agency"):
            public = self._party(f"{role} house")
            keys: dict[str, Json] = {
                "seal_key": signing.public_bytes(self.dice.key()).hex(),
                "person": {"ref": f"head-of-{role}", "key": signing.public_bytes(self.dice.key()).hex()},
                "holds": [],
            }
            party = enrol_party(self.services, {**public, **keys}, "platform")["party"]
            for name in (role, "second") if role == "tenderee" else (role,):
                key = self.dice.key()
                asked: dict[str, Json] = {"party": party, "role": role, "key": signing.public_bytes(key).hex()}
                got = enrol_person(self.services, asked, "platform")
                self.people[name] = Person(str(got["person"]), str(got["token"]), key)

    def firm(self, number: int) -> Bidder:
        """The organisation of this number, registered when first asked for."""
        return self.bidder(f"firm-{number:02}")

    def keysets(self) -> None:
        """As in the town, with a ticket key for the second lot, too."""
        with self.services.engine.begin() as conn:
            for lot, key in zip(LOTS, (ticket_key(), second_ticket_key()), strict=True):
                lot_keys.put(conn, self.tender, lot, key)
        super().keysets()

    def take_all_tickets(self) -> None:
        """Every organisation takes its ticket for every lot, whether or not it will bid."""
        for name in sorted(self.bidders):
            for lot in LOTS:
                self.take_ticket(self.bidders[name], lot)

    def issuance(self, firm: Bidder, lot: str) -> dict[str, Json]:
        """The signed request for a ticket, the same each time."""
        asked = tickets.request(firm.secret, self.tender, lot, self.lot(lot)["spki"])
        return tickets.issuance(self.tender, lot, asked.blinded, firm.seal)

    # --- bidding ----------------------------------------------------------------------------------------------------

    def lot(self, lot: str = LOT) -> dict[str, Any]:
        """As in the town, read once."""
        if lot not in self._lots:
            self._lots[lot] = super().lot(lot)
        return self._lots[lot]

    def terms(self) -> str:
        """As in the town, read once: no addendum comes here."""
        self._terms = self._terms or super().terms()
        return self._terms

    def seal_bid(
        self, firm: Bidder, price: str, *, lot: str = LOT, seq: int = 1, answers: Mapping[str, str] | None = None
    ) -> Bid:
        """A bid sealed with its firm's own randomness. `secrets` holds what nobody else may read before the opening."""
        said = dict(answers or {})
        with self.as_client(firm) as dice:
            before = dice.drawn
            sealed = self.seal(firm, price, seq=seq, lot=lot, **said)
            secrets = {
                "price": price.encode(),
                "bidding secret": firm.secret,
                "file content": b"ten months\nten months\n",
                **{f"answer {name}": f'"{name}":"{value}"'.encode() for name, value in said.items()},
                **{f"random {place}": drawn for place, drawn in enumerate(dice.given[before:]) if len(drawn) == 32},
            }
        return Bid(lot, sealed, secrets)

    def hand_in(self, firm: Bidder, bid: Bid) -> TestResponse:
        """Uploads a bid's ciphertexts and submits it; the answer of the box."""
        with self.as_client(firm):
            done = self.submit(bid.sealed, lot=bid.lot)
        assert done.status_code in (200, 201), done.text
        return done

    def take_back(self, firm: Bidder, bid: Bid, seq: int) -> TestResponse:
        """Withdraws."""
        with self.as_client(firm):
            done = self.withdraw(bid.sealed, seq, bid.lot)
        assert done.status_code == 201, done.text
        return done

    @contextmanager
    def as_client(self, firm: Bidder) -> Iterator[Rolls]:
        """What is drawn inside comes from the generator of this firm's bidding secret."""
        own = self._clients.setdefault(firm.secret.hex(), Rolls(firm.secret))
        former, self.dice = self.dice, own
        try:
            yield own
        finally:
            self.dice = former

    # --- looking at everything --------------------------------------------------------------------------------------

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Every column of every row of every table, in the order of the primary keys."""
        engine = sa.create_engine(self.config.database.owner)
        try:
            with engine.connect() as conn:
                return {
                    name: [
                        dict(row)
                        for row in conn.execute(sa.select(table).order_by(*table.primary_key.columns)).mappings()
                    ]
                    for name, table in sorted(metadata.tables.items())
                }
        finally:
            engine.dispose()

    def files(self, *, databases: bool = False) -> dict[str, bytes]:
        """Every file below the platform's folder, by its path there; those of SQLite only if asked for."""
        base = self.root / "platform"
        return {
            str(path.relative_to(base)): path.read_bytes()
            for path in sorted(base.rglob("*"))
            if path.is_file() and (databases or not path.name.startswith("platform.db"))
        }

    # --- inside -----------------------------------------------------------------------------------------------------

    def _services(self, role: str) -> Services:
        url = getattr(self.config.database, role)
        services = compose(self.config, url, now=self.clock, entropy=self._entropy[role])
        self.stack.callback(services.engine.dispose)
        return services

    @staticmethod
    def _write_keys(folder: Path) -> None:
        folder.mkdir(parents=True)
        for name, place in ((LOG_KEY, 201), (BOX_KEY, 202)):
            data = Dice(place).key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (folder / name).write_bytes(data)

    def _capture(self) -> None:
        handler = logging.StreamHandler(self.log.stream)
        handler.setFormatter(JsonLines())
        for name in LOGGERS:
            logger = logging.getLogger(name)
            level = logger.level
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            self.stack.callback(logger.removeHandler, handler)
            self.stack.callback(logger.setLevel, level)


class Rolls(Dice):
    """A bidder's generator; it remembers what it gave."""

    def __init__(self, secret: bytes) -> None:
        super().__init__(int.from_bytes(secret[:8], "big"))
        self.given: list[bytes] = []

    def __call__(self, length: int) -> bytes:
        """As `Dice`."""
        self.given.append(super().__call__(length))
        return self.given[-1]

    @property
    def drawn(self) -> int:
        """How often it was asked."""
        return len(self.given)


def spellings(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of the ways in which a secret could stand in a table, a file or a log."""
    yield "raw", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    for shift in range(3):
        # Inside a longer base64 text it stands at one of three offsets; its first and last characters mix with others'.
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            inner = encode(bytes(shift) + secret).rstrip(b"=")
            yield f"{name}+{shift}", inner[(0, 2, 3)[shift] : -1 if (shift + len(secret)) % 3 else None]
    try:
        text = secret.decode("utf-8")
    except UnicodeDecodeError:
        return
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le"):
        yield encoding, text.encode(encoding)
    yield "utf-16 hex", text.encode("utf-16-be").hex().encode()
    yield "JSON in JSON", json.dumps(text)[1:-1].encode()


@contextmanager
def platform(root: Path, url: str = "", **options: Any) -> Iterator[Platform]:
    """A platform, closed at the end."""
    made = Platform(root, url, **options)
    try:
        yield made
    finally:
        made.close()
