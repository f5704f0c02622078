"""Senders at 2.4 and 5.8 GHz in the time domain, and a Wi-Fi chip that makes FFTs of their sum.

Every sender gives complex samples for any channel, rate and moment; the chip adds its noise, attenuates what
lies outside its filter (which folds back), transforms, and relays bytes as the kernel does. Nothing here
comes from the detector, or from the generator of spectral shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.hw.formats import spectral_writer as write

Rng = np.random.Generator
Iq = NDArray[np.complex128]
Sender = Callable[[float, float, NDArray[np.float64]], Iq]  # centre, Hz; rate, Hz; times, s → amplitudes, √mW
FILTER_SHARE = 0.46  # of the rate, on each side; beyond it the filter falls


def amplitude(dbm: float) -> float:
    return math.sqrt(10 ** (dbm / 10))


def filtered(offset_hz: NDArray[np.float64] | float, rate_hz: float) -> NDArray[np.float64]:
    """Amplitude that the chip's filter lets through: 40 dB lower an eighth of the rate further out."""
    beyond = np.maximum(np.abs(offset_hz) - FILTER_SHARE * rate_hz, 0) / (rate_hz / 8)
    return np.asarray(10 ** (-np.minimum(40 * beyond, 55) / 20))


def fm_video(rng: Rng, *, center_hz: float, dbm: float, modulated: bool = True) -> Sender:
    """Composite video, AC-coupled onto FM: sync, grey steps and texture, colour, a sound subcarrier."""
    line_s, active_from = (64e-6, 10.5e-6) if rng.random() < 0.5 else (63.5556e-6, 9.4e-6)
    swing_hz = rng.uniform(2.5e6, 8e6) if modulated else 0.0
    colour_hz = 4.43361875e6 if line_s == 64e-6 else 3.579545e6
    colour, sound = rng.uniform(0, 0.12), rng.uniform(0, 0.06)
    sound_hz = float(rng.choice([5.5e6, 6.0e6, 6.5e6]))
    rows = rng.integers(20, 300)
    cells = np.clip(np.cumsum(rng.normal(0, 0.15, (rows, 40)), axis=1) % 1.6 - 0.3, 0.0, 1.0) * 0.7
    mean = float(np.mean(cells)) * 0.8 - 0.3 * 0.075
    phase = rng.uniform(0, 2 * np.pi)

    def volts(t: NDArray[np.float64]) -> NDArray[np.float64]:
        row = (t // line_s).astype(np.int64) % len(cells)
        at = t % line_s
        cell = np.clip(((at - active_from) / (line_s - active_from) * 40).astype(np.int64), 0, 39)
        luma = cells[row, cell]
        active = at >= active_from
        level = np.where(at < 4.7e-6, -0.3, np.where(active, luma, 0.0))
        level = level + active * colour * np.sin(2 * np.pi * colour_hz * t + phase)
        return np.asarray(level + sound * np.sin(2 * np.pi * sound_hz * t) - mean)

    def send(tuned_hz: float, rate_hz: float, times: NDArray[np.float64]) -> Iq:
        over = 8
        fine = times[0] + np.arange(len(times) * over) / (rate_hz * over)
        moving = center_hz - tuned_hz + swing_hz * volts(fine)
        turns = np.cumsum(moving) / (rate_hz * over)
        whole = amplitude(dbm) * np.exp(2j * np.pi * turns + 1j * phase)
        return np.asarray((whole * filtered(moving, rate_hz))[::over])

    return send


def noise_of_width(
    rng: Rng, *, center_hz: float, dbm: float, width_hz: float, busy: Callable[[float], bool]
) -> Sender:
    """OFDM: noise with steep edges while the sender is on."""

    def send(tuned_hz: float, rate_hz: float, times: NDArray[np.float64]) -> Iq:
        if not busy(float(times[0])):
            return np.zeros(len(times), np.complex128)
        wide = max(rate_hz, 80e6) + 2 * abs(center_hz - tuned_hz)
        n = 1 << math.ceil(math.log2(len(times) * wide / rate_hz))
        places = np.fft.fftfreq(n, 1 / (rate_hz * n / len(times)))
        inside = np.abs(places - (center_hz - tuned_hz)) <= width_hz / 2
        bins = inside * (rng.normal(size=n) + 1j * rng.normal(size=n)) * filtered(places, rate_hz)
        power = np.sqrt(2 * max(int(inside.sum()), 1))
        samples = np.fft.ifft(bins / power * n)
        return np.asarray(amplitude(dbm) * samples[:: max(1, n // len(times))][: len(times)])

    return send


def dsss(rng: Rng, *, center_hz: float, dbm: float, busy: Callable[[float], bool]) -> Sender:
    """11 Mchip/s of an old-style Wi-Fi frame or beacon."""

    def send(tuned_hz: float, rate_hz: float, times: NDArray[np.float64]) -> Iq:
        offset = center_hz - tuned_hz
        if not busy(float(times[0])) or abs(offset) > rate_hz / 2 + 9e6:
            return np.zeros(len(times), np.complex128)
        chips = rng.choice([-1.0, 1.0], 2 + int(11e6 * (times[-1] - times[0])))
        wave = chips[((times - times[0]) * 11e6).astype(np.int64)]
        gain = amplitude(dbm) * filtered(offset, rate_hz)
        return np.asarray(gain * wave * np.exp(2j * np.pi * offset * times))

    return send


def gfsk(
    rng: Rng,
    *,
    dbm: float,
    where: Callable[[float], float | None],
    bit_s: float = 1e-6,
    deviation_hz: float = 160e3,
) -> Sender:
    """Frequency-shift keying on whatever channel ``where`` says, None while it is silent."""

    def send(tuned_hz: float, rate_hz: float, times: NDArray[np.float64]) -> Iq:
        place = where(float(times[0]))
        if place is None:
            return np.zeros(len(times), np.complex128)
        bits = rng.choice([-1.0, 1.0], 2 + int((times[-1] - times[0]) / bit_s))
        moving = place - tuned_hz + deviation_hz * bits[((times - times[0]) / bit_s).astype(np.int64)]
        turns = np.cumsum(moving) / rate_hz
        return np.asarray(amplitude(dbm) * filtered(moving, rate_hz) * np.exp(2j * np.pi * turns))

    return send


def oven(rng: Rng, *, dbm: float, inverter: bool) -> Sender:
    """A magnetron: on for part of each mains period, its frequency drawn along by voltage and load."""
    mains_hz = float(rng.choice([50.0, 60.0]))
    share = rng.uniform(0.55, 0.75) if inverter else rng.uniform(0.3, 0.48)
    center_hz, sweep_hz = rng.uniform(2440e6, 2468e6), rng.uniform(3e6, 10e6)
    jitter_hz = rng.uniform(2e6, 6e6) if inverter else rng.uniform(0.2e6, 1.5e6)
    start = rng.uniform(0, 1)

    def send(tuned_hz: float, rate_hz: float, times: NDArray[np.float64]) -> Iq:
        period = 2 * mains_hz if inverter else mains_hz
        turn = (float(times[0]) * period + start) % 1.0
        if turn > share:
            return np.zeros(len(times), np.complex128)
        level = math.sin(math.pi * turn / share) ** 0.5
        place = center_hz + sweep_hz * (level - 0.5) + rng.normal(0, jitter_hz) - tuned_hz
        gain = amplitude(dbm) * level * filtered(place, rate_hz)
        return np.asarray(gain * np.exp(2j * np.pi * place * times))

    return send


def bursts(rng: Rng, *, duty: float, mean_s: float) -> Callable[[float], bool]:
    """On and off with exponential lengths, for an hour of asking in order of time."""
    state = {"on": bool(rng.random() < duty), "until": 0.0}
    off_s = mean_s * (1 - duty) / max(duty, 1e-3)

    def busy(t: float) -> bool:
        if t - state["until"] > 200 * (mean_s + off_s):
            state["until"], state["on"] = t, bool(rng.random() < duty)
        while t >= state["until"]:
            state["on"] = not state["on"]
            state["until"] += rng.exponential(mean_s if state["on"] else off_s)
        return bool(state["on"])

    return busy


def bluetooth(rng: Rng) -> Callable[[float], float | None]:
    activity, slots = rng.uniform(0.05, 0.95), int(rng.choice([1, 3, 5]))
    key = int(rng.integers(1 << 31))

    def where(t: float) -> float | None:
        packet = int(t / (slots * 625e-6))
        drawn = np.random.default_rng((key, packet))
        inside = t % (slots * 625e-6) < slots * 625e-6 - 250e-6
        return 2402e6 + 1e6 * int(drawn.integers(79)) if drawn.random() < activity and inside else None

    return where


def hopping_phone(rng: Rng) -> Callable[[float], float | None]:
    base = 2402e6 if rng.random() < 0.5 else 5730e6
    frame_s, on = float(rng.choice([10e-3, 8e-3])), rng.uniform(0.05, 0.5)
    key = int(rng.integers(1 << 31))

    def where(t: float) -> float | None:
        drawn = np.random.default_rng((key, int(t / frame_s)))
        place = base + 0.9e6 * int(drawn.integers(80))
        return place if (t % frame_s) / frame_s < on else None

    return where


def zigbee(rng: Rng) -> Callable[[float], float | None]:
    busy = bursts(rng, duty=rng.uniform(0.01, 0.6), mean_s=rng.uniform(1e-3, 4e-3))
    place = 2405e6 + 5e6 * int(rng.integers(16))
    return lambda t: place if busy(t) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """How a chip samples. ``bins`` are those of its FFT; HT20 relays the middle 56 of 64."""

    layout: str
    rate_hz: float
    bins: int
    noise_dbm: float
    interval_s: float


CHIPS: tuple[tuple[str, float, int], ...] = (
    ("ht20", 22e6, 64),
    ("ht40", 44e6, 128),
    ("ath10k", 22e6, 64),
    ("ath10k", 22e6, 128),
    ("ath10k", 22e6, 256),
    ("ath10k", 44e6, 128),
    ("ath10k", 44e6, 256),
    ("ath10k", 88e6, 128),
    ("ath10k", 88e6, 256),
    ("ath11k", 80e6, 512),
)


def draw_chip(rng: Rng, *, five: bool) -> Chip:
    layout, rate_hz, bins = CHIPS[int(rng.integers(len(CHIPS)))]
    if not five and rate_hz > 50e6:
        layout, rate_hz, bins = CHIPS[0]
    return Chip(
        layout=layout,
        rate_hz=rate_hz,
        bins=bins,
        noise_dbm=float(np.rint(rng.uniform(-105, -90))),
        interval_s=float(rng.choice([0.21e-3, 0.5e-3, 1.5e-3, 2e-3])),
    )


def dump(
    rng: Rng,
    chip: Chip,
    senders: Sequence[Sender],
    *,
    channels_mhz: Sequence[int],
    count: int,
    raised_db: float = 0.0,
) -> bytes:
    """Return the relay file of ``count`` FFTs on each channel in turn.

    ``raised_db``: by so much the chip has calibrated a sender into its floor; RSSI counts from there.
    """
    t = rng.uniform(0, 100)
    parts = []
    for mhz in channels_mhz:
        for _ in range(count):
            parts.append(_record(rng, chip, senders, mhz=mhz, t=t, raised_db=raised_db))
            t += chip.interval_s * rng.uniform(0.99, 1.05)
        t += rng.uniform(0.005, 0.1)
    return b"".join(parts)


def _record(
    rng: Rng, chip: Chip, senders: Sequence[Sender], *, mhz: int, t: float, raised_db: float
) -> bytes:
    times = t + np.arange(chip.bins) / chip.rate_hz
    noise = amplitude(chip.noise_dbm - 3) * (rng.normal(size=chip.bins) + 1j * rng.normal(size=chip.bins))
    tuned_hz = mhz * 1e6 + (10e6 if chip.layout == "ht40" else 0.0)
    heard = noise + sum((s(tuned_hz, chip.rate_hz, times) for s in senders), np.zeros(chip.bins))
    spectrum = np.abs(np.fft.fftshift(np.fft.fft(heard))) / chip.bins
    power_dbm = 10 * math.log10(float(np.sum(spectrum**2)))
    scaled = spectrum / spectrum.max() * rng.uniform(120, 2000)
    noise_dbm = round(chip.noise_dbm + raised_db)
    rssi = int(np.clip(round(power_dbm - noise_dbm), -100, 100))
    tsf = round(t * 1e6)
    if chip.layout == "ht20":
        return write.ht20(scaled[4:60], mhz=mhz, tsf_us=tsf, rssi=rssi, noise=noise_dbm)
    if chip.layout == "ht40":
        halves = [float(np.sum(h**2)) for h in (spectrum[:64], spectrum[64:])]
        both = [int(np.clip(round(10 * math.log10(p) - noise_dbm), -100, 100)) for p in halves]
        return write.ht40(
            scaled, mhz=mhz, tsf_us=tsf, rssi=(both[0], both[1]), noise=(noise_dbm, noise_dbm), plus=True
        )
    rssi = max(rssi, 0)
    maker = write.ath10k if chip.layout == "ath10k" else write.ath11k
    return maker(scaled, mhz=mhz, tsf_us=tsf, width_mhz=round(chip.rate_hz / 1e6), rssi=rssi, noise=noise_dbm)
