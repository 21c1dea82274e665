"""Having a rule set tried out: one at a time, in a process of its own, within bounds. Nothing of it is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from threading import Lock
from typing import Any, Final

from ledger.basics.errors import Param, Refusal

SECONDS: Final = 90
# So many tenders are played here at most; more on one's own machine.
MOST_TRIALS: Final = 5000
# Held while one is tried out; whoever comes meanwhile waits so many seconds for it.
TRYING: Final = Lock()
_PATIENCE: Final = 5.0


def tried(asked: dict[str, Any]) -> dict[str, Any]:
    """The report on a rule set; `asked` as `web.trial` reads it.

    Raises `Refusal`: `simulate.busy` where another is being tried out, `simulate.beyond` where it took more than it
    may, and what is wrong with the rule set.
    """
    if not TRYING.acquire(timeout=_PATIENCE):
        raise Refusal("simulate.busy", seconds=10)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "web.trial"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            # As for a stranger's bundle: no address of a database, no secret. One thread reserves one heap.
            env={
                **{name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ},
                "OPENBLAS_NUM_THREADS": "1",
            },
        )
    except subprocess.TimeoutExpired as exc:
        raise Refusal("simulate.beyond", seconds=SECONDS) from exc
    finally:
        TRYING.release()
    if done.returncode != 0:
        raise Refusal("simulate.beyond", seconds=SECONDS)
    found: dict[str, Any] = json.loads(done.stdout)
    if "refused" in found:
        params: dict[str, Param] = found["refused"]["params"]
        raise Refusal(found["refused"]["code"], **params)  # codes: relayed
    report: dict[str, Any] = found["report"]
    return report
