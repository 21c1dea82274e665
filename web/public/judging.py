"""Having a bundle judged: one at a time, in a process of its own, within bounds. Nothing of it is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import Any, Final

from ledger.basics.errors import Refusal

# The longest bundle that the platform judges for somebody; longer ones are for one's own machine.
MOST: Final = 64 << 20
SECONDS: Final = 120
# Held while one is judged; whoever comes meanwhile waits so many seconds for it.
JUDGING: Final = Lock()
_PATIENCE: Final = 5.0


def judge(bundle: Path, trust: Path) -> dict[str, Any]:
    """What `web.judge` says of a bundle's file, by the platform's trust file.

    Raises `Refusal("check.busy")` where another is being judged, `check.beyond` where it took more than it may.
    """
    if not JUDGING.acquire(timeout=_PATIENCE):
        raise Refusal("check.busy", seconds=10)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "web.judge", str(bundle), str(trust)],
            capture_output=True,
            timeout=SECONDS,
            check=False,
            # No address of a database, no secret of an operator: what reads a stranger's file has none to lose.
            env={name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ},
        )
    except subprocess.TimeoutExpired as exc:
        raise Refusal("check.beyond", seconds=SECONDS) from exc
    finally:
        JUDGING.release()
    if done.returncode != 0:
        raise Refusal("check.beyond", seconds=SECONDS)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
