"""Measures the lines at odd multiples of the field rate, which a picture adds to the line-rate comb.

No picture is the same in every line. What the mains modulates onto a supply that switches at the line rate
lies at even multiples of the field rate. How strong the odd ones may be expected follows from the comb in the
same place: a strong comb without sides speaks against a picture.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.subbands import Channels

FloatArray = NDArray[np.float32]
SIDE_CAP = 9.0  # one place may not speak for all: ratios to the background are capped
SIDE_HARMONICS = 16
ORDERS = np.arange(2, 27)  # multiples of the field rate: the odd ones count, the even ones bear them out
SIDE_SHARES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # of the comb, third order: flat to busy pictures, mixed
SIDE_FALL = 1.5  # power falls with order to this: a picture's spectrum
CONTROL_FROM, CONTROL_TO = 0.2, 0.45  # of the field rate: between its lines, where only background is
MIN_FIELDS = 4
ROWS_AT_ONCE = 4  # single precision numbers in a register of the transform
CELLS_A_LINE, FAST_CELLS, FAST_HZ = 20, 40, 4e5  # whole numbers over the samples a line; above this rate
FIELD_SLACK = 0.02  # of a field may be missing at the end
BORNE_LEAST, BORNE_SLOPE = 2.0, 3.0  # nats of an odd order without its neighbours, and times theirs
LONE_ORDER = 3.0  # without its best order the sum must still be a third: a ripple is a line, a picture many


def side_ratio(channels: Channels, *, line_hz: float, half_lines: int) -> float | None:
    """Return the log ratio of the lines at odd multiples of the field rate.

    Parameters
    ----------
    channels : Channels
        Rows of the slice, see `sweeper.subbands`.
    line_hz : float
        Line rate, in Hz.
    half_lines : int
        Half lines a field: 625 for PAL, 525 for NTSC.

    Returns
    -------
    float or None
        Nats; None where two frames were not heard.

    Notes
    -----
    The rows are laid out anew with a whole number of cells a line and cut to whole frames, so that every
    multiple of the field rate falls on a bin and what the mains put onto even multiples leaks nowhere.
    """
    field_hz = 2 * line_hz / half_lines
    count = channels.rows.shape[1]
    fields = int(count / channels.rate_hz * field_hz + FIELD_SLACK) // 2 * 2
    if fields < MIN_FIELDS:
        return None
    cells = FAST_CELLS if channels.rate_hz > FAST_HZ else CELLS_A_LINE
    lines = fields * half_lines // 2
    laid = _lay(channels.rows, lines * cells, step=channels.rate_hz / (line_hz * cells))
    transform = scipy.fft.rfft(laid, axis=1, workers=1)[: len(channels.rows)]
    spectrum = np.asarray(transform.real**2 + transform.imag**2, np.float32)
    return _weigh_sides(spectrum, lines=lines, fields=fields)


def _lay(rows: FloatArray, count: int, *, step: float) -> FloatArray:
    """Return rows at ``count`` places, ``step`` samples apart, on a straight line between their neighbours.

    Rows of zeros follow up to a whole number of `ROWS_AT_ONCE`, which the transform takes side by side: one
    row alone costs it as much as four.

    The nearest sample steps back and forth in a pattern of its own: what it mirrors of a strong comb can fall
    onto odd multiples of the field rate.
    """
    exact = np.minimum(np.arange(count) * step, rows.shape[1] - 1)
    first = np.minimum(exact.astype(np.int64), rows.shape[1] - 2)
    padded = -(-len(rows) // ROWS_AT_ONCE) * ROWS_AT_ONCE if len(rows) > 1 else 1
    laid = np.zeros((padded, count), np.float32)
    inside = laid[: len(rows)]
    inside[:] = np.take(rows, first, axis=1)
    rise = np.take(rows, first + 1, axis=1)
    rise -= inside
    rise *= (exact - first).astype(np.float32)
    inside += rise
    return laid


def _weigh_sides(spectrum: FloatArray, *, lines: int, fields: int) -> float:
    """Mixture over how busy the picture is; one order alone counts for little."""
    harmonics = np.arange(SIDE_HARMONICS + 1)
    harmonics = harmonics[harmonics * lines + (ORDERS[-1] + 1) * fields < spectrum.shape[1]]
    orders = np.concatenate([-ORDERS[::-1], ORDERS])
    places = harmonics[:, None] * lines + orders * fields
    between = np.arange(int(np.ceil(CONTROL_FROM * fields)), int(CONTROL_TO * fields) + 1)
    control = spectrum[:, np.abs(places[:, :, None] + np.concatenate([-between, between]))].mean(axis=3)
    control = (control + np.roll(control, 2, axis=2) + np.roll(control, -2, axis=2)) / 3 + np.float32(1e-30)
    ratio = np.minimum(spectrum[:, np.abs(places)] / control, np.float32(SIDE_CAP))
    expected = _comb_excess(spectrum[:, harmonics * lines] / control.mean(axis=2))[:, :, None]
    expected = expected * ((3 / np.abs(orders)) ** SIDE_FALL).astype(np.float32)
    half = len(ORDERS)
    totals = []
    for share in SIDE_SHARES:
        excess = np.float32(share) * expected
        logs = ratio * (excess / (1 + excess)) - np.log1p(excess)
        logs[:, 0, :half] = 0  # the mirror of the other half
        by_order = logs.sum(axis=(0, 1))
        totals.append(_credit(by_order[half:] + by_order[:half][::-1]))
    best = max(totals)
    return best + float(np.log(np.mean(np.exp(np.array(totals) - best))))


def _credit(by_order: FloatArray) -> float:
    """Sum of the odd orders, each as far as its even neighbours bear it out, no one alone.

    A picture fills all orders. A supply's ripple fills the even ones, and where harmonics of its pulses are
    folded back by the sample rate, now and then a few odd ones, with nothing between.
    """
    odd, even = by_order[1::2], by_order[0::2]
    borne = BORNE_LEAST + BORNE_SLOPE * np.maximum(0, (even[:-1] + even[1:]) / 2)
    odd = np.minimum(odd, borne)
    total = float(odd.sum())
    return min(total, LONE_ORDER * (total - float(odd.max())))


def _comb_excess(ratio: FloatArray) -> FloatArray:
    """Comb over background by channel and harmonic, smoothed over neighbours; at zero as at the first."""
    excess = np.maximum(ratio - 1, 0)
    if excess.shape[1] > 1:
        excess[:, 0] = excess[:, 1]
        padded = np.concatenate([excess[:, :1], excess, excess[:, -1:]], axis=1)
        excess = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3
    return np.asarray(excess, np.float32)
