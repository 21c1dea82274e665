"""The page that verifies: good files, hostile ones, and what it says of each, beside the field."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from werkzeug.test import TestResponse

from ledger import checkpoint
from ledger.basics import signing
from ledger.basics.canonical import canonical
from ledger.store.engine import reading
from tests.support.office import OWN
from tests.support.town import LOT, START, Sealed, Town, town
from web.public import judging, papers
from web.services import BOX_KEY, LOG_KEY, read_key

DEADLINE: Final = START + timedelta(minutes=10)
MINUTE: Final = timedelta(minutes=1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, dict[str, Any]]]:
    """An awarded tender, and the receipts of its bids as the box gave them."""
    folder: Path = tmp_path_factory.mktemp("verify")
    with town(folder, f"sqlite:///{folder / 'town.db'}") as made:
        made.enrol()
        made.publish(DEADLINE)
        made.open_tickets()
        receipts: dict[str, Any] = {}
        bids: dict[str, Sealed] = {}
        for name, price in (("ann", "800000"), ("bob", "900000"), ("cid", "1000000")):
            bids[name] = made.seal(made.bidder(name), price)
            receipts[name] = made.submit(bids[name]).get_json()["receipt"]
        receipts["before"] = upload(made, canonical(receipts["ann"])).text
        made.wait(MINUTE)
        receipts["sealed"] = upload(made, canonical(receipts["ann"])).text
        replaced = made.seal(made.bidder("cid"), "990000", seq=2)
        receipts["cid again"] = made.submit(replaced).get_json()["receipt"]
        made.until(DEADLINE)
        for _ in range(3):
            made.wait(MINUTE)
        yield made, receipts


def upload(made: Town, data: bytes, name: str = "file", lang: str = "en") -> TestResponse:
    """A form as a browser sends it."""
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=x", **OWN}
    return made.ask("POST", f"/verify?lang={lang}", data=head + data + b"\r\n--x--\r\n", headers=headers)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def refused(answer: TestResponse, status: int, words: str) -> None:
    assert answer.status_code == status
    assert words in text_of(answer)
    assert 'aria-invalid="true"' in answer.text
    assert 'href="#file"' in answer.text
    assert 'id="file-error"' in answer.text


# --- bundles ----------------------------------------------------------------------------------------------------------


def test_a_bundle_is_judged_by_the_verifier_and_every_claim_named(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    bundle = made.ask("GET", f"/api/tenders/{made.tender}/bundle.zip").data
    for lang, words in (("en", "Every claim holds"), ("zh", "全部成立")):
        answer = upload(made, bundle, "evidence.zip", lang)
        assert answer.status_code == 200
        assert words in text_of(answer)
        assert "award.follows" in answer.text
        assert "evidence.zip" in answer.text


def test_one_changed_byte_is_found_and_named(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    bundle = bytearray(made.ask("GET", f"/api/tenders/{made.tender}/bundle.zip").data)
    place_of = bundle.index(b'"price"')
    bundle[place_of + 1] ^= 1
    answer = upload(made, bytes(bundle))
    assert answer.status_code == 200
    assert "A claim fails" in text_of(answer)
    assert "bundle.intact" in answer.text


def bomb() -> bytes:
    """64 MiB of zeros in some kilobytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(4):
            archive.writestr(f"streams/{number}.txt", b"\0" * (16 << 20))
    return out.getvalue()


def traversing() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../outside.txt", b"x")
        archive.writestr("/etc/absolute.txt", b"x")
    return out.getvalue()


