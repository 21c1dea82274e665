"""A custodian before an honest platform: what it answers, when it releases, what survives a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.basics import clock, signing
from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.custodian import releasing
from ledger.sealed import keyset as keysets
from ledger.sealed import rehearsal
from ledger.sealed.keyset import Keyset
from ledger.sealed.opening import Open, verdict
from ledger.sealed.postpone import kids_of, verify_postponement
from ledger.sealed.release import Release, verify_release
from ledger.sealed.seal import Content, Seal, seal_secret
from tests.support.custody import Case, act, custodian, custody_case, make_folder, master, real_keyset
from tests.support.custody_names import BEFORE, DEADLINE, IDS, LOT, PARTIES, SUPERVISOR, TENDER, TENDEREE, T, counted

COIN = real_keyset("coin")
LATER = DEADLINE + timedelta(minutes=1)


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with custody_case(tmp_path) as made:
        made.platform.append("log", "log.opened", {})
        made.platform.sign(BEFORE)
        yield made


def closed(case: Case, keyset: Keyset = COIN, **how: Any) -> None:
    """The lot from its notice to the presence of its ciphertexts, witnessed after the deadline."""
    case.sign_all(keyset)
    case.coin_lot(keyset, **how)
    case.close()
    case.platform.sign(LATER)


def test_it_gives_the_key_that_the_format_derives(case: Case) -> None:
    body: Any = {
        "purpose": COIN.purpose.to_json(),
        "t": T,
        "custodians": list(IDS),
        "conditions": COIN.conditions.to_json(),
    }
    case.platform.ask("k1", "key", body)
    case.step()
    (answer,) = case.platform.answers("k1")
    said = signing.verify("challenge", answer, custodian(IDS[0]).public)
    assert said["public_key"] == COIN.custodians[0][1].hex()
    assert said["kid"] == H(b"mingjing/custodian/v1\0", canonical(body)).hex()
    assert said["nonce"] == H(b"mingjing/custody-request/v1\0", b"k1").hex()


def test_it_signs_a_key_set_and_the_same_one_again(case: Case) -> None:
    for number in (1, 2):
        case.platform.ask(f"s{number}", "sign", {"keyset": COIN.to_json()})
    case.step()
    (first,), (second,) = case.platform.answers("s1"), case.platform.answers("s2")
    assert (
        first
        == second
        == keysets.sign_keyset(COIN, IDS[0], keysets.own_key(COIN, IDS[0], master(IDS[0])), custodian(IDS[0]).key)
    )


def test_it_proves_by_a_challenge_that_it_still_has_its_key(case: Case) -> None:
    case.sign_all(COIN)
    nonce = bytes(range(32))
    case.platform.ask("c1", "challenge", {"kid": COIN.kid.hex(), "nonce": nonce.hex()})
    case.step()
    case.step(BEFORE + timedelta(hours=1))
    first, again = case.platform.answers("c1")
    assert keysets.verify_challenge(COIN, IDS[0], first, nonce, custodian(IDS[0]).public) == clock.text(BEFORE)
    assert again == first


def test_it_releases_what_is_due_and_sends_it_until_the_log_has_it(case: Case) -> None:
    closed(case)
    case.step(LATER)
    (sent,) = case.platform.releases()
    assert json.loads(case.published()[f"releases/{COIN.kid.hex()}.json"]) == json.loads(sent)
    contributions: Any = [
        one["event"]["public"]["contribution"]
        for one in case.platform.streams[f"lot/{TENDER}/{LOT}"]
        if one["event"]["type"] == "contribution.recorded"
    ]
    seals = {bytes.fromhex(one["key"]): Seal.parse(one["object"]["seal"], COIN) for one in contributions}
    head = case.platform.log
    release = verify_release(
        json.loads(sent),
        COIN,
        custodian(IDS[0]).public,
        head.entries[-5][-32:],
        {(author, seal.n16) for author, seal in seals.items()},
    )
    assert (release.size, release.at) == (len(head.entries), clock.text(LATER))
    assert len(release.answers) == len(PARTIES)

    case.step(LATER + timedelta(minutes=5))
    assert case.platform.releases() == [sent, sent]
    case.platform.append(
        f"lot/{TENDER}/{LOT}", "release.recorded", {"custodian": IDS[0], "part": "coin", "release": json.loads(sent)}
    )
    case.platform.sign(LATER + timedelta(minutes=6))
    case.step(LATER + timedelta(minutes=10))
    case.step(LATER + timedelta(minutes=20))
    assert case.platform.releases() == [sent, sent]
    assert "recorded" in case.said[-1]


def test_three_custodians_open_every_contribution_together(tmp_path: Path) -> None:
    answers: dict[str, dict[tuple[bytes, bytes], Any]] = {}
    seals: dict[bytes, Seal] = {}
    for id_ in IDS[:T]:
        with custody_case(tmp_path / id_) as made:
            made.id = id_
            made.folder = make_folder(tmp_path / id_ / "own", id_)
            made.platform.append("log", "log.opened", {})
            made.platform.sign(BEFORE)
            closed(made)
            made.step(LATER)
            answers[id_] = dict(Release.parse(json.loads(made.platform.releases()[0])["object"]).answers)
            for one in made.platform.streams[f"lot/{TENDER}/{LOT}"]:
                if one["event"]["type"] == "contribution.recorded":
                    envelope = one["event"]["public"]["contribution"]
                    seals[bytes.fromhex(envelope["key"])] = Seal.parse(envelope["object"]["seal"], COIN)
    for party, author in zip(PARTIES, seals, strict=True):
        given = {id_: one[author, seals[author].n16] for id_, one in answers.items()}
        assert verdict(seals[author], COIN, author, given) == Open(counted(party.encode())(32))


def test_a_spoiled_capsule_is_answered_with_bad(case: Case) -> None:
    closed(case, spoil=1)
    case.step(LATER)
    answers = json.loads(case.platform.releases()[0])["object"]["answers"]
    assert sorted(answer.get("bad", False) for answer in answers) == [False, False, True]


def test_it_holds_every_form_before_it_releases(case: Case) -> None:
    case.sign_all(COIN)
    case.coin_lot(COIN)
    form = b"ciphertext of a form"
    name = H(form).hex()
    case.close({name: form})
    case.platform.sign(LATER)
    case.step(LATER)
    assert case.platform.releases() == []
    assert case.published() == {}
    case.platform.forms[name] = form
    case.step(LATER)
    assert len(case.platform.releases()) == 1
    assert case.published()[f"forms/{name}"] == form


def test_it_gives_back_a_form_that_the_platform_lost(case: Case) -> None:
    test_it_holds_every_form_before_it_releases(case)
    name = H(b"ciphertext of a form").hex()
    case.platform.forms.clear()
    case.platform.ask("f1", "form", {"sha256": name})
    case.platform.ask("f2", "form", {"sha256": "00" * 32})
    case.step()
    assert case.platform.put == [(f"/custody/forms/{name}", b"ciphertext of a form")]
    assert "custodian.no_such_form" in case.refusals()


def test_a_crash_after_remembering_changes_nothing_in_what_is_sent(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    closed(case)
    with monkeypatch.context() as patch:

        def die(*_: object) -> None:
            raise KeyboardInterrupt  # as kill -9: nothing after this line runs

        patch.setattr("ledger.institution.folder.Folder.put_release", die)
        with pytest.raises(KeyboardInterrupt):
            case.step(LATER)
    assert case.platform.releases() == []
    case.step(LATER + timedelta(hours=1))
    (sent,) = case.platform.releases()
    assert json.loads(sent)["object"]["at"] == clock.text(LATER)


def test_a_crash_before_remembering_leaves_one_release_only(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    closed(case)
    with monkeypatch.context() as patch:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("ledger.custodian.memory.Memory.note_released", die)
        with pytest.raises(KeyboardInterrupt):
            case.step(LATER)
    assert case.published() == {}
    case.step(LATER + timedelta(hours=1))
    case.step(LATER + timedelta(hours=2))
    assert len(set(case.platform.releases())) == 1


def test_a_postponement_is_signed_once_and_kept_to(case: Case) -> None:
    case.sign_all(COIN)
    case.coin_lot(COIN)
    new = clock.text(DEADLINE + timedelta(days=1))
    leaf = _addendum(case, new)
    case.platform.sign(BEFORE)
    body: Any = {"kids": list(kids_of([COIN])), "not_before": new, "addendum": leaf.hex(), "tender": TENDER}
    case.platform.ask("p1", "postpone", body)
    case.step()
    case.step(DEADLINE + timedelta(hours=1))
    first, again = case.platform.answers("p1")
    assert first == again
    assert verify_postponement(first, custodian(IDS[0]).public).not_before == new

    case.platform.requests.clear()
    case.close()
    case.platform.sign(DEADLINE + timedelta(hours=1))
    case.step(DEADLINE + timedelta(hours=2))
    assert case.platform.releases() == []
    assert "custodian.too_early" in case.refusals()
    case.platform.append("log", "log.minute", {})
    case.platform.sign(DEADLINE + timedelta(days=1))
    with case.process() as process:
        case.clock.at = DEADLINE + timedelta(days=1)
        releasing_at = releasing.due(COIN, case.house(process))
    assert releasing_at


def test_postponements_of_others_hold_when_enough_signed_in_the_log(case: Case) -> None:
    case.sign_all(COIN)
    case.coin_lot(COIN)
    new = clock.text(DEADLINE + timedelta(days=1))
    leaf = _addendum(case, new)
    said: Any = {"kids": list(kids_of([COIN])), "not_before": new, "addendum": leaf.hex()}
    for other in IDS[1:4]:
        case.platform.append(
            f"tender/{TENDER}",
            "postponement.recorded",
            {"postponement": signing.sign("postpone", said, custodian(other).key)},
        )
    case.close()
    case.platform.sign(LATER)
    case.step(LATER)
    assert case.platform.releases() == []
    assert "custodian.too_early" in case.refusals()


def test_a_custodian_joins_what_others_brought_into_force(case: Case) -> None:
    """Then its own word stands in the log, and it keeps to it. To hide the others' words from it gains nothing."""
    case.sign_all(COIN)
    case.coin_lot(COIN)
    new = clock.text(DEADLINE + timedelta(days=1))
    leaf = _addendum(case, new)
    said: Any = {"kids": list(kids_of([COIN])), "not_before": new, "addendum": leaf.hex()}
    stream = f"tender/{TENDER}"
    for other in IDS[1:4]:
        signed: Any = {"postponement": signing.sign("postpone", said, custodian(other).key)}
        case.platform.append(stream, "postponement.recorded", signed)
    case.platform.sign(BEFORE)
    case.platform.ask("p1", "postpone", {**said, "tender": TENDER})
    case.step()
    (answer,) = case.platform.answers("p1")
    assert verify_postponement(answer, custodian(IDS[0]).public).not_before == new
    case.platform.requests.clear()
    case.close()
    case.platform.sign(LATER)
    case.step(LATER)
    assert case.platform.releases() == []
    assert "custodian.too_early" in case.refusals()
    shown = case.platform.streams[stream]
    case.platform.streams[stream] = [one for one in shown if one["event"]["type"] != "postponement.recorded"]
    case.step(LATER + timedelta(minutes=1))
    assert case.platform.releases() == []
    assert "evidence.kept_back" in case.refusals()


