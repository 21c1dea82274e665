"""The claims about the evaluation and the award, and the whole list in the order in which a tender goes."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from bidding import verify as bidding
from bidding.acts.publish import Setting
from bidding.procedures import Procedure
from bidding.verify import replay
from evaluation.acts import evaluate
from evaluation.acts.publish import check_rules
from evaluation.rules import Report as Marks
from ledger import bundle
from ledger import verify as log
from ledger.basics import signing
from ledger.basics.canonical import MAX_DOCUMENT, Json, parse, parse_object
from ledger.basics.errors import Refusal
from ledger.claims import Claim, Failure, Finding, NotApplicable, Result, claim, run
from ledger.custodian.rulebook import Seen
from ledger.trust import Trust
from ledger.verify.evidence import remember


class Evidence(bidding.Evidence):
    """What the claims about the evaluation read."""

    def marks(self, lot: str) -> Marks:
        """The report made anew from rules, form, opened offers and drawn values."""

        def compute() -> Marks:
            before = replay.procedure_before(self, self.in_lot(lot, "lot.evaluated"))
            return evaluate.report(**self._inputs(lot, before), findings=before.lot(lot).findings)

        return remember(self.__dict__, ("marks", lot), compute)

    def to_explain(self, lot: str, before: Seen) -> tuple[list[Json], int]:
        """Whose price is to be explained and in how many minutes, found anew as the procedure stood before an event."""
        return evaluate.to_explain(**self._inputs(lot, replay.procedure_before(self, before)))

    def _inputs(self, lot: str, before: Procedure) -> dict[str, Any]:
        """What marks of a lot are made from."""
        row = self.notice.lot(lot)
        answers = {
            one.bid_key: dict(one.header.form)
            for one in self.identities(lot)
            if one.header is not None and one.header.form
        }
        opened = self.in_lot(lot, "lot.offers_opened").event.public
        beyond = before.over_bid_limit(lot) or frozenset()
        return {
            "rules": parse(self.document(row.rules)),
            "form": parse(self.document(row.form)),
            "lot": lot,
            "ceiling_fen": row.ceiling_fen,
            "bids": evaluate.opened_bids(opened, self.document, answers, beyond),
            "coefficients": self.in_lot(lot, "lot.coefficients").event.public,
        }

    def prices(self, lot: str) -> Mapping[str, int]:
        """Bid key → price in fen, from the lot's report."""
        report = str(self.in_lot(lot, "lot.evaluated").event.public["report"])
        return evaluate.prices(cast(dict[str, Any], parse_object(self.document(report), MAX_DOCUMENT)))


@claim(
    "rules.published",
    article="招标投标法第40条；实施条例第49条；87号令第55条、第57条",
    zh="评标用的正是公告的规则，规则与表单、最高限价、类别和法律相符",
    en="the rules applied are those published, and fit their form, ceiling, category and law",
)
def rules_published(evidence: Evidence) -> Iterator[Finding]:
    """What publication checks of rule sets; `lot.evaluated` names the notice's."""
    setting = Setting(log={}, persons={}, documents=evidence.bundle.documents, stored={}, known_profiles=frozenset())
    check_rules(evidence.notice, setting)
    for lot in evidence.lots:
        if evidence.has(lot, "lot.evaluated"):
            found = evidence.in_lot(lot, "lot.evaluated").event.public.get("rules")
            if found != evidence.notice.lot(lot).rules:
                yield Failure("rules.other", {"lot": lot})


@claim(
    "explanations.asked",
    article="财库〔2026〕2号；87号令第60条",
    zh="异常低价由规则算出：该说明的都问了，不该问的一个没问，说明时限与规则一致",
    en="who must explain a low price follows from the rules: all of them were asked, nobody else, for the time set",
)
def explanations_asked(evidence: Evidence) -> Iterator[Finding]:
    """The screen again, before the first event that follows the offers; a lot that marks nobody asks nobody."""
    for lot in evidence.reached("lot.offers_opened"):
        asked = evidence.has(lot, "lot.explanations_asked")
        if not asked and not evidence.has(lot, "lot.evaluated"):
            continue
        one = evidence.in_lot(lot, "lot.explanations_asked" if asked else "lot.evaluated")
        rows, minutes = evidence.to_explain(lot, one)
        said = one.event.public if asked else {"asked": [], "minutes": 0}
        if said.get("asked") != rows:
            yield Failure("explanations.other_bids", {"lot": lot})
        elif said.get("minutes") != minutes:
            yield Failure("explanations.other_minutes", {"lot": lot, "wanted": minutes})
    yield from replay.unlawful(evidence, "lot.explanations_asked")


