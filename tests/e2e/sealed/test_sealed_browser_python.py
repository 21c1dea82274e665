"""Browser and Python open each other's seals, and send each other's messages."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from bidding import roll, statement, submission
from ledger import trust
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.sealed import backup, blindrsa, tickets
from tests.support.custody import trust as trust_file
from tests.support.sampling import sample
from tests.support.sealing_bids import bid, custody, opened_by_python, sealed_by_python
from tests.support.sealing_page import SealingPage
from tests.vectors.fixed import HERE, fixed, issuer_key

ISSUER = json.loads((HERE / "issuer.json").read_text("utf-8"))


def test_python_opens_what_the_browser_sealed(page: SealingPage, rng: random.Random) -> None:
    for _ in range(sample(200, 8)):
        part = rng.choice(["identity", "offer"])
        made, one = custody(rng, part, for_rehearsal=rng.random() < 0.2), bid(rng, part)
        files = [data.hex() for data in one.files]
        about = {"authorKey": one.author_key.hex(), "header": one.header, "folder": ["t", "lot", "1"]}
        found = page.call("sealInWorker", {**made.order(), **about, "files": files})
        assert found["steps"][-1:] in ([], [[sum(map(len, one.files))] * 2])
        ciphertexts = (bytes.fromhex(found["ciphertexts"][kind]) for kind in ("form", "files"))
        who = rng.sample(made.keyset.ids, made.keyset.t)
        assert opened_by_python(made, one, found["seal"], who, *ciphertexts) == (one.header, one.files)


def test_the_browser_opens_what_python_sealed(page: SealingPage, rng: random.Random) -> None:
    for _ in range(sample(200, 8)):
        part = rng.choice(["identity", "offer"])
        made, one = custody(rng, part, for_rehearsal=rng.random() < 0.2), bid(rng, part)
        sealed, form, files = sealed_by_python(rng, made.keyset, one)
        who = rng.sample(made.keyset.ids, made.keyset.t)
        answers = {id_: _said(one) for id_, one in made.answers(sealed, one.author_key, who).items()}
        order = {"keyset": made.keyset.to_json(), "rehearsal": made.rehearsal, "seal": sealed.to_json()}
        ciphertexts = {"form": form.hex(), "files": files.hex(), "authorKey": one.author_key.hex()}
        found = page.call("openInWorker", {**order, **ciphertexts, "answers": answers})
        assert found == {"verdict": "open", "header": one.header}


def _said(answer: Any) -> str:
    return answer.hex() if isinstance(answer, bytes) else "bad"


def test_both_derive_the_same_tickets_and_the_office_signs_them(page: SealingPage, rng: random.Random) -> None:
    key = issuer_key(int(ISSUER["p"], 16), int(ISSUER["q"], 16))
    spki = blindrsa.spki(key)
    seal_key = Ed25519PrivateKey.from_private_bytes(fixed("organisation"))
    for number in range(sample(50, 3)):
        secret, about = rng.randbytes(32), (f"t-{number}", f"lot-{rng.randrange(9)}")
        wanted = tickets.request(secret, *about, spki)
        asked = page.call("ticket", secret.hex(), *about, spki.hex(), None)
        assert asked["blinded_message"] == wanted.blinded.hex()
        given = {"tender": about[0], "lot": about[1], "blinded": asked["blinded_message"]}
        envelope = page.call("issuance", given, fixed("organisation").hex())
        assert envelope == tickets.issuance(*about, wanted.blinded, seal_key)
        signed = blindrsa.blind_sign(key, bytes.fromhex(asked["blinded_message"]))
        found = page.call("ticket", secret.hex(), *about, spki.hex(), signed.hex())["ticket"]
        assert found == wanted.finalize(signed).to_json()
        tickets.verify_ticket(spki, bytes.fromhex(asked["bid_key"]), tickets.Ticket.parse(found))


def test_words_go_both_ways(page: SealingPage, rng: random.Random) -> None:
    for _ in range(sample(200, 5)):
        secret = rng.randbytes(32)
        words = page.call("toWords", secret.hex())
        assert words == " ".join(backup.to_words(secret))
        assert page.call("fromWords", words.replace(" ", "\n")) == secret.hex()


def test_messages_are_those_that_the_box_reads(page: SealingPage, rng: random.Random) -> None:
    seed, made = rng.randbytes(32), {part: custody(rng, part, 5) for part in ("identity", "offer")}
    key = signing.public_bytes(Ed25519PrivateKey.from_private_bytes(seed))
    seals = {}
    for part, one in made.items():
        sealed, _, _ = sealed_by_python(rng, one.keyset, bid(rng, part))
        seals[part] = sealed.to_json()
    leaves = [rng.randbytes(32).hex() for _ in range(3)]
    assert page.call("terms", leaves) == submission.terms_hash(leaves)
    ticket = {"prefix": rng.randbytes(32).hex(), "signature": rng.randbytes(384).hex()}
    about = {"tender": "t-1", "lot": "lot-1", "seq": 3}
    found = page.call(
        "submission", {**about, "ticket": ticket, "terms": rng.randbytes(32).hex(), "seals": seals}, seed.hex()
    )
    read = submission.Submission.read(canonical(found["envelope"]))
    assert (read.bid_key, read.seq, read.sha256) == (key.hex(), 3, found["sha256"])
    assert read.seals["offer"].raw == seals["offer"]
    off = submission.Withdrawal.parse(page.call("withdrawal", about, seed.hex()))
    assert (off.bid_key, off.seq) == (key.hex(), 3)


def test_a_signed_request_is_what_the_box_asks_for(page: SealingPage, rng: random.Random) -> None:
    seed, body = rng.randbytes(32), rng.randbytes(100)
    what = {"method": "PATCH", "path": "/box/uploads/x", "body": body.hex(), "date": "Mon, 23 Nov 2026 13:05:07 GMT"}
    about = {"tender": "t-1", "lot": "lot-1", "ticket": {"prefix": "00" * 32, "signature": "ff" * 384}}
    headers = page.call("requestHeaders", seed.hex(), what, about)
    envelope = json.loads(_unpadded(headers["Mingjing-Request"]))
    assert canonical(envelope) == _unpadded(headers["Mingjing-Request"])
    said = signing.verify("request", envelope, signing.public_bytes(Ed25519PrivateKey.from_private_bytes(seed)).hex())
    assert {name: said[name] for name in ("method", "path", "at")} == {
        **{name: what[name] for name in ("method", "path")},
        "at": "2026-11-23T13:05:07.000Z",
    }
    assert _unpadded(headers["Mingjing-Ticket"]) == canonical(about)
    again = page.call("requestHeaders", seed.hex(), what, None)
    assert set(again) == {"Mingjing-Request"}
    assert json.loads(_unpadded(again["Mingjing-Request"]))["object"]["nonce"] != said["nonce"]


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_statements_are_the_same_and_are_signed_alike(page: SealingPage, rng: random.Random) -> None:
    headers = {part: bid(rng, part).header for part in ("identity", "offer")}
    headers["identity"] |= {"files": [{"name": "agreement.pdf", "size": 1, "sha256": "00" * 32}]}
    about: dict[str, Json] = {"tender": "t-1", "lot": "lot-1", "bid_key": "aa" * 32, "seq": 1, "terms": "bb" * 32}
    parties = [("91110000MA00000001", "33.33"), ("91110000MA00000002", "0.5"), ("91110000MA00000003", "66.17")]
    listed = [{"uscc": uscc, "share": share} for uscc, share in parties]
    made = page.call("statement", about, fixed("blind").hex(), headers, listed)
    assert made == statement.build(about, fixed("blind"), headers, parties)
    assert page.call("toSign", made) == statement.to_sign(made).hex()
    key = Ed25519PrivateKey.from_private_bytes(fixed("person"))
    assert page.call("keySignature", made, fixed("person").hex()) == statement.key_signature(made, key)


def test_rolls_have_the_same_entry(page: SealingPage, rng: random.Random) -> None:
    made = roll.roll_object("t-1", "lot-1", [rng.randbytes(32).hex() for _ in range(5)])
    assert page.call("rollEntry", made) == roll.roll_entry(made).hex()


def test_a_trust_file_says_the_same(page: SealingPage) -> None:
    data = trust_file()
    wanted, found = trust.parse(data), page.call("trust", data.hex())
    assert (found["boxKey"], found["fingerprint"]) == (wanted.box_key, wanted.fingerprint)
    assert found["identityKeys"] == wanted.custodian_keys()
    assert [row["name"] for row in found["custodians"]] == [dict(one.name) for one in wanted.custodians.values()]


def test_x25519_and_ed25519_are_the_librarys(page: SealingPage, rng: random.Random) -> None:
    for _ in range(sample(100, 10)):
        secret, other, data = (
            rng.randbytes(32),
            X25519PrivateKey.from_private_bytes(rng.randbytes(32)),
            rng.randbytes(99),
        )
        public = other.public_key().public_bytes_raw()
        shared = X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))
        assert page.call("x25519", secret.hex(), public.hex()) == shared.hex()
        envelope = page.call("sign", "request", {"data": data.hex()}, secret.hex())
        key = Ed25519PrivateKey.from_private_bytes(secret)
        assert envelope == signing.sign("request", {"data": data.hex()}, key)
        assert signing.verify("request", envelope)
