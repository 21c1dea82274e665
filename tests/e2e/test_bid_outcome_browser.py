"""The bidder's room against an office that lies: roll, verdict, witnesses, an old log. Only what is proved is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from bidding import roll as rolls
from ledger.basics import clock, signing
from tests.support.outcomes import DEADLINE, LOT, MINUTE, OLDER, OTHERS, OWN, OWN_KEY, TENDER, Lot, receipt
from tests.support.proofs import BOX, SmallLog, trust
from tests.support.static_pages import served

CALL: Final = "async ([name, given]) => (await import('/support/outcome.js')).call(name, given)"
PARTY: Final = "party-1"
SENT: Final = DEADLINE - 3 * MINUTE
RECEIPTS: Final = [receipt(OLDER, 1, SENT), receipt(OWN, 2, SENT)]
WITHDRAWN: Final = [*RECEIPTS, receipt("ee" * 32, 3, SENT, "withdrawal")]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that has seen nothing yet."""
    with served() as url:
        context = browser.new_context()
        made = context.new_page()
        made.goto(f"{url}/")
        yield made
        context.close()


def call(page: Page, name: str, *given: Any) -> dict[str, Any]:
    """What a check of the room gives: `{value}`, or the `{code}` of its refusal."""
    found: dict[str, Any] = page.evaluate(CALL, [name, list(given)])
    return found


def stands(
    page: Page,
    data: dict[str, Any],
    receipts: list[dict[str, Any]] = RECEIPTS,
    sealed: dict[str, Any] | None = None,
    *,
    unsent: bool = True,
) -> dict[str, list[str]]:
    """The keys of what is said of a bid, by kind."""
    about = {"receipts": receipts, "sealed": sealed, "unsent": unsent, "bidKey": OWN_KEY}
    got = call(page, "fate", about, data, clock.text(DEADLINE), trust())
    assert "value" in got, got
    return {kind: [key for key, _ in rows] for kind, rows in got["value"].items()}


def checked(page: Page, data: dict[str, Any]) -> dict[str, Any]:
    """What the log says of a lot, or the code of the refusal."""
    return call(page, "outcome", data, clock.text(DEADLINE), trust())


def told(*steps: str, **lies: Any) -> Lot:
    """A lot that came so far; `step__parameter=value` where a step lies."""
    made = Lot()
    for step in steps:
        changed = {name.partition("__")[2]: value for name, value in lies.items() if name.startswith(f"{step}__")}
        getattr(made, step)(**changed)
    return made


ALL: Final = ("close", "announce", "open_offers", "evaluate")


def test_what_the_log_proves_is_said_from_the_roll_to_the_rank(page: Page) -> None:
    assert stands(page, told(*ALL).data()) == {
        "proved": ["fate.on_roll", "fate.announced.counted", "fate.offer.opened", "fate.rank", "fate.total"],
        "told": [],
        "alarms": [],
    }


def test_before_the_roll_a_bid_is_accepted_whatever_the_office_says(page: Page) -> None:
    assert stands(page, told().data())["proved"] == ["fate.accepted"]
    assert stands(page, {**told().data(), "state": "closing"})["told"] == ["told.closing"]


def test_a_roll_without_witnesses_is_the_office_s_word(page: Page) -> None:
    data = told("close").data()
    for one in data["outcome"]["events"]:
        one["proof"] = ""
    data["closing"] = {}
    assert stands(page, data) == {"proved": ["fate.accepted"], "told": ["told.closed"], "alarms": []}


@pytest.mark.parametrize(
    ("step", "lie", "alarm"),
    [
        ("close", {"listed": OTHERS, "accepted": OTHERS}, "alarm.dropped"),
        ("close", {"listed": OTHERS}, "alarm.miscounted"),
        ("close", {"listed": OTHERS, "witnessed": DEADLINE + 5 * MINUTE}, "alarm.too_late"),
        ("close", {"listed": sorted([OLDER, *OTHERS])}, "alarm.older"),
        ("announce", {"submission": OLDER}, "alarm.other_announced"),
    ],
)
def test_what_contradicts_the_box_s_receipt_is_an_alarm(page: Page, step: str, lie: dict[str, Any], alarm: str) -> None:
    data = told("close", "announce", **{f"{step}__{name}": value for name, value in lie.items()}).data()
    found = stands(page, data)
    assert alarm in found["alarms"]
    assert "fate.announced.counted" not in found["proved"]


def test_a_bid_of_the_roll_that_is_not_announced_or_not_opened_is_an_alarm(page: Page) -> None:
    made = told("close")
    made.tell("lot.announced", {"bids": made.document({"bids": []}), "counted": 0, "failed": True})
    assert stands(page, made.data())["alarms"] == ["alarm.not_announced"]
    made = told("close", "announce")
    made.tell("lot.offers_opened", {"bids": made.document({"bids": []})})
    assert stands(page, made.data())["alarms"] == ["alarm.not_opened"]


