"""Parameters of price rules for tests, after the worked numbers of domain/formulas.md, and what is drawn for them."""

from __future__ import annotations

from typing import Final

TO_2: Final = {"mode": "half_up", "places": 2}
TO_YUAN: Final = {"mode": "half_up", "places": 0}
DEVIATION: Final = {"up": "1", "down": "0.5", "floor": "0", "deviation": {"mode": "half_up", "places": 4}, "mark": TO_2}
F4: Final = {
    "c_high": "h",
    "c_mid": "m",
    "c_low": "l",
    "high_from": "95",
    "low_to": "90",
    "average": TO_YUAN,
    "base": TO_YUAN,
    **DEVIATION,
}
F5: Final = {"many": 3, **F4}
F6: Final = {
    "delta": "delta",
    "k": "k",
    "mean_share": "70",
    "limit_share": "75",
    "below": "95",
    "a": "50",
    "b": "30",
    "c": "20",
    "base": TO_2,
    **DEVIATION,
}
F7: Final = {"q1": "q1", "k1": "k1", "k2": "k2", "trim": "20", "base": TO_2, **DEVIATION}
F8: Final = {
    **{name: name for name in ("a", "b", "c", "e", "f", "c1", "r")},
    "drop": "80",
    "trim_low": "10",
    "trim_high": "15",
    "base": TO_2,
    "mark": TO_2,
}
F9: Final = {
    "limit": "30",
    "mu": "90",
    "free": "2",
    "up": "0.4",
    "down": "0.2",
    "floor": "25",
    "base": TO_2,
    "mark": TO_2,
}
F10: Final = {"floor": "0", "base": TO_2, "mark": TO_2}
F11: Final = {"variant": "low_half", "base": TO_2, **DEVIATION}
DRAWN: Final = {
    "h": "3.5",
    "m": "0.5",
    "l": "-2.5",
    "delta": "15",
    "k": "96",
    "q1": "75",
    "k1": "97",
    "k2": "93",
    "a": "30",
    "b": "10",
    "c": "20",
    "e": "40",
    "f": "20",
    "c1": "50",
    "r": "5",
}
