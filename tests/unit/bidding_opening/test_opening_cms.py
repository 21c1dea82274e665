"""A detached CMS counts if it is over these bytes, its signature holds, and its certificate leads to an authority."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from bidding import cms
from ledger.basics.errors import Refusal
from tests.support.authority import Holder, Key, ec_key, name, root, rsa_key

AT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
DATA = b"mingjing/statement/v1\0{}"
ROOT = root()
SEAL = name("A seal", "91350100MA0000000X")


def refused(der: bytes, data: bytes = DATA, authorities: list[x509.Certificate] | None = None) -> str:
    with pytest.raises(Refusal) as caught:
        cms.verify(der, data, [ROOT.certificate] if authorities is None else authorities, AT)
    return caught.value.code


def holds(der: bytes, data: bytes = DATA) -> x509.Certificate:
    return cms.verify(der, data, [ROOT.certificate], AT)


@pytest.mark.parametrize("key", [rsa_key, ec_key], ids=["rsa", "p256"])
@pytest.mark.parametrize("attributes", [True, False], ids=["signed attributes", "bare"])
def test_what_the_library_signs_holds(key: Callable[[], Key], *, attributes: bool) -> None:
    holder = ROOT.issue(SEAL, key())
    assert holds(holder.sign(DATA, attributes=attributes)) == holder.certificate


def test_rsa_pss_holds() -> None:
    holder = ROOT.issue(SEAL, rsa_key())
    assert holds(holder.sign(DATA, pss=True)) == holder.certificate


@pytest.mark.parametrize("key", [rsa_key, ec_key], ids=["rsa", "p256"])
@pytest.mark.parametrize("options", [(), ("-noattr",), ("-keyid",), ("-nosmimecap",)], ids=str)
def test_what_openssl_signs_holds(key: Callable[[], Key], options: tuple[str, ...], tmp_path: Path) -> None:
    holder = ROOT.issue(SEAL, key())
    assert holds(holder.openssl(tmp_path, DATA, *options)) == holder.certificate


def test_openssl_pss_holds(tmp_path: Path) -> None:
    holder = ROOT.issue(SEAL, rsa_key())
    der = holder.openssl(tmp_path, DATA, "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32")
    assert holds(der) == holder.certificate


def test_openssl_accepts_what_we_accept(tmp_path: Path) -> None:
    """The judge judged: OpenSSL verifies the library's CMS under the same root too."""
    import subprocess

    from cryptography.hazmat.primitives.serialization import Encoding

    holder = ROOT.issue(SEAL, rsa_key())
    for file, content in (
        ("cms.der", holder.sign(DATA)),
        ("data.bin", DATA),
        ("root.pem", ROOT.certificate.public_bytes(Encoding.PEM)),
    ):
        (tmp_path / file).write_bytes(content)
    command = "openssl cms -verify -binary -inform DER -in cms.der -content data.bin -CAfile root.pem -purpose any"
    subprocess.run([*command.split(), "-out", "out.bin"], cwd=tmp_path, check=True, capture_output=True)


def test_an_intermediate_authority_may_stand_between() -> None:
    middle = ROOT.issue(name("Middle CA"), ec_key(), ca=True)
    holder = middle.issue(SEAL, rsa_key())
    assert holds(holder.sign(DATA)) == holder.certificate
    assert refused(holder.sign(DATA, chain=[])) == "cms.untrusted"


def test_other_bytes_are_not_what_was_signed() -> None:
    holder = ROOT.issue(SEAL, rsa_key())
    assert refused(holder.sign(DATA), DATA + b" ") == "cms.invalid"
    assert refused(holder.sign(DATA, attributes=False), DATA + b" ") == "cms.invalid"


def test_a_certificate_of_nobody_we_know_is_untrusted() -> None:
    stranger = root("Another CA").issue(SEAL, rsa_key())
    assert refused(stranger.sign(DATA)) == "cms.untrusted"
    assert refused(ROOT.issue(SEAL, rsa_key()).sign(DATA), authorities=[]) == "cms.untrusted"


