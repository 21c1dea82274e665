"""What a tenderee has not published yet is read by those who may sign it, and by no other tenderee."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from ledger.basics import signing
from ledger.basics.canonical import Json
from ledger.sealed import blindrsa, tickets
from tests.support.platform import LOTS, Platform, platform
from tests.support.town import START, Person, code
from tests.support.world_log import ticket_key
from web.office.enrolment import enrol_party, enrol_person


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A notice that one person has signed and another still has to; `stranger` is a tenderee of another house."""
    with platform(tmp_path_factory.mktemp("drafts")) as made:
        made.enrol()
        made.people["stranger"] = stranger(made)
        made.draft_two_lots(START + timedelta(hours=1))
        made.keysets()
        notice = made.get(f"/office/tenders/{made.tender}/notice", token=made.people["tenderee"].token)
        assert made.act("tenderee", "tender.published", f"tender/{made.tender}", notice).status_code == 202
        yield made


def stranger(made: Platform) -> Person:
    keys: dict[str, Json] = {
        "seal_key": signing.public_bytes(made.dice.key()).hex(),
        "person": {"ref": "head-of-stranger", "key": signing.public_bytes(made.dice.key()).hex()},
        "holds": [],
    }
    party = enrol_party(made.services, {**made._party("stranger house"), **keys}, "platform")["party"]
    key = made.dice.key()
    asked: dict[str, Json] = {"party": party, "role": "tenderee", "key": signing.public_bytes(key).hex()}
    got = enrol_person(made.services, asked, "platform")
    return Person(str(got["person"]), str(got["token"]), key)


def acts(made: Platform, person: str) -> list[Any]:
    found: list[Any] = made.get("/office/acts", token=made.people[person].token)["acts"]
    return found


def test_who_may_sign_a_notice_reads_it_and_nobody_else(waiting: Platform) -> None:
    assert [one["act"] for one in acts(waiting, "second")] == ["tender.published"]
    # A notice names no agency before it is published; the tenderee's signature under it vouches for the one that signs.
    assert [one["act"] for one in acts(waiting, "agency")] == ["tender.published"]
    for person in ("stranger", "centre", "supervisor"):
        assert acts(waiting, person) == [], person


def test_a_draft_is_to_another_tenderee_as_if_it_were_not_there(waiting: Platform) -> None:
    token = waiting.people["stranger"].token
    for part in ("", "/keysets", "/notice"):
        answers = [
            waiting.ask("GET", f"/office/tenders/{tender}{part}", token=token)
            for tender in (waiting.tender, "x" * len(waiting.tender))
        ]
        assert [one.status_code for one in answers] == [404, 404]
        assert answers[0].text.replace(waiting.tender, "") == answers[1].text.replace("x" * len(waiting.tender), "")


def test_a_draft_is_to_the_public_as_if_it_were_not_there(waiting: Platform) -> None:
    tender = waiting.tender
    for path in (f"/api/tenders/{tender}", f"/api/tenders/{tender}/custodians", f"/api/tenders/{tender}/bundle.zip"):
        assert code(waiting.ask("GET", path)) == "tender.unknown", path
    assert waiting.get("/api/tenders") == {"tenders": [], "total": 0, "page": 1, "per_page": 20}
    for stream in (f"tender/{tender}", f"lot/{tender}/lot-1"):
        assert waiting.get(f"/api/streams/{stream}") == {"events": []}
    for document in {row["sha256"] for row in waiting.tables()["documents"]}:
        assert code(waiting.ask("GET", f"/api/documents/{document}")) == "file.not_found"


def test_asking_about_a_draft_is_answered_as_if_it_were_not_there(waiting: Platform) -> None:
    firm = waiting.firm(1)
    drafted, nowhere = waiting.tender, "x" * len(waiting.tender)
    spki = blindrsa.spki(ticket_key())
    for tender in (drafted, nowhere):
        asked = tickets.request(firm.secret, tender, LOTS[0], spki)
        got = waiting.ask(
            "POST", "/office/tickets", tickets.issuance(tender, LOTS[0], asked.blinded, firm.seal), firm.token
        )
        assert (got.status_code, code(got)) == (404, "tender.unknown")
    for person in ("stranger", "agency", "centre", "supervisor"):
        for act in ("tender.published", "tender.suspended", "tender.terminated", "order.issued", "lot.awarded"):
            if (person, act) == ("agency", "tender.published"):
                continue  # any agency may be the one that the tenderee takes
            answers = [waiting.act(person, act, f"tender/{tender}", {"lot": LOTS[0]}) for tender in (drafted, nowhere)]
            assert {code(one) for one in answers} <= {"tender.unknown", "act.role"}, (person, act)
            assert answers[0].text.replace(drafted, "") == answers[1].text.replace(nowhere, "")
    assert [one["act"] for one in acts(waiting, "second")] == ["tender.published"]
