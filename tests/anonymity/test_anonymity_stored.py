"""Before the roll nothing that the platform stores or logs holds a price, an answer, or whose bid it is.

The swap: two platforms with the same seeds; in the second, organisations A and B have changed places (each has the
other's bidding secret and hands in the other's bids; one of them stays away from a lot). Everything stored must be the
same byte for byte, but for what `OFFICE_ROWS` names and explains. For the box there are no exceptions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.basics.canonical import canonical
from tests.support.platform import DEADLINE, LOTS, ROLES, Bid, Platform, platform, spellings
from tests.support.town import INTERVAL

# No other text of a platform has these: what is found is a leak and no accident.
PRICES: Final = {"first": "817263.54", "replaced": "806152.43", "second": "904857.61", "third": "795041.32"}
ANSWERS: Final = {"duration": "2817", "warranty": "3.719", "similar-works": "463"}
ENQUIRY: Final = "Does the ceiling hold value-added tax?"


def scene(made: Platform, *, swapped: bool, prepared: dict[str, Bid] | None = None) -> dict[str, Bid]:
    """Four organisations take all tickets; one replaces its bid, one withdraws and stays away from the first lot.

    `prepared`: the bids as another platform sealed them, as no seed fixes the content cipher's own salt.
    """
    made.open(firms=4)
    ann, bob, cid = (made.firm(number) for number in (1, 2, 3))
    if swapped:
        ann.secret, bob.secret = bob.secret, ann.secret
    made.take_all_tickets()
    made.wait(INTERVAL)
    active, shy = (bob, ann) if swapped else (ann, bob)
    made.terms()  # every client reads the notice before it seals
    bids = prepared or {
        "first": made.seal_bid(active, PRICES["first"], answers=ANSWERS),
        "other lot": made.seal_bid(active, PRICES["first"], lot=LOTS[1], answers=ANSWERS),
        "replaced": made.seal_bid(active, PRICES["replaced"], seq=2, answers=ANSWERS),
        "second": made.seal_bid(shy, PRICES["second"], lot=LOTS[1], answers=ANSWERS),
        "third": made.seal_bid(cid, PRICES["third"], answers=ANSWERS),
    }
    for firm, name in ((active, "first"), (shy, "second"), (active, "other lot"), (cid, "third")):
        assert bids[name].sealed.ticket == firm.tickets[bids[name].lot], "the box sees the same ticket from either"
        made.hand_in(firm, bids[name])
    made.wait(INTERVAL)
    made.hand_in(active, bids["replaced"])
    made.take_back(shy, bids["second"], 2)
    made.wait(INTERVAL)
    with made.as_client(active):
        letter = canonical({"tender": made.tender, "lot": LOTS[0], "text": ENQUIRY})
        sent = made.call_box(bids["first"].sealed, "POST", "/box/enquiries", letter, ticket=LOTS[0])
        assert sent.status_code == 201, sent.text
    made.until(DEADLINE - timedelta(seconds=1))
    return bids


@dataclass(frozen=True)
class Stored:
    """What one platform held just before the deadline."""

    tables: dict[str, list[dict[str, Any]]]
    files: dict[str, bytes]
    log: list[dict[str, Any]]
    blinded: dict[tuple[str, str], str] = field(default_factory=dict)


def stored(made: Platform) -> Stored:
    tables = made.tables()
    blinded = {(row["party"], row["lot"]): row["blinded_message"] for row in tables["issuances"]}
    # A line's clock and duration are the machine's, its request's number is drawn to name the line and nothing else.
    log = [{k: v for k, v in line.items() if k not in ("at", "ms", "request")} for line in made.log.lines()]
    # The configuration holds the addresses of the databases and of its own folder: the test's choice.
    files = {name: data for name, data in made.files().items() if name != "platform.toml"}
    return Stored(tables, files, log, blinded)


def as_roles(url: str) -> dict[str, str]:
    """The database's address for each process: on PostgreSQL under the role of that process."""
    if url.startswith("sqlite"):
        return {}
    return {role: f"{url}&options=-c%20role%3Dmingjing_{role}" for role in ROLES}


@dataclass(frozen=True)
class First:
    """A platform in which A is active and B shy, kept open for looking; `stored`: as it was before anybody looked."""

    made: Platform
    bids: dict[str, Bid]
    stored: Stored


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    with platform(tmp_path_factory.mktemp("first")) as made:
        bids = scene(made, swapped=False)
        yield First(made, bids, stored(made))


# --- the swap ---------------------------------------------------------------------------------------------------------

