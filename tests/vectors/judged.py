"""The vectors of what is decided: verdicts on seals, and postponements."""

from __future__ import annotations

import dataclasses

from ledger.basics import signing
from ledger.basics.canonical import Json
from ledger.sealed import content, hpke, keyset, opening, postpone, seal
from tests.vectors.fixed import IDS, author, fixed, keyset_of


def broken_capsule(sealed: seal.Seal, place: int) -> seal.Seal:
    """The seal with one capsule that does not open."""
    capsules = list(sealed.capsules)
    capsules[place - 1] = capsules[place - 1][:-1] + bytes([capsules[place - 1][-1] ^ 1])
    return dataclasses.replace(sealed, capsules=tuple(capsules))


def crooked(made: keyset.Keyset, author_key: bytes, sealed: seal.Seal) -> tuple[seal.Seal, dict[str, bytes]]:
    """A seal whose capsules and checks agree, but whose shares lie on no polynomial of degree t − 1."""
    ctx = seal.context(made.kid, author_key, sealed.n16)
    shares = {id_: fixed(f"crooked {id_}") for id_ in made.ids}
    capsules, checks = [], []
    for place, (id_, key) in enumerate(zip(made.ids, made.keys, strict=True), 1):
        info = b"mingjing/capsule/v1\0" + ctx + bytes([place])
        capsules.append(hpke.seal(key, info, shares[id_], hpke.derive_key_pair(fixed(f"ephemeral {id_}"))))
        checks.append(seal.check_of(ctx, place, shares[id_]))
    return dataclasses.replace(sealed, capsules=tuple(capsules), checks=tuple(checks)), shares


def verdict_json(found: opening.Verdict) -> Json:
    """A verdict as the vectors write it."""
    out: dict[str, Json] = {"verdict": type(found).__name__.lower(), "false_shares": list(found.false_shares)}
    if isinstance(found, opening.Void):
        return {**out, "reason": found.reason}
    out["cried_bad"] = list(found.cried_bad)
    if isinstance(found, opening.Open):
        return {**out, "secret": found.secret.hex()}
    if isinstance(found, opening.Waiting):
        return {**out, "absent": list(found.absent), "shares": found.shares}
    return out


def verdict_vectors() -> Json:
    """Seals, answers and seeds, and the verdict on each."""
    groups: list[Json] = []
    for part in ("identity", "coin"):
        made, seeds = keyset_of(part)
        key, secret = signing.public_bytes(author()), fixed(f"s {part}")
        named = seal.Content(content.ciphertext_size(0), fixed("form")) if part == "identity" else None
        honest = seal.seal_secret(made, key, secret, fixed("n16", 16), named, named)
        bent, bent_shares = crooked(made, key, honest)
        ctx = seal.context(made.kid, key, honest.n16)
        shares = {
            id_: seal.open_capsule(honest, ctx, made.place(id_), keyset.custodian_key(seeds[id_])) for id_ in made.ids
        }
        cases: list[tuple[str, seal.Seal, str, tuple[str, ...]]] = [
            ("three shares", honest, "sss..", ()),
            ("another three", honest, "..sss", ()),
            ("all, two of them liars", honest, "sssbb", ()),
            ("one false share beside three", honest, "fsss.", ()),
            ("two shares", honest, "ss...", ()),
            ("nobody", honest, ".....", ()),
            ("three bad, never open", honest, "ssbbb", ()),
            ("all answered, one false, no verdict", honest, "ssbbf", ()),
            ("a seed that shows a good capsule turns nothing", honest, "ssb..", ("court",)),
            ("one bad capsule, found by sealing again", broken_capsule(honest, 3), "ssbs.", ()),
            ("the same with other shares", broken_capsule(honest, 3), "s.bss", ()),
            ("one bad capsule, proved by its seed", broken_capsule(honest, 3), "ssb..", ("court",)),
            ("one bad capsule, not proved", broken_capsule(honest, 3), "ssb..", ()),
            ("a seed of one that did not cry bad", broken_capsule(honest, 3), "ss...", ("court",)),
            ("a seed that is another's", broken_capsule(honest, 3), "ssb..", ("court=dike",)),
            ("crooked shares", bent, "ccc..", ()),
            ("crooked shares, others", bent, "..ccc", ()),
        ]
        listed: list[Json] = []
        for name, sealed, letters, proofs in cases:
            answers: dict[str, opening.Answer] = {}
            for id_, letter in zip(made.ids, letters, strict=True):
                found = {"s": shares[id_], "c": bent_shares[id_], "f": fixed("false"), "b": opening.BAD, ".": None}[
                    letter
                ]
                if found is not None:
                    answers[id_] = found
            given = {proof.split("=")[0]: seeds[proof.split("=")[-1]] for proof in proofs}
            listed.append(
                {
                    "name": name,
                    "seal": sealed.to_json(),
                    "answers": {id_: one.hex() if isinstance(one, bytes) else "bad" for id_, one in answers.items()},
                    "seeds": {id_: seed.hex() for id_, seed in given.items()},
                    "expect": verdict_json(opening.verdict(sealed, made, key, answers, given)),
                }
            )
        groups.append({"keyset": made.to_json(), "author_key": key.hex(), "cases": listed})
    return groups


def postpone_vectors() -> Json:
    """Who signed what, and the time in force."""
    made, _ = keyset_of("identity")
    other, _ = keyset_of("offer")
    kids = postpone.kids_of([made, other])
    later, latest = "2026-12-02T01:00:00.000Z", "2026-12-03T01:00:00.000Z"
    cases: list[tuple[str, list[tuple[str, tuple[str, ...], str, str]]]] = [
        ("nothing", []),
        ("two of five are too few", [("anchor", kids, later, "x"), ("bureau", kids, later, "x")]),
        (
            "one twice is one",
            [("anchor", kids, later, "x"), ("anchor", kids, later, "x"), ("bureau", kids, later, "x")],
        ),
        ("three", [(id_, kids, later, "x") for id_ in IDS[:3]]),
        ("three, but under two addenda", [(id_, kids, later, "xy"[at % 2]) for at, id_ in enumerate(IDS[:3])]),
        ("the latest of two", [(id_, kids, when, "x") for when in (latest, later) for id_ in IDS[1:4]]),
        (
            "a later one with two only",
            [(id_, kids, later, "x") for id_ in IDS] + [(id_, kids, latest, "y") for id_ in IDS[:2]],
        ),
        ("an earlier time", [(id_, kids, "2026-11-30T01:00:00.000Z", "x") for id_ in IDS]),
        ("one part of the lot only", [(id_, kids[:1], later, "x") for id_ in IDS]),
        ("strangers", [(id_, kids, later, "x") for id_ in ("eve", "mallory", "trent")]),
    ]
    out: list[Json] = []
    for name, rows in cases:
        signed = [(id_, postpone.Postponement(k, when, fixed(f"addendum {a}").hex())) for id_, k, when, a in rows]
        out.append(
            {
                "name": name,
                "signed": [{"custodian": id_, "object": one.to_json()} for id_, one in signed],
                "not_before": postpone.in_force(made, kids, signed),
            }
        )
    return {"keyset": made.to_json(), "kids": list(kids), "cases": out}
