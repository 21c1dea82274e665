"""The tree as static files: C2SP tlog-tiles.

A *tile* holds up to 256 consecutive hashes: at tile level L hash i is the node `(8·L, i)` of the tree. An *entry
bundle* holds the entries under a level-0 tile, each after its length in two bytes, big-endian. Both are named by a
`Tile`; level −1 stands for entries.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger import merkle
from ledger.basics.errors import Refusal

WIDTH: Final = 256
HEIGHT: Final = 8
ENTRIES: Final = -1
MAX_LEVEL: Final = 7  # a tree of fewer than 2^63 entries has no tile above level 7
MAX_BUNDLE: Final = WIDTH * (2 + 0xFFFF)

_PATH: Final = re.compile(r"tile/(entries|[0-7])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z", re.ASCII)


@dataclass(frozen=True, order=True)
class Tile:
    """Tile `index` of `level` (0 to 7, or `ENTRIES`), with its first `width` (1 to 256) hashes or entries."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """`tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]` (tlog-tiles, "Merkle Tree")."""
        parts, rest = [f"{self.index % 1000:03d}"], self.index // 1000
        while rest:
            parts.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(parts)}{partial}"

    @property
    def first(self) -> int:
        """The index of its first hash within the level, or of its first entry."""
        return self.index * WIDTH

    def whole(self) -> Tile:
        """The same tile when full."""
        return Tile(self.level, self.index)


def parse_path(path: str) -> Tile:
    """The tile of a path in its one spelling; `Refusal("log.bad_path")` otherwise."""
    match = _PATH.match(path)
    if match:
        level = ENTRIES if match[1] == "entries" else int(match[1])
        width = int(match[3]) if match[3] else WIDTH
        tile = Tile(level, int(match[2].replace("x", "").replace("/", "")), width)
        if tile.path == path:
            return tile
    raise Refusal("log.bad_path", path=path[:100])


def width_at(level: int, index: int, size: int) -> int:
    """How wide tile `index` of `level` is in a tree of `size` entries: 0 (absent) to 256."""
    hashes = size >> (HEIGHT * max(level, 0))
    return max(0, min(WIDTH, hashes - index * WIDTH))


def tile_over(level: int, index: int, size: int) -> Tile:
    """Tile `index` of `level` as a tree of `size` has it; `Refusal("log.no_such_tile")` if it has none."""
    width = width_at(level, index, size)
    if not width:
        raise Refusal("log.no_such_tile", level=level, index=index, size=size)
    return Tile(level, index, width)


def new_tiles(old: int, size: int) -> Iterator[Tile]:
    """The tiles and bundles that a log publishes when its tree grows from `old` to `size`: full and partial ones."""
    if size <= old:
        return
    for level in range(ENTRIES, MAX_LEVEL + 1):
        shift = HEIGHT * max(level, 0)
        had, has = old >> shift, size >> shift
        if has == had:
            continue
        for index in range(had // WIDTH, -(-has // WIDTH)):
            yield tile_over(level, index, size)


def bundles(start: int, size: int) -> Iterator[Tile]:
    """The entry bundles that hold the entries from `start` to `size`."""
    for index in range(start // WIDTH, -(-size // WIDTH)):
        yield tile_over(ENTRIES, index, size)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle: each after its length, u16 big-endian (tlog-tiles, "Log entries")."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """Exactly `width` entries of a bundle; `Refusal("log.bad_bundle")` for anything more, less or cut."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data) or len(entries) == width:
            raise Refusal("log.bad_bundle", expected=width, found=len(entries))
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width:
        raise Refusal("log.bad_bundle", expected=width, found=len(entries))
    return entries


def root_of_tile(data: bytes) -> bytes:
    """The node that a full tile's 256 hashes make, 32 bytes."""
    nodes = merkle.nodes_of([data[at : at + merkle.HASH] for at in range(0, len(data), merkle.HASH)])
    return nodes(HEIGHT, 0)


class TileNodes:
    """`merkle.Nodes` over tiles of a tree of `size`, each fetched once.

    What it gives is only as good as what `fetch` gives: whoever uses it compares the resulting root with a
    checkpoint. `fetch` takes a `Tile` and gives its bytes.
    """

    def __init__(self, fetch: Callable[[Tile], bytes], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._held: dict[Tile, bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree, 32 bytes; `Refusal("log.bad_tile")`, `Refusal("log.no_such_tile")`."""
        tile_level, inner = divmod(level, HEIGHT)
        low, count = index << inner, 1 << inner
        data = self._tile(tile_over(tile_level, low // WIDTH, self._size))
        at = low % WIDTH
        hashes = [data[i * merkle.HASH : (i + 1) * merkle.HASH] for i in range(at, at + count)]
        if any(len(item) != merkle.HASH for item in hashes):
            raise Refusal("log.no_such_tile", level=tile_level, index=low // WIDTH, size=self._size)
        while len(hashes) > 1:
            hashes = [merkle.node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    def _tile(self, tile: Tile) -> bytes:
        if tile not in self._held:
            data = self._fetch(tile)
            if len(data) != tile.width * merkle.HASH:
                raise Refusal("log.bad_tile", path=tile.path, found=len(data))
            self._held[tile] = data
        return self._held[tile]
