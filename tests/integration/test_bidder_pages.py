"""The room's answers as they come over the line: packed, and each lot's page once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import brotli
import pytest

from tests.support.bid_room import rooms
from tests.support.town import LOT, Town
from web.bidder import book, listed


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    """A town, and the token of an organisation in it."""
    folder: Path = tmp_path_factory.mktemp("room")
    with rooms(folder, timedelta(hours=2)) as made:
        yield made.town, made.firm("ant").token


def get(place: tuple[Town, str], path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    town, token = place
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = town.office.get(path, headers={"Authorization": f"Bearer {token}", **named})
    return answer.status_code, dict(answer.headers), answer.data


def test_who_comes_by_a_lot_s_address_is_sent_to_the_room_that_fetches_it_with_the_others(
    place: tuple[Town, str],
) -> None:
    path = f"/bid/{place[0].tender}/{LOT}?lang=en"
    status, headers, _ = get(place, path, Sec_Fetch_Mode="navigate")
    assert (status, headers["Location"]) == (303, f"/bid/lot?lang=en#{place[0].tender}/{LOT}")
    for script in ({"Sec_Fetch_Mode": "cors"}, {}):
        status, _, page = get(place, path, **script)
        assert status == 200
        assert b'id="data"' in page
    assert get(place, f"/bid/{place[0].tender}/other", Sec_Fetch_Mode="navigate")[0] == 404


def test_a_lot_that_the_room_no_longer_lists_is_shown_at_its_address(
    place: tuple[Town, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed, "_SHOWN", timedelta(days=-1))  # its deadline lies too far back
    assert json.loads(get(place, "/bid/lots")[2])["lots"] == []
    status, _, page = get(place, f"/bid/{place[0].tender}/{LOT}?lang=en", Sec_Fetch_Mode="navigate")
    assert status == 200
    assert b'id="data"' in page


def test_what_everybody_is_told_is_packed(place: tuple[Town, str]) -> None:
    _, headers, packed = get(place, "/bid/lots", Accept_Encoding="gzip, br")
    assert headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed)).keys() == {"lots", "head", "log", "minutes", "now"}
    assert "Content-Encoding" not in get(place, "/bid/lots?x=1", Accept_Encoding="gzip, br")[1]


def test_the_words_are_packed_as_small_as_the_caller_takes_them(place: tuple[Town, str]) -> None:
    path = f"/bid/words/{book.of('en').version}?lang=en"
    _, headers, whole = get(place, path)
    assert "immutable" in headers["Cache-Control"]
    assert json.loads(whole) == book.of("en").said
    for accepted, how in (("gzip, br", brotli), ("gzip", gzip)):
        _, headers, packed = get(place, path, Accept_Encoding=accepted)
        assert headers["Vary"] == "Accept-Encoding"
        assert how.decompress(packed) == whole
        assert len(packed) < len(whole) / 2
