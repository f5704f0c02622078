"""The level at which a camera clips is learnt from its brightest spots."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from lensdetect.white_level import WhiteLevel, plateau_dn


def picture(
    *, peak: float, white: float, sigma: float = 2.0, seed: int = 0, wall: float = 40.0
) -> NDArray[np.uint8]:
    """Return a wall with one Gaussian spot, cut off at ``white``."""
    y, x = np.mgrid[:120, :160]
    rng = np.random.default_rng(seed)
    level = wall + peak * np.exp(-((x - 80) ** 2 + (y - 60) ** 2) / (2 * sigma**2))
    return np.clip(level + rng.normal(0, 1.0, level.shape), 0, white).astype(np.uint8)


def test_limited_range_is_stretched_to_full() -> None:
    level = WhiteLevel()
    for seed in range(6):
        last = level.stretched(picture(peak=900, white=235, seed=seed))
    assert level.white_dn == pytest.approx(235, abs=2)
    assert int(last.max()) == 255
    assert np.count_nonzero(last >= 250) > 8


@pytest.mark.parametrize(("white", "learnt"), [(235, 235), (228, 255)])
def test_over_a_bright_wall_only_the_white_of_limited_range_is_believed(white: int, learnt: int) -> None:
    level = WhiteLevel()
    for seed in range(6):
        level.stretched(picture(peak=900, white=white, seed=seed, wall=175.0))
    assert level.white_dn == pytest.approx(learnt, abs=2)


def test_full_range_is_left_alone() -> None:
    level = WhiteLevel()
    for seed in range(6):
        pixels = picture(peak=900, white=255, seed=seed)
        assert level.stretched(pixels) is pixels
    assert level.white_dn == 255


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_a_spot_with_a_top_of_its_own_teaches_nothing(sigma: float) -> None:
    level = WhiteLevel()
    for seed in range(6):
        pixels = picture(peak=195, white=255, sigma=sigma, seed=seed)
        assert level.stretched(pixels) is pixels
    assert plateau_dn(picture(peak=195, white=255, sigma=sigma)[50:70, 70:90]) is None


def test_the_settings_go_before() -> None:
    assert int(WhiteLevel(235).stretched(np.full((40, 40), 235, np.uint8)).max()) == 255
    pixels = picture(peak=900, white=235)
    assert WhiteLevel(255).stretched(pixels) is pixels
