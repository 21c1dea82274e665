"""A bid is whose seal and person in charge signed its statement (实施条例 art. 51), by a known key or certificate."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from cryptography import x509

from bidding import statement
from bidding.statement import Signed
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.sealed.header import read_header
from tests.support.authority import Holder, ec_key, name, root, rsa_key
from tests.support.world import World
from tests.support.world_log import DEADLINE, Bid, Org

CA = root()


@cache
def world() -> World:
    return World(31, authorities=[CA.certificate])


@cache
def org(label: str) -> Org:
    return world().party(label)


def verify(bid: Bid, authorities: tuple[x509.Certificate, ...] = (CA.certificate,)) -> tuple[Signed, ...]:
    header = read_header(bid.headers["identity"], "identity")
    return statement.verify(header, bid.submission, world().registered, authorities, DEADLINE)


def why(bid: Bid) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Refusal) as caught:
        verify(bid)
    return caught.value.code, caught.value.params


def certified(
    of: Org, *, seal: Holder | None = None, person: Holder | None = None
) -> Callable[[dict[str, Json], Org], dict[str, Json]]:
    """Signs with certificates; those that fit unless others are given."""
    party = of.party
    by_seal = seal or CA.issue(name("seal", party.uscc), rsa_key())
    by_person = person or CA.issue(name("person", party.uscc, party.person_ref), ec_key())

    def sign(made: dict[str, Json], who: Org) -> dict[str, Json]:
        data = statement.to_sign(made)
        return statement.entry(
            who.party.party,
            statement.cms_signature(by_seal.sign(data)),
            statement.cms_signature(by_person.sign(data, attributes=False)),
        )

    return sign


def test_registered_keys_count_on_the_platforms_word() -> None:
    (signed,) = verify(world().bid(org("p0")))
    assert (signed.party.uscc, signed.role, signed.share, signed.certified) == (
        org("p0").party.uscc,
        "lead",
        "100",
        False,
    )


def test_certificates_count_by_themselves() -> None:
    (signed,) = verify(world().bid(org("p0"), sign=certified(org("p0"))))
    assert signed.certified


def test_one_certificate_of_two_is_still_the_platforms_word() -> None:
    def sign(made: dict[str, Json], who: Org) -> dict[str, Json]:
        whole = certified(org("p0"))(made, who)
        return {**whole, "person": statement.key_signature(made, who.person)}

    (signed,) = verify(world().bid(org("p0"), sign=sign))
    assert not signed.certified


def test_a_joint_bid_is_signed_by_every_party_and_names_its_agreement() -> None:
    signed = verify(world().bid(org("p0"), org("p1"), shares=["66.67", "33.33"]))
    assert [(one.role, one.share) for one in signed] == [("lead", "66.67"), ("member", "33.33")]
    assert signed[0].public() == {"uscc": org("p0").party.uscc, "role": "lead", "share": "66.67"}


class TestUnsigned:
    def test_without_signatures(self) -> None:
        code, params = why(world().bid(org("p0"), sign=lambda _made, _who: {}))
        assert (code, params["by"], params["why"]) == ("statement.unsigned", "seal", "statement.missing")

    def test_with_one_signature_for_a_joint_bid(self) -> None:
        def lead_only(made: dict[str, Json], who: Org) -> dict[str, Json]:
            return world().signatures(made, who) if who is org("p0") else {}

        code, params = why(world().bid(org("p0"), org("p1"), sign=lead_only))
        assert (code, params["uscc"]) == ("statement.unsigned", org("p1").party.uscc)

    @pytest.mark.parametrize("by", ["seal", "person"])
    def test_by_a_key_that_is_not_registered(self, by: str) -> None:
        def sign(made: dict[str, Json], who: Org) -> dict[str, Json]:
            return {**world().signatures(made, who), by: statement.key_signature(made, world().dice.key())}

        code, params = why(world().bid(org("p0"), sign=sign))
        assert (code, params["by"], params["why"]) == ("statement.unsigned", by, "signature.wrong_key")

    def test_a_seal_does_not_sign_for_the_person(self) -> None:
        def sign(made: dict[str, Json], who: Org) -> dict[str, Json]:
            seal = statement.key_signature(made, who.seal)
            return statement.entry(who.party.party, seal, seal)

        assert why(world().bid(org("p0"), sign=sign))[1]["by"] == "person"

    def test_over_another_statement(self) -> None:
        def sign(made: dict[str, Json], who: Org) -> dict[str, Json]:
            return world().signatures({**made, "seq": 9}, who)

        assert why(world().bid(org("p0"), sign=sign))[1]["why"] == "signature.invalid"

    @pytest.mark.parametrize(
        ("holder", "code"),
        [
            (lambda: root("Nobody's CA").issue(name("seal", org("p0").party.uscc), rsa_key()), "cms.untrusted"),
            (lambda: CA.issue(name("seal", org("p1").party.uscc), rsa_key()), "cms.other_subject"),
            (lambda: CA.issue(name("seal"), rsa_key()), "cms.other_subject"),
            (lambda: CA.issue(name("seal", org("p0").party.uscc, "somebody"), rsa_key()), "cms.other_subject"),
        ],
        ids=["unknown authority", "another's seal", "nobody's seal", "a person's certificate"],
    )
    def test_by_a_certificate_that_is_not_its_seals(self, holder: Callable[[], Holder], code: str) -> None:
        params = why(world().bid(org("p0"), sign=certified(org("p0"), seal=holder())))[1]
        assert (params["by"], params["why"]) == ("seal", code)

    def test_by_somebody_elses_certificate(self) -> None:
        other = CA.issue(name("person", org("p0").party.uscc, "another-person"), ec_key())
        params = why(world().bid(org("p0"), sign=certified(org("p0"), person=other)))[1]
        assert (params["by"], params["why"]) == ("person", "cms.other_subject")

    def test_by_a_party_that_is_not_registered(self) -> None:
        ghost = world().party("ghost", registered=False)
        assert why(world().bid(ghost))[0] == "statement.party_unknown"

    def test_with_an_entry_that_points_at_another_party(self) -> None:
        def sign(made: dict[str, Json], who: Org) -> dict[str, Json]:
            return {**world().signatures(made, who), "party": "p1"}

        org("p1")
        assert why(world().bid(org("p0"), sign=sign))[0] == "statement.party_unknown"


class TestAbout:
    @pytest.mark.parametrize(
        ("member", "value"),
        [("tender", "t-2"), ("lot", "lot-2"), ("bid_key", "00" * 32), ("seq", 2), ("terms", "00" * 32)],
    )
    def test_another_submission(self, member: str, value: Json) -> None:
        code, params = why(world().bid(org("p0"), edit_statement=lambda made: {**made, member: value}))
        assert (code, params["field"]) == ("statement.other_bid", member)

    def test_another_header(self) -> None:
        def edit(made: dict[str, Json]) -> dict[str, Json]:
            return {**made, "parts": {"identity": "00" * 32, "offer": "00" * 32}}

        assert why(world().bid(org("p0"), edit_statement=edit)) == ("statement.other_header", {"part": "identity"})

    def test_more_than_it_should_say(self) -> None:
        assert why(world().bid(org("p0"), edit_statement=lambda made: {**made, "remark": "x"}))[0] == (
            "canonical.unknown_member"
        )


class TestParties:
    @pytest.mark.parametrize(
        "shares",
        [["60", "41"], ["60", "30"], ["60.0", "40"], ["060", "40"], ["100", "0"], ["66.666", "33.334"], ["-1", "101"]],
    )
    def test_shares_are_plain_decimals_that_sum_to_a_hundred(self, shares: list[str]) -> None:
        assert why(world().bid(org("p0"), org("p1"), shares=shares))[0] == "statement.shares"

    @pytest.mark.parametrize("shares", [["60", "40"], ["99.99", "0.01"], ["0.5", "99.5"], ["10.05", "89.95"]])
    def test_shares_that_do(self, shares: list[str]) -> None:
        assert [one.share for one in verify(world().bid(org("p0"), org("p1"), shares=shares))] == shares

    def test_nobody_joins_with_itself(self) -> None:
        assert why(world().bid(org("p0"), org("p0")))[0] == "statement.party_twice"

    def test_the_lead_stands_first(self) -> None:
        def edit(made: dict[str, Json]) -> dict[str, Json]:
            parties: Any = made["parties"]
            return {**made, "parties": [{**party, "role": "member"} for party in parties]}

        assert why(world().bid(org("p0"), org("p1"), edit_statement=edit))[0] == "statement.roles"

    def test_a_code_with_a_wrong_check_digit_is_nobodys(self) -> None:
        def edit(made: dict[str, Json]) -> dict[str, Json]:
            return {**made, "parties": [{"uscc": "91350100MA0000000A", "role": "lead", "share": "100"}]}

        assert why(world().bid(org("p0"), edit_statement=edit))[0] == "uscc.check_digit"

    def test_a_joint_bid_without_its_agreement(self) -> None:
        files = {"identity": {"letter.pdf": b"x"}, "offer": {}}
        assert why(world().bid(org("p0"), org("p1"), files=files))[0] == "statement.no_agreement"
        empty = {"identity": {"agreement.pdf": b""}, "offer": {}}
        assert why(world().bid(org("p0"), org("p1"), files=empty))[0] == "statement.no_agreement"

    def test_an_entry_that_names_no_id_is_malformed(self) -> None:
        bid = world().bid(org("p0"), sign=lambda made, who: {**world().signatures(made, who), "party": "../x"})
        assert why(bid)[0] == "id.malformed"
