"""`mingjing office …`: the tenderee's, agency's, centre's and supervisor's commands. Acts are signed where they run."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, cast

import click

from bidding.profiles import packaged_profiles
from evaluation.rules import templates
from ledger import trust as trusts
from ledger.basics import clock, signing
from ledger.basics.canonical import members
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import new_id
from ledger.files import write_atomically
from web import words
from web.cli import acts, shell
from web.cli.bid.home import read_loosely
from web.cli.desk import drafting
from web.cli.desk import example as examples
from web.cli.desk.person import Person
from web.cli.desk.telling import events_of, person_option, reason_option, show_act, told

_BETWEEN: Final = 0.5
_PROFILES: Final = tuple(sorted({profile.id for profile in packaged_profiles().values()}))


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
    made = person.office.send(method, path, built.body, once="" if tender else new_id())
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
    told(person, person.act("tender.published", f"tender/{tender}", {"notice": notice}, reason))


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
        show_act(row)


@office.command("approve")
@person_option
@reason_option
@click.argument("id_", metavar="ID")
@shell.in_words
def approve(root: Path, id_: str, reason: str) -> None:
    """Sign a waiting act with a second key: it is executed at once. Read it first with `pending --json`."""
    person = Person(root)
    told(person, person.approve(id_, reason))


@office.command("show")
@person_option
@click.argument("tender")
@shell.in_words
def show(root: Path, tender: str) -> None:
    """Show a published tender's streams, event by event."""
    person = Person(root)
    lots: list[str] = []
    for stream in [f"tender/{tender}", *lots]:
        for event in events_of(person, stream):
            click.echo(f"{event['at']}  {event['stream']}  {event['version']:3}  {event['type']}")
            notice = cast(dict[str, Any], event["public"]).get("notice")
            if notice:
                lots += [f"lot/{tender}/{row['lot']}" for row in notice["lots"]]


for _command in acts.COMMANDS:
    office.add_command(_command)
