"""The opening, for which nobody is needed, and what came out of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bidding.procedures import listing
from evaluation.rules import render
from ledger.basics.canonical import MAX_DOCUMENT, parse_object
from ledger.basics.money import yuan
from web import words
from web.demo import figures, rules
from web.demo.bidders import Bidder
from web.demo.notice import LOT_1, LOT_2, LOT_3, LOTS
from web.demo.play import Play
from web.demo.stage import Broken, wait
from web.demo.third import Third

# What must become of the special bids of lot 1: state, code, and the article that stands with the reason.
_EXPECTED: Final = {
    "void": ("void", "", ""),
    "twice": ("rejected", "", "51"),
    "lead": ("rejected", "", "51"),
    "unsigned": ("void", "statement.unsigned", "51"),
}


class After:
    """What follows the deadline of a play."""

    def __init__(self, play: Play) -> None:
        self.play, self.house, self.tell = play, play.house, play.tell
        self.owner: dict[tuple[str, str], Bidder] = {}
        self.lost_form = self.lost_file = ""
        self.third = Third(self)

    def run(self) -> None:
        """Opening, losses, evaluation, award; `Broken` where something did not happen as it should."""
        for lot in LOTS:
            for bidder in self.play.everybody():
                self.owner[lot, bidder.bid_key(self.play.tender, lot)] = bidder
        self._present()
        self._lose()
        self._give_back()
        self._announced()
        self._supply()
        self._results()

    # --- the opening ----------------------------------------------------------------------------------------------

    def _present(self) -> None:
        self.tell.step(
            "截止：此后无人操作。入册、清点密文；托管机构各自看账本、各自应答",
            "The deadline: nobody does anything from here on. Roll, presence; each custodian looks for itself",
        )
        for lot in LOTS:
            roll = self.wait_for(lot, "lot.closed")["roll"]["submissions"]
            self.wait_for(lot, "lot.present")
            self.tell.say(f"{lot}：{len(roll)} 份在册，密文齐全", f"{lot}: {len(roll)} on the roll, all present")
        self.play.pace.rest()

    def _lose(self) -> None:
        """The platform loses a form and a file; the custodians that answered already keep copies of every form."""
        tender = self.play.tender
        form_owner, file_owner = self.play.bidders[3], self.play.bidders[1]
        self.lost_form = form_owner.ciphertexts(tender, LOT_2)["offer", "form"]
        self.lost_file = file_owner.ciphertexts(tender, LOT_2)["offer", "files"]
        for name in self.house.custodians()[:2]:
            copy = self.house.root / name / "publish" / "forms" / self.lost_form
            wait(copy.exists, f"{name} to keep a copy of every form", 40)
        for sha256 in (self.lost_form, self.lost_file):
            for path in self._stored(sha256):
                path.unlink(missing_ok=True)
        self.tell.step(
            f"事故：平台丢失一份表单密文 {self.lost_form[:12]}… 和一份附件密文 {self.lost_file[:12]}…",
            f"An accident: the platform loses a form {self.lost_form[:12]}… and a file {self.lost_file[:12]}…",
        )

    def _give_back(self) -> None:
        shelf = self._stored(self.lost_form)[0]
        wait(shelf.exists, "a custodian to give the lost form back", 40)
        asked = self.house.custodians()[:2]
        giver = wait(lambda: [name for name in asked if "kind=form" in self._log(name)], "the giver's own log", 20)
        names = ", ".join(giver)
        self.tell.say(f"表单由 {names} 补回（哈希相符）", f"The form comes back from {names} (its hash says so)")
        for name in self.play.held:
            self.play.pace.rest()
            self.house.stage.processes[name].start()
        names = ", ".join(self.play.held)
        self.tell.say(f"{names} 恢复在线：三家已足够", f"{names} is back: three of five are enough")

    def _announced(self) -> None:
        for lot in LOTS:
            drawn = self.wait_for(lot, "lot.coefficients")["values"]
            if drawn:
                told = ", ".join(f"{name} = {value}" for name, value in sorted(drawn.items()))
                self.tell.say(
                    f"{lot}：报价均已密封在册，此时抽取系数 {told}",
                    f"{lot}: all prices are sealed and on the roll; now coefficients are drawn: {told}",
                )
            body = self.wait_for(lot, "lot.announced")
            self.tell.step(f"{lot}：唱标，{body['counted']} 份有效", f"{lot}: announced, {body['counted']} count")
            self.tell.rows([self._row(lot, row) for row in body["bids"]])
            self._check_announced(lot, body)

    def _row(self, lot: str, row: Mapping[str, Any]) -> list[str]:
        reason = row["reason"]
        told = ""
        if reason:
            zh, en = (words.say(reason["code"], reason["params"], lang) for lang in words.LANGS)
            told = f"{self.tell.pick(zh, en)} {reason['article']}"
        return [row["bid_key"][:8], row["state"], self._name(lot, row["bid_key"]), told]

    def _check_announced(self, lot: str, body: Mapping[str, Any]) -> None:
        rows = {self.owner[lot, row["bid_key"]].number: row for row in body["bids"]}
        if lot != LOT_1:
            wanted = len(figures.CHECKLISTS) + 1 if lot == LOT_2 else len(figures.WORKS)
            self._must(body["counted"] == wanted, f"{wanted} bids of {lot} count, found {body['counted']}")
            return
        for name, (state, code, article) in _EXPECTED.items():
            row = rows[self.play.special[name].number]
            self._must(row["state"] == state, f"the bid of {name} is {state}, found {row['state']}")
            self._must(code in row["reason"]["code"], f"the reason of {name} is {code}: {row['reason']}")
            self._must(article in row["reason"]["article"], f"{name} is out by article {article}: {row['reason']}")
        self._must(body["counted"] == self.play.bids, f"{self.play.bids} bids count, found {body['counted']}")
        for name in ("withdrawn", "late"):
            self._must(self.play.special[name].number not in rows, f"the {name} bid is not on the roll")

    def _supply(self) -> None:
        waited = wait(
            lambda: "opening.files_missing" in (self.house.stage.logs / "worker.log").read_text("utf-8"),
            "the worker to wait for the lost file",
            60,
        )
        del waited
        bidder = self.play.bidders[1]
        self.play.pace.rest()
        self.tell.step(f"{LOT_2} 在等丢失的附件", f"{LOT_2} waits for the file that was lost")
        bidder.run("supply", self.play.tender, LOT_2, "--sha256", self.lost_file)
        self.tell.say(f"{bidder.zh} 补交了自己的密文", f"{bidder.en} sent its own ciphertext again")

    # --- results --------------------------------------------------------------------------------------------------

    def _results(self) -> None:
        if self.play.pace.slow:
            self.tell.step(
                "大厅里逐份公布投标人、唱标；其后两分钟可当场提出异议，中标候选人公示一分钟",
                "The hall reads out bidders and offers; then two minutes for objections, and candidates stand for one",
            )
        self.third.screened(self._prices(LOT_3))
        for lot in LOTS:
            if lot == LOT_3:
                self.third.judged()
            prices = self._prices(lot)
            evaluated = self.wait_for(lot, "lot.evaluated")
            candidates = self.wait_for(lot, "lot.candidates_published")["candidates"]
            awarded = self.wait_for(lot, "lot.awarded")
            alone = (
                ("，除两人认定外均无人工介入", ", by nobody's hand but the finding")
                if lot == LOT_3
                else ("，均无人工介入", ": untouched")
            )
            self.tell.step(f"{lot}：评审、公示、定标{alone[0]}", f"{lot}: evaluated, published, awarded{alone[1]}")
            self.tell.rows(
                [str(row["rank"]), self._name(lot, row["bid_key"]), prices[row["bid_key"]], row["total"]]
                for row in evaluated["ranking"]
            )
            self._reasons(lot, evaluated, awarded["bid_key"])
            winner = self.owner[lot, awarded["bid_key"]]
            price = yuan(awarded["price_fen"])
            self.tell.say(f"中标：{winner.zh}，{price} 元", f"Awarded to {winner.en} at {price} yuan")
            self._must(candidates[0]["bid_key"] == awarded["bid_key"], f"the first candidate of {lot} wins")
            self._must(len(candidates) == 3, f"{lot} has three candidates")
            if lot == LOT_1:
                self._must(winner is self.play.bidders[0], "lot 1 goes to the recorded winner")
                self._must(price == f"{figures.WINNER}.00", "lot 1 goes for the recorded price")
                self.tell.say(
                    f"与历史记录一致：{figures.WINNER}", f"As the records of auction {figures.AUCTION} have it"
                )

    def _prices(self, lot: str) -> dict[str, str]:
        """Bid key → yuan, once the offers of a lot are open."""
        opened = self.wait_for(lot, "lot.offers_opened")
        offers = {row["bid_key"]: listing.offer(row, self.page) for row in opened["bids"]}
        return {key: offer["answers"].get("price", "") for key, offer in offers.items()}

    def _reasons(self, lot: str, evaluated: Mapping[str, Any], winner: str) -> None:
        """Why the winner has its marks, and why the rejected are out; every line stands in a certificate."""
        rule_set: Any = rules.documents(lot)[0]
        titles: dict[str, Mapping[str, str]] = {row["id"]: row["title"] for row in rule_set["criteria"]}
        summary = self._document(evaluated["report"])
        for row in summary["bids"]:
            sheet = self._document(row["sheet"])
            rejected = row["state"] == "rejected"
            if row["bid"] != winner and not rejected:
                continue
            self.tell.say(self._name(lot, row["bid"]), self._name(lot, row["bid"]))
            for one in [*self._benchmark(summary, rejected=rejected), *sheet["certificates"]]:
                if not rejected or "reason" in one:
                    title = titles.get(one["criterion"])
                    told = (render(one, lang, title, _words) for lang in words.LANGS)
                    self.tell.rows([["  " + self.tell.pick(*told)]])
            if rejected:
                self._must(
                    self.owner[lot, row["bid"]] is self.play.special["vetoed"], "only the vetoed bid is rejected"
                )
        if lot == LOT_3:
            self.third.reasons(evaluated, summary)

    @staticmethod
    def _benchmark(summary: Mapping[str, Any], *, rejected: bool) -> list[dict[str, Any]]:
        found = summary.get("benchmark")
        return [found] if isinstance(found, dict) and "criterion" in found and not rejected else []

    # --- small things ---------------------------------------------------------------------------------------------

    def wait_for(self, lot: str, type_: str, seconds: float = 60) -> dict[str, Any]:
        """The event of a lot, once it is disclosed."""
        limit = seconds + self.play.pace.window + max(0.0, (self.play.deadline - datetime.now(UTC)).total_seconds())

        def look() -> dict[str, Any] | None:
            self.house.stage.check()
            failed = self.house.event(f"lot/{self.play.tender}/{lot}", "lot.failed")
            if failed:
                raise Broken(f"{lot} failed: {json.dumps(failed, ensure_ascii=False)}")
            public = self.house.event(f"lot/{self.play.tender}/{lot}", type_)
            return None if public is None else listing.whole(type_, public, self.page)

        return wait(look, f"{type_} of {lot}", limit)

    def disclosed(self, lot: str, type_: str) -> dict[str, Any]:
        """The event of a lot as it is disclosed, its lists named by their hash."""
        found = self.house.event(f"lot/{self.play.tender}/{lot}", type_)
        if found is None:
            raise Broken(f"{type_} of {lot} is not disclosed")
        return found

    def _document(self, sha256: str) -> dict[str, Any]:
        return dict(parse_object(self.page(sha256), MAX_DOCUMENT))

    def page(self, sha256: str) -> bytes:
        """A public document."""
        return self.house.platform().get(f"/api/documents/{sha256}", MAX_DOCUMENT)

    def _name(self, lot: str, bid_key: str) -> str:
        bidder = self.owner[lot, bid_key]
        return self.tell.pick(bidder.zh, bidder.en)

    def _stored(self, sha256: str) -> list[Path]:
        platform = self.house.config.parent
        return [
            platform / "documents" / "forms" / sha256[:2] / sha256,
            platform / "blobs" / "whole" / sha256[:2] / sha256,
        ]

    def _log(self, name: str) -> str:
        return (self.house.stage.logs / f"{name}.log").read_text("utf-8")

    @staticmethod
    def _must(holds: bool, what: str) -> None:  # noqa: FBT001 - what holds, or not
        if not holds:
            raise Broken(f"not as it should be: {what}")


def _words(code: str, params: Mapping[str, Any], lang: str) -> str:
    return words.say(code, params, "zh" if lang == "zh" else "en")
