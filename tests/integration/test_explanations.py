"""A lot whose rules screen prices: the machine asks, bidders explain through the box, two people judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluation.verify import verify
from ledger import trust
from tests.support.explaining import FINDING, WORDS, judge, say
from tests.support.town import LOT, START, Sealed, Town, code, town
from web import check

DEADLINE = START + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
PRICES = {"ann": "600000", "bob": "610000", "cid": "1000000", "dan": "990000", "eve": "980000"}


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, database_url) as made:
        rules, form = made.papers
        made.papers = {**rules, "abnormally_low": {"clause": "2.9", "minutes": 30, "ceiling": "55"}}, form
        made.enrol()
        yield made


def kinds(place: Town) -> list[str]:
    return place.types(f"lot/{place.tender}/{LOT}")


def public(place: Town, type_: str) -> dict[str, Any]:
    return place.whole(f"lot/{place.tender}/{LOT}", type_)


def to_asked(place: Town) -> dict[str, Sealed]:
    place.publish(DEADLINE)
    place.open_tickets()
    sealed = {name: place.bid(name, price) for name, price in PRICES.items()}
    sealed["fay"] = place.seal(place.bidder("fay"))  # never sent
    place.until(DEADLINE)
    place.settle()
    place.wait(timedelta(seconds=2))
    assert kinds(place)[-1] == "lot.explanations_asked"
    return sealed


def page(place: Town, path: str, lang: str = "zh") -> str:
    found = place.ask("GET", f"/tenders/{place.tender}{path}?lang={lang}")
    assert found.status_code == 200
    return str(found.text)


def test_a_low_price_is_asked_about_explained_judged_and_proved(place: Town) -> None:
    sealed = to_asked(place)
    keys = {name: str(one.envelope["object"]["bid_key"]) for name, one in sealed.items()}
    assert [row["bid_key"] for row in public(place, "lot.explanations_asked")["asked"]] == sorted(
        keys[name] for name in ("ann", "bob")
    )
    assert "异常低价说明中" in page(place, "")
    assert say(place, sealed["ann"], WORDS).status_code == 201
    # Who was not asked is heard by the box, which does not know, and by nobody else.
    assert say(place, sealed["cid"], WORDS).status_code == 201
    place.tick()
    assert kinds(place).count("lot.explanation_given") == 1
    assert public(place, "lot.explanation_given")["text"] == WORDS
    for lang, words in (("zh", "须在"), ("en", "must be explained before")):
        assert words in page(place, f"/lots/{LOT}/hall", lang)
    place.wait(MINUTE)
    assert kinds(place)[-1] == "lot.explanation_given", "marks wait for the finding"
    assert "异常低价认定中" in page(place, "")
    judge(place, keys["ann"])
    place.wait(MINUTE)
    ranked = [row["bid_key"] for row in public(place, "lot.evaluated")["ranking"]]
    assert keys["ann"] in ranked
    assert keys["bob"] not in ranked, "it was asked and said nothing"
    place.wait(MINUTE)
    place.wait(MINUTE)
    assert kinds(place)[-1] == "lot.awarded"
    assert [f"{one.code} {dict(one.params)}" for one in check.run(place.services.engine, place.config).problems] == []
    for lang in ("zh", "en"):
        for path in ("/timeline", f"/lots/{LOT}/hall", f"/lots/{LOT}/result", f"/lots/{LOT}/bids/{keys['bob']}"):
            page(place, path, lang)
    assert WORDS in page(place, f"/lots/{LOT}/hall")
    assert FINDING in page(place, f"/lots/{LOT}/hall")
    bundle = place.ask("GET", f"/api/tenders/{place.tender}/bundle.zip")
    report = verify(bundle.data, trust.parse(place.trust))
    assert report.failing == ()
    verdicts = {one.claim: one.verdict for one in report.results}
    assert verdicts["explanations.asked"] == verdicts["explanations.heard"] == verdicts["acts.lawful"] == "holds"


def test_where_nobody_explains_the_bids_are_rejected_by_the_rules(place: Town) -> None:
    to_asked(place)
    place.wait(MINUTE)
    assert "lot.explanations_judged" not in kinds(place)
    assert "lot.evaluated" in kinds(place)
    assert len(public(place, "lot.evaluated")["ranking"]) == 3


def test_the_box_refuses_what_is_no_letter(place: Town) -> None:
    sealed = to_asked(place)
    assert code(say(place, sealed["ann"], " ")) == "letter.text"
    assert code(say(place, sealed["ann"], "x" * 4001)) == "letter.text"
    assert code(say(place, sealed["fay"], WORDS)) == "letter.no_bid"
