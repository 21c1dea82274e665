"""The seal: a secret of 32 bytes shared among custodians, made so that anyone can make it again (§3)."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.basics.canonical import Json, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H, hkdf, u8
from ledger.sealed import hpke, shamir
from ledger.sealed.keyset import Keyset

CAPSULE_SIZE = 80


@dataclass(frozen=True)
class Content:
    """A ciphertext as a seal names it: bytes and SHA-256."""

    size: int
    sha256: bytes

    def to_json(self) -> dict[str, Json]:
        """`{sha256, size}`."""
        return {"size": self.size, "sha256": self.sha256.hex()}

    @classmethod
    def parse(cls, value: object, field: str) -> Content:
        """The content of an object with exactly `sha256 size`, size ≥ 1."""
        got = members(value, "sha256 size")
        size = got["size"]
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise Refusal("sealed.bad_size", field=field)
        return cls(size, unhex(got["sha256"], 32, field))


@dataclass(frozen=True)
class Seal:
    """A seal. One of a bid has both `form` and `files`; one of a contribution has neither."""

    kid: bytes
    n16: bytes
    capsules: tuple[bytes, ...]
    checks: tuple[bytes, ...]
    form: Content | None = None
    files: Content | None = None

    def to_json(self) -> dict[str, Json]:
        """The object with exactly `capsules checks kid n16`, and `files form` where it is a bid's."""
        out: dict[str, Json] = {
            "kid": self.kid.hex(),
            "n16": self.n16.hex(),
            "capsules": [capsule.hex() for capsule in self.capsules],
            "checks": [check.hex() for check in self.checks],
        }
        if self.form is not None and self.files is not None:
            out["form"], out["files"] = self.form.to_json(), self.files.to_json()
        return out

    @classmethod
    def parse(cls, value: object, keyset: Keyset) -> Seal:
        """The seal of an object, to this key set and of its kind. Raises `Refusal` for every other shape.

        Shape only: a seal that nobody can open has the right shape too.
        """
        bid = keyset.purpose.kind == "bid"
        got = members(value, "capsules checks kid n16 form files" if bid else "capsules checks kid n16")
        capsules, checks = got["capsules"], got["checks"]
        if not isinstance(capsules, list) or not isinstance(checks, list):
            raise Refusal("sealed.bad_capsules", n=keyset.n)
        made = cls(
            unhex(got["kid"], 32, "kid"),
            unhex(got["n16"], 16, "n16"),
            tuple(unhex(capsule, CAPSULE_SIZE, "capsules") for capsule in capsules),
            tuple(unhex(check, 32, "checks") for check in checks),
            Content.parse(got["form"], "form") if bid else None,
            Content.parse(got["files"], "files") if bid else None,
        )
        made.check(keyset)
        return made

    def check(self, keyset: Keyset) -> None:
        """Raises `Refusal("sealed.wrong_keyset" | "sealed.bad_capsules")` unless it is to this key set."""
        if self.kid != keyset.kid:
            raise Refusal("sealed.wrong_keyset", part=keyset.purpose.part)
        if len(self.capsules) != keyset.n or len(self.checks) != keyset.n:
            raise Refusal("sealed.bad_capsules", n=keyset.n)


def context(kid: bytes, author_key: bytes, n16: bytes) -> bytes:
    """`ctx`: binds a seal to its key set, its author (32-byte Ed25519 key) and its nonce. 32 bytes."""
    if (len(kid), len(author_key), len(n16)) != (32, 32, 16):
        raise ValueError("kid and author_key have 32 bytes, n16 has 16")
    return H(b"mingjing/seal/v1\0", kid, author_key, n16)


def derive(secret: bytes, ctx: bytes, label: str, length: int = 32) -> bytes:
    """`D(l, L)` = HKDF(s, ctx, l, L)."""
    return hkdf(secret, ctx, label.encode("ascii"), length)


def content_key(secret: bytes, ctx: bytes, kind: str) -> bytes:
    """The key of `form` or `files`."""
    return derive(secret, ctx, kind)


def content_keys(secret: bytes, ctx: bytes) -> tuple[bytes, bytes]:
    """The keys of form and files."""
    return content_key(secret, ctx, "form"), content_key(secret, ctx, "files")


def seal_secret(
    keyset: Keyset,
    author_key: bytes,
    secret: bytes,
    n16: bytes,
    form: Content | None = None,
    files: Content | None = None,
) -> Seal:
    """Seal `secret` (32 bytes, fresh for every author and part, like `n16`) to all custodians of `keyset`.

    A bid names its ciphertexts, a contribution has none. Raises ValueError where that does not fit the purpose.
    """
    if ((form is None), (files is None)) != ((keyset.purpose.kind == "random"),) * 2:
        raise ValueError("a bid's seal has a form and files, a contribution's neither")
    if len(secret) != 32:
        raise ValueError("a secret has 32 bytes")
    ctx = context(keyset.kid, author_key, n16)
    capsules, checks = _shares(keyset, secret, ctx)
    return Seal(keyset.kid, n16, capsules, checks, form, files)


def same_again(seal: Seal, keyset: Keyset, author_key: bytes, secret: bytes) -> bool:
    """Whether sealing `secret` again gives all n capsules and checks of `seal`."""
    ctx = context(keyset.kid, author_key, seal.n16)
    return (seal.capsules, seal.checks) == _shares(keyset, secret, ctx)


def check_of(ctx: bytes, place: int, share: bytes) -> bytes:
    """`check_i` of a share, 32 bytes."""
    return H(b"mingjing/share/v1\0", ctx, u8(place), share)


def counts(seal: Seal, ctx: bytes, place: int, share: bytes) -> bool:
    """Whether a share matches the check of its place."""
    return len(share) == 32 and check_of(ctx, place, share) == seal.checks[place - 1]


def open_capsule(seal: Seal, ctx: bytes, place: int, key: X25519PrivateKey) -> bytes | None:
    """The share in the capsule of a place, or None ("bad"): it does not open, or does not match its check."""
    share = hpke.open_capsule(key, _info(ctx, place), seal.capsules[place - 1])
    return share if share is not None and counts(seal, ctx, place, share) else None


def _shares(keyset: Keyset, secret: bytes, ctx: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    coefficients = [derive(secret, ctx, f"coef{j}") for j in range(1, keyset.t)]
    capsules, checks = [], []
    for place, key in enumerate(keyset.keys, 1):
        share = shamir.share(secret, coefficients, place)
        ephemeral = hpke.derive_key_pair(derive(secret, ctx, f"encap{place}"))
        capsules.append(hpke.seal(key, _info(ctx, place), share, ephemeral))
        checks.append(check_of(ctx, place, share))
    return tuple(capsules), tuple(checks)


def _info(ctx: bytes, place: int) -> bytes:
    return b"mingjing/capsule/v1\0" + ctx + u8(place)
