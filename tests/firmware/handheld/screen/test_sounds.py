"""A sound for what changed, none for what did not, and none at all in silent mode."""

from __future__ import annotations

from dataclasses import replace

from firmware.handheld.screen.inspection_views import InspectionView
from firmware.handheld.screen.sounds import (
    LEVEL_TONES,
    LOST_TONES,
    STEP_TONES,
    TREND_TONES,
    play,
    tones_between,
)
from firmware.handheld.screen.views import HomingView
from firmware.verdict.model import Level
from hw.clock import ManualClock
from hw.sim.panel import SimBuzzer
from tests.firmware.handheld.screen.sample_states import ordinary

QUIET = ordinary(Level.NOTHING_FOUND, "ko")


def test_what_stays_makes_no_sound() -> None:
    assert tones_between(None, QUIET) == ()
    assert tones_between(QUIET, replace(QUIET, elapsed_s=99.0, probability=0.004)) == ()


def test_every_level_has_a_pattern_of_its_own() -> None:
    assert set(LEVEL_TONES) == set(Level)
    assert len(set(LEVEL_TONES.values())) == len(Level)


def test_a_rise_is_heard_at_once_and_a_quiet_level_only_at_the_end() -> None:
    assert tones_between(QUIET, replace(QUIET, level=Level.LIKELY_CAMERA)) == LEVEL_TONES[Level.LIKELY_CAMERA]
    unsure = replace(QUIET, level=Level.INCONCLUSIVE)
    assert tones_between(unsure, QUIET) == ()
    assert tones_between(QUIET, replace(QUIET, scanning=False)) == LEVEL_TONES[Level.NOTHING_FOUND]


def test_a_lost_sense_is_heard_once() -> None:
    sensors = (replace(QUIET.sensors[0], state="lost"), *QUIET.sensors[1:])
    lost = replace(QUIET, sensors=sensors)
    assert tones_between(QUIET, lost) == LOST_TONES
    assert tones_between(lost, lost) == ()


def test_homing_clicks_when_the_trend_turns() -> None:
    warm = replace(QUIET, homing=HomingView(name="x", level=-50.0, trend="warmer"))
    assert tones_between(QUIET, warm) == TREND_TONES["warmer"]
    assert tones_between(warm, warm) == ()


def test_silent_mode_is_silent() -> None:
    buzzer = SimBuzzer(clock=ManualClock())
    play(buzzer, LEVEL_TONES[Level.CHECK], silent=True)
    assert list(buzzer.beeps) == []
    play(buzzer, LEVEL_TONES[Level.CHECK], silent=False)
    assert [b.frequency_hz for b in buzzer.beeps] == [t.frequency_hz for t in LEVEL_TONES[Level.CHECK]]


def test_the_next_step_of_the_guided_scan_is_heard_by_whoever_looks_at_the_wall() -> None:
    first = replace(ordinary(Level.NOTHING_FOUND, "ko"), inspection=InspectionView(step=(1, 4)))
    second = replace(first, inspection=InspectionView(step=(2, 4)))
    assert tones_between(first, second) == STEP_TONES
    assert tones_between(second, second) == ()
    assert tones_between(replace(first, inspection=InspectionView()), first) == ()
