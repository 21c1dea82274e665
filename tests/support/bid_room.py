"""The bidder's room for tests: a town whose office and box stand at two origins, and browsers signed in there."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from playwright.sync_api import BrowserContext, FileChooser, FilePayload, Page, Request, Route, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from bidding.parties import uscc_check_character
from evaluation.rules import templates
from ledger.basics import signing
from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.sealed import backup
from tests.support.live import free_port
from tests.support.office import PASSWORD
from tests.support.processes import Children, served_box
from tests.support.town import INTERVAL, LOT, Town, town
from tests.support.waiting import wait_until
from web.box.app import Surroundings
from web.box.app import create_app as create_box
from web.box.parts import Parts
from web.config import Public
from web.office.app import create_app as create_office
from web.services import BOX_KEY, read_key

ANSWERS: Final = {
    "price": "800000",
    "duration": "300",
    "warranty": "2.5",
    "similar-works": "4",
}
CHOICES: Final = {"safety-licence": "yes", "grade": "first"}
ELSEWHERE: Final = re.compile(r"^(?!https?://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:)")
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
    """Signs a context's requests to the office in as an organisation, and fences the context in; notes what it asks."""

    def __init__(self, context: BrowserContext, rooms: Rooms, firm: Firm) -> None:
        self.refused: list[str] = []
        self.asked: list[Request] = []
        self._office, self._token = rooms.office, firm.token
        context.on("request", self._note)
        # Patterns, not functions: what matches none is not asked about here, and a page has many modules.
        context.route(ELSEWHERE, self._refuse)
        context.route(re.compile(rf"{re.escape(rooms.office)}/(bid|office)\b"), self._sign)

    def _note(self, request: Request) -> None:
        self.asked.append(request)

    def _refuse(self, route: Route) -> None:
        self.refused.append(route.request.url)
        route.abort()

    def _sign(self, route: Route) -> None:
        route.continue_(headers={**route.request.headers, "authorization": f"Bearer {self._token}"})


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
    late.app = create_office(replace(made.services, config=config))
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


# --- what a person does -----------------------------------------------------------------------------------------------


def ready(page: Page) -> None:
    """Waits until a page of the room has done all that it does by itself."""
    page.wait_for_selector("#room[data-ready]")


