"""Go as an outside judge: programs that stand on Debian's golang.org/x/mod, built without a network."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.support.tree import ROOT

LIBRARIES: Final = Path("/usr/share/gocode")  # where Debian puts Go sources
BUILT: Final = ROOT / "build" / "judges"


def program(source: Path) -> Path:
    """The executable of one Go source file; built once for each text of it."""
    go = shutil.which("go")
    assert go is not None, "Go is not installed: run `make judges`, which installs it"
    text = source.read_bytes()
    target = BUILT / f"{source.stem}-{hashlib.sha256(text).hexdigest()[:16]}"
    if not target.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        # Another worker may build the same: whoever is later replaces the file with its equal.
        fresh = target.with_suffix(f".{os.getpid()}")
        environment = {
            **os.environ,
            "GO111MODULE": "off",
            "GOPATH": str(LIBRARIES),
            "GOCACHE": str(BUILT / "cache"),
            "GOFLAGS": "",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
        }
        built = subprocess.run(
            [go, "build", "-o", fresh, source], env=environment, capture_output=True, text=True, check=False
        )
        assert built.returncode == 0, built.stderr
        fresh.replace(target)
    return target
