"""Contents, headers, words, tickets and files that the browser must refuse, with the codes of Python."""

from __future__ import annotations

import hashlib
import io
import random
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger import trust
from ledger.basics import signing
from ledger.basics.canonical import canonical, parse
from ledger.sealed import backup, blindrsa, content, opening, seal, tickets
from ledger.sealed.header import read_header
from tests.support.custody import trust as trust_file
from tests.support.sampling import sample
from tests.support.sealing_bids import Bid, Custody, bid, custody
from tests.support.sealing_page import SealingPage, changed, code_of, codes
from tests.vectors import chunked
from tests.vectors.fixed import fixed


def _decrypted(key: bytes, ctx: bytes, data: bytes) -> bytes:
    return b"".join(content.decrypt(key, ctx, [data]))


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
