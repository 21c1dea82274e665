"""How often one caller may call the office: counted by who signed in, else by where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.town import Town, code, town
from web.office.app import create_app
from web.public import api


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("brake")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.bidder("ann")
        yield made


def limited(place: Town, per_minute: int, proxies: int = 0) -> FlaskClient:
    """The office again, with the patience of a real one."""
    office = replace(place.services.config.office, requests_per_minute=per_minute, proxies=proxies)
    config = replace(place.services.config, office=office)
    return create_app(replace(place.services, config=config)).test_client()


def test_made_up_tokens_buy_no_more_calls(place: Town) -> None:
    office = limited(place, 5)
    found = [
        office.get(path, headers={"Authorization": f"Bearer made-up-{path}-{number}"}).status_code
        for path in ("/api/time", "/office/me")
        for number in range(5)
    ]
    assert found == [200] * 5 + [429] * 5
    mine = {"Authorization": f"Bearer {place.bidders['ann'].token}"}
    assert [office.get("/office/me", headers=mine).status_code for _ in range(6)] == [200] * 5 + [429]


def test_behind_a_front_server_every_address_has_its_own_allowance(place: Town) -> None:
    def calls(office: FlaskClient, address: str) -> list[int]:
        # What the caller itself wrote comes first; the front server adds what it saw.
        headers = [{"X-Forwarded-For": f"192.0.2.{number}, {address}"} for number in range(3)]
        return [office.get("/api/time", headers=one).status_code for one in headers]

    behind = limited(place, 2, proxies=1)
    assert calls(behind, "198.51.100.1") == [200, 200, 429]
    assert calls(behind, "198.51.100.2") == [200, 200, 429]
    alone = limited(place, 2)
    assert calls(alone, "198.51.100.1") == [200, 200, 429]
    assert calls(alone, "198.51.100.2") == [429, 429, 429]


def test_one_bundle_is_made_at_a_time(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    place.publish(place.clock.at + timedelta(minutes=10))
    monkeypatch.setattr("web.public.api._PATIENCE", 0.1)
    with api.MAKING:
        refused = place.ask("GET", f"/api/tenders/{place.tender}/bundle.zip")
    assert (refused.status_code, code(refused)) == (503, "http.busy")
    assert place.ask("GET", f"/api/tenders/{place.tender}/bundle.zip").status_code == 200
