"""Detached CMS signatures of a certificate authority's dongle: a small, strict verifier (docs/formats/statement.md).

RFC 5652 SignedData in DER: detached, one signer, SHA-256, RSA (PKCS #1 v1.5 or PSS) of 2048 bits or more or ECDSA on
P-256. The signer's certificate must lead to one of the given authorities at the given time. Revocation is not looked
up: the time is past and the bundle is read offline.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import verification

from ledger.basics.errors import Refusal

MAX_BYTES: Final = 64 * 1024
MAX_CERTIFICATES: Final = 10
MAX_OF_A_NAME: Final = 2
MIN_RSA_BITS: Final = 2048

_SIGNED_DATA: Final = "2a864886f70d010702"
_DATA: Final = "2a864886f70d010701"
_CONTENT_TYPE: Final = "2a864886f70d010903"
_MESSAGE_DIGEST: Final = "2a864886f70d010904"
_SHA256: Final = "608648016503040201"
_MGF1: Final = "2a864886f70d010108"
_RSA: Final = frozenset({"2a864886f70d010101", "2a864886f70d01010b"})  # rsaEncryption, sha256WithRSAEncryption
_PSS: Final = "2a864886f70d01010a"
_ECDSA_SHA256: Final = "2a8648ce3d040302"

# What the library raises over a certificate that is not one.
_UNREADABLE: Final = (
    TypeError,
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

_INTEGER, _OCTETS, _NULL, _OID, _SEQUENCE, _SET = 0x02, 0x04, 0x05, 0x06, 0x30, 0x31
_CONTEXT_0, _CONTEXT_1, _KEY_ID = 0xA0, 0xA1, 0x80


@dataclass(frozen=True)
class _Node:
    """One DER element: its tag, its content and its whole encoding."""

    tag: int
    content: bytes
    encoded: bytes

    def children(self) -> list[_Node]:
        """The elements inside."""
        out, rest = [], self.content
        while rest:
            node, rest = _read(rest)
            out.append(node)
        return out


def verify(cms: bytes, data: bytes, authorities: Sequence[x509.Certificate], at: datetime) -> x509.Certificate:
    """The signer's certificate, if `cms` (DER) is a signature over `data` that holds and leads to an authority `at`.

    Raises `Refusal("cms.malformed" | "cms.unsupported" | "cms.invalid" | "cms.untrusted" | "cms.too_many")`.
    """
    if len(cms) > MAX_BYTES:
        raise Refusal("cms.too_long", limit=MAX_BYTES, found=len(cms))
    certificates, signer = _signed_data(cms)
    version, sid, digest, *rest = _at_least(signer.children(), 5, "signerInfo")
    _algorithm(digest, {_SHA256}, "digestAlgorithm")
    attributes = rest.pop(0) if rest[0].tag == _CONTEXT_0 else None
    algorithm, signature, *unsigned = _at_least(rest, 2, "signerInfo")
    if signature.tag != _OCTETS or len(unsigned) > 1 or any(item.tag != _CONTEXT_1 for item in unsigned):
        raise _malformed("signerInfo")
    certificate = _signer(certificates, version, sid)
    signed = data if attributes is None else _signed_attributes(attributes, data)
    _check_signature(certificate, algorithm, signature.content, signed)
    _check_chain(certificate, certificates, authorities, at)
    return certificate


def _signed_data(cms: bytes) -> tuple[list[x509.Certificate | None], _Node]:
    """The certificates inside (None: one that cannot be read) and the only signerInfo."""
    outer, rest = _read(cms)
    kind, wrapped = _exactly(_inside(outer, _SEQUENCE, "contentInfo"), 2, "contentInfo")
    if rest or kind.tag != _OID or kind.content.hex() != _SIGNED_DATA:
        raise _malformed("contentInfo")
    (body,) = _exactly(_inside(wrapped, _CONTEXT_0, "content"), 1, "content")
    parts = _at_least(_inside(body, _SEQUENCE, "signedData"), 4, "signedData")
    _, digests, encapsulated, *rest_parts = parts
    for item in _inside(digests, _SET, "digestAlgorithms"):
        _algorithm(item, {_SHA256}, "digestAlgorithms")
    content = _inside(encapsulated, _SEQUENCE, "encapContentInfo")
    if len(content) != 1:
        raise Refusal("cms.unsupported", field="eContent")
    if content[0].tag != _OID or content[0].content.hex() != _DATA:
        raise Refusal("cms.unsupported", field="eContentType")
    enclosed = rest_parts.pop(0).children() if rest_parts[0].tag == _CONTEXT_0 else []
    if len(enclosed) > MAX_CERTIFICATES:
        raise Refusal("cms.too_many")
    certificates = [_certificate(item.encoded) for item in enclosed]
    if rest_parts and rest_parts[0].tag == _CONTEXT_1:
        rest_parts.pop(0)
    (infos,) = _exactly(rest_parts, 1, "signedData")
    (signer,) = _exactly(_inside(infos, _SET, "signerInfos"), 1, "signerInfos")
    if signer.tag != _SEQUENCE:
        raise _malformed("signerInfo")
    return certificates, signer


def _signer(certificates: Sequence[x509.Certificate | None], version: _Node, sid: _Node) -> x509.Certificate:
    for certificate in certificates:
        if certificate is None:
            continue
        if sid.tag == _SEQUENCE and version.content == b"\x01":
            issuer, serial = _exactly(sid.children(), 2, "sid")
            number = int.from_bytes(serial.content, "big", signed=True)
            named = serial.tag == _INTEGER and _names(certificate)[0] == issuer.encoded
            if named and certificate.serial_number == number:
                return certificate
        elif sid.tag == _KEY_ID and version.content == b"\x03":
            if _key_id(certificate) == sid.content:
                return certificate
        else:
            raise _malformed("sid")
    raise Refusal("cms.untrusted", field="signer")


def _names(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """Issuer and subject as they stand there: the library's own encoding of a name may be another one."""
    parts = _read(certificate.tbs_certificate_bytes)[0].children()
    if parts[0].tag == _CONTEXT_0:  # without it: a certificate of version 1
        parts = parts[1:]
    return parts[2].encoded, parts[4].encoded