def test_a_seed_is_published_on_an_order_after_bad(case: Case) -> None:
    closed(case, spoil=0)
    case.step(LATER)
    order: Any = {
        "order": "o1",
        "kind": "publish_seed",
        "lot": LOT,
        "custodian": IDS[0],
        "reason": "two custodians are away",
    }
    stream = f"tender/{TENDER}"
    case.platform.append(stream, "order.issued", act("order.issued", stream, order, TENDEREE, SUPERVISOR))
    case.platform.sign(LATER)
    case.platform.ask("d1", "seed", {"kid": COIN.kid.hex(), "order": "o1"})
    case.step(LATER)
    (answer,) = case.platform.answers("d1")
    public = keysets.custodian_key(bytes.fromhex(answer["seed"])).public_key().public_bytes_raw()
    assert public == COIN.custodians[0][1]


def test_a_rehearsal_is_answered_with_a_key_that_is_thrown_away(case: Case) -> None:
    with case.process() as process:
        case.platform.ask("r1", "rehearsal-key", {"nonce": "n1", "part": "offer"})
        process.step()
        public = bytes.fromhex(case.platform.answers("r1")[0]["object"]["public_key"])
        others = {one: bytes([number]) + bytes(30) + b"\x40" for number, one in enumerate(IDS[1:], 9)}
        keyset = rehearsal.build("n1", "offer", T, {IDS[0]: public, **others}, clock.text(BEFORE))
        content = Content(1, bytes(32))
        seal = seal_secret(keyset, bytes(range(32)), b"s" * 32, b"n" * 16, content, content)
        body: Any = {"keyset": keyset.to_json(), "author_key": bytes(range(32)).hex(), "seal": seal.to_json()}
        case.platform.requests.clear()
        case.platform.ask("r2", "rehearsal", body)
        process.step()
        assert "share" in case.platform.answers("r2")[0]
        case.platform.requests.clear()
        case.platform.ask("r3", "rehearsal", body)
        case.clock.at = BEFORE + timedelta(minutes=11)
        process.step()
    assert case.platform.answers("r3") == []
    assert "custodian.rehearsal_over" in case.refusals()


