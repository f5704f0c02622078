"""Finds the bright points of a ring picture: small, and far above what surrounds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.order_stats import median_level

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
FLAT_REACH_PX = int(FLAT_RADIUS_PX)
FLAT_DISC = np.hypot(*np.mgrid[-FLAT_REACH_PX : FLAT_REACH_PX + 1, -FLAT_REACH_PX : FLAT_REACH_PX + 1])
FLAT_DISC = FLAT_DISC < FLAT_RADIUS_PX


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


class Peaks(NamedTuple):
    """Bright points as columns, shape (n,): the best one first."""

    xs: NDArray[np.intp]
    ys: NDArray[np.intp]
    values: NDArray[np.float64]
    wall: NDArray[np.float64]
    answers: NDArray[np.bool_]  # changed enough to count among those left out


def background_of(pixels: NDArray[np.uint8], shrunk: NDArray[np.float32] | None = None) -> Background:
    """Return the median background (36 px) and the robust deviation from it.

    Parameters
    ----------
    pixels : ndarray, shape (height, width), uint8
        Grey picture, DN.
    shrunk : ndarray of float32, optional
        The means of its areas where they are known, used if they are `SHRINK` times fewer in each direction.

    Returns
    -------
    Background
        Level of the same shape and deviation (σ from the MAD, at least 0.5), DN.
    """
    rows, columns = pixels.shape
    size = (max(MEDIAN_CELLS, columns // SHRINK), max(MEDIAN_CELLS, rows // SHRINK))
    if shrunk is not None and shrunk.shape == (size[1], size[0]):
        small = np.rint(shrunk).astype(np.uint8)
    else:
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    middle = cv2.medianBlur(small, MEDIAN_CELLS)
    level = np.asarray(cv2.resize(middle, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)
    sample = cv2.absdiff(np.ascontiguousarray(pixels[::5, ::5]), np.ascontiguousarray(level[::5, ::5]))
    sigma = MAD_TO_SIGMA * median_level(np.asarray(sample, np.uint8))
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
        What shines by itself is then ranked last: it is no answer to the light. It is asked only where there
        are more peaks than are wanted.

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
    highest = cv2.dilate(above, np.ones((PEAK_SIZE_PX, PEAK_SIZE_PX), np.uint8))
    rough = above == highest
    rough &= above > threshold
    ys, xs = np.divmod(np.flatnonzero(rough), pixels.shape[1])
    values = above[ys, xs].astype(np.float64)
    wall = background.level[ys, xs].astype(np.float64)
    strong = values >= np.minimum(peak_over_wall * wall, HEADROOM_SHARE * (255.0 - wall))
    ys, xs, values, wall = ys[strong], xs[strong], values[strong], wall[strong]

    def by(changed: NDArray[np.float64]) -> tuple[list[Peak], int]:
        order = np.lexsort((xs, ys, -changed))
        peaks = Peaks(xs[order], ys[order], values[order], wall[order], changed[order] >= min_contrast_dn)
        return _first_of_each(peaks, limit, shape=pixels.shape)

    kept, left = by(values)
    if not left or dark is None:
        return kept, left
    return by(values - dark(np.stack([xs, ys], axis=1).astype(np.float64)))


def _first_of_each(peaks: Peaks, limit: int, *, shape: tuple[int, ...]) -> tuple[list[Peak], int]:
    """Keep the first of peaks that lie together (a saturated blob is one plateau of equal peaks)."""
    kept: list[Peak] = []
    taken = np.zeros((shape[0] + 2 * FLAT_REACH_PX, shape[1] + 2 * FLAT_REACH_PX), np.bool_)
    left = 0
    for x, y, value, level, answer in zip(*(column.tolist() for column in peaks), strict=True):
        if taken[y + FLAT_REACH_PX, x + FLAT_REACH_PX]:
            continue
        if len(kept) >= limit:
            left += 1
            if not answer or left > limit:
                left -= not answer
                break  # those that follow changed less still
            continue
        kept.append(Peak(x_px=float(x), y_px=float(y), contrast_dn=value, wall_dn=level))
        taken[y : y + 2 * FLAT_REACH_PX + 1, x : x + 2 * FLAT_REACH_PX + 1] |= FLAT_DISC
    return kept, left
