"""Rule sets and bids of every kind of nonsense: a result or a `Refusal`, never a traceback, never more than a second.

Each case takes a rule set that holds (templates, the whole one, one a price rule, one without a price), changes up to
four places of it or of its form, makes bids, marks, draws and limits that fit it more or less, and hands them to the
linter, the engine (and `moves`), the simulator, or the reader of files. 50,000 cases with `MINGJING_LONG=1`, in ten
parts that can be run one at a time:

    MINGJING_LONG=1 pytest tests/property/test_rules_fuzz.py -k part3

The second is one of processor time, of this process alone: other work on the machine does not count.
"""

from __future__ import annotations

import copy
import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from bidding.form import Form, check_form
from evaluation.inputs.derive import derive_form
from evaluation.inputs.documents import read_document
from evaluation.rules import Lot, OpenedBid, Report, RuleSet, check_rule_set, evaluate, lint
from evaluation.rules.document import read
from evaluation.rules.moves import moves
from evaluation.rules.relations import relations
from evaluation.rules.schema import check_shape
from evaluation.rules.templates import NAMES, example, load
from evaluation.simulate import answers, honest, limits, prior
from ledger.basics.errors import Refusal
from tests.property.test_rules_schema import PARAMS, POOL, places
from tests.support.sampling import LONG, sample
from tests.support.tree import ROOT
from tests.unit.evaluation import whole_rules
from tests.unit.evaluation.rules_kit import ALPHA, CEILING, F1_PRICE, F3_PRICE, priced

PARTS: Final = 10
CASES: Final = sample(50_000, 400) // PARTS
SECOND: Final = 1.0

Documents = tuple[dict[str, Any], dict[str, Any]]


def _from_file(name: str) -> Documents:
    rules: Any = read_document((ROOT / "docs/formats/examples" / name).read_bytes())
    return rules, derive_form(read(rules))


def _drawing(rule: str, params: dict[str, Any]) -> Documents:
    """A rule set with this price rule alone, and lists for what it draws."""
    names = {value for value in params.values() if isinstance(value, str) and value.startswith(("c_", "d"))}
    draws = [{"name": name, "values": ["2", "10", "85"]} for name in sorted(names)]
    return priced({**F1_PRICE, "rule": rule, "params": params}, draws=draws)


SEEDS: Final[list[Documents]] = [
    *(load(name) for name in NAMES),
    (whole_rules.rules(), whole_rules.form()),
    (whole_rules.rules(law="procurement", jurisdiction="CN"), whole_rules.form()),
    priced(F3_PRICE),
    *(_drawing(rule, params) for rule, params in PARAMS.items()),
    *(_from_file(name) for name in ("services.yaml", "floor-jp.yaml", "judging-1.2.yaml")),
]
# What parameters are changed to where a shape lets them: edges of ranges, and what divides badly.
NUMBERS: Final = ("0", "1", "-1", "3", "7", "100", "0.3333333333", "999999999999999", "-99.9999999999", "65", "50")
WORDS: Final = ("price", "none", "procurement", "tendering", "CN", "draw", "lower_price", "mark:price", "2026-12-01")
PRICES: Final = ("0.01", "1", "100", "9000000", "9500000.55", "10000000", "10000000.01", "0", "-1", "1e9", "", "NaN")
TEXTS: Final = st.one_of(st.sampled_from((*PRICES, "yes", "no", "3", "壹佰元整")), st.text(max_size=6))


