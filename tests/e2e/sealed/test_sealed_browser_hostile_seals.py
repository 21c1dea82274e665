"""Bytes, keys, key sets and seals that the browser must refuse, with the codes of Python: each is judged by both."""

from __future__ import annotations

import dataclasses
import random
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import signing
from ledger.basics.canonical import canonical, parse
from ledger.sealed import hpke, keyset, opening, seal
from tests.support.sampling import sample
from tests.support.sealing_bids import bid, custody, sealed_by_python
from tests.support.sealing_page import SealingPage, changed, code_of, codes
from tests.vectors.fixed import fixed

P: Final = 2**255 - 19
# u of the points of low order (RFC 7748 §6.1), second spellings, and some that are neither.
LOW: Final = (
    *(0, 1, P - 1, P, P + 1, P + 2, 2**255 - 1, 9, P - 2),
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)


def test_bytes_that_are_nearly_canonical(page: SealingPage, rng: random.Random) -> None:
    whole = canonical({"a": [1, -2, '标\n"\\', True, {}], "b": {"c": "\x00", "d": [[], 9007199254740991]}, "e": ""})
    cases = [b"[" * 5000, b'{"a":1,"a":null}', b'{"__proto__":1}', b'{"__proto__":1,"__proto__":2}', b"1", b'"x"', b"-"]
    cases += [
        b"Infinity",
        b"-Infinity",
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"1" * 400,
        b'"\\ud83d\\ude00"',
        b'"\\ude00\\ud83d"',
    ]
    for _ in range(sample(20_000, 600)):
        at = rng.randrange(len(whole))
        piece = rng.choice([b"", b" ", b"0", b'"', b",", b"\\", b"\\u00e9", b"\xff", b"null", b"[", b"}", b"1e1", b"-"])
        cases.append(whole[:at] + piece + whole[at + rng.randrange(3) :])
    found = page.answers([["parse", case.hex()] for case in cases])
    for case, answer in zip(cases, found, strict=True):
        wanted = code_of(parse, case)
        assert (answer.get("code"), answer.get("value")) == (wanted, None if wanted else case.hex()), case


def test_keys_of_low_order_and_second_spellings(page: SealingPage) -> None:
    raw = [number.to_bytes(32, "little") for number in LOW]
    raw += [bytes([*key[:31], key[31] | 0x80]) for key in raw]
    wanted = [code_of(hpke.public_key, key) for key in raw]
    assert codes(page, [["checkX25519", key.hex()] for key in raw]) == wanted
    assert {None, "sealed.bad_public_key"} == set(wanted)
    assert page.code("x25519", "11" * 32, "00" * 32) == "sealed.bad_public_key"


def test_signatures_that_some_verifiers_take(page: SealingPage, rng: random.Random) -> None:
    key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    public, data = signing.public_bytes(key), rng.randbytes(20)
    good = key.sign(data)
    order = 2**252 + 27742317777372353535851937790883648493
    raised = (int.from_bytes(good[32:], "little") + order).to_bytes(32, "little")
    cases = [
        (public, data, good),
        (public, data, good[:32] + raised),
        (public, data + b"x", good),
        (public, data, good[:63]),
    ]
    cases += [
        (public, data, bytes(64)),
        (fixed("no point"), data, good),
        (public, data, b"\x01" + bytes(31) + good[32:]),
    ]
    for _ in range(sample(400, 24)):
        text = rng.randbytes(8)
        made = page.call("twistedSignature", rng.randbytes(32).hex(), rng.randbytes(32).hex(), text.hex())
        cases.append((bytes.fromhex(made["key"]), text, bytes.fromhex(made["signature"])))
    wanted = [code_of(_checked, *case) for case in cases]
    assert codes(page, [["checkSignature", *(part.hex() for part in case)] for case in cases]) == wanted
    # One twisted signature in eight holds without a cofactor, too.
    assert {None, "signature.invalid"} == set(wanted[7:])


def _checked(key: bytes, data: bytes, signature: bytes) -> None:
    signing.check_key(key)
    signing.check(key, data, signature)


