"""Measures how sharp a picture is from one straight edge that stands a little aslant to the pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ENDS_SHARE = 0.15  # of the edge's length, at either end: corners are no edge
REACH_SHARE, REACH_MOST_PX = 0.38, 20.0  # how far from the edge pixels count
STEP_PX = 0.25  # of the profile across the edge
SLICE_PX = 2.0  # along the edge, to find where it runs
SMOOTH_PX = 5  # steps of the profile over which the crossing is looked for
FEWEST_SLICES, FEWEST_PX = 6, 200
LEAST_STEP_DN = 8.0
HALF = 0.5
FLAT_SHARE = 0.5  # of the profile that is not faded


def edge_mtf50(picture: NDArray[np.float32], start_px: ArrayLike, end_px: ArrayLike) -> float | None:
    """Return the spatial frequency at which the contrast of a slanted edge has fallen to one half.

    Parameters
    ----------
    picture : ndarray, shape (height, width)
        Grey levels, DN, proportional to light.
    start_px, end_px : array_like, shape (2,)
        Column and row of the edge's ends, within a few px.

    Returns
    -------
    float or None
        Cycles per pixel; None where no edge of at least `LEAST_STEP_DN` can be followed.

    Notes
    -----
    The pixels are ordered by their distance from the edge, which is fitted as a parabola (a lens bends it);
    their mean profile in steps of `STEP_PX` is the edge spread, its derivative the line spread, whose
    Fourier transform over its value at zero is the MTF. The widths of derivative and step are taken off.

    References
    ----------
    ISO 12233:2017, annex D (edge-based spatial frequency response).
    """
    along, across, values = _pixels_near(picture, np.asarray(start_px, float), np.asarray(end_px, float))
    if len(values) < FEWEST_PX:
        return None
    reach = float(np.abs(across).max())
    bend = _fit_edge(along, across, values, reach)
    if bend is None:
        return None
    across = across - np.polyval(bend, along)
    profile = _profile(across, values, 0.85 * reach)
    step = 0.0 if profile is None else abs(float(profile[-4:].mean() - profile[:4].mean()))
    return None if profile is None or step < LEAST_STEP_DN else _half_contrast(profile)


def _pixels_near(
    picture: NDArray[np.float32], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return, for the pixels beside an edge, their place along and across it (px) and their value."""
    length = float(np.hypot(*(end - start)))
    reach = min(REACH_SHARE * length, REACH_MOST_PX)
    if not reach > 2:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    rows, columns = picture.shape
    low = np.floor(np.minimum(start, end) - reach).astype(int)
    high = np.ceil(np.maximum(start, end) + reach).astype(int)
    if low.min() < 0 or high[0] >= columns or high[1] >= rows:
        return np.zeros(0), np.zeros(0), np.zeros(0)
    x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
    way = (end - start) / length
    along = (x - start[0]) * way[0] + (y - start[1]) * way[1]
    across = (y - start[1]) * way[0] - (x - start[0]) * way[1]
    near = (np.abs(across) <= reach) & (np.abs(along / length - 0.5) < 0.5 - ENDS_SHARE)
    seen = picture[low[1] : high[1] + 1, low[0] : high[0] + 1][near].astype(np.float64)
    return along[near] - length / 2, across[near], seen


def _fit_edge(
    along: NDArray[np.float64], across: NDArray[np.float64], values: NDArray[np.float64], reach: float
) -> NDArray[np.float64] | None:
    """Return the parabola on which the profile crosses the middle of its two levels, slice by slice."""
    places, crossings = [], []
    for start in np.arange(along.min(), along.max() - SLICE_PX, SLICE_PX):
        inside = (along >= start) & (along < start + SLICE_PX)
        crossing = _crossing(across[inside], values[inside], reach)
        if crossing is not None:
            places.append(start + SLICE_PX / 2)
            crossings.append(crossing)
    if len(places) < FEWEST_SLICES:
        return None
    x, y = np.array(places), np.array(crossings)
    for _ in range(2):
        bend = np.polyfit(x, y, 2)
        off = np.abs(y - np.polyval(bend, x))
        kept = off <= max(0.3, 3 * float(np.median(off)))
        x, y = x[kept], y[kept]
        if len(x) < FEWEST_SLICES:
            return None
    return np.asarray(np.polyfit(x, y, 2))


def _crossing(across: NDArray[np.float64], values: NDArray[np.float64], reach: float) -> float | None:
    """Return where the values of one slice cross the middle between its two ends, px."""
    order = np.argsort(across)
    x, v = across[order], values[order]
    if len(x) < 3 * SMOOTH_PX:
        return None
    kernel = np.ones(SMOOTH_PX) / SMOOTH_PX
    x, v = np.convolve(x, kernel, "valid"), np.convolve(v, kernel, "valid")
    left, right = float(np.median(v[x < -0.6 * reach])), float(np.median(v[x > 0.6 * reach]))
    if not abs(right - left) >= LEAST_STEP_DN:
        return None
    share = (v - left) / (right - left)
    over = np.flatnonzero((share[:-1] < HALF) & (share[1:] >= HALF))
    if not len(over):
        return None
    i = int(over[np.argmin(np.abs(x[over]))])
    return float(x[i] + (HALF - share[i]) / (share[i + 1] - share[i]) * (x[i + 1] - x[i]))


def _profile(
    across: NDArray[np.float64], values: NDArray[np.float64], reach: float
) -> NDArray[np.float64] | None:
    """Return the mean value in steps of `STEP_PX` across the edge; gaps are bridged."""
    count = 2 * round(reach / STEP_PX)
    index = np.floor((across + count * STEP_PX / 2) / STEP_PX).astype(int)
    inside = (index >= 0) & (index < count)
    n = np.bincount(index[inside], minlength=count)
    if np.count_nonzero(n) < 0.7 * count or count < 16:
        return None
    total = np.bincount(index[inside], weights=values[inside], minlength=count)
    known = np.flatnonzero(n)
    return np.asarray(np.interp(np.arange(count), known, total[known] / n[known]))


def _half_contrast(profile: NDArray[np.float64]) -> float | None:
    """Return where the MTF of an edge spread falls to one half, cycles per pixel."""
    spread = np.convolve(profile, [1.0, 0.0, -1.0], "valid")
    out = np.abs(np.arange(len(spread)) - (len(spread) - 1) / 2) / ((len(spread) + 1) / 2)
    # Even in the middle, faded at both ends: a fade all the way would make wide blurs look narrower.
    spread = spread * np.cos(np.pi / 2 * np.clip((out - FLAT_SHARE) / (1 - FLAT_SHARE), 0.0, 1.0)) ** 2
    padded = 16 * len(spread)
    frequency = np.fft.rfftfreq(padded, STEP_PX)
    mtf = np.abs(np.fft.rfft(spread, padded))
    inside = frequency <= 1.0
    frequency, mtf = frequency[inside], mtf[inside]
    mtf = mtf / max(float(mtf[0]), 1e-9)
    mtf = mtf / (np.sinc(2 * STEP_PX * frequency) * np.sinc(STEP_PX * frequency))
    under = np.flatnonzero(mtf < HALF)
    if not len(under) or under[0] == 0:
        return None
    i = int(under[0])
    share = (mtf[i - 1] - HALF) / max(float(mtf[i - 1] - mtf[i]), 1e-9)
    return float(frequency[i - 1] + share * (frequency[i] - frequency[i - 1]))
