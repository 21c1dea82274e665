"""The price rules of a rule set, over many tenders at once; the exact ones are in `evaluation.rules.price`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from evaluation.rules import RuleSet
from evaluation.simulate import formulas
from evaluation.simulate.field import Field, Whole, rounded
from evaluation.simulate.formulas import Formula
from evaluation.simulate.streams import Floats, Luck
from ledger.basics.errors import Refusal

_FEN: Final = 100.0


@dataclass(frozen=True, slots=True)
class Lot:
    """What is fixed before a price is known: the rule's parameters, its lists of draws, ceiling (fen), full mark."""

    params: Mapping[str, Any]
    draws: Mapping[str, Sequence[float]]
    ceiling: float
    weight: float

    def share(self, name: str) -> float:
        """A parameter of per cent as a share of one."""
        return float(self.params[name]) / 100

    def drawn(self, name: str, luck: Luck) -> Floats:
        """The drawn per cent of each tender, as a share of one."""
        draw = self.params[name]
        return luck.drawn(f"draw:{draw}", self.draws[draw]) / 100

    def yuan(self, name: str, fen: Floats) -> Floats:
        """Fen, rounded in yuan as the parameter `name` says."""
        to = self.params[name]
        return rounded(fen / _FEN, to["places"], to["mode"]) * _FEN


def formula(rules: RuleSet, ceiling: int) -> Formula:
    """The price rule of a rule set; the lowest price where there are no marks. `ceiling` in fen.

    Raises `Refusal("simulate.rule")` for a price rule that is not simulated, `simulate.no_price` where there is none.
    """
    price = rules.price
    if not rules.price_question:
        raise Refusal("simulate.no_price")
    if price is None:
        return Formula("lowest_price", {"zh": "最低价", "en": "lowest price"}, formulas.lowest, formulas.cheapest)
    name = price.rule.name
    if name not in _BENCHMARKS:
        raise Refusal("simulate.rule", rule=name, known=", ".join(_BENCHMARKS))
    draws = {draw: [float(value) for value in values] for draw, values in rules.draws.items()}
    lot = Lot(price.params, draws, float(ceiling), float(price.weight))
    benchmark, marks = _BENCHMARKS[name], _MARKS.get(name, _by_deviation)
    return Formula(
        name,
        dict(price.title),
        lambda field, luck: _positive(benchmark(field, luck, lot)),
        lambda prices, base: marks(prices, base, lot),
    )


def _positive(base: Floats) -> Floats:
    return np.where(base > 0, base, np.nan)


def _f1(field: Field, luck: Luck, lot: Lot) -> Floats:
    del lot
    return formulas.lowest(field, luck)


def _f3(field: Field, luck: Luck, lot: Lot) -> Floats:
    del luck
    cut = (field.count >= 4).astype(np.intp)
    return lot.yuan("base", field.mean(cut, field.count - cut))


def _lowered(mean: Floats, luck: Luck, lot: Lot, band: Whole | None = None) -> Floats:
    average = lot.yuan("average", mean)
    band = _band(average, lot) if band is None else band
    coefficients = np.stack([lot.drawn(name, luck) for name in ("c_high", "c_mid", "c_low")], axis=1)
    return lot.yuan("base", average * (1 - np.take_along_axis(coefficients, band[:, None], axis=1)[:, 0]))


def _band(prices: Floats, lot: Lot) -> Whole:
    """0 high, 1 between, 2 low, by the share of the ceiling."""
    share = prices / lot.ceiling
    # The edges are whole per cents, the ceiling whole fen: a tenth of a millionth is nobody's price.
    high, low = share >= lot.share("high_from") - 1e-12, share <= lot.share("low_to") + 1e-12
    return np.where(high, 0, np.where(low, 2, 1)).astype(np.intp)


def _f4(field: Field, luck: Luck, lot: Lot) -> Floats:
    return _lowered(field.mean(), luck, lot)


