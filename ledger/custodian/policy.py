"""What a custodian signs and publishes on request, and what it refuses (docs/formats/custody.md)."""

from __future__ import annotations

from datetime import datetime

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.custodian import keys
from ledger.custodian.memory import Memory
from ledger.custodian.rulebook import Evidence, Rulebook, Seen
from ledger.events import Event, split_unblinded
from ledger.institution.folder import Identity
from ledger.sealed import keyset as keysets
from ledger.sealed import postpone
from ledger.sealed.keyset import Keyset
from ledger.sealed.opening import BAD
from ledger.sealed.postpone import Postponement
from ledger.sealed.release import Release
from ledger.trust import Trust


def may_sign(
    value: object, who: Identity, trust: Trust, memory: Memory, rulebook: Rulebook, evidence: Evidence, now: datetime
) -> Keyset:
    """The key set, if we sign it. Raises `Refusal`; a rehearsal's key set is never signed."""
    keyset = keysets.parse(value)
    keys.known_institutions(keyset.ids, who, trust)
    keys.own_key(keyset, who)
    signed = memory.signed(keyset.purpose)
    if signed == keyset:
        return keyset
    if signed is not None:
        part = keyset.purpose
        raise Refusal(
            "custodian.second_keyset", tender=part.tender, lot=part.lot, part=part.part, signed=signed.kid.hex()
        )
    if now >= clock.parse_time(keyset.conditions.not_before, "not_before"):
        raise Refusal("custodian.keyset_too_late", not_before=keyset.conditions.not_before)
    rulebook.check_keyset(keyset.to_json(), evidence)
    return keyset


def may_postpone(body: object, memory: Memory, trust: Trust, evidence: Evidence, now: datetime) -> Postponement:
    """The postponement of a request `{kids, not_before, addendum, tender}`, if we sign it; `Refusal` otherwise."""
    got = members(body, "kids not_before addendum tender")
    new = Postponement.parse({name: got[name] for name in ("kids", "not_before", "addendum")})
    if any(known == new for known, _ in memory.postponements()):
        return new
    tender = check_id(got["tender"], "tender")
    first = memory.keyset(new.kids[0])
    if first is None or first.purpose.tender != tender:
        raise Refusal("custodian.unknown_keyset", kid=new.kids[0])
    lot = first.purpose.lot
    current, own = in_force(first, memory, trust, evidence), _said(first, memory)
    rolled = roll_index(tender, lot, evidence) is not None
    postpone.check_may_postpone(new, memory.lot(tender, lot), current, own, now, roll_in_tree=rolled)
    _check_addendum(new, tender, evidence)
    return new


def in_force(keyset: Keyset, memory: Memory, trust: Trust, evidence: Evidence) -> str:
    """The not_before we keep to (time text): the one in force by the log, or a later one we signed ourselves."""
    tender, lot = keyset.purpose.tender, keyset.purpose.lot
    kids = postpone.kids_of(memory.lot(tender, lot))
    by_key = {one.key: one.id for one in trust.custodians.values()}
    roll = roll_index(tender, lot, evidence)
    signed: list[tuple[str, Postponement]] = []
    for seen in of_type(evidence, f"tender/{tender}", "postponement.recorded"):
        envelope = seen.event.public.get("postponement")
        key = envelope.get("key") if isinstance(envelope, dict) else None
        if not isinstance(key, str) or key not in by_key or (roll is not None and seen.index > roll):
            continue
        try:
            signed.append((by_key[key], postpone.verify_postponement(envelope, key)))
        except Refusal:  # what isn't signed as it should be is no postponement
            continue
    return max(postpone.in_force(keyset, kids, signed), _said(keyset, memory))


def _said(keyset: Keyset, memory: Memory) -> str:
    """The latest not_before that we have signed for a key set (time text)."""
    own = [one.not_before for one, _ in memory.postponements() if keyset.kid.hex() in one.kids]
    return max([keyset.conditions.not_before, *own])


