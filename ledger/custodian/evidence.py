"""Evidence over HTTP, worth only what the mirror of the log says: the platform's word proves nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ledger.basics.canonical import MAX_DOCUMENT, Json, canonical, members, unhex
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.checkpoint import WitnessedCheckpoint
from ledger.custodian.log import Log
from ledger.custodian.rulebook import Seen
from ledger.events import from_object, leaf
from ledger.institution.folder import Folder
from ledger.institution.platform import Platform, segment
from ledger.sealed.content import MAX_FORM_SIZE
from ledger.slots import in_slots

MAX_EVENTS: Final = 20_000  # of one stream; a tender of a year with an enquiry an hour has fewer
MAX_ENVELOPE: Final = (1 << 20) + 1024


class HttpEvidence:
    """`rulebook.Evidence` for one question: asked once, kept for its length, judged under one checkpoint."""

    def __init__(self, platform: Platform, log: Log, folder: Folder) -> None:
        self._platform = platform
        self._log = log
        self._folder = folder
        self._witnessed = log.witnessed
        self._streams: dict[str, list[Seen]] = {}
        self._documents: dict[str, bytes] = {}
        self._submissions: dict[str, dict[str, Json]] = {}

    @property
    def witnessed(self) -> WitnessedCheckpoint:
        """The checkpoint of this question."""
        return self._witnessed

    def index_of(self, entry: bytes) -> int | None:
        """Where an entry stands below the checkpoint."""
        index = self._log.index_of(entry)
        return index if index is not None and index < self._witnessed.size else None

    def raw_entries(self, label: str) -> Sequence[tuple[int, bytes]]:
        """The unblinded entries of this label below the checkpoint."""
        return [(index, entry) for index, entry in self._log.raw_entries(label) if index < self._witnessed.size]

    def slot(self, stream: str, version: int) -> tuple[int, bytes] | None:
        """The first slot of a stream's version below the checkpoint."""
        slot = self._log.slot(stream, version)
        return slot if slot is not None and slot[0] < self._witnessed.size else None

    def witnessed_at(self, index: int) -> datetime | None:
        """By when an entry stood in the tree, by the witnesses' clocks."""
        return self._log.witnessed_at(index)

    def events(self, stream: str) -> Sequence[Seen]:
        """A stream's disclosed events below the checkpoint.

        What stands after the first event that is not yet under the checkpoint is left for the next time. A served
        event that is not in the log at all looks the same, and so is worth nothing; but whatever has a slot must have
        been served. Refuses `evidence.twin`, `evidence.kept_back`, `evidence.stream_order`.
        """
        if stream not in self._streams:
            self._streams[stream] = in_slots(stream, self._fetch(stream), self.slot)
        return self._streams[stream]

    def document(self, sha256: str) -> bytes:
        """A document by its hash."""
        name = unhex(sha256, 32, "sha256").hex()
        if name not in self._documents:
            self._documents[name] = _named(self._platform.get(f"/api/documents/{name}", MAX_DOCUMENT), name)
        return self._documents[name]

    def submission(self, sha256: str) -> dict[str, Json]:
        """A submission's envelope by the hash of its object."""
        name = unhex(sha256, 32, "sha256").hex()
        if name not in self._submissions:
            envelope = members(
                self._platform.get_json(f"/api/submissions/{name}", MAX_ENVELOPE), "object key signature"
            )
            _named(canonical(envelope["object"]), name)
            self._submissions[name] = envelope
        return self._submissions[name]

    def blob(self, sha256: str) -> bytes:
        """A form: our copy, else the platform's, which then becomes our copy."""
        name = unhex(sha256, 32, "sha256").hex()
        kept = self._folder.form(name)
        if kept is not None and H(kept).hex() == name:
            return kept
        data = _named(self._platform.get(f"/api/forms/{name}", MAX_FORM_SIZE), name)
        self._folder.put_form(name, data)
        return data

    def _fetch(self, stream: str) -> list[Seen]:
        found: list[Seen] = []
        while True:
            after = found[-1].event.version if found else 0
            page = members(
                self._platform.get_json(f"/api/streams/{segment(stream)}?after={after}"), "events", "next more"
            )["events"]
            if not isinstance(page, list):
                raise Refusal("evidence.malformed", stream=stream)
            for item in page:
                seen = self._seen(stream, item)
                if seen is None:
                    return found
                if found and (seen.event.version <= found[-1].event.version or seen.index <= found[-1].index):
                    raise Refusal("evidence.stream_order", stream=stream, version=seen.event.version)
                found.append(seen)
            if not page:
                return found
            if len(found) > MAX_EVENTS:
                raise Refusal("evidence.too_many_events", stream=stream, limit=MAX_EVENTS)

    def _seen(self, stream: str, item: Json) -> Seen | None:
        got = members(item, "event salt", "index leaf")
        event, salt = from_object(got["event"]), unhex(got["salt"], 32, "salt")
        if event.stream != stream:
            raise Refusal("evidence.other_stream", stream=stream, found=event.stream)
        entry = leaf(salt, event.encode())
        index = self.index_of(entry)
        return None if index is None else Seen(event, salt, entry, index)


def _named(data: bytes, sha256: str) -> bytes:
    if H(data).hex() != sha256:
        raise Refusal("evidence.wrong_hash", sha256=sha256)
    return data
