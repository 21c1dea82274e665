"""A certificate authority for tests: seals and persons with their certificates, and detached CMS by two makers."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2028, 1, 1, tzinfo=UTC)


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of this process, made once for a number."""
    del number
    return rsa.generate_private_key(65537, bits)


def ec_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def name(common: str, organisation: str = "", number: str = "") -> x509.Name:
    """A subject: organizationIdentifier and serialNumber where given."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organisation:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, organisation))
    if number:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, number))
    return x509.Name(attributes)


@dataclass(frozen=True)
class Holder:
    """A key, its certificate, and the certificates between it and the root."""

    key: Key
    certificate: x509.Certificate
    between: tuple[x509.Certificate, ...] = ()

    def issue(
        self,
        subject: x509.Name,
        key: Key,
        *,
        ca: bool = False,
        usage: bool | None = True,
        start: datetime = START,
        end: datetime = END,
    ) -> Holder:
        """A certificate by this authority. `usage`: whether its key may sign, None for no keyUsage at all."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        if usage is not None:
            builder = builder.add_extension(_usage(signs=usage and not ca, ca=ca), critical=True)
        certificate = builder.sign(self.key, SHA256())
        between = (self.certificate, *self.between) if self.certificate.issuer != self.certificate.subject else ()
        return Holder(key, certificate, between)

    def sign(
        self,
        data: bytes,
        *,
        attributes: bool = True,
        pss: bool = False,
        detached: bool = True,
        chain: Sequence[x509.Certificate] | None = None,
    ) -> bytes:
        """A CMS over `data` by the library's own builder, DER."""
        scheme = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH) if pss else None
        builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
        builder = builder.add_signer(self.certificate, self.key, SHA256(), rsa_padding=scheme)
        for certificate in self.between if chain is None else chain:
            builder = builder.add_certificate(certificate)
        options = [pkcs7.PKCS7Options.Binary]
        options += [pkcs7.PKCS7Options.DetachedSignature] if detached else []
        options += [] if attributes else [pkcs7.PKCS7Options.NoAttributes]
        return builder.sign(Encoding.DER, options)

    def openssl(self, folder: Path, data: bytes, *options: str) -> bytes:
        """The same by `openssl cms -sign`."""
        secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = b"".join(one.public_bytes(Encoding.PEM) for one in self.between)
        paths = {"signer.pem": self.certificate.public_bytes(Encoding.PEM), "key.pem": secret, "data.bin": data}
        for file, content in {**paths, "chain.pem": chain}.items():
            (folder / file).write_bytes(content)
        command = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", "-in", "data.bin"]
        command += ["-signer", "signer.pem", "-inkey", "key.pem", "-out", "out.der"]
        command += ["-certfile", "chain.pem"] if chain else []
        subprocess.run([*command, *options], cwd=folder, check=True, capture_output=True)
        return (folder / "out.der").read_bytes()


def with_extension(issuer: Holder, subject: x509.Name, oid: str, value: bytes, *, critical: bool) -> Holder:
    """A new P-256 certificate with one extension more, in these very bytes."""
    key = ec_key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical=critical)
        .sign(issuer.key, SHA256())
    )
    return Holder(key, certificate)


def root(common: str = "Test CA", key: Key | None = None) -> Holder:
    """A root authority."""
    own = key or ec_key()
    subject = name(common)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(own.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=1))
        .not_valid_after(END + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(_usage(signs=False, ca=True), critical=True)
        .sign(own, SHA256())
    )
    return Holder(own, certificate)


def _usage(*, signs: bool, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=not signs and not ca,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
