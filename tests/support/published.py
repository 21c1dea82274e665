"""Results that others published: all of them where ../shared/data stands beside the repository, else those quoted here.

The head of a test run says which (tests/conftest.py).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from tests.support.tree import ROOT

_QUOTED: Final = Path(__file__).with_name("published")
_DATA: Final = ROOT.parent / "shared/data"
COMPLETE: Final = _DATA.is_dir()

Rows = list[dict[str, str]]


def header() -> str:
    """What the head of a test run says."""
    return (
        f"published results: {'all, from ../shared/data' if COMPLETE else 'those quoted; ../shared/data is not there'}"
    )


def performances() -> tuple[dict[str, Rows], dict[str, str]]:
    """Performance → its five rows of nine judges' marks, and its published total."""
    if COMPLETE:
        found, totals = _table("judging/components.csv"), _table("judging/performances.csv")
        published = {row["performance_id"]: row["total_component_score"] for row in totals}
    else:
        quoted = _quoted("judging.json")
        found, published = _rows(quoted["components"]), quoted["totals"]
    rows: dict[str, Rows] = defaultdict(list)
    for row in found:
        rows[row["performance_id"]].append(row)
    return rows, published


def auctions() -> Rows:
    """The bids of Tsuchiura."""
    return _table("tsuchiura/bids.csv") if COMPLETE else _rows(_quoted("auctions.json")["bids"])


def _table(name: str) -> Rows:
    with (_DATA / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _quoted(name: str) -> Any:
    return json.loads((_QUOTED / name).read_text("utf-8"))


def _rows(table: list[list[str]]) -> Rows:
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]
