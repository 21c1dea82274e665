"""Asking a platform: sizes, times, and the words of a diary."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.basics.errors import Refusal
from ledger.institution.backoff import Backoff
from ledger.institution.diary import Diary
from ledger.institution.errands import Guard
from ledger.institution.platform import Platform, read_json
from tests.support.custody import Hand
from tests.support.custody_names import BEFORE
from tests.support.custody_platform import Answer, FakePlatform
from tests.support.log import refused


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    made = FakePlatform()
    with made.serving():
        yield made


def test_a_body_that_drips_is_cut_off(platform: FakePlatform) -> None:
    platform.override["/x"] = Answer(drip=0.05)
    started = time.monotonic()
    with refused("http.unreachable", error="TimeoutError"):
        Platform(platform.url, 0.3).get("/x", 1000)
    assert time.monotonic() - started < 3


def test_a_body_that_never_ends_is_cut_off(platform: FakePlatform) -> None:
    platform.override["/x"] = Answer(endless=True)
    with refused("http.answer_too_long", limit=1000):
        Platform(platform.url, 5).get("/x", 1000)


@pytest.mark.parametrize("url", ["ftp://h", "http://", "http://h/?q", "http://h/#f", "h:80", "file:///x"])
def test_addresses_that_are_none_are_refused(url: str) -> None:
    with refused("http.bad_address"):
        Platform(url)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"1.5", b"NaN", b'{"a":1,"a":2}', b"\xff", b"[" * 99_999, b"123456789012345678"]
)
def test_json_that_is_none_of_ours_is_refused(data: bytes) -> None:
    with refused("institution.not_json"):
        read_json(data)


def test_the_same_value_is_posted_as_the_same_bytes(platform: FakePlatform) -> None:
    asked = Platform(platform.url)
    asked.post_json("/p", {"b": 1, "a": "明"})
    asked.post_json("/p", {"a": "明", "b": 1})
    assert platform.posted[0] == platform.posted[1] == ("/p", '{"a":"明","b":1}'.encode())


def test_waiting_grows_to_its_limit_and_ends_with_success() -> None:
    backoff, now = Backoff(timedelta(seconds=5), timedelta(seconds=15)), BEFORE
    waits = []
    for _ in range(4):
        assert backoff.ready("x", now)
        backoff.failed("x", now)
        at = now
        while not backoff.ready("x", at):
            at += timedelta(seconds=1)
        waits.append((at - now).seconds)
        now = at
    assert waits == [5, 10, 15, 15]
    backoff.done("x")
    assert backoff.ready("x", now)


def test_a_clock_that_was_put_back_does_not_stop_anything() -> None:
    backoff = Backoff()
    backoff.failed("x", BEFORE)
    assert not backoff.ready("x", BEFORE)
    assert backoff.ready("x", BEFORE - timedelta(days=1))


def test_a_refusal_is_written_once_until_it_changes(tmp_path: Path) -> None:
    said: list[str] = []
    diary = Diary(tmp_path / "log.jsonl", "me", Hand(), said.append)
    for code in ("a.b", "a.b", "a.c"):
        diary.refused("log", Refusal(code, n=1))
    diary.settled("log")
    diary.refused("log", Refusal("a.c", n=1))
    assert len(said) == 3
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["refused"] for row in rows] == ["a.b", "a.c", "a.c"]


def test_a_line_for_people_has_no_control_characters(tmp_path: Path) -> None:
    said: list[str] = []
    Diary(tmp_path / "log.jsonl", "me", Hand(), said.append).did("x", text="a\x1b[2J\nb" + "c" * 999)
    assert "\x1b" not in said[0]
    assert "\n" not in said[0]
    assert len(said[0]) < 400


def test_a_guard_lets_only_the_own_disk_through(tmp_path: Path) -> None:
    said: list[str] = []
    guard = Guard(Diary(tmp_path / "log.jsonl", "me", Hand(), said.append))

    def stumble() -> None:
        raise KeyError("x")

    def full() -> None:
        raise OSError("no space")

    assert not guard("a", stumble)
    assert "institution.stumbled" in said[0]
    with pytest.raises(OSError, match="no space"):
        guard("a", full)
