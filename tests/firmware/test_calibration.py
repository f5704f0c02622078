"""What a unit has learned of itself is used by its sweeps, without being named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from firmware import calibration
from firmware.assemble import SenseSource
from firmware.settings import load_settings
from hw.clock import ManualClock
from sweeper.selfnoise import NoiseLine, NoiseProfile, dump_profile
from sweeper.sweeper import Sweeper
from tests.sweeper.air import heard
from tests.sweeper.test_services import One


@pytest.fixture
def learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    line = NoiseLine(low_hz=409.9e6, high_hz=410.1e6, level_db=0.0, states=("camera",))
    profile = NoiseProfile(learned_on=dt.date(2026, 1, 1), temperature_c=50.0, lines=(line,))
    path = calibration.keep(calibration.RF_FILE, dump_profile(profile), folder=tmp_path)
    monkeypatch.setattr(calibration, "calibration_folder", lambda: tmp_path)
    return path


@pytest.mark.parametrize(("kit", "kind"), [("pi", "self-noise"), ("sim:empty-room", "unknown")])
def test_the_units_own_lines_are_masked_on_the_unit_alone(learned: Path, kit: str, kind: str) -> None:
    sdr = One(heard("carrier", snr_db=20, offset_hz=-0.3e6), 410e6 - 0.3e6)
    source = SenseSource("rf", sdr, spec=kit, clock=ManualClock(), settings=load_settings(), recorder=None)
    sweeper = source.open()
    assert isinstance(sweeper, Sweeper)
    sweeper.step()
    strongest = max(sweeper.observations(), key=lambda e: e.snr_db)
    assert strongest.kind == kind
    assert strongest.center_hz == pytest.approx(410e6, abs=5e3)


def test_a_file_named_in_the_settings_goes_before(learned: Path) -> None:
    named = load_settings(overrides=["rf.self_noise=/etc/ansim/other.json"])
    assert calibration.with_own_lines("pi", named).rf.self_noise == "/etc/ansim/other.json"
    assert calibration.with_own_lines("pi", load_settings()).rf.self_noise == str(learned)
    assert calibration.with_own_lines("replay:x", load_settings()).rf.self_noise is None
    learned.unlink()
    assert calibration.with_own_lines("pi", load_settings()).rf.self_noise is None
