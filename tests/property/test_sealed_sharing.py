"""Sealing for any secret, any author, any quorum: what is sealed opens, and opens to the same."""

from __future__ import annotations

import io
from itertools import islice

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.basics.canonical import MAX_INT, Json, canonical, parse
from ledger.basics.errors import Refusal
from ledger.sealed import backup, coin, content, hpke, keyset, opening, seal, shamir
from tests.vectors import chunked

SECRET = st.binary(min_size=32, max_size=32)
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
JSON: st.SearchStrategy[Json] = st.recursive(
    st.booleans() | st.integers(-MAX_INT, MAX_INT) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


def read(data: bytes) -> Json | None:
    """The value, or None where the bytes are refused; any other error fails the test."""
    try:
        return parse(data)
    except Refusal:
        return None


@given(JSON)
def test_every_value_has_one_spelling(value: Json) -> None:
    data = canonical(value)
    assert parse(data) == value
    assert canonical(parse(data)) == data


@given(st.binary(max_size=60))
def test_bytes_are_refused_or_their_own_spelling(data: bytes) -> None:
    value = read(data)
    assert value is None or canonical(value) == data


@given(JSON, st.integers(0, 400), st.integers(0, 255))
def test_one_changed_byte_is_another_value_or_none(value: Json, at: int, byte: int) -> None:
    data = bytearray(canonical(value))
    data[at % len(data)] = byte
    found = read(bytes(data))
    assert found is None or (found == value) == (bytes(data) == canonical(value))


@given(st.data(), st.integers(2, 12))
def test_any_t_shares_give_the_secret(data: st.DataObject, t: int) -> None:
    secret = data.draw(st.binary(min_size=1, max_size=40))
    rows = [data.draw(st.binary(min_size=len(secret), max_size=len(secret))) for _ in range(t - 1)]
    places = data.draw(st.lists(st.integers(1, 255), min_size=t, max_size=t + 3, unique=True))
    shares = {place: shamir.share(secret, rows, place) for place in places}
    assert shamir.combine(shares) == secret
    assert shamir.combine(dict(islice(shares.items(), t))) == secret


@given(SECRET, SECRET, st.integers(1, 255))
def test_one_share_of_two_says_nothing(secret: bytes, other: bytes, place: int) -> None:
    """For every share of one secret there is a coefficient with which another secret gives the same share."""
    row = bytes(32)
    wanted = shamir.share(secret, [row], place)
    inverse = shamir._times(shamir._inverse(place))
    fitting = bytes(a ^ b for a, b in zip(wanted, other, strict=True)).translate(inverse)
    assert shamir.share(other, [fitting], place) == wanted


@given(SECRET, st.binary(max_size=100), st.binary(max_size=64), st.binary(min_size=32, max_size=64))
@settings(max_examples=40)
def test_capsules_open_for_their_key_only(seed: bytes, plain: bytes, info: bytes, ephemeral: bytes) -> None:
    key = hpke.derive_key_pair(seed)
    capsule = hpke.seal(key.public_key(), info, plain, hpke.derive_key_pair(ephemeral))
    assert len(capsule) == 32 + len(plain) + 16
    assert hpke.open_capsule(key, info, capsule) == plain
    assert hpke.open_capsule(hpke.derive_key_pair(seed + b"!"), info, capsule) is None


@given(st.data(), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_a_seal_opens_the_same_for_every_quorum(data: st.DataObject, n: int) -> None:
    t = data.draw(st.integers(max(2, n // 2 + 1), n))
    ids = [f"c{number}" for number in range(n)]
    purpose, when = keyset.Purpose("t", "", "draw-d-0"), keyset.conditions("draw-d-0", "2026-12-01T01:00:00.000Z")
    masters = {id_: data.draw(SECRET) + id_.encode() for id_ in ids}
    keys = {
        id_: keyset.custodian_key(keyset.custodian_seed(master[-32:], purpose, t, ids, when))
        for id_, master in masters.items()
    }
    made = keyset.build(purpose, t, {id_: key.public_key().public_bytes_raw() for id_, key in keys.items()}, when)
    secret, author, n16 = data.draw(SECRET), data.draw(SECRET), data.draw(st.binary(min_size=16, max_size=16))
    sealed = seal.seal_secret(made, author, secret, n16)
    ctx = seal.context(made.kid, author, n16)
    quorum = data.draw(st.lists(st.sampled_from(ids), min_size=t, max_size=n, unique=True))
    answers: dict[str, opening.Answer] = {}
    for id_ in quorum:
        share = seal.open_capsule(sealed, ctx, made.place(id_), keys[id_])
        assert share is not None
        answers[id_] = share
    assert opening.verdict(sealed, made, author, answers) == opening.Open(secret)
    few = dict(islice(answers.items(), t - 1))
    assert isinstance(opening.verdict(sealed, made, author, few), opening.Waiting)


@given(st.integers(0, 1 << 44))
def test_padding_is_the_least_that_holds(length: int) -> None:
    size = content.padded_size(length)
    steps, rest = divmod(size, content.STEP)
    allowed = sorted({1 << k for k in range(40)} | {3 << k for k in range(40)})
    assert rest == 0
    assert steps in allowed
    assert size >= length + 8
    smaller = [step for step in allowed if step < steps]
    assert not smaller or smaller[-1] * content.STEP < length + 8


@given(st.binary(max_size=200), st.integers(1, 70000), SECRET, st.binary(max_size=40))
@settings(max_examples=30, deadline=None)
def test_content_comes_out_as_it_went_in_however_it_is_cut(start: bytes, cut: int, key: bytes, ctx: bytes) -> None:
    plain = start * 400
    pieces = [plain[at : at + cut] for at in range(0, len(plain), cut)]
    sink = io.BytesIO()
    found = content.encrypt(key, ctx, pieces, len(plain), sink)
    data = sink.getvalue()
    assert found == content.digest([data])
    assert found.size == content.ciphertext_size(len(plain))
    assert b"".join(content.decrypt(key, ctx, [data[at : at + cut] for at in range(0, len(data), cut)])) == plain


@given(SECRET, st.integers(0, 1 << 17), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_one_changed_byte_of_content_is_noticed(key: bytes, at: int, flip: int) -> None:
    data = bytearray(chunked.encrypt(key, b"ctx", bytes(24), content.padded(b"hello")))
    data[at % len(data)] ^= flip
    with pytest.raises(Refusal, match="not_decrypted"):
        list(content.decrypt(key, b"ctx", [bytes(data)]))
    with pytest.raises((ValueError, InvalidTag)):
        chunked.decrypt(key, b"ctx", bytes(data))


@given(SECRET)
def test_backup_words_give_the_secret_back(secret: bytes) -> None:
    words = backup.to_words(secret)
    assert len(words) == 24
    assert backup.from_words("  ".join(word.upper() for word in words)) == secret


@given(SECRET, st.integers(1, 10**6), TEXT.filter(str.isascii))
def test_a_drawn_index_is_in_the_list(alpha: bytes, count: int, name: str) -> None:
    assert 0 <= coin.index(alpha, "lot-1", name, count) < count
    assert coin.index(alpha, "lot-1", name, count) == coin.index(alpha, "lot-1", name, count)
