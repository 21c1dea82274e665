"""What a platform says it computed, or shows in another way: a custodian computes for itself and believes the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bidding import opening
from bidding.parties import Party
from bidding.verdicts import Waiting
from ledger.basics.errors import Refusal
from ledger.custodian.rulebook import NotYet, Seen
from ledger.events import slot_entry
from ledger.sealed.opening import BAD
from tests.support.asking import STREAM, announced, ask, code, seals, world_until
from tests.support.world import World
from tests.support.world_log import DEADLINE, LOT, TENDER


class TestWhatThePlatformSays:
    """Coefficients and identities are computed anew; what says otherwise is not believed."""

    def test_announced_before_coefficients_is_waited_for(self) -> None:
        world, _ = world_until("identity")
        world.announce()
        assert code(ask(world, "offer")) == ("custody.event_missing", False)

    @pytest.mark.parametrize("member", ["alpha", "values", "contributions"])
    def test_other_coefficients(self, member: str) -> None:
        world, _ = world_until("identity")
        world.coefficients()
        body: dict[str, Any] = dict(world.public("lot.coefficients"))
        body[member] = {"alpha": "00" * 32, "values": {}, "contributions": body["contributions"][:1]}[member]
        forged, _ = world_until("identity")
        forged.record(STREAM, "lot.coefficients", body)
        forged.announce()
        found = ask(forged, "offer")
        assert code(found) == ("custody.computed_otherwise", False)
        assert isinstance(found, NotYet)
        assert found.params == {"event": "lot.coefficients"}

    def test_a_bid_called_void_that_is_not(self) -> None:
        world, _ = world_until("coefficients")
        read = world.announce()
        rows: Any = read["bids"]
        state = {"state": "void", "parties": [], "reason": {"code": "bid.seal_void", "article": "", "params": {}}}
        body = {**read, "bids": [{**rows[0], **state}, *rows[1:]], "counted": 3}
        forged, _ = world_until("coefficients")
        forged.record(STREAM, "lot.announced", body)
        found = ask(forged, "offer")
        assert isinstance(found, NotYet)
        assert (found.code, found.params) == ("custody.computed_otherwise", {"event": "lot.announced"})

    def test_a_party_that_is_kept_back_does_not_make_its_bid_void_quietly(self) -> None:
        world, _ = announced()

        def hide(stream: str, events: list[Seen]) -> list[Seen]:
            return [] if stream == "party/plain0" else events

        with pytest.raises(Refusal, match=r"evidence\.kept_back"):
            ask(world, "offer", edit_events=hide)

    def test_nor_when_the_platform_announces_it_so(self) -> None:
        world, _ = world_until("coefficients")
        self._announce_with(world, lambda party: None if party == "plain0" else world.registered(party))

        def hide(stream: str, events: list[Seen]) -> list[Seen]:
            return [] if stream == "party/plain0" else events

        with pytest.raises(Refusal, match=r"evidence\.kept_back"):
            ask(world, "offer", edit_events=hide)
        assert code(ask(world, "offer")) == ("custody.computed_otherwise", False)

    def test_a_twin_of_a_registration_shown_in_its_place_opens_nothing(self) -> None:
        world, _ = world_until("closed")
        true = world.log.streams.pop("party/plain0")
        twin = {**world.party("plain0").public(), "seal_key": world.party("another").party.seal_key}
        world.record("party/plain0", "party.registered", twin, at=true[0].event.at)
        assert world.log.streams["party/plain0"][0].event.version == true[0].event.version
        for step in (world.present, lambda: world.release("coin"), lambda: world.release("identity")):
            step()
        world.coefficients()
        self._announce_with(world, lambda party: Party.parse(twin) if party == "plain0" else world.registered(party))
        with pytest.raises(Refusal, match=r"evidence\.twin"):
            ask(world, "offer")

    def test_a_second_registration_shown_once_the_bid_is_known_changes_nothing(self) -> None:
        world, bids = world_until("")
        again = {**world.party("plain0").public(), "seal_key": world.party("another").party.seal_key}
        world.record("party/plain0", "party.registered", again, at=DEADLINE - timedelta(days=1))
        for step in (lambda: world.close(bids), world.present, lambda: world.release("coin")):
            step()
        world.release("identity")
        world.coefficients()
        second = Party.parse(again)
        self._announce_with(world, lambda party: second if party == "plain0" else world.registered(party))
        assert code(ask(world, "offer")) == ("custody.computed_otherwise", False)

    def _announce_with(self, world: World, registered: Callable[[str], Party | None]) -> None:
        """What a platform announces that takes registrations as it likes: `plain0` is void."""
        read = world.read_identities(registered=registered)
        assert not isinstance(read, Waiting)
        body = world.said(opening.announced(world.sealed_lot(), read))
        assert (body["counted"], body["failed"]) == (3, False)
        world.record(STREAM, "lot.announced", body)

    def test_an_issuance_that_is_kept_back_is_a_gap(self) -> None:
        world, _ = announced()

        def hide(stream: str, events: list[Seen]) -> list[Seen]:
            return events[1:] if stream.startswith("issuance/") else events

        with pytest.raises(Refusal, match=r"evidence\.kept_back"):
            ask(world, "offer", edit_events=hide)

    def test_the_last_ticket_is_not_kept_back_either(self) -> None:
        world, _ = world_until("coefficients")
        read = world.read_identities(issued=lambda party: None if party == "odd" else world.issued(party))
        assert not isinstance(read, Waiting)
        body = world.said(opening.announced(world.sealed_lot(), read))
        assert (body["counted"], body["failed"]) == (3, False)
        never_disclosed = world.log.hidden[f"issuance/{TENDER}/{LOT}"].pop()
        world.record(STREAM, "lot.announced", body)
        assert code(ask(world, "offer")) == ("custody.issuance_kept_back", False)
        slot = slot_entry(never_disclosed.event.stream, never_disclosed.event.version, never_disclosed.leaf)
        world.log.entries.append(slot)
        world.log.witness(world.now)
        assert code(ask(world, "offer")) == ("custody.computed_otherwise", False)

    def test_a_ticket_exchanged_for_a_twin_is_kept_back(self) -> None:
        world, bids = world_until("")
        stream = f"issuance/{TENDER}/{LOT}"
        issued, hidden = world.log.streams[stream], world.log.hidden[stream]
        # Written in good time in the same version, to be shown if that bid is not to count.
        true = issued.pop()
        twin = world.record(stream, "ticket.issued", {**true.event.public, "party": "somebody"}, visible=False)
        issued[-1], hidden[-2:] = true, [true]
        world.close(bids)
        for step in (world.present, lambda: world.release("coin"), lambda: world.release("identity")):
            step()
        world.coefficients()
        issued[-1], hidden[-1] = twin, twin
        self._announce_with(world, world.registered)
        assert code(ask(world, "offer")) == ("custody.issuance_kept_back", False)

    def test_a_party_registered_after_the_roll_is_nobody(self) -> None:
        world = World(73)
        late = world.party("late", registered=False)
        bids = [world.bid(world.party(f"plain{number}")) for number in range(3)] + [world.bid(late)]
        world.close(bids)
        world.present()
        for part in ("coin", "identity"):
            world.release(part)
        world.coefficients()
        world.record("party/late", "party.registered", late.public())
        world.issue(late)
        assert world.announce()["counted"] == 4
        assert code(ask(world, "offer")) == ("custody.computed_otherwise", False)

    def test_releases_that_are_too_few_leave_it_to_wait(self) -> None:
        world = World(74)
        world.close([world.bid(world.party(f"plain{number}")) for number in range(3)])
        world.present()
        world.release("coin", ["custodian-1", "custodian-2"])
        body: dict[str, Any] = {
            "contributions": [{"party": "contributor-1", "verdict": "open", "value": "00" * 32}],
            "alpha": "00" * 32,
            "values": {},
        }
        world.record(STREAM, "lot.coefficients", body)
        found = ask(world, "offer")
        assert isinstance(found, NotYet)
        assert (found.code, found.params["why"]) == ("custody.not_computable", "opening.releases_missing")

    def test_a_failed_lots_offers_stay_shut_for_ever(self) -> None:
        world, _ = world_until("", sign=lambda _made, _who: {})
        bids = [bid for bid in world.bids.values() if bid.orgs[0].party.party in {"odd", "plain0", "plain1"}]
        world.close(bids)
        world.present()
        for part in ("coin", "identity"):
            world.release(part)
        world.coefficients()
        assert world.announce()["failed"] is True
        assert code(ask(world, "offer")) == ("custody.lot_failed", True)

    def test_a_custodian_that_lies_does_not_change_what_the_others_compute(self) -> None:
        world, _ = world_until("present")
        world.record_release("coin", "custodian-5", world.answer("coin", "custodian-5", lambda _n, _a: BAD))
        world.record_release("identity", "custodian-5", world.answer("identity", "custodian-5", lambda _n, _a: BAD))
        for part in ("coin", "identity"):
            world.release(part, [f"custodian-{number}" for number in range(1, 5)])
        world.coefficients()
        world.announce()
        assert len(seals(ask(world, "offer"))) == 4
