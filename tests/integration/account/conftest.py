"""A town with the office's people for each file, without a login at the start of each test; on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.account import cleared, ground_of
from tests.support.office import office
from tests.support.town import Town


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with ground_of(request, tmp_path_factory) as made:
        yield made


@pytest.fixture
def place(ground: Town) -> Town:
    return cleared(ground)


@pytest.fixture
def real(place: Town) -> Flask:
    """The office of a platform that is no demonstration."""
    return office(place, demonstration=False)
