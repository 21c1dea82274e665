"""A page for people: its language, and what every template has at hand."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from flask import Response, render_template, request

from ledger.basics.errors import Param
from web import assets, errors, texts
from web.words import Lang, say

# The pages of the main navigation, with the text that names each.
_NAVIGATION: Final = (
    ("/tenders", "tenders"),
    ("/bid", "bid"),
    ("/templates", "templates"),
    ("/verify", "verify"),
    ("/log", "log"),
    ("/api", "api"),
)


def language() -> Lang:
    """The page's language: what its address says, else Chinese."""
    return "en" if request.args.get("lang") == "en" else "zh"


def render(template: str, **values: object) -> Response:
    """A template with its values.

    Every template has besides: `lang` and the `other` language, `here` and `query` of its address, `switch`, the same
    address in the other language, `navigation`, the texts `t` and `has`, `time`, `moment`, `money`, `amount`,
    `article`, `region`, and `asset`, the address of a static file.
    """
    lang = language()
    other: Lang = "zh" if lang == "en" else "en"
    asked = {name: value for name, value in request.args.items() if name != "lang"}
    return Response(
        render_template(
            template,
            lang=lang,
            other=other,
            here=request.path,
            query=asked,
            switch=address(lang=other),
            navigation=_NAVIGATION,
            t=lambda key, **more: texts.text(key, lang, **more),  # texts: relayed
            has=lambda key: key in texts.book(),
            time=texts.time,
            moment=lambda value, seconds=False: texts.moment(value, lang, seconds=seconds),
            money=texts.money,
            amount=lambda fen: texts.amount(fen, lang),
            article=lambda value: texts.article(value, lang),
            region=lambda code: texts.region(code, lang),
            asset=assets.url,
            **values,
        ),
        content_type="text/html; charset=utf-8",
    )


def address(**changed: str) -> str:
    """This page's address with its query, some of it changed."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changed]
    return f"{request.path}?{urlencode([*kept, *changed.items()])}"


def refused(code: str, params: dict[str, Param]) -> Response:
    """A refusal as a page, with the status of its code."""
    status = errors.status(code)
    answer = render("error.html", message=say(code, params, language()), code=code, status=status)
    answer.status_code = status
    return answer
