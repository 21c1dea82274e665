"""`mingjing`: one command for bidders, offices, institutions and servers.

Subcommands are imported when they are asked for: the core install has no server library, and a bidder's command needs
none.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

import click

from ledger.basics.errors import Refusal
from web.cli import chinese, shell

# Command → module and name of its click command. A module of the server's wants the [server] extra.
_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "setup": ("web.cli.bidder", "setup"),
    "secret": ("web.cli.bidder", "secret"),
    "keys": ("web.cli.bidder", "keys"),
    "take-tickets": ("web.cli.bidder", "take_tickets"),
    "fill": ("web.cli.bidder", "fill"),
    "sign": ("web.cli.bidder", "sign"),
    "countersign": ("web.cli.bidder", "countersign"),
    "seal": ("web.cli.bidder", "seal"),
    "submit": ("web.cli.bidding", "submit"),
    "replace": ("web.cli.bidding", "replace"),
    "withdraw": ("web.cli.bidding", "withdraw"),
    "status": ("web.cli.bidding", "status"),
    "supply": ("web.cli.bidding", "supply"),
    "rehearse": ("web.cli.bidding", "rehearse"),
    "ask": ("web.cli.bidding", "ask"),
    "explain": ("web.cli.bidding", "explain"),
    "object": ("web.cli.bidding", "object_"),
    "office": ("web.cli.office", "office"),
    "verify": ("web.cli.verify", "verify"),
    "bundle": ("web.cli.verify", "bundle"),
    "claims": ("web.cli.verify", "claims"),
    "lint": ("web.cli.lint", "lint_"),
    "score": ("web.cli.score", "score"),
    "follow": ("web.cli.follow", "follow"),
    "simulate": ("web.cli.simulate", "simulate"),
    "witness": ("ledger.witness.cli", "witness"),
    "contributor": ("ledger.contributor.cli", "contributor"),
    "platform": ("web.cli.server", "platform"),
    "serve": ("web.cli.server", "serve"),
    "check": ("web.cli.server", "check"),
    "demo": ("web.demo.command", "demo"),
}


def _custodian() -> click.Command:
    from bidding.custody import BidRulebook
    from ledger.custodian import cli

    return cli.group(BidRulebook)


_MADE: Final[Mapping[str, Callable[[], click.Command]]] = {"custodian": _custodian}


class _Lazy(click.Group):
    """A group whose commands are imported when they are named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*_COMMANDS, *_MADE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _MADE:
            found = _MADE[cmd_name]()
        elif cmd_name in _COMMANDS:
            module, name = _COMMANDS[cmd_name]
            found = getattr(import_module(module), name)
            assert_command(found)
        else:
            return None
        return chinese.translated(found, cmd_name) if shell.language(ctx.params.get("lang")) == "zh" else found

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Before anything is said: a console or file in another encoding (GBK, say) gets `?` for what it lacks."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; a refusal that it lets through ends it in words, as does a missing library."""
        try:
            return super().invoke(ctx)
        except Refusal as why:
            raise SystemExit(shell.report(why, shell.language(ctx.params.get("lang")))) from why
        except ModuleNotFoundError as why:
            missing = Refusal("client.needs_server", module=str(why.name))
            raise SystemExit(shell.report(missing, shell.language(ctx.params.get("lang")))) from why

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands without the servers' where their libraries are missing."""
        rows = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
            except ImportError:
                continue
            if command is not None:
                rows.append((name, command.get_short_help_str(80)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def assert_command(found: object) -> None:
    """Raises TypeError for what is no click command."""
    if not isinstance(found, click.Command):
        raise TypeError(f"no command: {found!r}")


@click.group(cls=_Lazy, name="mingjing", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mingjing")
@click.option("--lang", type=click.Choice(["zh", "en"]), is_eager=True, help="Of what is said; else from $LANG.")
@click.pass_context
def main(ctx: click.Context, lang: str | None) -> None:
    """明镜 Mingjing: e-bidding where every award is a proof."""
    ctx.obj = shell.language(lang)


if __name__ == "__main__":
    main(prog_name="mingjing")
