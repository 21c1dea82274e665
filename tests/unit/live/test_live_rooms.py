"""What a room says: every prefix of a history is how the whole begins, and the same again whoever tells it."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from bidding.acts import block
from ledger.basics import clock
from ledger.basics.hashing import H
from ledger.events import Event
from tests.support.stored import stored
from tests.support.tender_notice import TENDER as RUN_TENDER
from tests.support.tender_notice import documents
from tests.support.tenders import Run
from tests.support.world import World
from tests.support.world_bids import broken_capsule
from tests.support.world_log import LOT, TENDER
from web.live import protocol
from web.live.messages import (
    Announced,
    Bidder,
    Blocked,
    Closed,
    Coefficients,
    Failed,
    Halted,
    Message,
    Objection,
    Offer,
    Release,
    Sheet,
    Text,
)
from web.live.rooms import Room

M = TypeVar("M", bound=Message)


class Names:
    """Everybody is called by their code."""

    def party(self, uscc: str, before: int) -> Text | None:
        return Text(zh=f"公司{uscc[-3:]}", en=f"Firm {uscc[-3:]}") if before else None

    def custodian(self, id_: str) -> Text:
        return Text(zh=f"机构{id_}", en=f"House {id_}")


@cache
def world() -> World:
    """Four bids, one with a broken seal; all of it opened, with custodians that answer twice as late as others."""
    made = World(5)
    bids = [made.bid(made.party(f"p{number}")) for number in range(3)]
    bids.append(made.bid(made.party("odd"), edit_seal=broken_capsule(1)))
    made.close(bids)
    made.present()
    everybody = sorted(made.masters)
    made.release("coin", everybody[:3])
    made.coefficients()
    made.release("identity")
    made.announce()
    made.release("coin", everybody[3:])
    made.release("offer")
    made.offers()
    return made


def events() -> list[tuple[Event, int]]:
    made = world()
    room = Room(TENDER, LOT, stored(made.documents), Names())
    records = [one for stream in room.streams for one in made.log.streams[stream]]
    return sorted(((one.event, one.index) for one in records), key=lambda pair: pair[1])


@cache
def whole() -> tuple[tuple[bytes, ...], ...]:
    """The messages of each event, encoded."""
    room = Room(TENDER, LOT, stored(world().documents), Names())
    return tuple(tuple(protocol.encode(one) for one in room.tell(event, place)) for event, place in events())


def said(*kinds: type[Message]) -> list[Message]:
    room = Room(TENDER, LOT, stored(world().documents), Names())
    found = [one for event, place in events() for one in room.tell(event, place)]
    return [one for one in found if isinstance(one, kinds)] if kinds else found


def test_numbers_count_from_one_without_a_gap() -> None:
    assert [one.n for one in said()] == list(range(1, len(said()) + 1))


def test_every_prefix_of_a_history_is_how_the_whole_begins() -> None:
    for length in range(len(events()) + 1):
        room = Room(TENDER, LOT, stored(world().documents), Names())
        told = [protocol.encode(one) for event, place in events()[:length] for one in room.tell(event, place)]
        assert told == [one for messages in whole()[:length] for one in messages]


def test_what_is_sent_is_read_back_strictly() -> None:
    data = [one for messages in whole() for one in messages]
    frame = protocol.read_frame(protocol.said(data))
    assert isinstance(frame, protocol.Said)
    assert [protocol.encode(one) for one in frame.messages] == data


def test_bids_are_announced_and_offers_opened_one_by_one() -> None:
    bidders, offers = said(Bidder), said(Offer)
    assert [one.place for one in bidders if isinstance(one, Bidder)] == [1, 2, 3, 4]
    states = sorted(one.state for one in [*bidders, *offers] if isinstance(one, Bidder | Offer))
    assert states.count("void") == 1
    for one in offers:
        assert isinstance(one, Offer)
        assert one.price_fen == 80_000_000
        assert [check.verdict for check in one.checks] == ["pass"] * 6
    (announced,), (sheet,) = said(Announced), said(Sheet)
    assert isinstance(announced, Announced)
    assert isinstance(sheet, Sheet)
    assert (announced.bids, announced.counted, sheet.of) == (4, 3, 3)


def test_a_drawn_coefficient_stands_beside_its_published_list() -> None:
    (drawn,) = said(Coefficients)
    assert isinstance(drawn, Coefficients)
    assert drawn.drawn
    assert all(one.value in one.values for one in drawn.drawn)


def test_each_answer_of_a_custodian_is_told_as_it_comes() -> None:
    found = [one for one in said(Release) if isinstance(one, Release)]
    assert [one.have for one in found if one.part == "coin"] == [1, 2, 3, 4, 5]
    assert {one.need for one in found} == {3}


def test_every_message_has_a_sentence_in_both_languages_without_holes() -> None:
    for one in said():
        for text in (one.say.zh, one.say.en):
            assert text
            assert "{" not in text
        assert one.source.rpartition("@")[0] in (f"tender/{TENDER}", f"lot/{TENDER}/{LOT}")


# --- what an opening rarely sees, played on the procedure alone -----------------------------------------------------


def messages_of(run: Run, lot: str = "lot-1") -> list[Message]:
    room = Room(RUN_TENDER, lot, stored(run.documents), Names())
    return [
        one
        for place, event in enumerate(run.events, 1)
        if event.stream in room.streams
        for one in room.tell(event, place)
    ]


def played(*, lots: tuple[str, ...] = ("lot-1",)) -> Run:
    made = Run(lots)
    texts = documents("works-2019", lots, "works")
    made.documents |= {H(data).hex(): data for data in texts.values()}
    made.open_tickets()
    return made


def only(found: list[Message], kind: type[M]) -> M:
    (one,) = [one for one in found if isinstance(one, kind)]
    return one


def test_fewer_than_three_open_nothing_and_the_hall_says_why() -> None:
    run = played()
    run.close("lot-1", 2)
    found = messages_of(run)
    closed, failed = only(found, Closed), only(found, Failed)
    assert (closed.bids, closed.need) == (2, 3)
    assert "不予开标" in closed.say.zh
    assert failed.over == "failed"
    assert failed.reason.words.zh in failed.say.zh
    assert failed.reason.article in failed.say.zh
    assert "Regulations art. 44" in failed.say.en


def test_an_opening_that_waits_names_who_is_missing() -> None:
    run = played()
    run.close("lot-1", 4)
    run.present("lot-1")
    run.release("lot-1", "coin", 1)
    run.now = run.clocks.end("opening_wait", run.state("lot-1").times["lot.present"])
    run.apply(block.decide(run.procedure, block.Block("lot-1"), run.now))
    blocked = only(messages_of(run), Blocked)
    assert (blocked.have, blocked.need, blocked.missing) == (1, 2, ["custodian-2", "custodian-3"])


def test_too_few_that_count_leave_the_offers_shut() -> None:
    run = played()
    run.close("lot-1", 4)
    run.present("lot-1")
    run.release("lot-1", "coin")
    run.coefficients("lot-1")
    run.release("lot-1", "identity")
    run.announce("lot-1", counted=2)
    found = messages_of(run)
    announced = only(found, Announced)
    assert (announced.counted, announced.failed) == (2, True)
    assert announced.until
    assert [one.state for one in found if isinstance(one, Bidder)].count("void") == 2
    assert not [one for one in found if isinstance(one, Offer)]


def test_a_hall_hears_of_its_own_lot_and_of_the_whole_tender_and_of_no_other_lot() -> None:
    run = played(lots=("lot-1", "lot-2"))
    run.object("documents", "lot-2", "somebody")
    run.object("documents", "", "somebody")
    run.act("tender.suspended", {"reason": "停电"}, "buyer-1", "agent")
    here, there = messages_of(run), messages_of(run, "lot-2")
    assert [one.lot for one in here if isinstance(one, Objection)] == [""]
    assert [one.lot for one in there if isinstance(one, Objection)] == ["lot-2", ""]
    assert only(here, Halted).reason == "停电"


def test_staff_hears_what_is_owed_and_by_when() -> None:
    run = played()
    made = run.object("documents", "lot-1", "somebody")
    room = Room(RUN_TENDER, "lot-1", stored(run.documents), Names())
    for place, event in enumerate(run.events, 1):
        room.tell(event, place)
    (owed,) = room.staff(run.now, ["custodian-2"]).owed
    limit = run.clocks.end("objection_reply", run.now)
    assert (owed.subject, owed.limit, owed.lamp) == (made, clock.text(limit), "")
    assert room.staff(limit, ()).owed[0].lamp == "red"
    assert room.state(run.now, ["custodian-2"]).silent == ["custodian-2"]
