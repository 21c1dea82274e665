"""The three processes as an operator starts them: ready, answering, ending when asked, refusing what can't be right."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ledger.institution.platform import Platform
from tests.support.processes import Children
from tests.support.waiting import wait_until
from web import config, platform
from web.platform import sections

NOBODY = {
    "witnesses": [],
    "witness_threshold": 0,
    "custodians": [],
    "contributors": [],
    "cas": [],
    "supervisors": [],
}
MINGJING = (sys.executable, "-c", "from web.cli.main import main; main()")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("platform") / config.NAME
    document = sections("serve.example/log", demonstration=True, interval_ms=1000, worker={"poll_ms": 50})
    made = platform.initialise(path, document)
    platform.write_trust(made, json.dumps(NOBODY).encode())
    return path


def test_office_box_and_worker_start_work_and_end(place: Path, processes: Children) -> None:
    started = {
        name: processes.start(*MINGJING, "serve", name, "--config", place, name=name)
        for name in ("office", "box", "worker")
    }
    address = {name: started[name].wait_for(rf"^{name} ready (http://\S+)$").group(1) for name in ("office", "box")}
    started["worker"].wait_for(r"^worker ready -$")

    def sequenced() -> bool:
        found = Platform(address["office"]).get_json("/api/streams/log")
        return isinstance(found, dict) and bool(found["events"])

    wait_until(sequenced, "the log's first event in the tree")
    assert Platform(address["box"]).get_json("/box/time")
    for child in started.values():
        assert child.stop() == 0, child.output
    checked = processes.start(*MINGJING, "check", "--config", place, name="check")
    assert checked.wait() == 0, checked.output
    assert "FAIL" not in checked.output


def test_a_server_whose_configuration_is_not_the_log_s_refuses_to_start(place: Path, processes: Children) -> None:
    other = place.with_name("other.toml")
    other.write_text(place.read_text().replace("interval_ms = 1000", "interval_ms = 2000"))
    child = processes.start(*MINGJING, "serve", "worker", "--config", other, name="worker")
    assert child.wait() == 1
    assert "interval_ms" in child.output


def test_a_server_without_its_tables_refuses_to_start(tmp_path: Path, processes: Children, place: Path) -> None:
    bare = tmp_path / config.NAME
    bare.write_text(place.read_text())
    (tmp_path / "trust.json").write_bytes((place.parent / "trust.json").read_bytes())
    child = processes.start(*MINGJING, "serve", "worker", "--config", bare, name="worker")
    assert child.wait() == 1
    assert "mingjing platform migrate" in child.output
