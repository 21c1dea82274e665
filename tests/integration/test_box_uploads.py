"""tus 1.0 at the box: pieces that resume, each authenticated, hashed as they arrive."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.boxes import BoxWorld, code
from web.blobs import Folder, Turn
from web.box.app import create_app

DATA = bytes(range(256)) * 40


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[BoxWorld]:
    """A box with one open lot."""
    made = BoxWorld(database_url, tmp_path)
    yield made
    made.close()


def test_an_upload_goes_on_where_it_stopped(world: BoxWorld) -> None:
    caller = world.caller("a")
    path = caller.create(DATA).headers["Location"]
    assert caller.patch(path, DATA[:1000], 0).headers["Upload-Offset"] == "1000"
    assert caller.head(path).headers["Upload-Offset"] == "1000"
    assert caller.create(DATA).headers["Location"] == path  # asked again after a lost answer
    assert code(caller.patch(path, DATA[:10], 0)) == "upload.offset"
    assert caller.patch(path, DATA[1000:], 1000).headers["Upload-Offset"] == str(len(DATA))
    assert caller.patch(path, DATA[1000:], 1000).status_code == 204  # its answer was lost too


def test_a_restarted_box_goes_on_with_what_is_on_the_disk(world: BoxWorld) -> None:
    path = world.caller("a").create(DATA).headers["Location"]
    world.caller("a").patch(path, DATA[:5000], 0)
    (partial,) = (world.folder / "blobs" / "partial").iterdir()
    with partial.open("ab") as file:
        file.write(b"of a piece that was being written when the process died")
    world.app = create_app(world.parts)  # knows no hash of what came before
    caller = world.caller("a")
    assert caller.head(path).headers["Upload-Offset"] == "5000"
    assert caller.patch(path, DATA[5000:], 5000).status_code == 204
    assert world.blobs.holds(hashlib.sha256(DATA).hexdigest())


def test_a_process_that_died_between_naming_and_noting_is_healed(world: BoxWorld) -> None:
    caller = world.caller("a")
    made = caller.create(DATA)
    path = made.headers["Location"]
    caller.patch(path, DATA[:5000], 0)
    partial = world.folder / "blobs" / "partial" / path.rsplit("/", 1)[1]
    partial.write_bytes(DATA)
    world.blobs.finish(partial.name, hashlib.sha256(DATA).hexdigest())
    assert caller.head(path).headers["Upload-Offset"] == str(len(DATA))


def test_a_piece_that_was_changed_on_the_way_does_not_count(world: BoxWorld) -> None:
    caller = world.caller("a")
    path = caller.create(DATA).headers["Location"]
    assert code(caller.patch(path, b"x" * 100, 0, signed_body=DATA[:100])) == "request.body_differs"
    assert caller.head(path).headers["Upload-Offset"] == "0"
    assert caller.patch(path, DATA, 0).status_code == 204


def test_bytes_that_are_not_the_announced_ones_are_dropped(world: BoxWorld) -> None:
    caller = world.caller("a")
    path = caller.create(DATA).headers["Location"]
    assert code(caller.patch(path, b"x" * len(DATA), 0)) == "upload.hash_mismatch"
    assert caller.head(path).status_code == 404


def test_an_upload_of_another_key_is_as_unknown_as_none(world: BoxWorld) -> None:
    path = world.caller("a").create(DATA).headers["Location"]
    theirs = world.caller("b").patch(path, DATA, 0)
    nobodys = world.caller("b").patch("/box/uploads/aaaaaaaaaaaaaaaa", DATA, 0)
    assert (theirs.status_code, theirs.data) == (nobodys.status_code, nobodys.data) == (404, nobodys.data)


def test_the_quota_holds_and_giving_up_gives_it_back(world: BoxWorld) -> None:
    world.put(max_bytes=1000)
    caller = world.caller("a")
    paths = [caller.create(bytes([n]) * 1000).headers["Location"] for n in range(3)]
    assert code(caller.create(b"x" * 1000)) == "upload.quota"
    assert caller.ask("DELETE", paths[0], headers={"Tus-Resumable": "1.0.0"}).status_code == 204
    assert caller.create(b"x" * 1000).status_code == 201


def test_what_is_not_tus_is_refused_by_name(world: BoxWorld) -> None:
    caller = world.caller("a")
    assert code(caller.create(DATA, headers={"Tus-Resumable": "0.9"})) == "upload.tus_version"
    for header, value in [("Upload-Length", "-1"), ("Upload-Length", "1e3"), ("Upload-Metadata", "sha256 !!")]:
        assert code(caller.create(DATA, headers={header: value})) == "upload.header"
    short = "sha256 " + base64.b64encode(b"aa").decode()
    assert code(caller.create(DATA, headers={"Upload-Metadata": short})) == "canonical.bad_hex"
    path = caller.create(DATA).headers["Location"]
    assert code(caller.patch(path, DATA, 0, headers={"Content-Type": "text/plain"})) == "upload.media_type"
    assert code(caller.patch(path, DATA + b"x", 0)) == "upload.piece_length"
    assert code(caller.patch(path, b"", 0)) == "upload.piece_length"


def test_a_complete_upload_is_not_deleted(world: BoxWorld) -> None:
    caller = world.caller("a")
    path = caller.create(DATA).headers["Location"]
    caller.patch(path, DATA, 0)
    assert code(caller.ask("DELETE", path, headers={"Tus-Resumable": "1.0.0"})) == "upload.complete"


class Interrupted(io.BytesIO):
    """A body in the middle of which something else happens."""

    def __init__(self, data: bytes, meanwhile: Callable[[], None]) -> None:
        super().__init__(data)
        self._meanwhile = meanwhile

    def read(self, size: int | None = -1, /) -> bytes:
        """A hundred bytes, then what happens meanwhile, then the rest."""
        if not self.tell():
            return super().read(100)
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        return super().read(size)

    def readinto(self, buffer: Any, /) -> int:
        """As `read`: what a server's buffered stream asks for."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize("sent", [len(DATA), 1000])
