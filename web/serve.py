"""Composition: from a configuration file to a running process of the platform. The one place that knows them all."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import resource
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, Literal

from flask import Flask
from gunicorn.app.base import BaseApplication

from ledger.basics.ids import system_entropy
from ledger.store.engine import create_engine
from web import config as configuration
from web import logs
from web.config import Address, Config
from web.database import check_current
from web.services import BOX_KEY, LIVE_KEY, Services, check_announced, compose, read_key, read_shared_key
from web.serving import Pace, PatientWorker

if TYPE_CHECKING:
    from web.live.server import Live

_FILES: Final = 256  # open files of a process besides its connections
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
Process = Literal["office", "box", "worker", "live"]
PROCESSES: Final[tuple[Process, ...]] = ("office", "box", "worker", "live")


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
    elif process == "live":
        _run_live(config)
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


def live(config: Config, services: Services) -> Live:
    """The halls' server over its services."""
    from web.live.book import Book  # noqa: PLC0415 - a process loads its own application only
    from web.live.server import Live, Settings  # noqa: PLC0415 - as above

    at = config.live
    pages = (config.public.office, *at.origins.split(","))
    return Live(
        Book(services.engine, services.documents.read, services.trust, services.challenge_every),
        read_shared_key(config.folders.keys / LIVE_KEY),
        Settings(
            host=at.host,
            port=at.port,
            origins=tuple(one.strip() for one in pages if one.strip()),
            proxies=at.proxies,
            poll=at.poll_ms / 1000,
            most=at.connections,
            most_of_address=at.connections_of_address,
        ),
    )


def _run_live(config: Config) -> None:
    services = compose(config, config.database.live)
    check_current(services.engine)
    check_announced(services)
    _allow_files(config.live.connections)
    logging.getLogger("mingjing.live.lines").setLevel(logging.WARNING)  # else two lines for each watcher
    server = live(config, services)

    async def run() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, stop.set)
        await server.run(stop, lambda host, port: ready("live", f"ws://{host}:{port}", config.live.ready_file))

    asyncio.run(run())


def _allow_files(connections: int) -> None:
    """As many open files as the connections need, where the system lets us have them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
