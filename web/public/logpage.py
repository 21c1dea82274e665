"""The log's own page: its newest checkpoint, who saw it, its entries, and that it only ever grows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from flask import Blueprint, Response, request

from ledger import checkpoint, merkle
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.store import read, serve, tree
from ledger.store.engine import database_now, reading
from ledger.store.read import Stored
from web import page, words
from web.access import PUBLIC, route
from web.page import language
from web.services import Services, services

blueprint: Final = Blueprint("logpage", __name__, static_folder=None)

PER_PAGE: Final = 20
_MOST: Final = 10**15
_RAW: Final = re.compile(rb"mingjing/([a-z][a-z0-9-]{0,31})/v1\0")
_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Witness:
    """A witness of the trust file: the largest checkpoint it has cosigned, and how many entries it is behind.

    `size` is −1 for one that has cosigned nothing yet.
    """

    name: str
    size: int
    at: datetime | None
    behind: int


@dataclass(frozen=True)
class Entry:
    """An entry: its place, its RFC 6962 leaf hash, what it is. `label`: of a raw one; `event`: where it is disclosed.

    `leaf`: the entry itself (hex), for one of 32 bytes.
    """

    index: int
    hash: str
    label: str
    leaf: str
    event: Stored | None


@dataclass(frozen=True)
class Consistency:
    """That the tree of `new` entries begins with the tree of `old`: both roots and the proof, hex."""

    old: int
    new: int
    old_root: str
    new_root: str
    proof: tuple[str, ...]


@route(blueprint, "GET", "/log", PUBLIC)
def log() -> Response:
    """The log: `?at=` an entry, `?find=` a leaf or an entry's hash, `?old=&new=` two sizes."""
    at = services()
    problems: dict[str, str] = {}
    with reading(at.engine) as conn:
        try:
            latest = checkpoint.verify(serve.latest(conn), at.trust.policy)
        except Refusal as why:
            if why.code != "log.no_checkpoint":
                raise
            return page.render("log.html", latest=None, stamp=clock.text)
        place = _place(conn, latest.size, problems)
        start = max(0, (latest.size - PER_PAGE) if place is None else place - place % PER_PAGE)
        entries = _entries(conn, start, latest.size)
        grown = _grown(conn, latest.size, problems)
        pending = checkpoint.Checkpoint.parse_body(checkpoint.parse_note(serve.pending(conn)).body).size
        seen = _witnesses(conn, latest.size)
        now = database_now(conn)
    answer = page.render(
        "log.html",
        latest=latest,
        pending=pending,
        threshold=at.trust.policy.threshold,
        witnesses=seen,
        entries=entries,
        start=start,
        place=place,
        grown=grown,
        asked={name: request.args.get(name, "")[:100] for name in ("at", "find", "old", "new")},
        problems=problems,
        now=now,
        per_page=PER_PAGE,
        commands=_commands(at),
        stamp=clock.text,
    )
    answer.status_code = 400 if problems else 200
    return answer


def _place(conn: sa.Connection, size: int, problems: dict[str, str]) -> int | None:
    """The entry that is asked for, None if none is; what is wrong with the question goes into `problems`."""
    if find := request.args.get("find", "").strip().lower():
        if not _HEX.fullmatch(find):
            problems["find"] = _said("log.bad_hash")
            return None
        try:
            index = tree.index_of(conn, bytes.fromhex(find))
        except Refusal:
            problems["find"] = _said("log.no_entry")
            return None
        if index >= size:
            problems["find"] = _said("log.not_yet")
            return None
        return index
    return _number("at", size - 1, problems) if request.args.get("at") else None


def _grown(conn: sa.Connection, size: int, problems: dict[str, str]) -> Consistency | None:
    if not (request.args.get("old") or request.args.get("new")):
        return None
    old, new = _number("old", size, problems), _number("new", size, problems)
    if old is None or new is None:
        return None
    if old > new:
        problems["old"] = _said("log.backwards")
        return None
    nodes = tree.nodes(conn, size)
    proof = merkle.consistency_proof(nodes, old, new)
    before, after = merkle.root(nodes, old), merkle.root(nodes, new)
    merkle.check_consistency(old, new, before, after, proof)
    return Consistency(old, new, before.hex(), after.hex(), tuple(one.hex() for one in proof))


def _number(name: str, most: int, problems: dict[str, str]) -> int | None:
    text = request.args.get(name, "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_MOST)) or int(text) > most:
        problems[name] = _said("log.bad_number", most=most)
        return None
    return int(text)


def _said(code: str, **params: Any) -> str:  # noqa: ANN401 - whatever the words name
    return words.say(code, params, language())


def _entries(conn: sa.Connection, start: int, size: int) -> list[Entry]:
    """A page of entries, the disclosed ones with their events."""
    held = tree.entries(conn, start, min(PER_PAGE, size - start))
    shown = {one.index: one for one in read.visible_since(conn, start, PER_PAGE)}
    out = []
    for index, data in enumerate(held, start):
        raw = _RAW.match(data)
        out.append(
            Entry(
                index=index,
                hash=merkle.leaf_hash(data).hex(),
                label=raw[1].decode() if raw else "",
                leaf=data.hex() if len(data) == merkle.HASH else "",
                event=shown.get(index),
            )
        )
    return out


def _witnesses(conn: sa.Connection, size: int) -> list[Witness]:
    seen = serve.last_cosigned(conn)
    out = []
    for one in services().trust.policy.witnesses:
        last = seen.get(one.name)
        out.append(
            Witness(one.name, last[0], last[1], max(0, size - last[0])) if last else Witness(one.name, -1, None, size)
        )
    return out


def _commands(at: Services) -> str:
    """What an institution runs to become a witness."""
    address = at.config.public.office or request.host_url.rstrip("/")
    return "\n".join(
        (
            "mingjing witness init --folder witness --name witness.example.org",
            f"mingjing witness run --folder witness --platform {address} \\",
            f"  --log-key '{at.trust.policy.log.text}'",
        )
    )