def test_a_withdrawn_bid_is_off_the_roll_or_it_is_an_alarm(page: Page) -> None:
    gone = told("close", close__listed=OTHERS).data()
    assert stands(page, gone, WITHDRAWN)["proved"] == ["fate.withdrawn_off_roll"]
    assert stands(page, told("close").data(), WITHDRAWN)["alarms"] == ["alarm.withdrawn_on_roll"]


def test_a_bid_whose_receipt_was_lost_stands_where_the_roll_has_it(page: Page) -> None:
    sealed = {"seq": 2, "sha256": OWN}
    for receipts in ([], RECEIPTS[:1]):
        found = stands(page, told(*ALL).data(), receipts, sealed, unsent=False)
        assert found["proved"] == [
            "fate.on_roll_unreceipted",
            "fate.announced.counted",
            "fate.offer.opened",
            "fate.rank",
            "fate.total",
        ]
        assert found["alarms"] == []
    both = told("close", close__listed=sorted([OLDER, OWN, *OTHERS])).data()
    assert stands(page, both, RECEIPTS[:1], sealed)["alarms"] == ["alarm.older"]


def test_that_a_sealed_bid_was_not_sent_is_said_only_where_that_is_known(page: Page) -> None:
    sealed = {"seq": 2, "sha256": OWN}
    assert stands(page, told().data(), [], sealed)["proved"] == ["fate.sealed"]
    unsure = stands(page, told().data(), [], sealed, unsent=False)
    assert (unsure["proved"], unsure["told"]) == ([], ["told.no_receipt"])
    gone = told("close", close__listed=OTHERS).data()
    assert stands(page, gone, [], sealed, unsent=False)["proved"] == ["fate.sealed_off_roll"]


def test_a_verdict_is_the_log_s_not_the_office_s(page: Page) -> None:
    reason = {"code": "bid.unchecked", "article": "", "params": {}}
    data = told("close", "announce", announce__state="void", announce__reason=reason).data()
    word = {"said": "counted", "reason": "", "rank": "1", "total": "99", "marks": [], "awarded": True}
    found = stands(page, {**data, "results": {OWN_KEY: word}})
    assert found["proved"] == ["fate.on_roll", "fate.announced.void"]
    assert found["told"] == [], "what is proved needs no word of the office"
    assert "verdict.awarded" not in found["proved"]


def test_the_award_is_said_only_as_long_as_it_stands(page: Page) -> None:
    made = told(*ALL)
    made.tell("lot.awarded", {"bid_key": OWN_KEY, "rank": 1, "price_fen": 1})
    assert "verdict.awarded" in stands(page, made.data())["proved"]
    made.tell("lot.next_candidate", {"from": OWN_KEY, "to": OTHERS[0], "reason": "x"})
    assert "verdict.awarded" not in stands(page, made.data())["proved"]


# --- proofs that do not hold ------------------------------------------------------------------------------------------


def other_roll(data: dict[str, Any]) -> None:
    """The event is changed after the fact."""
    data["outcome"]["events"][0]["event"]["public"]["roll"]["submissions"] = sorted(OTHERS)


def other_list(data: dict[str, Any]) -> None:
    """The list is not the one that the event names."""
    name = data["outcome"]["events"][1]["event"]["public"]["bids"]
    data["outcome"]["lists"][name]["bids"][0]["state"] = "void"


def no_list(data: dict[str, Any]) -> None:
    """The list is not shown."""
    data["outcome"]["lists"].clear()


def other_lot(data: dict[str, Any]) -> None:
    """Another lot's events."""
    data["lot"] = "lot-2"


def turned(data: dict[str, Any]) -> None:
    """Another order."""
    data["outcome"]["events"].reverse()


def other_proof(data: dict[str, Any]) -> None:
    """The proof of another event."""
    first, second = data["outcome"]["events"]
    first["proof"] = second["proof"]


def entry_left_out(data: dict[str, Any]) -> None:
    """The log around the closing lacks an entry."""
    data["closing"]["entries"].pop(0)


def other_edge(data: dict[str, Any]) -> None:
    """The log is shown from somewhere else."""
    data["closing"]["edge"][0] = "00" * 32


LIES: Final[list[tuple[Callable[[dict[str, Any]], None], str]]] = [
    (other_roll, "merkle.not_included"),
    (other_list, "client.document_differs"),
    (no_list, "client.document_differs"),
    (other_lot, "evidence.stream_order"),
    (turned, "evidence.stream_order"),
    (other_proof, "merkle.not_included"),
    (entry_left_out, "merkle.inconsistent"),
    (other_edge, "merkle.inconsistent"),
]


