"""How a draft gets its key sets: every custodian is asked for a key, then for its signature over the whole.

Rehearsals go the same way with throw-away keys, and end in the custodians' shares of a rehearsal's seal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

import sqlalchemy as sa

from bidding.procedures.notice import PARTS
from bidding.store import mailbox, tables
from bidding.store.mailbox import Mail
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, parse_object, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import Entropy, check_id
from ledger.sealed import keyset as sealed
from ledger.sealed import rehearsal
from ledger.sealed.keyset import Purpose
from ledger.sealed.seal import Seal

REHEARSAL_LIFE: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Progress:
    """One key set on its way.

    `step`: key, sign or done; `have`: the custodians whose step is in; `keyset`: {} until all keys are.
    """

    lot: str
    part: str
    step: str
    have: tuple[str, ...]
    keyset: dict[str, Json]
    signatures: tuple[dict[str, Json], ...]


def ask(
    conn: sa.Connection,
    tender: str,
    lots: Sequence[str],
    custodians: Sequence[str],
    t: int,
    deadline: datetime,
    *,
    now: datetime,
    entropy: Entropy,
) -> None:
    """Asks the custodians for the keys of all parts of all lots. Asking the same again does nothing.

    Raises `Refusal("keyset.asked_already")` for other custodians, t or deadline: there is one key set for a purpose,
    ever; another one needs another draft.
    """
    ids = sorted(custodians)
    for lot in lots:
        for part in PARTS:
            when = sealed.conditions(part, clock.text(deadline))
            body: dict[str, Json] = {
                "purpose": Purpose(tender, check_id(lot, "lot"), part).to_json(),
                "t": t,
                "custodians": list(ids),
                "conditions": when.to_json(),
            }
            _ask_one(conn, tender, lot, part, body, ids, now=now, entropy=entropy)


def _ask_one(
    conn: sa.Connection,
    tender: str,
    lot: str,
    part: str,
    body: dict[str, Json],
    ids: Sequence[str],
    *,
    now: datetime,
    entropy: Entropy,
) -> None:
    text = canonical(body).decode("utf-8")
    table = tables.keysets
    where = (table.c.tender == tender, table.c.lot == lot, table.c.part == part)
    known = conn.execute(sa.select(table.c.request).where(*where)).scalar_one_or_none()
    if known is not None and known != text:
        raise Refusal("keyset.asked_already", lot=lot, part=part)
    if known is None:
        conn.execute(
            sa.insert(table).values(
                tender=tender, lot=lot, part=part, request=text, kid="", keyset="", created=clock.text(now)
            )
        )
    for custodian in ids:
        mailbox.ask(conn, custodian, "key", _subject(tender, lot, part), body, now=now, entropy=entropy)


def take_key(mail: Mail, envelope: dict[str, Json], identity_key: str) -> dict[str, Json]:
    """A custodian's answer to `key` or `rehearsal-key`, checked: `{public_key}`. Raises `Refusal`.

    The envelope (TYPE challenge) is over the request's own hash and id (docs/formats/custody.md).
    """
    got = members(signing.verify("challenge", envelope, identity_key), "kid public_key nonce at")
    wanted = H(b"mingjing/custodian/v1\0", canonical(mail.body)).hex()
    nonce = H(b"mingjing/custody-request/v1\0", mail.id.encode("ascii")).hex()
    if (got["kid"], got["nonce"]) != (wanted, nonce):
        raise Refusal("custody.other_request", id=mail.id)
    unhex(got["public_key"], 32, "public_key")
    clock.parse_time(got["at"], "at")
    return {"public_key": got["public_key"]}


def advance(conn: sa.Connection, tender: str, lot: str, part: str, *, now: datetime, entropy: Entropy) -> None:
    """Builds a key set whose keys are all in, and asks all for their signatures; again does nothing."""
    table = tables.keysets
    where = (table.c.tender == tender, table.c.lot == lot, table.c.part == part)
    row = conn.execute(sa.select(table).where(*where).with_for_update()).one_or_none()
    if row is None or row.kid:
        return
    body = parse_object(row.request.encode("utf-8"))
    ids = [str(one) for one in cast(list[Json], body["custodians"])]
    keys = _keys(conn, "key", _subject(tender, lot, part))
    if set(keys) != set(ids):
        return
    when = sealed.Conditions.parse(body["conditions"])
    built = sealed.build(Purpose.parse(body["purpose"]), cast(int, body["t"]), keys, when)
    made = built.to_json()
    conn.execute(sa.update(table).where(*where).values(kid=built.kid.hex(), keyset=canonical(made).decode("utf-8")))
    for custodian in ids:
        mailbox.ask(conn, custodian, "sign", built.kid.hex(), {"keyset": made}, now=now, entropy=entropy)


def progress(conn: sa.Connection, tender: str) -> list[Progress]:
    """Every key set of a tender, by lot and part."""
    rows = conn.execute(
        sa.select(tables.keysets)
        .where(tables.keysets.c.tender == tender)
        .order_by(tables.keysets.c.lot, tables.keysets.c.part)
    ).all()
    return [_progress(conn, tender, row.lot, row.part, row.kid, row.keyset, row.request) for row in rows]


def _progress(conn: sa.Connection, tender: str, lot: str, part: str, kid: str, keyset: str, request: str) -> Progress:
    if not kid:
        have = sorted(mailbox.answers(conn, "key", _subject(tender, lot, part)))
        return Progress(lot, part, "key", tuple(have), {}, ())
    signed = mailbox.answers(conn, "sign", kid)
    wanted = cast(list[Json], parse_object(request.encode("utf-8"))["custodians"])
    step = "done" if len(signed) == len(wanted) else "sign"
    have = sorted(signed)
    return Progress(
        lot, part, step, tuple(have), parse_object(keyset.encode("utf-8")), tuple(signed[one] for one in have)
    )


def by_kid(conn: sa.Connection, kid: str) -> tuple[str, str, str]:
    """`(tender, lot, part)` of a real key set; `Refusal("keyset.unknown")`."""
    table = tables.keysets
    row = conn.execute(sa.select(table.c.tender, table.c.lot, table.c.part).where(table.c.kid == kid)).one_or_none()
    if row is None:
        raise Refusal("keyset.unknown", kid=kid[:64])
    return row.tender, row.lot, row.part


def ask_rehearsal(
    conn: sa.Connection,
    nonce: str,
    part: str,
    custodians: Sequence[str],
    *,
    now: datetime,
    entropy: Entropy,
    admit: Callable[[], None] = lambda: None,
) -> None:
    """Asks the custodians for throw-away keys; the nonce names the rehearsal.

    `admit` is called before something new is asked, and may refuse.
    """
    rehearsal.purpose(nonce, part)
    if not mailbox.asked(conn, "rehearsal-key", f"{nonce}/{part}"):
        admit()
    for custodian in custodians:
        body: dict[str, Json] = {"nonce": nonce, "part": part}
        mailbox.ask(
            conn, custodian, "rehearsal-key", f"{nonce}/{part}", body, now=now, entropy=entropy, life=REHEARSAL_LIFE
        )


def rehearsal_keys(conn: sa.Connection, nonce: str, part: str) -> dict[str, str]:
    """Custodian → throw-away public key (hex), of those who answered."""
    return {one: raw.hex() for one, raw in _keys(conn, "rehearsal-key", f"{nonce}/{part}").items()}


def ask_rehearsal_shares(
    conn: sa.Connection,
    body: dict[str, Json],
    known: Collection[str],
    *,
    now: datetime,
    entropy: Entropy,
    admit: Callable[[], None] = lambda: None,
) -> dict[str, dict[str, Json]]:
    """Passes a rehearsal's seal `{keyset, author_key, seal}` to its custodians; the answers that are in so far.

    `known`: the custodians there are. Whatever else is named, or sealed in another shape, is refused before anything is
    kept: it would be mail for others, as often and as long as somebody likes. `admit`: as in `ask_rehearsal`. Raises
    `Refusal("custodian.unknown")`, `Refusal("sealed.*")`.
    """
    got = members(body, "keyset author_key seal")
    keyset = rehearsal.parse(got["keyset"])
    for custodian in keyset.ids:
        if custodian not in known:
            raise Refusal("custodian.unknown", custodian=custodian)
    unhex(got["author_key"], 32, "author_key")
    Seal.parse(got["seal"], keyset)
    subject = H(canonical(got)).hex()
    if not mailbox.asked(conn, "rehearsal", subject):
        admit()
    for custodian in keyset.ids:
        mailbox.ask(conn, custodian, "rehearsal", subject, dict(got), now=now, entropy=entropy, life=REHEARSAL_LIFE)
    return mailbox.answers(conn, "rehearsal", subject)


def _keys(conn: sa.Connection, kind: str, subject: str) -> dict[str, bytes]:
    return {
        custodian: unhex(members(answer, "public_key")["public_key"], 32, "public_key")
        for custodian, answer in mailbox.answers(conn, kind, subject).items()
    }


def _subject(tender: str, lot: str, part: str) -> str:
    return f"{tender}/{lot}/{part}"
