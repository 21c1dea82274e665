from __future__ import annotations

import dataclasses
import hashlib
import io
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.sealed import content, opening, seal
from ledger.sealed.content import Ciphertext
from ledger.sealed.header import header_sha256, parse_header, read_header
from ledger.sealed.opening import BAD, Answer, Blocked, Open, Void, Waiting, verdict

if TYPE_CHECKING:
    from tests.unit.ledger.sealed.conftest import Bid, World


def offer(*files: tuple[str, bytes]) -> dict[str, Any]:
    return {
        "part": "offer",
        "salt": "5a" * 32,
        "form": {"price": "12980000.50"},
        "files": [
            {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files
        ],
        "client": {"tool": "test"},
    }


@pytest.fixture(scope="module")
def bid(world: World) -> Bid:
    return world.bid(offer(("a.pdf", b"abc"), ("b.pdf", b""), ("c.pdf", b"defg")), b"abcdefg")


def test_a_seal_is_read_as_it_was_written(world: World, bid: Bid) -> None:
    assert seal.Seal.parse(bid.seal.to_json(), world.keyset("offer")) == bid.seal
    contribution, _ = world.contribution()
    assert set(contribution.to_json()) == {"kid", "n16", "capsules", "checks"}
    assert seal.Seal.parse(contribution.to_json(), world.keyset("coin")) == contribution


def without(obj: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in obj.items() if key != name}


def test_a_seal_of_another_shape_is_refused(world: World, bid: Bid) -> None:
    made, good = world.keyset("offer"), dict[str, Any](bid.seal.to_json())
    contribution = dict[str, Any](world.contribution()[0].to_json())
    bad: list[tuple[dict[str, Any], str]] = [(without(good, name), "missing_member") for name in good]
    bad += [
        (good | {"more": 1}, "unknown_member"),
        (good | {"kid": "00" * 32}, "wrong_keyset"),
        (good | {"n16": "00" * 15}, "bad_hex"),
        (good | {"capsules": good["capsules"][:4]}, "bad_capsules"),
        (good | {"capsules": "x"}, "bad_capsules"),
        (good | {"checks": [*good["checks"], "00" * 32]}, "bad_capsules"),
        (good | {"capsules": ["00" * 79] * 5}, "bad_hex"),
        (good | {"checks": ["00" * 31] * 5}, "bad_hex"),
        (good | {"form": {"size": 0, "sha256": "00" * 32}}, "bad_size"),
        (good | {"form": {"size": True, "sha256": "00" * 32}}, "bad_size"),
        (good | {"files": {"size": "1", "sha256": "00" * 32}}, "bad_size"),
        (contribution, "missing_member"),
    ]
    for obj, code in bad:
        with pytest.raises(Refusal, match=code):
            seal.Seal.parse(obj, made)
    with pytest.raises(Refusal, match="unknown_member"):
        seal.Seal.parse(good | {"kid": world.keyset("coin").kid.hex()}, world.keyset("coin"))


def test_a_contribution_has_no_content_and_a_bid_has_both(world: World) -> None:
    named = seal.Content(1, bytes(32))
    for part, form, files in (("coin", named, named), ("offer", None, None), ("offer", named, None)):
        with pytest.raises(ValueError, match="seal"):
            seal.seal_secret(world.keyset(part), world.author_key, bytes(32), bytes(16), form, files)


def test_a_seal_is_bound_to_its_author_and_key_set(world: World, bid: Bid) -> None:
    made, keys = world.keyset("offer"), world.keys("offer")
    for kid, author in ((made.kid, bytes(32)), (bytes(32), world.author_key)):
        ctx = seal.context(kid, author, bid.seal.n16)
        assert all(seal.open_capsule(bid.seal, ctx, made.place(id_), keys[id_]) is None for id_ in world.ids)


@pytest.mark.parametrize("quorum", list(itertools.combinations(range(5), 3)))
def test_every_quorum_gives_the_same_verdict(world: World, bid: Bid, quorum: tuple[int, ...]) -> None:
    three = tuple(world.ids[at] for at in quorum)
    answers = world.answers(bid.seal, "offer", three)
    assert verdict(bid.seal, world.keyset("offer"), world.author_key, answers) == Open(bid.secret)


def test_with_fewer_than_t_shares_nothing_opens(world: World, bid: Bid) -> None:
    answers = world.answers(bid.seal, "offer", world.ids[:2])
    found = verdict(bid.seal, world.keyset("offer"), world.author_key, answers)
    assert found == Waiting(world.ids[2:], 1)


def test_who_cried_bad_over_a_seal_that_opens_is_named(world: World, bid: Bid) -> None:
    answers = world.answers(bid.seal, "offer", world.ids[:3]) | {"dike": BAD, "east": bytes(32)}
    found = verdict(bid.seal, world.keyset("offer"), world.author_key, answers)
    assert found == Open(bid.secret, ("dike",), ("east",))


def test_an_answer_of_a_stranger_is_refused(world: World, bid: Bid) -> None:
    with pytest.raises(Refusal, match="not_a_custodian"):
        verdict(bid.seal, world.keyset("offer"), world.author_key, {"eve": BAD})


def tampered(bid: Bid, place: int, name: str) -> seal.Seal:
    rows = list(bid.seal.capsules if name == "capsules" else bid.seal.checks)
    rows[place - 1] = rows[place - 1][:-1] + bytes([rows[place - 1][-1] ^ 1])
    if name == "capsules":
        return dataclasses.replace(bid.seal, capsules=tuple(rows))
    return dataclasses.replace(bid.seal, checks=tuple(rows))


@pytest.mark.parametrize("name", ["capsules", "checks"])
@pytest.mark.parametrize("place", [1, 3, 5])
def test_one_bad_row_voids_the_seal_whoever_answers(world: World, bid: Bid, name: str, place: int) -> None:
    made, bent = world.keyset("offer"), tampered(bid, place, name)
    answers = world.answers(bent, "offer")
    assert answers[world.ids[place - 1]] == BAD
    for three in itertools.combinations([id_ for id_ in world.ids if answers[id_] != BAD], 3):
        found = verdict(bent, made, world.author_key, {id_: answers[id_] for id_ in three})
        assert isinstance(found, Void)
        assert found.reason == "sealed.void_not_resealed"


def test_bad_answers_void_a_bid_once_no_quorum_is_left(world: World, bid: Bid) -> None:
    made = world.keyset("offer")
    bads: dict[str, Answer] = dict.fromkeys(world.ids[:3], BAD)
    found = verdict(bid.seal, made, world.author_key, bads)
    assert found == Void("sealed.void_all_bad", (("bad", 3),))
    two = verdict(bid.seal, made, world.author_key, dict.fromkeys(world.ids[:2], BAD))
    assert two == Waiting(world.ids[2:], 3, world.ids[:2])


def test_for_the_coin_bad_counts_only_with_its_seed(world: World) -> None:
    sealed, _ = world.contribution()
    made, seeds = world.keyset("coin"), world.seeds("coin")
    bads: dict[str, Answer] = dict.fromkeys(world.ids, BAD)
    assert verdict(sealed, made, world.author_key, bads) == Blocked(world.ids, ())
    honest = verdict(sealed, made, world.author_key, bads, seeds)
    assert honest == Blocked(world.ids, ()), "seeds that show good capsules prove nothing bad"
    bent = dataclasses.replace(sealed, capsules=(bytes(80), *sealed.capsules[1:]))
    found = verdict(bent, made, world.author_key, bads, {"anchor": seeds["anchor"]})
    assert found == Void("sealed.void_proved_bad", (("custodian", "anchor"),))
    assert isinstance(found, Void)
    assert opening.random_value(found) == bytes(32)


def test_no_more_answers_ever_turn_a_verdict(world: World, bid: Bid) -> None:
    """Whatever order answers come in, once open or void it stays so."""
    made = world.keyset("offer")
    for sealed in (bid.seal, tampered(bid, 2, "capsules")):
        honest = world.answers(sealed, "offer")
        for letters in itertools.product("gb", repeat=5):
            final: dict[str, Answer] = {
                id_: honest[id_] if letter == "g" else BAD for id_, letter in zip(world.ids, letters, strict=True)
            }
            before = None
            for count in range(6):
                found = verdict(sealed, made, world.author_key, dict(list(final.items())[:count]))
                if before is not None:
                    assert type(found) is before
                if isinstance(found, Open | Void):
                    before = type(found)


def test_a_form_opens_to_its_header(world: World, bid: Bid) -> None:
    header = opening.open_form(bid.seal, world.keyset("offer"), world.author_key, bid.secret, Ciphertext.of(bid.form))
    assert not isinstance(header, Void)
    assert header.form == {"price": "12980000.50"}
    assert header.files_length == 7
    assert header_sha256(header.raw) == header_sha256(offer(("a.pdf", b"abc"), ("b.pdf", b""), ("c.pdf", b"defg")))


def test_a_wrong_copy_decides_nothing(world: World, bid: Bid) -> None:
    args = (bid.seal, world.keyset("offer"), world.author_key, bid.secret)
    for copy in (b"", bid.form[:-1], bid.form + b"\0", bid.files, bytes([bid.form[0] ^ 1]) + bid.form[1:]):
        with pytest.raises(Refusal, match="wrong_copy"):
            opening.open_form(*args, Ciphertext.of(copy))


def void_form(world: World, plain: bytes) -> Void:
    bad = world.bid({}, form=plain)
    found = opening.open_form(bad.seal, world.keyset("offer"), world.author_key, bad.secret, Ciphertext.of(bad.form))
    assert isinstance(found, Void)
    return found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"part": "identity"}, "sealed.header_part"),
        ({"salt": "00"}, "canonical.bad_hex"),
        ({"form": []}, "sealed.header_form"),
        ({"form": {"price": 1}}, "sealed.header_form"),
        ({"files": {}}, "sealed.header_files"),
        ({"files": [{"name": "a", "size": 1, "sha256": "00" * 32}] * 2}, "sealed.header_files"),
        ({"files": [{"name": "../a", "size": 1, "sha256": "00" * 32}]}, "sealed.header_file_name"),
        ({"files": [{"name": "..", "size": 1, "sha256": "00" * 32}]}, "sealed.header_file_name"),
        ({"files": [{"name": "a\\b", "size": 1, "sha256": "00" * 32}]}, "sealed.header_file_name"),
        ({"files": [{"name": "a\n", "size": 1, "sha256": "00" * 32}]}, "sealed.header_file_name"),
        ({"files": [{"name": "a\x9b2J.pdf", "size": 1, "sha256": "00" * 32}]}, "sealed.header_file_name"),
        ({"files": [{"name": "offer\u202efdp.exe", "size": 1, "sha256": "00" * 32}]}, "sealed.header_file_name"),
        ({"files": [{"name": "标" * 86, "size": 1, "sha256": "00" * 32}]}, "sealed.header_file_name"),
        ({"files": [{"name": "a", "size": -1, "sha256": "00" * 32}]}, "sealed.bad_size"),
        ({"files": [{"name": "a", "size": 1}]}, "canonical.missing_member"),
        ({"client": {}}, "canonical.missing_member"),
        ({"client": {"tool": 1}}, "sealed.header_client"),
        ({"statement": {}}, "canonical.unknown_member"),
    ],
)
def test_a_form_that_does_not_parse_is_void(world: World, change: dict[str, Any], why: str) -> None:
    assert void_form(world, canonical(offer() | change)) == Void("sealed.void_header", (("why", why),))


