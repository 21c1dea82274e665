"""The pictures of the README, taken of a running platform.

    python -m tests.support.pictures ADDRESS TENDER FOLDER

Writes `result.zh.png` and `result.en.png`: the first screen of a tender's page at 1280 px, as a person meets it, and
`simulate.zh.png` and `simulate.en.png`: a template tried out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import Fence, launch

SIZE: Final = (1280, 940)


def take(address: str, tender: str, folder: Path) -> None:
    """All pictures; AssertionError if the page asked anybody but loopback."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for lang in ("zh", "en"):
            context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
            fence = Fence(context)
            page = context.new_page()
            page.goto(f"{address}/tenders/{tender}?lang={lang}")
            page.screenshot(path=folder / f"result.{lang}.png")
            tried(page, address, lang)
            page.screenshot(path=folder / f"simulate.{lang}.png")
            context.close()
            assert fence.refused == []
        browser.close()


def tried(page: Page, address: str, lang: str) -> None:
    """A template that averages prices, tried out against rings."""
    page.goto(f"{address}/simulate?template=works-mean&lang={lang}")
    page.set_default_timeout(120_000)
    with page.expect_navigation():
        page.locator("#go").click()
    page.locator("svg.chart").first.wait_for()
    # Where the report begins: a reader of the picture knows the head of a page.
    page.locator(".banner").evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top - 24)")


if __name__ == "__main__":
    take(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
