"""The custodian's process: look at the log, answer what was asked, release what is due. One step after the other.

Whatever the platform says or does ends in an answer that the policy allows or in a refusal in the diary, never in a
crash. What does end the process is its own disk: a custodian that can't remember must not go on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from ledger.basics.canonical import Json, canonical, members
from ledger.basics.errors import Refusal
from ledger.basics.hashing import H
from ledger.basics.ids import check_id
from ledger.custodian import releasing
from ledger.custodian.answering import Answering, Put
from ledger.custodian.house import House
from ledger.custodian.recall import recall
from ledger.institution.backoff import Backoff
from ledger.institution.diary import Diary
from ledger.log_client import LogClient
from ledger.sealed.keyset import Keyset

MAX_REQUESTS: Final = 200
# How long a step goes on with requests before it looks at what is due: a flood of them delays nothing.
PATIENCE: Final = timedelta(seconds=60)


class Custodian:
    """One institution's process. `step()` is the whole of it; call it again and again."""

    def __init__(self, house: House, log_client: LogClient, diary: Diary) -> None:
        self.house = house
        self._client = log_client
        self._diary = diary
        self._answering = Answering(house)
        self._backoff = Backoff()
        self._asked: dict[str, int] = {}
        self._recalled = not house.memory.restored

    def step(self) -> None:
        """One round. Raises only OSError, for the own disk."""
        if not self._guard("log", self._look):
            return
        if not self._recalled and not self._guard("recall", self._recall):
            return
        self._guard("requests", self._requests)
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

    def _requests(self) -> None:
        value = self.house.platform.get_json(f"/custody/requests?institution={self.house.who.id}")
        listed = members(value, "requests")["requests"]
        if not isinstance(listed, list):
            raise Refusal("custodian.requests_malformed")
        until = self.house.now() + PATIENCE
        for item in listed[:MAX_REQUESTS]:
            if self.house.now() >= until:
                return
            self._guard("request", partial(self._request, item))

    def _request(self, item: Json) -> None:
        got = members(item, "id kind body")
        id_, kind = check_id(got["id"], "request"), got["kind"]
        if not isinstance(kind, str):
            raise Refusal("custodian.requests_malformed")
        name = f"request {id_} {H(canonical(got)).hex()[:16]}"
        if self._backoff.ready(name, self.house.now()):
            # Sent or refused: asked again at once, it would only cost us time.
            self._backoff.failed(name, self.house.now())
            self._guard(f"{kind[:32]} {id_}", partial(self._answer, id_, kind, got["body"]))

    def _answer(self, id_: str, kind: str, body: Json) -> None:
        answer = self._answering.answer(id_, kind, body)
        if isinstance(answer, Put):
            self.house.platform.put(answer.path, answer.data)
        else:
            self.house.platform.post_json(answer.path, answer.value)
        self._diary.did("answered", request=id_, kind=kind)

    def _release(self, keyset: Keyset) -> None:
        kid, size = keyset.kid.hex(), self.house.log.witnessed.size
        # The same evidence gives the same answer; only what failed on the way is asked again, a little later.
        if self._asked.get(kid) == size and not self._backoff.ready(f"release {kid}", self.house.now()):
            return
        if self._asked.get(kid) != size:
            self._backoff.done(f"release {kid}")
        self._asked[kid] = size
        self._backoff.failed(f"release {kid}", self.house.now())
        made = releasing.release(keyset, self.house)
        purpose = keyset.purpose
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

    def _guard(self, about: str, what: Callable[[], None]) -> bool:
        """Do `what`; whether it came to its end. A refusal goes into the diary, so does what nobody foresaw."""
        try:
            what()
        except Refusal as why:
            self._diary.refused(about, why)
            return False
        except OSError:
            raise
        except Exception as why:  # noqa: BLE001 - what a platform made us stumble over must not stop the other lots
            self._diary.refused(about, Refusal("custodian.stumbled", error=type(why).__name__))
            return False
        self._diary.settled(about)
        return True
