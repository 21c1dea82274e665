"""How ratios are measured and told: in turns, by medians, with the bound beside them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from benchmarks.ratio import Ratio, in_turns, seconds, show


def test_ours_and_the_limit_take_turns_and_change_who_goes_first() -> None:
    order: list[str] = []

    def run(name: str, value: float) -> float:
        order.append(name)
        return value

    times = iter((3.0, 1.0, 2.0))
    found = in_turns(3, lambda _: run("ours", next(times)), lambda number: run("limit", float(number)))
    assert found == (2.0, 1.0)
    assert order == ["limit", "ours", "ours", "limit", "limit", "ours"]


@pytest.mark.parametrize(("ours", "held"), [(1.4, True), (1.5, True), (1.6, False)])
def test_a_bound_holds_up_to_itself(ours: float, *, held: bool) -> None:
    assert Ratio("what", "peer", ours, 1.0, 1.5).held is held


def test_the_table_names_the_limit_and_says_what_does_not_hold() -> None:
    out = io.StringIO()
    show(
        [Ratio("ours", "its peer", 3.0, 0.5, 2.0), Ratio("fine", "its peer", 0.001, 0.001, 2.0)],
        Console(file=out, width=140),
    )
    text = out.getvalue()
    assert "its peer" in text
    assert "6.00" in text
    assert "NO" in text
    assert "1.00 ms" in text


def test_time_is_what_the_work_took() -> None:
    assert 0 <= seconds(lambda: None) < 60
