"""A custodian before a platform that lies: the case every hostile test begins with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.custody import Case, custody_case, real_keyset
from tests.support.custody_names import BEFORE

COIN = real_keyset("coin")


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with custody_case(tmp_path) as made:
        made.platform.append("log", "log.opened", {})
        made.platform.sign(BEFORE)
        yield made


@pytest.fixture
def lot(case: Case) -> Case:
    """A coin key set signed, its contributions in the log, no roll yet. Everything posted so far is forgotten."""
    case.sign_all(COIN)
    case.coin_lot(COIN)
    case.platform.sign(BEFORE)
    case.step()
    case.platform.posted.clear()
    return case
