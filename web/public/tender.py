"""The pages of one tender, readable without any script: overview, notice, documents, timeline, results, calendar."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from bidding.procedures import phase
from ledger.basics import clock
from ledger.basics.errors import Refusal
from web import page, texts
from web.access import PUBLIC, route
from web.delivery import query_int
from web.page import language
from web.public import draws, ics, marks, notice, rulewords, timeline
from web.public.record import LONGEST, Bid, Record, question_titles, shown_answer
from web.public.timeline import Milestone
from web.public.view import View, load
from web.services import services

blueprint: Final = Blueprint("tender", __name__, static_folder=None)

# Bids on one page of a result: a lot may have thousands.
PER_PAGE: Final = 100
SHOWN_OUT: Final = 50


@route(blueprint, "GET", "/tenders/<tender>", PUBLIC)
def overview(tender: str) -> Response:
    """Where each lot stands in plain words, what comes next and when, who won, who holds the keys."""
    view = load(services(), tender)
    words = {lot.lot: phase(view.procedure, lot.lot, view.now) for lot in view.procedure.notice.lots}
    following = {lot: timeline.following(view.procedure, lot, view.now) for lot in words}
    coming = [one for one in timeline.milestones(view.procedure, view.events) if one.at > view.now]
    return render_tender("tender/overview.html", view, tab="overview", phases=words, following=following, coming=coming)


@route(blueprint, "GET", "/tenders/<tender>/notice", PUBLIC)
def notice_page(tender: str) -> Response:
    """The notice: facts, rules in words, questions and answers, objections and answers."""
    view, lang = load(services(), tender), language()
    return render_tender(
        "tender/notice.html",
        view,
        tab="notice",
        rules={lot: rulewords.rules(record, lang) for lot, record in view.records.items()},
        questions=notice.questions(view.events),
        objections=notice.objections(view.events),
        milestones=[one for one in timeline.milestones(view.procedure, view.events) if not one.lot],
        profile=view.procedure.clocks.profile,
    )


@route(blueprint, "GET", "/tenders/<tender>/documents", PUBLIC)
def documents(tender: str) -> Response:
    """The documents in force, and every addendum with what it changed."""
    view = load(services(), tender)
    return render_tender(
        "tender/documents.html",
        view,
        tab="documents",
        documents=notice.in_force(view.procedure.notice, view.events),
        versions=notice.versions(view.procedure.notice, view.events, services().documents.read),
        document=lambda name: texts.document(name, language()),
    )


@route(blueprint, "GET", "/tenders/<tender>/timeline", PUBLIC)
def timeline_page(tender: str) -> Response:
    """Everything that happened, and the limits that run."""
    view = load(services(), tender)
    coming = [one for one in timeline.milestones(view.procedure, view.events) if one.at > view.now]
    steps = timeline.steps(view.streams)[::-1]
    return render_tender("tender/timeline.html", view, tab="timeline", coming=coming, steps=steps)


@route(blueprint, "GET", "/tenders/<tender>/calendar.ics", PUBLIC)
def calendar(tender: str) -> Response:
    """The tender's limits for a calendar: the same events each time, moved where a limit was moved."""
    view, lang = load(services(), tender), language()
    cancelled = view.procedure.tender.status == "terminated"
    title = view.found.title[lang]
    entries = [
        _entry(view, one, cancelled=cancelled and one.at > view.events[-1].event.at)
        for one in timeline.milestones(view.procedure, view.events)
    ]
    answer = Response(ics.calendar(title, lang, entries), content_type=ics.CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{tender}.ics"'
    return answer


@route(blueprint, "GET", "/tenders/<tender>/lots/<lot>/result", PUBLIC)
def result(tender: str, lot: str) -> Response:
    """A lot's opening sheet and every mark, who is out and why, and what may still change."""
    view, lang = load(services(), tender), language()
    record = view.record(lot)
    pages = max(1, -(-len(record.bids) // PER_PAGE))
    at = min(max(query_int("page", 1, 1000), 1), pages)
    shown = record.bids[(at - 1) * PER_PAGE : at * PER_PAGE]
    benchmark, screen = (record.report.get(name) for name in ("benchmark", "abnormally_low"))
    word = phase(view.procedure, lot, view.now)
    out = [one for one in record.bids if one.state not in ("opened", "counted")]
    return render_tender(
        "tender/result.html",
        view,
        tab="result",
        record=record,
        state=view.procedure.lot(lot),
        phase=word,
        next=timeline.following(view.procedure, lot, view.now),
        bids=shown,
        columns=marks.columns(record) if record.report else [],
        marked={one.bid_key: _marked(record, one) for one in shown},
        out=[(one, _why_out(view, record, one)) for one in out[:SHOWN_OUT]],
        more_out=len(out) - SHOWN_OUT,
        totals=bool(record.report) and record.rules.price is not None,
        benchmark=marks.why(benchmark, record, lang) if benchmark else None,
        screen=marks.why(screen, record, lang) if screen else None,
        draw=draws.draw(record),
        objections=notice.objections(view.events, lot),
        title=lambda criterion: marks.column(record, criterion, lang),
        page=at,
        pages=pages,
        address=lambda number: page.address(page=str(number)),
    )


@route(blueprint, "GET", "/tenders/<tender>/lots/<lot>/draw", PUBLIC)
def draw(tender: str, lot: str) -> Response:
    """How the coefficients were drawn, with every number that it takes to do it again."""
    view = load(services(), tender)
    record = view.record(lot)
    found = draws.draw(record)
    if found is None:
        raise Refusal("event.not_found", stream=f"lot/{tender}/{lot}", type="lot.coefficients")
    return render_tender("tender/draw.html", view, tab="result", record=record, draw=found)


@route(blueprint, "GET", "/tenders/<tender>/lots/<lot>/bids/<bid_key>", PUBLIC)
def bid(tender: str, lot: str, bid_key: str) -> Response:
    """One bid: its answers, and why it has each of its marks, or why it is out."""
    view, lang = load(services(), tender), language()
    record = view.record(lot)
    found = record.bid(bid_key)
    if found is None:
        raise Refusal("bid.not_found", bid=bid_key[:64])
    answers = record.answers(found)
    titles = question_titles(record, lang) if answers else {}
    fits = sum(len(str(value)) for value in answers.values()) <= LONGEST
    benchmark = record.report.get("benchmark")
    return render_tender(
        "tender/bid.html",
        view,
        tab="result",
        record=record,
        bid=found,
        certificates=[
            marks.why(one, record, lang, _called(view, record)) for one in record.sheet(found).get("certificates", [])
        ],
        benchmark=marks.why(benchmark, record, lang) if benchmark and found.rank else None,
        answers=[
            (titles.get(name, name), shown_answer(record, name, str(value), lang))
            for name, value in answers.items()
            if fits
        ],
        files=record.files(found)[:200],
    )


def render_tender(template: str, view: View, **values: object) -> Response:
    """A page of a tender: `view`, its facts, and what turns its data into words."""
    lang = language()
    return page.render(
        template,
        view=view,
        tender=view.found,
        lots=view.procedure.notice.lots,
        stamp=clock.text,
        who=lambda one: one.who(view.name, lang),
        named=lambda one: one.named(view.name, lang),
        reason=lambda value: texts.reason(value, lang),
        custodian=lambda id_: view.custodian(id_, lang),
        **values,
    )


def _marked(record: Record, found: Bid) -> dict[str, str]:
    """Criterion → mark, of a bid that has marks."""
    if not found.rank and found.state != "same_brand":
        return {}
    certificates = record.sheet(found).get("certificates", [])
    return {one["criterion"]: marks.figure(one) for one in certificates}


def _called(view: View, record: Record) -> marks.Called:
    """What the other bids of a lot are called: by their parties."""

    def called(key: str) -> str:
        found = record.bid(key)
        return found.who(view.name, language()) if found else marks.short(key)

    return called


def _why_out(view: View, record: Record, found: Bid) -> list[str]:
    """Why a bid is out: the reason it was announced with, or each that its sheet has."""
    if found.reason:
        return [texts.reason(found.reason, language())]
    certificates = record.sheet(found).get("certificates", [])
    called = _called(view, record)
    rejecting = [marks.why(one, record, language(), called) for one in certificates if "reason" in one]
    return [texts.text("why.by", language(), reason=one.reason, number=one.clause) for one in rejecting]


def _entry(view: View, one: Milestone, *, cancelled: bool) -> ics.Entry:
    lang = language()
    lot = f" · {one.lot}" if one.lot else ""
    address = urlsplit(request.url)
    said = texts.text(f"milestone.{one.kind}", lang)
    moved = texts.text("ics.moved", lang, time=texts.time(clock.text(one.before))) if one.before else ""
    limit = texts.time(clock.text(one.at))
    said_more = (texts.text("ics.at", lang, time=limit), moved, texts.article(one.article, lang))
    name = "-".join(filter(None, (view.found.tender, one.lot, one.kind, one.about)))
    return ics.Entry(
        uid=f"{name}@{services().config.platform.origin.replace('/', '.')}",
        at=one.at,
        summary=f"{said}{lot} · {view.found.title[lang]}",
        description="\n".join(filter(None, said_more)),
        url=f"{address.scheme}://{address.netloc}/tenders/{view.found.tender}",
        stamp=view.events[-1].event.at if cancelled else one.since,
        sequence=one.sequence + (1 if cancelled else 0),
        cancelled=cancelled,
    )
