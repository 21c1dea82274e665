"""The bidder's two lines: to the office with its account, to the box with its bid key. They share nothing.

Neither says what kind of client this is: `http.client` sends no User-Agent, and the only time told is the box's own.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.submission import Submission, Withdrawal
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, canonical, members, parse_object
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import Entropy, system_entropy
from ledger.http import LONGEST_PAUSE, Answer, HttpClient
from ledger.institution.platform import read_json
from ledger.sealed.seal import Content
from ledger.sealed.tickets import Ticket

T = TypeVar("T")

FIRST_PIECE: Final = 1 << 20
MAX_PIECE: Final = 8 << 20
TRIES: Final = 8
_TUS: Final = {"Tus-Resumable": "1.0.0"}
_UNREACHED: Final = (
    "http.unreachable",
    "http.too_slow",
    "upload.cut",
    "upload.offset",
    "upload.superseded",
    "request.out_of_time",
)
# A server that is asked too much says when to come again; so long in all one waits for it.
_BUSY: Final = ("http.rate", "http.crowded", "http.busy")
WAITED: Final = 600


def patiently(
    what: Callable[[], T],
    pause: Callable[[int], None],
    codes: Collection[str] = ("http.unreachable",),
    before: Callable[[], None] = lambda: None,
) -> T:
    """What `what` gives, asked again where it is refused with one of `codes`: a server may be starting again.

    `pause(n)` waits after the n-th failure, `before()` is called before each further try. Whatever is asked this way
    may arrive twice.
    """
    for failed in range(1, TRIES):
        try:
            return what()
        except Refusal as why:
            if why.code not in codes:
                raise
        pause(failed)
        before()
    return what()


def politely(what: Callable[[], T], wait: Callable[[int], None]) -> T:
    """What `what` gives, asked again as long as a busy server says when; `wait(seconds)` waits.

    Nothing was done of what was refused so, and no try is used up. Ends with the server's refusal after `WAITED`
    seconds.
    """
    waited = 0
    while True:
        try:
            return what()
        except Refusal as why:
            seconds = why.params.get("seconds")
            if why.code not in _BUSY or not isinstance(seconds, int) or waited >= WAITED:
                raise
        # A number is the server's word: it may not let anybody sleep past a deadline.
        pause = max(1, min(seconds, LONGEST_PAUSE, WAITED - waited))
        wait(pause)
        waited += pause


def steadily(what: Callable[[], T], pause: Callable[[int], None], wait: Callable[[int], None]) -> T:
    """What `what` gives, asked again where the server is not reached (`patiently`) or busy (`politely`)."""
    return patiently(lambda: politely(what, wait), pause)


class Office:
    """Requests with the account's token. Each may arrive twice; `pause`: see `patiently`, `wait`: see `politely`."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        pause: Callable[[int], None],
        wait: Callable[[int], None] = time.sleep,
        timeout: float = 60.0,
    ) -> None:
        self._http, self._pause, self._wait = HttpClient(url, timeout), pause, wait
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> dict[str, Any]:
        """A JSON object; the server's refusals are raised as they are."""
        return self._ask("GET", path, None, {})

    def send(self, method: str, path: str, value: object, *, once: str = "") -> dict[str, Any]:
        """Sends a JSON value; the JSON answer. `once`: a fresh id for what would else be made anew each time."""
        named = {"Idempotency-Key": once} if once else {}
        return self._ask(method, path, canonical(value), {"Content-Type": "application/json", **named})

    def put_bytes(self, path: str, data: bytes) -> dict[str, Any]:
        """Puts raw bytes and says what their hash will be."""
        headers = {"Content-Type": "application/octet-stream", "Mingjing-SHA256": H(data).hex()}
        return self._ask("PUT", path, data, headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> dict[str, Any]:
        sent = {**self._headers, **headers}
        answer = steadily(lambda: self._http.ask(method, path, body, headers=sent), self._pause, self._wait)
        return cast(dict[str, Any], read_json(answer.body))


class Box:
    """Requests signed by one bid key (docs/formats/box.md).

    `pause(n)` waits before the n-th try of a cut upload, `wait(seconds)` as long as a busy box asks for.
    """

    def __init__(
        self,
        url: str,
        key: Ed25519PrivateKey,
        tender: str,
        lot: str,
        *,
        pause: Callable[[int], None],
        wait: Callable[[int], None] = time.sleep,
        entropy: Entropy = system_entropy,
    ) -> None:
        self._http, self._key, self._entropy = HttpClient(url, 60.0), key, entropy
        self._pause, self._wait = pause, wait
        self.tender, self.lot = tender, lot
        self._at: datetime | None = None

    def own(self) -> list[dict[str, Any]]:
        """What the box accepted of this key: `[{kind, sha256, seq, stale, message, receipt}]`."""
        got = self._json(self._patiently(lambda: self.ask("GET", f"/box/bids/{self.tender}/{self.lot}")))
        return cast(list[dict[str, Any]], got["accepted"])

    def upload(self, path: Path, content: Content, ticket: Ticket, advance: Callable[[int], None]) -> None:
        """Sends a ciphertext in pieces, going on where a cut line left it. Raises the box's refusals."""
        headers = {
            **_TUS,
            "Upload-Length": str(content.size),
            "Upload-Metadata": "sha256 " + base64.b64encode(content.sha256.hex().encode()).decode(),
        }
        made = self._patiently(lambda: self.ask("POST", "/box/uploads", headers=headers, ticket=ticket))
        place = made.headers["location"]
        offset = int(made.headers.get("upload-offset", "0"))
        advance(offset)
        size, failed = FIRST_PIECE, 0
        with path.open("rb") as file:
            while offset < content.size:
                file.seek(offset)
                piece = file.read(size)
                try:
                    answer = self._patch(place, piece, offset)
                    reached = int(answer.headers["upload-offset"])
                    size, failed = min(size * 2, MAX_PIECE), 0
                except Refusal as why:
                    failed += 1
                    if why.code not in _UNREACHED or failed >= TRIES:
                        raise
                    self._pause(failed)
                    self._at = None
                    reached = int(
                        self._patiently(lambda: self.ask("HEAD", place, headers=_TUS)).headers["upload-offset"]
                    )
                    size = FIRST_PIECE
                advance(reached - offset)
                offset = reached

    def submit(self, submission: Submission) -> dict[str, Json]:
        """Hands a submission in; the receipt's envelope."""
        return self._receipt("/box/submissions", submission.envelope)

    def withdraw(self, withdrawal: Withdrawal) -> dict[str, Json]:
        """Hands a withdrawal in; the receipt's envelope."""
        return self._receipt("/box/withdrawals", withdrawal.envelope)

    def supply(self, path: Path) -> None:
        """Sends a ciphertext of one's own accepted bid again."""
        data = path.read_bytes()
        place, headers = f"/box/files/{H(data).hex()}", {"Content-Type": "application/octet-stream"}
        self._patiently(lambda: self.ask("PUT", place, data, headers=headers))

    def letter(self, kind: str, body: dict[str, Json], ticket: Ticket | None) -> dict[str, Json]:
        """An enquiry (with a ticket) or an objection: `{id, at}`."""
        return self._json(self._patiently(lambda: self.ask("POST", f"/box/{kind}", canonical(body), ticket=ticket)))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        ticket: Ticket | None = None,
    ) -> Answer:
        """One signed request, signed anew while the box is busy. Raises the box's refusal."""
        return politely(lambda: self._ask(method, path, body, headers or {}, ticket), self._wait)

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str], ticket: Ticket | None) -> Answer:
        what: dict[str, Json] = {
            "method": method,
            "path": path,
            "body_sha256": H(body).hex(),
            "at": clock.text(self._time()),
            "nonce": self._entropy(16).hex(),
        }
        sent = {**headers, "Mingjing-Request": _b64(canonical(signing.sign("request", what, self._key)))}
        if ticket is not None:
            held: dict[str, Json] = {"tender": self.tender, "lot": self.lot, "ticket": ticket.to_json()}
            sent["Mingjing-Ticket"] = _b64(canonical(held))
        answer = self._http.ask(method, path, body or None, headers=sent)
        self._note(answer)
        return answer

    def _patch(self, place: str, piece: bytes, offset: int) -> Answer:
        headers = {**_TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        return self.ask("PATCH", place, piece, headers=headers)

    def _receipt(self, path: str, envelope: dict[str, Json]) -> dict[str, Json]:
        headers = {"Content-Type": "application/json"}
        answer = self._patiently(lambda: self.ask("POST", path, canonical(envelope), headers=headers))
        return cast(dict[str, Json], self._json(answer)["receipt"])

    def _patiently(self, what: Callable[[], Answer]) -> Answer:
        return patiently(what, self._pause, _UNREACHED, self._forget_time)

    def _forget_time(self) -> None:
        self._at = None

    def _time(self) -> datetime:
        if self._at is None:
            self._note(self._http.ask("GET", "/box/time"))
        if self._at is None:
            raise Refusal("client.no_date")
        return self._at

    def _note(self, answer: Answer) -> None:
        try:
            self._at = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC).replace(microsecond=0)
        except (ValueError, TypeError):
            return  # an answer without a date tells no time; the last one told stands

    @staticmethod
    def _json(answer: Answer) -> dict[str, Json]:
        return parse_object(answer.body)


def check_receipt(receipt: dict[str, Json], box_key: str, lot: str, sha256: str) -> dict[str, Json]:
    """What a receipt says, if the box of the trust file signed it for this message; `Refusal("client.bad_receipt")`."""
    said = members(signing.verify("receipt", receipt, box_key), "lot submission_sha256 at minute")
    if (said["lot"], said["submission_sha256"]) != (lot, sha256):
        raise Refusal("client.bad_receipt", lot=lot, sha256=sha256)
    return said


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
