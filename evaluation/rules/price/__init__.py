"""The price rules, one a file. A rule set names one by its number in the field's list (F1, F3, F4, …)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from evaluation.rules.price.base import PriceRule
from evaluation.rules.price.f1 import F1
from evaluation.rules.price.f3 import F3
from evaluation.rules.price.f4 import F4

RULES: Final[Mapping[str, PriceRule]] = MappingProxyType({rule.name: rule for rule in (F1, F3, F4)})
