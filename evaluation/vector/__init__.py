"""The vectorised twin of `evaluation.rules`: the same marks in numpy's integers, for many bids at once.

It shares the rule sets' documents with the reference and none of its arithmetic, so that each judges the other: the
property tests hold the two equal bit for bit (docs/decisions/0019). The verifier and the core install never load it.
"""

from __future__ import annotations

from evaluation.vector.panel import Criterion, Panel, PanelScores, score_panel
from evaluation.vector.price import RULES, score
from evaluation.vector.price.base import Given, Scores

__all__ = ["RULES", "Criterion", "Given", "Panel", "PanelScores", "Scores", "score", "score_panel"]
