"""`mingjing demo`."""

from __future__ import annotations

import shutil
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from ledger.basics.errors import Refusal
from web.demo import figures
from web.demo.after import After
from web.demo.district import District
from web.demo.house import House
from web.demo.pace import Pace
from web.demo.play import Play
from web.demo.proof import Proof
from web.demo.stage import Broken, Stage
from web.demo.tell import Teller
from web.words import LANGS, Lang

_PORTS = (8000, 8001, 8002)
_MARK = "mingjing-demo"


@click.command()
@click.option("--serve", is_flag=True, help="Leave the platform up afterwards (Ctrl-C ends it).")
@click.option(
    "--ports",
    type=(click.IntRange(1, 65535), click.IntRange(1, 65535), click.IntRange(1, 65535)),
    default=_PORTS,
    show_default=True,
    help="Of office, box and halls with --serve.",
)
@click.option("--fast", is_flag=True, help="At full speed, also with --serve (always so without it).")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("build/demo"), show_default=True
)
@click.option(
    "--stop-custodians", type=click.IntRange(0, 2), default=2, show_default=True, help="Stopped for the opening."
)
@click.option("--bidding-seconds", type=click.IntRange(0, 3600), default=0, help="Until the deadline; 0: as needed.")
@click.option("--seed", type=int, default=1, show_default=True, help="Order in which the bidders come.")
@click.option(
    "--bids",
    type=click.IntRange(max(len(figures.CHECKLISTS), len(figures.WORKS)), len(figures.BIDS)),
    default=len(figures.BIDS),
    show_default=True,
    help="Of the source's bidders for lot 1, the first so many.",
)
@click.option("--lang", type=click.Choice(["zh", "en", "both"]), default="both", show_default=True)
def demo(  # noqa: PLR0913 - one option each
    folder: Path,
    ports: tuple[int, int, int],
    stop_custodians: int,
    bidding_seconds: int,
    seed: int,
    bids: int,
    lang: str,
    *,
    serve: bool,
    fast: bool,
) -> None:
    """Play a tender of three lots through every process and command, and verify its evidence."""
    langs: Sequence[Lang] = LANGS if lang == "both" else ("zh",) if lang == "zh" else ("en",)
    if serve:
        _check_free(ports)
    _clear(folder)
    stage, teller = Stage(folder / "logs"), Teller(langs)
    house = House(folder.resolve(), stage, ports if serve else None)
    signal.signal(signal.SIGTERM, _end)
    try:
        play = Play(house, teller, Pace(slow=serve and not fast), stop_custodians, bidding_seconds, seed, bids)
        play.to_the_deadline()
        after = After(play)
        after.run()
        Proof(after).run()
        if serve:
            _serve(house, teller, play)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except (Broken, Refusal) as why:
        click.echo(f"\nFAILED: {why}", err=True)
        raise SystemExit(1) from why
    finally:
        stage.stop()


def _check_free(ports: tuple[int, int, int]) -> None:
    """Says at once, and not after the first failure, that somebody else has a port."""
    for port in ports:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError as why:
                raise click.ClickException(
                    f"端口 {port} 已被占用；请先停掉占用它的程序，或换端口：make run ARGS='--ports 9000 9001 9002'\n"
                    f"Port {port} is in use: end what uses it, or take others: make run ARGS='--ports 9000 9001 9002'"
                ) from why


def _serve(house: House, teller: Teller, play: Play) -> None:
    teller.step(
        "示范区：再公布两个项目，一个没有人投，一个十分钟后开标，可以从浏览器投标",
        "A district: two more tenders, one that nobody bids for, one that opens in ten minutes and takes bids",
    )
    district = District(house, teller, play.bidders)
    district.settle()
    district.accounts()
    teller.step(
        f"平台继续运行：{house.public}（办公端与公开页），投标箱 {house.box}。按 Ctrl-C 结束。",
        f"The platform stays up: {house.public} (office and public pages), box {house.box}. Ctrl-C ends it.",
    )
    teller.say(
        f"结果页面：{house.public}/tenders/{play.tender}",
        f"The result: {house.public}/tenders/{play.tender}?lang=en",
    )
    teller.say(
        "自己办一次招标：另开一个终端，照 docs/own-tender.zh-CN.md 做",
        "A tender of your own: in another terminal, by docs/own-tender.md",
    )
    district.keep_open(threading.Event())


def _clear(folder: Path) -> None:
    """Empties the folder of an earlier demonstration, and of nothing else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise click.ClickException(f"{folder} is not empty and holds no earlier demonstration")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
