"""What a process of the platform has at hand: configuration, engine, keys, trust file, files, randomness."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, cast

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from flask import current_app

from ledger import trust
from ledger.basics.canonical import unhex
from ledger.basics.clock import Clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.files import write_atomically
from ledger.store import read
from ledger.store.engine import create_engine, reading
from ledger.trust import Trust
from web.config import Config
from web.files import Shelf
from web.limits import Brake

LOG_KEY: Final = "log.pem"
BOX_KEY: Final = "box.pem"
LIVE_KEY: Final = "live.key"
_EXTENSION: Final = "mingjing"


@dataclass(frozen=True)
class Services:
    """`documents`: what notices name, and reports; `forms`: ciphertexts of forms that were present at the opening.

    `rehearsals`: what one organisation may newly ask of custodians for rehearsals: three of them (keys, then shares) at
    once, then one every five minutes. Counted in memory, so that nobody reads later who rehearsed.
    """

    config: Config
    engine: sa.Engine
    trust: Trust
    documents: Shelf
    forms: Shelf
    entropy: Entropy = system_entropy
    rehearsals: Brake = field(default_factory=lambda: Brake(0.4, burst=6))

    @property
    def interval(self) -> timedelta:
        """The length of a box minute."""
        return timedelta(milliseconds=self.config.platform.interval_ms)

    @property
    def challenge_every(self) -> timedelta:
        """How often custodians prove that they can open."""
        return timedelta(seconds=self.config.worker.challenge_every_s)

    @property
    def grace(self) -> timedelta:
        """How long after its end a minute may be witnessed."""
        return timedelta(milliseconds=self.config.platform.grace_ms)


def compose(config: Config, url: str, *, now: Clock | None = None, entropy: Entropy = system_entropy) -> Services:
    """The services of one process, over the database at `url`. `now` stands in for the database's clock in tests."""
    return Services(
        config=config,
        engine=create_engine(url, now=now),
        trust=read_trust(config.folders.trust),
        documents=Shelf(config.folders.documents),
        forms=Shelf(config.folders.documents / "forms"),
        entropy=entropy,
    )


def read_trust(path: Path) -> Trust:
    """The platform's own copy of the trust file; `Refusal("config.unreadable")` before there is one."""
    try:
        return trust.parse(path.read_bytes())
    except FileNotFoundError as exc:
        raise Refusal("config.unreadable", path=str(path)) from exc


def check_announced(services: Services) -> None:
    """The configuration is what the log was opened with; `Refusal("config.differs", member=…)` otherwise."""
    with reading(services.engine) as conn:
        opened = read.load(conn, "log", limit=1)
    said = opened[0].event.public if opened else {}
    platform = services.config.platform
    for member, value in (
        ("origin", platform.origin),
        ("interval_ms", platform.interval_ms),
        ("grace_ms", platform.grace_ms),
        ("demonstration", platform.demonstration),
    ):
        if said.get(member) != value:
            raise Refusal("config.differs", member=member)


def new_key(path: Path) -> Ed25519PrivateKey:
    """A new private key in a file that only its owner may read; one that is there stays and is given."""
    if path.exists():
        return read_key(path)
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)
    return key


def new_shared_key(path: Path, entropy: Entropy) -> None:
    """32 random bytes (hex) in a file that only its owner may read, for office and live process; one stays."""
    if not path.exists():
        write_atomically(path, entropy(32).hex().encode() + b"\n", 0o600)


def read_shared_key(path: Path) -> bytes:
    """The 32 bytes in such a file; `Refusal("config.unreadable")`, `Refusal("config.bad_key")`."""
    try:
        return unhex(path.read_text(encoding="ascii").strip(), 32, "key")
    except OSError as exc:
        raise Refusal("config.unreadable", path=str(path)) from exc
    except (UnicodeError, Refusal) as exc:
        raise Refusal("config.bad_key", path=str(path)) from exc


def read_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file; `Refusal("config.unreadable")`, `Refusal("config.bad_key")`."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError as exc:
        raise Refusal("config.unreadable", path=str(path)) from exc
    except ValueError as exc:
        raise Refusal("config.bad_key", path=str(path)) from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise Refusal("config.bad_key", path=str(path))
    return key


def services() -> Services:
    """The services of the application that answers this request."""
    return cast(Services, current_app.extensions[_EXTENSION])
