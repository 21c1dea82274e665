"""Who may call a route. Every route of the office declares it; one that doesn't is refused to everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from flask import Blueprint, Flask

Role = Literal["bidder", "tenderee", "agency", "centre", "supervisor"]
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Policy:
    """Who may call.

    `kind`: public (anyone), institution (anyone may send, but only a signed body does anything), login (anybody with a
    session, whether or not somebody has given the login a role), people (a person in one of `roles`, by a bearer token
    or by a session).

    `own`: takes what our own pages send and nothing else, although anyone may call it (signing in).

    `free`: not counted among the requests of an address: one page loads dozens of files, and a house has one address.

    `kept`: has the room that is kept for what witnesses and custodians must do in time (`web.delivery.Limits`). Only
    for what is short, to read and to answer: who is slow there would keep them out again.
    """

    kind: Literal["public", "institution", "login", "people"]
    roles: frozenset[str] = frozenset()
    kept: bool = False
    own: bool = False
    free: bool = False


PUBLIC: Final = Policy("public")
FILES: Final = Policy("public", free=True)
OWN_PAGES: Final = Policy("public", own=True)
WATCHED: Final = Policy("public", kept=True)
INSTITUTION: Final = Policy("institution", kept=True)
INSTITUTION_FILE: Final = Policy("institution")
SIGNED_IN: Final = Policy("login")
BIDDER: Final = Policy("people", frozenset({"bidder"}))
CENTRE: Final = Policy("people", frozenset({"centre"}))
TENDEREE: Final = Policy("people", frozenset({"tenderee", "agency"}))
STAFF: Final = Policy("people", frozenset({"tenderee", "agency", "centre", "supervisor"}))
ANYONE_SIGNED_IN: Final = Policy("people", frozenset({"bidder", "tenderee", "agency", "centre", "supervisor"}))

# Flask keeps no room for this: endpoint function → policy.
_POLICY: Final = "mingjing_policy"


@dataclass(frozen=True)
class Principal:
    """Who asks: a person, its role, and the organisation it acts for (empty for centre and supervisor)."""

    person: str
    role: str
    party: str


def route(blueprint: Blueprint, method: str, rule: str, policy: Policy) -> Callable[[View], View]:
    """Registers a view for one method and rule, open to `policy`."""

    def register(view: View) -> View:
        setattr(view, _POLICY, policy)
        blueprint.add_url_rule(rule, view_func=view, methods=[method])
        return view

    return register


def policy_of(view: object) -> Policy | None:
    """What a view declared, None if nothing."""
    found = getattr(view, _POLICY, None)
    return found if isinstance(found, Policy) else None


def described(policy: Policy | None) -> str:
    """Who may call, in words for an operator."""
    if policy is None:
        return "nobody"
    said = {
        "public": "anyone, from our own pages" if policy.own else "anyone",
        "institution": "anyone; only a signed body does anything",
        "login": "anybody signed in by a session",
        "people": f"{', '.join(sorted(policy.roles))}; by token or session",
    }[policy.kind]
    return f"{said} (kept room)" if policy.kept else said


def table(app: Flask) -> str:
    """Every route of an application with its policy, as a Markdown table."""
    rows = [
        f"| {method} | `{rule.rule}` | {described(policy_of(app.view_functions[rule.endpoint]))} |"
        for rule in sorted(app.url_map.iter_rules(), key=str)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return "\n".join(["| method | address | who |", "|---|---|---|", *rows])
