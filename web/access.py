"""Who may call a route. Every route of the office declares it; one that doesn't is refused to everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from flask import Blueprint

Role = Literal["bidder", "tenderee", "agency", "centre", "supervisor"]
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Policy:
    """Who may call.

    `kind`: public (anyone), institution (anyone may send, but only a signed body does anything), people (a bearer
    token of a person in one of `roles`).

    `kept`: has the room that is kept for what witnesses and custodians must do in time (`web.delivery.Limits`). Only
    for what is short, to read and to answer: who is slow there would keep them out again.
    """

    kind: Literal["public", "institution", "people"]
    roles: frozenset[str] = frozenset()
    kept: bool = False


PUBLIC: Final = Policy("public")
WATCHED: Final = Policy("public", kept=True)
INSTITUTION: Final = Policy("institution", kept=True)
INSTITUTION_FILE: Final = Policy("institution")
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
