"""Doing what a platform asks without ever depending on it: guarded steps, and a mailbox that is read with patience."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from ledger.basics.canonical import Json, canonical, members
from ledger.basics.clock import Clock
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.institution.backoff import Backoff
from ledger.institution.diary import Diary
from ledger.institution.folder import Identity
from ledger.institution.platform import Platform

MAX_REQUESTS: Final = 200
# How long one round goes on with requests: a flood of them must not delay what is due.
PATIENCE: Final = timedelta(seconds=60)


@dataclass(frozen=True)
class Post:
    """JSON for `path`."""

    path: str
    value: Json


@dataclass(frozen=True)
class Put:
    """Raw bytes for `path`."""

    path: str
    data: bytes


@dataclass(frozen=True)
class Guard:
    """Does things; what goes wrong is written down and ends nothing but the thing itself."""

    diary: Diary

    def __call__(self, about: str, what: Callable[[], None]) -> bool:
        """Whether `what` came to its end. Only OSError passes: the own disk, without which nobody can remember."""
        try:
            what()
        except Refusal as why:
            self.diary.refused(about, why)
            return False
        except OSError:
            raise
        except Exception as why:  # noqa: BLE001 - what a platform made us stumble over must not stop the rest
            self.diary.refused(about, Refusal("institution.stumbled", error=type(why).__name__))
            return False
        self.diary.settled(about)
        return True


class Mailbox:
    """The requests to one institution."""

    def __init__(self, platform: Platform, who: Identity, now: Clock, backoff: Backoff, guard: Guard) -> None:
        self._platform = platform
        self._who = who
        self._now = now
        self._backoff = backoff
        self._guard = guard

    def round(self, answer: Callable[[str, str, Json], Post | Put]) -> None:
        """Ask once, and send what `answer(id, kind, body)` gives for each request. Raises if asking fails."""
        who = self._who
        value = self._platform.get_signed("/custody/requests", f"institution={who.id}", who.key, self._now())
        listed = members(value, "requests")["requests"]
        if not isinstance(listed, list):
            raise Refusal("institution.requests_malformed")
        until = self._now() + PATIENCE
        for item in listed[:MAX_REQUESTS]:
            if self._now() >= until:
                return
            self._guard("request", partial(self._one, item, answer))

    def _one(self, item: Json, answer: Callable[[str, str, Json], Post | Put]) -> None:
        got = members(item, "id kind body")
        id_, kind = check_id(got["id"], "request"), got["kind"]
        if not isinstance(kind, str):
            raise Refusal("institution.requests_malformed")
        name = f"request {id_} {H(canonical(got)).hex()[:16]}"
        if self._backoff.ready(name, self._now()):
            # Sent or refused: what is asked again at once only costs time.
            self._backoff.failed(name, self._now())
            self._guard(f"{kind[:32]} {id_}", partial(self._send, id_, kind, got["body"], answer))

    def _send(self, id_: str, kind: str, body: Json, answer: Callable[[str, str, Json], Post | Put]) -> None:
        made = answer(id_, kind, body)
        if isinstance(made, Put):
            self._platform.put(made.path, made.data)
        else:
            self._platform.post_json(made.path, made.value)
        self._guard.diary.did("answered", request=id_, kind=kind[:32])
