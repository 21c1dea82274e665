"""The pages of a tender in each of its states: what they say, and that nothing breaks them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from ledger.basics import clock
from tests.support.office import OWN
from tests.support.town import LOT, Town, town
from web.public import openapi

MINUTE: Final = timedelta(minutes=1)
LANGS: Final = ("zh", "en")
PRICES: Final = {"ann": "900000.50", "bob": "800000", "cid": "1000000", "dan": "1300000"}
SUBPAGES: Final = ("", "/notice", "/documents", "/timeline", f"/lots/{LOT}/result", "/verify")


def published(made: Town, **changed: Any) -> str:
    """A tender that opens in ten minutes, its tickets open."""
    made.tickets_open = False
    made.publish(made.clock.at + 10 * MINUTE, **changed)
    made.open_tickets()
    return made.tender


def amended(made: Town, number: int, data: bytes, moved: timedelta) -> None:
    token = made.people["tenderee"].token
    put = made.ask("PUT", f"/office/tenders/{made.tender}/documents", token=token, data=data).get_json()
    deadline = clock.parse_time(made.get(f"/api/tenders/{made.tender}")["deadline"]) + moved
    addendum = {
        "number": number,
        "text": {"zh": f"第{number}次澄清", "en": f"Clarification {number}"},
        "affects_bids": False,
        "deadline": clock.text(deadline),
        "documents": [{"name": "drawing.txt", **put}],
    }
    done = made.act("tenderee", "addendum.issued", f"tender/{made.tender}", addendum)
    assert done.status_code == 201, done.text
    made.settle()


def two_keys(made: Town, type_: str, body: dict[str, Any]) -> None:
    for person, status in (("tenderee", 202), ("second", 201)):
        done = made.act(person, type_, f"tender/{made.tender}", body)
        assert done.status_code == status, done.text
    made.settle()


def bids(made: Town, *names: str) -> None:
    for name in names:
        made.bid(name, PRICES[name])


def opened(made: Town, rounds: int) -> None:
    made.until(clock.parse_time(made.get(f"/api/tenders/{made.tender}")["deadline"]))
    for _ in range(rounds):
        made.wait(MINUTE)


# --- how a tender comes into each state -------------------------------------------------------------------------------


def is_open(made: Town) -> None:
    published(made)
    amended(made, 1, b"first line\nthe road is 5 km long\nthird line\n", timedelta(0))
    amended(made, 2, b"first line\nthe road is 7 km long\nthird line\n", timedelta(0))


def is_postponed(made: Town) -> None:
    published(made)
    amended(made, 1, b"later", 5 * MINUTE)


def is_suspended(made: Town) -> None:
    published(made)
    two_keys(made, "tender.suspended", {"reason": "flood"})


def is_terminated(made: Town) -> None:
    published(made)
    two_keys(made, "tender.terminated", {"reason": "the road was built already"})


def is_failed(made: Town) -> None:
    published(made)
    bids(made, "ann")
    opened(made, 1)


def is_blocked(made: Town) -> None:
    published(made)
    bids(made, "ann", "bob", "cid")
    made.asleep = {"custodian-1", "custodian-2"}
    opened(made, 3)


def is_awarded(made: Town) -> None:
    published(made)
    bids(made, "ann", "bob", "cid", "dan")
    opened(made, 3)


STATES: Final[dict[str, tuple[Callable[[Town], None], dict[str, str]]]] = {
    "open": (is_open, {"zh": "正在接受投标", "en": "Bids are being taken"}),
    "postponed": (is_postponed, {"zh": "开标时间已推迟", "en": "The opening is postponed"}),
    "suspended": (is_suspended, {"zh": "招标已暂停", "en": "This tender is suspended"}),
    "terminated": (is_terminated, {"zh": "招标已终止", "en": "This tender was terminated"}),
    "failed": (is_failed, {"zh": "流标", "en": "Failed"}),
    "blocked": (is_blocked, {"zh": "开标等待托管机构", "en": "Opening waits for custodians"}),
    "awarded": (is_awarded, {"zh": "中标价", "en": "Price of the award"}),
}


@pytest.fixture(scope="module", params=STATES)
def state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Town]]:
    folder: Path = tmp_path_factory.mktemp(str(request.param))
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        STATES[request.param][0](made)
        yield str(request.param), made


def text_of(html: str) -> str:
    """What a reader sees."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_every_page_is_there_in_both_languages_and_says_where_the_tender_stands(state: tuple[str, Town]) -> None:
    name, made = state
    for path in SUBPAGES:
        for lang in LANGS:
            answer = made.ask("GET", f"/tenders/{made.tender}{path}?lang={lang}")
            assert answer.status_code == 200, f"{path} {lang}: {answer.text}"
            assert "None" not in text_of(answer.text)
            assert re.search(r"\{[a-z_]+\}", text_of(answer.text)) is None
            assert answer.text.count("<h1") == 1
            if path == "":
                assert STATES[name][1][lang] in text_of(answer.text)


def test_the_open_data_is_what_its_description_says(state: tuple[str, Town]) -> None:
    _, made = state
    data = made.get(f"/api/tenders/{made.tender}/data.json")
    schemas = {"components": {"schemas": openapi.SCHEMAS}, "$ref": "#/components/schemas/Release"}
    Draft202012Validator(schemas).validate(data)
    assert data["tender"]["id"] == made.tender
    assert data["date"] == max(one["at"] for one in data["mingjing"]["events"])


