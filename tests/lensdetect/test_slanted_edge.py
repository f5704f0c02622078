"""The sharpness of an edge that was blurred by a known width; what is no edge has none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from lensdetect.slanted_edge import edge_mtf50

ENDS = (np.array([44.0, 20.0]), np.array([50.0, 80.0]))
WIDTH, HEIGHT = 110, 120


def step(sigma_px: float, *, height_dn: float = 80.0, noise_dn: float = 0.0) -> np.ndarray:
    """An edge through both ends, blurred by a Gaussian: the exact integral, sampled at the pixels."""
    x, y = np.meshgrid(np.arange(WIDTH, dtype=float), np.arange(HEIGHT, dtype=float))
    way = (ENDS[1] - ENDS[0]) / np.hypot(*(ENDS[1] - ENDS[0]))
    across = (x - ENDS[0][0]) * way[1] - (y - ENDS[0][1]) * way[0]
    picture = 20.0 + height_dn * 0.5 * (1 + erf(across / (sigma_px * np.sqrt(2))))
    return np.asarray(picture + noise_dn * np.random.default_rng(3).standard_normal(x.shape), np.float32)


@pytest.mark.parametrize("sigma_px", [0.7, 1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("noise_dn", [0.0, 0.5])
def test_a_gaussian_blur_of_known_width(sigma_px: float, noise_dn: float) -> None:
    right = np.sqrt(np.log(2) / 2) / (np.pi * sigma_px)
    assert edge_mtf50(step(sigma_px, noise_dn=noise_dn), *ENDS) == pytest.approx(right, rel=0.08)


def test_the_direction_of_the_edge_and_its_polarity_do_not_matter() -> None:
    there = edge_mtf50(step(1.2), *ENDS)
    assert there is not None
    assert edge_mtf50(step(1.2), *ENDS[::-1]) == pytest.approx(there, rel=0.02)
    assert edge_mtf50(200 - step(1.2), *ENDS) == pytest.approx(there, rel=0.02)
    assert edge_mtf50(step(1.2).T.copy(), ENDS[0][::-1], ENDS[1][::-1]) == pytest.approx(there, rel=0.02)


def test_a_guess_that_is_two_pixels_off_finds_the_edge() -> None:
    there = edge_mtf50(step(1.2), *ENDS)
    assert edge_mtf50(step(1.2), ENDS[0] + [2.0, 0.0], ENDS[1] + [1.0, 1.0]) == pytest.approx(there, rel=0.04)


def test_what_is_no_edge_has_no_sharpness() -> None:
    assert edge_mtf50(step(1.0, height_dn=2.0), *ENDS) is None
    assert edge_mtf50(step(1.0), [44.0, 20.0], [44.0, 22.0]) is None  # too short
    assert edge_mtf50(step(1.0), [0.0, 0.0], [0.0, 90.0]) is None  # at the picture's border
    assert edge_mtf50(np.zeros((HEIGHT, WIDTH), np.float32), *ENDS) is None
