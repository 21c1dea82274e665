"""Everything disclosed about a tender as one document (docs/formats/open-data.md), and its bids and marks as tables.

Names are those of the Open Contracting Data Standard where it has one; what it has no word for stands under
`mingjing`. Nothing here is said that a disclosed event or a public document does not say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from flask import Blueprint, Response

from bidding.procedures import phase
from ledger.basics import clock
from ledger.basics.money import yuan
from ledger.store.read import Stored
from web.access import PUBLIC, route
from web.delivery import json_response
from web.public import marks, notice, timeline
from web.public.described.shapes import DECIMAL, HASH, ID, TEXT, TIME, WHOLE, listed, mapped, one_of, record
from web.public.record import Bid, Record
from web.public.view import View, load
from web.services import services

blueprint: Final = Blueprint("opendata", __name__, url_prefix="/api/tenders")

_VALUE: Final = record(amount={"type": "number"}, currency={"const": "CNY"}, amountFen=WHOLE)
_PERIOD: Final = record("startDate", startDate=TIME, endDate=TIME)
_NAMED: Final = record(id=TEXT, name=TEXT)
_DOCUMENT: Final = record(id=HASH, title=TEXT, url=TEXT, size=WHOLE, version=WHOLE)
_LOT: Final = record("value", id=ID, title=TEXT, title_en=TEXT, status=TEXT, value=_VALUE)
_BID: Final = record(
    "value",
    "reason",
    "rank",
    "total",
    "marks",
    "sheet",
    "offer",
    id=HASH,
    status=TEXT,
    relatedLots=listed(ID),
    tenderers=listed(_NAMED),
    submission=HASH,
    value=_VALUE,
    reason=record(code=TEXT, article=TEXT, params={"type": "object"}),
    rank=WHOLE,
    total=DECIMAL,
    marks=mapped(TEXT),
    sheet=HASH,
    offer=HASH,
)
RELEASE: Final = record(
    "awards",
    ocid=TEXT,
    id=TEXT,
    date=TIME,
    tag=listed(TEXT),
    language={"const": "zh"},
    initiationType={"const": "tender"},
    parties=listed(record(id=TEXT, name=TEXT, name_en=TEXT, roles=listed(one_of("buyer", "tenderer", "supplier")))),
    buyer=_NAMED,
    tender=record(
        id=ID,
        title=TEXT,
        title_en=TEXT,
        status=one_of("active", "cancelled", "complete"),
        procurementMethod={"const": "open"},
        mainProcurementCategory=one_of("works", "goods", "services"),
        value=_VALUE,
        tenderPeriod=_PERIOD,
        enquiryPeriod=_PERIOD,
        documents=listed(_DOCUMENT),
        amendments=listed(record(id=TEXT, date=TIME, description=TEXT, description_en=TEXT)),
        enquiries=listed(
            record("answer", "dateAnswered", id=TEXT, date=TIME, description=TEXT, answer=TEXT, dateAnswered=TIME)
        ),
        lots=listed(_LOT),
    ),
    bids=record(details=listed(_BID)),
    awards=listed(
        record(id=TEXT, date=TIME, status=TEXT, value=_VALUE, suppliers=listed(_NAMED), relatedLots=listed(ID))
    ),
    mingjing=record(
        lots=mapped({"type": "object"}),
        objections=listed({"type": "object"}),
        custodians=listed(_NAMED),
        threshold=WHOLE,
        streams=mapped(WHOLE),
        events=listed(record(at=TIME, type=TEXT, lot=TEXT, leaf=HASH, index=WHOLE)),
    ),
)
# Words of OCDS for ours; a tender without a result is active, suspended or not.
_STATUS: Final[Mapping[str, str]] = {
    "opened": "valid",
    "counted": "valid",
    "same_brand": "valid",
    "rejected": "disqualified",
    "void": "disqualified",
}
_GUARDED: Final = ("=", "+", "-", "@", "\t", "\r")


@route(blueprint, "GET", "/<tender>/data.json", PUBLIC)
def data(tender: str) -> Response:
    """Everything disclosed about a tender."""
    return json_response(release(load(services(), tender), services().config.platform.origin))


@route(blueprint, "GET", "/<tender>/bids.csv", PUBLIC)
def bids(tender: str) -> Response:
    """The bids, a row each; none before they are announced."""
    view = load(services(), tender)
    head = ("lot", "bid_key", "submission", "state", "reason", "article", "uscc", "name_zh", "name_en")
    return _table(f"{tender}-bids", (*head, "price_yuan", "rank", "total", "awarded"), _bid_rows(view))


@route(blueprint, "GET", "/<tender>/marks.csv", PUBLIC)
def mark_rows(tender: str) -> Response:
    """The marks, a row for each certificate of each bid; none before the evaluation."""
    view = load(services(), tender)
    head = ("lot", "bid_key", "criterion", "title_zh", "title_en", "clause", "rule", "result", "inputs_hash", "sheet")
    return _table(f"{tender}-marks", head, _mark_rows(view))


def release(view: View, origin: str) -> dict[str, Any]:
    """The document. `origin`: the log's name, which makes ids that no other platform has."""
    found, state = view.found, view.procedure.tender
    last = max((one for stored in view.streams.values() for one in stored), key=lambda one: one.index or 0)
    awards = [award for record in view.records.values() for award in _award(view, record)]
    return {
        "ocid": f"{origin}/{found.tender}",
        "id": last.leaf.hex(),
        "date": clock.text(last.event.at),
        "tag": [
            "tender",
            *(["bid"] if any(one.bids for one in view.records.values()) else []),
            *(["award"] if awards else []),
        ],
        "language": "zh",
        "initiationType": "tender",
        "parties": list(_parties(view)),
        "buyer": {"id": found.party, "name": view.party("zh")},
        "tender": {
            "id": found.tender,
            "title": found.title["zh"],
            "title_en": found.title["en"],
            "status": {"terminated": "cancelled"}.get(
                state.status, "complete" if view.procedure.at_rest() else "active"
            ),
            "procurementMethod": "open",
            "mainProcurementCategory": found.category,
            "value": _value(found.estimate_fen),
            "tenderPeriod": {"startDate": found.published_at, "endDate": clock.text(view.procedure.deadline)},
            "enquiryPeriod": {
                "startDate": found.published_at,
                "endDate": clock.text(view.procedure.notice.enquiries_until),
            },
            "documents": [
                {
                    "id": one.sha256,
                    "title": one.name,
                    "url": f"/api/documents/{one.sha256}",
                    "size": one.size,
                    "version": one.version,
                }
                for one in notice.in_force(view.procedure.notice, view.events)
            ],
            "amendments": [_amendment(one) for one in view.events if one.event.type == "addendum.issued"],
            "enquiries": [_enquiry(one) for one in notice.questions(view.events)],
            "lots": [_lot(view, record) for record in view.records.values()],
        },
        "bids": {"details": [_bid(view, record, one) for record in view.records.values() for one in record.bids]},
        **({"awards": awards} if awards else {}),
        "mingjing": {
            "lots": {lot: _drawn(record) for lot, record in view.records.items()},
            "objections": [_objection(one) for one in notice.objections(view.events)],
            "custodians": [{"id": id_, "name": view.custodian(id_, "zh")} for id_ in view.procedure.notice.custodians],
            "threshold": view.procedure.notice.t,
            "streams": {name: stored[-1].event.version for name, stored in view.streams.items() if stored},
            "events": list(_events(view)),
        },
    }


