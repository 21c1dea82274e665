"""The roll holds what stood in a witnessed minute by the deadline, the highest number of each bid key, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from bidding import roll
from bidding.procedures import listing, payloads
from bidding.procedures.listing import Body
from bidding.roll import Minute, Witnessed
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from tests.support.stored import stored
from tests.support.world_log import DEADLINE, GRACE, INTERVAL

A, B, C, W = "aa" * 32, "bb" * 32, "cc" * 32, "dd" * 32
LAST = DEADLINE - INTERVAL


@dataclass(frozen=True)
class Message:
    bid_key: str
    seq: int


def minute(version: int, start: datetime, accepted: str = "", withdrawn: str = "", late: int = 30) -> Minute:
    witnessed = Witnessed(10 * version, start + INTERVAL + timedelta(seconds=late))
    return Minute(version, start, tuple(accepted.split()), tuple(withdrawn.split()), witnessed)


def counted(*minutes: Minute, messages: dict[str, Message], **changes: Any) -> Json:
    settings: dict[str, Any] = {"deadline": DEADLINE, "interval": INTERVAL, "grace": GRACE, **changes}
    return roll.count("t-1", "lot-1", minutes, messages, messages, **settings)["submissions"]


def test_what_stands_in_the_last_minute_before_the_deadline_counts() -> None:
    assert counted(minute(1, LAST, A), messages={A: Message("k1", 1)}) == [A]


def test_what_stands_in_the_minute_after_does_not() -> None:
    assert counted(minute(1, DEADLINE, A), messages={A: Message("k1", 1)}) == []


def test_a_minute_that_ends_after_the_deadline_does_not_count_at_all() -> None:
    half = DEADLINE - INTERVAL / 2
    assert counted(minute(1, half, A), messages={A: Message("k1", 1)}) == []


@pytest.mark.parametrize(("late", "counts"), [(120, True), (121, False)])
def test_a_minute_counts_if_witnessed_within_the_grace_after_its_end(late: int, *, counts: bool) -> None:
    assert counted(minute(1, LAST, A, late=late), messages={A: Message("k1", 1)}) == ([A] if counts else [])


def test_a_minute_that_nobody_witnessed_does_not_count() -> None:
    unseen = Minute(1, LAST, (A,), (), None)
    assert counted(unseen, messages={A: Message("k1", 1)}) == []


def test_of_one_bid_key_the_highest_number_counts() -> None:
    messages = {A: Message("k1", 1), B: Message("k1", 2), C: Message("k2", 1)}
    assert counted(minute(1, LAST - INTERVAL, f"{A} {C}"), minute(2, LAST, B), messages=messages) == [B, C]


def test_a_replacement_in_a_minute_that_does_not_count_replaces_nothing() -> None:
    messages = {A: Message("k1", 1), B: Message("k1", 2)}
    assert counted(minute(1, LAST, A), minute(2, DEADLINE, B), messages=messages) == [A]


def test_a_withdrawal_with_a_higher_number_takes_the_bid_off() -> None:
    messages = {A: Message("k1", 1), W: Message("k1", 2)}
    assert counted(minute(1, LAST, A, W), messages=messages) == []


def test_a_bid_after_a_withdrawal_is_a_bid_again() -> None:
    messages = {A: Message("k1", 1), W: Message("k1", 2), B: Message("k1", 3)}
    assert counted(minute(1, LAST, f"{A} {B}", W), messages=messages) == [B]


def test_the_order_in_which_minutes_are_given_does_not_matter() -> None:
    messages = {A: Message("k1", 1), B: Message("k1", 2), C: Message("k2", 1)}
    minutes = [minute(1, LAST - INTERVAL, f"{A} {C}"), minute(2, LAST, B)]
    assert counted(*minutes, messages=messages) == counted(*reversed(minutes), messages=messages)


def test_of_one_number_twice_the_first_minute_counts() -> None:
    messages = {A: Message("k1", 1), B: Message("k1", 1)}
    assert counted(minute(1, LAST - INTERVAL, B), minute(2, LAST, A), messages=messages) == [B]


def test_a_listed_message_that_nobody_has_is_missing() -> None:
    with pytest.raises(Refusal, match=r"roll\.message_missing"):
        counted(minute(1, LAST, A), messages={})


def test_an_empty_roll_is_a_roll() -> None:
    assert counted(messages={}) == []


class TestSpelling:
    def test_a_minutes_lists_are_sorted(self) -> None:
        value = roll.minute_value("t-1", "lot-1", [B, A], [W])
        assert value == {"tender": "t-1", "lot": "lot-1", "accepted": [A, B], "withdrawn": [W]}
        read = roll.parse_minute(value, tender="t-1", lot="lot-1", version=3, start=LAST, witnessed=None)
        assert read == Minute(3, LAST, (A, B), (W,), None)

    @pytest.mark.parametrize(
        ("value", "code"),
        [
            ({"tender": "t-2", "lot": "lot-1", "accepted": [], "withdrawn": []}, "roll.other_lot"),
            ({"tender": "t-1", "lot": "lot-1", "accepted": [B, A], "withdrawn": []}, "roll.unsorted"),
            ({"tender": "t-1", "lot": "lot-1", "accepted": [A, A], "withdrawn": []}, "roll.doubled"),
            ({"tender": "t-1", "lot": "lot-1", "accepted": "", "withdrawn": []}, "roll.malformed"),
            ({"tender": "t-1", "lot": "lot-1", "accepted": ["AA" * 32], "withdrawn": []}, "canonical.bad_hex"),
            ({"tender": "t-1", "lot": "lot-1", "accepted": []}, "canonical.missing_member"),
        ],
    )
    def test_another_spelling_is_refused(self, value: object, code: str) -> None:
        with pytest.raises(Refusal) as caught:
            roll.parse_minute(value, tender="t-1", lot="lot-1", version=1, start=LAST, witnessed=None)
        assert caught.value.code == code

    def test_the_entry_is_not_blinded(self) -> None:
        made = roll.roll_object("t-1", "lot-1", [B, A])
        subject = H(canonical({"lot": "lot-1", "tender": "t-1"}))
        assert roll.roll_entry(made) == b"mingjing/roll/v1\0" + subject + H(canonical(made))
        assert roll.roll_hash(made) == H(canonical({"tender": "t-1", "lot": "lot-1", "submissions": [A, B]}))

    @pytest.mark.parametrize("submissions", [[B, A], [A, A], "x", [1]])
    def test_a_roll_has_one_spelling(self, submissions: Any) -> None:
        with pytest.raises(Refusal, match=r"roll\."):
            roll.parse_roll({"tender": "t-1", "lot": "lot-1", "submissions": submissions})

    def test_the_closing_event_lists_the_minutes_that_hold_something(self) -> None:
        made = roll.roll_object("t-1", "lot-1", [A])
        body = roll.closed_body(made, [minute(2, LAST, A), minute(1, LAST - INTERVAL)])
        witnessed = {"size": 20, "at": clock.text(DEADLINE + timedelta(seconds=30))}
        row = {"version": 2, "accepted": [A], "withdrawn": [], "witnessed": witnessed}
        assert _whole(body) == {"roll": made, "minutes": [row]}
        payloads.check("lot.closed", body.public)
        assert Witnessed.parse(witnessed).to_json() == witnessed

    def test_nothing_closes_before_its_minutes_are_witnessed(self) -> None:
        made = roll.roll_object("t-1", "lot-1", [])
        assert _whole(roll.closed_body(made, [Minute(1, LAST, (), (), None)]))["minutes"] == []
        with pytest.raises(Refusal, match=r"roll\.unwitnessed"):
            roll.closed_body(made, [Minute(1, LAST, (A,), (), None)])

    @pytest.mark.parametrize(
        "value",
        [
            {},
            {"size": "5", "at": clock.text(LAST)},
            {"size": 5, "at": "noon"},
            {"size": 5, "at": clock.text(LAST), "root": ""},
        ],
    )
    def test_when_a_minute_was_witnessed_has_one_spelling(self, value: object) -> None:
        with pytest.raises(Refusal):
            Witnessed.parse(value)


def _whole(made: Body) -> dict[str, Any]:
    return listing.whole("lot.closed", made.public, stored(made.documents))
