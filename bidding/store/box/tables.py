"""The box's tables."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from ledger.store.tables import metadata

lots = Table(
    "box_lots",
    metadata,
    Column("tender", String(64), primary_key=True),
    Column("lot", String(64), primary_key=True),
    Column("state", String(16), nullable=False),  # waiting (no tickets yet), open, suspended, closed
    Column("deadline", String(24), nullable=False),
    Column("terms", String(64), nullable=False),
    Column("spki", String, nullable=False),
    Column("kids", String, nullable=False),  # canonical {part: kid}
    Column("custodians", Integer, nullable=False),
    Column("max_bytes", BigInteger, nullable=False),
    Column("written", String(24), nullable=False, default=""),  # the end of the last minute that was written with it
    Column(
        "locked", Integer, nullable=False, default=0
    ),  # the one column the box's role may UPDATE: FOR SHARE asks for it
)

uploads = Table(
    "box_uploads",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tender", String(64), nullable=False),
    Column("lot", String(64), nullable=False),
    Column("bid_key", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),  # what the client says it will be; held against the bytes at the end
    Column("length", BigInteger, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("complete", Integer, nullable=False, default=0),
    Column("created", String(24), nullable=False),
    ForeignKeyConstraint(["tender", "lot"], ["box_lots.tender", "box_lots.lot"]),
    UniqueConstraint("bid_key", "sha256", "tender", "lot"),
)

submissions = Table(
    "box_submissions",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("tender", String(64), nullable=False),
    Column("lot", String(64), nullable=False),
    Column("bid_key", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),  # submission, withdrawal
    Column("at", String(24), nullable=False),
    Column("minute", String(24), nullable=False),
    Column("stale", Integer, nullable=False, default=0),  # an addendum came after it was accepted
    Column("envelope", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    ForeignKeyConstraint(["tender", "lot"], ["box_lots.tender", "box_lots.lot"]),
    UniqueConstraint("tender", "lot", "bid_key", "seq"),
    Index("box_submissions_minute", "minute", "tender", "lot"),
)

letters = Table(
    "box_letters",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tender", String(64), nullable=False),
    Column("lot", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # enquiry, objection, explanation
    Column("at", String(24), nullable=False),
    Column("bid_key", String(64), nullable=False),  # counted on, never shown: an enquiry's answer names no asker
    Column("body", LargeBinary, nullable=False),
    Column("taken", Integer, nullable=False, default=0),
    Index("box_letters_key", "bid_key"),
)

nonces = Table(
    "box_nonces",
    metadata,
    Column("bid_key", String(64), primary_key=True),
    Column("nonce", String(64), primary_key=True),
    Column("at", String(24), nullable=False),
    Index("box_nonces_at", "at"),
)
