"""One period of a transmission at its own sample rate, and the slice of it that a tuned receiver sees.

A waveform is made once, wide enough to hold the whole transmission, and kept as its spectrum. Because it
repeats, a receiver's slice is exact and cheap: take the bins around the tuned frequency, shape them like
the receiver's filter, transform back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex64]
PASS_SHARE = 0.42  # of the sample rate, each side: where an RTL2832's decimation filter begins to fall
STOP_SHARE = 0.5
PART_SAMPLES = 1 << 17  # of a period that is worked on at a time: a megabyte of float64


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One period of a transmission: ``spectrum[k]`` belongs to frequency ``k / period_s`` (FFT order).

    Mean power is 1 over the period, so that a level in dBm scales it. Frequencies are relative to the
    transmission's centre.
    """

    spectrum: ComplexArray
    rate_hz: float

    @property
    def period_s(self) -> float:
        """The time after which it repeats, s."""
        return len(self.spectrum) / self.rate_hz

    @property
    def half_width_hz(self) -> float:
        """The largest distance from the centre at which it has power, Hz."""
        return self.rate_hz / 2

    @property
    def nbytes(self) -> int:
        """The memory that it holds, in bytes."""
        return int(self.spectrum.nbytes)


def make_loop(samples: NDArray[np.complexfloating], *, rate_hz: float) -> Loop:
    """Return the loop of one period of samples, scaled to mean power 1 (a silent one stays silent).

    Parameters
    ----------
    samples
        1-D, one period. Complex64 ones are overwritten: their memory becomes the spectrum's.
    rate_hz
        Samples a second.

    Returns
    -------
    Loop
        The period, scaled to mean power 1.
    """
    spectrum = scipy.fft.fft(np.asarray(samples, dtype=np.complex64), workers=1, overwrite_x=True)
    power = float(np.vdot(spectrum, spectrum).real) / len(spectrum) ** 2
    if power > 0:
        spectrum *= np.float32(1 / np.sqrt(power))
    return Loop(spectrum=np.asarray(spectrum, np.complex64), rate_hz=rate_hz)


def parts_of(count: int) -> Iterator[slice]:
    """Yield slices that cover ``count`` samples, so that no temporary is as long as the whole period.

    Parameters
    ----------
    count
        Samples.

    Yields
    ------
    slice
        At most ``PART_SAMPLES`` samples, in order.
    """
    for start in range(0, count, PART_SAMPLES):
        yield slice(start, min(start + PART_SAMPLES, count))


def receiver_filter(n_bins: int, bins: slice = slice(None)) -> NDArray[np.float32]:
    """Return the receiver's amplitude response at ``n_bins`` frequencies from −½ to ½ of its rate.

    Parameters
    ----------
    n_bins
        Frequencies, evenly spaced from −½ to ½ of the sample rate.
    bins
        The part of them that is wanted.

    Returns
    -------
    numpy.ndarray
        1-D float32, amplitude 0 to 1; shape (n_bins,), or as long as the part.
    """
    share = np.abs(np.arange(*bins.indices(n_bins)) - n_bins // 2) / n_bins
    fall = np.clip((STOP_SHARE - share) / (STOP_SHARE - PASS_SHARE), 0, 1)
    return np.sin(fall * np.pi / 2).astype(np.float32)


def slice_loop(loop: Loop, *, offset_hz: float, rate_hz: float) -> ComplexArray:
    """Return one period as a receiver sees it that is tuned ``offset_hz`` above the transmission's centre.

    Parameters
    ----------
    loop : Loop
    offset_hz : float
        Tuned frequency minus the transmission's centre. It is rounded to a bin (``1 / period_s``, a few Hz).
    rate_hz : float
        The receiver's sample rate.

    Returns
    -------
    ndarray, shape (round(period_s * rate_hz),), complex64
        In the loop's units: the mean power is what falls into the slice.
    """
    n_in, n_out = len(loop.spectrum), round(loop.period_s * rate_hz)
    shift = round(offset_hz * loop.period_s)
    # Bin i of the slice, counted from −½ of the receiver's rate, is bin i + first of the transmission.
    first = shift - n_out // 2
    start = min(max(0, -(n_in // 2) - first), n_out)
    stop = max(start, min(n_out, n_in - n_in // 2 - first))
    out = np.zeros(n_out, np.complex64)
    for part in parts_of(stop - start):
        bins = slice(start + part.start, start + part.stop)
        seen = loop.spectrum[np.arange(bins.start + first, bins.stop + first) % n_in]
        seen *= receiver_filter(n_out, bins)
        seen *= np.float32(n_out / n_in)
        out[np.arange(bins.start - n_out // 2, bins.stop - n_out // 2)] = seen
    return np.asarray(scipy.fft.ifft(out, workers=1, overwrite_x=True), np.complex64)


def filtered_noise(rng: np.random.Generator, count: int) -> ComplexArray:
    """Return periodic complex noise of mean power 1, shaped by the receiver's filter, shape (count,).

    Parameters
    ----------
    rng
        Source of the random numbers.
    count
        Samples.

    Returns
    -------
    numpy.ndarray
        1-D complex64, shape (count,), mean power 1.
    """
    white = rng.standard_normal(2 * count, dtype=np.float32).view(np.complex64)
    for part in parts_of(count):
        white[np.arange(part.start - count // 2, part.stop - count // 2)] *= receiver_filter(count, part)
    noise = np.asarray(scipy.fft.ifft(white, workers=1, overwrite_x=True), np.complex64)
    noise *= np.float32(1 / np.sqrt(np.mean(np.abs(noise) ** 2)))
    return noise
