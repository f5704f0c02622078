"""A field's blanking is found once in a field; a pattern that repeats faster is told apart."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.vertical_blanking import SHAPES, FieldTest, find_fields

LINE_HZ, RATE_HZ, SECONDS = 16_000.0, 300e3, 0.2
SHAPE = SHAPES[640]


def power_with(blankings_a_field: int, *, depth: float = 3.0) -> FieldTest:
    """Return the test of lines whose broad pulses and blank lines come so often a field, in noise."""
    rng = np.random.default_rng(3)
    half = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ * 2 * LINE_HZ
    row = np.floor(half) % (SHAPE.half_lines / blankings_a_field)
    blank = (row < SHAPE.broad) | ((row >= 2 * SHAPE.broad) & (row < 2 * SHAPE.broad + SHAPE.blank))
    power = rng.exponential(1.0, len(half)) + depth * np.where(blank, 0.0, rng.random())
    found = find_fields(power.astype(np.float32), rate_hz=RATE_HZ, line_hz=LINE_HZ, shape=SHAPE)
    assert found is not None
    return found


def test_the_blanking_of_a_field_has_no_twin() -> None:
    found = power_with(1)
    assert found.log10_p < -40
    assert found.twin < 0.3


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_pattern_that_repeats_within_the_field_has_one(times: int) -> None:
    found = power_with(times)
    assert found.log10_p < -40
    assert found.twin > 0.6


def test_noise_has_no_blanking() -> None:
    assert power_with(1, depth=0.0).log10_p > -4


def test_less_than_two_frames_say_nothing() -> None:
    power = np.ones(round(0.05 * RATE_HZ), np.float32)
    assert find_fields(power, rate_hz=RATE_HZ, line_hz=LINE_HZ, shape=SHAPE) is None
