"""Claims: each is heard, none silences the others, nothing is raised."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from ledger import claims
from ledger.basics.errors import Refusal
from ledger.claims import Claim, Failure, Finding, NotApplicable, Remark, claim


@claim("test.positive", article="example art. 1", zh="每个数都是正数", en="every number is positive")
def positive(evidence: list[int]) -> Iterator[Finding]:
    for number in evidence:
        if number < 0:
            yield Failure("number.negative", {"number": number})


@claim("test.small", article="example art. 2", zh="没有大数", en="no number is large")
def small(evidence: list[int]) -> Iterator[Finding]:
    yield Remark("number.counted", {"count": len(evidence)})
    if not evidence:
        raise NotApplicable("number.none", count=0)
    if 1000 in evidence:
        raise Refusal("number.large", number=1000)
    yield Remark("number.checked", {"ratio": 10 // evidence[0]})


def test_a_claim_that_finds_nothing_holds() -> None:
    (result,) = claims.run([positive], [1, 2])
    assert (result.claim, result.verdict, result.failures, result.holds) == ("test.positive", "holds", (), True)


def test_every_failure_is_told_and_the_next_claim_still_runs() -> None:
    first, second = claims.run([positive, small], [5, -1, -2])
    assert first.verdict == "fails"
    assert first.failures == (Failure("number.negative", {"number": -1}), Failure("number.negative", {"number": -2}))
    assert second.verdict == "holds"
    assert second.remarks == (Remark("number.counted", {"count": 3}), Remark("number.checked", {"ratio": 2}))


def test_a_refusal_inside_a_claim_is_its_failure() -> None:
    (result,) = claims.run([small], [1000])
    assert result.failures == (Failure("number.large", {"number": 1000}),)
    assert not result.holds


def test_a_broken_check_fails_without_a_traceback() -> None:
    (result,) = claims.run([small], [0])
    assert result.failures == (Failure("claim.crashed", {"claim": "test.small", "type": "ZeroDivisionError"}),)


def test_not_applicable_states_its_reason() -> None:
    (result,) = claims.run([small], [])
    assert result.verdict == "not_applicable"
    assert result.remarks[-1] == Remark("number.none", {"count": 0})
    assert result.holds


def test_not_applicable_cannot_hide_a_failure() -> None:
    @claim("test.sly", article="example", zh="狡猾", en="sly")
    def sly(_: object) -> Iterator[Finding]:
        yield Failure("sly.caught")
        raise NotApplicable("sly.excuse")

    (result,) = claims.run([sly], None)
    assert result.verdict == "fails"
    assert result.remarks == (Remark("sly.excuse"),)


def test_a_modules_claims_are_collected_in_order_and_ids_are_unique() -> None:
    module = ModuleType("example")
    module.__dict__.update(first=positive, again=positive, second=small, other=3)
    assert [one.id for one in claims.collect(module)] == ["test.positive", "test.small"]
    clash = ModuleType("clash")
    clash.__dict__["mine"] = Claim("test.small", "x", "x", "x", lambda _: ())
    with pytest.raises(ValueError, match="two claims"):
        claims.collect(module, clash)


def test_the_printed_list_is_in_both_languages() -> None:
    assert claims.listing([positive], "en") == ["test.positive: every number is positive (example art. 1)"]
    assert claims.listing([positive], "zh") == ["test.positive：每个数都是正数（example art. 1）"]


@pytest.mark.parametrize(
    ("name", "article", "zh", "en"),
    [("positive", "a", "z", "e"), ("Test.x", "a", "z", "e"), ("t.x", "", "z", "e"), ("t.x", "a", "", "e")],
)
def test_a_claim_without_id_article_or_words_is_none(name: str, article: str, zh: str, en: str) -> None:
    with pytest.raises(ValueError, match="dotted id"):
        claim(name, article=article, zh=zh, en=en)
