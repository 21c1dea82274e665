"""The gallery of templates: rule sets to start from, each in plain words with its worked example, and as files."""

from __future__ import annotations

import json
from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Answer

from evaluation.acts.publish import UNSERVED
from evaluation.rules import templates
from ledger.basics.errors import Refusal
from web import linted, page, texts
from web.access import PUBLIC, route
from web.delivery import json_response
from web.page import language
from web.public import templates_search, templates_worked
from web.public.templates_search import FACETS, Sought, marker
from web.words import Lang

blueprint: Final = Blueprint("templates", __name__, static_folder=None)


@route(blueprint, "GET", "/templates", PUBLIC)
def gallery() -> Answer:
    """All templates, or those that fit a search; an address with empty fields is led to the one without."""
    lang, sought = language(), templates_search.read(request.args)
    if sought.untidy:
        return redirect(sought.address(lang), 303)
    return page.render(
        "templates.html",
        sought=sought,
        found=sought.found(),
        facets=[
            (field, texts.text(f"gallery.{field}", lang), _choices(field, lang), sought.counts(field))
            for field in FACETS
        ],
        wrong={field: texts.text(f"search.wrong.{kind}", lang) for field, kind in sought.wrong.items()},
        chips=_chips(sought, lang),
        clear=f"/templates?lang={lang}",
        marker=marker,
        price_words=lambda name: templates_worked.price_words(name, lang),
    )


@route(blueprint, "GET", "/templates/<name>", PUBLIC)
def template(name: str) -> Response:
    """One template: its rules in words, its example marked, what the linter says, its files."""
    _known(name)
    lang, entry = language(), templates_worked.entry(name)
    document = templates.load(name)[0]
    return page.render(
        "template.html",
        entry=entry,
        marker=marker(entry),
        rules=templates_worked.rules(name, lang),
        price_words=templates_worked.price_words(name, lang),
        worked=templates_worked.worked(name, lang),
        findings=[(one.level, linted.line(one, lang)) for one in templates_worked.findings(name)],
        unserved=[member for member in UNSERVED if member in document],
    )


@route(blueprint, "GET", "/templates/<name>/bids/<key>", PUBLIC)
def bid(name: str, key: str) -> Response:
    """One bid of a template's example: why it has each of its marks, or why it is out."""
    _known(name)
    worked = templates_worked.worked(name, language())
    found = next((one for one in worked.bids if one.key == key), None)
    if found is None:
        raise Refusal("bid.not_found", bid=key[:64])
    return page.render("template_bid.html", entry=templates_worked.entry(name), bid=found, worked=worked)


@route(blueprint, "GET", "/api/templates", PUBLIC)
def catalogue() -> Response:
    """`{templates: [{name, kind, category, law, rule, experts, title, summary}]}`, in the order of the gallery."""
    found = [
        {
            "name": one.name,
            "kind": one.kind,
            "category": one.category,
            "law": one.law,
            "rule": one.rule,
            "experts": one.experts,
            "title": dict(one.title),
            "summary": dict(one.summary),
        }
        for one in templates.CATALOGUE
    ]
    return json_response({"templates": found})


@route(blueprint, "GET", "/api/templates/<name>/rules.json", PUBLIC)
def rule_set(name: str) -> Response:
    """The rule set of a template."""
    _known(name)
    return _file(templates.load(name)[0])


@route(blueprint, "GET", "/api/templates/<name>/form.json", PUBLIC)
def form(name: str) -> Response:
    """Its form."""
    _known(name)
    return _file(templates.load(name)[1])


@route(blueprint, "GET", "/api/templates/<name>/example.json", PUBLIC)
def example(name: str) -> Response:
    """Its worked example."""
    _known(name)
    return _file(templates.example(name))


def _file(document: object) -> Response:
    """A document as somebody opens it in an editor: what is published is the same in canonical spelling."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return Response(f"{text}\n", mimetype="application/json")


def _known(name: str) -> None:
    if name not in templates.NAMES:
        raise Refusal("template.unknown", name=name[:64])


def _choices(field: str, lang: Lang) -> list[tuple[str, str]]:
    return [(value, texts.text(f"gallery.{field}.{value}", lang)) for value in FACETS[field][0]]


def _chips(sought: Sought, lang: Lang) -> list[tuple[str, str]]:
    """What the list is narrowed to: (words, the address without it)."""
    found = [(f"“{sought.text}”", sought.address(lang, q=()))] if sought.text else []
    return found + [
        (said, sought.without(lang, field, value))
        for field in FACETS
        for value, said in _choices(field, lang)
        if value in sought.chosen[field]
    ]
