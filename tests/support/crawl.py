"""Asks a platform everything that anybody may ask, and levels the answers so that two platforms can be compared.

Every rule of both applications is visited, with addresses that name what is there, what is another's and what is not
there. A rule whose parameters this file doesn't know fails the test that walks it: who adds a route adds its values.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from werkzeug.routing import Map, Rule
from werkzeug.test import TestResponse

from ledger.basics.canonical import canonical
from ledger.store import tables as ledger
from tests.support.platform import LOTS, Bid, Platform
from tests.support.town import Bidder, Sealed

NOWHERE: Final = "0" * 64
# Not compared, and why: the number names the request in the office's own log and is drawn anew for each.
DRAWN: Final = {"X-Request-Id"}
# What would tell when or how often something changed; no answer may carry them at all.
TELLTALE: Final = {"ETag", "Last-Modified", "Server-Timing", "Set-Cookie", "X-Runtime"}

# As programs write it, and in the groups of eight in which pages do.
_HASH: Final = re.compile(r"(?<![0-9a-f])(?:[0-9a-f]{32,}|(?:[0-9a-f]{8} ){3,}[0-9a-f]{8})(?![0-9a-f])")
_UPLOAD: Final = re.compile(r"(?<=/box/uploads/)[a-z2-7]{16}")  # drawn for each upload
_BASE64: Final = re.compile(r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{40,}={0,2}")


@dataclass(frozen=True)
class Answer:
    """What somebody got: everything of it that a caller can look at."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def kind(self) -> str:
        """The content type without its parameters."""
        return dict(self.headers).get("Content-Type", "").split(";")[0]

    def without(self, *echoes: str) -> Answer:
        """The same answer with what the caller itself had sent levelled."""
        body = self.body
        for echo in echoes:
            body = body.replace(echo.encode(), b"(echo)")
        return replace(self, body=body)

    def levelled(self) -> tuple[int, object, int, object]:
        """Status, headers, length and shape: hashes, signatures and commitments levelled, all else as it stands."""
        return self.status, self.headers, len(self.body), shape(self.kind, self.body)


@dataclass(frozen=True)
class Asked:
    """`what`: who asked what under `rule`; `work`: the statements that the database was given for it, in order."""

    rule: str
    what: str
    answer: Answer
    work: tuple[str, ...]


class Work:
    """Writes down the statements that an engine runs: how long an answer takes, in a form that is no accident."""

    def __init__(self, engine: sa.Engine) -> None:
        self._statements: list[str] = []
        sa.event.listen(engine, "before_cursor_execute", self._note)

    def done(self) -> tuple[str, ...]:
        """What was run since the last time."""
        found, self._statements = tuple(self._statements), []
        return found

    def _note(self, _conn: object, _cursor: object, statement: str, *_: object) -> None:
        self._statements.append(statement)


@dataclass(frozen=True)
class Names:
    """What the addresses of a crawl name. `mine` in the fields' names: there in both platforms; `theirs`: in one."""

    tender: str
    leaves: tuple[str, ...]
    documents: tuple[str, ...]
    mine: Bid
    mine_uploads: tuple[str, ...]
    theirs: Bid
    theirs_uploads: tuple[str, ...]


def answer(got: TestResponse) -> Answer:
    """An answer, its headers in their order."""
    assert TELLTALE.isdisjoint(got.headers.keys()), got.headers
    headers = tuple((name, _address(value)) for name, value in got.headers.items() if name not in DRAWN)
    return Answer(got.status_code, headers, got.get_data())


def _address(value: str) -> str:
    return _UPLOAD.sub(_digits, _HASH.sub(_digits, value))


def shape(kind: str, body: bytes) -> object:
    """What is left of a body when its hashes and signatures are levelled; lists keep their order and length."""
    if kind == "application/json":
        return _levelled(json.loads(body))
    if kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return sorted((_text(one.filename), one.file_size) for one in archive.infolist())
    if kind.startswith("text/"):
        return _text(body.decode())
    return len(body)


