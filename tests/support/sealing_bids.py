"""Random key sets and parts of bids, and both sides of sealing them, for the browser against `ledger.sealed`."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.sealed import content, keyset, opening, rehearsal, seal
from ledger.sealed.header import read_header
from tests.vectors.fixed import NOT_BEFORE

_LETTERS: Final = "abcxyz012 元标é😀\n'\"\\"


@dataclass(frozen=True)
class Custody:
    """A key set with the seeds and identity keys of its custodians."""

    keyset: keyset.Keyset
    seeds: Mapping[str, bytes]
    identities: Mapping[str, Ed25519PrivateKey]

    @property
    def rehearsal(self) -> bool:
        """Whether it is a rehearsal's."""
        return self.keyset.purpose.tender == keyset.REHEARSAL_TENDER

    @property
    def signatures(self) -> list[dict[str, Json]]:
        """All custodians' envelopes."""
        return [
            keyset.sign_keyset(self.keyset, id_, keyset.custodian_key(self.seeds[id_]), self.identities[id_])
            for id_ in self.keyset.ids
        ]

    @property
    def identity_keys(self) -> dict[str, str]:
        """Hex by custodian, as the trust file has them."""
        return {id_: signing.public_bytes(key).hex() for id_, key in self.identities.items()}

    def order(self) -> dict[str, Any]:
        """The members of a worker's order that say whom it seals to."""
        if self.rehearsal:
            return {"keyset": self.keyset.to_json(), "rehearsal": True}
        said = {"signatures": self.signatures, "identityKeys": self.identity_keys}
        return {"keyset": self.keyset.to_json(), **said}

    def answers(self, sealed: seal.Seal, author_key: bytes, who: Sequence[str]) -> dict[str, opening.Answer]:
        """What these custodians say of a seal."""
        ctx = seal.context(self.keyset.kid, author_key, sealed.n16)
        found = {}
        for id_ in who:
            share = seal.open_capsule(sealed, ctx, self.keyset.place(id_), keyset.custodian_key(self.seeds[id_]))
            found[id_] = opening.BAD if share is None else share
        return found


@dataclass(frozen=True)
class Bid:
    """A part of a bid before it is sealed."""

    author_key: bytes
    header: dict[str, Json]
    files: list[bytes]


def custody(rng: random.Random, part: str, n: int | None = None, *, for_rehearsal: bool = False) -> Custody:
    """A random key set of `n` custodians, 2 to 9 if not given."""
    n = n or rng.randint(2, 9)
    t = rng.randint(max(2, n // 2 + 1), n)
    ids = sorted(f"c{number}-{rng.randrange(1000)}" for number in range(n))
    seeds = {id_: rng.randbytes(32) for id_ in ids}
    keys = {id_: keyset.custodian_key(seed).public_key().public_bytes_raw() for id_, seed in seeds.items()}
    if for_rehearsal:
        made = rehearsal.build(f"n{rng.randrange(1 << 40)}", part, t, keys, NOT_BEFORE)
    else:
        purpose = keyset.Purpose(f"t-{rng.randrange(1000)}", f"lot-{rng.randrange(10)}", part)
        made = keyset.build(purpose, t, keys, keyset.conditions(part, NOT_BEFORE))
    return Custody(made, seeds, {id_: Ed25519PrivateKey.from_private_bytes(rng.randbytes(32)) for id_ in ids})


def bid(rng: random.Random, part: str) -> Bid:
    """A random part: some answers, up to three files around the sizes at which chunks and paddings end."""
    sizes = [rng.choice([0, 1, 8, 16383, 16384, 65527, 65528, 65529, rng.randrange(200_000)]) for _ in range(3)]
    files = [rng.randbytes(size) for size in sizes[: rng.randint(0, 3)]]
    listed: list[Json] = [
        {"name": f"{number} 附件.pdf", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for number, data in enumerate(files)
    ]
    form: dict[str, Json] = {f"q{number}": text(rng) for number in range(rng.randint(0, 5))}
    header: dict[str, Json] = {
        "part": part,
        "salt": rng.randbytes(32).hex(),
        "form": form,
        "files": listed,
        "client": {"tool": "test 1"},
    }
    if part == "identity":
        header |= {"statement": {"said": text(rng)}, "signatures": []}
    return Bid(rng.randbytes(32), header, files)


def text(rng: random.Random) -> str:
    """Up to sixty letters, now and then thousands."""
    return "".join(rng.choices(_LETTERS, k=rng.choice([0, 1, 60, rng.randrange(20_000)])))


def sealed_by_python(rng: random.Random, made: keyset.Keyset, one: Bid) -> tuple[seal.Seal, bytes, bytes]:
    """The seal and the ciphertexts of form and files."""
    secret, n16 = rng.randbytes(32), rng.randbytes(16)
    ctx = seal.context(made.kid, one.author_key, n16)
    out, named = {}, {}
    for kind, blocks in (("form", [canonical(one.header)]), ("files", one.files)):
        sink = io.BytesIO()
        length = sum(map(len, blocks))
        named[kind] = content.encrypt(seal.content_key(secret, ctx, kind), ctx, blocks, length, sink)
        out[kind] = sink.getvalue()
    whole = seal.seal_secret(made, one.author_key, secret, n16, named["form"], named["files"])
    return whole, out["form"], out["files"]


def opened_by_python(
    made: Custody, one: Bid, value: object, who: Sequence[str], form: bytes, files: bytes
) -> tuple[dict[str, Json], list[bytes]]:
    """Header and files of a bid's part, out of what these custodians answer. Void and waiting fail the test."""
    sealed = seal.Seal.parse(value, made.keyset)
    found = opening.verdict(sealed, made.keyset, one.author_key, made.answers(sealed, one.author_key, who))
    assert isinstance(found, opening.Open), found
    about = (sealed, made.keyset, one.author_key, found.secret)
    header = opening.open_form(*about, content.Ciphertext.of(form))
    assert not isinstance(header, opening.Void), header
    sinks = [io.BytesIO() for _ in header.files]
    assert opening.open_files(*about, header, [files], sinks.__getitem__) is None
    return read_header(header.raw, header.part).raw, [sink.getvalue() for sink in sinks]
