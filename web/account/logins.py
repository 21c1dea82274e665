"""Logins and what opens them: passkeys, or a password with a code; and the account they act for."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bidding.store import tables as office
from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, new_id
from web.account.passkey import Made
from web.account.tables import logins, passkeys, recovery_codes

RECOVERY_CODES: Final = 10
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,63}\Z", re.ASCII)


@dataclass(frozen=True)
class Login:
    """A login. `password`, `totp`: empty for none."""

    login: str
    name: str
    person: str
    password: str
    totp: str
    totp_next: str
    totp_step: int


@dataclass(frozen=True)
class Passkey:
    """A passkey of a login; times are text, `used` empty before the first time."""

    passkey: str
    login: str
    credential: bytes
    public_key: bytes
    sign_count: int
    name: str
    created: str
    used: str


def check_name(text: str) -> str:
    """A login name, lower-cased: 3 to 64 of `a–z 0–9 . _ @ + -`, first a letter or digit; `Refusal("login.name")`."""
    name = text.strip().lower()
    if not _NAME.match(name):
        raise Refusal("login.name")
    return name


def add(conn: sa.Connection, login: str, name: str, person: str, now: datetime) -> None:
    """A new login that nothing opens yet. Raises `Refusal("login.taken")`, `Refusal("login.person_has_one")`."""
    if conn.execute(sa.select(logins.c.login).where(logins.c.name == name)).first() is not None:
        raise Refusal("login.taken")
    if person and conn.execute(sa.select(logins.c.login).where(logins.c.person == person)).first() is not None:
        raise Refusal("login.person_has_one")
    empty = {"password": "", "totp": "", "totp_next": "", "totp_step": 0}
    try:
        with conn.begin_nested():
            conn.execute(
                sa.insert(logins).values(login=login, name=name, person=person, created=clock.text(now), **empty)
            )
    except sa.exc.IntegrityError as exc:  # another was quicker by a moment
        raise Refusal("login.taken") from exc


def by_name(conn: sa.Connection, name: str) -> Login | None:
    """The login of a name, None if there is none."""
    return _login(conn.execute(sa.select(logins).where(logins.c.name == name)).one_or_none())


def get(conn: sa.Connection, login: str) -> Login:
    """A login that is there; `Refusal("login.unknown")`."""
    found = _login(conn.execute(sa.select(logins).where(logins.c.login == login)).one_or_none())
    if found is None:
        raise Refusal("login.unknown")
    return found


def check_account(conn: sa.Connection, person: str) -> None:
    """There is an account for a login to act for, and it is open; `Refusal("account.unknown")`."""
    table = office.accounts
    found = conn.execute(sa.select(table.c.disabled).where(table.c.person == person)).scalar_one_or_none()
    if found is None or found:
        raise Refusal("account.unknown", person=person[:64])


def act_for(conn: sa.Connection, login: str, person: str) -> None:
    """The login acts for an account from now on."""
    conn.execute(sa.update(logins).where(logins.c.login == login).values(person=person))


def set_password(conn: sa.Connection, login: str, hashed: str) -> None:
    """Sets a password's hash; empty takes the way by password away, with its codes."""
    values: dict[str, Any] = {"password": hashed}
    if not hashed:
        values |= {"totp": "", "totp_next": ""}
        conn.execute(sa.delete(recovery_codes).where(recovery_codes.c.login == login))
    conn.execute(sa.update(logins).where(logins.c.login == login).values(**values))


# --- codes --------------------------------------------------------------------------------------------------------


def propose_totp(conn: sa.Connection, login: str, secret: str) -> None:
    """A secret that is shown now and counts once a code of it has come."""
    conn.execute(sa.update(logins).where(logins.c.login == login).values(totp_next=secret))


def confirm_totp(conn: sa.Connection, login: str, secret: str, step: int, entropy: Entropy) -> list[str]:
    """The secret counts from now on; new recovery codes (said this once), the old ones are void."""
    conn.execute(sa.update(logins).where(logins.c.login == login).values(totp=secret, totp_next="", totp_step=step))
    return renew_recovery(conn, login, entropy)


def use_step(conn: sa.Connection, login: str, step: int) -> bool:
    """Uses the code of a step up; False where it, or a later one, was used already."""
    done = conn.execute(
        sa.update(logins).where(logins.c.login == login, logins.c.totp_step < step).values(totp_step=step)
    )
    return done.rowcount == 1


