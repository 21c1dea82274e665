"""Whatever a bidder writes into its bid, the opening gives a result: its bid is void or rejected, the others stand."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding import cms, opening
from bidding.procedures import listing, payloads
from bidding.submission import Submission, Withdrawal
from bidding.verdicts import Waiting
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from tests.support.authority import Holder, ec_key, name, root, rsa_key
from tests.support.stored import stored
from tests.support.world import World, states
from tests.support.world_log import Bid

AT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
CA = root()

json_values = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=8) | st.integers(-(2**40), 2**40) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz", max_size=4), inner, max_size=3),
    max_leaves=6,
)


def paths(value: Json, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a value."""
    out: list[tuple[Any, ...]] = [at] if at else []
    if isinstance(value, dict):
        out += [path for key, item in value.items() for path in paths(item, (*at, key))]
    elif isinstance(value, list):
        out += [path for index, item in enumerate(value) for path in paths(item, (*at, index))]
    return out


def changed(value: Json, path: tuple[Any, ...], new: Json | None) -> Any:
    """A copy with the value at `path` replaced, or taken out if `new` is None."""
    out: Any = copy.deepcopy(value)
    holder = out
    for step in path[:-1]:
        holder = holder[step]
    if new is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = new
    return out


@cache
def world() -> World:
    return World(81)


@cache
def plain() -> tuple[Bid, ...]:
    return tuple(world().bid(world().party(f"plain{number}")) for number in range(3))


@cache
def sample() -> Bid:
    return world().bid(world().party("odd"), world().party("mate"))


def after_opening(odd: Bid) -> Mapping[str, Any]:
    """The announcement of three plain bids and an odd one, by the shortest way."""
    bids = [odd, *plain()]
    made = copy.copy(world())
    made.log = copy.deepcopy(made.log)
    made.close(bids)
    made.present()
    made.release("identity", ["custodian-1", "custodian-2", "custodian-3"])
    found = made.read_identities()
    assert not isinstance(found, Waiting)
    body = opening.announced(made.sealed_lot(), found)
    payloads.check("lot.announced", body.public)
    return listing.whole("lot.announced", body.public, stored(body.documents))


@given(data=st.data())
def test_no_header_stops_the_others_from_being_counted(data: st.DataObject) -> None:
    header = sample().headers["identity"]
    path = data.draw(st.sampled_from(paths(header)))
    new = data.draw(st.none() | json_values)

    def edit(part: str, plain_form: bytes) -> bytes:
        return canonical(changed(header, path, new)) if part == "identity" else plain_form

    odd = world().bid(world().party("odd"), world().party("mate"), edit_plain=edit)
    body = after_opening(odd)
    found = states(body)
    assert [found[bid.sha256] for bid in plain()] == ["counted"] * 3
    assert body["failed"] is False


@given(rubbish=st.binary(max_size=400))
def test_no_form_of_any_bytes_does_either(rubbish: bytes) -> None:
    odd = world().bid(world().party("odd"), edit_plain=lambda _part, _plain: rubbish)
    assert states(after_opening(odd))[odd.sha256] == "void"


@given(data=st.data())
def test_no_envelope_crashes_the_box(data: st.DataObject) -> None:
    envelope: Json = sample().submission.envelope
    path = data.draw(st.sampled_from(paths(envelope)))
    odd = changed(envelope, path, data.draw(st.none() | json_values))
    for parse in (Submission.parse, Withdrawal.parse):
        try:
            parse(odd)
        except Refusal:
            continue
        assert odd == envelope, "a changed envelope is refused: its signature is over the whole object"


@cache
def signature() -> tuple[Holder, bytes]:
    middle = CA.issue(name("Middle CA"), ec_key(), ca=True)
    holder = middle.issue(name("seal", "91350100MA0000000X"), rsa_key())
    return holder, holder.sign(b"data")


# The library warns of odd certificates (a serial number below 1, a country of four letters) as it reads them.
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@given(data=st.data())
def test_no_cms_of_any_bytes_crashes_and_none_holds_for_other_data(data: st.DataObject) -> None:
    _, good = signature()
    der = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    for over in (b"data", b"other"):
        try:
            signer = cms.verify(bytes(der), over, [CA.certificate], AT)
        except Refusal:
            continue
        assert over == b"data"
        assert signer == signature()[0].certificate


@given(length=st.integers(0, 3000))
def test_no_cut_cms_holds(length: int) -> None:
    _, good = signature()
    cut = good[: min(length, len(good) - 1)]
    with pytest.raises(Refusal, match=r"cms\.malformed"):
        cms.verify(cut, b"data", [CA.certificate], AT)
