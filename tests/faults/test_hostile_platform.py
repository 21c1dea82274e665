"""A custodian before a platform that lies: it gets nothing out of it, and the custodian stands the next day."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger import checkpoint, merkle
from ledger.basics import clock
from ledger.checkpoint import Checkpoint, Note, Signature
from ledger.custodian.recall import recall
from ledger.institution.platform import MAX_JSON
from ledger.sealed import keyset as keysets
from ledger.sealed import rehearsal
from ledger.sealed.keyset import Keyset
from ledger.sealed.postpone import kids_of
from ledger.sealed.release import Release
from tests.support.custody import Case, act, custody_case, make_folder, master, real_keyset
from tests.support.custody_names import BEFORE, DEADLINE, IDS, LOT, STRANGER, SUPERVISOR, TENDER, TENDEREE, T
from tests.support.custody_platform import Answer
from tests.support.log import ORIGIN, WITNESSES, key, note_over, refused

COIN = real_keyset("coin")
EARLY = DEADLINE - timedelta(minutes=1)
LATER = DEADLINE + timedelta(minutes=1)
NEXT_DAY = DEADLINE + timedelta(days=1)
TENDER_STREAM = f"tender/{TENDER}"
LOT_STREAM = f"lot/{TENDER}/{LOT}"


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with custody_case(tmp_path) as made:
        made.platform.append("log", "log.opened", {})
        made.platform.sign(BEFORE)
        yield made


@pytest.fixture
def lot(case: Case) -> Case:
    """A coin key set signed, its contributions in the log, no roll yet. Everything posted so far is forgotten."""
    case.sign_all(COIN)
    case.coin_lot(COIN)
    case.platform.sign(BEFORE)
    case.step()
    case.platform.posted.clear()
    return case


def nothing_left(case: Case) -> None:
    """Not a byte was posted or put, and `publish/` is empty."""
    assert case.platform.posted == []
    assert case.platform.put == []
    assert case.published() == {}


def asked(case: Case, kind: str, body: Any) -> None:
    """One request, one step; nothing may leave, and the refusal is written down."""
    case.platform.requests.clear()
    case.platform.ask("r", kind, body)
    case.step()
    nothing_left(case)
    assert " refused " in case.said[-1]


# --- time ---------------------------------------------------------------------------------------------------------


def test_the_servers_clock_does_not_matter(lot: Case) -> None:
    lot.close()
    lot.platform.sign(EARLY)
    lot.platform.streams[LOT_STREAM][-1]["event"]["at"] = clock.text(NEXT_DAY)
    lot.step(EARLY)
    nothing_left(lot)


def test_its_own_clock_alone_does_not_open_either(lot: Case) -> None:
    lot.close(roll=False)
    lot.platform.sign(EARLY)
    lot.step(EARLY)
    lot.platform.roll()
    lot.platform.sign(DEADLINE - timedelta(seconds=1))
    lot.step(LATER)
    nothing_left(lot)


def test_witnesses_within_the_same_second_are_in_time(lot: Case) -> None:
    lot.close()
    lot.platform.sign(DEADLINE)
    lot.step(LATER)
    assert len(lot.platform.releases()) == 1


def test_a_roll_before_the_deadline_is_never_answered_for(lot: Case) -> None:
    lot.close()
    lot.platform.sign(EARLY)
    lot.step(EARLY)
    for later in (LATER, NEXT_DAY):
        lot.platform.append("box", "box.minute", {})
        lot.platform.sign(later)
        lot.step(later)
    nothing_left(lot)
    assert "custody.roll_early" in lot.refusals()


# --- the tree -----------------------------------------------------------------------------------------------------


def _signed_by(case: Case, log: int, witnesses: dict[str, Any]) -> str:
    head = Checkpoint(ORIGIN, len(case.platform.log.entries), merkle.root_of_entries(case.platform.log.entries))
    note = checkpoint.parse_note(checkpoint.sign(head, key(log)).encode())
    lines = [checkpoint.cosign(head.body(), name, one, LATER) for name, one in witnesses.items()]
    return Note(note.body, (*note.signatures, *map(Signature.parse, lines))).text()


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda case: _signed_by(case, 99, WITNESSES), id="another log's key"),
        pytest.param(lambda case: _signed_by(case, 1, {"witness.example/a": key(11)}), id="one witness of two"),
        pytest.param(
            lambda case: _signed_by(case, 1, {"witness.example/a": key(11), "made.example/up": key(98)}),
            id="a witness nobody knows",
        ),
        pytest.param(
            lambda case: _signed_by(case, 1, {"witness.example/a": key(11), "witness.example/b": key(97)}),
            id="a witness's name on another key",
        ),
        pytest.param(lambda case: note_over([*case.platform.log.entries[:-1], bytes(32)], 2, LATER), id="another root"),
        pytest.param(lambda _: "", id="nothing"),
        pytest.param(lambda _: "\x00" * 70000, id="noise"),
    ],
)
def test_a_forged_checkpoint_opens_nothing(lot: Case, forge: Callable[[Case], str]) -> None:
    lot.close()
    lot.platform.log.note = forge(lot)
    lot.platform.ask("s", "challenge", {"kid": COIN.kid.hex(), "nonce": "00" * 32})
    lot.step(LATER)
    nothing_left(lot)


def test_a_log_that_is_rolled_back_gets_no_answer(lot: Case) -> None:
    lot.platform.append("log", "log.minute", {})
    lot.platform.sign(BEFORE)
    lot.step()
    del lot.platform.log.entries[-1]
    lot.platform.sign(LATER)
    lot.platform.ask("c", "challenge", {"kid": COIN.kid.hex(), "nonce": "00" * 32})
    lot.step(LATER)
    nothing_left(lot)
    assert "log.rolled_back" in lot.refusals()


def test_a_fork_gets_no_answer_and_leaves_its_evidence(lot: Case) -> None:
    lot.platform.log.entries[1] = bytes(32)
    lot.close()
    lot.platform.sign(LATER)
    lot.step(LATER)
    nothing_left(lot)
    assert "log.fork" in lot.refusals()
    assert list((lot.folder.mirror / "evidence").iterdir())


def test_a_deleted_mirror_does_not_make_it_believe_another_tree(lot: Case) -> None:
    shutil.rmtree(lot.folder.mirror)
    lot.platform.log.entries[1] = bytes(32)
    lot.close()
    lot.platform.sign(LATER)
    lot.step(LATER)
    nothing_left(lot)
    assert "log.fork" in lot.refusals()


def test_a_trust_file_without_witnesses_is_not_enough(tmp_path: Path) -> None:
    with custody_case(tmp_path) as made:
        made.folder = make_folder(tmp_path / "alone", threshold=0)
        made.platform.append("log", "log.opened", {})
        made.platform.sign(BEFORE)
        asked(made, "sign", {"keyset": COIN.to_json()})
        assert "custodian.no_witnesses" in made.refusals()


def test_an_event_that_is_served_but_not_in_the_log_is_worth_nothing(lot: Case) -> None:
    lot.platform.roll()
    lot.platform.append(LOT_STREAM, "lot.closed", {}, in_log=False)
    lot.platform.append(LOT_STREAM, "lot.present", {"ciphertexts": []}, in_log=False)
    lot.platform.sign(LATER)
    lot.step(LATER)
    nothing_left(lot)
    assert "custody.no_present" in lot.refusals()


def test_an_event_that_is_in_the_log_but_not_witnessed_is_worth_nothing(lot: Case) -> None:
    lot.platform.roll()
    lot.platform.sign(LATER)
    lot.close(roll=False)
    lot.step(LATER)
    nothing_left(lot)


def test_events_in_another_order_are_refused(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    lot.platform.streams[LOT_STREAM].reverse()
    lot.platform.override[f"/api/streams/{LOT_STREAM}"] = Answer(
        body=json.dumps({"events": lot.platform.streams[LOT_STREAM]}).encode()
    )
    lot.step(LATER)
    nothing_left(lot)
    assert "evidence.stream_order" in lot.refusals()


def test_a_stream_that_never_ends_is_left(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    page = {"events": lot.platform.streams[LOT_STREAM]}
    lot.platform.override[f"/api/streams/{LOT_STREAM}"] = Answer(body=json.dumps(page).encode())
    lot.step(LATER)
    nothing_left(lot)


def test_events_of_another_stream_are_refused(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    lot.platform.streams[LOT_STREAM] = lot.platform.streams[TENDER_STREAM]
    lot.step(LATER)
    nothing_left(lot)
    assert "evidence.other_stream" in lot.refusals()


# --- rolls --------------------------------------------------------------------------------------------------------


def test_a_second_roll_is_not_answered_for(lot: Case) -> None:
    first = lot.platform.roll(["11" * 32])
    lot.platform.roll(["22" * 32])
    lot.close(roll=False)
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.platform.roll(["33" * 32])
    lot.platform.sign(NEXT_DAY)
    lot.step(NEXT_DAY)
    sent = [Release.parse(json.loads(one)["object"]) for one in lot.platform.releases()]
    assert {one.roll for one in sent} == {first}
    assert len(set(lot.platform.releases())) == 1


# --- key sets -----------------------------------------------------------------------------------------------------


def test_a_second_key_set_for_a_purpose_is_never_signed(lot: Case) -> None:
    asked(lot, "sign", {"keyset": real_keyset("coin", DEADLINE + timedelta(days=1)).to_json()})
    assert "custodian.second_keyset" in lot.refusals()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"conditions": {"not_before": clock.text(DEADLINE), "after": [], "min_bids": 3}}, "sealed.bad_conditions"),
        (
            {"conditions": {"not_before": clock.text(DEADLINE), "after": ["roll", "present"], "min_bids": 0}},
            "sealed.bad_conditions",
        ),
        (
            {"conditions": {"not_before": clock.text(LATER), "after": ["roll", "present"], "min_bids": 3}},
            "sealed.not_my_key",
        ),
        ({"t": 4}, "sealed.not_my_key"),
        ({"t": 1}, "sealed.bad_threshold"),
        ({"purpose": {"tender": TENDER, "lot": "lot2", "part": "coin"}}, "sealed.not_my_key"),
        ({"purpose": {"tender": TENDER, "lot": LOT, "part": "offer"}}, "sealed.bad_conditions"),
        ({"suite": "MJ0"}, "sealed.wrong_suite"),
        ({"more": 1}, "canonical.unknown_member"),
    ],
)
def test_forged_conditions_are_not_signed(case: Case, change: dict[str, Any], code: str) -> None:
    asked(case, "sign", {"keyset": {**COIN.to_json(), **change}})
    assert code in case.refusals()


def test_a_key_set_with_institutions_we_do_not_know_is_not_signed(case: Case) -> None:
    ids = (IDS[0], "ghost-1", "ghost-2")
    seed = keysets.custodian_seed(master(IDS[0]), COIN.purpose, 2, ids, COIN.conditions)
    ours = keysets.custodian_key(seed).public_key().public_bytes_raw()
    made = keysets.build(COIN.purpose, 2, {ids[0]: ours, ids[1]: b"\x02" * 32, ids[2]: b"\x03" * 32}, COIN.conditions)
    asked(case, "sign", {"keyset": made.to_json()})
    assert "custodian.unknown_institution" in case.refusals()


def test_a_key_set_whose_time_has_passed_is_not_signed(case: Case) -> None:
    case.clock.at = DEADLINE
    asked(case, "sign", {"keyset": COIN.to_json()})
    assert "custodian.keyset_too_late" in case.refusals()


# --- postponing ---------------------------------------------------------------------------------------------------


def addendum(case: Case, deadline: datetime, *signers: Any, actor: str = "wang", in_log: bool = True) -> bytes:
    body: Any = {"number": 1, "text": {"zh": "", "en": ""}, "affects_bids": True, "deadline": clock.text(deadline)}
    public = act("addendum.issued", TENDER_STREAM, {**body, "documents": []}, *signers)
    leaf = case.platform.append(TENDER_STREAM, "addendum.issued", public, actor, in_log=in_log)
    case.platform.sign(BEFORE)
    return leaf


def postponement(leaf: bytes, to: datetime, kids: tuple[str, ...] | None = None) -> dict[str, Any]:
    return {
        "kids": list(kids or kids_of([COIN])),
        "not_before": clock.text(to),
        "addendum": leaf.hex(),
        "tender": TENDER,
    }


def test_a_postponement_without_an_addendum_is_not_signed(lot: Case) -> None:
    asked(lot, "postpone", postponement(bytes(32), NEXT_DAY))
    assert "custodian.addendum_unknown" in lot.refusals()


def test_an_addendum_outside_the_log_does_not_postpone(lot: Case) -> None:
    asked(lot, "postpone", postponement(addendum(lot, NEXT_DAY, TENDEREE, in_log=False), NEXT_DAY))
    assert "custodian.addendum_unknown" in lot.refusals()


@pytest.mark.parametrize("signers", [(), (STRANGER,), (SUPERVISOR,)])
def test_an_addendum_that_the_tenderee_did_not_sign_does_not_postpone(lot: Case, signers: Any) -> None:
    asked(lot, "postpone", postponement(addendum(lot, NEXT_DAY, *signers), NEXT_DAY))
    assert "custodian.addendum_unsigned" in lot.refusals()


def test_an_act_over_another_body_does_not_postpone(lot: Case) -> None:
    body: Any = {"number": 1, "text": {"zh": "", "en": ""}, "affects_bids": True, "deadline": clock.text(EARLY)}
    acts = act("addendum.issued", TENDER_STREAM, {**body, "documents": []}, TENDEREE)["acts"]
    public: Any = {**body, "documents": [], "deadline": clock.text(NEXT_DAY), "acts": acts}
    leaf = lot.platform.append(TENDER_STREAM, "addendum.issued", public, "wang")
    lot.platform.sign(BEFORE)
    asked(lot, "postpone", postponement(leaf, NEXT_DAY))
    assert "custodian.addendum_unsigned" in lot.refusals()


def test_a_postponement_to_another_time_than_the_addendums_is_not_signed(lot: Case) -> None:
    asked(lot, "postpone", postponement(addendum(lot, NEXT_DAY, TENDEREE), NEXT_DAY + timedelta(days=1)))
    assert "custodian.addendum_deadline" in lot.refusals()


def test_nothing_is_ever_brought_forward(lot: Case) -> None:
    asked(lot, "postpone", postponement(addendum(lot, EARLY, TENDEREE), EARLY))
    assert "sealed.postpone_not_later" in lot.refusals()


def test_a_postponement_after_the_time_is_not_signed(lot: Case) -> None:
    leaf = addendum(lot, NEXT_DAY, TENDEREE)
    lot.clock.at = DEADLINE
    asked(lot, "postpone", postponement(leaf, NEXT_DAY))
    assert "sealed.postpone_too_late" in lot.refusals()


def test_a_postponement_after_the_roll_is_not_signed(lot: Case) -> None:
    lot.platform.roll()
    asked(lot, "postpone", postponement(addendum(lot, NEXT_DAY, TENDEREE), NEXT_DAY))
    assert "sealed.postpone_after_roll" in lot.refusals()


def test_one_part_of_a_lot_is_not_postponed_alone(case: Case) -> None:
    identity = real_keyset("identity")
    case.sign_all(COIN, identity)
    case.publish([COIN, identity])
    case.platform.posted.clear()
    leaf = addendum(case, NEXT_DAY, TENDEREE)
    asked(case, "postpone", postponement(leaf, NEXT_DAY))
    assert "sealed.bad_kids" in case.refusals()


def test_hiding_the_others_postponements_opens_nothing_early(lot: Case) -> None:
    leaf = addendum(lot, NEXT_DAY, TENDEREE)
    lot.platform.ask("p", "postpone", postponement(leaf, NEXT_DAY))
    lot.step()
    lot.platform.requests.clear()
    lot.platform.posted.clear()
    lot.close()
    lot.platform.sign(LATER)
    lot.step(LATER)
    nothing_left(lot)
    assert "custodian.too_early" in lot.refusals()


# --- rehearsals ---------------------------------------------------------------------------------------------------


def rehearsed(public: bytes, nonce: str = "n1") -> Keyset:
    others = {one: bytes([number]) + bytes(30) + b"\x40" for number, one in enumerate(IDS[1:], 9)}
    return rehearsal.build(nonce, "coin", T, {IDS[0]: public, **others}, clock.text(BEFORE))


def test_a_rehearsals_key_set_is_never_signed(case: Case) -> None:
    asked(case, "sign", {"keyset": rehearsed(COIN.custodians[0][1]).to_json()})
    asked(case, "sign", {"keyset": {**rehearsed(COIN.custodians[0][1]).to_json(), "suite": "MJ1"}})


def test_a_real_key_set_is_not_rehearsed(lot: Case) -> None:
    rows = lot.platform.streams[LOT_STREAM]
    envelope = rows[0]["event"]["public"]["contribution"]
    body = {"keyset": COIN.to_json(), "author_key": envelope["key"], "seal": envelope["object"]["seal"]}
    asked(lot, "rehearsal", body)


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
        for number in range(100):
            case.platform.ask(f"k{number}", "rehearsal-key", {"nonce": f"n{number}", "part": "coin"})
        process.step()
    assert len(case.platform.posted) == 64
    assert "custodian.too_many_rehearsals" in case.refusals()


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
    asked(lot, "seed", {"kid": COIN.kid.hex(), "order": "o1"})


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
    asked(lot, kind, body)


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
    nothing_left(lot)
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
        nothing_left(lot)
    lot.platform.override.clear()
    lot.step(LATER)
    assert len(set(lot.platform.releases())) == 1


def test_a_form_that_is_another_is_not_kept_and_nothing_is_released(lot: Case) -> None:
    name = "ab" * 32
    lot.platform.forms[name] = b"something else"
    lot.close({name: b"what was there"})
    lot.platform.sign(LATER)
    lot.step(LATER)
    nothing_left(lot)
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
    asked(case, "sign", {"keyset": COIN.to_json()})
    case.platform.override.clear()
    with case.process() as process:
        process.house.log.update(process.house.platform.log())
        assert recall(process.house) == 0


def test_two_processes_do_not_share_a_folder(case: Case) -> None:
    with case.process(), refused("institution.folder_busy"), case.process():
        raise AssertionError("never")
