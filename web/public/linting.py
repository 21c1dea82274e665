"""`POST /api/lint`: what is wrong with a rule set, for whoever writes one. Nothing is kept."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from evaluation.rules.lint import PANEL, TOUCHLESS, lint
from ledger.basics.canonical import MAX_INT
from ledger.basics.errors import Refusal
from web import linted
from web.access import PUBLIC, route
from web.delivery import json_body, json_response

blueprint: Final = Blueprint("linting", __name__, static_folder=None)

_MEMBERS: Final = {"rules", "form", "ceiling_fen", "touch"}


@route(blueprint, "POST", "/api/lint", PUBLIC)
def check() -> Response:
    """`{rules, form?, ceiling_fen?, touch?}` → `{findings: […]}` (docs/formats/lint.md). Raises `http.lint_body`."""
    body = json_body()
    ceiling, touch = body.get("ceiling_fen"), body.get("touch", PANEL)
    whole = isinstance(ceiling, int) and not isinstance(ceiling, bool) and 0 < ceiling <= MAX_INT
    if "rules" not in body or body.keys() - _MEMBERS or touch not in (PANEL, TOUCHLESS):
        raise Refusal("http.lint_body")
    if "ceiling_fen" in body and not whole:
        raise Refusal("http.lint_body")
    found = lint(body["rules"], body.get("form"), ceiling if isinstance(ceiling, int) else None, touch=str(touch))
    return json_response({"findings": [linted.shown(one) for one in found]})
