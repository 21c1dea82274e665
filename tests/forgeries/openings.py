"""The opening in the play: releases, coefficients, identities, offers, evaluation."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, cast

from bidding import offers, opening
from bidding.acts import (
    ask_explanations,
    explain,
    opened,
    record_release,
)
from bidding.acts.decision import Decision
from bidding.form import check_form
from bidding.procedures import listing
from bidding.procedures.listing import Body
from bidding.sealed_lot import OnRoll, SealedLot, bid_seals, contribution_seals, read_roll, stand
from bidding.verdicts import Waiting
from evaluation.acts import evaluate
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, parse
from ledger.basics.hashing import H
from ledger.sealed import keyset
from ledger.sealed.content import Ciphertext
from ledger.sealed.opening import BAD
from ledger.sealed.release import Release, sign_release
from ledger.sealed.seal import Seal, context, open_capsule
from tests.forgeries import cast as people
from tests.forgeries.cast import LOTS, TENDER, key, secret
from tests.forgeries.stage import Stage, clocks


class Opening(Stage):
    """What custodians answer and what follows from it."""

    def opened(self, lot: str, made: Waiting | Body, decide: Callable[..., Decision]) -> None:
        """A computed step."""
        assert not isinstance(made, Waiting), made
        self.decide(decide(self.procedure, opened.Opened(lot, self.said(made)), self.now))

    def sealed_lot(self, lot: str) -> SealedLot:
        """The lot as whoever opens it reads it."""
        procedure = self.procedure
        row = procedure.notice.lot(lot)

        def compute() -> SealedLot:
            return SealedLot.of(
                procedure.notice,
                lot,
                deadline=procedure.deadline,
                profile=clocks().profile,
                form=check_form(parse(self.documents[row.form])),
                rules=parse(self.documents[row.rules]),
            )

        found: SealedLot = self.once(("lot", lot, procedure.deadline, row.form, row.rules), compute)
        return found

    def on_roll(self, lot: str) -> OnRoll:
        """What is on the roll."""
        closed = self.last("lot.closed", lot)

        def compute() -> OnRoll:
            envelopes = {sha256: bid.submission.envelope for sha256, bid in self.bids.items()}
            return read_roll(self.sealed_lot(lot), closed.event.public["roll"], envelopes)

        found: OnRoll = self.once(("roll", closed.leaf), compute)
        return found

    def contributions(self, lot: str) -> list[object]:
        """Envelopes in tree order."""
        found = self.stream(f"lot/{TENDER}/{lot}")
        return [r.event.public["contribution"] for r in found if r.event.type == "contribution.recorded"]

    def released(self, lot: str, part: str) -> list[object]:
        """Envelopes in tree order."""
        found = [r.event.public for r in self.stream(f"lot/{TENDER}/{lot}") if r.event.type == "release.recorded"]
        return [public["release"] for public in found if public["part"] == part]

    def seals(self, lot: str, part: str) -> dict[str, tuple[bytes, Seal]]:
        """What custodians answer for."""
        sealed = self.sealed_lot(lot)
        if part == "coin":
            return contribution_seals(sealed, self.contributions(lot))
        bids = stand(self.on_roll(lot), self.present(lot)).bids
        if part == "offer":
            counted = {row["submission"] for row in self.rows("lot.announced", lot) if row["state"] == "counted"}
            bids = tuple(bid for bid in bids if bid.sha256 in counted)
        return bid_seals(sealed, part, bids)

    def present(self, lot: str) -> dict[str, Any]:
        """`lot.present` with its list."""
        return listing.whole("lot.present", self.last("lot.present", lot).event.public, self.read)

    def answer(self, lot: str, part: str, custodian: str, **changes: Any) -> dict[str, Json]:
        """A custodian's release; `changes`: members of the release, or `seals` to answer for."""
        made = people.made_keyset(lot, part)
        own = keyset.own_key(made, custodian, secret(f"master {custodian}"))
        place, answers = made.place(custodian), {}
        for author, seal in changes.pop("seals", self.seals(lot, part)).values():
            share = open_capsule(seal, context(made.kid, author, seal.n16), place, own)
            answers[author, seal.n16] = BAD if share is None else share
        size = self.heads[-1][0]
        release = Release(made.kid, self.on_roll(lot).hash, size, self.root(size), clock.text(self.now), answers)
        return sign_release(replace(release, **changes), key(custodian))

    def releases(self, part: str, lots_: Iterable[str] = LOTS) -> None:
        """Every custodian's release of a part."""
        for lot in lots_:
            for custodian in people.CUSTODIANS:
                command = record_release.RecordRelease(custodian, self.answer(lot, part, custodian))
                self.decide(record_release.decide(self.procedure, command, self.now))

    def forms(self, sha256: str) -> Ciphertext | None:
        """A form's ciphertext."""
        return next((Ciphertext.of(bid.forms[sha256]) for bid in self.bids.values() if sha256 in bid.forms), None)

    def issued(self, lot: str, party: str) -> Mapping[str, Json] | None:
        """Public of the first issuance to a party."""
        found = [r.event.public for r in self.stream(f"issuance/{TENDER}/{lot}")]
        return next((public for public in found if public["party"] == party), None)

    def identities(self, lot: str) -> Waiting | tuple[opening.Identity, ...]:
        """The identities as the log stands."""
        return opening.read_identities(
            self.sealed_lot(lot),
            self.on_roll(lot),
            self.present(lot),
            self.released(lot, "identity"),
            self.forms,
            self.registered,
            partial(self.issued, lot),
        )

    def offers(self, lot: str) -> Waiting | Body:
        """`lot.offers_opened` and what it names."""
        identities = self.identities(lot)
        assert not isinstance(identities, Waiting)
        sealed, on_roll = self.sealed_lot(lot), self.on_roll(lot)
        read = offers.read_offers(sealed, on_roll, identities, self.released(lot, "offer"), self.forms)
        assert not isinstance(read, Waiting), read
        verdicts: dict[tuple[str, str], Any] = {}
        for offer in read:
            for part in ("identity", "offer") if offer.header else ():
                bid = self.bids[offer.identity.submission]
                blob = bid.files[bid.submission.seals[part].files.sha256.hex()]
                held = offer.identity if part == "identity" else offer
                found = offers.check_files(sealed, bid.submission, part, held, [blob], _nowhere)
                verdicts[bid.sha256, part] = offers.void_files(part, found) if found else None
        return offers.open_offers(sealed, read, verdicts)

    def marked(self, lot: str) -> dict[str, Any]:
        """What the marks of a lot are made from."""
        row = self.procedure.notice.lot(lot)
        return {
            "rules": parse(self.documents[row.rules]),
            "form": parse(self.documents[row.form]),
            "lot": lot,
            "ceiling_fen": row.ceiling_fen,
            "bids": evaluate.opened_bids(self.last("lot.offers_opened", lot).event.public, self.read, {}),
            "coefficients": self.last("lot.coefficients", lot).event.public,
        }

    def evaluation(self, lot: str, findings: Mapping[str, bool] | None = None) -> dict[str, Json]:
        """Public of `lot.evaluated`; the report's documents are stored. `findings`: others than those of the lot."""
        inputs = self.marked(lot)
        made = evaluate.report(**inputs, findings=self.procedure.lot(lot).findings if findings is None else findings)
        self.documents |= made.documents()
        return evaluate.event_body(made, inputs["rules"])

    # --- abnormally low prices ----------------------------------------------------------------------------------------

    def ask(self, lot: str) -> None:
        """Whoever has to explain a price is asked."""
        command = ask_explanations.AskExplanations(lot, *evaluate.to_explain(**self.marked(lot)))
        self.decide(ask_explanations.decide(self.procedure, command, self.now))

    def explanation(self, lot: str, name: str, text: str) -> dict[str, Json]:
        """Public of `lot.explanation_given`."""
        request: dict[str, Json] = {
            "method": "POST",
            "path": "/box/explanations",
            "body_sha256": H(canonical(explain.body(TENDER, lot, text))).hex(),
            "at": clock.text(self.now),
            "nonce": secret(f"nonce {text}").hex(),
        }
        signature = signing.sign("request", request, people.bid_key(name, lot))
        return {"bid_key": people.bid_hex(name, lot), "text": text, "signature": signature}

    def explain(self, lot: str, name: str, text: str) -> None:
        """A bidder explains."""
        command = explain.Explain(lot, **cast(Any, self.explanation(lot, name, text)))
        self.decide(explain.decide(self.procedure, command, self.now))

    def findings(self, lot: str, *names: str, proved: bool = True) -> dict[str, Json]:
        """What two people sign of what bidders explained."""
        rows = [{"bid_key": people.bid_hex(name, lot), "proved": proved, "finding": "shown"} for name in names]
        return {"findings": cast(Json, sorted(rows, key=lambda row: str(row["bid_key"])))}


def _nowhere(_number: int) -> io.BytesIO:
    return io.BytesIO()
