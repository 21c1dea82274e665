"""Setting a platform up: its folder, keys, tables, the log's first event, its trust file, its first people."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Final

from ledger import trust
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical, members, parse_object
from ledger.basics.clock import Clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.checkpoint import log_key
from ledger.events import Draft
from ledger.store import append, read, tree
from ledger.store.engine import create_engine, database_now, transaction
from web import config as configuration
from web.config import Box, Config, Live, Office, Public, Worker
from web.database import upgrade
from web.office.enrolment import enrol_party, enrol_person
from web.services import BOX_KEY, LIVE_KEY, LOG_KEY, Services, compose, new_key, new_shared_key

STREAM: Final = "log"
_SECTIONS: Final[dict[str, type[Office | Box | Worker | Live | Public]]] = {
    "office": Office,
    "box": Box,
    "worker": Worker,
    "live": Live,
    "public": Public,
}


def initialise(
    path: Path, document: dict[str, dict[str, object]], entropy: Entropy = system_entropy, now: Clock | None = None
) -> Config:
    """Creates a platform in the folder of `path` (its configuration file), or finishes one half created.

    `document`: the sections of the configuration. Makes keys and folders, migrates the database, writes `log.opened`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        configuration.build(document, path.parent.resolve())
        path.write_text(toml(document), encoding="utf-8")
    config = configuration.read(path)
    log, box = new_key(config.folders.keys / LOG_KEY), new_key(config.folders.keys / BOX_KEY)
    for folder in (config.folders.log, config.folders.documents, config.folders.blobs):
        folder.mkdir(parents=True, exist_ok=True)
    engine = create_engine(config.database.owner, now=now)
    upgrade(engine)
    with transaction(engine) as conn:
        tree.prepare(conn)
        if not read.version(conn, STREAM):
            public: dict[str, Json] = {
                "origin": config.platform.origin,
                "log_key": log_key(config.platform.origin, log).text,
                "box_key": signing.public_bytes(box).hex(),
                "interval_ms": config.platform.interval_ms,
                "grace_ms": config.platform.grace_ms,
                "demonstration": config.platform.demonstration,
            }
            opened = [Draft("log.opened", public)]
            append.append(conn, STREAM, 0, opened, at=database_now(conn), actor="platform", entropy=entropy)
    engine.dispose()
    new_shared_key(config.folders.keys / LIVE_KEY, entropy)
    return config


def migrate(config: Config) -> None:
    """Brings the database to this version, with the owner's address, and makes the keys that are new in it."""
    new_shared_key(config.folders.keys / LIVE_KEY, system_entropy)
    engine = create_engine(config.database.owner)
    upgrade(engine)
    engine.dispose()


def keys(config: Config) -> dict[str, Json]:
    """`{log: {origin, key}, box_key}`: the platform's part of a trust file."""
    log, box = new_key(config.folders.keys / LOG_KEY), new_key(config.folders.keys / BOX_KEY)
    origin = config.platform.origin
    return {
        "log": {"origin": origin, "key": log_key(origin, log).text},
        "box_key": signing.public_bytes(box).hex(),
    }


def write_trust(config: Config, institutions: bytes) -> bytes:
    """Writes the platform's trust file: its own keys and the institutions' (canonical JSON of the other members).

    `institutions`: `{witnesses, witness_threshold, custodians, contributors, cas, supervisors}`. Gives its bytes, for
    handing to everybody by a way that isn't this platform.
    """
    others = members(
        parse_object(_canonical(institutions)),
        "witnesses witness_threshold custodians contributors cas supervisors",
    )
    whole: dict[str, Json] = {"v": trust.VERSION, **keys(config), **others}
    trust.from_object(whole)
    data = canonical(whole) + b"\n"
    config.folders.trust.parent.mkdir(parents=True, exist_ok=True)
    config.folders.trust.write_bytes(data)
    return data


def enrol(config: Config, request: bytes, now: Clock | None = None) -> list[dict[str, Json]]:
    """Registers the first organisations and people, whom nobody in the office could register yet.

    `request`: `{parties: [{uscc, name, seal_key, person, holds, people: [{role, key}]}]}`. Gives for each organisation
    `{party, token, people: [{person, role, token}]}`.
    """
    services = compose(config, config.database.owner, now=now)
    listed = members(parse_object(_canonical(request)), "parties")["parties"]
    if not isinstance(listed, list):
        raise Refusal("canonical.not_object")
    try:
        return [_enrol(services, item) for item in listed]
    finally:
        services.engine.dispose()


def _enrol(services: Services, item: Json) -> dict[str, Json]:
    body = dict(members(item, "uscc name seal_key person holds", "people"))
    people = body.pop("people", [])
    done = enrol_party(services, body, "platform")
    out: list[Json] = []
    for one in people if isinstance(people, list) else []:
        asked = members(one, "role key")
        got = enrol_person(services, {"party": done["party"], **asked}, "platform")
        out.append({**got, "role": asked["role"]})
    return {**done, "people": out}


def toml(document: dict[str, dict[str, object]]) -> str:
    """A configuration file: sections of strings, whole numbers and booleans."""
    lines: list[str] = []
    for section, values in document.items():
        lines.append(f"[{section}]")
        # JSON spells strings, whole numbers and booleans as TOML does.
        lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def sections(
    origin: str,
    *,
    demonstration: bool = False,
    interval_ms: int = 60_000,
    grace_ms: int = 120_000,
    database: str = "",
    **others: dict[str, object],
) -> dict[str, dict[str, object]]:
    """The sections of a configuration; `database`: one address for all roles, empty for SQLite in the folder.

    `others`: members of the sections `office`, `box`, `worker`, `live` and `public` that differ from their defaults.
    """
    for name, given in others.items():
        known = {one.name for one in fields(_SECTIONS[name])}
        for member in sorted(given.keys() - known):
            raise Refusal("config.unknown_member", section=name, member=member)
    out: dict[str, dict[str, object]] = {
        "platform": {
            "origin": origin,
            "demonstration": demonstration,
            "interval_ms": interval_ms,
            "grace_ms": grace_ms,
        }
    }
    if database:
        out["database"] = dict.fromkeys(("office", "box", "worker", "live", "owner"), database)
    return out | {name: given for name, given in others.items() if given}


def _canonical(data: bytes) -> bytes:
    """A person's JSON in its canonical spelling."""
    try:
        return canonical(json.loads(data))
    except ValueError as exc:
        raise Refusal("http.not_json") from exc
