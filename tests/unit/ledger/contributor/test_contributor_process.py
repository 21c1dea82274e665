"""A contributor: one random value for a purpose, and only where a witnessed notice asks for ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.contributor.process import opened
from ledger.institution import folder as folders
from ledger.institution.backoff import Backoff
from ledger.institution.folder import Folder
from ledger.institution.platform import Platform
from ledger.sealed.coin import verify_contribution
from tests.support.custody import Case, Hand, contributor, custody_case, master, real_keyset, signatures, trust
from tests.support.custody_names import BEFORE, DEADLINE, PARTIES, PASSPHRASE, counted
from tests.support.custody_platform import FakePlatform

COIN = real_keyset("coin")
PARTY = PARTIES[0]
REQUEST: Any = {
    "purpose": COIN.purpose.to_json(),
    "keyset": {"keyset": COIN.to_json(), "signatures": signatures(COIN)},
}


@dataclass
class Party:
    platform: FakePlatform
    folder: Folder
    case: Case
    clock: Hand
    said: list[str]

    @contextmanager
    def process(self, seed: bytes = b"") -> Iterator[Callable[[], None]]:
        with opened(
            self.folder,
            contributor(PARTY),
            Platform(self.platform.url, 5),
            now=self.clock,
            entropy=counted(seed),
            say=self.said.append,
            backoff=Backoff(timedelta(0), timedelta(0)),
        ) as step:
            yield step

    def asked(self, body: Any, kind: str = "contribution", seed: bytes = b"") -> list[Any]:
        self.platform.requests.clear()
        self.platform.posted.clear()
        self.platform.ask("r", kind, body)
        with self.process(seed) as step:
            step()
        return self.platform.answers("r")


@pytest.fixture
def party(tmp_path: Path) -> Iterator[Party]:
    with custody_case(tmp_path) as case:
        made = folders.create(tmp_path / "c", "contributor", PARTY, master(PARTY), PASSPHRASE, counted(b"f"), cost=10)
        made.put_trust(trust())
        case.publish([COIN])
        case.platform.sign(BEFORE)
        yield Party(case.platform, made, case, Hand(), [])


def test_it_seals_one_value_and_gives_the_same_again(party: Party) -> None:
    (first,) = party.asked(REQUEST, seed=b"one")
    (again,) = party.asked(REQUEST, seed=b"two")
    assert first == again
    given = verify_contribution(first, COIN, {PARTY: contributor(PARTY).public})
    assert given.party == PARTY


def test_its_value_is_nowhere_in_its_folder(party: Party) -> None:
    party.asked(REQUEST, seed=b"one")
    secret = counted(b"one")(32)
    held = b"".join(path.read_bytes() for path in party.folder.root.rglob("*") if path.is_file())
    assert secret not in held
    assert secret.hex().encode() not in held


def test_it_gives_nothing_before_the_notice_is_witnessed(party: Party) -> None:
    party.platform.log.entries.clear()
    party.platform.streams.clear()
    party.platform.append("log", "log.opened", {})
    party.platform.sign(BEFORE)
    party.case.publish([COIN])
    assert party.asked(REQUEST) == []
    party.platform.sign(BEFORE)
    assert len(party.asked(REQUEST)) == 1


def test_it_gives_nothing_to_a_key_set_that_is_not_the_notices(party: Party) -> None:
    other = real_keyset("coin", DEADLINE + timedelta(days=1))
    body = {
        "purpose": other.purpose.to_json(),
        "keyset": {"keyset": other.to_json(), "signatures": signatures(other)},
    }
    assert party.asked(body) == []
    assert "contributor.other_keyset" in party.said[-1]


def test_it_never_gives_to_two_key_sets_for_a_purpose(party: Party) -> None:
    party.asked(REQUEST)
    other = real_keyset("coin", DEADLINE + timedelta(days=1))
    body = {
        "purpose": other.purpose.to_json(),
        "keyset": {"keyset": other.to_json(), "signatures": signatures(other)},
    }
    assert party.asked(body) == []
    assert "contributor.second_keyset" in party.said[-1]


def test_it_wants_the_signatures_of_all_custodians(party: Party) -> None:
    body = {**REQUEST, "keyset": {"keyset": COIN.to_json(), "signatures": signatures(COIN)[1:]}}
    assert party.asked(body) == []
    assert "sealed.signatures_missing" in party.said[-1]


def test_it_gives_nothing_where_the_notice_does_not_name_it(party: Party, tmp_path: Path) -> None:
    stranger = "party-9"
    made = folders.create(tmp_path / "s", "contributor", stranger, master(stranger), PASSPHRASE, counted(b""), cost=10)
    (made.root / "trust.json").write_bytes(trust())
    party.folder = made
    with opened(made, contributor(stranger), Platform(party.platform.url, 5), say=party.said.append) as step:
        party.platform.ask("r", "contribution", REQUEST)
        step()
    assert party.platform.answers("r") == []
    assert "contributor." in party.said[-1]


def test_it_gives_nothing_when_the_time_has_come(party: Party) -> None:
    party.clock.at = DEADLINE
    assert party.asked(REQUEST) == []
    assert "contributor.too_late" in party.said[-1]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("sign", {"keyset": COIN.to_json()}),
        ("contribution", {}),
        ("contribution", {**REQUEST, "purpose": {"tender": "t1", "lot": "lot1", "part": "offer"}}),
        ("contribution", {**REQUEST, "keyset": {"keyset": COIN.to_json(), "signatures": 1}}),
    ],
)
def test_it_leaves_what_makes_no_sense(party: Party, kind: str, body: Any) -> None:
    assert party.asked(body, kind) == []
    assert " refused " in party.said[-1]
