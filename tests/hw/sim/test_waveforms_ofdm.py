"""Simulated multicarrier signals have the structure of their standards."""

from __future__ import annotations

import numpy as np
import pytest

from hw.sim import waveforms_ofdm as ofdm


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.mark.parametrize("fft_size", [2048, 8192])
@pytest.mark.parametrize("guard", [1 / 4, 1 / 32])
def test_cofdm_repeats_its_guard(fft_size: int, guard: float) -> None:
    loop = ofdm.cofdm(rng(), fft_size=fft_size, guard=guard, period_s=0.05)
    x = np.fft.ifft(loop.spectrum)
    symbol = round(fft_size * (1 + guard))
    rows = x.reshape(-1, symbol)
    n = round(fft_size * guard)
    assert np.allclose(rows[:, :n], rows[:, fft_size : fft_size + n], atol=1e-5)
