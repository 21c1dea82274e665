"""What a visitor finds after the demonstration: a district with finished tenders, a failed one, one that takes bids.

Whenever the open one has opened, the next is published, so that there is always something to bid on from a browser.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ledger.basics import clock
from ledger.files import write_atomically
from web.demo.bidders import Bidder
from web.demo.house import INTERVAL_MS, QUORUM, House
from web.demo.pace import PACED
from web.demo.stage import Broken, command, wait
from web.demo.tell import Teller

LOT: Final = "lot-1"
# How long a visitor has, and how long the tender that nobody bids for is open.
OPEN_FOR: Final = timedelta(minutes=10)
_FAILS_AFTER: Final = timedelta(seconds=30)
_LOOK: Final = 2.0  # seconds
_AFTER_FAILURE: Final = 60.0


@dataclass(frozen=True)
class Work:
    """One thing that a district has built. `ceiling` in yuan; `bids`: what the bidders of the place answer."""

    zh: str
    en: str
    ceiling: str
    bids: Sequence[dict[str, str]]


_LICENSED: Final = {"safety-licence": "yes"}
ROAD: Final = Work(
    "育才路路面维修",
    "Repair of Yucai Road",
    "2000000",
    (
        {**_LICENSED, "price": "1846000", "grade": "first", "duration": "150", "warranty": "4", "similar-works": "3"},
        {**_LICENSED, "price": "1872500", "grade": "special", "duration": "140", "warranty": "5", "similar-works": "5"},
        {
            **_LICENSED,
            "price": "1798000.50",
            "grade": "second",
            "duration": "175",
            "warranty": "3",
            "similar-works": "1",
        },
    ),
)
SCHOOL: Final = Work(
    "第三小学操场翻新",
    "A new playground for Primary School No. 3",
    "1500000",
    (
        {**_LICENSED, "price": "1388000", "grade": "first", "duration": "120", "warranty": "5", "similar-works": "4"},
        {**_LICENSED, "price": "1402000", "grade": "second", "duration": "160", "warranty": "3", "similar-works": "2"},
        {**_LICENSED, "price": "1365000", "grade": "first", "duration": "150", "warranty": "3.5", "similar-works": "3"},
    ),
)
ROLES: Final = {
    "tess": ("招标人", "tenderee"),
    "agnes": ("招标代理", "agency"),
    "sam": ("交易中心", "trading centre"),
    "sue": ("行政监督", "supervisor"),
}
KIOSK: Final = Work("河滨公园旧报亭拆除", "Removal of the old kiosk in Riverside Park", "90000", ())


class District:
    """The tenders after the first. `bidders`: organisations of the place, which bid for what is open."""

    def __init__(self, house: House, teller: Teller, bidders: Sequence[Bidder]) -> None:
        self.house, self.tell, self.bidders = house, teller, bidders
        self._works = itertools.cycle((ROAD, SCHOOL))
        self.current, self.deadline = "", datetime.now(UTC)

    def settle(self) -> None:
        """One that will fail, as nobody bids for it, and the first that is open."""
        self._publish(KIOSK, _FAILS_AFTER)
        self.next()

    def accounts(self) -> None:
        """Logins for those who sit in the office; passwords are shown here and nowhere else."""
        self.tell.say(
            f"登录账号（密码只显示这一次），登录页：{self.house.public}/account/sign-in",
            f"Accounts (passwords are shown this once), sign in at {self.house.public}/account/sign-in?lang=en",
        )
        rows = [[name, self.tell.pick(zh, en), self.house.password(name)] for name, (zh, en) in ROLES.items()]
        self.tell.rows(rows)
        self.tell.say(
            f"要投标：在 {self.house.public}/account/sign-up 注册一家自己的单位，演示平台当场确认",
            f"To bid, register an organisation of your own at {self.house.public}/account/sign-up?lang=en: "
            "a demonstration confirms it at once",
        )

    def next(self) -> None:
        """Publishes the next; the bidders of the place bid for it at once."""
        work = next(self._works)
        self.current, self.deadline = self._publish(work, OPEN_FOR)
        stream = f"tender/{self.current}"
        wait(lambda: self.house.event(stream, "tickets.opened"), "the opening of tickets", 60)
        for bidder, answers in zip(self.bidders, work.bids, strict=False):
            bidder.run("take-tickets")
            bidder.bid(self.current, LOT, answers)
        until = (self.deadline + timedelta(hours=8)).strftime("%H:%M:%S")
        page = f"{self.house.public}/tenders/{self.current}"
        hall = self.house.hall(self.current, LOT)
        self.tell.say(
            f"正在接受投标：{work.zh}，北京时间 {until} 开标，{page}；开标大厅：{hall}",
            f"Open for bids: {work.en}, opens at {until} Beijing time, {page}?lang=en; its hall: {hall}?lang=en",
        )

    def keep_open(self, over: threading.Event) -> None:
        """Until `over`: publishes the next as soon as one has opened or failed."""
        while not over.wait(_LOOK):
            try:
                self.house.stage.check()
                if datetime.now(UTC) > self.deadline and self._opened():
                    self.next()
            except Broken as why:
                # What stands goes on standing: a visitor may be in the middle of it.
                self.tell.say(f"下一个项目没有公布成功：{why}", f"The next tender was not published: {why}")
                over.wait(_AFTER_FAILURE)

    def _opened(self) -> bool:
        stream = f"lot/{self.current}/{LOT}"
        return any(self.house.event(stream, type_) for type_ in ("lot.offers_opened", "lot.failed"))

    def _publish(self, work: Work, length: timedelta) -> tuple[str, datetime]:
        interval = timedelta(milliseconds=INTERVAL_MS)
        deadline = clock.floor(datetime.now(UTC) + length, interval) + interval
        told = document(work, deadline, self.house.custodians(), self.house.contributors())
        path = self.house.root / "office" / "district.toml"
        write_atomically(path, told.encode())
        tess, agnes = self.house.person("tess"), self.house.person("agnes")
        tender = command("office", "draft", str(path), "--person", tess).out.strip()
        command("office", "keysets", tender, "--wait", "60", "--person", tess)
        command("office", "publish", tender, "--reason", "依法公开招标", "--person", tess)
        waiting = [
            one
            for one in json.loads(command("office", "pending", "--json", "--person", agnes).out)
            if one["subject"] == f"tender/{tender}"
        ]
        if len(waiting) != 1:
            raise Broken(f"{len(waiting)} acts wait for the second key of {tender}")
        command("office", "approve", waiting[0]["id"], "--reason", "已复核", "--person", agnes)
        return tender, deadline


def document(work: Work, deadline: datetime, custodians: Sequence[str], contributors: Sequence[str]) -> str:
    """The TOML that `mingjing office draft` reads."""
    at = deadline.isoformat()
    return f"""\
category = "works"
estimate = "{work.ceiling}"
region = "CN-44"
profile = "{PACED}"
no_touch = "award"
deadline = {at}
enquiries_until = {at}
objections_until = {at}
custodians = {json.dumps(custodians)}
t = {QUORUM}
contributors = {json.dumps(contributors)}

[title]
zh = "{work.zh}"
en = "{work.en}"

[lot_limits]
bid = 0
win = 0

[[lots]]
lot = "{LOT}"
template = "checklist-f4"
ceiling = "{work.ceiling}"
max_bytes = 1073741824
[lots.title]
zh = "{work.zh}"
en = "{work.en}"
"""
