"""A recorded survey gives the counters that the device gave; damaged lines are counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, DeviceMissing, EndOfRecording
from hw.protocols import SurveyRadio
from hw.replay.recorder import Recorder
from hw.replay.survey import RecordedSurvey, as_row, open_survey
from hw.types import ChannelSurvey, SurveyBatch
from tests.sweeper.test_survey_sensor import Radio, quiet


def opened(path: Path, clock: ManualClock | None = None) -> RecordedSurvey:
    return open_survey(target=str(path), config=HwConfig(), clock=clock or ManualClock())


def test_a_session_gives_the_counters_and_faults_of_the_device(tmp_path: Path) -> None:
    clock = ManualClock()
    radio = Radio(clock, quiet)
    recorder = Recorder(tmp_path / "session", wall_ns=0)
    tap = recorder.wrap("survey", radio, clock=clock)
    given: list[SurveyBatch] = []
    for turn in range(6):
        radio.hop()
        if turn == 3:
            radio.faults.append(DeviceLost("gone", hint="plug it in"))
            with pytest.raises(DeviceLost):
                tap.read_survey()
        else:
            given.append(tap.read_survey())
    recorder.close()
    played_clock = ManualClock()
    played = opened(tmp_path / "session", played_clock)
    assert isinstance(played, SurveyRadio)
    assert [played.read_survey() for _ in range(3)] == given[:3]
    with pytest.raises(DeviceLost, match="gone"):
        played.read_survey()
    assert [played.read_survey() for _ in range(2)] == given[3:]
    assert played_clock.now_ns() == given[-1].t_ns
    with pytest.raises(EndOfRecording):
        played.read_survey()
    played.close()
    with pytest.raises(DeviceLost):
        played.read_survey()


def test_damaged_lines_are_left_out_and_counted(tmp_path: Path) -> None:
    good = {"t_ns": 5, "channels": [{"mhz": 2412, "noise_dbm": -95, "time_ms": 3}]}
    lines = [
        "rubbish", json.dumps({"t_ns": -1, "channels": []}), json.dumps({"t_ns": 1, "channels": 7}),
        json.dumps({"t_ns": 2, "channels": [{"mhz": 1}, 5, {"mhz": 2412, "time_ms": -4, "noise_dbm": 900}]}),
        json.dumps(good),
    ]  # fmt: skip
    (tmp_path / "survey.jsonl").write_text("\n".join(lines) + "\n")
    played = opened(tmp_path)
    assert played.read_survey() == SurveyBatch(t_ns=2, channels=(ChannelSurvey(center_hz=2412e6),))
    (channel,) = played.read_survey().channels
    assert (channel.noise_dbm, channel.time_ms, channel.rx_ms) == (-95, 3, None)
    numbers = played.health().numbers
    assert (numbers["bad_line"], numbers["bad_channel"]) == (3.0, 2.0)


def test_any_bytes_are_read_to_their_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    whole = json.dumps({"t_ns": 5, "channels": [as_row(ChannelSurvey(center_hz=2412e6, time_ms=3))]}).encode()
    for _ in range(60):
        spoilt = bytearray(whole + b"\n") * 4
        for at in rng.integers(0, len(spoilt), 6):
            spoilt[int(at)] = int(rng.integers(256))
        (tmp_path / "survey.jsonl").write_bytes(spoilt)
        played = opened(tmp_path)
        for _ in range(20):
            try:
                played.read_survey()
            except EndOfRecording:
                break
        else:
            pytest.fail("it never ends")


def test_a_session_without_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "buttons.jsonl").write_text("")
    with pytest.raises(DeviceMissing, match="surveys of Wi-Fi channels"):
        opened(tmp_path)
