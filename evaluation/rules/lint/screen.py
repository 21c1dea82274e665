"""F12, the screening of abnormally low bids: its percentages and the time for an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from evaluation.rules.abnormal import TESTS
from evaluation.rules.lint.finding import ERROR, LOW_PRICES, Finding, Subject
from ledger.basics.errors import Refusal

LEAST: Final[Mapping[str, int]] = {"mean": 50, "second": 50, "ceiling": 45}
MOST: Final = 65
MINUTES: Final = 30


def findings(subject: Subject) -> Iterator[Finding]:
    """财库〔2026〕2号 binds government procurement; elsewhere a tender screens as it says."""
    if not subject.procurement:
        return
    screen = subject.rules.abnormally_low
    if not screen:
        yield Finding.of(ERROR, Refusal("lint.screen_missing"), LOW_PRICES, "/abnormally_low")
        return
    for name in TESTS:
        path = f"/abnormally_low/{name}"
        if name not in screen:
            yield Finding.of(ERROR, Refusal("lint.screen_test_missing", test=name, least=LEAST[name]), LOW_PRICES, path)
        elif not LEAST[name] <= Fraction(screen[name]) <= MOST:
            refusal = Refusal("lint.screen_range", test=name, found=screen[name], least=LEAST[name], most=MOST)
            yield Finding.of(ERROR, refusal, LOW_PRICES, path)
    if screen["minutes"] < MINUTES:
        refusal = Refusal("lint.screen_minutes", found=screen["minutes"], least=MINUTES)
        yield Finding.of(ERROR, refusal, LOW_PRICES, "/abnormally_low/minutes")
