"""Finds the bright points of a ring picture: small, and far above what surrounds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

REFERENCE_WIDTH_PX = 1280.0  # pixel lengths in the settings hold for this width
SHRINK = 4  # the background is found on a picture this much smaller
MEDIAN_CELLS = 9  # 9 × 4 = 36 pixels: wider than any answer, narrower than a shadow
PEAK_SIZE_PX = 5  # a peak is the largest value within this square
MAD_TO_SIGMA = 1.4826
SATURATED_DN = 250.0
HEADROOM_SHARE = (
    0.7  # near full scale a peak cannot stand k times over the wall: this share of the rest will do
)
FLAT_RADIUS_PX = 7.0  # of two peaks nearer than this only the higher is kept


DarkAt = Callable[[NDArray[np.float64]], NDArray[np.float64]]  # places (n, 2) of the ring picture to DN (n,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The picture without its small bright points, and its roughness."""

    level: NDArray[np.uint8]
    sigma_dn: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """One bright point, in full pixels."""

    x_px: float
    y_px: float
    contrast_dn: float
    wall_dn: float


def background_of(pixels: NDArray[np.uint8]) -> Background:
    """Return the median background (36 px) and the robust deviation from it.

    Parameters
    ----------
    pixels : ndarray, shape (height, width), uint8
        Grey picture, DN.

    Returns
    -------
    Background
        Level of the same shape and deviation (σ from the MAD, at least 0.5), DN.
    """
    rows, columns = pixels.shape
    size = (max(MEDIAN_CELLS, columns // SHRINK), max(MEDIAN_CELLS, rows // SHRINK))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    middle = cv2.medianBlur(small, MEDIAN_CELLS)
    level = np.asarray(cv2.resize(middle, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)
    sample = pixels[::5, ::5].astype(np.int16) - level[::5, ::5]
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(sample)))
    return Background(level=level, sigma_dn=max(sigma, 0.5))


def find_peaks(
    pixels: NDArray[np.uint8],
    background: Background,
    *,
    threshold_sigma: float,
    min_contrast_dn: float,
    peak_over_wall: float,
    limit: int,
    dark: DarkAt | None = None,
) -> tuple[list[Peak], int]:
    """Return the ``limit`` peaks that the light changed most, and how many changed ones there were more.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (rows, columns)
        The picture under the ring, DN.
    background : Background
        What it would be without small bright points.
    threshold_sigma, min_contrast_dn, peak_over_wall : float
        See below.
    limit : int
        How many peaks are wanted.
    dark : DarkAt, optional
        How far the picture stands above its own background with every light off, at places of this one.
        What shines by itself is then ranked last: it is no answer to the light.

    Returns
    -------
    list of Peak, int
        What changed by less than ``min_contrast_dn`` does not count among those left out.

    Notes
    -----
    A peak must stand ``threshold_sigma`` over the noise and ``peak_over_wall`` times over the wall, or fill
    `HEADROOM_SHARE` of what the sensor has left above a bright wall.
    """
    above = cv2.subtract(pixels, background.level)
    threshold = max(min_contrast_dn, threshold_sigma * background.sigma_dn)
    rough = (above > threshold).astype(np.uint8)
    highest = cv2.dilate(above, np.ones((PEAK_SIZE_PX, PEAK_SIZE_PX), np.uint8))
    rough &= (above == highest).view(np.uint8)
    if not cv2.countNonZero(rough):
        return [], 0
    places = np.asarray(cv2.findNonZero(rough)).reshape(-1, 2).astype(np.intp)  # OpenCV 4 has one axis more
    xs, ys = places[:, 0], places[:, 1]
    values = above[ys, xs].astype(np.float64)
    wall = background.level[ys, xs].astype(np.float64)
    strong = values >= np.minimum(peak_over_wall * wall, HEADROOM_SHARE * (255.0 - wall))
    ys, xs, values, wall = ys[strong], xs[strong], values[strong], wall[strong]
    changed = values
    if dark is not None and len(xs) > limit:
        changed = values - dark(np.stack([xs, ys], axis=1).astype(np.float64))
    order = np.lexsort((xs, ys, -changed))
    answers = changed >= min_contrast_dn
    return _first_of_each(xs[order], ys[order], values[order], wall[order], answers[order], limit)


def _first_of_each(
    xs: NDArray[np.intp],
    ys: NDArray[np.intp],
    values: NDArray[np.float64],
    wall: NDArray[np.float64],
    answers: NDArray[np.bool_],
    limit: int,
) -> tuple[list[Peak], int]:
    """Keep the first of peaks that lie together (a saturated blob is one plateau of equal peaks)."""
    kept: list[Peak] = []
    taken = np.zeros((0, 2))
    left = 0
    for x, y, value, level, answer in zip(xs, ys, values, wall, answers, strict=True):
        near = np.hypot(taken[:, 0] - x, taken[:, 1] - y) < FLAT_RADIUS_PX if len(taken) else False
        if np.any(near):
            continue
        if len(kept) >= limit:
            left += 1
            if not answer or left > limit:
                left -= not answer
                break  # those that follow changed less still
            continue
        kept.append(Peak(x_px=float(x), y_px=float(y), contrast_dn=float(value), wall_dn=float(level)))
        taken = np.vstack([taken, (x, y)])
    return kept, left
