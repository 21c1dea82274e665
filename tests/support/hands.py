"""Somebody who has a keyboard and no mouse, and who sees where the focus is: whoever loses it fails the test.

hands = Hands(page)
hands.press(page.get_by_role("button", name="Send"))   # goes there by Tab or Shift+Tab, presses Enter
hands.press("#send-now")                               # a selector will do
hands.type(page.get_by_label("Price"), "812345.60")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from playwright.sync_api import FileChooser, FilePayload, Locator, Page

from tests.support.waiting import wait_until

MOST: Final = 400  # presses of the tab key, from one end of the longest page to the other
# Which key brings the focus nearer to the target; "" where it is. A page that was just loaded begins at its top.
WAY: Final = """(target) => {
  const at = document.activeElement;
  if (at === target) return "";
  const before = at && at !== document.body && at.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING;
  return before ? "Shift+Tab" : "Tab";
}"""
# What is wrong with the focus as a person sees it; "" if nothing is.
UNSEEN: Final = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "nothing has the focus";
  const named = at.outerHTML.slice(0, 200);
  if (!at.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return `cannot be seen: ${named}`;
  if (!at.matches(":focus-visible")) return `does not show its focus: ${named}`;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) return `has no ring: ${named}`;
  const { top, bottom, left, right } = at.getBoundingClientRect();
  const outside = bottom <= 0 || right <= 0 || top >= innerHeight || left >= innerWidth;
  return outside ? `is outside of the window: ${named}` : "";
}"""


class Hands:
    """One person at one page. `fresh`: the page was just loaded, and nothing needs to have the focus yet."""

    def __init__(self, page: Page) -> None:
        """At `page`."""
        self.page = page
        self.fresh = True
        page.on("domcontentloaded", lambda _page: self._loaded())
        # As long as somebody listens, choosers are held back; to begin with that just before the key may come too late.
        page.on("filechooser", self._held)

    def _loaded(self) -> None:
        self.fresh = True

    @staticmethod
    def _held(_chooser: FileChooser) -> None:
        """Whoever expects it takes it."""

    def _located(self, target: Locator | str) -> Locator:
        return self.page.locator(target) if isinstance(target, str) else target

    def seen(self) -> None:
        """The focus is somewhere, in the window, with a ring; what an action that ends just now does with it counts."""
        said: list[str] = []

        def look() -> bool:
            said[:] = [str(self.page.evaluate(UNSEEN))]
            return self.fresh or said == [""]

        try:
            wait_until(look, "the focus", 10)
        except AssertionError as why:
            raise AssertionError(f"{said[0]}\n{self.page.url}") from why

    def to(self, target: Locator | str) -> None:
        """Goes to a control by the tab key, from where the focus is, either way."""
        target = self._located(target)
        target.wait_for()
        if not self.fresh:
            self.seen()
        element = target.element_handle()
        for _ in range(MOST):
            key = self.page.evaluate(WAY, element)
            if not key:
                self.fresh = False
                self.seen()
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"the tab key never comes to {target}")

    def press(self, target: Locator | str) -> None:
        """Presses a button, unfolds a part, follows a link."""
        self.to(target)
        self.page.keyboard.press("Enter")

    def type(self, target: Locator | str, text: str) -> None:
        """Types into a field, in the place of what stands there."""
        target = self._located(target)
        self.to(target)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.type(text)
        assert target.input_value() == text

    def tick(self, target: Locator | str) -> None:
        """Ticks a box or takes an option: options are one stop of the tab key, the arrows go through them."""
        target = self._located(target)
        stop = target
        if target.get_attribute("type") == "radio":
            group = self.page.locator(f"input[name='{target.get_attribute('name')}']")
            chosen = group.and_(self.page.locator(":checked"))
            stop = chosen if chosen.count() else group.first
        self.to(stop)
        self.page.keyboard.press("Space")
        for _ in range(20):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{target} is not ticked")

    def choose(self, target: Locator | str, files: Mapping[str, bytes]) -> None:
        """Chooses files: Enter opens the system's own dialog."""
        self.to(target)
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Enter")
        rows: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": data} for name, data in files.items()]
        chooser.value.set_files(rows)

    def download(self, target: Locator | str) -> bytes:
        """What a link saves."""
        with self.page.expect_download() as found:
            self.press(target)
        return found.value.path().read_bytes()
