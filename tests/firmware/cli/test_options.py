"""Options that are fields of a dataclass reach a command in one piece, with their ranges and defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from firmware.cli.options import (
    CommonOptions,
    LangOption,
    ScanOptions,
    complete_kit,
    default_language,
    language,
    takes_options,
)
from hw.sim.scene import scene_names

RUNNER = CliRunner()


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoOptions:
    lang: LangOption = None
    count: Annotated[int, typer.Option("--count", min=1, max=3)] = 2


def program() -> tuple[typer.Typer, list[object]]:
    seen: list[object] = []
    app = typer.Typer()

    @app.command()
    @takes_options(TwoOptions)
    def go(options: TwoOptions, name: Annotated[str, typer.Argument()], loud: bool = False) -> None:
        """Go there."""
        seen.extend([options, name, loud])

    return app, seen


def test_a_command_gets_its_dataclass_and_its_own_options() -> None:
    app, seen = program()
    done = RUNNER.invoke(app, ["--count", "3", "--lang", "ko", "there", "--loud"])
    assert done.exit_code == 0
    assert seen == [TwoOptions(lang="ko", count=3), "there", True]


def test_defaults_are_the_dataclass_fields() -> None:
    app, seen = program()
    RUNNER.invoke(app, ["there"])
    assert seen == [TwoOptions(), "there", False]


def test_the_range_of_a_field_is_checked_and_the_help_names_it() -> None:
    app, seen = program()
    assert RUNNER.invoke(app, ["--count", "4", "there"]).exit_code == 2
    assert seen == []
    assert "Go there." in RUNNER.invoke(app, ["--help"]).stdout


def test_a_scan_is_asked_what_every_command_is_asked_and_more() -> None:
    common, scan = CommonOptions(), ScanOptions()
    assert isinstance(scan, CommonOptions)
    assert (common.kit, scan.kit, scan.duration_s, scan.as_jsonl) == ("auto", "auto", None, False)


def test_languages() -> None:
    assert language("ko") == "ko"
    assert default_language("ko_KR.UTF-8") == "ko"
    assert default_language("xx_XX.UTF-8") == "en"
    with pytest.raises(typer.BadParameter, match="use ko or en"):
        language("xx")


def test_the_shell_completes_kits_and_scenes_without_loading_them() -> None:
    assert set(complete_kit("sim:")) >= {f"sim:{name}" for name in scene_names()}
    assert complete_kit("sim:six") == ["sim:six-cubicles"]
    assert "sim:wifi-camera" in complete_kit("sim:wifi")
    assert complete_kit("a") == ["auto"]
    assert complete_kit("x") == []