def test_a_restored_custodian_reads_what_it_did_from_the_log(case: Case, tmp_path: Path) -> None:
    closed(case)
    case.step(LATER)
    (sent,) = case.platform.releases()
    case.platform.append(
        f"lot/{TENDER}/{LOT}", "release.recorded", {"custodian": IDS[0], "part": "coin", "release": json.loads(sent)}
    )
    case.platform.sign(LATER)
    case.folder = make_folder(tmp_path / "restored", IDS[0])
    with case.process() as process:
        process.house.memory.note_restored()
    other = real_keyset("coin", DEADLINE + timedelta(days=3))
    case.platform.ask("s9", "sign", {"keyset": other.to_json()})
    case.step(LATER + timedelta(minutes=1))
    with case.process() as process:
        memory = process.house.memory
        assert [one.kid for one in memory.keysets()] == [COIN.kid]
        assert canonical(memory.release(COIN.kid.hex())) == canonical(json.loads(sent))
        assert memory.unrecorded() == []
    assert case.platform.answers("s9") == []
    assert "custodian.second_keyset" in case.refusals()


def _addendum(case: Case, deadline: str) -> bytes:
    stream = f"tender/{TENDER}"
    body: Any = {"number": 1, "text": {"zh": "延期", "en": "later"}, "affects_bids": True, "deadline": deadline}
    return case.platform.append(
        stream, "addendum.issued", act("addendum.issued", stream, {**body, "documents": []}, TENDEREE), "wang"
    )
