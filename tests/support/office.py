"""The office at an address that browsers can make passkeys for, and a browser's session with it by test client."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import Client, TestResponse

from tests.support.town import Town
from web.config import Public
from web.office.app import create_app

OWN = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "tomato river nine lamps"


def office(made: Town, public: str = "", *, demonstration: bool = True) -> Flask:
    """The town's office again, under another public address, or as a platform that is no demonstration."""
    config = made.services.config
    platform = replace(config.platform, demonstration=demonstration)
    return create_app(replace(made.services, config=replace(config, platform=platform, public=Public(office=public))))


@contextmanager
def served(made: Town, *, demonstration: bool = True) -> Iterator[str]:
    """The office under `http://localhost:PORT`, its public address; browsers reach it by number, too."""
    probe = make_server("127.0.0.1", 0, made.office_app)
    port = probe.server_port
    probe.server_close()
    public = f"http://localhost:{port}"
    server = make_server("127.0.0.1", port, office(made, public, demonstration=demonstration), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield public
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Visitor:
    """Somebody at a browser without scripts: keeps its cookies, sends forms from our own pages."""

    def __init__(self, app: Flask) -> None:
        """At `app`."""
        self.client: Client = app.test_client()

    def get(self, path: str) -> TestResponse:
        """Opens a page."""
        return self.client.get(path, buffered=True)

    def post(self, path: str, /, **fields: str) -> TestResponse:
        """Sends a form, as a page of ours does."""
        return self.send(path, fields, OWN)

    def send(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> TestResponse:
        """Sends a form from anywhere."""
        return self.client.post(path, data=fields, headers=dict(headers), buffered=True)

    def sign_up(self, name: str, password: str = PASSWORD, link: str = "") -> TestResponse:
        """Signs up with a password."""
        return self.post("/account/sign-up", name=name, password=password, link=link, next="")

    def sign_in(self, name: str, password: str = PASSWORD, code: str = "") -> TestResponse:
        """Signs in with a password."""
        return self.post("/account/sign-in", name=name, password=password, code=code, next="")

    def signed_in(self) -> bool:
        """Whether the account's page opens."""
        return self.get("/account").status_code == 200
