"""A report's charts with their table twins, Chinese or English: what the page, the file and the terminal show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from evaluation.simulate import svg
from evaluation.simulate.honest import QUANTILES
from evaluation.simulate.svg import Series

# (key, values to fill in) → words; (id of a criterion) → its title.
Word = Callable[..., str]
Named = Callable[[str], str]

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "ring": ("串通：中标的次数与公平份额", "Rings: how often they win, beside the fair share"),
    "ring.k": ("串通的家数", "Firms in the ring"),
    "ring.fair": ("公平份额", "Fair share"),
    "ring.wins": ("最常中标的办法", "Way that wins most often"),
    "pays": ("串通：最获利的办法", "Rings: the way that pays most"),
    "wins": ("中标", "Wins"),
    "shift": ("中标价变动", "Price shift"),
    "profit": ("串通获利（占最高限价）", "Profit of the ring (of the ceiling)"),
    "honest": ("同样几家不串通", "The same firms without it"),
    "how": ("办法", "Way"),
    "compared": ("同样的串通放到十种评标基准价办法中", "The same ring under ten ways to a benchmark"),
    "compared.one": ("同样的串通放到最低价法中", "The same ring under the lowest price"),
    "formula": ("办法", "Formula"),
    "marks": ("诚实投标的总分分布", "Totals of honest bids"),
    "marks.table": ("诚实投标的得分", "Marks of honest bids"),
    "criterion": ("评分项", "Criterion"),
    "full": ("满分", "Full mark"),
    "mean": ("平均", "Mean"),
    "weights": ("权重增减 5 分，中标人改变的次数", "How often the winner changes when a weight is moved by 5 points"),
    "down": ("减 5 分", "5 less"),
    "up": ("加 5 分", "5 more"),
    "changed": ("中标人改变", "Winner changes"),
    "figures": ("诚实投标时", "With honest bids"),
    "figure": ("项目", "Figure"),
    "value": ("结果", "Result"),
    "quality_wins": ("中标人不是最低价", "The winner is not the lowest price"),
    "tied": ("第一名总分相同，须按并列规则区分", "The first place is tied and the tie-breaks decide"),
    "failed": ("流标", "The lot fails"),
    "rejected": ("被否决的投标", "Bids rejected"),
    "price": ("平均中标价（占最高限价）", "Mean winning price (of the ceiling)"),
    "valid": ("平均有效投标家数", "Mean number of valid bids"),
    "because": ("其中：{name}", "of these: {name}"),
    "total": ("总分", "Total"),
    "of_price": ("价格", "Price"),
    "ring.desc": (
        "{n} 家投标人。圆点为所试办法中最常中标的，方块为公平份额；数字见下表。",
        "{n} bidders. Dots: the way that wins most often of all tried; squares: the fair share. Figures in the table.",
    ),
    "table.desc": ("数字见下表。", "Figures in the table below."),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart (`svg`, "" where the table says all) and its table twin."""

    key: str
    title: str
    svg: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def charts(document: Mapping[str, Any], lang: str) -> tuple[Chart, ...]:
    """The charts of a report in `zh` or `en`."""
    return tuple(_charts(document, lang))


def percent(text: str, places: int = 0) -> str:
    """A share as per cent."""
    return f"{float(text) * 100:.{places}f}%"


def _charts(document: Mapping[str, Any], lang: str) -> Iterator[Chart]:
    titles: Mapping[str, Mapping[str, str]] = document["criteria"]

    def word(key: str, **given: object) -> str:
        return _WORDS[key][lang == "en"].format(**given)

    def named(criterion: str) -> str:
        if criterion == "total":
            return word("total")
        if criterion in titles:
            return titles[criterion][lang]
        return word("of_price") if criterion == "price" else criterion

    yield _ring(document, word, lang)
    yield _pays(document, word, lang)
    yield _compared(document, word, lang)
    yield _figures(document["honest"], word, named)
    if document["honest"]["marks"]:
        yield _marks(document["honest"]["marks"], word, named)
    if document["honest"]["weights"]:
        yield _weights(document["honest"]["weights"], word, named)


