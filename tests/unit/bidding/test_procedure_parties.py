"""Registration: GB 32100-2015 codes, keys, and one organisation once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.acts import register_party, register_person
from bidding.parties import USCC_ALPHABET, Party, Person, check_uscc, uscc_check_character
from ledger.basics.errors import Refusal
from tests.support.tender_notice import hex_key

NOW = datetime(2026, 12, 1, tzinfo=UTC)


def payload(**changes: Any) -> dict[str, Any]:
    return {
        "party": "p-1",
        "uscc": "91350100M000100Y43",
        "name": {"zh": "某公司", "en": "A company"},
        "seal_key": hex_key("seal"),
        "person": {"ref": "person-1", "key": hex_key("person")},
        "holds": [],
        **changes,
    }


def code_of(call: Any) -> str:
    with pytest.raises(Refusal) as refused:
        call()
    return refused.value.code


@pytest.mark.parametrize("code", ["91350100M000100Y43", "914403001922038216"])
def test_real_codes_hold(code: str) -> None:
    """The example of GB 32100-2015 and a code printed on many invoices."""
    assert check_uscc(code) == code


def test_a_wrong_check_digit_is_refused_with_the_right_one() -> None:
    with pytest.raises(Refusal) as refused:
        check_uscc("91350100M000100Y44")
    assert refused.value.code == "uscc.check_digit"
    assert refused.value.params["wanted"] == "3"


@pytest.mark.parametrize(
    "code",
    [
        "",
        "91350100M000100Y4",
        "91350100M000100Y433",
        "91350100m000100y43",
        "9135010OM000100Y43",
        "９1350100M000100Y43",
        9,
        "91A50100M000100Y43",
    ],
)
def test_other_spellings_are_no_codes(code: object) -> None:
    assert code_of(lambda: check_uscc(code)) == "uscc.malformed"


@given(
    st.integers(0, 16), st.integers(1, 30), st.integers(100000, 999999), st.text(USCC_ALPHABET, min_size=9, max_size=9)
)
def test_any_single_wrong_character_is_found(place: int, shift: int, region: int, body: str) -> None:
    """The weights are powers of three modulo a prime: no single error cancels."""
    first = f"91{region}{body}"
    wrong = USCC_ALPHABET[(USCC_ALPHABET.index(first[place]) + shift) % 31]
    assert uscc_check_character(first) != uscc_check_character(first[:place] + wrong + first[place + 1 :])


def test_an_organisation_registers() -> None:
    drafts = register_party.decide(payload(), [], [], NOW)
    assert list(drafts) == ["party/p-1"]
    assert drafts["party/p-1"][0].public == payload()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uscc": "91350100M000100Y44"}, "uscc.check_digit"),
        ({"party": "P 1"}, "id.malformed"),
        ({"name": {"zh": "某公司"}}, "shape.missing"),
        ({"name": {"zh": "", "en": "A company"}}, "shape.length"),
        ({"seal_key": "00" * 32}, "signature.bad_key"),
        ({"seal_key": "zz"}, "canonical.bad_hex"),
        ({"person": {"ref": "person-1", "key": hex_key("seal")}}, "party.one_key_for_two"),
        ({"holds": ["91350100M000100Y43"]}, "party.holds"),
        ({"holds": ["914403001922038216", "914403001922038216"]}, "party.holds"),
        ({"holds": "914403001922038216"}, "party.holds"),
        ({"extra": 1}, "canonical.unknown_member"),
    ],
)
def test_a_registration_names_what_is_wrong(change: dict[str, Any], code: str) -> None:
    assert code_of(lambda: register_party.decide(payload(**change), [], [], NOW)) == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "party.id_taken"),
        ({"party": "p-2"}, "party.already_registered"),
        ({"party": "p-2", "uscc": "914403001922038216"}, "party.key_taken"),
        (
            {
                "party": "p-2",
                "uscc": "914403001922038216",
                "seal_key": hex_key("other"),
                "person": {"ref": "person-2", "key": hex_key("person")},
            },
            "party.person_differs",
        ),
    ],
)
def test_nobody_registers_twice_or_with_anothers_key(change: dict[str, Any], code: str) -> None:
    there = [Party.parse(payload())]
    assert code_of(lambda: register_party.decide(payload(**change), there, [], NOW)) == code


def test_one_person_may_be_in_charge_of_two_organisations() -> None:
    """Lawful in itself; that both bid for one lot is what 实施条例 art. 34 forbids."""
    there = [Party.parse(payload())]
    second = payload(party="p-2", uscc="914403001922038216", seal_key=hex_key("other"))
    assert register_party.decide(second, there, [], NOW)


def person(**changes: Any) -> dict[str, Any]:
    return {"person": "h-1", "party": "p-1", "role": "tenderee", "key": hex_key("hand"), **changes}


def test_a_person_registers_for_a_registered_organisation() -> None:
    there = [Party.parse(payload())]
    assert register_person.decide(person(), there, [], NOW)["person/h-1"][0].public == person()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"role": "expert"}, "person.role"),
        ({"party": "p-9"}, "person.party_unknown"),
        ({"key": hex_key("seal")}, "person.key_taken"),
        ({"person": "h-0"}, "person.id_taken"),
        ({"key": hex_key("hand-0")}, "person.key_taken"),
    ],
)
def test_a_person_has_a_role_an_organisation_and_a_key_of_its_own(change: dict[str, Any], code: str) -> None:
    parties, there = [Party.parse(payload())], [Person.parse(person(person="h-0", key=hex_key("hand-0")))]
    assert code_of(lambda: register_person.decide(person(**change), parties, there, NOW)) == code


def test_an_organisation_cannot_use_the_key_of_an_office_person() -> None:
    there = [Person.parse(person(key=hex_key("seal")))]
    assert code_of(lambda: register_party.decide(payload(), [], there, NOW)) == "party.key_taken"
