"""The simulated transmissions are what they claim: rates, widths, symbols, repeated exactly."""

from __future__ import annotations

import numpy as np
import pytest

from hw.sim import waveforms_video as video


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.mark.parametrize(("standard", "line_hz"), [("pal", 15_625.0), ("ntsc", 15_734.2657)])
def test_composite_video_has_its_line_rate_and_levels(standard: video.StandardName, line_hz: float) -> None:
    wave = video.composite(rng(), standard=standard)
    spectrum = np.abs(np.fft.rfft(wave - wave.mean())) ** 2
    hz = np.arange(len(spectrum)) * video.RATE_HZ / len(wave)
    near = (hz > 15e3) & (hz < 16.4e3)
    assert hz[near][np.argmax(spectrum[near])] == pytest.approx(line_hz, abs=3)
    sync = np.quantile(wave, 0.03)
    assert sync == pytest.approx(video.SYNC_LEVEL, abs=0.05)
    assert 0.9 < wave.max() < 1.3


def test_pal_has_five_broad_pulses_in_each_field() -> None:
    wave = video.composite(rng(), standard="pal")
    low = wave[: round(0.04 * video.RATE_HZ)] < 0.1
    edges = np.flatnonzero(np.diff(low.astype(int)))
    lengths_us = np.diff(edges)[::1] / video.RATE_HZ * 1e6
    assert np.count_nonzero((lengths_us > 26) & (lengths_us < 29)) >= 9
    assert np.count_nonzero((lengths_us > 4.2) & (lengths_us < 5.2)) > 600