# Table → columns that may differ, and why. Everything else may not.
OFFICE_ROWS: Final = {
    # A's row holds the blinded message of the secret that A uses: B's in the other world. Blinded, it says nothing.
    "issuances": {"blinded_message"},
    # The same message in the organisation's signed request, with the leaf that commits to it (streams issuance/…).
    "events": {"body", "leaf"},
    # That leaf as an entry of the tree, and every hash over it.
    "entries": {"bytes"},
    "tree": {"frontier"},
    "tree_nodes": {"hash"},
    "checkpoints": {"root", "note"},
    "cosignatures": {"line"},
}
# Files that hold those entries and hashes.
OFFICE_FILES: Final = ("log/tile/", "log/signed")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def swapped(
    request: pytest.FixtureRequest, first: First, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Stored, Stored]:
    """The two platforms, on either database; on PostgreSQL each process under its own role."""
    if request.param == "sqlite":
        with platform(tmp_path_factory.mktemp("swapped")) as other:
            scene(other, swapped=True, prepared=first.bids)
            return first.stored, stored(other)
    cluster = request.getfixturevalue("postgres")
    found = []
    for places in (False, True):
        database = cluster.create()
        url = cluster.url(database)
        with platform(tmp_path_factory.mktemp("swapped"), url, urls=as_roles(url)) as other:
            scene(other, swapped=places, prepared=first.bids)
            found.append(stored(other))
        cluster.drop(database)
    return found[0], found[1]


def test_two_accounts_swapped_store_the_same_bytes(swapped: tuple[Stored, Stored]) -> None:
    one, two = swapped
    assert one.tables.keys() == two.tables.keys()
    differing = {
        (table, column)
        for table, rows in one.tables.items()
        for mine, yours in zip(rows, two.tables[table], strict=True)
        for column in mine
        if mine[column] != yours[column]
    }
    allowed = {(table, column) for table, columns in OFFICE_ROWS.items() for column in columns}
    assert differing <= allowed
    assert ("issuances", "blinded_message") in differing, "the accounts were not swapped at all"
    # Of the events, those of issuances differ and no other.
    for mine, yours in zip(one.tables["events"], two.tables["events"], strict=True):
        assert mine == yours or mine["stream"].startswith("issuance/")

    assert one.files.keys() == two.files.keys()
    assert {name: len(data) for name, data in one.files.items()} == {n: len(data) for n, data in two.files.items()}
    changed = {name for name, data in one.files.items() if data != two.files[name]}
    assert {name for name in changed if not name.startswith(OFFICE_FILES)} == set()
    assert one.log == two.log


def test_what_differs_is_the_two_blinded_messages_in_each_others_place(
    first: First, swapped: tuple[Stored, Stored]
) -> None:
    one, two = swapped
    ann, bob = first.made.firm(1).party, first.made.firm(2).party
    for lot in LOTS:
        assert one.blinded[ann, lot] == two.blinded[bob, lot]
        assert one.blinded[bob, lot] == two.blinded[ann, lot]
    others = [place for place in one.blinded if place[0] not in (ann, bob)]
    assert others
    assert all(one.blinded[place] == two.blinded[place] for place in others)


def test_the_box_stores_the_same_without_exception(swapped: tuple[Stored, Stored]) -> None:
    one, two = swapped
    tables = [name for name in one.tables if name.startswith("box_")]
    assert {"box_lots", "box_uploads", "box_submissions", "box_letters", "box_nonces"} <= set(tables)
    for name in tables:
        assert one.tables[name] == two.tables[name], name
    minutes = [[row for row in world.tables["events"] if row["stream"] == "box"] for world in (one, two)]
    assert minutes[0]
    assert minutes[0] == minutes[1]
    for folder in ("blobs/", "access-log/"):
        own = [{n: data for n, data in world.files.items() if n.startswith(folder)} for world in (one, two)]
        assert own[0], folder
        assert own[0] == own[1], folder
    lines = [[line for line in world.log if line["logger"] == "mingjing.box"] for world in (one, two)]
    assert lines[0] == lines[1]


def test_bids_that_name_their_own_bidders_differ_in_hashes_only(first: First, tmp_path: Path) -> None:
    # Above, the sealed bytes are the same, as they are sealed once. Here each world seals its own.
    with platform(tmp_path) as other:
        scene(other, swapped=True)
        one, two = first.stored, stored(other)
    for name in one.tables:
        mine, yours = ([{c: _shape(v) for c, v in row.items()} for row in w.tables[name]] for w in (one, two))
        # Rows stand in the order of their keys; where a key is a hash, that order is nobody's.
        assert sorted(mine, key=str) == sorted(yours, key=str), name
    assert sorted(len(data) for data in one.files.values()) == sorted(len(data) for data in two.files.values())
    assert one.log == two.log


def _shape(value: object) -> object:
    """A value with its hex digits levelled: what is left are lengths, names, times and numbers."""
    if isinstance(value, bytes):
        try:
            return _walk(json.loads(value))
        except ValueError:
            return f"{len(value)} bytes"
    if isinstance(value, str) and value.startswith(("[", "{")):
        return _walk(json.loads(value))
    return _walk(value)