@pytest.mark.parametrize("plain", [b"", b"{}", b"[]", b"not json", b'{"part": "offer"}', b"\xff"])
def test_a_form_that_is_no_header_is_void(world: World, plain: bytes) -> None:
    assert void_form(world, plain).reason == "sealed.void_header"


def test_an_identity_header_has_a_statement_and_signatures() -> None:
    identity = offer() | {"part": "identity"}
    with pytest.raises(Refusal, match="missing_member"):
        read_header(identity, "identity")
    with pytest.raises(Refusal, match="header_statement"):
        read_header(identity | {"statement": [], "signatures": []}, "identity")
    signed = identity | {"statement": {"seq": 1}, "signatures": []}
    assert parse_header(canonical(signed), "identity").statement == {"seq": 1}
    assert header_sha256(signed) == header_sha256(identity)


def sealed_over(world: World, ciphertext: bytes) -> tuple[seal.Seal, bytes]:
    """A seal that names any ciphertext as its form and files."""
    secret, named = b"s" * 32, content.digest([ciphertext])
    return seal.seal_secret(world.keyset("offer"), world.author_key, secret, bytes(16), named, named), secret


@pytest.mark.parametrize("length", [1, 55, 56, 72, 100])
def test_a_ciphertext_that_does_not_decrypt_is_void(world: World, length: int) -> None:
    garbage = b"g" * length
    sealed, secret = sealed_over(world, garbage)
    found = opening.open_form(sealed, world.keyset("offer"), world.author_key, secret, Ciphertext.of(garbage))
    assert found == Void("sealed.void_form", (("why", "sealed.not_decrypted"),))