def renew_recovery(conn: sa.Connection, login: str, entropy: Entropy) -> list[str]:
    """Ten new codes of 50 random bits, `xxxxx-xxxxx`; the old ones are void."""
    conn.execute(sa.delete(recovery_codes).where(recovery_codes.c.login == login))
    codes = [base64.b32encode(entropy(7)).decode("ascii").lower()[:10] for _ in range(RECOVERY_CODES)]
    conn.execute(sa.insert(recovery_codes), [{"code_hash": _code_hash(login, one), "login": login} for one in codes])
    return [f"{one[:5]}-{one[5:]}" for one in codes]


def use_recovery(conn: sa.Connection, login: str, given: str) -> bool:
    """Uses a recovery code up; False where it is none."""
    plain = re.sub(r"[\s-]", "", given).lower()
    done = conn.execute(sa.delete(recovery_codes).where(recovery_codes.c.code_hash == _code_hash(login, plain)))
    return done.rowcount == 1


def recovery_left(conn: sa.Connection, login: str) -> int:
    """How many recovery codes are left."""
    query = sa.select(sa.func.count()).select_from(recovery_codes).where(recovery_codes.c.login == login)
    return int(conn.execute(query).scalar_one())


# --- passkeys -----------------------------------------------------------------------------------------------------


def add_passkey(conn: sa.Connection, login: str, made: Made, name: str, now: datetime, entropy: Entropy) -> None:
    """Notes a new passkey; `Refusal("passkey.known")` where it is somebody's already."""
    known = hashlib.sha256(made.credential).hexdigest()
    if conn.execute(sa.select(passkeys.c.passkey).where(passkeys.c.credential_hash == known)).first() is not None:
        raise Refusal("passkey.known")
    conn.execute(
        sa.insert(passkeys).values(
            passkey=new_id(entropy),
            login=login,
            credential_hash=known,
            credential=made.credential,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name[:100],
            created=clock.text(now),
            used="",
        )
    )


def passkey_of(conn: sa.Connection, credential: bytes) -> Passkey:
    """The passkey of a credential; `Refusal("passkey.unknown_here")`."""
    known = hashlib.sha256(credential).hexdigest()
    row = conn.execute(sa.select(passkeys).where(passkeys.c.credential_hash == known)).one_or_none()
    if row is None:
        raise Refusal("passkey.unknown_here")
    return _passkey(row)


def passkeys_of(conn: sa.Connection, login: str) -> list[Passkey]:
    """A login's passkeys, the oldest first."""
    query = sa.select(passkeys).where(passkeys.c.login == login).order_by(passkeys.c.created, passkeys.c.passkey)
    return [_passkey(row) for row in conn.execute(query)]


def use_passkey(conn: sa.Connection, passkey: str, count: int, now: datetime) -> None:
    """Notes that it has just opened."""
    conn.execute(
        sa.update(passkeys).where(passkeys.c.passkey == passkey).values(sign_count=count, used=clock.text(now))
    )


def name_passkey(conn: sa.Connection, login: str, passkey: str, name: str) -> None:
    """Gives a passkey another name; `Refusal("passkey.not_found")`."""
    query = sa.update(passkeys).where(passkeys.c.login == login, passkeys.c.passkey == passkey)
    if conn.execute(query.values(name=name)).rowcount != 1:
        raise Refusal("passkey.not_found")


def remove_passkey(conn: sa.Connection, login: str, passkey: str) -> None:
    """Removes a passkey. Raises `Refusal("passkey.last")` where nothing else would open the login."""
    conn.execute(sa.select(logins.c.login).where(logins.c.login == login).with_for_update())
    if passkey not in {one.passkey for one in passkeys_of(conn, login)}:
        raise Refusal("passkey.not_found")
    if len(passkeys_of(conn, login)) == 1 and not get(conn, login).password:
        raise Refusal("passkey.last")
    conn.execute(sa.delete(passkeys).where(passkeys.c.passkey == passkey))


def _code_hash(login: str, code: str) -> str:
    return hashlib.sha256(f"{login}\0{code}".encode()).hexdigest()


def _login(row: Any) -> Login | None:  # noqa: ANN401 - a SQLAlchemy row has no type of its own
    if row is None:
        return None
    return Login(row.login, row.name, row.person, row.password, row.totp, row.totp_next, int(row.totp_step))


def _passkey(row: Any) -> Passkey:  # noqa: ANN401 - as above
    return Passkey(
        row.passkey, row.login, row.credential, row.public_key, int(row.sign_count), row.name, row.created, row.used
    )
