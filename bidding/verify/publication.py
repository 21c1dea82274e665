"""Claims about what was fixed before anybody could bid: notice, rules, key sets, contributions, tickets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from bidding.acts import issue_ticket, publish
from bidding.procedures import listing, postponed
from bidding.profiles import packaged_profiles
from bidding.verify import replay
from bidding.verify.evidence import Evidence
from bidding.verify.published import PARTS
from ledger.basics.canonical import MAX_DOCUMENT, Json, parse_object
from ledger.basics.errors import Refusal
from ledger.claims import Failure, Finding, NotApplicable, Remark, claim
from ledger.sealed import keyset as keysets
from ledger.sealed.coin import verify_contribution
from ledger.sealed.postpone import in_force, kids_of, verify_postponement


@claim(
    "bundle.named",
    article="docs/formats/bundle.md",
    zh="每份文件、投标函件和密文都与其哈希名相符，且都被日志中的事件引用",
    en="every document, envelope and ciphertext is what its name says, and some event in the log names it",
)
def named(evidence: Evidence) -> Iterator[Finding]:
    """Hashes of contents; nothing lies about that no event knows."""
    bundle = evidence.bundle
    for kind, held in (("forms", bundle.forms), ("documents", bundle.documents)):
        for sha256 in held:
            if not evidence.intact(kind, sha256):
                yield Failure("evidence.wrong_hash", {"kind": kind, "sha256": sha256})
    for kind, held in (("submissions", bundle.submissions), ("withdrawals", bundle.withdrawals)):
        for sha256 in held:
            try:
                evidence.envelope(kind, sha256)
            except Refusal as why:
                yield Failure("evidence.wrong_hash", {"kind": kind, "sha256": sha256, "why": why.code})
    wanted = _named(evidence)
    for kind in ("forms", "documents", "submissions", "withdrawals"):
        for sha256 in sorted(getattr(bundle, kind).keys() - wanted[kind]):
            yield Failure("evidence.unnamed", {"kind": kind, "sha256": sha256})


def _named(evidence: Evidence) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {"forms": set(), "documents": set(), "submissions": set(), "withdrawals": set()}
    out["documents"] |= {sha256 for sha256, _ in evidence.notice.documents.values()}
    for lot in evidence.notice.lots:
        for one in evidence.of_lot(lot.lot):
            public = cast(dict[str, Any], one.event.public)
            out["documents"] |= listing.named(one.event.type, public, evidence.document)
            if one.event.type == "lot.closed":
                for row in evidence.whole(lot.lot, "lot.closed")["minutes"]:
                    out["submissions"] |= set(row["accepted"])
                    out["withdrawals"] |= set(row["withdrawn"])
            elif one.event.type == "lot.present":
                rows = evidence.whole(lot.lot, "lot.present")["ciphertexts"]
                out["forms"] |= {row["sha256"] for row in rows if row["kind"] == "form" and row["present"]}
            elif one.event.type == "lot.evaluated":
                out["documents"] |= {public["report"], *_sheets(evidence, public["report"])}
    return out


def _sheets(evidence: Evidence, sha256: str) -> set[str]:
    data = evidence.bundle.documents.get(sha256)
    rows = parse_object(data, MAX_DOCUMENT).get("bids") if data else None
    return {str(row.get("sheet")) for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()


@claim(
    "tender.folds",
    article="docs/formats/events.md",
    zh="项目和每个标段的事件可以依次推演，得到所示状态",
    en="the events of the tender and of each lot fold into the states shown",
)
def folds(evidence: Evidence) -> Iterator[Finding]:
    """`apply` accepts every event; there is no lot that the notice has not."""
    for what, fold in (
        ("tender", lambda: evidence.state),
        *((lot, _folding(evidence, lot)) for lot in evidence.lots),
    ):
        try:
            fold()
        except Refusal as why:
            yield Failure("stream.does_not_fold", {"stream": what, "why": why.code})
    known = set(evidence.lots)
    for name in evidence.names:
        if name.split("/")[0] in ("lot", "issuance") and name.rsplit("/", 1)[1] not in known:
            yield Failure("stream.unknown", {"stream": name[:64]})


def _folding(evidence: Evidence, lot: str) -> Any:  # noqa: ANN401 - a call whose result nobody looks at
    return lambda: evidence.lot_state(lot)


@claim(
    "notice.lawful",
    article="招标投标法第24条；实施条例第16条、第22条、第27条",
    zh="招标公告完整合法：期限按档案规则，无最低限价，机构与密钥组齐全",
    en="the notice is complete and lawful: periods by the profile, no floor price, institutions and key sets as wanted",
)
def notice_lawful(evidence: Evidence) -> Iterator[Finding]:
    """Everything publication checks but the rule sets, which are the evaluation's."""
    raw = evidence.published.event.public.get("notice")
    listed = dict(evidence.notice.documents.values())
    held = {sha256: len(evidence.bundle.documents[sha256]) for sha256 in listed if sha256 in evidence.bundle.documents}
    setting = publish.Setting(
        log=evidence.opened_log,
        persons=evidence.persons_before(evidence.published.index),
        documents=evidence.bundle.documents,
        stored={**listed, **held},
        known_profiles=frozenset({evidence.notice.profile_sha256}),
        parties=frozenset(evidence.parties),
    )
    publish.check(cast(dict[str, Any], raw), evidence.published.event.at, setting)
    if evidence.notice.tender != evidence.tender:
        yield Failure("notice.other_tender", {"tender": evidence.notice.tender})
    if evidence.notice.profile_sha256 not in packaged_profiles():
        yield Remark("notice.local_profile", {"profile": evidence.notice.profile_id})


