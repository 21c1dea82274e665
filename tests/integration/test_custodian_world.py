"""Custodians with their real rulebook before a platform that shows a whole tender: who opens what, and when not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidding import opening
from bidding.custody import BidRulebook
from bidding.verdicts import Waiting
from ledger import trust as trust_file
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.custodian.opened import opened
from ledger.custodian.process import Custodian
from ledger.institution.backoff import Backoff
from ledger.institution.folder import Folder, Identity
from ledger.institution.platform import Platform
from tests.support.custody import Hand
from tests.support.custody_platform import Answer, FakePlatform
from tests.support.log import ORIGIN, policy
from tests.support.world import World, states
from tests.support.world_log import LOT, TENDER

BEFORE = timedelta(days=-1)
AFTER = timedelta(minutes=3)


class Shown(FakePlatform):
    """A platform that shows a world's log."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.log.entries = world.log.entries

    def get(self, target: str) -> bytes | None:
        """The world's events, documents, submissions and forms, as they stand now."""
        self.streams = {
            name: [{"event": r.event.object(), "salt": r.salt.hex(), "index": r.index} for r in records]
            for name, records in self.world.log.streams.items()
        }
        self.documents = self.world.documents
        self.submissions = {name: canonical(bid.submission.envelope) for name, bid in self.world.bids.items()}
        self.forms = self.world.blobs
        return super().get(target)


@dataclass
class Scene:
    """A world, the platform that shows it, and the folders of three custodians."""

    world: World
    platform: Shown
    root: Path
    clock: Hand
    said: list[str] = field(default_factory=list)

    @contextmanager
    def custodian(self, id_: str) -> Iterator[Custodian]:
        """One custodian's process, started afresh from its folder."""
        folder = Folder(self.root / id_)
        folder.root.mkdir(exist_ok=True)
        (folder.root / "trust.json").write_bytes(trust_of(self.world))
        who = Identity("custodian", id_, self.world.masters[id_], self.world.identities[id_])
        with opened(
            folder,
            who,
            Platform(self.platform.url, 10),
            BidRulebook(folder.trust()),
            now=self.clock,
            say=self.said.append,
            backoff=Backoff(timedelta(0), timedelta(0)),
        ) as process:
            yield process

    def step(
        self, after: timedelta, custodians: tuple[str, ...] = ("custodian-1", "custodian-3", "custodian-5")
    ) -> None:
        """Witness the log and let each custodian look once, at this time after the deadline."""
        self.clock.at = self.world.deadline + after
        self.platform.sign(self.clock.at)
        for id_ in custodians:
            with self.custodian(id_) as process:
                process.step()

    def record(self) -> list[str]:
        """Write the releases that came into the log; gives their parts."""
        parts = []
        by_kid = {made.kid.hex(): part for part, made in self.world.keysets.items()}
        by_key = {signing.public_bytes(key).hex(): id_ for id_, key in self.world.identities.items()}
        for body in self.platform.releases():
            envelope = json.loads(body)
            part = by_kid[envelope["object"]["kid"]]
            parts.append(part)
            self.world.record_release(part, by_key[envelope["key"]], envelope)
        self.platform.posted.clear()
        return sorted(parts)


def trust_of(world: World) -> bytes:
    """The trust file of a world's institutions, under the test log's keys."""
    names = policy(2)
    custodians: list[Json] = [
        {"id": id_, "name": {"zh": id_, "en": id_}, "key": signing.public_bytes(key).hex()}
        for id_, key in sorted(world.identities.items())
    ]
    contributors: list[Json] = [
        {"party": party, "key": signing.public_bytes(key).hex()} for party, key in sorted(world.contributors.items())
    ]
    made = canonical(
        {
            "v": 1,
            "log": {"origin": ORIGIN, "key": names.log.text},
            "box_key": signing.public_bytes(world.identities["custodian-1"]).hex(),
            "witnesses": [{"name": one.name, "key": one.text} for one in names.witnesses],
            "witness_threshold": 2,
            "custodians": custodians,
            "contributors": contributors,
            "cas": [],
            "supervisors": [],
        }
    )
    trust_file.parse(made)
    return made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    world = World()
    platform = Shown(world)
    with platform.serving():
        made = Scene(world, platform, tmp_path, Hand())
        for part, keyset in world.keysets.items():
            platform.ask(f"sign-{part}", "sign", {"keyset": keyset.to_json()})
        made.step(BEFORE)
        platform.requests.clear()
        assert len(platform.posted) == 9
        platform.posted.clear()
        yield made


