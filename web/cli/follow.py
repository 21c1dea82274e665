"""`mingjing follow`: what happens to a tender as it happens, and what is waited for now and until when."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import click

from ledger.basics import clock
from ledger.basics.errors import Refusal
from ledger.http import HttpClient
from web import texts, words
from web.cli import shell
from web.cli.bid.lines import steadily

_EVERY: Final = 1.0  # seconds
# After this event, what is waited for. Later events of a tender go before earlier ones, a lot's before its tender's.
_NEXT: Final[Mapping[str, str]] = {
    "tender.published": "follow.tickets",
    "tickets.opened": "follow.deadline",
    "lot.closed": "follow.presence",
    "lot.present": "follow.custodians",
    "release.recorded": "follow.custodians",
    "lot.blocked": "follow.blocked",
    "lot.coefficients": "follow.custodians",
    "lot.announced": "follow.custodians",
    "lot.offers_opened": "follow.evaluation",
    "lot.explanations_asked": "follow.explanations",
    "lot.explanation_given": "follow.explanations",
    "lot.explanations_judged": "follow.evaluation",
    "lot.evaluated": "follow.candidates",
    "lot.candidates_published": "follow.standstill",
    "tender.suspended": "follow.suspended",
}
_RESTING: Final = frozenset({"lot.awarded", "lot.failed", "lot.contracted", "lot.retendered"})
_STAGES: Final[Mapping[str, frozenset[str]]] = {
    "tickets": frozenset({"tickets.opened"}),
    "closed": frozenset({"lot.closed", "lot.failed"}),
    "award": _RESTING,
}


@click.command()
@click.argument("tender")
@click.option("--platform", "address", envvar="MINGJING_PLATFORM", required=True, help="Else $MINGJING_PLATFORM.")
@click.option(
    "--until", "stage", type=click.Choice(list(_STAGES)), default="award", show_default=True, help="When to end."
)
@shell.in_words
def follow(tender: str, address: str, stage: str) -> None:
    """Tell what happens to a tender as it happens, and what is waited for. For reading, not for believing."""
    watch, told = Watch(HttpClient(address), tender), ""
    while True:
        for line in watch.news():
            click.echo(line)
        if watch.reached(stage):
            return
        now = watch.waiting()
        if now != told:
            click.echo(now)
            told = now
        time.sleep(_EVERY)


@dataclass
class Watch:
    """What was seen of a tender so far."""

    http: HttpClient
    tender: str
    _seen: dict[str, int] = field(default_factory=dict)
    _last: dict[str, str] = field(default_factory=dict)  # stream → type of the last event that moves it on
    _had: dict[str, set[str]] = field(default_factory=dict)
    _until: dict[str, str] = field(default_factory=dict)
    _deadline: str = ""
    _lots: tuple[str, ...] = ()

    def news(self) -> Iterator[str]:
        """A line for each event since the last call, in the order of the log."""
        found = self._get(f"api/tenders/{self.tender}")
        self._deadline = found["deadline"]
        self._lots = tuple(f"lot/{self.tender}/{row['lot']}" for row in found["lots"])
        rows: list[dict[str, Any]] = []
        for stream in (f"tender/{self.tender}", *self._lots):
            new = self._get(f"api/streams/{stream}?after={self._seen.get(stream, 0)}")["events"]
            rows += [row for row in new if row["event"]["version"] > self._seen.get(stream, 0)]
        for row in sorted(rows, key=lambda row: int(row["index"])):
            yield self._note(row["event"])

    def reached(self, stage: str) -> bool:
        """Whether every lot has come this far, or the tender was terminated."""
        own = f"tender/{self.tender}"
        if "tender.terminated" in self._had.get(own, ()):
            return True
        if stage == "tickets":
            return bool(_STAGES[stage] & self._had.get(own, set()))
        return all(_STAGES[stage] & self._had.get(lot, set()) for lot in self._lots)

    def waiting(self) -> str:
        """What is waited for, in words."""
        lang = shell.lang()
        own = self._last.get(f"tender/{self.tender}", "")
        moving = [(lot, self._last[lot]) for lot in self._lots if self._last.get(lot, "") not in {"", *_RESTING}]
        stream, type_ = (f"tender/{self.tender}", own) if own == "tender.suspended" or not moving else moving[0]
        code = _NEXT.get(type_, "follow.custodians")
        if code == "follow.deadline" and datetime.now(UTC) > clock.parse_time(self._deadline):
            code = "follow.roll"
        told = self._until.get(stream, "")
        if type_ == "lot.explanation_given" and told and datetime.now(UTC) > clock.parse_time(told):
            code = "follow.findings"
        params = {"lot": stream.rpartition("/")[2], "until": shell.when(self._until.get(stream, self._deadline))}
        return "  … " + words.say(code, params, lang)

    def _note(self, event: dict[str, Any]) -> str:
        stream, type_ = event["stream"], event["type"]
        self._seen[stream] = event["version"]
        self._had.setdefault(stream, set()).add(type_)
        if type_ in _NEXT or type_ in _RESTING:
            self._last[stream] = type_
        if "until" in event["public"]:
            self._until[stream] = str(event["public"]["until"])
        lot = stream.rpartition("/")[2] if stream.startswith("lot/") else ""
        said = texts.text(f"event.{type_}", shell.lang())
        if type_ == "release.recorded":
            part = texts.text(f"part.{event['public']['part']}", shell.lang())
            said = f"{said} · {event['public']['custodian']} · {part}"
        return f"{texts.time(event['at'])}  {lot:8} {said}".rstrip()

    def _get(self, path: str) -> dict[str, Any]:
        try:
            return dict(json.loads(steadily(lambda: self.http.get(path), shell.pause, shell.wait)))
        except ValueError as exc:
            raise Refusal("http.not_json") from exc
