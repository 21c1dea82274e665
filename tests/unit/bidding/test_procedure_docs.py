"""docs/formats/procedure.md and profile.md say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bidding.acts import OFFICE, RULES
from bidding.procedures import lot as lots
from bidding.procedures import payloads
from bidding.procedures import tender as tenders
from bidding.procedures.sweep import LATE_STEPS
from bidding.profiles.profile import EXCLUSION_RULES, OBJECTION_PERIODS, PERIODS

FORMATS = Path(__file__).parents[3] / "docs" / "formats"
PROCEDURE = (FORMATS / "procedure.md").read_text("utf-8")
PROFILE = (FORMATS / "profile.md").read_text("utf-8")


def rows() -> dict[str, tuple[str, str]]:
    """Event → (states, keys) of the tender's table."""
    found = re.findall(r"^\| `([a-z.]+)` \| ([^|]+) \| ([^|]+) \|", PROCEDURE, re.MULTILINE)
    return {type_: (states, keys.strip()) for type_, states, keys in found}


def test_the_table_of_the_tender_is_the_codes() -> None:
    assert rows().keys() == tenders.ALLOWED.keys() == payloads.TENDER.keys()
    for type_, (states, keys) in rows().items():
        named = set(re.findall(r"drafted|published|suspended|terminated", states.split("→")[0]))
        assert named == tenders.ALLOWED[type_] - {""}, type_
        assert keys == (str(RULES[type_].count) if type_ in RULES else "–"), type_


def test_every_event_of_a_lot_is_described() -> None:
    chain = PROCEDURE.split("`open → ", 1)[1].split("`", 1)[0]
    steps = [f"lot.{step}" for step in chain.split(" → ")]
    for type_ in lots.ALLOWED:
        assert type_ in steps or f"`{type_}`" in PROCEDURE, type_


def test_every_keyed_act_has_its_rule_and_its_decision() -> None:
    assert OFFICE.keys() | {"tender.published"} == RULES.keys()
    for type_, rule in RULES.items():
        assert rule.one_of == "" or rule.one_of in rule.roles, type_


@pytest.mark.parametrize("name", [*PERIODS, *OBJECTION_PERIODS, *EXCLUSION_RULES])
def test_every_period_and_rule_of_a_profile_is_explained(name: str) -> None:
    assert name in PROFILE


def test_a_lamp_shows_only_periods_of_the_profile() -> None:
    assert {code.removeprefix("late.") for code in LATE_STEPS} <= set(PERIODS)
