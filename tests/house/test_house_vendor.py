"""What browsers load: libraries as they were published, lists that stand twice, and codes that have words."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from tests.support.tree import ROOT, assert_none, files
from web import texts
from web.words import book

VENDOR: Final = ROOT / "web/static/vendor"
SCRIPTS: Final = [path for path in files() if path.parts[:3] == ("web", "static", "js") and path.suffix == ".js"]
# SHA-256 of the files as their authors published them, by their path below web/static/vendor.
PUBLISHED: Final = {
    "noble-curves-2.4.0/abstract/curve.js": "dbaeee3b41ff47efb76b78e14170fe4dda7c7ecdc387c402f16c5118e0bac356",
    "noble-curves-2.4.0/abstract/edwards.js": "f24a9c221a549a8fff259eb8f245ab0dc17679b13c532c3970d91acc4df9fffd",
    "noble-curves-2.4.0/abstract/fft.js": "a4b2ff7ca33f4acc85d61f0e83ec3303c3f6b38ecc19b20d0f6462d820e518cf",
    "noble-curves-2.4.0/abstract/frost.js": "9a95f1fdf7e17b9d93a16049db675ee2967ed2a04cf59b1bd981d4662acbedf5",
    "noble-curves-2.4.0/abstract/hash-to-curve.js": "e3c97e7d0827b728b14e3311ed11d8e386d8a70d8fc77e0b9fd2a3090f19d955",
    "noble-curves-2.4.0/abstract/modular.js": "9ced3aa10598277a735e54f7b61d88e929d565da884ba5385f9006ebb3b6aab2",
    "noble-curves-2.4.0/abstract/montgomery.js": "cdafa8816dad5a24475ec51952c5f71fdd5d1b46880ab982694c4f8ff605fc46",
    "noble-curves-2.4.0/abstract/oprf.js": "2ca36b3e4930092db1f91559410e86975816c036e248067bc65a8055aa1c504c",
    "noble-curves-2.4.0/ed25519.js": "e13f6c50c36feb0d18bf7986d5f881bcefb5f1f5b16de3cc5ee7693254c7a0b5",
    "noble-curves-2.4.0/utils.js": "be9ff86aef76419376e4d66cf01a134f3117f1f8dd62d81f1b79100145503367",
    "noble-hashes-2.4.0/_md.js": "60cf3010fda89e3e4d3f0e7ff1ce249e9c467f34b4fd41b6fd6101d9f69be763",
    "noble-hashes-2.4.0/_u64.js": "b09da8c07fe8187c07649494cdb7cd0bcf13df90b506a9473d19e4d5f8c2e102",
    "noble-hashes-2.4.0/sha2.js": "471746bba6ec4c6238ca41358d1d3b40b6ff31cf3363f0b4d550c649c1a8e83b",
    "noble-hashes-2.4.0/utils.js": "037ad49adb78168b6b699598fd33f85f7877456b1d28b4d032e2a1a16807947c",
    "qrcode-generator-2.0.4/qrcode.js": "ea91d7118a5395289170da848b7c6758b996163bfbccf312591ab65a4911b7c0",
}
# How a package names another, and how a browser finds it: the one thing that is changed.
RENAMED: Final = (("../../noble-hashes-2.4.0/", "@noble/hashes/"), ("../noble-hashes-2.4.0/", "@noble/hashes/"))
LONGEST: Final = 300  # lines of a module of ours


def test_libraries_are_as_they_were_published() -> None:
    found = {}
    for path in sorted(VENDOR.rglob("*.js")):
        text = path.read_text("utf-8")
        for ours, theirs in RENAMED:
            text = text.replace(f"from '{ours}", f"from '{theirs}")
        found[str(path.relative_to(VENDOR))] = hashlib.sha256(text.encode()).hexdigest()
    assert found == PUBLISHED


def test_every_library_has_its_licence_and_is_named() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for folder in sorted(VENDOR.iterdir()):
        assert "MIT License" in (folder / "LICENSE.txt").read_text("utf-8")
        name, _, version = folder.name.rpartition("-")
        assert f"{name} {version} (MIT" in notice


def test_backup_words_are_one_list() -> None:
    name = "bip39_english.txt"
    assert (ROOT / "web/static/js/sealed" / name).read_bytes() == (ROOT / "ledger/sealed" / name).read_bytes()


def test_every_code_that_a_script_refuses_with_has_words() -> None:
    # What only the bidder's room can refuse has its words there.
    known = {*book(), *(key.removeprefix("bid.code.") for key in texts.book())}
    used = {
        code: path
        for path in SCRIPTS
        for code in re.findall(r'(?:new Refusal|because)\(\s*"([^"]+)"', (ROOT / path).read_text("utf-8"))
    }
    assert len(used) > 40
    assert_none(f"{path}: {code}" for code, path in sorted(used.items()) if code not in known)


def test_a_module_can_be_read_in_one_sitting_and_imports_by_relative_paths() -> None:
    for path in SCRIPTS:
        text = (ROOT / path).read_text("utf-8")
        assert len(text.splitlines()) <= LONGEST, path
        assert_none(f"{path}: {name}" for name in re.findall(r'(?:from|import\() ?"([^"]+)"', text) if name[0] != ".")


def test_scripts_say_nothing_in_words_of_their_own() -> None:
    assert_none(
        f"{path}:{number}: {line.strip()}"
        for path in SCRIPTS
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1)
        if re.search(r"[\u3400-\u9fff]", line) or re.search(r"\b(?:eval|Function)\(|innerHTML", line)
    )
