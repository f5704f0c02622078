"""The line clock is followed to a fraction of a line."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.line_clock import even_places, follow_lines
from sweeper.subbands import sub_bands
from tests.benchmarks.rf_second_source import fm_slice
from tests.sweeper.air import RATE_HZ, heard


@pytest.mark.parametrize("drift_ppm", [-800.0, 0.0, 500.0])
def test_the_clock_of_a_camera_that_drifts(drift_ppm: float) -> None:
    rng = np.random.default_rng(5)
    wander = np.array([0.0, drift_ppm])
    x = fm_slice(rng, raster="ntsc", rate_hz=RATE_HZ, seconds=0.2, swing_hz=6e6, snr_db=10, wander_ppm=wander)
    phase = follow_lines(sub_bands(x, rate_hz=RATE_HZ))
    assert phase is not None
    t = np.arange(len(phase)) * 0.2 / len(phase)
    truth = 15_734.266 * (t + drift_ppm * 1e-6 * t**2 / 0.4)
    away = phase - truth
    assert np.ptp(away - away.mean()) < 0.1


def test_noise_has_no_line_clock() -> None:
    assert follow_lines(sub_bands(heard(None), rate_hz=RATE_HZ)) is None
    assert follow_lines(sub_bands(heard(None, seconds=0.02), rate_hz=RATE_HZ)) is None


def test_samples_at_equal_steps_of_a_clock() -> None:
    phase = np.cumsum(np.linspace(1.0, 1.2, 1000)) / 10
    places, lines = even_places(phase, 4000)
    steps = np.diff(phase[places // 4])
    assert len(places) == 4000
    assert places.min() >= 0
    assert places.max() >= 3996
    assert lines == pytest.approx(1.1 / 40, rel=1e-3)
    assert np.abs(np.diff(places)).max() <= 2
    assert abs(steps[:2000].sum() - steps[2000:].sum()) < 0.3
