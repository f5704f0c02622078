"""What fills 2.4 and 5.8 GHz besides cameras, at 20 MS/s: generators that know nothing of the detectors.

Each returns complex baseband of mean power 1 while it sends, shape (count,), complex64.

References
----------
IEEE 802.11-2020, clause 17 (OFDM: 312.5 kHz, guard of 0.8 µs); Bluetooth Core 5.4, vol. 2 part A (1 MHz
channels, slots of 625 µs); 3GPP TS 36.211 (15 kHz, normal prefix); ITU-R SM.1056 (microwave ovens).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.fft
from numpy.typing import NDArray

RATE_HZ = 20e6
Rng = np.random.Generator
Samples = NDArray[np.complex64]


def _qam(rng: Rng, shape: tuple[int, ...]) -> Samples:
    side = int(rng.choice([2, 4, 8]))
    levels = (2 * np.arange(side) - side + 1) / np.sqrt(2 * (side**2 - 1) / 3)
    values = levels[rng.integers(side, size=shape)] + 1j * levels[rng.integers(side, size=shape)]
    return np.asarray(values, np.complex64)


def _symbols(rng: Rng, count: int, *, size: int, used: NDArray[np.int64], prefix: int) -> Samples:
    rows = -(-count // (size + prefix))
    grid = np.zeros((rows, size), np.complex64)
    grid[:, used] = _qam(rng, (rows, len(used)))
    body = scipy.fft.ifft(grid, axis=1, workers=1) * np.float32(size / np.sqrt(len(used)))
    return np.asarray(np.concatenate((body[:, size - prefix :], body), axis=1).ravel()[:count], np.complex64)


def _gated(rng: Rng, wave: Samples, *, on_s: tuple[float, float], off_s: tuple[float, float]) -> Samples:
    """Packets and gaps of random lengths, beacons among them every 102.4 ms."""
    gate = np.zeros(len(wave), np.float32)
    at = int(rng.uniform(0, 1e-3) * RATE_HZ)
    while at < len(wave):
        length = int(rng.uniform(*on_s) * RATE_HZ)
        gate[at : at + length] = rng.uniform(0.7, 1.3)
        at += length + int(rng.uniform(*off_s) * RATE_HZ)
    start = int(rng.uniform(0, 0.1024) * RATE_HZ)
    for beacon in range(start, len(wave), round(0.1024 * RATE_HZ)):
        gate[beacon : beacon + 8000] = 1.0
    return wave * gate


def wifi(width_mhz: int) -> Callable[[Rng, int], Samples]:
    """Packets of 20 MHz, or what a look of 20 MHz sees of wider ones."""

    def make(rng: Rng, count: int) -> Samples:
        edge = 26 if width_mhz == 20 else 32  # wider signals go on beyond the look
        used = np.array([k % 64 for k in range(-edge, edge) if width_mhz > 20 or k != 0])
        prefix = int(rng.choice([16, 8]))
        wave = _symbols(rng, count, size=64, used=used, prefix=prefix)
        busy = rng.uniform(0.05, 1.0)
        on_s = (50e-6, float(rng.choice([0.3e-3, 1.5e-3, 5.4e-3])))
        mean_off_s = np.mean(on_s) * (1 - busy) / busy + 34e-6
        return _gated(rng, wave, on_s=on_s, off_s=(34e-6, 2 * mean_off_s))

    return make


def bluetooth(rng: Rng, count: int) -> Samples:
    """Hops over 79 channels of 1 MHz, of which a look of 20 MHz hears a quarter."""
    wave = np.zeros(count, np.complex64)
    slot = round(625e-6 * RATE_HZ)
    low = int(rng.integers(0, 60))
    piconets = int(rng.integers(1, 4))
    for first in range(0, count - slot, slot):
        for _ in range(piconets):
            channel = int(rng.integers(79)) - low
            if not 0 <= channel < 20 or rng.random() < 0.2:
                continue
            length = round(rng.choice([126e-6, 366e-6]) * RATE_HZ)
            bits = np.repeat(rng.choice([-1.0, 1.0], size=length // 20 + 1), 20)[:length]
            soft = np.convolve(bits, np.hanning(21) / 10.5, "same")
            hz = (channel - 9.5) * 1e6 + 160e3 * soft
            phase = np.cumsum(hz) / RATE_HZ % 1.0
            wave[first : first + length] += np.exp(2j * np.pi * phase).astype(np.complex64)
    return wave


def microwave(rng: Rng, count: int) -> Samples:
    """A magnetron fed by half waves of the mains: a tone that sweeps as the voltage rises and falls."""
    mains_hz = float(rng.choice([50.0, 60.0])) * (1 + rng.uniform(-1e-4, 1e-4))
    t = np.arange(count) / RATE_HZ
    wave = np.sin(2 * np.pi * (mains_hz * t + rng.random()))
    on = np.maximum(wave - rng.uniform(0.1, 0.5), 0) > 0
    swing_hz = rng.uniform(2e6, 15e6) * np.maximum(wave, 0) ** rng.uniform(0.3, 1.0)
    drift_hz = 0.3e6 * np.sin(2 * np.pi * (rng.uniform(0.5, 3) * t + rng.random()))
    noise_hz = rng.uniform(0.02e6, 0.4e6) * np.repeat(rng.standard_normal(count // 64 + 1), 64)[:count]
    phase = np.cumsum(swing_hz + drift_hz + noise_hz + rng.uniform(-8e6, 4e6)) / RATE_HZ % 1.0
    ripple = 1 + rng.uniform(0, 0.3) * np.sin(2 * np.pi * rng.uniform(20e3, 40e3) * t)
    return (on * ripple * np.exp(2j * np.pi * phase)).astype(np.complex64)


def lte_u(rng: Rng, count: int) -> Samples:
    """A downlink of 20 MHz in unlicensed spectrum: on for some subframes, then silent."""

    size = round(RATE_HZ / 15e3)
    used = np.array([k % size for k in range(-600, 601) if k != 0])
    wave = _symbols(rng, count, size=size, used=used, prefix=round(144 / 30.72e6 * RATE_HZ))
    return _gated(rng, wave, on_s=(3e-3, 10e-3), off_s=(0.5e-3, 10e-3 * rng.uniform(0.2, 2.0)))


NULLS: dict[str, Callable[[Rng, int], Samples]] = {
    "Wi-Fi 20 MHz": wifi(20),
    "Wi-Fi 40 MHz": wifi(40),
    "Wi-Fi 80 MHz": wifi(80),
    "Bluetooth": bluetooth,
    "microwave oven": microwave,
    "LTE-U": lte_u,
}
