"""One tender through office, box, worker and institutions, from its draft to its award, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.town import LOT, START, Town, town

DEADLINE = START + timedelta(minutes=30)


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, database_url) as made:
        made.enrol()
        yield made


def test_a_tender_runs_by_itself_from_its_notice_to_the_award(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        place.bid(name, price)
    place.until(DEADLINE + timedelta(minutes=1))
    stream = f"lot/{place.tender}/{LOT}"
    assert "lot.announced" in place.types(stream), place.said[-20:]
    place.wait(timedelta(minutes=1))
    place.wait(timedelta(minutes=1))
    assert place.types(stream)[-1] == "lot.awarded"


def test_the_result_page_tells_everything_in_both_languages(place: Town) -> None:
    place.publish(DEADLINE)
    place.open_tickets()
    for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
        place.bid(name, price)
    place.until(DEADLINE + timedelta(minutes=1))
    place.wait(timedelta(minutes=1))
    wanted = {
        "zh": ("开标记录", "评标基准价", "900,000.00"),
        "en": ("Opening sheet", "enchmark price", "900,000.00"),
    }
    whole = place.whole(f"lot/{place.tender}/{LOT}", "lot.offers_opened")
    for lang, words in wanted.items():
        page = place.ask("GET", f"/tenders/{place.tender}/lots/{LOT}/result?lang={lang}")
        assert page.status_code == 200
        assert [word for word in words if word not in page.text] == []
        assert "style=" not in page.text
        for row in whole["bids"]:
            assert f"/lots/{LOT}/bids/{row['bid_key']}" in page.text
            bid = place.ask("GET", f"/tenders/{place.tender}/lots/{LOT}/bids/{row['bid_key']}?lang={lang}")
            assert f'href="/api/documents/{row["offer"]}"' in bid.text
    assert place.ask("GET", "/tenders/none").status_code == 404
