"""What a rule set makes of honest bids: marks, who wins by what, how much hangs on each weight, who is rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bidding.form import Form
from evaluation.rules import RuleSet, criteria
from evaluation.rules.criteria import Criterion
from evaluation.rules.document import PRICE
from evaluation.simulate import answers, counted
from evaluation.simulate import rules as price_rules
from evaluation.simulate.answers import Answer, Sample
from evaluation.simulate.field import rounded
from evaluation.simulate.prior import Prior
from evaluation.simulate.scene import NOBODY, Played, Scene
from evaluation.simulate.streams import Floats, Luck

QUANTILES: Final = (1, 5, 25, 50, 75, 95, 99)
BARS: Final = 20
_EQUAL: Final = 1e-9  # marks have six decimals at most
MOVED: Final = 5  # points that a weight is moved by


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution: its mean, its quantiles at `QUANTILES`, and how often each of `BARS` equal steps occurs."""

    name: str
    full: float
    mean: float
    quantiles: tuple[float, ...]
    edges: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A weight moved by `by` points, the others by what remains of the whole: how often the winner changes."""

    name: str
    weight: float
    by: int
    changed: float


@dataclass(frozen=True, slots=True)
class Honest:
    """Shares of tenders (`failed`, `tied`, `quality_wins`) and of bids (`rejected`, by reason `reasons`).

    `quality_wins`: the winner is not the lowest price of the valid bids. `price`: the mean winning price, share of the
    ceiling; `valid`: mean number of valid bids.
    """

    spreads: tuple[Spread, ...]
    moved: tuple[Moved, ...]
    quality_wins: float
    tied: float
    failed: float
    rejected: float
    reasons: Mapping[str, float]
    price: float
    valid: float


@dataclass(frozen=True)
class Trial:
    """Many honest tenders: their scene, the answers behind their quality, prices (NaN: rejected), what came of them."""

    scene: Scene
    sample: Sample
    prices: Floats
    played: Played


def scene(
    rules: RuleSet, known: Mapping[str, Answer], prior: Prior, ceiling: int, run: tuple[int, str, int, int]
) -> tuple[Scene, Sample]:
    """The scene of a rule set and the sample behind it; all bids conform. `run`: seed, stage, trials, bidders."""
    seed, stage, trials, bidders = run
    sample = answers.sample(rules, known, seed, stage, (trials, bidders))
    sums, under, quality = _staged(rules, sample, (trials, bidders))
    sample = replace(sample, passed={**sample.passed, **under})
    prices = prior.prices(seed, stage, (trials, bidders), ceiling)
    made = Scene(
        price_rules.formula(rules, ceiling),
        Luck(seed, stage, trials),
        prices,
        quality if sample.marks else None,
        rules.ties,
        {**sample.marks, **sums},
        rules.price is None,
        counted.of(rules, known, sample),
    )
    return made, sample


def play(
    rules: RuleSet, known: Mapping[str, Answer], prior: Prior, ceiling: int, run: tuple[int, str, int, int]
) -> Trial:
    """Many honest tenders, with the rejections that vetoes and thresholds make."""
    made, sample = scene(rules, known, prior, ceiling, run)
    valid = np.ones(made.honest.shape, dtype=np.bool_)
    for passed in sample.passed.values():
        valid &= passed
    valid &= (valid.sum(axis=1) >= max(rules.min_valid, 1))[:, None]
    prices = np.where(valid, made.honest, np.nan)
    return Trial(made, sample, prices, made.play(prices))


def _staged(
    rules: RuleSet, sample: Sample, shape: tuple[int, int]
) -> tuple[dict[str, Floats], dict[str, NDArray[np.bool_]], Floats]:
    """Of each stage its sum, weighted where it has a weight, and who reaches its threshold; the quality of it all."""
    quality, sums, reached = np.zeros(shape), {}, {}
    for stage in rules.stages:
        if inside := rules.in_stage(stage):
            total = sum((sample.marks[one.id] for one in inside), np.zeros(shape))
            if stage.threshold is not None:
                reached[stage.id] = total >= float(stage.threshold) - _EQUAL
            if stage.weight is not None and stage.to is not None:
                total = rounded(total * float(stage.weight), stage.to.places, stage.to.mode)
                quality += total
            sums[stage.id] = total
    for one in _alone(rules):
        quality += sample.marks[one.id]
    return sums, reached, quality


def _alone(rules: RuleSet) -> list[Criterion]:
    """The criteria whose points enter the total as they are, not by a stage with a weight."""
    weighted = {stage.id for stage in rules.stages if stage.weight is not None}
    return [one for one in rules.scored if one.stage not in weighted]


def study(rules: RuleSet, form: Form, prior: Prior, ceiling: int, run: tuple[int, str, int, int]) -> Honest:
    """What comes of honest bids. `run`: seed, stage, trials, bidders. Raises `Refusal("simulate.*")`."""
    known = answers.distributions(rules, form)
    return told(rules, play(rules, known, prior, ceiling, run), ceiling)


def told(rules: RuleSet, trial: Trial, ceiling: int) -> Honest:
    """The figures of played tenders."""
    winner, prices = trial.played.winner, trial.prices
    won = winner != NOBODY
    paid = np.take_along_axis(prices, np.maximum(winner, 0)[:, None], axis=1)[:, 0][won]
    out = _rejected(trial.sample, prices.shape)
    least = np.nanmin(prices[won], axis=1) if won.any() else paid
    return Honest(
        spreads=tuple(_spreads(rules, trial)),
        moved=tuple(_moved(rules, trial)) if won.any() else (),
        quality_wins=_share(paid > least),
        tied=_share(trial.played.tied[won]),
        failed=_share(~won),
        rejected=_share(out),
        reasons={name: _share(~passed) for name, passed in trial.sample.passed.items()},
        price=float(paid.mean()) / ceiling if won.any() else 0.0,
        valid=float((~out).sum(axis=1).mean()),
    )


def _rejected(sample: Sample, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    out = np.zeros(shape, dtype=np.bool_)
    for passed in sample.passed.values():
        out |= ~passed
    return out


def _share(found: NDArray[np.bool_]) -> float:
    return float(found.mean()) if found.size else 0.0


def _marks(rules: RuleSet, trial: Trial) -> dict[str, tuple[float, Floats]]:
    """Full mark and marks of everything that gives points."""
    if rules.price is None:
        return {}
    found = {one.id: (float(criteria.best(one)), trial.sample.marks[one.id]) for one in _alone(rules)}
    for stage in rules.stages:
        if stage.weight is not None and (inside := rules.in_stage(stage)):
            full = sum((criteria.best(one) for one in inside), Fraction(0)) * stage.weight
            found[stage.id] = (float(full), trial.scene.by[stage.id])
    return {**found, PRICE: (float(rules.price.weight), trial.played.marks)}


def _spreads(rules: RuleSet, trial: Trial) -> Sequence[Spread]:
    parts = _marks(rules, trial)
    valid = np.isfinite(trial.prices) & np.isfinite(trial.played.marks)
    if not parts or not valid.any():
        return []
    total = sum((marks for _, marks in parts.values()), np.zeros(trial.prices.shape))
    parts["total"] = (sum(full for full, _ in parts.values()), total)
    return [_spread(name, full, marks[valid]) for name, (full, marks) in parts.items()]


def _spread(name: str, full: float, marks: Floats) -> Spread:
    low, high = min(0.0, float(marks.min())), max(full, float(marks.max()))
    counts, edges = np.histogram(marks, bins=BARS, range=(low, high))
    return Spread(
        name,
        full,
        float(marks.mean()),
        tuple(float(value) for value in np.quantile(marks, [share / 100 for share in QUANTILES])),
        tuple(float(edge) for edge in edges),
        tuple(float(count) / len(marks) for count in counts),
    )


def _moved(rules: RuleSet, trial: Trial) -> Sequence[Moved]:
    parts = {name: part for name, part in _marks(rules, trial).items() if part[0] > 0}
    whole = sum(full for full, _ in parts.values())
    out = []
    for name, (full, marks) in parts.items():
        rest = sum((other for key, (_, other) in parts.items() if key != name), np.zeros(marks.shape))
        for by in (-MOVED, MOVED):
            weight = min(max(full + by, 0.0), whole)
            if whole > full:
                total = marks * (weight / full) + rest * ((whole - weight) / (whole - full))
                out.append(Moved(name, full, by, _changed(trial, total)))
    return out


def _changed(trial: Trial, total: Floats) -> float:
    scene_, played = trial.scene, trial.played
    other = scene_.settle(trial.prices, played.marks, played.base, np.where(np.isnan(trial.prices), np.nan, total))
    won = played.winner != NOBODY
    return _share((other.winner != played.winner)[won])
