"""Computes the averaged periodogram of samples, and the lag spectrum for the multicarrier test.

::

    samples ─ FFT 8192 (no window) ─┬─ |X|² mean ─ inverse FFT ─► autocorrelation by lag
                                    └─ Hann by convolution ─ |X|² ─ 8 bins into 1 ─► rows, mean, strongest row
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.errors import BadSamples

FloatArray = NDArray[np.float32]
FFT_SIZE = 8192
BINS = 1024
GROUP = FFT_SIZE // BINS
EFFECTIVE_PER_ROW = (
    4.4  # independent values in 8 neighbouring Hann bins: 8 / (1 + 2·(7/8·(4/9) + 6/8·(1/36)))
)
DC_BINS = 3  # each side of the tuned frequency: the converter's offset
MIN_SAMPLES = FFT_SIZE  # one row
CHUNK_ROWS = 8  # transformed at a time: half a megabyte stays in the cache
_BESIDE_DC = np.r_[0 : 3 * DC_BINS, 5 * DC_BINS : 8 * DC_BINS]
LEAST_POWER = 1e-20  # mean, full scale 1: no converter's noise is as low, and squares of it vanish
MAX_POWER = 1e10  # mean, full scale 1: unscaled 16-bit integers still pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """One look. Powers are linear per bin (full scale 1), in ascending frequency, shape (BINS,).

    ``fine`` is the mean |X|² of every bin of the transform, without window, FFT order, shape (FFT_SIZE,):
    where a carrier stands. ``autocorrelation`` is circular over `FFT_SIZE` samples and begins at lag 0.
    ``rows`` counts the periodograms averaged, ``independent`` the independent values behind one mean bin.
    """

    center_hz: float
    rate_hz: float
    mean: FloatArray
    strongest: FloatArray
    duty: FloatArray  # share of rows in which a bin is above half of its strongest
    fine: FloatArray
    autocorrelation: NDArray[np.complex64]
    rows: int

    @property
    def independent(self) -> float:
        """Equivalent number of independent periodograms in ``mean``."""
        return self.rows * EFFECTIVE_PER_ROW

    @property
    def bin_hz(self) -> float:
        """Width of a bin."""
        return self.rate_hz / BINS

    def frequency_hz(self, bins: float) -> float:
        """Return the absolute frequency of a bin position (whole numbers are the bins' middles)."""
        return self.center_hz + (bins - BINS / 2 + 0.5) * self.bin_hz

    def usable(self, share: float) -> slice:
        """Return the bins within ``share`` of the rate: without the edges."""
        margin = round(BINS * (1 - share) / 2)
        return slice(margin, BINS - margin)


def check_samples(samples: NDArray[np.complex64], *, rate_hz: float) -> None:
    """Refuse samples that no receiver gives.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        Full scale 1, at least `MIN_SAMPLES`.
    rate_hz : float
        Sample rate, Hz.

    Raises
    ------
    BadSamples
        Wrong type, not one-dimensional, too short, not finite, absurdly large, constant, impossible rate.
    """
    if not isinstance(samples, np.ndarray) or not np.iscomplexobj(samples) or samples.ndim != 1:
        raise BadSamples("The samples are not a row of complex numbers", reason="wrong_type")
    if not np.isfinite(rate_hz) or rate_hz <= 0:
        raise BadSamples(f"A sample rate of {rate_hz} Hz is impossible", reason="wrong_rate")
    if len(samples) < MIN_SAMPLES:
        raise BadSamples(f"{len(samples)} samples are too few", reason="too_short")
    with np.errstate(over="ignore", invalid="ignore"):
        power = float(np.vdot(samples, samples).real)
    if not np.isfinite(power):
        raise BadSamples("The samples are not all finite", reason="not_finite")
    if power > MAX_POWER * len(samples):
        raise BadSamples("The samples are far beyond full scale", reason="out_of_range")
    if power < LEAST_POWER * len(samples):
        raise BadSamples("The samples are silence", reason="constant")
    first = samples[0]
    if bool((samples[:64] == first).all()) and bool((samples == first).all()):
        raise BadSamples("All samples are the same", reason="constant")


def measure_spectrum(samples: NDArray[np.complex64], *, center_hz: float, rate_hz: float) -> Spectrum:
    """Return the averaged periodogram of one look.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        At least `MIN_SAMPLES`; a last incomplete row is left out.
    center_hz : float
        Tuned frequency, Hz.
    rate_hz : float
        Sample rate, Hz.

    Returns
    -------
    Spectrum
        Linear powers a bin, full scale 1.

    Raises
    ------
    BadSamples
        See `check_samples`.

    Notes
    -----
    A Hann window is a three-point convolution of the unwindowed transform, so one FFT serves both the
    spectrum (which needs the window) and the autocorrelation (which must not have it).
    """
    check_samples(samples, rate_hz=rate_hz)
    rows = len(samples) // FFT_SIZE
    x = samples[: rows * FFT_SIZE].reshape(rows, FFT_SIZE)
    plain = np.zeros(FFT_SIZE, np.float32)
    grouped = np.empty((rows, BINS), np.float32)
    for first in range(0, rows, CHUNK_ROWS):
        transform = np.asarray(scipy.fft.fft(x[first : first + CHUNK_ROWS], axis=1, workers=1), np.complex64)
        plain += _power_by_bin(transform)
        grouped[first : first + CHUNK_ROWS] = _hann_grouped(transform)
    plain /= rows
    autocorrelation = np.asarray(scipy.fft.ifft(plain, workers=1), np.complex64)
    grouped = np.asarray(scipy.fft.fftshift(grouped, axes=1))
    mean, strongest = grouped.mean(axis=0), grouped.max(axis=0)
    duty = (grouped > strongest / 2).mean(axis=0, dtype=np.float32)
    for line in (mean, strongest):
        _mend_dc(line)
    return Spectrum(
        center_hz=center_hz,
        rate_hz=rate_hz,
        mean=mean,
        strongest=strongest,
        duty=duty,
        fine=plain,
        autocorrelation=autocorrelation,
        rows=rows,
    )


def _power_by_bin(transform: NDArray[np.complex64]) -> FloatArray:
    """Sum of |X|² over the rows, shape (FFT_SIZE,)."""
    flat = transform.view(np.float32)
    squares = np.einsum("ij,ij->j", flat, flat)
    return np.asarray(squares[0::2] + squares[1::2], np.float32)


def _hann_grouped(transform: NDArray[np.complex64]) -> FloatArray:
    """Window, power, 8 bins into one; scaled so that noise of power 1 gives 1/BINS a bin."""
    half = np.empty_like(transform)
    np.add(transform[:, :-2], transform[:, 2:], out=half[:, 1:-1])
    half[:, 0] = transform[:, -1] + transform[:, 1]
    half[:, -1] = transform[:, -2] + transform[:, 0]
    half *= np.float32(-0.5)
    half += transform
    flat = half.view(np.float32)
    flat *= flat
    power = flat.reshape(-1, 2 * GROUP) @ np.full(2 * GROUP, 1 / (FFT_SIZE**2 * 1.5), np.float32)
    return np.asarray(power.reshape(len(transform), BINS), np.float32)


def _mend_dc(line: FloatArray) -> None:
    """Replace the receiver's own offset in the middle by what is beside it."""
    middle, side = BINS // 2, 3 * DC_BINS
    near = np.sort(line[middle - side - DC_BINS : middle + side + DC_BINS][_BESIDE_DC])
    line[middle - DC_BINS : middle + DC_BINS] = (near[side - 1] + near[side]) / 2  # the median
