"""Commands as people type them, against a town (`tests.support.town`) whose office and box are real HTTP servers."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from flask import Response
from werkzeug.serving import make_server

from ledger.keyfile import create_key
from tests.support.town import LOT, Town
from web.cli.desk.person import Person
from web.cli.main import main

ANSWERS = {
    "price": "800000",
    "safety-licence": "yes",
    "grade": "first",
    "duration": "300",
    "warranty": "2.5",
    "similar-works": "4",
}


def run(*args: str) -> Result:
    """One command in English; what it raised besides its exit status is a failure of the test."""
    result = CliRunner().invoke(main, ["--lang", "en", *args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def done(*args: str) -> str:
    """A command that succeeds: what it said."""
    result = run(*args)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def refused(code: str, *args: str) -> str:
    """A command that is refused with this code: all that it said."""
    result = run(*args)
    assert result.exit_code == 1, result.output
    assert f"[{code}]" in result.output, result.output
    return str(result.output)


@dataclass
class Desk:
    """A town and the folders of its people."""

    town: Town
    root: Path
    box_url: str

    def person(self, role: str) -> str:
        """The folder of a person of the office."""
        folder = self.root / "people" / role
        if not folder.exists():
            who = self.town.people[role]
            person = Person(folder)
            create_key(folder / "person.pem", None, lambda _length: who.key.private_bytes_raw())
            person.put_url(self.town.url)
            person.put_token(who.token)
        return str(folder)

    def bidder(self, name: str) -> str:
        """A registered organisation's folder, set up by the commands."""
        home = str(self.root / "bidders" / name)
        done("secret", "new", "--home", home)
        keys = self.root / f"{name}.keys.json"
        keys.write_text(done("keys", "--home", home))
        public = self.town._party(name)
        self.town.bidders[name] = self.town.bidders.get(name)  # type: ignore[assignment]  # only counted, for the next code
        told = json.loads(
            done(
                *("office", "add-party", "--person", self.person("centre"), "--uscc", public["uscc"]),
                *(
                    "--name-zh",
                    f"单位{name}",
                    "--name-en",
                    name,
                    "--keys",
                    str(keys),
                    "--person-ref",
                    f"head-of-{name}",
                ),
            )
        )
        (self.root / f"{name}.uscc").write_text(public["uscc"])
        token, trust = self.root / f"{name}.token", self.root / "trust.json"
        token.write_text(told["token"])
        trust.write_bytes(self.town.trust)
        done(
            *("setup", "--home", home, "--office", self.town.url, "--box", self.box_url, "--party", told["party"]),
            *("--token-file", str(token), "--trust", str(trust)),
        )
        self.town.settle()
        return home

    def fill(self, home: str, *more: str, **answers: str) -> None:
        """The answers of a good bid, some of them changed."""
        given = {**ANSWERS, **{name.replace("_", "-"): value for name, value in answers.items()}}
        sets = [one for name, value in given.items() for one in ("--set", f"{name}={value}")]
        done("fill", self.town.tender, LOT, *sets, *more, "--home", home)

    def do(self, home: str, *steps: str) -> str:
        """Commands about the one lot, each of which succeeds; what the last one said."""
        said = ""
        for step in steps:
            said = done(step, self.town.tender, LOT, "--home", home)
        return said

    def status(self, home: str) -> list[dict[str, Any]]:
        """The bids of a folder, as `status --json` has them."""
        (one,) = json.loads(done("status", "--json", "--home", home))
        return list(one["bids"])


def serve_box(town: Town) -> str:
    """Serves the town's box on loopback, with the town's time in its answers; its address."""
    app = town.box_app

    def date(response: Response) -> Response:
        response.headers["Date"] = format_datetime(town.clock.at.replace(microsecond=0), usegmt=True)
        return response

    app.after_request(date)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    town.stack.callback(stop)
    return f"http://127.0.0.1:{server.server_port}"
