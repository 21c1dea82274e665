"""Publishing refuses a notice that law, profile or format doesn't allow, and says which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bidding.acts import draft, publish
from bidding.procedures import tender as tenders
from bidding.procedures.tender import TenderState
from bidding.profiles import packaged_profiles
from evaluation.acts import publish as publish_with_rules
from evaluation.rules import templates
from ledger.basics import clock, signing
from ledger.basics.canonical import canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.money import yuan
from ledger.events import Event
from tests.support.tender_notice import (
    CEILING,
    CUSTODIANS,
    DEADLINE,
    LOG,
    PUBLISHED,
    TENDER,
    documents,
    hex_key,
    keyset,
    notice_of,
    published_keyset,
    setting,
    sha,
    signed,
)

Edit = Callable[[dict[str, Any]], object]


def drafted() -> TenderState:
    decision = draft.decide(None, draft.DraftTender(TENDER, "buyer", sha("draft")), PUBLISHED)
    (one,) = decision[f"tender/{TENDER}"]
    assert not one.visible  # a draft is nobody's business before the notice
    return tenders.apply(None, Event(f"tender/{TENDER}", 1, one.type, PUBLISHED, "tester", one.public))


def attempt(  # one way to publish, whatever the test changes
    edit: Edit = lambda _notice: None,
    *,
    profile: str = "works-2019",
    people: tuple[str, ...] = ("buyer-1", "agent"),
    docs: dict[str, bytes] | None = None,
    act: Callable[..., Any] = publish.decide,
    **changes: Any,
) -> Any:
    category = "goods" if profile == "government-goods" else "works"
    made = docs or documents(profile, ["lot-1"], category)
    notice = notice_of(made, ["lot-1"], profile)
    notice["category"] = category
    edit(notice)
    order = signed("tender.published", f"tender/{TENDER}", {"notice": notice}, people, PUBLISHED)
    return act(drafted(), order, PUBLISHED, setting(made, **changes))


def refusal(*args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        attempt(*args, **kwargs)
    return refused.value


def test_a_lawful_notice_is_published_by_two_persons() -> None:
    (one,) = attempt()[f"tender/{TENDER}"]
    assert one.type == "tender.published"
    assert one.visible
    assert len(one.public["acts"]) == 2
    state = tenders.apply(drafted(), Event(f"tender/{TENDER}", 2, one.type, PUBLISHED, "tester", one.public))
    assert (state.status, state.deadline) == ("published", DEADLINE)


def test_it_is_published_once() -> None:
    (one,) = attempt()[f"tender/{TENDER}"]
    state = tenders.apply(drafted(), Event(f"tender/{TENDER}", 2, one.type, PUBLISHED, "tester", one.public))
    with pytest.raises(Refusal) as refused:
        tenders.apply(state, Event(f"tender/{TENDER}", 3, one.type, PUBLISHED, "tester", one.public))
    assert refused.value.code == "tender.wrong_state"


def test_under_government_procurement_too() -> None:
    assert attempt(
        lambda n: n["published_for"].update(objections_until="2026-12-15T01:00:00.000Z"), profile="government-goods"
    )


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "code"),
    [
        (("buyer-1",), "shape.length"),
        (("buyer-1", "buyer-1"), "act.same_person"),
        (("buyer-1", "watcher-1"), "act.role"),
        (("buyer-1", "clerk"), "act.role"),
        (("agent",), "shape.length"),
        (("stranger", "agent"), "act.other_party"),
        (("buyer-1", "nobody"), "act.person_unknown"),
        (("buyer-1", "buyer-2", "agent"), "shape.length"),
    ],
)
def test_nobody_publishes_alone_or_in_anothers_place(people: tuple[str, ...], code: str) -> None:
    found = refusal(people=people)
    assert found.code in (code, "act.keys")


def test_one_key_of_the_two_is_the_tenderees() -> None:
    made = documents("works-2019", ["lot-1"], "works")
    order = signed(
        "tender.published",
        f"tender/{TENDER}",
        {"notice": notice_of(made, ["lot-1"], "works-2019")},
        ("agent", "agent-2"),
        PUBLISHED,
    )
    persons = dict(setting(made).persons)
    agent = persons[hex_key("agent")]
    persons[hex_key("agent-2")] = replace(agent, person="agent-2", key=hex_key("agent-2"))
    with pytest.raises(Refusal) as refused:
        publish.decide(drafted(), order, PUBLISHED, setting(made, persons=persons))
    assert refused.value.code == "act.role_missing"


@pytest.mark.parametrize(
    ("later", "code"), [(timedelta(days=8), "act.expired"), (timedelta(minutes=-6), "act.in_future")]
)
def test_a_signature_is_fresh(later: timedelta, code: str) -> None:
    made = documents("works-2019", ["lot-1"], "works")
    notice = notice_of(made, ["lot-1"], "works-2019")
    order = signed("tender.published", f"tender/{TENDER}", {"notice": notice}, ("buyer-1", "agent"), PUBLISHED - later)
    with pytest.raises(Refusal) as refused:
        publish.decide(drafted(), order, PUBLISHED, setting(made))
    assert refused.value.code == code


def test_what_was_signed_is_what_is_published() -> None:
    made = documents("works-2019", ["lot-1"], "works")
    notice = notice_of(made, ["lot-1"], "works-2019")
    order = signed("tender.published", f"tender/{TENDER}", {"notice": notice}, ("buyer-1", "agent"), PUBLISHED)
    changed = {**notice, "region": "elsewhere"}
    with pytest.raises(Refusal) as refused:
        publish.decide(drafted(), replace(order, body={"notice": changed}), PUBLISHED, setting(made))
    assert refused.value.code == "act.other_body"


# --- the notice -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda n: n.pop("region"), "shape.missing"),
        (lambda n: n.update(extra=1), "shape.unknown"),
        (lambda n: n.update(tender="t-2"), "notice.keyset_other_lot"),
        (lambda n: n.update(party="other-buyer"), "tender.other_draft"),
        (lambda n: n["title"].update(en=""), "shape.length"),
        (lambda n: n.update(category="land"), "shape.value"),
        (lambda n: n.update(procedure="invited"), "shape.value"),
        (lambda n: n.update(estimate_fen=0), "notice.estimate_missing"),
        (lambda n: n.update(estimate_fen=True), "shape.type"),
        (lambda n: n.update(replaces=TENDER), "retender.itself"),
        (lambda n: n.update(lots=[]), "shape.length"),
        (lambda n: n["lots"].append(n["lots"][0]), "notice.doubled"),
        (lambda n: n["lots"][0].update(ceiling_fen=-1), "shape.value"),
        (lambda n: n["lots"][0].update(max_bytes=0), "shape.value"),
        (lambda n: n["lots"][0].update(forms_public="yes"), "shape.type"),
        (lambda n: n["profile"].update(sha256=sha("other")), "profile.not_known"),
        (lambda n: n["profile"].update(version=2), "profile.differs"),
        (lambda n: n.pop("profile"), "profile.not_known"),
        (lambda n: n.update(interval_ms=30_000), "notice.interval"),
    ],
)
def test_a_notice_has_exactly_its_members_and_each_makes_sense(edit: Edit, code: str) -> None:
    assert refusal(edit).code == code


def test_a_ceiling_is_allowed_a_floor_is_not() -> None:
    """实施条例 art. 27."""
    found = refusal(lambda n: n["lots"][0].update(floor_fen=1))
    assert found.code == "notice.floor_price"
    assert "27" in str(found.params["article"])


def until(**times: str) -> Edit:
    return lambda notice: notice["published_for"].update(times)


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (until(enquiries_until="2026-12-24T01:01:00.000Z"), "period.enquiries_until"),
        (until(enquiries_until="2026-12-01T01:00:00.000Z"), "period.enquiries_until"),
        (until(objections_until="2026-12-24T01:01:00.000Z"), "period.objections_until"),
        (until(objections_until="2026-12-14T15:59:00.000Z"), "period.objections_until"),
        (until(deadline="2026-12-24T01:00:30.000Z"), "deadline.not_on_minute"),
        (until(deadline="2026-12-24"), "time.malformed"),
    ],
)
def test_times_lie_where_the_law_wants_them(edit: Edit, code: str) -> None:
    assert refusal(edit).code == code


def test_less_than_twenty_days_is_too_short_and_the_refusal_says_from_when_on() -> None:
    """招标投标法 art. 24."""
    found = refusal(until(deadline="2026-12-20T15:59:00.000Z", objections_until="2026-12-20T01:00:00.000Z"))
    assert found.code == "period.too_short"
    assert found.params["period"] == "bid_preparation"
    assert found.params["amount"] == 20
    assert found.params["earliest"] == "2026-12-20T16:00:00.000Z"  # 21 December, 00:00 in Beijing
    assert "24" in str(found.params["article"])


def test_a_deadline_beyond_the_calendar_is_refused() -> None:
    found = refusal(until(deadline="2028-02-01T01:00:00.000Z"))
    assert (found.code, found.params) == ("calendar.year_missing", {"year": 2028})


# --- no-touch or panel ----------------------------------------------------------------------------------------------


def cheap(fen: int) -> Edit:
    def edit(notice: dict[str, Any]) -> None:
        notice.update(no_touch="award", estimate_fen=fen)
        notice["lots"][0]["ceiling_fen"] = fen

    return edit


def test_the_machine_awards_only_below_the_mandatory_threshold() -> None:
    """16号令 art. 5: works from 4 million yuan on need a panel (招标投标法 art. 37)."""
    assert attempt(cheap(399_999_999))
    found = refusal(cheap(400_000_000))
    assert found.code == "notice.panel_required"
    assert found.params["limit"] == "4000000.00"


def test_a_low_estimate_beside_a_high_ceiling_is_no_way_round_the_panel() -> None:
    found = refusal(lambda n: n.update(no_touch="award", estimate_fen=1))
    assert (found.code, found.params["found"]) == ("notice.panel_required", yuan(CEILING))


def test_government_procurement_is_never_awarded_by_the_machine() -> None:
    def edit(notice: dict[str, Any]) -> None:
        cheap(1)(notice)
        notice["published_for"]["objections_until"] = "2026-12-15T01:00:00.000Z"

    assert refusal(edit, profile="government-goods").code == "notice.panel_required"


def test_a_demonstration_runs_only_on_a_demonstration_platform() -> None:
    assert refusal(profile="demonstration").code == "profile.demonstration_only"

    def machine(notice: dict[str, Any]) -> None:
        notice["no_touch"] = "award"
        notice["published_for"]["objections_until"] = notice["published_for"]["deadline"]

    assert attempt(machine, profile="demonstration", log={**LOG, "demonstration": True})


def test_a_profile_is_one_the_platform_knows_and_for_this_category() -> None:
    assert refusal(known_profiles=frozenset()).code == "profile.not_known"

    def works(notice: dict[str, Any]) -> None:
        notice["category"] = "works"

    assert refusal(works, profile="government-goods").code == "profile.other_category"


# --- institutions, keys, documents ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda n: n["custodians"].reverse(), "notice.unsorted"),
        (lambda n: n["custodians"][0].update(key=hex_key("custodian-2")), "notice.doubled"),
        (lambda n: n["custodians"][0].update(key=hex_key("impostor")), "signature.wrong_key"),
        (lambda n: n["contributors"].reverse(), "notice.unsorted"),
        (lambda n: n["contributors"].pop(), "notice.contributors"),
        (lambda n: n["contributors"][0].update(key=hex_key("contributor-2")), "notice.doubled"),
        (lambda n: n.update(t=3), "notice.keyset_custodians"),
        (lambda n: n["lots"][0]["keysets"].pop(), "notice.keyset_missing"),
        (lambda n: n["lots"][0]["keysets"].__setitem__(1, n["lots"][0]["keysets"][0]), "notice.part_twice"),
        (lambda n: n["lots"][0]["keysets"][0]["signatures"].pop(), "sealed.signatures_missing"),
        (lambda n: n["lots"][0]["keysets"][0]["keyset"]["conditions"].update(min_bids=0), "sealed.bad_conditions"),
        (lambda n: n["lots"][0]["keysets"][2]["keyset"]["conditions"].update(after=["roll"]), "sealed.bad_conditions"),
        (
            lambda n: n["lots"][0]["keysets"].__setitem__(0, published_keyset("lot-2", "coin")),
            "notice.keyset_other_lot",
        ),
        (lambda n: n["lots"][0].update(spki="00" * 120), "notice.spki"),
    ],
)
def test_all_three_key_sets_are_there_and_signed_by_all(edit: Edit, code: str) -> None:
    assert refusal(edit).code == code


def test_a_majority_holds_the_keys() -> None:
    """2t > n: two disjoint groups could otherwise open for different rolls."""
    assert (
        refusal(lambda n: n.update(t=2, custodians=[*n["custodians"], {"id": "custodian-9", "key": hex_key("x")}])).code
        == "sealed.bad_threshold"
    )


def test_a_key_set_opens_at_the_deadline_and_not_before() -> None:
    early = DEADLINE - timedelta(minutes=1)
    found = refusal(lambda n: n["lots"][0]["keysets"].__setitem__(0, published_keyset("lot-1", "coin", early)))
    assert found.code == "notice.keyset_not_before"


def test_another_custodians_signature_does_not_do() -> None:
    def edit(notice: dict[str, Any]) -> None:
        kid = keyset("lot-1", "coin").kid.hex()
        forged = signing.sign("keyset", {"kid": kid, "custodian": "custodian-1"}, CUSTODIANS["custodian-2"])
        notice["lots"][0]["keysets"][0]["signatures"][0] = forged

    assert refusal(edit).code == "signature.wrong_key"


@pytest.mark.parametrize("numbers", [(3, 3072), (65537, 2048)])
def test_the_ticket_key_is_rsa_3072_with_the_usual_exponent(numbers: tuple[int, int]) -> None:
    exponent, bits = numbers
    key = RSAPublicNumbers(exponent, (1 << (bits - 1)) | 1).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert refusal(lambda n: n["lots"][0].update(spki=der.hex())).code == "notice.spki"


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda n: n["documents"].pop(0), "document.not_listed"),
        (lambda n: n["documents"].append({"name": "plan.pdf", "sha256": sha("plan"), "size": 5}), "document.missing"),
        (lambda n: n["documents"][0].update(size=1), "document.missing"),
        (lambda n: n["lots"][0].update(form=sha("other form")), "document.differs"),
        (lambda n: n["documents"].append(n["documents"][0]), "notice.doubled"),
    ],
)
def test_everything_listed_is_stored_and_everything_needed_is_listed(edit: Edit, code: str) -> None:
    assert refusal(edit).code == code


def test_a_known_party_publishes() -> None:
    assert refusal(parties=frozenset({"somebody"})).code == "notice.party_unknown"
    assert attempt(parties=frozenset({"buyer"}))


# --- rule sets: the act of evaluation -------------------------------------------------------------------------------


def with_rules(**changes: Any) -> dict[str, bytes]:
    rules, _ = templates.load("lowest-price")
    made = documents("works-2019", ["lot-1"], "works")
    made["rules-lot-1.json"] = canonical(
        {**rules, "category": "works", "law": "tendering", "ceiling": CEILING, **changes}
    )
    return made


def test_a_rule_set_that_fits_is_published() -> None:
    assert attempt(docs=with_rules(), act=publish_with_rules.decide)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"category": "goods"}, "notice.rules_category"),
        ({"law": "procurement"}, "notice.rules_law"),
        ({"ceiling": CEILING - 1}, "notice.rules_ceiling"),
        ({"price_question": "nothing"}, None),
        ({"hack": 1}, "shape.unknown"),
        ({"floor": {"clause": "9"}}, "notice.rules_unserved"),
    ],
)
def test_a_rule_set_that_does_not_fit_is_refused(changes: dict[str, Any], code: str | None) -> None:
    found = refusal(docs=with_rules(**changes), act=publish_with_rules.decide)
    assert code is None or found.code == code


def test_a_form_that_is_none_is_refused() -> None:
    made = with_rules()
    made["form-lot-1.json"] = canonical({"v": 1})
    assert refusal(docs=made, act=publish_with_rules.decide).code.startswith("shape.")


def test_documents_are_canonical() -> None:
    made = with_rules()
    made["rules-lot-1.json"] += b"\n"
    assert refusal(docs=made, act=publish_with_rules.decide).code.startswith("canonical.")


def test_the_notice_carries_the_hashes_of_what_was_checked() -> None:
    made = with_rules()
    notice = notice_of(made, ["lot-1"], "works-2019")
    assert notice["lots"][0]["rules"] == H(made["rules-lot-1.json"]).hex()
    assert notice["profile"]["sha256"] in packaged_profiles()
    assert clock.parse_time(notice["published_for"]["deadline"]) == DEADLINE
