"""Everything a custodian's process works with, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.basics.clock import Clock
from ledger.basics.ids import Entropy
from ledger.custodian.evidence import HttpEvidence
from ledger.custodian.log import Log
from ledger.custodian.memory import Memory
from ledger.custodian.rulebook import Rulebook
from ledger.institution.folder import Folder, Identity
from ledger.institution.platform import Platform
from ledger.trust import Trust


@dataclass(frozen=True)
class House:
    """The institution's own things (folder, identity, trust file, memory, clock) and its windows on the world."""

    folder: Folder
    who: Identity
    trust: Trust
    memory: Memory
    log: Log
    platform: Platform
    rulebook: Rulebook
    now: Clock
    entropy: Entropy

    def evidence(self) -> HttpEvidence:
        """Evidence for one question, under the checkpoint of this moment; `Refusal("custodian.no_checkpoint")`."""
        return HttpEvidence(self.platform, self.log, self.folder)
