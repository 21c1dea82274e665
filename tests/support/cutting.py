"""A line that breaks: a TCP relay on loopback that cuts the connection after so many bytes have gone up."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable
from typing import Final, Self

_PIECE: Final = 1 << 16


class Cutting:
    """Relays to `target`; whenever the bytes that went up reach the next of `cuts`, that line is cut at both ends.

    `up`: bytes that were sent up so far, those that a cut swallowed included; `made`: cuts so far. When `hold` bytes
    have gone up, `held` is set, and nothing more goes up until somebody sets `go_on`.
    """

    def __init__(self, target: tuple[str, int], cuts: Iterable[int], hold: int | None = None) -> None:
        self._target, self._cuts, self.up, self.made = target, sorted(cuts), 0, 0
        self._hold, self.held, self.go_on = hold, threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._lines: dict[threading.Thread, socket.socket] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept)

    @property
    def url(self) -> str:
        """The address to call instead of the target's."""
        host, port = self._listener.getsockname()[:2]
        return f"http://{host}:{port}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.go_on.set()
        _cut(self._listener)
        self._accepting.join()
        self._listener.close()
        for thread, client in list(self._lines.items()):
            _cut(client)
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # the test is over
            thread = threading.Thread(target=self._relay, args=(client,))
            self._lines[thread] = client
            thread.start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            down = threading.Thread(target=self._pump, args=(server, client))
            down.start()
            self._pump(client, server, counted=True)
            down.join()

    def _pump(self, source: socket.socket, sink: socket.socket, *, counted: bool = False) -> None:
        with contextlib.suppress(OSError):  # whoever writes into a cut line hears of it so
            while piece := source.recv(_PIECE):
                if counted and self._due(len(piece)):
                    break
                if counted and self._hold is not None and self.up >= self._hold:
                    self.held.set()
                    self.go_on.wait()
                sink.sendall(piece)
        _cut(sink)
        _cut(source)

    def _due(self, length: int) -> bool:
        with self._lock:
            self.up += length
            due = bool(self._cuts) and self.up >= self._cuts[0]
            if due:
                self._cuts.pop(0)
                self.made += 1
            return due


def _cut(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
