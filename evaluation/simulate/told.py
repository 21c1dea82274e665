"""What a study says in words, Chinese and English: one sentence for a clerk, and the strategies by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from evaluation.simulate.ring import BRACKET, HONEST, SHADE, SINGLE, Ring, Strategy
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


def hundredths(share: float) -> int:
    """A share as so many in a hundred."""
    return int(share * 100 + 0.5)


def sentence(study: Study) -> Said:
    """The study in one sentence, or two."""
    ring, lowest = study.told, study.lowest
    n, k, wins, low = ring.n, ring.k, hundredths(ring.most_wins.wins), hundredths(lowest.most_wins.wins)
    zh = f"{n} 家投标人中有 {k} 家串通，100 次里中标 {wins} 次；按最低价规则则为 {low} 次。"
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


def strategy(one: Strategy, ring: Ring) -> Said:
    """What a ring does, in words."""
    said = FAMILIES[one.family]
    if one.family in (SHADE, SINGLE) and one.move:
        return {
            "zh": f"{said['zh']}（{one.move * 100:+.1f}%）",
            "en": f"{said['en']} ({one.move * 100:+.1f} per cent)",
        }
    if one.family != BRACKET:
        return dict(said)
    others = ring.k - one.covers
    if not one.covers:
        return {
            "zh": f"{others} 家全部分布在预计的基准价两侧（跨度系数 {one.width:g}）",
            "en": f"all {others} stand around the expected benchmark (width {one.width:g})",
        }
    return {
        "zh": f"{one.covers} 家陪标报在均值 {one.place:+g} 个标准差处（不超过最高限价），"
        f"{others} 家分布在预计的基准价两侧（跨度系数 {one.width:g}）",
        "en": f"{one.covers} cover at {one.place:+g} standard deviations from the mean (the ceiling at most), "
        f"{others} stand around the expected benchmark (width {one.width:g})",
    }
