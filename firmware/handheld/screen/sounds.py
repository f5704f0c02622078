"""Sounds of the handheld: one short pattern for each change that matters; the buzzer shakes the grip too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.views import Trend
from firmware.verdict.model import Level
from hw.protocols import Buzzer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """One beep."""

    frequency_hz: float
    duration_ms: int


LOW_HZ, MIDDLE_HZ, HIGH_HZ = 660.0, 880.0, 1320.0  # a small buzzer is loud from about 600 Hz on
LEVEL_TONES: Mapping[Level, tuple[Tone, ...]] = {
    Level.INCONCLUSIVE: (Tone(frequency_hz=LOW_HZ, duration_ms=120),),
    Level.NOTHING_FOUND: (Tone(frequency_hz=MIDDLE_HZ, duration_ms=80),),
    Level.CHECK: (
        Tone(frequency_hz=MIDDLE_HZ, duration_ms=120),
        Tone(frequency_hz=MIDDLE_HZ, duration_ms=120),
    ),
    Level.LIKELY_CAMERA: (Tone(frequency_hz=HIGH_HZ, duration_ms=200),) * 3,
}
LOST_TONES = (Tone(frequency_hz=MIDDLE_HZ, duration_ms=150), Tone(frequency_hz=LOW_HZ, duration_ms=300))
STEP_TONES = (Tone(frequency_hz=MIDDLE_HZ, duration_ms=60), Tone(frequency_hz=HIGH_HZ, duration_ms=60))
TREND_TONES: Mapping[Trend, tuple[Tone, ...]] = {
    "warmer": (Tone(frequency_hz=HIGH_HZ, duration_ms=40),),
    "colder": (Tone(frequency_hz=LOW_HZ, duration_ms=40),),
    "lost": (Tone(frequency_hz=LOW_HZ, duration_ms=200),),
    "steady": (),
    "searching": (),
}
QUIET_LEVELS = frozenset({Level.INCONCLUSIVE, Level.NOTHING_FOUND})


def tones_between(before: ScreenState | None, after: ScreenState) -> tuple[Tone, ...]:
    """Return the tones of a change between two states; no change makes no sound.

    A quiet level sounds only when the scan ends with it: on the way it would be a claim too early.
    """
    if before is None:
        return ()
    ended = before.scanning and not after.scanning
    raised = after.level is not before.level and after.level not in QUIET_LEVELS
    if raised or ended:
        return LEVEL_TONES[after.level]
    if _lost(after) - _lost(before):
        return LOST_TONES
    if before.inspection.step != after.inspection.step and after.inspection.step[0] > 1:
        return STEP_TONES
    if after.homing is not None and (before.homing is None or after.homing.trend != before.homing.trend):
        return TREND_TONES[after.homing.trend]
    return ()


def _lost(state: ScreenState) -> frozenset[str]:
    return frozenset(sensor.name for sensor in state.sensors if sensor.state == "lost")


def play(buzzer: Buzzer, tones: tuple[Tone, ...], *, silent: bool) -> None:
    """Send a pattern to the buzzer, unless silent mode is on."""
    if not silent:
        for tone in tones:
            buzzer.beep(frequency_hz=tone.frequency_hz, duration_ms=tone.duration_ms)
