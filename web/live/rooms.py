"""A hall's room: one lot of one tender, its messages a projection of the ledger. Pure.

The projection takes the disclosed events of the tender's and the lot's streams in the tree's order and gives numbered
messages. It only ever adds: what a shorter history says is how a longer one begins. So a message's number is its place,
and a process that starts anew goes on with the very number that a client has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from bidding.procedures import Procedure, late, phase
from bidding.procedures import lot as lots
from bidding.procedures import tender as tenders
from bidding.procedures.listing import ReadDocument
from bidding.procedures.lot import LotState
from bidding.procedures.tender import TenderState
from bidding.profiles.calendar import Calendar
from bidding.profiles.clocks import Clocks
from bidding.profiles.profile import Profile
from ledger.basics import clock
from ledger.basics.canonical import parse_object
from ledger.basics.errors import Refusal
from ledger.events import Event
from web import texts
from web.live import telling
from web.live.messages import Member, Message, Step, Text
from web.live.names import NOBODY, Names, text
from web.live.protocol import Owed, Staff, State
from web.live.scene import Scene

CALENDAR: Final = "calendar.json"
Lamp = Literal["", "yellow", "red"]
# What somebody owes within a period of the profile, and when a hall says so to staff.
_REPLY: Final = "objection_reply"
# After which event custodians owe a part (as bidding.procedures.sweep waits for it).
_BEFORE: Final[Mapping[str, str]] = {"coin": "lot.present", "identity": "lot.coefficients", "offer": "lot.announced"}
_OPENED: Final = frozenset({"sheet", "evaluation", "candidates", "award"})
_ENDED: Final = frozenset({"candidates", "award"})


class Room:
    """The hall of one lot, as far as its events were told."""

    def __init__(self, tender: str, lot: str, read: ReadDocument, names: Names) -> None:
        """`read`: documents that disclosed events name, by SHA-256."""
        self.tender, self.lot = tender, lot
        self._read, self._names = read, names
        self._tender: TenderState | None = None
        self._lot: LotState = lots.initial(tender, lot)
        self._clocks: Clocks | None = None
        self._step: Step = "waiting"
        self._over: Literal["", "failed", "terminated"] = ""
        self._known: dict[str, list[Member]] = {}
        self.head = 0  # the number of the last message
        self.places = 0  # the place in the tree from which events are still to be told

    @property
    def streams(self) -> tuple[str, str]:
        """The streams that this room is made of."""
        return tenders.stream_of(self.tender), lots.stream_of(self.tender, self.lot)

    @property
    def ended(self) -> bool:
        """Whether nothing is left to watch: the lot is over, or its candidates are known."""
        return bool(self._over) or self._step in _ENDED

    @property
    def goes_on(self) -> bool:
        """Whether the opening is under way: the roll is closed, and the lot has not ended."""
        return self._step != "waiting" and not self.ended

    @property
    def procedure(self) -> Procedure:
        """The tender with this lot alone. Raises `Refusal("tender.unknown")` before there is a notice."""
        if self._tender is None or self._clocks is None:
            raise Refusal("tender.unknown", tender=self.tender[:64])
        return Procedure(self._tender, {self.lot: self._lot}, self._clocks, read=self._read)

    def tell(self, event: Event, place: int) -> list[Message]:
        """The messages of the next event of one of the room's streams; `place`: its place in the tree.

        Events come in the order of the tree, each once. Raises `Refusal("lot.unknown")` for a notice without this lot,
        and what folding the streams raises.
        """
        if event.stream.startswith("tender/"):
            self._tender = tenders.apply(self._tender, event)
        else:
            self._lot = lots.apply(self._lot, event)
        self.places = place + 1
        if event.type == "tender.published":
            self._published()
        if self._clocks is None:
            return []
        self._moved(event)
        scene = Scene(self.procedure, self.lot, place, self._names, self._known)
        return [kind(**self._frame(event, said), **members) for kind, members, said in telling.lines(event, scene)]

    def _frame(self, event: Event, said: Text) -> dict[str, Any]:
        self.head += 1
        return {
            "n": self.head,
            "at": clock.text(event.at),
            "source": f"{event.stream}@{event.version}",
            "step": self._step,
            "over": self._over,
            "say": said,
        }

    def _published(self) -> None:
        assert self._tender is not None  # noqa: S101 - its event was applied just now
        notice = self._tender.published()
        notice.lot(self.lot)
        profile, calendar = self._read(notice.profile_sha256), self._read(notice.documents[CALENDAR][0])
        self._clocks = Clocks(Profile.parse(parse_object(profile)), Calendar.parse(parse_object(calendar)))

    def _moved(self, event: Event) -> None:
        """Where the opening is after an event."""
        self._step = telling.STEPS.get(event.type, self._step)
        if event.type == "lot.failed":
            self._over = "failed"
        elif event.type == "tender.terminated" and not self._over:
            self._over = "terminated"

    # --- how things stand ---------------------------------------------------------------------------------------------

    def state(self, now: datetime, silent: Iterable[str]) -> State:
        """How things stand; `silent`: custodians that have not proved lately that they can open."""
        procedure = self.procedure
        word = phase(procedure, self.lot, now)
        return State(
            now=clock.text(now),
            phase=word,
            word=text(f"phase.{word}"),
            says=text(key) if (key := f"phase_says.{word}") in texts.book() else NOBODY,  # texts: phase_says.*
            deadline=clock.text(procedure.deadline),
            silent=self._missed(silent),
        )

    def _missed(self, silent: Iterable[str]) -> list[str]:
        """The silent custodians, as long as anything waits for them: once the offers are open, nothing does."""
        return [] if self._over or self._step in _OPENED else sorted(silent)

    def staff(self, now: datetime, silent: Iterable[str]) -> Staff:
        """What staff sees besides: what is owed next, by when and by which article, and silent custodians."""
        procedure = self.procedure
        lamps: dict[tuple[str, datetime], Lamp] = {(one.step, one.limit): one.lamp for one in late(procedure, now)}
        owed = []
        for step, subject, since in self._duties(procedure):
            limit = procedure.clocks.end(step, since)
            owed.append(self._owed(procedure, step, subject, limit, lamps.get((step, limit), "")))
        return Staff(now=clock.text(now), owed=sorted(owed, key=lambda one: one.limit), silent=self._missed(silent))

    def _duties(self, procedure: Procedure) -> Iterator[tuple[str, str, datetime]]:
        """(step of the profile, objection or "", from when its period runs) of what somebody owes in this lot."""
        for objection in procedure.tender.unanswered(self.lot):
            yield _REPLY, objection.objection, objection.at
        state = procedure.lot(self.lot)
        if procedure.tender.status not in ("published", "suspended"):
            return
        if state.blocked:
            yield "opening_wait", "", state.times[_BEFORE[state.blocked]]
        if state.status == "evaluated":
            yield "candidates_published", "", state.times["lot.evaluated"]
        elif state.status in ("candidates_published", "next_candidate") and state.until:
            yield "award", "", max(state.until, state.times.get("lot.next_candidate", state.until))
        elif state.status == "awarded":
            yield "contract", "", state.times["lot.awarded"]

    @staticmethod
    def _owed(procedure: Procedure, step: str, subject: str, limit: datetime, lamp: Lamp) -> Owed:
        return Owed(
            step=step,
            subject=subject,
            limit=clock.text(limit),
            article=procedure.clocks.article(step),
            lamp=lamp,
            say=text(f"hall.owed.{step}"),
        )
