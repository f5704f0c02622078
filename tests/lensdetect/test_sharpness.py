"""Only a steep edge proves that the picture is in focus."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lensdetect.sharpness import Sharpness


def tiles(*, sigma: float, noise: float = 1.5, contrast: float = 30.0) -> NDArray[np.uint8]:
    """Return tiles with seams as a lens of that blur sees them, with a sensor's noise."""
    wall = np.full((240, 320), 60.0 + contrast)
    wall[::40], wall[:, ::40] = 60.0, 60.0
    wall[1::40], wall[:, 1::40] = 60.0, 60.0
    wall[100:180, 60:200] -= contrast / 2
    wall = cv2.GaussianBlur(wall, (0, 0), sigma)
    return np.clip(wall + np.random.default_rng(1).normal(0, noise, wall.shape), 0, 255).astype(np.uint8)


def proven(pixels: NDArray[np.uint8]) -> bool | None:
    sharpness = Sharpness()
    for _ in range(12):
        sharpness.note(pixels)
    return sharpness.proven


@pytest.mark.parametrize("noise", [0.5, 1.5, 3.0])
def test_sharp_tiles_prove_it(noise: float) -> None:
    assert proven(tiles(sigma=0.9, noise=noise)) is True


@pytest.mark.parametrize("sigma", [3.0, 5.0])
@pytest.mark.parametrize("noise", [0.0, 1.5, 3.0])
def test_blur_is_told_with_and_without_noise(sigma: float, noise: float) -> None:
    assert proven(tiles(sigma=sigma, noise=noise, contrast=80.0)) is False


def test_a_plain_wall_proves_nothing() -> None:
    assert proven(tiles(sigma=0.9, contrast=0.0)) is None


def test_a_blurred_recording_that_was_sharp_before_is_noticed() -> None:
    sharpness = Sharpness()
    for _ in range(12):
        sharpness.note(tiles(sigma=0.9))
    for _ in range(60):
        sharpness.note(tiles(sigma=4.0, contrast=80.0))
    assert sharpness.proven is False
