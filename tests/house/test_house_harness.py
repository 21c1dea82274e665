"""The test harness itself: databases, processes, browser, seeds, and the fence around the network."""

from __future__ import annotations

import random
import re
import socket
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import create_engine, text

from tests.support.browser import Fence
from tests.support.network import OutsideWorldError
from tests.support.processes import Children
from tests.support.sampling import LONG, rng_for, sample


def _count(url: str) -> int:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS seen (n integer)"))
        connection.execute(text("INSERT INTO seen VALUES (1)"))
        count = int(connection.execute(text("SELECT count(*) FROM seen")).scalar_one())
    engine.dispose()
    return count


@pytest.mark.parametrize("_time", ["first", "second"])
def test_every_test_has_a_database_of_its_own(database_url: str, _time: str) -> None:
    assert _count(database_url) == 1


def test_an_empty_database_is_empty(empty_database_url: str) -> None:
    assert _count(empty_database_url) == 1


def test_a_child_is_awaited_by_its_ready_line_and_ended_by_its_pid(processes: Children) -> None:
    program = "import time; print('port 4711', flush=True); time.sleep(60)"
    child = processes.start(sys.executable, "-c", program)
    assert child.wait_for(r"^port (\d+)$")[1] == "4711"
    assert child.exit_code is None
    assert child.stop() == -15


def test_a_child_that_ends_before_it_is_ready_is_told_with_its_log(processes: Children) -> None:
    child = processes.start(sys.executable, "-c", "print('no port today'); raise SystemExit(3)")
    with pytest.raises(AssertionError, match="no port today"):
        child.wait_for(r"^port (\d+)$")
    assert child.exit_code == 3


def test_a_child_that_hangs_is_killed_at_the_deadline(processes: Children) -> None:
    child = processes.start(sys.executable, "-c", "import time; time.sleep(60)")
    with pytest.raises(AssertionError, match="still ran"):
        child.wait(0.2)
    assert child.exit_code == -9


def test_the_same_seed_and_name_give_the_same_numbers(rng: random.Random, request: pytest.FixtureRequest) -> None:
    assert rng.random() == rng_for(request.node.nodeid).random()
    assert rng.random() != rng_for("another name").random()


def test_a_short_run_samples_what_a_long_run_does_in_full() -> None:
    assert sample(2000, 40) == (2000 if LONG else 40)


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 80)])
def test_no_test_reaches_another_machine(address: tuple[str, int]) -> None:
    with socket.socket() as outside, pytest.raises(OutsideWorldError):
        outside.connect(address)


ELSEWHERE = ["http://example.org/pixel.png", "http://192.0.2.1/pixel.png"]


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = "<!doctype html><title>明镜</title><p id=p>开标</p>".encode()
        body += b"".join(b"<img src=%s>" % url.encode() for url in ELSEWHERE)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_browser_reads_our_pages_and_nobody_elses(browser: Browser, site: str) -> None:
    context = browser.new_context()
    fence = Fence(context)
    page = context.new_page()
    failed: list[tuple[str, str | None]] = []
    page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
    page.goto(site)
    assert page.title() == "明镜"
    assert sorted(fence.refused) == sorted(ELSEWHERE)
    # Not sent and lost: the browser finds nobody at these addresses.
    assert sorted(failed) == sorted((url, "net::ERR_NAME_NOT_RESOLVED") for url in ELSEWHERE)
    context.close()


def test_a_page_of_our_own_is_blank_at_first(page: Page) -> None:
    assert re.fullmatch("about:blank", page.url)
