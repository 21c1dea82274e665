"""Killed at any line, a custodian never sends two different releases, signs two key sets or forgets what it sent."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from ledger.basics.hashing import H
from ledger.sealed.release import Release
from tests.support.custody import Case, custody_case, real_keyset
from tests.support.custody_names import BEFORE, DEADLINE, LOT, TENDER
from tests.support.sampling import sample

COIN: Final = real_keyset("coin")
OTHER: Final = real_keyset("coin", DEADLINE + timedelta(days=1))
LATER: Final = DEADLINE + timedelta(minutes=1)
WHERE: Final = ("/ledger/custodian/", "/ledger/institution/", "/ledger/files.py", "/ledger/mirror.py")


@contextmanager
def lines_run(kill_at: int = 0) -> Iterator[list[int]]:
    """Counts the lines of the custodian's own code; at `kill_at` the process ends by SIGKILL."""
    count = [0]

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not any(part in frame.f_code.co_filename for part in WHERE):
            return None
        if event == "line":
            count[0] += 1
            if count[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


def killed(case: Case, line: int, at: datetime) -> None:
    """A step in a process of its own, killed at this line of it."""
    child = os.fork()
    if child == 0:
        with lines_run(line):
            case.step(at)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"line {line} was not reached"


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with custody_case(tmp_path) as made:
        made.platform.append("log", "log.opened", {})
        made.platform.sign(BEFORE)
        yield made


def _prepared(case: Case) -> None:
    case.sign_all(COIN)
    case.coin_lot(COIN)
    form = b"a form"
    name = H(form).hex()
    case.platform.forms[name] = form
    case.close({name: form})
    case.platform.sign(LATER)
    case.platform.posted.clear()


def test_one_release_whatever_line_it_dies_at(tmp_path: Path) -> None:
    with custody_case(tmp_path / "count") as counted:
        counted.platform.append("log", "log.opened", {})
        counted.platform.sign(BEFORE)
        _prepared(counted)
        with lines_run() as lines:
            counted.step(LATER)
        assert len(counted.platform.releases()) == 1
    total = lines[0]
    step = max(1, total // sample(total, 60))
    for line in range(1, total + 1, step):
        with custody_case(tmp_path / str(line)) as case:
            case.platform.append("log", "log.opened", {})
            case.platform.sign(BEFORE)
            _prepared(case)
            killed(case, line, LATER)
            known = case.published().get(f"releases/{COIN.kid.hex()}.json")
            case.step(LATER + timedelta(hours=1))
            case.step(LATER + timedelta(hours=2))
            sent = set(case.platform.releases())
            assert len(sent) == 1, f"killed at line {line} of {total}"
            (body,) = sent
            assert Release.parse(json.loads(body)["object"]).kid == COIN.kid
            published = case.published()[f"releases/{COIN.kid.hex()}.json"]
            assert json.loads(published) == json.loads(body)
            assert known is None or known == published


def test_one_key_set_whatever_line_it_dies_at(tmp_path: Path) -> None:
    with custody_case(tmp_path / "count") as counted:
        counted.platform.append("log", "log.opened", {})
        counted.platform.sign(BEFORE)
        counted.platform.ask("s1", "sign", {"keyset": COIN.to_json()})
        with lines_run() as lines:
            counted.step()
    total = lines[0]
    step = max(1, total // sample(total, 40))
    for line in range(1, total + 1, step):
        with custody_case(tmp_path / str(line)) as case:
            case.platform.append("log", "log.opened", {})
            case.platform.sign(BEFORE)
            case.platform.ask("s1", "sign", {"keyset": COIN.to_json()})
            killed(case, line, BEFORE)
            first = bool(case.platform.answers("s1"))
            case.platform.requests.clear()
            case.platform.ask("s2", "sign", {"keyset": OTHER.to_json()})
            case.platform.ask("s3", "sign", {"keyset": COIN.to_json()})
            case.step()
            kids = {one["object"]["kid"] for name in ("s1", "s2", "s3") for one in case.platform.answers(name)}
            assert len(kids) == 1, f"killed at line {line} of {total}"
            assert not first or kids == {COIN.kid.hex()}


def test_a_release_that_the_log_took_is_not_made_again(case: Case) -> None:
    """It died after sending; the platform recorded the release; its journal came back from an older backup."""
    _prepared(case)
    journal = case.folder.state.read_bytes()
    case.step(LATER)
    (sent,) = case.platform.releases()
    case.platform.append(f"lot/{TENDER}/{LOT}", "release.recorded", {"release": json.loads(sent)})
    case.platform.sign(LATER + timedelta(minutes=1))
    case.folder.state.write_bytes(journal)
    case.step(LATER + timedelta(hours=1))
    assert set(case.platform.releases()) == {sent}
    assert json.loads(case.published()[f"releases/{COIN.kid.hex()}.json"]) == json.loads(sent)
