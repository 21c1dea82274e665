"""The platform's configuration: one TOML file, read strictly, the same for office, box, worker and live process.

Relative paths and relative SQLite addresses are taken from the folder of the file. Secrets (private keys) stand in
files of their own in `folders.keys`, never in the configuration.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Final, TypeVar

from ledger.basics.errors import Refusal

NAME: Final = "platform.toml"
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")

T = TypeVar("T")


@dataclass(frozen=True)
class Platform:
    """`origin`: the log's name; times in milliseconds (docs/formats/events.md, `log.opened`)."""

    origin: str
    demonstration: bool = False
    interval_ms: int = 60_000
    grace_ms: int = 120_000


@dataclass(frozen=True)
class Database:
    """SQLAlchemy addresses, one for each database role (docs/decisions/0002-office-and-box.md)."""

    office: str = "sqlite:///platform.db"
    box: str = "sqlite:///platform.db"
    worker: str = "sqlite:///platform.db"
    live: str = "sqlite:///platform.db"
    owner: str = "sqlite:///platform.db"


@dataclass(frozen=True)
class Folders:
    """Where files lie: tiles of the log, documents, ciphertexts, the box's sealed access log, keys, trust file."""

    log: Path = Path("log")
    documents: Path = Path("documents")
    blobs: Path = Path("blobs")
    access_log: Path = Path("access-log")
    keys: Path = Path("keys")
    trust: Path = Path("trust.json")


@dataclass(frozen=True)
class Address:
    """Where an application listens; port 0 takes a free one and says which.

    `proxies`: how many front servers of one's own add to `X-Forwarded-For`; with none the header is anybody's word.
    `slow_after_s`, `min_bytes_per_s`: a body or an answer that moves more slowly after so many seconds is cut.
    """

    host: str = "127.0.0.1"
    port: int = 0
    threads: int = 32
    proxies: int = 0
    slow_after_s: int = 20
    min_bytes_per_s: int = 4096
    ready_file: str = ""


@dataclass(frozen=True)
class Office(Address):
    """The office.

    `requests_per_minute`: for each person or address; `max_document_bytes`: for one document; `max_unpublished_…`: what
    one organisation may store within 30 days that no notice or addendum has named yet.
    """

    threads: int = 96
    requests_per_minute: int = 600
    max_document_bytes: int = 512 * 1024 * 1024
    max_unpublished_bytes: int = 16 * 1024 * 1024 * 1024
    max_unpublished_documents: int = 2000
    token_days: int = 90


@dataclass(frozen=True)
class Box(Address):
    """The box. `access_log_key`: the supervisor's X25519 key (hex) its access log is sealed to; empty keeps none.

    `requests_per_minute`: for each bid key, on the average (`web.box.parts.BURST` at once).
    """

    threads: int = 64
    requests_per_minute: int = 1200
    access_log_key: str = ""


@dataclass(frozen=True)
class Worker:
    """The worker.

    `poll_ms`: between two sweeps; `challenge_every_s`: how often custodians prove that they hold their keys.
    """

    poll_ms: int = 1_000
    challenge_every_s: int = 3_600
    ready_file: str = ""


@dataclass(frozen=True)
class Live:
    """The live process: the halls' websockets.

    `origins`: of pages that may connect besides those at `[public] office`, with commas between; `connections`: at the
    same time, in all and of one address (an IPv6 /64); `proxies`: as of the other processes; `poll_ms`: between two
    looks at the ledger.
    """

    host: str = "127.0.0.1"
    port: int = 0
    origins: str = ""
    proxies: int = 0
    poll_ms: int = 200
    connections: int = 6_000
    connections_of_address: int = 1_500
    ready_file: str = ""


@dataclass(frozen=True)
class Public:
    """Under which addresses browsers reach the platform (`https://host[:port]`): pages need them, processes don't.

    `box`, `live`: empty where a platform has no box for browsers, or no hall.
    """

    office: str = ""
    box: str = ""
    live: str = ""

    def origins(self) -> tuple[str, ...]:
        """What a page's scripts connect to besides its own origin: the box by HTTP, the live process by websocket."""
        socket = self.live.replace("http", "ws", 1)
        return tuple(one for one in (self.box, socket) if one)


@dataclass(frozen=True)
class Config:
    """All of it; `base` is the folder of the file."""

    base: Path
    platform: Platform
    database: Database = field(default_factory=Database)
    folders: Folders = field(default_factory=Folders)
    office: Office = field(default_factory=Office)
    box: Box = field(default_factory=Box)
    worker: Worker = field(default_factory=Worker)
    live: Live = field(default_factory=Live)
    public: Public = field(default_factory=Public)


def read(path: Path) -> Config:
    """The configuration in a TOML file. Raises `Refusal("config.*")` naming the section and the member."""
    try:
        doc = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise Refusal("config.unreadable", path=str(path)) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise Refusal("config.not_toml", path=str(path), reason=str(exc)) from exc
    return build(doc, path.resolve().parent)


def build(doc: Mapping[str, object], base: Path) -> Config:
    """The configuration of a parsed document, paths resolved against `base`."""
    sections = {"platform", "database", "folders", "office", "box", "worker", "live", "public"}
    for name in sorted(doc.keys() - sections):
        raise Refusal("config.unknown_member", section="", member=name)
    return Config(
        base=base,
        platform=_section(Platform, doc, "platform", base),
        database=_section(Database, doc, "database", base),
        folders=_section(Folders, doc, "folders", base),
        office=_section(Office, doc, "office", base),
        box=_section(Box, doc, "box", base),
        worker=_section(Worker, doc, "worker", base),
        live=_section(Live, doc, "live", base),
        public=_public(_section(Public, doc, "public", base)),
    )


def _public(found: Public) -> Public:
    """Addresses go into headers and pages: each an origin and nothing more. `Refusal("config.bad_origin")`."""
    for one in fields(found):
        value = str(getattr(found, one.name))
        if value and not _ORIGIN.fullmatch(value):
            raise Refusal("config.bad_origin", section="public", member=one.name)
    return found


def _section(cls: type[T], doc: Mapping[str, object], name: str, base: Path) -> T:
    given = doc.get(name, {})
    if not isinstance(given, dict):
        raise Refusal("config.wrong_type", section=name, member="", wanted="table")
    known: dict[str, Field[object]] = {one.name: one for one in fields(cls)}  # type: ignore[arg-type]  # T is always one of the dataclasses above
    for member in sorted(given.keys() - known.keys()):
        raise Refusal("config.unknown_member", section=name, member=member)
    values: dict[str, object] = {}
    for member, one in known.items():
        if member in given:
            values[member] = _value(given[member], str(one.type), name, member)
        elif one.default is MISSING:
            raise Refusal("config.missing_member", section=name, member=member)
        else:
            values[member] = one.default
        values[member] = _resolve(values[member], base)
    return cls(**values)


def _value(value: object, wanted: str, section: str, member: str) -> object:
    types: dict[str, type] = {"str": str, "int": int, "bool": bool, "Path": str}
    if type(value) is not types[wanted] or (wanted == "int" and value < 0):  # type: ignore[operator]  # int by then
        raise Refusal("config.wrong_type", section=section, member=member, wanted=wanted.lower())
    return Path(str(value)) if wanted == "Path" else value


def _resolve(value: object, base: Path) -> object:
    """Makes folders absolute, and SQLite addresses with a relative file."""
    if isinstance(value, Path):
        return base / value
    if isinstance(value, str) and value.startswith("sqlite:///") and not value.startswith("sqlite:////"):
        return f"sqlite:///{base / value.removeprefix('sqlite:///')}"
    return value