@claim(
    "evaluation.recomputed",
    article="招标投标法第40条；docs/formats/certificate.md",
    zh="评标报告与每份投标的得分单逐字节重新算出，全部一致",
    en="the report and every bid's sheet recompute, byte for byte",
)
def evaluation_recomputed(evidence: Evidence) -> Iterator[Finding]:
    """`evaluate` again: the hash in the event, the summary's bytes, each sheet's bytes."""
    for lot in evidence.reached("lot.evaluated"):
        made, said = evidence.marks(lot), evidence.in_lot(lot, "lot.evaluated").event.public
        if said.get("report") != made.sha256:
            yield Failure("evaluation.other_report", {"lot": lot, "found": str(said.get("report"))[:64]})
        for sha256, page in made.documents().items():
            if evidence.bundle.documents.get(sha256) != page:
                yield Failure("evaluation.page_missing", {"lot": lot, "sha256": sha256})


@claim(
    "evaluation.recorded",
    article="招标投标法第42条；实施条例第44条",
    zh="公布的排名、候选人和流标与报告一致，且在开标异议期之后",
    en="ranking, candidates and failure as published are the report's, and came after the window for objections",
)
def evaluation_recorded(evidence: Evidence) -> Iterator[Finding]:
    """The event's body is the report's; the act that records it would have."""
    for lot in evidence.reached("lot.evaluated"):
        rules = parse(evidence.document(evidence.notice.lot(lot).rules))
        said = evidence.in_lot(lot, "lot.evaluated").event.public
        wanted = evaluate.event_body(evidence.marks(lot), rules)
        for name in ("ranking", "candidates", "failed"):
            if said.get(name) != wanted[name]:
                yield Failure("evaluation.other_result", {"lot": lot, "member": name})
    yield from replay.unlawful(evidence, "lot.evaluated")


@claim(
    "candidates.follow",
    article="实施条例第54条",
    zh="公示的中标候选人、报价和公示期由报告、名单和中标数量限制得出",
    en="the candidates published, their prices and the standstill follow from the report and the limits of the notice",
)
def candidates(evidence: Evidence) -> Iterator[Finding]:
    """Publishing decided anew."""
    evidence.reached("lot.candidates_published")
    yield from replay.unlawful(evidence, "lot.candidates_published")


@claim(
    "award.follows",
    article="招标投标法第45条；实施条例第54条、第55条",
    zh="定标给予第一名（或有理由的下一名）候选人，在公示期满、异议答复之后",
    en="the award goes to the first candidate, or with its reason to the next, after standstill and objections",
)
def award_follows(evidence: Evidence) -> Iterator[Finding]:
    """Awarding decided anew."""
    if not replay.any_of(evidence, "lot.awarded"):
        raise NotApplicable("event.not_yet", type="lot.awarded")
    yield from replay.unlawful(evidence, "lot.awarded", "lot.next_candidate", "lot.contracted", "lot.retendered")


_OWN: Final[tuple[Claim[Any], ...]] = (
    rules_published,
    explanations_asked,
    evaluation_recomputed,
    evaluation_recorded,
    candidates,
    award_follows,
)
CLAIMS: Final[tuple[Claim[Any], ...]] = (*log.CLAIMS, *bidding.CLAIMS, *_OWN)


@dataclass(frozen=True)
class Report:
    """What came out. `known`: whether a trust file was given; `fingerprints`: what to compare where none was."""

    tender: str
    results: tuple[Result, ...]
    known: bool
    fingerprints: Mapping[str, str]

    @property
    def holds(self) -> bool:
        """Whether no claim fails."""
        return all(result.holds for result in self.results)

    @property
    def failing(self) -> tuple[str, ...]:
        """The claims that fail."""
        return tuple(result.claim for result in self.results if not result.holds)

    @property
    def status(self) -> int:
        """The exit status: 0 all holds, 1 something fails, 3 consistent, but nobody knows whose log it is."""
        if not self.holds:
            return 1
        return 0 if self.known else 3


def verify(data: bytes, trust: Trust | None = None) -> Report:
    """Judges a bundle's bytes by a trust file, or (without one) only in itself. Nothing is raised."""
    # What is read is one large tree without cycles: the collector would walk it again and again in vain.
    collecting = gc.isenabled()
    gc.disable()
    try:
        contents = bundle.read(data)
        evidence = Evidence(contents, trust)
        with signing.once():
            results = tuple(run(CLAIMS, evidence))
    finally:
        if collecting:
            gc.enable()
    tender = contents.bundle.tender if contents.bundle else ""
    return Report(tender, results, evidence.known, _fingerprints(evidence))


def _fingerprints(evidence: Evidence) -> dict[str, str]:
    """What identifies whose log a bundle says it is: of the trust file it tells, the log's and the witnesses' keys."""
    try:
        told = evidence.told
    except (Refusal, NotApplicable):
        return {}
    out = {"trust": told.fingerprint, "log": told.policy.log.text}
    return out | {f"witness {one.name}": one.text for one in told.policy.witnesses}
