"""Acts that carry keys: who may sign what, how many must, and whether their envelopes hold.

An act is `{act, subject, body_sha256, reason, at}`, signed (TYPE `act`) by a registered person's key. `act` is the type
of the event, `subject` its stream, `body_sha256 = H(canonical(body))`, the body being the event's `public` without
`acts`. Two-key acts want two persons with two keys: nobody publishes, stops or orders alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from bidding.parties import Person
from bidding.procedures.tender import used_acts
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

# A signature waits this long for the second one; a signer's clock may be this far ahead of the platform's.
VALID: Final = timedelta(days=7)
SKEW: Final = timedelta(minutes=5)
MAX_REASON: Final = 2000


@dataclass(frozen=True)
class Rule:
    """How many keys, of which roles, and of which role there must be one at least ("" for any of them)."""

    count: int
    roles: frozenset[str]
    one_of: str = ""


_BUYERS: Final = frozenset({"tenderee", "agency"})
_STOPPERS: Final = frozenset({"tenderee", "agency", "supervisor"})

RULES: Final[Mapping[str, Rule]] = {
    "tender.published": Rule(2, _BUYERS, "tenderee"),
    "enquiry.answered": Rule(1, _BUYERS),
    # Custodians postpone on an addendum that the tenderee signed, so nobody signs it in its stead.
    "addendum.issued": Rule(1, frozenset({"tenderee"})),
    "tender.suspended": Rule(2, _STOPPERS),
    "tender.resumed": Rule(2, _STOPPERS),
    "tender.terminated": Rule(2, _STOPPERS),
    "objection.answered": Rule(1, _BUYERS),
    "order.issued": Rule(2, frozenset({"supervisor", "centre"}), "supervisor"),
    "lot.explanations_judged": Rule(2, _BUYERS, "tenderee"),
    "lot.awarded": Rule(1, frozenset({"tenderee"})),
    "lot.next_candidate": Rule(2, _BUYERS, "tenderee"),
    "lot.contracted": Rule(1, frozenset({"tenderee"})),
    "lot.retendered": Rule(2, _BUYERS, "tenderee"),
}


@dataclass(frozen=True)
class Signed:
    """A keyed act as it comes in: the stream it is about, the body, and the envelopes."""

    subject: str
    body: Mapping[str, Json]
    acts: tuple[Mapping[str, Json], ...]

    def public(self) -> dict[str, Json]:
        """The event's payload: the body and the acts."""
        return {**self.body, "acts": [dict(act) for act in self.acts]}


def act_object(act: str, subject: str, body: Mapping[str, Json], reason: str, at: datetime) -> dict[str, Json]:
    """What a person signs: made by the client, and compared here."""
    return {
        "act": act,
        "subject": subject,
        "body_sha256": H(canonical(dict(body))).hex(),
        "reason": reason,
        "at": clock.text(at),
    }


def check_one(
    envelope: object,
    act: str,
    subject: str,
    body: Mapping[str, Json],
    *,
    persons: Mapping[str, Person],
    party: str,
    agencies: AbstractSet[str] | None,
    now: datetime,
) -> Person:
    """The person whose act this is, its signature and role checked.

    `party`: the tender's tenderee; `agencies`: the parties that act for it (those that signed its notice; None for the
    notice itself, which the tenderee signs too and so vouches for its agency).

    Raises `Refusal`: `act.other_act`, `act.other_subject`, `act.other_body`, `act.reason_missing`, `act.in_future`,
    `act.expired`, `act.person_unknown`, `act.role`, `act.other_party`, `act.other_agency`, `signature.*`.
    """
    obj = members(signing.verify("act", envelope), "act subject body_sha256 reason at")
    key = cast(str, members(envelope, "object key signature")["key"])
    if obj["act"] != act:
        raise Refusal("act.other_act", wanted=act)
    if obj["subject"] != subject:
        raise Refusal("act.other_subject", wanted=subject)
    if obj["body_sha256"] != H(canonical(dict(body))).hex():
        raise Refusal("act.other_body", act=act)
    reason = obj["reason"]
    if not isinstance(reason, str) or not reason.strip() or len(reason) > MAX_REASON:
        raise Refusal("act.reason_missing", limit=MAX_REASON)
    at = clock.parse_time(obj["at"], "at")
    if at > now + SKEW:
        raise Refusal("act.in_future", at=clock.text(at), now=clock.text(now))
    if at < now - VALID:
        raise Refusal("act.expired", at=clock.text(at), days=VALID.days)
    person = persons.get(key)
    if person is None:
        raise Refusal("act.person_unknown", key=key)
    if person.role not in RULES[act].roles:
        raise Refusal("act.role", role=person.role, allowed=", ".join(sorted(RULES[act].roles)))
    if person.role == "tenderee" and person.party != party:
        raise Refusal("act.other_party", wanted=party)
    if person.role == "agency" and agencies is not None and person.party not in agencies:
        raise Refusal("act.other_agency", party=person.party)
    return person


def check(
    type: str,
    signed: Signed,
    *,
    subject: str,
    persons: Mapping[str, Person],
    party: str,
    agencies: AbstractSet[str] | None,
    now: datetime,
    used: AbstractSet[str] = frozenset(),
) -> tuple[Person, ...]:
    """The persons who signed, as many as the act wants, all different.

    `used`: the acts already in the stream (`acts_used` of its state). Raises the codes of `check_one`, and
    `act.keys` (too few or too many), `act.same_person`, `act.role_missing`, `act.used_twice`.
    """
    rule = RULES[type]
    if signed.subject != subject:
        raise Refusal("act.other_subject", wanted=subject)
    signers = tuple(
        check_one(act, type, subject, signed.body, persons=persons, party=party, agencies=agencies, now=now)
        for act in signed.acts
    )
    if len({person.person for person in signers}) != len(signers):
        raise Refusal("act.same_person")
    if len(signers) != rule.count:
        raise Refusal("act.keys", found=len(signers), wanted=rule.count)
    if rule.one_of and all(person.role != rule.one_of for person in signers):
        raise Refusal("act.role_missing", role=rule.one_of)
    if used_acts(signed.public()) & used:
        raise Refusal("act.used_twice")
    return signers


def pending(type: str, acts: Sequence[object]) -> int:
    """How many keys an act still wants."""
    return max(0, RULES[type].count - len(acts))
