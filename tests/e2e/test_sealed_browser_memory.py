"""A file that is larger than what the browser may take for it goes through in pieces."""

from __future__ import annotations

import hashlib
import random
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser

from ledger.sealed.content import ciphertext_size
from tests.support.browser import ARGUMENTS, executable
from tests.support.sampling import sample
from tests.support.sealing_bids import custody
from tests.support.static_pages import served

MIB: Final = 1 << 20
_PICK: Final = "document.body.append(Object.assign(document.createElement('input'), { type: 'file' }))"
_SEAL: Final = """async (order) => {
  const { SealingWorker } = await import("/static/js/sealed/client.js");
  const { file } = await import("/static/js/sealed/folder.js");
  const worker = new SealingWorker();
  const files = [...document.querySelector("input").files];
  const { seal, ciphertexts } = await worker.run({ type: "seal", ...order, files });
  const kept = await file(order.folder, ciphertexts.files);
  return { named: seal.files.size, kept: kept.size };
}"""


def test_a_large_file_is_never_held_whole(browser: Browser, rng: random.Random) -> None:
    size, most = sample(1024, 400) * MIB, 320 * MIB
    made = custody(rng, "offer", 5)
    # On the disk and not in a private window, whose file system is memory.
    with TemporaryDirectory() as folder, served() as url:
        large = Path(folder) / "large.bin"
        with large.open("wb") as sink:
            sink.truncate(size)
        profile = Path(folder) / "profile"
        context = browser.browser_type.launch_persistent_context(
            profile, executable_path=executable(), args=list(ARGUMENTS)
        )
        try:
            page = context.new_page()
            page.goto(f"{url}/")
            page.evaluate(_PICK)
            page.set_input_files("input", large)
            listed = [{"name": "large.bin", "size": size, "sha256": _zeros(size)}]
            header = {"part": "offer", "salt": "00" * 32, "form": {}, "files": listed, "client": {"tool": "t"}}
            before = _memory(profile, "VmRSS")
            order = {**made.order(), "authorKey": "11" * 32, "header": header, "folder": ["t", "lot", "1"]}
            found = page.evaluate(_SEAL, order)
            grown = _memory(profile, "VmHWM") - before
        finally:
            context.close()
    assert found["named"] == found["kept"] == ciphertext_size(size)
    assert grown < most


def _zeros(size: int) -> str:
    hashed, block = hashlib.sha256(), bytes(MIB)
    for _ in range(size // MIB):
        hashed.update(block)
    return hashed.hexdigest()


def _memory(profile: Path, what: str) -> int:
    """Bytes of the largest renderer of the browser with this profile; `what`: as /proc names it."""
    found = [0]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (process / "cmdline").read_text(), (process / "status").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if "--type=renderer" in command and str(profile) in command:
            found += [int(kilobytes) * 1024 for kilobytes in re.findall(rf"{what}:\s+(\d+) kB", status)]
    assert len(found) > 1, "no renderer is running"
    return max(found)
