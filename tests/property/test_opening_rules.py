"""The opening gives one result: for every quorum, in every order, whoever lies; and excludes what the rules say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bidding import opening, roll
from bidding.exclusions import ORDER, excluded
from bidding.parties import Party
from bidding.profiles.profile import Exclusion
from bidding.roll import Minute, Witnessed
from bidding.statement import Signed
from bidding.verdicts import Waiting
from ledger.basics.canonical import canonical
from ledger.sealed.opening import BAD, Answer
from tests.support.world import World
from tests.support.world_bids import broken_capsule
from tests.support.world_log import DEADLINE, GRACE, INTERVAL

CUSTODIANS = [f"custodian-{number}" for number in range(1, 6)]
RULES = [Exclusion(name, "x") for name in ORDER]


@cache
def present() -> World:
    """Four bids, one with a broken capsule, up to presence; one release in four ways of lying is kept ready."""
    world = World(91)
    bids = [world.bid(world.party(f"p{number}")) for number in range(3)]
    bids.append(world.bid(world.party("broken"), edit_seal=broken_capsule(2)))
    world.close(bids)
    world.present()
    return world


@cache
def release(part: str, custodian: str, how: str) -> dict[str, Any]:
    lies: dict[str, Answer] = {"bad": BAD, "false": bytes(32)}
    return present().answer(part, custodian, lambda _name, answer: lies.get(how, answer))


def announced(releases: list[object]) -> bytes:
    world = present()
    found = opening.read_identities(
        world.sealed_lot(),
        world.on_roll(),
        world.public("lot.present"),
        releases,
        world.forms,
        world.registered,
        world.issued,
    )
    assert not isinstance(found, Waiting)
    return canonical(opening.announced(world.sealed_lot(), found).public)


def drawn(releases: list[object]) -> bytes:
    world = present()
    found = opening.coefficients(world.sealed_lot(), world.on_roll(), world.contributions(), releases)
    assert not isinstance(found, Waiting)
    return canonical(found)


@given(
    order=st.permutations(CUSTODIANS),
    liars=st.lists(st.sampled_from(["bad", "false", "away"]), max_size=1),
    more=st.integers(3, 5),
)
def test_every_quorum_with_three_honest_custodians_gives_the_same_bytes(
    order: list[str], liars: list[str], more: int
) -> None:
    # The broken capsule is custodian 2's own: among three honest ones there may be it, so one liar is the most.
    how = dict(zip(reversed(order), liars, strict=False))
    there = [custodian for custodian in order[: more + 1] if how.get(custodian) != "away"]
    honest = [custodian for custodian in there if custodian not in how]
    if len([custodian for custodian in honest if custodian != "custodian-2"]) < 3:
        return
    for part, result in (("coin", drawn), ("identity", announced)):
        releases: list[object] = [release(part, custodian, how.get(custodian, "")) for custodian in there]
        assert result(releases) == result([release(part, custodian, "") for custodian in CUSTODIANS])


@given(cut=st.integers(0, 5), again=st.booleans())
def test_a_result_once_given_never_changes_with_later_releases(cut: int, *, again: bool) -> None:
    world = present()
    releases: list[object] = [release("identity", custodian, "") for custodian in CUSTODIANS]
    releases = releases[:cut] + (releases[:cut] if again else [])
    found = opening.read_identities(
        world.sealed_lot(),
        world.on_roll(),
        world.public("lot.present"),
        releases,
        world.forms,
        world.registered,
        world.issued,
    )
    if not isinstance(found, Waiting):
        whole = announced([release("identity", custodian, "") for custodian in CUSTODIANS])
        assert canonical(opening.announced(world.sealed_lot(), found).public) == whole
    else:
        assert found.custodians


USCCS = ["AAAA", "BBBB", "CCCC", "DDDD", "EEEE"]


def signed(uscc: str, ref: str, holds: tuple[str, ...]) -> Signed:
    party = Party(uscc.lower(), uscc, {"zh": uscc, "en": uscc}, "", ref, "", holds)
    return Signed(party, "lead", "100", certified=False)


@st.composite
def bids(draw: st.DrawFn) -> dict[str, tuple[Signed, ...]]:
    """Bids of registered organisations: an organisation has one person and one list of holdings."""
    registry = {
        uscc: signed(uscc, draw(st.sampled_from("pqrst")), tuple(draw(st.sets(st.sampled_from(USCCS), max_size=2))))
        for uscc in USCCS
    }
    members = draw(st.lists(st.lists(st.sampled_from(USCCS), min_size=1, max_size=3, unique=True), max_size=5))
    return {f"{number:064d}": tuple(registry[uscc] for uscc in usccs) for number, usccs in enumerate(members)}


def clash(one: tuple[Signed, ...], other: tuple[Signed, ...]) -> bool:
    """What the articles call it, pair by pair."""
    return any(
        a.party.uscc == b.party.uscc
        or a.party.person_ref == b.party.person_ref
        or b.party.uscc in a.party.holds
        or a.party.uscc in b.party.holds
        for a in one
        for b in other
    )


@given(found=bids())
def test_a_bid_is_excluded_exactly_if_it_clashes_with_another(found: dict[str, tuple[Signed, ...]]) -> None:
    out = excluded(found, RULES)
    for sha256, parties in found.items():
        clashes = any(clash(parties, other) for key, other in found.items() if key != sha256)
        assert (sha256 in out) == clashes


@given(found=bids(), data=st.data())
def test_exclusion_depends_on_no_order(found: dict[str, tuple[Signed, ...]], data: st.DataObject) -> None:
    shuffled = dict(data.draw(st.permutations(list(found.items()))))
    assert excluded(shuffled, list(reversed(RULES))) == excluded(found, RULES)


@dataclass(frozen=True)
class Message:
    bid_key: str
    seq: int


@st.composite
def history(draw: st.DrawFn) -> tuple[list[Minute], dict[str, Message], dict[str, Message]]:
    """Minutes around the deadline as a box writes them: the numbers of a key rise."""
    submissions: dict[str, Message] = {}
    withdrawals: dict[str, Message] = {}
    seqs: dict[str, int] = {}
    minutes = []
    for version in range(1, draw(st.integers(1, 6)) + 1):
        start = DEADLINE - INTERVAL * 4 + INTERVAL * version
        accepted: list[str] = []
        withdrawn: list[str] = []
        for key in draw(st.lists(st.sampled_from("abc"), max_size=3)):
            seqs[key] = seqs.get(key, 0) + draw(st.integers(1, 2))
            sha256 = f"{len(submissions) + len(withdrawals):064x}"
            back = draw(st.booleans())
            (withdrawals if back else submissions)[sha256] = Message(key, seqs[key])
            (withdrawn if back else accepted).append(sha256)
        late = timedelta(seconds=draw(st.sampled_from([5, 119, 130])))
        witnessed = Witnessed(version, start + INTERVAL + late)
        minutes.append(Minute(version, start, tuple(sorted(accepted)), tuple(sorted(withdrawn)), witnessed))
    return minutes, submissions, withdrawals


@given(made=history(), data=st.data())
def test_the_roll_holds_each_keys_last_word_and_no_more(
    made: tuple[list[Minute], dict[str, Message], dict[str, Message]], data: st.DataObject
) -> None:
    minutes, submissions, withdrawals = made
    settings: dict[str, Any] = {"deadline": DEADLINE, "interval": INTERVAL, "grace": GRACE}
    listed: Any = roll.count("t", "l", minutes, submissions, withdrawals, **settings)["submissions"]
    shuffled = data.draw(st.permutations(minutes))
    assert roll.count("t", "l", shuffled, submissions, withdrawals, **settings)["submissions"] == listed
    counting = [minute for minute in minutes if roll.in_time(minute, DEADLINE, INTERVAL, GRACE)]
    words = {sha256: submissions[sha256] for minute in counting for sha256 in minute.accepted}
    words |= {sha256: withdrawals[sha256] for minute in counting for sha256 in minute.withdrawn}
    keys = {word.bid_key for word in words.values()}
    last = [max((word.seq, sha256) for sha256, word in words.items() if word.bid_key == key) for key in keys]
    assert listed == sorted(sha256 for _, sha256 in last if sha256 in submissions)