@claim(
    "notice.documents",
    article="招标投标法第19条；实施条例第49条",
    zh="评标办法、表单、规则档案和日历在第一张投标凭证签发之前已随公告固定，且就在证据包里",
    en="rules, forms, profile and calendar were fixed with the notice before the first ticket, and are in the bundle",
)
def notice_documents(evidence: Evidence) -> Iterator[Finding]:
    """Each is there with its hash; the notice's event stands in the tree before tickets and lists of bids."""
    wanted = {"profile.json": evidence.notice.profile_sha256}
    if "calendar.json" in evidence.notice.documents:
        wanted["calendar.json"] = evidence.notice.documents["calendar.json"][0]
    for lot in evidence.notice.lots:
        wanted |= {f"form-{lot.lot}.json": lot.form, f"rules-{lot.lot}.json": lot.rules}
    for name, sha256 in wanted.items():
        try:
            evidence.document(sha256)
        except Refusal as why:
            yield Failure("notice.document_missing", {"name": name, "why": why.code})
    first = [one.index for lot in evidence.lots for one in evidence.of_issuance(lot)]
    first += [one.index for one, _ in evidence.minutes if any(_own(evidence, name) for name in one.event.sealed)]
    first += [one.index for one in evidence.own if one.event.type == "tickets.opened"]
    if first and min(first) < evidence.published.index:
        yield Failure("notice.after_tickets", {"index": min(first)})


def _own(evidence: Evidence, name: str) -> bool:
    return name.startswith(f"{evidence.tender}/")


@claim(
    "institutions.trusted",
    article="docs/formats/trust.md",
    zh="公告所列的托管机构和随机数贡献方就是信任文件里的机构",
    en="the custodians and contributors that the notice names are those of the trust file",
)
def institutions(evidence: Evidence) -> Iterator[Finding]:
    """Ids and keys."""
    if not evidence.known:
        yield Remark("trust.none", {"fingerprint": evidence.told.fingerprint})
    custodians = evidence.trust.custodian_keys()
    for id_, key in evidence.notice.custodians.items():
        if custodians.get(id_) != key:
            yield Failure("institution.unknown", {"kind": "custodian", "id": id_})
    if len(evidence.notice.custodians) < len(custodians):
        numbers = {"have": len(evidence.notice.custodians), "of": len(custodians)}
        yield Remark("institution.chosen", {**numbers})
    for id_, key in evidence.notice.contributors.items():
        if evidence.trust.contributors.get(id_) != key:
            yield Failure("institution.unknown", {"kind": "contributor", "id": id_})


