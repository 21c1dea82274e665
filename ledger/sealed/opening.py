"""Opening: the verdict on a seal, the same whatever quorum gives it (§4), and what its ciphertexts hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal, Protocol, TypeAlias

from ledger.basics.errors import Param, Refusal
from ledger.sealed import content, shamir
from ledger.sealed.content import Ciphertext
from ledger.sealed.header import Header, parse_header
from ledger.sealed.keyset import Keyset, custodian_key
from ledger.sealed.seal import Content, Seal, content_key, context, counts, open_capsule, same_again

Bad = Literal["bad"]
BAD: Final[Bad] = "bad"
# What one custodian answers for one seal: its share, or that its capsule is bad.
Answer: TypeAlias = "bytes | Bad"


@dataclass(frozen=True)
class Open:
    """The seal opens. Named: who cried "bad" over it, and who gave a share that does not match its check."""

    secret: bytes
    cried_bad: tuple[str, ...] = ()
    false_shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Void:
    """The seal never opens; `reason` is an error code with its params."""

    reason: str
    params: tuple[tuple[str, Param], ...] = ()
    false_shares: tuple[str, ...] = ()

    @classmethod
    def of(cls, why: Refusal, false_shares: tuple[str, ...] = ()) -> Void:
        """The void with this reason."""
        return cls(why.code, tuple(sorted(why.params.items())), false_shares)


@dataclass(frozen=True)
class Waiting:
    """No verdict yet, and custodians that have not answered. `shares`: how many more shares that count would do."""

    absent: tuple[str, ...]
    shares: int
    cried_bad: tuple[str, ...] = ()
    false_shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Blocked:
    """All custodians have answered and there is no verdict: only the seed of one that cried "bad" can give one."""

    cried_bad: tuple[str, ...]
    false_shares: tuple[str, ...]


Verdict: TypeAlias = "Open | Void | Waiting | Blocked"


class Digest(Protocol):
    """Takes a ciphertext in blocks and tells its SHA-256."""

    def update(self, block: bytes, /) -> None:
        """The next block."""

    def digest(self) -> bytes:
        """The hash of all blocks, or what is no hash."""


def verdict(
    seal: Seal,
    keyset: Keyset,
    author_key: bytes,
    answers: Mapping[str, Answer],
    seeds: Mapping[str, bytes] | None = None,
) -> Verdict:
    """The verdict on `seal` from what custodians (by id) answered in their first releases.

    `seeds`: by custodian, the seed for this purpose that one which cried "bad" published on a two-key order. A seed
    only ever proves a capsule bad; one that shows a good capsule changes nothing, so that no verdict is ever turned.
    For coin and draws a "bad" without such a proof counts for nothing. Raises `Refusal("sealed.not_a_custodian")`.
    """
    ctx = context(keyset.kid, author_key, seal.n16)
    good: dict[int, bytes] = {}
    bad: list[str] = []
    false: list[str] = []
    for custodian in sorted(answers):
        place, answer = keyset.place(custodian), answers[custodian]
        if answer == BAD:
            bad.append(custodian)
        elif counts(seal, ctx, place, answer):
            good[place] = answer
        else:
            false.append(custodian)
    named = tuple(false)
    if len(good) >= keyset.t:
        secret = shamir.combine({place: good[place] for place in sorted(good)[: keyset.t]})
        if same_again(seal, keyset, author_key, secret):
            return Open(secret, tuple(bad), named)
        return Void.of(Refusal("sealed.void_not_resealed"), named)
    if keyset.purpose.kind == "bid" and len(bad) >= keyset.n - keyset.t + 1:
        return Void.of(Refusal("sealed.void_all_bad", bad=len(bad)), named)
    for custodian in bad:
        if seeds and custodian in seeds and proves_bad(seal, keyset, ctx, custodian, seeds[custodian]):
            return Void.of(Refusal("sealed.void_proved_bad", custodian=custodian), named)
    absent = tuple(custodian for custodian in keyset.ids if custodian not in answers)
    if absent:
        return Waiting(absent, keyset.t - len(good), tuple(bad), named)
    return Blocked(tuple(bad), named)


def proves_bad(seal: Seal, keyset: Keyset, ctx: bytes, custodian: str, seed: bytes) -> bool:
    """Whether `seed` is this custodian's for the purpose and its capsule, opened with it, is bad."""
    if len(seed) != 32:
        return False
    place, key = keyset.place(custodian), custodian_key(seed)
    if key.public_key().public_bytes_raw() != keyset.custodians[place - 1][1]:
        return False
    return open_capsule(seal, ctx, place, key) is None


