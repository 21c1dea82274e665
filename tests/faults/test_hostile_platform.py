"""A custodian before a platform that lies: it gets nothing out of it, and the custodian stands the next day."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger import checkpoint, merkle
from ledger.basics import clock
from ledger.checkpoint import Checkpoint, Note, Signature
from ledger.sealed import keyset as keysets
from ledger.sealed.postpone import kids_of
from ledger.sealed.release import Release
from tests.support.custody import Case, act, custody_case, make_folder, master, real_keyset
from tests.support.custody_names import BEFORE, DEADLINE, IDS, LOT, STRANGER, SUPERVISOR, TENDER, TENDEREE
from tests.support.custody_platform import Answer
from tests.support.log import ORIGIN, WITNESSES, key, note_over

COIN = real_keyset("coin")
EARLY = DEADLINE - timedelta(minutes=1)
LATER = DEADLINE + timedelta(minutes=1)
NEXT_DAY = DEADLINE + timedelta(days=1)
TENDER_STREAM = f"tender/{TENDER}"
LOT_STREAM = f"lot/{TENDER}/{LOT}"


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
    lot.nothing_left()


def test_a_log_that_is_rolled_back_gets_no_answer(lot: Case) -> None:
    lot.platform.append("log", "log.minute", {})
    lot.platform.sign(BEFORE)
    lot.step()
    del lot.platform.log.entries[-1]
    lot.platform.sign(LATER)
    lot.platform.ask("c", "challenge", {"kid": COIN.kid.hex(), "nonce": "00" * 32})
    lot.step(LATER)
    lot.nothing_left()
    assert "log.rolled_back" in lot.refusals()


def test_a_fork_gets_no_answer_and_leaves_its_evidence(lot: Case) -> None:
    lot.platform.log.entries[1] = bytes(32)
    lot.close()
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "log.fork" in lot.refusals()
    assert list((lot.folder.mirror / "evidence").iterdir())


def test_a_deleted_mirror_does_not_make_it_believe_another_tree(lot: Case) -> None:
    shutil.rmtree(lot.folder.mirror)
    lot.platform.log.entries[1] = bytes(32)
    lot.close()
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "log.fork" in lot.refusals()


def test_a_trust_file_without_witnesses_is_not_enough(tmp_path: Path) -> None:
    with custody_case(tmp_path) as made:
        made.folder = make_folder(tmp_path / "alone", threshold=0)
        made.platform.append("log", "log.opened", {})
        made.platform.sign(BEFORE)
        made.refuses("sign", {"keyset": COIN.to_json()})
        assert "custodian.no_witnesses" in made.refusals()


def test_an_event_that_is_served_but_not_in_the_log_is_worth_nothing(lot: Case) -> None:
    lot.platform.roll()
    lot.platform.append(LOT_STREAM, "lot.closed", {}, in_log=False)
    lot.platform.append(LOT_STREAM, "lot.present", {"ciphertexts": []}, in_log=False)
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "custody.no_present" in lot.refusals()


def test_an_event_that_is_in_the_log_but_not_witnessed_is_worth_nothing(lot: Case) -> None:
    lot.platform.roll()
    lot.platform.sign(LATER)
    lot.close(roll=False)
    lot.step(LATER)
    lot.nothing_left()


def test_events_in_another_order_are_refused(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    lot.platform.streams[LOT_STREAM].reverse()
    lot.platform.override[f"/api/streams/{LOT_STREAM}"] = Answer(
        body=json.dumps({"events": lot.platform.streams[LOT_STREAM]}).encode()
    )
    lot.step(LATER)
    lot.nothing_left()
    assert "evidence.stream_order" in lot.refusals()


def test_a_stream_that_never_ends_is_left(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    page = {"events": lot.platform.streams[LOT_STREAM]}
    lot.platform.override[f"/api/streams/{LOT_STREAM}"] = Answer(body=json.dumps(page).encode())
    lot.step(LATER)
    lot.nothing_left()


def test_events_of_another_stream_are_refused(lot: Case) -> None:
    lot.close()
    lot.platform.sign(LATER)
    lot.platform.streams[LOT_STREAM] = lot.platform.streams[TENDER_STREAM]
    lot.step(LATER)
    lot.nothing_left()
    assert "evidence.other_stream" in lot.refusals()


def test_an_event_shown_in_the_place_of_its_twin_is_refused(lot: Case) -> None:
    lot.close()
    rows = lot.platform.streams[LOT_STREAM]
    told = rows.pop()["event"]
    lot.platform.append(LOT_STREAM, told["type"], {**told["public"], "other": True})
    assert rows[-1]["event"]["version"] == told["version"]
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "evidence.twin" in lot.refusals()


def test_a_stream_whose_last_event_is_kept_back_is_refused(lot: Case) -> None:
    lot.close()
    lot.platform.append(LOT_STREAM, "lot.blocked", {})
    lot.platform.streams[LOT_STREAM].pop()
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "evidence.kept_back" in lot.refusals()


def test_an_event_without_its_slot_waits(lot: Case) -> None:
    lot.close()
    slot = lot.platform.log.entries.pop(-2)
    lot.platform.sign(LATER)
    lot.step(LATER)
    lot.nothing_left()
    assert "custody.no_present" in lot.refusals()
    lot.platform.log.entries.append(slot)
    lot.platform.sign(LATER)
    lot.step(LATER)
    assert lot.platform.releases()


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
    lot.refuses("sign", {"keyset": real_keyset("coin", DEADLINE + timedelta(days=1)).to_json()})
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
    case.refuses("sign", {"keyset": {**COIN.to_json(), **change}})
    assert code in case.refusals()


def test_a_key_set_with_institutions_we_do_not_know_is_not_signed(case: Case) -> None:
    ids = (IDS[0], "ghost-1", "ghost-2")
    seed = keysets.custodian_seed(master(IDS[0]), COIN.purpose, 2, ids, COIN.conditions)
    ours = keysets.custodian_key(seed).public_key().public_bytes_raw()
    made = keysets.build(COIN.purpose, 2, {ids[0]: ours, ids[1]: b"\x02" * 32, ids[2]: b"\x03" * 32}, COIN.conditions)
    case.refuses("sign", {"keyset": made.to_json()})
    assert "custodian.unknown_institution" in case.refusals()


def test_a_key_set_whose_time_has_passed_is_not_signed(case: Case) -> None:
    case.clock.at = DEADLINE
    case.refuses("sign", {"keyset": COIN.to_json()})
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
    lot.refuses("postpone", postponement(bytes(32), NEXT_DAY))
    assert "custodian.addendum_unknown" in lot.refusals()


def test_an_addendum_outside_the_log_does_not_postpone(lot: Case) -> None:
    lot.refuses("postpone", postponement(addendum(lot, NEXT_DAY, TENDEREE, in_log=False), NEXT_DAY))
    assert "custodian.addendum_unknown" in lot.refusals()


@pytest.mark.parametrize("signers", [(), (STRANGER,), (SUPERVISOR,)])
def test_an_addendum_that_the_tenderee_did_not_sign_does_not_postpone(lot: Case, signers: Any) -> None:
    lot.refuses("postpone", postponement(addendum(lot, NEXT_DAY, *signers), NEXT_DAY))
    assert "custodian.addendum_unsigned" in lot.refusals()


def test_an_act_over_another_body_does_not_postpone(lot: Case) -> None:
    body: Any = {"number": 1, "text": {"zh": "", "en": ""}, "affects_bids": True, "deadline": clock.text(EARLY)}
    acts = act("addendum.issued", TENDER_STREAM, {**body, "documents": []}, TENDEREE)["acts"]
    public: Any = {**body, "documents": [], "deadline": clock.text(NEXT_DAY), "acts": acts}
    leaf = lot.platform.append(TENDER_STREAM, "addendum.issued", public, "wang")
    lot.platform.sign(BEFORE)
    lot.refuses("postpone", postponement(leaf, NEXT_DAY))
    assert "custodian.addendum_unsigned" in lot.refusals()


def test_a_postponement_to_another_time_than_the_addendums_is_not_signed(lot: Case) -> None:
    lot.refuses("postpone", postponement(addendum(lot, NEXT_DAY, TENDEREE), NEXT_DAY + timedelta(days=1)))
    assert "custodian.addendum_deadline" in lot.refusals()


def test_nothing_is_ever_brought_forward(lot: Case) -> None:
    lot.refuses("postpone", postponement(addendum(lot, EARLY, TENDEREE), EARLY))
    assert "sealed.postpone_not_later" in lot.refusals()


def test_a_postponement_after_the_time_is_not_signed(lot: Case) -> None:
    leaf = addendum(lot, NEXT_DAY, TENDEREE)
    lot.clock.at = DEADLINE
    lot.refuses("postpone", postponement(leaf, NEXT_DAY))
    assert "sealed.postpone_too_late" in lot.refusals()


def test_a_postponement_after_the_roll_is_not_signed(lot: Case) -> None:
    lot.platform.roll()
    lot.refuses("postpone", postponement(addendum(lot, NEXT_DAY, TENDEREE), NEXT_DAY))
    assert "sealed.postpone_after_roll" in lot.refusals()


def test_one_part_of_a_lot_is_not_postponed_alone(case: Case) -> None:
    identity = real_keyset("identity")
    case.sign_all(COIN, identity)
    case.publish([COIN, identity])
    case.platform.posted.clear()
    leaf = addendum(case, NEXT_DAY, TENDEREE)
    case.refuses("postpone", postponement(leaf, NEXT_DAY))
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
    lot.nothing_left()
    assert "custodian.too_early" in lot.refusals()
