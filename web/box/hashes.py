"""SHA-256 states of uploads on their way, so that a ciphertext is hashed as it arrives and read again by nobody.

A state is kept in memory only: after a restart of the process it is made again from the bytes on the disk.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from web.blobs import PIECE, Blobs

if TYPE_CHECKING:
    from hashlib import _Hash

KEPT: Final = 4096


class Running:
    """Upload id → (offset, state). The oldest are forgotten beyond `KEPT`: a state is some hundred bytes."""

    def __init__(self) -> None:
        self._states: OrderedDict[str, tuple[int, _Hash]] = OrderedDict()
        self._lock = Lock()

    def at(self, blobs: Blobs, upload_id: str, offset: int) -> _Hash:
        """A state (the caller's own copy) over the first `offset` bytes of the upload."""
        with self._lock:
            known = self._states.get(upload_id)
        if known is not None and known[0] == offset:
            return known[1].copy()
        digest = hashlib.sha256()
        if offset:
            left = offset
            with blobs.partial(upload_id) as file:
                while left and (piece := file.read(min(PIECE, left))):
                    digest.update(piece)
                    left -= len(piece)
        return digest

    def keep(self, upload_id: str, offset: int, state: _Hash) -> None:
        """Remember the state after `offset` bytes."""
        with self._lock:
            self._states[upload_id] = (offset, state)
            self._states.move_to_end(upload_id)
            while len(self._states) > KEPT:
                self._states.popitem(last=False)

    def drop(self, upload_id: str) -> None:
        """Forget an upload."""
        with self._lock:
            self._states.pop(upload_id, None)