def test_a_form_beyond_any_header_is_void_unread(world: World) -> None:
    named = seal.Content(content.MAX_FORM_SIZE + 1, bytes(32))
    sealed = seal.seal_secret(world.keyset("offer"), world.author_key, bytes(32), bytes(16), named, named)
    found = opening.open_form(sealed, world.keyset("offer"), world.author_key, bytes(32), Ciphertext.of(b""))
    assert isinstance(found, Void)
    assert found.reason == "sealed.void_form_size"


def opened_files(world: World, bid: Bid) -> tuple[Void | None, list[bytes]]:
    made = world.keyset("offer")
    header = opening.open_form(bid.seal, made, world.author_key, bid.secret, Ciphertext.of(bid.form))
    assert not isinstance(header, Void)
    sinks = [io.BytesIO() for _ in header.files]
    found = opening.open_files(bid.seal, made, world.author_key, bid.secret, header, [bid.files], sinks.__getitem__)
    return found, [sink.getvalue() for sink in sinks]


def test_files_come_out_as_they_went_in(world: World, bid: Bid) -> None:
    assert opened_files(world, bid) == (None, [b"abc", b"", b"defg"])


@pytest.mark.parametrize(
    ("files", "reason", "params"),
    [
        (b"abcdef", "sealed.void_files", (("why", "sealed.files_shorter"),)),
        (b"", "sealed.void_files", (("why", "sealed.files_shorter"),)),
        (b"abcdefgh", "sealed.void_files", (("why", "sealed.files_longer"),)),
        (b"abXdefg", "sealed.void_file", (("number", 1),)),
        (b"abcdefX", "sealed.void_file", (("number", 3),)),
    ],
)
def test_files_that_are_not_the_headers_are_void(world: World, files: bytes, reason: str, params: Any) -> None:
    bad = world.bid(offer(("a.pdf", b"abc"), ("b.pdf", b""), ("c.pdf", b"defg")), files)
    assert opened_files(world, bad)[0] == Void(reason, params)


