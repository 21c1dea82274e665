"""What every part of the worker has at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bidding.store.book import Book
from bidding.store.perform import Plan, perform
from ledger.basics.errors import Refusal
from ledger.store.append import Appended
from web.blobs import Blobs
from web.services import Services

ACTOR = "worker"


@dataclass(frozen=True)
class Context:
    """The services of this process, and where the box keeps ciphertexts."""

    services: Services
    blobs: Blobs

    def perform(self, decide: Callable[[Book], Plan], lock: str = "") -> list[Appended]:
        """One act in one transaction."""
        return perform(self.services.engine, decide, actor=ACTOR, entropy=self.services.entropy, lock=lock)

    def form(self, sha256: str) -> bytes | None:
        """A form's ciphertext, from the published copies or from the box; None if it is there no more."""
        forms = self.services.forms
        if not forms.intact(sha256):
            if not self.blobs.holds(sha256):
                return None
            with self.blobs.open(sha256) as source:
                forms.put_bytes(source.read())
        try:
            return forms.read(sha256)
        except Refusal:
            return None
