"""Every device of a kit that can be recorded has its tap, and a tap passes on what the device says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hw.clock import ManualClock
from hw.errors import DeviceLost
from hw.kit import BACKENDS
from hw.replay.recorder import Recorder
from hw.replay.session import CONTENTS
from hw.replay.taps import TAPS
from hw.replay.writers import WRITERS
from tests.sweeper.test_survey_sensor import Radio, quiet


def test_what_is_recorded_can_be_played() -> None:
    assert set(TAPS) == set(WRITERS) == set(BACKENDS["replay"]) == set(CONTENTS)


def test_a_tap_passes_on_what_the_device_says_and_raises(tmp_path: Path) -> None:
    clock = ManualClock()
    radio: Any = Radio(clock, quiet)
    recorder = Recorder(tmp_path / "session", wall_ns=0)
    tap = recorder.wrap("survey", radio, clock=clock)
    assert tap.info() == radio.info()
    assert tap.health() == radio.health()
    radio.hop()
    assert tap.read_survey() == radio.read_survey()
    radio.faults.append(DeviceLost("gone"))
    with pytest.raises(DeviceLost, match="gone"):
        tap.read_survey()
    tap.close()
    recorder.close()
    assert '"gone"' in (tmp_path / "session/faults.jsonl").read_text()
