"""Certificates: why a bid has this mark, as data with one spelling (docs/formats/certificate.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import cast

from evaluation.rules.exact import Rounding, exact
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Param
from ledger.basics.hashing import H

# `{name, value, unit?, rounding?}`: value exact, or with all its places where a rounding made it.
Step = dict[str, Json]
Certificate = dict[str, Json]

INPUTS_LABEL = b"mingjing/inputs/v1\0"


def step(name: str, value: Fraction, unit: str = "", rounded: Rounding | None = None) -> Step:
    """One step of a computation. `unit`: yuan, percent, points, bids, items or none."""
    out: Step = {"name": name, "value": exact(value) if rounded is None else rounded.text(value)}
    if unit:
        out["unit"] = unit
    if rounded is not None:
        out["rounding"] = rounded.document()
    return out


def noted(name: str, value: str) -> Step:
    """A step that states a fact rather than a number (the choice taken, the edge of a band)."""
    return {"name": name, "value": value}


def certify(
    criterion: str, rule: str, clause: str, inputs: Mapping[str, Json], steps: Sequence[Step], result: str
) -> Certificate:
    """`{criterion, rule, clause, inputs, inputs_hash, steps, result}`.

    `inputs_hash` is `H("mingjing/inputs/v1\\0" ‖ canonical(inputs))`, hex.
    """
    return {
        "criterion": criterion,
        "rule": rule,
        "clause": clause,
        "inputs": dict(inputs),
        "inputs_hash": H(INPUTS_LABEL, canonical(dict(inputs))).hex(),
        "steps": cast(Json, list(steps)),
        "result": result,
    }


def with_reason(certificate: Certificate, code: str, params: Mapping[str, Param]) -> Certificate:
    """The same certificate with `reason: {code, params}`: why it rejects."""
    return {**certificate, "reason": {"code": code, "params": cast(Json, dict(params))}}
