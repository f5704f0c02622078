"""FFTs made by hand: a floor, and peaks and plateaus on it. Truth by construction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hw.types import SpectralSample
from sweeper.spectral_peaks import SampleFeatures, measure_sample

NOISE_DBM = -95.0
Hz = float
Shape = tuple[Hz, Hz, float]  # middle, width, dBm


def spectrum(
    shapes: Sequence[Shape],
    *,
    t_ms: float,
    center_hz: float,
    width_hz: float = 19.25e6,
    bins: int = 56,
    noise_dbm: float = NOISE_DBM,
    rng: np.random.Generator | None = None,
) -> SpectralSample:
    """One FFT; ``rng`` gives the floor the fading of noise."""
    places = center_hz - width_hz / 2 + (np.arange(bins) + 0.5) * width_hz / bins
    floor = np.full(bins, 10 ** (NOISE_DBM / 10) / bins)
    power = floor if rng is None else floor * rng.exponential(size=bins)
    for middle_hz, wide_hz, dbm in shapes:
        inside = np.abs(places - middle_hz) <= max(wide_hz, width_hz / bins) / 2
        power = power + inside / max(int(inside.sum()), 1) * 10 ** (dbm / 10)
    return SpectralSample(
        t_ns=round(t_ms * 1e6),
        layout="ath9k-ht20",
        center_hz=center_hz,
        width_hz=width_hz,
        noise_dbm=noise_dbm,
        rssi_db=float(10 * np.log10(power.sum()) - noise_dbm),
        bins_dbm=np.asarray(10 * np.log10(power), np.float32),
    )


def visits(
    shapes: Callable[[float], Sequence[Shape]],
    *,
    channels_hz: Sequence[float] = (2412e6, 2417e6, 2422e6),
    count: int = 9,
    step_ms: float = 1.5,
    pause_ms: float = 50.0,
    start_ms: float = 0.0,
    **how: float,
) -> list[SpectralSample]:
    """``count`` FFTs on each channel in turn; ``shapes`` says what is on the air at a time in ms."""
    rng, t_ms, made = np.random.default_rng(7), start_ms, []
    for center_hz in channels_hz:
        for _ in range(count):
            made.append(spectrum(shapes(t_ms), t_ms=t_ms, center_hz=center_hz, rng=rng, **how))  # type: ignore[arg-type]
            t_ms += step_ms
        t_ms += pause_ms
    return made


def measured(samples: Sequence[SpectralSample]) -> list[SampleFeatures]:
    return [measure_sample(s) for s in samples]


def video(
    middle_hz: float = 2414e6, dbm: float = -45.0, swing_hz: float = 1.5e6
) -> Callable[[float], list[Shape]]:
    """A carrier that a picture moves: always on."""
    rng = np.random.default_rng(3)
    return lambda _t: [(middle_hz + rng.uniform(-swing_hz, swing_hz), 0.4e6, dbm)]
