"""Finds the comb of television's line rate in the rows of a slice.

A sum of log likelihood ratios over the multiples of the line rate, in every channel, so that noise passes
``T`` nats with a chance of at most exp(-T) (Wald), whatever the number of places summed. A line that is one
among equals (time slots, pilots, bits) does not stand out and is not counted.

The two standards' rates are tried first. Cheap oscillators, EIA RS-170 and progressive modules lie beside
them: every rate from `SEARCH_HZ` is tried as well, and pays for the many tries with `STRAY_NATS`. A rate that
wanders smears its lines over many bins; `Comb.smeared` says that something of this kind is there
(`sweeper.line_clock` follows it).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.subbands import Channels

FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]
StandardName = Literal["pal", "ntsc"]
LINE_HZ: dict[StandardName, float] = {"pal": 15_625.0, "ntsc": 4.5e6 / 286}  # ITU-R BT.470

HARMONICS = 36  # as far as the channels' rate holds them
PPM_REACH, PPM_STEP = 120.0, 4.0  # crystals of cheap cameras; 4 ppm is a tenth of a bin at the ninth harmonic
DECOY_PPM = np.arange(400.0, 6000.0, 100.0)  # rates no camera has: what they score, chance gives
DECOYS_FROM = 8.0  # nats: below, nobody asks what chance gives
FINE_REACH, FINE_STEP = 24, 1  # ppm around the best: what the caps leave open
FINE_FROM = 10.0  # nats: below, nobody asks
FINE_TAPS = 6  # bins each side of the middle; 24 ppm of the last harmonic are a bin or less
WINDOW_HZ = 1200.0  # each side, for what else is there: carriers of DVB-T lie 1116 Hz apart, 14 make a line
OWN_HZ = 215.0  # each side: the field lines of video are strong up to the fourth; DVB-T symbols 223 Hz apart
LEAST_OTHERS = 3  # bins each side beside a line; shorter looks (4 ms) say nothing of lines
LONE_PEAK = 10.0  # over the mean: 400 bins of noise have one in a hundred windows, other lines often
LINE_CAP = 12.0  # one place may not speak for all: ratios to the background are capped
LINE_PRIOR, LINE_SHARE = 6.0, 0.35  # expected excess of a line, and the share of places that have it

SEARCH_HZ = (15_515.0, 16_115.0)  # PAL -0.7 % to modules of 16 kHz +0.7 %
STRAY_NATS = 5.0  # ln of the independent rates in the search over those of the two standards
STRAY_FROM = 21.0  # nats over noise: a rate of its own is looked at closer
STRAY_MOST = 3  # rates looked at closer; and how far apart they are
STRAY_APART_HZ = 2.0
# Lines of the fields that fell onto a standard's rate had -85 nats and less against the lines beside them; a
# standard's own lines among those of their fields 7.
BURIED_NATS = -40.0
SURE_NATS = 60.0  # one of the standards is there beyond doubt: nothing else is searched
BEYOND_SHARE = 0.3  # of what lies beyond the cap, as a logarithm: the skirts of a strong line reach it too
SCAN_STEPS = 2.0  # rates a bin of the last harmonic
SMEAR_PPM = (150.0, 500.0, 1500.0)  # widths at which a wandering rate is looked for
SMEAR_SIGMAS = 8.0  # of the sum; noise stays below 6 in 10,000 tries
BETWEEN = (0.3, 0.7)  # of a line rate from its multiples: where a picture has next to nothing
CONTRAST_ORDERS = 8
FLOOR_QUANTILE = 0.3  # of the bins between: their noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Comb:
    """The best comb: its height in dB, its line rate, and log ratios in nats.

    ``nats`` counts what stands out from other lines, ``bare`` what stands out from noise. ``standard`` is the
    one whose line rate is nearest. ``smeared``: power lies around multiples of a line rate that wanders.
    ``contrast_db`` is how far the lines stand above the mean of what lies halfway between them, noise taken
    off both: packets and time slots have as much there. None where nobody asks.
    """

    nats: float
    bare: float
    height_db: float
    line_hz: float
    standard: StandardName
    smeared: bool = False
    contrast_db: float | None = None

    @property
    def is_nominal(self) -> bool:
        """True where the rate is that of a standard, within the error of crystals."""
        return is_nominal(self.line_hz)

    @property
    def lean(self) -> float:
        """The value by which combs are compared, in nats."""
        return max(self.nats, self.bare / 3)


def is_nominal(line_hz: float) -> bool:
    """Say whether a line rate is that of a standard within what crystals are off.

    Parameters
    ----------
    line_hz : float
        Line rate, Hz.

    Returns
    -------
    bool
        Within `PPM_REACH` + `FINE_REACH` ppm of PAL's or NTSC's line rate.
    """
    return any(abs(line_hz / hz - 1) <= (PPM_REACH + FINE_REACH) * 1e-6 for hz in LINE_HZ.values())


def nearest_standard(line_hz: float) -> StandardName:
    """Return the standard whose line rate is nearest; modules of 16 kHz have 50 fields.

    Parameters
    ----------
    line_hz : float
        Line rate, Hz.

    Returns
    -------
    {"pal", "ntsc"}
        ``pal`` also for rates further above NTSC's than PAL's is below it.
    """
    if line_hz > 2 * LINE_HZ["ntsc"] - LINE_HZ["pal"]:
        return "pal"
    return min(LINE_HZ, key=lambda name: abs(LINE_HZ[name] - line_hz))


def find_comb(channels: Channels) -> Comb:
    """Return the best of the combs at the two standards' line rates and at all rates near them.

    Parameters
    ----------
    channels : Channels
        Rows of one slice, see `sweeper.subbands`.

    Returns
    -------
    Comb
        Without evidence where the look is too short (4 ms) or the channels too slow.
    """
    transform = np.asarray(scipy.fft.rfft(channels.rows, axis=1, workers=1), np.complex64)
    bin_hz = channels.rate_hz / channels.rows.shape[1]
    if (WINDOW_HZ - OWN_HZ) / bin_hz < LEAST_OTHERS:
        return _nothing("pal")
    comb = max((_comb_of(transform, bin_hz, hz) for hz in LINE_HZ.values()), key=lambda c: c.lean)
    if comb.nats < SURE_NATS:
        rates, smeared = _scan(transform, bin_hz)
        strays = [_stray(_comb_of(transform, bin_hz, hz)) for hz in rates]
        comb = replace(max(_without_sides(comb, strays), key=lambda c: c.lean), smeared=smeared)
    if max(comb.nats, comb.bare) < FINE_FROM:
        return comb
    line_hz = _refine(transform, bin_hz, comb.line_hz)
    return replace(comb, line_hz=line_hz, contrast_db=_contrast_db(transform, bin_hz, line_hz))


def _nothing(standard: StandardName) -> Comb:
    return Comb(nats=0.0, bare=0.0, height_db=0.0, line_hz=LINE_HZ[standard], standard=standard)


def _without_sides(standard: Comb, strays: list[Comb]) -> list[Comb]:
    """Leave out combs that lie a few field rates beside another one: lines have those of the fields there.

    A standard's own rate is the lines, unless others bury it; among rates of their own the stronger is.
    """
    kept = [standard] if standard.bare >= FINE_FROM and standard.nats > BURIED_NATS else []
    for comb in sorted(strays, key=lambda c: -(c.nats + c.bare)):
        if not any(_is_side(comb, other) for other in kept):
            kept.append(comb)
    if not any(other.bare >= FINE_FROM and _is_side(standard, other) for other in kept):
        kept.append(standard)
    return kept


def _is_side(stray: Comb, comb: Comb) -> bool:
    """Whether a rate lies a few field rates beside another."""
    field_hz = 50.0 if comb.standard == "pal" else 59.94
    fields = abs(stray.line_hz - comb.line_hz) / field_hz
    return fields < 4 and abs(fields - round(fields)) * field_hz < STRAY_APART_HZ


def _stray(comb: Comb) -> Comb:
    """Take off what the many rates tried give by chance; the standards' own are not paid for."""
    if comb.is_nominal:
        return comb
    return replace(comb, nats=comb.nats - STRAY_NATS, bare=comb.bare - STRAY_NATS)


