"""A dongle's CMS is judged alike in the browser before sealing and in Python after the opening."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from playwright.sync_api import Browser

from bidding import cms
from ledger.basics import clock
from ledger.basics.errors import Refusal
from tests.support.authority import END, START, Holder, Key, ec_key, name, root, rsa_key, with_extension
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


def der(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    content = b"".join(parts)
    size = len(content)
    width = (size.bit_length() + 7) // 8
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([128 + width]) + size.to_bytes(width)) + content


def split(encoded: bytes) -> list[bytes]:
    """The elements inside an element."""
    size = encoded[1]
    rest = encoded[2 + (size - 128 if size >= 128 else 0) :]
    out = []
    while rest:
        length, start = rest[1], 2
        if length >= 128:
            length, start = int.from_bytes(rest[2 : 2 + length - 128]), 2 + length - 128
        out.append(rest[: start + length])
        rest = rest[start + length :]
    return out


def altered(whole: bytes, path: Sequence[int], change: Callable[[bytes], bytes]) -> bytes:
    """An encoding with the element at a path (places, from the outside in) changed, and all lengths made right."""
    if not path:
        return change(whole)
    parts = split(whole)
    parts[path[0]] = altered(parts[path[0]], path[1:], change)
    return der(whole[0], *parts)


BODY = (1, 0)
CERTIFICATES = (*BODY, 3)
SIGNER = (*BODY, 4, 0)
SID_SERIAL = (*SIGNER, 1, 1)
BY = (*SIGNER, -2)
SIGNATURE = (*SIGNER, -1)
ECDSA = bytes.fromhex("06082a8648ce3d040302")


def with_certificates(cms_der: bytes, *extra: bytes) -> bytes:
    """A CMS with certificates before the others, which nobody signed."""
    return altered(cms_der, CERTIFICATES, lambda found: der(found[0], *extra, *split(found)))


def test_what_nobody_signed_is_judged_alike_when_it_is_changed(page: SealingPage) -> None:
    """Whoever handles a signature after the signer can change these, and must not void a bid that the lead took."""
    ecdsa = ROOT.issue(SEAL, ec_key()).sign(DATA)
    rsa_holder = ROOT.issue(SEAL, rsa_key())
    rsa, pss = rsa_holder.sign(DATA), rsa_holder.sign(DATA, pss=True)
    high = next(one for one in iter(lambda: ROOT.issue(SEAL, ec_key()), None) if padded_serial(one.certificate))
    odd_names = with_extension(ROOT, name("Somebody"), "2.5.29.17", b"\x30\x02\x82\x05", critical=False)
    unread = odd_names.certificate.public_bytes(Encoding.DER)
    sha256 = bytes.fromhex("0609608648016503040201")
    junk = der(0x30, sha256, b"\x02\x01\x07")
    refused = {
        "junk beside ECDSA": altered(ecdsa, BY, lambda _: der(0x30, ECDSA, b"\x02\x01\x07")),
        "padded r": altered(ecdsa, SIGNATURE, lambda whole: der(4, altered(whole[2:], (0,), padded))),
        "padded s": altered(ecdsa, SIGNATURE, lambda whole: der(4, altered(whole[2:], (1,), padded))),
        "junk beside the hash of PSS": altered(pss, (*BY, 1, 0, 0), lambda _: junk),
        "junk beside the hash of the mask": altered(pss, (*BY, 1, 1, 0, 1), lambda _: junk),
        "a negative serial": altered(high.sign(DATA), SID_SERIAL, lambda found: der(2, found[3:])),
        "no parameter outside": altered(
            RSA_ROOT.issue(SEAL, ec_key()).sign(DATA), (*CERTIFICATES, 0, 1), lambda whole: der(0x30, split(whole)[0])
        ),
        "only one that cannot be read": altered(ecdsa, CERTIFICATES, lambda found: der(found[0], unread)),
    }
    found = same(page, {label: case(one, trusted=trusted_by(label)) for label, one in refused.items()})
    assert ACCEPTED not in found.values(), found
    taken = {
        "NULL beside ECDSA": altered(ecdsa, BY, lambda _: der(0x30, ECDSA, b"\x05\x00")),
        "a certificate with names that cannot be read": with_certificates(ecdsa, unread),
        "the same, RSA": with_certificates(rsa, unread),
        "the signer's twice": with_certificates(rsa, rsa_holder.certificate.public_bytes(Encoding.DER)),
        "the root as well": with_certificates(rsa, ROOT.certificate.public_bytes(Encoding.DER)),
    }
    assert set(same(page, {label: case(one) for label, one in taken.items()}).values()) == {ACCEPTED}


RSA_ROOT = root("RSA CA", rsa_key(4))


def trusted_by(label: str) -> Holder:
    return RSA_ROOT if label == "no parameter outside" else ROOT


def padded(number: bytes) -> bytes:
    return der(2, b"\0", number[2:])


def padded_serial(certificate: x509.Certificate) -> bool:
    """Whether a serial number has its highest bit set, so that its INTEGER begins with a zero."""
    return certificate.serial_number.bit_length() % 8 == 0


# What may be critical in the judge's eyes, and what may not.
EXTENSIONS = {
    "subjectAltName": ("2.5.29.17", der(0x30, der(0x82, b"example.com")), True),
    "extKeyUsage": ("2.5.29.37", der(0x30, bytes.fromhex("06082b06010505070304")), True),
    "certificatePolicies": ("2.5.29.32", der(0x30, der(0x30, bytes.fromhex("06032a0304"))), False),
    "issuerAltName": ("2.5.29.18", der(0x30, der(0x82, b"example.com")), False),
    "cRLDistributionPoints": (
        "2.5.29.31",
        der(0x30, der(0x30, der(0xA0, der(0xA0, der(0x86, b"http://example.com/crl"))))),
        False,
    ),
}


@pytest.mark.parametrize("critical", [True, False])
def test_extensions_are_judged_alike(page: SealingPage, *, critical: bool) -> None:
    cases = {
        label: case(with_extension(ROOT, SEAL, oid, value, critical=critical).sign(DATA))
        for label, (oid, value, _) in EXTENSIONS.items()
    }
    found = same(page, cases)
    expected = {label for label in cases if not critical or EXTENSIONS[label][2]}
    assert {label for label, verdict in found.items() if verdict == ACCEPTED} == expected


def test_names_that_the_judge_cannot_read_are_refused(page: SealingPage) -> None:
    names = {
        "x400Address": der(0xA3, b"\x05\x00"),
        "ediPartyName": der(0xA5, b"\x05\x00"),
        "no name": der(0x02, b"\x05\x00"),
        "host in GBK": der(0x82, "公司".encode("gbk")),
        "address of three bytes": der(0x87, b"abc"),
    }
    odd = {
        label: with_extension(ROOT, SEAL, "2.5.29.17", der(0x30, one), critical=False) for label, one in names.items()
    }
    assert set(same(page, {label: case(one.sign(DATA)) for label, one in odd.items()}).values()) == {"cms.untrusted"}


def test_the_browser_weighs_no_constraints_on_names(page: SealingPage) -> None:
    """It is the stricter one there: an issuer that has any is none."""
    constraints = der(0x30, der(0xA0, der(0x30, der(0x82, b"example.com"))))
    signer = with_extension(ROOT, SEAL, "2.5.29.30", constraints, critical=False)
    (answer,) = page.answers([browser_call(*case(signer.sign(DATA)))])
    assert answer["code"] == "cms.untrusted"


def test_times_of_a_certificate_are_utctime_through_2049(page: SealingPage) -> None:
    certificate = ROOT.issue(SEAL, rsa_key()).certificate
    tbs = altered(certificate.tbs_certificate_bytes, (4, 1), lambda _: der(0x18, b"20280101000000Z"))
    assert isinstance(ROOT.key, ec.EllipticCurvePrivateKey)
    signature = der(3, b"\0", ROOT.key.sign(tbs, ec.ECDSA(SHA256())))
    general = x509.load_der_x509_certificate(der(0x30, tbs, der(0x30, ECDSA), signature))
    late = ROOT.issue(SEAL, rsa_key(), end=datetime(2051, 1, 1, tzinfo=UTC))
    found = same(page, {"before": case(Holder(rsa_key(), general).sign(DATA)), "after": case(late.sign(DATA))})
    assert found == {"before": "cms.untrusted", "after": ACCEPTED}


def test_a_path_of_ten_certificates_is_the_longest(page: SealingPage) -> None:
    holder, cases = ROOT, {}
    for between in range(11):
        cases[str(between)] = case(holder.issue(SEAL, ec_key()).sign(DATA))
        holder = holder.issue(name(f"CA {between}"), ec_key(), ca=True)
    found = same(page, cases)
    assert found["8"] == ACCEPTED
    assert found["10"] == "cms.too_many"


def test_certificates_that_issue_each_other_are_refused_at_once(page: SealingPage) -> None:
    """A file of a partner: certificates of one name and key, each of which every other one issued."""
    key = ec_key()
    loop = Holder(key, root("Loop CA", key).certificate)
    many = [loop.issue(name("Loop CA"), key, ca=True).certificate for _ in range(100)]
    signer = loop.issue(SEAL, ec_key())
    cases = {str(count): case(signer.sign(DATA, chain=many[:count])) for count in (2, 3, 9, 10, 100)}
    twins = [ec_key() for _ in range(4)]
    names = [name(f"Loop {number}") for number in range(4)]
    ring = [
        Holder(twins[number - 1], root(f"Loop {number - 1 if number else 3}", twins[number - 1]).certificate)
        .issue(names[number], twins[number], ca=True)
        .certificate
        for number in range(4)
        for _ in range(2)
    ]
    cases["ring"] = case(Holder(twins[3], ring[-1]).issue(SEAL, ec_key()).sign(DATA, chain=ring))
    found = same(page, cases)
    assert (found["2"], found["ring"]) == ("cms.untrusted", "cms.untrusted")
    assert {found[count] for count in ("3", "9", "10", "100")} == {"cms.too_many"}


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
