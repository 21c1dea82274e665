"""Pages with forms: what is wrong stands beside its field and in a summary, and what was typed stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from flask import Response, request

from ledger.basics.errors import Refusal
from web import errors, page, texts
from web.account import origin
from web.words import say

HOME: Final = "/account"


def show(template: str, problems: Mapping[str, Refusal] | None = None, **values: object) -> Response:
    """A page of the account, `problems` (field → refusal) in its language; its status is the first problem's.

    A problem of no field stands under the name of the form's first one, so that the summary's link leads somewhere. In
    the summary an empty field is called by its name.
    """
    wrong = problems or {}
    lang = page.language()
    said = {field: say(why.code, why.params, lang) for field, why in wrong.items()}
    summary = [(field, _called(field, why, said[field])) for field, why in wrong.items()]
    answer = page.render(template, problems=said, summary=summary, **values)
    for why in wrong.values():
        answer.status_code = errors.status(why.code)
        answer.headers.update(errors.headers(why.code, why.params))
        break
    return answer


def _called(field: str, why: Refusal, said: str) -> str:
    """What the summary says of a field: out of its place "fill this in" needs a name."""
    lang = page.language()
    for key in (f"account.{field}", f"account.org.{field}", f"account.application.{field}"):
        if why.code == "field.required" and key in texts.book():
            label = texts.text(key, lang)  # texts: relayed
            return label + texts.text("colon", lang) + said
    return said


def go(path: str, **query: str) -> Response:
    """On to another page, in the same language."""
    more = {**({"lang": "en"} if page.language() == "en" else {}), **{name: one for name, one in query.items() if one}}
    joint = "&" if "?" in path else "?"
    if "lang=" in path.partition("?")[2]:
        more.pop("lang", None)
    return Response(status=303, headers={"Location": f"{path}{joint}{urlencode(more)}" if more else path})


def next_path(sent: str) -> str:
    """Where to go on to: what a form sent, else what the address says, if it is a path of ours; else empty."""
    return origin.own_path(sent or request.args.get("next", ""), "")
