"""Multicarrier transmissions: COFDM video links and DVB-T, DAB/T-DMB, LTE.

References
----------
ETSI EN 300 744 (DVB-T), EN 300 401 (DAB, mode I), 3GPP TS 36.211 (LTE downlink).
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from hw.sim.rf_loop import Loop, make_loop

ComplexArray = NDArray[np.complex64]
DVB_CARRIERS = {2048: 1705, 4096: 3409, 8192: 6817}
DVB_RATE_HZ = 64e6 / 7  # at 8 MHz; scales with the channel width
DAB_RATE_HZ, DAB_TU, DAB_GUARD, DAB_NULL, DAB_SYMBOLS, DAB_CARRIERS = 2.048e6, 2048, 504, 2656, 76, 1536
LTE_TU, LTE_RATE_HZ, LTE_SLOT_S = 1024, 15.36e6, 0.5e-3
LTE_GUARDS = (80, 72, 72, 72, 72, 72, 72)  # samples before each symbol of a slot
PERIOD_S = 0.2
CONTINUAL_SHARE = 0.026  # EN 300 744 table 7: 45 of 1705, 177 of 6817


def _symbols(rng: np.random.Generator, count: int, carriers: int) -> ComplexArray:
    """Random QPSK, shape (count, carriers)."""
    quadrant = rng.integers(0, 4, size=(count, carriers), dtype=np.int8)
    points = np.exp(1j * (np.pi / 4 + np.pi / 2 * np.arange(4))).astype(np.complex64)
    return np.asarray(points[quadrant], np.complex64)


def _modulate(cells: ComplexArray, *, fft_size: int) -> ComplexArray:
    """Put carriers around DC and transform; shape (symbols, fft_size)."""
    count, carriers = cells.shape
    grid = np.zeros((count, fft_size), np.complex64)
    where = (np.arange(carriers) - carriers // 2) % fft_size
    grid[:, where] = cells
    return np.asarray(scipy.fft.ifft(grid, axis=1, workers=1, overwrite_x=True), np.complex64)


def cofdm(
    rng: np.random.Generator,
    *,
    bandwidth_hz: float = 8e6,
    fft_size: int = 2048,
    guard: float = 1 / 8,
    period_s: float = PERIOD_S,
) -> Loop:
    """Return a DVB-T-like signal: useful symbol ``fft_size * 7 / 64 µs`` at 8 MHz, scaled by the width.

    Pilots carry 16/9 of the power, as in the standard: scattered ones on every twelfth carrier, shifted by
    three from symbol to symbol, and continual ones on a fixed 2.6 % of the carriers.

    Parameters
    ----------
    rng
        Source of the random numbers.
    bandwidth_hz
        Channel width, Hz: 8 MHz as in DVB-T, narrower ones scaled.
    fft_size
        Carriers of the transform: 2048 or 8192.
    guard
        Guard interval as a share of the useful symbol.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    ETSI EN 300 744, DVB-T framing, channel coding and modulation.
    """
    rate_hz = DVB_RATE_HZ * bandwidth_hz / 8e6
    guard_n = round(fft_size * guard)
    count = max(2, round(period_s * rate_hz / (fft_size + guard_n)))
    cells = _symbols(rng, count, DVB_CARRIERS[fft_size])
    signs = np.asarray((4 / 3) * (2.0 * rng.integers(0, 2, size=cells.shape[1]) - 1), np.float32)
    continual = rng.random(cells.shape[1]) < CONTINUAL_SHARE
    for i in range(4):
        cells[i::4, 3 * i :: 12] = signs[3 * i :: 12]
    cells[:, continual] = signs[continual]
    body = _modulate(cells, fft_size=fft_size)
    return make_loop(np.concatenate([body[:, -guard_n:], body], axis=1).ravel(), rate_hz=rate_hz)


def dab(rng: np.random.Generator) -> Loop:
    """Return two frames (0.192 s) of DAB mode I with their null symbols."""
    frames = []
    for _ in range(2):
        body = _modulate(_symbols(rng, DAB_SYMBOLS, DAB_CARRIERS + 1), fft_size=DAB_TU)
        frame = np.concatenate([body[:, -DAB_GUARD:], body], axis=1).ravel()
        frames.append(np.concatenate([np.zeros(DAB_NULL, np.complex64), frame]))
    return make_loop(np.concatenate(frames), rate_hz=DAB_RATE_HZ)


def lte(
    rng: np.random.Generator, *, load: float = 0.6, resource_blocks: int = 50, period_s: float = PERIOD_S
) -> Loop:
    """Return an LTE-like downlink of 10 MHz: 15 kHz carriers, normal guard, ``load`` of the blocks in use.

    Parameters
    ----------
    rng
        Source of the random numbers.
    load
        Share of the resource blocks in use, 0 to 1.
    resource_blocks
        Blocks of 12 carriers; 50 are 10 MHz.
    period_s
        Length of the loop in seconds; the signal repeats after it.

    Returns
    -------
    Loop
        Samples at the loop's own rate, mean power 1, centred on the signal's carrier.

    References
    ----------
    3GPP TS 36.211, E-UTRA physical channels and modulation.
    """
    slots = round(period_s / LTE_SLOT_S)
    carriers = resource_blocks * 12
    used = rng.random((slots, 1, resource_blocks)) < load
    cells = _symbols(rng, slots * 7, carriers).reshape(slots, 7, carriers)
    mask = np.repeat(np.repeat(used, 12, axis=2), 7, axis=1)
    mask[:, [0, 4], ::6] = True  # cell reference signals are always there
    middle = slice(carriers // 2 - 31, carriers // 2 + 31)
    mask[::10, 5:7, middle] = True  # synchronisation, every 5 ms
    cells *= mask
    del mask
    body = _modulate(cells.reshape(slots * 7, carriers), fft_size=LTE_TU).reshape(slots, 7, LTE_TU)
    del cells
    samples = np.empty((slots, sum(LTE_GUARDS) + 7 * LTE_TU), np.complex64)
    start = 0
    for i, guard in enumerate(LTE_GUARDS):
        samples[:, start : start + guard] = body[:, i, -guard:]
        samples[:, start + guard : start + guard + LTE_TU] = body[:, i]
        start += guard + LTE_TU
    del body
    return make_loop(samples.ravel(), rate_hz=LTE_RATE_HZ)
