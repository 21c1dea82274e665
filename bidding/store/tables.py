"""The office's tables, on the ledger's metadata.

*Projections* are what pages read; `bidding.store.project` is the only writer, and `mingjing check` folds them anew.
*Operational* tables hold what is no event: accounts, tokens, drafts, keys, mail to and from institutions, acts that
wait for their second signature. Times are text of 24 characters (`ledger.basics.clock`), JSON is canonical text.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.store.tables import metadata

_ID: Final = String(64)
_HASH: Final = String(64)
_TIME: Final = String(24)

# --- projections ----------------------------------------------------------------------------------------------------

parties = Table(
    "parties",
    metadata,
    Column("party", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("uscc", String(18), nullable=False, unique=True),
    Column("name_zh", String(200), nullable=False),
    Column("name_en", String(200), nullable=False),
    Column("seal_key", _HASH, nullable=False, unique=True),
    Column("person_ref", _ID, nullable=False),
    Column("person_key", _HASH, nullable=False),
    Column("holds", Text, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    Column("person", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("party", _ID, nullable=False),
    Column("role", String(16), nullable=False),
    Column("key", _HASH, nullable=False, unique=True),
)

tenders = Table(
    "tenders",
    metadata,
    Column("tender", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(24), nullable=False),
    Column("party", _ID, nullable=False),
    Column("title_zh", String(400), nullable=False),
    Column("title_en", String(400), nullable=False),
    Column("category", String(16), nullable=False),
    Column("region", String(64), nullable=False),
    Column("estimate_fen", BigInteger, nullable=False),
    Column("published_at", _TIME, nullable=False),  # empty while a draft
    Column("deadline", _TIME, nullable=False),
    Column("tickets_open", Boolean, nullable=False),
    Index("tenders_newest", "published_at", "tender"),
)

lots = Table(
    "lots",
    metadata,
    Column("tender", _ID, primary_key=True),
    Column("lot", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(24), nullable=False),
    Column("bids", Integer, nullable=False),  # on the roll; −1 before it
    Column("winner", _HASH, nullable=False),  # bid key of the award, empty before it
)

issuances = Table(
    "issuances",
    metadata,
    Column("tender", _ID, primary_key=True),
    Column("lot", _ID, primary_key=True),
    Column("party", _ID, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("blinded_message", Text, nullable=False),
)

# --- accounts -------------------------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    Column("person", _ID, primary_key=True),
    Column("role", String(16), nullable=False),
    Column("party", _ID, nullable=False),
    Column("created", _TIME, nullable=False),
    Column("disabled", Boolean, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", _HASH, primary_key=True),  # SHA-256 of the token; the token itself is kept nowhere
    Column("person", _ID, ForeignKey("accounts.person"), nullable=False),
    Column("created", _TIME, nullable=False),
    Column("expires", _TIME, nullable=False),
)

# --- work in hand ---------------------------------------------------------------------------------------------------

drafts = Table(
    "drafts",
    metadata,
    Column("tender", _ID, primary_key=True),
    Column("party", _ID, nullable=False),
    Column("person", _ID, nullable=False),
    Column("body", Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("sha256", _HASH, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("stored", _TIME, nullable=False),
    Column("public", Boolean, nullable=False),  # named by a disclosed event
    Column("party", _ID, nullable=False, server_default=""),  # that stored it first, empty for the platform
    Index("documents_party", "party", "public"),
)

lot_keys = Table(
    "lot_keys",
    metadata,
    Column("tender", _ID, primary_key=True),
    Column("lot", _ID, primary_key=True),
    Column("spki", Text, nullable=False),
    Column("private_key", LargeBinary, nullable=False),  # PKCS#8 DER; the office's role alone may read it
)

keysets = Table(
    "keysets",
    metadata,
    Column("tender", _ID, primary_key=True),
    Column("lot", _ID, primary_key=True),
    Column("part", String(32), primary_key=True),
    Column("request", Text, nullable=False),  # {purpose, t, custodians, conditions} as asked of the custodians
    Column("kid", _HASH, nullable=False),  # empty until every key is there
    Column("keyset", Text, nullable=False),
    Column("created", _TIME, nullable=False),
    Index("keysets_kid", "kid"),
)

custody_requests = Table(
    "custody_requests",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("institution", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", String(300), nullable=False),  # what it is about; with kind and institution it is asked once
    Column("body", Text, nullable=False),
    Column("created", _TIME, nullable=False),
    Column("expires", _TIME, nullable=False),  # empty: never
    Column("answer", Text, nullable=False),  # empty until answered
    Column("answered", _TIME, nullable=False),
    UniqueConstraint("institution", "kind", "subject"),
    Index("custody_requests_open", "institution", "answered"),
)

custodians_seen = Table(
    "custodians_seen",
    metadata,
    Column("tender", _ID, primary_key=True),
    Column("custodian", _ID, primary_key=True),
    Column("challenged", _TIME, nullable=False),
    Column("answered", _TIME, nullable=False),
)

published = Table(
    "published",
    metadata,
    Column("sha256", _HASH, primary_key=True),
    Column("kind", String(16), nullable=False),  # submission, withdrawal
    Column("tender", _ID, nullable=False),
    Column("lot", _ID, nullable=False),
    Column("envelope", Text, nullable=False),  # copied from the box when the lot closed
    Index("published_lot", "tender", "lot"),
)

published_forms = Table(
    "published_forms",
    metadata,
    Column("sha256", _HASH, primary_key=True),  # a ciphertext that was present; its bytes lie in files
    Column("size", BigInteger, nullable=False),
    Column("tender", _ID, nullable=False),
    Column("lot", _ID, nullable=False),
)

acts_pending = Table(
    "acts_pending",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("subject", String(160), nullable=False),
    Column("act", String(32), nullable=False),
    Column("body_sha256", _HASH, nullable=False),
    Column("body", Text, nullable=False),
    Column("acts", Text, nullable=False),  # the envelopes so far
    Column("person", _ID, nullable=False),
    Column("created", _TIME, nullable=False),
    UniqueConstraint("subject", "act", "body_sha256"),
)

PROJECTIONS: Final = (parties, persons, tenders, lots, issuances)
OPERATIONAL: Final = (
    accounts,
    tokens,
    drafts,
    documents,
    lot_keys,
    keysets,
    custody_requests,
    custodians_seen,
    published,
    published_forms,
    acts_pending,
)