@pytest.mark.parametrize(
    "data", [bomb(), traversing(), b"PK\x03\x04", b"PK" + b"\xff" * 100_000, b"PK\x05\x06" + b"\0" * 18]
)
def test_a_hostile_zip_fails_in_words_and_writes_nothing(
    place: tuple[Town, dict[str, Any]], data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = place
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    answer = upload(made, data)
    assert answer.status_code == 200
    assert "A claim fails" in text_of(answer)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_too_long_is_refused_beside_its_field(
    place: tuple[Town, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = place
    monkeypatch.setattr(judging, "MOST", 1 << 20)
    refused(upload(made, b"PK" + b"\0" * (1 << 20)), 413, "longer than 1 MB")
    refused(upload(made, b"PK" + b"\0" * (2 << 20)), 413, "longer than 1 MB")


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7 hello", b"\x89PNG\r\n", b"GIF89a" + b"x" * 1000])
def test_a_file_of_another_kind_is_refused_beside_its_field(place: tuple[Town, dict[str, Any]], data: bytes) -> None:
    refused(upload(place[0], data), 400, "none that can be verified")


def test_no_file_is_refused_beside_its_field(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    refused(made.ask("POST", "/verify?lang=en", headers=OWN), 400, "No file was chosen")
    refused(made.ask("POST", "/verify?lang=en", data={"file": ""}, headers=OWN), 400, "No file was chosen")
    assert "还没有选择文件" in made.ask("POST", "/verify", headers=OWN).text


def test_while_one_is_judged_the_next_is_told_to_wait(
    place: tuple[Town, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = place
    monkeypatch.setattr(judging, "_PATIENCE", 0.01)
    with judging.JUDGING:
        refused(upload(made, b"PK"), 503, "One file is verified here at a time")
    assert upload(made, b"PK").status_code == 200


def test_what_takes_too_long_or_too_much_is_ended(
    place: tuple[Town, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made, _ = place
    monkeypatch.setattr(judging, "SECONDS", 0.001)
    refused(upload(made, b"PK"), 413, "Verify it on your own machine")


# --- receipts, proofs, checkpoints ------------------------------------------------------------------------------------


def test_a_receipt_says_what_it_proves_and_what_it_does_not(place: tuple[Town, dict[str, Any]]) -> None:
    made, receipts = place
    shown = text_of(upload(made, canonical(receipts["ann"]) + b"\n"))
    assert "The receipt holds" in shown
    assert "and on the roll" in shown
    assert "What it does not prove" in shown
    assert made.tender in upload(made, canonical(receipts["ann"])).text


def test_before_the_deadline_nothing_is_known_of_it(place: tuple[Town, dict[str, Any]]) -> None:
    _, receipts = place
    assert "is not in the log yet" in receipts["before"]
    assert "until then nothing is known of it here" in receipts["sealed"]


def test_a_replaced_bid_is_said_to_be_replaced(place: tuple[Town, dict[str, Any]]) -> None:
    made, receipts = place
    assert "not on the roll" in text_of(upload(made, canonical(receipts["cid"])))
    assert "and on the roll" in text_of(upload(made, canonical(receipts["cid again"])))


def test_a_changed_receipt_fails(place: tuple[Town, dict[str, Any]]) -> None:
    made, receipts = place
    forged = {**receipts["ann"], "object": {**receipts["ann"]["object"], "submission_sha256": "0" * 64}}
    shown = text_of(upload(made, canonical(forged)))
    assert "This file does not hold" in shown
    assert "or the receipt was changed" in shown


def test_a_receipt_that_no_list_has_is_evidence_against_the_box(place: tuple[Town, dict[str, Any]]) -> None:
    made, receipts = place
    said = {**receipts["ann"]["object"], "submission_sha256": "ab" * 32}
    signed = signing.sign("receipt", said, read_key(made.config.folders.keys / BOX_KEY))
    shown = text_of(upload(made, canonical(signed)))
    assert "it is in none of them" in shown
    assert "This file does not hold" in shown


@pytest.mark.parametrize(
    "data", [b"{}", b'{"object":{},"key":"","signature":""}', b"{" * 5000, b'{"a":1,"a":2}', b'{"object":[]}']
)
def test_a_file_that_only_looks_like_a_receipt_is_refused(place: tuple[Town, dict[str, Any]], data: bytes) -> None:
    answer = upload(place[0], data)
    assert answer.status_code == 400
    assert 'id="file-error"' in answer.text


def test_a_proof_is_checked_against_the_log(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    leaf = made.get(f"/api/tenders/{made.tender}/data.json")["mingjing"]["events"][-1]["leaf"]
    data = made.ask("GET", f"/api/proofs/{leaf}").data
    shown = text_of(upload(made, data))
    assert "The proof holds" in shown
    assert f"tender/{made.tender}" in shown or f"lot/{made.tender}" in shown
    other = re.sub(rb"index \d+", b"index 3", data)
    assert "does not stand under that checkpoint" in text_of(upload(made, other))
    assert upload(made, data.replace(b"index", b"Index")).status_code == 400


def test_a_checkpoint_is_compared_with_the_log(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    note = made.ask("GET", "/log/checkpoint").data
    assert "one and the same log" in text_of(upload(made, note))
    lines = note.split(b"\n")
    forged = b"\n".join([lines[0], b"1", *lines[2:]])
    assert "lacks the log's signature" in text_of(upload(made, forged)).replace("&#39;", "'")


def test_a_checkpoint_of_another_tree_is_evidence(place: tuple[Town, dict[str, Any]]) -> None:
    """Signed by log and witnesses, and not what this log shows: the case for which checkpoints are kept."""
    made, _ = place
    policy = made.services.trust.policy
    body = checkpoint.Checkpoint(policy.log.name, 5, b"\7" * 32)
    note = checkpoint.sign(body, read_key(made.config.folders.keys / LOG_KEY))
    for name, key in made.witness_keys.items():
        note += checkpoint.cosign(body.body(), name, key, made.clock.at) + "\n"
    with reading(made.services.engine) as conn:
        found = papers.note(conn, made.services.trust, note.encode())
    assert [(one.word, one.verdict) for one in found.points] == [("witnessed", "holds"), ("same_root", "fails")]
    assert "somebody showed you another log" in text_of(upload(made, note.encode()))


# --- the log's page ---------------------------------------------------------------------------------------------------


def test_an_entry_is_found_by_its_place_and_by_its_leaf(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    (event, *_) = made.get(f"/api/streams/lot/{made.tender}/{LOT}")["events"]
    data = made.get(f"/api/tenders/{made.tender}/data.json")["mingjing"]["events"]
    leaf = next(one["leaf"] for one in data if one["index"] == event["index"])
    for query in (f"find={leaf}", f"at={event['index']}"):
        shown = text_of(made.ask("GET", f"/log?lang=en&{query}"))
        assert f"Found it: {event['index']}" in shown
        assert f"lot/{made.tender}/{LOT}" in shown


def test_what_is_hidden_is_said_to_be_hidden(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    assert "not disclosed" in text_of(made.ask("GET", "/log?lang=en&at=0")) or any(
        "not disclosed" in text_of(made.ask("GET", f"/log?lang=en&at={start}")) for start in range(0, 80, 20)
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("at=x", "at"),
        ("at=999999", "at"),
        ("find=zz", "find"),
        (f"find={'0' * 64}", "find"),
        ("old=9&new=3", "old"),
        ("old=3", "new"),
    ],
)
def test_a_wrong_question_to_the_log_is_answered_beside_its_field(
    place: tuple[Town, dict[str, Any]], query: str, field: str
) -> None:
    answer = place[0].ask("GET", f"/log?lang=en&{query}")
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert f'href="#{field}"' in answer.text


def test_two_sizes_are_proved_to_be_one_log(place: tuple[Town, dict[str, Any]]) -> None:
    made, _ = place
    assert "It holds: the log of 40 entries begins with the log of 7" in text_of(
        made.ask("GET", "/log?lang=en&old=7&new=40")
    )


def test_a_log_without_a_witnessed_checkpoint_says_so(tmp_path: Path, sqlite_url: str) -> None:
    with town(tmp_path, sqlite_url) as made:
        assert "no witnessed checkpoint yet" in text_of(made.ask("GET", "/log?lang=en"))
        assert json.loads(made.ask("GET", "/log/keys").text)["witness_threshold"] == 2
