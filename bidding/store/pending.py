"""Acts that wait for their second signature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from bidding.acts.keys import VALID
from bidding.store.tables import acts_pending
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, parse, parse_object
from ledger.basics.ids import Entropy


@dataclass(frozen=True)
class Pending:
    """`acts`: the envelopes so far, each by another key; `body_sha256`: of the canonical body, hex."""

    subject: str
    act: str
    body_sha256: str
    body: dict[str, Json]
    acts: tuple[dict[str, Json], ...]


def add(conn: sa.Connection, new: Pending, *, person: str, now: datetime, entropy: Entropy) -> Pending:
    """Adds the signature of `new` to those for the same act and body; what is there now.

    The same key again replaces its own signature: somebody who waited too long signs anew.
    """
    where = _where(new)
    row = conn.execute(sa.select(acts_pending).where(*where).with_for_update()).one_or_none()
    if row is None:
        values = {"person": person, "created": clock.text(now), "acts": _text(new.acts)}
        conn.execute(
            sa.insert(acts_pending).values(
                id=entropy(16).hex(),
                subject=new.subject,
                act=new.act,
                body_sha256=new.body_sha256,
                body=canonical(new.body).decode("utf-8"),
                **values,
            )
        )
        return new
    held = _pending(row)
    key = new.acts[0]["key"]
    acts = (*(one for one in held.acts if one["key"] != key), new.acts[0])
    conn.execute(sa.update(acts_pending).where(*where).values(acts=_text(acts)))
    return replace(held, acts=acts)


def drop(conn: sa.Connection, done: Pending) -> None:
    """The act was executed."""
    conn.execute(sa.delete(acts_pending).where(*_where(done)))


def listed(conn: sa.Connection) -> list[Pending]:
    """Everything that waits, oldest first."""
    return [_pending(row) for row in conn.execute(sa.select(acts_pending).order_by(acts_pending.c.created))]


def forget(conn: sa.Connection, now: datetime) -> None:
    """Drops acts whose first signature ran out."""
    conn.execute(sa.delete(acts_pending).where(acts_pending.c.created < clock.text(now - VALID)))


def _where(one: Pending) -> tuple[sa.ColumnElement[bool], ...]:
    table = acts_pending
    return table.c.subject == one.subject, table.c.act == one.act, table.c.body_sha256 == one.body_sha256


def _pending(row: Any) -> Pending:  # noqa: ANN401 - a SQLAlchemy row has no type of its own
    acts = cast(list[dict[str, Json]], parse(row.acts.encode("utf-8")))
    return Pending(row.subject, row.act, row.body_sha256, parse_object(row.body.encode("utf-8")), tuple(acts))


def _text(acts: tuple[dict[str, Json], ...]) -> str:
    return canonical(list(acts)).decode("utf-8")
