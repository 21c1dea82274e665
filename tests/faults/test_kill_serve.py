"""A server process that is killed leaves nobody behind, and can be started again at once on its port."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from ledger.institution.platform import Platform
from tests.support.killing import children_of
from tests.support.processes import Children
from tests.support.waiting import wait_until
from web import config, platform
from web.demo.stage import free_ports
from web.platform import sections

NOBODY = {
    "witnesses": [],
    "witness_threshold": 0,
    "custodians": [],
    "contributors": [],
    "cas": [],
    "supervisors": [],
}
MINGJING = (sys.executable, "-m", "web.cli.main")
# gunicorn itself looks for its master once a second.
AT_ONCE = 0.8
ASKED = {"office": "/log/keys", "box": "/box/time"}


def living(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has asked about yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("platform") / config.NAME
    office, box = free_ports(2)
    document = sections("kill.example/log", demonstration=True, office={"port": office}, box={"port": box})
    made = platform.initialise(path, document)
    platform.write_trust(made, json.dumps(NOBODY).encode())
    return path


@pytest.mark.parametrize("name", ["office", "box"])
def test_a_killed_master_takes_its_worker_along_and_frees_the_port(place: Path, processes: Children, name: str) -> None:
    command = (*MINGJING, "serve", name, "--config", place)
    address = ""
    for _ in range(2):
        child = processes.start(*command, name=name)
        address = child.wait_for(rf"^{name} ready (http://\S+)$").group(1)
        Platform(address).get_json(ASKED[name])
        (worker,) = children_of(child.pid)
        child.kill()
        wait_until(lambda worker=worker: not living(worker), "the worker's end", AT_ONCE)  # type: ignore[misc]  # bound now
    last = processes.start(*command, name=name)
    assert last.wait_for(rf"^{name} ready (http://\S+)$").group(1) == address
    Platform(address).get_json(ASKED[name])


@pytest.mark.parametrize("name", ["office", "box"])
def test_a_killed_worker_is_started_again_by_its_master(place: Path, processes: Children, name: str) -> None:
    child = processes.start(*MINGJING, "serve", name, "--config", place, name=name)
    address = child.wait_for(rf"^{name} ready (http://\S+)$").group(1)
    Platform(address).get_json(ASKED[name])
    (worker,) = children_of(child.pid)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: children_of(child.pid) not in ([], [worker]), "another worker")
    Platform(address).get_json(ASKED[name])
    assert child.exit_code is None
