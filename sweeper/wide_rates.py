"""The rates of the slices into which a wide look is split."""

from __future__ import annotations

# Wi-Fi's symbols of 4 µs repeat at 16 times PAL's line rate. The line tests listen in bands of an eighth of
# this rate, 300 kHz, in which that folds back between the lines; in bands of 312.5 kHz it falls on them.
SLICE_RATE_HZ = 2.4e6
LEAST_WIDE_HZ = 2 * SLICE_RATE_HZ
ROW = 8000  # samples of one transform: a slice of 20 MS/s is exactly 960 of its bins
BINS_STEP = 16  # so that an overlap of an eighth is a whole number of a slice's samples, too
STEP_SHARE = 5 / 6  # of a slice's rate, from slice to slice: where its filter is flat


def slice_bins(rate_hz: float) -> int:
    """Return the bins of one slice, a multiple of `BINS_STEP`.

    Parameters
    ----------
    rate_hz : float
        Sample rate of the look, Hz.

    Returns
    -------
    int
        `ROW` for a rate that is no wide one.
    """
    if rate_hz < LEAST_WIDE_HZ:
        return ROW
    return BINS_STEP * max(1, round(ROW / BINS_STEP * SLICE_RATE_HZ / rate_hz))


def slice_places(rate_hz: float) -> tuple[int, ...]:
    """Return the middles of the slices, in bins from the middle of the look.

    Parameters
    ----------
    rate_hz : float
        Sample rate of the look, Hz.

    Returns
    -------
    tuple of int
        An odd number, so that one slice lies in the middle, within the usable share of the look.
    """
    step = round(slice_bins(rate_hz) * STEP_SHARE)
    beside = max(0, (round(ROW * STEP_SHARE) // step - 1) // 2)
    return tuple(k * step for k in range(-beside, beside + 1))


def covered_hz(rate_hz: float) -> float:
    """Return the width that the slices of a wide look cover together.

    Parameters
    ----------
    rate_hz : float
        Sample rate of the look, Hz.

    Returns
    -------
    float
        Hz; the usable share of a rate that is no wide one.
    """
    return len(slice_places(rate_hz)) * slice_bins(rate_hz) * STEP_SHARE * rate_hz / ROW
