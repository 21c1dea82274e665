"""Scenes: what anybody sees without signing in, files that are verified, and refusals as pages."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.support.scenes import Set
from tests.support.states import LANGS
from tests.support.town import LOT, town
from web.office.app import create_app

OPEN_ALL: Final = "document.querySelectorAll('details').forEach(part => { part.open = true; })"
# Templates that have between them every member of a rule set that a page shows.
EVERYTHING: Final = ("works-abc", "procurement-goods", "small-works", "consulting-qcbs")
# Sends a form of somebody else's page to ours.
FORGED: Final = "<form method=post action='{url}'><button>x</button></form>"


def pages(at: Set) -> None:
    """The pages of the platform and of tenders in each of their states, unfolded."""
    page = at.page()
    for lang in LANGS:
        for name, path in addresses(at).items():
            joint = "&" if "?" in path else "?"
            page.goto(f"{at.made.url}{path}{joint}lang={lang}")
            page.evaluate(OPEN_ALL)
            at.look(page, name, lang)
        page.goto(f"{at.made.url}/design?lang={lang}")
        page.locator("[data-opens]").click()
        page.locator("dialog[open]").wait_for()
        at.look(page, "dialog", lang)
        folder = at.made.root / f"empty-{lang}"
        with town(folder, f"sqlite:///{folder / 'town.db'}") as empty:
            for path in ("/", "/tenders", "/log"):
                at.open(page, f"nothing yet at {path}", lang, path, empty.url)


def addresses(at: Set) -> dict[str, str]:
    """Name of a state → its address."""
    found = {
        "front": "/",
        "list": "/tenders",
        "list without a match": "/tenders?q=nothing-like-it&region=CN-44",
        "list with mistakes": "/tenders?page=x&amount_from=y&deadline_to=z&category=works",
        "log": "/log",
        "log at an entry": "/log?at=3",
        "log compared": "/log?old=3&new=9",
        "log with a mistake": "/log?old=x",
        "interface": "/api",
        "design": "/design",
        "verify": "/verify",
        "simulate": "/simulate",
        "simulate a template": "/simulate?template=consulting-qcbs",
        "gallery": "/templates",
        "gallery narrowed": "/templates?q=works&kind=works&law=tendering&by=machine",
        "gallery without a match": "/templates?q=nothing-like-it&by=panel",
        "gallery with mistakes": f"/templates?kind=x&law=y&by=z&q={'x' * 101}",
        **{f"template {name}": f"/templates/{name}" for name in EVERYTHING},
        "template's first bid": "/templates/procurement-goods/bids/a",
        "template's bid set aside": "/templates/procurement-goods/bids/c",
    }
    for name, tender in at.named.items():
        parts = {"": "", "result": f"/lots/{LOT}/result"}
        if name in ("awarded", "amended"):
            parts |= {one: f"/{one}" for one in ("notice", "documents", "timeline", "verify")}
        found |= {f"{name} tender {part}".strip(): f"/tenders/{tender}{path}" for part, path in parts.items()}
    done = f"/tenders/{at.named['awarded']}/lots/{LOT}"
    found["draw"] = f"{done}/draw"
    for row in at.made.whole(f"lot/{at.named['awarded']}/{LOT}", "lot.announced")["bids"]:
        found[f"bid {row['bid_key'][:8]}"] = f"{done}/bids/{row['bid_key']}"
    return found


# --- verifying --------------------------------------------------------------------------------------------------------


def verified(at: Set) -> None:
    """Each outcome that a file can have, and a tender's evidence verified on its page."""
    page, made, tender = at.page(), at.made, at.named["awarded"]
    bundle = bytes(made.ask("GET", f"/api/tenders/{tender}/bundle.zip").data)
    note = bytes(made.ask("GET", "/log/checkpoint").data)
    files = {
        "bundle": ("evidence.zip", bundle),
        "changed bundle": ("evidence.zip", _changed(bundle)),
        "checkpoint": ("checkpoint.txt", note),
        "changed checkpoint": ("checkpoint.txt", note.replace(b"\n", b"\n\n", 1)),
        "unknown file": ("letter.txt", b"hello"),
    }
    for lang in LANGS:
        for name, (file, data) in files.items():
            page.goto(f"{made.url}/verify?lang={lang}")
            page.locator("input[type=file]").set_input_files({"name": file, "mimeType": "", "buffer": data})
            _sent(page, "main form button")
            at.look(page, f"verified: {name}", lang)
        page.goto(f"{made.url}/verify?lang={lang}")
        _sent(page, "main form button")
        at.look(page, "verified: no file", lang)
        page.goto(f"{made.url}/tenders/{tender}/verify?lang={lang}")
        _sent(page, "main form button")
        at.look(page, "tender verified", lang)


def simulated(at: Set) -> None:
    """A rule set tried out: its report with every chart, and what is wrong with what was asked."""
    page, made = at.page(), at.made
    for lang in LANGS:
        page.goto(f"{made.url}/simulate?lang={lang}")
        page.locator("#trials").fill("100")
        page.locator("#bidders").fill("5")
        _sent(page, "main form button")
        page.locator("svg.chart").first.wait_for()
        page.evaluate(OPEN_ALL)
        at.look(page, "rule set tried out", lang)
        page.locator("#template").select_option("")
        page.locator("#trials").fill("99")
        page.locator("#ruleset").set_input_files({"name": "rules.json", "mimeType": "", "buffer": b"{"})
        _sent(page, "main form button")
        at.look(page, "rule set not tried out", lang)


def _changed(bundle: bytes) -> bytes:
    """The same bundle with a word of a document changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.infolist():
            data = old.read(one)
            new.writestr(one, data.replace(b"800000", b"700000"))
    return out.getvalue()


def _sent(page: Page, button: str) -> None:
    """Presses a button that sends a form, and waits for the page that answers."""
    with page.expect_navigation():
        page.locator(button).first.click()


# --- refusals ---------------------------------------------------------------------------------------------------------


def refused(at: Set) -> None:
    """Refusals as pages: nothing there, not allowed, from elsewhere, too often, and a fault of ours."""
    page, services = at.page(), at.made.services
    slow = replace(services.config, office=replace(services.config.office, requests_per_minute=1))
    broken = replace(services, engine=sa.create_engine("sqlite://"))
    with _office(create_app(replace(services, config=slow))) as braked, _office(create_app(broken)) as faulty:
        for lang in LANGS:
            _refused(at, page, "not found", lang, f"{at.made.url}/nowhere?lang={lang}", 404)
            _refused(at, page, "no such tender", lang, f"{at.made.url}/tenders/nobody?lang={lang}", 404)
            _refused(at, page, "no such template", lang, f"{at.made.url}/templates/nothing?lang={lang}", 404)
            _refused(at, page, "feed with a mistake", lang, f"{at.made.url}/tenders.atom?page=x&lang={lang}", 400)
            _refused(at, page, "fault", lang, f"{faulty}/tenders?lang={lang}", 500)
            page.goto(f"{braked}/design?lang={lang}")
            _refused(at, page, "too often", lang, f"{braked}/design?lang={lang}", 429)
            page.goto("about:blank")
            page.set_content(FORGED.format(url=f"{at.account}/account/sign-in?lang={lang}"))
            with page.expect_response("**/account/sign-in*") as got:
                page.locator("button").click()
            assert got.value.status == 403
            page.locator("main").wait_for()
            at.look(page, "from another site", lang)
    broken.engine.dispose()


def _refused(at: Set, page: Page, name: str, lang: str, address: str, status: int) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status, name
    at.look(page, name, lang)


@contextmanager
def _office(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
