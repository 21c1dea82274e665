"""Reading a log over HTTP: checkpoints, tiles, entry bundles. What comes is unproven until a checkpoint covers it."""

from __future__ import annotations

from typing import Final

from ledger import merkle, tiles
from ledger.basics.errors import Refusal
from ledger.checkpoint import MAX_NOTE, Policy, WitnessedCheckpoint, verify
from ledger.http import HttpClient
from ledger.tiles import ENTRIES, Tile, TileNodes


class LogClient:
    """The log at `<base>/checkpoint`, `<base>/tile/…` (C2SP tlog-tiles), `<base>/cosignature`."""

    def __init__(self, base: str, timeout: float = 20.0) -> None:
        self.http: Final = HttpClient(base, timeout, whole=3 * timeout)

    def checkpoint(self, policy: Policy) -> WitnessedCheckpoint:
        """The newest witnessed checkpoint, verified."""
        return verify(self.checkpoint_note(), policy)

    def checkpoint_note(self) -> bytes:
        """The newest witnessed checkpoint's note as served."""
        return self.http.get("checkpoint", most=MAX_NOTE)

    def pending_note(self) -> bytes:
        """The newest signed checkpoint's note, waiting for cosignatures."""
        return self.http.get("checkpoint.pending", most=MAX_NOTE)

    def post_cosignature(self, note: str) -> None:
        """Hands in a note that carries one's cosignature."""
        self.http.post("cosignature", note.encode(), "text/plain; charset=utf-8")

    def tile(self, tile: Tile) -> bytes:
        """A tile of hashes; one that has filled up meanwhile is cut to the width asked for."""
        data = self._get(tile, tiles.WIDTH * merkle.HASH)
        if len(data) < tile.width * merkle.HASH:
            raise Refusal("log.bad_tile", path=tile.path, found=len(data))
        return data[: tile.width * merkle.HASH]

    def entries(self, tile: Tile) -> list[bytes]:
        """The entries of a bundle, `tile.width` of them; one that has filled up meanwhile is cut."""
        if tile.level != ENTRIES:
            raise ValueError("not an entry bundle")
        try:
            return tiles.decode_bundle(self.http.get(tile.path, most=tiles.MAX_BUNDLE), tile.width)
        except Refusal as refusal:
            if not _gone(refusal) or tile.width == tiles.WIDTH:
                raise
        return tiles.decode_bundle(self.http.get(tile.whole().path, most=tiles.MAX_BUNDLE), tiles.WIDTH)[: tile.width]

    def nodes(self, size: int) -> TileNodes:
        """`merkle.Nodes` over the log's first `size` entries; compare the root it leads to with a checkpoint."""
        return TileNodes(self.tile, size)

    def _get(self, tile: Tile, most: int) -> bytes:
        try:
            return self.http.get(tile.path, most=most)
        except Refusal as refusal:
            if not _gone(refusal) or tile.width == tiles.WIDTH:
                raise
        return self.http.get(tile.whole().path, most=most)


def _gone(refusal: Refusal) -> bool:
    """Whether the server said that it doesn't have it."""
    return refusal.code == "log.not_found" or (
        refusal.code == "http.status" and refusal.params.get("status") in (404, 410)
    )
