"""The bidder's room for tests: a town whose office and box stand at two origins, and browsers signed in there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from playwright.sync_api import BrowserContext, Page, Request
from werkzeug.http import parse_cookie
from werkzeug.serving import WSGIRequestHandler, make_server

from evaluation.rules import templates
from ledger.basics import signing
from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.sealed import backup
from tests.support.browser import Fence
from tests.support.live import free_port
from tests.support.processes import Children, served_box
from tests.support.town import INTERVAL, LOT, Town, town
from tests.support.waiting import wait_until
from web.box.app import Surroundings
from web.box.app import create_app as create_box
from web.box.parts import Parts
from web.config import Public
from web.office.app import create_app as create_office
from web.services import BOX_KEY, read_key

SIGNED_IN: Final = "signed-in"  # the cookie that stands for a session in tests
# An address of the box → the one that browsers are told.
Line = Callable[[str], str]
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass
class Firm:
    """An organisation whose registered keys follow from its bidding secret."""

    party: str
    uscc: str
    token: str
    secret: bytes

    @property
    def words(self) -> str:
        """The backup words of its secret."""
        return " ".join(backup.to_words(self.secret))


@dataclass
class Rooms:
    """A town with the addresses that browsers use."""

    town: Town
    office: str
    box: str
    box_worker: int = 0  # the pid of the process that answers for the box, where it is a process of its own
    between: list[Callable[[Wsgi], Wsgi]] = field(default_factory=list)  # what stands before a box that is none

    def firm(self, name: str) -> Firm:
        """Registers an organisation."""
        secret = self.town.dice(32)
        keys = {label: signing.public_bytes(derived(secret, label)).hex() for label in ("seal-key", "person-key")}
        public = self.town._party(name)
        self.town.bidders[name] = None  # type: ignore[assignment]  # only counted, for the next code
        body = {
            **public,
            "seal_key": keys["seal-key"],
            "person": {"ref": f"head-of-{name}", "key": keys["person-key"]},
            "holds": [],
        }
        made = self.town.ask("POST", "/office/parties", body, self.town.people["centre"].token)
        assert made.status_code == 201, made.text
        got = made.get_json()
        self.town.settle()
        return Firm(got["party"], public["uscc"], got["token"], secret)

    def until_said(self, page: Page, selector: str, *wanted: str) -> str:
        """Rounds of everybody in town until the page says one of the `wanted` in an element."""

        def look() -> str:
            self.town.tick()
            said = page.locator(selector).inner_text()
            return said if any(one in said for one in wanted) else ""

        return wait_until(look, f"{wanted} in {selector}: {page.locator(selector).inner_text()!r}", 60)


class SignedIn:
    """Signs a context's requests to the office in as an organisation, and fences the context in; notes what it asks.

    By a cookie and not by a route: a routed browser has no cache, and fetches every file of every page anew.
    """

    def __init__(self, context: BrowserContext, rooms: Rooms, firm: Firm) -> None:
        self.asked: list[Request] = []
        self._fence = Fence(context)
        context.on("request", self._note)
        context.add_cookies([{"name": SIGNED_IN, "value": firm.token, "url": rooms.office}])

    def _note(self, request: Request) -> None:
        self.asked.append(request)

    @property
    def refused(self) -> list[str]:
        """What it asked of anybody but loopback."""
        return self._fence.refused


def by_cookie(app: Wsgi) -> Wsgi:
    """The office, to which the cookie of `SignedIn` says who asks for the room: no session outlives a town's days."""

    def wrapped(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        token = parse_cookie(environ).get(SIGNED_IN)
        if token and environ["PATH_INFO"].startswith(("/bid", "/office/")):
            environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return app(environ, start)

    return wrapped


def derived(secret: bytes, label: str) -> Ed25519PrivateKey:
    """One of the two keys that follow from a bidding secret (docs/formats/sealing.md)."""
    info = f"mingjing/{label}/v1\0".encode()
    return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, None, info).derive(secret))


