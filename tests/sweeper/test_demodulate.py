"""What follows the video: power or frequency."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.demodulate import envelope, frequency
from sweeper.video import find_video
from tests.benchmarks.rf_second_source import fm_slice


def test_the_frequency_of_a_swept_carrier() -> None:
    swing = 0.1 * np.sin(2 * np.pi * np.arange(4000) / 400)
    x = np.exp(2j * np.pi * np.cumsum(swing)).astype(np.complex64)
    assert frequency(x)[:1990] == pytest.approx(swing[1:3981:2] - swing.mean(), abs=0.003)
    assert np.ptp(envelope(x + np.complex64(0))) < 0.2


@pytest.mark.parametrize("snr_db", [5.0, 20.0, 40.0])
@pytest.mark.parametrize(("swing_hz", "rate_hz"), [(0.5e6, 2.4e6), (1.4e6, 2.4e6), (2e6, 3.2e6), (6e6, 10e6)])
def test_fm_that_lies_wholly_inside_the_slice_is_video(
    swing_hz: float, rate_hz: float, snr_db: float
) -> None:
    rng = np.random.default_rng([round(snr_db), round(swing_hz)])
    x = fm_slice(rng, raster="ntsc", rate_hz=rate_hz, seconds=0.12, swing_hz=swing_hz, snr_db=snr_db)
    found = find_video(x, rate_hz=rate_hz)
    assert found.is_video
    assert found.score > 0.9
