"""Publishing a notice: two keys, and everything in it as the profile and the formats want it.

`evaluation/acts/publish.py` checks forms and rule sets first and then calls `decide` here: bidding never calls up.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from bidding.acts import keys
from bidding.acts.decision import Decision
from bidding.acts.keys import Signed
from bidding.parties import Person
from bidding.procedures import tender as tenders
from bidding.procedures.notice import PARTS, Notice, NoticeLot
from bidding.procedures.tender import TenderState
from bidding.profiles.calendar import Calendar, day_of
from bidding.profiles.clocks import Clocks
from bidding.profiles.profile import Profile
from ledger.basics import clock
from ledger.basics.canonical import Json, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.money import yuan
from ledger.events import Draft
from ledger.sealed.keyset import verify_keyset

MIN_CONTRIBUTORS: Final = 3
RSA_BITS: Final = 3072
RSA_EXPONENT: Final = 65537


@dataclass(frozen=True)
class Setting:
    """What the platform knows when a notice comes.

    `log`: public of `log.opened`; `persons`: by key; `documents`: the bytes of profile, calendar, forms and rule sets
    by SHA-256; `stored`: SHA-256 → size of everything that was uploaded for this tender; `known_profiles`: hashes.
    """

    log: Mapping[str, Json]
    persons: Mapping[str, Person]
    documents: Mapping[str, bytes]
    stored: Mapping[str, int]
    known_profiles: AbstractSet[str]
    parties: AbstractSet[str] = field(default_factory=frozenset)

    def document(self, sha256: str, name: str) -> dict[str, Json]:
        """A canonical JSON document. Raises `Refusal("document.missing")`, `Refusal("canonical.*")`."""
        data = self.documents.get(sha256)
        if data is None:
            raise Refusal("document.missing", name=name, sha256=sha256)
        return parse_object(data)


def decide(tender: TenderState, signed: Signed, now: datetime, setting: Setting) -> Decision:
    """`tender.published`. Raises `Refusal`: `notice.*`, `profile.*`, `period.*`, `document.*`, `sealed.*`, `act.*`."""
    tenders.require(tender, "tender.published")
    raw = signed.body.get("notice")
    if set(signed.body) != {"notice"} or not isinstance(raw, dict):
        raise Refusal("notice.missing", tender=tender.tender)
    check(raw, now, setting)
    notice = Notice.parse(raw)
    if notice.tender != tender.tender or notice.party != tender.party:
        raise Refusal("tender.other_draft", tender=tender.tender)
    keys.check(
        "tender.published",
        signed,
        subject=tenders.stream_of(tender.tender),
        persons=setting.persons,
        party=notice.party,
        agencies=None,
        now=now,
        used=tender.acts_used,
    )
    return {tenders.stream_of(tender.tender): [Draft("tender.published", signed.public())]}


def check(raw: Mapping[str, Any], now: datetime, setting: Setting) -> Clocks:
    """Everything in a notice but its signatures; the clocks it runs by. For drafts too, before anybody signs."""
    profile = _profile(raw, setting)
    _no_floor(raw, profile)
    notice = Notice.parse(raw)
    _documents(notice, setting)
    calendar = Calendar.parse(setting.document(notice.documents["calendar.json"][0], "calendar.json"))
    clocks = Clocks(profile, calendar)
    _scope(notice, profile, setting)
    _box_minutes(notice, setting)
    _periods(notice, clocks, now)
    _institutions(notice)
    for lot in notice.lots:
        _keysets(notice, lot)
        _ticket_key(lot)
    if len({lot.spki for lot in notice.lots}) != len(notice.lots):
        raise Refusal("notice.doubled", field="spki")
    return clocks


def _profile(raw: Mapping[str, Any], setting: Setting) -> Profile:
    """The profile the notice names: known to the platform, and the one whose hash it states."""
    named = raw.get("profile")
    sha256 = named.get("sha256") if isinstance(named, dict) else None
    if not isinstance(sha256, str) or not isinstance(named, dict) or sha256 not in setting.known_profiles:
        raise Refusal("profile.not_known", sha256=str(sha256)[:64])
    profile = Profile.parse(setting.document(sha256, "profile.json"))
    if (profile.sha256, profile.id, profile.version) != (sha256, named.get("id"), named.get("version")):
        raise Refusal("profile.differs", profile=profile.id, version=profile.version)
    if profile.demonstration and setting.log.get("demonstration") is not True:
        raise Refusal("profile.demonstration_only", profile=profile.id)
    return profile


def _no_floor(raw: Mapping[str, Any], profile: Profile) -> None:
    """A ceiling price is allowed, a floor price is not (实施条例 art. 27)."""
    lots = raw.get("lots")
    for lot in lots if isinstance(lots, list) else []:
        if isinstance(lot, dict) and any("floor" in str(name) or "minimum" in str(name) for name in lot):
            raise Refusal("notice.floor_price", lot=str(lot.get("lot"))[:64], article=profile.ceiling_article)


def _scope(notice: Notice, profile: Profile, setting: Setting) -> None:
    if notice.procedure != profile.procedure or notice.category not in profile.categories:
        raise Refusal("profile.other_category", profile=profile.id, category=notice.category)
    if notice.estimate_fen < 1:
        raise Refusal("notice.estimate_missing")
    if notice.replaces == notice.tender:
        raise Refusal("retender.itself", lot="")
    if setting.parties and notice.party not in setting.parties:
        raise Refusal("notice.party_unknown", party=notice.party)
    # Whichever is higher decides, so that a low estimate beside high ceilings opens no way round the panel.
    measure = max(notice.estimate_fen, sum(lot.ceiling_fen for lot in notice.lots))
    if notice.no_touch == "award" and not profile.no_touch.may_award(notice.category, measure, notice.region):
        raise Refusal(
            "notice.panel_required",
            article=profile.no_touch.article,
            limit=yuan(profile.no_touch.below_fen[notice.category]),
            found=yuan(measure),
        )


def _box_minutes(notice: Notice, setting: Setting) -> None:
    """The deadline lies on the edge of a box minute, so that a minute lies wholly before or wholly after it."""
    if notice.interval != timedelta(milliseconds=cast(int, setting.log["interval_ms"])):
        raise Refusal("notice.interval", wanted_ms=cast(int, setting.log["interval_ms"]))
    check_edge(notice.deadline, notice.interval)


def check_edge(deadline: datetime, interval: timedelta) -> None:
    """Raises `Refusal("deadline.not_on_minute")` for a deadline inside a box minute."""
    if (deadline - datetime.fromtimestamp(0, UTC)) % interval:
        raise Refusal("deadline.not_on_minute", interval_ms=interval // timedelta(milliseconds=1))


def _periods(notice: Notice, clocks: Clocks, now: datetime) -> None:
    if not clocks.profile.demonstration:
        # Refuses a calendar that doesn't reach the deadline.
        clocks.calendar.is_working_day(day_of(notice.deadline))
    for name in ("documents_available", "bid_preparation"):
        earliest = clocks.earliest(name, now)
        if notice.deadline < earliest:
            raise _short(clocks, name, "deadline", earliest)
    if not now < notice.enquiries_until <= notice.deadline:
        raise Refusal("period.enquiries_until", deadline=clock.text(notice.deadline))
    lawful = clocks.objections_to_documents_until(now, notice.deadline)
    if notice.objections_until > notice.deadline or notice.objections_until < lawful:
        raise Refusal("period.objections_until", earliest=clock.text(lawful), deadline=clock.text(notice.deadline))


def _short(clocks: Clocks, name: str, field: str, earliest: datetime) -> Refusal:
    period = clocks.period(name)
    return Refusal(
        "period.too_short",
        field=field,
        period=name,
        amount=period.amount,
        unit=period.unit,
        article=period.article,
        earliest=clock.text(earliest),
    )


def _institutions(notice: Notice) -> None:
    if list(notice.custodians) != sorted(notice.custodians):
        raise Refusal("notice.unsorted", field="custodians")
    if list(notice.contributors) != sorted(notice.contributors):
        raise Refusal("notice.unsorted", field="contributors")
    n = len(notice.custodians)
    if not 2 <= notice.t <= n or 2 * notice.t <= n:
        raise Refusal("sealed.bad_threshold", n=n)
    if len(notice.contributors) < MIN_CONTRIBUTORS:
        raise Refusal("notice.contributors", found=len(notice.contributors), wanted=MIN_CONTRIBUTORS)


def _documents(notice: Notice, setting: Setting) -> None:
    """Profile, calendar, forms and rule sets are listed under their names; everything listed is stored."""
    wanted = {"profile.json": notice.profile_sha256, "calendar.json": ""}
    for lot in notice.lots:
        wanted[f"form-{lot.lot}.json"] = lot.form
        wanted[f"rules-{lot.lot}.json"] = lot.rules
    for name, sha256 in wanted.items():
        if name not in notice.documents:
            raise Refusal("document.not_listed", name=name)
        if sha256 and notice.documents[name][0] != sha256:
            raise Refusal("document.differs", name=name)
    for name, (sha256, size) in notice.documents.items():
        if setting.stored.get(sha256) != size:
            raise Refusal("document.missing", name=name, sha256=sha256)


def _keysets(notice: Notice, lot: NoticeLot) -> None:
    """All three parts, for this lot, from the deadline on, and signed by every custodian (sealing.md §2)."""
    for item, part in zip(lot.keysets, lot.parts, strict=True):
        keyset = lot.keyset(part)
        if (keyset.purpose.tender, keyset.purpose.lot) != (notice.tender, lot.lot):
            raise Refusal("notice.keyset_other_lot", lot=lot.lot, part=part)
        if keyset.t != notice.t or keyset.ids != tuple(notice.custodians):
            raise Refusal("notice.keyset_custodians", lot=lot.lot, part=part)
        if clock.parse_time(keyset.conditions.not_before) != notice.deadline:
            raise Refusal("notice.keyset_not_before", lot=lot.lot, part=part, deadline=clock.text(notice.deadline))
        verify_keyset(keyset, item["signatures"], notice.custodians)
    for part in PARTS:
        lot.keyset(part)


def _ticket_key(lot: NoticeLot) -> None:
    """RSA-3072 with e = 65537, in the one DER spelling of an SPKI (sealing.md §5)."""
    try:
        key = load_der_public_key(lot.spki)
    except ValueError as exc:
        raise Refusal("notice.spki", lot=lot.lot, bits=RSA_BITS) from exc
    if (
        not isinstance(key, RSAPublicKey)
        or key.key_size != RSA_BITS
        or key.public_numbers().e != RSA_EXPONENT
        or key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != lot.spki
    ):
        raise Refusal("notice.spki", lot=lot.lot, bits=RSA_BITS)
