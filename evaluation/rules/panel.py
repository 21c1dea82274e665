"""F14, the marks of a panel of experts.

    fewer than `from` marks:  mean of all            `from` and more:  without `drop` highest and `drop` lowest
    panel mark = round(that mean)                     mark = round(panel mark × factor), where the criterion has one

Source: 评标委员会和评标方法暂行规定 and 87号令 art. 55 leave the arithmetic to the tender documents; customary is one
high and one low dropped from five experts up, to two places, half-up. Of several equal extremes one is dropped each
time. `experts: "same"`: every bid is marked by the same experts; `"each"`: by those that are there. `least`: with fewer
marks nothing is computed. A mark that lies further than `outlier` per cent from the mean of all asks its expert for a
reason: it is named in the steps and changes nothing.
Example: 6/6/6/6/6/6/6.75/7, one high and one low dropped: 6.125, half-up 6.13 (half-even and floats give 6.12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from bidding import shape
from evaluation.rules.certificate import Step, noted, step
from evaluation.rules.exact import MODES, Rounding, decimal
from ledger.basics.errors import Refusal

SAME: Final = "same"
EACH: Final = "each"
MAX_EXPERTS: Final = 101

_ROUNDING: Final = shape.record({"mode": shape.one_of(*MODES), "places": shape.integer(0, 6)})
SHAPE: Final = shape.record(
    {
        "drop": shape.integer(0, 10),
        "from": shape.integer(1, MAX_EXPERTS),
        "least": shape.integer(1, MAX_EXPERTS),
        "experts": shape.one_of(SAME, EACH),
        "mean": _ROUNDING,
    },
    {"outlier": shape.decimal},
)

# criterion → bid key → expert → mark, each a plain decimal as it was given.
ExpertMarks = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Panel:
    """How the marks of several experts become one."""

    drop: int
    dropped_from: int
    least: int
    experts: str
    mean: Rounding
    outlier: Fraction | None


def read(document: Mapping[str, Any]) -> Panel:
    """The panel that a rule set's member `panel` describes."""
    mean = document["mean"]
    outlier = document.get("outlier")
    return Panel(
        document["drop"],
        document["from"],
        document["least"],
        document["experts"],
        Rounding(mean["mode"], mean["places"]),
        None if outlier is None else Fraction(outlier),
    )


def panel_mark(panel: Panel, marks: Mapping[str, str]) -> tuple[list[Step], Fraction]:
    """The steps and the panel's mark of one criterion of one bid. `marks`: by expert, at least `panel.least`."""
    ordered = sorted(decimal(mark) for mark in marks.values())
    total, count = sum(ordered, Fraction(0)), len(ordered)
    steps = [step("experts", Fraction(count), "items")]
    if panel.outlier is not None:
        limit, mean = panel.outlier / 100, total / count
        far = [expert for expert in sorted(marks) if abs(decimal(marks[expert]) - mean) > limit * mean]
        steps.extend(noted("outlier", expert) for expert in far)
    if panel.drop and count >= panel.dropped_from:
        low, high = ordered[: panel.drop], ordered[count - panel.drop :]
        steps.extend(step("dropped_low", one, "points") for one in low)
        steps.extend(step("dropped_high", one, "points") for one in high)
        ordered = ordered[panel.drop : count - panel.drop]
        total = sum(ordered, Fraction(0))
    raw = total / len(ordered)
    result = panel.mean(raw)
    steps += [step("sum", total, "points"), step("mean", raw, "points")]
    return [*steps, step("panel_mark", result, "points", panel.mean)], result


def check_mark(criterion: str, body: Mapping[str, Any], bid: str, expert: str, found: object) -> None:
    """Raises `Refusal("rules.expert_mark")` unless a mark lies in the criterion's range, on one of its steps."""
    low, high, unit = (decimal(text) for text in (body["range"]["min"], body["range"]["max"], body["step"]))
    try:
        shape.decimal(found, "")
        fits = low <= (value := decimal(str(found))) <= high and (value - low) % unit == 0
    except Refusal:
        fits = False
    if not fits:
        raise Refusal(
            "rules.expert_mark",
            criterion=criterion,
            bid=bid,
            expert=expert[:64],
            found=str(found)[:32],
            low=body["range"]["min"],
            high=body["range"]["max"],
            step=body["step"],
        )
