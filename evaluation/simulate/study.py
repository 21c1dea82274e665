"""The whole study of a rule set: honest bids, rings of every size, and ten formulas beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from bidding.form import Form
from evaluation.rules import RuleSet
from evaluation.simulate import answers, honest, limits
from evaluation.simulate.formulas import Formula, ten
from evaluation.simulate.honest import Honest
from evaluation.simulate.prior import Prior
from evaluation.simulate.ring import Ring, Stages, ring
from evaluation.simulate.scene import Scene
from evaluation.simulate.streams import Luck

Advance = Callable[[], None]
# (stage, trials) → the tenders of that stage.
_Staged = Callable[[str, int], Scene]

# The ring that a study tells in one sentence and compares formulas at: this share of the bidders.
_TOLD: Final = 0.4


@dataclass(frozen=True, slots=True)
class Asked:
    """What a study is asked for.

    `ceiling`: fen, where the rule set names none; `answers`: weights of answers by question in place of the default;
    `compare`: all ten formulas instead of the lowest price alone.
    """

    bidders: int = 20
    trials: int = 5000
    seed: int = 1
    prior: Prior = field(default_factory=Prior)
    ceiling: int | None = None
    answers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    compare: bool = True

    @property
    def told(self) -> int:
        """The size of the ring that is told in a sentence."""
        return max(2, min(round(_TOLD * self.bidders), self.largest))

    @property
    def largest(self) -> int:
        """The largest ring: half the bidders, rounded up."""
        return max(2, (self.bidders + 1) // 2)

    @property
    def steps(self) -> int:
        """How often `study` says that it has come further."""
        return self.largest + (10 if self.compare else 1)


@dataclass(frozen=True, slots=True)
class Study:
    """What was found. `rings` by size; `compared`: formulas by price alone, each with a ring of `asked.told`."""

    asked: Asked
    ceiling: int
    honest: Honest
    rings: tuple[Ring, ...]
    compared: tuple[tuple[Formula, Ring], ...]

    @property
    def told(self) -> Ring:
        """The ring of the sentence, under the rule set."""
        return next(one for one in self.rings if one.k == self.asked.told)

    @property
    def lowest(self) -> Ring:
        """The same ring under the lowest price."""
        return self.compared[0][1]


def study(rules: RuleSet, form: Form, asked: Asked, advance: Advance = lambda: None) -> Study:
    """The study of a rule set over its form. Raises `Refusal("simulate.*")` for what is out of bounds."""
    limits.check(asked.bidders, asked.trials, asked.seed)
    ceiling = rules.ceiling or asked.ceiling or limits.CEILING
    known = answers.distributions(rules, form, asked.answers)
    run = (asked.seed, "honest", asked.trials, asked.bidders)
    found = honest.told(rules, honest.play(rules, known, asked.prior, ceiling, run), ceiling)
    advance()

    def of_rules(stage: str, trials: int) -> Scene:
        return honest.scene(rules, known, asked.prior, ceiling, (asked.seed, stage, trials, asked.bidders))[0]

    stages = _stages(asked, ceiling, of_rules)
    rings = []
    for k in range(2, asked.largest + 1):
        rings.append(ring(stages, k))
        advance()
    compared = []
    for formula in ten(float(ceiling)) if asked.compare else ten(float(ceiling))[:1]:
        compared.append((formula, by_price(asked, formula, ceiling)))
        advance()
    return Study(asked, ceiling, found, tuple(rings), tuple(compared))


def by_price(asked: Asked, formula: Formula, ceiling: int) -> Ring:
    """A ring of `asked.told` where a formula alone decides, without quality. `ceiling` in fen."""
    return ring(_stages(asked, ceiling, partial(_priced, asked, formula, ceiling)), asked.told)


def _priced(asked: Asked, formula: Formula, ceiling: int, stage: str, trials: int) -> Scene:
    prices = asked.prior.prices(asked.seed, stage, (trials, asked.bidders), ceiling)
    return Scene(formula, Luck(asked.seed, stage, trials), prices)


def _stages(asked: Asked, ceiling: int, scene: _Staged) -> Stages:
    return Stages(
        asked.prior,
        ceiling,
        scene("pilot", limits.PILOT),
        scene("rough", limits.rough(asked.bidders)),
        scene("search", limits.searched(asked.bidders)),
        scene("judged", asked.trials),
    )
