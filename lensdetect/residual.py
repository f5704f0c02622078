"""Measures the light at a spot's place in another picture, beyond the light of the wall there.

The wall looks alike under every light but for its brightness: tiles, seams, grain and letters cancel when the
ring's picture, without the spot, is laid over the other one as bright as that is. Glints do not cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.candidates import SATURATED_DN

CLEARLY = 3.0  # brighter than at its place by so many times what the wall leaves over,
FAR_SHARE = 0.2  # and by so much of the ring's spot, it is elsewhere
CLUTTER_SHARE = 0.9  # of the places around stay below what the wall leaves over
MIN_PLACES = 50
LAGS = (-0.3, -0.15, 0.0, 0.06, 0.12)  # of the wall's way: mirrored behind it, or standing out from it
RIM_PX = 2  # width of the frame of wall around a spot
OUTLIER = 3.0  # mean deviations from the wall's brightness at which a pixel is something else
Patch = NDArray[np.float32]
Places = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The light of one spot: flux above the wall (DN·px), full pixels, and the room up to full scale.

    ``clutter`` is what the wall leaves over in the same way where no spot is.
    """

    flux: float
    full: int
    headroom: float
    clutter: float = 0.0


def patch_at(pixels: NDArray[np.uint8], x_px: float, y_px: float, half_px: int) -> Patch | None:
    """Return the square around a point, between pixels if need be.

    Parameters
    ----------
    pixels : ndarray, shape (height, width), uint8
        Grey picture, DN.
    x_px, y_px : float
        The point.
    half_px : int
        Half side of the square.

    Returns
    -------
    ndarray, shape (2·half_px + 1, 2·half_px + 1), float32, or None
        DN; None where the square is not wholly inside.
    """
    rows, columns = pixels.shape
    if not (half_px + 1 <= x_px < columns - half_px - 1 and half_px + 1 <= y_px < rows - half_px - 1):
        return None
    side = 2 * half_px + 1
    square = cv2.getRectSubPix(pixels, (side, side), (x_px, y_px), patchType=cv2.CV_32F)
    return np.asarray(square, np.float32)


def middle_of(values: NDArray[np.floating]) -> float:
    """Return the upper median.

    Parameters
    ----------
    values : ndarray
        At least one value.

    Returns
    -------
    float
        In the unit of the values.

    Notes
    -----
    `numpy.median` takes five times as long on so few.
    """
    half = values.size // 2
    return float(np.partition(values, half)[half])


def spot_of(patch: Patch, x: float, y: float, radius_px: int) -> tuple[Patch, float]:
    """Return the square around a point and the wall that frames it.

    Parameters
    ----------
    patch : ndarray, shape (n, n)
        Square around the spot, DN.
    x, y : float
        The point in the patch, px.
    radius_px : int
        Half side of the square.

    Returns
    -------
    spot : ndarray
        A view of the patch, cut off at its edge, DN.
    wall : float
        Median of a frame `RIM_PX` wide, DN.
    """
    x0, y0 = max(0, round(x) - radius_px), max(0, round(y) - radius_px)
    x1, y1 = round(x) + radius_px + 1, round(y) + radius_px + 1
    left, top = max(0, x0 - RIM_PX), max(0, y0 - RIM_PX)
    around = patch[top : y1 + RIM_PX, left : x1 + RIM_PX]
    frame = np.concatenate(
        [
            around[: y0 - top].ravel(),
            around[y1 - top :].ravel(),
            around[y0 - top : y1 - top, : x0 - left].ravel(),
            around[y0 - top : y1 - top, x1 - left :].ravel(),
        ]
    )
    spot = patch[y0:y1, x0:x1]
    return spot, middle_of(frame if frame.size else spot.ravel())


def without_spot(patch: Patch, radius_px: int) -> Patch:
    """Return a patch whose middle is filled with the wall that frames it."""
    plain, half = patch.copy(), patch.shape[0] // 2
    spot, wall = spot_of(plain, half, half, radius_px)
    spot[:] = wall
    return plain


def counterpart(patch: Patch, *, wall: Patch, radius_px: int, flux: float, places_px: Places = ()) -> Light:
    """Return the light in the middle of a patch of another picture, or near it.

    Parameters
    ----------
    patch : ndarray, shape (n, n)
        The other picture around the place, DN.
    wall : ndarray, shape (n, n)
        The ring's patch without the spot, DN.
    radius_px : int
        Half side of the square that is summed.
    flux : float
        What the spot gave under the ring, DN·px.
    places_px : sequence of (int, int)
        Where else (x, y from the middle) it may be. Such a place counts if it is clearly brighter than the
        middle: the best of many places would find light in noise.

    Returns
    -------
    Light
        Flux above the wall and clutter in DN·px, clipped pixels, headroom in DN.
    """
    places, reach = _known(places_px) if isinstance(places_px, tuple) else _as_array(places_px)
    like = _as_bright(wall, patch, inner_px=radius_px + 1)
    sums = _over_frame(patch - like, radius_px)
    clutter = _clutter(sums, radius_px + reach + RIM_PX)
    middle = patch.shape[0] // 2
    y = x = middle
    least = float(sums[middle, middle]) + max(CLEARLY * clutter, FAR_SHARE * flux)
    if len(places):
        ys, xs = middle + places[:, 1], middle + places[:, 0]
        best = int(np.argmax(sums[ys, xs]))
        if sums[ys[best], xs[best]] > max(sums[middle, middle], least):
            y, x = int(ys[best]), int(xs[best])
    spot = patch[max(0, y - radius_px) : y + radius_px + 1, max(0, x - radius_px) : x + radius_px + 1]
    return Light(
        flux=float(sums[y, x]),
        full=int(np.count_nonzero(spot >= SATURATED_DN)),
        headroom=max(255.0 - float(like[y, x]), 1.0),
        clutter=clutter,
    )


