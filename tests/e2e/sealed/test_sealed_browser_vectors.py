"""The browser's sealing, held to the vectors of docs/formats/sealing.md: by WebCrypto's curves and by the library's.

All files of tests/vectors are used but `issuer.json` (primes for the Python issuer; its key stands in `ticket.json`).
Of `c2sp-chunked.json` and `rfc9474.json` the browser does what a bidder does: it opens, blinds and unblinds.
"""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from ledger.sealed import blindrsa
from tests import vectors
from tests.support.sampling import sample
from tests.support.sealing_page import SealingPage, sealing_page
from tests.vectors.fixed import issuer_key

VECTORS = Path(vectors.__file__).parent


def load(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def test_no_file_of_vectors_is_forgotten() -> None:
    source = Path(__file__).read_text("utf-8")
    # The issuer's primes are Python's; answers to a form are held to their vectors by test_bid_form_browser.
    files = {path.stem for path in VECTORS.glob("*.json")} - {"issuer", "form"}
    assert {name for name in files if f'load("{name}")' not in source} == set()


def test_canonical(page: SealingPage) -> None:
    found = load("canonical")
    assert page.values([["canonical", one["value"]] for one in found["good"]]) == [
        one["canonical"] for one in found["good"]
    ]
    assert page.values([["parse", one["canonical"]] for one in found["good"]]) == [
        one["canonical"] for one in found["good"]
    ]
    answers = page.answers([["parse", one["bytes"]] for one in found["bad"]])
    assert [answer.get("code") for answer in answers] == [one["code"] for one in found["bad"]]


def test_signing(page: SealingPage) -> None:
    found = load("signing")
    envelope = found["envelope"]
    assert page.call("message", found["type"], envelope["object"]) == found["message"]
    assert page.call("sign", found["type"], envelope["object"], found["seed"]) == envelope
    assert page.call("verify", found["type"], envelope, envelope["key"]) == envelope["object"]
    for key in found["bad_keys"]:
        assert page.code("checkKey", key) == "signature.bad_key"
        assert page.code("verify", found["type"], {**envelope, "key": key}) == "signature.bad_key"


def test_a_browser_that_nobody_chose_for_does_it_alike(browser: Browser) -> None:
    found = load("signing")
    with sealing_page(browser, "auto") as page:
        assert page.call("sign", found["type"], found["envelope"]["object"], found["seed"]) == found["envelope"]
        assert page.call("verify", found["type"], found["envelope"], None) == found["envelope"]["object"]


def test_keyset(page: SealingPage) -> None:
    for one in load("keyset"):
        keyset = one["keyset"]
        assert page.call("keyset", keyset) == {"kid": one["kid"], "n": len(one["seeds"]), "t": keyset["t"]}
        what = {name: keyset[name] for name in ("purpose", "t", "conditions")} | {"custodians": sorted(one["masters"])}
        for custodian in keyset["custodians"]:
            seed = page.call("custodianSeed", one["masters"][custodian["id"]], what)
            assert seed == one["seeds"][custodian["id"]]
            assert page.call("keyPair", seed)["publicKey"] == custodian["public_key"]


def test_shamir(page: SealingPage) -> None:
    for one in load("shamir"):
        shares = one["shares"]
        assert page.call("share", one["secret"], one["coefficients"], len(shares)) == shares
        t = len(one["coefficients"]) + 1
        numbered = list(enumerate(shares, 1))
        assert (
            page.values([["combine", some] for some in (numbered[:t], numbered[-t:], numbered)]) == [one["secret"]] * 3
        )


def test_seal(page: SealingPage) -> None:
    for one in load("seal"):
        contents = {name: one["seal"][name] for name in ("form", "files") if name in one["seal"]}
        assert page.call("seal", {**one, "contents": contents}) == {
            name: one[name] for name in ("context", "derived", "seal")
        }


def test_padding(page: SealingPage) -> None:
    found = load("padding")
    assert page.values([["padding", one["length"]] for one in found]) == [
        {name: one[name] for name in ("padded", "ciphertext")} for one in found
    ]


def test_content(page: SealingPage) -> None:
    found = load("content")
    given = {name: found[name] for name in ("key", "context", "salt", "plain", "ciphertext")}
    assert page.call("encrypt", given) == {name: found[name] for name in ("ciphertext", "size", "sha256")}
    assert page.call("decrypt", given) == found["plain"]
    answers = page.values([["refusedPadding", given, one] for one in found["refused"]])
    assert answers == [{"sha256": one["sha256"], "code": "sealed.bad_padding"} for one in found["refused"]]


def test_verdict(page: SealingPage) -> None:
    for group in load("verdict"):
        about = [group["keyset"], group["author_key"]]
        calls = [["verdict", *about, one["seal"], one["answers"], one["seeds"]] for one in group["cases"]]
        assert page.values(calls) == [one["expect"] for one in group["cases"]]


def test_postpone(page: SealingPage) -> None:
    found = load("postpone")
    calls = [["inForce", found["keyset"], found["kids"], one["signed"]] for one in found["cases"]]
    assert page.values(calls) == [one["not_before"] for one in found["cases"]]


def test_release(page: SealingPage) -> None:
    found = load("release")
    envelope = found["envelope"]
    assert page.call("verify", "release", envelope, envelope["key"]) == envelope["object"]
    assert page.call("sign", "release", envelope["object"], found["identity_seed"]) == envelope


def test_header(page: SealingPage) -> None:
    found = load("header")
    assert page.values([["headerSha256", one["header"]] for one in found]) == [one["sha256"] for one in found]
    whole = [one["header"] for one in found if one["header"]["part"] == "offer" or "statement" in one["header"]]
    assert len(whole) == 2
    page.values([["header", header, header["part"]] for header in whole])


def test_ticket(page: SealingPage) -> None:
    found = load("ticket")
    asked = [found["secret"], found["tender"], found["lot"], found["issuer"]["spki"]]
    wanted = {
        name: found[name] for name in ("bid_key", "prefix", "salt", "blind_seed", "r", "blinded_message", "ticket")
    }
    assert page.call("ticket", *asked, found["blind_signature"]) == wanted
    assert page.call("ticket", *asked, None) == {**wanted, "ticket": None}


def test_coin(page: SealingPage) -> None:
    found = load("coin")
    assert page.call("alpha", found["purpose"], found["roll"], found["secrets"]) == found["alpha"]
    calls = [["coefficient", found["alpha"], one["lot"], one["name"], one["values"]] for one in found["draws"]]
    assert page.values(calls) == [one["value"] for one in found["draws"]]
    calls = [["index", found["alpha"], one["lot"], one["name"], one["count"]] for one in found["indices"]]
    assert page.values(calls) == [one["index"] for one in found["indices"]]


def test_rehearsal(page: SealingPage) -> None:
    found = load("rehearsal")
    keyset = found["keyset"]
    keys = {one["id"]: one["public_key"] for one in keyset["custodians"]}
    about = [keyset["purpose"]["lot"], keyset["purpose"]["part"], keyset["t"], keys]
    assert page.call("rehearsalKeyset", *about, keyset["conditions"]["not_before"]) == found
    assert page.code("keyset", keyset) == "sealed.wrong_suite"


def test_backup(page: SealingPage) -> None:
    found = load("backup")
    assert page.values([["toWords", one["secret"]] for one in found]) == [one["words"] for one in found]
    typed = [f" {one['words'].upper()}\n" for one in found]
    assert page.values([["fromWords", words] for words in typed]) == [one["secret"] for one in found]


def test_rfc_9180(page: SealingPage) -> None:
    found = load("rfc9180")["vector"]
    made = page.call("hpke", found)
    assert made == {
        "skEm": found["skEm"],
        "pkEm": found["pkEm"],
        "sealed": found["enc"] + found["encryption"]["ct"],
        "opened": found["encryption"]["pt"],
    }


def test_rfc_9474(page: SealingPage) -> None:
    found = load("rfc9474")
    key = issuer_key(int(found["p"], 16), int(found["q"], 16))
    n = key.public_key().public_numbers().n
    given = {name: found[name] for name in ("msg", "msg_prefix", "salt")}
    given |= {"n": f"{n:x}", "r": f"{pow(int(found['inv'], 16), -1, n):x}"}
    blinded = page.call("rfc9474", given)["blinded"]
    assert [blinded[:64], blinded[-64:]] == found["blinded_msg"]
    signed = blindrsa.blind_sign(key, bytes.fromhex(blinded)).hex()
    assert [signed[:64], signed[-64:]] == found["blind_sig"]
    signature = page.call("rfc9474", {**given, "blindSignature": signed})["signature"]
    assert [signature[:64], signature[-64:]] == found["sig"]


@pytest.mark.parametrize("step", [7, 16400, 1 << 20])
def test_c2sp_chunked_encryption(page: SealingPage, step: int) -> None:
    for one in load("c2sp-chunked")["vectors"]:
        answer = page.answers([["decryptChunks", one, "SHA-256", step]])[0]
        wanted = {"value": one["payload_sha256"]} if one["ok"] else {"code": "sealed.not_decrypted", "params": {}}
        assert answer == wanted, one["name"]


def test_sha_256_in_pieces_is_the_browsers_own(page: SealingPage, rng: random.Random) -> None:
    cases = (
        [[size] for size in range(130)] + [[first, 64] for first in range(65)] + [[], [1 << 20, 5], [65536, 1, 65535]]
    )
    cases += [[rng.randrange(200) for _ in range(rng.randrange(9))] for _ in range(sample(2000, 50))]
    for sizes, (found, wanted) in zip(cases, page.values([["sha256", sizes] for sizes in cases]), strict=True):
        assert found == wanted == hashlib.sha256(bytes(at * 7 & 255 for at in range(sum(sizes)))).hexdigest()


def test_modular_arithmetic_is_the_librarys(browser: Browser, rng: random.Random) -> None:
    rows = []
    for bits in (3, 64, 2048, 3072):
        for _ in range(sample(200, 10)):
            n = rng.getrandbits(bits) | 1 << (bits - 1) | 1
            rows.append([str(rng.getrandbits(bits + 8) - rng.getrandbits(bits)), str(n)])
    with sealing_page(browser, "webcrypto") as page:
        given, wanted = page.call("modular", rows)
    assert given == wanted
    assert {"none"} < {inverse for _, _, inverse in given}, "with an inverse and without"
    assert given[-1][0] == str(int(rows[-1][0]) % int(rows[-1][1]))