@contextmanager
def rooms(
    folder: Path,
    deadline_in: timedelta,
    *,
    max_bytes: int = 1 << 24,
    line: Line = str,
    processes: Children | None = None,
    **options: Any,
) -> Iterator[Rooms]:
    """A town with a tender that takes bids of `max_bytes`; office and box served for browsers, with the town's time.

    `line`: from the box's address to the one that browsers are told, for a line that breaks. With `processes` the box
    is the product's own process among them, whose clock is the real one: the town's starts with it.
    """
    port = free_port() if processes is not None else 0
    if processes is not None:
        options |= {
            "start": datetime.now(UTC).replace(second=0, microsecond=0),
            "public": {"office": f"http://127.0.0.1:{port}"},
        }
    with town(folder, f"sqlite:///{folder / 'town.db'}", **options) as made:
        made.enrol()
        rules, form = templates.load("checklist-f4")
        lot: dict[str, Any] = {
            "lot": LOT,
            "title": {"zh": "第一标段", "en": "Lot one"},
            "ceiling_fen": 120_000_000,
            "form": H(canonical(form)).hex(),
            "rules": H(canonical(rules)).hex(),
            "max_bytes": max_bytes,
            "forms_public": True,
        }
        made.publish(made.clock.at + deadline_in, lots=[lot])
        made.open_tickets()
        made.wait(INTERVAL)
        yield served(made, line, port, processes)


def served(
    made: Town,
    line: Line = str,
    port: int = 0,
    processes: Children | None = None,
    *,
    host: str = "127.0.0.1",
    live: str = "",
    demonstration: bool = True,
) -> Rooms:
    """Serves a town's office (at `port` if it is given) and box at origins of their own, which know each other.

    `host`: passkeys want a name; `live`: where its halls are; without `demonstration` the centre confirms who bids.
    """
    late, before_box = Late(), Late()
    office = _serve(made, late, host, port)
    if processes is None:
        key = read_key(made.config.folders.keys / BOX_KEY)
        parts = Parts(made.box_services.engine, made.blobs, made.dice, key, INTERVAL)
        before_box.app = create_box(parts, Surroundings(origin=office))
        box, worker = _serve(made, before_box, host), 0
    else:
        _box, (box_host, box_port), worker = served_box(processes, made.path)
        box = f"http://{box_host}:{box_port}"
    found = Rooms(made, office, line(box), worker, before_box.between)
    # This server gives room back a little after a browser has its answer, unlike the product's own: it has more of it.
    config = replace(
        made.config,
        public=Public(office=office, box=found.box, live=live),
        platform=replace(made.config.platform, demonstration=demonstration),
        office=replace(made.config.office, threads=256),
    )
    late.app = by_cookie(create_office(replace(made.services, config=config)))
    return found


class Late:
    """An application that can be made only when its address is known, and what tests put between it and who asks."""

    app: Wsgi

    def __init__(self) -> None:
        self.between: list[Callable[[Wsgi], Wsgi]] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        wrapped = self.app
        for layer in self.between:
            wrapped = layer(wrapped)
        return wrapped(environ, start)


def _serve(made: Town, app: Wsgi, host: str, port: int = 0) -> str:
    class Handler(WSGIRequestHandler):
        """Tells the town's time: the only one that a client tells the box."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            del timestamp
            return format_datetime(made.clock.at.replace(microsecond=0), usegmt=True)

    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    made.stack.callback(stop)
    return f"http://{host}:{server.server_port}"


class Gate:
    """Holds the first piece of a ciphertext that begins at or beyond an offset until somebody opens the gate."""

    def __init__(self, offset: int) -> None:
        self._offset, self.reached, self.opened = offset, threading.Event(), threading.Event()

    def __call__(self, app: Wsgi) -> Wsgi:
        """The app behind the gate."""

        def held(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] == "PATCH" and int(environ.get("HTTP_UPLOAD_OFFSET", "0")) >= self._offset:
                self.reached.set()
                assert self.opened.wait(60)
            return app(environ, start)

        return held
