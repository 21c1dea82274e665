"""Honest bids under a whole rule set: the real evaluation of the same bids says the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pytest

from bidding.form import Form, read_answer
from evaluation.rules import Lot, OpenedBid, RuleSet, criteria, evaluate
from evaluation.simulate import answers, honest, report, sheet
from evaluation.simulate.charts import charts
from evaluation.simulate.prior import Prior
from evaluation.simulate.scene import NOBODY
from evaluation.simulate.study import Asked, study
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan
from tests.support.sampling import sample
from tests.unit.evaluation import whole_rules
from tests.unit.evaluation.rules_kit import (
    ALPHA,
    CEILING,
    F1_PRICE,
    F3_PRICE,
    HALF_UP_2,
    LOT,
    checked,
    checklist,
    lowest,
    priced,
)

PRIOR: Final = Prior()


def trial(rules: RuleSet, form: Form, trials: int, bidders: int, fail: float = 0.2) -> Any:
    known = answers.distributions(rules, form, None, fail)
    return known, honest.play(rules, known, PRIOR, CEILING, (3, "t", trials, bidders))


def opened(known: Any, played: Any, row: int, column: int) -> OpenedBid:
    given = {name: answer.texts[played.sample.picked[name][row, column]] for name, answer in known.items()}
    price = yuan(int(played.scene.honest[row, column]))
    return OpenedBid(f"{column:064x}", {"offer": {"price": price, **given}})


@pytest.mark.parametrize("min_valid", [1, 3])
def test_the_real_evaluation_of_the_same_bids_says_the_same(min_valid: int) -> None:
    price = {**checklist()[0]["price"]}
    rules, form = checked(checklist(min_valid=min_valid, price=price))
    trials = sample(300, 60)
    known, played = trial(rules, form, trials, 4)
    compared = 0
    for row in range(trials):
        bids = [opened(known, played, row, column) for column in range(4)]
        draws = {
            name: values[int(played.scene.luck.each(f"draw:{name}")[row] * len(values))]
            for name, values in rules.draws.items()
        }
        made = evaluate(rules, form, Lot(LOT, draws, ALPHA, CEILING), bids)
        winner = int(played.played.winner[row])
        assert made.failed == (winner == NOBODY)
        if made.failed:
            continue
        for line in made.ranking:
            column = int(line["bid_key"], 16)
            quality = float(played.scene.quality[row, column])
            assert abs(float(line["total"]) - quality - played.played.marks[row, column]) < 0.011
        first = [line for line in made.ranking if line["rank"] == 1]
        second = [float(line["total"]) for line in made.ranking if line["rank"] > 1]
        if not second or float(first[0]["total"]) - second[0] > 0.02:
            assert int(first[0]["bid_key"], 16) == winner
            compared += 1
    assert compared > trials // 3


def test_answers_are_what_the_form_admits_and_vetoes_reject_their_share() -> None:
    rules, form = checked(checklist())
    known = answers.distributions(rules, form, None, 0.1)
    assert set(known) == {"safety-licence", "grade", "duration", "warranty", "similar-works"}
    for answer in known.values():
        assert abs(answer.weights.sum() - 1) < 1e-12
        assert [read_answer(answer.question, text) for text in answer.texts] == list(answer.values)
    licence = known["safety-licence"]
    assert dict(zip(licence.texts, licence.weights.round(6).tolist(), strict=True)) == {"yes": 0.9, "no": 0.1}
    assert known["grade"].texts == ("special", "first", "second", "third")
    assert (min(known["duration"].values), max(known["duration"].values)) == (105, 285)
    assert known["warranty"].texts[0] == "2"
    assert known["warranty"].texts[-1] == "5"
    assert known["similar-works"].texts == ("0", "1", "2", "3", "4")


def test_every_criterion_can_give_its_best_and_its_least() -> None:
    rules, form = checked(checklist())
    known = answers.distributions(rules, form)
    drawn = answers.sample(rules, known, 1, "t", (2000, 5))
    for criterion in rules.scored:
        assert drawn.marks[criterion.id].max() == float(criteria.best(criterion))
        assert drawn.marks[criterion.id].min() == 0


@pytest.mark.parametrize(
    ("question", "bounds", "values"),
    [
        ("warranty", {"min": "2.5", "max": "40"}, 2),
        ("duration", {"min": "90"}, 2),
    ],
)
def test_a_veto_by_bounds_has_values_on_both_sides(question: str, bounds: dict[str, str], values: int) -> None:
    extra = {"id": "veto", "kind": "veto", "clause": "9", "title": {"zh": "界", "en": "Bound"}, "question": question}
    documents = checklist()
    rules, form = checked(
        (
            {**documents[0], "criteria": [*documents[0]["criteria"], {**extra, **bounds}]},
            documents[1],
        )
    )
    known = answers.distributions(rules, form, None, 0.25)[question]
    veto = next(one for one in rules.criteria if one.id == "veto")
    passed = np.array([criteria.passes(veto, known.question, value) for value in known.values])
    assert len(known.values) >= values
    if not passed.all():
        assert abs(known.weights[~passed].sum() - 0.25) < 1e-9
    assert [read_answer(known.question, text) for text in known.texts] == list(known.values)


def test_criteria_that_no_answer_feeds_alone_are_refused() -> None:
    title = {"zh": "界", "en": "Bound"}
    veto = {"id": "veto", "kind": "veto", "clause": "9", "title": title, "question": "price", "max": "900.00"}
    rules, form = checked(lowest(criteria=[veto]))
    with pytest.raises(Refusal) as refused:
        answers.distributions(rules, form)
    assert refused.value.code == "simulate.price_criterion"


def test_a_kind_that_nobody_knows_is_refused() -> None:
    rules, form = checked(checklist())
    panel = replace(rules.criteria[0], kind="wheel")
    with pytest.raises(Refusal) as refused:
        answers.distributions(replace(rules, criteria=(panel,)), form)
    assert refused.value.code == "simulate.kind"


def test_answers_can_be_stated() -> None:
    rules, form = checked(checklist())
    known = answers.distributions(rules, form, {"grade": {"special": 3, "third": 1}})
    drawn = answers.sample(rules, known, 1, "t", (4000, 5))
    assert set(np.unique(drawn.marks["qualification"])) == {0.0, 10.0}
    assert abs((drawn.marks["qualification"] == 10).mean() - 0.75) < 0.02


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"nothing": {"a": 1.0}}, "simulate.answers"),
        ({"grade": {}}, "simulate.answers"),
        ({"grade": {"special": -1.0, "third": 2.0}}, "simulate.answers"),
        ({"grade": {"special": 0.0}}, "simulate.answers"),
        ({"grade": {"special": float("inf")}}, "simulate.answers"),
        ({"grade": {"special": float("nan")}}, "simulate.answers"),
        ({"grade": {"best": 1.0}}, "form.not_a_choice"),
        ({"duration": {"0": 1.0}}, "form.too_small"),
    ],
)
def test_what_nobody_could_answer_is_refused(given: dict[str, dict[str, float]], code: str) -> None:
    rules, form = checked(checklist())
    with pytest.raises(Refusal) as refused:
        answers.distributions(rules, form, given)
    assert refused.value.code == code


def test_figures_of_a_checklist() -> None:
    rules, form = checked(checklist())
    found = honest.study(rules, form, PRIOR, CEILING, (1, "t", 3000, 20))
    assert [one.name for one in found.spreads] == ["qualification", "time", "warranty", "experience", "price", "total"]
    for spread in found.spreads:
        assert list(spread.quantiles) == sorted(spread.quantiles)
        assert abs(sum(spread.shares) - 1) < 1e-9
        assert spread.quantiles[0] <= spread.mean <= spread.quantiles[-1] <= spread.full
    assert abs(sum(one.mean for one in found.spreads[:-1]) - found.spreads[-1].mean) < 1e-6
    assert {(one.name, one.by) for one in found.moved} == {
        (name, by) for name in ("qualification", "time", "warranty", "experience", "price") for by in (-5, 5)
    }
    assert all(0.01 < one.changed < 0.5 for one in found.moved)
    assert found.quality_wins > 0.9  # 40 points of quality against a price that hardly parts
    assert abs(found.rejected - answers.FAIL) < 0.003
    assert found.reasons == {"safety": found.rejected}
    assert abs(found.valid - 20 * (1 - found.rejected)) < 1e-9
    assert found.failed == 0


def test_the_lowest_price_wins_where_it_alone_counts() -> None:
    rules, form = checked(lowest())
    found = honest.study(rules, form, PRIOR, CEILING, (1, "t", 1000, 5))
    assert found.quality_wins == 0
    assert found.spreads == ()
    assert found.moved == ()
    assert found.price < 0.87


def test_a_lot_without_a_valid_bid_fails() -> None:
    rules, form = checked(checklist())
    known = answers.distributions(rules, form, {"safety-licence": {"no": 1.0}})
    found = honest.told(rules, honest.play(rules, known, PRIOR, CEILING, (1, "t", 200, 5)), CEILING)
    assert (found.failed, found.rejected, found.valid) == (1, 1, 0)
    assert found.spreads == ()


def test_a_price_alone_has_no_weight_to_move() -> None:
    rules, form = checked(checklist(criteria=[], draws=[], price={**F3_PRICE, "weight": "100"}))
    found = honest.study(rules, form, PRIOR, CEILING, (1, "t", 200, 5))
    assert found.moved == ()
    assert len(found.spreads) == 2


def test_a_whole_rule_set_is_played_as_it_is_evaluated() -> None:
    """Experts, a threshold, a stage with a weight: the parts of real reports add up as those of the batch."""
    document = whole_rules.rules()
    for member in ("evaluated_price", "same_brand", "abnormally_low"):
        del document[member]
    rules, form = checked((document, whole_rules.form()))
    known = answers.distributions(rules, form, None, 0.1)
    assert set(known) == {"iso", "days"}
    played: Any = honest.play(rules, known, PRIOR, CEILING, (5, "t", 40, 4))
    for row in range(40):
        bids: list[OpenedBid] = []
        panel: dict[str, dict[str, dict[str, str]]] = {name: {} for name in whole_rules.TECHNICAL}
        for column in range(4):
            price = int(played.scene.honest[row, column])
            given = {name: answer.texts[played.sample.picked[name][row, column]] for name, answer in known.items()}
            key = f"{column:064x}"
            offer = {**whole_rules.bid(key, 2, **given).answers["offer"], "price": yuan(price), "brand": "x"}
            bids.append(OpenedBid(key, {"offer": offer}))
            for name in whole_rules.TECHNICAL:
                mark = played.sample.marks[name][row, column] / (2 if name == "service" else 1)
                panel[name][key] = dict.fromkeys(whole_rules.EXPERTS, f"{mark:.2f}")
        made = evaluate(rules, form, Lot(LOT, {}, ALPHA, CEILING, experts=panel), bids)
        winner = int(played.played.winner[row])
        assert made.failed == (winner == NOBODY)
        totals = {int(line["bid_key"], 16): float(line["total"]) for line in made.ranking}
        assert set(totals) == set(np.flatnonzero(np.isfinite(played.prices[row])))
        for column, total in totals.items():
            batch = played.scene.quality[row, column] + played.played.marks[row, column]
            assert abs(total - batch) < 0.011
        best = sorted(totals.values(), reverse=True)
        if len(best) > 1 and best[0] - best[1] > 0.02:
            assert max(totals, key=lambda one: totals[one]) == winner
    found = honest.told(rules, played, CEILING)
    assert set(found.reasons) == {"certified", "technical"}
    assert found.reasons["technical"] > 0.3
    assert {one.name: one.full for one in found.spreads} == {"delivery": 10, "technical": 60, "price": 30, "total": 100}


def test_what_is_not_played_is_said() -> None:
    rules, form = checked((whole_rules.rules(), whole_rules.form()))
    made = study(rules, form, Asked(bidders=4, trials=100, compare=False))
    document: dict[str, Any] = report.document(made, rules, form)
    assert [one["member"] for one in document["left_out"]] == ["adjustments", "abnormally_low", "same_brand"]
    for lang in ("zh", "en"):
        assert all(one[lang] in sheet.assumed(lang, document)[-1] for one in document["left_out"])
        assert charts(document, lang)


def counting(price: dict[str, Any] | None, **evaluated: Any) -> tuple[RuleSet, Form]:
    """Deductions, a share and a feature by three answers; marks by F1 or the lowest evaluated price."""
    documents = lowest() if price is None else priced(price)
    title = {"zh": "一", "en": "one"}
    common = {"clause": "4", "title": title}
    made = {
        "clause": "4",
        "deductions": [
            {**common, "id": "small", "question": "size", "per_cent": {"micro": "10", "large": "0"}},
            {**common, "id": "green", "question": "green", "per_cent": {"yes": "4", "no": "0"}},
        ],
        "adjustments": [
            {**common, "kind": "share", "id": "late", "question": "late", "per_cent": {"yes": "1.5", "no": "0"}}
        ],
        "features": [{**common, "id": "warranty", "question": "long", "points": {"yes": "20", "no": "0"}}],
        "rounding": HALF_UP_2,
        **evaluated,
    }
    documents[0]["evaluated_price"] = {name: member for name, member in made.items() if member}
    documents[1]["parts"]["offer"] += [
        whole_rules.chosen("size", "micro", "large"),
        *(whole_rules.asked(name, "boolean") for name in ("green", "late", "long")),
    ]
    return checked(documents)


@pytest.mark.parametrize("price", [None, {**F1_PRICE, "weight": "100"}, {**F3_PRICE, "weight": "100"}])
def test_evaluated_prices_are_those_of_the_real_evaluation(price: dict[str, Any] | None) -> None:
    rules, form = counting(price)
    trials, bidders = sample(300, 60), 5
    known, played = trial(rules, form, trials, bidders)
    assert set(known) == {"size", "green", "late", "long"}
    prices = played.scene.evaluated(played.scene.honest)
    settled = 0
    for row in range(trials):
        made = evaluate(rules, form, Lot(LOT, {}, ALPHA), [opened(known, played, row, at) for at in range(bidders)])
        for column in range(bidders):
            found = made.sheets[f"{column:064x}"]["certificates"]
            (cost,) = [one["result"] for one in found if one["criterion"] == "evaluated_price"]
            assert abs(float(Fraction(cost)) * 100 - prices[row, column]) < 1.01
        first, second = made.ranking[:2]
        near = first["total"] and float(first["total"]) - float(second["total"]) < 0.02
        if not near:
            assert int(first["bid_key"], 16) == played.played.winner[row]
            settled += 1
    assert settled > trials // 3


def test_small_enterprises_win_more_often_by_their_deduction() -> None:
    def share(rate: str) -> tuple[float, float]:
        title = {"zh": "小", "en": "small"}
        one = {
            "id": "small",
            "clause": "4",
            "title": title,
            "question": "size",
            "per_cent": {"micro": rate, "large": "0"},
        }
        rules, form = counting(None, deductions=[one], adjustments=[], features=[])
        known = answers.distributions(rules, form, {"size": {"micro": 1.0, "large": 3.0}})
        played = honest.play(rules, known, PRIOR, CEILING, (1, "t", 4000, 8))
        small = known["size"].texts.index("micro")
        won = played.sample.picked["size"][np.arange(4000), played.played.winner] == small
        return float(won.mean()), float(honest.told(rules, played, CEILING).price)

    (fair, low), (more, dear) = share("0"), share("10")
    assert abs(fair - 0.25) < 0.03
    assert more > 0.6
    assert dear > low, "the contract is made at the bid, not at what it counts as"


def test_a_ring_of_small_enterprises_is_played() -> None:
    rules, form = counting({**F3_PRICE, "weight": "100"})
    made = study(rules, form, Asked(bidders=5, trials=300, compare=False))
    assert all(np.isfinite([one.most_wins.wins, one.most_wins.price]).all() for one in made.rings)
    assert all(one.most_wins.wins >= one.honest.wins - 0.05 for one in made.rings)
    document: dict[str, Any] = report.document(made, rules, form)
    assert document["left_out"] == []


def test_what_counts_as_nothing_takes_no_part() -> None:
    late = {"kind": "share", "id": "late", "clause": "4", "title": {"zh": "一", "en": "one"}, "question": "late"}
    rules, form = counting(None, adjustments=[{**late, "per_cent": {"yes": "-100", "no": "0"}}])
    found = study(rules, form, Asked(bidders=4, trials=200, compare=False))
    assert 0 < found.honest.price < 1
    known, played = trial(rules, form, 200, 4)
    won = played.played.winner[played.played.winner != NOBODY]
    rows = np.flatnonzero(played.played.winner != NOBODY)
    assert "yes" not in {known["late"].texts[at] for at in played.sample.picked["late"][rows, won]}
