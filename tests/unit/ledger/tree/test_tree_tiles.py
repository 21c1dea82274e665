"""Tiles, bundles and proofs: C2SP tlog-tiles and tlog-proof."""

from __future__ import annotations

from typing import Final

import pytest

from ledger import checkpoint, merkle, proof, tiles
from ledger.proof import Proof
from ledger.tiles import ENTRIES, Tile, TileNodes
from tests.support.log import FakeLog, entry, note_over, policy, refused


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(1, 1234067), "tile/1/x001/x234/067"),
        (Tile(0, 1000, 3), "tile/0/x001/000.p/3"),
        (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/8/000",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/x000/001",
        "tile/0/001/x000",
        "tile/0/../../etc/passwd",
        "tile/entries/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/data/000",
        "",
    ],
)
def test_no_other_path_names_one(path: str) -> None:
    with refused("log.bad_path"):
        tiles.parse_path(path)


def test_the_specifications_example_of_70000_entries() -> None:
    found = list(tiles.new_tiles(0, 70_000))
    assert found.count(Tile(0, 5)) == 1
    assert [t for t in found if t.level == 0 and t.width < 256] == [Tile(0, 273, 112)]
    assert sum(t.level == 0 and t.width == 256 for t in found) == 273
    assert [t for t in found if t.level >= 1] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]


def test_256_entries_fill_a_tile_and_begin_the_next_level() -> None:
    assert list(tiles.new_tiles(255, 256)) == [Tile(ENTRIES, 0), Tile(0, 0), Tile(1, 0, 1)]


@pytest.mark.parametrize(("old", "size"), [(0, 0), (5, 5), (6, 5)])
def test_a_tree_that_did_not_grow_has_no_new_tiles(old: int, size: int) -> None:
    assert list(tiles.new_tiles(old, size)) == []


def test_what_growth_publishes_serves_every_node_of_the_grown_tree() -> None:
    published: set[Tile] = set()
    for old, size in [(0, 3), (3, 255), (255, 256), (256, 257), (257, 700), (700, 1025)]:
        published |= set(tiles.new_tiles(old, size))
        for level in (ENTRIES, 0, 1, 2):
            index = 0
            while tiles.width_at(level, index, size):
                assert tiles.tile_over(level, index, size) in published
                index += 1


def test_a_bundle_gives_back_its_entries_and_nothing_else() -> None:
    entries = [b"", b"a" * 32, b"b" * 65_535]
    data = tiles.encode_bundle(entries)
    assert data[:4] == b"\0\0\0\x20"
    assert tiles.decode_bundle(data, 3) == entries
    for bad, width in [(data, 2), (data, 4), (data[:-1], 3), (data + b"\0", 3), (data + b"\0\0", 3), (b"", 1)]:
        with refused("log.bad_bundle", expected=width):
            tiles.decode_bundle(bad, width)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_roots_and_proofs_come_from_tiles(size: int) -> None:
    log = FakeLog(size)
    nodes = TileNodes(lambda tile: log.get(tile.path) or b"", size)
    assert merkle.root(nodes, size) == merkle.root_of_entries(log.entries)
    for index in {0, size // 2, size - 1}:
        path = merkle.inclusion_proof(nodes, index, size)
        merkle.check_inclusion(entry(index), index, size, path, merkle.root_of_entries(log.entries))


def test_tiles_that_are_short_or_absent_are_refused() -> None:
    with refused("log.bad_tile", found=5):
        merkle.root(TileNodes(lambda _: b"short", 300), 300)
    with refused("log.no_such_tile"):
        TileNodes(lambda tile: bytes(32 * tile.width), 300)(0, 300)
    with refused("log.no_such_tile"):
        TileNodes(lambda tile: bytes(32 * tile.width), 300)(8, 1)
    with refused("log.no_such_tile"):
        TileNodes(lambda tile: bytes(32 * tile.width), 300)(5, 9)


def test_a_full_tiles_root_is_the_node_above() -> None:
    log = FakeLog(512)
    assert tiles.root_of_tile(log.get("tile/0/001") or b"") == (log.get("tile/1/000.p/2") or b"")[32:]


ENTRY_LIST: Final = [entry(number) for number in range(9)]


def made(index: int = 4, extra: bytes | None = None) -> Proof:
    nodes = merkle.nodes_of([merkle.leaf_hash(one) for one in ENTRY_LIST])
    return Proof(index, tuple(merkle.inclusion_proof(nodes, index, 9)), note_over(ENTRY_LIST), extra)


def test_a_proof_needs_nothing_but_the_entry_and_a_policy() -> None:
    text = made(extra=b"why").text()
    lines = text.split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra d2h5", "index 4"]
    read = proof.parse(text.encode())
    assert read == made(extra=b"why")
    assert read.verify(ENTRY_LIST[4], policy()).size == 9
    with refused("merkle.not_included"):
        read.verify(ENTRY_LIST[5], policy())


def test_a_proof_holds_only_under_its_policy() -> None:
    with refused("checkpoint.too_few_witnesses"):
        proof.parse(made().text().encode()).verify(ENTRY_LIST[4], policy(3))


def test_a_proof_over_a_single_entry_has_no_hashes() -> None:
    text = Proof(0, (), note_over(ENTRY_LIST[:1])).text()
    assert proof.parse(text.encode()).verify(ENTRY_LIST[0], policy()).size == 1


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("proof@v1", "proof@v2", 1),
        ("index 4", "index 04", 2),
        ("index 4", "index", 2),
        ("index 4", "index 4 ", 2),
        ("index 4", "extra d2h5=\nindex 4", 2),
        ("index 4\n", "index 4\nAAAA\n", 3),
        ("index 4\n", "index 4\n*\n", 3),
        ("c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\n\n", 2),
        ("\n\nlog.example", "\nlog.example", 7),
    ],
)
def test_a_proof_has_one_spelling(old: str, new: str, line: int) -> None:
    changed = made().text().replace(old, new)
    assert changed != made().text()
    with refused("proof.malformed", line=line):
        proof.parse(changed.encode())


@pytest.mark.parametrize("data", [b"", b"\xff", b"c2sp.org/tlog-proof@v1\nindex 0\n", b"x" * 200_000])
def test_what_is_no_proof_at_all_is_refused(data: bytes) -> None:
    with refused("proof.malformed", line=0):
        proof.parse(data)


def test_an_index_outside_the_tree_is_refused() -> None:
    with refused("merkle.index_range"):
        Proof(9, made().hashes, made().note).verify(ENTRY_LIST[4], policy())
    assert checkpoint.verify(made().note.encode(), policy()).size == 9
