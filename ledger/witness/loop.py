"""The witness's loop: a step, a pause, for as long as the process runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ledger.basics.errors import Refusal
from ledger.witness.witness import Outcome, Witness


def run(
    witness: Witness,
    stop: threading.Event,
    interval: float,
    report: Callable[[Outcome | Refusal], None],
) -> None:
    """Steps every `interval` seconds until `stop` is set; tells `report` every outcome and refusal, and goes on.

    A refusal ends nothing: the log may be away, or may have to answer for a fork, and a witness that left would help
    whoever made it.
    """
    while not stop.is_set():
        try:
            report(witness.step())
        except Refusal as refusal:
            report(refusal)
        stop.wait(interval)
