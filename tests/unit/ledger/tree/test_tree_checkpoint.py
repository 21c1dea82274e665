"""Notes, checkpoints, cosignatures: what is accepted, and how little is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from ledger import checkpoint, merkle
from ledger.basics import signing
from ledger.checkpoint import Checkpoint, Note, Policy, Signature, VerifierKey, log_key, witness_key
from tests.support.log import LOG, NOON, ORIGIN, WITNESSES, entry, key, note_over, policy, refused

# The example of Go's sumdb/note package: an independent implementation's key and signature.
NEUMANN: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID: Final = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of C2SP tlog-cosignature.
EXAMPLE: Final = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
ENTRIES: Final = [entry(number) for number in range(5)]
A, B, C = WITNESSES


def test_gos_example_note_verifies() -> None:
    who, note = VerifierKey.parse(NEUMANN), checkpoint.parse_note(SAID.encode())
    (signature,) = note.by(who)
    signing.check(who.key, note.body, signature.blob)
    assert note.text() == SAID
    assert who.text == NEUMANN


def test_the_specifications_example_reads_as_it_says() -> None:
    note = checkpoint.parse_note(EXAMPLE.encode())
    head = Checkpoint.parse_body(note.body)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert int.from_bytes(note.signatures[1].blob[:8], "big") == 1679315147
    assert note.text() == EXAMPLE


def test_a_checkpoint_with_enough_witnesses_gives_size_root_and_times() -> None:
    head = checkpoint.verify(note_over(ENTRIES, 3).encode(), policy(2))
    assert (head.origin, head.size, head.root) == (ORIGIN, 5, merkle.root_of_entries(ENTRIES))
    assert head.times == dict.fromkeys(WITNESSES, NOON)
    assert head.witnessed_at == NOON


def test_it_is_witnessed_when_the_threshold_was_reached() -> None:
    body = Checkpoint(ORIGIN, 5, merkle.root_of_entries(ENTRIES)).body()
    delays = {A: 30, B: 5, C: 90}
    lines = [checkpoint.cosign(body, who, WITNESSES[who], NOON + timedelta(seconds=s)) for who, s in delays.items()]
    text = note_over(ENTRIES, 0) + "".join(line + "\n" for line in lines)
    assert checkpoint.verify(text.encode(), policy(1)).witnessed_at == NOON + timedelta(seconds=5)
    assert checkpoint.verify(text.encode(), policy(2)).witnessed_at == NOON + timedelta(seconds=30)
    assert checkpoint.verify(text.encode(), policy(3)).witnessed_at == NOON + timedelta(seconds=90)
    assert checkpoint.verify(text.encode(), policy(0)).witnessed_at is None


def test_one_witness_counts_once_at_its_earliest() -> None:
    body = Checkpoint(ORIGIN, 5, merkle.root_of_entries(ENTRIES)).body()
    again = checkpoint.cosign(body, A, WITNESSES[A], NOON - timedelta(hours=1))
    text = note_over(ENTRIES, 1) + again + "\n"
    assert checkpoint.verify(text.encode(), policy(1)).times == {A: NOON - timedelta(hours=1)}
    with refused("checkpoint.too_few_witnesses", found=1, needed=2):
        checkpoint.verify(text.encode(), policy(2))


def test_strangers_signatures_are_ignored() -> None:
    body = Checkpoint(ORIGIN, 5, merkle.root_of_entries(ENTRIES)).body()
    stranger = checkpoint.cosign(body, "stranger.example", key(99), NOON)
    same_name = checkpoint.cosign(body, A, key(98), NOON)
    text = note_over(ENTRIES, 2) + f"{stranger}\n{same_name}\n"
    assert set(checkpoint.verify(text.encode(), policy(2)).times) == {A, B}


def test_a_known_witness_whose_signature_fails_spoils_the_note() -> None:
    note = checkpoint.parse_note(note_over(ENTRIES, 3).encode())
    bad = note.signatures[3]
    spoiled = Signature(bad.name, bad.key_id, bad.blob[:-1] + bytes([bad.blob[-1] ^ 1]))
    with refused("signature.invalid"):
        checkpoint.verify(Note(note.body, (*note.signatures[:3], spoiled)).text().encode(), policy(2))


def test_a_cosignature_with_another_time_fails() -> None:
    note = checkpoint.parse_note(note_over(ENTRIES, 2).encode())
    bad = note.signatures[2]
    later = (int.from_bytes(bad.blob[:8], "big") + 1).to_bytes(8, "big")
    spoiled = Signature(bad.name, bad.key_id, later + bad.blob[8:])
    with refused("signature.invalid"):
        checkpoint.verify(Note(note.body, (*note.signatures[:2], spoiled)).text().encode(), policy(1))


@pytest.mark.parametrize("blob", [b"\0" * 71, b"\0" * 73, b"\xff" * 72])
def test_a_cosignature_of_another_shape_is_malformed(blob: bytes) -> None:
    note = checkpoint.parse_note(note_over(ENTRIES, 0).encode())
    odd = Signature(A, witness_key(A, WITNESSES[A]).id, blob)
    with refused("checkpoint.malformed", part="cosignature"):
        checkpoint.verify(Note(note.body, (*note.signatures, odd)).text().encode(), policy(0))


def test_the_log_itself_must_have_signed() -> None:
    note = checkpoint.parse_note(note_over(ENTRIES, 3).encode())
    with refused("checkpoint.unsigned", origin=ORIGIN):
        checkpoint.verify(Note(note.body, note.signatures[1:]).text().encode(), policy(2))
    log = note.signatures[0]
    spoiled = Signature(log.name, log.key_id, bytes(64))
    with refused("signature.invalid"):
        checkpoint.verify(Note(note.body, (spoiled, *note.signatures[1:])).text().encode(), policy(2))


def test_another_logs_checkpoint_is_refused() -> None:
    with refused("checkpoint.wrong_origin", expected=ORIGIN, found="other.example"):
        checkpoint.verify(note_over(ENTRIES, 2, origin="other.example").encode(), policy(2))


def test_a_log_key_does_not_pass_for_a_witness_key() -> None:
    assert log_key("x", LOG).id != witness_key("x", LOG).id
    body = Checkpoint(ORIGIN, 1, bytes(32)).body()
    line = Signature.parse(checkpoint.cosign(body, A, WITNESSES[A], NOON))
    with refused("checkpoint.unknown_witness", name=A):
        checkpoint.check_cosignature(body, line, witness_key(A, key(50)))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "x\n1\n",
        "x\n1\nAAAA\n",
        f"x\n01\n{'A' * 43}=\n",
        f"x\n-1\n{'A' * 43}=\n",
        f"x\n+1\n{'A' * 43}=\n",
        f"x\n١\n{'A' * 43}=\n",
        f"x\n1\n{'A' * 43}=",
        f"x\n1\n{'A' * 42}B=\n",
        f"x\n1\n{'A' * 43}\n",
        f"x y\n1\n{'A' * 43}=\n",
        f"x+y\n1\n{'A' * 43}=\n",
        f"\n1\n{'A' * 43}=\n",
        f"x\n1\n{'A' * 43}=\nextension\n",
        f"x\n1\n{'A' * 43}=\n\n",
        f"x\n{'9' * 19}\n{'A' * 43}=\n",
    ],
)
def test_a_body_has_one_spelling(body: str) -> None:
    with refused("checkpoint.malformed", part="body"):
        Checkpoint.parse_body(body.encode())


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda t: t.replace("\n\n", "\n"), "signatures"),
        (lambda t: t[:-1], "signatures"),
        (lambda t: t + "\n", "signatures"),
        (lambda t: t.replace("— ", "- "), "signature"),
        (lambda t: t.replace("— ", "—  "), "signature"),
        (lambda t: t.replace("=\n", "\n"), "signature"),
        (lambda t: t + "— a AAAA\n", "signature"),
        (lambda t: t.replace(ORIGIN, ORIGIN + "\t"), "control"),
        (lambda t: t.replace("\n", "\r\n"), "control"),
        (lambda t: t + f"— a {'A' * 96}\n" * 64, "signatures"),
        (lambda t: t + " " * 70_000, "length"),
    ],
)
def test_a_note_has_one_spelling(change: object, part: str) -> None:
    assert callable(change)
    with refused("checkpoint.malformed", part=part):
        checkpoint.parse_note(change(note_over(ENTRIES, 1)).encode())


def test_bytes_that_are_no_text_are_no_note() -> None:
    with refused("checkpoint.malformed", part="utf-8"):
        checkpoint.parse_note(b"\xff" + note_over(ENTRIES).encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        NEUMANN.replace("c74f20a3", "c74f20a4"),
        NEUMANN.replace("c74f20a3", "C74F20A3"),
        NEUMANN[:-1],
        NEUMANN + "=",
        NEUMANN + " ",
        NEUMANN.replace("ARpc", "Ahpc"),
        " " + NEUMANN,
    ],
)
def test_a_vkey_has_one_spelling_and_its_own_id(text: str) -> None:
    with refused("checkpoint.bad_vkey"):
        VerifierKey.parse(text)


def test_a_key_of_small_order_is_no_vkey() -> None:
    with refused("signature.bad_key"):
        VerifierKey("x", checkpoint.LOG, bytes(32))


def test_a_policy_must_be_able_to_hold() -> None:
    log, witness = log_key(ORIGIN, LOG), witness_key(A, WITNESSES[A])
    for bad in [
        (log, (witness,), 2),
        (log, (witness,), -1),
        (log, (witness, witness), 1),
        (log, (log_key(A, WITNESSES[A]),), 1),
        (witness, (), 0),
        (log, (witness_key(A, LOG),), 1),
        (log, (witness_key(ORIGIN, key(70)),), 1),
        (log, (witness, witness_key(A, key(71))), 1),
    ]:
        with refused("checkpoint.bad_policy"):
            Policy(*bad)
    assert Policy.parse(log.text, [witness.text], 1) == Policy(log, (witness,), 1)


def test_cosignature_times_are_whole_seconds() -> None:
    body = Checkpoint(ORIGIN, 1, bytes(32)).body()
    at = datetime(2026, 12, 1, 1, 0, 0, 999_000, tzinfo=UTC)
    line = Signature.parse(checkpoint.cosign(body, A, WITNESSES[A], at))
    assert checkpoint.check_cosignature(body, line, witness_key(A, WITNESSES[A])) == at.replace(microsecond=0)
