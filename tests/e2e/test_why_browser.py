"""The pages of a tender whose rule set has every member that can be published: shown in full, in both languages."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.support import axe
from tests.support.browser import WIDTHS, of_width
from tests.support.town import LOT, Town, town
from tests.unit.evaluation import whole_rules

MINUTE: Final = timedelta(minutes=1)


def papers() -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole rule set with points by answers where its panel was."""
    rules, form = copy.deepcopy(whole_rules.rules()), copy.deepcopy(whole_rules.form())
    for unserved in ("panel", "abnormally_low"):
        del rules[unserved]
    rules["stages"][0]["title"] = {"zh": "资格评审", "en": "Qualification"}
    rules["stages"][1] |= {"title": {"zh": "技术评审", "en": "Technical"}, "threshold": "40"}
    rules["stages"][1]["weight"]["by"] = "1"
    rules["criteria"] = [one for one in rules["criteria"] if one["kind"] != "expert"] + [
        {
            "id": "plan", "kind": "choice", "clause": "2.1", "title": {"zh": "技术方案", "en": "Plan"},
            "question": "size", "points": {"micro": "60", "large": "45"}, "stage": "technical",
        }
    ]  # fmt: skip
    form["parts"]["offer"][0] |= {"min": "0.01"}
    return rules, form


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """An evaluated lot: ranked bids, one set aside for its brand, one not certified."""
    folder: Path = tmp_path_factory.mktemp("why-pages")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.papers, made.answers = papers(), {"size": "large", "days": "20", "iso": "yes", "part-b": "1"}
        deadline = made.clock.at + 10 * MINUTE
        made.publish(deadline, category="goods")
        made.open_tickets()
        for name, price, more in (
            ("ann", "900000", {"brand": "x", "size": "micro", "days": "33"}),
            ("bob", "800000", {"brand": "y"}),
            ("cid", "950000", {"brand": "y"}),
            ("dan", "300000", {"brand": "z"}),
            ("eve", "820000", {"brand": "z", "iso": "no"}),
        ):
            made.bid(name, price, part_a=str(int(price) - 1), **more)
        made.until(deadline)
        for _ in range(3):
            made.wait(MINUTE)
        yield made


@pytest.fixture(scope="module", params=WIDTHS, ids=lambda width: f"{width}px")
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with of_width(browser, request.param) as opened:
        yield opened


WANTED: Final = {
    "zh": {
        "notice": ("技术评审", "低于 40 分的否决", "合同价不变", "同一品牌"),
        "result": ("技术评审（小计）", "评标价", "同品牌，不参加排名"),
        "bid": ("价格扣除", "调整", "及格线", "乘权重", "四舍五入"),
    },
    "en": {
        "notice": ("Technical", "below 40 points rejects", "made at the bid", "one brand"),
        "result": ("Technical, subtotal", "Evaluated price", "same brand, not ranked"),
        "bid": ("deduction", "adjustment", "threshold", "times the weight", "rounded half up"),
    },
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_member_of_a_rule_set_is_shown(place: Town, page: Page, lang: str) -> None:
    at = f"{place.url}/tenders/{place.tender}"
    rows = place.whole(f"lot/{place.tender}/{LOT}", "lot.announced")["bids"]
    bids = [f"{at}/lots/{LOT}/bids/{row['bid_key']}" for row in rows]
    shown = {"bid": ""}
    for path in (f"{at}/notice", f"{at}/lots/{LOT}/result", *bids):
        answer = page.goto(f"{path}?lang={lang}")
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
        text = page.locator("main").inner_text()
        assert "None" not in text
        assert re.search(r"\{[a-z_]+\}", text) is None
        name = path.rsplit("/", 1)[1]
        shown["bid" if path in bids else name] = shown.get("bid", "") + text if path in bids else text
        axe.check(page)
    for name, wanted in WANTED[lang].items():
        assert [words for words in wanted if words.lower() not in shown[name].lower()] == [], name


def test_on_paper_every_step_is_open(place: Town, browser: Browser) -> None:
    (winner, *_) = place.whole(f"lot/{place.tender}/{LOT}", "lot.evaluated")["ranking"]
    context = browser.new_context(viewport={"width": 800, "height": 1000})
    page = context.new_page()
    page.goto(f"{place.url}/tenders/{place.tender}/lots/{LOT}/bids/{winner['bid_key']}?lang=zh")
    page.emulate_media(media="print")
    assert page.locator("article.why ol.sums").count() >= 5
    assert all(one.is_visible() for one in page.locator("article.why ol.sums").all())
    assert page.pdf().startswith(b"%PDF")
    context.close()