class Keyboard:
    """Somebody who has no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        # As long as somebody listens, choosers are held back; to begin with that just before the key may come too late.
        page.on("filechooser", self._chooser)

    @staticmethod
    def _chooser(_chooser: FileChooser) -> None:
        """Whoever expects it takes it."""

    def to(self, selector: str) -> None:
        """Goes to a control with the tab key, from wherever the focus is, once around the page at most."""
        focused = "selector => document.activeElement?.matches(selector) ?? false"
        for _ in range(400):
            if self.page.evaluate(focused, selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the tab key never comes to {selector}")

    def press(self, selector: str) -> None:
        """Presses a button or follows a link."""
        self.to(selector)
        self.page.keyboard.press("Enter")

    def type(self, selector: str, value: str) -> None:
        """Types into a field, in the place of what stands there."""
        self.to(selector)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(value)

    def tick(self, selector: str) -> None:
        """Ticks a box or an option."""
        self.to(selector)
        self.page.keyboard.press("Space")

    def fill(self, **changed: str) -> None:
        """The answers of a good bid, some of them changed."""
        for name, value in {**ANSWERS, **{key.replace("_", "-"): one for key, one in changed.items()}}.items():
            self.type(f"#f-offer-{name}", value)
        for name, value in CHOICES.items():
            # Options are one stop of the tab key; the arrows go through them.
            self.tick(f"#q-offer-{name} input")
            for _ in range(10):
                if self.page.locator(f"#q-offer-{name} input[value={value}]").is_checked():
                    break
                self.page.keyboard.press("ArrowDown")

    def choose(self, part: str, files: Mapping[str, bytes]) -> None:
        """Chooses files."""
        self.to(f"[data-choose={part}]")
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Space")
        rows: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": data} for name, data in files.items()]
        chooser.value.set_files(rows)
        self.page.wait_for_selector(f"[data-files={part}] li:nth-child({len(files)})")

    def step(self, name: str) -> None:
        """Takes a step of a bid; what it refuses fails the test with its words."""
        if name == "check":
            self.tick("#check-yes")
            return
        self.press(f"#{name}-now")
        stepped(self.page, name)

    def restore(self, firm: Firm) -> None:
        """Restores the secret from its words."""
        for number, word in enumerate(firm.words.split(), 1):
            self.type(f"#word-{number}", word)
        self.press("#restoring button[type=submit]")
        self.page.wait_for_selector("#seal-key:not(:empty)")
        ready(self.page)


def enter(page: Page, at: Rooms, lang: str = "zh") -> None:
    """Goes from the dashboard to the lot."""
    page.goto(f"{at.office}/bid?lang={lang}")
    ready(page)
    page.locator(f"[data-lot='{LOT}'] a").click()
    page.wait_for_selector("#lot #form")
    ready(page)


def fill(page: Page, **changed: str) -> None:
    """The answers of a good bid, some of them changed."""
    for name, value in {**ANSWERS, **{key.replace("_", "-"): one for key, one in changed.items()}}.items():
        page.locator(f"#f-offer-{name}").fill(value)
    for name, value in CHOICES.items():
        page.locator(f"#q-offer-{name} input[value={value}]").check()


def stepped(page: Page, name: str, *, refused: bool = False) -> str:
    """Waits until a step is done, or until it is `refused`; the words it says."""
    # The button is off while it runs.
    page.wait_for_selector(f"#{name}-now:not([disabled])")
    said = page.locator(f"#{name}-error").inner_text()
    assert (said != "") == refused, said
    assert refused or page.locator(f"[data-task={name}].done").count() == 1
    return said


def sign_and_seal(page: Page) -> None:
    """Confirms, signs and seals what is filled in."""
    page.locator("#check-yes").check()
    for name in ("sign", "seal"):
        page.locator(f"#{name}-now").click()
        stepped(page, name)


def send(page: Page) -> None:
    """Sends what is sealed."""
    page.locator("#send-now").click()
    stepped(page, "send")


def restore(page: Page, at: Rooms, firm: Firm, lang: str = "zh") -> None:
    """Restores the secret from its words."""
    page.goto(f"{at.office}/bid/secret?lang={lang}")
    ready(page)
    for number, word in enumerate(firm.words.split(), 1):
        page.locator(f"#word-{number}").fill(word)
    page.locator("#restoring button[type=submit]").click()
    page.wait_for_selector("#seal-key:not(:empty)")
    ready(page)


def sign_up(page: Page, at: Rooms, name: str, code: str) -> None:
    """Signs up with a password and registers an organisation, all in the browser; `code`: the end of its code."""
    page.goto(f"{at.office}/account/sign-up?lang=en")
    page.locator("[name=name]").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").click()
    page.goto(f"{at.office}/account/organisation?lang=en")
    page.wait_for_selector("[name=seal_key]:not([value=''])")
    body = f"91350100{code}"
    given = {
        "uscc": body + uscc_check_character(body),
        "name_zh": f"新建设公司{code}",
        "name_en": f"New Builders {code}",
        "person_ref": f"head-of-{name}",
    }
    for field_, value in given.items():
        page.locator(f"[name={field_}]").fill(value)
    expect(page.locator("[name=seal_key]")).to_have_value(re.compile("[0-9a-f]{64}"))
    page.locator("form:has([name=uscc]) button[type=submit]").click()
    page.wait_for_load_state()
    at.town.settle()


def lie(context: BrowserContext, at: Rooms, firm: Firm, **said: Any) -> None:
    """The office's scripts stay honest; what it tells this browser of its lot is changed."""
    data = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.DOTALL)

    def forge(route: Route) -> None:
        answer = route.fetch(headers={**route.request.headers, "authorization": f"Bearer {firm.token}"})
        begin, told, end = data.search(answer.text()).groups()  # type: ignore[union-attr]  # else the test fails
        forged = json.dumps({**json.loads(told), **said}).replace("<", "\\u003c")
        route.fulfill(response=answer, body=data.sub(lambda _: begin + forged + end, answer.text()))

    context.route(re.compile(rf"/bid/{at.town.tender}/{LOT}\?"), forge)


# --- what a browser keeps ---------------------------------------------------------------------------------------------

_KEPT: Final = """(store) => new Promise((done) => {
  const asked = indexedDB.open("mingjing-room");
  asked.onsuccess = () => {
    const all = asked.result.transaction(store).objectStore(store).getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result); };
  };
})"""


def kept(page: Page, store: str = "drafts") -> list[Any]:
    """What the browser of a page keeps of the room in IndexedDB, of whoever uses it."""
    found: list[Any] = page.evaluate(_KEPT, store)
    return found


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
