"""Lighthouse looks at the public pages: nothing to say of access and practice, and fast on a telephone's line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.support.browser import executable
from tests.support.town import Town, town
from tests.support.tree import ROOT

LIGHTHOUSE: Final = ROOT / ".venv" / "judges" / "node_modules" / ".bin" / "lighthouse"  # deploy/setup.sh judges
LEAST: Final = {"accessibility": 1.0, "best-practices": 1.0, "performance": 0.95}
FLAGS: Final = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("lighthouse")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.publish(made.clock.at + timedelta(hours=1))
        made.open_tickets()
        yield made


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/", "/tenders", "/design", "/tenders/{tender}"])
def test_lighthouse_accepts_a_public_page(place: Town, path: str, lang: str) -> None:
    address = f"{place.url}{path.format(tender=place.tender)}?lang={lang}"
    command = [
        *(LIGHTHOUSE, address, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"),
        f"--only-categories={','.join(LEAST)}",
    ]
    ran = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, "CHROME_PATH": executable()},
        capture_output=True,
        check=True,
        timeout=180,
    )
    found = json.loads(ran.stdout)
    scores = {name: one["score"] for name, one in found["categories"].items()}
    lacking = [one["id"] for one in found["audits"].values() if one.get("score") is not None and one["score"] < 1]
    assert {name for name, least in LEAST.items() if scores[name] < least} == set(), (scores, lacking)
