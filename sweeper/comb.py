"""Do the rows of a slice repeat with television's lines, and differ from line to line as a picture does?

Two tests, each a sum of log likelihood ratios, so that noise passes ``T`` nats with a chance of at most
exp(-T) (Wald), whatever the number of places summed:

* **comb**: lines at multiples of the line rate, in every channel. A line that is one among equals (time
  slots, pilots, bits) does not stand out and is not counted.
* **sides**: lines at odd multiples of the field rate around them. No picture is the same in every line; what
  the mains modulates onto a supply that switches at the line rate lies at even multiples. How strong they
  may be expected follows from the comb in the same place: a strong comb without sides speaks against.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.subbands import Channels
from sweeper.vertical_blanking import SHAPES

FloatArray = NDArray[np.float32]
StandardName = Literal["pal", "ntsc"]
LINE_HZ: dict[StandardName, float] = {"pal": 15_625.0, "ntsc": 4.5e6 / 286}  # ITU-R BT.470

HARMONICS = 36  # as far as the channels' rate holds them
PPM_REACH, PPM_STEP = 120.0, 4.0  # crystals of cheap cameras; 4 ppm is a tenth of a bin at the ninth harmonic
DECOY_PPM = np.arange(400.0, 6000.0, 100.0)  # rates no camera has: what they score, chance gives
FINE_REACH, FINE_STEP = 24, 1  # ppm around the best: what the caps leave open
FINE_FROM = 10.0  # nats: below, nobody asks
FINE_TAPS = 6  # bins each side of the middle; 24 ppm of the last harmonic are a bin or less
WINDOW_HZ = 1200.0  # each side, for what else is there: carriers of DVB-T lie 1116 Hz apart, 14 make a line
OWN_HZ = 215.0  # each side: the field lines of video are strong up to the fourth; DVB-T symbols 223 Hz apart
LONE_PEAK = 10.0  # over the mean: 400 bins of noise have one in a hundred windows, other lines often
LINE_CAP, SIDE_CAP = 12.0, 9.0  # one place may not speak for all: ratios to the background are capped
LINE_PRIOR, LINE_SHARE = 6.0, 0.35  # expected excess of a line, and the share of places that have it

SIDE_HARMONICS = 16
ORDERS = np.arange(2, 27)  # multiples of the field rate: the odd ones count, the even ones bear them out
SIDE_SHARES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # of the comb, third order: flat to busy pictures, mixed
SIDE_FALL = 1.5  # power falls with order to this: a picture's spectrum
CONTROL_FROM, CONTROL_TO = 0.2, 0.45  # of the field rate: between its lines, where only background is
MIN_FIELDS = 4
CELLS_A_LINE, FAST_CELLS, FAST_HZ = 20, 40, 4e5  # whole numbers over the samples a line; above this rate
FIELD_SLACK = 0.02  # of a field may be missing at the end
BORNE_LEAST, BORNE_SLOPE = 2.0, 3.0  # nats of an odd order without its neighbours, and times theirs
LONE_ORDER = 3.0  # without its best order the sum must still be a third: a ripple is a line, a picture many


@dataclass(frozen=True, slots=True, kw_only=True)
class Comb:
    """The best comb: its height in dB, its line rate, and log ratios in nats.

    ``nats`` counts what stands out from other lines, ``bare`` what stands out from noise.
    """

    nats: float
    bare: float
    height_db: float
    line_hz: float
    standard: StandardName


def find_comb(channels: Channels) -> Comb:
    """Return the better of the combs at the two standards' line rates."""
    transform = scipy.fft.rfft(channels.rows, axis=1, workers=1)
    transform = np.asarray(transform, np.complex64)
    bin_hz = channels.rate_hz / channels.rows.shape[1]
    combs = [_comb_of(transform, bin_hz, name) for name in LINE_HZ]
    comb = max(combs, key=lambda comb: max(comb.nats, comb.bare / 3))
    if max(comb.nats, comb.bare) < FINE_FROM:
        return comb
    return replace(comb, line_hz=_refine(transform, bin_hz, comb.line_hz))


def _refine(transform: NDArray[np.complex64], bin_hz: float, line_hz: float) -> float:
    """Return the line rate that holds the most power, the transform being interpolated between its bins."""
    lines = line_hz * (1 + np.arange(-FINE_REACH, FINE_REACH + 1, FINE_STEP) * 1e-6)
    orders = np.arange(1, HARMONICS + 1)
    orders = orders[orders * line_hz / bin_hz < transform.shape[1] - 2 * FINE_TAPS]
    if len(orders) == 0:
        return line_hz
    first = np.round(orders * line_hz / bin_hz).astype(np.int64)[:, None] + np.arange(-FINE_TAPS, FINE_TAPS)
    away = lines[:, None, None] * orders[:, None] / bin_hz - first
    kernel = (np.sinc(away) * np.exp(1j * np.pi * away)).astype(np.complex64)
    # (lines, orders, taps) · (orders, taps, channels), harmonic by harmonic
    at_lines = np.matmul(kernel.transpose(1, 0, 2), transform[:, first].transpose(1, 2, 0))
    power = _power(at_lines).sum(axis=(0, 2))
    return float(lines[int(np.argmax(power))])


