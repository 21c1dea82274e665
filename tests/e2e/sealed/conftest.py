"""The browser's implementation of sealing, by WebCrypto and by the library that stands in for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.sealing_page import CURVES, SealingPage, sealing_page


@pytest.fixture(scope="module", params=CURVES)
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[SealingPage]:
    with sealing_page(browser, request.param) as opened:
        yield opened
