"""After a restore from backup words: what this custodian signed and released before is read from the log.

A signature of ours over a key set that no witnessed notice carries is worth nothing to anybody, so forgetting it does
no harm; all others are found here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.basics import signing
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.ids import check_id
from ledger.custodian import keys, policy
from ledger.custodian.house import House
from ledger.custodian.releasing import recorded, remember
from ledger.custodian.rulebook import Evidence
from ledger.sealed import keyset as keysets
from ledger.sealed import postpone
from ledger.sealed.keyset import Keyset

MAX_PAGES: Final = 10_000


def recall(house: House) -> int:
    """Take back into memory the key sets, postponements and releases of ours that the log shows; gives how many sets.

    Raises `Refusal` if the platform doesn't answer: then nothing new is signed.
    """
    evidence = house.evidence()
    count = 0
    for tender in _tenders(house):
        for keyset in _own_keysets(tender, house, evidence):
            house.memory.note_signed(keyset)
            count += 1
            envelope = recorded(keyset, house, evidence)
            if envelope is not None:
                remember(keyset, house, envelope, recorded_in_log=True)
        _postponements(tender, house, evidence)
    return count


def _tenders(house: House) -> Iterator[str]:
    for page in range(1, MAX_PAGES):
        value = house.platform.get_json(f"/api/tenders?page={page}")
        listed = value.get("tenders") if isinstance(value, dict) else None
        if not isinstance(listed, list):
            raise Refusal("evidence.malformed", stream="tenders")
        if not listed:
            return
        for row in listed:
            yield check_id(row.get("tender") if isinstance(row, dict) else None, "tender")


def _own_keysets(tender: str, house: House, evidence: Evidence) -> Iterator[Keyset]:
    """The key sets of the first notice that carry our signature, each of which we could make again."""
    for seen in policy.of_type(evidence, f"tender/{tender}", "tender.published")[:1]:
        notice = seen.event.public.get("notice")
        lots = notice.get("lots") if isinstance(notice, dict) else None
        for lot in lots if isinstance(lots, list) else []:
            listed = lot.get("keysets") if isinstance(lot, dict) else None
            for row in listed if isinstance(listed, list) else []:
                keyset = _own(row, house)
                if keyset is not None:
                    yield keyset


def _own(row: Json, house: House) -> Keyset | None:
    if not isinstance(row, dict) or not isinstance(row.get("signatures"), list):
        return None
    try:
        keyset = keysets.parse(row.get("keyset"))
        keys.own_key(keyset, house.who)
    except Refusal:  # not one of ours
        return None
    wanted: dict[str, Json] = {"kid": keyset.kid.hex(), "custodian": house.who.id}
    ours = signing.sign("keyset", wanted, house.who.key)
    signatures = row["signatures"]
    return keyset if isinstance(signatures, list) and ours in signatures else None


def _postponements(tender: str, house: House, evidence: Evidence) -> None:
    known = [envelope for _, envelope in house.memory.postponements()]
    for seen in policy.of_type(evidence, f"tender/{tender}", "postponement.recorded"):
        envelope = seen.event.public.get("postponement")
        if not isinstance(envelope, dict) or envelope in known:
            continue
        try:
            postpone.verify_postponement(envelope, house.who.public)
        except Refusal:  # another custodian's
            continue
        house.memory.note_postponed(envelope)
