"""What a study says in words, Chinese and English: one sentence for a clerk, and the strategies by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from evaluation.rules import RuleSet
from evaluation.simulate.counted import SHARE as BY_SHARE
from evaluation.simulate.ring import BRACKET, HONEST, PLACES, SHADE, SINGLE, Ring, Strategy
from evaluation.simulate.study import Study

Said = dict[str, str]

# A ring that wins no more often than this beyond its fair share gains nothing worth telling.
_NOTHING: Final = 0.05

FAMILIES: Final[Mapping[str, Mapping[str, str]]] = {
    HONEST: {"zh": "各报各价，不作约定", "en": "nothing is agreed on"},
    SHADE: {"zh": "成员报价一起升降", "en": "all prices of the ring are moved together"},
    SINGLE: {
        "zh": "成本最低的成员报价，其余按最高限价陪标",
        "en": "the cheapest member bids, the others cover at the ceiling",
    },
    BRACKET: {
        "zh": "部分陪标拉动基准价，其余分布在预计的基准价两侧",
        "en": "covers pull the benchmark, the others stand around where it is expected",
    },
}

_LEFT_OUT: Final[Mapping[str, Mapping[str, str]]] = {
    "adjustments": {
        "zh": "按数量以元计的评审价调整（视为无偏离）",
        "en": "adjustments of the evaluated price in yuan for each unit (as if there were no deviation)",
    },
    "abnormally_low": {
        "zh": "异常低价审查（视为均已说明）",
        "en": "the screen of abnormally low prices (as if explained)",
    },
    "same_brand": {"zh": "同品牌只计一家（视为品牌各异）", "en": "one bid a brand (as if all brands differed)"},
    "floor": {"zh": "最低限价", "en": "the minimum price"},
}


def hundredths(share: float) -> int:
    """A share as so many in a hundred."""
    return int(share * 100 + 0.5)


def sentence(study: Study) -> Said:
    """The study in one sentence, or two."""
    ring, lowest = study.told, study.lowest
    n, k, wins, low = ring.n, ring.k, hundredths(ring.most_wins.wins), hundredths(lowest.most_wins.wins)
    zh = f"{n} 家投标人中有 {k} 家串通，100 次里中标 {wins} 次；换成最低价法，中标 {low} 次。"
    en = f"{k} of {n} firms acting together win {wins} times in 100; with the lowest-price rule {low}."
    if ring.most_wins.wins <= ring.fair + _NOTHING:
        zh += "所试的串通办法没有一种明显有利。"
        en += " None of the ways to collude that were tried pays noticeably."
    else:
        rich = ring.most_profit
        zh += f"以获利为目的时，中标价比诚实投标时{_moved_zh(rich.shift)}。"
        en += f" When it goes for profit, the winning price is {_moved_en(rich.shift)} than with honest bids."
    return {"zh": zh, "en": en}


def _moved_zh(shift: float) -> str:
    return f"{'高' if shift >= 0 else '低'} {abs(shift) * 100:.1f}%"


def _moved_en(shift: float) -> str:
    return f"{abs(shift) * 100:.1f} per cent {'higher' if shift >= 0 else 'lower'}"


def left_out(rules: RuleSet) -> list[Said]:
    """The parts of a rule set that a study does not play."""
    adjustments = rules.evaluated_price.get("adjustments", ())
    found = {
        "adjustments": [one for one in adjustments if one["kind"] != BY_SHARE],
        "abnormally_low": rules.abnormally_low,
        "same_brand": rules.same_brand,
        "floor": rules.floor,
    }
    return [{"member": name, **_LEFT_OUT[name]} for name, member in found.items() if member]


def strategy(one: Strategy, ring: Ring) -> Said:
    """What a ring does, in words."""
    said = FAMILIES[one.family]
    if one.family in (SHADE, SINGLE) and one.move:
        return {
            "zh": f"{said['zh']}（{one.move * 100:+.1f}%）",
            "en": f"{said['en']} ({one.move * 100:+.1f} per cent)",
        }
    if one.family == SHADE:
        return {"zh": "报价照旧，由成本最低的成员履约", "en": "honest prices, the cheapest member does the work"}
    if one.family != BRACKET:
        return dict(said)
    others, zh, en = ring.k - one.covers, "", ""
    if others > 1 and one.width != 1:
        zh, en = f"（跨度 ×{one.width:g}）", f" (spread ×{one.width:g})"
    if not one.covers:
        return {"zh": f"{others} 家都在预计的基准价两侧{zh}", "en": f"all {others} around the expected benchmark{en}"}
    at_zh, at_en = _place(one.place)
    return {
        "zh": f"{one.covers} 家陪标{at_zh}，{others} 家在预计的基准价处{zh}",
        "en": f"{one.covers} cover {at_en}, {others} at the expected benchmark{en}",
    }


def _place(place: float) -> tuple[str, str]:
    if place >= PLACES[-1]:
        return "报最高限价", "at the ceiling"
    if place == 0:
        return "报在均值", "at the mean"
    return f"报在均值 {place:+g} 个标准差", f"at the mean {place:+g} standard deviations"