@lru_cache(maxsize=8)
def all_around(reach_px: int) -> Places:
    """Return every place that near."""
    span = range(-reach_px, reach_px + 1)
    return tuple((x, y) for y in span for x in span)


@lru_cache(maxsize=64)
def _known(places: tuple[tuple[int, int], ...]) -> tuple[NDArray[np.intp], int]:
    """Return the same as `_as_array`, of places that are asked again and again, as those of `all_around`."""
    return _as_array(places)


def _as_array(places: Places) -> tuple[NDArray[np.intp], int]:
    """Return places as an array of x and y, shape (n, 2), and how far the farthest lies in either."""
    array = np.array(places, np.intp).reshape(-1, 2)
    return array, int(np.abs(array).max(initial=0))


@lru_cache(maxsize=64)
def _outside(side_px: int, inner_px: int) -> NDArray[np.bool_]:
    """Return which pixels of a square lie outside the square in its middle, shape (side_px²,)."""
    half, outside = side_px // 2, np.ones((side_px, side_px), np.bool_)
    first, last = max(0, half - inner_px), half + inner_px + 1
    outside[first:last, first:last] = False
    return outside.ravel()


def _as_bright(wall: Patch, patch: Patch, *, inner_px: int) -> Patch:
    """Return the wall as bright as in ``patch``: the line that fits best outside the middle."""
    a, b = wall.ravel(), patch.ravel()
    weights = _outside(patch.shape[0], inner_px).astype(np.float32)
    first = _line(a, b, weights)
    error = np.abs(b - first)
    weights *= error < OUTLIER * (float(weights @ error) / (float(weights.sum()) + 1e-9) + 0.1)
    return np.asarray(_line(a, b, weights), np.float32).reshape(patch.shape)


def _line(
    a: NDArray[np.float32], b: NDArray[np.float32], weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return ``slope·a + offset`` where it fits ``b`` best."""
    total = float(weights.sum()) + 1e-9
    mean_a, mean_b = float(weights @ a) / total, float(weights @ b) / total
    line = a - np.float32(mean_a)
    weighted = weights * line
    slope = (float(weighted @ b) - mean_b * float(weighted.sum())) / (float(weighted @ line) + 1e-9)
    line *= np.float32(slope)
    line += np.float32(mean_b)
    return line


def _over_frame(rest: Patch, radius_px: int) -> Patch:
    """Return, for every place, the sum of the square around it above its frame."""
    inner, outer = 2 * radius_px + 1, 2 * (radius_px + RIM_PX) + 1
    spot = cv2.boxFilter(rest, -1, (inner, inner), normalize=False)
    whole = cv2.boxFilter(rest, -1, (outer, outer), normalize=False)
    share = inner**2 / (outer**2 - inner**2)
    return np.asarray(cv2.addWeighted(spot, 1 + share, whole, -share, 0.0), np.float32)


def _clutter(sums: Patch, inner_px: int) -> float:
    """Return what most places around the middle stay below."""
    places = sums.ravel()[_outside(sums.shape[0], inner_px)]
    if places.size < MIN_PLACES:
        return 0.0
    place = int(CLUTTER_SHARE * places.size)
    places.partition(place)
    return float(places[place])


def along(shift_px: NDArray[np.float64], *, towards: tuple[float, float], reach_px: int) -> Places:
    """Return the places of a glint that is not on the wall, after the wall moved.

    Parameters
    ----------
    shift_px : ndarray, shape (2,)
        How the wall moved, x and y.
    towards : (float, float)
        Unit vector towards the light in the picture.
    reach_px : int
        How far from the middle places may lie.

    Returns
    -------
    sequence of (int, int)
        x and y from the middle, px, sorted, without the middle.

    Notes
    -----
    What stands out from the wall goes ahead of it, what is mirrored stays behind; in something round each
    light is mirrored at its own place, towards itself.
    """
    found = {
        (
            round(step * towards[0] + share * float(shift_px[0])),
            round(step * towards[1] + share * float(shift_px[1])),
        )
        for step in range(reach_px + 1)
        for share in LAGS
    }
    return sorted(place for place in found if place != (0, 0) and max(map(abs, place)) <= reach_px)
