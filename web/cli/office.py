"""`mingjing office …`: the tenderee's, agency's, centre's and supervisor's commands. Acts are signed where they run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click

from bidding.profiles import packaged_profiles
from evaluation.rules import templates
from ledger import trust as trusts
from ledger.basics import clock, signing
from ledger.basics.canonical import Json, members
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.files import write_atomically
from web import words
from web.cli import shell
from web.cli.bid.home import read_loosely
from web.cli.desk import drafting
from web.cli.desk import example as examples
from web.cli.desk.person import Person

F = TypeVar("F", bound=Callable[..., Any])

_BETWEEN: Final = 0.5
_PROFILES: Final = tuple(sorted({profile.id for profile in packaged_profiles().values()}))


def person_option(command: F) -> F:
    """`--person`: the person's own folder."""
    return click.option(
        "--person",
        "root",
        type=shell.folder(),
        envvar="MINGJING_PERSON",
        required=True,
        help="Your own folder: address, token, key (else $MINGJING_PERSON).",
    )(command)


def reason_option(command: F) -> F:
    """`--reason`: signed with the act and published with it."""
    return click.option("--reason", required=True, help="Why; it is signed and published with the act.")(command)


@click.group()
def office() -> None:
    """Tenders, from draft to contract; organisations and people; orders."""


@office.group("person-key")
def person_key() -> None:
    """The key a person signs acts with."""


@person_key.command("new")
@person_option
@shell.in_words
def _new_key(root: Path) -> None:
    """Make a person's key; print what the centre registers."""
    click.echo(signing.public_bytes(Person(root).make_key()).hex())


@office.command("setup")
@person_option
@click.option("--office", "url", required=True, help="The office's address.")
@click.option("--token-file", type=shell.file(), required=True, help="The token that the centre gave.")
@shell.in_words
def _setup(root: Path, url: str, token_file: Path) -> None:
    """Say where the office is, and keep the token."""
    person = Person(root)
    person.put_url(url)
    person.put_token(token_file.read_text("utf-8"))
    who = person.office.get("/office/me")
    shell.say("client.signed_in", person=who["person"], role=who["role"])


@office.command("add-party")
@person_option
@click.option("--uscc", required=True, help="The unified social credit code.")
@click.option("--name-zh", required=True)
@click.option("--name-en", required=True)
@click.option("--keys", "keys_file", type=shell.file(), required=True, help="What `mingjing keys` printed for it.")
@click.option("--person-ref", required=True, help="An opaque reference, the same wherever this person is in charge.")
@click.option("--holds", multiple=True, help="The code of an organisation that it controls.")
@shell.in_words
def add_party(  # one option each
    root: Path, uscc: str, name_zh: str, name_en: str, keys_file: Path, person_ref: str, holds: tuple[str, ...]
) -> None:
    """As the centre, register an organisation. Its token is shown this once."""
    public = members(read_loosely(keys_file), "seal_key person_key")
    body = {
        "uscc": uscc,
        "name": {"zh": name_zh, "en": name_en},
        "seal_key": public["seal_key"],
        "person": {"ref": person_ref, "key": public["person_key"]},
        "holds": sorted(holds),
    }
    click.echo(json.dumps(Person(root).office.send("POST", "/office/parties", body)))


@office.command("add-person")
@person_option
@click.option("--party", required=True, help="The organisation's id.")
@click.option("--role", type=click.Choice(["tenderee", "agency", "centre", "supervisor"]), required=True)
@click.option("--key", required=True, help="What `person-key new` printed for it.")
@shell.in_words
def add_person(root: Path, party: str, role: str, key: str) -> None:
    """As the centre, register a person who signs acts. Its token is shown this once."""
    body = {"party": party, "role": role, "key": key}
    click.echo(json.dumps(Person(root).office.send("POST", "/office/people", body)))


@office.command("example")
@click.option("--trust", "trust_file", type=shell.file(), required=True, help="Whose institutions are named.")
@click.option("--out", type=shell.file(must_exist=False), required=True, help="Where to; never over a file.")
@click.option("--template", type=click.Choice(templates.NAMES), default="lowest-price", show_default=True)
@click.option("--profile", type=click.Choice(_PROFILES), default="demonstration", show_default=True)
@click.option("--minutes", type=click.IntRange(1), default=10, show_default=True, help="From now to the deadline.")
@shell.in_words
def example(trust_file: Path, out: Path, template: str, profile: str, minutes: int) -> None:
    """Write a tender document to begin with: every line explained, ready to be drafted as it stands."""
    if out.exists():
        raise Refusal("draft.file_exists", file=str(out))
    deadline = clock.system_clock().replace(second=0, microsecond=0) + timedelta(minutes=minutes + 1)
    text = examples.document(trusts.parse(trust_file.read_bytes()), profile, template, deadline)
    write_atomically(out, text.encode("utf-8"))
    shell.say("client.example", file=str(out), deadline=shell.when(clock.text(deadline)))


