"""Ratios measured side by side in one run: the only way speed is stated here.

Seconds say something about a machine; a ratio to the bare operation, taken in turns with it, says something about us.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Ratio:
    """`ours` over `limit` (medians, seconds): held if at most `bound`. `peer` says what the limit is."""

    what: str
    peer: str
    ours: float
    limit: float
    bound: float

    @property
    def value(self) -> float:
        """How many times as long as the limit we take."""
        return self.ours / self.limit

    @property
    def held(self) -> bool:
        """Whether the bound holds."""
        return self.value <= self.bound


def in_turns(rounds: int, ours: Callable[[int], float], limit: Callable[[int], float]) -> tuple[float, float]:
    """Medians of `ours(round)` and `limit(round)`, each of which gives its own seconds; who goes first alternates."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        pair = ((found[0], ours), (found[1], limit))
        for held, run in pair if number % 2 else reversed(pair):
            held.append(run(number))
    return statistics.median(found[0]), statistics.median(found[1])


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes once; what others left behind is swept up before, not during."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show(ratios: Sequence[Ratio], console: Console) -> None:
    """The table: what, ours, limit, ratio, bound, held."""
    table = Table(title="Ratios, ours over the limit, taken in turns (medians)")
    for name in ("what", "limit is", "ours", "limit", "ratio", "bound", "held"):
        table.add_column(name, justify="right" if name in ("ours", "limit", "ratio", "bound") else "left")
    for one in ratios:
        table.add_row(
            one.what,
            one.peer,
            _time(one.ours),
            _time(one.limit),
            f"{one.value:.2f}",
            f"{one.bound:.2f}",
            "yes" if one.held else "NO",
        )
    console.print(table)


def _time(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.2f} ms"
