"""A narrow sender in a wide look is heard at its own bandwidth."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hw.types import IqBlock
from sweeper.detect import detect
from sweeper.own_width import cut_channel, video_at_own_width
from sweeper.spectrum import measure_spectrum
from tests.benchmarks.rf_cameras import play
from tests.benchmarks.rf_second_source import fm_slice, noise

RATE_HZ, CENTER_HZ = 10e6, 1.2e9


def block(samples: NDArray[np.complex64], rate_hz: float = RATE_HZ) -> IqBlock:
    return IqBlock(
        t_ns=0, center_hz=CENTER_HZ, rate_hz=rate_hz, gain_db=None, samples=samples, clipped_share=0.0
    )


def camera(rate_hz: float = RATE_HZ, offset_hz: float = 2.5e6) -> NDArray[np.complex64]:
    rng = np.random.default_rng(4)
    return fm_slice(
        rng, raster="pal", rate_hz=rate_hz, seconds=0.12, swing_hz=0.5e6, snr_db=5.0, offset_hz=offset_hz
    )


@pytest.mark.parametrize("offset_hz", [-4.1e6, -0.3e6, 0.0, 3.3e6])
def test_a_channel_keeps_frequency_level_and_phase(offset_hz: float) -> None:
    turns = offset_hz / RATE_HZ * np.arange(200_000) % 1.0
    part = cut_channel(
        block(np.exp(2j * np.pi * turns).astype(np.complex64)), center_hz=CENTER_HZ + offset_hz - 0.2e6,
        rate_hz=2.4e6,
    )  # fmt: skip
    assert part.rate_hz == pytest.approx(2.4e6, rel=1e-4)
    away_hz = CENTER_HZ + offset_hz - part.center_hz
    expected = np.exp(2j * np.pi * (away_hz / part.rate_hz * np.arange(len(part.samples)) % 1.0))
    assert np.abs(part.samples - expected)[50:-50].max() < 0.02


def test_a_camera_of_half_a_megahertz_in_a_look_of_ten_is_found() -> None:
    look = block(camera())
    _, found = detect(measure_spectrum(look.samples, center_hz=CENTER_HZ, rate_hz=RATE_HZ), pfa=1e-7)
    own = video_at_own_width(look, found, pfa=1e-7)
    assert own is not None
    measured, samples = own
    assert measured.video.is_video
    assert measured.spectrum.center_hz == pytest.approx(CENTER_HZ + 2.5e6, abs=0.3e6)
    assert len(samples) < len(look.samples) / 3


def test_the_sensor_says_where_it_is() -> None:
    (camera_found, *_) = play(camera(), rate_hz=RATE_HZ, center_hz=CENTER_HZ).observations()
    assert camera_found.kind == "analog-video-pal"
    assert camera_found.center_hz == pytest.approx(CENTER_HZ + 2.5e6, abs=0.3e6)


def test_looks_of_a_usual_width_and_looks_without_anything_are_not_cut() -> None:
    quiet = noise(np.random.default_rng(1), 1_200_000) * np.float32(0.02)
    for look in (block(quiet), block(quiet[:300_000], rate_hz=2.4e6)):
        spectrum = measure_spectrum(look.samples, center_hz=CENTER_HZ, rate_hz=look.rate_hz)
        _, found = detect(spectrum, pfa=1e-7)
        assert video_at_own_width(look, found, pfa=1e-7) is None
    short = block(camera()[:40_000])
    _, found = detect(measure_spectrum(short.samples, center_hz=CENTER_HZ, rate_hz=RATE_HZ), pfa=1e-7)
    assert video_at_own_width(short, found, pfa=1e-7) is None
