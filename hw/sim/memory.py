"""Gives memory back that making a long waveform leaves behind.

pocketfft keeps the plans of the last 16 lengths of each kind, and a plan is as large as its transform; the C
library keeps what was freed for the next one. Together that is several times what the simulation needs.
"""

from __future__ import annotations

import ctypes

import numpy as np
import scipy.fft

PLANS_KEPT = 16  # of each kind, by pocketfft
KINDS = (np.complex64, np.complex128, np.float32, np.float64)


def give_back() -> None:
    """Push long transforms out of pocketfft's store with short ones, and return free pages to the system."""
    for kind in KINDS:
        for length in range(2, 2 + PLANS_KEPT):
            scipy.fft.fft(np.zeros(length, kind), workers=1)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc alone has it
    if trim is not None:
        trim(ctypes.c_size_t(0))
