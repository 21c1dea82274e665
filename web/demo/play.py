"""The tender that is played: three lots, everything that can go wrong with a bid, and nobody who decides anything.

This page goes up to the deadline; `web.demo.after` has the opening, `web.demo.proof` what is left in the hand.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from ledger.basics import clock
from ledger.basics.hashing import H
from ledger.basics.ids import system_entropy
from ledger.files import write_atomically
from web.demo import figures, rules
from web.demo.bidders import Bidder, register
from web.demo.house import INTERVAL_MS, House
from web.demo.notice import FORM_3, LOT_1, LOT_2, LOT_3, LOTS, RULES_3, tender_document
from web.demo.pace import Pace
from web.demo.stage import Broken, command, wait
from web.demo.tell import Teller

# Beside the thirteen of the source: each does one thing that a real box sees every day.
_SPECIAL: Final = (
    ("late", "迟到的公司", "Latecomer Ltd"),
    ("withdrawn", "撤回投标的公司", "Withdrawer Ltd"),
    ("void", "密封有误的公司", "Broken Seal Ltd"),
    ("twice", "投两次的公司", "Two Bids Ltd"),
    ("lead", "联合体牵头人", "Consortium Leader Ltd"),
    ("unsigned", "未签字的公司", "Unsigned Ltd"),
    ("vetoed", "无安全许可证的公司", "No Licence Ltd"),
)
_FILE_BYTES: Final = 150_000
# Seconds that must be left for what comes after the bids, and for moving the deadline; and how far it is moved.
_MARGIN: Final = 20
_MOVE: Final = timedelta(minutes=1)
# The time for bidding where none is given: seconds, and how many times what registering took.
_LEAST: Final = 34
_TIMES: Final = 9


class Play:
    """One tender up to its deadline. What later steps need stands in the attributes."""

    def __init__(
        self,
        house: House,
        teller: Teller,
        pace: Pace,
        stopped: int,
        bidding_seconds: int,
        seed: int,
        bids: int = len(figures.BIDS),
    ) -> None:
        self.house, self.tell, self.pace = house, teller, pace
        all_ = house.custodians()
        # Two answer from the first minute; the others come when the story wants them: some late, some after the award.
        self.stopped = all_[len(all_) - stopped :] if stopped else []
        self.held = [name for name in all_[2:] if name not in self.stopped]
        self.seconds, self.seed = bidding_seconds, seed
        self.bids, self.tender = bids, ""
        self.deadline = datetime.now(UTC)
        self.bidders: list[Bidder] = []
        self.special: dict[str, Bidder] = {}

    def everybody(self) -> list[Bidder]:
        """Every organisation."""
        return [*self.bidders, *self.special.values()]

    def to_the_deadline(self) -> None:
        """All of it; `Broken` where something did not happen as it should."""
        self._open_house()
        self._register()
        self._publish()
        self._tickets()
        self._bids()
        self._changes()
        self._away()
        self._late()

    # --- the house ------------------------------------------------------------------------------------------------

    def _open_house(self) -> None:
        self.tell.step(
            "搭建平台：五家密钥托管机构（3/5）、两家见证方、三家随机数提供方、办公端、投标箱、工作进程，各自独立",
            "The house: five custodians (3 of 5), two witnesses, three contributors, office, box, worker",
        )
        self.house.set_up()
        self.house.start()
        self.house.sign_in()
        told = command("custodian", "status", "--folder", str(self.house.root / "custodian-1"), "--json")
        trust = json.loads(told.out)["trust"][:16]
        self.tell.say(f"信任文件指纹 {trust}…，线下交给每一方", f"Trust file {trust}…, handed to everybody offline")

    def _register(self) -> None:
        begun = time.monotonic()
        self.tell.step(
            "投标单位登记：信用代码、单位印章、负责人", "Organisations register: code, seal, person in charge"
        )
        for number in range(1, self.bids + 1):
            self.bidders.append(register(self.house, number, f"第{number}建筑公司", f"Builder No. {number}"))
        for number, (name, zh, en) in enumerate(_SPECIAL, len(figures.BIDS) + 1):
            self.special[name] = register(self.house, number, zh, en)
        if not self.seconds:
            # What registering took says how fast this machine is now; bidding is several times that work.
            self.seconds = round(_LEAST + _TIMES * (time.monotonic() - begun))
        count = len(self.everybody())
        self.tell.say(f"{count} 家单位，各有自己的投标密语与备份词", f"{count} organisations, each with its own secret")

    def _publish(self) -> None:
        self.tell.step("招标：起草、密钥集、两人签发公告", "The tender: draft, key sets, a notice by two keys")
        interval = timedelta(milliseconds=INTERVAL_MS)
        self.deadline = clock.floor(datetime.now(UTC) + timedelta(seconds=self.seconds), interval) + interval
        path = self.house.root / "office" / "tender.toml"
        write_atomically(path, tender_document(self.house, self.deadline, self.pace.profile).encode())
        self._fill_in(path.parent)
        tess, agnes = self.house.person("tess"), self.house.person("agnes")
        self.tender = command("office", "draft", str(path), "--person", tess).out.strip()
        command("office", "keysets", self.tender, "--wait", "30", "--person", tess)
        self.tell.say("五家托管机构全部签署了九个密钥集", "All five custodians have signed the nine key sets")
        command("office", "publish", self.tender, "--reason", "依法公开招标", "--person", tess)
        (waiting,) = json.loads(command("office", "pending", "--json", "--person", agnes).out)
        command("office", "approve", waiting["id"], "--reason", "已复核", "--person", agnes)
        at = clock.text(self.deadline)
        self.tell.say(f"公告 {self.tender} 由两把钥匙签发，截止 {at}", f"Notice {self.tender} by two keys, until {at}")
        self._halls()

    def _fill_in(self, folder: Path) -> None:
        """Lot 3's rule set and form, from templates; the linter finds nothing wrong with them."""
        for name, document in zip((RULES_3, FORM_3), rules.documents(LOT_3), strict=True):
            write_atomically(folder / name, json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
        asked = [str(folder / RULES_3), str(folder / FORM_3), "--ceiling", figures.CEILING_3, "--touch", "none"]
        found = json.loads(command("lint", *asked, "--json").out)["findings"]
        if found:
            raise Broken(f"the linter finds fault with the rules of {LOT_3}: {found}")
        self.tell.say(
            f"{LOT_3} 的评标办法由模板 {rules.TEMPLATE[LOT_3]} 改写：填入本标段的抽取系数，"
            "加上小微企业价格扣除；规则检查无错误、无警告",
            f"The rules of {LOT_3} come from template {rules.TEMPLATE[LOT_3]}, filled in, with a deduction for "
            "small enterprises: the linter finds neither error nor warning",
        )

    def _halls(self) -> None:
        for lot in LOTS:
            hall = self.house.hall(self.tender, lot)
            self.tell.say(f"开标大厅（{lot}）：{hall}", f"The opening hall of {lot}: {hall}?lang=en")

    # --- bidding --------------------------------------------------------------------------------------------------

    def _tickets(self) -> None:
        stream = f"tender/{self.tender}"
        wait(lambda: self.house.event(stream, "tickets.opened"), "the contributions and the opening of tickets", 30)
        self.tell.step(
            "三家已封存随机数；每家单位领取每个标段的盲签票，投不投标都领",
            "Three sealed their randomness; every organisation takes a blind ticket for every lot, bidding or not",
        )
        self._in_time([partial(bidder.run, "take-tickets") for bidder in self.everybody()])
        # A quorum is enough: where one institution is down, it is not waited for until the deadline.
        self.bidders[0].run("rehearse", "--tender", self.tender, "--seconds", "20")
        self.tell.say("一家单位演练密封：五家托管机构都答复了", "One rehearsed its seal: the custodians answered")

    def _bids(self) -> None:
        self.tell.step(
            "投标：填写、签章、密封、递交；平台收到的只有密文与票",
            "Bids: filled in, signed, sealed, sent; all that the platform gets is ciphertext and a ticket",
        )
        work: list[Callable[[], None]] = []
        for bidder, price in zip(self.bidders, figures.BIDS[: self.bids], strict=True):
            first = figures.REPLACED if bidder is self.bidders[3] else price
            work.append(partial(bidder.bid, self.tender, LOT_1, {"price": first}))
        for place, answers in enumerate(figures.CHECKLISTS):
            files = [self._file(f"schedule-{place + 1}.txt")] if place < 2 else []
            licensed = {**answers, "safety-licence": "yes"}
            work.append(partial(self.bidders[place].bid, self.tender, LOT_2, licensed, files))
        for bidder, answers in zip(self.bidders, figures.WORKS, strict=False):
            work.append(partial(bidder.bid, self.tender, LOT_3, answers))
        vetoed = {**figures.VETOED, "safety-licence": "no"}
        work.append(partial(self.special["vetoed"].bid, self.tender, LOT_2, vetoed))
        for name, price in (("withdrawn", "12500000"), ("twice", "13000000")):
            work.append(partial(self.special[name].bid, self.tender, LOT_1, {"price": price}))
        work += [self._void, self._joint, self._unsigned]
        # An order that says nothing, and is the same for the same seed.
        work = [work[place] for place in sorted(range(len(work)), key=lambda place: H(f"{self.seed} {place}".encode()))]
        self._in_time(work)
        self._refuse_wrong_answers()
        self.tell.say(f"{len(work)} 份投标已被接收，收据均已核对", f"{len(work)} bids accepted, every receipt checked")

    def _in_time(self, work: Sequence[Callable[[], object]]) -> None:
        """Does the work; where the deadline comes too near on a slow machine, it is moved by a minute."""
        begun = time.monotonic()
        for number, one in enumerate(work):
            each = (time.monotonic() - begun) / number if number else 0.0
            left = (self.deadline - datetime.now(UTC)).total_seconds()
            if left < _MARGIN + 4 * each:
                self._postpone(_MOVE)
            one()

    def _postpone(self, by: timedelta) -> None:
        """An addendum moves the deadline; every custodian sees it in the log and postpones its keys."""
        interval = timedelta(milliseconds=INTERVAL_MS)
        self.deadline = clock.floor(self.deadline + by, interval) + interval
        command(
            *("office", "addendum", self.tender, "--no-effect", "--deadline", self.deadline.isoformat()),
            *("--zh", "投标截止时间推迟", "--en", "The deadline is moved", "--reason", "机器较慢"),
            *("--person", self.house.person("tess")),
        )
        stream, wanted = f"tender/{self.tender}", len(LOTS) * len(self.house.custodians())
        moved = clock.text(self.deadline)

        def postponed() -> bool:
            found = [row["public"] for row in self.house.events(stream) if row["type"] == "postponement.recorded"]
            return len([row for row in found if row["postponement"]["object"]["not_before"] == moved]) == wanted

        wait(postponed, "the custodians to postpone", 60)
        wait(lambda: self.bidders[0].job().known(self.tender).state.deadline == self.deadline, "the witnessed log", 60)
        self.tell.say(
            f"补遗：截止时间推迟到 {moved}，五家托管机构均已推迟各自的密钥",
            f"An addendum moves the deadline to {moved}; all five custodians have postponed their keys",
        )

    def _void(self) -> None:
        """A bid with a malformed capsule: void, whichever quorum looks at it."""
        bidder = self.special["void"]
        bidder.prepare(self.tender, LOT_1, {"price": "12000000"})
        bidder.run("sign", self.tender, LOT_1)
        bidder.seal_spoilt(self.tender, LOT_1)
        bidder.run("submit", self.tender, LOT_1)

    def _joint(self) -> None:
        """A joint bid whose second party also bids by itself."""
        lead, partner = self.special["lead"], self.special["twice"]
        agreement = self._file("agreement.txt")
        parties = [(lead.uscc, "60"), (partner.uscc, "40")]
        lead.prepare(self.tender, LOT_1, {"price": "12900000"}, [agreement], parties)
        lead.run("sign", self.tender, LOT_1)
        statement = Path(lead.home) / "bids" / self.tender / LOT_1 / "work" / "1" / "statement.json"
        entry = Path(partner.home) / "entry.json"
        command("countersign", str(statement), "--out", str(entry), "--yes", "--home", partner.home)
        lead.run("sign", self.tender, LOT_1, "--add", str(entry))
        for step in ("seal", "submit"):
            lead.run(step, self.tender, LOT_1)

    def _unsigned(self) -> None:
        bidder = self.special["unsigned"]
        bidder.prepare(self.tender, LOT_1, {"price": "11900000"})
        bidder.seal_unsigned(self.tender, LOT_1)
        bidder.run("submit", self.tender, LOT_1)

    def _refuse_wrong_answers(self) -> None:
        """What only the opening could see is stopped before anything is sealed."""
        for wrong in ("NaN", "1e-9", "-1", "１２００", "true", "99999999999999"):
            said = self.special["late"].run("fill", self.tender, LOT_1, "--set", f"price={wrong}", expect=1)
            if "[form." not in said.out:
                raise Broken(f"the price {wrong!r} was refused without its reason: {said.out}")
        self.tell.say(
            "NaN、1e-9、负数、全角数字等报价在密封之前就被拒绝",
            "Prices like NaN, 1e-9, negative or full-width ones are refused before sealing",
        )

    def _changes(self) -> None:
        replaced, withdrawn = self.bidders[3], self.special["withdrawn"]
        replaced.run("replace", self.tender, LOT_1, "--set", f"price={figures.BIDS[3]}")
        self.tell.say(
            f"{replaced.zh} 替换了投标（旧的永不打开）", f"{replaced.en} replaced its bid (the old one stays shut)"
        )
        withdrawn.run("withdraw", self.tender, LOT_1)
        self.tell.say(f"{withdrawn.zh} 撤回了投标", f"{withdrawn.en} withdrew its bid")
        late = self.special["late"]
        late.prepare(self.tender, LOT_1, {"price": "11000000"})
        for step in ("sign", "seal"):
            late.run(step, self.tender, LOT_1)
        if datetime.now(UTC) >= self.deadline:
            raise Broken("the bidding took longer than the tender gave it; try --bidding-seconds with more")

    # --- the deadline ---------------------------------------------------------------------------------------------

    def _away(self) -> None:
        for name in [*self.stopped, *self.held]:
            self.house.stage.processes[name].stop()
        if self.stopped:
            names = ", ".join(self.stopped)
            self.tell.step(f"开标之前，{names} 停机", f"Before the opening, {names} are stopped")
        names = ", ".join(self.held)
        self.tell.say(f"{names} 暂时离线", f"{names} is away for a while")

    def _late(self) -> None:
        left = (self.deadline - datetime.now(UTC)).total_seconds()
        self.tell.step(f"等待截止时间（还有 {left:.0f} 秒）", f"Waiting for the deadline ({left:.0f} s)")
        if self.pace.slow:
            # Told again: what was said at the notice has long been scrolled away.
            self.tell.say("请现在打开开标大厅：", "Open the hall now:")
            self._halls()
        wait(lambda: datetime.now(UTC) > self.deadline + timedelta(milliseconds=50), "the deadline", left + 10)
        said = self.special["late"].run("submit", self.tender, LOT_1, expect=1)
        if "[submission.late]" not in said.err:
            raise Broken(f"a late bid was refused for another reason: {said.err}")
        self.tell.say(
            f"{self.special['late'].zh} 迟到，被拒绝：submission.late",
            f"{self.special['late'].en} comes too late and is refused: submission.late",
        )

    def _file(self, name: str) -> Path:
        path = self.house.root / "bidders" / "papers" / name
        if not path.exists():
            write_atomically(path, system_entropy(_FILE_BYTES // 2).hex().encode())
        return path
