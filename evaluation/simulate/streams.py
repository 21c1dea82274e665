"""Random numbers by name: counter-based, so that a run is repeated from its seed, in whatever order it asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ledger.basics.hashing import H

Floats = NDArray[np.float64]

_ALGORITHM: Final = "Philox4x64-10"


def generator(seed: int, *names: str) -> np.random.Generator:
    """The generator of a stream; another name is another stream. The key is the SHA-256 of seed and names."""
    digest = H("\0".join([_ALGORITHM, str(seed), *names]).encode())
    key = np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


class Luck:
    """What chance gives `trials` tenders: the same whoever bids what, so that strategies meet the same draws."""

    def __init__(self, seed: int, stage: str, trials: int) -> None:
        self.seed, self.stage, self.trials = seed, stage, trials
        self._kept: dict[tuple[str, int], Floats] = {}

    def each(self, name: str) -> Floats:
        """A number in [0, 1) for every tender: (trials,)."""
        return self.table(name, 1)[:, 0]

    def table(self, name: str, width: int) -> Floats:
        """`width` numbers in [0, 1) for every tender: (trials, width)."""
        if (name, width) not in self._kept:
            made = generator(self.seed, self.stage, name, str(width)).random((self.trials, width))
            self._kept[name, width] = made
        return self._kept[name, width]

    def drawn(self, name: str, values: Sequence[float]) -> Floats:
        """One of `values` for every tender, each as likely as another: (trials,)."""
        listed = np.asarray(values, dtype=np.float64)
        return listed[(self.each(name) * len(listed)).astype(np.intp)]
