"""The witness: a process that an institution runs, which sees to it that the log shows everyone the same tree."""

from ledger.witness.loop import run
from ledger.witness.witness import Outcome, Witness

__all__ = ["Outcome", "Witness", "run"]
