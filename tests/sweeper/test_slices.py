"""A slice without noise of its own is measured like any other."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.slices import whole_slice
from sweeper.spectrum import measure_spectrum


def test_a_look_without_any_noise_has_an_excess_all_the_same() -> None:
    tone = np.exp(0.3j * np.arange(20_000)).astype(np.complex64)
    spectrum = measure_spectrum(tone, center_hz=4e8, rate_hz=2.4e6)
    assert whole_slice(spectrum, 0.0).snr_db == pytest.approx(-30.0)
