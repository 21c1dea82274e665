"""The help speaks the reader's language."""

from __future__ import annotations

from collections.abc import Iterator

import click
from click.testing import CliRunner

from web.cli.chinese import SAID
from web.cli.main import main


def paths(command: click.Command, path: str = "") -> Iterator[str]:
    if path:
        yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from paths(found, f"{path} {name}".strip())


def test_every_command_is_explained_in_chinese_and_no_other() -> None:
    assert set(SAID) == set(paths(main))


def test_help_is_in_the_language_that_was_asked_for() -> None:
    run = CliRunner().invoke
    for words in (["office"], ["office", "draft"], []):
        zh = run(main, ["--lang", "zh", *words, "--help"]).output
        en = run(main, ["--lang", "en", *words, "--help"]).output
        assert any(said in zh.replace("\n", "") for said in ("起草", "招标项目"))
        assert "起草" not in en
        assert "招标项目" not in en