def _levelled(value: object) -> object:
    if isinstance(value, dict):
        return {_text(name): _levelled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_levelled(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return _BASE64.sub(_digits, _HASH.sub(_digits, text))


def _digits(found: re.Match[str]) -> str:
    return f"<{len(found[0])} digits>"


# --- the office -------------------------------------------------------------------------------------------------------


def tokens(made: Platform, firms: Mapping[str, int]) -> dict[str, str]:
    """A token for each role: nobody, somebody unknown, everybody in the office, and some organisations."""
    found = {"nobody": "", "unknown": "x" * 43}
    found |= {name: person.token for name, person in made.people.items()}
    return found | {name: made.firm(number).token for name, number in firms.items()}


def leaves(made: Platform) -> tuple[str, ...]:
    """Every entry of the tree, by its place, as hex."""
    with made.services.engine.connect() as conn:
        table = ledger.entries
        rows = conn.execute(sa.select(table.c.bytes).where(table.c.idx.is_not(None)).order_by(table.c.idx))
        return tuple(bytes(one).hex() for one in rows.scalars())


def rules(app_map: Map) -> Iterator[tuple[str, Rule]]:
    """(method, rule) of every route; HEAD goes with GET and OPTIONS with every route."""
    for rule in sorted(app_map.iter_rules(), key=str):
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            if method != "OPTIONS" or rule.endpoint == "uploads.options":
                yield method, rule


def office_paths(rule: str, method: str, names: Names) -> list[str]:
    """The addresses under which a rule is visited."""
    tender, theirs = names.tender, names.theirs
    submission, form = theirs.sealed.sha256, next(iter(theirs.sealed.blobs))
    key = str(theirs.sealed.envelope["key"])
    mine = names.mine.sealed.sha256
    if method != "GET" and "<person>" in rule:
        return [rule.replace("<person>", "nobody-of-this-name")]  # an existing one would be disabled
    lists = {
        "": [],
        "/": [f"/{query}" for query in ("", "?lang=en")],
        "/tenders": [
            f"/tenders{query}"
            for query in ("", "?lang=en", f"?q={key}", "?q=lot", "?state=open", "?page=2", "?amount_from=x", "?q=")
        ],
        "/tenders.atom": [f"/tenders.atom{query}" for query in ("", "?lang=en", f"?q={key}", "?state=open")],
        "/api/tenders": [
            f"?{query}" for query in ("", f"q={key}", "q=lot&page=1", "category=works", "state=open", "state=x")
        ],
        "/log": [
            f"?{query}"
            for query in ("", "lang=en", "at=0", "at=x", f"find={names.leaves[3]}", f"find={submission}", "old=2&new=9")
        ],
        "/custody/requests": [f"?institution={one}" for one in ("custodian-1", "custodian-3", "contributor-1", "x")],
        "/log/tile/<path:path>": _tiles(("0/", "1/"), len(names.leaves)),
        "/log/tile/entries/<path:path>": _tiles(("",), len(names.leaves)),
        "/api/streams/<path:stream>": _streams(tender),
        "/api/sealed/<path:rest>": _sealed(tender),
        "/bid/words/<version>": ["x?lang=en"],
        "/bid/<tender>/<lot>": [f"/bid/{one}" for one in (f"{tender}/{LOTS[0]}", f"{tender}/x", f"another/{LOTS[0]}")],
        "/static/<version>/<path:name>": ["x/css/base.css", "x/platform.toml", "x/../platform.toml"],
    }
    if rule in lists:
        stem = rule.split("<", maxsplit=1)[0]
        return [one if one.startswith("/") else stem + one for one in lists[rule]]
    if rule.endswith(("/hall", "/hall/ticket", "/ticket")) and "<lot>" in rule:
        halls = [(tender, LOTS[0]), (tender, "lot-3"), ("another", LOTS[0])]
        return [rule.replace("<tender>", one).replace("<lot>", lot) for one, lot in halls]
    if rule.startswith("/tenders/<tender>/lots/<lot>"):
        below = rule.replace("<tender>", tender)
        lots = [below.replace("<lot>", lot) for lot in (*LOTS, "x")]
        return [one.replace("<bid_key>", value) for one in lots for value in dict.fromkeys((key, NOWHERE))]
    if "/templates/<name>" in rule:
        return [rule.replace("<name>", name).replace("<key>", "a") for name in ("lowest-price", "x")]
    values = {
        "<tender>": [tender, "another"],
        "<leaf>": [*names.leaves[::10], *names.leaves[-8:], NOWHERE, submission],
        "<sha256>": [submission, mine, form, *names.documents, NOWHERE],
        "<mail_id>": ["0" * 32],
        **{name: ["nobodys"] for name in ("<application>", "<passkey>", "<session>")},
    }
    for parameter, found in values.items():
        if parameter in rule:
            return [rule.replace(parameter, value) for value in dict.fromkeys(found)]
    assert "<" not in rule, f"tell this crawl what to put into {rule}"
    return [rule, f"{rule}?institution=custodian-1"]


def office_bodies(method: str, made: Platform, firm: Bidder, theirs: Bid, rule: str = "") -> list[bytes]:
    """What is sent along: nothing, an empty object, a ticket's request anew, and another's submission."""
    if method == "GET" or rule == "/tenders/<tender>/verify":  # which reads none, and takes its time
        return [b""]
    asked = made.issuance(firm, LOTS[0])
    return [b"", b"{}", canonical(asked), canonical(theirs.sealed.envelope)]


def _tiles(levels: tuple[str, ...], size: int) -> list[str]:
    found = [f"{level}000.p/{width}" for level in levels for width in (1, size - 1, size, size + 1)]
    return [*found, f"{levels[0]}000", "../../platform.toml"]


def _streams(tender: str) -> list[str]:
    own = [f"tender/{tender}", *(f"{kind}/{tender}/{lot}" for kind in ("lot", "issuance") for lot in LOTS)]
    return [f"{name}?after={after}" for name in ("log", "box", *own, "party/x", "x") for after in (0, 3)]


def _sealed(tender: str) -> list[str]:
    minutes = [f"box/{version}/{tender}/{lot}" for version in (1, 2, 3, 4, 5, 6, 999) for lot in (*LOTS, "x")]
    return [*minutes, f"tender/{tender}/1/x", "x/1/y"]


# --- the box ----------------------------------------------------------------------------------------------------------


def box_paths(rule: str, names: Names) -> list[str]:
    """The addresses under which a rule of the box is visited."""
    forms = [next(iter(bid.sealed.blobs)) for bid in (names.mine, names.theirs)]
    if rule == "/box/bids/<tender>/<lot>":
        return [f"/box/bids/{names.tender}/{lot}" for lot in (*LOTS, "x")] + [f"/box/bids/another/{LOTS[0]}"]
    if "<upload_id>" in rule:
        uploads = (*names.mine_uploads[:1], *names.theirs_uploads[:1], "0" * 32)
        return [rule.replace("<upload_id>", one) for one in uploads]
    if "<sha256>" in rule:
        return [rule.replace("<sha256>", one) for one in (*forms, NOWHERE)]
    assert "<" not in rule, f"tell this crawl what to put into {rule}"
    return [rule]


def box_headers(rule: str, method: str) -> dict[str, str]:
    """What the upload protocol wants, so that a request is refused for whose it is and not for its form."""
    if "/uploads" not in rule:
        return {}
    found = {"Tus_Resumable": "1.0.0"}
    if method == "POST":
        return {**found, "Upload_Length": "65672", "Upload_Metadata": f"sha256 {_b64(NOWHERE)}"}
    if method == "PATCH":
        return {**found, "Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
    return found


def box_bodies(rule: str, method: str, names: Names) -> list[bytes]:
    """What is sent along: nothing, an empty object, and another's submission as it is."""
    if method in ("GET", "HEAD", "OPTIONS", "DELETE") or rule == "/box/uploads":
        return [b""]
    return [b"", b"{}", canonical(names.theirs.sealed.envelope)]


def as_key(made: Platform, caller: Sealed | None, method: str, path: str, body: bytes, **headers: str) -> TestResponse:
    """One request to the box, by a bid key with its ticket, or by nobody."""
    if caller is None:
        plain = {name.replace("_", "-"): value for name, value in headers.items()}
        return made.box.open(path, method=method, data=body, headers=plain)
    return made.call_box(caller, method, path, body, ticket=LOTS[0], **headers)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