def _walk(value: object) -> object:
    if isinstance(value, dict):
        return {name: _walk(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_walk(one) for one in value]
    hexadecimal = isinstance(value, str) and len(value) >= 32 and not value.strip("0123456789abcdef")
    base64 = isinstance(value, str) and ("\n" in value or value.startswith("— "))  # a note, or a signature's line
    return f"{len(str(value))} digits" if hexadecimal or base64 else value


# --- the content ------------------------------------------------------------------------------------------------------


def everything(made: Platform) -> Iterator[tuple[str, bytes]]:
    """(where, bytes) of all that the platform stores and logs: tables, files (the database's too), logs."""
    for table, rows in made.tables().items():
        for row in rows:
            for column, value in row.items():
                yield f"{table}.{column}", value if isinstance(value, bytes) else str(value).encode()
    yield from made.files(databases=True).items()
    yield "logs", made.log.text.encode()


def secrets_of(bids: dict[str, Bid]) -> dict[str, bytes]:
    """What only bidders know, by name: prices in yuan and fen, answers, secrets, salts, what files say."""
    found = {f"{name}: {what}": secret for name, bid in bids.items() for what, secret in bid.secrets.items()}
    for name, price in PRICES.items():
        whole, cents = price.split(".")
        found |= {
            f"{name}: fen": (whole + cents).encode(),
            f"{name}: grouped": f"{int(whole):,}.{cents}".encode(),
            f"{name}: whole yuan": whole.encode() + b".",
            f"{name}: 万元": f"{int(whole) / 10_000:.4f}".encode(),
        }
    return found


def test_nothing_stored_or_logged_before_the_roll_holds_a_price_an_answer_or_a_secret(first: First) -> None:
    made, bids = first.made, first.bids
    provoke(made, bids)
    secrets = secrets_of(bids)
    assert {"first: price", "first: answer duration", "first: bidding secret", "first: file content"} <= secrets.keys()
    assert sum("random" in name for name in secrets) >= len(bids) * 4, "salts and seal secrets were not collected"
    places = list(everything(made))
    haystack = b"\0".join(data for _, data in places)
    found = {
        (what, spelling, next(where for where, data in places if needle in data))
        for what, secret in secrets.items()
        for spelling, needle in spellings(secret)
        if needle in haystack
    }
    assert found == set()


def test_the_search_would_find_a_leak(first: First) -> None:
    made, bids = first.made, first.bids
    haystack = b"\0".join(data for _, data in everything(made))
    # The bid key is public: it stands in the box's tables as hex, so a needle that is there is found.
    public = bids["first"].sealed.envelope["key"]
    assert isinstance(public, str)
    assert {name for name, needle in spellings(bytes.fromhex(public)) if needle in haystack} >= {"hex"}
    for name, needle in spellings(b"817263.54"):
        whole = {"raw": b"817263.54", "base64+0": b"ODE3MjYzLjU0", "utf-16-le": "817263.54".encode("utf-16-le")}
        assert needle in whole.get(name, needle)


def test_the_box_knows_no_account(first: First) -> None:
    made = first.made
    rows = [row for name, rows in made.tables().items() if name.startswith("box_") for row in rows]
    data = b"\0".join(
        value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row.values()
    )
    data += b"\0".join(found for name, found in made.files().items() if name.startswith(("blobs/", "access-log/")))
    data += json.dumps(made.log.lines("mingjing.box")).encode()
    for name, firm in made.bidders.items():
        for known in (name, firm.party, firm.uscc, firm.token, firm.seal.public_key().public_bytes_raw().hex()):
            assert known.encode() not in data, f"{name}: {known}"


def test_the_offices_own_log_names_no_bid(first: First) -> None:
    made, bids = first.made, first.bids
    lines = json.dumps(made.log.lines("mingjing.office", "mingjing.worker"))
    for bid in bids.values():
        assert str(bid.sealed.envelope["key"]) not in lines
        assert bid.sealed.sha256 not in lines


def provoke(made: Platform, bids: dict[str, Bid]) -> None:
    """Requests that go wrong with secrets in them: what is refused must not be written down either."""
    bid = bids["third"]
    price = PRICES["third"]
    firm = made.firm(3)
    with made.as_client(firm):
        for body in (price.encode(), canonical({"price": price}), canonical({**bid.sealed.envelope, "price": price})):
            for path in ("/box/submissions", "/box/withdrawals", "/box/enquiries", "/box/objections"):
                assert made.call_box(bid.sealed, "POST", path, body, ticket=LOTS[0]).status_code >= 400
        for path in (f"/box/bids/{price}/{price}", f"/box/files/{price}", f"/box/uploads/{price}", f"/{price}"):
            made.call_box(bid.sealed, "GET", path)
        made.call_box(bid.sealed, "POST", "/box/uploads", ticket=LOTS[0], Tus_Resumable="1.0.0", Upload_Length=price)
    assert made.box.post("/box/submissions", data=price, headers={"Mingjing-Request": price}).status_code >= 400
    for path in (f"/api/tenders?q={price}", f"/api/tenders/{price}", f"/api/streams/{price}", f"/{price}"):
        made.ask("GET", path, token=firm.token)
    for path in ("/office/tickets", "/office/rehearsals", "/office/acts", "/custody/releases"):
        assert made.ask("POST", path, {"price": price}, token=firm.token).status_code >= 400
    assert made.ask("POST", "/office/tickets", token=firm.token, data=price.encode()).status_code >= 400