def test_the_calendar_has_every_limit_once(state: tuple[str, Town]) -> None:
    name, made = state
    lines = made.ask("GET", f"/tenders/{made.tender}/calendar.ics").text.replace("\r\n ", "").split("\r\n")
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == len(uids) >= 3
    (deadline,) = [place for place, line in enumerate(lines) if "-deadline@" in line]
    event = lines[deadline : lines.index("END:VEVENT", deadline)]
    assert ("SEQUENCE:1" in event) == (name in ("postponed", "terminated"))
    assert ("STATUS:CANCELLED" in event) == (name == "terminated")


def test_a_tender_is_verified_on_its_page(state: tuple[str, Town]) -> None:
    _, made = state
    answer = made.ask("POST", f"/tenders/{made.tender}/verify?lang=en", headers=OWN)
    assert answer.status_code == 200, answer.text
    assert "Every claim holds" in text_of(answer.text)
    assert "0 fail" in text_of(answer.text)


def rows(made: Town, table: str) -> list[dict[str, str]]:
    answer = made.ask("GET", f"/api/tenders/{made.tender}/{table}.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_no_table_says_anything_before_the_bidders_are_announced(state: tuple[str, Town]) -> None:
    name, made = state
    announced = "lot.announced" in made.types(f"lot/{made.tender}/{LOT}")
    assert bool(rows(made, "bids")) == announced == (name == "awarded")
    assert bool(rows(made, "marks")) == announced


# --- one state in detail ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def awarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("awarded")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        is_awarded(made)
        yield made


def page(made: Town, path: str, lang: str = "en") -> str:
    answer = made.ask("GET", f"/tenders/{made.tender}{path}?lang={lang}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_mark_links_to_its_reason_and_the_numbers_agree(awarded: Town) -> None:
    shown = page(awarded, f"/lots/{LOT}/result")
    links = re.findall(
        r'href="(/tenders/[^"]+/bids/[0-9a-f]{64}\?lang=en)#c-([a-z-]+)"[^>]*>(?:<strong>)?([\d.]+)', shown
    )
    assert len(links) >= 3 * 6
    marks = {(one["bid_key"], one["criterion"]): one["result"] for one in rows(awarded, "marks")}
    for address, criterion, mark in links:
        reason = awarded.ask("GET", address).text
        assert f'id="c-{criterion}"' in reason
        key = re.findall(r"[0-9a-f]{64}", address)[0]
        assert marks[key, criterion] == mark


def test_the_price_mark_is_shown_with_the_numbers_filled_in(awarded: Town) -> None:
    winner = next(one for one in rows(awarded, "bids") if one["awarded"])
    shown = text_of(page(awarded, f"/lots/{LOT}/bids/{winner['bid_key']}"))
    assert "deviation = (price − benchmark) ÷ benchmark" in shown
    assert f"({float(winner['price_yuan']):,.2f} − " in shown
    assert winner["total"] in shown
    assert "rounded half up to 2 places" in shown


def test_a_rejected_bid_says_why_with_its_clause(awarded: Town) -> None:
    (out,) = [one for one in rows(awarded, "bids") if one["state"] == "rejected"]
    assert out["name_zh"] == "dan"
    assert "1,300,000.00" in text_of(page(awarded, f"/lots/{LOT}/result"))
    assert "clause 3.1.2" in text_of(page(awarded, f"/lots/{LOT}/bids/{out['bid_key']}"))


def test_the_draw_can_be_done_again_with_what_its_page_shows(awarded: Town) -> None:
    shown = page(awarded, f"/lots/{LOT}/draw")
    program = re.search(r'<pre tabindex="0"[^>]*><code[^>]*>(import hashlib.*?)</code>', shown, re.DOTALL)
    assert program is not None
    source = program[1].replace("&#34;", '"').replace("&#39;", "'").replace("&quot;", '"').replace("&gt;", ">")
    said: list[str] = []
    exec(source, {"print": lambda value: said.append(str(value))})  # noqa: S102 - this is what a reader does
    wanted = [line.rpartition("# ")[2] for line in source.splitlines() if line.startswith("print(")]
    assert said == wanted
    assert len(said) == 4


def test_before_the_draw_there_is_no_page_of_it_and_no_bid(tmp_path: Path, sqlite_url: str) -> None:
    with town(tmp_path, sqlite_url) as made:
        made.enrol()
        published(made)
        assert made.ask("GET", f"/tenders/{made.tender}/lots/{LOT}/draw").status_code == 404
        assert made.ask("GET", f"/tenders/{made.tender}/lots/{LOT}/bids/{'0' * 64}").status_code == 404
        assert made.ask("GET", f"/tenders/{made.tender}/lots/none/result").status_code == 404


def test_a_replaced_document_is_shown_with_what_changed(tmp_path: Path, sqlite_url: str) -> None:
    with town(tmp_path, sqlite_url) as made:
        made.enrol()
        is_open(made)
        shown = page(made, "/documents")
        assert re.search(r"<del><span class=\"hidden\">Removed: </span>5", shown)
        assert re.search(r"<ins><span class=\"hidden\">Added: </span>7", shown)
        assert shown.index("Addendum 2") < shown.index("Addendum 1")


def test_the_pages_are_the_same_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    with town(tmp_path, postgres_url) as made:
        made.enrol()
        is_awarded(made)
        for path in SUBPAGES:
            assert made.ask("GET", f"/tenders/{made.tender}{path}").status_code == 200
        winner = next(one for one in rows(made, "bids") if one["awarded"])
        assert winner["name_zh"] in page(made, f"/lots/{LOT}/bids/{winner['bid_key']}")
        assert made.ask("GET", "/log").status_code == 200
