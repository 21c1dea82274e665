"""The one thing all of this is for: answering for the seals of a part, once, when its time has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, cast

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, unhex
from ledger.basics.errors import Refusal
from ledger.custodian import keys, policy
from ledger.custodian.house import House
from ledger.custodian.rulebook import Answerable, Evidence, NotYet
from ledger.sealed.keyset import Keyset
from ledger.sealed.release import Release, sign_release

# A cosignature counts whole seconds: one that was made within the second of not_before reads as its beginning.
_SECOND: Final = timedelta(seconds=1)


def due(keyset: Keyset, house: House) -> bool:
    """Whether the key set's own time has come by our clock; a postponement is looked up only then."""
    return house.now() >= clock.parse_time(keyset.conditions.not_before, "not_before")


def release(keyset: Keyset, house: House) -> Release | NotYet:
    """Make the release of a key set, remember it and publish it; gives it, or why not yet. Sending it is `offer`'s.

    Raises `Refusal` where something is missing (evidence, a form).
    """
    evidence = house.evidence()
    known = recorded(keyset, house, evidence)
    if known is not None:
        return remember(keyset, house, known, recorded_in_log=True)
    text = policy.in_force(keyset, house.memory, house.trust, evidence)
    not_before = clock.parse_time(text, "not_before")
    if house.now() < not_before:
        return NotYet("custodian.too_early", {"not_before": text})
    found = house.rulebook.answerable(keyset.to_json(), not_before, evidence)
    if isinstance(found, NotYet):
        return found
    at = evidence.witnessed.witnessed_at
    if at is None or at + _SECOND <= not_before:
        return NotYet("custodian.witnesses_earlier", {"not_before": text})
    hold_forms(found, evidence)
    made = sign_release(_answered(keyset, house, found, evidence), house.who.key)
    return remember(keyset, house, made)


def remember(keyset: Keyset, house: House, envelope: dict[str, Json], *, recorded_in_log: bool = False) -> Release:
    """Put a release on the disk, then into `publish/`; an earlier one of this key set stands in its stead."""
    kid = keyset.kid.hex()
    stands = house.memory.note_released(kid, envelope)
    if recorded_in_log:
        house.memory.note_recorded(kid)
    house.folder.put_release(kid, canonical(stands) + b"\n")
    return Release.parse(stands["object"])


def offer(kid: str, house: House) -> bool:
    """Send a release unless the log has it already; gives whether the log has it. Raises `Refusal`."""
    keyset, envelope = house.memory.keyset(kid), house.memory.release(kid)
    if keyset is None or envelope is None:
        raise Refusal("custodian.unknown_keyset", kid=kid)
    house.folder.put_release(kid, canonical(envelope) + b"\n")
    if recorded(keyset, house, house.evidence()) is not None:
        house.memory.note_recorded(kid)
        return True
    house.platform.post_json("/custody/releases", cast(Json, envelope))
    return False


def recorded(keyset: Keyset, house: House, evidence: Evidence) -> dict[str, Json] | None:
    """The first release of ours for this key set that the log has, None if it has none."""
    for seen in policy.of_type(evidence, policy.lot_stream(keyset), "release.recorded"):
        envelope = seen.event.public.get("release")
        if not isinstance(envelope, dict):
            continue
        try:
            found = Release.parse(signing.verify("release", envelope, house.who.public))
        except Refusal:  # another's, or none at all
            continue
        if found.kid == keyset.kid:
            return envelope
    return None


def hold_forms(found: Answerable, evidence: Evidence) -> None:
    """Keep a copy of every form that the rulebook found to be there. Raises what is missing."""
    for sha256 in found.forms:
        evidence.blob(sha256)


def _answered(keyset: Keyset, house: House, found: Answerable, evidence: Evidence) -> Release:
    size, root = found.checkpoint
    head = evidence.witnessed
    if (size, root) != (head.size, head.root.hex()):
        raise Refusal("custodian.other_checkpoint", size=size)
    answers = keys.answers(keyset, house.who, found.seals)
    at = clock.text(house.now())
    return Release(keyset.kid, unhex(found.roll, 32, "roll"), size, head.root, at, answers)
