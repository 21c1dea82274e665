"""The list, its feed and how answers are packed: over a real platform with two tenders."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import brotli
import pytest

from ledger.basics import clock
from tests.support.town import LOT, Town, code, town
from web import assets

ATOM: Final = "{http://www.w3.org/2005/Atom}"
HOUR: Final = timedelta(hours=1)
GZIP: Final = {"Accept-Encoding": "gzip"}
LARGEST: Final = 150 * 1024


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("list")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.publish(made.clock.at + HOUR, title={"zh": "一座桥<b>&", "en": "A bridge <b>&"}, region="CN-35")
        made.open_tickets()
        made.wait(HOUR / 2)
        made.tickets_open = False
        made.publish(made.clock.at + 2 * HOUR, title={"zh": "一条路", "en": "A road"}, estimate_fen=5_000)
        made.open_tickets()
        yield made


def get(place: Town, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = place.office_app.test_client(use_cookies=False).get(path, headers=sent)
    return answer.status_code, dict(answer.headers), answer.get_data()


def feed(place: Town, query: str = "") -> ET.Element:
    status, headers, body = get(place, f"/tenders.atom{query}")
    assert status == 200
    assert headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(body)  # noqa: S314 - our own feed


def texts_of(node: ET.Element, path: str) -> list[str]:
    return [one.text or "" for one in node.findall("/".join(ATOM + part for part in path.split("/")))]


def test_the_list_and_the_interface_find_the_same(place: Town) -> None:
    for query, found in {
        "": 2,
        "region=CN-35": 1,
        "q=road": 1,
        "amount_to=50": 1,
        "amount_from=50&amount_to=50": 1,
        "state=open": 2,
        "state=awarded": 0,
        "published_from=2026-12-02": 0,
        "deadline_from=2026-12-01&deadline_to=2026-12-01": 2,
        "page=2": 2,
    }.items():
        page = place.ask("GET", f"/tenders?lang=en&{query}").text
        assert f"Tenders found: {found}" in page, query
        assert place.get(f"/api/tenders?{query}")["total"] == found, query
        assert len(texts_of(feed(place, f"?{query}"), "entry/id")) == found, query


def test_what_cannot_be_read_is_said_beside_its_field_and_keeps_the_rest(place: Town) -> None:
    page = place.ask("GET", "/tenders?lang=en&region=CN-35&deadline_from=soon&amount_to=many").text
    assert "Tenders found: 1" in page
    for field, typed in (("deadline_from", "soon"), ("amount_to", "many")):
        assert f'href="#{field}"' in page
        assert re.search(rf'id="{field}-error".*?<input[^>]*id="{field}"[^>]*value="{typed}"', page, re.DOTALL), field
        assert f'aria-describedby="{field}-error" aria-invalid="true"' in page
    assert code(place.ask("GET", "/api/tenders?deadline_from=soon")) == "search.malformed"


def test_a_form_with_empty_fields_is_led_to_the_address_that_says_it(place: Town) -> None:
    answer = place.ask("GET", "/tenders?lang=en&q=&category=works&deadline_from=&elsewhere=https://example.org")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/tenders?category=works&lang=en")


def test_every_filter_in_use_can_be_taken_away(place: Town) -> None:
    page = place.ask("GET", "/tenders?lang=en&q=road&category=works&category=goods&amount_to=50").text
    chips = re.findall(r'<a class="chip" href="([^"]+)">', page)
    assert [one.replace("&amp;", "&") for one in chips] == [
        "/tenders?category=works&category=goods&amount_to=50&lang=en",
        "/tenders?category=goods&q=road&amount_to=50&lang=en",
        "/tenders?category=works&q=road&amount_to=50&lang=en",
        "/tenders?category=works&category=goods&q=road&lang=en",
    ]


def test_the_feed_has_what_the_standard_demands(place: Town) -> None:
    root = feed(place, "?lang=en&q=bridge")
    assert root.tag == f"{ATOM}feed"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    for node in (root, *root.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(texts_of(node, name)) == 1, name
        (identity,) = texts_of(node, "id")
        assert re.fullmatch(r"tag:[a-z0-9.-]+,2026:/tenders\S*", identity)
        clock.parse_time(texts_of(node, "updated")[0])
    assert len(root.findall(f"{ATOM}author/{ATOM}name")) == 1
    links = {one.get("rel"): one.get("href", "") for one in root.findall(f"{ATOM}link")}
    assert links["self"].endswith("/tenders.atom?q=bridge&lang=en")
    assert links["alternate"].endswith("/tenders?q=bridge&lang=en")
    assert all(one.startswith("http") for one in links.values())
    assert texts_of(root, "entry/title") == ["A bridge <b>&"]


def test_an_entry_keeps_its_identity_and_is_updated_by_what_becomes_public(place: Town) -> None:
    zh, en = feed(place), feed(place, "?lang=en&state=open")
    assert texts_of(zh, "entry/id") == texts_of(en, "entry/id")
    assert texts_of(zh, "entry/title") == ["一条路", "一座桥<b>&"]
    events = place.get(f"/api/streams/tender/{place.tender}")["events"]
    assert texts_of(zh, "entry/updated")[0] == max(one["event"]["at"] for one in events)
    assert texts_of(zh, "updated") == [max(texts_of(zh, "entry/updated"))]


def test_the_front_page_says_what_is_counted_and_what_witnesses_saw(place: Town) -> None:
    page = place.ask("GET", "/?lang=en").text
    assert re.findall(r"<dd>([\d,]+)</dd>", page) == ["2", "2", "0", "0", "0"]
    assert page.index("A bridge") < page.index("A road")  # the nearest deadline first
    size = place.ask("GET", "/log/checkpoint").text.split("\n")[1]
    assert f"The log has {size} entries; 2 witnesses" in page


def test_public_answers_are_packed_for_who_takes_that_and_fit(place: Town) -> None:
    for path in ("/", "/tenders", "/tenders.atom", "/design", f"/tenders/{place.tender}", "/api/tenders"):
        _, plain, whole = get(place, path)
        _, headers, packed = get(place, path, **GZIP)
        assert "Content-Encoding" not in plain
        assert headers["Content-Encoding"] == "gzip", path
        assert headers["Vary"] == plain["Vary"] == "Accept-Encoding"
        assert int(headers["Content-Length"]) == len(packed)
        assert gzip.decompress(packed) == whole
        assert get(place, path, Accept_Encoding="gzip;q=0, br")[2] == whole
        files = {one for one in re.findall(r'"(/static/[^"]+)"', whole.decode()) if not one.endswith(".svg")}
        assert len(packed) + sum(len(get(place, one, **GZIP)[2]) for one in files) < LARGEST, path


def test_what_belongs_to_somebody_is_never_packed(place: Town) -> None:
    for mine in ({"Cookie": "x=1"}, {"Authorization": f"Bearer {place.people['centre'].token}"}):
        for path in ("/tenders", "/office/me"):
            assert "Content-Encoding" not in get(place, path, **GZIP, **mine)[1], (path, mine)


def test_static_files_are_packed_once_and_the_same_for_everybody(place: Town) -> None:
    name = "css/components.css"
    path, whole = assets.url(name), assets.tree().files[name]
    sizes = []
    for accepted, how in (("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip")):
        _, headers, packed = get(place, path, Cookie="x=1", Accept_Encoding=accepted)
        assert (headers["Content-Encoding"], headers["Vary"]) == (how, "Accept-Encoding")
        assert {"br": brotli, "gzip": gzip}[how].decompress(packed) == whole
        assert assets.packed(name, how) is assets.packed(name, how)
        sizes.append(len(packed))
    assert sizes[0] < sizes[1] == sizes[2]
    _, headers, data = get(place, path)
    assert "Content-Encoding" not in headers
    assert data == whole


def test_the_address_of_the_files_is_the_hash_of_what_is_served(place: Town) -> None:
    """So whoever has a checkout of the version can say whether a platform serves it (docs/formats/api.md)."""
    listed = dict(line.split("  ")[::-1] for line in assets.listing().splitlines())
    whole = hashlib.sha256()
    for path, expected in listed.items():
        data = gzip.decompress(found) if (found := get(place, f"/{path}", **GZIP)[2])[:2] == b"\x1f\x8b" else found
        assert hashlib.sha256(data).hexdigest() == expected, path
        whole.update(f"{path.split('/', 2)[2]}\0{len(data)}\0".encode() + data)
    assert {path.split("/")[1] for path in listed} == {whole.hexdigest()[:16]}
    assert f'"/static/{whole.hexdigest()[:16]}/js/page.js"' in place.ask("GET", "/").text


def test_every_lot_of_the_list_says_where_it_stands(place: Town) -> None:
    assert place.ask("GET", "/tenders?lang=en").text.count("Taking bids") == 2
    assert LOT not in re.sub(r"/tenders/[^?]+", "", place.ask("GET", "/tenders").text)
