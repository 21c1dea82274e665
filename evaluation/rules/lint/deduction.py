"""F2, the deduction for small enterprises: its range, and that there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from evaluation.rules.lint.finding import DEDUCTIONS, ERROR, SMALL_ENTERPRISES, WARNING, Finding, Subject
from ledger.basics.errors import Refusal

# Per cent: small enterprises; consortia and subcontracts in which they have 30 % or more. 财库〔2022〕19号 raised goods
# and services; works stayed with art. 9 of 财库〔2020〕46号.
_SUPPLY: Final = ((10, 20), (4, 6))
_WORKS: Final = ((3, 5), (1, 2))
RANGES: Final[Mapping[str, tuple[tuple[int, int], ...]]] = {"goods": _SUPPLY, "services": _SUPPLY, "works": _WORKS}


def findings(subject: Subject) -> Iterator[Finding]:
    """In government procurement only: nothing else knows such deductions."""
    if not subject.procurement:
        return
    deductions = subject.rules.evaluated_price.get("deductions", ())
    if not deductions:
        missing, lawful = Refusal("lint.deduction_missing"), SMALL_ENTERPRISES.format(9)
        yield Finding.of(WARNING, missing, lawful, "/evaluated_price/deductions")
    ranges = RANGES[subject.rules.category]
    article = SMALL_ENTERPRISES.format(9) if subject.rules.category == "works" else DEDUCTIONS
    for place, one in enumerate(deductions):
        for value, text in one["per_cent"].items():
            rate = Fraction(text)
            if rate and not any(low <= rate <= high for low, high in ranges):
                (low, high), (joint_low, joint_high) = ranges
                refusal = Refusal(
                    "lint.deduction_range",
                    criterion=one["id"],
                    choice=value,
                    found=text,
                    low=low,
                    high=high,
                    joint_low=joint_low,
                    joint_high=joint_high,
                )
                path = f"/evaluated_price/deductions/{place}/per_cent/{value}"
                yield Finding.of(ERROR, refusal, article, path)
