"""A tender's evidence to its end: what was published, and the openings, each read from the bundle once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final, TypeVar

from bidding import opening, roll
from bidding.form import check_form
from bidding.opening import Identity
from bidding.sealed_lot import OnRoll, SealedLot, Standing, read_roll, stand
from bidding.submission import Submission
from bidding.verdicts import Verdicts, Waiting, verdicts
from bidding.verify.published import Published
from ledger.basics.canonical import Json, parse
from ledger.basics.errors import Refusal
from ledger.custodian.rulebook import Seen
from ledger.sealed.content import Ciphertext
from ledger.sealed.keyset import Keyset
from ledger.sealed.release import Signed
from ledger.sealed.seal import Seal
from ledger.verify.evidence import remember

T = TypeVar("T")


class Evidence(Published):
    """What the claims about a procedure read; methods raise as those of `Published`."""

    def sealed_lot(self, lot: str) -> SealedLot:
        """What is fixed about a lot before anything opens."""

        def compute() -> SealedLot:
            row = self.notice.lot(lot)
            return SealedLot.of(
                self.notice,
                lot,
                deadline=self.state.deadline_in_force(),
                profile=self.profile,
                form=check_form(parse(self.document(row.form))),
                rules=parse(self.document(row.rules)),
                authorities=self.authorities,
            )

        found: SealedLot = self._of_lot("sealed_lot", lot, compute)
        return found

    def on_roll(self, lot: str) -> OnRoll:
        """What is on a lot's roll."""

        def compute() -> OnRoll:
            listed = self.in_lot(lot, "lot.closed").event.public.get("roll")
            known: dict[str, Submission] = {}
            others: dict[str, dict[str, Json]] = {}
            for sha256 in roll.listed(roll.parse_roll(listed)):
                try:
                    known[sha256] = self.submission(sha256)
                except Refusal:
                    others[sha256] = self.envelope("submissions", sha256)
            return read_roll(self.sealed_lot(lot), listed, others, known)

        found: OnRoll = self._of_lot("on_roll", lot, compute)
        return found

    def present(self, lot: str) -> dict[str, Json]:
        """`lot.present` with its list."""
        return self.whole(lot, "lot.present")

    def standing(self, lot: str) -> Standing:
        """Which bids may open at all."""
        found: Standing = self._of_lot("standing", lot, lambda: stand(self.on_roll(lot), self.present(lot)))
        return found

    def contributions(self, lot: str) -> list[Json]:
        """The contributions' envelopes in tree order."""
        return [one.event.public["contribution"] for one in self.of_lot(lot) if one.event.type == _CONTRIBUTED]

    def release(self, one: Seen) -> Signed:
        """The release of an event, its signature checked."""
        found: Signed = remember(
            self.__dict__, ("release", one.index), lambda: Signed.read(one.event.public["release"])
        )
        return found

    def releases(self, lot: str, part: str) -> list[object]:
        """A part's releases in tree order; one that nobody signed is none."""
        found: list[object] = []
        for one in self.of_lot(lot):
            if _released(one, part):
                with suppress(Refusal):  # `releases.signed` has something to say about it
                    found.append(self.release(one))
        return found

    def seeds(self, lot: str, part: str) -> dict[str, bytes]:
        """Custodian → the seed it published for a part."""
        found = [one.event.public for one in self.of_lot(lot) if one.event.type == "seed.recorded"]
        return {str(it["custodian"]): bytes.fromhex(str(it["seed"])) for it in found if it["part"] == part}

    def form(self, sha256: str) -> Ciphertext | None:
        """A form's ciphertext, if the bundle has it; hashed when the bundle was read."""
        data = self.bundle.forms.get(sha256)
        return None if data is None else Ciphertext.hashed(data, self.contents.hashes[f"forms/{sha256}"])

    def issued(self, lot: str) -> dict[str, Mapping[str, Json]]:
        """Party → public of its first ticket, of those issued before the lot closed."""
        limit, out = self.in_lot(lot, "lot.closed").index, dict[str, Mapping[str, Json]]()
        for one in self.of_issuance(lot):
            if one.event.type == "ticket.issued" and one.index < limit:
                out.setdefault(str(one.event.public.get("party")), one.event.public)
        return out

    def judge(
        self,
        lot: SealedLot,
        on_roll: OnRoll,
        keyset: Keyset,
        seals: Mapping[str, tuple[bytes, Seal]],
        envelopes: Iterable[object],
        seeds: Mapping[str, bytes] | None,
    ) -> Verdicts:
        """`bidding.verdicts.verdicts`, each seal made again once however many claims ask."""
        found: Verdicts = remember(
            self.__dict__,
            ("verdicts", keyset.kid, tuple(seals)),
            lambda: verdicts(lot, on_roll, keyset, seals, envelopes, seeds),
        )
        return found

    def identities(self, lot: str) -> tuple[Identity, ...]:
        """Every bid on the roll after its identity part. Raises `Refusal("opening.not_computable")`."""

        def compute() -> tuple[Identity, ...]:
            limit = self.in_lot(lot, "lot.closed").index
            return computed(
                opening.read_identities(
                    self.sealed_lot(lot),
                    self.on_roll(lot),
                    self.present(lot),
                    self.releases(lot, "identity"),
                    self.form,
                    lambda party: self.party_before(party, limit),
                    self.issued(lot).get,
                    self.seeds(lot, "identity"),
                    judge=self.judge,
                )
            )

        found: tuple[Identity, ...] = self._of_lot("identities", lot, compute)
        return found

    def prices(self, lot: str) -> Mapping[str, int]:
        """Bid key → price in fen, from the lot's report: the evaluation knows how to read one."""
        raise Refusal("evidence.no_report", lot=lot)


_CONTRIBUTED: Final = "contribution.recorded"


def _released(one: Seen, part: str) -> bool:
    return one.event.type == "release.recorded" and one.event.public.get("part") == part


def computed(found: Waiting | T) -> T:
    """What was computed; what would still wait for something is no result."""
    if isinstance(found, Waiting):
        raise Refusal("opening.not_computable", why=found.code)
    return found
