"""A large bid over a bad line: through the real command, the real box, and a relay that cuts it five times."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.store.box import lots as box_lots
from bidding.submission import BoxLot, Submission, object_of
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.checkpoint import witness_key
from ledger.files import write_atomically
from ledger.sealed import blindrsa, tickets
from ledger.sealed.content import BLOCK, digest, encrypt, read_blocks
from ledger.sealed.seal import Content, content_keys, context, seal_secret
from ledger.store.engine import create_engine, transaction
from tests.support.boxes import BoxWorld, issuer, spki
from tests.support.cutting import Cutting
from tests.support.processes import BINARY, Children, forget_peak, memory, served_box
from tests.support.sampling import sample
from tests.vectors.fixed import fixed, keyset_of
from web import platform
from web.blobs import Folder
from web.box.app import create_app
from web.cli.bid.draft import Draft
from web.cli.bid.home import Home, Settings
from web.cli.bid.job import Job
from web.cli.bid.lines import MAX_PIECE
from web.config import Config

TENDER, LOT = "t-1", "lot-1"
SIZE: Final = sample(1 << 30, 24 << 20)
CUTS: Final = 5
ALLOWED: Final = 32 << 20  # bytes that the box may hold at its peak above what it holds when idle


def prepared(folder: Path) -> Config:
    """A platform whose box takes bids for one lot."""
    config = platform.initialise(folder / "platform.toml", platform.sections("big.example/log"))
    engine = create_engine(config.database.owner)
    with transaction(engine) as conn:
        kids = {part: keyset_of(part)[0].kid.hex() for part in ("identity", "offer")}
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        box_lots.put_lot(conn, BoxLot(TENDER, LOT, "open", tomorrow, "aa" * 32, spki(), kids, 5, 4 << 30))
    engine.dispose()
    return config


def sealed_home(root: Path, config: Config, box: str) -> tuple[Home, list[Content]]:
    """A bidder's folder with a ticket and a sealed bid whose offer has files of `SIZE` bytes."""
    home, secret = Home(root), fixed("a big bidder")
    home.put_settings(Settings("http://127.0.0.1:9", box, "big"))
    witness = witness_key("witness.example", signing_key("witness")).text
    trust: dict[str, Json] = {
        "v": 1,
        **platform.keys(config),
        "witnesses": [{"name": "witness.example", "key": witness}],
        "witness_threshold": 1,
        "custodians": [],
        "contributors": [],
        "cas": [],
        "supervisors": [],
    }
    home.put_trust(canonical(trust))
    home.put_secret(secret)
    asked = tickets.request(secret, TENDER, LOT, spki())
    ticket = asked.finalize(blindrsa.blind_sign(issuer(), asked.blinded))
    home.put_ticket(TENDER, LOT, ticket)
    draft = Draft(home.bid(TENDER, LOT), TENDER, LOT)
    draft.save()
    key, seals = tickets.bid_key(secret, TENDER, LOT), {}
    public = signing.public_bytes(key)
    draft.sealed.mkdir(parents=True)
    for part, length in (("identity", 0), ("offer", SIZE)):
        keyset, own, n16 = keyset_of(part)[0], fixed(f"secret {part}"), fixed(f"n16 {part}", 16)
        ctx = context(keyset.kid, public, n16)
        form, files = (
            sealed_file(draft.sealed, cipher, ctx, size)
            for cipher, size in zip(content_keys(own, ctx), (500, length), strict=True)
        )
        seals[part] = seal_secret(keyset, public, own, n16, form, files)
    obj = object_of(TENDER, LOT, public.hex(), ticket, 1, "aa" * 32, seals)
    submission = Submission.parse(signing.sign("submission", obj, key))
    write_atomically(draft.sealed / "submission.json", canonical(submission.envelope) + b"\n")
    return home, [content for _, _, content in submission.contents()]


def signing_key(label: str) -> Ed25519PrivateKey:
    return tickets.bid_key(fixed(label), "x", "y")


def sealed_file(folder: Path, key: bytes, ctx: bytes, size: int) -> Content:
    """Encrypts `size` bytes into the folder, under their hash."""
    path = folder / "new"
    with path.open("wb") as sink:
        made = encrypt(key, ctx, (bytes(min(BLOCK, size - start)) for start in range(0, size, BLOCK)), size, sink)
    path.rename(folder / f"{made.sha256.hex()}.bin")
    return made


def states(folder: Path) -> dict[str, tuple[int, int]]:
    """Name → (inode, time of the last change): what encrypting again would change."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_large_bid_over_a_line_that_is_cut_five_times(tmp_path: Path, processes: Children) -> None:
    config = prepared(tmp_path / "platform")
    _box, address, worker = served_box(processes, config.base / "platform.toml")
    # Spread over the upload, each in the middle of a piece.
    cuts = [SIZE * number // CUTS + SIZE // (2 * CUTS) + 12_345 for number in range(CUTS)]
    with Cutting(address, cuts) as line:
        home, contents = sealed_home(tmp_path / "bidder", config, line.url)
        sealed = home.bid(TENDER, LOT) / "sealed" / "1"
        before = states(sealed)
        # What a process loads with its first request belongs to its idle memory.
        assert Job(home).box(TENDER, LOT).own() == []
        idle = memory(worker, "VmRSS")
        forget_peak(worker)
        client = processes.start(BINARY, "submit", TENDER, LOT, "--home", home.root, name="submit")
        assert client.wait(600) == 0, client.output
        peak = memory(worker, "VmHWM")
        assert line.made == CUTS
    blobs = Folder(config.folders.blobs)
    for content in contents:
        with blobs.open(content.sha256.hex()) as stored:
            assert digest(read_blocks(stored)) == content
    assert states(sealed) == before, "what was sealed is sent, and never encrypted again"
    again = line.up - sum(content.size for content in contents)
    assert again < CUTS * MAX_PIECE + (1 << 20), "a cut costs the piece it fell into, no more"
    said = f"box: {idle >> 10} KiB idle, {(peak - idle) >> 10} KiB more at its peak; {again >> 10} KiB sent again"
    print(said)  # noqa: T201 - the figures of the run
    assert peak - idle < ALLOWED
    receipts = list((home.bid(TENDER, LOT) / "receipts").iterdir())
    assert len(receipts) == 1


class Watched(Folder):
    """Blobs that count how often somebody looks at stored bytes."""

    looks = 0

    def open(self, sha256: str) -> BinaryIO:
        self.looks += 1
        return super().open(sha256)

    def holds(self, sha256: str) -> bool:
        self.looks += 1
        return super().holds(sha256)

    def partial(self, upload_id: str) -> BinaryIO:
        self.looks += 1
        return super().partial(upload_id)


def test_submitting_compares_hashes_and_reads_nothing_again(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = BoxWorld(database_url, tmp_path)
    watched = Watched(tmp_path / "blobs")
    world.app = create_app(dataclasses.replace(world.parts, blobs=watched), world.around)
    caller = world.caller("ann")
    for data in caller.seals()[1].values():
        caller.upload(data)
    uploaded, envelope = watched.looks, caller.envelope()
    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", _no_file)
        patch.setattr(Path, "open", _no_file)
        response = caller.submit(envelope)
    assert response.status_code == 201, response.text
    assert watched.looks == uploaded
    world.close()


def _no_file(*_args: object, **_options: object) -> BinaryIO:
    raise AssertionError("submitting opened a file")
