"""The bidder's commands until its bid is sealed: setup, secret, keys, take-tickets, fill, sign, countersign, seal."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click

from bidding import statement as statements
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical, members
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import system_entropy
from ledger.files import write_atomically
from ledger.sealed import backup
from web import words
from web.cli import shell
from web.cli.bid import draft as drafts
from web.cli.bid import sealing
from web.cli.bid.draft import Draft
from web.cli.bid.home import PASSPHRASE, PERSON, SEAL, Home, Settings, read_loosely
from web.cli.bid.job import Job

F = TypeVar("F", bound=Callable[..., Any])

_DEFAULT: Final = "~/.mingjing"


def home_option(command: F) -> F:
    """`--home`: the bidder's own folder."""
    return click.option(
        "--home",
        "root",
        type=shell.folder(),
        envvar="MINGJING_HOME",
        default=lambda: Path(os.path.expanduser(_DEFAULT)),  # noqa: PTH111 - click wants the value when it runs
        help=f"Your own folder (else $MINGJING_HOME, else {_DEFAULT}).",
    )(command)


def lot_arguments(command: F) -> F:
    """`TENDER LOT`."""
    return click.argument("tender")(click.argument("lot")(command))


@click.command()
@home_option
@click.option("--office", help="The office's address.")
@click.option("--box", help="The box's address.")
@click.option("--party", help="The id under which the centre registered the organisation.")
@click.option("--token-file", type=shell.file(), help="The token that the centre gave.")
@click.option("--registration", type=shell.file(), help="What `office add-party` printed: id and token in one file.")
@click.option("--trust", type=shell.file(), help="The trust file, from elsewhere than the platform.")
@shell.in_words
def setup(  # one option each
    root: Path,
    office: str | None,
    box: str | None,
    party: str | None,
    token_file: Path | None,
    registration: Path | None,
    trust: Path | None,
) -> None:
    """Say where the platform is, who you are, and whose keys you trust."""
    home = Home(root)
    with home.alone():
        try:
            old = home.settings()
        except Refusal:
            old = Settings("", "", "")
        given = members(read_loosely(registration), "party token") if registration else {}
        party = str(given["party"]) if party is None and given else party
        home.put_settings(Settings(office or old.office, box or old.box, old.party if party is None else party))
        if token_file is not None or given:
            home.put_token(token_file.read_text("utf-8") if token_file else str(given["token"]))
        if trust is not None:
            shell.say("client.trust_taken", fingerprint=home.put_trust(trust.read_bytes()).fingerprint)
    shell.say("client.set_up", folder=str(root))


@click.group()
def secret() -> None:
    """The bidding secret: from it come all tickets and bid keys."""


@secret.command("new")
@home_option
@shell.in_words
def _new(root: Path) -> None:
    """Make the secret; its 24 backup words are shown this once. $MINGJING_PASSPHRASE encrypts it."""
    made = system_entropy(32)
    home = Home(root)
    with home.alone():
        home.put_secret(made)
    _show_words(made)
    if not os.environ.get(PASSPHRASE):
        shell.say("client.secret_plain")


@secret.command("show")
@home_option
@shell.in_words
def _show(root: Path) -> None:
    """Show the backup words again."""
    _show_words(Home(root).secret())


@secret.command("restore")
@home_option
@click.option("--words-file", type=shell.file(), help="The 24 words; else they are asked for.")
@shell.in_words
def _restore(root: Path, words_file: Path | None) -> None:
    """Make the secret again from its backup words, on another machine for instance."""
    text = words_file.read_text("utf-8") if words_file else str(click.prompt("24", hide_input=True))
    home = Home(root)
    with home.alone():
        home.put_secret(backup.from_words(text))
    shell.say("client.secret_restored")


