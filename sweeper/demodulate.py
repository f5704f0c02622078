"""Demodulates a slice: its power (AM), or its instantaneous frequency (FM).

FM video that is wider than the slice sweeps in and out of it, and its power follows the picture. FM that lies
wholly inside has a constant envelope: only its frequency says anything. AM video is in the power.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Way = Literal["power", "frequency"]


def envelope(samples: NDArray[np.complex64]) -> FloatArray:
    """Return |x|² averaged over pairs.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64

    Returns
    -------
    ndarray, shape (n // 2,), float32

    Notes
    -----
    The mean of the samples is taken off first: a receiver's offset would leak the signal itself into it.
    """
    n = len(samples) // 2 * 2
    x = (samples[:n] - samples[:n].mean()).view(np.float32)
    x *= x
    power = x[0::4] + x[1::4]
    power += x[2::4]
    power += x[3::4]
    return np.asarray(power, np.float32)


def frequency(samples: NDArray[np.complex64]) -> FloatArray:
    """Return the instantaneous frequency averaged over pairs, in turns a sample.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64

    Returns
    -------
    ndarray, shape (n // 2,), float32
        -½ … ½, around the mean frequency of the slice.

    Notes
    -----
    The products of neighbours are summed before their angle is taken, so that what is weak (noise between two
    carriers of an FM sender below its threshold) weighs little.
    """
    n = len(samples) // 2 * 2
    turn = samples[1:n] * np.conj(samples[: n - 1])
    pairs = turn[0::2].copy()
    pairs[: len(turn) // 2] += turn[1::2]
    middle = pairs.sum(dtype=np.complex128)
    pairs *= np.complex64(np.conj(middle) / max(abs(middle), 1e-30))
    return np.asarray(np.angle(pairs) / np.float32(2 * np.pi), np.float32)


def demodulate(samples: NDArray[np.complex64], way: Way) -> FloatArray:
    """Return the power or the frequency of a slice, averaged over pairs, shape (n // 2,).

    Parameters
    ----------
    samples
        1-D, n samples of a slice.
    way
        ``power`` for amplitude modulation, ``frequency`` for FM.

    Returns
    -------
    numpy.ndarray
        1-D, shape (n // 2,): power, or frequency in cycles a sample.
    """
    return envelope(samples) if way == "power" else frequency(samples)
