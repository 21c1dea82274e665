"""The proof in the hand: one verdict by every quorum, bids that stayed shut, a bundle that anybody verifies."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bidding.procedures.notice import Notice
from bidding.sealed_lot import contribution_seals
from bidding.submission import PARTS, Submission
from ledger.basics.canonical import Json
from ledger.sealed.opening import Open, verdict
from ledger.sealed.release import Release
from ledger.sealed.seal import Seal
from web.demo.after import After
from web.demo.house import QUORUM
from web.demo.notice import LOT_1, LOTS
from web.demo.stage import Broken, Outside, command, wait

_PARTS = ("coin", *PARTS)


class Proof:
    """The end of a play."""

    def __init__(self, after: After) -> None:
        self.after, self.play, self.house, self.tell = after, after.play, after.house, after.tell
        self.notice = Notice.parse(
            self.house.event(f"tender/{self.play.tender}", "tender.published")["notice"]  # type: ignore[index]  # it was published
        )

    def run(self) -> None:
        """All of it; `Broken` where something does not hold."""
        self._return()
        self._quorums()
        self._shut()
        self._institutions()
        self._bundle()

    def _return(self) -> None:
        if self.play.stopped:
            names = ", ".join(self.play.stopped)
            self.tell.step(f"{names} 恢复运行，补交自己的应答", f"{names} return and give their answers, too")
        for name in self.play.stopped:
            self.house.stage.processes[name].start()
        count = len(self.notice.custodians)
        for lot in LOTS:
            for part in _PARTS:
                wait(lambda lot=lot, part=part: len(self._releases(lot, part)) == count, f"{part} of {lot}", 90)  # type: ignore[misc]  # bound now
        stream = f"tender/{self.play.tender}"
        wait(lambda: self._accounted(stream), "the closing account", 60)

    def _accounted(self, stream: str) -> bool:
        got: Any = self.house.platform().get_json(f"/api/tenders/{self.play.tender}")
        account = self.house.event(stream, "tender.accounted")
        if account is None:
            return False
        said: Mapping[str, int] = account["streams"]
        return all(said.get(name) == last for name, last in got["streams"].items() if name.startswith("lot/"))

    # --- quorums --------------------------------------------------------------------------------------------------

    def _quorums(self) -> None:
        ids = sorted(self.notice.custodians)
        quorums = list(itertools.combinations(ids, QUORUM))
        self.tell.step(
            f"任取三家，共 {len(quorums)} 种组合：对每一个密封，结论必须相同",
            f"Any three of five, {len(quorums)} quorums: each must give the same verdict on every seal",
        )
        rows = []
        for lot in LOTS:
            for part in _PARTS:
                found: Counter[str] = Counter()
                releases = self._releases(lot, part)
                for author, seal in self._seals(lot, part).values():
                    found[self._same(lot, part, author, seal, releases, quorums)] += 1
                told = ", ".join(f"{count} {word}" for word, count in sorted(found.items()))
                rows.append([lot, part, told, f"{len(quorums)}/{len(quorums)}"])
        self.tell.rows(rows)

    def _same(  # everything a verdict depends on
        self,
        lot: str,
        part: str,
        author: bytes,
        seal: Seal,
        releases: Mapping[str, Release],
        quorums: Sequence[tuple[str, ...]],
    ) -> str:
        keyset = self.notice.lot(lot).keyset(part)
        verdicts = set()
        for quorum in quorums:
            answers = {name: releases[name].answers[author, seal.n16] for name in quorum}
            made = verdict(seal, keyset, author, answers)
            verdicts.add(("open", made.secret) if isinstance(made, Open) else (type(made).__name__.lower(), b""))
        if len(verdicts) != 1:
            raise Broken(f"quorums disagree about a seal of {lot} {part}: {sorted(word for word, _ in verdicts)}")
        return verdicts.pop()[0]

    def _seals(self, lot: str, part: str) -> dict[str, tuple[bytes, Seal]]:
        row = self.notice.lot(lot)
        if part == "coin":
            stream = self.house.events(f"lot/{self.play.tender}/{lot}")
            given = [one["public"]["contribution"] for one in stream if one["type"] == "contribution.recorded"]
            sealed = _SealedLot(row.parts, self.notice.contributors)
            return contribution_seals(sealed, given)  # type: ignore[arg-type]  # it has what is looked at
        answered = next(iter(self._releases(lot, part).values())).answers
        out = {}
        for sha256 in self._roll(lot):
            submission = Submission.parse(self.house.platform().get_json(f"/api/submissions/{sha256}"))
            seal = submission.seal(row.keyset(part))
            author = bytes.fromhex(submission.bid_key)
            if (author, seal.n16) in answered:
                out[sha256] = (author, seal)
        return out

    def _roll(self, lot: str) -> list[str]:
        closed = self.house.event(f"lot/{self.play.tender}/{lot}", "lot.closed")
        return list(closed["roll"]["submissions"]) if closed else []

    def _releases(self, lot: str, part: str) -> dict[str, Release]:
        """The first release of each custodian for a part."""
        found: dict[str, Release] = {}
        for event in self.house.events(f"lot/{self.play.tender}/{lot}"):
            public = event["public"]
            if event["type"] == "release.recorded" and public["part"] == part:
                release: dict[str, Json] = public["release"]["object"]
                found.setdefault(public["custodian"], Release.parse(release))
        return found

    def _shut(self) -> None:
        """Nobody ever answered for the withdrawn bid, nor for the version that was replaced."""
        for bidder, word in ((self.play.special["withdrawn"], "withdrawn"), (self.play.bidders[3], "replaced")):
            shut = Submission.parse(
                json.loads((_sealed(bidder.home, self.play.tender) / "submission.json").read_bytes())
            )
            for part in PARTS:
                seal = shut.seal(self.notice.lot(LOT_1).keyset(part))
                for name, release in self._releases(LOT_1, part).items():
                    if (bytes.fromhex(shut.bid_key), seal.n16) in release.answers:
                        raise Broken(f"{name} answered for a {word} bid")
            zh = {"withdrawn": "撤回", "replaced": "被替换"}[word]
            self.tell.say(
                f"{bidder.zh} {zh}的投标：五家机构的应答里都没有它，永远打不开",
                f"The {word} bid of {bidder.en}: not in any answer of the five; it stays shut for ever",
            )

    def _institutions(self) -> None:
        self.tell.step("各机构做了什么", "What each institution did")
        trust = json.loads(self.house.trust.read_bytes())
        rows = []
        for row in trust["custodians"]:
            log = (self.house.stage.logs / f"{row['id']}.log").read_text("utf-8")
            signed, released = log.count("kind=sign"), log.count(" released ")
            challenged = log.count("kind=challenge")
            name = self.tell.pick(row["name"]["zh"], row["name"]["en"])
            told = self.tell.pick(
                f"签署 {signed} 个密钥集，应答 {challenged} 次核验，释放 {released} 次",
                f"signed {signed} key sets, met {challenged} challenges, made {released} releases",
            )
            rows.append([row["id"], name, told])
        for name in [*self.house.witnesses(), *self.house.contributors()]:
            log = (self.house.stage.logs / f"{name}.log").read_text("utf-8")
            told = self.tell.pick(
                f"共签检查点 {log.count(' cosigned ')} 次" if "witness" in name else "封存随机数",
                f"cosigned {log.count(' cosigned ')} checkpoints" if "witness" in name else "sealed its randomness",
            )
            rows.append([name, "", told])
        self.tell.rows(rows)

    # --- the bundle -----------------------------------------------------------------------------------------------

    def _bundle(self) -> None:
        bundle, trust = self.house.root / "bundle.zip", self.house.trust
        command("bundle", self.play.tender, "--platform", self.house.office, "--out", str(bundle))
        size = bundle.stat().st_size // 1024
        self.tell.step(
            f"证据包 {bundle.name}（{size} KiB）：任何人离线复核",
            f"The evidence bundle {bundle.name} ({size} KiB): anybody verifies it offline",
        )
        lang = "zh" if self.tell.langs[0] == "zh" else "en"
        said = Outside("--lang", lang, "verify", str(bundle), "--trust", str(trust))
        alone = Outside("verify", str(bundle))
        checked = Outside("check", "--config", str(self.house.config))
        for line in said.end(0).out.splitlines():
            self.tell.rows([[line]])
        alone.end(3)
        self.tell.say("没有信任文件时退出码为 3", "Without a trust file its exit status is 3")
        checked.end(0)
        self.tell.say(
            "mingjing check：账本重放与所有表一致", "mingjing check: the ledger, folded again, is every table"
        )


class _SealedLot:
    """What `contribution_seals` looks at of a lot."""

    def __init__(self, keysets: Mapping[str, Any], contributors: Mapping[str, str]) -> None:
        self.keysets, self.contributors = keysets, contributors


def _sealed(home: str, tender: str) -> Path:
    return Path(home) / "bids" / tender / LOT_1 / "sealed" / "1"
