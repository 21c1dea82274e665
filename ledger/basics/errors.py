"""Errors are a code and parameters, never prose: the words live where they are shown, in zh and en.

The same code stands in the API's answer, on the page and in the log.
"""

from __future__ import annotations

import re
from typing import Final

_CODE: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\Z")

Param = str | int


class Refusal(Exception):
    """A refusal that a person can act on.

    `code` names it (`deadline_passed`, `canonical.not_canonical`), `params` fill its words (the field,
    the limit, what was found). Params are strings or ints, so that they survive JSON unchanged.
    """

    def __init__(self, code: str, /, **params: Param) -> None:
        if not _CODE.match(code):
            raise ValueError(f"not an error code: {code!r}")
        super().__init__(code, params)
        self.code = code
        self.params: dict[str, Param] = dict(params)

    def __str__(self) -> str:
        inside = ", ".join(f"{k}={v}" for k, v in sorted(self.params.items()))
        return f"{self.code}({inside})" if inside else self.code
