"""tus 1.0 at the box: pieces that resume, each authenticated, hashed as they arrive."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.boxes import BoxWorld, code
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