def _orders(bins: int, bin_hz: float, *, highest_hz: float, beyond: int) -> NDArray[np.int64]:
    """Multiples of the line rate that lie in so many bins with ``beyond`` more after them."""
    orders = np.arange(1, HARMONICS + 1, dtype=np.int64)
    kept: NDArray[np.int64] = orders[orders * highest_hz / bin_hz < bins - beyond]
    return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _ScanPlan:
    """Where the multiples of every rate that is tried lie: the same in all looks of one length.

    ``spans`` are the bins of each order, laid end to end; ``places`` (orders, rates) and ``windows``
    (`SMEAR_PPM`, begin and end, bins) index what is laid so. ``widths`` counts the bins of each smear.
    """

    rates: NDArray[np.float64]
    spans: tuple[tuple[int, int], ...]
    places: NDArray[np.intp]
    windows: NDArray[np.intp]
    widths: NDArray[np.int64]


@lru_cache(maxsize=2)
def _scan_plan(bins: int, bin_hz: float) -> _ScanPlan | None:
    """Plan the search in a transform of so many bins; None where it holds no multiple of a line rate."""
    low, high = SEARCH_HZ
    orders = _orders(bins, bin_hz, highest_hz=high, beyond=3)
    if len(orders) == 0:
        return None
    rates = np.arange(low, high, bin_hz / (SCAN_STEPS * int(orders[-1])))
    spans = tuple((int(low * order / bin_hz) - 1, int(high * order / bin_hz) + 3) for order in orders)
    places, windows, widths, laid = [], [], np.zeros(len(SMEAR_PPM), np.int64), 0
    for order, (first, last) in zip(orders, spans, strict=True):
        places.append(np.round(rates * order / bin_hz).astype(np.intp) - first + laid)
        halves = [round(ppm * 1e-6 * low * float(order) / bin_hz / 2) for ppm in SMEAR_PPM]
        inside, half = np.arange(last - first), np.array(halves)[:, None]
        begin, end = np.maximum(inside - half, 0), np.minimum(inside + half + 1, last - first)
        windows.append(np.stack([begin, end], axis=1) + laid)
        widths += 2 * half[:, 0] + 1
        laid += last - first
    laid_windows = np.concatenate(windows, axis=2)
    return _ScanPlan(rates=rates, spans=spans, places=np.stack(places), windows=laid_windows, widths=widths)


