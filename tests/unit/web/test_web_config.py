"""A configuration is read strictly, and says what is wrong where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.log import refused
from web import config
from web.platform import sections, toml

PLAIN = '[platform]\norigin = "bids.example/log"\n'


def read(folder: Path, text: str) -> config.Config:
    path = folder / config.NAME
    path.write_text(text, encoding="utf-8")
    return config.read(path)


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    found = read(tmp_path, PLAIN)
    assert found.platform.interval_ms == 60_000
    assert found.platform.grace_ms == 120_000
    assert not found.platform.demonstration


def test_relative_paths_are_taken_from_the_file_s_folder(tmp_path: Path) -> None:
    found = read(tmp_path, PLAIN + '[folders]\nlog = "tiles"\n')
    assert found.folders.log == tmp_path / "tiles"
    assert found.database.office == f"sqlite:///{tmp_path / 'platform.db'}"


def test_an_absolute_address_stays(tmp_path: Path) -> None:
    found = read(tmp_path, PLAIN + '[database]\noffice = "postgresql://db/office"\nbox = "sqlite:////var/box.db"\n')
    assert found.database.office == "postgresql://db/office"
    assert found.database.box == "sqlite:////var/box.db"


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("", "config.missing_member", {"section": "platform", "member": "origin"}),
        (PLAIN + "[offcie]\n", "config.unknown_member", {"section": "", "member": "offcie"}),
        (PLAIN + "[office]\nprot = 1\n", "config.unknown_member", {"section": "office", "member": "prot"}),
        (
            PLAIN + '[office]\nport = "1"\n',
            "config.wrong_type",
            {"section": "office", "member": "port", "wanted": "int"},
        ),
        (
            PLAIN + "[office]\nport = -1\n",
            "config.wrong_type",
            {"section": "office", "member": "port", "wanted": "int"},
        ),
        (
            PLAIN + "[office]\nport = true\n",
            "config.wrong_type",
            {"section": "office", "member": "port", "wanted": "int"},
        ),
        ("platform = 1\n", "config.wrong_type", {"section": "platform", "member": "", "wanted": "table"}),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, code: str, params: dict[str, str]) -> None:
    with refused(code, **params):
        read(tmp_path, text)


def test_what_is_no_toml_or_not_there_is_refused(tmp_path: Path) -> None:
    with refused("config.not_toml"):
        read(tmp_path, "[platform")
    with refused("config.unreadable"):
        config.read(tmp_path / "nothing.toml")


def test_what_the_platform_writes_it_reads_back(tmp_path: Path) -> None:
    document = sections("bids.example/日志", demonstration=True, interval_ms=2000, office={"port": 8000})
    found = read(tmp_path, toml(document))
    assert found.platform == config.Platform("bids.example/日志", demonstration=True, interval_ms=2000)
    assert found.office.port == 8000
