"""What becomes public with the roll and with presence: envelopes of submissions, ciphertexts of forms."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from bidding.store.tables import published, published_forms
from ledger.basics.canonical import Json, canonical, parse_object
from ledger.basics.errors import Refusal


def add(conn: sa.Connection, kind: str, sha256: str, tender: str, lot: str, envelope: dict[str, Json]) -> None:
    """Makes an envelope public; again does nothing."""
    if conn.execute(sa.select(published.c.sha256).where(published.c.sha256 == sha256)).first() is None:
        text = canonical(envelope).decode("utf-8")
        conn.execute(sa.insert(published).values(sha256=sha256, kind=kind, tender=tender, lot=lot, envelope=text))


def envelope(conn: sa.Connection, kind: str, sha256: str) -> dict[str, Json]:
    """A public submission's or withdrawal's envelope; `Refusal("submission.not_found")`."""
    found = conn.execute(
        sa.select(published.c.envelope).where(published.c.kind == kind, published.c.sha256 == sha256)
    ).scalar_one_or_none()
    if found is None:
        raise Refusal("submission.not_found", sha256=sha256[:64])
    return parse_object(found.encode("utf-8"))


def add_forms(conn: sa.Connection, sizes: Mapping[str, int], tender: str, lot: str) -> None:
    """These forms' ciphertexts (SHA-256 → bytes) were present and may be fetched; again does nothing."""
    table = published_forms
    # Whichever lot named it first: two may name one ciphertext.
    known = set(conn.execute(sa.select(table.c.sha256).where(table.c.sha256.in_(sorted(sizes)))).scalars())
    rows = [
        {"sha256": sha256, "size": size, "tender": tender, "lot": lot}
        for sha256, size in sorted(sizes.items())
        if sha256 not in known
    ]
    if rows:
        conn.execute(sa.insert(table), rows)


def is_form(conn: sa.Connection, sha256: str) -> bool:
    """Whether this is the ciphertext of a form that was present."""
    return (
        conn.execute(sa.select(published_forms.c.sha256).where(published_forms.c.sha256 == sha256)).first() is not None
    )


def form_size(conn: sa.Connection, sha256: str) -> int:
    """Bytes of a form that was present; `Refusal("file.not_found")`."""
    found = conn.execute(
        sa.select(published_forms.c.size).where(published_forms.c.sha256 == sha256)
    ).scalar_one_or_none()
    if found is None:
        raise Refusal("file.not_found", sha256=sha256[:64])
    return int(found)