@pytest.mark.parametrize(("lie", "code"), LIES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_proof_that_does_not_hold_is_refused(page: Page, lie: Callable[[dict[str, Any]], None], code: str) -> None:
    data = told("close", "announce").data()
    assert "value" in checked(page, data)
    lie(data)
    assert checked(page, data) == {"code": code}


def test_too_few_witnesses_prove_nothing(page: Page) -> None:
    assert checked(page, told("close").data(witnesses=1)) == {"code": "checkpoint.too_few_witnesses"}


def test_a_second_roll_is_found_out_though_it_stands_in_the_log(page: Page) -> None:
    made = Lot()
    made.log.raw(rolls.roll_entry(rolls.roll_object(TENDER, LOT, OTHERS)))
    made.close()
    assert checked(page, made.data()) == {"code": "roll.not_first"}


def test_another_telling_of_the_closing_is_found_out(page: Page) -> None:
    made = Lot()
    made.log.add(f"lot/{TENDER}/{LOT}", 1, "lot.failed", {"reason": {}})
    made.close()
    assert checked(page, made.data()) == {"code": "evidence.twin"}


def test_a_log_that_is_shown_from_after_the_deadline_does_not_prove_the_first_roll(page: Page) -> None:
    made = Lot()
    made.log.raw(rolls.roll_entry(rolls.roll_object(TENDER, LOT, OTHERS)))
    made.seen(DEADLINE + timedelta(seconds=1))
    made.close()
    found = stands(page, made.data())
    assert (found["proved"], found["told"]) == (["fate.on_roll"], ["told.not_first"])


def test_what_was_shown_once_may_not_be_left_out(page: Page) -> None:
    seen = checked(page, told("close", "announce").data())["value"]["events"]
    assert call(page, "continues", PARTY, TENDER, LOT, seen, 0) == {"value": "kept"}
    asked = call(page, "before", PARTY)["value"]["lots"][f"{TENDER}/{LOT}"]
    lacking: list[list[Any]] = [seen[:1], []]
    for less in lacking:
        assert call(page, "continues", PARTY, TENDER, LOT, less, asked) == {"code": "evidence.kept_back"}
    assert call(page, "continues", PARTY, TENDER, "lot-2", [], 0) == {"value": "kept"}
    assert call(page, "continues", "party-2", TENDER, LOT, [], 0) == {"value": "kept"}, "it was shown nothing yet"


def test_a_page_that_was_asked_for_before_more_was_shown_keeps_nothing_back(page: Page) -> None:
    seen = checked(page, told(*ALL).data())["value"]["events"]
    assert call(page, "continues", PARTY, TENDER, LOT, seen, 0) == {"value": "kept"}
    for asked, less in ((0, []), (1, seen[:1]), (2, seen[:2])):
        assert call(page, "continues", PARTY, TENDER, LOT, less, asked) == {"value": "kept"}
    # What was shown is not forgotten by it; a gap, or another event in the place of one, is no matter of when.
    other = [*seen[:2], {**seen[2], "leaf": "00" * 32}]
    for wrong, asked in ((seen[:2], 3), (seen[:1], 2), ([seen[0], seen[2]], 0), (other, 0)):
        assert call(page, "continues", PARTY, TENDER, LOT, wrong, asked) == {"code": "evidence.kept_back"}


# --- the log's head and its minutes -----------------------------------------------------------------------------------


def opened(log: SmallLog, box_key: str = "") -> dict[str, Any]:
    """`log.opened`."""
    key = box_key or signing.public_bytes(BOX).hex()
    return log.add("log", 1, "log.opened", {"box_key": key, "interval_ms": 60_000, "grace_ms": 120_000})


def minute(log: SmallLog, number: int) -> dict[str, Any]:
    """A minute of the box, the third one being that of our receipt."""
    return log.add("box", number, "box.minute", {"minute": clock.text(SENT + (number - 3) * MINUTE)})


def listed(log: SmallLog, rows: list[dict[str, Any]], witnesses: int = 2, *, after: timedelta = 2 * MINUTE) -> Any:
    """What the office says of the log to everybody, the minutes witnessed `after` the start of our receipt's."""
    shown = [log.proved(one, witnesses, SENT + after) for one in rows]
    return {"head": log.note(witnesses, at=SENT + after), "log": shown[:1], "minutes": shown[1:]}


@pytest.mark.parametrize(
    ("numbers", "after", "said"),
    [
        ((1, 2, 3, 4), 2 * MINUTE, "seen"),
        ((1, 2, 3, 4), 9 * MINUTE, "late"),
        ((4, 5), 2 * MINUTE, "passed"),
        ((1, 2), 2 * MINUTE, "waits"),
    ],
)
def test_a_receipt_s_minute_is_witnessed_only_where_that_is_proved(
    page: Page, numbers: tuple[int, ...], after: timedelta, said: str
) -> None:
    log = SmallLog()
    rows = [opened(log), *(minute(log, number) for number in numbers)]
    got = call(page, "heard", listed(log, rows, after=after), trust())
    assert call(page, "minute", PARTY, clock.text(SENT), got["value"])["value"]["said"] == said


def test_a_minute_that_is_said_to_be_witnessed_without_signatures_is_not(page: Page) -> None:
    log = SmallLog()
    rows = [opened(log), minute(log, 3)]
    assert call(page, "heard", listed(log, rows, witnesses=1), trust()) == {"code": "checkpoint.too_few_witnesses"}
    without = listed(log, rows)
    without["minutes"][0]["proof"] = ""
    got = call(page, "heard", without, trust())["value"]
    assert call(page, "minute", PARTY, clock.text(SENT), got)["value"]["said"] == "waits"
    other = listed(log, rows)
    other["minutes"][0]["event"]["public"]["minute"] = clock.text(SENT + 9 * MINUTE)
    assert call(page, "heard", other, trust()) == {"code": "merkle.not_included"}


def test_another_event_is_no_minute_and_another_box_no_box(page: Page) -> None:
    log = SmallLog()
    assert call(page, "heard", listed(log, [opened(log, "ab" * 32)]), trust()) == {"code": "client.not_in_log"}
    log = SmallLog()
    rows = [opened(log), log.add("lot/t/l", 1, "box.minute", {"minute": clock.text(SENT)})]
    assert call(page, "heard", listed(log, rows), trust()) == {"code": "client.not_in_log"}


def test_an_older_log_than_the_one_seen_before_is_refused(page: Page) -> None:
    log = SmallLog()
    rows = [opened(log), minute(log, 1)]
    old = listed(log, rows)
    assert "value" in call(page, "heard", old, trust())
    rows.append(minute(log, 2))
    assert "value" in call(page, "heard", listed(log, rows), trust())
    assert call(page, "heard", old, trust()) == {"code": "log.rolled_back"}
    assert call(page, "heard", {**old, "head": ""}, trust()) == {"code": "log.rolled_back"}
    assert "value" in call(page, "heard", listed(log, rows), trust()), "the newest one seen goes on being believed"


def test_of_two_tabs_the_one_that_asked_first_and_hears_last_takes_nothing_back(page: Page) -> None:
    log = SmallLog()
    rows = [opened(log), minute(log, 1)]
    empty = call(page, "before", PARTY)["value"]
    small = listed(log, rows)
    rows.append(minute(log, 2))
    big = listed(log, rows)
    assert "value" in call(page, "heard", {**big, "before": empty}, trust())
    held = call(page, "before", PARTY)["value"]
    # Asked before the bigger tree was seen: no alarm, and the bigger one goes on being held.
    assert call(page, "heard", {**small, "before": empty}, trust())["value"]["size"] < max(held["heads"].values())
    assert call(page, "before", PARTY)["value"] == held
    assert call(page, "heard", small, trust()) == {"code": "log.rolled_back"}


def test_another_log_of_the_same_size_is_a_fork_and_both_notes_are_kept(page: Page) -> None:
    log = SmallLog()
    assert "value" in call(page, "heard", listed(log, [opened(log), minute(log, 1)]), trust())
    log = SmallLog()
    assert call(page, "heard", listed(log, [opened(log), minute(log, 7)]), trust()) == {"code": "log.fork"}


# --- what is kept of it under the organisation's id -------------------------------------------------------------------

TRUSTED: Final = """() => new Promise((done) => {
  const asked = indexedDB.open("mingjing-room");
  asked.onsuccess = () => {
    const keys = asked.result.transaction("trust").objectStore("trust").getAllKeys();
    keys.onsuccess = () => { asked.result.close(); done(keys.result); };
  };
})"""


def test_what_tells_of_an_organisation_s_bids_is_kept_under_it_and_forgotten_with_it(page: Page) -> None:
    log = SmallLog()
    heard = call(page, "heard", listed(log, [opened(log), minute(log, 3)]), trust())["value"]
    seen = checked(page, told("close").data())["value"]["events"]
    for party in (PARTY, "party-2"):
        assert call(page, "remember", party, RECEIPTS, heard) == {"value": "kept"}
        assert call(page, "continues", party, TENDER, LOT, seen, 0) == {"value": "kept"}
    assert call(page, "forget", PARTY) == {"value": "forgotten"}
    assert {row[0] for row in page.evaluate(TRUSTED)} == {"head", "party-2"}
    assert len(page.evaluate(TRUSTED)) == 3, "the head of the log, and of the other organisation a minute and a lot"
