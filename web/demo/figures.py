"""The figures the demonstration is played with.

Lot 1 is real: auction 994 of the Tsuchiura data (construction works, 1 March 2011), amounts as published, here read as
yuan. Source: S. Chassang, K. Kawai, J. Nakabayashi, J. Ortner, replication data of "missing bids"
(file bids.csv, rows 3317–3330), MIT licence, Copyright (c) 2017 sylvain chassang.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

AUCTION: Final = 994
RESERVE: Final = "16450000"
WINNER: Final = "12980000"

# The thirteen bids in the order of the source, the winner's first.
BIDS: Final = (
    WINNER,
    "14470000",
    "14310000",
    "14140000",
    "13650000",
    "13810000",
    "13980000",
    "13480000",
    "13400000",
    "13160000",
    "13320000",
    "14800000",
    "14640000",
)

# What the fourth bidder asked first, and replaced before the deadline by what the source records.
REPLACED: Final = "14990000"

# Lot 2 is invented: ceiling, and each bidder's answers to the checklist, by the place of the bidder in lot 1.
CEILING_2: Final = "9800000"
CHECKLISTS: Final = (
    {"price": "9120000", "grade": "first", "duration": "170", "warranty": "3.5", "similar-works": "4"},
    {"price": "9342500", "grade": "special", "duration": "140", "warranty": "5", "similar-works": "6"},
    {"price": "9205000", "grade": "second", "duration": "200", "warranty": "2.5", "similar-works": "1"},
    {"price": "9481000", "grade": "first", "duration": "150", "warranty": "4", "similar-works": "3"},
    {"price": "9268000.50", "grade": "special", "duration": "178", "warranty": "3", "similar-works": "2"},
)
# The cheapest, and out by a veto: it holds no work-safety licence.
VETOED: Final = {"price": "8900000", "grade": "first", "duration": "140", "warranty": "5", "similar-works": "5"}

_OTHER: Final = {"safety-licence": "yes", "size": "other"}
_SMALL: Final = {"safety-licence": "yes", "size": "small"}

# Lot 3 is invented: the ABC benchmark with a deduction for small enterprises, which is the tenderee's own term. Its
# tenderee is a company: in government procurement of works under the Tendering Law the small enterprise's price mark
# would be raised by 3-5 % where the benchmark is an average (财库〔2020〕46号 art. 9), and no price deducted.
CEILING_3: Final = "6000000"
DRAWN: Final[Mapping[str, Sequence[str]]] = {  # per cent: how far A lies under the ceiling, and the factor of it all
    "delta": ("14", "15", "16", "17", "18"),
    "k": ("90", "91", "92", "93"),
}
DEDUCTED: Final = {"small": "5", "joint": "2", "other": "0"}  # per cent of the price, by what the bidder is
# By the place of the bidder in lot 1. The fourth is small: with the deduction it comes before the first, without it
# behind all of these, whatever is drawn. The second and the third are alike in price and sum of marks, and only the
# draw can say which of them is a candidate. The fifth asks for so little that F12 flags it.
WORKS: Final = (
    {**_OTHER, "price": "4650000", "duration": "140", "warranty": "4.4", "similar-works": "4", "manager-works": "1"},
    {**_OTHER, "price": "4750000", "duration": "160", "warranty": "5", "similar-works": "4", "manager-works": "1"},
    {**_OTHER, "price": "4750000", "duration": "140", "warranty": "4.4", "similar-works": "2", "manager-works": "2"},
    {**_SMALL, "price": "4800000", "duration": "170", "warranty": "4.1", "similar-works": "3", "manager-works": "2"},
    {**_OTHER, "price": "2080000", "duration": "200", "warranty": "3", "similar-works": "1", "manager-works": "1"},
)
FIRST, ALIKE, SMALL, LOW = 0, (1, 2), 3, 4  # places in WORKS
# When a price is abnormally low: under half of the mean, half of the second lowest, 45 % of the ceiling.
SCREEN: Final[Mapping[str, Any]] = {"clause": "3.1.9", "minutes": 30, "mean": "50", "second": "50", "ceiling": "45"}
