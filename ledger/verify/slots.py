"""The claim that no stream has a twin: every event has the first slot of its version (docs/formats/events-core.md)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.basics.errors import Refusal
from ledger.claims import Failure, Finding, claim
from ledger.slots import in_slots
from ledger.verify.evidence import Evidence


@claim(
    "log.slots",
    article="docs/formats/events-core.md",
    zh="每个事件都占着树中该流该版本的第一个席位：同一版本没有第二种说法，已公开的事件也没有一个被藏起",
    en="every event has the first slot of its version in the tree: there is no other telling of it, and none that was "
    "made public is kept back",
)
def in_their_slots(evidence: Evidence) -> Iterator[Finding]:
    """Slots among the bundle's entries, of older events by inclusion proof; a slot of a version not shown is refused.

    A twin older than the tender can't be seen from its bundle: whoever holds the whole log sees it, as custodians do
    before they release anything.
    """
    for stream in sorted(evidence.concerned):
        seen = evidence.seen(stream)
        first = seen[0].event.version if seen else 1
        try:
            kept = in_slots(stream, seen, evidence.slot, first=first)
        except Refusal as why:
            yield Failure(why.code, why.params)
            continue
        missing = {one.event.version for one in seen} - {one.event.version for one in kept}
        for version in sorted(missing):
            yield Failure("event.no_slot", {"stream": stream[:128], "version": version})
