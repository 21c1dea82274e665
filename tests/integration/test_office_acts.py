"""Acts of two people, key sets, tickets, and institutions' answers: before a deadline, in one town."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.acts.keys import act_object
from bidding.store import mailbox
from bidding.store.tables import custody_requests as table
from ledger.basics import clock, signing
from ledger.basics.canonical import canonical
from ledger.basics.hashing import H
from ledger.sealed import rehearsal, seal, shamir, tickets
from ledger.store.engine import transaction
from tests.support.town import LOT, START, Town, code, town

DEADLINE = START + timedelta(minutes=60)
CHALLENGES = timedelta(minutes=20)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("acts")
    with town(folder, f"sqlite:///{folder / 'town.db'}", challenges=CHALLENGES) as made:
        made.enrol()
        yield made


@pytest.fixture(scope="module")
def drafted(place: Town) -> Town:
    place.draft(DEADLINE)
    return place


@pytest.fixture(scope="module")
def published(drafted: Town) -> Town:
    place = drafted
    place.keysets()
    notice = place.get(f"/office/tenders/{place.tender}/notice", token=place.people["tenderee"].token)
    assert place.act("tenderee", "tender.published", f"tender/{place.tender}", notice).status_code == 202
    assert place.act("second", "tender.published", f"tender/{place.tender}", notice).status_code == 201
    return place


@pytest.fixture(scope="module")
def opened(published: Town) -> Town:
    published.open_tickets()
    return published


def test_a_draft_is_its_own_party_s_business(drafted: Town) -> None:
    path = f"/office/tenders/{drafted.tender}"
    assert drafted.ask("GET", path, token=drafted.people["tenderee"].token).status_code == 200
    assert code(drafted.ask("GET", path, token=drafted.people["agency"].token)) == "tender.unknown"
    assert drafted.ask("GET", path, token=drafted.people["supervisor"].token).status_code == 403
    assert drafted.events(f"tender/{drafted.tender}") == []
    assert code(drafted.ask("GET", f"/api/tenders/{drafted.tender}")) == "tender.unknown"
    assert drafted.get("/api/tenders")["total"] == 0


def test_a_draft_with_unknown_members_is_refused(drafted: Town) -> None:
    token = drafted.people["tenderee"].token
    assert drafted.ask("POST", "/office/tenders", {"title": "x"}, token).status_code == 400


def test_documents_are_stored_by_their_hash_and_stay_private(drafted: Town) -> None:
    path, token = f"/office/tenders/{drafted.tender}/documents", drafted.people["tenderee"].token
    data = b"drawings" * 1000
    named = {"Mingjing-SHA256": H(data).hex()}
    assert drafted.ask("PUT", path, token=token, data=data, headers=named).status_code == 200
    wrong = drafted.ask("PUT", path, token=token, data=data + b".", headers=named)
    assert code(wrong) == "file.other_hash"
    assert code(drafted.ask("GET", f"/api/documents/{H(data).hex()}")) == "file.not_found"


def test_a_notice_waits_for_its_key_sets(drafted: Town) -> None:
    token = drafted.people["tenderee"].token
    answer = drafted.ask("GET", f"/office/tenders/{drafted.tender}/notice", token=token)
    assert code(answer) == "keyset.incomplete"


def test_one_key_publishes_nothing_however_often_it_signs(drafted: Town) -> None:
    place = drafted
    place.keysets()
    notice = place.get(f"/office/tenders/{place.tender}/notice", token=place.people["tenderee"].token)
    for _ in range(2):
        answer = place.act("tenderee", "tender.published", f"tender/{place.tender}", notice)
        assert (answer.status_code, answer.get_json()["have"]) == (202, 1)
    listed = place.get("/office/acts", token=place.people["second"].token)["acts"]
    assert [(one["act"], len(one["acts"])) for one in listed] == [("tender.published", 1)]
    assert place.get("/api/tenders")["total"] == 0


def test_who_signs_first_learns_what_is_wrong_with_the_notice(drafted: Town) -> None:
    place = drafted
    place.keysets()
    notice = place.get(f"/office/tenders/{place.tender}/notice", token=place.people["tenderee"].token)["notice"]
    for change, wanted in (
        ({"documents": notice["documents"][:-1]}, "document.not_listed"),
        ({"t": 1}, "shape.value"),
        ({"region": ""}, "shape.length"),
    ):
        body = {"notice": {**notice, **change}}
        answer = place.act("tenderee", "tender.published", f"tender/{place.tender}", body)
        assert code(answer) == wanted


def test_nobody_hands_in_another_s_signature(drafted: Town) -> None:
    place = drafted
    body: dict[str, Any] = {"notice": {}}
    subject = f"tender/{place.tender}"
    made = act_object("tender.published", subject, body, "as decided", place.clock.at)
    envelope = signing.sign("act", made, place.people["second"].key)
    answer = place.ask("POST", "/office/acts", {"act": envelope, "body": body}, place.people["tenderee"].token)
    assert code(answer) == "act.other_person"


def test_a_role_that_may_not_sign_is_refused(drafted: Town) -> None:
    answer = drafted.act("centre", "tender.published", f"tender/{drafted.tender}", {"notice": {}})
    assert code(answer) == "act.role"
    unknown = drafted.act("tenderee", "tender.vanished", f"tender/{drafted.tender}", {})
    assert code(unknown) == "act.unknown"
    assert code(drafted.act("tenderee", "tender.published", "box", {"notice": {}})) == "act.subject"


def test_with_the_second_key_the_notice_and_its_documents_are_public(published: Town) -> None:
    place = published
    place.tick()
    stream = f"tender/{place.tender}"
    assert place.types(stream)[:2] == ["tender.drafted", "tender.published"]
    notice = place.events(stream)[1]["public"]["notice"]
    for row in notice["documents"]:
        page = place.ask("GET", f"/api/documents/{row['sha256']}")
        assert H(page.data).hex() == row["sha256"]
        assert page.headers["Content-Disposition"] == "attachment"
    assert place.get("/office/acts", token=place.people["tenderee"].token)["acts"] == []
    found = place.get("/api/tenders?q=demonstration&category=works")
    assert [one["tender"] for one in found["tenders"]] == [place.tender]


def test_no_ticket_before_the_contributions_are_witnessed(published: Town) -> None:
    if published.tickets_open:
        pytest.fail("this test comes before the tickets open")
    published.tick()
    answer = published.request_ticket(published.bidder("ann"))
    assert code(answer) == "tickets.not_open"


def test_the_same_ticket_request_gets_the_same_answer(opened: Town) -> None:
    ann = opened.bidder("ann")
    first, second = opened.request_ticket(ann), opened.request_ticket(ann)
    assert first.status_code == second.status_code == 201
    assert first.get_json() == second.get_json()
    ticket = opened.take_ticket(ann)
    key = tickets.bid_key(ann.secret, opened.tender, LOT)
    tickets.verify_ticket(opened.lot()["spki"], signing.public_bytes(key), ticket)


def test_a_second_ticket_for_the_same_lot_is_refused(opened: Town) -> None:
    ann = opened.bidder("ann")
    opened.take_ticket(ann)
    secret, ann.secret = ann.secret, opened.dice(32)
    answer = opened.request_ticket(ann)
    ann.secret = secret
    assert code(answer) == "tickets.second"


def test_a_ticket_asked_for_with_another_s_seal_is_refused(opened: Town) -> None:
    ann, bob = opened.bidder("ann"), opened.bidder("bob")
    asked = tickets.request(bob.secret, opened.tender, LOT, opened.lot()["spki"])
    envelope = tickets.issuance(opened.tender, LOT, asked.blinded, bob.seal)
    assert code(opened.ask("POST", "/office/tickets", envelope, ann.token)) == "auth.wrong_party"


def test_who_has_taken_a_ticket_stays_hidden(opened: Town) -> None:
    opened.take_ticket(opened.bidder("ann"))
    opened.tick()
    assert opened.events(f"issuance/{opened.tender}/{LOT}") == []
    listed = opened.ask("GET", "/office/tickets", token=opened.bidder("ann").token).get_json()["lots"]
    assert listed == [{"tender": opened.tender, "lot": LOT, "taken": True}]


def test_an_enquiry_comes_without_its_asker_and_is_answered_by_one_key(opened: Town) -> None:
    sealed = opened.seal(opened.bidder("bob"))
    body = canonical({"tender": opened.tender, "lot": LOT, "text": "Is the road private?"})
    assert opened.call_box(sealed, "POST", "/box/enquiries", body, ticket=LOT).status_code == 201
    opened.tick(2)
    (asked,) = [one for one in opened.events(f"tender/{opened.tender}") if one["type"] == "enquiry.asked"]
    assert asked["public"]["text"] == "Is the road private?"
    assert asked["actor"] == "worker"
    answer = {"enquiry": asked["public"]["enquiry"], "text": "It is public."}
    done = opened.act("tenderee", "enquiry.answered", f"tender/{opened.tender}", answer)
    assert done.status_code == 201
    # The very same envelope again: its sender did not get our answer.
    same = opened.act("tenderee", "enquiry.answered", f"tender/{opened.tender}", answer)
    assert (same.status_code, same.get_json()) == (201, done.get_json())
    opened.clock.at += timedelta(seconds=1)
    again = opened.act("tenderee", "enquiry.answered", f"tender/{opened.tender}", answer)
    assert again.status_code == 400
    opened.tick(2)
    assert opened.types(f"tender/{opened.tender}").count("enquiry.answered") == 1


def test_custodians_prove_that_they_can_open_and_a_silent_one_is_seen(opened: Town) -> None:
    path = f"/api/tenders/{opened.tender}/custodians"
    opened.tick(2)
    assert not any(one["silent"] for one in opened.get(path)["custodians"])
    opened.asleep = {"custodian-3"}
    opened.clock.at += CHALLENGES
    opened.tick(2)
    opened.clock.at += CHALLENGES * 3 / 4
    silent = {one["custodian"]: one["silent"] for one in opened.get(path)["custodians"]}
    assert silent == {"custodian-1": False, "custodian-2": False, "custodian-3": True}
    assert opened.clock.at < DEADLINE
    opened.asleep = set()


def test_an_institution_s_answer_counts_once(published: Town) -> None:
    with published.services.engine.begin() as conn:
        row = conn.execute(
            sa.select(table.c.id, table.c.answer).where(table.c.kind == "sign", table.c.answered != "").limit(1)
        ).one()
    same = published.ask("POST", f"/custody/answers/{row.id}", json.loads(row.answer))
    assert same.status_code == 200
    other = json.loads(row.answer)
    other["signature"] = "00" * 64
    assert code(published.ask("POST", f"/custody/answers/{row.id}", other)) == "custody.answered_otherwise"
    assert code(published.ask("POST", "/custody/answers/nothing", {})) == "custody.unknown"


def test_a_stranger_releases_nothing(published: Town) -> None:
    kid = published.lot()["keysets"]["coin"].kid.hex()
    made = {
        "kid": kid,
        "roll": "00" * 32,
        "checkpoint": {"size": 1, "root": "00" * 32},
        "at": clock.text(published.clock.at),
        "answers": [],
    }
    envelope = signing.sign("release", made, published.dice.key())
    assert code(published.ask("POST", "/custody/releases", envelope)) == "custodian.unknown"
    assert code(published.ask("PUT", f"/custody/forms/{'00' * 32}", data=b"x")) == "file.not_found"


def test_a_rehearsal_opens_what_was_sealed_and_touches_nothing_real(opened: Town) -> None:
    ann = opened.bidder("ann")
    body = {"nonce": "rehearsal-1", "part": "coin", "custodians": sorted(opened.masters)}
    opened.ask("POST", "/office/rehearsals", body, ann.token)
    opened.tick()
    keys = opened.ask("POST", "/office/rehearsals", body, ann.token).get_json()["keys"]
    assert sorted(keys) == sorted(opened.masters)
    raw = {one: bytes.fromhex(key) for one, key in keys.items()}
    keyset = rehearsal.build("rehearsal-1", "coin", opened.t, raw, clock.text(opened.clock.at))
    author, secret, n16 = signing.public_bytes(ann.seal), opened.dice(32), opened.dice(16)
    made = seal.seal_secret(keyset, author, secret, n16)
    ask = {"keyset": keyset.to_json(), "author_key": author.hex(), "seal": made.to_json()}
    opened.ask("POST", "/office/rehearsals/shares", ask, ann.token)
    opened.tick()
    answers = opened.ask("POST", "/office/rehearsals/shares", ask, ann.token).get_json()["answers"]
    shares = {keyset.place(one): bytes.fromhex(answer["share"]) for one, answer in answers.items()}
    assert shamir.combine(dict(sorted(shares.items())[: opened.t])) == secret


def test_a_rehearsal_is_mail_for_custodians_only_and_of_its_own_shape(opened: Town) -> None:
    """A bidder who could name anybody would fill the mailboxes of those whom the others' bids wait for."""
    ann, nonce = opened.bidder("ann"), "rehearsal-2"
    others = sorted(opened.givers)[:3]

    def ask(custodians: list[str], change: dict[str, Any]) -> str:
        secrets = {one: X25519PrivateKey.from_private_bytes(opened.dice(32)) for one in custodians}
        keys = {one: key.public_key().public_bytes_raw() for one, key in secrets.items()}
        keyset = rehearsal.build(nonce, "coin", 2, keys, clock.text(opened.clock.at))
        made = seal.seal_secret(keyset, signing.public_bytes(ann.seal), opened.dice(32), opened.dice(16)).to_json()
        body = {"keyset": keyset.to_json(), "author_key": signing.public_bytes(ann.seal).hex(), "seal": made, **change}
        answer = opened.ask("POST", "/office/rehearsals/shares", body, ann.token)
        return "" if answer.status_code == 202 else code(answer)

    custodians = sorted(opened.masters)[:3]
    assert ask(custodians, {}) == ""
    assert ask(others, {}) == "custodian.unknown"
    assert ask(custodians, {"seal": {"what": "x" * 100_000}}) == "canonical.missing_member"
    assert ask(custodians, {"author_key": "x" * 100_000}) == "canonical.bad_hex"
    body = {"nonce": nonce, "part": "coin", "custodians": [["no", "name"]]}
    assert code(opened.ask("POST", "/office/rehearsals", body, ann.token)) == "custodian.unknown"


def test_rehearsals_keep_nothing_else_waiting(opened: Town) -> None:
    now = opened.clock.at
    with transaction(opened.services.engine) as conn:
        for at, kind in ((now, "rehearsal-key"), (now, "rehearsal"), (now + timedelta(seconds=1), "postpone")):
            mailbox.ask(conn, "elsewhere", kind, "about", {}, now=at, entropy=opened.dice)
        assert mailbox.waiting(conn, "elsewhere", now)[0].kind == "postpone"


def test_a_draft_whose_answer_was_lost_is_the_same_draft(drafted: Town) -> None:
    token = drafted.people["tenderee"].token
    body = drafted.get(f"/office/tenders/{drafted.tender}", token=token)

    def sent(key: str) -> str:
        answer = drafted.ask("POST", "/office/tenders", body, token, headers={"Idempotency-Key": key})
        assert answer.status_code == 201
        return str(answer.get_json()["tender"])

    assert sent("once") == sent("once") != sent("twice")
