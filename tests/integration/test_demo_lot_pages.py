"""The pages of the demonstration's lot 3: deduction, draws and the tie can be read there, in both languages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.basics import signing
from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.basics.money import parse_yuan
from tests.support.explaining import uphold
from tests.support.town import LOT, Town, town
from web.demo import figures, rules
from web.demo.notice import LOT_3

MINUTE: Final = timedelta(minutes=1)
NAMES: Final = ("ann", "bob", "cid", "dan", "eve")
WANTED: Final = {
    "zh": {
        "notice": ("小微企业：价格扣除", "14%、15%、16%、17%、18%", "报价低者在前，再看由开标随机数决定"),
        "bid": ("小型、微型企业", "扣除后4,560,000元", "由开标随机数从不低于"),
        "result": (
            "报价低者在前：{first} 4,750,000.00、{second} 4,750,000.00 （相同，看下一项）",
            "由开标随机数决定，数值小者在前：{drawn}",
        ),
    },
    "en": {
        "notice": ("small enterprises: taken off the price", "14%, 15%, 16%, 17%, 18%"),
        "bid": ("small or micro enterprise", "the largest counts: 4,560,000 yuan", "drawn by the coin"),
        "result": (
            "by the lower price: {first} 4,750,000.00, {second} 4,750,000.00 (equal: the next decides)",
            "by the coin of the opening, the smaller value first: {drawn}",
        ),
    },
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, dict[str, str]]]:
    """The lot, evaluated by its own rules, and who is behind each bid key."""
    folder: Path = tmp_path_factory.mktemp("demo-lot")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.papers, made.answers = rules.documents(LOT_3), {}
        deadline = made.clock.at + 10 * MINUTE
        made.publish(deadline, estimate_fen=600_000_000, lots=[lot(*made.papers)])
        made.open_tickets()
        who, sealed = {}, []
        for name, answers in zip(NAMES, figures.WORKS, strict=True):
            given: dict[str, Any] = {one.replace("-", "_"): value for one, value in answers.items() if one != "price"}
            sealed.append(made.bid(name, answers["price"], **given))
            who[signing.public_bytes(sealed[-1].key).hex()] = name
        made.until(deadline)
        made.settle()
        made.wait(timedelta(seconds=2))
        uphold(made, sealed[figures.LOW])
        for _ in range(3):
            made.wait(MINUTE)
        yield made, who


def lot(rule_set: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    hashes = {"rules": H(canonical(rule_set)).hex(), "form": H(canonical(form)).hex()}
    ceiling = parse_yuan(figures.CEILING_3, "ceiling")
    title = {"zh": "三标段", "en": "Lot 3"}
    return {"lot": LOT, "title": title, "ceiling_fen": ceiling, "max_bytes": 1 << 24, "forms_public": True, **hashes}


def shown(made: Town, path: str, lang: str) -> str:
    """What a page says, in one line and in small letters."""
    answer = made.ask("GET", f"/tenders/{made.tender}{path}?lang={lang}")
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", answer.text)).split()).lower()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_say_what_came_of_it(place: tuple[Town, dict[str, str]], lang: str) -> None:
    made, who = place
    evaluated = made.whole(f"lot/{made.tender}/{LOT}", "lot.evaluated")
    ranking, report = evaluated["ranking"], json.loads(made.ask("GET", f"/api/documents/{evaluated['report']}").text)
    assert [who[row["bid_key"]] for row in ranking][:2] == [NAMES[figures.SMALL], NAMES[figures.FIRST]]
    lower, drawn = report["ties"]
    first, second = (who[key] for key in lower["bids"])
    told = ("、" if lang == "zh" else ", ").join(f"{who[key]} {drawn['values'][key][:24]}" for key in drawn["bids"])
    pages = {
        "notice": shown(made, "/notice", lang),
        "bid": shown(made, f"/lots/{LOT}/bids/{ranking[0]['bid_key']}", lang),
        "result": shown(made, f"/lots/{LOT}/result", lang),
    }
    for page, wanted in WANTED[lang].items():
        for words in wanted:
            assert words.format(first=first, second=second, drawn=told) in pages[page], page
    values = made.whole(f"lot/{made.tender}/{LOT}", "lot.coefficients")["values"]
    for value in values.values():
        assert f"{value}%" in pages["result"]
