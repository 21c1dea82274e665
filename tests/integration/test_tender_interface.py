"""The description of the interface against the interface: every route is described, and answers are what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from evaluation.rules import templates
from ledger.basics import signing
from ledger.basics.canonical import canonical
from ledger.sealed import tickets
from tests.support.town import LOT, START, Town, town
from web.public import openapi
from web.public.described.operation import Operation

DEADLINE: Final = START + timedelta(minutes=10)
DESCRIBED: Final[dict[tuple[str, str], Operation]] = {(one.method, one.path): one for one in openapi.OPERATIONS}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("interface")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.publish(DEADLINE)
        made.open_tickets()
        for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
            made.bid(name, price)
        made.until(DEADLINE)
        for _ in range(3):
            made.wait(timedelta(minutes=1))
        yield made


def spelled(rule: str) -> str:
    """A rule of the router in OpenAPI's spelling."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def test_every_route_for_programs_is_described_and_nothing_else(place: Town) -> None:
    routes = {
        (method, spelled(rule.rule))
        for rule in place.office_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/", "/log/", "/office/", "/custody/"))
    }
    assert sorted(routes - DESCRIBED.keys()) == []
    assert sorted(DESCRIBED.keys() - routes) == []


def fits(one: Operation, status: int, body: Any) -> None:
    """The answer is one that the description knows."""
    (known,) = [answer for answer in one.answers if answer.status == status]
    assert known.schema is not None
    schema = {"components": {"schemas": openapi.SCHEMAS}, **known.schema}
    Draft202012Validator(schema).validate(body)


def asked(place: Town, method: str, path: str, of: str, **options: Any) -> None:
    """Asks, and holds the answer against the description of `of`."""
    answer = place.ask(method, path, **options)
    assert answer.status_code < 300, answer.text
    fits(DESCRIBED[method, of], answer.status_code, answer.get_json())


def test_what_anyone_may_read_is_what_the_description_says(place: Town) -> None:
    tender = place.tender
    (event, *_) = place.get(f"/api/streams/tender/{tender}")["events"]
    submission = place.whole(f"lot/{tender}/{LOT}", "lot.announced")["bids"][0]["submission"]
    leaf = place.get(f"/api/tenders/{tender}/data.json")["mingjing"]["events"][0]["leaf"]
    minutes = place.events("box")
    version = next(one["version"] for one in minutes if one["sealed"])
    assert event
    for path, of in (
        ("/api/openapi.json", "/api/openapi.json"),
        ("/api/time", "/api/time"),
        ("/api/trust", "/api/trust"),
        ("/api/tenders", "/api/tenders"),
        (f"/api/tenders/{tender}", "/api/tenders/{tender}"),
        (f"/api/tenders/{tender}/custodians", "/api/tenders/{tender}/custodians"),
        (f"/api/tenders/{tender}/data.json", "/api/tenders/{tender}/data.json"),
        (f"/api/streams/tender/{tender}", "/api/streams/{stream}"),
        (f"/api/streams/lot/{tender}/{LOT}", "/api/streams/{stream}"),
        (f"/api/events/{leaf}", "/api/events/{leaf}"),
        (f"/api/sealed/box/{version}/{tender}/{LOT}", "/api/sealed/{rest}"),
        (f"/api/submissions/{submission}", "/api/submissions/{sha256}"),
        ("/log/keys", "/log/keys"),
    ):
        asked(place, "GET", path, of)


def test_a_rule_set_is_linted_with_article_and_field(place: Town) -> None:
    rules, form = templates.load("checklist-f4")
    body = {"rules": rules | {"candidates": 4}, "form": form, "ceiling_fen": 100_000_000}
    asked(place, "POST", "/api/lint", "/api/lint", json=body)
    (found,) = place.ask("POST", "/api/lint", body).get_json()["findings"]
    assert (found["code"], found["article"]) == ("lint.too_many_candidates", "实施条例 art. 53")
    assert (found["document"], found["path"]) == ("rules", "/candidates")
    for wrong in ({}, {**body, "ceiling_fen": 0}, {**body, "touch": "some"}, {**body, "more": 1}):
        answer = place.ask("POST", "/api/lint", wrong)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "http.lint_body")


