"""What a forger could hand out, one forgery at least for every claim.

Each begins with the true play, changes what the forger holds the keys for (log, box, ticket keys; the tenderee, a
custodian, colluding witnesses where they can't see it), and redoes everything that follows: leaves, tree,
checkpoints, cosignatures, sums. The claim named beside it must refuse it.
"""

from __future__ import annotations

from tests.forgeries import forge_award, forge_box, forge_explain, forge_log, forge_opening, forge_people
from tests.forgeries.forging import FORGERIES, Forgery

PARTS = (forge_log, forge_people, forge_box, forge_opening, forge_explain, forge_award)

__all__ = ["FORGERIES", "PARTS", "Forgery"]
