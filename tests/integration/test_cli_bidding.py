"""A bidder's whole job by its commands, against a real office and a real box."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.basics.canonical import canonical
from tests.support.desk import Desk, done, refused, run, serve_box
from tests.support.town import INTERVAL, LOT, START, town

DEADLINE = START + timedelta(hours=2)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A town whose tender takes bids; a client can't tell which database its platform has."""
    with town(tmp_path / "town", f"sqlite:///{tmp_path / 'platform.db'}") as made:
        made.enrol()
        made.publish(DEADLINE)
        made.open_tickets()
        yield Desk(made, tmp_path, serve_box(made))


def test_a_bid_goes_from_answers_to_a_receipt_on_the_roll(desk: Desk, tmp_path: Path) -> None:
    home = desk.bidder("ant")
    schedule = tmp_path / "schedule.txt"
    schedule.write_text("ten months")
    done("take-tickets", "--home", home)
    desk.fill(home, "--file", str(schedule))
    sealed = desk.do(home, "sign", "seal")
    assert all(name in sealed for name in desk.town.masters), "whose keys it is sealed to is said"
    desk.do(home, "submit")
    (bid,) = desk.status(home)
    assert (bid["kind"], bid["seq"], bid["stale"], bid["witnessed"], bid["on_roll"]) == (
        "submission",
        1,
        False,
        False,
        None,
    )
    desk.town.wait(INTERVAL)
    assert desk.status(home)[0]["witnessed"]
    desk.town.until(DEADLINE)
    assert desk.status(home)[0]["on_roll"] is True
    assert "on the roll" in done("status", "--home", home)


def test_sending_again_gives_the_same_receipt_and_encrypts_nothing_again(desk: Desk) -> None:
    home = desk.bidder("ant")
    done("take-tickets", "--home", home)
    desk.fill(home)
    desk.do(home, "sign", "seal", "submit")
    folder = Path(home) / "bids" / desk.town.tender / LOT / "sealed" / "1"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    receipt = next((folder.parents[1] / "receipts").iterdir()).read_bytes()
    desk.town.clock.at += timedelta(minutes=3)
    desk.do(home, "submit")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert next((folder.parents[1] / "receipts").iterdir()).read_bytes() == receipt
    refused("bid.sealed_already", "seal", desk.town.tender, LOT, "--home", home)
    refused("bid.sealed_already", "sign", desk.town.tender, LOT, "--home", home)


@pytest.mark.parametrize("price", ["NaN", "1e-9", "-5", "８００", "true", "0", "1.234", "1,000", "007"])
def test_a_wrong_price_is_named_kept_and_never_sealed(desk: Desk, price: str) -> None:
    home = desk.bidder("ant")
    done("take-tickets", "--home", home)
    desk.fill(home)
    said = refused("bid.answers_wrong", "fill", desk.town.tender, LOT, "--set", f"price={price}", "--home", home)
    assert "price:" in said
    kept = json.loads((Path(home) / "bids" / desk.town.tender / LOT / "bid.json").read_text())
    assert kept["answers"]["offer"]["price"] == price
    assert kept["answers"]["offer"]["grade"] == "first"
    desk.do(home, "sign")
    refused("bid.answers_wrong", "seal", desk.town.tender, LOT, "--home", home)


def test_every_problem_is_listed_at_once(desk: Desk) -> None:
    home = desk.bidder("ant")
    said = refused(
        *("bid.answers_wrong", "fill", desk.town.tender, LOT, "--set", "price=x", "--set", "grade=tenth"),
        *("--set", "what=ever", "--home", home),
    )
    codes = ("form.not_money", "form.not_a_choice", "form.missing", "form.unknown_question")
    assert all(f"[{code}]" in said for code in codes), said


