"""The bundle's one spelling: what is written is read, and nothing else is."""

from __future__ import annotations

import io
import zipfile

import pytest

from ledger import bundle as bundles
from ledger.basics.errors import Refusal
from ledger.bundle import Bundle, Line, Value, pack, read, sums, unpack
from ledger.merkle import Frontier
from tests.support.log import refused

SALT = bytes(range(32))


def a_bundle() -> Bundle:
    return Bundle(
        tender="t-1",
        edge=Frontier.empty(),
        entries=(b"\1" * 32, b"\2" * 70),
        proofs={},
        notes={2: b"origin\n2\nroot\n\n\xe2\x80\x94 name sig\n"},
        streams={"tender/t-1": (Line(0, SALT, b'{"a":1}'), Line(1, SALT, b'{"a":2}'))},
        values={"box": (Value(3, SALT, "t-1/lot", b'{"accepted":[]}'),)},
        submissions={"ab" * 32: b"{}"},
        withdrawals={},
        forms={"cd" * 32: bytes(1000)},
        documents={"ef" * 32: b"{}"},
        trust=b"{}",
    )


def test_what_is_written_is_read() -> None:
    found = read(a_bundle().pack())
    assert found.problems == []
    assert found.bundle == a_bundle()


def test_any_zip_tool_can_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(a_bundle().pack())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(archive.namelist())
        assert {name: archive.read(name) for name in archive.namelist() if name != "SHA256SUMS"} == a_bundle().files()


def test_writing_twice_gives_the_same_bytes() -> None:
    assert a_bundle().pack() == a_bundle().pack()


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\3\4", b"PK\5\6" + bytes(18), b"no zip at all", bytes(100)])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    with refused("bundle.not_a_bundle"):
        unpack(data)


def _zipped(**options: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression=int(str(options.get("compression", 0)))) as archive:
        for path in ("a.txt", "b.txt"):
            archive.writestr(path, b"x" * 1000)
        if options.get("comment"):
            archive.comment = b"hello"
    return out.getvalue()


@pytest.mark.parametrize("options", [{}, {"compression": zipfile.ZIP_DEFLATED}, {"comment": True}])
def test_other_spellings_of_a_zip_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(Refusal) as caught:
        unpack(_zipped(**options))
    assert caught.value.code in ("bundle.spelling", "bundle.not_a_bundle")


def test_a_bomb_takes_no_memory() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(1 << 26))
    with pytest.raises(Refusal):
        unpack(out.getvalue())


def test_a_doubled_name_is_refused() -> None:
    one = pack({"a.txt": b"1"})
    local = one[: one.index(b"PK\1\2")]
    with refused("bundle.not_a_bundle"):
        unpack(local + one)


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../up", "a/../b", "a//b", "a/", ".hidden", "a b", "ä", "a\\b", "a" * 301]
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    with refused("bundle.path"):
        pack({path: b""})


def test_the_sums_name_the_damaged_file() -> None:
    files = a_bundle().files()
    data = pack({**files, "documents/" + "ef" * 32: b"[]", bundles.SUMS: sums(files)})
    found = read(data)
    assert ("bundle.file_damaged", "documents/" + "ef" * 32) in [
        (one.code, str(one.params.get("path"))) for one in found.problems
    ]


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("streams/tender/t-1.txt", b"0 x {}\n", "bundle.file_malformed"),
        ("streams/tender/t-1.txt", b"00 " + SALT.hex().encode() + b" {}\n", "bundle.file_malformed"),
        ("streams/tender/t-1.txt", b"0 " + SALT.hex().encode() + b" {}", "bundle.file_malformed"),
        ("values/box.txt", b"0 " + SALT.hex().encode() + b" name {}\n", "bundle.file_malformed"),
        ("tree/proofs.txt", b"1  \n", "bundle.file_malformed"),
        ("tree/entries.bin", b"\0\5abc", "bundle.file_malformed"),
        ("tree/entries.bin", b"\0\3abc", "bundle.file_malformed"),
        ("tree/edge.bin", bytes(32), "bundle.file_malformed"),
        ("bundle.json", b'{"tender":"t-1","tree":{"size":2,"start":0},"v":2}', "bundle.file_malformed"),
        ("bundle.json", b'{"tender":"t-1","tree":{"size":3,"start":0},"v":1}', "bundle.file_malformed"),
        ("README.txt", b"other words", "bundle.file_malformed"),
        ("documents/short", b"", "bundle.file_unknown"),
        ("checkpoints/2.txt", b"", "bundle.file_unknown"),
        ("streams/box.json", b"", "bundle.file_unknown"),
    ],
)
def test_a_file_out_of_format_is_named(path: str, content: bytes, code: str) -> None:
    files = {**a_bundle().files(), path: content}
    found = read(pack({**files, bundles.SUMS: sums(files)}))
    assert (code, path) in [(one.code, one.params.get("path")) for one in found.problems]


def test_a_missing_file_is_named() -> None:
    files = a_bundle().files()
    del files["tree/entries.bin"]
    found = read(pack({**files, bundles.SUMS: sums(files)}))
    assert ("bundle.file_missing", "tree/entries.bin") in [(one.code, one.params.get("path")) for one in found.problems]
