"""What is told of lot 3 alone: the low bid, who moved up by the deduction, and whom the draw parted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bidding.form import check_form
from evaluation.acts import evaluate
from evaluation.rules import Lot, abnormal, check_rule_set
from evaluation.rules.exact import exact
from ledger.basics import clock
from ledger.basics.money import parse_yuan, yuan
from web.demo import figures, reading, rules
from web.demo.notice import LOT_3
from web.demo.stage import Broken, command, wait

if TYPE_CHECKING:
    from web.demo.after import After

_TESTS: Final = {
    "mean": ("全部报价平均数的{share}%", "{share} % of the mean"),
    "second": ("次低报价的{share}%", "{share} % of the second lowest"),
    "ceiling": ("最高投标限价的{share}%", "{share} % of the ceiling"),
}
_WHY: Final = "骨料取自自有采石场，运距 8 公里；机械为自有，折旧已提足。成本构成见投标文件第 12 页。"
_FOUND: Final = "采石场权属、账目与运输合同均与说明相符"
_LIMIT: Final = ("{what}（{yuan} 元）", "{what} ({yuan} yuan)")


class Third:
    """The part of lot 3 in what follows the deadline."""

    def __init__(self, after: After) -> None:
        self.after, self.tell = after, after.tell
        self.low, self.small = (after.play.bidders[place] for place in (figures.LOW, figures.SMALL))
        self.alike = [after.play.bidders[place] for place in figures.ALIKE]

    def screened(self, prices: Mapping[str, str]) -> None:
        """Who is asked to explain its price, and explains; `prices`: bid key → yuan, of the opened offers."""
        fen = {bid: parse_yuan(price, "price") for bid, price in prices.items()}
        found = abnormal.screen(figures.SCREEN, fen, parse_yuan(figures.CEILING_3, "ceiling"))
        asked = self.after.wait_for(LOT_3, "lot.explanations_asked")
        rows = {row["bid_key"]: row["tests"] for row in asked["asked"]}
        self._must({bid: list(tests) for bid, tests in found.flags.items()} == rows, "those asked are those flagged")
        self._must([self.after.owner[LOT_3, bid] for bid in rows] == [self.low], "one price is abnormally low")
        for bid, tests in found.flags.items():
            zh, en = (self._limits(found, tests, number) for number in range(2))
            self.tell.step(
                f"{LOT_3}：{self.low.zh}报价 {yuan(fen[bid])} 元，低于{zh}；系统按公布的规则要求其说明",
                f"{LOT_3}: {self.low.en} asks {yuan(fen[bid])} yuan, below {en}: by the rules it must explain that",
            )
        self.low.run("explain", self.after.play.tender, LOT_3, "--text", _WHY)
        self.after.wait_for(LOT_3, "lot.explanation_given")
        self.tell.say(
            f"{self.low.zh}用投标密钥签名说明：{_WHY}",
            f"{self.low.en} explains under its bid key: aggregate from its own quarry eight kilometres away",
        )

    def judged(self) -> None:
        """Once the time to explain is over, two people say what they find of it."""
        play, house = self.after.play, self.after.play.house
        until = clock.parse_time(self.after.disclosed(LOT_3, "lot.explanations_asked")["until"])
        wait(lambda: datetime.now(UTC) > until or None, f"the end of the time to explain in {LOT_3}", 120)
        key = self.low.bid_key(play.tender, LOT_3)
        command(
            *("office", "judge-explanations", play.tender, LOT_3, "--proved", key, _FOUND),
            *("--reason", "两人核对", "--person", house.person("tess")),
        )
        agnes = house.person("agnes")
        (waiting,) = json.loads(command("office", "pending", "--json", "--person", agnes).out)
        command("office", "approve", waiting["id"], "--reason", "已复核", "--person", agnes)
        self.tell.step(
            f"{LOT_3}：招标人和代理机构两把钥匙认定说明成立：{_FOUND}",
            f"{LOT_3}: two keys, the tenderee's and the agency's, find that it holds: its books and contracts show it",
        )

    @staticmethod
    def _limits(found: abnormal.Screen, tests: Sequence[str], number: int) -> str:
        """`number`: of the language in `_TESTS`."""
        told = [(_TESTS[test][number].format(share=figures.SCREEN[test]), found.thresholds[test]) for test in tests]
        return ("、", ", ")[number].join(_LIMIT[number].format(what=what, yuan=exact(limit)) for what, limit in told)

    def reasons(self, evaluated: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
        """Who moved up, and how equals were parted: by the report, and by an evaluation without the deduction."""
        self._lifted(evaluated)
        self._parted(summary)

    def _lifted(self, evaluated: Mapping[str, Any]) -> None:
        event = self.after.disclosed
        coefficients = event(LOT_3, "lot.coefficients")
        document, form_document = rules.documents(LOT_3)
        form = check_form(form_document)
        lot = Lot(
            LOT_3,
            dict(coefficients["values"]),
            bytes.fromhex(coefficients["alpha"]),
            parse_yuan(figures.CEILING_3, "ceiling"),
            explanations={self.low.bid_key(self.after.play.tender, LOT_3): True},
        )
        bids = evaluate.opened_bids(event(LOT_3, "lot.offers_opened"), self.after.page, {})
        found = reading.lifted(check_rule_set(document, form), form, lot, bids)
        (one,) = found
        self._must(self.after.owner[LOT_3, one.bid] is self.small, "the small enterprise moves up")
        self._must((one.without, one.rank) == (4, 1), "it moves from fourth to first")
        self._must(evaluated["ranking"][0]["bid_key"] == one.bid, "the report has it first")
        self.tell.say(
            f"小微企业价格扣除：{self.small.zh}报价 {one.price} 元，扣除 {one.per_cent}% 后按 {one.counts_as} 元评审；"
            f"没有扣除排第 {one.without}，有扣除排第 {one.rank}",
            f"Small enterprises' deduction: {self.small.en} asks {one.price} yuan, less {one.per_cent} % counts as "
            f"{one.counts_as}; without it number {one.without}, with it number {one.rank}",
        )

    def _parted(self, summary: Mapping[str, Any]) -> None:
        groups = list(reading.drawn_apart(summary))
        self._must(len(groups) == 1, "the draw parts one group")
        (first, second) = [(rank, self.after.owner[LOT_3, bid]) for rank, bid in groups[0]]
        alike = {bidder.number for bidder in self.alike}
        self._must({first[1].number, second[1].number} == alike, "the draw parts the two that are alike")
        self._must((first[0], second[0]) == (3, 4), "they come third and fourth")
        self.tell.say(
            f"{first[1].zh}与{second[1].zh}总分相同、报价相同，由开标公开随机数抽签：{first[1].zh}排第 {first[0]}，"
            f"为中标候选人；{second[1].zh}排第 {second[0]}",
            f"{first[1].en} and {second[1].en} are equal in marks and price: the opening's public coin draws "
            f"{first[1].en} as number {first[0]}, a candidate, and {second[1].en} as number {second[0]}",
        )

    @staticmethod
    def _must(holds: bool, what: str) -> None:  # noqa: FBT001 - what holds, or not
        if not holds:
            raise Broken(f"not as it should be: in {LOT_3}, {what}")