def test_answers_that_are_no_json_have_the_type_that_is_described(place: Town) -> None:
    tender = place.tender
    leaf = place.get(f"/api/tenders/{tender}/data.json")["mingjing"]["events"][0]["leaf"]
    rules = place.lot()["rules"]
    size = place.ask("GET", "/log/checkpoint").text.split("\n")[1]
    for path, of in (
        (f"/api/tenders/{tender}/bundle.zip", "/api/tenders/{tender}/bundle.zip"),
        (f"/api/tenders/{tender}/bids.csv", "/api/tenders/{tender}/bids.csv"),
        (f"/api/tenders/{tender}/marks.csv", "/api/tenders/{tender}/marks.csv"),
        (f"/api/proofs/{leaf}", "/api/proofs/{leaf}"),
        (f"/api/documents/{rules}", "/api/documents/{sha256}"),
        ("/log/checkpoint", "/log/checkpoint"),
        ("/log/checkpoint.pending", "/log/checkpoint.pending"),
        (f"/log/tile/0/000.p/{size}", "/log/tile/{path}"),
        (f"/log/tile/entries/000.p/{size}", "/log/tile/entries/{path}"),
    ):
        answer = place.ask("GET", path)
        assert answer.status_code == 200, path
        assert answer.content_type == DESCRIBED["GET", of].answers[0].media


def test_a_refusal_is_what_the_description_says(place: Town) -> None:
    answer = place.ask("GET", "/api/tenders/nobody")
    schema = {"components": {"schemas": openapi.SCHEMAS}, "$ref": "#/components/schemas/Error"}
    Draft202012Validator(schema).validate(answer.get_json())


def test_what_people_get_is_what_the_description_says(place: Town) -> None:
    centre, tenderee = place.people["centre"].token, place.people["tenderee"].token
    ann = place.bidders["ann"].token
    key = signing.public_bytes(place.dice.key()).hex()
    party = place.bidders["ann"].party
    draft = place.ask("GET", f"/office/tenders/{place.tender}", token=tenderee).get_json()
    for method, path, of, options in (
        ("GET", "/office/me", "/office/me", {"token": ann}),
        ("GET", "/office/acts", "/office/acts", {"token": tenderee}),
        ("GET", "/office/tickets", "/office/tickets", {"token": ann}),
        ("GET", f"/office/tenders/{place.tender}", "/office/tenders/{tender}", {"token": tenderee}),
        ("GET", f"/office/tenders/{place.tender}/keysets", "/office/tenders/{tender}/keysets", {"token": tenderee}),
        ("GET", f"/office/tenders/{place.tender}/notice", "/office/tenders/{tender}/notice", {"token": tenderee}),
        ("POST", "/office/tenders", "/office/tenders", {"token": tenderee, "body": draft}),
        (
            "POST",
            "/office/people",
            "/office/people",
            {"token": centre, "body": {"party": party, "role": "agency", "key": key}},
        ),
        (
            "PUT",
            f"/office/tenders/{place.tender}/documents",
            "/office/tenders/{tender}/documents",
            {"token": tenderee, "data": b"x"},
        ),
    ):
        asked(place, method, path, of, **options)


def test_what_is_sent_is_what_the_description_says(place: Town) -> None:
    ann = place.bidders["ann"]
    wanted = tickets.request(ann.secret, place.tender, LOT, place.lot()["spki"])
    envelope = tickets.issuance(place.tender, LOT, wanted.blinded, ann.seal)
    schema = {"components": {"schemas": openapi.SCHEMAS}, **(DESCRIBED["POST", "/office/tickets"].body or {})}
    Draft202012Validator(schema).validate(envelope)
    answer = place.ask("POST", "/office/tickets", envelope, ann.token)
    fits(DESCRIBED["POST", "/office/tickets"], answer.status_code, answer.get_json())
    assert canonical(envelope)


def test_the_page_shows_every_operation_in_both_languages(place: Town) -> None:
    for lang in ("zh", "en"):
        shown = place.ask("GET", f"/api?lang={lang}")
        assert shown.status_code == 200
        assert shown.content_type.startswith("text/html")
        for one in openapi.OPERATIONS:
            assert f'id="{one.id}"' in shown.text
            assert getattr(one, lang).replace("'", "&#39;") in shown.text


def test_an_unknown_page_below_the_interface_is_still_answered_as_json(place: Town) -> None:
    assert place.ask("GET", "/api/nothing").get_json()["error"]["code"] == "http.not_found"
