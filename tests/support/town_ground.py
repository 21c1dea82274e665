"""The ground of a town: its clock, its services on loopback, its institutions, and their rounds."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from bidding.custody import BidRulebook
from bidding.procedures import listing
from ledger.basics.canonical import Json, canonical
from ledger.checkpoint import witness_key
from ledger.contributor import process as contributors
from ledger.custodian import opened as custodians
from ledger.custodian.process import Custodian
from ledger.institution import folder as folders
from ledger.institution.backoff import Backoff
from ledger.institution.platform import Platform as Address
from ledger.log_client import LogClient
from ledger.store import tables as ledger
from ledger.witness.witness import Witness
from tests.support.world_log import Dice
from web import config as configuration
from web import platform
from web.blobs import Folder
from web.box.app import create_app as create_box
from web.box.parts import Parts
from web.office.app import create_app as create_office
from web.services import BOX_KEY, Services, compose, read_key
from web.worker import Worker

START: Final = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
INTERVAL: Final = timedelta(minutes=1)
GRACE: Final = timedelta(minutes=2)
LOT: Final = "lot-1"
PASSPHRASE: Final = "open sesame"


@dataclass
class Hand:
    """A clock that a test moves."""

    at: datetime = START

    def __call__(self) -> datetime:
        return self.at


class Ground:
    """Everybody. `n` custodians, `t` enough; of the witnesses two are.

    `url`: the database for all roles unless `urls` names each; `cas`: authorities of the trust file, PEM; `start`: what
    its clock shows at first; the present where a process with a clock of its own takes part.
    """

    def __init__(
        self,
        root: Path,
        url: str,
        *,
        n: int = 3,
        t: int = 2,
        urls: Mapping[str, str] | None = None,
        witnesses: int = 2,
        challenges: timedelta = timedelta(hours=1),
        public: Mapping[str, object] | None = None,
        cas: Sequence[str] = (),
        start: datetime = START,
    ) -> None:
        self.clock, self.dice, self.t = Hand(start), Dice(7), t
        self.root, self.stack = root, ExitStack()
        database = {"owner": url, "office": url, "box": url, "worker": url, "live": url, **(urls or {})}
        document = platform.sections(
            "town.example/log",
            demonstration=True,
            interval_ms=INTERVAL // timedelta(milliseconds=1),
            grace_ms=GRACE // timedelta(milliseconds=1),
            office={"requests_per_minute": 1_000_000},
            worker={"challenge_every_s": challenges // timedelta(seconds=1)},
            public=dict(public or {}),
        )
        document["database"] = dict(database)
        self.path = root / "platform" / configuration.NAME
        self.config = platform.initialise(self.path, document, self.dice, self.clock)
        self.masters = {f"custodian-{i}": self.dice(32) for i in range(1, n + 1)}
        self.givers = {f"contributor-{i}": self.dice(32) for i in range(1, 4)}
        self.witness_keys = {f"witness-{i}.example": self.dice.key() for i in range(1, witnesses + 1)}
        self.trust = platform.write_trust(self.config, canonical({**self._institutions(), "cas": list(cas)}))
        self.services = self._services("office")
        self.office_app = create_office(self.services)
        self._serve()
        self.box_services = self._services("box")
        self.blobs = Folder(self.config.folders.blobs)
        self.box_app = create_box(
            Parts(
                self.box_services.engine,
                self.blobs,
                self.dice,
                read_key(self.config.folders.keys / BOX_KEY),
                INTERVAL,
            )
        )
        self.box: FlaskClient = self.box_app.test_client()
        self.office: FlaskClient = self.office_app.test_client()
        self.worker_services = self._services("worker")
        self.worker = Worker(self.worker_services)
        self.said: list[str] = []
        self._open_institutions()
        self.asleep: set[str] = set()
        self.tickets_open = False

    def close(self) -> None:
        """Ends servers, journals and connections."""
        self.stack.close()

    # --- rounds -----------------------------------------------------------------------------------------------------

    def tick(self, rounds: int = 1) -> None:
        """Everybody does a round: worker, witnesses, custodians, contributors; those in `asleep` do nothing."""
        for _ in range(rounds):
            self.worker.step()
            for name, witness in self.witnesses.items():
                if name not in self.asleep:
                    witness.step()
            for name, custodian in self.custodians.items():
                if name not in self.asleep:
                    custodian.step()
            if not self.tickets_open:
                for name, step in self.contributors.items():
                    if name not in self.asleep:
                        step()

    def settle(self, most: int = 20) -> None:
        """Rounds until two in a row wrote nothing new."""
        quiet, size = 0, self._written()
        for _ in range(most):
            self.tick()
            quiet, size = (quiet + 1, size) if self._written() == size else (0, self._written())
            if quiet == 2:
                return
        raise AssertionError("the town does not come to rest")

    def wait(self, span: timedelta) -> None:
        """Moves the clock on, and lets everybody do what is due."""
        self.clock.at += span
        self.settle()

    def until(self, at: datetime) -> None:
        """Goes on to `at`; the minute that runs is written and witnessed in time, as bids may stand in it."""
        if self.clock.at + INTERVAL < at:
            self.clock.at += INTERVAL
            self.tick()
        self.clock.at = max(self.clock.at, at)
        self.settle()

    def _written(self) -> int:
        """How many events there are."""
        with self.worker_services.engine.connect() as conn:
            return int(conn.execute(sa.select(sa.func.count()).select_from(ledger.events)).scalar_one())

    # --- asking -----------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: object = None, token: str = "", **options: Any) -> TestResponse:
        """Calls the office, and takes the answer to its end: until then it has room there."""
        options.setdefault("buffered", True)
        headers = dict(options.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = options.pop("data", None)
        if body is not None:
            data = canonical(body)
            headers["Content-Type"] = "application/json"
        return self.office.open(path, method=method, data=data, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        """The JSON of a public GET that succeeds."""
        found = self.ask("GET", path, **options)
        assert found.status_code == 200, found.text
        return found.get_json()

    def events(self, stream: str) -> list[dict[str, Any]]:
        """What is disclosed of a stream."""
        return [one["event"] for one in self.get(f"/api/streams/{stream}")["events"]]

    def whole(self, stream: str, type_: str) -> dict[str, Any]:
        """Public of the last disclosed event of a type, with its list and the offers in it as they are served."""
        public = [one["public"] for one in self.events(stream) if one["type"] == type_][-1]
        out = listing.whole(type_, public, self._document)
        if type_ == "lot.offers_opened":
            out["bids"] = [{**row, **listing.offer(row, self._document)} for row in out["bids"]]
        return out

    def _document(self, sha256: str) -> bytes:
        found = self.ask("GET", f"/api/documents/{sha256}")
        assert found.status_code == 200, found.text
        return bytes(found.data)

    def types(self, stream: str) -> list[str]:
        """The types of the disclosed events of a stream."""
        return [one["type"] for one in self.events(stream)]

    # --- setting up -------------------------------------------------------------------------------------------------

    def _services(self, role: str) -> Services:
        services = compose(self.config, getattr(self.config.database, role), now=self.clock, entropy=self.dice)
        self.stack.callback(services.engine.dispose)
        return services

    def _serve(self) -> None:
        server = make_server("127.0.0.1", 0, self.office_app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}"

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self.stack.callback(stop)

    def _institutions(self) -> dict[str, Json]:
        custodian: list[Json] = [
            {"id": id_, "name": {"zh": id_, "en": id_}, "key": folders.identity("custodian", id_, master).public}
            for id_, master in self.masters.items()
        ]
        contributor: list[Json] = [
            {"party": id_, "key": folders.identity("contributor", id_, master).public}
            for id_, master in self.givers.items()
        ]
        witnesses: list[Json] = [
            {"name": name, "key": witness_key(name, key).text} for name, key in self.witness_keys.items()
        ]
        return {
            "witnesses": witnesses,
            "witness_threshold": 2,
            "custodians": custodian,
            "contributors": contributor,
            "cas": [],
            "supervisors": [],
        }

    def _open_institutions(self) -> None:
        self.witnesses: dict[str, Witness] = {}
        policy = self.services.trust.policy
        for name, key in self.witness_keys.items():
            log = LogClient(f"{self.url}/log")
            self.witnesses[name] = Witness(self.root / name, name, key, policy.log, log, self.clock)
        self.custodians: dict[str, Custodian] = {}
        self.contributors: dict[str, Any] = {}
        quick = Backoff(timedelta(0), timedelta(0))
        for id_, master in self.masters.items():
            folder = folders.create(self.root / id_, "custodian", id_, master, PASSPHRASE, self.dice, cost=10)
            folder.put_trust(self.trust)
            who = folders.identity("custodian", id_, master)
            rulebook = BidRulebook(folder.trust())
            self.custodians[id_] = self.stack.enter_context(
                custodians.opened(
                    folder,
                    who,
                    Address(self.url),
                    rulebook,
                    now=self.clock,
                    entropy=self.dice,
                    say=self.said.append,
                    backoff=quick,
                )
            )
        for id_, master in self.givers.items():
            folder = folders.create(self.root / id_, "contributor", id_, master, PASSPHRASE, self.dice, cost=10)
            folder.put_trust(self.trust)
            who = folders.identity("contributor", id_, master)
            self.contributors[id_] = self.stack.enter_context(
                contributors.opened(
                    folder,
                    who,
                    Address(self.url),
                    now=self.clock,
                    entropy=self.dice,
                    say=self.said.append,
                    backoff=quick,
                )
            )
