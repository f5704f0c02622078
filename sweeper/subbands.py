"""Splits a slice for the television tests: power in narrow bands, and the part in phase with a carrier.

* **Sub-bands.** FM video is at any moment in one narrow place of the slice. Noise is everywhere: in one of
  eight bands the sender stands against an eighth of it. Bands that fluctuate together (pulses, switched
  noise) are decorrelated, so that one event is counted once and not eight times.
* **In phase.** AM video sends a carrier whose phase is known after a moment; what is in phase with it is the
  video itself. The power would square it, and at −10 dB lose most of it in the noise.

Both give rows of zero mean and unit variance that repeat with the lines if there are any.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
FloatArray64 = NDArray[np.float64]
ComplexArray = NDArray[np.complex64]
BAND_HZ = 300e3  # about 1/(sync width): a sync tip stays in one band, and two samples fall into it
# For the fields: a comb at PAL's line rate that is folded back at this rate lies beside its own lines only
# after 25 folds; at 300 kHz it does after five, on multiples of the field rate now and then.
SIDE_BAND_HZ = 240e3
IN_PHASE_HZ = 600e3  # the vestige of the lower sideband is as wide
SEARCH_FFT, SEARCH_ROWS = 8192, 8  # for the carrier: bins of 293 Hz
OFFSET_BINS = 3  # the converter's own offset is no carrier
CARRIER_DB = 15.0  # over the median bin: noise and multicarrier pilots stay below 10, AM at -16 dB is at 19
MIX_BLOCK = 512  # samples: one value of the carrier each 213 µs
CARRIER_HALF_HZ = 400.0  # what is this near to the carrier's line is its phase, what is further is video
PRODUCT_CHUNK = 4096  # columns: in the cache, and not spread over threads that then wait for each other
LEAST_EIGENVALUE = 1e-3  # of the bands' correlation: below is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Rows of one slice, shape (channels, n), zero mean, unit variance, uncorrelated."""

    rows: FloatArray
    rate_hz: float


def sub_bands(samples: ComplexArray, *, rate_hz: float, band_hz: float = BAND_HZ) -> Channels:
    """Return the power in bands of about ``band_hz``, decorrelated.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        One slice.
    rate_hz : float
        Sample rate, Hz.
    band_hz : float
        Width of a band, Hz; rounded to a whole number of bands.

    Returns
    -------
    Channels
        One row a band.

    Notes
    -----
    The mean of the lowest band is taken off first: a receiver's offset would leak the signal itself into it.
    """
    size = max(1, round(rate_hz / band_hz))
    n = len(samples) // size * size
    frames = np.ascontiguousarray(samples[:n], np.complex64).view(np.float32).reshape(-1, 2 * size)
    offset = size * complex(samples[:n].mean(dtype=np.complex64))
    fourier = _fourier(size)
    power = np.empty((size, len(frames)), np.float32)
    total = np.zeros(size)
    products = np.zeros((size, size))
    for first in range(0, len(frames), PRODUCT_CHUNK):
        bands = fourier @ frames[first : first + PRODUCT_CHUNK].T
        bands[0] -= np.float32(offset.real)
        bands[size] -= np.float32(offset.imag)
        bands *= bands
        part = power[:, first : first + PRODUCT_CHUNK]
        np.add(bands[:size], bands[size:], out=part)
        # While the part is in the cache.
        total += part.sum(axis=1)
        products += part @ part.T
    _decorrelate(power, mean=total / len(frames), products=products / len(frames))
    return Channels(rows=power, rate_hz=rate_hz / size)


@lru_cache(maxsize=8)
def _fourier(size: int) -> FloatArray:
    """Return the transform of ``size`` points: real rows, then imaginary ones, over (real, imaginary) pairs.

    For so few points a product beats an FFT, and what comes out lies row by row.
    """
    turn = scipy.fft.fft(np.eye(size))
    real = np.stack([turn.real, -turn.imag], axis=2).reshape(size, 2 * size)
    imaginary = np.stack([turn.imag, turn.real], axis=2).reshape(size, 2 * size)
    return np.concatenate([real, imaginary]).astype(np.float32)


