"""A custodian before a platform that asks for what it must not have, floods it, hangs, or answers with noise."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from ledger.basics import clock, signing
from ledger.custodian.answering import CHALLENGED_IN, MAX_CHALLENGES, MAX_REHEARSALS
from ledger.custodian.process import Custodian
from ledger.custodian.recall import recall
from ledger.institution.errands import MAX_REQUESTS
from ledger.institution.platform import MAX_JSON
from ledger.sealed import rehearsal, seal
from ledger.sealed.keyset import Keyset
from tests.support.custody import Case, act, real_keyset
from tests.support.custody_names import BEFORE, DEADLINE, IDS, LOT, STRANGER, SUPERVISOR, TENDER, TENDEREE, T
from tests.support.custody_platform import Answer
from tests.support.log import refused

COIN = real_keyset("coin")
EARLY = DEADLINE - timedelta(minutes=1)
LATER = DEADLINE + timedelta(minutes=1)
NEXT_DAY = DEADLINE + timedelta(days=1)
TENDER_STREAM = f"tender/{TENDER}"
LOT_STREAM = f"lot/{TENDER}/{LOT}"


# --- rehearsals ---------------------------------------------------------------------------------------------------


def rehearsed(public: bytes, nonce: str = "n1") -> Keyset:
    others = {one: bytes([number]) + bytes(30) + b"\x40" for number, one in enumerate(IDS[1:], 9)}
    return rehearsal.build(nonce, "coin", T, {IDS[0]: public, **others}, clock.text(BEFORE))


def test_a_rehearsals_key_set_is_never_signed(case: Case) -> None:
    case.refuses("sign", {"keyset": rehearsed(COIN.custodians[0][1]).to_json()})
    case.refuses("sign", {"keyset": {**rehearsed(COIN.custodians[0][1]).to_json(), "suite": "MJ1"}})


def test_a_real_key_set_is_not_rehearsed(lot: Case) -> None:
    rows = lot.platform.streams[LOT_STREAM]
    envelope = rows[0]["event"]["public"]["contribution"]
    body = {"keyset": COIN.to_json(), "author_key": envelope["key"], "seal": envelope["object"]["seal"]}
    lot.refuses("rehearsal", body)


def test_a_real_capsule_is_not_opened_as_a_rehearsal(lot: Case) -> None:
    """The platform asks for a throw-away key, then puts our real key and a real capsule into its rehearsal."""
    with lot.process() as process:
        lot.platform.ask("k", "rehearsal-key", {"nonce": "n1", "part": "coin"})
        process.step()
        throw_away = bytes.fromhex(lot.platform.answers("k")[0]["object"]["public_key"])
        assert throw_away != COIN.custodians[0][1]
        rows = lot.platform.streams[LOT_STREAM]
        envelope = rows[0]["event"]["public"]["contribution"]
        for public in (COIN.custodians[0][1], throw_away):
            keyset = rehearsed(public)
            seal = {**envelope["object"]["seal"], "kid": keyset.kid.hex()}
            body: Any = {"keyset": keyset.to_json(), "author_key": envelope["key"], "seal": seal}
            lot.platform.requests.clear()
            lot.platform.ask("r", "rehearsal", body)
            process.step()
    assert lot.platform.answers("r") in ([], [{"bad": True}])
    assert lot.published() == {}


def test_rehearsals_do_not_fill_the_memory(case: Case) -> None:
    with case.process() as process:
        fill(case, process, MAX_REHEARSALS + 30)
    assert len(case.platform.posted) == MAX_REHEARSALS
    assert "custodian.too_many_rehearsals" in case.refusals()


def fill(case: Case, process: Custodian, count: int) -> None:
    """Asks for so many throw-away keys, as many at a time as a custodian looks at."""
    for first in range(0, count, MAX_REQUESTS):
        case.platform.requests.clear()
        for number in range(first, min(first + MAX_REQUESTS, count)):
            case.platform.ask(f"k{number}", "rehearsal-key", {"nonce": f"n{number}", "part": "coin"})
        process.step()


def test_a_rehearsal_that_was_answered_makes_room_for_another(case: Case) -> None:
    with case.process() as process:
        case.platform.ask("first", "rehearsal-key", {"nonce": "first", "part": "coin"})
        process.step()
        keyset = rehearsed(bytes.fromhex(case.platform.answers("first")[0]["object"]["public_key"]), "first")
        author = signing.public_bytes(STRANGER)
        made = seal.seal_secret(keyset, author, bytes(32), bytes(16)).to_json()
        case.platform.ask("share", "rehearsal", {"keyset": keyset.to_json(), "author_key": author.hex(), "seal": made})
        process.step()
        assert list(case.platform.answers("share")[0]) == ["share"]
        before = len(case.platform.posted)
        fill(case, process, MAX_REHEARSALS + 30)
    # The first one made room for one of those who came later; none of these was used.
    assert len(case.platform.posted) - before == MAX_REHEARSALS


# --- challenges ---------------------------------------------------------------------------------------------------


def test_challenges_do_not_fill_the_journal(lot: Case) -> None:
    def challenge(first: int, count: int) -> list[Any]:
        lot.platform.requests.clear()
        for number in range(first, first + count):
            lot.platform.ask(f"c{number}", "challenge", {"kid": COIN.kid.hex(), "nonce": f"{number:064x}"})
        lot.step()
        return [one for number in range(first, first + count) for one in lot.platform.answers(f"c{number}")]

    lot.clock.at = BEFORE
    assert len(challenge(0, 150)) == 150
    assert len(challenge(150, 150)) == MAX_CHALLENGES - 150
    assert "custodian.too_many_challenges" in lot.refusals()
    lines = lot.folder.root.joinpath("state.jsonl").read_bytes().count(b"challenged")
    assert lines == MAX_CHALLENGES
    assert len(challenge(0, 10)) == 20, "the same challenges again get the same answers"
    lot.clock.at = BEFORE + CHALLENGED_IN + timedelta(seconds=1)
    assert len(challenge(400, 5)) == 5


# --- seeds --------------------------------------------------------------------------------------------------------


def order(**other: Any) -> dict[str, Any]:
    return {"order": "o1", "kind": "publish_seed", "lot": LOT, "custodian": IDS[0], "reason": "away", **other}


@pytest.mark.parametrize(
    ("spoil", "public", "code"),
    [
        (None, act("order.issued", TENDER_STREAM, order(), TENDEREE, SUPERVISOR), "custodian.seed_not_due"),
        (0, act("order.issued", TENDER_STREAM, order()), "custodian.order_unsigned"),
        (0, act("order.issued", TENDER_STREAM, order(), SUPERVISOR), "custodian.order_unsigned"),
        (0, act("order.issued", TENDER_STREAM, order(), SUPERVISOR, SUPERVISOR), "custodian.order_unsigned"),
        (0, act("order.issued", TENDER_STREAM, order(), TENDEREE, STRANGER), "custodian.order_unsigned"),
        (
            0,
            act("order.issued", TENDER_STREAM, order(custodian=IDS[1]), TENDEREE, SUPERVISOR),
            "custodian.order_unknown",
        ),
        (0, act("order.issued", TENDER_STREAM, order(lot="lot2"), TENDEREE, SUPERVISOR), "custodian.order_unknown"),
        (
            0,
            act("order.issued", TENDER_STREAM, order(kind="void_lot"), TENDEREE, SUPERVISOR),
            "custodian.order_unknown",
        ),
        (0, act("order.issued", "tender/t2", order(), TENDEREE, SUPERVISOR), "custodian.order_unsigned"),
    ],
)
def test_a_seed_stays_in_the_house(case: Case, spoil: int | None, public: Any, code: str) -> None:
    case.sign_all(COIN)
    case.coin_lot(COIN, spoil=spoil)
    case.close()
    case.platform.sign(LATER)
    case.step(LATER)
    case.platform.append(TENDER_STREAM, "order.issued", public)
    case.platform.sign(LATER)
    case.platform.ask("d", "seed", {"kid": COIN.kid.hex(), "order": "o1"})
    case.step(LATER)
    assert case.platform.answers("d") == []
    assert code in case.refusals()


def test_a_seed_is_not_published_before_any_release(lot: Case) -> None:
    lot.platform.append(
        TENDER_STREAM, "order.issued", act("order.issued", TENDER_STREAM, order(), TENDEREE, SUPERVISOR)
    )
    lot.platform.sign(BEFORE)
    lot.refuses("seed", {"kid": COIN.kid.hex(), "order": "o1"})


# --- requests of every kind ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("release", {"tender": TENDER, "lot": "nowhere", "part": "coin"}),
        ("release", {"kid": COIN.kid.hex()}),
        ("challenge", {"kid": "00" * 32, "nonce": "00" * 32}),
        ("challenge", {"kid": COIN.kid.hex(), "nonce": "00"}),
        ("challenge", {"kid": COIN.kid.hex(), "nonce": "00" * 32, "object": {}}),
        ("postpone", {"kids": ["00" * 32], "not_before": clock.text(NEXT_DAY), "addendum": "00" * 32, "tender": "t9"}),
        ("form", {"sha256": "../../secret.json"}),
        ("form", {"sha256": "00" * 32}),
        ("key", {}),
        ("key", {"purpose": {"tender": "rehearsal", "lot": "x", "part": "coin"}}),
        ("sign", {"keyset": []}),
        ("sign", [[[]]]),
        ("seed", None),
        ("rehearsal", {"keyset": {}, "author_key": "", "seal": {}}),
        ("rehearsal-key", {"nonce": "../x", "part": "coin"}),
        ("contribution", {"purpose": COIN.purpose.to_json(), "keyset": {}}),
        ("__init__", {}),
        ("\u202e" * 50, {}),
    ],
)
def test_requests_that_make_no_sense_are_left(lot: Case, kind: str, body: Any) -> None:
    lot.refuses(kind, body)


@pytest.mark.parametrize(
    "mailbox",
    [
        b"",
        b"null",
        b"[]",
        b'{"requests": {}}',
        b'{"requests": [1, [], {"id": "a"}]}',
        b'{"requests": [{"id": "../x", "kind": "challenge", "body": {}}]}',
        b'{"requests": [{"id": "a", "kind": 1, "body": {}}]}',
        b'{"requests": [], "requests": []}',
        b'{"requests": [1e999]}',
        b"[" * 100_000,
        b'{"requests": [' + b"9" * 5000 + b"]}",
        b"\xff\xfe",
    ],
)
def test_a_mailbox_that_makes_no_sense_is_left(lot: Case, mailbox: bytes) -> None:
    lot.platform.override["/custody/requests"] = Answer(body=mailbox)
    lot.step()
    lot.nothing_left()
    assert lot.refusals()


def test_a_replayed_request_gets_the_same_bytes(lot: Case) -> None:
    for number in range(3):
        lot.platform.ask("c", "challenge", {"kid": COIN.kid.hex(), "nonce": "77" * 32})
        lot.platform.ask("s", "sign", {"keyset": COIN.to_json()})
        lot.step(BEFORE + timedelta(hours=number))
    by_path = {path: {body for other, body in lot.platform.posted if other == path} for path, _ in lot.platform.posted}
    assert {path: len(bodies) for path, bodies in by_path.items()} == {
        "/custody/answers/c": 1,
        "/custody/answers/s": 1,
    }


def test_a_flood_of_requests_does_not_hold_up_a_release(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    for number in range(1000):
        lot.platform.ask(f"x{number}", "challenge", {"kid": "00" * 32, "nonce": "00" * 32})
    lot.step(LATER)
    assert len(lot.platform.releases()) == 1


# --- sizes, speed, errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/log/checkpoint", "/custody/requests", f"/api/streams/{LOT_STREAM}"])
@pytest.mark.parametrize(
    "liar",
    [
        pytest.param(Answer(drip=0.05), id="drips"),
        pytest.param(Answer(endless=True), id="endless"),
        pytest.param(Answer(body=b" " * (MAX_JSON + 1)), id="too big"),
        pytest.param(Answer(status=500, body=b"<html>"), id="500"),
        pytest.param(
            Answer(status=500, body=b'{"error": {"code": "log.fork", "params": {"x": []}}}'), id="its own code"
        ),
        pytest.param(Answer(status=302), id="redirect"),
        pytest.param(Answer(status=204), id="empty"),
    ],
)
def test_big_slow_and_broken_answers_end_in_a_refusal(lot: Case, path: str, liar: Answer) -> None:
    lot.close()
    lot.platform.sign(LATER)
    lot.timeout = 0.3
    lot.platform.override[path] = liar
    started = time.monotonic()
    lot.step(LATER)
    assert time.monotonic() - started < 5
    assert lot.refusals()
    if path != "/custody/requests":
        lot.nothing_left()
    lot.platform.override.clear()
    lot.step(LATER)
    assert len(set(lot.platform.releases())) == 1


def test_a_form_that_is_another_is_not_kept_and_nothing_is_released(lot: Case) -> None:
    name = "ab" * 32
    lot.platform.forms[name] = b"something else"
    lot.close({name: b"what was there"})
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "evidence.wrong_hash" in lot.refusals()


def test_a_platform_that_refuses_a_release_gets_the_same_bytes_again(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    lot.platform.override["/custody/releases"] = Answer(status=503)
    lot.step(LATER)
    lot.step(NEXT_DAY)
    lot.platform.override.clear()
    lot.step(NEXT_DAY)
    assert len(lot.platform.releases()) == 3
    assert len(set(lot.platform.releases())) == 1


def test_a_platform_that_is_away_changes_nothing(lot: Case) -> None:
    url, lot.platform.url = lot.platform.url, "http://127.0.0.1:1"
    lot.step(LATER)
    assert "http.unreachable" in lot.refusals()
    lot.platform.url = url
    lot.close()
    lot.platform.sign(LATER)
    lot.step(LATER)
    assert len(lot.platform.releases()) == 1


def test_after_a_restore_a_platform_that_hides_its_tenders_gets_no_signature(case: Case) -> None:
    with case.process() as process:
        process.house.memory.note_restored()
    case.platform.override["/api/tenders"] = Answer(status=500)
    case.refuses("sign", {"keyset": COIN.to_json()})
    case.platform.override.clear()
    with case.process() as process:
        process.house.log.update(process.house.platform.log())
        assert recall(process.house) == 0


def test_two_processes_do_not_share_a_folder(case: Case) -> None:
    with case.process(), refused("institution.folder_busy"), case.process():
        raise AssertionError("never")
