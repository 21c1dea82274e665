"""gunicorn's threaded server without the ways in which a slow caller holds it.

A thread works for a request whose head (request line and headers) is all there; whoever has not sent it, waits for his
next one, or is slow to hang up, waits in the one selector that costs nothing, until a deadline. In a thread, body and
answer must move at a pace (`Pace`), or the line is cut. What one caller may hold at the same time: `web.limits.Room`.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final, TypeVar

from gunicorn.workers.gthread import TConn, ThreadWorker

from ledger.basics.errors import Refusal

T = TypeVar("T")

HEAD_SECONDS: Final = 10.0  # for a head, from its first byte, and for the first byte of a new connection
HEAD_BYTES: Final = 64 * 1024  # more than gunicorn takes
LINGER_SECONDS: Final = 2.0  # for a caller to hang up after the last answer, so that the answer is not cut
LINGER_BYTES: Final = 8 << 20  # a whole piece of a bid: who is still sending it hears why it was refused
_DRAIN_SECONDS: Final = 0.1  # for a body that nobody read, where it is here already
_LOOK_EVERY: Final = 0.1
_PIECE: Final = 64 * 1024


@dataclass(frozen=True)
class Pace:
    """A caller must move `bytes_per_s` on the average after `grace` seconds, and may never be silent for `silence`.

    Only the time that is spent waiting for the caller counts.
    """

    grace: float = 20.0
    bytes_per_s: int = 4096
    silence: float = 30.0

    def left(self, waited: float, moved: int) -> float:
        """Seconds that the caller has for the next byte, of who was `waited` for so long and has `moved` so much."""
        return min(self.silence, max(0.0, self.grace + moved / self.bytes_per_s - waited))


class PacedSocket(socket.socket):
    """A socket that keeps its caller to a pace, counted anew from each `start`."""

    pace: Pace = Pace()
    body: bool = False  # the head is read: who is too slow now can be told so

    @classmethod
    def over(cls, raw: socket.socket, pace: Pace) -> PacedSocket:
        """The same connection; `raw` is not to be used any more."""
        made = cls(raw.family, raw.type, raw.proto, raw.detach())
        made.pace = pace
        made.start()
        return made

    def start(self) -> None:
        """A request begins."""
        self._received = self._sent = 0
        self._waited_in = self._waited_out = 0.0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As a socket does; `Refusal("http.too_slow", …)` in a body, ConnectionResetError in a head."""
        began, given = monotonic(), self.gettimeout()
        allowed = self.pace.left(self._waited_in, self._received)
        if given is not None and given <= allowed:
            return super().recv(size, flags)
        try:
            data = self._within(allowed, lambda: super(PacedSocket, self).recv(size, flags))
        except TimeoutError as exc:
            if self.body:
                raise Refusal("http.too_slow", bytes_per_s=self.pace.bytes_per_s) from exc
            raise ConnectionResetError(errno.ECONNRESET, "the head came too slowly") from exc
        self._waited_in += monotonic() - began
        self._received += len(data)
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ANN401 - any buffer, as the base class has it
        """As a socket does; ConnectionResetError where the other side takes too little."""
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _PIECE):
            piece, began = view[start : start + _PIECE], monotonic()
            allowed = self.pace.left(self._waited_out, self._sent)
            try:
                self._within(allowed, partial(super().sendall, piece, flags))
            except TimeoutError as exc:
                raise ConnectionResetError(errno.ECONNRESET, "the answer was taken too slowly") from exc
            self._waited_out += monotonic() - began
            self._sent += len(piece)

    def _within(self, seconds: float, what: Callable[[], T]) -> T:
        given = self.gettimeout()
        # Zero would mean: do not wait at all, and another error.
        self.settimeout(max(seconds, 0.001))
        try:
            return what()
        finally:
            self.settimeout(given)