@office.command("draft")
@person_option
@click.argument("file", type=shell.file())
@click.option("--tender", help="The draft's next version; else a new draft.")
@click.option("--check", is_flag=True, help="Only look for what is wrong.")
@shell.in_words
def draft(root: Path, file: Path, tender: str | None, *, check: bool) -> None:
    """Draft a tender from a TOML document, and store its documents. All that is wrong is listed at once."""
    built = drafting.build(drafting.read(file), file.parent)
    for problem in built.problems:
        said = words.say(problem.code, problem.params, shell.lang())
        click.echo(f"  {problem.member}: {said} [{problem.code}]", err=True)
    if built.problems:
        raise Refusal("draft.wrong", count=len(built.problems))
    if check:
        shell.say("client.draft_right")
        return
    person = Person(root)
    method, path = ("PUT", f"/office/tenders/{tender}") if tender else ("POST", "/office/tenders")
    made = person.office.send(method, path, built.body)
    for data in built.documents.values():
        person.office.put_bytes(f"/office/tenders/{made['tender']}/documents", data)
    click.echo(made["tender"])


@office.group("documents")
def documents() -> None:
    """Documents of a tender."""


@documents.command("add")
@person_option
@click.argument("tender")
@click.argument("file", type=shell.file())
@shell.in_words
def _add_document(root: Path, tender: str, file: Path) -> None:
    """Store a document for an addendum; print how an addendum names it."""
    data = file.read_bytes()
    Person(root).office.put_bytes(f"/office/tenders/{tender}/documents", data)
    click.echo(json.dumps({"name": file.name, "sha256": H(data).hex(), "size": len(data)}, ensure_ascii=False))


@office.command("keysets")
@person_option
@click.argument("tender")
@click.option("--wait", default=0, show_default=True, help="Seconds to wait until all custodians have signed.")
@shell.in_words
def keysets(root: Path, tender: str, wait: int) -> None:
    """Ask the custodians for the tender's key sets; say how far they are."""
    person, until = Person(root), time.monotonic() + wait
    found = person.office.send("POST", f"/office/tenders/{tender}/keysets", {})
    while not found["complete"] and time.monotonic() < until:
        time.sleep(_BETWEEN)
        found = person.office.get(f"/office/tenders/{tender}/keysets")
    for row in found["keysets"]:
        click.echo(f"  {row['lot']} {row['part']:9} {row['step']:5} {', '.join(row['have'])}")
    if not found["complete"]:
        raise Refusal("client.keysets_incomplete", tender=tender)
    shell.say("client.keysets_complete", tender=tender)


@office.command("publish")
@person_option
@reason_option
@click.argument("tender")
@shell.in_words
def publish(root: Path, tender: str, reason: str) -> None:
    """Sign the notice: the first of two keys. It is published when a second person approves."""
    person = Person(root)
    notice = person.office.get(f"/office/tenders/{tender}/notice")["notice"]
    _told(person, person.act("tender.published", f"tender/{tender}", {"notice": notice}, reason))


@office.command("pending")
@person_option
@click.option("--json", "as_json", is_flag=True, help="For machines, with the whole bodies.")
@shell.in_words
def pending(root: Path, *, as_json: bool) -> None:
    """List the acts that wait for another signature."""
    listed = Person(root).waiting()
    if not listed and not as_json:
        shell.say("client.nothing_waits")
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False))
        return
    for row in listed:
        click.echo(f"{row['id']}  {row['act']}  {row['subject']}")


@office.command("approve")
@person_option
@reason_option
@click.argument("id_", metavar="ID")
@shell.in_words
def approve(root: Path, id_: str, reason: str) -> None:
    """Sign a waiting act with a second key: it is executed at once. Read it first with `pending --json`."""
    person = Person(root)
    _told(person, person.approve(id_, reason))


@office.command("addendum")
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
    seen = _events(person, f"tender/{tender}")
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
    _told(person, person.act("addendum.issued", f"tender/{tender}", body, reason))