def _f5(field: Field, luck: Luck, lot: Lot) -> Floats:
    few = _lowered(field.mean(), luck, lot)
    member = np.where(np.isnan(field.prices), 3, _band(field.prices, lot))
    held = np.stack([(member == band).any(axis=1) for band in range(3)], axis=1)
    drawn = np.where(held, luck.table("band", 3), 2.0).argmin(axis=1)
    inside = member == drawn[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(inside, field.prices, 0.0).sum(axis=1) / inside.sum(axis=1)
    return np.where(field.count < lot.params["many"], few, _lowered(mean, luck, lot, drawn))


def _f6(field: Field, luck: Luck, lot: Lot) -> Floats:
    a, b, c = (lot.share(name) for name in "abc")
    shares = formulas.Abc(lot.share("mean_share"), lot.share("limit_share"), lot.share("below"), (a, b, c))
    high = lot.ceiling * (1 - lot.drawn("delta", luck))
    return lot.yuan("base", formulas.abc(field, luck, high, lot.ceiling, shares) * lot.drawn("k", luck))


def _f7(field: Field, luck: Luck, lot: Lot) -> Floats:
    count = field.count
    cut = np.where(count >= 7, rounded(count.astype(np.float64) * lot.share("trim"), 0), 0).astype(np.intp)
    high = np.where(count >= 7, count - cut, np.maximum(count - 1, 1))
    middle = np.where(count < 4, field.at(np.minimum(1, count - 1)), field.mean(cut, high))
    share = lot.drawn("q1", luck)
    mixed = middle * lot.drawn("k1", luck) * share + lot.ceiling * lot.drawn("k2", luck) * (1 - share)
    return lot.yuan("base", mixed)


def _f8(field: Field, luck: Luck, lot: Lot) -> Floats:
    low = field.below(np.full(len(field.count), lot.ceiling * lot.share("drop")))
    low = np.where(low == field.count, 0, low)
    kept = field.count - low
    many = kept >= 10
    high = field.count - np.where(many, np.floor(kept * lot.share("trim_high") + 1e-9), 0).astype(np.intp)
    low = low + np.where(many, np.floor(kept * lot.share("trim_low") + 1e-9), 0).astype(np.intp)
    mean, middle = field.mean(low, high), field.quantile(2, low, high)
    hinge = (field.quantile(1, low, high) + field.quantile(3, low, high)) / 2
    logs = Field.of(np.log(field.prices))
    root = rounded(np.exp(logs.mean(low, high)), 0)
    a, b, c, e, f = (lot.drawn(name, luck) for name in "abcef")
    full = a * mean + b * middle + c * hinge + (1 - a - b - c) * root
    mixed = np.where(high - low >= 5, full, e * mean + f * middle + (1 - e - f) * root)
    share = lot.drawn("c1", luck)
    return lot.yuan("base", (lot.ceiling * share + mixed * (1 - share)) * (1 - lot.drawn("r", luck)))


def _f9(field: Field, luck: Luck, lot: Lot) -> Floats:
    del luck
    return lot.yuan("base", formulas.excluded_mean(field, lot.share("limit")) * lot.share("mu"))


def _f10(field: Field, luck: Luck, lot: Lot) -> Floats:
    del luck
    return lot.yuan("base", (field.mean() + lot.ceiling) / 2)


def _f11(field: Field, luck: Luck, lot: Lot) -> Floats:
    if lot.params["variant"] == "lowest":
        return lot.yuan("base", (field.mean() + field.ordered[:, 0]) / 2)
    return lot.yuan("base", formulas.second_average(field, luck))


def _kept(marks: Floats, lot: Lot) -> Floats:
    to = lot.params["mark"]
    return rounded(marks, to["places"], to["mode"])


def _by_deviation(prices: Floats, base: Floats, lot: Lot) -> Floats:
    to, reference = lot.params["deviation"], base[:, None]
    delta = rounded((prices - reference) / reference, to["places"], to["mode"]) * 100
    loss = np.where(delta > 0, delta * float(lot.params["up"]), -delta * float(lot.params["down"]))
    return _kept(np.maximum(float(lot.params["floor"]), lot.weight - loss), lot)


def _mark_f1(prices: Floats, base: Floats, lot: Lot) -> Floats:
    return _kept(base[:, None] / prices * lot.weight, lot)


def _mark_f15(prices: Floats, base: Floats, lot: Lot) -> Floats:
    to = lot.params["score"]
    return _kept(rounded(base[:, None] / prices * 100, to["places"], to["mode"]) * lot.weight / 100, lot)


def _mark_f8(prices: Floats, base: Floats, lot: Lot) -> Floats:
    delta = (prices - base[:, None]) / base[:, None] * 100
    # np.interp would hold the marks flat beyond its ends; the outer bands go on.
    inner = np.interp(delta, [-10, 0, 5, 10], [80, 100, 80, 65])
    banded = np.where(delta <= -10, 90 + delta, np.where(delta > 10, 85 - 2 * delta, inner))
    return _kept(np.maximum(banded, 0) * lot.weight / 100, lot)


def _mark_f9(prices: Floats, base: Floats, lot: Lot) -> Floats:
    delta = (prices - base[:, None]) / base[:, None] * 100
    above, under = np.maximum(delta, 0), np.maximum(-float(lot.params["free"]) - delta, 0)
    loss = above * float(lot.params["up"]) + under * float(lot.params["down"])
    return _kept(np.maximum(float(lot.params["floor"]), lot.weight - loss), lot)


def _mark_f10(prices: Floats, base: Floats, lot: Lot) -> Floats:
    ratio = np.abs(prices - base[:, None]) / base[:, None]
    return _kept(np.maximum(float(lot.params["floor"]), (1 - ratio) * lot.weight), lot)


_BENCHMARKS: Final[Mapping[str, Callable[[Field, Luck, Lot], Floats]]] = {
    "F1": _f1,
    "F3": _f3,
    "F4": _f4,
    "F5": _f5,
    "F6": _f6,
    "F7": _f7,
    "F8": _f8,
    "F9": _f9,
    "F10": _f10,
    "F11": _f11,
    "F15": _f1,
}
_MARKS: Final[Mapping[str, Callable[[Floats, Floats, Lot], Floats]]] = {
    "F1": _mark_f1,
    "F8": _mark_f8,
    "F9": _mark_f9,
    "F10": _mark_f10,
    "F15": _mark_f15,
}