def _key_id(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _signed_attributes(attributes: _Node, data: bytes) -> bytes:
    """The bytes that were signed: the attributes as a SET OF (RFC 5652 §5.4); both obligatory ones are checked."""
    items = attributes.children()
    if [item.encoded for item in items] != sorted(item.encoded for item in items):
        raise _malformed("signedAttrs")
    found: dict[str, bytes] = {}
    for item in items:
        name, values = _exactly(_inside(item, _SEQUENCE, "attribute"), 2, "attribute")
        if name.tag != _OID or name.content.hex() in found:
            raise _malformed("attribute")
        (value, *more) = _at_least(_inside(values, _SET, "attribute"), 1, "attribute")
        found[name.content.hex()] = b"" if more else value.encoded
    digest = hashlib.sha256(data).digest()
    if found.get(_CONTENT_TYPE) != bytes([_OID, len(_DATA) // 2]) + bytes.fromhex(_DATA):
        raise _malformed("contentType")
    if found.get(_MESSAGE_DIGEST) != bytes([_OCTETS, 32]) + digest:
        raise Refusal("cms.invalid", field="messageDigest")
    return bytes([_SET]) + attributes.encoded[1:]


def _check_signature(certificate: x509.Certificate, algorithm: _Node, signature: bytes, signed: bytes) -> None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise Refusal("cms.unsupported", field="publicKey") from exc
    try:
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
            if _algorithm(algorithm, {*_RSA, _PSS}, "signatureAlgorithm") == _PSS:
                scheme = padding.PSS(padding.MGF1(SHA256()), _pss_salt(algorithm))
                key.verify(signature, signed, scheme, SHA256())
            else:
                key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            _algorithm(algorithm, {_ECDSA_SHA256}, "signatureAlgorithm")
            key.verify(signature, signed, ec.ECDSA(SHA256()))
        else:
            raise Refusal("cms.unsupported", field="publicKey")
    except InvalidSignature as exc:
        raise Refusal("cms.invalid", field="signature") from exc


def _pss_salt(algorithm: _Node) -> int:
    """The salt length of RSASSA-PSS-params (RFC 4055 §3.1); hash and mask must be SHA-256, said aloud."""
    _, parameters = _exactly(algorithm.children(), 2, "signatureAlgorithm")
    fields = {item.tag: item for item in _inside(parameters, _SEQUENCE, "signatureAlgorithm")}
    if set(fields) - {_CONTEXT_0, _CONTEXT_1, 0xA2, 0xA3} or not {_CONTEXT_0, _CONTEXT_1, 0xA2} <= set(fields):
        raise Refusal("cms.unsupported", field="signatureAlgorithm")
    (digest,) = _exactly(fields[_CONTEXT_0].children(), 1, "signatureAlgorithm")
    _algorithm(digest, {_SHA256}, "signatureAlgorithm")
    (mask,) = _exactly(fields[_CONTEXT_1].children(), 1, "signatureAlgorithm")
    name, inner = _exactly(_inside(mask, _SEQUENCE, "signatureAlgorithm"), 2, "signatureAlgorithm")
    if name.content.hex() != _MGF1:
        raise Refusal("cms.unsupported", field="signatureAlgorithm")
    _algorithm(inner, {_SHA256}, "signatureAlgorithm")
    (salt,) = _exactly(fields[0xA2].children(), 1, "signatureAlgorithm")
    if salt.tag != _INTEGER or not 1 <= len(salt.content) <= 2:
        raise _malformed("signatureAlgorithm")
    return int.from_bytes(salt.content, "big")


def _check_chain(
    certificate: x509.Certificate,
    certificates: Sequence[x509.Certificate | None],
    authorities: Sequence[x509.Certificate],
    at: datetime,
) -> None:
    if not authorities:
        raise Refusal("cms.untrusted", field="authorities")
    others = [item for item in certificates if item is not None and item != certificate]
    _check_branches(others)
    # Dongles carry certificates for people and seals, not for servers: no subjectAltName, no purpose to ask for.
    issuers = verification.ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, verification.Criticality.AGNOSTIC, _must_be_authority
    )
    signers = verification.ExtensionPolicy.permit_all().may_be_present(
        x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign
    )
    policy = (
        verification.PolicyBuilder()
        .store(verification.Store(list(authorities)))
        .time(at)
        .extension_policies(ca_policy=issuers, ee_policy=signers)
    )
    try:
        policy.build_client_verifier().verify(certificate, others)
    except (verification.VerificationError, ValueError) as exc:
        raise Refusal("cms.untrusted", field="chain") from exc


def _check_branches(others: Sequence[x509.Certificate]) -> None:
    """Each name has two ways on at most: many that issue each other would make the library search without end."""
    names = Counter(_names(item)[1] for item in others)
    if any(count > MAX_OF_A_NAME for count in names.values()):
        raise Refusal("cms.too_many")


def _must_be_authority(
    _policy: verification.Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints
) -> None:
    if not constraints.ca:
        raise ValueError("an issuer that is no authority")


def _may_sign(_policy: verification.Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        raise ValueError("a certificate whose key does not sign")


def _certificate(der: bytes) -> x509.Certificate | None:
    """A certificate whose fields can all be read (the library reads each only when it is asked for), or None.

    Nobody signed what stands in the CMS besides the signer's certificate: one more that cannot be read voids no bid.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.subject, certificate.issuer, certificate.extensions
    except _UNREADABLE:
        return None
    # A serial below 1 is against RFC 5280 §4.1.2.2; the library is about to refuse it too.
    return certificate if certificate.serial_number >= 1 else None


def _algorithm(node: _Node, allowed: set[str], field: str) -> str:
    """The OID (hex of its content) of an AlgorithmIdentifier, if it is an allowed one."""
    name, *parameters = _at_least(_inside(node, _SEQUENCE, field), 1, field)
    oid = name.content.hex()
    if name.tag != _OID or oid not in allowed:
        raise Refusal("cms.unsupported", field=field)
    if oid != _PSS and (len(parameters) > 1 or any(item.encoded != bytes([_NULL, 0]) for item in parameters)):
        raise _malformed(field)
    return oid


def _read(data: bytes) -> tuple[_Node, bytes]:
    """The first DER element of `data` and what comes after it: definite, shortest length, one-byte tag."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise _malformed("der")
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        if not 1 <= count <= 3 or len(data) < start or length < 0x80 or data[2] == 0:
            raise _malformed("der")
    end = start + length
    if len(data) < end:
        raise _malformed("der")
    return _Node(data[0], data[start:end], data[:end]), data[end:]


def _inside(node: _Node, tag: int, field: str) -> list[_Node]:
    if node.tag != tag:
        raise _malformed(field)
    return node.children()


def _exactly(nodes: list[_Node], count: int, field: str) -> list[_Node]:
    if len(nodes) != count:
        raise _malformed(field)
    return nodes


def _at_least(nodes: list[_Node], count: int, field: str) -> list[_Node]:
    if len(nodes) < count:
        raise _malformed(field)
    return nodes


def _malformed(field: str) -> Refusal:
    return Refusal("cms.malformed", field=field)
