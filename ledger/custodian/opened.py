"""A custodian's process from its folder: unlocks, locks the journals, and gives them back at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.basics.clock import Clock, system_clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.custodian.house import House
from ledger.custodian.log import Log
from ledger.custodian.memory import Memory
from ledger.custodian.process import Custodian
from ledger.custodian.rulebook import Rulebook
from ledger.institution.backoff import Backoff
from ledger.institution.diary import Diary
from ledger.institution.folder import Folder, Identity
from ledger.institution.journal import Journal
from ledger.institution.platform import Platform
from ledger.mirror import Mirror


@contextmanager
def opened(
    folder: Folder,
    who: Identity,
    platform: Platform,
    rulebook: Rulebook,
    *,
    now: Clock = system_clock,
    entropy: Entropy = system_entropy,
    say: Callable[[str], None] = print,
    backoff: Backoff | None = None,
) -> Iterator[Custodian]:
    """The process of an unlocked folder. Raises `Refusal("institution.*")`, `trust.*`, `mirror.corrupt`."""
    if who.role != "custodian":
        raise Refusal("institution.wrong_role", role=who.role, wanted="custodian")
    trust = folder.trust()
    # The memory comes first: its lock keeps a second process from everything else in the folder.
    with Journal(folder.state) as state, Journal(folder.root / "witnessed.jsonl") as seen:
        log = Log(Mirror(folder.mirror, trust.policy), seen)
        house = House(folder, who, trust, Memory.of(state), log, platform, rulebook, now, entropy)
        yield Custodian(house, platform.log(), Diary(folder.diary, who.id, now, say), backoff or Backoff())
