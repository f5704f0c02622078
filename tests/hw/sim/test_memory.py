"""What a long transform leaves behind is given back."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
import scipy.fft

from hw.sim.memory import give_back

STATUS = Path("/proc/self/status")
LENGTH = 3_200_000  # a loop of FM video


def resident_mb() -> float:
    line = next(row for row in STATUS.read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not STATUS.exists(), reason="needs /proc")
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc")
def test_the_plans_of_long_transforms_go() -> None:
    give_back()
    before_mb = resident_mb()
    for length in (LENGTH, LENGTH + 3200):
        scipy.fft.fft(np.ones(length, np.complex64), workers=1)
    assert resident_mb() - before_mb > 30  # two plans of 24 MB
    give_back()
    assert resident_mb() - before_mb < 10


def test_a_transform_is_the_same_afterwards() -> None:
    x = np.random.default_rng(1).standard_normal(12_000).astype(np.complex64)
    before = scipy.fft.fft(x, workers=1)
    give_back()
    assert np.array_equal(scipy.fft.fft(x, workers=1), before)
