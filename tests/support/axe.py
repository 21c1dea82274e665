"""axe-core on a page in Chromium: WCAG 2.2 AA and the good practice that goes with it.

    check(page)     # AssertionError that lists every finding, with the element and what axe says of it
    findings(page)  # the same as a list

axe-core is MPL-2.0 and lies unmodified beside this file, for tests only: nothing of it is shipped.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from tests.support.tree import assert_none

SOURCE: Final = Path(__file__).parent / "axe-core-4.14.1" / "axe.min.js"
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
_RUN: Final = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id, target: node.target.join(" "), html: node.html.slice(0, 200), says: node.failureSummary,
  })));
}"""


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """What axe finds on the page as it is now, a line each."""
    # The words of a page can be read before its style sheets are there, and axe would judge it without them.
    page.wait_for_load_state()
    # Through the debugger and not as a script of the page: the page's policy lets in no foreign script, and stays so.
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(_RUN, list(TAGS))
    return [f"{page.url}: {one['rule']}: {one['target']}: {one['html']}: {one['says']}" for one in found]


def check(page: Page) -> None:
    """AssertionError if axe finds anything on the page as it is now."""
    assert_none(findings(page))
