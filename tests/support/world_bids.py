"""The bidders of a test's world, and everything they can do wrong."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bidding import statement
from bidding.submission import PARTS, Submission, Withdrawal, object_of
from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.basics.hashing import H
from ledger.sealed import tickets
from ledger.sealed.content import encrypt
from ledger.sealed.seal import Content, Seal, content_keys, context, seal_secret
from tests.support.world_log import LOT, TENDER, Bid, Org
from tests.support.world_platform import Platform

HeaderEdit = Callable[[str, dict[str, Json]], dict[str, Json]]
SealEdit = Callable[[str, Seal], Seal]
Signer = Callable[[dict[str, Json], "Org"], dict[str, Json]]


class Bidders(Platform):
    """A platform with bidders."""

    def answers(self, price: str = "800000", **other: str) -> dict[str, str]:
        """Answers that the form takes; names with `_` for `-`."""
        return {
            "price": price,
            "safety-licence": "yes",
            "grade": "first",
            "duration": "300",
            "warranty": "2.5",
            "similar-works": "4",
            **{name.replace("_", "-"): value for name, value in other.items()},
        }

    def bid(  # a bid can go wrong in as many ways as it has parts
        self,
        *orgs: Org,
        answers: Mapping[str, Json] | None = None,
        files: Mapping[str, Mapping[str, bytes]] | None = None,
        shares: Sequence[str] | None = None,
        seq: int = 1,
        terms: str | None = None,
        ticket: tickets.Ticket | None = None,
        sign: Signer | None = None,
        edit_header: HeaderEdit = lambda _part, header: header,
        edit_statement: Callable[[dict[str, Json]], dict[str, Json]] = lambda made: made,
        edit_seal: SealEdit = lambda _part, seal: seal,
        edit_plain: Callable[[str, bytes], bytes] = lambda _part, plain: plain,
    ) -> Bid:
        """A sealed bid of these organisations, the lead first.

        `files`: part → name → bytes (the offer has one small file, a joint bid its agreement, unless given); `sign`:
        the entry of an organisation in `signatures`; `edit_header`: each part's header before it is hashed and
        signed; `edit_statement`: before it is signed; `edit_plain`: the bytes of a form before they are encrypted;
        `edit_seal`: a seal before it is submitted.
        """
        lead = orgs[0]
        key = tickets.bid_key(lead.secret, TENDER, LOT)
        bid_key = signing.public_bytes(key)
        held = files or {
            "identity": {"agreement.pdf": b"we bid together"} if len(orgs) > 1 else {},
            "offer": {"schedule.txt": b"ten months\n" * 100},
        }
        headers: dict[str, dict[str, Json]] = {}
        for part in PARTS:
            form: Mapping[str, Json] = {} if part == "identity" else dict(answers or self.answers())
            headers[part] = edit_header(part, self._header(part, form, held.get(part, {})))
        about: dict[str, Json] = {
            "tender": TENDER,
            "lot": LOT,
            "bid_key": bid_key.hex(),
            "seq": seq,
            "terms": terms or self.terms,
        }
        split = shares or (["100"] if len(orgs) == 1 else ["60", *["40"] * (len(orgs) - 1)])
        listed = [(org.party.uscc, share) for org, share in zip(orgs, split, strict=True)]
        made = edit_statement(statement.build(about, self.request(lead).blind_seed, headers, listed))
        signer = sign or self.signatures
        headers["identity"] = {
            **headers["identity"],
            "statement": made,
            "signatures": [entry for org in orgs if (entry := signer(made, org))],
        }
        seals: dict[str, Seal] = {}
        secrets: dict[str, bytes] = {}
        ciphertexts: dict[str, bytes] = {}
        for part in PARTS:
            plain = edit_plain(part, canonical(headers[part]))
            seal, secrets[part], blobs = self._seal(part, bid_key, plain, held.get(part, {}))
            seals[part] = edit_seal(part, seal)
            ciphertexts |= blobs
        obj = object_of(TENDER, LOT, bid_key.hex(), ticket or self.ticket(lead), seq, str(about["terms"]), seals)
        submission = Submission.parse(signing.sign("submission", obj, key))
        bid = Bid(orgs, key, submission, headers, secrets, held, ciphertexts)
        self.bids[bid.sha256] = bid
        self.blobs |= ciphertexts
        return bid

    def signatures(self, made: dict[str, Json], org: Org) -> dict[str, Json]:
        """An organisation's entry, signed with its registered keys."""
        seal, person = statement.key_signature(made, org.seal), statement.key_signature(made, org.person)
        return statement.entry(org.party.party, seal, person)

    def withdrawal(self, bid: Bid, seq: int) -> Withdrawal:
        """A bid's withdrawal."""
        sub = bid.submission
        obj: dict[str, Json] = {"tender": sub.tender, "lot": sub.lot, "bid_key": sub.bid_key, "seq": seq}
        return Withdrawal.parse(signing.sign("withdrawal", obj, bid.key))

    def _header(self, part: str, form: Mapping[str, Json], files: Mapping[str, bytes]) -> dict[str, Json]:
        rows: list[Json] = [{"name": name, "size": len(data), "sha256": H(data).hex()} for name, data in files.items()]
        return {
            "part": part,
            "salt": self.dice(32).hex(),
            "form": dict(form),
            "files": rows,
            "client": {"tool": "world"},
        }

    def _seal(
        self, part: str, author: bytes, form: bytes, files: Mapping[str, bytes]
    ) -> tuple[Seal, bytes, dict[str, bytes]]:
        secret, n16, made = self.dice(32), self.dice(16), self.keysets[part]
        ctx = context(made.kid, author, n16)
        blobs: dict[str, bytes] = {}
        contents: list[Content] = []
        for key, plain in zip(content_keys(secret, ctx), (form, b"".join(files.values())), strict=True):
            sink = io.BytesIO()
            contents.append(encrypt(key, ctx, [plain], len(plain), sink))
            blobs[contents[-1].sha256.hex()] = sink.getvalue()
        return seal_secret(made, author, secret, n16, contents[0], contents[1]), secret, blobs


def broken_capsule(place: int = 1) -> SealEdit:
    """An edit that makes one capsule of the identity seal useless: void, whatever quorum opens it."""

    def edit(part: str, seal: Seal) -> Seal:
        if part != "identity":
            return seal
        capsules = list(seal.capsules)
        capsules[place - 1] = bytes(len(capsules[place - 1]))
        return replace(seal, capsules=tuple(capsules))

    return edit
