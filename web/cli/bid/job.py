"""One bidder's command at work: its folder, its reader, its lines; and the steps that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from bidding.form import Problem
from bidding.submission import Withdrawal
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.files import write_atomically
from ledger.institution.platform import Platform
from ledger.sealed import tickets
from web import words
from web.cli import shell
from web.cli.bid import draft as drafts
from web.cli.bid import sealing
from web.cli.bid.draft import Draft
from web.cli.bid.home import PERSON, SEAL, Home, Settings
from web.cli.bid.known import Known, Reader
from web.cli.bid.lines import Box, Office, check_receipt
from web.cli.bid.sealing import Bidder, Sealed


@dataclass
class Job:
    """What a command needs of a bidder's folder, each thing read when it is first asked for."""

    home: Home

    @cached_property
    def settings(self) -> Settings:
        """Where office and box are."""
        return self.home.settings()

    @cached_property
    def reader(self) -> Reader:
        """The log, brought up to date."""
        platform = Platform(self.settings.office, 60.0)
        home = self.home
        made = Reader(platform, home.trust(), home.log, home.documents, pause=shell.pause, wait=shell.wait)
        made.update()
        return made

    @cached_property
    def office(self) -> Office:
        """The line with the account."""
        return Office(self.settings.office, self.home.token(), pause=shell.pause, wait=shell.wait)

    @cached_property
    def bidder(self) -> Bidder:
        """Who we are: the secret and the registration in the witnessed log, whose keys must be ours.

        Raises `Refusal("home.not_registered")`, `Refusal("home.other_keys")`.
        """
        party = self.reader.party(self.settings.party) if self.settings.party else None
        if party is None:
            raise Refusal("home.not_registered", party=self.settings.party)
        mine = signing.public_bytes(self.home.key(SEAL)).hex(), signing.public_bytes(self.home.key(PERSON)).hex()
        if mine != (party.seal_key, party.person_key):
            raise Refusal("home.other_keys", party=party.party)
        return Bidder(self.home.secret(), party)

    def known(self, tender: str) -> Known:
        """A tender as the witnessed log has it."""
        return self.reader.tender(tender)

    def draft(self, tender: str, lot: str) -> Draft:
        """The bid's folder."""
        return drafts.read(self.home.bid(tender, lot), tender, lot)

    def box(self, tender: str, lot: str) -> Box:
        """The line of the bid key."""
        key = tickets.bid_key(self.home.secret(), tender, lot)
        return Box(self.settings.box, key, tender, lot, pause=shell.pause, wait=shell.wait)

    # --- steps ----------------------------------------------------------------------------------------------------

    def take_ticket(self, tender: str, lot: str) -> bool:
        """Takes the ticket of a lot; False if it was here."""
        if self.home.has_ticket(tender, lot):
            return False
        bidder = self.bidder
        asked = tickets.request(bidder.secret, tender, lot, self.known(tender).lot(lot).spki)
        envelope = tickets.issuance(tender, lot, asked.blinded, self.home.key(SEAL))
        answer = self.office.send("POST", "/office/tickets", envelope)
        ticket = asked.finalize(unhex(answer.get("blind_signature"), len(asked.blinded), "blind_signature"))
        self.home.put_ticket(tender, lot, ticket)
        return True

    def sign(self, draft: Draft) -> dict[str, Json]:
        """Headers and statement of the draft; a sole bidder's own signatures are put beside it by `sign_alone`."""
        return sealing.prepare(draft, self.known(draft.tender), self.bidder)

    def sign_own(self, draft: Draft) -> None:
        """Our own entry under the statement, with our registered keys."""
        entry = sealing.own_entry(
            sealing.statement_of(draft), self.bidder.party.party, self.home.key(SEAL), self.home.key(PERSON)
        )
        sealing.put_entry(draft, entry)

    def take_entry(self, draft: Draft, value: dict[str, Json]) -> None:
        """A partner's entry with its registration (docs/formats/statement.md), put beside the statement.

        Nobody is asked who the partner is. Raises as `Reader.take_registration`, and `Refusal("bid.not_a_party")`.
        """
        got = members(value, "party seal person registration")
        party = self.reader.take_registration(str(got["party"]), got.pop("registration"))
        listed = cast(list[dict[str, str]], sealing.statement_of(draft)["parties"])
        if party.uscc not in [row["uscc"] for row in listed]:
            raise Refusal("bid.not_a_party", party=party.party)
        sealing.put_entry(draft, got)

    def check_answers(self, draft: Draft) -> list[Problem]:
        """All that is wrong with the draft's answers."""
        return drafts.problems(draft, self.known(draft.tender).form(draft.lot))

    def seal(self, draft: Draft, known: Known) -> Sealed:
        """Seals the signed draft, after the same checks that the opening will make."""
        wrong = self.check_answers(draft)
        if wrong:
            raise Refusal("bid.answers_wrong", count=len(wrong))
        signatures = sealing.entries(draft, self.reader.party)
        sealing.check_signed(draft, known, signatures)
        ticket = self.home.ticket(draft.tender, draft.lot)
        with shell.progress(
            words.say("client.sealing", {"lot": draft.lot}, shell.lang()), sealing.length(draft)
        ) as advance:
            return sealing.seal(draft, known, self.bidder, ticket, signatures, advance)

    def submit(self, draft: Draft) -> dict[str, Json]:
        """Uploads what is sealed and hands it in; what the receipt says. Goes on where it was cut."""
        sealed = sealing.load(draft)
        box, ticket = self.box(draft.tender, draft.lot), self.home.ticket(draft.tender, draft.lot)
        contents = sealed.submission.contents()
        with shell.progress(
            words.say("client.sending", {"lot": draft.lot}, shell.lang()),
            sum(content.size for _, _, content in contents),
        ) as advance:
            for _, _, content in contents:
                box.upload(sealed.ciphertext(content), content, ticket, advance)
        receipt = box.submit(sealed.submission)
        return self.keep_receipt(draft, sealed.submission.sha256, receipt)

    def withdraw(self, draft: Draft) -> dict[str, Json]:
        """Withdraws what the box holds of us; what the receipt says. Again after a cut line: the same receipt."""
        box, key = self.box(draft.tender, draft.lot), tickets.bid_key(self.home.secret(), draft.tender, draft.lot)
        accepted = box.own()
        newest = max(accepted, key=lambda one: int(one["seq"])) if accepted else None
        if newest is not None and newest["kind"] == "withdrawal":
            draft.next(int(newest["seq"]) + 1).save()
            return self.keep_receipt(draft, str(newest["sha256"]), newest["receipt"])
        obj: dict[str, Json] = {
            "tender": draft.tender,
            "lot": draft.lot,
            "bid_key": signing.public_bytes(key).hex(),
            "seq": self.next_seq(draft),
        }
        withdrawal = Withdrawal.parse(signing.sign("withdrawal", obj, key))
        said = self.keep_receipt(draft, withdrawal.sha256, box.withdraw(withdrawal))
        draft.next(withdrawal.seq + 1).save()
        return said

    def next_seq(self, draft: Draft) -> int:
        """One more than anything the box accepted or this folder sealed."""
        accepted = [int(one["seq"]) for one in self.box(draft.tender, draft.lot).own()]
        sealed = [int(path.name) for path in (draft.folder / "sealed").glob("[0-9]*")]
        return max([0, *accepted, *sealed]) + 1

    def keep_receipt(self, draft: Draft, sha256: str, receipt: dict[str, Json]) -> dict[str, Json]:
        """Checks a receipt against the trust file and keeps it."""
        said = check_receipt(receipt, self.home.trust().box_key, draft.lot, sha256)
        write_atomically(draft.folder / "receipts" / f"{sha256}.json", canonical(receipt) + b"\n")
        return said

    def supply(self, tender: str, lot: str, sha256: str = "") -> list[str]:
        """Sends ciphertexts of the sealed bid again: the one named, else all. Their hashes."""
        sealed, box = sealing.load(self.draft(tender, lot)), self.box(tender, lot)
        wanted = [content for _, _, content in sealed.submission.contents() if sha256 in ("", content.sha256.hex())]
        if not wanted:
            raise Refusal("bid.no_such_ciphertext", sha256=sha256)
        for content in wanted:
            box.supply(sealed.ciphertext(content))
        return [content.sha256.hex() for content in wanted]

    def status(self, tender: str, lot: str) -> dict[str, Any]:
        """What the box has of us, and what of it stands where: minute witnessed, on the roll, shut."""
        known, accepted = self.known(tender), self.box(tender, lot).own()
        minutes = self._minutes()
        closed = [one for one in self.reader.stream(f"lot/{tender}/{lot}") if one.event.type == "lot.closed"]
        roll: Any = closed[0].event.public["roll"] if closed else None
        rows = []
        for item in accepted:
            said = check_receipt(item["receipt"], self.home.trust().box_key, lot, item["sha256"])
            rows.append(
                {
                    "kind": item["kind"],
                    "sha256": item["sha256"],
                    "seq": item["seq"],
                    "at": said["at"],
                    "minute": said["minute"],
                    "stale": item["stale"],
                    "witnessed": said["minute"] in minutes,
                    "on_roll": item["sha256"] in roll["submissions"] if roll is not None else None,
                }
            )
        return {
            "tender": tender,
            "lot": lot,
            "deadline": clock.text(known.state.deadline_in_force()),
            "closed": bool(closed),
            "bids": rows,
        }

    def _minutes(self) -> set[str]:
        return {str(one.event.public["minute"]) for one in self.reader.stream("box")}


def address(home: Path) -> Job:
    """The job of a folder."""
    return Job(Home(home))
