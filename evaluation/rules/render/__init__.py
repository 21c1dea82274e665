"""Why this mark, in words for a person: one line with the numbers filled into the formula, and every step.

Everything shown stands in the certificate; nothing is computed anew. The words are data, in Chinese and in English:
`formulas.json` (what is filled in, by rule) and `words.json` (steps, units, roundings, verdicts).
"""

from __future__ import annotations

from evaluation.rules.render.formula import filled
from evaluation.rules.render.line import Words, render
from evaluation.rules.render.steps import label, rounding, said, steps, unit, verdict

__all__ = ["Words", "filled", "label", "render", "rounding", "said", "steps", "unit", "verdict"]
