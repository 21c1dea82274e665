"""Whatever JSON stands in the mailbox or the streams: the custodian goes on, and nothing leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.custody import custody_case, real_keyset
from tests.support.custody_names import BEFORE, DEADLINE, LOT, TENDER
from tests.support.custody_platform import Answer

COIN = real_keyset("coin")
KINDS = ("key", "sign", "challenge", "postpone", "seed", "form", "rehearsal", "rehearsal-key", "contribution")
NAMES = (
    "id",
    "kind",
    "body",
    "keyset",
    "kid",
    "nonce",
    "kids",
    "not_before",
    "addendum",
    "tender",
    "purpose",
    "t",
    "custodians",
    "conditions",
    "part",
    "lot",
    "order",
    "sha256",
    "seal",
    "events",
    "event",
    "salt",
    "index",
    "v",
    "stream",
    "version",
    "type",
    "at",
    "actor",
    "public",
    "sealed",
)
WORDS = st.sampled_from([COIN.kid.hex(), "00" * 32, TENDER, LOT, "coin", "MJ1", "../x", "", "2026-12-01T04:00:00.000Z"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
ANY = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=12,
)
REQUEST = st.fixed_dictionaries({"id": st.just("a") | ANY, "kind": st.sampled_from(KINDS) | ANY, "body": ANY})


@given(requests=st.lists(REQUEST | ANY, max_size=5), stream=ANY)
@settings(deadline=None)
def test_noise_gets_nothing(tmp_path_factory: Any, requests: list[Any], stream: Any) -> None:
    root: Path = tmp_path_factory.mktemp("noise")
    with custody_case(root) as case:
        case.platform.append("log", "log.opened", {})
        case.platform.sign(BEFORE)
        case.sign_all(COIN)
        case.coin_lot(COIN)
        case.close()
        case.platform.sign(DEADLINE)
        case.platform.posted.clear()
        case.platform.override["/custody/requests"] = Answer(body=json.dumps({"requests": requests}).encode())
        for name in (f"lot/{TENDER}/{LOT}", f"tender/{TENDER}"):
            case.platform.override[f"/api/streams/{name}"] = Answer(body=json.dumps({"events": stream}).encode())
        case.step(DEADLINE)
        assert case.platform.releases() == []
        assert "stumbled" not in case.refusals()
        allowed = {"/custody/answers/a"}
        for path, body in case.platform.posted:
            assert path in allowed
            assert json.loads(body)["object"].keys() == {"kid", "public_key", "nonce", "at"}, "a rehearsal's key only"
