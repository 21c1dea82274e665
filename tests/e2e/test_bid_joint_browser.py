"""A joint bid in two browsers: the lead in Chinese, its partner in English, files given by hand, until the result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from evaluation.verify import verify
from ledger import trust
from ledger.claims import Remark
from tests.support.authority import root
from tests.support.bid_room import Rooms, rooms
from tests.support.joint_bid import Desk, dongles, pem
from tests.support.town import INTERVAL, LOT
from web import export

DEADLINE = timedelta(hours=2)
AUTHORITY = root("测试认证机构")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Rooms]:
    with rooms(tmp_path / "town", DEADLINE, cas=[pem(AUTHORITY)]) as made:
        yield made


def opened(place: Rooms) -> dict[str, list[dict[str, str]]]:
    """Goes on until the lot's result is there; the parties announced, by bid key."""
    made = place.town
    made.until(made.clock.at + DEADLINE + INTERVAL)
    for _ in range(3):
        made.wait(INTERVAL)
    announced = made.whole(f"lot/{made.tender}/{LOT}", "lot.announced")["bids"]
    return {one["bid_key"]: one["parties"] for one in announced}


def test_a_joint_bid_from_two_browsers_to_the_public_result(place: Rooms, browser: Browser) -> None:
    lead = Desk(browser, place, place.firm("ant"))
    partner = Desk(browser, place, place.firm("bee"), "en")
    lead.lead((partner.firm.uscc, "40"))
    lead.sign()
    expect(lead.state(lead.firm.uscc)).to_have_text("已签（登记密钥）")
    expect(lead.state(partner.firm.uscc)).to_have_text("待签")
    paper = lead.saved("#statement-file")
    assert b"800000" not in paper, "the price stays with the lead"
    partner.countersign_page()
    entry = partner.countersign(paper)
    shown = partner.page.locator("#paper").inner_text()
    for words in ("A demonstration work", "Lot one", "ant", lead.firm.uscc, "40%", "60%", "jointly and severally"):
        assert words in shown
    lead.page.locator("#seal-now").click()
    expect(lead.page.locator("#seal-error")).to_contain_text(partner.firm.uscc)
    lead.give("#entry-file", entry)
    expect(lead.state(partner.firm.uscc)).to_have_text("已签（登记密钥）")
    assert "bee" in lead.page.locator("#signed").inner_text()
    lead.seal_and_send()
    for name_ in ("cow", "dog"):
        place.town.bid(name_)
    parties = opened(place)
    joint = [
        {"uscc": lead.firm.uscc, "role": "lead", "share": "60"},
        {"uscc": partner.firm.uscc, "role": "member", "share": "40"},
    ]
    assert joint in parties.values()
    page = partner.context.new_page()
    page.goto(f"{place.office}/tenders/{place.town.tender}/lots/{LOT}/result?lang=en")
    row = page.locator("tbody tr", has_text=lead.firm.uscc)
    expect(row).to_contain_text("bee")
    expect(row).to_contain_text("800,000.00")
    lead.close()
    partner.close()


def test_dongles_of_lead_and_partner_count_in_the_proof(place: Rooms, browser: Browser, tmp_path: Path) -> None:
    lead = Desk(browser, place, place.firm("ant"))
    partner = Desk(browser, place, place.firm("bee"), "en")
    lead.lead((partner.firm.uscc, "40"))
    lead.sign()
    seal, person = dongles(AUTHORITY, lead.firm, "head-of-ant")
    data = lead.saved_by_certificate()
    lead.certify(seal.openssl(tmp_path, data), person.openssl(tmp_path, data))
    expect(lead.state(lead.firm.uscc)).to_have_text("已签（CA 证书）")
    paper = lead.saved("#statement-file")
    partner.countersign_page()
    partner.give("#paper-file", paper)
    partner.page.wait_for_selector("#paper:not([hidden])")
    assert partner.saved_by_certificate() == data, "all sign the same bytes"
    partner.page.locator("#paper-yes").check()
    theirs = dongles(AUTHORITY, partner.firm, "head-of-bee")
    partner.certify(*(one.openssl(tmp_path, data) for one in theirs))
    partner.page.wait_for_selector("#given:not([hidden])")
    lead.give("#entry-file", partner.saved("#entry-save"))
    expect(lead.state(partner.firm.uscc)).to_have_text("已签（CA 证书）")
    lead.seal_and_send()
    for name_ in ("cow", "dog"):
        place.town.bid(name_)
    assert [{"uscc", "role", "share"}] * 2 == [set(one) for one in max(opened(place).values(), key=len)]
    lead.close()
    partner.close()
    report = verify(export.bundle_of(place.town.services, place.town.tender), trust.parse(place.town.trust))
    assert [one for result in report.results for one in result.failures] == []
    (told,) = [one for one in report.results if one.claim == "announced.recomputed"]
    # The other two count on the platform's word, this one on the authority's.
    assert told.remarks == (Remark("announced.on_platforms_word", {"lot": LOT, "bids": 2}),)
