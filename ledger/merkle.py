"""The Merkle tree of RFC 6962 §2.1 (the same in RFC 9162 §2.1) over SHA-256.

An *entry* is bytes; its leaf hash is `H(0x00 ‖ entry)`. A node `(level, index)` is the hash of the perfect
subtree over the entries `[index·2^level, (index + 1)·2^level)`. Everything that proves something reads such
nodes through a `Nodes` call, so that a list in memory, a folder of tiles and a database serve alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

# (level, index) -> 32 bytes; raises `Refusal` if it doesn't hold that perfect subtree.
Nodes = Callable[[int, int], bytes]

EMPTY_ROOT: Final = H(b"")
HASH: Final = 32


def leaf_hash(entry: bytes) -> bytes:
    """`H(0x00 ‖ entry)`, 32 bytes (RFC 6962 §2.1)."""
    return H(b"\0", entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """`H(0x01 ‖ left ‖ right)`, 32 bytes (RFC 6962 §2.1)."""
    return H(b"\1", left, right)


def root_of_entries(entries: Iterable[bytes]) -> bytes:
    """Root of the tree over these entries, 32 bytes; of none: `H("")`."""
    frontier = Frontier.empty()
    for entry in entries:
        frontier = frontier.append(leaf_hash(entry))
    return frontier.root()


@dataclass(frozen=True)
class Frontier:
    """The left edge of a tree: the perfect subtrees that `size` entries fall into, from the left.

    With it and the entries from `size` on, the root at every size ≥ `size` can be computed; nothing else
    of the first `size` entries is needed. One hash for each bit set in `size`: O(log n).
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Raises `Refusal("merkle.frontier")` unless there is one 32-byte hash for each bit set in `size`."""
        if self.size < 0 or len(self.hashes) != self.size.bit_count() or any(len(item) != HASH for item in self.hashes):
            raise Refusal("merkle.frontier", size=self.size, found=len(self.hashes))

    @classmethod
    def empty(cls) -> Frontier:
        """The edge of the tree without entries."""
        return cls(0, ())

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """Reads what `to_bytes` wrote."""
        return cls(size, tuple(data[at : at + HASH] for at in range(0, len(data), HASH)))

    def to_bytes(self) -> bytes:
        """The hashes one after the other, the largest subtree first."""
        return b"".join(self.hashes)

    def append(self, leaf: bytes) -> Frontier:
        """The edge after one more leaf hash."""
        return self.extend(leaf)[0]

    def extend(self, leaf: bytes) -> tuple[Frontier, list[tuple[int, int, bytes]]]:
        """The edge after one more leaf hash, and every node `(level, index, hash)` it completed, leaf first."""
        hashes, level, index, top = list(self.hashes), 0, self.size, leaf
        done = [(0, index, leaf)]
        while index & 1:
            top = node_hash(hashes.pop(), top)
            level, index = level + 1, index >> 1
            done.append((level, index, top))
        return Frontier(self.size + 1, (*hashes, top)), done

    def root(self) -> bytes:
        """Root of the tree with `size` entries, 32 bytes (RFC 6962 §2.1)."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, top = self.hashes
        for left in reversed(rest):
            top = node_hash(left, top)
        return top

    def nodes(self) -> list[tuple[int, int, bytes]]:
        """The edge as nodes `(level, index, hash)`, from the left."""
        out, start = [], 0
        for hash_, level in zip(self.hashes, _bits(self.size), strict=True):
            out.append((level, start >> level, hash_))
            start += 1 << level
        return out


class Tree:
    """A tree in memory from a left edge on: appends leaf hashes, gives roots and proofs for every size ≥ its start.

    64 bytes an entry. `Tree()` holds the whole tree; `Tree(edge)` what a bundle carries.
    """

    def __init__(self, edge: Frontier | None = None) -> None:
        self.edge = edge or Frontier.empty()
        self.size = self.edge.size
        self._levels: list[bytearray] = []
        # The first index held at each level: a subtree of the edge, or else the one the edge's end cuts.
        self._first: list[int] = []
        for level, _, hash_ in reversed(self.edge.nodes()):
            self._level(level).extend(hash_)

    @property
    def start(self) -> int:
        """The size of the left edge: entries from this index on are known."""
        return self.edge.size

    def append(self, leaf: bytes) -> None:
        """One more leaf hash (32 bytes)."""
        level, index, top = 0, self.size, leaf
        self._level(0).extend(top)
        while index & 1:
            top = node_hash(self.node(level, index - 1), top)
            level, index = level + 1, index >> 1
            self._level(level).extend(top)
        self.size += 1

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree; `Refusal("merkle.unknown_node")` if it isn't held."""
        if 0 <= level < len(self._levels):
            at = (index - self._first[level]) * HASH
            found = bytes(self._levels[level][at : at + HASH]) if at >= 0 else b""
            if len(found) == HASH:
                return found
        raise Refusal("merkle.unknown_node", level=level, index=index)

    def leaf(self, index: int) -> bytes:
        """The leaf hash at `index` ≥ `start`."""
        return self.node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """Root at `size` (default: the present one), which must not be less than `start`."""
        return root(self.node, self._size(size))

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Inclusion proof of the entry at `index` ≥ `start` in the tree of `size`."""
        return inclusion_proof(self.node, index, self._size(size))

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """Consistency proof from `old` ≥ `start` to `size`."""
        return consistency_proof(self.node, old, self._size(size))

    def frontier(self, size: int | None = None) -> Frontier:
        """The left edge at `size` ≥ `start`."""
        return left_edge(self.node, self._size(size))

    def _size(self, size: int | None) -> int:
        size = self.size if size is None else size
        if not self.start <= size <= self.size:
            raise Refusal("merkle.size_range", size=size, least=self.start, most=self.size)
        return size

    def _level(self, level: int) -> bytearray:
        while len(self._levels) <= level:
            nth = len(self._levels)
            self._first.append((self.start >> nth) - (self.start >> nth & 1))
            self._levels.append(bytearray())
        return self._levels[level]


def nodes_of(leaves: Sequence[bytes]) -> Nodes:
    """`Nodes` over leaf hashes in memory."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.node


