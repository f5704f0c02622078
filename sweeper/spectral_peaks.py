"""Measures one FFT of a Wi-Fi chip: its level, its width, and the narrow peaks that stand in it.

FM video is at any moment in one place: over the 3 µs of an FFT its frequency moves by a MHz or less, so that
most of the power lies in a few bins. Wi-Fi fills 16 MHz and more in the same time, noise fills everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw.types import SpectralSample

# What is this near to the strongest bin is the peak: so far FM video moves in the 3 µs of an FFT whose bins
# are 344 kHz wide. A longer FFT has narrower bins and sees more of the movement, but not more than 5 MHz.
HALF_PEAK_HZ, PEAK_BIN_HZ, MOST_HALF_PEAK_HZ = 1.0e6, 344e3, 2.5e6
AROUND_HZ = (
    10.0e6  # a peak is compared with what is this near, so that wide spans are judged like narrow ones
)
APART_HZ = 8.0e6  # peaks of one FFT; two video senders that are nearer disturb each other's pictures
MOST_PEAKS = 4  # in one FFT
WIDE_SHARE = 0.9  # of the energy, in bins by strength: how much of the spectrum a signal fills
NOMINAL_NOISE_DBM = -95.0  # what a Wi-Fi receiver's floor is, and what the drivers take where none is known
RAISED_DBM = -75.0  # a floor of 20 dB more: the chip has measured a sender and taken it for noise


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralPeak:
    """A narrow peak: its centre of gravity, its power, and its share of what is within 10 MHz of it."""

    frequency_hz: float
    level_dbm: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFeatures:
    """One FFT in a few numbers.

    ``occupied_hz`` is the width of the strongest bins with 90 % of the energy.
    """

    t_ns: int
    center_hz: float
    low_hz: float
    high_hz: float
    level_dbm: float
    noise_dbm: float
    occupied_hz: float
    peaks: tuple[SpectralPeak, ...]
    powers: NDArray[np.float64]  # mW of each bin
    step_hz: float

    def level_near(self, center_hz: float, *, reach_hz: float) -> float:
        """Return the power of the strongest 2 MHz within ``reach_hz`` of a frequency, dBm; -inf outside."""
        places = self.low_hz + (np.arange(len(self.powers)) + 0.5) * self.step_hz
        near = np.abs(places - center_hz) <= reach_hz
        if not near.any():
            return float("-inf")
        half = half_bins(self.step_hz)
        sums = np.convolve(self.powers, np.ones(2 * half + 1), "same")[near]
        return _db(float(sums.max()))


def half_bins(step_hz: float) -> int:
    """Return the number of bins on each side of the strongest one that belong to a peak.

    Parameters
    ----------
    step_hz : float
        Width of a bin, Hz.

    Returns
    -------
    int
        At least 1.
    """
    return max(1, round(half_peak_hz(step_hz) / step_hz))


def half_peak_hz(step_hz: float) -> float:
    """Return half the width of a peak.

    Parameters
    ----------
    step_hz : float
        Width of a bin, Hz: the longer the FFT, the narrower.

    Returns
    -------
    float
        Hz.
    """
    longer = max(PEAK_BIN_HZ / step_hz, 1.0)
    return min(HALF_PEAK_HZ * longer, MOST_HALF_PEAK_HZ)


def measure_sample(sample: SpectralSample) -> SampleFeatures:
    """Measure one FFT.

    Parameters
    ----------
    sample : SpectralSample
        Powers of its bins, dBm.

    Returns
    -------
    SampleFeatures
        Level in dBm, width in Hz, and at most `MOST_PEAKS` peaks, the strongest first.
    """
    powers = 10 ** (sample.bins_dbm.astype(np.float64) / 10)
    total = float(powers.sum())
    falling = np.sort(powers)[::-1]
    bins = int(np.searchsorted(np.cumsum(falling), WIDE_SHARE * total)) + 1
    return SampleFeatures(
        t_ns=sample.t_ns,
        center_hz=sample.center_hz,
        low_hz=sample.low_hz,
        high_hz=sample.low_hz + sample.width_hz,
        level_dbm=_db(total),
        noise_dbm=sample.noise_dbm,
        occupied_hz=min(bins, len(powers)) * sample.step_hz,
        peaks=_peaks(powers, sample.low_hz, sample.step_hz),
        powers=powers,
        step_hz=sample.step_hz,
    )


def _peaks(powers: NDArray[np.float64], low_hz: float, step_hz: float) -> tuple[SpectralPeak, ...]:
    left, found = powers.copy(), []
    half, around, apart = half_bins(step_hz), round(AROUND_HZ / step_hz), round(APART_HZ / step_hz)
    for _ in range(MOST_PEAKS):
        top = int(np.argmax(left))
        if left[top] <= 0:
            break
        inside = slice(max(0, top - half), top + half + 1)
        near = slice(max(0, top - around), top + around + 1)
        power = powers[inside]
        places = np.arange(inside.start, inside.start + len(power)) + 0.5
        found.append(
            SpectralPeak(
                frequency_hz=low_hz + step_hz * float(places @ power / power.sum()),
                level_dbm=_db(float(power.sum())),
                share=float(power.sum() / powers[near].sum()),
            )
        )
        left[max(0, top - apart) : top + apart + 1] = 0
    return tuple(found)


def _db(power: float) -> float:
    return float(10 * np.log10(max(power, 1e-30)))