def _decorrelate(rows: FloatArray, *, mean: FloatArray64, products: FloatArray64) -> None:
    """Take the means off and rotate rows, in place, so that none follows another, each near what it was."""
    covariance = products - np.outer(mean, mean)
    deviation = np.sqrt(np.maximum(np.diag(covariance), 1e-30))
    correlation = covariance / np.outer(deviation, deviation)
    values, vectors = np.linalg.eigh(correlation)
    values = np.maximum(values, LEAST_EIGENVALUE)
    turn = (vectors / np.sqrt(values)) @ vectors.T / deviation
    middle = (turn @ mean)[:, None].astype(np.float32)
    turn = turn.astype(np.float32)
    for first in range(0, rows.shape[1], PRODUCT_CHUNK):
        part = rows[:, first : first + PRODUCT_CHUNK]
        np.subtract(turn @ part, middle, out=part)


def in_phase(samples: ComplexArray, *, rate_hz: float, fine: FloatArray | None = None) -> Channels | None:
    """Return the part that is in phase with the strongest carrier.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        One slice.
    rate_hz : float
        Sample rate, Hz.
    fine : ndarray, shape (bins,), optional
        Mean |X|² of these samples by bin in FFT order, where that has been measured already
        (`sweeper.spectrum.Spectrum.fine`).

    Returns
    -------
    Channels or None
        One row; None where no carrier stands out or the slice is too short.
    """
    fine = _fine_power(samples) if fine is None else fine
    turns = None if fine is None else _carrier_turns(fine)
    count = len(samples) // MIX_BLOCK
    if turns is None or count < SEARCH_ROWS:
        return None
    blocks = samples[: count * MIX_BLOCK].reshape(count, MIX_BLOCK)
    inside = np.exp(-2j * np.pi * turns * np.arange(MIX_BLOCK)).astype(np.complex64)
    begin = np.exp(-2j * np.pi * (turns * MIX_BLOCK * np.arange(count) % 1.0)).astype(np.complex64)
    carrier, drift = _follow((blocks @ inside) * begin, rate_hz)
    ramp = np.exp(-2j * np.pi * drift * (np.arange(MIX_BLOCK) - (MIX_BLOCK - 1) / 2))
    wave = inside * ramp.astype(np.complex64)
    keep = max(1, round(rate_hz / IN_PHASE_HZ))
    level = _real_product(blocks, wave, np.conj(carrier) * begin)
    row = level[: len(level) // keep * keep].reshape(-1, keep) @ np.ones(keep, np.float32)
    row -= row.mean()
    row *= np.float32(1 / max(float(np.sqrt(np.mean(row * row))), 1e-30))
    return Channels(rows=row[None], rate_hz=rate_hz / keep)


def _fine_power(samples: ComplexArray) -> FloatArray | None:
    """Mean |X|² of a few rows spread over the samples; None where there is not one."""
    if len(samples) < SEARCH_FFT:
        return None
    starts = np.linspace(0, len(samples) - SEARCH_FFT, SEARCH_ROWS).astype(np.int64)
    rows = scipy.fft.fft(np.stack([samples[a : a + SEARCH_FFT] for a in starts]), axis=1, workers=1)
    return np.asarray((rows.real**2 + rows.imag**2).mean(axis=0), np.float32)


def _carrier_turns(fine: FloatArray) -> float | None:
    """Frequency of the strongest carrier in turns a sample, -½ … ½."""
    beside = fine[OFFSET_BINS : len(fine) - OFFSET_BINS + 1]
    peak = OFFSET_BINS + int(np.argmax(beside))
    if fine[peak] < 10 ** (CARRIER_DB / 10) * float(np.median(fine)) or fine[peak] <= 0:
        return None
    return float((peak / len(fine) + 0.5) % 1.0 - 0.5)


def _follow(blocks: ComplexArray, rate_hz: float) -> tuple[ComplexArray, float]:
    """Phase of the carrier in each block, and what it still turns a sample."""
    spectrum = scipy.fft.fft(blocks, workers=1)
    turns = scipy.fft.fftfreq(len(blocks))
    peak = int(np.argmax(np.abs(spectrum)))
    away = np.abs((turns - turns[peak] + 0.5) % 1.0 - 0.5) * rate_hz / MIX_BLOCK
    spectrum[away > CARRIER_HALF_HZ] = 0
    smooth = scipy.fft.ifft(spectrum, workers=1)
    unit = smooth / np.maximum(np.abs(smooth), 1e-30)
    return np.asarray(unit, np.complex64), float(turns[peak]) / MIX_BLOCK


def _real_product(blocks: ComplexArray, wave: ComplexArray, turn: ComplexArray) -> FloatArray:
    """Real part of every sample times its place in the block's wave times the block's phase."""
    mixed = blocks * wave
    mixed *= turn[:, None]
    return np.asarray(mixed.real.ravel(), np.float32)
