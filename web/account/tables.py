"""The tables of people's logins: the office's alone, no part of the ledger (docs/decisions/0014).

A *login* is a name and what opens it (passkeys, or a password with a code); an *account* (`bidding.store.accounts`) is
who acts. A login without an account has no role yet. Of tokens, codes and challenges only SHA-256 is kept.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from ledger.store.tables import metadata

_ID: Final = String(64)
_HASH: Final = String(64)
_TIME: Final = String(24)

logins = Table(
    "logins",
    metadata,
    Column("login", _ID, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("person", _ID, nullable=False),  # the account, empty while it has none
    Column("password", Text, nullable=False),  # argon2id, empty for none
    Column("totp", String(64), nullable=False),  # base32, empty for none
    Column("totp_next", String(64), nullable=False),  # shown, and not yet confirmed by a code
    Column("totp_step", BigInteger, nullable=False),  # the last one used: no code opens twice
    Column("created", _TIME, nullable=False),
    Index("logins_person", "person"),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("passkey", _ID, primary_key=True),
    Column("login", _ID, ForeignKey("logins.login", name="fk_passkeys_login"), nullable=False),
    Column("credential_hash", _HASH, nullable=False, unique=True),
    Column("credential", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),  # COSE
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(100), nullable=False),
    Column("created", _TIME, nullable=False),
    Column("used", _TIME, nullable=False),
    Index("passkeys_login", "login"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", _HASH, primary_key=True),
    Column("login", _ID, ForeignKey("logins.login", name="fk_recovery_codes_login"), nullable=False),
    Index("recovery_codes_login", "login"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", _HASH, primary_key=True),
    Column("session", _ID, nullable=False, unique=True),  # its name in a list: the token is nobody's to see
    Column("login", _ID, ForeignKey("logins.login", name="fk_sessions_login"), nullable=False),
    Column("method", String(16), nullable=False),  # passkey, totp (password and code) or password (alone)
    Column("agent", String(200), nullable=False),
    Column("network", String(64), nullable=False),
    Column("created", _TIME, nullable=False),
    Column("seen", _TIME, nullable=False),
    Column("expires", _TIME, nullable=False),
    Index("sessions_login", "login"),
)

# What is said once and answered once: challenges of passkeys, links by which a person makes a login.
challenges = Table(
    "challenges",
    metadata,
    Column("challenge_hash", _HASH, primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("subject", _ID, nullable=False),
    Column("name", String(64), nullable=False),
    Column("expires", _TIME, nullable=False),
)

# Wrong passwords, by login name and by address (both as SHA-256).
attempts = Table(
    "attempts",
    metadata,
    Column("subject", _HASH, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", _TIME, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("application", _ID, primary_key=True),
    Column("login", _ID, ForeignKey("logins.login", name="fk_applications_login"), nullable=False),
    Column("state", String(16), nullable=False),  # waiting, confirmed or refused
    Column("body", Text, nullable=False),  # as `web.office.enrolment.enrol_party` takes it, canonical JSON
    Column("reason", String(1000), nullable=False),
    Column("created", _TIME, nullable=False),
    Column("decided", _TIME, nullable=False),
    Column("decided_by", _ID, nullable=False),
    Index("applications_state", "state", "created"),
    Index("applications_login", "login"),
)

ALL: Final = (logins, passkeys, recovery_codes, sessions, challenges, attempts, applications)
