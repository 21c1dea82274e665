"""The no-touch evaluation of a lot whose offers are open: rules, answers and drawn values in, report and event out.

Pure: the worker stores the report's documents and records the event. Nobody's hand is in it; the verifier calls the
same functions on the disclosed events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from bidding.form import check_form
from bidding.procedures import listing
from bidding.procedures.listing import ReadDocument
from evaluation.rules import Lot, OpenedBid, Report, check_rule_set, evaluate, flagged
from ledger.basics.canonical import Json, canonical
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H


def opened_bids(
    offers: Mapping[str, Json],
    read: ReadDocument,
    identities: Mapping[str, Mapping[str, Json]],
    left_out: Collection[str] = (),
) -> list[OpenedBid]:
    """The bids that are marked, from public of `lot.offers_opened` and the documents it names.

    `identities`: bid key → the answers of its identity part, where the rule set reads any; `left_out`: bid keys over
    the limit on lots. A bid that is void or rejected at the opening takes no part.
    """
    out = []
    for row in listing.rows("lot.offers_opened", offers, read):
        key = row["bid_key"]
        if row["state"] != "opened" or key in left_out:
            continue
        offer = listing.offer(row, read)
        answers: dict[str, Mapping[str, object]] = {"offer": offer["answers"]}
        if key in identities:
            answers["identity"] = identities[key]
        out.append(OpenedBid(key, answers, {"offer": [item["name"] for item in offer["files"]]}))
    return out


def report(
    rules: Json,
    form: Json,
    *,
    lot: str,
    ceiling_fen: int,
    bids: Iterable[OpenedBid],
    coefficients: Mapping[str, Json],
    findings: Mapping[str, bool] | None = None,
) -> Report:
    """The report on a lot.

    `rules`, `form`: the published documents; `ceiling_fen`: the lot's, 0 for none; `coefficients`: public of
    `lot.coefficients`; `findings`: of the lot's state, bid key → whether its price was explained.
    Raises `Refusal` only for inputs that do not belong together.
    """
    read = check_form(form)
    here = _lot(lot, ceiling_fen, coefficients, findings or {})
    return evaluate(check_rule_set(rules, read), read, here, list(bids))


def to_explain(
    rules: Json,
    form: Json,
    *,
    lot: str,
    ceiling_fen: int,
    bids: Iterable[OpenedBid],
    coefficients: Mapping[str, Json],
) -> tuple[list[Json], int]:
    """Whose abnormally low price is to be explained, and how many minutes for it the rule set gives (0 for nobody).

    Rows `{bid_key, price_fen, tests}` by bid key, as `lot.explanations_asked` has them. Arguments as for `report`.
    """
    read = check_form(form)
    checked = check_rule_set(rules, read)
    found = flagged(checked, read, _lot(lot, ceiling_fen, coefficients, {}), list(bids))
    rows: list[Json] = [
        {"bid_key": key, "price_fen": price, "tests": list(tests)} for key, (price, tests) in found.items()
    ]
    return rows, int(checked.abnormally_low["minutes"]) if rows else 0


def _lot(lot: str, ceiling_fen: int, coefficients: Mapping[str, Json], findings: Mapping[str, bool]) -> Lot:
    values = cast(Mapping[str, str], coefficients["values"])
    alpha = bytes.fromhex(str(coefficients["alpha"]))
    return Lot(lot, dict(values), alpha, ceiling_fen or None, explanations=findings)


def event_body(made: Report, rules: Json) -> dict[str, Json]:
    """`public` of `lot.evaluated`: the report by its hash, the ranking and the candidates."""
    ranking: list[Json] = [
        {"rank": row["rank"], "bid_key": row["bid_key"], "total": row["total"]} for row in made.ranking
    ]
    return {
        "report": made.sha256,
        "rules": H(canonical(rules)).hex(),
        "failed": made.failed,
        "ranking": ranking,
        "candidates": list(made.candidates),
    }


def prices(made: Mapping[str, Any]) -> dict[str, int]:
    """Bid key → price in fen, from a report's summary document. Raises `Refusal("report.malformed")`."""
    found = made.get("bids")
    if not isinstance(found, list):
        raise Refusal("report.malformed")
    return {row["bid"]: row["price_fen"] for row in found if "price_fen" in row}