def test_of_two_that_write_one_upload_the_later_wins_and_nothing_is_spoilt(world: BoxWorld, sent: int) -> None:
    caller = world.caller("a")
    path = caller.create(DATA).headers["Location"]
    later: list[int] = []

    def meanwhile() -> None:
        later.append(world.caller("a").patch(path, DATA[:sent], 0).status_code)

    assert code(caller.patch(path, DATA, 0, stream=Interrupted(DATA, meanwhile))) == "upload.superseded"
    assert later == [204]
    assert caller.head(path).headers["Upload-Offset"] == str(sent)
    if sent < len(DATA):
        assert caller.patch(path, DATA[sent:], sent).status_code == 204
    assert world.blobs.holds(hashlib.sha256(DATA).hexdigest())


class LastMoment(Folder):
    """A store in which something else happens when all bytes lie there and nobody has noted it yet."""

    meanwhile: Callable[[], None] | None = None

    def append(
        self, upload_id: str, offset: int, pieces: Iterable[bytes], limit: int, turn: Turn = nullcontext
    ) -> Iterator[bytes]:
        """As the folder does, then what happens meanwhile."""
        yield from super().append(upload_id, offset, pieces, limit, turn)
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()


def test_a_file_that_was_spoilt_at_the_last_moment_does_not_get_its_name(world: BoxWorld) -> None:
    store = LastMoment(world.folder / "blobs")
    world.app = create_app(replace(world.parts, blobs=store))
    caller = world.caller("a")
    path = caller.create(DATA).headers["Location"]
    store.meanwhile = lambda: assert_taken(world.caller("a").patch(path, DATA[:1000], 0))
    assert code(caller.patch(path, DATA, 0)) == "upload.superseded"
    assert not list((world.folder / "blobs" / "whole").rglob("*/*"))
    assert caller.head(path).headers["Upload-Offset"] == "1000"
    assert caller.patch(path, DATA[1000:], 1000).status_code == 204
    assert world.blobs.holds(hashlib.sha256(DATA).hexdigest())


def assert_taken(answer: TestResponse) -> None:
    """A piece was taken."""
    assert answer.status_code == 204, answer.text