def _value(fen: int) -> dict[str, Any]:
    """OCDS wants a number of yuan, for reading; the exact amount stands beside it, in fen."""
    return {"amount": fen // 100 if fen % 100 == 0 else fen / 100, "currency": "CNY", "amountFen": fen}


def _parties(view: View) -> Iterator[dict[str, Any]]:
    yield {"id": view.found.party, "name": view.party("zh"), "name_en": view.party("en"), "roles": ["buyer"]}
    won = {uscc for record in view.records.values() for bid in _awarded(record) for uscc, _ in bid.parties}
    named = dict.fromkeys(uscc for record in view.records.values() for bid in record.bids for uscc, _ in bid.parties)
    for uscc in named:
        roles = ["tenderer", *(["supplier"] if uscc in won else [])]
        yield {"id": uscc, "name": view.name(uscc, "zh"), "name_en": view.name(uscc, "en"), "roles": roles}


def _amendment(one: Stored) -> dict[str, Any]:
    public = cast(dict[str, Any], one.event.public)
    said = {"description": public["text"]["zh"], "description_en": public["text"]["en"]}
    return {"id": str(public["number"]), "date": clock.text(one.event.at), **said}


def _enquiry(one: notice.Question) -> dict[str, Any]:
    out: dict[str, Any] = {"id": one.id, "date": clock.text(one.asked), "description": one.text}
    return {**out, "answer": one.answer, "dateAnswered": clock.text(one.answered)} if one.answered else out


def _objection(one: notice.Objection) -> dict[str, Any]:
    out: dict[str, Any] = {"id": one.id, "kind": one.kind, "lot": one.lot, "bid": one.bid_key, "text": one.text}
    out["made"] = clock.text(one.made)
    if one.answered is None:
        return out
    return {**out, "answered": clock.text(one.answered), "answer": one.answer, "upheld": one.upheld}


def _lot(view: View, record: Record) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": record.lot.lot,
        "title": record.lot.title["zh"],
        "title_en": record.lot.title["en"],
        "status": phase(view.procedure, record.lot.lot, view.now),
    }
    return {**out, "value": _value(record.lot.ceiling_fen)} if record.lot.ceiling_fen else out


