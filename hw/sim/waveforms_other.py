"""Waveforms of what is no camera below 1.77 GHz: broadcast, phones, pulses, bursts, supplies.

References
----------
ATSC A/53 (8-VSB), 3GPP TS 45.004 (GMSK), EN 300 392 (TETRA), EN 300 175 (DECT), ITU-R BS.450 (FM), ICAO
Annex 10 vol. IV (Mode S) and vol. I (DME).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from hw.sim.rf_loop import Loop, make_loop, parts_of

FloatArray = NDArray[np.float64]
ATSC_RATE_HZ, ATSC_SEGMENT = 4.5e6 / 286 * 684, 832
GSM_RATE_HZ, GSM_SLOT_BITS = 13e6 / 48, 156.25
ADSB_RATE_HZ = 4e6
OVERSAMPLE = 4  # a supply's edges fall between samples: coarse ones would beat with the sample rate
SupplyStyle = Literal["noise", "ringing", "carrier"]


def atsc(rng: np.random.Generator, *, period_s: float = 0.2) -> Loop:
    """Return 8-VSB, 6 MHz: eight levels, segment sync every 832 symbols, pilot; centred on its channel.

    Parameters
    ----------
    rng
        Source of the random numbers.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    ATSC A/53 Part 2, RF/transmission system characteristics.
    """
    segments = round(period_s * ATSC_RATE_HZ / ATSC_SEGMENT)
    levels = 2.0 * rng.integers(0, 8, size=(segments, ATSC_SEGMENT)) - 7
    levels[:, :4] = (5, -5, -5, 5)
    symbols = (levels.ravel() + 1.25).astype(np.complex64)  # with the pilot
    del levels
    n = len(symbols)
    spectrum = scipy.fft.fft(symbols, workers=1, overwrite_x=True)
    del symbols
    f = np.fft.fftfreq(n, 1 / ATSC_RATE_HZ)
    edge = 0.31e6
    shaped = np.empty(n, np.complex128)
    for part in parts_of(n):
        shape = np.clip((f[part] + edge / 2) / edge, 0, 1)
        shape *= np.clip((ATSC_RATE_HZ / 2 - f[part]) / edge, 0, 1)
        shaped[part] = spectrum[part] * np.sqrt(shape)
    del spectrum, f
    samples = scipy.fft.ifft(shaped, workers=1, overwrite_x=True)
    del shaped
    turns = round(ATSC_RATE_HZ / 4 * period_s)
    narrow = np.empty(n, np.complex64)
    for part in parts_of(n):
        turned = np.exp(-2j * np.pi * turns * np.arange(part.start, part.stop) / n)
        narrow[part] = samples[part] * turned
    del samples
    return make_loop(narrow, rate_hz=ATSC_RATE_HZ)


def _gaussian_fsk(
    rng: np.random.Generator, *, bits: int, oversample: int, index: float, bt: float
) -> NDArray[np.complex128]:
    """Constant-envelope Gaussian-filtered FSK of random bits, shape (bits * oversample,)."""
    nrz = np.repeat(2.0 * rng.integers(0, 2, size=bits) - 1, oversample)
    t = np.arange(-2 * oversample, 2 * oversample + 1) / oversample
    pulse = np.exp(-2 * (np.pi * bt * t) ** 2 / np.log(2))
    shaped = np.convolve(nrz, pulse / pulse.sum(), mode="same")
    return np.exp(1j * np.pi * index * np.cumsum(shaped) / oversample)


def gsm(rng: np.random.Generator, *, busy_slots: int = 8, frames: int = 52) -> Loop:
    """Return one GSM carrier with ``busy_slots`` of 8 in use (8: a beacon carrier that never pauses)."""
    bits = round(frames * 8 * GSM_SLOT_BITS)
    samples = _gaussian_fsk(rng, bits=bits, oversample=4, index=0.5, bt=0.3)
    slot = (np.arange(len(samples)) / (4 * GSM_SLOT_BITS)).astype(int) % 8
    in_slot = np.arange(len(samples)) / (4 * GSM_SLOT_BITS) % 1.0
    on = (slot < busy_slots) & ((in_slot < 148 / GSM_SLOT_BITS) | (busy_slots == 8))
    return make_loop(samples * on, rate_hz=4 * GSM_RATE_HZ)


def dect(rng: np.random.Generator, *, slots: int = 2, period_s: float = 0.2) -> Loop:
    """Return DECT-like bursts: 1.152 Mbit/s GFSK, ``slots`` of the 24 in each 10 ms frame.

    Parameters
    ----------
    rng
        Source of the random numbers.
    slots
        Slots in use of the 24 of a 10 ms frame.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    ETSI EN 300 175-2, DECT physical layer.
    """
    bits = round(period_s * 1.152e6)
    samples = _gaussian_fsk(rng, bits=bits, oversample=2, index=0.5, bt=0.5)
    slot = (np.arange(len(samples)) / (480 * 2)).astype(int) % 24
    chosen = rng.choice(24, size=slots, replace=False)
    in_slot = np.arange(len(samples)) % (480 * 2)
    on = np.isin(slot, chosen) & (in_slot < 424 * 2)
    return make_loop(samples * on, rate_hz=2.304e6)


def tetra(rng: np.random.Generator, *, period_s: float = 1.0) -> Loop:
    """Return a TETRA carrier: π/4-DQPSK at 18 ksym/s, root-raised-cosine 0.35.

    Parameters
    ----------
    rng
        Source of the random numbers.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    ETSI EN 300 392-2, TETRA voice plus data: air interface.
    """
    symbols, over = round(18e3 * period_s), 8
    steps = np.pi / 4 * (2 * rng.integers(0, 4, size=symbols) - 3)
    train = np.zeros(symbols * over, complex)
    train[::over] = np.exp(1j * np.cumsum(steps))
    f = np.abs(np.fft.fftfreq(len(train), 1 / over))
    shape = np.sqrt(0.5 * (1 + np.cos(np.pi * np.clip((f - 0.325) / 0.35, 0, 1))))
    return make_loop(np.fft.ifft(np.fft.fft(train) * shape), rate_hz=18e3 * over)


def fm_broadcast(rng: np.random.Generator, *, period_s: float = 1.0) -> Loop:
    """Return a stereo FM broadcast: music-like sound, 19 kHz pilot, 38 kHz difference, ±75 kHz.

    Parameters
    ----------
    rng
        Source of the random numbers.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    ITU-R BS.450-4, FM sound broadcasting in VHF.
    """
    rate_hz = 384e3
    n = round(rate_hz * period_s)
    f = np.fft.rfftfreq(n, 1 / rate_hz)
    tilt = (f > 40) * (f < 15e3) / np.sqrt(1 + (f / 800) ** 2)
    left, right = (np.fft.irfft(tilt * np.fft.rfft(rng.standard_normal(n)), n=n) for _ in range(2))
    t = np.arange(n) / rate_hz
    beat = 0.6 + 0.4 * np.sign(np.sin(2 * np.pi * 2 * t))
    mono, difference = (left + right) * beat, (left - right) * beat
    scale = 0.3 / mono.std()
    multiplex = scale * mono + 0.1 * np.sin(2 * np.pi * 19e3 * t)
    multiplex += scale * difference * np.sin(2 * np.pi * 38e3 * t)
    return make_loop(np.exp(2j * np.pi * np.cumsum(75e3 * multiplex) / rate_hz), rate_hz=rate_hz)


def adsb(rng: np.random.Generator, *, messages_a_s: float = 400.0, period_s: float = 0.5) -> Loop:
    """Return Mode S messages: 8 µs preamble and 112 pulse-position bits, at random times and levels.

    Parameters
    ----------
    rng
        Source of the random numbers.
    messages_a_s
        Messages a second.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.
    """
    n = round(ADSB_RATE_HZ * period_s)
    out = np.zeros(n, np.complex128)
    half_us = round(ADSB_RATE_HZ * 0.5e-6)
    for _ in range(max(1, rng.poisson(messages_a_s * period_s))):
        chips = np.zeros(16 + 224)
        chips[[0, 2, 7, 9]] = 1
        bits = rng.integers(0, 2, size=112)
        chips[16::2], chips[17::2] = bits, 1 - bits
        pulse = np.repeat(chips, half_us)
        start = int(rng.integers(0, n - len(pulse)))
        turn = np.exp(2j * np.pi * (rng.normal(0, 3e4) / ADSB_RATE_HZ * np.arange(len(pulse)) + rng.random()))
        out[start : start + len(pulse)] += 10 ** rng.uniform(-1, 0) * pulse * turn
    return make_loop(out, rate_hz=ADSB_RATE_HZ)


def dme(rng: np.random.Generator, *, pairs_a_s: float = 2700.0, period_s: float = 0.5) -> Loop:
    """Return a DME beacon: Gaussian pulse pairs 12 µs apart, 3.5 µs wide, at random times.

    Parameters
    ----------
    rng
        Source of the random numbers.
    pairs_a_s
        Pulse pairs a second.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.
    """
    n = round(ADSB_RATE_HZ * period_s)
    pulses = np.zeros(n, np.complex128)
    starts = rng.integers(0, n, size=rng.poisson(pairs_a_s * period_s))
    np.add.at(pulses, starts, 1.0)
    np.add.at(pulses, (starts + round(12e-6 * ADSB_RATE_HZ)) % n, 1.0)
    t = np.minimum(np.arange(n), n - np.arange(n)) / ADSB_RATE_HZ
    kernel = np.exp(-4 * np.log(2) * (t / 3.5e-6) ** 2)
    return make_loop(np.fft.ifft(np.fft.fft(pulses) * np.fft.fft(kernel)), rate_hz=ADSB_RATE_HZ)


def ook_bursts(rng: np.random.Generator, *, bit_s: float = 4e-4, period_s: float = 1.0) -> Loop:
    """Return a remote control or sensor: on-off-keyed packets, each repeated, with pauses.

    Parameters
    ----------
    rng
        Source of the random numbers.
    bit_s
        Length of a bit, s.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.
    """
    rate_hz = 200e3
    n = round(rate_hz * period_s)
    out = np.zeros(n)
    step = round(bit_s * rate_hz)
    packet = np.repeat(rng.integers(0, 2, size=64), step).astype(float)
    position = int(rng.integers(0, n // 4))
    for _ in range(4):
        end = min(n, position + len(packet))
        out[position:end] = packet[: end - position]
        position = min(n, end + round(10e-3 * rate_hz))
    return make_loop(out * np.exp(2j * np.pi * rng.random()), rate_hz=rate_hz)


def carrier(rng: np.random.Generator, *, period_s: float = 1.0) -> Loop:
    """Return an unmodulated carrier with the slow phase wander of a crystal.

    Parameters
    ----------
    rng
        Source of the random numbers.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.
    """
    rate_hz = 20e3
    n = round(rate_hz * period_s)
    wander = np.cumsum(rng.normal(0, 0.01, size=n))
    wander -= np.linspace(0, wander[-1], n)
    return make_loop(np.exp(1j * wander), rate_hz=rate_hz)


def supply(
    rng: np.random.Generator,
    *,
    switching_hz: float = 15_700.0,
    style: SupplyStyle = "noise",
    duty: float = 0.4,
    ripple_hz: float = 100.0,
    ripple_depth: float = 0.3,
    bandwidth_hz: float = 4e6,
    period_s: float = 0.2,
) -> Loop:
    """Return the radiation of a switching supply: a square wave of ``switching_hz`` with mains ripple on it.

    ``noise`` switches wideband noise on and off, ``carrier`` a carrier, ``ringing`` rings the same way at
    every edge. The ripple moves the level and a little the duty, as a regulator does.

    Parameters
    ----------
    rng
        Source of the random numbers.
    switching_hz
        Switching rate, Hz.
    style
        What is switched: ``noise``, ``carrier`` or ``ringing``.
    duty
        Share of a period in which it is on, 0 to 1.
    ripple_hz
        Frequency of the mains ripple, Hz.
    ripple_depth
        Depth of the ripple, 0 to 1.
    bandwidth_hz
        Width of the noise, Hz.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.
    """
    period_s = round(switching_hz * period_s) / switching_hz  # so that the loop closes
    n = int(scipy.fft.next_fast_len(round(bandwidth_hz * period_s / 2))) * 2 * OVERSAMPLE
    bandwidth_hz = n / OVERSAMPLE / period_s  # a little wider, so that the transforms are quick
    ripple_hz = round(ripple_hz * period_s) / period_s
    rate_hz = bandwidth_hz * OVERSAMPLE
    step = switching_hz / rate_hz
    ripple_turn, cycle_turn = 2 * np.pi * rng.random(), rng.random()
    ripple, on = np.empty(n), np.empty(n)
    for part in parts_of(n):
        t = np.arange(part.start, part.stop) / rate_hz
        ripple[part] = ripple_depth * np.sin(2 * np.pi * ripple_hz * t + ripple_turn)
        cycle = (switching_hz * t + cycle_turn) % 1.0
        fall = np.clip((duty * (1 + 0.2 * ripple[part]) - cycle) / step + 0.5, 0, 1)
        rise = np.clip(cycle / step + 0.5, 0, 1)
        on[part] = fall * rise + np.clip((cycle - 1) / step + 0.5, 0, 1)
    samples: NDArray[np.complex128]
    if style == "ringing":
        samples = _ringing(np.diff(on, prepend=on[-1]), rate_hz, bandwidth_hz, rng)
    elif style == "noise":
        samples = rng.standard_normal(2 * n).view(np.complex128)
    else:
        samples = np.full(n, np.exp(2j * np.pi * rng.random()))
    for part in parts_of(n):
        level = 1 + ripple[part]
        if style != "ringing":
            level *= 0.15 + 0.85 * on[part]
        samples[part] *= level
    del ripple, on
    np.fft.fft(samples, out=samples)
    half = n // (2 * OVERSAMPLE)
    middle = np.concatenate([samples[:half], samples[-half:]])
    del samples
    return make_loop(np.fft.ifft(middle), rate_hz=bandwidth_hz)


def _ringing(
    edges: FloatArray, rate_hz: float, bandwidth_hz: float, rng: np.random.Generator
) -> NDArray[np.complex128]:
    """Every edge excites one damped oscillation."""
    n = round(20e-6 * rate_hz)
    t = np.arange(n) / rate_hz
    ring = np.exp(-t / 2e-6 + 2j * np.pi * rng.uniform(-0.2, 0.2) * bandwidth_hz * t)
    kernel = np.zeros(len(edges), complex)
    kernel[:n] = ring
    np.fft.fft(kernel, out=kernel)
    spectrum = np.fft.fft(edges)
    spectrum *= kernel
    del kernel
    return np.asarray(np.fft.ifft(spectrum, out=spectrum))
