"""The answer to each kind of request (docs/formats/custody.md, "Asking"), remembered before it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.custodian import keys, policy
from ledger.custodian.house import House
from ledger.institution.errands import Post, Put
from ledger.sealed import keyset as keysets
from ledger.sealed import postpone, rehearsal
from ledger.sealed.keyset import Purpose
from ledger.sealed.rehearsal import ThrowAway
from ledger.sealed.seal import Seal, context, open_capsule

# How long a rehearsal's key lives, and how many there may be. Where all have been used once the oldest makes room.
REHEARSAL_LIFE: Final = timedelta(minutes=10)
MAX_REHEARSALS: Final = 512
# Each new challenge is a line of the journal for ever: so many for one key set within this time, by the own clock.
CHALLENGED_IN: Final = timedelta(hours=1)
MAX_CHALLENGES: Final = 240


@dataclass
class _Rehearsal:
    """A throw-away key; `used`: a share was opened with it, and only the same question again could want it."""

    key: ThrowAway
    until: datetime
    used: bool = False


class Answering:
    """Answers requests. The only state of its own are the throw-away keys of rehearsals."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._rehearsals: dict[Purpose, _Rehearsal] = {}
        self._kinds: Final[dict[str, Callable[[str, Json], Json]]] = {
            "key": self._key,
            "sign": self._sign,
            "challenge": self._challenge,
            "postpone": self._postpone,
            "seed": self._seed,
            "rehearsal-key": self._rehearsal_key,
            "rehearsal": self._rehearsal,
        }

    def answer(self, id: str, kind: str, body: Json) -> Post | Put:
        """What to send for a request. Raises `Refusal`, `custodian.unknown_request` for a kind we don't know."""
        if kind == "form":
            return self._form(body)
        if kind not in self._kinds:
            raise Refusal("custodian.unknown_request", request=kind[:32])
        return Post(f"/custody/answers/{id}", self._kinds[kind](id, body))

    def _key(self, id: str, body: Json) -> Json:
        return self._own_public(id, body, keys.public_key(body, self._house.who, self._house.trust))

    def _sign(self, _: str, body: Json) -> Json:
        house = self._house
        keyset = policy.may_sign(
            members(body, "keyset")["keyset"],
            house.who,
            house.trust,
            house.memory,
            house.rulebook,
            house.evidence(),
            house.now(),
        )
        house.memory.note_signed(keyset)
        key = keys.own_key(keyset, house.who)
        return dict(keysets.sign_keyset(keyset, house.who.id, key, house.who.key))

    def _challenge(self, _: str, body: Json) -> Json:
        house, got = self._house, members(body, "kid nonce")
        kid, nonce = unhex(got["kid"], 32, "kid"), unhex(got["nonce"], 32, "nonce")
        given = house.memory.challenge(kid.hex(), nonce.hex())
        if given is not None:
            return dict(given)
        keyset = house.memory.keyset(kid.hex())
        if keyset is None:
            raise Refusal("custodian.unknown_keyset", kid=kid.hex())
        if house.memory.challenges_since(kid.hex(), clock.text(house.now() - CHALLENGED_IN)) >= MAX_CHALLENGES:
            raise Refusal("custodian.too_many_challenges", kid=kid.hex(), limit=MAX_CHALLENGES)
        key = keys.own_key(keyset, house.who)
        answer = keysets.answer_challenge(keyset, house.who.id, key, nonce, clock.text(house.now()), house.who.key)
        house.memory.note_challenged(answer)
        return dict(answer)

    def _postpone(self, _: str, body: Json) -> Json:
        house = self._house
        new = policy.may_postpone(body, house.memory, house.trust, house.evidence(), house.now())
        for known, envelope in house.memory.postponements():
            if known == new:
                return dict(envelope)
        envelope = postpone.sign_postponement(new, house.who.key)
        house.memory.note_postponed(envelope)
        return dict(envelope)

    def _seed(self, _: str, body: Json) -> Json:
        house = self._house
        keyset = policy.may_publish_seed(body, house.who, house.memory, house.trust, house.evidence())
        house.memory.note_seeded(keyset.kid.hex(), str(members(body, "kid order")["order"]))
        return {"seed": keys.own_seed(keyset, house.who).hex()}

    def _form(self, body: Json) -> Put:
        name = unhex(members(body, "sha256")["sha256"], 32, "sha256").hex()
        data = self._house.folder.form(name)
        if data is None or H(data).hex() != name:
            raise Refusal("custodian.no_such_form", sha256=name)
        return Put(f"/custody/forms/{name}", data)

    def _rehearsal_key(self, id: str, body: Json) -> Json:
        got, now = members(body, "nonce part"), self._house.now()
        purpose = rehearsal.purpose(check_id(got["nonce"], "nonce"), check_id(got["part"], "part"))
        self._rehearsals = {one: kept for one, kept in self._rehearsals.items() if kept.until > now}
        if purpose not in self._rehearsals:
            if len(self._rehearsals) >= MAX_REHEARSALS:
                used = next((one for one, kept in self._rehearsals.items() if kept.used), None)
                if used is None:
                    raise Refusal("custodian.too_many_rehearsals", limit=MAX_REHEARSALS)
                del self._rehearsals[used]
            self._rehearsals[purpose] = _Rehearsal(ThrowAway.new(self._house.entropy), now + REHEARSAL_LIFE)
        return self._own_public(id, body, self._rehearsals[purpose].key.public)

    def _rehearsal(self, _: str, body: Json) -> Json:
        got = members(body, "keyset author_key seal")
        keyset = rehearsal.parse(got["keyset"])
        kept = self._rehearsals.get(keyset.purpose)
        if kept is None or kept.until <= self._house.now():
            raise Refusal("custodian.rehearsal_over")
        key, who = keysets.custodian_key(kept.key.seed), self._house.who.id
        keysets.check_own_key(keyset, who, key)
        seal, author = Seal.parse(got["seal"], keyset), unhex(got["author_key"], 32, "author_key")
        share = open_capsule(seal, context(keyset.kid, author, seal.n16), keyset.place(who), key)
        kept.used = True
        return {"bad": True} if share is None else {"share": share.hex()}

    def _own_public(self, id: str, body: Json, public: bytes) -> Json:
        """A public key, signed for one request; its kid is the hash of what was asked, so it proves nothing else."""
        said: dict[str, Json] = {
            "kid": H(b"mingjing/custodian/v1\0", canonical(body)).hex(),
            "public_key": public.hex(),
            "nonce": H(b"mingjing/custody-request/v1\0", id.encode("ascii")).hex(),
            "at": clock.text(self._house.now()),
        }
        return dict(signing.sign("challenge", said, self._house.who.key))