def _scan(transform: ComplexArray, bin_hz: float) -> tuple[list[float], bool]:
    """Return the rates at which lines stand out from noise, and whether smeared ones do."""
    plan = _scan_plan(transform.shape[1], bin_hz)
    if plan is None:
        return [], False
    pieces = []
    for first, last in plan.spans:
        power = _power(transform[:, first:last])
        power *= 1 / (_row_medians(power) / np.float32(np.log(2)) + np.float32(1e-30))
        pieces.append(power)
    ratio = np.concatenate(pieces, axis=1)
    score = score_lines(ratio).sum(axis=0)
    excess = np.minimum(ratio, np.float32(LINE_CAP)).sum(axis=0) - np.float32(len(ratio))
    total = np.concatenate([[0.0], np.cumsum(excess, dtype=np.float64)])
    around = (total[plan.windows[:, 1]] - total[plan.windows[:, 0]]).astype(np.float32)
    highest = [float(each[plan.places].sum(axis=0).max()) for each in around]
    smeared = bool((np.array(highest) > SMEAR_SIGMAS * np.sqrt(len(ratio) * plan.widths)).any())
    return _peaks(plan.rates, score[plan.places].sum(axis=0)), smeared


def _row_medians(rows: FloatArray) -> FloatArray:
    """Return the median of each row, shape (rows, 1)."""
    ranks = [(rows.shape[1] - 1) // 2, rows.shape[1] // 2]
    return np.asarray(np.partition(rows, ranks, axis=1)[:, ranks].mean(axis=1, keepdims=True), np.float32)


def _peaks(rates: NDArray[np.float64], score: FloatArray) -> list[float]:
    """Return the rates of the highest scores, one of each neighbourhood."""
    found: list[float] = []
    score = score.copy()
    while len(found) < STRAY_MOST:
        best = int(np.argmax(score))
        if score[best] < STRAY_FROM:
            break
        found.append(float(rates[best]))
        score[np.abs(rates - rates[best]) <= STRAY_APART_HZ] = 0
    return found


def _refine(transform: ComplexArray, bin_hz: float, line_hz: float) -> float:
    """Return the line rate that holds the most power, the transform being interpolated between its bins."""
    lines = line_hz * (1 + np.arange(-FINE_REACH, FINE_REACH + 1, FINE_STEP) * 1e-6)
    orders = _orders(transform.shape[1], bin_hz, highest_hz=line_hz, beyond=2 * FINE_TAPS)
    if len(orders) == 0:
        return line_hz
    first = np.round(orders * line_hz / bin_hz).astype(np.int64)[:, None] + np.arange(-FINE_TAPS, FINE_TAPS)
    first = np.maximum(first, 0)
    away = lines[:, None, None] * orders[:, None] / bin_hz - first
    kernel = (np.sinc(away) * np.exp(1j * np.pi * away)).astype(np.complex64)
    # (lines, orders, taps) · (orders, taps, channels), harmonic by harmonic
    at_lines = np.matmul(kernel.transpose(1, 0, 2), transform[:, first].transpose(1, 2, 0))
    power = _power(at_lines).sum(axis=(0, 2))
    return float(lines[int(np.argmax(power))])


def _contrast_db(transform: ComplexArray, bin_hz: float, line_hz: float) -> float | None:
    """Return the lines over what is between them: the median of the first multiples, channels summed."""
    first, last = (round(share * line_hz / bin_hz) for share in BETWEEN)
    orders = _orders(transform.shape[1], bin_hz, highest_hz=line_hz, beyond=last)[:CONTRAST_ORDERS]
    ratios = []
    for order in orders:
        middle = round(order * line_hz / bin_hz)
        around = _power(transform[:, max(middle - last, 1) : middle + last]).sum(axis=0)
        middle -= max(middle - last, 1)
        between = np.concatenate([around[: max(middle - first, 0)], around[middle + first :]])
        excess = float(between.mean())
        rank = round(FLOOR_QUANTILE * (len(between) - 1))
        between.partition(rank)
        floor = float(between[rank])
        excess = max(excess - floor, 1e-30)
        ratios.append(max(float(around[middle - 1 : middle + 2].max()) - floor, 1e-30) / excess)
    return 10 * float(np.log10(np.median(ratios))) if ratios else None


def _comb_of(transform: ComplexArray, bin_hz: float, nominal: float) -> Comb:
    """Return the best comb within `PPM_REACH` of a rate."""
    reach = round(WINDOW_HZ / bin_hz)
    orders = _orders(transform.shape[1], bin_hz, highest_hz=nominal, beyond=reach + 1)
    standard = nearest_standard(nominal)
    if len(orders) == 0:
        return replace(_nothing(standard), line_hz=nominal)
    middle = np.round(orders * nominal / bin_hz).astype(np.int64)
    around = np.stack([_power(transform[:, m - reach : m + reach + 1]) for m in middle.tolist()], axis=1)
    noise, background = _background(around, bin_hz)
    lines = nominal * (1 + np.arange(-PPM_REACH, PPM_REACH + 1, PPM_STEP) * 1e-6)
    height = _power(transform[:, np.round(lines[:, None] * orders / bin_hz).astype(np.int64)])
    lone = bare = _line_ratio(height / noise[:, None, :]).sum(axis=(0, 2))
    if background is not noise:
        lone = _line_ratio(height / background[:, None, :]).sum(axis=(0, 2))
    best = int(np.argmax(lone + bare / 3))
    chance = 0.0
    if max(lone[best], bare[best]) >= DECOYS_FROM:
        chance = _chance(transform, bin_hz, nominal=nominal, orders=orders, background=background)
    strongest = (height[:, best] / noise).max(axis=0)[:8]
    return Comb(
        nats=float(lone[best]) - max(chance, 0.0),
        bare=float(bare[best]),
        height_db=float(10 * np.log10(max(float(np.median(strongest)), 1e-3))),
        line_hz=float(lines[best]),
        standard=standard,
    )


def _chance(
    transform: ComplexArray,
    bin_hz: float,
    *,
    nominal: float,
    orders: NDArray[np.int64],
    background: FloatArray,
) -> float:
    """Return what the best of the rates around scores that no camera has, in nats."""
    others = nominal * (1 + np.concatenate([-DECOY_PPM, DECOY_PPM]) * 1e-6)
    place = np.round(others[:, None] * orders / bin_hz).astype(np.int64)
    height = _power(transform[:, np.minimum(place, transform.shape[1] - 1)])
    return float(_line_ratio(height / background[:, None, :]).sum(axis=(0, 2)).max())


def _power(bins: ComplexArray) -> FloatArray:
    return np.asarray(bins.real**2 + bins.imag**2, np.float32)


def _line_ratio(ratio: FloatArray) -> FloatArray:
    """Log ratio of each place: over noise its ratio to the background is exponential, with a line more."""
    capped = np.minimum(ratio, np.float32(LINE_CAP))
    capped *= np.float32(LINE_PRIOR / (1 + LINE_PRIOR))
    mixture = np.exp(capped, out=capped)
    mixture *= np.float32(LINE_SHARE / (1 + LINE_PRIOR))
    mixture += np.float32(1 - LINE_SHARE)
    return np.asarray(np.log(mixture, out=mixture), np.float32)


def score_lines(ratio: FloatArray) -> FloatArray:
    """Return the log ratio of places over noise, and a little of what lies beyond the cap.

    Parameters
    ----------
    ratio : ndarray
        Power over the noise's mean.

    Returns
    -------
    ndarray, of the same shape
        Nats up to the cap; the skirts of a strong line reach it as well, and its middle must be the highest.
    """
    score = _line_ratio(ratio)
    # Over noise six bins in a million are beyond the cap.
    over = ratio > np.float32(LINE_CAP)
    score[over] += np.float32(BEYOND_SHARE) * np.log(ratio[over] * np.float32(1 / LINE_CAP))
    return score


def _background(around: FloatArray, bin_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return the noise, and what a line has to stand out from, in each window around a harmonic.

    Over noise that is the mean. Where other lines stand in the window (time slots, pilots, bits), a line
    rate must not be one among equals: then it is a third of the strongest other. Without any, both are the
    same array.
    """
    reach = around.shape[2] // 2
    near = round(OWN_HZ / bin_hz) + 1
    others = np.concatenate([around[:, :, : reach - near], around[:, :, reach + near + 1 :]], axis=2)
    rank = others.shape[2] // 2
    others.partition(rank, axis=2)
    mean = np.asarray(others[:, :, rank] / np.float32(np.log(2)) + np.float32(1e-30), np.float32)
    strongest = others[:, :, rank:].max(axis=2)
    structured = strongest > LONE_PEAK * mean
    if not structured.any():
        return mean, mean
    background = np.where(structured, np.maximum(mean, strongest / 3), mean)
    return mean, np.asarray(background, np.float32)