def test_replace_seals_anew_and_withdraw_takes_it_back(desk: Desk) -> None:
    home = desk.bidder("ant")
    done("take-tickets", "--home", home)
    desk.fill(home)
    desk.do(home, "sign", "seal", "submit")
    done("replace", desk.town.tender, LOT, "--set", "price=790000", "--home", home)
    said = done("withdraw", desk.town.tender, LOT, "--home", home)
    assert done("withdraw", desk.town.tender, LOT, "--home", home) == said, "typed again, it is the same withdrawal"
    found = [(bid["kind"], bid["seq"]) for bid in desk.status(home)]
    assert found == [("submission", 1), ("submission", 2), ("withdrawal", 3)]


def test_what_was_never_handed_in_is_not_withdrawn(desk: Desk) -> None:
    home = desk.bidder("ant")
    done("take-tickets", "--home", home)
    refused("submission.nothing_to_withdraw", "withdraw", desk.town.tender, LOT, "--home", home)


def test_after_the_deadline_nothing_is_taken(desk: Desk) -> None:
    home = desk.bidder("ant")
    done("take-tickets", "--home", home)
    desk.fill(home)
    desk.do(home, "sign", "seal")
    desk.town.until(DEADLINE)
    refused("submission.late", "submit", desk.town.tender, LOT, "--home", home)


def test_a_lost_laptop_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    home, again = desk.bidder("ant"), str(tmp_path / "again")
    done("take-tickets", "--home", home)
    desk.fill(home)
    desk.do(home, "sign", "seal", "submit")
    words = tmp_path / "words"
    said = done("secret", "show", "--home", home)
    listed = [line for line in said.splitlines() if line.startswith("  ")]
    words.write_text(" ".join(word for line in listed for word in line.split() if word.isalpha()))
    done("secret", "restore", "--words-file", str(words), "--home", again)
    for name in ("settings.json", "trust.json", "token"):
        (Path(again) / name).write_bytes((Path(home) / name).read_bytes())
    (Path(again) / "keys").mkdir()
    for path in (Path(home) / "keys").iterdir():
        (Path(again) / "keys" / path.name).write_bytes(path.read_bytes())
    done("take-tickets", "--home", again)
    ticket = Path("tickets") / desk.town.tender / f"{LOT}.json"
    assert (Path(again) / ticket).read_bytes() == (Path(home) / ticket).read_bytes()
    desk.fill(again, price="780000")
    done("replace", desk.town.tender, LOT, "--home", again)
    assert [bid["seq"] for bid in desk.status(again)] == [1, 2]


def test_a_joint_bid_wants_every_party_and_its_agreement(desk: Desk, tmp_path: Path) -> None:
    lead, partner = desk.bidder("ant"), desk.bidder("bee")
    codes = [(tmp_path / f"{name}.uscc").read_text() for name in ("ant", "bee")]
    done("take-tickets", "--home", lead)
    desk.fill(lead, "--partner", f"{codes[0]}:60", "--partner", f"{codes[1]}:40")
    desk.do(lead, "sign")
    work = Path(lead) / "bids" / desk.town.tender / LOT / "work" / "1"
    refused("statement.no_agreement", "seal", desk.town.tender, LOT, "--home", lead)
    agreement = tmp_path / "agreement.txt"
    agreement.write_text("together")
    desk.fill(lead, "--file", f"identity:{agreement}")
    desk.do(lead, "sign")
    refused("statement.unsigned", "seal", desk.town.tender, LOT, "--home", lead)
    entry = tmp_path / "entry.json"
    done("countersign", str(work / "statement.json"), "--out", str(entry), "--yes", "--home", partner)
    # What a lead's browser gives has its own signatures around the statement.
    paper, same = tmp_path / "paper.json", tmp_path / "same.json"
    paper.write_text(json.dumps({"statement": json.loads((work / "statement.json").read_text()), "lead": {}}))
    done("countersign", str(paper), "--out", str(same), "--yes", "--home", partner)
    signed = [{**json.loads(path.read_text()), "registration": ""} for path in (entry, same)]
    assert signed[0] == signed[1]
    done("sign", desk.town.tender, LOT, "--add", str(entry), "--home", lead)
    desk.do(lead, "seal", "submit")
    assert desk.status(lead)[0]["seq"] == 1


