"""Tests the fields of a video signal: searches its lines for the vertical blanking.

Given the line rate, the slice's power (or its frequency, see `sweeper.demodulate`) is laid out in half lines,
averaged over the frames, and searched for the one place in the frame where five or six broad pulses follow
as many equalising pulses and blank lines follow them. A supply that switches at the line rate is the same in
every line; what the mains modulates onto it is smooth over a field and is removed with everything slower than
sixteen times the field rate.

References
----------
ITU-R BT.470: field blanking, PAL 5 + 5 + 5 half-line pulses, NTSC 6 + 6 + 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.special
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
CELLS = 8  # a half line: 4 µs each
SMOOTH_ORDERS = 16.5  # of the field rate: what is slower is picture or mains ripple, and is removed


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShape:
    """The vertical blanking of a standard, in half lines from the first broad pulse."""

    half_lines: int  # a field
    broad: int
    equalising: int  # before and after, each
    blank: int  # after the second equalising pulses


_PAL = {"broad": 5, "equalising": 5, "blank": 34}
_NTSC = {"broad": 6, "equalising": 6, "blank": 22}
# By half lines a field: ITU-R BT.470, and the progressive modes beside it (312 and 262 whole lines, 313 and
# 263), and modules of 16 kHz with 320 lines.
SHAPES: dict[int, FieldShape] = {
    **{n: FieldShape(half_lines=n, **_PAL) for n in (625, 624, 626, 640)},
    **{n: FieldShape(half_lines=n, **_NTSC) for n in (525, 524, 526)},
}
LOCAL_ROWS = 60  # half lines beside the pulses: where the scatter they are compared with is taken from
LEAST_CHANCE = 1e-300  # keeps the logarithm finite
TWINS = (1 / 2, 1 / 3, 2 / 3, 1 / 4, 3 / 4)  # of a field
TWIN_SLACK = 2  # half lines around them
CLASSES = 6  # broad, equalising, blank: each in the half lines that begin a line and in the others


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTest:
    """χ² of the best place for the vertical blanking, and the decimal logarithm of its chance over noise.

    ``twin`` is the largest χ² at whole halves, thirds and quarters of a field away, as a share of the best:
    a field has one blanking, but a signal with frames of 10 ms, such as a cordless telephone's, repeats it.
    """

    chi2: float
    twin: float
    log10_p: float
    start: int  # half line of the frame (from the beginning of the samples) where the broad pulses begin


def half_line_map(power: FloatArray, *, rate_hz: float, line_hz: float, cells: int = CELLS) -> FloatArray:
    """Lay power out in half lines.

    Parameters
    ----------
    power : ndarray, shape (n,)
        Power of the slice.
    rate_hz, line_hz : float

    Returns
    -------
    ndarray, shape (half lines, cells), float32
        Mean power in each cell; fractions of samples are shared between neighbours.
    """
    step = rate_hz / (2 * line_hz * cells)
    count = int((len(power) - 1) / step) // cells
    edges = np.arange(count * cells + 1) * step
    whole = edges.astype(np.int64)
    total = np.concatenate([[0.0], np.cumsum(power, dtype=np.float64)])
    at_edges = total[whole] + (edges - whole) * power[np.minimum(whole, len(power) - 1)]
    cells_flat: FloatArray = (np.diff(at_edges) / step).astype(np.float32)
    return cells_flat.reshape(count, cells)


def find_fields(power: FloatArray, *, rate_hz: float, line_hz: float, shape: FieldShape) -> FieldTest | None:
    """Search for the vertical blanking.

    Parameters
    ----------
    power : ndarray, shape (n,)
        Power or frequency of the slice.
    rate_hz, line_hz : float
        Rate of the samples and of the lines.
    shape : FieldShape
        One of `SHAPES`.

    Returns
    -------
    FieldTest or None
        None where less than two frames were heard.
    """
    rows = half_line_map(power, rate_hz=rate_hz, line_hz=line_hz)
    frame = 2 * shape.half_lines
    if len(rows) < 2 * frame:
        return None
    for parity in (0, 1):
        rows[parity::2] = _without_slow(rows[parity::2], len(rows) / shape.half_lines)
    folded, counts = _fold(rows, frame)
    squares, _ = _fold(rows**2, frame)
    scatter = np.asarray(squares / counts[:, None], np.float32)
    chi2 = _class_energy(folded, scatter, shape)
    degrees = CLASSES * CELLS
    typical = float(np.median(chi2)) / degrees
    chi2 /= max(typical, 1.0)
    best = int(np.argmax(chi2))
    chance = max(float(scipy.special.gammaincc(degrees / 2, chi2[best] / 2)), LEAST_CHANCE)
    log10_p = min(float(np.log10(chance * len(chi2))), 0.0)
    return FieldTest(chi2=float(chi2[best]), twin=_twin(chi2, best), log10_p=log10_p, start=best)


def _twin(chi2: NDArray[np.float64], best: int) -> float:
    """Return the largest χ² at the places of `TWINS` as a share of the best."""
    steps = np.round(np.array(TWINS) * len(chi2)).astype(np.int64)[:, None]
    places = (best + steps + np.arange(-TWIN_SLACK, TWIN_SLACK + 1)) % len(chi2)
    return float(chi2[places].max() / max(chi2[best], 1e-9))


def _fold(rows: FloatArray, frame: int) -> tuple[FloatArray, NDArray[np.int64]]:
    """Average over frames; the last one may be incomplete."""
    whole = len(rows) // frame
    total = rows[: whole * frame].reshape(whole, frame, -1).sum(axis=0)
    rest = rows[whole * frame :]
    total[: len(rest)] += rest
    counts = np.full(frame, whole)
    counts[: len(rest)] += 1
    return (total / counts[:, None]).astype(np.float32), counts


def _without_slow(rows: FloatArray, fields: float) -> FloatArray:
    """Remove everything slower than `SMOOTH_ORDERS` times the field rate, ``fields`` being the length."""
    spectrum = scipy.fft.rfft(rows, axis=0, workers=1)
    spectrum[: round(SMOOTH_ORDERS * fields)] = 0
    return np.asarray(scipy.fft.irfft(spectrum, n=len(rows), axis=0, workers=1), np.float32)


def _class_energy(folded: FloatArray, scatter: FloatArray, shape: FieldShape) -> NDArray[np.float64]:
    """χ² of the classes' means for each place of the first broad pulse, shape (half lines a field,).

    ``scatter`` is the variance of each folded row; the larger of its mean around the place and its mean
    over the frame counts, because what is switched or fades is noisier in some places than in others.
    """
    chi2 = np.zeros(shape.half_lines)
    after = shape.broad + shape.equalising
    windows = (
        ((0, shape.broad),),
        ((-shape.equalising, 0), (shape.broad, after)),
        ((after, after + shape.blank),),
    )
    for parity in (0, 1):
        values = np.zeros((1 + 2 * CELLS, len(folded)))
        values[0, parity::2] = 1
        values[1 : 1 + CELLS, parity::2] = folded[parity::2].T
        values[1 + CELLS :, parity::2] = scatter[parity::2].T
        running = _running_sums(values)
        local = _window_sums(running, ((-LOCAL_ROWS, LOCAL_ROWS + after + shape.blank),), shape.half_lines)
        overall = values[1 + CELLS :].sum(axis=1) / values[0].sum()
        variance = np.maximum(local[1 + CELLS :] / local[0], overall[:, None])
        for spans in windows:
            total = _window_sums(running[: 1 + CELLS], spans, shape.half_lines)
            chi2 += (total[1:] ** 2 / (total[0] * variance)).sum(axis=0)
    return chi2


def _running_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum each row of a frame from its beginning, three frames long: what is circular is a span of it."""
    sums = np.zeros((len(values), 3 * values.shape[1] + 1))
    np.cumsum(np.tile(values, 3), axis=1, out=sums[:, 1:])
    return sums


def _window_sums(
    running: NDArray[np.float64], spans: tuple[tuple[int, int], ...], places: int
) -> NDArray[np.float64]:
    """Sum over spans that begin at each of the first places, in both fields; circular."""
    frame = running.shape[1] // 3
    out = np.zeros((len(running), places))
    for first, last in spans:
        for begin in (frame, frame + frame // 2):
            out += running[:, begin + last : begin + last + places]
            out -= running[:, begin + first : begin + first + places]
    return out