@claim(
    "keysets.signed",
    article="docs/formats/sealing.md §2",
    zh="每个标段的三组密钥由其全部托管机构以信任文件里的密钥签名，开启条件正是规定的条件",
    en="every lot's three key sets are signed by all their custodians with the trust file's keys, on set conditions",
)
def keysets_signed(evidence: Evidence) -> Iterator[Finding]:
    """All n signatures by the trust file's keys; purpose, conditions, threshold; no key set serves twice."""
    kids: set[str] = set()
    for lot in evidence.notice.lots:
        if sorted(lot.parts) != sorted(PARTS):
            yield Failure("keyset.parts", {"lot": lot.lot})
        for item in lot.keysets:
            made = keysets.parse(item["keyset"])
            part = made.purpose.part
            if (made.purpose.tender, made.purpose.lot) != (evidence.tender, lot.lot) or made.t != evidence.notice.t:
                yield Failure("keyset.other_purpose", {"lot": lot.lot, "part": part})
            if made.kid.hex() in kids:
                yield Failure("keyset.twice", {"lot": lot.lot, "part": part})
            kids.add(made.kid.hex())
            try:
                keysets.verify_keyset(made, item["signatures"], evidence.trust.custodian_keys())
            except Refusal as why:
                yield Failure("keyset.unsigned", {"lot": lot.lot, "part": part, "why": why.code})


@claim(
    "contributions.before_tickets",
    article="docs/formats/sealing.md §6",
    zh="所有随机数贡献在第一张投标凭证签发之前已齐全并有见证",
    en="every contribution to the coin was there and witnessed before the first ticket",
)
def contributions(evidence: Evidence) -> Iterator[Finding]:
    """Each party's contribution is one; all lie under the witnessed checkpoint on which tickets were opened."""
    opened = evidence.first(evidence.own, "tickets.opened")
    cited = cast(dict[str, Any], opened.event.public["checkpoint"])
    head = evidence.head_at(cited["size"])
    if head is None or head.root.hex() != cited["root"] or cited["size"] > opened.index:
        yield Failure("tickets.other_checkpoint", {"size": cited["size"]})
    for lot in evidence.notice.lots:
        found: set[str] = set()
        for one in evidence.of_lot(lot.lot):
            if one.event.type != "contribution.recorded":
                continue
            try:
                made = verify_contribution(
                    one.event.public["contribution"], lot.keyset("coin"), evidence.notice.contributors
                )
                found.add(made.party)
            except Refusal as why:
                yield Failure("contribution.refused", {"lot": lot.lot, "version": one.event.version, "why": why.code})
            if one.index >= cited["size"]:
                yield Failure("contribution.too_late", {"lot": lot.lot, "version": one.event.version})
        for party in sorted(evidence.notice.contributors.keys() - found):
            yield Failure("contribution.missing", {"lot": lot.lot, "party": party})


@claim(
    "tickets.issued",
    article="docs/formats/sealing.md §5",
    zh="每张投标凭证都由登记单位的印章申请，每单位每标段一张，在开放之后、截止之前签发",
    en="every ticket was asked for by a registered organisation's seal, one each a lot, between opening and deadline",
)
def tickets_issued(evidence: Evidence) -> Iterator[Finding]:
    """Each issuance is one that the office could decide then; one for a party."""
    lots_ = [lot for lot in evidence.lots if evidence.of_issuance(lot)]
    if not lots_:
        raise NotApplicable("tickets.undisclosed")
    for lot in lots_:
        parties: set[str] = set()
        for one in evidence.of_issuance(lot):
            name = str(one.event.public.get("party"))
            try:
                _issue(evidence, lot, one.index, name, one.event)
            except Refusal as why:
                yield Failure("ticket.refused", {"lot": lot, "party": name[:64], "why": why.code})
            if name in parties:
                yield Failure("ticket.second", {"lot": lot, "party": name[:64]})
            parties.add(name)


