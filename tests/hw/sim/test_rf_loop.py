"""A loop of samples played as a receiver hears it."""

from __future__ import annotations

import numpy as np
import pytest

from hw.sim.rf_loop import filtered_noise, make_loop, slice_loop


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_a_slice_is_the_signal_shifted_and_filtered() -> None:
    n, rate = 48_000, 4.8e6
    tone = np.exp(2j * np.pi * 5000 / n * np.arange(n))  # +500 kHz
    loop = make_loop(tone, rate_hz=rate)
    part = slice_loop(loop, offset_hz=300e3, rate_hz=2.4e6)
    spectrum = np.abs(np.fft.fft(part))
    assert len(part) == 24_000
    assert np.argmax(spectrum) == 2000  # +200 kHz at 100 Hz a bin
    assert np.mean(np.abs(part) ** 2) == pytest.approx(1.0, rel=1e-3)
    outside = slice_loop(loop, offset_hz=2e6, rate_hz=2.4e6)
    assert np.abs(outside).max() < 1e-6


def test_noise_has_power_one() -> None:
    assert np.mean(np.abs(filtered_noise(rng(), 50_000)) ** 2) == pytest.approx(1.0, rel=1e-4)