@office.command("answer")
@person_option
@reason_option
@click.argument("tender")
@click.argument("enquiry")
@click.option("--text", required=True)
@shell.in_words
def answer(root: Path, tender: str, enquiry: str, text: str, reason: str) -> None:
    """Answer an enquiry, for everybody."""
    person = Person(root)
    _told(person, person.act("enquiry.answered", f"tender/{tender}", {"enquiry": enquiry, "text": text}, reason))


@office.command("answer-objection")
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
    _told(person, person.act("objection.answered", f"tender/{tender}", body, reason))


@office.command("suspend")
@person_option
@reason_option
@click.argument("tender")
@shell.in_words
def suspend(root: Path, tender: str, reason: str) -> None:
    """Suspend a tender: first of two keys."""
    person = Person(root)
    _told(person, person.act("tender.suspended", f"tender/{tender}", {"reason": reason}, reason))


@office.command("resume")
@person_option
@reason_option
@click.argument("tender")
@click.option("--deadline", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), required=True)
@shell.in_words
def resume(root: Path, tender: str, reason: str, deadline: Any) -> None:  # noqa: ANN401 - click's datetime
    """Resume a suspended tender with this deadline: first of two keys."""
    person = Person(root)
    body: dict[str, Json] = {"reason": reason, "deadline": clock.text(deadline)}
    _told(person, person.act("tender.resumed", f"tender/{tender}", body, reason))


@office.command("terminate")
@person_option
@reason_option
@click.argument("tender")
@shell.in_words
def terminate(root: Path, tender: str, reason: str) -> None:
    """Terminate a tender: first of two keys. Its bids stay shut."""
    person = Person(root)
    _told(person, person.act("tender.terminated", f"tender/{tender}", {"reason": reason}, reason))


@office.command("next-candidate")
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
    _told(person, person.act("lot.next_candidate", f"lot/{tender}/{lot}", body, reason))


@office.command("contract")
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
    _told(person, person.act("lot.contracted", f"lot/{tender}/{lot}", body, reason))


@office.command("award")
@person_option
@reason_option
@click.argument("tender")
@click.argument("lot")
@shell.in_words
def award(root: Path, tender: str, lot: str, reason: str) -> None:
    """Where the notice says `precheck`: sign the award that the evaluation gives."""
    person = Person(root)
    published = [one for one in _events(person, f"lot/{tender}/{lot}") if one["type"] == "lot.candidates_published"]
    if not published:
        raise Refusal("client.no_candidates", lot=lot)
    first = published[-1]["public"]["candidates"][0]
    body: dict[str, Json] = {name: first[name] for name in ("bid_key", "rank", "price_fen")}
    _told(person, person.act("lot.awarded", f"lot/{tender}/{lot}", body, reason))


@office.command("order")
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
    _told(person, person.act("order.issued", f"tender/{tender}", body, reason))


@office.command("act")
@person_option
@reason_option
@click.argument("type_", metavar="TYPE")
@click.argument("subject")
@click.argument("body", type=shell.file())
@shell.in_words
def act(root: Path, type_: str, subject: str, body: Path, reason: str) -> None:
    """Sign any act whose body stands in a JSON file."""
    person = Person(root)
    _told(person, person.act(type_, subject, read_loosely(body), reason))


@office.command("show")
@person_option
@click.argument("tender")
@shell.in_words
def show(root: Path, tender: str) -> None:
    """Show a published tender's streams, event by event."""
    person = Person(root)
    lots: list[str] = []
    for stream in [f"tender/{tender}", *lots]:
        for event in _events(person, stream):
            click.echo(f"{event['at']}  {event['stream']}  {event['version']:3}  {event['type']}")
            notice = cast(dict[str, Any], event["public"]).get("notice")
            if notice:
                lots += [f"lot/{tender}/{row['lot']}" for row in notice["lots"]]


def _events(person: Person, stream: str) -> list[dict[str, Any]]:
    """A stream's public events as the office serves them: for reading, not for believing."""
    return [row["event"] for row in person.office.get(f"/api/streams/{stream}")["events"]]


def _told(person: Person, answer: dict[str, Any]) -> None:
    if answer.get("pending"):
        shell.say("client.act_pending", have=answer["have"], need=answer["need"])
        for row in person.waiting():
            click.echo(f"{row['id']}  {row['act']}  {row['subject']}")
            shell.say("client.act_next", id=row["id"])
    for event in answer.get("events", []):
        shell.say("client.act_done", type=event["type"], stream=event["stream"], version=event["version"])
