"""The contributor's process: seal a fresh random value to a purpose, once, when a witnessed notice names us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import cast

from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, members
from ledger.basics.clock import Clock, system_clock
from ledger.basics.errors import Refusal
from ledger.basics.ids import Entropy, system_entropy
from ledger.custodian.evidence import HttpEvidence
from ledger.custodian.log import Log
from ledger.custodian.policy import of_type
from ledger.custodian.rulebook import Evidence
from ledger.institution.backoff import Backoff
from ledger.institution.diary import Diary
from ledger.institution.errands import Guard, Mailbox, Post
from ledger.institution.folder import Folder, Identity
from ledger.institution.journal import Journal
from ledger.institution.platform import Platform
from ledger.mirror import Mirror
from ledger.sealed import coin
from ledger.sealed import keyset as keysets
from ledger.sealed.keyset import Keyset, Purpose
from ledger.trust import Trust


class Contributor:
    """One party's process. Its memory holds the envelopes it sent; the random values themselves are kept nowhere."""

    def __init__(self, folder: Folder, who: Identity, platform: Platform, log: Log, memory: Journal) -> None:
        """Raises `Refusal("institution.no_trust")` and those of the trust file."""
        self._folder = folder
        self._who = who
        self._trust = folder.trust()
        self._platform = platform
        self._log = log
        self._memory = memory
        self.now: Clock = system_clock
        self.entropy: Entropy = system_entropy

    def look(self) -> None:
        """Bring the mirror up to date."""
        self._log.update(self._platform.log())

    def answer(self, id_: str, kind: str, body: Json) -> Post:
        """The contribution that is asked for. Raises `Refusal`."""
        if kind != "contribution":
            raise Refusal("contributor.unknown_request", request=kind[:32])
        keyset = wanted(body, self._trust)
        given = self._given(keyset)
        if given is None:
            if self.now() >= clock.parse_time(keyset.conditions.not_before, "not_before"):
                raise Refusal("contributor.too_late", not_before=keyset.conditions.not_before)
            check_named(keyset, self._who, HttpEvidence(self._platform, self._log, self._folder))
            given = coin.contribute(keyset, self._who.id, self._who.key, self.entropy(32), self.entropy(16))
            self._memory.append({"kind": "contributed", "contribution": given})
        return Post(f"/custody/answers/{id_}", cast(Json, given))

    def _given(self, keyset: Keyset) -> dict[str, Json] | None:
        """What was sealed for this purpose before; `Refusal("contributor.second_keyset")` if it was to another set."""
        for record in self._memory.records:
            envelope = cast(dict[str, Json], record["contribution"])
            sealed = cast(dict[str, dict[str, Json]], envelope["object"])
            if Purpose.parse(sealed["purpose"]) == keyset.purpose:
                if sealed["seal"]["kid"] != keyset.kid.hex():
                    raise Refusal("contributor.second_keyset", lot=keyset.purpose.lot, part=keyset.purpose.part)
                return envelope
        return None


def wanted(body: Json, trust: Trust) -> Keyset:
    """The key set of a request `{purpose, keyset: {keyset, signatures}}`, signed by all its custodians of our trust."""
    got = members(body, "purpose keyset")
    signed = members(got["keyset"], "keyset signatures")
    keyset, signatures = keysets.parse(signed["keyset"]), signed["signatures"]
    if Purpose.parse(got["purpose"]) != keyset.purpose or keyset.purpose.kind != "random":
        raise Refusal("contributor.wrong_purpose", part=keyset.purpose.part)
    keysets.verify_keyset(keyset, signatures if isinstance(signatures, list) else [], trust.custodian_keys())
    return keyset


def check_named(keyset: Keyset, who: Identity, evidence: Evidence) -> None:
    """The first witnessed notice names us with our key, and carries this very key set.

    Raises `Refusal("contributor.not_named")`, `Refusal("contributor.other_keyset")`.
    """
    found = of_type(evidence, f"tender/{keyset.purpose.tender}", "tender.published")
    notice = found[0].event.public.get("notice") if found else None
    if not isinstance(notice, dict):
        raise Refusal("contributor.not_named", tender=keyset.purpose.tender)
    named, lots = notice.get("contributors"), notice.get("lots")
    if not isinstance(named, list) or {"party": who.id, "key": who.public} not in named:
        raise Refusal("contributor.not_named", tender=keyset.purpose.tender)
    ours = canonical(keyset.to_json())
    for lot in lots if isinstance(lots, list) else []:
        listed = lot.get("keysets") if isinstance(lot, dict) else None
        for row in listed if isinstance(listed, list) else []:
            if isinstance(row, dict) and canonical(row.get("keyset")) == ours:
                return
    raise Refusal("contributor.other_keyset", lot=keyset.purpose.lot, part=keyset.purpose.part)


@contextmanager
def opened(
    folder: Folder,
    who: Identity,
    platform: Platform,
    *,
    now: Clock = system_clock,
    entropy: Entropy = system_entropy,
    say: Callable[[str], None] = print,
    backoff: Backoff | None = None,
) -> Iterator[Callable[[], None]]:
    """One step of the process of an unlocked folder, to be called again and again; refusals as a custodian's."""
    if who.role != "contributor":
        raise Refusal("institution.wrong_role", role=who.role, wanted="contributor")
    policy = folder.trust().policy
    with Journal(folder.state) as state, Journal(folder.root / "witnessed.jsonl") as seen:
        process = Contributor(folder, who, platform, Log(Mirror(folder.mirror, policy), seen), state)
        process.now, process.entropy = now, entropy
        guard = Guard(Diary(folder.diary, who.id, now, say))
        mailbox = Mailbox(platform, who, now, backoff or Backoff(), guard)

        def step() -> None:
            if guard("log", process.look):
                guard("requests", partial(mailbox.round, process.answer))

        yield step
