"""Drafts of tenders: the notice before it has its key sets. The ledger holds their hashes, we hold the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from bidding.store import keysets, lot_keys
from bidding.store.tables import drafts
from ledger.basics import clock
from ledger.basics.canonical import Json, canonical, parse_object
from ledger.basics.errors import Refusal
from ledger.trust import Trust


@dataclass(frozen=True)
class Draft:
    """A draft. `body`: the notice without `tender`, `party`, `custodians` (ids only here) and what is made for it."""

    tender: str
    party: str
    person: str
    body: dict[str, Json]


def put(conn: sa.Connection, draft: Draft) -> None:
    """Stores a draft, or its next version."""
    values = {"party": draft.party, "person": draft.person, "body": canonical(draft.body).decode("utf-8")}
    known = conn.execute(sa.select(drafts.c.tender).where(drafts.c.tender == draft.tender)).first()
    if known is None:
        conn.execute(sa.insert(drafts).values(tender=draft.tender, **values))
    else:
        conn.execute(sa.update(drafts).where(drafts.c.tender == draft.tender).values(**values))


def get(conn: sa.Connection, tender: str, party: str) -> Draft:
    """A party's own draft; `Refusal("tender.unknown")` for another's as for none."""
    found = find(conn, tender, party)
    if found is None:
        raise Refusal("tender.unknown", tender=tender[:64])
    return found


def find(conn: sa.Connection, tender: str, party: str) -> Draft | None:
    """A party's own draft, None for another's as for none."""
    row = conn.execute(sa.select(drafts).where(drafts.c.tender == tender, drafts.c.party == party)).one_or_none()
    return None if row is None else Draft(row.tender, row.party, row.person, parse_object(row.body.encode("utf-8")))


def notice(conn: sa.Connection, draft: Draft, trust: Trust, interval_ms: int) -> dict[str, Json]:
    """The notice of a draft with everything the platform adds, for two people to read and sign.

    Adds `tender`, `party`, `interval_ms`, the custodians' and contributors' keys, and each lot's `spki` and
    `keysets`. Raises `Refusal("keyset.incomplete", …)` until every custodian has signed every part.
    """
    body = cast(dict[str, Any], draft.body)
    made = keysets.progress(conn, draft.tender)
    spki = lot_keys.spkis(conn, draft.tender)
    lots: list[Json] = []
    for item in body["lots"]:
        lot = str(item["lot"])
        parts = [one for one in made if one.lot == lot]
        for one in parts:
            if one.step != "done":
                raise Refusal("keyset.incomplete", lot=lot, part=one.part, have=len(one.have))
        if not parts or lot not in spki:
            raise Refusal("keyset.incomplete", lot=lot, part="coin", have=0)
        ready: list[Json] = [{"keyset": one.keyset, "signatures": list(one.signatures)} for one in parts]
        lots.append({**item, "spki": spki[lot], "keysets": ready})
    return {
        **body,
        "tender": draft.tender,
        "party": draft.party,
        "interval_ms": interval_ms,
        "custodians": [{"id": one, "key": _custodian(trust, one)} for one in sorted(body["custodians"])],
        "contributors": [{"party": one, "key": _contributor(trust, one)} for one in sorted(body["contributors"])],
        "lots": lots,
    }


def ask_keysets(draft: Draft) -> tuple[list[str], list[str], int, str]:
    """`(lots, custodians, t, deadline)` of a draft: what its key sets are asked with."""
    body = cast(dict[str, Any], draft.body)
    deadline = body["published_for"]["deadline"]
    clock.parse_time(deadline, "published_for.deadline")
    return [str(one["lot"]) for one in body["lots"]], [str(one) for one in body["custodians"]], body["t"], deadline


def _custodian(trust: Trust, custodian: str) -> str:
    if custodian not in trust.custodians:
        raise Refusal("custodian.unknown", custodian=custodian[:64])
    return trust.custodians[custodian].key


def _contributor(trust: Trust, party: str) -> str:
    if party not in trust.contributors:
        raise Refusal("contributor.unknown", party=party[:64])
    return trust.contributors[party]