def test_a_wrong_copy_of_files_decides_nothing(world: World, bid: Bid) -> None:
    lost = dataclasses.replace(bid, files=bid.files[:-1])
    with pytest.raises(Refusal, match="wrong_copy"):
        opened_files(world, lost)


def test_a_wrong_copy_decides_nothing_wherever_it_is_wrong(world: World) -> None:
    good = world.bid(offer(("a.pdf", b"abc"), ("b.pdf", b""), ("c.pdf", b"defg")), b"abcdefg")
    void = world.bid(offer(("a.pdf", b"abc"), ("b.pdf", b""), ("c.pdf", b"defg")), b"abXdefg")
    for bid in (good, void):
        size = len(bid.files)
        for place in (0, 30, 60, size // 2, size - 1):
            flipped = bytearray(bid.files)
            flipped[place] ^= 1
            with pytest.raises(Refusal, match="wrong_copy"):
                opened_files(world, dataclasses.replace(bid, files=bytes(flipped)))
        for other in (b"", bid.files + b"x", bid.files * 2):
            with pytest.raises(Refusal, match="wrong_copy"):
                opened_files(world, dataclasses.replace(bid, files=other))


def test_a_bid_without_files_seals_empty_ones(world: World) -> None:
    assert opened_files(world, world.bid(offer())) == (None, [])


def test_a_file_that_changes_while_it_is_sealed_is_noticed() -> None:
    for blocks in ([b"abc"], [b"abcde"], []):
        with pytest.raises(Refusal, match="length_changed"):
            content.encrypt(bytes(32), b"", blocks, 4, io.BytesIO())


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(7),
        bytes(65535),
        bytes(65536)[:-1] + b"\1",
        bytes(131072),
        b"\xff" * 8 + bytes(65528),
        (65529).to_bytes(8, "big") + bytes(65528),
        b"\0" * 7 + b"\5" + b"hello" + b"\0" * 100 + b"x" + bytes(65536 - 114),
    ],
)
def test_padding_is_minimal_and_zero(padded: bytes) -> None:
    with pytest.raises(Refusal, match="bad_padding"):
        content.unpad(padded)


def test_a_gigabyte_would_need_no_more_memory_than_a_page() -> None:
    """64 MiB in and out in blocks: the peak stays at a few of them."""
    import tracemalloc

    size, ctx = 64 << 20, bytes(32)
    block = bytes(content.BLOCK)

    class Count(io.RawIOBase):
        total = 0

        def write(self, data: Any) -> int:
            self.total += len(data)
            return len(data)

    tracemalloc.start()
    sink: Any = Count()
    found = content.encrypt(bytes(32), ctx, (block for _ in range(64)), size, sink)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.size == sink.total == content.ciphertext_size(size)
    assert peak < 8 << 20


def test_content_keys_differ_by_use(world: World) -> None:
    form, files = seal.content_keys(bytes(32), seal.context(world.keyset().kid, world.author_key, bytes(16)))
    assert form != files
