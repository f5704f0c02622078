"""What the wall gives cancels, what a glint gives does not, wherever near its place it is."""

from __future__ import annotations

import numpy as np
import pytest

from lensdetect.residual import all_around, along, counterpart, patch_at, without_spot

HALF, SIGMA = 24, 0.9


def lettered_wall(seed: int = 3) -> np.ndarray:
    """Return a rough wall with bright strokes as close as those of letters, a spot's width left free."""
    rng = np.random.default_rng(seed)
    wall = np.kron(rng.uniform(20, 24, (13, 13)), np.ones((4, 4)))[: 2 * HALF + 1, : 2 * HALF + 1]
    for x in range(3, 2 * HALF, 6):
        if abs(x - HALF) > 6:
            wall[:, x : x + 2] = 90.0
    return wall


def spot(height: float, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    """Return a sharp spot, off the middle by x and y."""
    v, u = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1]
    return height * np.exp(-((u - x) ** 2 + (v - y) ** 2) / (2 * SIGMA**2))


def noisy(plane: np.ndarray, seed: int) -> np.ndarray:
    return (plane + np.random.default_rng(seed).normal(0, 1.0, plane.shape)).astype(np.float32)


FLUX = 100 * 2 * np.pi * SIGMA**2


@pytest.mark.parametrize("brightness", [0.3, 0.9])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (3, 0), (2, -2)])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_glint_is_measured_on_any_wall(brightness: float, x: int, y: int, share: float) -> None:
    wall = lettered_wall()
    ring = without_spot(noisy(wall + spot(100.0), 1), 4)
    other = noisy(brightness * wall + 2.0 + share * spot(100.0, x, y), 2)
    light = counterpart(other, wall=ring, radius_px=4, flux=FLUX, places_px=all_around(4))
    assert light.flux == pytest.approx(share * FLUX, abs=0.25 * FLUX)


def test_what_is_alike_under_both_lights_answers_both() -> None:
    """A letter is taken for a spot under the ring, and is one under the side light too."""
    wall = lettered_wall() + spot(60.0)
    ring = noisy(wall, 1)
    light = counterpart(noisy(0.8 * wall, 2), wall=without_spot(ring, 4), radius_px=4, flux=500.0)
    filled = ring[20:29, 20:29].sum() - without_spot(ring, 4)[20:29, 20:29].sum()
    assert light.flux == pytest.approx(0.8 * float(filled), abs=0.15 * abs(float(filled)) + 60)


def test_places_off_the_wall_lie_along_the_way_and_towards_the_side_light() -> None:
    places = along(np.array([0.0, 20.0]), towards=(1.0, 0.0), reach_px=5)
    assert (5, 0) in places
    assert (0, 2) in places  # stands out: ahead of the wall
    assert (0, -3) in places  # mirrored: behind it
    assert (-3, 0) not in places
    assert len(places) < len(all_around(5)) / 3


def test_patches_lie_between_pixels() -> None:
    slope = np.tile(np.arange(60, dtype=np.uint8), (60, 1))
    patch = patch_at(slope, 30.25, 30.0, 5)
    assert patch is not None
    assert float(patch[5, 5]) == pytest.approx(30.25, abs=0.05)
    assert patch_at(slope, 4.0, 30.0, 5) is None
