"""What holds for every tree, and for every sequence of bytes that claims to be a note, a proof, a path, an event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from ledger import checkpoint, events, merkle, proof, tiles
from ledger.basics.errors import Refusal
from ledger.checkpoint import Checkpoint, VerifierKey
from ledger.merkle import Frontier, Tree
from ledger.proof import Proof
from ledger.tiles import Tile
from tests.support.log import NOON, entry, note_over, policy, refused

BIG: Final = Tree()
for _number in range(700):
    BIG.append(merkle.leaf_hash(entry(_number)))

sizes = st.integers(1, 700)
bits = st.integers(0, 255)


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    """An index and a size greater than it."""
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw: st.DrawFn) -> tuple[int, int]:
    """An old size and a greater one."""
    size = draw(st.integers(2, 700))
    return draw(st.integers(1, size - 1)), size


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit changed."""
    at = bit // 8 % len(data)
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


@given(places(), st.data())
def test_an_inclusion_proof_holds_and_none_of_its_bits_may_change(place: tuple[int, int], data: st.DataObject) -> None:
    index, size = place
    path, root = BIG.inclusion(index, size), BIG.root(size)
    merkle.check_inclusion(entry(index), index, size, path, root)
    if path:
        at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(bits)
        with refused("merkle.not_included"):
            merkle.check_inclusion(
                entry(index), index, size, [*path[:at], flipped(path[at], bit), *path[at + 1 :]], root
            )
    other = data.draw(st.integers(0, 700).filter(lambda number: number != index))
    with refused("merkle.not_included"):
        merkle.check_inclusion(entry(other), index, size, path, root)


@given(growths(), st.data())
def test_a_consistency_proof_holds_and_none_of_its_bits_may_change(
    growth: tuple[int, int], data: st.DataObject
) -> None:
    old, size = growth
    path, was, now = BIG.consistency(old, size), BIG.root(old), BIG.root(size)
    merkle.check_consistency(old, size, was, now, path)
    at, bit = data.draw(st.integers(0, len(path) + 1)), data.draw(bits)
    parts = [was, now, *path]
    parts[at] = flipped(parts[at], bit)
    with refused("merkle.inconsistent"):
        merkle.check_consistency(old, size, parts[0], parts[1], parts[2:])


@given(growths())
def test_a_left_edge_leads_to_every_later_root(growth: tuple[int, int]) -> None:
    start, size = growth
    edge = Frontier.from_bytes(start, BIG.frontier(start).to_bytes())
    part = Tree(edge)
    for index in range(start, size):
        edge = edge.append(BIG.leaf(index))
        part.append(BIG.leaf(index))
    assert edge == BIG.frontier(size) == part.frontier()
    assert edge.root() == part.root() == BIG.root(size)


@given(st.integers(0, 10**12), st.integers(-1, 7), st.integers(1, 256))
def test_every_tile_has_its_path(index: int, level: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert tiles.parse_path(tile.path) == tile


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_new_tiles_are_those_whose_content_is_new(old: int, size: int) -> None:
    fresh = list(tiles.new_tiles(old, size))
    assert len(fresh) == len(set(fresh))
    for tile in fresh:
        assert tile.width == tiles.width_at(tile.level, tile.index, size) > tiles.width_at(tile.level, tile.index, old)


@given(st.lists(st.binary(max_size=200), max_size=20))
def test_bundles_give_back_their_entries(entries: list[bytes]) -> None:
    assert tiles.decode_bundle(tiles.encode_bundle(entries), len(entries)) == entries


def unless_refused(parse: Callable[[bytes], bytes], data: bytes) -> None:
    """Whatever is accepted must be the one spelling of what was read."""
    try:
        found = parse(data)
    except Refusal:
        return
    assert found == data


NOTE: Final = note_over([entry(number) for number in range(5)]).encode()
PROOF: Final = Proof(2, (bytes(32), bytes(32)), NOTE.decode(), b"extra").text().encode()
EVENT: Final = events.Event(
    "lot/t/l", 1, "lot.closed", datetime(2026, 12, 1, tzinfo=UTC), "p", {"a": ["文", 1, True]}, {"x": "00" * 32}
).encode()


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` with a piece replaced by something short."""
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 4)))
    piece = draw(st.one_of(st.binary(max_size=4), st.sampled_from([b"\n", b" ", b"0", b"=", "—".encode(), b"-"])))
    return data[:start] + piece + data[end:]


@given(st.one_of(damaged(NOTE), st.binary(max_size=300)))
def test_a_note_that_reads_is_the_one_spelling(data: bytes) -> None:
    unless_refused(lambda raw: checkpoint.parse_note(raw).text().encode(), data)


@given(damaged(NOTE))
def test_no_damaged_note_passes_as_another_checkpoint(data: bytes) -> None:
    try:
        head = checkpoint.verify(data, policy(2))
    except Refusal:
        return
    assert (head.size, head.root, set(head.times.values())) == (
        5,
        merkle.root_of_entries([entry(number) for number in range(5)]),
        {NOON},
    )


@given(st.one_of(damaged(PROOF), st.binary(max_size=300)))
def test_a_proof_that_reads_is_the_one_spelling(data: bytes) -> None:
    unless_refused(lambda raw: proof.parse(raw).text().encode(), data)


@given(st.one_of(damaged(EVENT), st.binary(max_size=300)))
def test_an_event_that_reads_is_the_one_spelling(data: bytes) -> None:
    unless_refused(lambda raw: events.decode(raw).encode(), data)


@given(st.one_of(damaged(policy().log.text.encode()), st.binary(max_size=120)))
def test_a_vkey_that_reads_is_the_one_spelling(data: bytes) -> None:
    unless_refused(lambda raw: VerifierKey.parse(raw.decode("utf-8", "replace")).text.encode(), data)


@given(st.one_of(damaged(Checkpoint("log.example", 7, bytes(32)).body()), st.binary(max_size=120)))
def test_a_body_that_reads_is_the_one_spelling(data: bytes) -> None:
    unless_refused(lambda raw: Checkpoint.parse_body(raw).body(), data)


@given(
    st.one_of(st.text(max_size=60), damaged(b"tile/0/x001/234.p/56").map(lambda raw: raw.decode("utf-8", "replace")))
)
def test_a_path_that_reads_is_the_one_spelling(text: str) -> None:
    unless_refused(lambda raw: tiles.parse_path(raw.decode()).path.encode(), text.encode("utf-8", "replace"))