class TooLong(Exception):
    """A case took more than its second of processor time."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Stops what takes more processor time than that, a hang included, and fails what has taken it.

    Only the main thread gets the signal; pytest runs tests there.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong(f"signal {number} in {frame.f_code.co_filename}:{frame.f_lineno}" if frame else "")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    began = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    if time.process_time() - began > seconds:
        raise TooLong


def judged(work: Callable[[], object]) -> object:
    """What `work` gives, or its refusal; anything else that it raises fails the test, and so does a second."""
    with deadline(SECOND):
        try:
            return work()
        except Refusal as why:
            return why


@st.composite
def documents(draw: st.DrawFn, seeds: list[Documents]) -> Documents:
    """A rule set and its form, changed in up to four places.

    Most changes leave the shape as it must be, or nothing behind the shape would ever be reached.
    """
    rules, form = copy.deepcopy(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 4))):
        asked = draw(st.integers(0, 4)) == 0
        changed = copy.deepcopy(form if asked else rules)
        change(draw, changed)
        if draw(st.integers(0, 9)) == 0 or whole(check_form if asked else check_shape, changed):
            rules, form = (rules, changed) if asked else (changed, form)
    return rules, form


def whole(check: Callable[[object], object], document: object) -> bool:
    """Whether a document has its shape."""
    try:
        check(document)
    except Refusal:
        return False
    return True


def change(draw: st.DrawFn, document: dict[str, Any]) -> None:
    """One place of a document becomes something else, is left out, or stands twice."""
    everywhere = places(document)
    container, key = everywhere[draw(st.integers(0, len(everywhere) - 1))]
    old = container[key]
    match draw(st.integers(0, 9)):
        case 0 if isinstance(container, dict):
            del container[key]
        case 0 | 1 if isinstance(container, list):
            container.insert(key, copy.deepcopy(old))
        case 2 | 3 | 4:
            same = [other[at] for other, at in everywhere if type(other[at]) is type(old)]
            container[key] = copy.deepcopy(same[draw(st.integers(0, len(same) - 1))])
        case 1 | 5 | 6 | 7 if isinstance(old, str):
            container[key] = draw(st.sampled_from((*NUMBERS, *WORDS)))
        case 1 | 5 | 6 | 7 if type(old) is int:
            container[key] = draw(st.one_of(st.integers(0, 20), st.integers(-1, 2**53)))
        case _:
            container[key] = copy.deepcopy(draw(st.sampled_from(POOL)))


def answered(draw: st.DrawFn, form: Form, base: Mapping[str, Any]) -> dict[str, dict[str, object]]:
    """Answers to every question: mostly what its kind wants, sometimes anything, sometimes none."""
    made: dict[str, dict[str, object]] = {}
    for part, questions in form.parts.items():
        given = made.setdefault(part, {})
        for question in questions:
            chance = draw(st.integers(0, 39))
            if chance == 17:
                continue
            if chance == 23:
                given[question.id] = draw(TEXTS)
            elif question.choices:
                given[question.id] = draw(st.sampled_from(question.choices))
            elif question.id in base and draw(st.booleans()):
                given[question.id] = base[question.id]
            elif question.kind == "date":
                given[question.id] = draw(st.sampled_from(("2026-01-01", "2030-12-31")))
            elif question.kind == "money":
                given[question.id] = str(draw(st.integers(1, CEILING // 100)))
            elif question.kind == "text":
                given[question.id] = draw(st.sampled_from(("x", "y")))
            else:
                given[question.id] = str(draw(st.integers(0, 200)))
    return made


@st.composite
def lots(draw: st.DrawFn, rules: RuleSet, form: Form) -> tuple[Lot, list[OpenedBid]]:
    """A lot and bids that fit the rule set more or less."""
    wide = st.integers(0, 29)
    base: dict[str, Any] = {"price": draw(st.sampled_from(PRICES[:7]))}
    count = draw(st.sampled_from((0, 1, 2, 3, 4, 5, 8, 16)))
    bids = [OpenedBid(f"b{number:02}", answered(draw, form, base)) for number in range(count)]
    drawn = {name: draw(st.sampled_from(values)) for name, values in rules.draws.items() if draw(wide) != 13}
    experts: dict[str, dict[str, dict[str, str]]] = {}
    least = rules.panel.least if rules.panel is not None else 3
    jury = [f"e{number}" for number in range(min(least, 20) + draw(st.integers(0, 3)))]
    for criterion in rules.criteria:
        if criterion.by_experts:
            scale = (str(criterion.body["range"]["min"]), str(criterion.body["range"]["max"]))
            found = st.sampled_from((*scale, *scale, *scale, "1", "0.5", "-1", "1e9", "x"))
            marks = scale if draw(st.integers(0, 4)) else tuple(draw(st.lists(found, min_size=1, max_size=4)))
            experts[criterion.id] = {
                bid.key: {expert: marks[(at + row) % len(marks)] for at, expert in enumerate(jury)}
                for row, bid in enumerate(bids)
            }
    limit = st.sampled_from((None, 1, CEILING, 2**53 - 1))
    ceiling = draw(st.sampled_from((CEILING, CEILING, CEILING, None, 1))) if rules.ceiling is None else rules.ceiling
    floor = draw(limit) if rules.floor else None
    explained = {bid.key: draw(st.booleans()) for bid in bids if draw(st.integers(0, 99)) == 57}
    alpha = ALPHA if draw(wide) != 13 else None
    return Lot("lot-1", drawn, alpha, ceiling, floor, experts, explained), bids


def linted(draw: st.DrawFn, rules: dict[str, Any], form: dict[str, Any]) -> None:
    """With and without its form, with and without a ceiling."""
    asked = draw(st.sampled_from((None, form, form)))
    ceiling, touch = draw(st.sampled_from((None, 1, CEILING))), draw(st.sampled_from(("panel", "none")))
    found = judged(lambda: lint(rules, asked, ceiling, touch=touch))
    assert isinstance(found, list)  # the linter has a finding for whatever it is given, and refuses nothing
    assert json.dumps([(one.code, dict(one.params), one.path) for one in found])


def scored(draw: st.DrawFn, rules: dict[str, Any], form: dict[str, Any]) -> None:
    """The engine, and a second time with another answer."""
    checked = judged(lambda: _checked(rules, form))
    if not isinstance(checked, tuple):
        return
    own, asked = checked
    lot, bids = draw(lots(own, asked))
    report = judged(lambda: evaluate(own, asked, lot, bids))
    if isinstance(report, Refusal) or not bids:
        event("refused" if isinstance(report, Refusal) else "no bid")
        return
    event("scored")
    questions = [question.id for part in asked.parts.values() for question in part]
    if draw(st.integers(0, 3)) == 0 and questions:
        change = {bids[0].key: {draw(st.sampled_from(questions)): draw(TEXTS)}}
        judged(lambda: moves(own, asked, lot, bids, change))


def simulated(draw: st.DrawFn, rules: dict[str, Any], form: dict[str, Any]) -> None:
    """What is out of bounds is refused; within them honest tenders are played, as few as there can be."""
    checked = judged(lambda: _checked(rules, form))
    if not isinstance(checked, tuple):
        return
    own, asked = checked
    small, few, odd = st.integers(3, 6), st.just(100), st.sampled_from((-1, 0, 1, 2, 61, 99, 20_001, 2**63, 2**70))
    kind = draw(st.integers(0, 9))
    bidders, trials = draw(odd if kind == 0 else small), draw(odd if kind == 1 else few)
    seed = draw(odd) if kind == 2 else 1
    good = st.sampled_from(("lognormal:90,5", "normal:60,50", "lognormal:99.9999,0.1"))
    stated = draw(st.sampled_from(("best:1,2", "normal:0,0", "")) if kind == 3 else good)
    markup = draw(st.sampled_from((-1.0, 2.0, float("nan"))) if kind == 4 else st.sampled_from((None, 0.0, 0.03)))

    def play() -> object:
        limits.check(bidders, trials, seed)
        ceiling = own.ceiling or limits.CEILING
        known = answers.distributions(own, asked, {})
        run = (seed, "honest", trials, bidders)
        return honest.told(own, honest.play(own, known, prior.parse(stated, markup), ceiling, run), ceiling)

    event("not simulated" if isinstance(judged(play), Refusal) else "simulated")


def read_from_a_file(draw: st.DrawFn, rules: dict[str, Any], form: dict[str, Any]) -> None:
    """JSON and YAML with some characters changed; what can still be read goes on to the linter."""
    del form
    spelled = (
        json.dumps(rules, ensure_ascii=False) if draw(st.booleans()) else yaml.safe_dump(rules, allow_unicode=True)
    )
    text = list(spelled)
    for _ in range(draw(st.integers(0, 3))):
        text[draw(st.integers(0, len(text) - 1))] = draw(st.sampled_from((*'{}[],:"&*!-~ \n\t0', "键", "\x00")))
    data = "".join(text[draw(st.sampled_from((0, 0, 0, 1, 40))) :]).encode(draw(st.sampled_from(("utf-8", "gb18030"))))
    found = judged(lambda: read_document(data))
    if not isinstance(found, Refusal):
        judged(lambda: lint(found))
        judged(lambda: derive_form(read(found)))


def _checked(rules: dict[str, Any], form: dict[str, Any]) -> tuple[RuleSet, Form]:
    asked = check_form(form)
    list(relations(read(rules), asked))  # all of it, not only the first
    return check_rule_set(rules, asked), asked


WAYS: Final = (linted, scored, scored, scored, simulated)


@pytest.mark.parametrize("part", range(PARTS), ids=lambda part: f"part{part}")
def test_nonsense_gets_a_result_or_a_refusal_within_a_second(part: int) -> None:
    @settings(
        max_examples=CASES, deadline=None, derandomize=not LONG, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.data())
    def one(data: st.DataObject) -> None:
        rules, form = data.draw(documents(SEEDS[part::PARTS]))
        ways = (*WAYS, read_from_a_file) if data.draw(st.integers(0, 9)) == 0 else WAYS
        data.draw(st.composite(data.draw(st.sampled_from(ways)))(rules, form))

    one()


def test_a_case_that_hangs_is_stopped_and_one_that_is_slow_is_told() -> None:
    def spin() -> None:
        while True:
            pass

    with pytest.raises(TooLong), deadline(0.05):
        spin()
    with deadline(5):
        assert example(NAMES[0])


def test_the_largest_rule_set_that_has_a_shape_takes_no_longer() -> None:
    bands = [{"below": "1", "points": "0"}]
    bands += [{"from": str(edge), "below": str(edge + 1), "points": "0.5"} for edge in range(1, 99)]
    bands += [{"from": "99", "points": "1"}]
    title = {"zh": "字" * 200, "en": "x" * 200}
    rules, form = _drawing("F8", PARAMS["F8"])
    rules["draws"] = [{**one, "values": [f"0.{number:04}1" for number in range(1000)]} for one in rules["draws"]]
    rules["criteria"] = [
        {"id": f"c{at}", "kind": "bands", "clause": str(at), "title": title, "question": f"q{at}", "bands": bands}
        for at in range(100)
    ]
    asked = [{"id": f"q{at}", "kind": "integer", "title": title, "required": True} for at in range(100)]
    form["parts"]["offer"] += asked
    found = judged(lambda: lint(rules, form, CEILING))
    assert isinstance(found, list)
    assert [one.code for one in found if one.level == "error" and one.code.startswith(("shape.", "rules."))] == []
    checked = judged(lambda: _checked(rules, form))
    assert isinstance(checked, tuple)
    own, held = checked
    given_all = {f"q{at}": str(at) for at in range(100)}
    bids = [OpenedBid(f"b{at:02}", {"offer": {"price": str(9_000_000 + at), **given_all}}) for at in range(60)]
    drawn = {one["name"]: one["values"][7] for one in rules["draws"]}
    report = judged(lambda: evaluate(own, held, Lot("lot-1", drawn, ALPHA, CEILING), bids))
    assert isinstance(report, Report)
    assert not report.failed
