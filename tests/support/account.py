"""People at the office's pages for tests: signing up, codes, applications, and what a page says is wrong.

A town serves a whole file of tests: `cleared` takes it back to its first moment without a login. Organisations of other
tests stay registered in it, so `application` gives another one for each test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from werkzeug.test import TestResponse

from bidding.parties import uscc_check_character
from ledger.basics import signing
from ledger.basics.hashing import H
from ledger.store.engine import transaction
from tests.support.office import Visitor
from tests.support.postgres import Cluster
from tests.support.town import START, Town, town
from web.account import tables, totp

COUNT = [0]  # so that each test has codes and keys of its own


@contextmanager
def ground_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town with the office's people, on the database that the fixture's parameter names."""
    folder = tmp_path_factory.mktemp("account")
    url = f"sqlite:///{folder / 'town.db'}"
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        url = cluster.url(cluster.create())
    with town(folder, url) as made:
        made.enrol()
        yield made


def cleared(ground: Town) -> Town:
    """The town at its first moment, with no login."""
    ground.clock.at = START
    with transaction(ground.services.engine) as conn:
        for table in reversed(tables.ALL):
            conn.execute(sa.delete(table))
    COUNT[0] += 1
    return ground


def visitor(place: Town) -> Visitor:
    """Somebody who is nobody yet."""
    return Visitor(place.office_app)


def signed_up(place: Town, name: str = "ann") -> Visitor:
    """Somebody with a login and a password."""
    found = visitor(place)
    done = found.sign_up(name)
    assert done.status_code == 303, done.text
    return found


def errors_of(answer: TestResponse) -> dict[str, str]:
    """Field → what stands in the summary of what is wrong, each linked to its field."""
    summary = re.search(r'<div class="errors".*?</div>', answer.text, re.DOTALL)
    found = re.findall(r'<a href="#([^"]+)">([^<]+)</a>', summary[0] if summary else "")
    for field, said in found:
        assert re.search(rf'id="{field}"[^>]*', answer.text), f"{field} is nowhere on the page"
        beside = re.search(rf'id="{field}-error".*?</p>', answer.text, re.DOTALL)
        assert beside is not None, f"nothing stands beside {field}"
        assert re.split("：|: ", said)[-1] in beside[0]
    return dict(found)


def application(number: int, **changed: str) -> dict[str, str]:
    """The form of an organisation, another one for each number and each test."""
    body = f"91350100MA9{COUNT[0] * 10 + number:06d}"
    keys = [signing.public_bytes(_key(f"{COUNT[0]} {number} {part}")).hex() for part in ("seal", "person")]
    fields = {
        "uscc": body + uscc_check_character(body),
        "name_zh": f"第{number}建设公司",
        "name_en": f"Builders {number}",
        "person_ref": f"head-{COUNT[0]}-{number}",
        "holds": "",
        "seal_key": keys[0],
        "person_key": keys[1],
    }
    return {**fields, **changed}


def _key(label: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(H(label.encode()))


def set_code(who: Visitor, place: Town) -> tuple[str, list[str]]:
    """Sets an authenticator up; its secret and the recovery codes."""
    shown = who.get("/account/code")
    assert shown.status_code == 200, shown.headers
    secret = re.search(r"<code>([A-Z2-7 ]{39})</code>", shown.text)
    assert secret is not None
    plain = secret[1].replace(" ", "")
    done = who.post("/account/code", code=totp.code(plain, totp.step_of(place.clock.at)))
    assert done.status_code == 200, done.text
    return plain, re.findall(r"<code>([a-z2-7]{5}-[a-z2-7]{5})</code>", done.text)


def linked(place: Town, app: Flask, role: str, name: str) -> Visitor:
    """Somebody of the office with a login and a code, by the link that the token gives."""
    made = place.ask("POST", "/account/link", {}, place.people[role].token)
    assert made.status_code == 201
    who = Visitor(app)
    done = who.sign_up(name, link=made.get_json()["path"].split("link=")[1])
    assert done.status_code == 303, done.text
    set_code(who, place)
    return who
