"""Claims about the opening: presence, releases, verdicts, coefficients, identities, offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from bidding import offers, opening, presence, verdicts
from bidding.procedures.listing import Body
from bidding.sealed_lot import bid_seals, contribution_seals, seal_ids
from bidding.verify import replay
from bidding.verify.evidence import Evidence, computed
from bidding.verify.publication import not_before
from bidding.verify.published import PARTS
from ledger.basics.errors import Refusal
from ledger.claims import Failure, Finding, NotApplicable, Remark, claim
from ledger.custodian.rulebook import Seen
from ledger.sealed import opening as sealed
from ledger.sealed.keyset import AFTER
from ledger.sealed.release import Release, SealId, check_release
from ledger.sealed.seal import Seal

# The events that the words of a key set's conditions stand for.
EVENTS: Mapping[str, str] = {
    "roll": "lot.closed",
    "present": "lot.present",
    "coefficients": "lot.coefficients",
    "announced": "lot.announced",
}
RESULT: Mapping[str, str] = {"coin": "lot.coefficients", "identity": "lot.announced", "offer": "lot.offers_opened"}


@claim(
    "present.first",
    article="电子招标投标办法第31条；docs/formats/sealing.md §4",
    zh="任何内容打开之前，已对名册上的每份密文声明在或不在；声明在的表单密文就在证据包里",
    en="before anything opened it was said of every ciphertext on the roll whether it is there; the forms that are "
    "there are in the bundle",
)
def present_first(evidence: Evidence) -> Iterator[Finding]:
    """`lot.present` lists exactly the roll's ciphertexts and stands before any release."""
    for lot in evidence.reached("lot.present"):
        said, rows = evidence.in_lot(lot, "lot.present"), evidence.present(lot)
        presence.check_present(rows, evidence.on_roll(lot).submissions.values())
        for one in evidence.of_lot(lot):
            if one.event.type in ("release.recorded", "seed.recorded") and one.index < said.index:
                yield Failure("present.after_release", {"lot": lot, "version": one.event.version})
        for row in cast(list[dict[str, Any]], rows["ciphertexts"]):
            if row["kind"] == "form" and row["present"] and not evidence.intact("forms", row["sha256"]):
                yield Failure("present.form_missing", {"lot": lot, "sha256": row["sha256"]})


def releases(evidence: Evidence) -> Iterator[tuple[str, str, Seen, dict[str, Any]]]:
    """(lot, part, event, public) of every release; `NotApplicable` where there is none."""
    found = [
        (lot, str(one.event.public["part"]), one, cast(dict[str, Any], one.event.public))
        for lot in evidence.lots
        for one in evidence.of_lot(lot)
        if one.event.type == "release.recorded"
    ]
    if not found:
        raise NotApplicable("event.not_yet", type="release.recorded")
    yield from found


def _parsed(evidence: Evidence, one: Seen) -> Release:
    """The release of an event, whoever signed it, if anybody."""
    try:
        return evidence.release(one).release
    except Refusal:
        return Release.parse(cast(dict[str, Any], one.event.public)["release"]["object"])


def _signed(evidence: Evidence, one: Seen, keys: Mapping[str, str]) -> Release:
    """The release of an event, signed by its custodian's key among `keys`."""
    public = cast(dict[str, Any], one.event.public)
    key = keys.get(public["custodian"])
    if key is None:
        raise Refusal("custodian.unknown", custodian=str(public["custodian"])[:64])
    signed = evidence.release(one)
    if signed.key != key:
        raise Refusal("signature.wrong_key")
    return signed.release


@claim(
    "releases.signed",
    article="docs/formats/sealing.md §4",
    zh="每份开启由信任文件里的托管机构签名，属于该标段该部分的密钥组，写明这一名册",
    en="every release is signed by a custodian of the trust file, belongs to its part's key set, and names this roll",
)
def releases_signed(evidence: Evidence) -> Iterator[Finding]:
    """Signature, kid, roll; and what the act that records releases asks."""
    for lot, part, one, public in releases(evidence):
        where: dict[str, str | int] = {"lot": lot, "part": part, "version": one.event.version}
        try:
            made = _signed(evidence, one, evidence.trust.custodian_keys())
        except Refusal as why:
            yield Failure("release.unsigned", {**where, "why": why.code})
            continue
        keyset = evidence.notice.lot(lot).keyset(part)
        if public["custodian"] not in keyset.ids or made.kid != keyset.kid:
            yield Failure("release.other_keyset", where)
        if made.roll != evidence.on_roll(lot).hash:
            yield Failure("release.other_roll", where)
    yield from replay.unlawful(evidence, "release.recorded", "seed.recorded")