def _bid(view: View, record: Record, one: Bid) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": one.bid_key,
        "status": _STATUS.get(one.state, one.state),
        "relatedLots": [record.lot.lot],
        "tenderers": [{"id": uscc, "name": view.name(uscc, "zh")} for uscc, _ in one.parties],
        "submission": one.submission,
    }
    certificates = record.sheet(one).get("certificates", []) if one.rank else []
    more: dict[str, Any] = {
        "value": _value(one.price_fen) if one.price_fen else None,
        "reason": dict(one.reason) or None,
        "rank": one.rank or None,
        "total": one.total or None,
        "marks": {each["criterion"]: str(each["result"]) for each in certificates} or None,
        "sheet": one.sheet or None,
        "offer": one.offer or None,
    }
    return out | {name: value for name, value in more.items() if value is not None}


def _awarded(record: Record) -> list[Bid]:
    return [one for one in (record.bid(record.awarded),) if record.awarded and one is not None]


def _award(view: View, record: Record) -> Iterator[dict[str, Any]]:
    for one in _awarded(record):
        at = view.procedure.lot(record.lot.lot).times["lot.awarded"]
        yield {
            "id": f"{record.lot.lot}-{one.bid_key[:16]}",
            "date": clock.text(at),
            "status": "active",
            "value": _value(one.price_fen),
            "suppliers": [{"id": uscc, "name": view.name(uscc, "zh")} for uscc, _ in one.parties],
            "relatedLots": [record.lot.lot],
        }


def _drawn(record: Record) -> dict[str, Any]:
    """What OCDS has no word for: the roll, the coin, the coefficients, the benchmark, the reports."""
    last, out = record.last, {"rules": record.lot.rules, "form": record.lot.form}
    found: dict[str, Any] = dict(out)
    if record.roll >= 0:
        found["roll"] = last["lot.closed"]["roll"]["submissions"]
    if "lot.coefficients" in last:
        found |= {name: last["lot.coefficients"][name] for name in ("alpha", "values", "contributions")}
    if "lot.evaluated" in last:
        found["report"] = last["lot.evaluated"]["report"]
        found |= {name: record.report[name] for name in ("benchmark", "ties") if record.report.get(name)}
    if "lot.failed" in last:
        found["failed"] = last["lot.failed"]["reason"]
    return found


def _events(view: View) -> Iterator[dict[str, Any]]:
    every = sorted((one for stored in view.streams.values() for one in stored), key=lambda one: one.index or 0)
    for one in every:
        yield {
            "at": clock.text(one.event.at),
            "type": one.event.type,
            "lot": timeline.lot_of(one.event.stream),
            "leaf": one.leaf.hex(),
            "index": one.index,
        }


def _bid_rows(view: View) -> Iterator[tuple[str, ...]]:
    for lot, found in view.records.items():
        for one in found.bids:
            codes = [uscc for uscc, _ in one.parties]
            yield (
                lot,
                one.bid_key,
                one.submission,
                one.state,
                str(one.reason.get("code", "")),
                str(one.reason.get("article", "")),
                " + ".join(codes),
                " + ".join(view.name(uscc, "zh") for uscc in codes),
                " + ".join(view.name(uscc, "en") for uscc in codes),
                yuan(one.price_fen) if one.price_fen else "",
                str(one.rank or ""),
                one.total,
                "yes" if one.bid_key == found.awarded else "",
            )


def _mark_rows(view: View) -> Iterator[tuple[str, ...]]:
    for lot, found in view.records.items():
        for one in found.bids:
            for each in found.sheet(one).get("certificates", []):
                criterion = each["criterion"]
                titles = (marks.title(found, criterion, "zh"), marks.title(found, criterion, "en"))
                rest = (each["clause"], each["rule"], str(each["result"]), each["inputs_hash"], one.sheet)
                yield (lot, one.bid_key, criterion, *titles, *rest)


def _table(name: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Response:
    """A CSV (RFC 4180) with a byte order mark, without which a spreadsheet takes Chinese for something else.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([f"'{cell}" if cell.startswith(_GUARDED) else cell for cell in row] for row in rows)
    answer = Response(("\ufeff" + out.getvalue()).encode(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
