"""Spectral shapes drawn directly, bin by bin: the second judge of the carrier detector.

No waveform and no time domain: every FFT is a sum of shapes whose place, width and presence are drawn from
ranges, times the fading of each bin. It shares no code with the detector or with the other generator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.hw.formats import spectral_writer as write

Rng = np.random.Generator
Places = NDArray[np.float64]
Shape = Callable[[Places, float], NDArray[np.float64]]  # MHz of the bins, s → mW of each bin


def milliwatts(dbm: float) -> float:
    return float(10 ** (dbm / 10))


def bell(places: Places, middle: float, width: float) -> NDArray[np.float64]:
    """A bell of unit energy, ``width`` MHz between its half-power points; skirts of -45 dB."""
    shape = np.exp(-4 * np.log(2) * ((places - middle) / width) ** 2)
    shape = shape + 3e-5 / (1 + ((places - middle) / 6) ** 2)
    return np.asarray(shape * float(places[1] - places[0]) / (1.065 * width))


def table(places: Places, middle: float, width: float) -> NDArray[np.float64]:
    """A flat top with shoulders of -25 dB as wide again."""
    away = np.abs(places - middle)
    flat = np.where(away <= width / 2, 1.0, np.where(away <= width, 3e-3, 1e-5))
    return np.asarray(flat * float(places[1] - places[0]) / width)


def video(rng: Rng, *, middle: float, dbm: float) -> Shape:
    """A peak whose place is drawn from a skewed triangle about the carrier, anew in every FFT."""
    reach, skew, width = rng.uniform(0.0, 3.0), rng.uniform(-0.4, 0.4), rng.uniform(0.25, 0.9)

    def shape(places: Places, t: float) -> NDArray[np.float64]:
        aside = float(rng.triangular(-1, skew, 1)) - skew / 3
        return bell(places, middle + reach * aside, width) * milliwatts(dbm + rng.normal(0, 0.7))

    return shape


def wifi(rng: Rng, *, middle: float, dbm: float, width: float, duty: float) -> Shape:
    return lambda places, t: (
        table(places, middle, width) * milliwatts(dbm + rng.normal(0, 2)) * (rng.random() < duty)
    )


def hopper(rng: Rng, *, lowest: float, dbm: float, duty: float, hop_s: float, slots: int) -> Shape:
    order = rng.integers(0, slots, 4096)
    width = rng.uniform(0.5, 1.4)
    return lambda places, t: (
        bell(places, lowest + float(order[int(t / hop_s) % 4096]), width)
        * milliwatts(dbm)
        * (rng.random() < duty)
    )


def magnetron(rng: Rng, *, dbm: float) -> Shape:
    period, share = 1 / float(rng.choice([50, 60])), rng.uniform(0.25, 0.49)
    middle, drift = rng.uniform(2438, 2470), rng.uniform(1, 8)

    def shape(places: Places, t: float) -> NDArray[np.float64]:
        turn = (t % period) / period
        at = middle + drift * np.cos(np.pi * turn / share)
        return bell(places, at, rng.uniform(0.3, 3.0)) * milliwatts(dbm) * (turn < share)

    return shape


def fixed_bursts(rng: Rng, *, middle: float, dbm: float, duty: float) -> Shape:
    """One narrow place, now and then: a sensor, a remote control, a time slot."""
    width = rng.uniform(0.3, 2.0)
    return lambda places, t: bell(places, middle, width) * milliwatts(dbm) * (rng.random() < duty)


def own_line(rng: Rng, *, offset: float, tuned: float) -> Shape:
    """A line of the chip itself: it stays at its place in the FFT, whatever the channel."""
    return lambda places, t: bell(places, float(places.mean()) + offset, 0.3) * milliwatts(tuned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A kind of record: its bins, their span in MHz, and how it is written."""

    bins: int
    span: float
    kind: str


FORMS = (
    Form(bins=56, span=19.25, kind="ht20"),
    Form(bins=128, span=44.0, kind="ht40"),
    Form(bins=64, span=22.0, kind="ath10k"),
    Form(bins=256, span=44.0, kind="ath10k"),
    Form(bins=256, span=88.0, kind="ath10k"),
    Form(bins=256, span=80.0, kind="ath11k"),
)


def written(
    rng: Rng, form: Form, shapes: list[Shape], *, channels: list[int], count: int, step_s: float, noise: int
) -> bytes:
    """Return a relay file: ``count`` FFTs on each channel, a pause after each."""
    t, parts = rng.uniform(0, 50), []
    for mhz in channels:
        middle = mhz + (10 if form.kind == "ht40" else 0)
        places = middle + (np.arange(form.bins) + 0.5 - form.bins / 2) * form.span / form.bins
        for _ in range(count):
            power = np.full(form.bins, milliwatts(noise) / form.bins)
            for shape in shapes:
                power = power + shape(places, t)
            parts.append(_bytes(rng, form, power * rng.gamma(2.0, 0.5, form.bins), mhz, t, noise))
            t += step_s
        t += rng.uniform(0.002, 0.2)
    return b"".join(parts)


def _bytes(rng: Rng, form: Form, power: NDArray[np.float64], mhz: int, t: float, noise: int) -> bytes:
    magnitudes = np.sqrt(power / power.max()) * rng.uniform(100, 3000)
    tsf = int(t * 1e6)
    if form.kind == "ht40":
        low, high = (int(10 * np.log10(p.sum()) - noise) for p in (power[:64], power[64:]))
        return write.ht40(magnitudes, mhz=mhz, tsf_us=tsf, rssi=(low, high), noise=(noise, noise))
    rssi = int(np.clip(10 * np.log10(power.sum()) - noise, -90, 110))
    if form.kind == "ht20":
        return write.ht20(magnitudes, mhz=mhz, tsf_us=tsf, rssi=rssi, noise=noise)
    rssi = max(rssi, 0)
    maker = write.ath10k if form.kind == "ath10k" else write.ath11k
    return maker(magnitudes, mhz=mhz, tsf_us=tsf, width_mhz=int(form.span), rssi=rssi, noise=noise)
