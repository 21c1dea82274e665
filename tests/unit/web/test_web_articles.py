"""Articles of law on English pages: no word of a packaged profile stays Chinese there."""

from __future__ import annotations

import re

import pytest

from bidding.profiles.packaged import packaged_profiles
from evaluation.rules.lint import finding
from web import texts

ARTICLES = sorted(
    {
        article
        for profile in packaged_profiles().values()
        for article in [
            *(period.article for period in profile.periods.values()),
            *(one.article for one in profile.exclusions),
            profile.min_bids_article,
            profile.ceiling_article,
            profile.no_touch.article,
        ]
    }
)


@pytest.mark.parametrize("article", ARTICLES)
def test_an_article_is_cited_in_the_pages_language(article: str) -> None:
    assert texts.article(article, "zh") == article
    said = texts.article(article, "en")
    assert not re.search(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", said), said
    assert re.findall(r"\d+", said) == re.findall(r"\d+", article)


@pytest.mark.parametrize(
    "article",
    [
        *(
            one.format(20)
            for one in (
                finding.ORDER_87,
                finding.ORDER_12,
                finding.REGULATIONS,
                finding.PROCUREMENT_REGULATIONS,
                finding.TENDERING_LAW,
                finding.SMALL_ENTERPRISES,
            )
        ),
        finding.DEDUCTIONS,
        finding.LOW_PRICES,
    ],
)
def test_what_the_linter_cites_is_cited_in_the_pages_language(article: str) -> None:
    said = texts.article(article, "en")
    assert not re.search(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", said), said
    assert re.findall(r"\d+", said)[-1] == re.findall(r"\d+", article)[-1]


def test_what_there_are_no_words_for_stays_as_it_is() -> None:
    assert texts.article("某省办法", "en") == "某省办法"
    assert texts.article("", "en") == ""
    law = texts.article("招标投标法第28条；实施条例第44条", "en")
    assert law == "Tendering and Bidding Law art. 28; Tendering and Bidding Law Regulations art. 44"
