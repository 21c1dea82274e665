"""`mingjing office …`: the acts on a published tender, each signed on this machine with the person's key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ledger.basics import clock
from ledger.basics.canonical import Json
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from web.cli import shell
from web.cli.bid.home import read_loosely
from web.cli.desk.person import Person
from web.cli.desk.telling import events_of, person_option, reason_option, told


@click.command("addendum")
@person_option
@reason_option
@click.argument("tender")
@click.option("--zh", required=True, help="The text in Chinese.")
@click.option("--en", required=True, help="The text in English.")
@click.option("--deadline", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="A later deadline, with its zone.")
@click.option("--affects-bids/--no-effect", default=True, show_default=True, help="Whether bids have to change.")
@click.option("--document", "listed", multiple=True, help="What `documents add` printed.")
@shell.in_words
def addendum(
    root: Path,
    tender: str,
    reason: str,
    zh: str,
    en: str,
    deadline: Any,  # noqa: ANN401 - click's datetime
    *,
    affects_bids: bool,
    listed: tuple[str, ...],
) -> None:
    """Issue an addendum; its deadline is the one in force from then on."""
    person = Person(root)
    seen = events_of(person, f"tender/{tender}")
    numbers = [event["public"]["number"] for event in seen if event["type"] == "addendum.issued"]
    in_force = [
        event["public"].get("deadline") or event["public"]["notice"]["published_for"]["deadline"]
        for event in seen
        if event["type"] in ("tender.published", "addendum.issued", "tender.resumed")
    ][-1]
    body: dict[str, Json] = {
        "number": len(numbers) + 1,
        "text": {"zh": zh, "en": en},
        "affects_bids": affects_bids,
        "deadline": clock.text(deadline) if deadline else in_force,
        "documents": [json.loads(one) for one in listed],
    }
    told(person, person.act("addendum.issued", f"tender/{tender}", body, reason))


@click.command("answer")
@person_option
@reason_option
@click.argument("tender")
@click.argument("enquiry")
@click.option("--text", required=True)
@shell.in_words
def answer(root: Path, tender: str, enquiry: str, text: str, reason: str) -> None:
    """Answer an enquiry, for everybody."""
    person = Person(root)
    told(person, person.act("enquiry.answered", f"tender/{tender}", {"enquiry": enquiry, "text": text}, reason))


@click.command("answer-objection")
@person_option
@reason_option
@click.argument("tender")
@click.argument("objection")
@click.option("--text", required=True)
@click.option("--upheld/--not-upheld", required=True)
@shell.in_words
def answer_objection(root: Path, tender: str, objection: str, text: str, reason: str, *, upheld: bool) -> None:
    """Answer an objection; what it stopped goes on."""
    person = Person(root)
    body: dict[str, Json] = {"objection": objection, "text": text, "upheld": upheld}
    told(person, person.act("objection.answered", f"tender/{tender}", body, reason))


@click.command("suspend")
@person_option
@reason_option
@click.argument("tender")
@shell.in_words
def suspend(root: Path, tender: str, reason: str) -> None:
    """Suspend a tender: first of two keys."""
    person = Person(root)
    told(person, person.act("tender.suspended", f"tender/{tender}", {"reason": reason}, reason))


@click.command("resume")
@person_option
@reason_option
@click.argument("tender")
@click.option("--deadline", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), required=True)
@shell.in_words
def resume(root: Path, tender: str, reason: str, deadline: Any) -> None:  # noqa: ANN401 - click's datetime
    """Resume a suspended tender with this deadline: first of two keys."""
    person = Person(root)
    body: dict[str, Json] = {"reason": reason, "deadline": clock.text(deadline)}
    told(person, person.act("tender.resumed", f"tender/{tender}", body, reason))


@click.command("terminate")
@person_option
@reason_option
@click.argument("tender")
@shell.in_words
def terminate(root: Path, tender: str, reason: str) -> None:
    """Terminate a tender: first of two keys. Its bids stay shut."""
    person = Person(root)
    told(person, person.act("tender.terminated", f"tender/{tender}", {"reason": reason}, reason))


@click.command("next-candidate")
@person_option
@reason_option
@click.argument("tender")
@click.argument("lot")
@click.option("--from", "from_", required=True, help="The bid key that stands now.")
@click.option("--to", required=True, help="The bid key of the next candidate.")
@shell.in_words
def next_candidate(root: Path, tender: str, lot: str, from_: str, to: str, reason: str) -> None:
    """Pass to the next candidate: first of two keys."""
    person = Person(root)
    body: dict[str, Json] = {"from": from_, "to": to, "reason": reason}
    told(person, person.act("lot.next_candidate", f"lot/{tender}/{lot}", body, reason))


@click.command("judge-explanations")
@person_option
@reason_option
@click.argument("tender")
@click.argument("lot")
@click.option(
    *("--proved", "proved"), multiple=True, type=(str, str), help="A bid key and why its explanation holds; repeatable."
)
@click.option(
    *("--unproved", "unproved"), multiple=True, type=(str, str), help="A bid key and why it does not; repeatable."
)
@shell.in_words
def judge_explanations(
    root: Path,
    tender: str,
    lot: str,
    proved: tuple[tuple[str, str], ...],
    unproved: tuple[tuple[str, str], ...],
    reason: str,
) -> None:
    """Judge the explanations of abnormally low prices, all of a lot at once: first of two keys."""
    person = Person(root)
    rows = [(key, True, why) for key, why in proved] + [(key, False, why) for key, why in unproved]
    findings: list[Json] = [{"bid_key": key, "proved": held, "finding": why} for key, held, why in sorted(rows)]
    told(person, person.act("lot.explanations_judged", f"lot/{tender}/{lot}", {"findings": findings}, reason))


@click.command("contract")
@person_option
@reason_option
@click.argument("tender")
@click.argument("lot")
@click.argument("file", type=shell.file())
@click.option("--bid-key", required=True, help="The bid key of the award.")
@shell.in_words
def contract(root: Path, tender: str, lot: str, file: Path, bid_key: str, reason: str) -> None:
    """Note that the contract was signed; its hash is published, not its text."""
    person = Person(root)
    body: dict[str, Json] = {"bid_key": bid_key, "contract": H(file.read_bytes()).hex()}
    told(person, person.act("lot.contracted", f"lot/{tender}/{lot}", body, reason))


@click.command("award")
@person_option
@reason_option
@click.argument("tender")
@click.argument("lot")
@shell.in_words
def award(root: Path, tender: str, lot: str, reason: str) -> None:
    """Where the notice says `precheck`: sign the award that the evaluation gives."""
    person = Person(root)
    published = [one for one in events_of(person, f"lot/{tender}/{lot}") if one["type"] == "lot.candidates_published"]
    if not published:
        raise Refusal("client.no_candidates", lot=lot)
    first = published[-1]["public"]["candidates"][0]
    body: dict[str, Json] = {name: first[name] for name in ("bid_key", "rank", "price_fen")}
    told(person, person.act("lot.awarded", f"lot/{tender}/{lot}", body, reason))


@click.command("order")
@person_option
@reason_option
@click.argument("tender")
@click.option("--order", "order_", required=True, help="A new id of yours for this order.")
@click.option("--kind", type=click.Choice(["publish_seed", "open_access_log", "void_lot"]), required=True)
@click.option("--lot", default="")
@click.option("--custodian", default="")
@shell.in_words
def order(  # one option each
    root: Path, tender: str, order_: str, kind: str, lot: str, custodian: str, reason: str
) -> None:
    """Order what takes two people, one of them a supervisor."""
    person = Person(root)
    body: dict[str, Json] = {"order": order_, "kind": kind, "lot": lot, "custodian": custodian, "reason": reason}
    told(person, person.act("order.issued", f"tender/{tender}", body, reason))


@click.command("act")
@person_option
@reason_option
@click.argument("type_", metavar="TYPE")
@click.argument("subject")
@click.argument("body", type=shell.file())
@shell.in_words
def act(root: Path, type_: str, subject: str, body: Path, reason: str) -> None:
    """Sign any act whose body stands in a JSON file."""
    person = Person(root)
    told(person, person.act(type_, subject, read_loosely(body), reason))


COMMANDS = (
    *(addendum, answer, answer_objection, suspend, resume, terminate),
    *(judge_explanations, next_candidate, contract, award, order, act),
)
