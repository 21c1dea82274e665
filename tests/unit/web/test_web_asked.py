"""What the list of tenders is asked: read from an address, written into addresses again, wrong values said."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from bidding.store.search import Query
from ledger.basics.errors import Refusal
from web.public import asked
from web.public.asked import MANY, SINGLE, Asked, read


def of(query: str) -> Asked:
    return read(MultiDict(parse_qsl(query, keep_blank_values=True)))


def test_nothing_asked_is_the_whole_list() -> None:
    found = of("")
    assert found.query == Query()
    assert (found.page, found.wrong, found.untidy) == (1, (), False)


def test_every_field_is_understood() -> None:
    found = of(
        "q=+road+&category=works&category=goods&region=CN-44&state=open&published_from=2026-12-01&published_to=2026-12-01"
        "&deadline_from=2026/12/3&amount_from=1,200,000.50&amount_to=120%E4%B8%87&sort=deadline&page=3"
    )
    assert found.query == Query(
        text="road",
        categories=("works", "goods"),
        regions=("CN-44",),
        states=("open",),
        published=("2026-11-30T16:00:00.000Z", "2026-12-01T16:00:00.000Z"),
        deadline=("2026-12-02T16:00:00.000Z", ""),
        amount=(120_000_050, None),
        sort="deadline",
    )
    assert found.page == 3
    assert found.wrong == (("amount_to", "order"),)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1200000", 120_000_000),
        ("1,200,000.5", 120_000_050),
        ("１２０", 12_000),
        ("120 万", 120_000_000),
        ("1.2亿元", 12_000_000_000),
        ("¥5", 500),
        ("0.01", 1),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, fen: int) -> None:
    assert read(MultiDict({"amount_from": text})).query.amount == (fen, None)


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("q", "x" * 101, "long"),
        ("category", "cars", "choice"),
        ("state", "published", "choice"),
        ("sort", "best", "choice"),
        ("published_from", "2026-13-01", "date"),
        ("published_to", "tomorrow", "date"),
        ("deadline_from", "1999-01-01", "date"),
        ("deadline_to", "2026-02-29", "date"),
        ("amount_from", "-5", "amount"),
        ("amount_from", "0.001", "amount"),
        ("amount_to", "1e6", "amount"),
        ("amount_to", "9999999999999亿", "amount"),
        ("page", "0", "page"),
        ("page", "x", "page"),
        ("page", "1000000", "page"),
    ],
)
def test_a_wrong_value_is_said_and_the_rest_of_the_search_stays(field: str, value: str, kind: str) -> None:
    given = MultiDict({field: value, "region": "CN-35"})
    found = read(given)
    assert found.wrong == ((field, kind),)
    assert found.query.regions == ("CN-35",)
    assert found.value(field) == value
    with pytest.raises(Refusal) as caught:
        asked.strict(given)
    assert (caught.value.code, caught.value.params) == ("search.malformed", {"field": field})


def test_an_end_before_its_beginning_is_said_of_the_end_and_left_out() -> None:
    found = of("deadline_from=2026-12-02&deadline_to=2026-12-01")
    assert found.wrong == (("deadline_to", "order"),)
    assert found.query.deadline == ("2026-12-01T16:00:00.000Z", "")


def test_an_address_leaves_out_what_is_empty_and_begins_anew_when_it_changes() -> None:
    found = of("q=&category=works&page=4&published_from=&foreign=1")
    assert found.untidy
    assert found.address("/tenders", "zh") == "/tenders?category=works&lang=zh"
    assert found.address("/tenders", "zh", page=["5"]) == "/tenders?category=works&page=5&lang=zh"
    assert found.without("/tenders", "en", "category", "works") == "/tenders?lang=en"


_VALUES = st.dictionaries(st.sampled_from((*MANY, *SINGLE)), st.lists(st.text(max_size=12), max_size=3))


@given(_VALUES)
def test_an_address_says_the_search_that_it_was_made_of(values: dict[str, list[str]]) -> None:
    first = read(MultiDict([(name, one) for name, many in values.items() for one in many]))
    page = [first.value("page")] if first.value("page") else []
    again = of(urlsplit(first.address("/tenders", "en", page=page)).query)
    assert again.query == first.query
    assert again.wrong == first.wrong
    assert not again.untidy
