"""The price rules, one a file. A rule set names one by its number in the field's list (F1, F3, F4, …).

What works on a price before a rule marks it stands beside this folder: F2, F13 and F16 in `evaluated.py`, F12 in
`abnormal.py`; F14, the panel, in `panel.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from evaluation.rules.price.base import PriceRule
from evaluation.rules.price.f1 import F1
from evaluation.rules.price.f3 import F3
from evaluation.rules.price.f4 import F4
from evaluation.rules.price.f5 import F5
from evaluation.rules.price.f6 import F6
from evaluation.rules.price.f7 import F7
from evaluation.rules.price.f8 import F8
from evaluation.rules.price.f9 import F9
from evaluation.rules.price.f10 import F10
from evaluation.rules.price.f11 import F11
from evaluation.rules.price.f15 import F15

_ALL: Final = (F1, F3, F4, F5, F6, F7, F8, F9, F10, F11, F15)
RULES: Final[Mapping[str, PriceRule]] = MappingProxyType({rule.name: rule for rule in _ALL})
