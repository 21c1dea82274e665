"""How often a ring of k of n bidders wins that chooses number, place and spread of its covers.

The ring knows the rule, the prior, its own honest prices and quality; not the others' bids, nor what will be drawn.
The first k columns are the ring, best quality first. The work is done by the member to whom it costs least. A ring
that earns less than its members would earn honestly under the same rule would not form: of the strategies that do
not, the one that wins most often is told, and the one that earns most. Whatever is found is a lower bound: a cleverer
ring does better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from evaluation.simulate.field import Field
from evaluation.simulate.prior import LEAST_SHARE, Prior
from evaluation.simulate.scene import Scene, winning
from evaluation.simulate.streams import Floats

HONEST: Final = "honest"
SHADE: Final = "shade"
SINGLE: Final = "single"
BRACKET: Final = "bracket"
FAMILIES: Final = (HONEST, SHADE, SINGLE, BRACKET)

# Places of covers in standard deviations from the prior's mean; the last is the ceiling.
PLACES: Final = (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 20.0)
WIDTHS: Final = (0.5, 1.0, 1.5)
MOVES: Final = (-0.06, -0.04, -0.03, -0.02, -0.01, 0.01, 0.02, 0.03)
COVER_SPREAD: Final = 0.25
_STEPS: Final = (("place", 0.5), ("width", 0.2), ("spread", 0.25))
_KEPT: Final = 24
_PROMISING: Final = 0.8
_CLIMBED: Final = 2
_ROUNDS: Final = 3
_GUESSES: Final = 3


@dataclass(frozen=True, slots=True)
class Strategy:
    """What a ring does. `family`: of `FAMILIES`.

    - `honest`: nothing is agreed on.
    - `shade`: all honest prices of the ring are moved by `move` (share).
    - `single`: the cheapest member bids its honest price moved by `move`, all others the ceiling.
    - `bracket`: `covers` bids around `place` (standard deviations from the prior's mean), `spread` apart from first to
      last; the others where the ring expects the benchmark to come to lie, covers counted in: at the quantiles of its
      distribution, `width` times as far from its median.
    """

    family: str
    move: float = 0.0
    covers: int = 0
    place: float = 0.0
    spread: float = 0.0
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """What a strategy comes to.

    `wins`: share of the tenders that the ring wins; `profit`: its mean profit a tender, share of the ceiling;
    `price`: mean winning price, share of the ceiling; `shift`: against honest bidding, share of the price.
    """

    strategy: Strategy
    wins: float
    profit: float
    price: float
    shift: float


@dataclass(frozen=True, slots=True)
class Ring:
    """What a ring of `k` of `n` can do.

    `most_wins` and `most_profit` are judged on tenders that the search did not see; `tried`: how many strategies were.
    """

    k: int
    n: int
    honest: Result
    most_wins: Result
    most_profit: Result
    tried: int

    @property
    def fair(self) -> float:
        """The share that k of n equal bidders win."""
        return self.k / self.n


@dataclass(frozen=True)
class Stages:
    """The tenders that a ring thinks with (`pilot`), searches on (`rough` first, few) and is judged on; the prior."""

    prior: Prior
    ceiling: int
    pilot: Scene
    rough: Scene
    search: Scene
    judged: Scene
    thought: dict[tuple[Strategy, int], Floats] = field(default_factory=dict)  # what was thought out before


def ring(stages: Stages, k: int) -> Ring:
    """The best that was found for a ring of `k`."""
    search = _Table(stages, stages.search, k)
    tried, promising = _rough(stages, k)
    found = {strategy: search.result(strategy) for strategy in promising}
    own = found[Strategy(HONEST)]
    for _ in range(_ROUNDS):
        best = sorted(found.values(), key=lambda one: (one.profit >= own.profit, one.wins), reverse=True)
        richest = sorted(found.values(), key=lambda one: one.profit, reverse=True)
        for one in (*best[:_CLIMBED], richest[0]):
            for near in neighbours(one.strategy, k):
                if near not in found:
                    found[near] = search.result(near)
    worth = [one for one in found.values() if one.profit >= own.profit]
    judged = _Table(stages, stages.judged, k)
    return Ring(
        k=k,
        n=stages.search.honest.shape[1],
        honest=judged.result(own.strategy),
        most_wins=judged.result(max(worth, key=_wins).strategy),
        most_profit=judged.result(max(worth, key=_profit).strategy),
        tried=len(tried | found.keys()),
    )


def _rough(stages: Stages, k: int) -> tuple[set[Strategy], list[Strategy]]:
    """All strategies of the grid, and the promising ones of them after a look at a few tenders."""
    table = _Table(stages, stages.rough, k)
    results = [table.result(strategy) for strategy in grid(k)]
    least = results[0].profit * _PROMISING
    worth = [one for one in results if one.profit >= least]
    kept = sorted(worth, key=_wins, reverse=True)[:_KEPT] + sorted(worth, key=_profit, reverse=True)[: _KEPT // 2]
    return {one.strategy for one in results}, list(dict.fromkeys([Strategy(HONEST), *(one.strategy for one in kept)]))


def _wins(one: Result) -> tuple[float, float]:
    return one.wins, one.profit


def _profit(one: Result) -> tuple[float, float]:
    return one.profit, one.wins


def grid(k: int) -> Iterator[Strategy]:
    """The strategies that a search begins with."""
    yield Strategy(HONEST)
    for move in MOVES:
        yield Strategy(SHADE, move=move)
        yield Strategy(SINGLE, move=move)
    yield Strategy(SINGLE)
    for covers in sorted({0, 1, 2, k // 4, k // 2, (3 * k) // 4, k - 1} & set(range(k))):
        for place in PLACES if covers else (0.0,):
            for width in WIDTHS if covers < k - 1 else (1.0,):
                yield Strategy(BRACKET, covers=covers, place=place, spread=COVER_SPREAD, width=width)


def neighbours(strategy: Strategy, k: int) -> Iterator[Strategy]:
    """Strategies that differ from this one by one step in one thing."""
    if strategy.family in (SHADE, SINGLE):
        for step in (-0.005, 0.005):
            yield replace(strategy, move=round(strategy.move + step, 4))
    if strategy.family != BRACKET:
        return
    for covers in (strategy.covers - 1, strategy.covers + 1):
        if 0 <= covers < k:
            yield replace(strategy, covers=covers)
    for name, step in _STEPS:
        for sign in (-1, 1):
            value = round(getattr(strategy, name) + sign * step, 4)
            if name == "place" or value > 0:
                yield replace(strategy, **{name: value})


class _Table:
    """A scene with the ring's members in its first `k` columns, the best quality first."""

    def __init__(self, stages: Stages, scene: Scene, k: int) -> None:
        self.stages, self.scene, self.k = stages, _sorted(scene, k), k
        self.cost = scene.honest[:, :k].min(axis=1) / (1 + stages.prior.markup)
        self.plain: float = 0.0
        self.plain = self.result(Strategy(HONEST)).price

    def result(self, strategy: Strategy) -> Result:
        """What this strategy comes to."""
        prices = self._prices(strategy)
        winner = self.scene.play(prices).winner
        paid = winning(prices, winner)
        won = (winner >= 0) & (winner < self.k)
        if strategy.family == HONEST:
            cost = winning(self.scene.honest, winner) / (1 + self.stages.prior.markup)
        else:
            cost = self.cost
        ceiling = float(self.stages.ceiling)
        price = float(np.nanmean(paid)) / ceiling if np.isfinite(paid).any() else float("nan")
        profit = float(np.where(won, paid - cost, 0.0).mean()) / ceiling
        return Result(strategy, float(won.mean()), profit, price, price / self.plain - 1 if self.plain else 0.0)

    def _prices(self, strategy: Strategy) -> Floats:
        honest, k = self.scene.honest, self.k
        prices = honest.copy()
        match strategy.family:
            case "shade":
                prices[:, :k] = honest[:, :k] * (1 + strategy.move)
            case "single":
                prices[:, :k] = float(self.stages.ceiling)
                prices[:, 0] = honest[:, :k].min(axis=1) * (1 + strategy.move)
            case "bracket":
                known = self.stages.thought
                if (strategy, k) not in known:
                    known[strategy, k] = _bracket(self.stages, strategy, k)
                prices[:, :k] = known[strategy, k]
                if self.scene.counted is not None:  # what was thought out is what the bids are to count as
                    prices[:, :k] /= self.scene.counted.factor[:, :k]
        low = np.floor(LEAST_SHARE * self.stages.ceiling)
        prices[:, :k] = np.clip(np.floor(prices[:, :k] + 0.5), max(low, 1.0), float(self.stages.ceiling))
        return prices


def _bracket(stages: Stages, strategy: Strategy, k: int) -> Floats:
    """What the ring's k bids are to count as, fen: first those that are to win (for the best quality), then covers."""
    prior, pilot, ceiling = stages.prior, stages.pilot, float(stages.ceiling)
    offsets = np.linspace(-0.5, 0.5, strategy.covers) * strategy.spread if strategy.covers > 1 else np.zeros(1)
    covers = (prior.mean + (strategy.place + offsets[: strategy.covers]) * prior.sd) * ceiling
    covers = np.clip(covers, LEAST_SHARE * ceiling, ceiling)
    prices = pilot.evaluated(pilot.honest).copy()
    bids = np.median(prices) * np.ones(k - strategy.covers)
    for _ in range(_GUESSES):
        prices[:, :k] = np.concatenate([bids, covers])
        base = pilot.formula.benchmark(Field.of(prices), pilot.luck)
        base = base[np.isfinite(base)]
        if not len(base):
            break
        middle = float(np.median(base))
        reach = np.quantile(base, (np.arange(k - strategy.covers) + 0.5) / (k - strategy.covers)) - middle
        bids = np.clip(middle + reach * strategy.width, LEAST_SHARE * ceiling, ceiling)
    # The best quality goes where the benchmark is most likely to be.
    order = np.argsort(np.abs(bids - np.median(bids)), kind="stable")
    return np.concatenate([bids[order], covers])


def _sorted(scene: Scene, k: int) -> Scene:
    counted = scene.counted
    if scene.quality is not None:
        order = np.argsort(-scene.quality[:, :k], axis=1, kind="stable")
    elif counted is not None:  # by price alone the best is whose price counts least
        order = np.argsort(counted.factor[:, :k], axis=1, kind="stable")
    else:
        return scene

    def turned(table: Floats) -> Floats:
        out = table.copy()
        out[:, :k] = np.take_along_axis(table[:, :k], order, axis=1)
        return out

    by = {name: turned(marks) for name, marks in scene.by.items()}
    quality = None if scene.quality is None else turned(scene.quality)
    if counted is not None:
        counted = replace(counted, factor=turned(counted.factor))
    return replace(scene, honest=turned(scene.honest), quality=quality, by=by, counted=counted)
