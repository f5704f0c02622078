"""Spectrum, floor and detection: planted levels come back, noise stays quiet, bad samples are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sweeper.detect import FloorMap, detect, estimate_floor, threshold_factor
from sweeper.errors import BadSamples
from sweeper.spectrum import BINS, MIN_SAMPLES, Spectrum, measure_spectrum
from tests.sweeper.air import RATE_HZ, Samples, heard

CENTER_HZ = 500e6


def look(samples: Samples) -> Spectrum:
    return measure_spectrum(samples, center_hz=CENTER_HZ, rate_hz=RATE_HZ)


def tone(*, offset_hz: float, power_db: float, seconds: float = 0.05) -> Samples:
    n = round(seconds * RATE_HZ)
    rng = np.random.default_rng(5)
    noise = rng.standard_normal(2 * n, dtype=np.float32).view(np.complex64) / np.sqrt(2)
    wave = 10 ** (power_db / 20) * np.exp(2j * np.pi * offset_hz / RATE_HZ * np.arange(n))
    return (noise + wave).astype(np.complex64)


def test_total_power_is_kept() -> None:
    x = tone(offset_hz=123e3, power_db=-100)
    assert look(x).mean.sum() == pytest.approx(np.mean(np.abs(x) ** 2), rel=0.02)


@pytest.mark.parametrize("offset_hz", [-900e3, -31e3, 400e3, 951.2e3])
def test_a_tone_is_found_where_it_is(offset_hz: float) -> None:
    _, found = detect(look(tone(offset_hz=offset_hz, power_db=-15)), pfa=1e-7)
    assert len(found) == 1
    assert found[0].center_hz == pytest.approx(CENTER_HZ + offset_hz, abs=2e3)
    assert found[0].bandwidth_hz < 10e3
    assert found[0].snr_db == pytest.approx(-15 + 10 * np.log10(BINS), abs=3)


def test_the_offset_spike_is_no_emission() -> None:
    x = tone(offset_hz=0.0, power_db=0)
    assert detect(look(x), pfa=1e-7)[1] == ()


def test_noise_gives_nothing() -> None:
    rng = np.random.default_rng(0)
    for _ in range(150):
        x = rng.standard_normal(2 * 60_000, dtype=np.float32).view(np.complex64)
        assert detect(look(x), pfa=1e-7)[1] == ()


@pytest.mark.parametrize(
    ("name", "width_hz"), [("gsm", 200e3), ("fm", 200e3), ("dab", 1.5e6), ("tetra", 22e3)]
)
def test_bandwidths_are_occupied_ones(name: str, width_hz: float) -> None:
    _, found = detect(look(heard(name, snr_db=20, offset_hz=0.05e6)), pfa=1e-7)
    assert found[0].bandwidth_hz == pytest.approx(width_hz, rel=0.4)


def test_bursts_are_found_and_known_as_bursts() -> None:
    _, found = detect(look(heard("ook", snr_db=0)), pfa=1e-7)
    assert found[0].duty < 0.6
    _, steady = detect(look(heard("carrier", snr_db=0)), pfa=1e-7)
    assert steady[0].duty > 0.9


def test_a_signal_that_fills_the_slice_is_seen_against_the_other_hops() -> None:
    floors = FloorMap()
    for i in range(12):
        quiet = measure_spectrum(heard(None, seconds=0.03, seed=i), center_hz=3e8 + i * 2e6, rate_hz=RATE_HZ)
        floor, _ = detect(quiet, pfa=1e-7)
        floors.update(quiet, floor, gain_db=20.0)
    full = look(heard("lte", snr_db=12, seconds=0.03))
    assert not detect(full, pfa=1e-7)[1]
    own = floors.own_floor(full, gain_db=20.0)
    assert own is not None
    _, found = detect(full, pfa=1e-7, own_floor=own)
    assert found[0].filled
    assert found[0].bandwidth_hz > 1.8e6
    assert floors.own_floor(full, gain_db=30.0) is None


@pytest.mark.parametrize("occupied", [0.0, 0.3, 0.7])
def test_floor_under_signals(occupied: float) -> None:
    rng = np.random.default_rng(2)
    power = rng.gamma(60, 1 / 60, size=1000).astype(np.float32)
    power[: round(occupied * 1000)] += rng.uniform(3, 300, size=round(occupied * 1000)).astype(np.float32)
    assert estimate_floor(power, independent=60) == pytest.approx(1.0, rel=0.06)


def test_thresholds_are_those_of_averaged_noise() -> None:
    rng = np.random.default_rng(3)
    noise = rng.gamma(31, 1 / 31, size=1_000_000)
    assert np.mean(noise > threshold_factor(31, 1e-4)) == pytest.approx(1e-4, rel=0.3)


@pytest.mark.parametrize(
    ("samples", "rate_hz", "reason"),
    [
        (np.zeros(MIN_SAMPLES, np.complex64), 2.4e6, "constant"),
        (np.full(MIN_SAMPLES, 0.5 + 0.5j, np.complex64), 2.4e6, "constant"),
        (np.full(MIN_SAMPLES, np.nan, np.complex64), 2.4e6, "not_finite"),
        (np.ones(100, np.complex64), 2.4e6, "too_short"),
        (np.zeros(0, np.complex64), 2.4e6, "too_short"),
        (np.ones(MIN_SAMPLES, np.float32), 2.4e6, "wrong_type"),
        (np.ones((2, MIN_SAMPLES), np.complex64), 2.4e6, "wrong_type"),
        (np.arange(MIN_SAMPLES).astype(np.complex64), float("nan"), "wrong_rate"),
        (np.arange(MIN_SAMPLES).astype(np.complex64), -1.0, "wrong_rate"),
    ],
)
def test_bad_samples_are_refused_by_name(samples: Samples, rate_hz: float, reason: str) -> None:
    with pytest.raises(BadSamples) as caught:
        measure_spectrum(samples, center_hz=0.0, rate_hz=rate_hz)
    assert caught.value.reason == reason


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(
        np.complex64,
        MIN_SAMPLES,
        elements=st.complex_numbers(width=64),
    )
)
def test_any_samples_give_a_spectrum_or_a_reason(samples: Samples) -> None:
    try:
        detect(look(samples), pfa=1e-6)
    except BadSamples as error:
        reason = error.reason
    else:
        reason = "none"
    assert reason in {"none", "constant", "not_finite", "out_of_range"}
