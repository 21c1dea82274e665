"""The tree against published figures and against its own definition."""

from __future__ import annotations

import base64
from typing import Final

import pytest

from ledger import merkle
from ledger.basics.hashing import H
from ledger.merkle import Frontier, Tree
from tests.support.log import refused

# Leaves and roots of Certificate Transparency's reference tree (RFC 6962 implementations share them).
LEAVES: Final = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS: Final = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
# Happy paths of transparency-dev/merkle's testdata: (old, size, proof).
CONSISTENCY: Final = [
    (2, 5, ["Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=", "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms="]),
    (
        6,
        8,
        [
            "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
            "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
            "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
        ],
    ),
]


def tree_of(count: int, start: int = 0) -> Tree:
    """A tree over `count` leaves that knows entries from `start` on only."""
    whole = Tree()
    for number in range(count):
        whole.append(merkle.leaf_hash(b"%d" % number))
    if not start:
        return whole
    part = Tree(whole.frontier(start))
    for number in range(start, count):
        part.append(whole.leaf(number))
    return part


@pytest.mark.parametrize("size", ROOTS)
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.root_of_entries(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("old", "size", "proof"), CONSISTENCY)
def test_consistency_proofs_are_the_published_ones(old: int, size: int, proof: list[str]) -> None:
    nodes = merkle.nodes_of([merkle.leaf_hash(leaf) for leaf in LEAVES])
    hashes = [base64.b64decode(one) for one in proof]
    assert merkle.consistency_proof(nodes, old, size) == hashes
    merkle.check_consistency(old, size, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[size]), hashes)


def test_an_inclusion_proof_is_the_published_one() -> None:
    nodes = merkle.nodes_of([merkle.leaf_hash(leaf) for leaf in LEAVES])
    assert merkle.inclusion_proof(nodes, 2, 3) == [bytes.fromhex(ROOTS[2])]
    merkle.check_inclusion(LEAVES[2], 2, 3, [bytes.fromhex(ROOTS[2])], bytes.fromhex(ROOTS[3]))


def test_leaf_and_node_hashes_differ_by_their_first_byte() -> None:
    assert merkle.leaf_hash(b"x") == H(b"\0x")
    assert merkle.node_hash(b"l", b"r") == H(b"\1lr")


def test_every_entry_is_shown_included_at_every_size() -> None:
    tree = tree_of(33)
    for size in range(1, 34):
        for index in range(size):
            proof = tree.inclusion(index, size)
            merkle.check_inclusion(b"%d" % index, index, size, proof, tree.root(size))
            with refused("merkle.not_included"):
                merkle.check_inclusion(b"other", index, size, proof, tree.root(size))


def test_every_size_is_shown_to_begin_with_every_smaller_one() -> None:
    tree = tree_of(33)
    for size in range(34):
        for old in range(size + 1):
            proof = tree.consistency(old, size)
            merkle.check_consistency(old, size, tree.root(old), tree.root(size), proof)


@pytest.mark.parametrize("start", [1, 2, 5, 7, 8, 13, 31, 32])
def test_a_left_edge_and_later_entries_give_the_same_roots_and_proofs(start: int) -> None:
    whole, part = tree_of(40), tree_of(40, start)
    for size in range(start, 41):
        assert part.root(size) == whole.root(size)
        for index in range(start, size):
            assert part.inclusion(index, size) == whole.inclusion(index, size)
        for old in range(start, size):
            assert part.consistency(old, size) == whole.consistency(old, size)


def test_a_tree_says_what_it_does_not_hold() -> None:
    part = tree_of(20, 10)
    with refused("merkle.unknown_node", level=0, index=3):
        part.leaf(3)
    with refused("merkle.size_range", size=9, least=10, most=20):
        part.root(9)
    with refused("merkle.size_range", size=21):
        part.root(21)
    with refused("merkle.index_range"):
        part.inclusion(20, 20)


def test_a_frontier_survives_its_bytes_and_counts_its_hashes() -> None:
    edge = tree_of(21).frontier()
    assert len(edge.hashes) == 3
    assert Frontier.from_bytes(21, edge.to_bytes()) == edge
    with refused("merkle.frontier"):
        Frontier.from_bytes(22, edge.to_bytes() + edge.to_bytes())
    with refused("merkle.frontier"):
        Frontier(1, (b"short",))


def test_extending_names_every_node_it_completes() -> None:
    tree, edge = tree_of(16), Frontier.empty()
    seen = {}
    for index in range(16):
        edge, done = edge.extend(tree.leaf(index))
        seen.update({(level, at): hash_ for level, at, hash_ in done})
    assert seen == {(level, at): tree.node(level, at) for level in range(5) for at in range(16 >> level)}


def test_proofs_of_the_wrong_length_are_refused() -> None:
    tree = tree_of(11)
    proof = tree.inclusion(4, 11)
    for bad in (proof[:-1], [*proof, proof[0]], []):
        with refused("merkle.proof_length"):
            merkle.root_from_inclusion(tree.leaf(4), 4, 11, bad)
    with refused("merkle.index_range"):
        merkle.root_from_inclusion(tree.leaf(4), 11, 11, proof)


def test_a_consistency_proof_cannot_be_bent() -> None:
    tree = tree_of(29)
    for old, size in [(5, 29), (8, 29), (16, 17), (28, 29)]:
        proof, was, now = tree.consistency(old, size), tree.root(old), tree.root(size)
        bent = [proof[:-1], [*proof, proof[0]], [proof[0][::-1], *proof[1:]], [b"", *proof], proof[::-1]]
        for bad in bent:
            if bad != proof:
                with refused("merkle.inconsistent", old=old, size=size):
                    merkle.check_consistency(old, size, was, now, bad)
        for first, second in [(now, was), (was, was), (now, now)]:
            with refused("merkle.inconsistent"):
                merkle.check_consistency(old, size, first, second, proof)


def test_the_trivial_consistencies_are_read_too() -> None:
    tree = tree_of(3)
    merkle.check_consistency(0, 3, merkle.EMPTY_ROOT, tree.root(), [])
    merkle.check_consistency(3, 3, tree.root(), tree.root(), [])
    for old, size, was, now, proof in [
        (0, 3, tree.root(), tree.root(), []),
        (0, 0, merkle.EMPTY_ROOT, tree.root(), []),
        (3, 3, tree.root(2), tree.root(), []),
        (3, 3, tree.root(), tree.root(), [tree.root()]),
        (4, 3, tree.root(), tree.root(), []),
        (-1, 3, tree.root(), tree.root(), []),
    ]:
        with refused("merkle.inconsistent"):
            merkle.check_consistency(old, size, was, now, proof)


def test_the_thousandth_append_hashes_no_more_than_the_first_ones() -> None:
    """Appending costs one hash for each node completed: fewer than two on average, whatever the size."""
    edge, completed = Frontier.empty(), []
    for number in range(1024):
        edge, done = edge.extend(merkle.leaf_hash(b"%d" % number))
        completed.append(len(done))
    assert sum(completed[:512]) < 2 * 512
    assert sum(completed[512:]) <= 2 * 512
    assert len(edge.hashes) == 1
