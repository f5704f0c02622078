"""The rates of the slices into which a wide look is split."""

from __future__ import annotations

import numpy as np

LEAST_SLICE_HZ = 2e6  # rate of a slice; at most twice that
LEAST_WIDE_HZ = 2 * LEAST_SLICE_HZ


def decimation(rate_hz: float) -> int:
    """Return the power of two by which a wide rate is divided for its slices.

    Parameters
    ----------
    rate_hz : float
        Sample rate, Hz.

    Returns
    -------
    int
        1 for a rate that is no wide one.
    """
    return 1 if rate_hz < LEAST_WIDE_HZ else 1 << int(np.log2(rate_hz / LEAST_SLICE_HZ))


def covered_share(rate_hz: float) -> float:
    """Return the share of a wide look that its slices cover, as far as their filters are flat in full.

    Parameters
    ----------
    rate_hz : float
        Sample rate, Hz.

    Returns
    -------
    float
        One slice less than would fit: an odd number, so that one of them lies in the middle. 1 for a rate
        that is no wide one.
    """
    divide = decimation(rate_hz)
    return 1.0 if divide == 1 else (divide - 1) / divide
