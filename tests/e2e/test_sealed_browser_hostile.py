"""What the browser must refuse, with the same codes as Python: each case is judged by both."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import io
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser

from ledger import trust
from ledger.basics import signing
from ledger.basics.canonical import canonical, parse
from ledger.basics.errors import Refusal
from ledger.sealed import backup, blindrsa, content, hpke, keyset, opening, seal, tickets
from ledger.sealed.header import read_header
from tests.support.custody import trust as trust_file
from tests.support.sampling import sample
from tests.support.sealing_bids import Bid, Custody, bid, custody, sealed_by_python
from tests.support.sealing_page import CURVES, SealingPage, sealing_page
from tests.vectors import chunked
from tests.vectors.fixed import fixed

P: Final = 2**255 - 19
# u of the points of low order (RFC 7748 §6.1), second spellings, and some that are neither.
LOW: Final = (
    *(0, 1, P - 1, P, P + 1, P + 2, 2**255 - 1, 9, P - 2),
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
)


@pytest.fixture(scope="module", params=CURVES)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[SealingPage]:
    with sealing_page(browser, request.param) as opened:
        yield opened


def code_of(act: Callable[..., object], *given: Any) -> str | None:
    """The code with which Python refuses."""
    try:
        act(*given)
    except Refusal as why:
        return why.code
    return None


def codes(page: SealingPage, calls: list[list[Any]]) -> list[str | None]:
    return [answer.get("code") for answer in page.answers(calls)]


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


def _decrypted(key: bytes, ctx: bytes, data: bytes) -> bytes:
    return b"".join(content.decrypt(key, ctx, [data]))


def _checked(key: bytes, data: bytes, signature: bytes) -> None:
    signing.check_key(key)
    signing.check(key, data, signature)


def changed(value: Any, **changes: Any) -> Any:
    """A copy with members exchanged; those of None are left out."""
    made = {**copy.deepcopy(value), **changes}
    return {name: one for name, one in made.items() if one is not None}


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


def test_ciphertexts_with_something_changed(page: SealingPage, rng: random.Random) -> None:
    key, ctx = rng.randbytes(32), rng.randbytes(32)
    for _ in range(sample(100, 8)):
        sink = io.BytesIO()
        length = rng.randrange(70_000)
        content.encrypt(key, ctx, [bytes(length)], length, sink)
        data = bytearray(sink.getvalue())
        at = rng.choice([0, 24, 55, 56, rng.randrange(len(data)), len(data) - 1])
        data[at] ^= 1
        cut = bytes(sink.getvalue()[: rng.choice([0, 20, 56, 60, 56 + 16400, len(data) - 16, len(data) - 1])])
        for case in (bytes(data), cut, sink.getvalue() + b"\0"):
            wanted = code_of(_decrypted, key, ctx, case)
            given = {"key": key.hex(), "context": ctx.hex(), "ciphertext": case.hex()}
            assert page.code("decrypt", given) == wanted == "sealed.not_decrypted"


def sealed_so(
    made: Custody, one: Bid, form: bytes, files: bytes
) -> tuple[dict[str, Any], opening.Open | opening.Void, str]:
    """A seal over contents (padded by who sealed them), as an order to open it; what Python finds in it."""
    secret, n16 = fixed("s"), fixed("n16", 16)
    ctx = seal.context(made.keyset.kid, one.author_key, n16)
    out = {
        kind: chunked.encrypt(seal.content_key(secret, ctx, kind), ctx, fixed("salt", 24), data)
        for kind, data in (("form", form), ("files", files))
    }
    named = {kind: content.digest([data]) for kind, data in out.items()}
    sealed = seal.seal_secret(made.keyset, one.author_key, secret, n16, named["form"], named["files"])
    answers = made.answers(sealed, one.author_key, made.keyset.ids)
    said = {id_: given.hex() for id_, given in answers.items() if isinstance(given, bytes)}
    order = {
        "keyset": made.keyset.to_json(),
        "authorKey": one.author_key.hex(),
        "seal": sealed.to_json(),
        "answers": said,
    }
    about = (sealed, made.keyset, one.author_key, secret)
    found = opening.open_form(*about, content.Ciphertext.of(out["form"]))
    if not isinstance(found, opening.Void):
        sinks = [io.BytesIO() for _ in found.files]
        void = opening.open_files(*about, found, [out["files"]], sinks.__getitem__)
        if void is None:
            return {**order, **_hex(out)}, opening.Open(secret, (), ()), ""
        found = void
    return {**order, **_hex(out)}, found, found.reason


def _hex(out: dict[str, bytes]) -> dict[str, str]:
    return {kind: data.hex() for kind, data in out.items()}


def test_contents_that_their_author_sealed_wrongly(page: SealingPage, rng: random.Random) -> None:
    made = custody(rng, "offer", 3)
    data = [b"", b"one file", bytes(20_000)]
    listed = [
        {"name": f"f{at}", "size": len(one), "sha256": hashlib.sha256(one).hexdigest()} for at, one in enumerate(data)
    ]
    header: Any = {"part": "offer", "salt": "00" * 32, "form": {}, "files": listed, "client": {"tool": "t"}}
    form, files = content.padded(canonical(header)), content.padded(b"".join(data))
    other = [listed[0], {**listed[1], "sha256": "00" * 32}, listed[2]]
    cases = {
        "": (form, files),
        "sealed.void_form": (form[:-1] + b"\1", files),
        "sealed.void_header": (content.padded(canonical({**header, "part": "identity"})), files),
        "sealed.void_header ": (content.padded(canonical(header) + b"\n"), files),
        "sealed.void_header  ": (content.padded(b"[]"), files),
        "sealed.void_file": (content.padded(canonical({**header, "files": other})), files),
        "sealed.void_file ": (form, content.padded(b"ONE FILE" + data[2])),
        "sealed.void_file  ": (
            content.padded(canonical({**header, "files": [{**listed[0], "sha256": "11" * 32}]})),
            content.padded(b""),
        ),
        "sealed.void_files": (form, content.padded(b"".join(data)[:-1])),
        "sealed.void_files ": (form, content.padded(b"".join(data) + b"x")),
        "sealed.void_files  ": (form, files + bytes(65536)),
        "sealed.void_files   ": (form, b""),
    }
    one = bid(rng, "offer")
    for name, (sealed_form, sealed_files) in cases.items():
        order, _, reason = sealed_so(made, one, sealed_form, sealed_files)
        found = page.call("openInWorker", order)
        assert found.get("reason", {}).get("code", "") == reason == name.strip(), name
    order, _, _ = sealed_so(made, one, form, files)
    assert page.code("openInWorker", {**order, "form": order["files"]}) == "sealed.wrong_copy"
    assert page.code("openInWorker", {**order, "files": order["files"][:-2]}) == "sealed.wrong_copy"


def test_a_form_that_is_longer_than_any_header(page: SealingPage, rng: random.Random) -> None:
    order, _, reason = sealed_so(custody(rng, "offer", 2), bid(rng, "offer"), content.padded(bytes(2 << 20)), b"")
    assert page.call("openInWorker", order)["reason"]["code"] == reason == "sealed.void_form_size"


def test_headers(page: SealingPage) -> None:
    file = {"name": "a.pdf", "size": 1, "sha256": "00" * 32}
    good: Any = {"part": "offer", "salt": "00" * 32, "form": {"q": "a"}, "files": [file], "client": {"tool": "t"}}
    names = [
        "",
        ".",
        "..",
        "a/b",
        "a\\b",
        "a\n",
        "\u202egpj",
        "x" * 255,
        "x" * 256,
        "标" * 85,
        "标" * 86,
        "\ufeffa",
        "a b",
        1,
    ]
    cases = [
        good,
        changed(good, part="identity"),
        changed(good, salt="00"),
        changed(good, form=[]),
        changed(good, form={"q": 1}),
        changed(good, files={}),
        changed(good, files=[file, file]),
        changed(good, client={}),
        changed(good, client={"tool": 1}),
        changed(good, client={"tool": "", "machine": ""}),
        changed(good, client={"tool": "", "host": ""}),
        changed(good, statement={}),
        changed(good, files=[changed(file, size=-1)]),
        changed(good, files=[changed(file, size=True)]),
        changed(good, files=[changed(file, sha256="0")]),
        *(changed(good, files=[changed(file, name=name)]) for name in names),
    ]
    wanted = [code_of(read_header, case, "offer") for case in cases]
    assert codes(page, [["header", case, "offer"] for case in cases]) == wanted
    signed = changed(good, part="identity", statement={}, signatures=[])
    cases = [signed, changed(signed, statement=[]), changed(signed, signatures=None), changed(signed, signatures={})]
    wanted = [code_of(read_header, case, "identity") for case in cases]
    assert codes(page, [["header", case, "identity"] for case in cases]) == wanted


def test_backup_words(page: SealingPage, rng: random.Random) -> None:
    words = backup.to_words(rng.randbytes(32))
    cases = ["", " ".join(words[:23]), " ".join([*words, words[0]]), " ".join([*words[:5], "zzz", *words[6:]])]
    cases += [" ".join([words[1], words[0], *words[2:]]), "abandon " * 24, " ".join(words).upper()]
    wanted = [code_of(backup.from_words, case) for case in cases]
    assert codes(page, [["fromWords", case] for case in cases]) == wanted
    assert len(set(wanted)) == 4
    answer = page.answers([["fromWords", cases[3]]])[0]
    assert answer["params"] == {"place": 6}


def test_ticket_keys_and_answers_of_the_office(page: SealingPage) -> None:
    good = blindrsa.spki(rsa.generate_private_key(65537, 3072))
    cases = [
        good,
        good + b"\0",
        good[:-1],
        b"",
        good[:-3] + b"\1\0\3",
        good[:33] + bytes([good[33] & 0x7F]) + good[34:],
        blindrsa.spki(rsa.generate_private_key(65537, 2048)),
        blindrsa.spki(rsa.generate_private_key(3, 3072)),
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ]
    wanted = [code_of(tickets.ticket_key, case) for case in cases]
    about = ["11" * 32, "t-1", "lot-1"]
    assert codes(page, [["ticket", *about, case.hex(), None] for case in cases]) == wanted
    for answer in ("11" * 384, "11" * 383, "", "00" * 384):
        assert page.code("ticket", *about, good.hex(), answer or "00") == "sealed.bad_ticket"
    ticket = {"prefix": "00" * 32, "signature": "11" * 384}
    assert page.code("checkTicket", ticket, "11" * 32, good.hex()) == "sealed.bad_ticket"


def test_trust_files(page: SealingPage) -> None:
    good: Any = parse(trust_file().removesuffix(b"\n"))
    first, *rest = good["custodians"]
    cases = [
        changed(good, v=2),
        changed(good, v=True),
        changed(good, extra=1),
        changed(good, cas=None),
        changed(good, custodians={}),
        changed(good, custodians=[first, *rest, first]),
        changed(good, custodians=[changed(first, key=rest[0]["key"]), *rest]),
        changed(good, custodians=[changed(first, key="00" * 32), *rest]),
        changed(good, custodians=[changed(first, name={"zh": "", "en": 1}), *rest]),
        changed(good, custodians=[changed(first, id="A"), *rest]),
        changed(good, box_key="01" + "00" * 31),
        changed(good, box_key="00"),
    ]
    files = [canonical(case) for case in cases] + [trust_file().rstrip() + b"\n\n"]
    wanted = [code_of(trust.parse, data) for data in files]
    assert codes(page, [["trust", data.hex()] for data in files]) == wanted
    assert None not in wanted


def test_a_receipt_for_something_else(page: SealingPage) -> None:
    key = Ed25519PrivateKey.from_private_bytes(fixed("box"))
    box = signing.public_bytes(key).hex()
    said: Any = {"lot": "lot-1", "submission_sha256": "11" * 32, "at": "2026-12-01T00:00:00.000Z"}
    envelope = signing.sign("receipt", {**said, "minute": "2026-12-01T00:00:00.000Z"}, key)
    wanted = {"lot": "lot-1", "sha256": "11" * 32}
    assert page.call("receipt", envelope, box, wanted) == envelope["object"]
    assert page.code("receipt", envelope, box, {**wanted, "lot": "lot-2"}) == "client.bad_receipt"
    assert page.code("receipt", envelope, box, {**wanted, "sha256": "22" * 32}) == "client.bad_receipt"
    assert page.code("receipt", envelope, "22" * 32, wanted) == "signature.wrong_key"
    assert page.code("receipt", {**envelope, "signature": "00" * 64}, box, wanted) == "signature.invalid"


def test_files_that_are_not_what_was_signed_are_not_sealed(page: SealingPage, rng: random.Random) -> None:
    made = custody(rng, "offer", 3)
    listed = [{"name": "f", "size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}]
    header = {"part": "offer", "salt": "00" * 32, "form": {}, "files": listed, "client": {"tool": "t"}}
    order = {**made.order(), "authorKey": "11" * 32, "header": header, "folder": ["t", "lot", "9"]}
    for files in ([b"abd"], [b"abcd"], [b""]):
        assert page.code("sealInWorker", {**order, "files": [data.hex() for data in files]}) == "bid.file_changed"
    assert page.code("sealInWorker", {**order, "files": []}) == "sealed.header_files"
    assert (
        page.code("sealInWorker", {**order, "header": {**header, "form": {"q": 1}}, "files": [b"abc".hex()]})
        == "sealed.header_form"
    )
    assert page.call("hashFiles", [b"abc".hex()]) == [{"size": 3, "sha256": listed[0]["sha256"]}]


def test_sealing_that_is_broken_off_leaves_nothing(page: SealingPage, rng: random.Random) -> None:
    size = 32 << 20
    listed = [{"name": "f", "size": size, "sha256": hashlib.sha256(bytes(size)).hexdigest()}]
    header = {"part": "offer", "salt": "00" * 32, "form": {}, "files": listed, "client": {"tool": "t"}}
    made = custody(rng, "offer", 3)
    order = {**made.order(), "authorKey": "11" * 32, "header": header, "folder": ["t", "lot", "8"], "size": size}
    assert page.call("abortSeal", order) == {"name": "AbortError", "left": []}


def test_the_bidding_secret_stays_in_the_browser(page: SealingPage) -> None:
    secret = fixed("bidding secret")
    wanted = signing.public_bytes(tickets.bid_key(secret, "t-1", "lot-1")).hex()
    assert page.call("secretStays", secret.hex()) == {
        "bid_key": wanted,
        "extractable": False,
        "read": "NotSupportedError",
        "overwritten": "ConstraintError",
        "gone": True,
    }
