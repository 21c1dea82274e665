"""The district's tenders publish as they stand, and its bidders' answers count."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bidding.form import check_answers, check_form
from evaluation.rules import templates
from ledger.basics.money import parse_yuan
from web.cli.desk import drafting
from web.demo.district import KIOSK, ROAD, SCHOOL, Work, document

AT = datetime(2026, 12, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("work", [ROAD, SCHOOL, KIOSK], ids=lambda work: work.en)
def test_a_tender_publishes_as_it_stands(work: Work) -> None:
    text = document(work, AT, ["custodian-1", "custodian-2", "custodian-3"], ["a", "b", "c"])
    made = drafting.build(tomllib.loads(text), Path())
    assert made.problems == []


@pytest.mark.parametrize("work", [ROAD, SCHOOL], ids=lambda work: work.en)
def test_the_bidders_of_the_place_are_three_and_answer_the_form(work: Work) -> None:
    form = check_form(templates.load("checklist-f4")[1])
    for answers in work.bids:
        assert check_answers(form, "offer", answers) == []
        assert parse_yuan(answers["price"], "price") <= parse_yuan(work.ceiling, "ceiling")
    assert len({answers["price"] for answers in work.bids}) == 3
