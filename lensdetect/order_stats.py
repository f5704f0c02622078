"""Medians and quantiles of few values, for which numpy's own take several times as long."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.floating]) -> float:
    """Return the median.

    Parameters
    ----------
    values : ndarray of float, any shape
        Any number of values, none of them NaN.

    Returns
    -------
    float
        In the unit of the values; NaN of nothing.
    """
    flat = values.ravel()
    half, odd = divmod(flat.size, 2)
    if not flat.size:
        return math.nan
    if odd:
        return float(np.partition(flat, half)[half])
    ordered = np.partition(flat, (half - 1, half))
    return float((ordered[half - 1] + ordered[half]) / 2)


def quantile(values: NDArray[np.floating], share: float) -> float:
    """Return the value below which a share of the values lies, between two neighbours if need be.

    Parameters
    ----------
    values : ndarray of float, any shape
        Any number of values, none of them NaN.
    share : float
        0…1.

    Returns
    -------
    float
        In the unit of the values; NaN of nothing.

    Notes
    -----
    Linear between neighbours: the seventh definition of Hyndman & Fan, which is numpy's.

    References
    ----------
    Hyndman & Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996).
    """
    ordered = np.sort(values, axis=None)
    if not ordered.size:
        return math.nan
    place = share * (ordered.size - 1)
    below = math.floor(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, ordered.size - 1)])
    return low + (place - below) * (high - low)


def median_level(levels: NDArray[np.uint8]) -> float:
    """Return the median of grey levels by counting them.

    Parameters
    ----------
    levels : ndarray of uint8, any shape
        At least one level, DN.

    Returns
    -------
    float
        DN.
    """
    upto = np.cumsum(np.bincount(levels.ravel(), minlength=256))
    low, high = np.searchsorted(upto, ((levels.size + 1) // 2, levels.size // 2 + 1))
    return (float(low) + float(high)) / 2
