"""Chromium for tests: the machine's own, headless, and cut off from everything but loopback."""

from __future__ import annotations

import shutil
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Playwright, Route

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
    """Lets a context's requests through to loopback only and notes the others: our pages ask nobody else."""

    def __init__(self, context: BrowserContext) -> None:
        """Fence in `context`."""
        self.refused: list[str] = []
        context.route("**/*", self._judge)

    def _judge(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in {"data", "blob", "about"} or address.hostname in LOOPBACK:
            route.continue_()
        else:
            self.refused.append(route.request.url)
            route.abort()
