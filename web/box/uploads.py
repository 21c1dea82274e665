"""tus 1.0 (creation, termination) for ciphertexts: pieces signed by the bid key, hashed as they arrive, resumable.

Why not a library: the WSGI servers for tus are of 2016 and 2023. A piece counts only whole: its bytes are held against
the hash its request signed, so nobody on the way can add a byte. The whole is held against the hash announced first.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from flask import Blueprint, Response, request

from bidding.store.box import lots as box_lots
from bidding.store.box import uploads as box_uploads
from bidding.store.box.uploads import Upload
from ledger.basics.canonical import unhex
from ledger.basics.errors import Refusal
from ledger.basics.ids import new_id
from ledger.store.engine import database_now, reading
from web.blobs import PIECE, Turn
from web.box.hashes import Running
from web.box.parts import Parts
from web.signed import Signed, ticket

VERSION: Final = "1.0.0"
MAX_UPLOADS: Final = 64  # of one bid key on one lot
QUOTA: Final = 3  # times the lot's max_bytes: room to replace a bid twice while the old one still counts
_NUMBER: Final = re.compile(r"(0|[1-9][0-9]{0,15})\Z", re.ASCII)


class Uploads:
    """The upload routes of one box."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.running = Running()
        self._writers: dict[str, object] = {}
        self._lock = Lock()

    def blueprint(self) -> Blueprint:
        """`/box/uploads` and `/box/uploads/<id>`."""
        blue = Blueprint("uploads", __name__)
        blue.add_url_rule("/box/uploads", "options", self.options, methods=["OPTIONS"], provide_automatic_options=False)
        blue.add_url_rule("/box/uploads", "create", self.create, methods=["POST"])
        blue.add_url_rule("/box/uploads/<upload_id>", "head", self.head, methods=["HEAD", "GET"])
        blue.add_url_rule("/box/uploads/<upload_id>", "patch", self.patch, methods=["PATCH"])
        blue.add_url_rule("/box/uploads/<upload_id>", "delete", self.delete, methods=["DELETE"])
        return blue

    def options(self) -> Response:
        """What of tus is spoken here."""
        headers = {"Tus-Version": VERSION, "Tus-Extension": "creation,termination", "Tus-Resumable": VERSION}
        return Response(status=204, headers=headers)

    def create(self) -> Response:
        """Announce a ciphertext by length and hash. Asking again with the same hash gives the same upload."""
        _tus()
        length = _number("Upload-Length")
        sha256 = _metadata("sha256")
        bearer = ticket(request)
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            who.body(b"")
            lot = box_lots.lot_for_share(conn, str(bearer["tender"]), str(bearer["lot"]))
            self.parts.admit(lot, who.signed.key, bearer["ticket"], database_now(conn))
            known = box_uploads.upload_by_hash(conn, lot.tender, lot.lot, who.signed.key, sha256)
            if known is None:
                if length < 1 or length > lot.max_bytes:
                    raise Refusal("submission.too_big", limit=lot.max_bytes, found=length)
                total, count = box_uploads.stored(conn, lot.tender, lot.lot, who.signed.key)
                if count >= MAX_UPLOADS or total + length > QUOTA * lot.max_bytes:
                    raise Refusal("upload.quota", limit=QUOTA * lot.max_bytes, uploads=MAX_UPLOADS)
                known = Upload(
                    new_id(self.parts.entropy), lot.tender, lot.lot, who.signed.key, sha256, length, 0, False
                )
                box_uploads.add_upload(conn, known, now)
            elif known.length != length:
                raise Refusal("upload.length_differs", expected=known.length, found=length)
        return self._state(known, 201, {"Location": f"/box/uploads/{known.id}"})

    def head(self, upload_id: str) -> Response:
        """How many bytes are here."""
        _tus()
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            who.body(b"")
            found = self._heal(box_uploads.upload(conn, upload_id, who.signed.key))
            if found.complete:
                box_uploads.complete(conn, found.id)
        return self._state(found, 200)

    def patch(self, upload_id: str) -> Response:
        """One piece, from the offset that `head` told. It counts when all of it came and its hash is the signed one."""
        _tus()
        if request.mimetype != "application/offset+octet-stream":
            raise Refusal("upload.media_type")
        offset = _number("Upload-Offset")
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            found = self._heal(box_uploads.upload(conn, upload_id, who.signed.key))
            if found.complete:
                box_uploads.complete(conn, found.id)
        if found.complete:
            return self._state(found, 204)
        if offset != found.offset:
            raise Refusal("upload.offset", expected=found.offset, found=offset)
        with self.parts.limits.pieces.hold(who.signed.key), self._writing(found) as turn:
            state = self._receive(found, who.signed, turn)
            end = found.offset + (request.content_length or 0)
            whole = end == found.length
            with turn():
                self._acknowledge(found, end, state, whole=whole)
        done = Upload(found.id, found.tender, found.lot, found.bid_key, found.sha256, found.length, end, whole)
        return self._state(done, 204)

    def delete(self, upload_id: str) -> Response:
        """Give up an upload that is not complete; a complete one may belong to a bid and stays."""
        _tus()
        with self.parts.write() as (conn, now):
            who = self.parts.signed(conn, request, now)
            who.body(b"")
            found = box_uploads.upload(conn, upload_id, who.signed.key)
            if found.complete:
                raise Refusal("upload.complete")
            box_uploads.drop_upload(conn, found.id)
        self.parts.blobs.discard(found.id)
        self.running.drop(found.id)
        return Response(status=204, headers={"Tus-Resumable": VERSION})

    @contextmanager
    def _writing(self, found: Upload) -> Iterator[Turn]:
        """Makes this request the upload's writer; gives the turns in which it may write.

        Whoever comes later writes, as the earlier one's line was probably cut. A turn excludes every other, and raises
        once somebody else writes: what was acknowledged can't be cut off, nor a spoilt file get its name.
        """
        mine = object()

        @contextmanager
        def turn() -> Iterator[None]:
            with self._lock:
                if self._writers.get(found.id) is not mine:
                    raise Refusal("upload.superseded")
                yield

        with self._lock:
            self._writers[found.id] = mine
            with reading(self.parts.engine) as conn:
                now_at = box_uploads.upload(conn, found.id, found.bid_key).offset
        try:
            if now_at != found.offset:
                raise Refusal("upload.offset", expected=now_at, found=found.offset)
            yield turn
        finally:
            with self._lock:
                if self._writers.get(found.id) is mine:
                    del self._writers[found.id]

    def _receive(self, found: Upload, who: Signed, turn: Turn) -> hashlib._Hash:
        """Write the request's body behind `offset`; returns the running hash over all bytes so far."""
        size = request.content_length
        if size is None or size < 1 or found.offset + size > found.length:
            raise Refusal("upload.piece_length", limit=found.length - found.offset, found=size or 0)
        state = self.running.at(self.parts.blobs, found.id, found.offset)
        piece_hash, came = hashlib.sha256(), 0
        for piece in self.parts.blobs.append(found.id, found.offset, _pieces(size), size, turn):
            state.update(piece)
            piece_hash.update(piece)
            came += len(piece)
        if came != size:
            raise Refusal("upload.cut", expected=size, found=came)
        if piece_hash.hexdigest() != who.body_sha256:
            raise Refusal("request.body_differs")
        return state

    def _acknowledge(self, found: Upload, end: int, state: hashlib._Hash, *, whole: bool) -> None:
        """Note a piece that lies there; a whole ciphertext gets its name if it is the announced one. In a turn."""
        if whole and state.hexdigest() != found.sha256:
            self._forget(found)
            raise Refusal("upload.hash_mismatch", expected=found.sha256, found=state.hexdigest())
        if whole:
            self.parts.blobs.finish(found.id, found.sha256)
        with self.parts.write() as (conn, _now):
            box_uploads.advance(conn, found.id, found.offset, end, complete=whole)
        if whole:
            self.running.drop(found.id)
        else:
            self.running.keep(found.id, end, state)

    def _heal(self, found: Upload) -> Upload:
        """A process that died between naming the whole blob and noting it left the note behind: the bytes decide."""
        if found.complete or not found.offset or self.parts.blobs.has_partial(found.id):
            return found
        if self.parts.blobs.holds(found.sha256):
            return Upload(
                found.id, found.tender, found.lot, found.bid_key, found.sha256, found.length, found.length, True
            )
        return found

    def _forget(self, found: Upload) -> None:
        with self.parts.write() as (conn, _now):
            box_uploads.drop_upload(conn, found.id)
        self.parts.blobs.discard(found.id)
        self.running.drop(found.id)

    def _state(self, upload: Upload, status: int, more: dict[str, str] | None = None) -> Response:
        headers = {
            "Tus-Resumable": VERSION,
            "Upload-Offset": str(upload.offset),
            "Upload-Length": str(upload.length),
            "Cache-Control": "no-store",
            **(more or {}),
        }
        return Response(status=status, headers=headers)


def _pieces(size: int) -> Iterator[bytes]:
    left = size
    while left and (piece := request.stream.read(min(PIECE, left))):
        left -= len(piece)
        yield piece


def _tus() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refusal("upload.tus_version", version=VERSION)


def _number(header: str) -> int:
    raw = request.headers.get(header, "")
    if not _NUMBER.match(raw):
        raise Refusal("upload.header", header=header)
    return int(raw)


def _metadata(name: str) -> str:
    """A member of Upload-Metadata (`name base64, …`) that is a SHA-256 in hex."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == name:
            try:
                return unhex(base64.b64decode(value, validate=True).decode("ascii"), 32, name).hex()
            except (binascii.Error, ValueError) as exc:
                raise Refusal("upload.header", header="Upload-Metadata") from exc
    raise Refusal("upload.header", header="Upload-Metadata")
