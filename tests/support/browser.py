"""Chromium for tests: the machine's own, headless, and cut off from everything but loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
WIDTHS: Final = (1280, 390)  # CSS pixels: a desk and a hand
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def executable() -> str:
    """The path of Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise AssertionError("Chromium is not installed: run `make test`, which installs it")
    return found


def launch(playwright: Playwright) -> Browser:
    """A headless Chromium."""
    return playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))


class Fence:
    """Notes what a context asks of anybody but loopback: our pages ask nobody else, and `ARGUMENTS` let it nowhere.

    It listens and does not route: a routed browser has no cache, and asks here about every file of every page.
    """

    def __init__(self, context: BrowserContext) -> None:
        """Fence in `context`."""
        self.refused: list[str] = []
        context.on("request", self._judge)

    def _judge(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "about"} and address.hostname not in LOOPBACK:
            self.refused.append(request.url)


@contextmanager
def of_width(browser: Browser, width: int) -> Iterator[Page]:
    """A page this wide, fenced in, for the tests of a file: a browser of its own costs each of them a second."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    fence = Fence(context)
    yield context.new_page()
    context.close()
    assert fence.refused == []
