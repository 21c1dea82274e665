"""Every page in every state: what a browser was shown, what axe found of it, and which pages nobody looked at.

    states = States()
    with states.listening():            # notes what the applications of this process render and answer
        states.look(page, "sign-in")    # both widths: axe, and what holds for every page
    states.seen                         # the names of the states, in their order
    states.pages                        # templates and routes with a page that the looks saw
    all_pages(made.office_app)          # those that there are

A look counts for what was rendered since the last one. With `MINGJING_PICTURES` set to a folder, each look is kept
there as two pictures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request, request_finished, template_rendered
from playwright.sync_api import Page

from tests.support import axe
from tests.support.sampling import LONG
from tests.support.tree import ROOT

SIZES: Final = {1280: 900, 390: 844}
# Each state in each language and at each width; a long run looks at all four together.
AXED: Final = frozenset({("zh", 1280), ("en", 390)})
TEMPLATES: Final = ROOT / "web" / "templates"
LANGS: Final = {"zh": "zh-Hans", "en": "en"}
# What only other templates extend.
LAYOUTS: Final = frozenset({"base.html", "account/layout.html", "bidder/layout.html", "tender/page.html"})
# Addresses that give people no page: interfaces and files. A new address is a page unless it is here.
PROGRAMS: Final = ("/api/", "/office/", "/custody/", "/static/", "/log/")
FILES: Final = frozenset(
    {"/bid/lots", "/bid/words/<version>", "/tenders.atom", "/tenders/<tender>/calendar.ics", "/account/link"}
)
# Forms that lead on, or that scripts send: they have no page of their own.
LED_ON: Final = re.compile(
    r"/account/(passkeys/.*|sessions/.*|sign-out|password/remove|applications/<application>/confirm)"
)
_WHOLE: Final = """() => ({
  lang: document.documentElement.lang,
  wide: document.documentElement.scrollWidth - window.innerWidth,
  heads: [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility()).length,
  inline: document.querySelectorAll("script:not([src]):not([type='application/json']), [style], [onclick]").length,
  text: document.querySelector("main").innerText,
})"""


class States:
    """What was looked at."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.seen: list[str] = []
        self.found: list[str] = []
        self.pages: set[str] = set()
        self._new: set[str] = set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Notes what every application of this process renders and answers, until the block ends."""

        def rendered(_app: Flask, template: Any, **_: Any) -> None:
            self._new.add(str(template.name))

        def answered(_app: Flask, response: Response, **_: Any) -> None:
            if response.mimetype == "text/html" and request.url_rule is not None:
                self._new.add(f"{request.method} {request.url_rule.rule}")

        with template_rendered.connected_to(rendered), request_finished.connected_to(answered):
            yield

    def anew(self) -> None:
        """Forgets which pages were seen, and what was rendered for nobody to see."""
        self.pages, self._new = set(), set()

    def look(self, page: Page, name: str, lang: str) -> None:
        """The page as it is now, wide and narrow: what axe and a reader would say of it is in `found` afterwards."""
        self.seen.append(f"{name} ({lang})")
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            found = [*_said(page, lang), *(axe.findings(page) if LONG or (lang, width) in AXED else ())]
            self.found += [f"{name} ({lang}, {width}): {one}" for one in found]
            _picture(page, f"{name}.{lang}.{width}")
        page.set_viewport_size({"width": 1280, "height": SIZES[1280]})
        self.pages |= self._new
        self._new = set()


def all_pages(app: Flask) -> set[str]:
    """Templates that are pages, and routes that answer with one."""
    return {*_templates(), *_routes(app)}


def _templates() -> Iterator[str]:
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES).as_posix()
        if name not in LAYOUTS and "{% extends" in path.read_text(encoding="utf-8"):
            yield name


def _routes(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PROGRAMS) or rule.rule in FILES:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            if method == "GET" or LED_ON.fullmatch(rule.rule) is None:
                yield f"{method} {rule.rule}"


def _said(page: Page, lang: str) -> list[str]:
    """What holds for every page: its language, one title, nothing inline, no hole in a sentence, nothing too wide."""
    got = page.evaluate(_WHOLE)
    holes = re.search(r"\{[a-z_]+\}|\bNone\b(?! is)|\bundefined\b|\bNaN\b|\[object", _without_code(page, got["text"]))
    wrong = {
        f"lang is {got['lang']}": got["lang"] != LANGS[lang],
        f"{got['wide']} px too wide": got["wide"] > 0,
        f"{got['heads']} titles": got["heads"] != 1,
        f"{got['inline']} inline": got["inline"] > 0,
        f"says {holes[0] if holes else ''}": holes is not None,
    }
    return [f"{page.url}: {what}" for what, is_so in wrong.items() if is_so]


def _without_code(page: Page, text: str) -> str:
    """The interface's description names parameters as sentences name their holes."""
    return "" if "/api" in page.url else text


def _picture(page: Page, name: str) -> None:
    if folder := os.environ.get("MINGJING_PICTURES", ""):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name.replace(' ', '-')}.png", full_page=True, caret="initial")