def test_key_sets(page: SealingPage, rng: random.Random) -> None:
    made = custody(rng, "offer", 5)
    good = made.keyset.to_json()
    rows: list[Any] = good["custodians"]  # type: ignore[assignment] # it is the list of custodians
    when, purpose = good["conditions"], good["purpose"]
    cases: list[Any] = [
        good,
        [],
        changed(good, t=None),
        changed(good, x=1),
        changed(good, suite="MJ1-rehearsal"),
        changed(good, suite="MJ2"),
        *(changed(good, t=t) for t in (0, 1, 2, 6, True, "3", 2.5)),
        changed(good, custodians={}),
        changed(good, custodians=[]),
        changed(good, custodians=rows[:1]),
        changed(good, custodians=rows[::-1]),
        changed(good, custodians=[rows[0], *rows]),
        changed(good, custodians=[changed(rows[0], public_key=rows[1]["public_key"]), *rows[1:]]),
        changed(good, custodians=[changed(rows[0], public_key="00" * 32), *rows[1:]]),
        changed(good, custodians=[changed(rows[0], public_key="FF" * 32), *rows[1:]]),
        changed(good, custodians=[changed(rows[0], public_key="ff" * 31), *rows[1:]]),
        changed(good, custodians=[changed(rows[0], id="A"), *rows[1:]]),
        changed(good, custodians=[changed(rows[0], name="x"), *rows[1:]]),
        changed(good, purpose=changed(purpose, part="coin")),
        changed(good, purpose=changed(purpose, part="bribe")),
        changed(good, purpose=changed(purpose, part=1)),
        changed(good, purpose=changed(purpose, part="draw-x-0")),
        changed(good, purpose=changed(purpose, part="draw-x-0", lot="")),
        changed(good, purpose=changed(purpose, part="draw-x-01", lot="")),
        changed(good, purpose=changed(purpose, part="draw-..-1", lot="")),
        changed(good, purpose=changed(purpose, lot="")),
        changed(good, purpose=changed(purpose, lot="a..b")),
        changed(good, purpose=changed(purpose, tender="rehearsal")),
        changed(good, conditions=changed(when, min_bids=2)),
        changed(good, conditions=changed(when, min_bids=True)),
        changed(good, conditions=changed(when, after=["roll", "present"])),
        changed(good, conditions=changed(when, after="roll")),
        changed(good, conditions=changed(when, after=["present", "roll", "coefficients", "announced"])),
        changed(good, conditions=changed(when, not_before="2026-02-30T00:00:00.000Z")),
        changed(good, conditions=changed(when, not_before="2026-12-01T01:00:00Z")),
    ]
    wanted = [code_of(keyset.parse, case) for case in cases]
    assert codes(page, [["keyset", case] for case in cases]) == wanted
    assert wanted.count(None) <= 2, "of these cases most are wrong"


def test_a_key_set_that_not_all_have_signed(page: SealingPage, rng: random.Random) -> None:
    made, other = custody(rng, "identity", 4), custody(rng, "identity", 4)
    signed, keys = made.signatures, made.identity_keys
    first, second = made.keyset.ids[:2]
    crossed = signing.sign("keyset", {"kid": made.keyset.kid.hex(), "custodian": first}, made.identities[second])
    bent = {**signed[0], "signature": "00" * 64}
    cases: list[tuple[list[Any], dict[str, str]]] = [
        (signed, keys),
        (signed[::-1] + signed, keys),
        (signed[:-1], keys),
        ([], keys),
        (signed[:-1] + signed[:1], keys),
        ([crossed, *signed[1:]], keys),
        ([bent, *signed[1:]], keys),
        ([*signed, other.signatures[0]], keys | other.identity_keys),
        (signed, {id_: key for id_, key in keys.items() if id_ != first}),
        (signed, keys | {first: keys[second]}),
        ([{"object": 1, "key": "", "signature": ""}], keys),
    ]
    wanted = [code_of(keyset.verify_keyset, made.keyset, *case) for case in cases]
    assert codes(page, [["checkSigned", made.keyset.to_json(), *case] for case in cases]) == wanted
    assert wanted[2] == "sealed.signatures_missing"
    one = bid(rng, "identity")
    about = {"authorKey": "11" * 32, "header": one.header, "files": [data.hex() for data in one.files], "folder": ["x"]}
    order = {**made.order(), **about}
    assert page.code("sealInWorker", {**order, "signatures": signed[:-1]}) == "sealed.signatures_missing"
    assert page.code("sealInWorker", {**order, "rehearsal": True}) == "sealed.wrong_suite"
    names = [{"id": id_, "name": {"zh": "公证处", "en": "Notary"}, "key": keys[id_]} for id_ in made.keyset.ids]
    told = page.call("summary", made.keyset.to_json(), names)
    assert [row["identityKey"] for row in told["custodians"]] == [keys[id_] for id_ in made.keyset.ids]
    assert (told["kid"], told["n"], told["minBids"]) == (made.keyset.kid.hex(), 4, 3)
    assert page.code("summary", made.keyset.to_json(), names[1:]) == "sealed.not_a_custodian"


