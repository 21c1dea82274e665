"""The centre's desk for registrations: the list, one application, confirming it, refusing it with a reason."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from bidding.store import directory
from ledger.basics.errors import Refusal
from ledger.store.engine import database_now, reading, transaction
from web.access import CENTRE, route
from web.account import applications
from web.account.enter import audit
from web.account.shown import HOME, go, show
from web.delivery import principal
from web.forms import Problems, form
from web.services import services

blueprint: Final = Blueprint("reviewing", __name__, url_prefix="/account/applications")


@route(blueprint, "GET", "", CENTRE)
def all_applications() -> Response:
    """Those that wait, and those decided last."""
    with reading(services().engine) as conn:
        waiting, decided = applications.listed(conn)
    return show("account/applications.html", waiting=waiting, decided=decided)


@route(blueprint, "GET", "/<application>", CENTRE)
def one(application: str) -> Response:
    """One application, with the forms that decide it."""
    return _one(application, {})


@route(blueprint, "POST", "/<application>/confirm", CENTRE)
def confirm(application: str) -> ResponseReturnValue:
    """Registers the organisation, by who looked at its papers."""
    form("")
    at = services()
    try:
        with transaction(at.engine) as conn:
            found = applications.confirm(conn, at, application, principal().person)
    except Refusal as why:
        if why.code == "application.not_found":
            raise
        return _one(application, {"confirm": why})
    audit("organisation confirmed", found.login, application=application)
    return go(f"{HOME}/applications")


@route(blueprint, "POST", "/<application>/refuse", CENTRE)
def refuse(application: str) -> ResponseReturnValue:
    """Refuses it; the reason goes to who applied."""
    given, problems = form("reason"), Problems()
    problems.required(given, "reason")
    if len(given["reason"]) > applications.REASON:
        problems["reason"] = Refusal("field.too_long", most=applications.REASON)
    if problems:
        return _one(application, problems, given["reason"])
    with transaction(services().engine) as conn:
        now = database_now(conn)
        found = applications.refuse(conn, application, given["reason"].strip(), principal().person, now)
    audit("organisation refused", found.login, application=application)
    return go(f"{HOME}/applications")


def _one(application: str, problems: dict[str, Refusal], reason: str = "") -> Response:
    with reading(services().engine) as conn:
        found = applications.get(conn, application)
        held = {code: directory.by_uscc(conn, code) for code in found.body["holds"]}
        # Once it is confirmed, the applicant is among them itself.
        others = [one for one in directory.all_parties(conn) if one.uscc != found.body["uscc"]]
        same_person = [one for one in others if one.person_ref == found.body["person"]["ref"]]
    return show(
        "account/application.html", problems, application=found, held=held, same_person=same_person, reason=reason
    )
