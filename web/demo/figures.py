"""The figures the demonstration is played with.

Lot 1 is real: auction 994 of the Tsuchiura data (construction works, 1 March 2011), amounts as published, here read as
yuan. Source: S. Chassang, K. Kawai, J. Nakabayashi, J. Ortner, replication data of "missing bids"
(file bids.csv, rows 3317–3330), MIT licence, Copyright (c) 2017 sylvain chassang.
"""

from __future__ import annotations

from typing import Final

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
