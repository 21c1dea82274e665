"""The page that verifies: somebody's bundle, receipt, proof or checkpoint, and any tender's evidence.

Whoever distrusts the platform runs the same program at home; the page says so, and with which command.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from evaluation.verify import CLAIMS
from ledger.basics.errors import Refusal
from ledger.claims import Claim
from ledger.store.engine import reading
from web import errors, export, page, words
from web.access import OWN_PAGES, PUBLIC, route
from web.page import language
from web.public import judging, papers
from web.public.api import MAKING
from web.public.papers import Paper
from web.public.tender import render_tender
from web.public.view import View, load
from web.services import services

blueprint: Final = Blueprint("verify", __name__, static_folder=None)

# A receipt, a proof or a checkpoint; the longest of them, a proof, has some kilobytes.
_SHORT: Final = 256 * 1024
_PIECE: Final = 1 << 20
_PATIENCE: Final = 5.0
# Of the whole request: the file, and what a form puts around it.
_FORM: Final = 64 * 1024


@dataclass(frozen=True)
class Judged:
    """A claim with what was found. `said`: findings in the page's words; `more`: so many are not shown."""

    claim: Claim[Any]
    verdict: str
    failures: tuple[str, ...]
    remarks: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class Outcome:
    """What came of it: a bundle's claims (`found`, as `web.judge` prints them), a paper, a refusal; or nothing yet."""

    found: dict[str, Any] | None = None
    paper: Paper | None = None
    refusal: Refusal | None = None
    name: str = ""

    @property
    def status(self) -> int:
        """The HTTP status of the page that says so."""
        return errors.status(self.refusal.code) if self.refusal else 200


@route(blueprint, "GET", "/verify", PUBLIC)
def form() -> Response:
    """Where to put a file, what happens to it, and how to do it at home."""
    return _page(Outcome())


@route(blueprint, "POST", "/verify", OWN_PAGES)
def check() -> Response:
    """Verifies one uploaded file (multipart, field `file`); it is gone when the answer is made."""
    request.max_content_length = judging.MOST + _FORM
    try:
        return _page(_checked())
    except RequestEntityTooLarge:
        return _page(Outcome(refusal=_too_long()))
    except Refusal as why:
        return _page(Outcome(refusal=why))


@route(blueprint, "GET", "/tenders/<tender>/verify", PUBLIC)
def tender_form(tender: str) -> Response:
    """How to verify this tender, here and at home."""
    return _tender(load(services(), tender), Outcome())


@route(blueprint, "POST", "/tenders/<tender>/verify", OWN_PAGES)
def check_tender(tender: str) -> Response:
    """Makes the tender's evidence and verifies it, with the code that everybody runs."""
    view = load(services(), tender)
    try:
        with _kept(_evidence(tender)) as path:
            return _tender(view, Outcome(judging.judge(path, services().config.folders.trust)))
    except Refusal as why:
        return _tender(view, Outcome(refusal=why))


def _checked() -> Outcome:
    """What came of the uploaded file. Raises `Refusal("check.*")` and what reading the file raises."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refusal("check.no_file")
    name, head = upload.filename[:200], upload.stream.read(_SHORT + 1)
    kind = papers.kind_of(head)
    if kind == "bundle":
        with _kept(head, upload.stream) as path:
            return Outcome(judging.judge(path, services().config.folders.trust), name=name)
    if kind == "" or len(head) > _SHORT:
        raise Refusal("check.not_known")
    return Outcome(paper=_paper(kind, head), name=name)


def _evidence(tender: str) -> bytes:
    """The tender's bundle. One is made at a time, as for who downloads it; `Refusal("http.busy")`."""
    if not MAKING.acquire(timeout=_PATIENCE):
        raise Refusal("http.busy", seconds=5)
    try:
        return export.bundle_of(services(), tender)
    finally:
        MAKING.release()


def _too_long() -> Refusal:
    return Refusal("check.too_long", megabytes=judging.MOST >> 20)


def _paper(kind: str, data: bytes) -> Paper:
    at = services()
    with reading(at.engine) as conn:
        if kind == "receipt":
            return papers.receipt(conn, at.trust, at.interval, data)
        if kind == "proof":
            return papers.tlog_proof(conn, at.trust, data)
        return papers.note(conn, at.trust, data)


@contextmanager
def _kept(head: bytes, rest: Any = None) -> Iterator[Path]:  # noqa: ANN401 - Werkzeug's stream has no type of its own
    """A file with these bytes while the block runs; `Refusal("check.too_long")` beyond what is judged here."""
    with tempfile.NamedTemporaryFile(prefix="mingjing-") as out:
        length = out.write(head)
        while rest is not None and (piece := rest.read(_PIECE)):
            length += out.write(piece)
            if length > judging.MOST:
                raise _too_long()
        if length > judging.MOST:
            raise _too_long()
        out.flush()
        yield Path(out.name)


def _page(outcome: Outcome) -> Response:
    answer = page.render("verify.html", **_said(outcome), most=judging.MOST >> 20)
    answer.status_code = outcome.status
    return answer


def _tender(view: View, outcome: Outcome) -> Response:
    answer = render_tender("tender/verify.html", view, tab="verify", **_said(outcome))
    answer.status_code = outcome.status
    return answer


def _said(outcome: Outcome) -> dict[str, object]:
    """What the templates show: the claims in words, a paper's points, or what was wrong with the file."""
    found, refusal = outcome.found, outcome.refusal
    judged = _judged(found) if found else ()
    return {
        "judged": judged,
        "status": found["status"] if found else -1,
        "about": found["tender"] if found else "",
        "held": sum(one.verdict == "holds" for one in judged),
        "failed": sum(one.verdict == "fails" for one in judged),
        "skipped": sum(one.verdict == "not_applicable" for one in judged),
        "paper": outcome.paper,
        "name": outcome.name,
        "error": words.say(refusal.code, refusal.params, language()) if refusal else "",
        "claims": CLAIMS,
    }


def _judged(found: dict[str, Any]) -> tuple[Judged, ...]:
    lang, by_id = language(), {one.id: one for one in CLAIMS}
    return tuple(
        Judged(
            claim=by_id[one["claim"]],
            verdict=one["verdict"],
            failures=tuple(item["words"][lang] for item in one["failures"]),
            remarks=tuple(item["words"][lang] for item in one["remarks"]),
            more=one["more"],
        )
        for one in found["claims"]
    )
