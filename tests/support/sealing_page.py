"""The browser's implementation of sealing, called from a test: `tests/support/js/harness.js` in a page of its own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser

from ledger.basics.errors import Refusal
from tests.support.browser import Fence
from tests.support.static_pages import served

# By the browser's own WebCrypto, and by the library that stands in for it where the curves are missing.
CURVES: Final = ("webcrypto", "noble")
_RUN: Final = "async ([curve, calls]) => (await import('/support/harness.js')).run(curve, calls)"


class SealingPage:
    """Calls functions of the harness; bytes go in and come out as hex."""

    def __init__(self, page: Any, curve: str) -> None:
        """`curve`: one of `CURVES`."""
        self._page, self._curve = page, curve

    def answers(self, calls: list[list[Any]]) -> list[dict[str, Any]]:
        """Of each `[name, …]` its `{value}`, or `{code, params}` where it was refused."""
        found: list[dict[str, Any]] = self._page.evaluate(_RUN, [self._curve, calls])
        return found

    def values(self, calls: list[list[Any]]) -> list[Any]:
        """Of each its value. A refusal fails the test."""
        found = self.answers(calls)
        assert [answer for answer in found if "code" in answer] == []
        return [answer["value"] for answer in found]

    def call(self, name: str, *given: Any) -> Any:
        """One value."""
        return self.values([[name, *given]])[0]

    def code(self, name: str, *given: Any) -> str | None:
        """The code of a refusal; None where there was none."""
        code: str | None = self.answers([[name, *given]])[0].get("code")
        return code


def code_of(act: Callable[..., object], *given: Any) -> str | None:
    """The code with which Python refuses; None where it does not."""
    try:
        act(*given)
    except Refusal as why:
        return why.code
    return None


def codes(page: SealingPage, calls: list[list[Any]]) -> list[str | None]:
    """The code of each call that the browser refuses."""
    return [answer.get("code") for answer in page.answers(calls)]


def changed(value: Any, **changes: Any) -> Any:
    """A copy with members exchanged; those of None are left out."""
    made = {**copy.deepcopy(value), **changes}
    return {name: one for name, one in made.items() if one is not None}


@contextmanager
def sealing_page(browser: Browser, curve: str) -> Iterator[SealingPage]:
    """A page under the product's policy. What it says in its console, and whom else it asks, fails the test."""
    with served() as url:
        context = browser.new_context()
        fence, page, said = Fence(context), context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{url}/")
        try:
            yield SealingPage(page, curve)
        finally:
            context.close()
        assert (fence.refused, said) == ([], [])
