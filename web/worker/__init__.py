"""The worker: sweeps what is due. It holds no state of its own: killed at any moment, it goes on from the ledger.

Every step is a transaction of its own that decides on what the streams say; done twice, the second finds nothing to
do. A step that is refused or fails stops no other, and is tried again at the next sweep.
"""

from __future__ import annotations

from web.worker.loop import Worker

__all__ = ["Worker"]
