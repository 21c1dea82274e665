"""A dongle's CMS is judged alike in the browser before sealing and in Python after the opening."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser

from bidding import cms
from ledger.basics import clock
from ledger.basics.errors import Refusal
from tests.support.authority import END, START, Holder, Key, ec_key, name, root, rsa_key
from tests.support.sampling import sample
from tests.support.sealing_page import SealingPage, sealing_page
from tests.support.world_log import Dice

AT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
DATA = b"mingjing/statement/v1\0{}"
CODE = "91350100MA0000000X"
SEAL = name("某单位电子印章", CODE)
ROOT = root()
ACCEPTED = "accepted"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[SealingPage]:
    with sealing_page(browser, "webcrypto") as made:
        yield made


def python(der: bytes, data: bytes, authorities: list[x509.Certificate], at: datetime) -> str:
    """The verdict after the opening."""
    try:
        cms.verify(der, data, authorities, at)
    except Refusal as why:
        return why.code
    return ACCEPTED


def browser_call(der: bytes, data: bytes, authorities: list[x509.Certificate], at: datetime) -> list[Any]:
    pems = [one.public_bytes(Encoding.PEM).decode() for one in authorities]
    return ["cms", der.hex(), data.hex(), pems, clock.text(at)]


def same(page: SealingPage, cases: dict[str, tuple[bytes, bytes, list[x509.Certificate], datetime]]) -> dict[str, str]:
    """Both verdicts of each case are one; the verdicts by name."""
    answers = page.answers([browser_call(*case) for case in cases.values()])
    found = {label: answer.get("code", ACCEPTED) for label, answer in zip(cases, answers, strict=True)}
    assert found == {label: python(*case) for label, case in cases.items()}
    return found


def case(
    der: bytes, data: bytes = DATA, trusted: Holder | None = ROOT, at: datetime = AT
) -> tuple[bytes, bytes, list[x509.Certificate], datetime]:
    return der, data, [trusted.certificate] if trusted else [], at


def test_what_counts_after_the_opening_counts_in_the_browser(page: SealingPage, tmp_path: Path) -> None:
    holders = {"rsa": ROOT.issue(SEAL, rsa_key()), "p256": ROOT.issue(SEAL, ec_key())}
    cases = {}
    for label, holder in holders.items():
        for attributes in (True, False):
            cases[f"{label} {attributes}"] = case(holder.sign(DATA, attributes=attributes))
        for option in ("-noattr", "-keyid", "-nosmimecap"):
            cases[f"{label} openssl {option}"] = case(holder.openssl(tmp_path, DATA, option))
    pss = ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32")
    cases["pss"] = case(holders["rsa"].openssl(tmp_path, DATA, *pss))
    issuers: dict[str, Key] = {"rsa-issuer": rsa_key(1), "p384-issuer": ec.generate_private_key(ec.SECP384R1())}
    for label, key in issuers.items():
        between = ROOT.issue(name("Issuing CA"), key, ca=True)
        cases[label] = case(between.issue(SEAL, rsa_key()).sign(DATA))
    cases["no usage"] = case(ROOT.issue(SEAL, ec_key(), usage=None).sign(DATA))
    assert set(same(page, cases).values()) == {ACCEPTED}


def test_what_voids_a_bid_is_refused_in_the_browser_with_the_same_code(page: SealingPage, tmp_path: Path) -> None:
    good = ROOT.issue(SEAL, rsa_key())
    between = ROOT.issue(name("Issuing CA"), ec_key(), ca=True)
    day = timedelta(days=1)
    stranger = root("Other CA")
    forger = root()
    late = root("Late CA", rsa_key(3))
    cases = {
        "other bytes": case(good.sign(DATA), b"other"),
        "other bytes, bare": case(good.sign(DATA, attributes=False), b"other"),
        "other authority": case(stranger.issue(SEAL, ec_key()).sign(DATA)),
        "the authority's name on another key": case(forger.issue(SEAL, ec_key()).sign(DATA)),
        "no authority": case(good.sign(DATA), trusted=None),
        "expired": case(ROOT.issue(SEAL, ec_key(), end=AT - day).sign(DATA)),
        "not yet": case(ROOT.issue(SEAL, ec_key(), start=AT + day).sign(DATA)),
        "expired authority": case(
            late.issue(SEAL, ec_key(), end=END + 9 * day).sign(DATA), trusted=late, at=END + 2 * day
        ),
        "seal as issuer": case(
            Holder(good.key, good.certificate).issue(SEAL, ec_key()).sign(DATA, chain=[good.certificate])
        ),
        "without the one between": case(between.issue(SEAL, ec_key()).sign(DATA, chain=[])),
        "may only encipher": case(ROOT.issue(SEAL, ec_key(), usage=False).sign(DATA)),
        "attached": case(good.sign(DATA, detached=False)),
        "SHA-512": case(good.openssl(tmp_path, DATA, "-md", "sha512")),
        "P-384": case(ROOT.issue(SEAL, ec.generate_private_key(ec.SECP384R1())).sign(DATA)),
        "short RSA": case(ROOT.issue(SEAL, rsa_key(2, 1024)).sign(DATA)),
        "no certificate inside": case(good.openssl(tmp_path, DATA, "-nocerts")),
        "indefinite lengths": case(good.openssl(tmp_path, DATA, "-stream", "-indef")),
        "too long": case(good.sign(DATA) + bytes(70_000)),
        "something behind": case(good.sign(DATA) + b"\0"),
        "rubbish": case(b"%PDF-1.7 not a signature"),
        "nothing": case(b""),
    }
    found = same(page, cases)
    assert ACCEPTED not in found.values()
    assert found["attached"] == "cms.unsupported"
    assert found["expired"] == found["other authority"] == "cms.untrusted"
    assert found["other bytes"] == "cms.invalid"


def test_a_changed_byte_anywhere_is_judged_alike(page: SealingPage) -> None:
    dice = Dice(11)
    cases = {}
    for key in (rsa_key(), ec_key()):
        whole = ROOT.issue(SEAL, key).sign(DATA)
        for number in range(sample(4000, 150)):
            place = int.from_bytes(dice(4)) % len(whole)
            der = whole[:place] + bytes([whole[place] ^ (1 << dice(1)[0] % 8)]) + whole[place + 1 :]
            cases[f"{len(whole)} {number} {place}"] = case(der)
    answers = page.answers([browser_call(*one) for one in cases.values()])
    taken = {label for label, answer in zip(cases, answers, strict=True) if "code" not in answer}
    # The browser may be the stricter of the two: then a person signs once more. Never the other way.
    assert taken <= {label for label, one in cases.items() if python(*one) == ACCEPTED}


def pem(label: str) -> Callable[[bytes], bytes]:
    return lambda der: f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n".encode()


@pytest.mark.parametrize("spelled", [pem("CMS"), pem("PKCS7"), base64.encodebytes, base64.b64encode, bytes])
def test_files_of_all_kinds_are_read(page: SealingPage, spelled: Callable[[bytes], bytes]) -> None:
    holder = ROOT.issue(SEAL, rsa_key())
    found = page.call(*browser_call(spelled(holder.sign(DATA)), DATA, [ROOT.certificate], AT))
    assert found["certificate"] == holder.certificate.public_bytes(Encoding.DER).hex()
    assert (found["organisations"], found["numbers"]) == ([CODE], [])


def test_what_is_of_sm2_is_said_to_be(page: SealingPage, tmp_path: Path) -> None:
    message = ROOT.issue(SEAL, rsa_key()).sign(DATA)
    # The type of a message of GM/T 0010 in the place of PKCS #7's.
    wrapped = message.replace(bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a811ccf5506010402"), 1)
    (answer,) = page.answers([browser_call(wrapped, DATA, [ROOT.certificate], AT)])
    assert (answer["code"], answer["params"]["field"]) == ("cms.unsupported", "sm2")
    assert python(wrapped, DATA, [ROOT.certificate], AT) != ACCEPTED


def test_a_certificate_is_read_in_full_by_both(page: SealingPage) -> None:
    person = ROOT.issue(name("张三", CODE, "head-of-ant"), ec_key(), start=START, end=END)
    found = page.call(*browser_call(person.sign(DATA), DATA, [ROOT.certificate], AT))
    assert (found["organisations"], found["numbers"]) == ([CODE], ["head-of-ant"])
