"""Order statistics agree with numpy's on any number of values."""

import math

import numpy as np
import pytest

from lensdetect.order_stats import median, median_level, quantile


@pytest.mark.parametrize("count", [1, 2, 3, 4, 17, 256])
def test_they_are_those_of_numpy(count: int) -> None:
    rng = np.random.default_rng(count)
    for values in (rng.normal(0, 5, count), rng.normal(0, 5, count).astype(np.float32)):
        assert median(values) == float(np.median(values))
        for share in (0.0, 0.1, 0.5, 0.8, 0.9, 1.0):
            assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), abs=1e-6)
    levels = rng.integers(0, 256, count, dtype=np.uint8)
    assert median_level(levels) == float(np.median(levels))


def test_a_plane_counts_as_its_values_and_is_left_as_it_was() -> None:
    plane = np.arange(12.0)[::-1].reshape(3, 4).copy()
    before = plane.copy()
    assert median(plane) == 5.5
    assert quantile(plane, 0.25) == 2.75
    assert np.array_equal(plane, before)


def test_of_nothing_nothing_is_known() -> None:
    assert math.isnan(median(np.array([])))
    assert math.isnan(quantile(np.array([]), 0.5))


def test_levels_at_both_ends_are_counted() -> None:
    assert median_level(np.array([0, 255], np.uint8)) == 127.5
    assert median_level(np.array([[255, 255], [255, 0]], np.uint8)) == 255.0
