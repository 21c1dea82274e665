"""Claims about who acted: registrations, keys, and whether each act was lawful when it was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from bidding.acts.keys import RULES, Signed
from bidding.acts.keys import check as check_keys
from bidding.parties import Party, Person, check_new_party, check_new_person
from bidding.procedures import tender as tenders
from bidding.verify import replay
from bidding.verify.evidence import Evidence
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.claims import Failure, Finding, NotApplicable, Remark, claim
from ledger.custodian.rulebook import Seen


@claim(
    "registry.sound",
    article="GB 32100；实施条例第34条",
    zh="单位和人员的登记合规、不重复，并在其首次行为之前",
    en="organisations and people are registered by the rules, once, and before they act",
)
def registry(evidence: Evidence) -> Iterator[Finding]:
    """Each registration by itself and against those before it; whoever took a ticket was registered before."""
    for name in evidence.names:
        if name.split("/")[0] in ("party", "person"):
            found = evidence.seen(name)
            wanted = f"{name.split('/')[0]}.registered"
            if len(found) != 1 or found[0].event.type != wanted:
                yield Failure("registry.not_one", {"stream": name[:64]})
            if found and found[0].event.public.get(name.split("/")[0]) != name.split("/", 1)[1]:
                yield Failure("registry.other_name", {"stream": name[:64]})
    people: list[Person] = []
    houses: list[Party] = []
    near: dict[str, list[Party]] = {}
    rows = [*evidence.parties.values(), *evidence.persons.values()]
    for _, one in sorted(cast("list[tuple[int, Party | Person]]", rows), key=lambda row: row[0]):
        try:
            if isinstance(one, Party):
                # Only who shares an id, a code or a key with another can be in its way.
                marks = {one.party, one.uscc, one.seal_key, one.person_key}
                check_new_party(one, [other for mark in marks for other in near.get(mark, ())], people)
                houses.append(one)
                for mark in marks:
                    near.setdefault(mark, []).append(one)
            else:
                check_new_person(one, people, houses)
                people.append(one)
        except Refusal as why:
            yield Failure(
                "registry.refused", {"who": one.party if isinstance(one, Party) else one.person, "why": why.code}
            )
    for lot in evidence.lots:
        for taken in evidence.of_issuance(lot):
            party = str(taken.event.public.get("party"))
            if evidence.party_before(party, taken.index) is None:
                yield Failure("registry.too_late", {"who": party[:64], "lot": lot})


@claim(
    "acts.signed",
    article="docs/formats/events.md",
    zh="每个需要人签署的行为都由足够的、有权的、不同的人签名",
    en="every act that wants people's keys is signed by as many different people as it wants, each in its role",
)
def acts_signed(evidence: Evidence) -> Iterator[Finding]:
    """Signatures, bodies, roles, numbers; no act serves twice."""
    used: dict[str, set[str]] = {}
    for one in replay.history(evidence):
        type_, public, stream = one.event.type, one.event.public, one.event.stream
        if type_ not in RULES or (type_ == "lot.awarded" and _without_key(evidence, public)):
            continue
        acts = public.get("acts")
        body: dict[str, Json] = {name: value for name, value in public.items() if name != "acts"}
        signed = Signed(stream, body, tuple(cast("list[dict[str, Json]]", acts)) if isinstance(acts, list) else ())
        try:
            signers = check_keys(
                type_,
                signed,
                subject=stream,
                persons=evidence.persons_before(one.index),
                party=evidence.notice.party,
                agencies=None if type_ == "tender.published" else _agencies(evidence),
                now=one.event.at,
                used=used.setdefault(stream, set()),
            )
        except Refusal as why:
            yield Failure("act.unsigned", {"type": type_, "version": one.event.version, "why": why.code})
        else:
            yield from _supervisors(evidence, one, signers)
        used.setdefault(stream, set()).update(tenders.used_acts(public))


def _supervisors(evidence: Evidence, one: Seen, signers: Sequence[Person]) -> Iterator[Finding]:
    """A supervisor is whom the trust file names; where it names none, the platform's word is said to be no more."""
    for person in signers:
        if person.role != "supervisor" or evidence.trust.supervisors.get(person.person) == person.key:
            continue
        if evidence.trust.supervisors:
            yield Failure("act.supervisor_unknown", {"type": one.event.type, "version": one.event.version})
        else:
            yield Remark("act.supervisor_unproven", {"type": one.event.type, "version": one.event.version})


def _without_key(evidence: Evidence, public: dict[str, Json]) -> bool:
    """Where the machine's marks may award by themselves, nobody signs."""
    return evidence.notice.no_touch == "award" and "acts" not in public


def _agencies(evidence: Evidence) -> frozenset[str]:
    """The parties that act for the tenderee: those whose agent signed the notice."""
    acts = cast("list[dict[str, Json]]", evidence.published.event.public["acts"])
    signers = (evidence.persons.get(str(act["key"])) for act in acts)
    return frozenset(found[1].party for found in signers if found is not None and found[1].role == "agency")


@claim(
    "acts.lawful",
    article="招标投标法第23条；实施条例第21条、第31条、第55条",
    zh="澄清、答疑、暂停、恢复、终止、命令、递补、合同等行为在当时都是合规的",
    en="addenda, answers, suspensions, orders, next candidates, contracts were lawful when they were made",
)
def acts_lawful(evidence: Evidence) -> Iterator[Finding]:
    """Each is decided anew on the states before it: periods, states, subjects."""
    types = [*(set(RULES) - {"tender.published", "lot.awarded"}), "enquiry.asked"]
    if not replay.any_of(evidence, *types):
        raise NotApplicable("event.not_yet", type="addendum.issued")
    yield from replay.unlawful(evidence, *types)


@claim(
    "explanations.heard",
    article="财库〔2026〕2号；87号令第60条",
    zh="异常低价的说明由被问的投标人本人签名、在时限内作出；认定在时限之后、由两人签名并逐一写明理由",
    en="low prices are explained by the bid keys that were asked, in time; findings came after, by two keys",
)
def explanations(evidence: Evidence) -> Iterator[Finding]:
    """Each explanation and each finding decided anew; that marks wait for both is `evaluation.recorded`'s."""
    if not replay.any_of(evidence, "lot.explanations_asked"):
        raise NotApplicable("event.not_yet", type="lot.explanations_asked")
    yield from replay.unlawful(evidence, "lot.explanation_given", "lot.explanations_judged")


@claim(
    "objections.lawful",
    article="实施条例第22条、第44条、第54条",
    zh="异议由投标人签名、在期限内提出，答复之前程序暂停",
    en="objections are signed and in time, and the procedure stood still until each was answered",
)
def objections(evidence: Evidence) -> Iterator[Finding]:
    """Each objection decided anew; nothing that must wait came between an objection and its answer."""
    if not replay.any_of(evidence, "objection.made"):
        raise NotApplicable("event.not_yet", type="objection.made")
    yield from replay.unlawful(evidence, "objection.made")
    for held in evidence.state.objections.values():
        for lot in [held.lot] if held.lot else evidence.lots:
            for one in evidence.of_lot(lot):
                waits = one.event.type in ("lot.closed", "lot.evaluated", "lot.candidates_published", "lot.awarded")
                if waits and held.at < one.event.at and (held.answered is None or one.event.at < held.answered):
                    yield Failure("objection.not_waited", {"objection": held.objection, "type": one.event.type})
