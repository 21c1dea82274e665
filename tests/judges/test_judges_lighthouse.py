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
from tests.support.live import opened_town
from tests.support.town import LOT, Town
from tests.support.tree import ROOT

LIGHTHOUSE: Final = ROOT / ".venv" / "judges" / "node_modules" / ".bin" / "lighthouse"  # deploy/setup.sh judges
LEAST: Final = {"accessibility": 1.0, "best-practices": 1.0, "performance": 0.95}
FLAGS: Final = "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update"


# Every kind of public page, once each; `{done}` has been awarded, `{open}` takes bids.
PAGES: Final = (
    "/",
    "/tenders",
    "/design",
    "/verify",
    "/log",
    "/api",
    "/simulate",
    "/templates",
    "/templates/procurement-goods",
    "/templates/procurement-goods/bids/a",
    "/account/sign-in",
    "/account/sign-up",
    "/tenders/{open}",
    "/tenders/{open}/notice",
    "/tenders/{open}/documents",
    "/tenders/{open}/timeline",
    "/tenders/{done}",
    "/tenders/{done}/verify",
    "/tenders/{done}/lots/lot-1/result",
    "/tenders/{done}/lots/lot-1/draw",
    "/tenders/{done}/lots/lot-1/bids/{bid}",
    "/tenders/{done}/lots/lot-1/hall",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, dict[str, str]]]:
    folder: Path = tmp_path_factory.mktemp("lighthouse")
    with opened_town(folder, {"ann": "900000.50", "bob": "800000", "cid": "1000000"}, 3) as made:
        done = made.tender
        bid = made.whole(f"lot/{done}/{LOT}", "lot.announced")["bids"][0]["bid_key"]
        made.tickets_open = False
        made.publish(made.clock.at + timedelta(hours=1))
        made.open_tickets()
        yield made, {"done": done, "open": made.tender, "bid": bid}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_lighthouse_accepts_a_public_page(place: tuple[Town, dict[str, str]], path: str, lang: str) -> None:
    made, named = place
    address = f"{made.url}{path.format(**named)}?lang={lang}"
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
