"""The page that tries a rule set out: a template or somebody's own files, no account, bounded work, nothing kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from evaluation.rules import templates
from evaluation.simulate import limits, sheet
from evaluation.simulate.charts import charts, percent
from evaluation.simulate.told import FAMILIES
from ledger.basics.errors import Refusal
from web import errors, page, words
from web.access import OWN_PAGES, PUBLIC, route
from web.page import language
from web.public import trying

blueprint: Final = Blueprint("simulate", __name__, static_folder=None)

MOST_FILE: Final = 256 * 1024
_FORM: Final = 64 * 1024
_NUMBERS: Final = ("bidders", "trials", "seed")
DEFAULTS: Final = {
    "template": templates.NAMES[0],
    "bidders": "20",
    "trials": "2000",
    "seed": "1",
    "mean": "90",
    "cv": "5",
}
# Where a refusal of the child belongs that is not about the rule set.
_FIELDS: Final = {
    "simulate.bidders": "bidders",
    "simulate.trials": "trials",
    "simulate.seed": "seed",
    "simulate.prior": "mean",
    "simulate.busy": "go",
    "simulate.beyond": "go",
}


@dataclass
class Outcome:
    """What was typed, what is wrong with it by field, and the report if there is one."""

    typed: dict[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    wrong: dict[str, Refusal] = field(default_factory=dict)
    report: dict[str, Any] | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
        return max((errors.status(why.code) for why in self.wrong.values()), default=200)


@route(blueprint, "GET", "/simulate", PUBLIC)
def form() -> Response:
    """Which rule set (`?template=`), how many bidders, which prior; and how to do it at home."""
    outcome = Outcome()
    if name := request.args.get("template", "")[:100]:
        outcome.typed["template"] = name
        if name not in templates.NAMES:
            outcome.wrong["template"] = Refusal("template.unknown", name=name[:64])
    return _page(outcome)


@route(blueprint, "POST", "/simulate", OWN_PAGES)
def run() -> Response:
    """Tries a rule set out (multipart: `template` or the files `ruleset` and `form`; `bidders`, `trials`, …)."""
    request.max_content_length = 2 * MOST_FILE + _FORM
    outcome = Outcome()
    try:
        outcome = Outcome({name: request.form.get(name, "")[:100] for name in (*DEFAULTS, "compare")})
        asked = _asked(outcome)
        if not outcome.wrong:
            outcome.report = trying.tried(asked)
    except RequestEntityTooLarge:
        outcome.wrong["ruleset"] = _too_long()
    except Refusal as why:
        outcome.wrong[_FIELDS.get(why.code, _rules_field(outcome))] = why
    return _page(outcome)


def _asked(outcome: Outcome) -> dict[str, Any]:
    """What the child is to do; everything wrong goes to `outcome.wrong`, by field."""
    typed, wrong = outcome.typed, outcome.wrong
    asked: dict[str, Any] = {"compare": typed["compare"] == "yes", "prior": f"lognormal:{typed['mean']},{typed['cv']}"}
    for name in _NUMBERS:
        # A number of more digits is out of bounds whatever it is; the child says which bounds.
        asked[name] = int(typed[name]) if typed[name].isascii() and typed[name].isdigit() else -1
    if asked["trials"] > trying.MOST_TRIALS or asked["trials"] < limits.LEAST_TRIALS:
        wrong["trials"] = Refusal("simulate.trials", least=limits.LEAST_TRIALS, most=trying.MOST_TRIALS)
    if typed["template"]:
        try:
            asked["rules"], asked["form"] = templates.load(typed["template"])
        except Refusal as why:
            wrong["template"] = why
        return asked
    for name, part in (("ruleset", "rules"), ("form", "form")):
        try:
            asked[part] = _uploaded(name)
        except Refusal as why:
            wrong[name] = why
    return asked


def _uploaded(name: str) -> object:
    upload = request.files.get(name)
    if upload is None or not upload.filename:
        raise Refusal("simulate.file_missing")
    data = upload.stream.read(MOST_FILE + 1)
    if len(data) > MOST_FILE:
        raise _too_long()
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise Refusal("simulate.not_json") from exc


def _too_long() -> Refusal:
    return Refusal("simulate.too_long", kilobytes=MOST_FILE >> 10)


def _rules_field(outcome: Outcome) -> str:
    return "template" if outcome.typed.get("template") else "ruleset"


def _page(outcome: Outcome) -> Response:
    lang, report = language(), outcome.report
    drawn = charts(report, lang) if report else ()
    wrong = {name: words.say(why.code, why.params, lang) for name, why in outcome.wrong.items()}
    answer = page.render(
        "simulate.html",
        typed=outcome.typed,
        wrong=wrong,
        # In the order of the fields, so that a reader goes down the page.
        mistakes=[(name, wrong[name]) for name in _ORDER if name in wrong],
        names=list(_templates()),
        report=report,
        told=sheet.assumed(lang, report) if report else [],
        shown=drawn,
        columns={one.key: [(head, False) for head in one.heads] for one in drawn},
        fair=percent(report["compared"]["rows"][0]["fair"]) if report else "",
        families=[one[lang] for one in FAMILIES.values()],
        most=trying.MOST_TRIALS,
        kilobytes=MOST_FILE >> 10,
    )
    answer.status_code = outcome.status
    return answer


_ORDER: Final = ("template", "ruleset", "form", "bidders", "trials", "mean", "cv", "seed", "go")


def _templates() -> Iterator[tuple[str, str]]:
    for name in templates.NAMES:
        title: Any = templates.load(name)[0]["title"]
        yield name, title[language()]