@claim(
    "releases.after_conditions",
    article="docs/formats/sealing.md §2、§4",
    zh="任何开启都不早于约定时间，且其所引检查点已含约定的全部事件",
    en="no release came before its time, and each cites a witnessed checkpoint over every event it had to wait for",
)
def releases_after(evidence: Evidence) -> Iterator[Finding]:
    """Checkpoint in this tree; behind roll, presence, coefficients, announcement; `at` not before the time in force."""
    for lot, part, one, _ in releases(evidence):
        where: dict[str, str | int] = {"lot": lot, "part": part, "version": one.event.version}
        made = _parsed(evidence, one)
        head = evidence.head_at(made.size)
        if head is None or head.root != made.root or made.size > one.index:
            yield Failure("release.other_checkpoint", where)
        if made.at < not_before(evidence, lot, part):
            yield Failure("release.early", {**where, "at": made.at})
        for word in AFTER[part]:
            found = [seen.index for seen in evidence.of_lot(lot) if seen.event.type == EVENTS[word]]
            if not found or found[0] >= made.size:
                yield Failure("release.before", {**where, "event": EVENTS[word]})
        if len(evidence.standing(lot).bids) < evidence.sealed_lot(lot).min_bids:
            yield Failure("release.too_few", where)


@claim(
    "releases.exact",
    article="docs/formats/sealing.md §4",
    zh="每份开启正好回答应开的封，不多不少：撤回、被替换、未被接受的投标始终未开",
    en="every release answers for exactly the seals that were to open: withdrawn, replaced and refused bids stay shut",
)
def releases_exact(evidence: Evidence) -> Iterator[Finding]:
    """The seals of its part that stand; the contributions for the coin."""
    wanted: dict[tuple[str, str], frozenset[SealId]] = {}
    for lot, part, one, _ in releases(evidence):
        if (lot, part) not in wanted:
            wanted[lot, part] = seal_ids(seals(evidence, lot, part))
        keyset = evidence.notice.lot(lot).keyset(part)
        try:
            made = _signed(evidence, one, evidence.notice.custodians)
            check_release(made, keyset, evidence.on_roll(lot).hash, wanted[lot, part])
        except Refusal as why:
            yield Failure("release.inexact", {"lot": lot, "part": part, "version": one.event.version, "why": why.code})


def seals(evidence: Evidence, lot: str, part: str) -> dict[str, tuple[bytes, Seal]]:
    """What a part's releases answer for: contributions; bids that stand; bids that count."""
    sealed_lot = evidence.sealed_lot(lot)
    if part == "coin":
        return contribution_seals(sealed_lot, evidence.contributions(lot))
    bids = evidence.standing(lot).bids
    if part == "offer":
        open_ = {bid.submission for bid in opening.counted(evidence.identities(lot))}
        bids = tuple(bid for bid in bids if bid.sha256 in open_)
    return bid_seals(sealed_lot, part, bids)


@claim(
    "seals.judged",
    article="docs/formats/sealing.md §4",
    zh="凡公布了结果的部分，每个封都有定论：重新封装一致而打开，或有理由地作废",
    en="wherever a result was published every seal has its verdict: open, sealed again just so, or void for a reason",
)
def seals_judged(evidence: Evidence) -> Iterator[Finding]:
    """Shares combine, re-sealing gives the same capsules; who cried "bad" or gave false shares is named."""
    done = [(lot, part) for lot in evidence.lots for part in PARTS if evidence.has(lot, RESULT[part])]
    if not done:
        raise NotApplicable("event.not_yet", type="lot.coefficients")
    for lot, part in done:
        sealed_lot = evidence.sealed_lot(lot)
        found = evidence.judge(
            sealed_lot,
            evidence.on_roll(lot),
            sealed_lot.keysets[part],
            seals(evidence, lot, part),
            evidence.releases(lot, part),
            evidence.seeds(lot, part),
        )
        if isinstance(found, verdicts.Waiting):
            yield Failure("seal.undecided", {"lot": lot, "part": part, "why": found.code})
            continue
        named = {one for verdict in found.values() for one in verdict.false_shares}
        named |= {one for verdict in found.values() if isinstance(verdict, sealed.Open) for one in verdict.cried_bad}
        for custodian in sorted(named):
            yield Remark("custodian.wrong", {"lot": lot, "part": part, "custodian": custodian})


