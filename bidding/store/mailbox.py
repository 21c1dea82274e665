"""Mail for institutions. Nobody connects to them: they fetch requests and post answers (docs/formats/custody.md).

One request an (institution, kind, subject): asking again is asking the same, and the first answer stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from bidding.store.tables import custody_requests
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy

_REHEARSALS: Final = ("rehearsal", "rehearsal-key")


@dataclass(frozen=True)
class Mail:
    """A request to an institution. `answer` is empty until answered."""

    id: str
    institution: str
    kind: str
    subject: str
    body: dict[str, Json]
    answer: dict[str, Json]


def ask(
    conn: Connection,
    institution: str,
    kind: str,
    subject: str,
    body: dict[str, Json],
    *,
    now: datetime,
    entropy: Entropy,
    life: timedelta | None = None,
) -> None:
    """Leaves a request unless the same one is there. `life`: how long it waits, None: until answered."""
    known = conn.execute(
        select(custody_requests.c.id).where(
            custody_requests.c.institution == institution,
            custody_requests.c.kind == kind,
            custody_requests.c.subject == subject,
        )
    ).first()
    if known is not None:
        return
    conn.execute(
        insert(custody_requests).values(
            id=entropy(16).hex(),
            institution=institution,
            kind=kind,
            subject=subject,
            body=canonical(body).decode("utf-8"),
            created=clock.text(now),
            expires=clock.text(now + life) if life is not None else "",
            answer="",
            answered="",
        )
    )


def waiting(conn: Connection, institution: str, now: datetime) -> list[Mail]:
    """An institution's unanswered requests, oldest first; rehearsals after everything that is meant.

    Any bidder can ask for as many rehearsals as it likes: they may keep each other waiting, but nothing else.
    """
    rows = conn.execute(
        select(custody_requests)
        .where(
            custody_requests.c.institution == institution,
            custody_requests.c.answered == "",
            (custody_requests.c.expires == "") | (custody_requests.c.expires > clock.text(now)),
        )
        .order_by(custody_requests.c.kind.in_(_REHEARSALS), custody_requests.c.created, custody_requests.c.id)
    )
    return [_mail(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public accessor


def request(conn: Connection, mail_id: str) -> Mail:
    """A request by its id, held for update; `Refusal("custody.unknown")`."""
    row = conn.execute(select(custody_requests).where(custody_requests.c.id == mail_id).with_for_update()).one_or_none()
    if row is None:
        raise Refusal("custody.unknown", id=mail_id[:64])
    return _mail(row._mapping)  # noqa: SLF001 - SQLAlchemy's public accessor


def answer(conn: Connection, mail_id: str, value: dict[str, Json], now: datetime) -> None:
    """Keeps the answer to a request. Whether it is right is the caller's to check first."""
    conn.execute(
        update(custody_requests)
        .where(custody_requests.c.id == mail_id, custody_requests.c.answered == "")
        .values(answer=canonical(value).decode("utf-8"), answered=clock.text(now))
    )


def asked(conn: Connection, kind: str, subject: str) -> bool:
    """Whether anybody was asked about this subject."""
    query = select(custody_requests.c.id).where(custody_requests.c.kind == kind, custody_requests.c.subject == subject)
    return conn.execute(query.limit(1)).first() is not None


def answers(conn: Connection, kind: str, subject: str) -> dict[str, dict[str, Json]]:
    """Institution → answer, for everybody who answered what was asked under this kind and subject."""
    rows = conn.execute(
        select(custody_requests).where(
            custody_requests.c.kind == kind, custody_requests.c.subject == subject, custody_requests.c.answered != ""
        )
    )
    return {row.institution: parse_object(row.answer.encode("utf-8")) for row in rows}


def settle(conn: Connection, kind: str, subject: str, now: datetime) -> None:
    """Nobody need answer this any more: one of those who were asked has done what was wanted."""
    conn.execute(
        update(custody_requests)
        .where(
            custody_requests.c.kind == kind, custody_requests.c.subject == subject, custody_requests.c.answered == ""
        )
        .values(answer="{}", answered=clock.text(now))
    )


def reopen(conn: Connection, kind: str, subject: str) -> None:
    """Asks again what was settled: a thing may be lost a second time."""
    conn.execute(
        update(custody_requests)
        .where(custody_requests.c.kind == kind, custody_requests.c.subject == subject)
        .values(answer="", answered="")
    )


def forget(conn: Connection, now: datetime) -> None:
    """Drops requests whose time is over, answered or not: rehearsals and challenges."""
    conn.execute(
        delete(custody_requests).where(custody_requests.c.expires != "", custody_requests.c.expires <= clock.text(now))
    )


def _mail(row: object) -> Mail:
    found = dict(row)  # type: ignore[call-overload]  # a SQLAlchemy RowMapping
    return Mail(
        id=found["id"],
        institution=found["institution"],
        kind=found["kind"],
        subject=found["subject"],
        body=parse_object(found["body"].encode("utf-8")),
        answer=parse_object(found["answer"].encode("utf-8")) if found["answer"] else {},
    )
