"""Tells whether a slice holds pulses: radar, transponders and distance measuring send for microseconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PULSED_FROM = 3.0  # noise and multicarrier signals have 2, a steady carrier 1, pulses of 3 % duty 11 at 0 dB
RARE_FROM = 2.1  # where the spectrum comes and goes: ten standard deviations over what noise gives in a look
MOST_SAMPLES = 1 << 18
PIECE = 1 << 12


def peakedness(samples: NDArray[np.complex64]) -> float:
    """Return the mean of the squared power over the square of the mean power.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        The first `MOST_SAMPLES` are looked at.

    Returns
    -------
    float
        1 for a constant envelope, 2 for noise, far more for short pulses over noise.

    Notes
    -----
    Of pulses with power P in the mean and duty d over noise N: (2N² + 4NP + P²/d) / (N + P)².
    """
    part = samples[:MOST_SAMPLES]
    power = part.real**2 + part.imag**2
    mean = float(power.mean(dtype=np.float64)) if len(power) else 0.0
    # In pieces: a long sum in single precision would lose what is small.
    pieces = (power[first : first + PIECE] for first in range(0, len(power), PIECE))
    squares = sum(float(np.dot(piece, piece)) for piece in pieces)
    return squares / len(power) / mean**2 if mean > 0 else 0.0
