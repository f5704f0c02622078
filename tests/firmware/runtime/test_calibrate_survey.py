"""The baseline of the survey is counted over the channels of a kit, stored, and used by a real unit."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.calibrate import app
from firmware.runtime.calibrate_survey import count_airtime
from firmware.settings.calibration import SURVEY_FILE, with_own_lines
from firmware.settings.settings import Settings, load_settings
from hw.errors import DeviceMissing
from hw.sim.high_air import CHANNELS_HZ
from sweeper.survey_baseline import load_baseline

ROOM = "sim:analog-2g4-camera"


def test_every_channel_of_the_adapter_is_counted() -> None:
    levels = count_airtime(ROOM, Settings(), seconds=30)
    assert {level.center_hz for level in levels} == set(CHANNELS_HZ)
    loud = next(level for level in levels if level.center_hz == 2432e6)
    assert loud.energy_share == pytest.approx(1.0)
    with pytest.raises(DeviceMissing):
        count_airtime("sim:empty-room", Settings(), seconds=30)


def test_the_command_stores_it_and_says_how_many_channels(tmp_path: Path) -> None:
    asked = ["survey", "--kit", ROOM, "--out", str(tmp_path), "--seconds", "30", "--lang", "en"]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 0, said.output
    assert f"{len(CHANNELS_HZ)} channels" in said.output
    baseline = load_baseline((tmp_path / SURVEY_FILE).read_text())
    assert len(baseline.channels) == len(CHANNELS_HZ)


def test_a_real_unit_uses_its_own_and_a_named_one_goes_before(tmp_path: Path) -> None:
    (tmp_path / SURVEY_FILE).write_text("{}")
    assert with_own_lines("pi", Settings(), folder=tmp_path).rf.survey_baseline == str(tmp_path / SURVEY_FILE)
    assert with_own_lines(ROOM, Settings(), folder=tmp_path).rf.survey_baseline is None
    named = load_settings(overrides=["rf.survey_baseline=mine.json"])
    assert with_own_lines("pi", named, folder=tmp_path).rf.survey_baseline == "mine.json"
