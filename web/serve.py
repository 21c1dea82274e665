"""Composition: from a configuration file to a running office, box or worker. The one place that knows all three."""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final, Literal

from flask import Flask
from gunicorn.app.base import BaseApplication

from ledger.basics.ids import system_entropy
from ledger.store.engine import create_engine
from web import config as configuration
from web import logs
from web.config import Address, Config
from web.database import check_current
from web.services import BOX_KEY, check_announced, compose, read_key
from web.serving import Pace, PatientWorker

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
Process = Literal["office", "box", "worker"]
PROCESSES: Final[tuple[Process, ...]] = ("office", "box", "worker")


def office(config: Config) -> Flask:
    """The office's application."""
    from web.office.app import create_app  # noqa: PLC0415 - a process loads its own application only

    services = compose(config, config.database.office)
    check_current(services.engine)
    check_announced(services)
    return create_app(services)


def box(config: Config) -> Flask:
    """The box's application: its own engine, its own folder, its own key, its own log."""
    from web.blobs import Folder  # noqa: PLC0415 - a process loads its own application only
    from web.box.access_log import AccessLog  # noqa: PLC0415 - a process loads its own application only
    from web.box.app import Surroundings, create_app  # noqa: PLC0415 - a process loads its own application only
    from web.box.parts import Limits, Parts  # noqa: PLC0415 - a process loads its own application only

    engine = create_engine(config.database.box)
    check_current(engine)
    parts = Parts(
        engine=engine,
        blobs=Folder(config.folders.blobs),
        entropy=system_entropy,
        receipt_key=read_key(config.folders.keys / BOX_KEY),
        interval=timedelta(milliseconds=config.platform.interval_ms),
        limits=Limits.of(config.box.threads, config.box.requests_per_minute),
    )
    key = config.box.access_log_key
    access_log = AccessLog(config.folders.access_log, bytes.fromhex(key), system_entropy) if key else None
    return create_app(parts, Surroundings(access_log, config.box.proxies, config.public.office))


def run(process: Process, path: Path) -> None:
    """Runs one process until it is told to stop (SIGTERM or SIGINT)."""
    config = configuration.read(path)
    logs.set_up()
    if process == "worker":
        _run_worker(config)
    elif process == "office":
        _Server(lambda: office(config), config.office, "office", {}).run()
    else:
        # A bid's piece may take long on a thin line; a thread that reads one is no hung thread.
        _Server(lambda: box(config), config.box, "box", {}).run()


def ready(process: str, address: str, ready_file: str) -> None:
    """Says on standard output (and in a file, if wanted) that a process takes requests, and where."""
    sys.stdout.write(f"{process} ready {address}\n")
    sys.stdout.flush()
    if ready_file:
        target = Path(ready_file)
        temporary = target.with_name(target.name + ".new")
        temporary.write_text(address + "\n", encoding="utf-8")
        temporary.replace(target)


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn inside this program: one worker process of threads, no configuration file, no access log."""

    def __init__(self, make: Callable[[], Flask], address: Address, name: str, options: dict[str, object]) -> None:
        """`make` is called in the worker process, so that no connection is shared across a fork."""
        self._make, self._address, self._name, self._options = make, address, name, options
        super().__init__()

    def load_config(self) -> None:
        """Sets gunicorn's options; its own defaults for the rest."""
        settings: dict[str, Any] = {
            "bind": f"{self._address.host}:{self._address.port}",
            "worker_class": PatientWorker.of(Pace(self._address.slow_after_s, self._address.min_bytes_per_s)),
            "workers": 1,
            "threads": self._address.threads,
            "timeout": 300,
            "graceful_timeout": 10,
            "keepalive": 5,
            "sendfile": False,  # it would send past the pace
            "proc_name": f"mingjing-{self._name}",
            "accesslog": None,
            "loglevel": "warning",
            "when_ready": self._when_ready,
            "post_fork": _end_with_parent,
            **self._options,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application."""
        return self._make()

    def _when_ready(self, server: Any) -> None:  # noqa: ANN401 - gunicorn ships no types
        host, port = server.LISTENERS[0].sock.getsockname()[:2]
        ready(self._name, f"http://{host}:{port}", self._address.ready_file)


def _end_with_parent(_server: Any, _worker: Any) -> None:  # noqa: ANN401 - gunicorn ships no types
    """Lets the kernel end the worker process when its master is killed.

    gunicorn's own look at it comes up to a second later: until then the orphan would hold the port, and write to the
    same uploads as its successor.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _run_worker(config: Config) -> None:
    from web.worker import Worker  # noqa: PLC0415 - a process loads its own application only

    stop = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    services = compose(config, config.database.worker)
    check_current(services.engine)
    check_announced(services)
    worker = Worker(services)
    ready("worker", "-", config.worker.ready_file)
    worker.run(stop)
