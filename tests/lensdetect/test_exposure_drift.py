"""A camera that adjusts itself is told from one whose lights are switched."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from hw.types import LedState
from lensdetect.exposure_drift import ExposureDrift

LEVELS: dict[LedState, float] = {"ring": 60.0, "off": 9.0, "side": 50.0}


def brightness(per_state: int, *, follows: float = 0.0, cycles: int = 6) -> list[tuple[float, LedState]]:
    """Return mean brightness and light of each picture; ``follows`` is how fast the exposure adapts."""
    gain, told = 1.0, []
    for state in [s for _ in range(cycles) for s in LEVELS for _ in range(per_state)]:
        level = LEVELS[state] * gain
        told.append((level, state))
        gain *= (40.0 / level) ** follows
    return told


def drifts(looks: Sequence[tuple[float, LedState]], *, labelled: bool) -> bool:
    drift = ExposureDrift()
    for level, state in looks:
        drift.push(level, exposure_us=None, led=state if labelled else None)
    return drift.drifts()


@pytest.mark.parametrize("per_state", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("labelled", [True, False])
def test_switched_lights_are_no_drift(per_state: int, labelled: bool) -> None:
    assert not drifts(brightness(per_state), labelled=labelled)


@pytest.mark.parametrize("follows", [0.15, 0.3, 0.6])
@pytest.mark.parametrize("labelled", [True, False])
def test_an_exposure_that_follows_the_light_is(follows: float, labelled: bool) -> None:
    assert drifts(brightness(4, follows=follows), labelled=labelled)


def test_exposures_that_overlap_the_switch_and_a_moving_hand_are_no_drift() -> None:
    rng = np.random.default_rng(2)
    looks = brightness(4)
    mixed = [(0.6 * a + 0.4 * b if s != t else b, t) for (a, s), (b, t) in pairwise(looks)]
    swayed = [(v * (1 + 0.06 * np.sin(i / 7)) + rng.normal(0, 0.2), s) for i, (v, s) in enumerate(mixed)]
    assert not drifts(swayed, labelled=False)


def test_exposures_that_tell_of_themselves_are_believed() -> None:
    drift = ExposureDrift()
    for i in range(24):
        drift.push(30.0, exposure_us=4000 + 500 * (i % 3), led=None)
    assert drift.drifts()
    drift.forget()
    assert not drift.drifts()
