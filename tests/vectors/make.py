"""Make the vectors of docs/formats/sealing.md from fixed inputs: `python -m tests.vectors.make` rewrites them all.

Every input is in the file beside its output, so that an implementation in another language can be held to them.
Deterministic: what the code draws at random (the salt of the content encryption) is given here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from ledger.basics import signing
from ledger.basics.canonical import Json, canonical
from ledger.sealed import (
    backup,
    blindrsa,
    coin,
    content,
    keyset,
    opening,
    rehearsal,
    release,
    seal,
    shamir,
    tickets,
)
from ledger.sealed.header import header_sha256
from tests.vectors import chunked
from tests.vectors.answers import form_vectors
from tests.vectors.fixed import HERE, IDS, NOT_BEFORE, author, fixed, issuer_key, keyset_of
from tests.vectors.judged import postpone_vectors, verdict_vectors


def canonical_vectors() -> Json:
    """Values and their spelling; bytes that a reader refuses, and why."""
    good: list[Json] = [
        {"b": 1, "a": [True, False, "x"], "": {}},
        {"numbers": [0, -1, 9007199254740991, -9007199254740991]},
        {"text": 'quote " back \\ slash / line \n tab \t nul \0 unit \x1f del \x7f'},
        {"text": "标 é 😀 \u2028"},
        [[], {}, ""],
    ]
    bad: list[tuple[bytes, str]] = [
        (b'{"b":1,"a":2}', "canonical.not_canonical"),
        (b'{ "a":1}', "canonical.not_canonical"),
        (b'{"a":1}\n', "canonical.not_canonical"),
        (b'{"a":1,"a":1}', "canonical.doubled_member"),
        (b'{"a":1.0}', "canonical.bad_type"),
        (b'{"a":1e2}', "canonical.bad_type"),
        (b'{"a":NaN}', "canonical.bad_type"),
        (b'{"a":null}', "canonical.bad_type"),
        (b'{"a":-0}', "canonical.not_canonical"),
        (b'{"a":9007199254740992}', "canonical.integer_range"),
        (b'{"a":"\\ud800"}', "canonical.surrogate"),
        (b'{"a":"\\u0041"}', "canonical.not_canonical"),
        ('{"é":1}'.encode(), "canonical.member_name"),
        (b"[" * 17 + b"]" * 17, "canonical.too_deep"),
        (b"\xef\xbb\xbf{}", "canonical.not_json"),
        (b"\xff", "canonical.not_json"),
        (b"", "canonical.not_json"),
    ]
    return {
        "good": [{"value": value, "canonical": canonical(value).hex()} for value in good],
        "bad": [{"bytes": data.hex(), "code": code} for data, code in bad],
    }


def signing_vectors() -> Json:
    """An envelope, and keys that are refused."""
    key = author()
    envelope = signing.sign("request", {"at": NOT_BEFORE, "method": "GET"}, key)
    return {
        "seed": fixed("author").hex(),
        "type": "request",
        "message": signing.message("request", envelope["object"]).hex(),
        "envelope": envelope,
        "bad_keys": [
            "00" * 32,
            "01" + "00" * 31,
            "ec" + "ff" * 30 + "7f",
            "ed" + "ff" * 30 + "7f",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        ],
    }


def keyset_vectors() -> Json:
    """Masters, seeds, keys, key sets and their kids, for every kind of part."""
    sets: list[Json] = []
    for part, t, ids in (
        ("identity", 3, IDS),
        ("offer", 3, IDS),
        ("coin", 2, IDS[:3]),
        ("draw-panel-0", 2, IDS[:3]),
        ("draw-panel-2", 2, IDS[:3]),
    ):
        made, seeds = keyset_of(part, t, ids)
        sets.append(
            {
                "masters": {id_: fixed(f"master {id_}").hex() for id_ in ids},
                "seeds": {id_: seed.hex() for id_, seed in seeds.items()},
                "keyset": made.to_json(),
                "kid": made.kid.hex(),
            }
        )
    return sets


def shamir_vectors() -> Json:
    """Secrets, coefficients and all shares."""
    out: list[Json] = []
    for t, n in ((2, 3), (3, 5), (5, 9)):
        secret = fixed(f"secret {t} {n}")
        rows = [fixed(f"row {t} {n} {j}") for j in range(1, t)]
        shares: list[Json] = [shamir.share(secret, rows, place).hex() for place in range(1, n + 1)]
        out.append({"secret": secret.hex(), "coefficients": [row.hex() for row in rows], "shares": shares})
    return out


def seal_vectors() -> Json:
    """Seals from a fixed s and n16, of a bid and of a contribution."""
    out: list[Json] = []
    for part, t, ids in (("identity", 3, IDS), ("coin", 2, IDS[:3])):
        made, _ = keyset_of(part, t, ids)
        key, secret, n16 = signing.public_bytes(author()), fixed(f"s {part}"), fixed(f"n16 {part}", 16)
        form = seal.Content(content.ciphertext_size(100), fixed("form")) if part == "identity" else None
        sealed = seal.seal_secret(made, key, secret, n16, form, form)
        ctx = seal.context(made.kid, key, n16)
        derived: dict[str, Json] = {
            label: seal.derive(secret, ctx, label).hex() for label in ("coef1", "encap1", "form", "files")
        }
        out.append(
            {
                "keyset": made.to_json(),
                "author_key": key.hex(),
                "secret": secret.hex(),
                "n16": n16.hex(),
                "context": ctx.hex(),
                "derived": derived,
                "seal": sealed.to_json(),
            }
        )
    return out


def padding_vectors() -> Json:
    """Lengths, and the sizes of what is padded and of its ciphertext."""
    lengths = (0, 1, 65528, 65529, 131064, 131065, 196600, 196601, 262136, 262137, 393209, 1 << 20, 1 << 30, 5 << 30)
    return [
        {"length": length, "padded": content.padded_size(length), "ciphertext": content.ciphertext_size(length)}
        for length in lengths
    ]


def content_vectors() -> Json:
    """Ciphertexts with a given salt: a form in its padding, and what must not open."""
    key, ctx, salt, plain = fixed("content key"), fixed("content context"), fixed("salt", 24), b"a header" * 9
    head = len(plain).to_bytes(8, "big") + plain
    good = content.padded(plain)
    refused: list[tuple[str, bytes]] = [
        ("padded to the next size", head.ljust(2 * content.STEP, b"\0")),
        ("not padded", head),
        ("padding that is not zero", good[:-1] + b"\1"),
        ("a length beyond the end", (content.STEP - 7).to_bytes(8, "big") + good[8:]),
        ("a length of 2^63", (1 << 63).to_bytes(8, "big") + good[8:]),
        ("empty", b""),
    ]
    ciphertext = chunked.encrypt(key, ctx, salt, good)
    return {
        "key": key.hex(),
        "context": ctx.hex(),
        "salt": salt.hex(),
        "plain": plain.hex(),
        "ciphertext": ciphertext.hex(),
        **content.digest([ciphertext]).to_json(),
        "refused": [
            {
                "name": name,
                "start": padded[:80].hex(),
                "end": padded[-1:].hex(),
                "length": len(padded),
                "sha256": hashlib.sha256(chunked.encrypt(key, ctx, salt, padded)).hexdigest(),
            }
            for name, padded in refused
        ],
    }


def header_vectors() -> Json:
    """Headers and their hashes; statement and signatures do not enter."""
    offer: dict[str, Json] = {
        "part": "offer",
        "salt": fixed("salt").hex(),
        "form": {"price": "12980000.50", "warranty": "24 个月"},
        "files": [{"name": "报价表.pdf", "size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}],
        "client": {"tool": "mingjing 0.1.0"},
    }
    identity: dict[str, Json] = {**offer, "part": "identity", "files": []}
    signed: dict[str, Json] = {**identity, "statement": {"tender": "t-1"}, "signatures": []}
    return [
        {"header": offer, "sha256": header_sha256(offer).hex()},
        {"header": identity, "sha256": header_sha256(identity).hex()},
        {"header": signed, "sha256": header_sha256(signed).hex()},
    ]


def coin_vectors() -> Json:
    """Alphas, indices and coefficients."""
    purpose = keyset.Purpose("t-1", "lot-1", "coin")
    roll: dict[str, Json] = {"tender": "t-1", "lot": "lot-1", "submissions": [fixed("a").hex(), fixed("b").hex()]}
    secrets = {"tenderee": fixed("s tenderee"), "bidder-side": fixed("s bidder"), "void": bytes(32)}
    found = coin.alpha(purpose, roll, secrets)
    values = ["0.02", "0.03", "0.04", "0.05", "0.06"]
    return {
        "purpose": purpose.to_json(),
        "roll": roll,
        "secrets": {party: value.hex() for party, value in secrets.items()},
        "alpha": found.hex(),
        "draws": [
            {
                "lot": "lot-1",
                "name": name,
                "values": list(values),
                "value": coin.coefficient(found, "lot-1", name, values),
            }
            for name in ("c_high", "c_mid", "c_low", "k")
        ],
        "indices": [
            {
                "lot": "lot-1",
                "name": f"n{count}",
                "count": count,
                "index": coin.index(found, "lot-1", f"n{count}", count),
            }
            for count in (1, 2, 3, 7, 100, 1 << 40)
        ],
    }


def ticket_vectors() -> Json:
    """A ticket from secret to signature, under the issuer's key of the file."""
    issuer = json.loads((HERE / "issuer.json").read_text())
    key = issuer_key(int(issuer["p"], 16), int(issuer["q"], 16))
    spki = blindrsa.spki(key)
    secret = fixed("bidding secret")
    asked = tickets.request(secret, "t-1", "lot-1", spki)
    signature = blindrsa.blind_sign(key, asked.blinded)
    ticket = asked.finalize(signature)
    return {
        "issuer": {**issuer, "spki": spki.hex()},
        "secret": secret.hex(),
        "tender": "t-1",
        "lot": "lot-1",
        "bid_key": signing.public_bytes(tickets.bid_key(secret, "t-1", "lot-1")).hex(),
        "prefix": asked.prefix.hex(),
        "salt": asked.salt.hex(),
        "blind_seed": asked.blind_seed.hex(),
        "r": f"{tickets.blinding(tickets.ticket_key(spki), asked.blind_seed):0768x}",
        "blinded_message": asked.blinded.hex(),
        "blind_signature": signature.hex(),
        "ticket": ticket.to_json(),
    }