def may_publish_seed(body: object, who: Identity, memory: Memory, trust: Trust, evidence: Evidence) -> Keyset:
    """The key set whose seed an order `{kid, order}` wants, if we publish it; `Refusal` otherwise."""
    got = members(body, "kid order")
    kid, order = unhex(got["kid"], 32, "kid").hex(), check_id(got["order"], "order")
    keyset, release = memory.keyset(kid), memory.release(kid)
    if keyset is None:
        raise Refusal("custodian.unknown_keyset", kid=kid)
    if release is None or BAD not in Release.parse(release["object"]).answers.values():
        raise Refusal("custodian.seed_not_due", kid=kid)
    for seen in of_type(evidence, f"tender/{keyset.purpose.tender}", "order.issued"):
        public = seen.event.public
        named = (public.get("order"), public.get("kind"), public.get("lot"), public.get("custodian"))
        if named != (order, "publish_seed", keyset.purpose.lot, who.id):
            continue
        signers = act_keys(seen.event)
        if len(signers) < 2 or not signers & set(trust.supervisors.values()):
            raise Refusal("custodian.order_unsigned", order=order)
        return keyset
    raise Refusal("custodian.order_unknown", order=order)


def roll_index(tender: str, lot: str, evidence: Evidence) -> int | None:
    """Where the first roll of a lot stands in the tree, None if there is none. A roll can't be hidden."""
    subject = H(canonical({"lot": lot, "tender": tender}))
    for index, entry in evidence.raw_entries("roll"):
        found = split_unblinded("roll", entry)
        if found is not None and found[0] == subject:
            return index
    return None


def lot_stream(keyset: Keyset) -> str:
    """The stream on which a key set's releases are recorded."""
    purpose = keyset.purpose
    return f"lot/{purpose.tender}/{purpose.lot}" if purpose.lot else f"tender/{purpose.tender}"


def of_type(evidence: Evidence, stream: str, type_: str) -> list[Seen]:
    """The events of one type in a stream."""
    return [seen for seen in evidence.events(stream) if seen.event.type == type_]


def act_keys(event: Event) -> set[str]:
    """The keys (hex) whose acts over this event's body hold; an act over anything else is none."""
    listed = event.public.get("acts")
    body = {name: value for name, value in event.public.items() if name != "acts"}
    wanted = (event.type, event.stream, H(canonical(body)).hex())
    out: set[str] = set()
    for envelope in listed if isinstance(listed, list) else []:
        try:
            act = members(signing.verify("act", envelope), "act subject body_sha256 reason at")
        except Refusal:
            continue
        if (act["act"], act["subject"], act["body_sha256"]) == wanted:
            out.add(_key_of(envelope))
    return out


def _check_addendum(new: Postponement, tender: str, evidence: Evidence) -> None:
    """The cited addendum is witnessed, moves the deadline to the new time, and the tenderee's person signed it."""
    stream = f"tender/{tender}"
    cited = [seen for seen in of_type(evidence, stream, "addendum.issued") if seen.leaf.hex() == new.addendum]
    if not cited:
        raise Refusal("custodian.addendum_unknown", addendum=new.addendum)
    event = cited[0].event
    if event.public.get("deadline") != new.not_before:
        raise Refusal("custodian.addendum_deadline", not_before=new.not_before)
    notices = of_type(evidence, stream, "tender.published")
    notice = notices[0].event.public.get("notice") if notices else None
    tenderee = notice.get("party") if isinstance(notice, dict) else None
    signers = act_keys(event)
    for seen in of_type(evidence, f"person/{check_id(event.actor, 'actor')}", "person.registered"):
        public = seen.event.public
        if public.get("party") == tenderee and public.get("role") == "tenderee" and public.get("key") in signers:
            return
    raise Refusal("custodian.addendum_unsigned", addendum=new.addendum)


def _key_of(envelope: Json) -> str:
    return str(members(envelope, "object key signature")["key"])
