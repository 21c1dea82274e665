"""The verifier in a process of its own: `python -m web.judge BUNDLE TRUST` prints what `mingjing verify` finds.

Whatever somebody sends as a bundle is read here, with no more memory and time than `LIMITS` gives, without the
platform's keys or its database. The platform's process reads the answer.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

from evaluation.verify import Report, verify
from ledger import trust
from ledger.claims import Failure, Remark
from web import words

# Of each claim so many findings are told; a hostile bundle has as many as it likes.
SHOWN: Final = 20
_LAST: Final = 19  # behind everything else that this machine does
LIMITS: Final = {
    resource.RLIMIT_AS: 2 << 30,  # bytes: a bundle of 64 MiB needs about 1 GiB
    resource.RLIMIT_CPU: 120,  # seconds
    resource.RLIMIT_FSIZE: 0,  # it writes no file
    resource.RLIMIT_NOFILE: 64,
}
_NO_ROOM: Final = 9


def summary(report: Report) -> dict[str, Any]:
    """`{tender, status, trusted, claims: [{claim, verdict, failures, remarks, more}]}`; findings as `{code, words}`."""
    return {
        "tender": report.tender,
        "status": report.status,
        "trusted": report.known,
        "claims": [
            {
                "claim": one.claim,
                "verdict": one.verdict,
                "failures": [_finding(found) for found in one.failures[:SHOWN]],
                "remarks": [_finding(found) for found in one.remarks[:SHOWN]],
                "more": max(0, len(one.failures) - SHOWN) + max(0, len(one.remarks) - SHOWN),
            }
            for one in report.results
        ],
    }


def _finding(one: Failure | Remark) -> dict[str, Any]:
    said = words.both(one.code, one.params)
    return {"code": one.code, "words": {lang: text[:2000] for lang, text in said.items()}}


def main(bundle: str, trusted: str) -> None:
    """Judges one file and prints its summary."""
    os.nice(_LAST)
    for limit, most in LIMITS.items():
        resource.setrlimit(limit, (most, most))
    report = verify(Path(bundle).read_bytes(), trust.parse(Path(trusted).read_bytes()))
    if any(one.params.get("type") == "MemoryError" for result in report.results for one in result.failures):
        raise SystemExit(_NO_ROOM)  # nothing speaks against the bundle: there was no room to look
    sys.stdout.write(json.dumps(summary(report)))


if __name__ == "__main__":
    main(*sys.argv[1:])
