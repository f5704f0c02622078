"""What a unit has learned of itself is used by its sweeps, without being named."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from firmware.runtime.factory import SensorSource
from firmware.settings import calibration
from firmware.settings.settings import load_settings
from hw.clock import ManualClock
from hw.replay.manifest import Manifest, write_manifest
from lensdetect.calibration import Calibration
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
    source = SensorSource("rf", sdr, spec=kit, clock=ManualClock(), settings=load_settings(), recorder=None)
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


EYE = Calibration(
    unit="u", width_px=640, height_px=480, dark_dn=2.0, noise_dn=1.0, latency_ms=8.0, ring_over_side=1.1,
    focus=0.1, hot_pixels=(), wall_m=0.25, true_wall_m=0.5,
)  # fmt: skip


def test_a_real_unit_measures_the_distance_once_a_tape_was_held_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "calibration_folder", lambda: tmp_path)
    settings = load_settings()
    assert calibration.with_distance("pi", settings).lens.distance_factor is None
    calibration.keep(calibration.LENS_FILE, dataclasses.replace(EYE, true_wall_m=None).as_toml())
    assert calibration.with_distance("auto", settings).lens.distance_factor is None
    calibration.keep(calibration.LENS_FILE, EYE.as_toml())
    assert calibration.with_distance("pi", settings).lens.distance_factor == pytest.approx(2.0)
    named = load_settings(overrides=["lens.distance_factor=3"])
    assert calibration.with_distance("pi", named).lens.distance_factor == 3.0
    assert calibration.with_distance("sim:empty-room", settings).lens.distance_factor == 1.0


@pytest.mark.parametrize(
    ("kit", "told", "factor"),
    [("sim:x", None, 1.0), ("pi", 2.5, 2.5), ("pi", None, None), ("pi", "far", None), ("pi", 1e9, None)],
)
def test_a_recording_is_read_as_it_was_taken(
    tmp_path: Path, kit: str, told: object, factor: float | None
) -> None:
    lens = {} if told is None else {"distance_factor": told}
    write_manifest(tmp_path, Manifest(wall_ns=0, kit=kit, settings={"lens": lens}))
    assert calibration.with_distance(f"replay:{tmp_path}", load_settings()).lens.distance_factor == factor


def test_a_recording_without_a_word_of_it_is_not_guessed(tmp_path: Path) -> None:
    assert calibration.with_distance(f"replay:{tmp_path}", load_settings()).lens.distance_factor is None
    (tmp_path / "manifest.toml").write_text("= nonsense")
    assert calibration.with_distance(f"replay:{tmp_path}", load_settings()).lens.distance_factor is None