def _ring(document: Mapping[str, Any], word: Word, lang: str) -> Chart:
    rows = document["ring"]["rows"]
    places = [str(row["k"]) for row in rows]
    wins = Series(word("ring.wins"), [float(row["most_wins"]["wins"]) for row in rows])
    fair = Series(word("ring.fair"), [float(row["fair"]) for row in rows])
    title = word("ring")
    desc = word("ring.desc", n=document["bidders"])
    drawn = svg.lines("chart-ring", title, desc, (word("ring.k"), places), [wins, fair])
    heads = (word("ring.k"), word("ring.fair"), word("wins"), word("shift"), word("how"))
    table = tuple((str(row["k"]), percent(row["fair"]), *_way(row["most_wins"], lang)) for row in rows)
    return Chart("ring", title, drawn, heads, table)


def _pays(document: Mapping[str, Any], word: Word, lang: str) -> Chart:
    rows = document["ring"]["rows"]
    heads = (word("ring.k"), word("profit"), word("honest"), word("wins"), word("shift"), word("how"))
    table = tuple(
        (
            str(row["k"]),
            percent(row["most_profit"]["profit"], 2),
            percent(row["honest"]["profit"], 2),
            *_way(row["most_profit"], lang),
        )
        for row in rows
    )
    return Chart("pays", word("pays"), "", heads, table)


def _way(way: Mapping[str, Any], lang: str) -> tuple[str, str, str]:
    return percent(way["wins"]), f"{float(way['shift']) * 100:+.1f}%", way["strategy"][lang]


def _compared(document: Mapping[str, Any], word: Word, lang: str) -> Chart:
    rows = document["compared"]["rows"]
    drawn = [(row["title"][lang], float(row["most_wins"]["wins"]), percent(row["most_wins"]["wins"])) for row in rows]
    title = word("compared" if len(rows) > 1 else "compared.one")
    heads = (word("formula"), word("ring.fair"), word("wins"), word("shift"), word("how"))
    table = tuple(
        (
            row["title"][lang],
            percent(row["fair"]),
            *_way(row["most_wins"], lang),
        )
        for row in rows
    )
    return Chart(
        "compared",
        title,
        svg.bars("chart-compared", title, word("table.desc"), drawn, float(rows[0]["fair"])),
        heads,
        table,
    )


def _figures(honest: Mapping[str, Any], word: Word, named: Named) -> Chart:
    rows = [(word(name), percent(honest[name], 1)) for name in ("quality_wins", "tied", "failed", "price")]
    rows += [(word("valid"), honest["valid"]), (word("rejected"), percent(honest["rejected"], 1))]
    rows += [(word("because", name=named(name)), percent(share, 1)) for name, share in honest["reasons"].items()]
    return Chart("figures", word("figures"), "", (word("figure"), word("value")), tuple(rows))


def _marks(marks: list[Mapping[str, Any]], word: Word, named: Named) -> Chart:
    total = marks[-1]
    edges, shares = total["edges"], [float(share) for share in total["shares"]]
    # Columns before the first and behind the last that occurs word nothing.
    held = [index for index, share in enumerate(shares) if share > 0]
    first, last = held[0], held[-1] + 1
    title = word("marks")
    drawn = svg.columns(
        "chart-marks",
        title,
        word("table.desc"),
        [f"{float(edge):g}" for edge in edges[first : last + 1]],
        shares[first:last],
    )
    heads = (word("criterion"), word("full"), word("mean"), *(f"{share}%" for share in QUANTILES))
    rows = tuple(
        (named(one["criterion"]), one["full"], one["mean"], *(one["quantiles"][str(share)] for share in QUANTILES))
        for one in marks
    )
    return Chart("marks", title, drawn, heads, rows)


def _weights(weights: list[Mapping[str, Any]], word: Word, named: Named) -> Chart:
    title, sides = word("weights"), {True: word("up"), False: word("down")}
    drawn = [
        (f"{named(one['criterion'])} · {sides[one['by'] > 0]}", float(one["changed"]), percent(one["changed"], 1))
        for one in weights
    ]
    heads = (word("criterion"), word("full"), word("changed"))
    rows = tuple((label, one["weight"], said) for one, (label, _, said) in zip(weights, drawn, strict=True))
    return Chart("weights", title, svg.bars("chart-weights", title, word("table.desc"), drawn), heads, rows)
