"""What `mingjing score` shows a person: a ranking for each lot, why each mark, and faults with their place."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from evaluation.inputs.table import Fault
from evaluation.rules import Report, RuleSet, render
from ledger.basics.money import yuan
from web import words
from web.words import Lang

_WIDTH: Final = 120
STATES: Final = {
    "ranked": "score.state_ranked",
    "rejected": "score.state_rejected",
    "unranked": "score.state_unranked",
    "same_brand": "score.state_same_brand",
}


def lines(rules: RuleSet, reports: Sequence[Report], lang: Lang, *, certificates: bool) -> Iterator[str]:
    """Everything that a run says, in order."""
    title = {"title": rules.title[lang], "id": rules.id, "version": rules.version, "sha256": rules.sha256}
    yield clean(words.say("score.title", title, lang))
    titles = titles_of(rules)
    for report in reports:
        yield ""
        yield from _lot(rules, report, lang)
        if certificates:
            yield from _certificates(report, titles, lang)


def fault(one: Fault, lang: Lang) -> str:
    """`file, sheet, row, column: what is wrong [code]`."""
    place, parts = one.place, [one.place.file]
    if place.sheet.startswith("lot="):
        parts.append(words.say("score.at_lot", {"lot": place.sheet.removeprefix("lot=")}, lang))
    elif place.sheet.startswith("/"):  # a field of a rule set, which is a JSON pointer
        parts.append(place.sheet)
    elif place.sheet:
        parts.append(words.say("score.at_sheet", {"sheet": place.sheet}, lang))
    if place.row:
        parts.append(words.say("score.at_row", {"row": place.row}, lang))
    if place.column:
        parts.append(words.say("score.at_column", {"column": place.column}, lang))
    head = ("，" if lang == "zh" else ", ").join(parts)
    return clean(f"{head}{'：' if lang == 'zh' else ': '}{words.say(one.code, one.params, lang)} [{one.code}]")


def clean(line: str) -> str:
    """A line safe for a terminal: what a stranger's file may hold does not move its cursor."""
    return "".join(one if one.isprintable() else "\ufffd" for one in line)


def _lot(rules: RuleSet, report: Report, lang: Lang) -> Iterator[str]:
    lot = str(report.summary["lot"])
    yield words.say("score.lot", {"lot": lot, "sha256": report.sha256}, lang)
    by_marks = any("total" in row for row in report.summary["bids"])
    heads = ["rank", "bid", *(["total"] if by_marks else []), *(["price"] if rules.price_question else []), "state"]
    table = Table(*(words.say(_HEADS[name], {}, lang) for name in heads))
    for row in sorted(report.summary["bids"], key=lambda row: (row.get("rank", len(report.sheets) + 1), row["bid"])):
        table.add_row(*(_shown(row, name, lang) for name in heads))
    yield from drawn(table)
    if report.failed:
        reason = report.summary["reason"]
        yield words.say("score.failed", {"why": words.say(reason["code"], reason["params"], lang)}, lang)
        return
    candidates = ("、" if lang == "zh" else ", ").join(report.candidates)
    yield words.say("score.candidates", {"bids": candidates}, lang)
    for tie in report.summary["ties"]:
        if tie["by"] == "draw" and not tie["values"]:
            yield words.say("score.tie_left", {"bids": ", ".join(tie["bids"])}, lang)


_HEADS: Final = {
    "rank": "score.head_rank",
    "bid": "score.head_bid",
    "total": "score.head_total",
    "price": "score.head_price",
    "state": "score.head_state",
}


def _shown(row: Mapping[str, Any], name: str, lang: Lang) -> str:
    if name == "price":
        return yuan(row["price_fen"]) if "price_fen" in row else ""
    if name == "state":
        return words.say(STATES[row["state"]], {}, lang)
    return str(row.get(name, ""))


def drawn(table: Table) -> Iterator[str]:
    """The lines of a table, as wide as a page."""
    page = io.StringIO()
    Console(file=page, width=_WIDTH, markup=False, highlight=False, emoji=False).print(table)
    yield from page.getvalue().rstrip("\n").split("\n")


def _certificates(report: Report, titles: Mapping[str, Mapping[str, str]], lang: Lang) -> Iterator[str]:
    shared = [report.summary[name] for name in ("abnormally_low", "benchmark") if name in report.summary]
    yield from (f"  {_said(one, titles, lang)}" for one in shared)
    for row in sorted(report.summary["bids"], key=lambda row: (row.get("rank", len(report.sheets) + 1), row["bid"])):
        yield f"  {row['bid']}"
        yield from (f"    {_said(one, titles, lang)}" for one in report.sheets[row["bid"]]["certificates"])


def _said(certificate: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]], lang: Lang) -> str:
    return clean(render(certificate, lang, titles.get(certificate["criterion"]), _words))


def _words(code: str, params: Mapping[str, Any], lang: str) -> str:
    return words.say(code, params, "zh" if lang == "zh" else "en")


def titles_of(rules: RuleSet) -> dict[str, Mapping[str, str]]:
    """What the rule set calls its criteria, stages and price, by id."""
    titles = {one.id: one.title for one in rules.criteria} | {one.id: one.title for one in rules.stages}
    return titles if rules.price is None else {**titles, "price": rules.price.title}