def _issue(evidence: Evidence, lot: str, index: int, name: str, event: Any) -> None:  # noqa: ANN401 - an Event
    party = evidence.party_before(name, index)
    if party is None:
        raise Refusal("party.unknown", party=name[:64])
    request = cast(dict[str, Json], event.public["request"])
    command = issue_ticket.IssueTicket(party, request)
    decision = issue_ticket.decide(replay.tender_at(evidence, index), command, event.at)
    drafts = decision.get(issue_ticket.stream_of(evidence.tender, lot), [])
    if [(draft.type, draft.public) for draft in drafts] != [(event.type, event.public)]:
        raise Refusal("step.other_event", type=event.type)


@claim(
    "tickets.cover_bids",
    article="docs/formats/sealing.md §7",
    zh="每个标段中不同的投标密钥不多于签发的凭证",
    en="no lot has more bid keys than tickets were issued",
)
def tickets_cover(evidence: Evidence) -> Iterator[Finding]:
    """Counts: the issuer can mint tickets, and this shows it."""
    for lot in evidence.reached("lot.announced"):
        keys = {evidence.submission(sha256).bid_key for row in evidence.lists(lot) for sha256 in row.accepted}
        issued = len(evidence.of_issuance(lot))
        if len(keys) > issued:
            yield Failure("tickets.minted", {"lot": lot, "bids": len(keys), "issued": issued})
        yield Remark("tickets.count", {"lot": lot, "bids": len(keys), "issued": issued})


@claim(
    "postponements.sound",
    article="docs/formats/sealing.md §2",
    zh="延期由托管机构签名，依据招标人的澄清，只往后延，且在原时间和投标名册之前",
    en="postponements are signed by custodians on an addendum of the tenderee, later only, and before any roll",
)
def postponements(evidence: Evidence) -> Iterator[Finding]:
    """By the trust file's key, for all kids of a lot, on an addendum that stands before it, later only.

    Who has not confirmed the time in force is told: they may keep to the old one.
    """
    found = [one for one in evidence.own if one.event.type == "postponement.recorded"]
    if not found:
        raise NotApplicable("event.not_yet", type="postponement.recorded")
    identity = {key: id_ for id_, key in evidence.trust.custodian_keys().items()}
    addenda = {one.leaf.hex(): one.index for one in evidence.own if one.event.type == "addendum.issued"}
    by_kids = {kids_of([lot.keyset(part) for part in PARTS]): lot for lot in evidence.notice.lots}
    for one in found:
        where: dict[str, str | int] = {"version": one.event.version}
        envelope = cast(dict[str, Any], one.event.public["postponement"])
        if envelope.get("key") not in identity:
            yield Failure("postponement.stranger", where)
            continue
        made = verify_postponement(envelope, envelope["key"])
        lot = by_kids.get(made.kids)
        if lot is None:
            yield Failure("postponement.other_kids", where)
            continue
        if addenda.get(made.addendum, one.index) >= one.index:
            yield Failure("postponement.no_addendum", where)
        closed = [row.index for row in evidence.of_lot(lot.lot) if row.event.type == "lot.closed"]
        if closed and closed[0] < one.index:
            yield Failure("postponement.after_roll", where)
        if made.not_before <= lot.keyset("coin").conditions.not_before:
            yield Failure("postponement.not_later", where)
    for moved in postponed(evidence.state):
        if moved.waiting:
            have = len(moved.confirmed)
            told: dict[str, str | int] = {"lot": moved.lot, "have": have, "of": have + len(moved.waiting)}
            yield Remark("postponement.waiting", {**told, "needed": moved.needed, "not_before": moved.not_before})
    yield from replay.unlawful(evidence, "postponement.recorded")


def not_before(evidence: Evidence, lot: str, part: str) -> str:
    """The time before which a part may not open: the key set's, or the one postponed to (time text)."""
    row = evidence.notice.lot(lot)
    made, identity = row.keyset(part), {key: id_ for id_, key in evidence.trust.custodian_keys().items()}
    kids = kids_of([row.keyset(one) for one in PARTS])
    signed = []
    for one in evidence.own:
        envelope = one.event.public.get("postponement")
        if one.event.type == "postponement.recorded" and isinstance(envelope, dict):
            key = str(envelope.get("key"))
            if key in identity:
                signed.append((identity[key], verify_postponement(envelope, key)))
    return in_force(made, kids, signed)
