"""The report, its charts and its page: documented, complete, readable by machines and by screen readers."""

from __future__ import annotations

import json
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest

from evaluation.simulate import report, sheet, told
from evaluation.simulate.charts import charts
from evaluation.simulate.prior import stated
from evaluation.simulate.report import number
from evaluation.simulate.ring import BRACKET, HONEST, SHADE, SINGLE, Strategy
from evaluation.simulate.study import Asked, Study, study
from evaluation.simulate.svg import Series, bars, columns, lines
from ledger.basics.canonical import canonical, parse_object
from ledger.basics.errors import Refusal
from tests.support.tree import ROOT
from tests.unit.evaluation.rules_kit import CEILING, checked, checklist, lowest

ASKED: Final = Asked(bidders=6, trials=300, seed=11, ceiling=CEILING)
SVG: Final = "{http://www.w3.org/2000/svg}"


def _tree(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - our own charts


@cache
def found() -> tuple[Study, dict[str, Any]]:
    rules, form = checked(checklist())
    made = study(rules, form, ASKED)
    return made, report.document(made, rules, form)


def test_the_report_is_canonical_json_and_the_same_each_time() -> None:
    document = found()[1]
    rules, form = checked(checklist())
    again = report.document(study(rules, form, ASKED), rules, form)
    assert canonical(document) == canonical(again)
    assert parse_object(canonical(document)) == json.loads(json.dumps(document))


def test_the_report_names_seed_version_and_every_strategy() -> None:
    document = found()[1]
    assert (document["v"], document["method"], document["seed"]) == (1, 2, 11)
    assert [one["family"] for one in document["ring"]["strategies"]["families"]] == [HONEST, SHADE, SINGLE, BRACKET]
    assert [row["k"] for row in document["ring"]["rows"]] == [2, 3]
    assert document["ring"]["rows"][0]["fair"] == "0.3333"
    assert len(document["compared"]["rows"]) == 10
    assert document["compared"]["k"] == 2


def test_every_member_is_documented() -> None:
    text = (ROOT / "docs/formats/simulation.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"[a-z_0-9]+", text))

    def members(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for inner in value.values() for name in members(inner)}
        return {name for inner in value for name in members(inner)} if isinstance(value, list) else set()

    document = {name: value for name, value in found()[1].items() if name not in ("criteria", "answers")}
    document["honest"] = {**document["honest"], "reasons": {}}
    names = {name for name in members(document) if not name.isdigit()} - {"zh", "en"}
    assert names - documented <= {"families", "moves", "places", "widths", "refined"}  # of the grid, which is listed


def test_progress_is_told_as_often_as_was_said() -> None:
    rules, form = checked(lowest())
    told_: list[int] = []
    asked = Asked(bidders=5, trials=100, compare=False)
    made = study(rules, form, asked, lambda: told_.append(1))
    assert len(told_) == asked.steps
    assert len(made.compared) == 1
    assert made.lowest.n == 5


@pytest.mark.parametrize(("bidders", "largest", "k"), [(3, 2, 2), (5, 3, 2), (20, 10, 8), (21, 11, 8), (60, 30, 24)])
def test_rings_go_to_half_of_the_bidders(bidders: int, largest: int, k: int) -> None:
    asked = Asked(bidders=bidders)
    assert (asked.largest, asked.told) == (largest, k)


def test_more_work_than_is_allowed_is_refused_before_it_begins() -> None:
    rules, form = checked(lowest())
    for asked in (Asked(bidders=61), Asked(trials=20_001), Asked(seed=-1)):
        with pytest.raises(Refusal) as refused:
            study(rules, form, asked)
        assert refused.value.code.startswith("simulate.")


def test_the_clerks_sentence_has_the_figures_of_the_report() -> None:
    made, document = found()
    wins = told.hundredths(made.told.most_wins.wins)
    low = told.hundredths(made.lowest.most_wins.wins)
    assert document["sentence"]["zh"].startswith(
        f"6 家投标人中有 2 家串通，100 次里中标 {wins} 次；换成最低价法，中标 {low} 次。"
    )
    assert document["sentence"]["en"].startswith(f"2 of 6 firms acting together win {wins} times in 100;")


def test_where_a_ring_gains_nothing_the_sentence_says_so() -> None:
    rules, form = checked(lowest())
    made = study(rules, form, Asked(bidders=20, trials=2000, prior=stated("normal", 0.9, 0.03), compare=False))
    assert told.sentence(made)["zh"].endswith("所试的串通办法没有一种明显有利。")
    assert told.sentence(made)["en"].endswith("None of the ways to collude that were tried pays noticeably.")


@pytest.mark.parametrize(
    ("strategy", "zh", "en"),
    [
        (Strategy(HONEST), "各报各价，不作约定", "nothing is agreed on"),
        (Strategy(SHADE, move=0.02), "（+2.0%）", "(+2.0 per cent)"),
        (Strategy(SHADE), "由成本最低的成员履约", "the cheapest member does the work"),
        (Strategy(SINGLE), "按最高限价陪标", "cover at the ceiling"),
        (Strategy(BRACKET, covers=1, place=20.0), "1 家陪标报最高限价，1 家", "1 cover at the ceiling, 1 at"),
        (Strategy(BRACKET, covers=1, place=-2.5), "均值 -2.5 个标准差", "the mean -2.5 standard deviations"),
        (Strategy(BRACKET, width=0.5), "2 家都在预计的基准价两侧（跨度 ×0.5）", "(spread ×0.5)"),
    ],
)
def test_a_strategy_in_words(strategy: Strategy, zh: str, en: str) -> None:
    said = told.strategy(strategy, found()[0].told)
    assert zh in said["zh"]
    assert en in said["en"]


@pytest.mark.parametrize("value", [(0.12345, "0.1235"), (-0.00001, "0.0000"), (1.0, "1.0000"), (-0.5, "-0.5000")])
def test_numbers_are_plain_decimals(value: tuple[float, str]) -> None:
    assert number(value[0]) == value[1]


# --- charts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_chart_has_a_title_a_description_and_a_table_twin(lang: str) -> None:
    shown = charts(found()[1], lang)
    assert [one.key for one in shown] == ["ring", "pays", "compared", "figures", "marks", "weights"]
    ids: list[str] = []
    for one in shown:
        assert all(len(row) == len(one.heads) for row in one.rows)
        assert all(cell for row in one.rows for cell in row)
        if one.svg:
            root = _tree(one.svg)
            title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
            assert title is not None
            assert desc is not None
            assert title.text == one.title
            assert desc.text
            assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
            assert root.get("role") == "img"
            ids += [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
            # Styles in attributes would break the pages' policy; a colour of its own would be lost in the dark.
            assert not any("style" in element.attrib for element in root.iter())
            paints = {element.get(name) for element in root.iter() for name in ("fill", "stroke")}
            assert paints <= {None, "none", "currentColor"}
    assert len(ids) == len(set(ids)) == 8


def test_the_table_has_every_figure_of_its_chart() -> None:
    document = found()[1]
    ring = charts(document, "en")[0]
    assert [row[2] for row in ring.rows] == [
        f"{float(row['most_wins']['wins']) * 100:.0f}%" for row in document["ring"]["rows"]
    ]
    compared = charts(document, "zh")[2]
    assert [row[0] for row in compared.rows] == [row["title"]["zh"] for row in document["compared"]["rows"]]


def test_points_lie_where_their_shares_are() -> None:
    root = _tree(lines("c", "t", "d", ("x", ["1", "2"]), [Series("a", [0.0, 1.0])]))
    line = root.find(f"{SVG}polyline")
    assert line is not None
    (left, bottom), (right, top) = (map(float, point.split(",")) for point in line.attrib["points"].split())
    assert left < right
    assert bottom - top == 200


def test_a_bar_is_as_long_as_its_share_and_never_leaves_the_chart() -> None:
    root = _tree(bars("c", "t", "d", [("a", 0.5, "50%"), ("b", 1.0, "100%"), ("c", 9.0, "?")], 0.4))
    one, two, three = (float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect"))
    assert two == three == 2 * one < 400


def test_text_is_escaped() -> None:
    for drawn in (
        bars("c", "<t>", "&d", [("<a&b>", 0.5, '"')]),
        lines("c", "<t>", "&d", ("<x>", ["&"]), [Series("<s>", [0.5])]),
        columns("c", "<t>", "&d", ["<0>", "1"], [1.0]),
    ):
        root = _tree(drawn)
        assert root.findtext(f"{SVG}title") == "<t>"
        assert root.findtext(f"{SVG}desc") == "&d"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: dict[str, int] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen[tag] = self.seen.get(tag, 0) + 1
        if tag not in ("meta", "line", "rect", "circle", "path", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.seen[tag] = self.seen.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_stands_alone_and_begins_with_the_sentence(lang: str) -> None:
    page = sheet.page(found()[1], lang)
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert tags.seen["table"] == 6
    assert tags.seen["svg"] == 4
    assert "script" not in tags.seen
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    body = page[page.index("<h1>") :]
    assert body.index(found()[1]["sentence"][lang]) < body.index("<svg")
    assert ("下限" if lang == "zh" else "lower bound") in page
