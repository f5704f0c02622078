"""The simulated transmissions are what they claim: rates, widths, symbols, repeated exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hw.sim import waveforms_ofdm as ofdm
from hw.sim import waveforms_other as other
from hw.sim import waveforms_video as video
from hw.sim.facets import RfFacet
from hw.sim.rf_emitters import MAKERS, emitter_loop
from hw.sim.rf_loop import Loop, filtered_noise, make_loop, slice_loop


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


@pytest.mark.parametrize("fft_size", [2048, 8192])
@pytest.mark.parametrize("guard", [1 / 4, 1 / 32])
def test_cofdm_repeats_its_guard(fft_size: int, guard: float) -> None:
    loop = ofdm.cofdm(rng(), fft_size=fft_size, guard=guard, period_s=0.05)
    x = np.fft.ifft(loop.spectrum)
    symbol = round(fft_size * (1 + guard))
    rows = x.reshape(-1, symbol)
    n = round(fft_size * guard)
    assert np.allclose(rows[:, :n], rows[:, fft_size : fft_size + n], atol=1e-5)


def test_widths_hold_the_power() -> None:
    cases: list[tuple[Loop, float]] = [
        (ofdm.cofdm(rng(), bandwidth_hz=6e6), 5.8e6),
        (ofdm.lte(rng()), 9.2e6),
        (other.atsc(rng(), period_s=0.05), 5.7e6),
        (other.gsm(rng()), 250e3),
        (other.fm_broadcast(rng()), 260e3),
        (other.tetra(rng()), 26e3),
    ]
    for loop, width_hz in cases:
        f = np.fft.fftfreq(len(loop.spectrum), 1 / loop.rate_hz)
        power = np.abs(loop.spectrum.astype(complex)) ** 2
        assert power[np.abs(f) <= width_hz / 2].sum() / power.sum() > 0.98


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


@pytest.mark.parametrize("waveform", sorted(MAKERS))
def test_every_facet_has_a_waveform_of_power_one(waveform: str) -> None:
    facet = RfFacet.model_validate({"waveform": waveform, "center_hz": 500e6})
    loop = emitter_loop(facet, seed=1, name="x")
    power = float(np.vdot(loop.spectrum, loop.spectrum).real) / len(loop.spectrum) ** 2
    assert power == pytest.approx(1.0, rel=1e-3)
    assert emitter_loop(facet, seed=1, name="x") is loop


@pytest.mark.parametrize("make", [other.dect, other.adsb, other.ook_bursts, other.dme])
def test_bursts_leave_gaps(make: Callable[[np.random.Generator], Loop]) -> None:
    x = np.abs(np.fft.ifft(make(rng()).spectrum))
    assert np.mean(x < 0.1 * x.max()) > 0.5


@pytest.mark.parametrize("style", ["noise", "ringing", "carrier"])
def test_a_supply_beats_at_its_switching_rate(style: other.SupplyStyle) -> None:
    loop = other.supply(rng(), switching_hz=15_700.0, style=style)
    x = np.fft.ifft(loop.spectrum)
    spectrum = np.abs(np.fft.rfft(np.abs(x) ** 2))
    spectrum[:100] = 0
    hz = np.argmax(spectrum) / loop.period_s
    assert hz % 15_700 == pytest.approx(0, abs=10) or hz % 15_700 == pytest.approx(15_700, abs=10)


@pytest.mark.parametrize("switching_hz", [15_625.0, 40e3])
def test_a_supply_switches_as_its_facet_says(switching_hz: float) -> None:
    facet = RfFacet(waveform="switching-supply", center_hz=5e8, switching_hz=switching_hz)
    loop = emitter_loop(facet, seed=1, name=f"supply-{switching_hz:.0f}")
    power = np.abs(np.fft.ifft(loop.spectrum)) ** 2
    lines = np.abs(np.fft.rfft(power - power.mean()))
    hz = np.arange(len(lines)) / loop.period_s
    near = hz > 1e3  # above the mains
    assert hz[near][np.argmax(lines[near])] == pytest.approx(switching_hz, rel=1e-3)