def release_vectors() -> Json:
    """A release as a custodian signs it."""
    made, _ = keyset_of("identity")
    answers: dict[release.SealId, opening.Answer] = {
        (fixed("author 2"), fixed("n16 b", 16)): opening.BAD,
        (fixed("author 1"), fixed("n16 a", 16)): fixed("share"),
    }
    one = release.Release(made.kid, fixed("roll"), 42, fixed("root"), NOT_BEFORE, answers)
    return {"identity_seed": fixed("author").hex(), "envelope": release.sign_release(one, author())}


def rehearsal_vectors() -> Json:
    """A rehearsal's key set."""
    keys = {id_: rehearsal.ThrowAway(fixed(f"throw-away {id_}")).public for id_ in IDS[:3]}
    made = rehearsal.build("k3vd7x2m4q5w6e7r", "offer", 2, keys, NOT_BEFORE)
    return {"keyset": made.to_json(), "kid": made.kid.hex()}


def backup_vectors() -> Json:
    """Secrets and their words."""
    secrets = [bytes(32), b"\xff" * 32, fixed("bidding secret")]
    return [{"secret": secret.hex(), "words": " ".join(backup.to_words(secret))} for secret in secrets]


MAKERS: dict[str, Callable[[], Json]] = {
    "backup": backup_vectors,
    "canonical": canonical_vectors,
    "coin": coin_vectors,
    "content": content_vectors,
    "form": form_vectors,
    "header": header_vectors,
    "keyset": keyset_vectors,
    "padding": padding_vectors,
    "postpone": postpone_vectors,
    "rehearsal": rehearsal_vectors,
    "release": release_vectors,
    "seal": seal_vectors,
    "shamir": shamir_vectors,
    "signing": signing_vectors,
    "ticket": ticket_vectors,
    "verdict": verdict_vectors,
}


def text(name: str) -> str:
    """A file's text."""
    return json.dumps(MAKERS[name](), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for each in MAKERS:
        (HERE / f"{each}.json").write_text(text(each), "utf-8")
