"""Work done in a forked process that is killed at a chosen line of it, as a power cut would."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any


def killed_at(line: int, where: Sequence[str], work: Callable[[], object]) -> bool:
    """Does `work` in a child that SIGKILL ends at its `line`-th line of the files `where`; whether it was reached.

    `work` opens its own connections: those of the parent are not the child's to use.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _count(line, where)
            work()
            status = 0
        except BaseException:  # noqa: BLE001 - the child tells what went wrong and ends, whatever it was
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    assert os.WEXITSTATUS(status) == 0, f"ended with {status} before its line {line}"
    return False


def _count(line: int, where: Sequence[str]) -> None:
    left = [line]

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not any(part in frame.f_code.co_filename for part in where):
            return None
        if event == "line":
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def told(kills: Mapping[str, int]) -> None:
    """Says how often what was killed; it shows when the test fails, or with `-rP`."""
    print(f"killed: {dict(kills)}")
