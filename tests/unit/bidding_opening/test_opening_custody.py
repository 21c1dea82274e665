"""A custodian answers for exactly the bids still in, once the log shows everything it must, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bidding.custody import BidRulebook
from bidding.roll import roll_entry
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.custodian.rulebook import Answerable, Seen
from ledger.events import Draft, slot_entry
from ledger.sealed import keyset
from tests.support.asking import STREAM, announced, ask, code, seals, world_until
from tests.support.world import World
from tests.support.world_evidence import WorldEvidence, trust_of
from tests.support.world_log import DEADLINE, LOT, TENDER


class TestInItsTime:
    def test_nothing_is_answered_before_the_roll(self) -> None:
        world, _ = world_until("")
        for part in world.keysets:
            assert code(ask(world, part)) == ("custody.no_roll", False)

    def test_nothing_is_answered_before_presence_is_stated(self) -> None:
        world, _ = world_until("closed")
        for part in world.keysets:
            assert code(ask(world, part)) == ("custody.event_missing", False)

    def test_then_the_contributions_and_the_identities_of_all_bids(self) -> None:
        world, bids = world_until("present")
        assert len(seals(ask(world, "coin"))) == 3
        assert seals(ask(world, "identity")) == sorted(bid.submission.bid_key for bid in bids)
        assert code(ask(world, "offer")) == ("custody.event_missing", False)

    def test_offers_only_of_bids_announced_as_counted(self) -> None:
        world, bids = announced()
        found = ask(world, "offer")
        assert seals(found) == sorted(bid.submission.bid_key for bid in bids[:3])

    def test_the_answer_names_the_roll_and_the_checkpoint(self) -> None:
        world, _ = announced()
        found = ask(world, "identity")
        assert isinstance(found, Answerable)
        assert found.roll == world.on_roll().hash.hex()
        assert found.checkpoint == (len(world.log.entries), world.log.root().hex())
        for _, seal in found.seals:
            assert seal["kid"] == world.keysets["identity"].kid.hex()

    def test_an_event_that_is_not_yet_under_the_checkpoint_is_none(self) -> None:
        world, _ = world_until("present")
        before = world.event("lot.present").index
        assert code(ask(world, "identity", size=before - 1)) == ("custody.event_missing", False)
        assert isinstance(ask(world, "identity", size=before + 1), Answerable)


class TestTheRoll:
    def test_before_the_deadline_it_fails_the_lot_for_ever(self) -> None:
        world, bids = world_until("")
        world.close(bids, at=DEADLINE - timedelta(seconds=40))
        world.present()
        assert code(ask(world, "identity")) == ("custody.roll_early", True)

    def test_before_the_time_in_force_after_a_postponement_too(self) -> None:
        world, _ = world_until("present")
        later = DEADLINE + timedelta(days=1)
        assert code(ask(world, "identity", not_before=later)) == ("custody.roll_early", True)

    def test_before_an_addendums_deadline_too(self) -> None:
        world, bids = world_until("")
        world.addendum(DEADLINE + timedelta(days=1))
        world.close(bids, at=DEADLINE + timedelta(minutes=2))
        world.present()
        assert code(ask(world, "identity")) == ("custody.roll_early", True)

    def test_a_second_one_is_none(self) -> None:
        world, bids = world_until("present")
        world.close(bids[:3], at=world.now + timedelta(seconds=1))
        assert seals(ask(world, "identity")) == sorted(bid.submission.bid_key for bid in bids)

    def test_presence_of_a_second_one_opens_nothing(self) -> None:
        world, bids = world_until("closed")
        first = world.event("lot.closed")
        world.close(bids[:3], at=world.now + timedelta(seconds=1))
        world.present()
        with pytest.raises(Refusal, match=r"presence\.other_ciphertexts"):
            ask(world, "identity")

        def without_first(_stream: str, events: list[Seen]) -> list[Seen]:
            return [seen for seen in events if seen.index != first.index]

        with pytest.raises(Refusal, match=r"evidence\.kept_back"):
            ask(world, "identity", edit_events=without_first)

    def test_an_event_with_another_roll_than_the_entry_is_a_second_roll(self) -> None:
        world, bids = world_until("")
        made: dict[str, Json] = {"tender": TENDER, "lot": LOT, "submissions": [*sorted(bid.sha256 for bid in bids)]}
        fewer: dict[str, Json] = {**made, "submissions": [*sorted(bid.sha256 for bid in bids[:3])]}
        at = DEADLINE + timedelta(minutes=2)
        world.log.append(
            STREAM,
            Draft("lot.closed", {"roll": fewer, "minutes": "00" * 32}, before=(roll_entry(made), roll_entry(fewer))),
            at,
        )
        world.present()
        assert code(ask(world, "identity")) == ("custody.second_roll", False)

    def test_a_notice_written_again_after_it_hides_no_roll(self) -> None:
        world, bids = world_until("")
        made: dict[str, Json] = {"tender": TENDER, "lot": LOT, "submissions": [*sorted(bid.sha256 for bid in bids)]}
        world.log.append("hidden", Draft("lot.closed", {}, before=(roll_entry(made),)), DEADLINE + timedelta(minutes=2))
        world.close(bids[:3], at=DEADLINE + timedelta(minutes=4))
        world.present()

        def between(stream: str, events: list[Seen]) -> list[Seen]:
            """The notice under another salt, so that it stands between the two rolls."""
            second = world.event("lot.closed").index - 2
            return [replace(seen, index=second) for seen in events] if stream == f"tender/{TENDER}" else events

        assert code(ask(world, "identity")) == ("custody.second_roll", False)
        assert code(ask(world, "identity", edit_events=between)) == ("custody.second_roll", False)

    def test_it_is_closed_directly_behind_it_and_not_when_more_is_known(self) -> None:
        world, bids = world_until("")
        made: dict[str, Json] = {"tender": TENDER, "lot": LOT, "submissions": [*sorted(bid.sha256 for bid in bids)]}
        at = DEADLINE + timedelta(minutes=2)
        world.log.append("party/odd", Draft("party.changed", {}, before=(roll_entry(made),)), at)
        world.log.append(STREAM, Draft("lot.closed", {"roll": made, "minutes": "00" * 32}), at)
        world.present()
        assert code(ask(world, "identity")) == ("custody.second_roll", False)

    def test_a_second_telling_of_presence_opens_nothing(self) -> None:
        world, bids = world_until("present")
        first = world.event("lot.present")
        world.log.streams[STREAM].remove(first)
        # The same version again, for custodians who have not answered yet: one bid is lost, now that it is known.
        world.present(missing={bids[0].submission.seals["offer"].files.sha256.hex()})
        assert world.event("lot.present").event.version == first.event.version
        with pytest.raises(Refusal, match=r"evidence\.twin"):
            ask(world, "identity")

    def test_nor_does_a_stream_whose_last_event_is_kept_back(self) -> None:
        world, _ = world_until("present")
        world.record(f"tender/{TENDER}", "tender.suspended", {"reason": "a complaint", "acts": []})

        def without_last(stream: str, events: list[Seen]) -> list[Seen]:
            return events[:-1] if stream == f"tender/{TENDER}" else events

        with pytest.raises(Refusal, match=r"evidence\.kept_back"):
            ask(world, "identity", edit_events=without_last)

    def test_nor_one_whose_list_is_kept_back(self) -> None:
        world, _ = world_until("present")
        listed = str(world.event("lot.present").event.public["ciphertexts"])
        for part in ("coin", "identity"):
            with pytest.raises(Refusal, match=r"evidence\.missing"):
                ask(world, part, lost=frozenset({listed}))

    def test_every_form_that_is_there_is_held_before_an_answer(self) -> None:
        world, bids = world_until("present")
        found = ask(world, "identity")
        assert isinstance(found, Answerable)
        forms = {one.sha256.hex() for bid in bids for _, kind, one in bid.submission.contents() if kind == "form"}
        assert set(found.forms) == forms

    def test_a_list_of_presence_longer_than_the_roll_needs_is_not_read(self) -> None:
        world, _ = world_until("closed")
        data = canonical({"ciphertexts": [[]] * 100_000})
        world.documents[H(data).hex()] = data
        world.record(STREAM, "lot.present", {"ciphertexts": H(data).hex()})
        with pytest.raises(Refusal, match=r"canonical\.too_long"):
            ask(world, "identity")

    def test_of_two_bids_opens_nothing(self) -> None:
        world, bids = world_until("")
        world.close(bids[:2])
        world.present()
        for part in ("coin", "identity"):
            assert code(ask(world, part)) == ("custody.too_few", True)

    def test_of_three_of_which_one_is_lost_opens_nothing(self) -> None:
        world, bids = world_until("")
        world.close(bids[:3])
        world.present(missing={bids[0].submission.seals["identity"].form.sha256.hex()})
        assert code(ask(world, "identity")) == ("custody.too_few", True)

    def test_of_three_of_which_one_has_no_ticket_opens_nothing(self) -> None:
        world, bids = world_until("", ticket=World(72).ticket(World(72).party("odd")))
        world.close(bids[1:])
        world.present()
        assert code(ask(world, "identity")) == ("custody.too_few", True)

    def test_a_lost_bid_is_not_answered_for(self) -> None:
        world, bids = world_until("closed")
        world.present(missing={bids[0].submission.seals["offer"].files.sha256.hex()})
        assert seals(ask(world, "identity")) == sorted(bid.submission.bid_key for bid in bids[1:])

    def test_a_withdrawn_bid_is_not_answered_for(self) -> None:
        world, bids = world_until("")
        world.close(bids, withdrawn=[world.withdrawal(bids[0], 2)])
        world.present()
        assert seals(ask(world, "identity")) == sorted(bid.submission.bid_key for bid in bids[1:])

    def test_a_submission_that_is_kept_back_is_waited_for(self) -> None:
        world, bids = world_until("present")
        with pytest.raises(Refusal, match=r"evidence\.missing"):
            ask(world, "identity", lost=frozenset({bids[0].sha256}))


class TestTheNotice:
    def test_of_another_key_set_is_final(self) -> None:
        world, _ = world_until("present")
        other = World(99).keysets["identity"]
        found = BidRulebook(trust_of(world)).answerable(other.to_json(), DEADLINE, WorldEvidence(world))
        assert code(found) == ("custody.other_keyset", True)

    def test_of_custodians_that_are_not_in_our_trust_file(self) -> None:
        world, _ = world_until("present")
        trust = trust_of(world, custodians=sorted(world.identities)[1:])
        found = BidRulebook(trust).answerable
        with pytest.raises(Refusal, match=r"sealed\.not_a_custodian"):
            found(world.keysets["coin"].to_json(), DEADLINE, WorldEvidence(world))

    def test_of_a_custodian_whose_key_is_another(self) -> None:
        world, _ = world_until("present")
        trust = trust_of(world)
        forged = replace(trust.custodians["custodian-1"], key=trust.custodians["custodian-2"].key)
        odd = replace(trust, custodians={**trust.custodians, "custodian-1": forged})
        with pytest.raises(Refusal, match=r"sealed\.shared_identity"):
            BidRulebook(odd).answerable(world.keysets["coin"].to_json(), DEADLINE, WorldEvidence(world))

    def test_of_a_contributor_that_we_do_not_know(self) -> None:
        world, _ = world_until("present")
        trust = replace(trust_of(world), contributors={})
        found = BidRulebook(trust).answerable(world.keysets["coin"].to_json(), DEADLINE, WorldEvidence(world))
        assert code(found) == ("custody.other_contributor", False)

    def test_that_is_not_there(self) -> None:
        world, _ = world_until("present")
        world.log.entries = [entry for entry in world.log.entries if len(entry) == 32]
        assert code(ask(world, "coin", edit_events=lambda _stream, _events: [])) == ("custody.no_notice", False)

    @pytest.mark.parametrize("stopped", ["tender.suspended", "tender.terminated"])
    def test_of_a_tender_that_was_stopped(self, stopped: str) -> None:
        world, _ = world_until("present")
        stream = f"tender/{TENDER}"
        world.record(stream, stopped, world.acted(stopped, stream, {"reason": "a complaint"}, "tess", "sue"))
        assert code(ask(world, "identity")) == ("custody.tender_stands_still", False)

    def test_whose_lot_was_ordered_void(self) -> None:
        world, _ = world_until("present")
        stream = f"tender/{TENDER}"
        body = {"order": "o-1", "kind": "void_lot", "lot": LOT, "custodian": "", "reason": "court order"}
        world.record(stream, "order.issued", world.acted("order.issued", stream, body, "sue", "sam"))
        assert code(ask(world, "identity")) == ("custody.lot_void", False)


class TestContributions:
    def test_only_those_under_the_checkpoint_on_which_tickets_opened(self) -> None:
        world = World(75)
        stream = world.log.streams[STREAM]
        late = stream.pop()
        world.log.entries.remove(slot_entry(STREAM, late.event.version, late.leaf))
        again = world.record(STREAM, "contribution.recorded", late.event.public)
        assert again.index > late.index
        world.close([world.bid(world.party(f"plain{number}")) for number in range(3)])
        world.present()
        with pytest.raises(Refusal, match=r"opening\.contribution_missing"):
            ask(world, "coin")


class TestKeySets:
    def test_the_three_parts_of_a_lot_are_known(self) -> None:
        world, _ = world_until("")
        for made in world.keysets.values():
            BidRulebook(trust_of(world)).check_keyset(made.to_json(), WorldEvidence(world))

    def test_a_draw_is_not_of_this_rulebook(self) -> None:
        world, _ = world_until("")
        purpose = keyset.Purpose(TENDER, "", "draw-d1-0")
        keys = dict(world.keysets["coin"].custodians)
        when = keyset.conditions(purpose.part, clock.text(DEADLINE))
        draw = keyset.build(purpose, 3, keys, when).to_json()
        rulebook = BidRulebook(trust_of(world))
        with pytest.raises(Refusal, match=r"custody\.part_unknown"):
            rulebook.check_keyset(draw, WorldEvidence(world))
        assert code(rulebook.answerable(draw, DEADLINE, WorldEvidence(world))) == ("custody.part_unknown", True)

    @pytest.mark.parametrize(
        "conditions",
        [
            {"not_before": "2026-12-01T01:00:00.000Z", "after": ["roll"], "min_bids": 3},
            {"not_before": "2026-12-01T01:00:00.000Z", "after": ["roll", "present"], "min_bids": 2},
        ],
    )
    def test_forged_conditions_are_signed_by_nobody(self, conditions: dict[str, Json]) -> None:
        world, _ = world_until("")
        forged = {**world.keysets["identity"].to_json(), "conditions": conditions}
        with pytest.raises(Refusal, match=r"sealed\.bad_conditions"):
            BidRulebook(trust_of(world)).check_keyset(forged, WorldEvidence(world))
        with pytest.raises(Refusal, match=r"sealed\.bad_conditions"):
            BidRulebook(trust_of(world)).answerable(forged, DEADLINE, WorldEvidence(world))

    def test_a_trust_file_with_something_that_is_no_certificate(self) -> None:
        with pytest.raises(Refusal, match=r"custody\.bad_authority"):
            BidRulebook(replace(trust_of(world_until("")[0]), cas=("rubbish",)))