class _Line(TConn):  # type: ignore[misc]  # gunicorn ships no types
    """A connection, what has come of its next head, and until when it may wait."""

    def __init__(self, cfg: Any, sock: PacedSocket, client: Any, server: Any) -> None:  # noqa: ANN401 - gunicorn's
        super().__init__(cfg, sock, client, server)
        self.head = bytearray()
        self.until = 0.0
        self.closing = False
        self.drained = 0

    def take(self, data: bytes) -> bool:
        """Adds what came; whether a head is all there now. Empty lines before it are none of it."""
        looked = max(0, len(self.head) - 3)
        self.head += data if self.head else data.lstrip(b"\r\n")
        return self.head.find(b"\r\n\r\n", looked) >= 0

    def begin(self) -> None:
        """Hands the head over to gunicorn's parser, in the thread that will answer."""
        self.sock.setblocking(True)
        self.sock.start()
        self.data_ready = True
        self.init()
        self.parser.unreader.unread(bytes(self.head))
        self.head.clear()


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """The worker; `pace` is set by a subclass (`of`)."""

    pace: Pace = Pace()

    @classmethod
    def of(cls, pace: Pace) -> type[PatientWorker]:
        """The worker class with another pace: gunicorn makes the worker itself."""
        return type("PacedWorker", (cls,), {"pace": pace})

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - gunicorn's
        super().__init__(*args, **kwargs)
        self._waiting: dict[_Line, None] = {}  # in the order in which they began to wait
        self._looked = 0.0

    def accept(self, listener: Any) -> None:  # noqa: ANN401 - gunicorn's
        """Takes a connection; where there are too many, who has waited longest without a head makes room."""
        try:
            raw, client = listener.accept()
        except OSError as exc:
            if exc.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif exc.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._make_room()
        self._await(_Line(self.cfg, PacedSocket.over(raw, self.pace), client, listener.getsockname()), HEAD_SECONDS)

    def handle(self, conn: Any) -> Any:  # noqa: ANN401 - gunicorn's
        """Answers one request whose head is there; in a thread of the pool."""
        conn.begin()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:  # noqa: ANN401 - gunicorn's
        """The application's part of it."""
        conn.sock.body = True
        try:
            return super().handle_request(req, conn)
        finally:
            conn.sock.body = False

    def finish_request(self, conn: Any, fs: Any) -> None:  # noqa: ANN401 - gunicorn's
        """After an answer: the next request of the line, or its end. Never waits, as gunicorn's own does."""
        try:
            kept = not fs.cancelled() and bool(fs.result())
        except Exception:  # noqa: BLE001 - said by gunicorn where it was raised; the line is what is left
            self._end(conn)
            return
        if not kept:
            self._hang_up(conn)
            return
        if conn.take(conn.parser.unreader.take_buffered()):
            self.enqueue_req(conn)
            return
        seconds = HEAD_SECONDS if conn.head else self.cfg.keepalive
        self._await(conn, seconds if self.alive else min(seconds, LINGER_SECONDS))

    def murder_keepalived(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - gunicorn's
        """Ends the lines whose time is up (`force`: all that wait); gunicorn calls it after each look at the lines."""
        now = monotonic()
        if not force and now < self._looked + _LOOK_EVERY:
            return
        self._looked = now
        for line in [one for one in self._waiting if force or one.until <= now]:
            self._end(line)

    def murder_pending(self) -> None:
        """Nobody waits in gunicorn's own list."""

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:  # noqa: ANN401 - gunicorn's
        # A body that was refused unread is not waited for: the line is closed instead.
        return bool(keepalive) and bool(conn.parser.finish_body(deadline=monotonic() + _DRAIN_SECONDS))

    def _cap_keepalive(self, deadline: float) -> None:
        for line in self._waiting:
            line.until = min(line.until, deadline)

    def _await(self, line: _Line, seconds: float) -> None:
        line.sock.setblocking(False)
        line.until = monotonic() + seconds
        self._waiting[line] = None
        self.poller.register(line.sock, selectors.EVENT_READ, partial(self._readable, line))

    def _readable(self, line: _Line, _sock: object) -> None:
        if line not in self._waiting:  # it made room for another in this very look
            return
        try:
            data = line.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if line.closing:
            line.drained += len(data)
            if not data or line.drained > LINGER_BYTES:
                self._end(line)
            return
        first = not line.head
        if line.take(data):
            self._no_longer(line)
            self.enqueue_req(line)
        elif not data or len(line.head) > HEAD_BYTES:
            self._end(line)
        elif first and line.head:
            line.until = monotonic() + HEAD_SECONDS

    def _hang_up(self, line: _Line) -> None:
        """Says that nothing more comes, and waits for the other side to close: an answer just sent would be cut."""
        try:
            line.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(line)
            return
        line.closing = True
        self._await(line, LINGER_SECONDS)

    def _make_room(self) -> None:
        for line in self._waiting:
            self._end(line)
            return

    def _no_longer(self, line: _Line) -> None:
        del self._waiting[line]
        with contextlib.suppress(KeyError, ValueError, OSError):
            self.poller.unregister(line.sock)

    def _end(self, line: _Line) -> None:
        if line in self._waiting:
            self._no_longer(line)
        self.nr_conns -= 1
        line.close()