def random_value(found: Open | Void) -> bytes:
    """What a contribution gives to the randomness: its secret, or 32 zero bytes where it is void (§6)."""
    return found.secret if isinstance(found, Open) else bytes(32)


def open_form(seal: Seal, keyset: Keyset, author_key: bytes, secret: bytes, ciphertext: Ciphertext) -> Header | Void:
    """The header in a form, or why it is void.

    Raises `Refusal("sealed.wrong_copy")` where `ciphertext` is not the one that the seal names: then another copy
    is wanted, and nothing is decided.
    """
    form = _named(seal.form)
    if form.size > content.MAX_FORM_SIZE:
        return Void.of(Refusal("sealed.void_form_size", limit=content.MAX_FORM_SIZE))
    if ciphertext.content != form:
        raise Refusal("sealed.wrong_copy", field="form")
    ctx = context(keyset.kid, author_key, seal.n16)
    try:
        plain = b"".join(content.decrypt(content_key(secret, ctx, "form"), ctx, [ciphertext.data]))
    except Refusal as why:
        return Void.of(Refusal("sealed.void_form", why=why.code))
    try:
        return parse_header(plain, keyset.purpose.part)
    except Refusal as why:
        return Void.of(Refusal("sealed.void_header", why=why.code))


def open_files(
    seal: Seal,
    keyset: Keyset,
    author_key: bytes,
    secret: bytes,
    header: Header,
    source: Iterable[bytes],
    sink: Callable[[int], BinaryIO],
    digest: Digest | None = None,
) -> Void | None:
    """Write the files of `header` to `sink(0)`, `sink(1)`, …; None, or why they are void.

    `source` reads the ciphertext once, from its start; whatever is found, `Refusal("sealed.wrong_copy")` is raised
    unless all of it is the one that the seal names, so that nothing is ever decided by a broken copy. Constant
    memory. On a void or a wrong copy what the sinks hold is worth nothing. `digest`: whatever knows the SHA-256 of
    what it is fed, SHA-256 itself if not given.
    """
    named, ctx = _named(seal.files), context(keyset.kid, author_key, seal.n16)
    copy = _Copy(source, named.size, digest or hashlib.sha256())
    found = _read_files(content.decrypt(content_key(secret, ctx, "files"), ctx, copy), header, sink)
    if copy.content() != named:
        raise Refusal("sealed.wrong_copy", field="files")
    return found


def _read_files(plain: Iterator[bytes], header: Header, sink: Callable[[int], BinaryIO]) -> Void | None:
    blocks = _Blocks(plain)
    try:
        for number, file in enumerate(header.files):
            sha, out = hashlib.sha256(), sink(number)
            for piece in blocks.take(file.size):
                sha.update(piece)
                out.write(piece)
            if sha.digest() != file.sha256:
                return Void.of(Refusal("sealed.void_file", number=number + 1))
        blocks.end()
    except Refusal as why:
        return Void.of(Refusal("sealed.void_files", why=why.code))
    return None


class _Copy:
    """A ciphertext that is hashed as it is read; no more than one block beyond `limit` bytes of it."""

    def __init__(self, source: Iterable[bytes], limit: int, digest: Digest) -> None:
        self._source, self._limit = iter(source), limit
        self._size, self._sha = 0, digest

    def __iter__(self) -> Iterator[bytes]:
        for block in self._source:
            self._size += len(block)
            self._sha.update(block)
            yield block
            if self._size > self._limit:
                return

    def content(self) -> Content:
        """Size and hash of the whole, of which somebody who found it void may have read only the beginning."""
        for _ in self:
            pass
        return Content(self._size, self._sha.digest())


class _Blocks:
    """Cuts a stream of blocks to wanted lengths."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._kept = b""

    def take(self, length: int) -> Iterator[bytes]:
        while length:
            block = self._kept or next(self._source, None)
            if block is None:
                raise Refusal("sealed.files_shorter")
            piece, self._kept = block[:length], block[length:]
            length -= len(piece)
            yield piece

    def end(self) -> None:
        """Nothing is left. Reads to the end even so: only there the whole is authenticated."""
        if sum(len(block) for block in self._source) + len(self._kept):
            raise Refusal("sealed.files_longer")


def _named(named: Content | None) -> Content:
    if named is None:
        raise ValueError("a contribution has no content")
    return named