def test_seals_with_something_changed(page: SealingPage, rng: random.Random) -> None:
    for _ in range(sample(100, 8)):
        made, one = custody(rng, "offer"), bid(rng, "offer")
        sealed, _, _ = sealed_by_python(rng, made.keyset, one)
        kind, at = rng.choice(["capsules", "checks"]), rng.randrange(made.keyset.n)
        rows = list(getattr(sealed, kind))
        place = rng.randrange(len(rows[at]))
        rows[at] = rows[at][:place] + bytes([rows[at][place] ^ 1 << rng.randrange(8)]) + rows[at][place + 1 :]
        bent = dataclasses.replace(sealed, capsules=tuple(rows)) if kind == "capsules" else _other_checks(sealed, rows)
        who = rng.sample(made.keyset.ids, rng.randint(0, made.keyset.n))
        answers = made.answers(bent, one.author_key, who)
        if who and rng.random() < 0.3:
            answers[who[0]] = rng.choice([rng.randbytes(32), opening.BAD])
        wanted = opening.verdict(bent, made.keyset, one.author_key, answers)
        said = {id_: given.hex() if isinstance(given, bytes) else "bad" for id_, given in answers.items()}
        found = page.call("verdict", made.keyset.to_json(), one.author_key.hex(), bent.to_json(), said, {})
        assert found["verdict"] == type(wanted).__name__.lower()
        assert found["false_shares"] == list(wanted.false_shares)
        assert found.get("reason") == getattr(wanted, "reason", None)
        custodian = made.keyset.ids[at]
        seen = page.call(
            "openCapsule",
            made.keyset.to_json(),
            one.author_key.hex(),
            bent.to_json(),
            custodian,
            made.seeds[custodian].hex(),
        )
        assert seen == "bad"


def test_a_capsule_from_a_key_of_low_order_is_bad(page: SealingPage, rng: random.Random) -> None:
    made, one = custody(rng, "offer", 3), bid(rng, "offer")
    sealed, _, _ = sealed_by_python(rng, made.keyset, one)
    first, other = made.keyset.ids[:2]
    author = one.author_key.hex()
    for enc in (0, 1, P - 1, P, LOW[-1]):
        bent = dataclasses.replace(
            sealed, capsules=(enc.to_bytes(32, "little") + sealed.capsules[0][32:], *sealed.capsules[1:])
        )
        assert made.answers(bent, one.author_key, [first]) == {first: opening.BAD}
        about = (made.keyset.to_json(), author, bent.to_json())
        assert page.call("openCapsule", *about, first, made.seeds[first].hex()) == "bad"
        assert page.code("openCapsule", *about, other, made.seeds[first].hex()) == "sealed.not_my_key"


def _other_checks(sealed: seal.Seal, checks: list[bytes]) -> seal.Seal:
    return dataclasses.replace(sealed, checks=tuple(checks))


def test_a_share_of_another_length_counts_for_nothing(page: SealingPage, rng: random.Random) -> None:
    made, one = custody(rng, "offer", 3), bid(rng, "offer")
    sealed, _, _ = sealed_by_python(rng, made.keyset, one)
    ctx = seal.context(made.keyset.kid, one.author_key, sealed.n16)
    bent = dataclasses.replace(sealed, checks=(seal.check_of(ctx, 1, b"short"), *sealed.checks[1:]))
    first = made.keyset.ids[0]
    wanted = opening.verdict(bent, made.keyset, one.author_key, {first: b"short"})
    about = (made.keyset.to_json(), one.author_key.hex(), bent.to_json())
    found = page.call("verdict", *about, {first: b"short".hex()}, {})
    assert found["false_shares"] == list(wanted.false_shares) == [first]


def test_shapes_of_seals(page: SealingPage, rng: random.Random) -> None:
    made, one = custody(rng, "offer", 3), bid(rng, "offer")
    sealed, _, _ = sealed_by_python(rng, made.keyset, one)
    good: Any = sealed.to_json()
    cases = [
        good,
        changed(good, files=None),
        changed(good, extra=1),
        changed(good, kid="00" * 32),
        changed(good, kid="00"),
        changed(good, n16="00" * 15),
        changed(good, capsules=good["capsules"][:2]),
        changed(good, checks=[*good["checks"], "00" * 32]),
        changed(good, capsules="x"),
        changed(good, capsules=[*good["capsules"][:2], "00"]),
        changed(good, form={"size": 0, "sha256": "00" * 32}),
        changed(good, form={"size": True, "sha256": "00" * 32}),
        changed(good, files={"size": 1, "sha256": "00"}),
        changed(good, files={"size": 1}),
    ]
    wanted = [code_of(seal.Seal.parse, case, made.keyset) for case in cases]
    assert codes(page, [["parseSeal", case, made.keyset.to_json()] for case in cases]) == wanted
    assert wanted.count(None) == 1
