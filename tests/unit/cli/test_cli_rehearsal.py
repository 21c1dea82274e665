"""A rehearsal is done when a quorum answers, whoever is down."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledger.basics.errors import Refusal
from ledger.basics.ids import system_entropy
from ledger.sealed import keyset as keysets
from ledger.sealed import rehearsal
from ledger.sealed.rehearsal import ThrowAway
from ledger.sealed.seal import Seal, context, open_capsule
from web.cli.bid.job import Job
from web.cli.bid.rehearsal import rehearse

IDS = tuple(f"custodian-{number}" for number in range(1, 6))


class Office:
    """Passes a rehearsal to those custodians that are up; each answers the second time it is asked."""

    def __init__(self, up: tuple[str, ...]) -> None:
        self.keys = {name: ThrowAway.new(system_entropy) for name in up}
        self.asked: list[str] = []

    def send(self, _method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(path)
        if self.asked.count(path) < 2:
            return {"keys": {}, "answers": {}}
        if path == "/office/rehearsals":
            return {"keys": {name: key.public.hex() for name, key in self.keys.items()}}
        keyset = rehearsal.parse(body["keyset"])
        seal, author = Seal.parse(body["seal"], keyset), bytes.fromhex(body["author_key"])
        ctx = context(keyset.kid, author, seal.n16)
        answers = {}
        for name, key in self.keys.items():
            share = open_capsule(seal, ctx, keyset.place(name), keysets.custodian_key(key.seed))
            assert share is not None
            answers[name] = {"share": share.hex()}
        return {"answers": answers}


def job(office: Office) -> Job:
    home = SimpleNamespace(
        trust=lambda: SimpleNamespace(custodians=dict.fromkeys(IDS, SimpleNamespace(name={"zh": "甲", "en": "A"})))
    )
    return cast(Job, SimpleNamespace(home=home, office=office))


def test_all_five_answer(capsys: pytest.CaptureFixture[str]) -> None:
    rehearse(job(Office(IDS)), None, 30)
    assert capsys.readouterr().out


def test_one_that_is_down_leaves_the_others_their_time() -> None:
    office = Office(IDS[:4])
    rehearse(job(office), None, 2)
    assert office.asked.count("/office/rehearsals/shares") >= 2


def test_without_a_quorum_it_says_so() -> None:
    with pytest.raises(Refusal, match=r"rehearsal\.too_few"):
        rehearse(job(Office(IDS[:2])), None, 1)
