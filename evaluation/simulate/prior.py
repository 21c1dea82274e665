"""What honest bids look like: a stated prior, or the tenderee's own history; and what it costs to do the work.

Costs: an honest price is the firm's own cost and `markup` of it on top, so cost = price / (1 + markup). A ring lets
the cheapest of its members do the work. Where nobody states a markup it is 0.6 of the coefficient of variation: about
what pays best for an honest firm among twenty under the lowest price. With a larger one a ring, and every single firm
too, would gain by underbidding, which bends no rule.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from evaluation.simulate.streams import Floats, generator
from ledger.basics.errors import Refusal

LOGNORMAL: Final = "lognormal"
NORMAL: Final = "normal"
HISTORY: Final = "history"
KINDS: Final = (LOGNORMAL, NORMAL, HISTORY)
LEAST_HISTORY: Final = 10
MOST_HISTORY: Final = 100_000
# No honest bid is below this share of the ceiling: 财库〔2026〕2号 screens below 45 %.
LEAST_SHARE: Final = 0.45
MARKUP: Final = 0.6  # of the coefficient of variation
_TRIES: Final = 64
_STATED: Final = re.compile(r"(lognormal|normal):([0-9]{1,3}(?:\.[0-9]{1,4})?),([0-9]{1,3}(?:\.[0-9]{1,4})?)\Z")


@dataclass(frozen=True, slots=True)
class Prior:
    """Shares of the ceiling at which honest firms bid.

    `mean`: share of the ceiling; `cv`: standard deviation over the mean; `kind`: of `KINDS`. Bids above the ceiling
    or below `LEAST_SHARE` of it are drawn again. `history`: past bids as shares of their ceilings, of which each bid
    is one, as likely as another (`mean` and `cv` are then theirs). `markup`: share of the cost.
    """

    kind: str = LOGNORMAL
    mean: float = 0.90
    cv: float = 0.05
    markup: float = 0.03
    history: tuple[float, ...] = ()

    @property
    def sd(self) -> float:
        """The standard deviation as a share of the ceiling."""
        return self.mean * self.cv

    def prices(self, seed: int, stage: str, shape: tuple[int, int], ceiling: int) -> Floats:
        """Honest prices in whole fen, (trials, bids)."""
        rng = generator(seed, stage, "honest")
        shares = self._drawn(rng, shape)
        for _ in range(_TRIES):
            wrong = (shares > 1) | (shares < LEAST_SHARE)
            if not wrong.any():
                break
            shares[wrong] = self._drawn(rng, (int(wrong.sum()), 1))[:, 0]
        return np.maximum(np.floor(np.clip(shares, LEAST_SHARE, 1) * ceiling), 1.0)

    def _drawn(self, rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
        if self.kind == HISTORY:
            return np.asarray(self.history, dtype=np.float64)[rng.integers(len(self.history), size=shape)]
        if self.kind == NORMAL:
            return rng.normal(self.mean, self.sd, shape)
        spread = float(np.sqrt(np.log1p(self.cv**2)))
        return rng.lognormal(float(np.log(self.mean)) - spread**2 / 2, spread, shape)


def stated(kind: str, mean: float, cv: float, markup: float | None = None) -> Prior:
    """A prior of these figures, shares of one. Raises `Refusal("simulate.prior")` outside the sensible."""
    markup = MARKUP * cv if markup is None else markup
    fits = LEAST_SHARE < mean < 1 and 0.001 <= cv <= 0.5 and 0 <= markup <= 1
    if kind not in (LOGNORMAL, NORMAL) or not fits:
        raise Refusal("simulate.prior", least=f"{LEAST_SHARE:.2f}")
    return Prior(kind, mean, cv, markup)


def parse(text: str, markup: float | None = None) -> Prior:
    """`KIND:MEAN,CV` in per cent, as `lognormal:90,5`. Raises `Refusal("simulate.prior")`."""
    match = _STATED.match(text)
    if match is None:
        raise Refusal("simulate.prior", least=f"{LEAST_SHARE:.2f}")
    return stated(match[1], float(match[2]) / 100, float(match[3]) / 100, markup)


def history(shares: Sequence[float], markup: float | None = None) -> Prior:
    """The prior of one's own past bids, each as a share of its ceiling. Raises `Refusal("simulate.history")`."""
    found = np.asarray(shares, dtype=np.float64)
    inside = bool(((found > LEAST_SHARE) & (found <= 1)).all())
    if not LEAST_HISTORY <= len(found) <= MOST_HISTORY or not inside or len(set(found.tolist())) == 1:
        raise Refusal("simulate.history", least=LEAST_HISTORY, share=f"{LEAST_SHARE:.2f}")
    mean = float(found.mean())
    cv = float(found.std(ddof=1)) / mean
    markup = MARKUP * cv if markup is None else markup
    if not 0 <= markup <= 1:
        raise Refusal("simulate.prior", least=f"{LEAST_SHARE:.2f}")
    return Prior(HISTORY, mean, cv, markup, tuple(float(share) for share in found))
