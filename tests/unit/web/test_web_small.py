"""Words, brakes, shelves and statuses: the small things every answer goes through."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from tests.support.log import refused
from web import errors, texts, words
from web.files import Shelf
from web.limits import Brake
from web.logs import JsonLines, note


def test_a_code_is_said_with_its_parameters_in_both_languages() -> None:
    said = words.both("http.rate", {"seconds": 7})
    assert "7" in said["zh"]
    assert "7" in said["en"]


def test_a_parameter_is_never_read_as_a_format() -> None:
    assert "{seconds}" not in words.say("http.rate", {"seconds": "{0.__class__}"}, "en")
    assert "{0.__class__}" in words.say("http.rate", {"seconds": "{0.__class__}"}, "en")


def test_a_missing_parameter_stays_visible_and_an_unknown_code_is_named() -> None:
    assert "{seconds}" in words.say("http.rate", {}, "zh")
    assert "no.such_code" in words.say("no.such_code", {}, "en")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("auth.missing", 401),
        ("auth.forbidden", 403),
        ("tender.unknown", 404),
        ("file.not_found", 404),
        ("stream.conflict", 409),
        ("http.too_long", 413),
        ("http.rate", 429),
        ("submission.late", 400),
    ],
)
def test_a_code_says_its_status(code: str, status: int) -> None:
    assert errors.status(code) == status


def test_a_caller_that_calls_too_often_waits_and_others_do_not() -> None:
    now = [0.0]
    brake = Brake(60, lambda: now[0])
    for _ in range(60):
        brake.call("ann")
    with refused("http.rate", seconds=1):
        brake.call("ann")
    brake.call("bob")
    now[0] += 1
    brake.call("ann")
    with refused("http.rate", seconds=1):
        brake.call("ann")


def test_a_shelf_takes_only_what_has_the_named_hash(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    sha256 = H(b"whole").hex()
    with refused("file.not_found", sha256=sha256):
        shelf.read(sha256)
    with refused("file.other_hash", wanted=sha256, found=H(b"other").hex()):
        shelf.put(sha256, [b"other"], 100)
    with refused("http.too_long", limit=3):
        shelf.put(sha256, [b"wh", b"ole"], 3)
    assert not list(tmp_path.rglob(".part-*"))
    assert shelf.put(sha256, [b"wh", b"ole"], 100) == 5
    assert shelf.read(sha256) == b"whole"
    assert shelf.intact(sha256)
    assert shelf.size(sha256) == 5


def test_a_spoilt_file_is_seen(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    sha256 = shelf.put_bytes(b"whole")
    shelf.path(sha256).write_bytes(b"whale")
    assert not shelf.intact(sha256)
    with refused("file.damaged", sha256=sha256):
        shelf.read(sha256)


@pytest.mark.parametrize("count", [2, 30])
def test_many_files_are_stored_at_once_and_a_spoilt_one_is_mended(tmp_path: Path, count: int) -> None:
    shelf = Shelf(tmp_path)
    files = {H(b"%d" % number).hex(): b"%d" % number for number in range(count)}
    spoilt = shelf.put_bytes(b"1")
    shelf.path(spoilt).write_bytes(b"7")
    shelf.put_all(files)
    assert {sha256: shelf.read(sha256) for sha256 in files} == files
    with refused("file.other_hash", wanted=H(b"a").hex(), found=H(b"b").hex()):
        shelf.put_all({H(b"a").hex(): b"b"})


def test_a_shelf_knows_no_paths(tmp_path: Path) -> None:
    for name in ("../secret", "00" * 31, "AA" * 32, ""):
        with pytest.raises(Refusal):
            Shelf(tmp_path).path(name)


def test_a_log_line_is_json_and_tells_no_message_of_an_exception() -> None:
    logger, lines = logging.getLogger("test.web.small"), []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonLines().format(record)))

    logger.addHandler(Keep())
    logger.propagate = False
    logger.setLevel(logging.INFO)
    note(logger, "request", status=200)
    try:
        int("the price is 12980000")
    except ValueError:
        logger.exception("failed")
    assert lines[0]["event"] == "request"
    assert lines[0]["status"] == 200
    assert lines[1]["exception"] == "ValueError"
    assert "12980000" not in json.dumps(lines)


def test_times_and_amounts_are_shown_as_people_here_read_them() -> None:
    assert texts.time("2026-12-01T01:00:00.000Z") == "2026-12-01 09:00:00"
    assert texts.time("") == ""
    assert texts.money(1_298_000_050) == "12,980,000.50"
    assert texts.reason({}, "zh") == ""


def test_every_text_of_the_pages_is_there_in_both_languages() -> None:
    for key, said in texts.book().items():
        assert set(said) == {"zh", "en"}, key
        assert said["zh"].strip(), key
        assert said["en"].strip(), key