def test_a_forger_with_the_authoritys_name_is_untrusted() -> None:
    namesake = root("Test CA").issue(SEAL, ec_key())
    assert refused(namesake.sign(DATA)) == "cms.untrusted"


def test_a_certificate_counts_only_while_it_is_valid() -> None:
    expired = ROOT.issue(SEAL, rsa_key(), end=datetime(2026, 11, 30, tzinfo=UTC))
    future = ROOT.issue(SEAL, rsa_key(), start=datetime(2026, 12, 2, tzinfo=UTC))
    assert refused(expired.sign(DATA)) == "cms.untrusted"
    assert refused(future.sign(DATA)) == "cms.untrusted"


def test_a_seal_is_no_authority() -> None:
    seal = ROOT.issue(SEAL, ec_key())
    child = Holder(seal.key, seal.certificate).issue(name("A child", "91350100MA0000000X"), ec_key())
    assert refused(child.sign(DATA, chain=[seal.certificate])) == "cms.untrusted"


def test_a_key_that_may_only_encipher_does_not_sign() -> None:
    assert refused(ROOT.issue(SEAL, rsa_key(), usage=False).sign(DATA)) == "cms.untrusted"
    assert holds(ROOT.issue(SEAL, rsa_key(), usage=None).sign(DATA)).subject == SEAL


def test_the_content_stays_outside() -> None:
    assert refused(ROOT.issue(SEAL, rsa_key()).sign(DATA, detached=False)) == "cms.unsupported"


def test_other_algorithms_are_not_supported(tmp_path: Path) -> None:
    assert refused(ROOT.issue(SEAL, rsa_key()).openssl(tmp_path, DATA, "-md", "sha1")) == "cms.unsupported"
    p384 = ROOT.issue(SEAL, ec.generate_private_key(ec.SECP384R1()))
    assert refused(p384.openssl(tmp_path, DATA)) == "cms.unsupported"
    weak = ROOT.issue(SEAL, rsa_key(1, 1024))
    assert refused(weak.openssl(tmp_path, DATA)) == "cms.unsupported"
    short = ROOT.issue(SEAL, rsa_key())
    der = short.openssl(tmp_path, DATA, "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512")
    assert refused(der) == "cms.unsupported"


def test_two_signers_are_one_too_many(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    one, two = ROOT.issue(SEAL, rsa_key()), ROOT.issue(SEAL, rsa_key(2))
    builder = pkcs7.PKCS7SignatureBuilder().set_data(DATA)
    for holder in (one, two):
        builder = builder.add_signer(holder.certificate, holder.key, SHA256())
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.DetachedSignature]
    assert refused(builder.sign(Encoding.DER, options)) == "cms.malformed"


def test_a_signers_certificate_must_be_in_it(tmp_path: Path) -> None:
    assert refused(ROOT.issue(SEAL, rsa_key()).openssl(tmp_path, DATA, "-nocerts")) == "cms.untrusted"


def test_indefinite_lengths_are_not_der(tmp_path: Path) -> None:
    assert refused(ROOT.issue(SEAL, rsa_key()).openssl(tmp_path, DATA, "-stream")) == "cms.malformed"


@pytest.mark.parametrize("der", [b"", b"0", b"\x30\x00", b"\x30\x80\x00\x00", b"\x30\x81\x01\x00", b"\x1f\x81\x00"])
def test_rubbish_is_malformed(der: bytes) -> None:
    assert refused(der) == "cms.malformed"


def test_too_long_is_not_read() -> None:
    assert refused(bytes(cms.MAX_BYTES + 1)) == "cms.too_long"


def test_nothing_may_follow() -> None:
    assert refused(ROOT.issue(SEAL, rsa_key()).sign(DATA) + b"\0") == "cms.malformed"