def _comb_of(transform: NDArray[np.complex64], bin_hz: float, standard: StandardName) -> Comb:
    nominal = LINE_HZ[standard]
    reach = round(WINDOW_HZ / bin_hz)
    orders = np.arange(1, HARMONICS + 1)
    orders = orders[orders * nominal / bin_hz < transform.shape[1] - reach - 1]
    if len(orders) == 0:
        return Comb(nats=0.0, bare=0.0, height_db=0.0, line_hz=nominal, standard=standard)
    middle = np.round(orders * nominal / bin_hz).astype(np.int64)
    around = _power(transform[:, middle[:, None] + np.arange(-reach, reach + 1)])
    noise, background = _background(around, bin_hz)
    lines = nominal * (1 + np.arange(-PPM_REACH, PPM_REACH + 1, PPM_STEP) * 1e-6)
    height = _power(transform[:, np.round(lines[:, None] * orders / bin_hz).astype(np.int64)])
    lone, bare = (_line_ratio(height / under[:, None, :]).sum(axis=(0, 2)) for under in (background, noise))
    best = int(np.argmax(lone + bare / 3))
    others = nominal * (1 + np.concatenate([-DECOY_PPM, DECOY_PPM]) * 1e-6)
    height_there = _power(transform[:, np.round(others[:, None] * orders / bin_hz).astype(np.int64)])
    chance = float(_line_ratio(height_there / background[:, None, :]).sum(axis=(0, 2)).max())
    strongest = (height[:, best] / noise).max(axis=0)[:8]
    return Comb(
        nats=float(lone[best]) - max(chance, 0.0),
        bare=float(bare[best]),
        height_db=float(10 * np.log10(max(float(np.median(strongest)), 1e-3))),
        line_hz=float(lines[best]),
        standard=standard,
    )


def _power(bins: NDArray[np.complex64]) -> FloatArray:
    return np.asarray(bins.real**2 + bins.imag**2, np.float32)


def _line_ratio(ratio: FloatArray) -> FloatArray:
    """Log ratio of each place: over noise its ratio to the background is exponential, with a line more."""
    capped = np.minimum(ratio, np.float32(LINE_CAP))
    gain = np.exp(capped * np.float32(LINE_PRIOR / (1 + LINE_PRIOR))) / (1 + LINE_PRIOR)
    return np.asarray(np.log1p(LINE_SHARE * (gain - 1)), np.float32)


def _background(around: FloatArray, bin_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return the noise, and what a line has to stand out from, in each window around a harmonic.

    Over noise that is the mean. Where other lines stand in the window (time slots, pilots, bits), a line
    rate must not be one among equals: then it is a third of the strongest other.
    """
    reach = around.shape[2] // 2
    near = round(OWN_HZ / bin_hz) + 1
    others = np.concatenate([around[:, :, : reach - near], around[:, :, reach + near + 1 :]], axis=2)
    rank = others.shape[2] // 2
    others.partition(rank, axis=2)
    mean = others[:, :, rank] / np.float32(np.log(2)) + np.float32(1e-30)
    strongest = others[:, :, rank:].max(axis=2)
    structured = strongest > LONE_PEAK * mean
    background = np.where(structured, np.maximum(mean, strongest / 3), mean)
    return np.asarray(mean, np.float32), np.asarray(background, np.float32)


def side_ratio(channels: Channels, comb: Comb) -> float | None:
    """Log ratio of the lines at odd multiples of the field rate; None where two frames were not heard.

    The rows are laid out anew with a whole number of cells a line and cut to whole frames, so that every
    multiple of the field rate falls on a bin and what the mains put onto even multiples leaks nowhere.
    """
    half_lines = SHAPES[comb.standard].half_lines
    field_hz = 2 * comb.line_hz / half_lines
    count = channels.rows.shape[1]
    fields = int(count / channels.rate_hz * field_hz + FIELD_SLACK) // 2 * 2
    if fields < MIN_FIELDS:
        return None
    cells = FAST_CELLS if channels.rate_hz > FAST_HZ else CELLS_A_LINE
    lines = fields * half_lines // 2
    laid = _lay(channels.rows, lines * cells, step=channels.rate_hz / (comb.line_hz * cells))
    transform = scipy.fft.rfft(laid, axis=1, workers=1)
    spectrum = np.asarray(transform.real**2 + transform.imag**2, np.float32)
    return _weigh_sides(spectrum, lines=lines, fields=fields)


def _lay(rows: FloatArray, count: int, *, step: float) -> FloatArray:
    """Return rows at ``count`` places, ``step`` samples apart, on a straight line between their neighbours.

    The nearest sample steps back and forth in a pattern of its own: what it mirrors of a strong comb can fall
    onto odd multiples of the field rate.
    """
    exact = np.minimum(np.arange(count) * step, rows.shape[1] - 1)
    first = np.minimum(exact.astype(np.int64), rows.shape[1] - 2)
    laid: FloatArray = np.take(rows, first, axis=1)
    rise = np.take(rows, first + 1, axis=1)
    rise -= laid
    rise *= (exact - first).astype(np.float32)
    laid += rise
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
