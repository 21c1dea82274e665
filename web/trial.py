"""A rule set tried out in a process of its own: `python -m web.trial` reads what is asked and prints the report.

Whatever somebody uploads as a rule set is read here, with no more memory and time than `LIMITS` gives, without the
platform's keys or its database. In: `{rules, form, bidders, trials, seed, prior, compare}` as JSON; out: `{report}`, or
`{refused: {code, params}}`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any, Final

from bidding.form import check_form
from evaluation.rules import check_rule_set
from evaluation.simulate import prior, report
from evaluation.simulate.study import Asked, study
from ledger.basics.errors import Refusal

_LAST: Final = 19  # behind everything else that this machine does
LIMITS: Final = {
    resource.RLIMIT_AS: 2 << 30,  # bytes: the largest study needs some 300 MiB, numpy's libraries reserve more
    resource.RLIMIT_CPU: 60,  # seconds
    resource.RLIMIT_FSIZE: 0,  # it writes no file
    resource.RLIMIT_NOFILE: 64,
}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The report on what was asked, or the refusal."""
    try:
        form = check_form(asked["form"])
        rules = check_rule_set(asked["rules"], form)
        wanted = Asked(
            bidders=asked["bidders"],
            trials=asked["trials"],
            seed=asked["seed"],
            prior=prior.parse(asked["prior"]),
            compare=asked["compare"],
        )
        return {"report": report.document(study(rules, form, wanted), rules, form)}
    except Refusal as why:
        return {"refused": {"code": why.code, "params": dict(why.params)}}


def main() -> None:
    """Answers one question on standard input."""
    os.nice(_LAST)
    for limit, most in LIMITS.items():
        resource.setrlimit(limit, (most, most))
    sys.stdout.write(json.dumps(answer(json.loads(sys.stdin.buffer.read()))))


if __name__ == "__main__":
    main()
