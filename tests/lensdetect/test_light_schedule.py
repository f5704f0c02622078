"""Pictures are labelled by the commands; brightness only tells how late they are."""

from __future__ import annotations

import numpy as np
import pytest

from hw.types import Frame, LedState
from lensdetect.frame_stats import FrameStats, examine
from lensdetect.light_schedule import LightSchedule

RATE_HZ, PER_STATE, EXPOSURE_US = 60.0, 4, 4000
ORDER: tuple[LedState, ...] = ("ring", "off", "side")
ADDED = {"ring": 1.0, "off": 0.0, "side": 0.8}


def strobe(
    *, delay_s: float, room_dn: float, light_dn: float, mains: float = 0.0, seed: int = 1, pictures: int = 240
) -> list[tuple[FrameStats, LedState | None]]:
    """Return pictures with the light that truly shone all through them, None where it was switched."""
    rng = np.random.default_rng(seed)
    looks = []
    for i in range(pictures):
        t_s = i / RATE_HZ
        states = [
            ORDER[int((t - delay_s) * RATE_HZ // PER_STATE) % 3] for t in (t_s, t_s + EXPOSURE_US * 1e-6)
        ]
        breath = 1 + mains * np.sin(2 * np.pi * 100.0 * t_s + 0.4)
        level = room_dn * breath + light_dn * (ADDED[states[0]] + ADDED[states[1]]) / 2
        pixels = np.clip(level + rng.normal(0, 2.0, (48, 64)), 0, 255).astype(np.uint8)
        frame = Frame(seq=i, t_ns=round(t_s * 1e9), exposure_us=EXPOSURE_US, led=None, pixels=pixels)
        looks.append((examine(frame), states[0] if states[0] == states[1] else None))
    return looks


def labels(schedule: LightSchedule, looks: list[tuple[FrameStats, LedState | None]]) -> list[str | None]:
    told = []
    for i, (look, _) in enumerate(looks):
        if i % PER_STATE == 0:
            schedule.command(ORDER[(i // PER_STATE) % 3], look.frame.t_ns)
        told.append(schedule.label(look))
    return told


@pytest.mark.parametrize("frames_late", [0.1, 1.0, 2.6, 4.3, 7.0])
@pytest.mark.parametrize(
    ("room_dn", "light_dn", "mains"), [(5.0, 40.0, 0.0), (120.0, 3.0, 0.1), (200.0, 6.0, 0.2)]
)
def test_dim_and_bright_rooms_are_labelled(
    frames_late: float, room_dn: float, light_dn: float, mains: float
) -> None:
    looks = strobe(delay_s=frames_late / RATE_HZ, room_dn=room_dn, light_dn=light_dn, mains=mains)
    schedule = LightSchedule()
    told = labels(schedule, looks)[120:]
    right = [state for _, state in looks[120:]]
    assert schedule.delay_s == pytest.approx(frames_late / RATE_HZ, abs=0.7 / RATE_HZ)
    wrong = [(a, b) for a, b in zip(told, right, strict=True) if a not in {None, "edge"} and b and a != b]
    assert not wrong
    assert sum(a == b for a, b in zip(told, right, strict=True)) > 0.4 * len(told)


def test_without_light_nothing_is_labelled() -> None:
    looks = strobe(delay_s=0.0, room_dn=90.0, light_dn=0.0, mains=0.2)
    assert set(labels(LightSchedule(), looks)) == {None}


def test_another_strobe_than_the_one_commanded_is_not_believed() -> None:
    looks = strobe(delay_s=0.0, room_dn=5.0, light_dn=40.0)
    schedule, told = LightSchedule(), []
    for i, (look, _) in enumerate(looks):
        if i % 7 == 0:
            schedule.command(("ring", "off")[i // 7 % 2], look.frame.t_ns)  # type: ignore[arg-type]
        told.append(schedule.label(look))
    assert sum(t is not None for t in told) < 0.1 * len(told)
