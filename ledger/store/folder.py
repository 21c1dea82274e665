"""The log's folder: static files that any web server can hand out, written so that a reader never sees half of one."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger import tiles
from ledger.basics.errors import Refusal
from ledger.files import write_atomically
from ledger.tiles import Tile

SIGNED: Final = "signed"  # the note of the last checkpoint whose tiles are all here
LOCK: Final = "lock"


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Waits until nobody else on this machine works in the folder, and keeps others out."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_tile(folder: Path, tile: Tile, data: bytes) -> None:
    """Writes a tile; a full one makes its partial ones needless, and they go (tlog-tiles, "Partial Tiles")."""
    write_atomically(folder / tile.path, data)
    if tile.width == tiles.WIDTH:
        partial = folder / (tile.path + ".p")
        if partial.is_dir():
            shutil.rmtree(partial)


def read_tile(folder: Path, path: str) -> bytes:
    """The bytes of `tile/…`; `Refusal("log.bad_path")`, `Refusal("log.not_found")`."""
    tile = tiles.parse_path(path)
    try:
        return (folder / tile.path).read_bytes()
    except FileNotFoundError as exc:
        raise Refusal("log.not_found", path=tile.path) from exc
