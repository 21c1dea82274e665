"""What is sought in the gallery of templates, and the words that stand for a template's price rule."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from evaluation.rules.price import RULES
from evaluation.rules.templates import CATALOGUE, NAMES
from web import texts
from web.public import templates_worked
from web.public.templates_search import FACETS, Sought, read
from web.words import LANGS, Lang


def of(query: str) -> Sought:
    return read(MultiDict(parse_qsl(query, keep_blank_values=True)))


def test_nothing_asked_is_the_whole_gallery() -> None:
    found = of("")
    assert [one.name for one in found.found()] == list(NAMES)
    assert (found.wrong, found.untidy) == ({}, False)


def test_counts_leave_their_own_field_out() -> None:
    found = of("law=procurement&kind=works")
    assert found.found() == []
    assert found.counts("law") == {"tendering": 4, "procurement": 0, "none": 0}
    assert sum(found.counts("kind").values()) == 2


@given(
    st.lists(
        st.tuples(st.sampled_from(["q", *FACETS, "page"]), st.text(max_size=120) | st.sampled_from(["works", "none"])),
        max_size=6,
    )
)
def test_any_address_is_read_and_written_so_that_it_is_read_the_same(pairs: list[tuple[str, str]]) -> None:
    found = read(MultiDict(pairs))
    again = of(urlsplit(found.address("en")).query)
    assert (again.text, dict(again.chosen)) == (found.text, dict(found.chosen))
    assert not again.untidy
    assert all(one in CATALOGUE for one in found.found())


def test_each_value_can_be_taken_out() -> None:
    found = of("kind=works&kind=goods&law=none")
    assert found.without("zh", "kind", "works") == "/templates?kind=goods&law=none&lang=zh"


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", NAMES)
def test_the_price_rule_is_one_plain_sentence_with_its_numbers(name: str, lang: Lang) -> None:
    said = templates_worked.price_words(name, lang)
    assert "{" not in said
    rules = templates_worked.paper(name).rules
    if rules.price is not None:
        assert str(rules.price.weight) in said
    assert not re.search(r"\bF\d", said)


@pytest.mark.parametrize("rule", RULES)
def test_every_price_rule_has_its_sentence(rule: str) -> None:
    """A template with another rule is one file: its sentence is there already."""
    assert f"gallery.rule.{rule}" in texts.book()


def test_every_bid_of_an_example_has_a_name() -> None:
    for name in NAMES:
        for bid in templates_worked.worked(name, "zh").bids:
            assert re.fullmatch("投标人[甲乙丙丁戊己庚辛壬癸]", bid.name)
