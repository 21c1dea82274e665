"""How much work a simulation may be asked for."""

from __future__ import annotations

from typing import Final

from ledger.basics.errors import Refusal

LEAST_BIDDERS: Final = 3
MOST_BIDDERS: Final = 60
LEAST_TRIALS: Final = 100
MOST_TRIALS: Final = 20_000
MOST_SEED: Final = 2**63 - 1
# What a ring searches on: prices in all, so that more bidders do not take longer.
SEARCHED: Final = 60_000
ROUGH: Final = 10_000
PILOT: Final = 300
CEILING: Final = 1_000_000_000  # fen, where neither rule set nor lot names one


def check(bidders: int, trials: int, seed: int) -> None:
    """Raises `Refusal`: `simulate.bidders`, `simulate.trials`, `simulate.seed`."""
    if not LEAST_BIDDERS <= bidders <= MOST_BIDDERS:
        raise Refusal("simulate.bidders", least=LEAST_BIDDERS, most=MOST_BIDDERS)
    if not LEAST_TRIALS <= trials <= MOST_TRIALS:
        raise Refusal("simulate.trials", least=LEAST_TRIALS, most=MOST_TRIALS)
    if not 0 <= seed <= MOST_SEED:
        raise Refusal("simulate.seed", most=MOST_SEED)


def rough(bidders: int) -> int:
    """On how many tenders a ring among so many bidders looks at every strategy."""
    return ROUGH // bidders


def searched(bidders: int) -> int:
    """On how many tenders it compares the promising ones."""
    return SEARCHED // bidders
