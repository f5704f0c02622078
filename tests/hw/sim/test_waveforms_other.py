"""Simulated services and supplies have the widths, gaps and rates of the real ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hw.sim import waveforms_ofdm as ofdm
from hw.sim import waveforms_other as other
from hw.sim.rf_loop import Loop


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


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
