"""Amounts in Chinese capitals (大写金额): 壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分.

Source: 正确填写票据和结算凭证的基本规定 (the capitals and 整/正), 87号令 art. 59: where words and figures differ, the
words prevail. The everyday forms (一二三 …, 十百千; not 块 and 毛) and 圆 for 元 are read as well.
"""

from __future__ import annotations

import re
from typing import Final

from ledger.basics.errors import Refusal

_DIGITS: Final = {
    **{letter: value for value, letter in enumerate("零壹贰叁肆伍陆柒捌玖")},
    **{letter: value for value, letter in enumerate("〇一二三四五六七八九")},
    "两": 2,
    "貳": 2,
    "陸": 6,
}
_UNITS: Final = {"拾": 10, "佰": 100, "仟": 1000, "十": 10, "百": 100, "千": 1000}
_AMOUNT: Final = re.compile(r"(?:(?P<whole>[^元角分整正]+)元)?(?:零?(?P<jiao>[^零])角)?(?:零?(?P<fen>[^零])分)?[整正]?")
_SKIPPED: Final = ("人民币", "RMB", "￥", "¥", "：", ":", " ", "\u3000")
MAX_LENGTH: Final = 60


def fen(text: str, question: str) -> int:
    """The amount in fen. Raises `Refusal("rules.words_unreadable")` for whatever is no single amount above zero."""
    said = text
    for skipped in _SKIPPED:
        said = said.replace(skipped, "")
    found = _AMOUNT.fullmatch(said.replace("圆", "元").replace("萬", "万").replace("億", "亿"))
    refusal = Refusal("rules.words_unreadable", question=question, found=text[:MAX_LENGTH])
    if found is None or len(said) > MAX_LENGTH or not any(found.groups()):
        raise refusal
    try:
        whole = _whole(found["whole"]) if found["whole"] else 0
        amount = whole * 100 + _digit(found["jiao"]) * 10 + _digit(found["fen"])
    except (KeyError, ValueError) as error:
        raise refusal from error
    if amount <= 0:
        raise refusal
    return amount


def _digit(letter: str | None) -> int:
    return _DIGITS[letter] if letter else 0


def _whole(text: str) -> int:
    """A whole number below 10^12: groups of four digits, 亿 and 万 between them, each at most once, in this order."""
    total = 0
    for unit, worth in (("亿", 10**8), ("万", 10**4)):
        if text.count(unit) > 1:
            raise ValueError(unit)
        if unit in text:
            left, _, text = text.partition(unit)
            total += _group(left) * worth
    return total + (_group(text) if text else 0)


def _group(text: str) -> int:
    """A number below ten thousand. A zero may stand for missing places; units fall."""
    total, digit, last = 0, None, 10**4
    for letter in text:
        if letter in _UNITS:
            unit = _UNITS[letter]
            if unit >= last or digit == 0 or (digit is None and (unit != 10 or total)):
                raise ValueError(letter)
            total, digit, last = total + (1 if digit is None else digit) * unit, None, unit
        elif digit:
            raise ValueError(letter)
        else:
            digit = _DIGITS[letter]
    if not total and not digit:
        raise ValueError(text)
    return total + (digit or 0)