@click.command()
@home_option
@shell.in_words
def keys(root: Path) -> None:
    """Make the organisation's seal key and its person's key; print what the centre registers."""
    home = Home(root)
    with home.alone():
        made = {}
        for name in (SEAL, PERSON):
            try:
                made[name] = home.key(name)
            except Refusal as why:
                if why.code != "key.missing":
                    raise
                made[name] = home.make_key(name)
    public = {name: signing.public_bytes(key).hex() for name, key in made.items()}
    click.echo(json.dumps({"seal_key": public[SEAL], "person_key": public[PERSON]}))


@click.command("take-tickets")
@home_option
@shell.in_words
def take_tickets(root: Path) -> None:
    """Take a ticket for every open lot, whether or not you will bid: so having one says nothing."""
    job = Job(Home(root))
    with job.home.alone():
        listed = job.office.get("/office/tickets")["lots"]
        taken = sum(job.take_ticket(str(row["tender"]), str(row["lot"])) for row in listed)
    shell.say("client.tickets", new=taken, all=len(listed))


@click.command()
@lot_arguments
@home_option
@click.option("--set", "given", multiple=True, metavar="QUESTION=VALUE", help="An answer; again for more.")
@click.option("--unset", "removed", multiple=True, metavar="QUESTION", help="Take an answer out.")
@click.option("--answers", type=shell.file(), help='Answers from a TOML or JSON file: question = "value".')
@click.option(
    "--file", "files", multiple=True, metavar="[PART:]PATH", help="A file of the bid (part offer unless named)."
)
@click.option(
    "--partner", "partners", multiple=True, metavar="CODE:SHARE", help="Joint bid: every party, the lead first."
)
@shell.in_words
def fill(
    tender: str,
    lot: str,
    root: Path,
    given: tuple[str, ...],
    removed: tuple[str, ...],
    answers: Path | None,
    files: tuple[str, ...],
    partners: tuple[str, ...],
) -> None:
    """Write the bid: answers and files. All that is wrong is listed; nothing that was typed is lost."""
    job = Job(Home(root))
    with job.home.alone():
        form = job.known(tender).form(lot)
        draft = job.draft(tender, lot)
        typed = {**(_answers(answers) if answers else {}), **dict(_pair(one, "=") for one in given)}
        draft = drafts.with_answers(draft, form, typed, removed)
        if partners:
            draft = _with_partners(draft, partners)
        draft.save()
        for one in files:
            part, path = _pair(one, ":") if one.startswith(("identity:", "offer:")) else ("offer", one)
            if not Path(path).is_file():
                raise Refusal("bid.no_such_file", file=path)
            drafts.take_file(draft, part, Path(path))
        wrong = drafts.problems(draft, form)
    for problem in wrong:
        click.echo(f"  {problem.question}: {words.say(problem.code, problem.params, shell.lang())} [{problem.code}]")
    if wrong:
        raise Refusal("bid.answers_wrong", count=len(wrong))
    shell.say("client.filled", tender=tender, lot=lot, seq=draft.seq)


@click.command()
@lot_arguments
@home_option
@click.option("--print-hash", is_flag=True, help="Only write the statement and print what a dongle has to sign.")
@click.option("--cms-seal", type=shell.file(), help="Detached CMS of the seal's certificate over to-sign.bin.")
@click.option("--cms-person", type=shell.file(), help="Detached CMS of the person's certificate over to-sign.bin.")
@click.option("--add", "added", type=shell.file(), multiple=True, help="A partner's entry, made by `countersign`.")
@shell.in_words
def sign(  # one option each
    tender: str,
    lot: str,
    root: Path,
    *,
    print_hash: bool,
    cms_seal: Path | None,
    cms_person: Path | None,
    added: tuple[Path, ...],
) -> None:
    """Sign the bid's statement: with the registered keys, or by certificate; partners' entries are added."""
    job = Job(Home(root))
    with job.home.alone():
        draft = job.draft(tender, lot)
        if not added and (cms_seal is None) and (cms_person is None):
            job.sign(draft)
        if print_hash:
            path = draft.work / "to-sign.bin"
            click.echo(f"{H(path.read_bytes()).hex()}  {path}")
            return
        if cms_seal is not None and cms_person is not None:
            sealing.put_entry(
                draft, sealing.cms_entry(job.bidder.party.party, cms_seal.read_bytes(), cms_person.read_bytes())
            )
        elif cms_seal is not None or cms_person is not None:
            raise Refusal("bid.two_signatures")
        elif not added:
            job.sign_own(draft)
        for path in added:
            job.take_entry(draft, read_loosely(path))
    shell.say("client.signed", statement=str(draft.work / "statement.json"))


