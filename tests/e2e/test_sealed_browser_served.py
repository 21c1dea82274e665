"""Sealing as the platform itself serves it: under its hashed addresses and its policy."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from ledger.sealed import backup
from tests.support.town import town
from tests.vectors.fixed import fixed
from web import assets

_SEAL: Final = """async ([client, backup, secret]) => {
  const { SealingWorker } = await import(client);
  const { toWords } = await import(backup);
  const worker = new SealingWorker();
  const hashed = await worker.run({ type: "hash", files: [new Blob(["a file"])] });
  worker.close();
  return [hashed, (await toWords(Uint8Array.from(secret))).join(" ")];
}"""


def test_the_worker_and_the_words_are_found_where_they_are_served(tmp_path: Path, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with town(tmp_path, f"sqlite:///{tmp_path / 'town.db'}") as made:
        page.goto(made.url)
        modules = [assets.url(f"js/sealed/{name}.js") for name in ("client", "backup")]
        hashed, words = page.evaluate(_SEAL, [*modules, list(fixed("secret"))])
    assert hashed == [{"size": 6, "sha256": hashlib.sha256(b"a file").hexdigest()}]
    assert words == " ".join(backup.to_words(fixed("secret")))
    assert said == []
