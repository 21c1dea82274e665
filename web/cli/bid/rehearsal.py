"""A rehearsal: the whole way of a seal with throw-away keys and random bytes, answered while one waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import clock, signing
from ledger.basics.canonical import unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import new_id, system_entropy
from ledger.sealed import rehearsal
from ledger.sealed.seal import Content, context, counts, seal_secret
from web.cli import shell
from web.cli.bid.job import Job

PART: Final = "offer"
_BETWEEN: Final = 0.5


def rehearse(job: Job, tender: str | None, seconds: int) -> None:
    """Says for each custodian whether it answered; `Refusal("rehearsal.too_few")` where no quorum did."""
    trust = job.home.trust()
    ids = sorted(job.known(tender).notice.custodians if tender else trust.custodians)
    t = job.known(tender).notice.t if tender else len(ids) // 2 + 1
    nonce, office, begun = new_id(), job.office, time.monotonic()

    def keys() -> dict[str, str]:
        body = {"nonce": nonce, "part": PART, "custodians": ids}
        return dict(office.send("POST", "/office/rehearsals", body)["keys"])

    # Half the time for each: an institution that is down must not use up what the others need for their answers.
    found = _until(keys, len(ids), begun + seconds / 2)
    if len(found) < max(t, 2):
        raise Refusal("rehearsal.too_few", found=len(found), wanted=t)
    raw = {custodian: unhex(key, 32, "public_key") for custodian, key in found.items()}
    keyset = rehearsal.build(nonce, PART, max(t, len(raw) // 2 + 1), raw, clock.text(clock.system_clock()))
    author = Ed25519PrivateKey.generate()
    public, noise = signing.public_bytes(author), Content(64, H(system_entropy(64)))
    sealed = seal_secret(keyset, public, system_entropy(32), system_entropy(16), noise, noise)
    body = {"keyset": keyset.to_json(), "author_key": public.hex(), "seal": sealed.to_json()}

    def shares() -> dict[str, Any]:
        return dict(office.send("POST", "/office/rehearsals/shares", body)["answers"])

    answers, ctx, good = _until(shares, len(keyset.ids), begun + seconds), context(keyset.kid, public, sealed.n16), 0
    for custodian in ids:
        share = answers.get(custodian, {}).get("share")
        right = isinstance(share, str) and counts(sealed, ctx, keyset.place(custodian), unhex(share, 32, "share"))
        good += right
        name = trust.custodians[custodian].name[shell.lang()] if custodian in trust.custodians else custodian
        shell.say("client.rehearsed" if right else "client.rehearsed_not", custodian=name)
    if good < keyset.t:
        raise Refusal("rehearsal.too_few", found=good, wanted=keyset.t)
    shell.say("client.rehearsal_done", found=good, wanted=keyset.t)


def _until(ask: Callable[[], dict[str, Any]], wanted: int, until: float) -> dict[str, Any]:
    """What `ask` gives once it has as many as are wanted, or when the time is up."""
    while True:
        found = ask()
        if len(found) >= wanted or time.monotonic() >= until:
            return found
        time.sleep(_BETWEEN)