@click.command()
@home_option
@click.argument("statement", type=shell.file())
@click.option("--out", type=shell.file(must_exist=False), required=True, help="Where our entry is written.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@shell.in_words
def countersign(root: Path, statement: Path, out: Path, *, yes: bool) -> None:
    """As a partner of a joint bid, sign the statement that the lead sent."""
    job = Job(Home(root))
    with job.home.alone():
        given = read_loosely(statement)
        # A lead's browser puts its own signatures around it.
        value = cast(dict[str, Json], given.get("statement", given))
        # What is signed is built again from what was read and shown; nobody signs bytes of somebody else's.
        listed = cast(list[dict[str, str]], value.get("parties", []))
        for row in listed:
            click.echo(f"  {row.get('role')}  {row.get('uscc')}  {row.get('share')} %")
        if job.bidder.party.uscc not in [row.get("uscc") for row in listed]:
            raise Refusal("bid.not_a_party", party=job.settings.party)
        if not yes:
            click.confirm(words.say("client.countersign", {"lot": str(value.get("lot"))}, shell.lang()), abort=True)
        statements.to_sign(value)
        entry = sealing.own_entry(value, job.settings.party, job.home.key(SEAL), job.home.key(PERSON))
        registration = job.reader.registration(job.settings.party)
        write_atomically(out, canonical({**entry, "registration": registration}) + b"\n")
    shell.say("client.countersigned", file=str(out))


@click.command()
@lot_arguments
@home_option
@shell.in_words
def seal(tender: str, lot: str, root: Path) -> None:
    """Seal the signed bid to the custodians of the witnessed notice. Nothing leaves this machine yet."""
    job = Job(Home(root))
    with job.home.alone():
        draft = job.draft(tender, lot)
        known = job.known(tender)
        # From here on nothing is asked of the platform: what is sealed is said to be, whoever was killed meanwhile.
        sealed = job.seal(draft, known)
    keyset = known.lot(lot).keyset("offer")
    names = "、" if shell.lang() == "zh" else ", "
    trust = job.home.trust()
    told = names.join(trust.custodians[id_].name[shell.lang()] for id_ in keyset.ids)
    shell.say("client.sealed", t=keyset.t, n=keyset.n, custodians=told, opens=shell.when(keyset.conditions.not_before))
    shell.say("client.sealed_as", sha256=sealed.submission.sha256, seq=draft.seq)


def _show_words(made: bytes) -> None:
    shell.say("client.write_words_down")
    listed = backup.to_words(made)
    for start in range(0, len(listed), 6):
        click.echo("  " + "  ".join(f"{n + 1:2d} {listed[n]:<10}" for n in range(start, start + 6)).rstrip())


def _pair(text: str, separator: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found:
        raise click.UsageError(f"NAME{separator}VALUE: {text}")
    return name, value


def _answers(path: Path) -> dict[str, str]:
    """Answers of a file; numbers and booleans of TOML and JSON are refused, since an answer is its exact spelling."""
    if path.suffix == ".json":
        value: dict[str, Any] = dict(read_loosely(path))
    else:
        try:
            value = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise Refusal("home.not_json", file=str(path), why=str(exc)[:200]) from exc
    for name, answer in value.items():
        if not isinstance(answer, str):
            raise Refusal("form.not_text", question=str(name)[:64])
    return cast(dict[str, str], value)


def _with_partners(draft: Draft, partners: tuple[str, ...]) -> Draft:
    return Draft(
        draft.folder, draft.tender, draft.lot, draft.seq, draft.answers, tuple(_pair(one, ":") for one in partners)
    )