@claim(
    "coefficients.recomputed",
    article="docs/formats/sealing.md §6",
    zh="抽取的系数由各方贡献、名册和公布的取值表重新算出，结果一致",
    en="the drawn coefficients follow from the contributions, the roll and the published lists",
)
def coefficients(evidence: Evidence) -> Iterator[Finding]:
    """`bidding.opening.coefficients` again."""
    for lot in evidence.reached("lot.coefficients"):
        made = computed(
            opening.coefficients(
                evidence.sealed_lot(lot),
                evidence.on_roll(lot),
                evidence.contributions(lot),
                evidence.releases(lot, "coin"),
                evidence.seeds(lot, "coin"),
            )
        )
        if made != evidence.in_lot(lot, "lot.coefficients").event.public:
            yield Failure("coefficients.other", {"lot": lot})
    yield from replay.unlawful(evidence, "lot.coefficients")


@claim(
    "announced.recomputed",
    article="实施条例第34条、第44条、第51条",
    zh="投标人身份、签名、凭证与否决重新计算一致",
    en="identities, their signatures and tickets, and who is excluded, recompute",
)
def announced(evidence: Evidence) -> Iterator[Finding]:
    """`bidding.opening.announce` again; bids whose keys nobody certified stand on the platform's word."""
    for lot in evidence.reached("lot.announced"):
        identities = evidence.identities(lot)
        made = opening.announced(evidence.sealed_lot(lot), identities)
        if made.public != evidence.in_lot(lot, "lot.announced").event.public:
            yield Failure("announced.other", {"lot": lot})
        yield from _missing(evidence, lot, made)
        word = sum(any(not signed.certified for signed in bid.parties) for bid in identities)
        if word:
            yield Remark("announced.on_platforms_word", {"lot": lot, "bids": word})
    yield from replay.unlawful(evidence, "lot.announced")


@claim(
    "offers.recomputed",
    article="招标投标法第36条；实施条例第51条",
    zh="开标内容与打开的表单逐字一致，表单检查重新得出同样的结论",
    en="the opening sheet is what the opened forms say, and checking them gives the same verdicts",
)
def offers_recomputed(evidence: Evidence) -> Iterator[Finding]:
    """`bidding.offers.open_offers` again. Files are not in the bundle: of them the record is believed."""
    for lot in evidence.reached("lot.offers_opened"):
        said = evidence.whole(lot, "lot.offers_opened")
        read = computed(
            offers.read_offers(
                evidence.sealed_lot(lot),
                evidence.on_roll(lot),
                evidence.identities(lot),
                evidence.releases(lot, "offer"),
                evidence.form,
                evidence.seeds(lot, "offer"),
                judge=evidence.judge,
            )
        )
        made = computed(offers.open_offers(evidence.sealed_lot(lot), read, offers.recorded_files(said, read)))
        if made.public != evidence.in_lot(lot, "lot.offers_opened").event.public:
            yield Failure("offers.other", {"lot": lot})
        yield from _missing(evidence, lot, made)
        yield Remark("offers.files_not_read", {"lot": lot, "files": len(offers.files_to_read(read))})
    yield from replay.unlawful(evidence, "lot.offers_opened")


def _missing(evidence: Evidence, lot: str, made: Body) -> Iterator[Failure]:
    """The documents of a body that are not in the bundle as they were made."""
    for sha256 in made.documents:
        if not evidence.intact("documents", sha256):
            yield Failure("evidence.missing", {"lot": lot, "sha256": sha256})
