"""Organisations that ask to be registered: what they say, and what the centre decides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa

from bidding.parties import Party, check_signing_key, check_uscc, uscc_check_character
from bidding.store import directory
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, parse
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id, new_id
from web.account import logins
from web.account.tables import applications
from web.forms import Problems
from web.office.enrolment import open_party
from web.services import Services

FIELDS: Final = "uscc name_zh name_en person_ref holds seal_key person_key"
NAME: Final = 200
REASON: Final = 500
_DECIDED_SHOWN: Final = 50
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}\Z")
_IDENTITY_CARD: Final = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9x]\Z")


@dataclass(frozen=True)
class Application:
    """An application; times are text. `body` is what `Party.parse` takes, without an id."""

    application: str
    login: str
    state: str
    body: Mapping[str, Any]
    reason: str
    created: str
    decided: str

    def typed(self) -> dict[str, str]:
        """The fields as somebody would type them."""
        body = self.body
        return {
            "uscc": body["uscc"],
            "name_zh": body["name"]["zh"],
            "name_en": body["name"]["en"],
            "person_ref": body["person"]["ref"],
            "holds": "\n".join(body["holds"]),
            "seal_key": body["seal_key"],
            "person_key": body["person"]["key"],
        }


def read(given: Mapping[str, str], problems: Problems) -> dict[str, Json]:
    """The application that a form says; what is wrong is noted in `problems`, and then it is of no use."""
    problems.required(given, "uscc name_zh name_en person_ref seal_key person_key")
    uscc = problems.check("uscc", lambda: _code(given["uscc"]), "")
    for name in ("name_zh", "name_en"):
        if len(_plain(given[name])) > NAME:
            problems.setdefault(name, Refusal("field.too_long", most=NAME))
    reference = problems.check("person_ref", lambda: _reference(given["person_ref"]), "")
    nothing: list[str] = []
    holds = problems.check("holds", lambda: _holds(given["holds"], uscc), nothing)
    keys = {name: problems.check(name, lambda n=name: _key(given[n]), "") for name in ("seal_key", "person_key")}  # type: ignore[misc]  # bound now
    body: dict[str, Json] = {
        "uscc": uscc,
        "name": {"zh": _plain(given["name_zh"]), "en": _plain(given["name_en"])},
        "seal_key": keys["seal_key"],
        "person": {"ref": reference, "key": keys["person_key"]},
        "holds": cast(list[Json], holds),
    }
    if not problems:
        problems.check("seal_key", lambda: Party.parse({"party": "p", **body}), None)
    return body


def submit(conn: sa.Connection, at: Services, login: str, body: dict[str, Json], now: datetime) -> str:
    """Notes an application; its id. Raises `application.waiting`, `.has_account`, `.registered`."""
    conn.execute(sa.select(applications.c.application).where(applications.c.login == login).with_for_update())
    if logins.get(conn, login).person:
        raise Refusal("application.has_account")
    last = latest(conn, login)
    if last is not None and last.state == "waiting":
        raise Refusal("application.waiting")
    if directory.by_uscc(conn, str(body["uscc"])) is not None:
        raise Refusal("application.registered")
    application = new_id(at.entropy)
    conn.execute(
        sa.insert(applications).values(
            application=application,
            login=login,
            state="waiting",
            body=canonical(body).decode("utf-8"),
            reason="",
            created=clock.text(now),
            decided="",
            decided_by="",
        )
    )
    return application


def confirm(conn: sa.Connection, at: Services, application: str, actor: str) -> Application:
    """Registers the organisation; its login acts for it from now on. Raises what a registration does."""
    found = _waiting(conn, application)
    party = Party.parse({"party": new_id(at.entropy), **found.body})
    account, when = open_party(conn, at, party, actor)
    logins.act_for(conn, found.login, account.person)
    _decide(conn, found, "confirmed", "", actor, when)
    return found


def refuse(conn: sa.Connection, application: str, reason: str, actor: str, now: datetime) -> Application:
    """Refuses an application, with a reason for who made it."""
    found = _waiting(conn, application)
    _decide(conn, found, "refused", reason, actor, now)
    return found


def latest(conn: sa.Connection, login: str) -> Application | None:
    """A login's last application, None if it made none."""
    query = sa.select(applications).where(applications.c.login == login)
    newest = query.order_by(applications.c.created.desc(), applications.c.application).limit(1)
    return _of(conn.execute(newest).one_or_none())


def get(conn: sa.Connection, application: str) -> Application:
    """An application; `Refusal("application.not_found")`."""
    found = _of(conn.execute(sa.select(applications).where(applications.c.application == application)).one_or_none())
    if found is None:
        raise Refusal("application.not_found")
    return found


def listed(conn: sa.Connection) -> tuple[list[Application], list[Application]]:
    """Those that wait, the oldest first; and those decided last, the newest first."""
    waiting = sa.select(applications).where(applications.c.state == "waiting").order_by(applications.c.created)
    decided = sa.select(applications).where(applications.c.state != "waiting").order_by(applications.c.decided.desc())
    both = [conn.execute(one).all() for one in (waiting, decided.limit(_DECIDED_SHOWN))]
    return [_some(row) for row in both[0]], [_some(row) for row in both[1]]


def check_digit(text: str) -> str:
    """The check character that the first 17 of a code ask for, empty where they are none."""
    try:
        return uscc_check_character(_plain(text).upper()[:17])
    except Refusal:
        return ""


def _waiting(conn: sa.Connection, application: str) -> Application:
    conn.execute(sa.select(applications.c.state).where(applications.c.application == application).with_for_update())
    found = get(conn, application)
    if found.state != "waiting":
        raise Refusal("application.decided")
    return found


def _decide(conn: sa.Connection, found: Application, state: str, reason: str, actor: str, now: datetime) -> None:
    conn.execute(
        sa.update(applications)
        .where(applications.c.application == found.application)
        .values(state=state, reason=reason, decided=clock.text(now), decided_by=actor)
    )


def _code(text: str) -> str:
    code = _plain(text).upper()
    try:
        return check_uscc(code)
    except Refusal as why:
        if why.code == "uscc.check_digit":
            raise Refusal("application.check_digit", found=code[17], wanted=check_digit(code)) from why
        raise Refusal("application.uscc") from why


def _reference(text: str) -> str:
    """It stands in the public log: a number that says who somebody is must not."""
    found = _plain(text).lower()
    if _MOBILE.match(found) or _IDENTITY_CARD.match(found):
        raise Refusal("application.personal_number")
    try:
        return check_id(found, "person_ref")
    except Refusal as why:
        raise Refusal("application.person_ref") from why


def _holds(text: str, own: str) -> list[str]:
    codes = [_code(line) for line in re.split(r"[\s,，;；、]+", text) if line]
    if own and own in codes:
        raise Refusal("application.holds_itself")
    return sorted(set(codes))


def _key(text: str) -> str:
    try:
        return check_signing_key(text.strip().lower(), "key")
    except Refusal as why:
        raise Refusal("application.key") from why


def _plain(text: str) -> str:
    """As somebody meant it: full-width letters and digits made plain, no spaces at the ends."""
    return unicodedata.normalize("NFKC", text).strip()


def _of(row: Any) -> Application | None:  # noqa: ANN401 - a SQLAlchemy row has no type of its own
    return None if row is None else _some(row)


def _some(row: Any) -> Application:  # noqa: ANN401 - as above
    body = cast(dict[str, Any], parse(row.body.encode("utf-8")))
    return Application(row.application, row.login, row.state, body, row.reason, row.created, row.decided)
