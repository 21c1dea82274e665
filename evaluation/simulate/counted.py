"""What honest prices count as: deductions (F2), adjustments by share (F13) and features (F16) of the answers drawn.

The same for all prices of a bidder: a factor. Honest bids have nothing to correct. Adjustments in yuan for each unit
of a number are not played; `told.left_out` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from evaluation.rules import RuleSet
from evaluation.rules.evaluated import price_weight
from evaluation.simulate.answers import Answer, Sample
from evaluation.simulate.scene import Counted
from evaluation.simulate.streams import Floats

SHARE: Final = "share"


def of(rules: RuleSet, known: Mapping[str, Answer], sample: Sample) -> Counted | None:
    """The counting of the bids behind a sample; None where each price counts as it is."""
    document = rules.evaluated_price
    shares = [one for one in document.get("adjustments", ()) if one["kind"] == SHARE]
    deductions, features = document.get("deductions", ()), document.get("features", ())
    if not (shares or deductions or features):
        return None
    added = _tables(shares, "per_cent", known, sample)
    off = _tables(deductions, "per_cent", known, sample)
    points = _tables(features, "points", known, sample)
    factor = np.float64(1) + sum(added, np.float64(0)) / 100
    if off:
        factor = factor * (1 - np.maximum.reduce(off) / 100)  # alternatives: the largest counts
    if points:
        factor = factor / (1 + sum(points, np.float64(0)) / float(price_weight(document)))
    to = document.get("rounding")
    # What counts as nothing or less is rejected by the real evaluation: it takes no part.
    return Counted(np.where(factor > 0, factor, np.nan), None if to is None else (to["places"], to["mode"]))


def _tables(
    members: Sequence[Mapping[str, Any]], name: str, known: Mapping[str, Answer], sample: Sample
) -> list[Floats]:
    """Of each member what the drawn answers give: (trials, bids) each."""
    out = []
    for one in members:
        question = one["question"]
        given = np.asarray([float(one[name][value]) for value in known[question].values])
        out.append(given[sample.picked[question]])
    return out
