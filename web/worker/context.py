"""What every part of the worker has at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import sqlalchemy as sa

from bidding.store import documents
from bidding.store.book import Book
from bidding.store.perform import Plan, Then, perform
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

    def perform(
        self,
        decide: Callable[[Book], Plan],
        lock: str = "",
        pages: Mapping[str, bytes] | None = None,
        then: Then | None = None,
    ) -> list[Appended]:
        """One act in one transaction.

        `pages`: the documents that its events name, by SHA-256; they are on the disk before anything names them, and
        the act reads its lists from there. `then`: what else is written in the same transaction.
        """
        pages = pages or {}
        self.services.documents.put_all(pages)

        def complete(conn: sa.Connection, done: list[Appended]) -> None:
            if done:
                sizes = {sha256: len(page) for sha256, page in pages.items()}
                documents.note_public(conn, sizes, done[0].event.at)
            if then is not None:
                then(conn, done)

        services = self.services
        return perform(services.engine, decide, actor=ACTOR, entropy=services.entropy, lock=lock, then=complete)

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
