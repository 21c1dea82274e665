"""My organisation: applying for its registration, and how far that is."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from bidding.store import directory
from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading, transaction
from web.access import SIGNED_IN, route
from web.account import applications
from web.account.enter import audit, door
from web.account.shown import HOME, go, show
from web.delivery import visitor
from web.forms import Problems, form
from web.services import services

blueprint: Final = Blueprint("applying", __name__, url_prefix="/account")


@route(blueprint, "GET", "/organisation", SIGNED_IN)
def organisation() -> Response:
    """The organisation one acts for, the application that waits, or the form for one."""
    return _organisation({}, None)


@route(blueprint, "POST", "/organisation", SIGNED_IN)
def apply() -> ResponseReturnValue:
    """Applies. The centre decides; on a demonstration platform it is confirmed at once."""
    at, who = services(), visitor()
    if door().weak(who):
        raise Refusal("auth.second_factor")
    given, problems = form(applications.FIELDS), Problems()
    body = applications.read(given, problems)
    if problems:
        ordered = [name for name in applications.FIELDS.split() if name in problems]
        return _organisation({name: problems[name] for name in ordered}, given)
    try:
        with transaction(at.engine) as conn:
            application = applications.submit(conn, at, who.login, body, database_now(conn))
            if at.config.platform.demonstration:
                applications.confirm(conn, at, application, "platform")
    except Refusal as why:
        return _organisation({_FIELD.get(why.code, "uscc"): why}, given)
    audit("organisation applied", who.login, application=application)
    return go(HOME + "/organisation")


# Beside which field a refusal of the register stands.
_FIELD: Final = {"party.key_taken": "seal_key", "party.person_differs": "person_ref", "person.key_taken": "person_key"}


def _organisation(problems: dict[str, Refusal], given: dict[str, str] | None) -> Response:
    who = visitor()
    with reading(services().engine) as conn:
        acting = who.principal
        party = directory.find(conn, acting.party) if acting else None
        last = applications.latest(conn, who.login)
    typed = given or (last.typed() if last else dict.fromkeys(applications.FIELDS.split(), ""))
    return show(
        "account/organisation.html",
        problems,
        party=party,
        acting=acting,
        application=last,
        typed=typed,
        login=who.login,
        demonstration=services().config.platform.demonstration,
    )
