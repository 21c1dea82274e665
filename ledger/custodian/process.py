"""The custodian's process: look at the log, answer what was asked, release what is due. One step after the other.

Whatever the platform says or does ends in an answer that the policy allows or in a refusal in the diary, never in a
crash. What does end the process is its own disk: a custodian that can't remember must not go on.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Final

from ledger.basics.errors import Refusal
from ledger.custodian import releasing
from ledger.custodian.answering import Answering
from ledger.custodian.house import House
from ledger.custodian.recall import recall
from ledger.custodian.rulebook import NotYet
from ledger.institution.backoff import Backoff
from ledger.institution.diary import Diary
from ledger.institution.errands import Guard, Mailbox
from ledger.log_client import LogClient
from ledger.sealed.keyset import Keyset

# What will never be answerable is looked at again this often: nothing in a rulebook's judgement is kept on the disk.
FINAL: Final = timedelta(hours=6)


class Custodian:
    """One institution's process. `step()` is the whole of it; call it again and again."""

    def __init__(self, house: House, log_client: LogClient, diary: Diary, backoff: Backoff) -> None:
        self.house = house
        self._client = log_client
        self._diary = diary
        self._guard = Guard(diary)
        self._backoff = backoff
        self._mailbox = Mailbox(house.platform, house.who, house.now, backoff, self._guard)
        self._answering = Answering(house)
        self._asked: dict[str, int] = {}
        self._never = Backoff(FINAL, FINAL)
        self._recalled = not house.memory.restored

    def step(self) -> None:
        """One round. Raises only OSError, for the own disk."""
        # Without a look at the log nothing is answered: what would be said might rest on a tree that was taken back.
        if not self._guard("log", self._look):
            return
        if not self._recalled and not self._guard("recall", self._recall):
            return
        self._guard("requests", partial(self._mailbox.round, self._answering.answer))
        for keyset in self.house.memory.keysets():
            if self.house.memory.release(keyset.kid.hex()) is None and releasing.due(keyset, self.house):
                self._guard(f"release {keyset.kid.hex()}", partial(self._release, keyset))
        for kid, _ in self.house.memory.unrecorded():
            if self._backoff.ready(f"offer {kid}", self.house.now()):
                self._guard(f"offer {kid}", partial(self._offer, kid))

    def _look(self) -> None:
        self.house.log.update(self._client)

    def _recall(self) -> None:
        self._diary.did("recalled", keysets=recall(self.house))
        self._recalled = True

    def _release(self, keyset: Keyset) -> None:
        kid, size = keyset.kid.hex(), self.house.log.witnessed.size
        name, now = f"release {kid}", self.house.now()
        # Under the same checkpoint only what failed on the way may come out otherwise: it is asked again more rarely.
        if self._asked.get(kid) != size:
            self._backoff.done(name)
        if not self._backoff.ready(name, now) or not self._never.ready(name, now):
            return
        self._asked[kid] = size
        self._backoff.failed(name, now)
        made, purpose = releasing.release(keyset, self.house), keyset.purpose
        if isinstance(made, NotYet):
            if made.final:
                self._never.failed(name, now)
            raise Refusal(made.code, **made.params)  # codes: relayed
        self._diary.did(
            "released",
            tender=purpose.tender,
            lot=purpose.lot,
            part=purpose.part,
            answers=len(made.answers),
            bad=sum(1 for answer in made.answers.values() if not isinstance(answer, bytes)),
        )

    def _offer(self, kid: str) -> None:
        self._backoff.failed(f"offer {kid}", self.house.now())
        if releasing.offer(kid, self.house):
            self._backoff.done(f"offer {kid}")
            self._diary.did("recorded", kid=kid)
        else:
            self._diary.did("sent", kid=kid)
