"""The demo never empties a folder that is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.cli.demo import MARKER, _fresh
from firmware.errors import FirmwareError


def test_a_new_folder_is_made_and_one_of_an_earlier_demo_is_emptied(tmp_path: Path) -> None:
    folder = _fresh(tmp_path / "demo")
    (folder / "screens" / "old.png").write_bytes(b"old")
    again = _fresh(tmp_path / "demo")
    assert again == folder
    assert (again / MARKER).is_file()
    assert list((again / "screens").iterdir()) == []


def test_an_empty_folder_may_be_used_and_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (_fresh(tmp_path / "empty") / MARKER).is_file()
    (tmp_path / "mine").mkdir()
    kept = tmp_path / "mine" / "thesis.txt"
    kept.write_text("years of work", encoding="utf-8")
    for place in (tmp_path / "mine", kept):
        with pytest.raises(FirmwareError, match="holds something else"):
            _fresh(place)
    assert kept.read_text(encoding="utf-8") == "years of work"


def test_a_scene_that_is_not_there_is_a_usage_error_that_names_the_others(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["demo", "--scene", "no-such-room", "--out", str(tmp_path / "demo")])
    assert done.exit_code == 2
    assert "empty-room" in done.stderr
    assert not (tmp_path / "demo").exists()
