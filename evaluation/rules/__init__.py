"""Rule sets (评标办法) and the evaluation without a human hand: pure, exact, replayable by anyone.

`check_rule_set` and `bidding.form.check_form` read the published documents, `lint` says what the law and good sense
want of them, `evaluate` makes the report, `recompute` is evaluate again and compare.
"""

from __future__ import annotations

from evaluation.rules.document import RuleSet
from evaluation.rules.engine import Lot, evaluate, flagged, recompute
from evaluation.rules.lint import Finding, check_publishable, lint
from evaluation.rules.ranking import tie_order, tie_value
from evaluation.rules.relations import check_rule_set
from evaluation.rules.render import render
from evaluation.rules.report import Report
from evaluation.rules.sheet import OpenedBid

__all__ = [
    "Finding",
    "Lot",
    "OpenedBid",
    "Report",
    "RuleSet",
    "check_publishable",
    "check_rule_set",
    "evaluate",
    "flagged",
    "lint",
    "recompute",
    "render",
    "tie_order",
    "tie_value",
]
