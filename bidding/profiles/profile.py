"""A clock profile: every period and rule of one procedure in one place, each number with its article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from bidding import shape
from ledger.basics.canonical import MAX_INT, Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H

Unit = Literal["second", "day", "working_day"]

# What a profile must say. Objections to the documents are counted back from the deadline (works) or on from the
# publication (government procurement): exactly one of the two.
PERIODS: Final = (
    "documents_available",
    "bid_preparation",
    "addendum_before_deadline",
    "objection_reply",
    "opening_objection",
    "opening_wait",
    "candidates_published",
    "standstill",
    "award",
    "contract",
    "deposit_return",
    "complaint",
    "complaint_acceptance",
    "complaint_decision",
)
# For an explanation of an abnormally low price the rule set says how long; a demonstration shortens it.
SHORTENED: Final = ("explanation",)
OBJECTION_PERIODS: Final = ("document_objection_before_deadline", "document_objection_after_publication")
# Which law a rule set must say it is under; "none" (demonstration) takes any.
LAWS: Final = ("tendering", "procurement", "none")
CATEGORIES: Final = ("works", "goods", "services")
EXCLUSION_RULES: Final = ("same_organisation", "same_person", "holding")

_ARTICLE: Final = shape.text(300)
_PERIOD: Final = shape.record(
    {"amount": shape.integer(0, 1_000_000), "unit": shape.one_of("second", "day", "working_day"), "article": _ARTICLE}
)
_PERCENT: Final = shape.record({"value": shape.decimal, "article": _ARTICLE})
_SHAPE: Final = shape.record(
    {
        "v": shape.integer(1, 1),
        "id": shape.identifier,
        "version": shape.integer(1, 1_000_000),
        "title": shape.title,
        "procedure": shape.one_of("open"),
        "law": shape.one_of(*LAWS),
        "categories": shape.array(shape.one_of(*CATEGORIES), 1, 3),
        "demonstration": shape.boolean,
        "no_touch": shape.record(
            {
                "below_fen": shape.record({name: shape.integer(0, MAX_INT) for name in CATEGORIES}),
                "article": _ARTICLE,
                "local_rule": shape.record(
                    {
                        "name": shape.matching(r"[\s\S]{0,200}", "text"),
                        "article": shape.matching(r"[\s\S]{0,300}", "text"),
                        "regions": shape.array(shape.text(64), 0, 4000),
                    }
                ),
            }
        ),
        "min_bids": shape.record({"value": shape.integer(3, 100), "article": _ARTICLE}),
        "ceiling": shape.record({"article": _ARTICLE}),
        "rolls_to_working_day": shape.record({"value": shape.boolean, "article": _ARTICLE}),
        "exclusions": shape.array(
            shape.record({"rule": shape.one_of(*EXCLUSION_RULES), "article": _ARTICLE}), 0, len(EXCLUSION_RULES)
        ),
        "percentages": shape.record({"performance_bond_most": _PERCENT, "deposit_most": _PERCENT}),
        "periods": shape.record(
            dict.fromkeys(PERIODS, _PERIOD),
            dict.fromkeys((*OBJECTION_PERIODS, *SHORTENED), _PERIOD),
        ),
    }
)


@dataclass(frozen=True)
class Period:
    """So many seconds, days or working days, and the article that says so."""

    amount: int
    unit: Unit
    article: str


@dataclass(frozen=True)
class Exclusion:
    """A rule that rejects all the bids it finds: same_organisation, same_person, holding."""

    rule: str
    article: str


@dataclass(frozen=True)
class NoTouch:
    """Where the machine's marks may award by themselves: below an estimate (fen), or under a named local rule.

    `regions`: where the local rule is in force; empty means wherever the profile is.
    """

    below_fen: Mapping[str, int]
    article: str
    rule: str
    rule_article: str
    regions: tuple[str, ...]

    def may_award(self, category: str, estimate_fen: int, region: str) -> bool:
        """招标投标法 art. 37 wants a panel for statutory tenders; 16号令 art. 5 says from what estimate on one is."""
        if self.rule and (not self.regions or region in self.regions):
            return True
        return estimate_fen < self.below_fen[category]


@dataclass(frozen=True)
class Profile:
    """A profile that was read and checked. `sha256`: of its canonical document, hex."""

    id: str
    version: int
    sha256: str
    procedure: str
    law: str
    categories: tuple[str, ...]
    demonstration: bool
    no_touch: NoTouch
    min_bids: int
    min_bids_article: str
    ceiling_article: str
    rolls: bool
    exclusions: tuple[Exclusion, ...]
    periods: Mapping[str, Period]

    @classmethod
    def parse(cls, document: object) -> Profile:
        """The profile of a document. Raises `Refusal("shape.*")`, `Refusal("profile.*")` for what is none."""
        _SHAPE(document, "profile")
        got = cast(dict[str, Json], document)
        periods = {
            name: Period(cast(int, item["amount"]), cast(Unit, item["unit"]), cast(str, item["article"]))
            for name, item in cast(dict[str, dict[str, Json]], got["periods"]).items()
        }
        if sum(name in periods for name in OBJECTION_PERIODS) != 1:
            raise Refusal("profile.objection_period")
        demonstration = cast(bool, got["demonstration"])
        for name, period in sorted(periods.items()):
            if period.unit == "second" and not demonstration and name not in ("opening_objection", "opening_wait"):
                raise Refusal("profile.seconds", period=name)
            if name in SHORTENED and not demonstration:
                raise Refusal("profile.shortened", period=name)
        exclusions = tuple(
            Exclusion(cast(str, item["rule"]), cast(str, item["article"]))
            for item in cast(list[dict[str, Json]], got["exclusions"])
        )
        if len({item.rule for item in exclusions}) != len(exclusions):
            raise Refusal("profile.exclusion_twice")
        least = cast(dict[str, Json], got["min_bids"])
        return cls(
            id=cast(str, got["id"]),
            version=cast(int, got["version"]),
            sha256=H(canonical(document)).hex(),
            procedure=cast(str, got["procedure"]),
            law=cast(str, got["law"]),
            categories=tuple(cast(list[str], got["categories"])),
            demonstration=demonstration,
            no_touch=_no_touch(cast(dict[str, Json], got["no_touch"])),
            min_bids=cast(int, least["value"]),
            min_bids_article=cast(str, least["article"]),
            ceiling_article=cast(str, cast(dict[str, Json], got["ceiling"])["article"]),
            rolls=cast(bool, cast(dict[str, Json], got["rolls_to_working_day"])["value"]),
            exclusions=exclusions,
            periods=periods,
        )


def _no_touch(got: Mapping[str, Json]) -> NoTouch:
    rule = cast(dict[str, Json], got["local_rule"])
    name, article = cast(str, rule["name"]).strip(), cast(str, rule["article"]).strip()
    if bool(name) != bool(article):
        raise Refusal("profile.local_rule")
    return NoTouch(
        below_fen=cast(dict[str, int], got["below_fen"]),
        article=cast(str, got["article"]),
        rule=name,
        rule_article=article,
        regions=tuple(cast(list[str], rule["regions"])),
    )
