"""A page for people: its language, and what every template has at hand."""

from __future__ import annotations

from flask import Response, render_template, request

from ledger.basics.errors import Param
from web import assets, errors, texts
from web.words import Lang, say


def language() -> Lang:
    """The page's language: what its address says, else Chinese."""
    return "en" if request.args.get("lang") == "en" else "zh"


def render(template: str, **values: object) -> Response:
    """A template with its values.

    Every template has besides: `lang` and the `other` language, `here` and `query` of its address, the texts `t` and
    `has`, `time`, `money`, and `asset`, the address of a static file.
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
            t=lambda key, **more: texts.text(key, lang, **more),
            has=lambda key: key in texts.book(),
            time=texts.time,
            money=texts.money,
            asset=assets.url,
            **values,
        ),
        content_type="text/html; charset=utf-8",
    )


def refused(code: str, params: dict[str, Param]) -> Response:
    """A refusal as a page, with the status of its code."""
    status = errors.status(code)
    answer = render("error.html", message=say(code, params, language()), code=code, status=status)
    answer.status_code = status
    return answer
