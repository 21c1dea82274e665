"""四舍五入 is half-up, away from zero; nothing is ever a float."""

from __future__ import annotations

from fractions import Fraction

import pytest

from evaluation.rules.exact import DOWN, HALF_UP, Rounding, exact, fixed, near


@pytest.mark.parametrize(
    ("value", "places", "half_up", "down"),
    [
        ("2.5", 0, "3", "2"),
        ("-2.5", 0, "-3", "-2"),
        ("0.125", 2, "0.13", "0.12"),
        ("-0.125", 2, "-0.13", "-0.12"),
        ("2.675", 2, "2.68", "2.67"),
        ("1.005", 2, "1.01", "1.00"),
        ("6.125", 2, "6.13", "6.12"),
        ("-0.004", 2, "0.00", "0.00"),
        ("0", 3, "0.000", "0.000"),
        ("99.995", 2, "100.00", "99.99"),
    ],
)
def test_a_half_goes_away_from_zero_and_down_goes_towards_it(value: str, places: int, half_up: str, down: str) -> None:
    for mode, wanted in ((HALF_UP, half_up), (DOWN, down)):
        rounding = Rounding(mode, places)
        assert rounding.text(rounding(Fraction(value))) == wanted


def test_ten_per_cent_of_twenty_five_is_three() -> None:
    # The example of domain/formulas.md: Python's round gives 2.
    assert Rounding(HALF_UP, 0)(Fraction(25, 10)) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 8), "0.125"),
        (Fraction(-7, 20), "-0.35"),
        (Fraction(300, 11), "300/11"),
        (Fraction(-1, 3), "-1/3"),
        (Fraction(5), "5"),
        (Fraction(1, 1024), "0.0009765625"),
        (Fraction(0), "0"),
    ],
)
def test_an_exact_value_is_a_decimal_where_one_ends_and_a_fraction_where_none_does(value: Fraction, text: str) -> None:
    assert exact(value) == text
    assert Fraction(text) == value


def test_a_fixed_decimal_never_loses_a_digit() -> None:
    assert fixed(Fraction(5), 2) == "5.00"
    assert fixed(Fraction(-1, 20), 2) == "-0.05"
    with pytest.raises(ValueError, match="more places"):
        fixed(Fraction(1, 3), 2)


def test_a_reader_is_shown_that_a_value_is_near() -> None:
    assert near("300/11") == "≈27.2727"
    assert near("27.27") == "27.27"