def root(nodes: Nodes, size: int) -> bytes:
    """`MTH(D[0:size])`, 32 bytes (RFC 6962 §2.1)."""
    return left_edge(nodes, size).root()


def left_edge(nodes: Nodes, size: int) -> Frontier:
    """The perfect subtrees that the first `size` entries fall into."""
    hashes, start = [], 0
    for level in _bits(size):
        hashes.append(nodes(level, start >> level))
        start += 1 << level
    return Frontier(size, tuple(hashes))


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """`PATH(index, D[0:size])`, leaf's sibling first (RFC 6962 §2.1.1). `Refusal("merkle.index_range")`."""
    if not 0 <= index < size:
        raise Refusal("merkle.index_range", index=index, size=size)
    return _path(nodes, index, 0, size)


def consistency_proof(nodes: Nodes, old: int, size: int) -> list[bytes]:
    """`PROOF(old, D[0:size])` (RFC 6962 §2.1.2); empty from 0 and to the same size."""
    if not 0 <= old <= size:
        raise Refusal("merkle.size_range", size=old, least=0, most=size)
    return [] if old in (0, size) else _subproof(nodes, old, 0, size, whole=True)


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to from a leaf hash (RFC 9162 §2.1.3.2).

    Raises `Refusal("merkle.index_range")` or `Refusal("merkle.proof_length")`.
    """
    if not 0 <= index < size:
        raise Refusal("merkle.index_range", index=index, size=size)
    node, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != HASH:
            raise Refusal("merkle.proof_length", index=index, size=size)
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise Refusal("merkle.proof_length", index=index, size=size)
    return result


def check_inclusion(entry: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Raises `Refusal("merkle.not_included")` unless the proof shows that `entry` is at `index` (RFC 9162 §2.1.3.2)."""
    if root_from_inclusion(leaf_hash(entry), index, size, proof) != expected:
        raise Refusal("merkle.not_included", index=index, size=size)


def check_consistency(old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises `Refusal("merkle.inconsistent")` unless the tree of `size` begins with that of `old` (RFC 9162 §2.1.4.2).

    From size 0 every tree follows, with an empty proof; so that nothing passes unread, the root of 0 must be `H("")`.
    """
    broken = Refusal("merkle.inconsistent", old=old, size=size)
    if not 0 <= old <= size or any(len(item) != HASH for item in proof):
        raise broken
    if old in (0, size):
        first = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != first or (size == 0 and new_root != EMPTY_ROOT):
            raise broken
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise broken
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    was = now = path[0]
    for item in path[1:]:
        if last == 0:
            raise broken
        if node & 1 or node == last:
            was, now = node_hash(item, was), node_hash(item, now)
            while not node & 1 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            now = node_hash(now, item)
        node, last = node >> 1, last >> 1
    if last != 0 or was != old_root or now != new_root:
        raise broken


def _bits(size: int) -> list[int]:
    """The positions of the bits set in `size`, highest first."""
    return [level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]


def _split(length: int) -> int:
    """The largest power of two smaller than `length` ≥ 2."""
    return 1 << (length - 1).bit_length() - 1


def _subtree(nodes: Nodes, low: int, high: int) -> bytes:
    """`MTH(D[low:high])` where `low` is a multiple of the least power of two ≥ high − low."""
    length = high - low
    if length & (length - 1) == 0:
        level = length.bit_length() - 1
        return nodes(level, low >> level)
    middle = low + _split(length)
    return node_hash(_subtree(nodes, low, middle), _subtree(nodes, middle, high))


def _path(nodes: Nodes, index: int, low: int, high: int) -> list[bytes]:
    if high - low == 1:
        return []
    middle = low + _split(high - low)
    if index < middle:
        return [*_path(nodes, index, low, middle), _subtree(nodes, middle, high)]
    return [*_path(nodes, index, middle, high), _subtree(nodes, low, middle)]


def _subproof(nodes: Nodes, old: int, low: int, high: int, *, whole: bool) -> list[bytes]:
    if old == high:
        return [] if whole else [_subtree(nodes, low, high)]
    middle = low + _split(high - low)
    if old <= middle:
        return [*_subproof(nodes, old, low, middle, whole=whole), _subtree(nodes, middle, high)]
    return [*_subproof(nodes, old, middle, high, whole=False), _subtree(nodes, low, middle)]
