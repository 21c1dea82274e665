"""Tests talk to this machine only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any


class OutsideWorldError(RuntimeError):
    """A test tried to reach another machine."""


def _loopback(family: int, address: Any) -> bool:
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return True
    host = address[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return bool(host == "localhost")


def guarded(real: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    """`real` (`socket.connect` or `connect_ex`), which refuses every address but loopback and unix sockets."""

    def connect(self: socket.socket, address: Any) -> Any:
        if not _loopback(self.family, address):
            raise OutsideWorldError(f"a test tried to reach {address!r}")
        return real(self, address)

    return connect
