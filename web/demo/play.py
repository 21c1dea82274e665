"""The tender that is played: two lots, everything that can go wrong with a bid, and nobody who decides anything."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ledger.basics import clock
from ledger.files import write_atomically
from web.demo import figures
from web.demo.bidders import Bidder, register
from web.demo.house import INTERVAL_MS, House
from web.demo.stage import Broken, command, python, wait
from web.demo.tell import Teller

LOT_1: Final = "lot-1"
LOT_2: Final = "lot-2"
_PLAIN: Final = 13  # the bidders of the source


class Play:
    """One run. Each step is a method; what one needs of another stands in the attributes below."""

    def __init__(self, house: House, teller: Teller, stopped: int, bidding_seconds: int, seed: int) -> None:
        self.house, self.tell = house, teller
        self.stopped = house.custodians()[len(house.custodians()) - stopped :] if stopped else []
        self.seconds, self.dice = bidding_seconds, random.Random(seed)  # noqa: S311 - an order, no secret
        self.tender = ""
        self.deadline = datetime.now(UTC)
        self.bidders: list[Bidder] = []
        self.special: dict[str, Bidder] = {}

    def run(self) -> None:
        """All of it; `Broken` where something did not happen as it should."""
        self.open_house()
        self.register()
        self.publish()
        self.tickets()
        self.bids()
        self.away()
        self.opening()
        self.results()
        self.evidence()

    # --- before the deadline --------------------------------------------------------------------------------------

    def open_house(self) -> None:
        """Everybody is set up and started."""
        self.tell.step(
            "搭建平台：五家密钥托管机构（3/5）、两家见证方、三家随机数提供方，各为独立进程",
            "The house: five custodians (3 of 5), two witnesses, three contributors of randomness, each its own process",
        )
        self.house.set_up()
        self.house.start()
        self.house.sign_in()
        fingerprint = command("custodian", "status", "--folder", str(self.house.root / "custodian-1"), "--json")
        trust = json.loads(fingerprint.out)["trust"]
        self.tell.say(
            f"信任文件指纹 {trust[:16]}…（线下交给每一方）", f"Trust file {trust[:16]}… (handed over offline)"
        )

    def register(self) -> None:
        """The organisations come to the centre."""
        self.tell.step(
            "投标单位登记：统一社会信用代码、单位印章、负责人", "Organisations register: code, seal, person in charge"
        )
        for number in range(1, _PLAIN + 1):
            self.bidders.append(register(self.house, number, f"第{number}建筑公司", f"Builder No. {number}"))
        for number, (name, zh, en) in enumerate(_SPECIAL, _PLAIN + 1):
            self.special[name] = register(self.house, number, zh, en)
        count = len(self.bidders) + len(self.special)
        self.tell.say(f"{count} 家单位已登记", f"{count} organisations registered")

    def publish(self) -> None:
        """Draft, key sets, notice by two keys."""
        self.tell.step("招标：起草、密钥集、两人签发公告", "The tender: draft, key sets, a notice by two keys")
        interval = timedelta(milliseconds=INTERVAL_MS)
        self.deadline = clock.floor(datetime.now(UTC) + timedelta(seconds=self.seconds), interval) + interval
        path = self.house.root / "office" / "tender.toml"
        write_atomically(path, tender_document(self.house, self.deadline).encode())
        tess, agnes = self.house.person("tess"), self.house.person("agnes")
        self.tender = command("office", "draft", str(path), "--person", tess).out.strip()
        command("office", "keysets", self.tender, "--wait", "30", "--person", tess)
        self.tell.say("五家托管机构全部签署了六个密钥集", "All five custodians have signed the six key sets")
        command("office", "publish", self.tender, "--reason", "依法公开招标", "--person", tess)
        (waiting,) = json.loads(command("office", "pending", "--json", "--person", agnes).out)
        command("office", "approve", waiting["id"], "--reason", "已复核 / reviewed", "--person", agnes)
        self.tell.say(
            f"公告已由两把钥匙签发：{self.tender}，截止 {clock.text(self.deadline)}",
            f"Published by two keys: {self.tender}, deadline {clock.text(self.deadline)}",
        )

    def tickets(self) -> None:
        """Randomness first, then every organisation takes a ticket for both lots."""
        stream = f"tender/{self.tender}"
        wait(lambda: self.house.event(stream, "tickets.opened"), "the contributions and the opening of tickets", 30)
        self.tell.step(
            "三家已封存随机数；每家单位领取每个标段的盲签票（不论是否投标）",
            "Randomness is sealed by three; every organisation takes a blind ticket for every lot, bidding or not",
        )
        for bidder in [*self.bidders, *self.special.values()]:
            bidder.run("take-tickets")

    def bids(self) -> None:
        """The bids, in an order that says nothing."""
        self.tell.step(
            "投标：填写、签章、密封、递交；平台只收到密文与票",
            "Bids: filled, signed, sealed, sent; the platform gets ciphertexts",
        )
        work: list[Callable[[], None]] = []
        for bidder, price in zip(self.bidders, figures.BIDS, strict=True):
            first = figures.REPLACED if bidder is self.bidders[3] else price
            work.append(lambda bidder=bidder, first=first: bidder.bid(self.tender, LOT_1, {"price": first}))  # type: ignore[misc]  # bound now
        self.dice.shuffle(work)
        for one in work:
            one()

    # --- the opening ----------------------------------------------------------------------------------------------

    def away(self) -> None:
        """Custodians fail before the opening."""
        if self.stopped:
            for name in self.stopped:
                self.house.stage.processes[name].stop()
            listed = ", ".join(self.stopped)
            self.tell.step(f"开标前停掉 {listed}", f"Before the opening these are stopped: {listed}")

    def opening(self) -> None:
        """It opens by itself."""
        self.tell.step(
            "截止。此后无人操作：入册、核对、抽取系数、开标、评审", "The deadline. From here on nobody does anything"
        )
        for lot in self.lots():
            for type_ in (
                "lot.closed",
                "lot.present",
                "lot.coefficients",
                "lot.announced",
                "lot.offers_opened",
                "lot.evaluated",
                "lot.candidates_published",
                "lot.awarded",
            ):
                self.wait_for(lot, type_)
                self.tell.say(f"{lot}: {type_}", f"{lot}: {type_}")

    def results(self) -> None:
        """What came out."""

    def evidence(self) -> None:
        """The bundle, and what a stranger's verifier says of it."""

    # --- small things ---------------------------------------------------------------------------------------------

    def lots(self) -> tuple[str, ...]:
        """The lots."""
        return (LOT_1,)

    def wait_for(self, lot: str, type_: str, seconds: float = 60) -> dict[str, Any]:
        """The event of a lot, once it is disclosed."""
        about = f"{type_} of {lot}"
        limit = seconds + max(0.0, (self.deadline - datetime.now(UTC)).total_seconds())

        def look() -> dict[str, Any] | None:
            self.house.stage.check()
            return self.house.event(f"lot/{self.tender}/{lot}", type_)

        return wait(look, about, limit)


_SPECIAL: Final = (("withdrawn", "撤回投标的公司", "Withdrawer"),)


def tender_document(house: House, deadline: datetime) -> str:
    """What the tenderee writes."""
    at = deadline.isoformat()
    custodians = json.dumps(house.custodians())
    contributors = json.dumps(house.contributors())
    return f"""\
category = "works"
estimate = "26250000"
region = "CN-44"
profile = "demonstration"
no_touch = "award"
deadline = {at}
enquiries_until = {at}
objections_until = {at}
custodians = {custodians}
t = 3
contributors = {contributors}

[title]
zh = "道路与排水工程（演示）"
en = "Roads and drains (demonstration)"

[lot_limits]
bid = 0
win = 0

[[lots]]
lot = "{LOT_1}"
template = "lowest-price"
ceiling = "{figures.RESERVE}"
max_bytes = 67108864
[lots.title]
zh = "一标段：最低投标价法"
en = "Lot 1: lowest price"

[[lots]]
lot = "{LOT_2}"
template = "checklist-f4"
ceiling = "{figures.CEILING_2}"
max_bytes = 67108864
[lots.title]
zh = "二标段：清单评审加合理低价法"
en = "Lot 2: checklist and F4"
"""
