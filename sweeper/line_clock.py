"""Follows the line clock of a television signal whose line rate wanders.

Cheap oscillators drift by hundreds of ppm within a look: their lines smear over many bins of one long
transform. In short parts they stand still. The rate is found in each part, the path through the parts that
holds the most evidence is followed (Viterbi), and the phases of the first harmonics give
the rest. Samples
taken at equal steps of that clock hold lines of one rate again, and the usual tests can be asked.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.comb import SEARCH_HZ, score_lines
from sweeper.subbands import Channels

FloatArray = NDArray[np.float32]
PART_S = 0.04  # two fields: in less, a slope in the picture is a line rate of its own
PARTS_OVERLAP = 2
RATE_STEP_HZ = 1.0
STEPS_A_PART = 8  # the rate may move by this many steps from part to part: 500 ppm in 20 ms
STEP_NATS = 0.5  # a step costs
ORDERS = 8
PATH_NATS = 30.0  # needed of a path: noise gives less than 20 in 10,000 looks
LEAST_PARTS = 4
FINE_S = 0.01  # blocks of the phase: half a field
FINE_ORDERS = 4


def follow_lines(channels: Channels) -> NDArray[np.float64] | None:
    """Return the line phase at each sample of the rows; None where no wandering lines are found.

    Parameters
    ----------
    channels : Channels
        Rows of the slice, see `sweeper.subbands`.

    Returns
    -------
    ndarray, shape (n,), float64, or None
        Lines since the first sample.
    """
    size, hop = round(PART_S * channels.rate_hz), round(PART_S * channels.rate_hz / PARTS_OVERLAP)
    parts = (channels.rows.shape[1] - size) // max(hop, 1) + 1
    if parts < LEAST_PARTS:
        return None
    rates = np.arange(*SEARCH_HZ, RATE_STEP_HZ)
    path = _best_path(_evidence(channels, parts=parts, size=size, hop=hop, rates=rates))
    if path is None:
        return None
    count = channels.rows.shape[1]
    middles = np.arange(parts) * hop + 0.5 * size
    rate = np.interp(np.arange(count), middles, _smooth(rates[path]))
    phase = np.cumsum(rate) / channels.rate_hz
    for orders in (1, FINE_ORDERS):
        phase = _by_phase(channels, phase, orders=orders)
    return phase


def _evidence(
    channels: Channels, *, parts: int, size: int, hop: int, rates: NDArray[np.float64]
) -> FloatArray:
    """Log ratio of lines in each part at each rate, in nats, shape (parts, rates)."""
    rows = np.stack([channels.rows[:, i * hop : i * hop + size] for i in range(parts)], axis=1)
    transform = scipy.fft.rfft(rows * np.hanning(size).astype(np.float32), axis=2, workers=1)
    power = np.asarray(transform.real**2 + transform.imag**2, np.float32)
    bin_hz = channels.rate_hz / size
    total = np.zeros((parts, len(rates)), np.float32)
    for order in range(1, ORDERS + 1):
        first, last = int(rates[0] * order / bin_hz) - 2, int(rates[-1] * order / bin_hz) + 3
        around = power[:, :, max(first - 40, 1) : last + 40]
        if last + 1 >= power.shape[2]:
            break
        noise = np.median(around, axis=(1, 2), keepdims=True) / np.float32(np.log(2)) + np.float32(1e-30)
        nats = score_lines(power[:, :, first:last] / noise).sum(axis=0)
        at = rates * order / bin_hz - first
        lower = at.astype(np.int64)
        share = (at - lower).astype(np.float32)
        total += nats[:, lower] * (1 - share) + nats[:, lower + 1] * share
    return total


def _best_path(score: FloatArray) -> NDArray[np.int64] | None:
    """Return the rate's number in each part along the path with the most evidence."""
    parts, count = score.shape
    best = score[0].astype(np.float64)
    came = np.zeros((parts, count), np.int64)
    moves = np.arange(-STEPS_A_PART, STEPS_A_PART + 1)
    for part in range(1, parts):
        padded = np.pad(best, STEPS_A_PART, constant_values=-np.inf)
        options = np.stack([padded[STEPS_A_PART + m : STEPS_A_PART + m + count] for m in moves])
        options -= STEP_NATS * np.abs(moves)[:, None]
        choice = np.argmax(options, axis=0)
        came[part] = np.arange(count) + moves[choice]
        best = options[choice, np.arange(count)] + score[part]
    end = int(np.argmax(best))
    if best[end] < PATH_NATS:
        return None
    path = np.empty(parts, np.int64)
    for part in range(parts - 1, -1, -1):
        path[part] = end
        end = int(came[part, end])
    return path


def _smooth(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of three neighbours, the ends kept."""
    padded = np.concatenate([rates[:1], rates, rates[-1:]])
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3, np.float64)


def _by_phase(channels: Channels, phase: NDArray[np.float64], *, orders: int) -> NDArray[np.float64]:
    """Correct the clock by how far each block's harmonics are turned against those of the whole look.

    Against the whole, because the turns from block to block would add up what the picture's own changes do.
    """
    size = round(FINE_S * channels.rate_hz)
    blocks = channels.rows.shape[1] // size
    rows = channels.rows[:, : blocks * size].reshape(-1, blocks, size)
    wave = np.exp(-2j * np.pi * (phase[: blocks * size] % 1.0)).astype(np.complex64).reshape(blocks, size)
    turn = np.ones_like(wave)
    gained, weight = np.zeros(blocks), np.full(blocks, 1e-30)
    for order in range(1, orders + 1):
        turn = turn * wave
        phasor = np.einsum("cbn,bn->cb", rows, turn)
        product = (phasor * np.conj(phasor.sum(axis=1, keepdims=True))).sum(axis=0)
        gained += np.abs(product) * np.angle(product) / order
        weight += np.abs(product)
    away = _smooth(gained / weight) / (2 * np.pi)
    middles = (np.arange(blocks) + 0.5) * size
    return np.asarray(phase + np.interp(np.arange(len(phase)), middles, away), np.float64)


def even_places(phase: NDArray[np.float64], count: int) -> tuple[NDArray[np.int64], float]:
    """Return the samples that lie at equal steps of a line clock, and lines a sample.

    Parameters
    ----------
    phase : ndarray, shape (n,)
        Lines since the first row, at ``n`` places spread over the look.
    count : int
        Samples of the look.

    Returns
    -------
    tuple
        1-D int64, shape (count,), the samples in order; and lines a sample.

    Notes
    -----
    The nearest sample is taken, so the carrier's phase is kept; a sample is left out or doubled every
    1 / (rate error) samples.
    """
    step = count / len(phase)
    lines = np.linspace(phase[0], phase[-1], count)
    places = np.interp(lines, phase, (np.arange(len(phase)) + 0.5) * step)
    return np.clip(places.astype(np.int64), 0, count - 1), float((phase[-1] - phase[0]) / (count - step))
