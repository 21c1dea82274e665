"""Halls and who watches them: fan-out, resuming, and what a slow reader costs. No transport, no database.

A watcher is either *live* (it has everything, and gets what comes with everybody) or *behind* (it is given the rest at
its own pace, and becomes live when there is no more). Whoever takes too slowly is put behind: it holds nobody up, and
the server never holds more for it than one buffer and one batch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Generic, Protocol, TypeVar

from ledger.basics.errors import Refusal
from web.live import protocol
from web.live.messages import Message
from web.live.protocol import Audience, Staff, State
from web.live.rooms import Room

Key = tuple[str, str]  # tender, lot


class Watcher(Protocol):
    """One reader of a hall. `last`: the number of the last message that was handed to its line."""

    last: int
    audience: Audience


W = TypeVar("W", bound=Watcher)
W_contra = TypeVar("W_contra", bound=Watcher, contravariant=True)


class Post(Protocol[W_contra]):
    """How frames reach watchers."""

    def broadcast(self, watchers: Collection[W_contra], frame: bytes) -> None:
        """Hands a frame to the lines of all; waits for none of them."""
        ...

    def is_full(self, watcher: W_contra) -> bool:
        """Whether its line has more to take than it should have."""
        ...

    def bring_up(self, watcher: W_contra) -> None:
        """Gives it what it has not got, at its own pace, until `Hall.after` has no more; then `Hall.join`."""
        ...


class Hall(Generic[W]):
    """A room with its messages as they are sent, and its watchers."""

    def __init__(self, room: Room, post: Post[W]) -> None:
        self.room = room
        self._post = post
        self._messages: list[bytes] = []
        self._state: State | None = None
        self._staff: Staff | None = None
        self._live: set[W] = set()
        self._all: set[W] = set()

    @property
    def head(self) -> int:
        """The number of the last message."""
        return len(self._messages)

    @property
    def watchers(self) -> int:
        """How many there are, live or behind."""
        return len(self._all)

    @property
    def has_staff(self) -> bool:
        """Whether anybody is there to whom `Staff` is said."""
        return any(one.audience == "staff" for one in self._all)

    def everybody(self) -> list[W]:
        """All watchers."""
        return list(self._all)

    def enter(self, watcher: W) -> None:
        """A new watcher: behind, until it has what it missed. Raises `Refusal("live.ahead")`.

        Whoever has more than there is was served by another ledger, and has to begin anew.
        """
        if watcher.last > self.head:
            raise Refusal("live.ahead", last=watcher.last, head=self.head)
        self._all.add(watcher)
        self._post.bring_up(watcher)

    def leave(self, watcher: W) -> None:
        """It is gone."""
        self._all.discard(watcher)
        self._live.discard(watcher)

    def after(self, last: int) -> tuple[bytes, int] | None:
        """A frame of what comes after a number, as much as a batch has, and the last number in it; None: no more."""
        if last >= self.head:
            return None
        size, end = 0, last
        while end < self.head and (end == last or size + len(self._messages[end]) <= protocol.BATCH):
            size += len(self._messages[end])
            end += 1
        return protocol.said(self._messages[last:end]), end

    def join(self, watcher: W) -> None:
        """It has everything: from now on it is live, and hears how things stand."""
        if watcher in self._all:
            self._live.add(watcher)
            for frame in self._standing(watcher.audience):
                self._post.broadcast((watcher,), frame)

    def _standing(self, audience: Audience) -> list[bytes]:
        said: list[State | Staff | None] = [self._state, self._staff if audience == "staff" else None]
        return [protocol.encode(one) for one in said if one is not None]

    def add(self, messages: Iterable[Message]) -> None:
        """New messages: each is encoded once, and goes to everybody who is live."""
        before = self.head
        self._messages += [protocol.encode(one) for one in messages]
        while (batch := self.after(before)) is not None:
            frame, before = batch
            self._send(frame, before)

    def stand(self, state: State, staff: Staff | None) -> None:
        """How things stand now; said where it is not as it stood before, but for the time."""
        before, self._state = self._state, state  # kept also where only the time differs: who joins is told that time
        if _differs(before, state):
            self._send(protocol.encode(state), self.head)
        if staff is None:
            return
        owed, self._staff = self._staff, staff
        if _differs(owed, staff):
            self._send(protocol.encode(staff), self.head, "staff")

    def _send(self, frame: bytes, last: int, audience: Audience = "public") -> None:
        to = self._live if audience == "public" else {one for one in self._live if one.audience == audience}
        if not to:
            return
        self._post.broadcast(to, frame)
        for one in to:
            one.last = last
        for one in [one for one in to if self._post.is_full(one)]:
            self._live.discard(one)
            self._post.bring_up(one)


def _differs(before: State | Staff | None, now: State | Staff) -> bool:
    if before is None or type(before) is not type(now):
        return True
    return any(getattr(before, name) != getattr(now, name) for name in now.__struct_fields__ if name != "now")


class Hub(Generic[W]):
    """All halls that somebody watches, and those that somebody has just left."""

    def __init__(self, post: Post[W], most: int = 1_000) -> None:
        """`most`: so many halls are open at the same time."""
        self._post, self.most = post, most
        self.halls: dict[Key, Hall[W]] = {}
        self._left: dict[Key, float] = {}

    def open(self, key: Key, room: Room, messages: Iterable[Message]) -> Hall[W]:
        """The hall of a lot, with what its room has said so far; the one that is there already."""
        if key not in self.halls:
            self.halls[key] = Hall(room, self._post)
            self.halls[key].add(messages)
        return self.halls[key]

    def close(self, key: Key) -> list[W]:
        """Forgets a hall; the watchers it had."""
        self._left.pop(key, None)
        hall = self.halls.pop(key, None)
        return [] if hall is None else hall.everybody()

    def check_room(self, key: Key) -> None:
        """Raises `Refusal("live.crowded")` where there is no place for one more hall, and none can be made."""
        if key not in self.halls and len(self.halls) >= self.most:
            self._least()

    def make_room(self, key: Key) -> list[W]:
        """Closes a hall where there is no place for one more; the watchers it had. Raises `Refusal("live.crowded")`.

        Lines are cheap, and halls of old lots are many: whoever sits in all of them must not keep today's shut. Who is
        sent away comes again with its number.
        """
        if key in self.halls or len(self.halls) < self.most:
            return []
        return self.close(self._least())

    def _least(self) -> Key:
        """The hall to close first: of a lot that is over before one that has not begun, then that of fewest watchers.

        Of several the one that was opened first. None in which the opening goes on is closed.
        """
        idle = [key for key, hall in self.halls.items() if not hall.room.goes_on]
        if not idle:
            raise Refusal("live.crowded")
        return min(idle, key=lambda key: (not self.halls[key].room.ended, self.halls[key].watchers))

    def sweep(self, now: float, patience: float) -> None:
        """Forgets halls that nobody has watched for `patience` seconds: the ledger has what they said."""
        for key in list(self.halls):
            if self.halls[key].watchers:
                self._left.pop(key, None)
            elif now - self._left.setdefault(key, now) >= patience:
                del self.halls[key], self._left[key]
