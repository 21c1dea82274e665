"""What the bidder's own program lets out: nothing that joins the account with the bid.

After `take-tickets`, which everybody runs for every lot, no command shows the account, names the organisation to the
office, or tells either application what machine it runs on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, request

from tests.support.desk import Desk, done, refused, serve_box
from tests.support.town import LOT, START, Town, town

DEADLINE = START + timedelta(hours=2)
# What a request may carry. Anything else would be a trait by which a client could be told from another.
OFFICE_HEADERS = {"Host", "Accept-Encoding"}
BOX_HEADERS = {
    "Host",
    "Accept-Encoding",
    "Content-Length",
    "Content-Type",
    "Mingjing-Request",
    "Mingjing-Ticket",
    "Tus-Resumable",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
}


@dataclass
class Heard:
    """What an application was asked: addresses with their queries, and the names of all headers."""

    paths: list[str] = field(default_factory=list)
    headers: set[str] = field(default_factory=set)

    def listen(self, app: Flask) -> None:
        def note() -> None:
            self.paths.append(request.full_path)
            self.headers |= set(request.headers.keys())

        app.before_request_funcs.setdefault(None, []).insert(0, note)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, Desk]]:
    root = tmp_path_factory.mktemp("client")
    with town(root / "town", f"sqlite:///{root / 'town.db'}") as made:
        made.enrol()
        made.publish(DEADLINE)
        made.open_tickets()
        yield made, Desk(made, root, serve_box(made))


@dataclass(frozen=True)
class Job:
    """A bidder's whole job after it has its tickets, and who heard what."""

    home: Path
    office: Heard
    box: Heard


@pytest.fixture(scope="module")
def job(place: tuple[Town, Desk]) -> Job:
    made, desk = place
    home = desk.bidder("ant")
    done("take-tickets", "--home", home)
    (Path(home) / "token").unlink()
    office, box = Heard(), Heard()
    office.listen(made.office_app)
    box.listen(made.box_app)
    desk.fill(home)
    desk.do(home, "sign", "seal", "submit")
    desk.status(home)
    done("replace", made.tender, LOT, "--set", "price=790000", "--home", home)
    done("ask", made.tender, LOT, "--text", "With tax?", "--home", home)
    done("object", made.tender, LOT, "--kind", "documents", "--text", "Clause 4.", "--home", home)
    done("withdraw", made.tender, LOT, "--home", home)
    desk.status(home)
    return Job(Path(home), office, box)


def test_no_command_after_take_tickets_needs_the_account(job: Job) -> None:
    # The token was taken away before: the job came through without it.
    assert not (job.home / "token").exists()
    assert job.box.paths


def test_the_office_is_asked_for_public_things_by_nobody_in_particular(job: Job) -> None:
    assert job.office.paths, "the log is read at the office"
    assert all(path.startswith(("/log/", "/api/")) for path in job.office.paths)
    assert job.office.headers <= OFFICE_HEADERS


def test_no_address_at_the_office_names_the_organisation_or_the_bid(job: Job) -> None:
    # An address stands in every log on the way; who asks for its own registration says who is about to seal.
    settings = json.loads((job.home / "settings.json").read_text())
    secrets = [settings["party"], *(path.stem for path in (job.home / "bids").rglob("receipts/*"))]
    found = [path for path in job.office.paths for secret in secrets if secret in path]
    assert found == []


def test_the_box_hears_nothing_but_the_bid_key(job: Job) -> None:
    settings = json.loads((job.home / "settings.json").read_text())
    assert job.box.headers <= BOX_HEADERS
    assert not any(settings["party"] in path for path in job.box.paths)


def test_two_bidders_tickets_are_taken_for_every_lot_in_the_same_words(place: tuple[Town, Desk]) -> None:
    made, desk = place
    heard = []
    for name in ("bee", "cow"):
        home = desk.bidder(name)
        office = Heard()
        office.listen(made.office_app)
        done("take-tickets", "--home", home)
        made.office_app.before_request_funcs[None].pop(0)
        party = json.loads((Path(home) / "settings.json").read_text())["party"]
        # The tree grew by the second one's registration; each asks for its own.
        heard.append([re.sub(r"\d+", "N", path.replace(party, "(party)")) for path in office.paths])
    assert heard[0] == heard[1]


def test_a_lead_asks_nobody_who_its_partner_is(place: tuple[Town, Desk], tmp_path: Path) -> None:
    made, desk = place
    lead, partner = desk.bidder("ewe"), desk.bidder("fox")
    codes = [(desk.root / f"{name}.uscc").read_text() for name in ("ewe", "fox")]
    agreement = tmp_path / "agreement.txt"
    agreement.write_text("together")
    done("take-tickets", "--home", lead)
    desk.fill(lead, "--partner", f"{codes[0]}:60", "--partner", f"{codes[1]}:40", "--file", f"identity:{agreement}")
    desk.do(lead, "sign")
    statement = Path(lead) / "bids" / made.tender / LOT / "work" / "1" / "statement.json"
    entry = tmp_path / "entry.json"
    done("countersign", str(statement), "--out", str(entry), "--yes", "--home", partner)
    forged = json.loads(entry.read_text())
    forged["registration"]["event"]["public"]["holds"] = [codes[0]]
    (tmp_path / "forged.json").write_text(json.dumps(forged))
    office = Heard()
    office.listen(made.office_app)
    lied = ("sign", made.tender, LOT, "--add", str(tmp_path / "forged.json"), "--home", lead)
    refused("merkle.not_included", *lied)
    done("sign", made.tender, LOT, "--add", str(entry), "--home", lead)
    desk.do(lead, "seal", "submit")
    made.office_app.before_request_funcs[None].pop(0)
    party = json.loads((Path(partner) / "settings.json").read_text())["party"]
    assert office.paths
    assert [path for path in office.paths if party in path or "/api/proofs/" in path] == []