def test_three_of_five_open_a_lot_in_its_three_steps(scene: Scene) -> None:
    world = scene.world
    bids = [world.bid(world.party(f"p{number}")) for number in range(4)]
    scene.step(BEFORE)
    world.close(bids)
    scene.step(timedelta(minutes=1))
    assert scene.record() == []
    world.present()
    scene.step(timedelta(minutes=2))
    assert scene.record() == ["coin"] * 3 + ["identity"] * 3
    scene.step(AFTER)
    assert scene.record() == []
    world.coefficients()
    world.announce()
    scene.step(AFTER * 2)
    assert scene.record() == ["offer"] * 3
    assert set(states(world.offers()).values()) == {"opened"}
    scene.step(AFTER * 3)
    assert scene.record() == []
    kept = {path.name for path in (scene.root / "custodian-1" / "publish" / "forms").iterdir()}
    assert kept == {seal.form.sha256.hex() for bid in bids for seal in bid.submission.seals.values()}


def test_nothing_opens_before_the_deadline_whatever_the_log_says(scene: Scene) -> None:
    world = scene.world
    world.close([world.bid(world.party(f"p{number}")) for number in range(4)])
    world.present()
    for before in (timedelta(hours=-1), timedelta(seconds=-2)):
        scene.step(before)
        assert scene.record() == []
    scene.step(AFTER)
    assert scene.record() == []
    assert "custody.roll_early" in "\n".join(scene.said)


def test_a_roll_of_two_opens_nothing(scene: Scene) -> None:
    world = scene.world
    world.close([world.bid(world.party(f"p{number}")) for number in range(2)])
    world.present()
    scene.step(AFTER)
    assert scene.record() == []
    assert "custody.too_few" in "\n".join(scene.said)


def test_an_announcement_that_custodians_compute_otherwise_opens_no_offer(scene: Scene) -> None:
    world = scene.world
    world.close([world.bid(world.party(f"p{number}")) for number in range(4)])
    world.present()
    scene.step(AFTER)
    scene.record()
    world.coefficients()
    forged: Any = json.loads(canonical(world.announce()))
    stream = f"lot/{TENDER}/{LOT}"
    last = world.log.streams[stream].pop()
    assert last.event.type == "lot.announced"
    forged["bids"][0]["state"], forged["bids"][0]["reason"] = "rejected", {"code": "x.y", "article": "", "params": {}}
    forged["counted"] -= 1
    del world.log.entries[-2:]  # its slot and its leaf
    world.record(stream, "lot.announced", forged)
    scene.step(AFTER * 2)
    assert scene.record() == []
    assert "custody.computed_otherwise" in "\n".join(scene.said)


def test_no_answer_about_a_registration_makes_its_bid_void(scene: Scene) -> None:
    """The platform says of a bidder that nobody registered it, with the very code that makes a bid void."""
    world = scene.world
    world.close([world.bid(world.party(f"p{number}")) for number in range(4)])
    world.present()
    scene.step(AFTER)
    scene.record()
    world.coefficients()
    rival = world.registered("p3")
    assert rival is not None
    read = world.read_identities(registered=lambda party: None if party == "p3" else world.registered(party))
    assert not isinstance(read, Waiting)
    forged = world.said(opening.announced(world.sealed_lot(), read))
    assert (forged["counted"], forged["failed"]) == (3, False)
    world.record(f"lot/{TENDER}/{LOT}", "lot.announced", forged)
    said = {"error": {"code": "statement.party_unknown", "params": {"uscc": rival.uscc}}}
    scene.platform.override["/api/streams/party/p3"] = Answer(404, canonical(said))
    scene.step(AFTER * 2)
    scene.platform.override["/api/streams/party/p3"] = Answer(200, b'{"events": 7}')
    scene.step(AFTER * 3)
    del scene.platform.override["/api/streams/party/p3"]
    scene.step(AFTER * 4)
    assert scene.record() == []
    assert "custody.computed_otherwise" in "\n".join(scene.said)


def test_an_offer_does_not_open_while_fewer_than_t_answered_for_identities(scene: Scene) -> None:
    world = scene.world
    world.close([world.bid(world.party(f"p{number}")) for number in range(4)])
    world.present()
    scene.step(AFTER, ("custodian-1", "custodian-3"))
    assert scene.record() == ["coin", "coin", "identity", "identity"]
    scene.step(AFTER * 2, ("custodian-1", "custodian-3"))
    assert scene.record() == []


def test_a_form_that_the_platform_withholds_opens_nothing_until_it_is_there(scene: Scene) -> None:
    world = scene.world
    bids = [world.bid(world.party(f"p{number}")) for number in range(4)]
    world.close(bids)
    world.present()
    seal = bids[0].submission.seals["offer"]
    lost = seal.form.sha256.hex()
    data = world.blobs.pop(lost)
    scene.step(AFTER)
    assert scene.record() == []
    world.blobs[lost] = data
    scene.step(AFTER * 2)
    assert scene.record() == ["coin"] * 3 + ["identity"] * 3
