"""State machines of the procedures, and what falls due in them. One procedure a file; no clock, no store."""

from bidding.procedures.notice import Notice, NoticeLot
from bidding.procedures.postponed import Postponed, postponed
from bidding.procedures.procedure import Procedure
from bidding.procedures.sweep import Due, Late, due, late, phase

__all__ = ["Due", "Late", "Notice", "NoticeLot", "Postponed", "Procedure", "due", "late", "phase", "postponed"]