def test_a_statement_that_does_not_name_us_is_not_countersigned(desk: Desk, tmp_path: Path) -> None:
    lead, stranger = desk.bidder("ant"), desk.bidder("bee")
    desk.fill(lead)
    desk.do(lead, "sign")
    statement = Path(lead) / "bids" / desk.town.tender / LOT / "work" / "1" / "statement.json"
    out = str(tmp_path / "out.json")
    refused("bid.not_a_party", "countersign", str(statement), "--out", out, "--yes", "--home", stranger)


def test_a_file_that_changed_after_signing_is_not_sealed(desk: Desk, tmp_path: Path) -> None:
    home = desk.bidder("ant")
    schedule = tmp_path / "schedule.txt"
    schedule.write_text("ten months")
    done("take-tickets", "--home", home)
    desk.fill(home, "--file", str(schedule))
    desk.do(home, "sign")
    kept = Path(home) / "bids" / desk.town.tender / LOT / "files" / "offer" / "schedule.txt"
    kept.write_text("two months")
    refused("bid.file_changed", "seal", desk.town.tender, LOT, "--home", home)
    assert not (Path(home) / "bids" / desk.town.tender / LOT / "sealed" / "1").exists()
    kept.write_text("ten months")
    desk.do(home, "seal", "submit")


def test_nothing_is_sealed_to_a_custodian_that_the_trust_file_does_not_name(desk: Desk) -> None:
    home = desk.bidder("ant")
    done("take-tickets", "--home", home)
    desk.fill(home)
    desk.do(home, "sign")
    path = Path(home) / "trust.json"
    trust = json.loads(path.read_bytes())
    trust["custodians"][0]["key"] = trust["supervisors"][0]["key"] if trust["supervisors"] else "ab" * 32
    path.write_bytes(canonical(trust))
    refused("client.other_custodian", "seal", desk.town.tender, LOT, "--home", home)


def test_a_dongle_is_told_what_to_sign_and_one_signature_is_not_enough(desk: Desk, tmp_path: Path) -> None:
    home = desk.bidder("ant")
    desk.fill(home)
    digest, place = done("sign", desk.town.tender, LOT, "--print-hash", "--home", home).split()
    assert len(digest) == 64
    assert Path(place).read_bytes().startswith(b"mingjing/statement/v1\0")
    cms = tmp_path / "seal.der"
    cms.write_bytes(b"0")
    refused("bid.two_signatures", "sign", desk.town.tender, LOT, "--cms-seal", str(cms), "--home", home)


def test_an_unreachable_platform_is_no_refusal(desk: Desk) -> None:
    home = desk.bidder("ant")
    done("setup", "--home", home, "--office", "http://127.0.0.1:9")
    result = run("take-tickets", "--home", home)
    assert result.exit_code == 4
    assert "[http.unreachable]" in result.output


def test_the_office_acts_of_two_people_publish(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.basics.clock.system_clock", desk.town.clock)
    tender, reason = desk.town.tender, ("--reason", "tried out")
    said = done("office", "suspend", tender, *reason, "--person", desk.person("tenderee"))
    assert "[" not in said
    (waiting,) = json.loads(done("office", "pending", "--json", "--person", desk.person("supervisor")))
    refused("act.not_waiting", "office", "approve", "0" * 16, *reason, "--person", desk.person("supervisor"))
    done("office", "approve", waiting["id"], *reason, "--person", desk.person("supervisor"))
    desk.town.settle()
    assert desk.town.types(f"tender/{tender}")[-1] == "tender.suspended"
    assert "tender.suspended" in done("office", "show", tender, "--person", desk.person("tenderee"))
