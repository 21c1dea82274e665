"""Chromium for tests: the machine's own, headless, and cut off from everything but loopback."""

from __future__ import annotations

import shutil
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Playwright, Request

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
