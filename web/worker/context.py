"""What every part of the worker has at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from bidding.store.book import Book
from bidding.store.perform import Plan, perform
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.sealed.content import Ciphertext
from ledger.store.append import Appended
from web.blobs import Blobs
from web.services import Services

ACTOR: Final = "worker"

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Context:
    """The services of this process, and where the box keeps ciphertexts."""

    services: Services
    blobs: Blobs

    def perform(self, decide: Callable[[Book], Plan], lock: str = "") -> list[Appended]:
        """One act in one transaction."""
        return perform(self.services.engine, decide, actor=ACTOR, entropy=self.services.entropy, lock=lock)

    def form(self, sha256: str, *, settled: bool = True) -> Ciphertext | None:
        """A form's ciphertext, from the published copies or from the box; None if it is there no more.

        Not `settled`: a copy made now is on the disk only after `services.forms.settle()`.
        """
        forms = self.services.forms
        try:
            return Ciphertext.hashed(forms.read(sha256), sha256)
        except Refusal:
            # Not copied yet, or the copy is spoilt: the box's own takes its place.
            data = self._in_box(sha256)
        if data is not None:
            forms.put(sha256, [data], len(data), settled=settled)
        return None if data is None else Ciphertext.hashed(data, sha256)

    def _in_box(self, sha256: str) -> bytes | None:
        try:
            with self.blobs.open(sha256) as source:
                data = source.read()
        except Refusal:
            return None
        return data if H(data).hex() == sha256 else None


def at_once(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """What `work` gives for each item, in order, on a thread for each processor: hashing lets others run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))
