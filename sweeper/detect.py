"""Finds detections in a spectrum: robust noise floor, stated false-alarm rate, occupied bandwidths.

The floor of one hop is found by forward consecutive mean excision; over the hops a second, slow floor is
kept, because a signal that fills the whole slice lifts the first one with it.

References
----------
Lehtomäki et al., "Threshold setting strategies for a quantized total power radiometer" and the FCME
algorithm (2005, 2007). Gamma statistics of averaged periodograms: Percival and Walden (1993).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.special
from numpy.typing import NDArray

from sweeper.plan import USABLE_SHARE
from sweeper.spectrum import BINS, EFFECTIVE_PER_ROW, Spectrum

FloatArray = NDArray[np.float32]
SMALLEST_FLOOR = 1e-30  # power a bin: a receiver that gives constant samples has none
START_SHARE = 0.1  # of the bins, the smallest: FCME begins with them
CLEAN_PFA = 1e-3  # a bin this unlikely over noise is no floor
GAP_BINS = 4  # holes in a signal that do not split it (10 kHz at 2.4 MS/s)
FILLED_DB = 3.0  # a hop's floor this far above the receiver's is a signal that fills it
FLOOR_QUANTILE = 0.2  # of the hops' floors: the receiver's own, as most of the band is empty
MAX_FLOORS = 2048
MIN_FLOORS = 8  # hops known before the receiver's own floor is believed
MIN_SPAN_HZ = 16e6  # and how far apart: one wide signal may fill eight hops
MAX_DETECTIONS = 64  # in one look
SPUR_DB = 28.0  # under the strongest of a slice, a burst's splatter and the converter's spurs begin
MIRROR_DB, MIRROR_HZ = 20.0, 10e3  # image rejection of the zero-IF mixer, and how near
BURST_LEAST_DB = 10.0  # the strongest row must stand out this far: real noise is not quite white
STEADY_LEAST_DB = 2.0
BURST_DUTY = 0.6  # on in a smaller share of the rows: comes in bursts


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One stretch of spectrum above the floor. ``filled``: from one edge of the slice to the other."""

    low_hz: float
    high_hz: float
    center_hz: float
    bandwidth_hz: float  # 99 % of the power
    width_10db_hz: float
    snr_db: float
    level_dbfs: float
    duty: float
    filled: bool = False


def estimate_floor(power: FloatArray, *, independent: float) -> float:
    """Return the noise power a bin, by forward consecutive mean excision.

    Parameters
    ----------
    power : ndarray, shape (n,)
        Linear power of averaged bins.
    independent : float
        Independent values behind each bin.

    Returns
    -------
    float
        Mean power of the bins kept as noise, linear, in the unit of ``power``.

    Notes
    -----
    Sorted bins are added one by one while the next is no larger than a noise bin may be. Signals that fill
    nearly everything lift the result: see `FloorMap`.
    """
    ordered = np.sort(power).astype(np.float64)
    means = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    start = max(8, round(START_SHARE * len(ordered)))
    limit = threshold_factor(independent, CLEAN_PFA)
    too_large = np.flatnonzero(ordered[start:] > limit * means[start - 1 : -1] * _sorted_bias(independent))
    count = start + int(too_large[0]) if len(too_large) else len(ordered)
    return float(means[count - 1])


@lru_cache(maxsize=64)
def _sorted_bias(independent: float) -> float:
    """Return by how much FCME's start is too low: the smallest tenth of noise bins lies below the mean."""
    quantile = float(scipy.special.gammaincinv(independent, START_SHARE / 2)) / independent
    return float(1 / max(quantile, 0.1))


@lru_cache(maxsize=256)
def threshold_factor(independent: float, pfa: float) -> float:
    """Return the factor over the floor that noise exceeds with probability ``pfa`` in one bin.

    Parameters
    ----------
    independent : float
        Independent values averaged in the bin.
    pfa : float
        False-alarm probability of one bin, 0…1.

    Returns
    -------
    float
        Ratio of powers, linear.

    Notes
    -----
    The mean of ``n`` independent periodogram values of white noise is gamma distributed with shape ``n``.

    References
    ----------
    Percival and Walden, "Spectral Analysis for Physical Applications" (1993).
    """
    return float(scipy.special.gammainccinv(independent, pfa)) / independent


class FloorMap:
    """The receiver's own floor, from the hops heard so far. Bounded."""

    def __init__(self) -> None:
        self._floors: OrderedDict[tuple[float, float], float] = OrderedDict()
        self._by_gain: dict[float, list[float]] = {}  # the same values, ascending: a quantile costs nothing
        self._spans: dict[float, tuple[float, float]] = {}  # lowest and highest centre at each gain

    def update(self, spectrum: Spectrum, floor: float, *, gain_db: float) -> None:
        """Remember a hop's floor."""
        key = (gain_db, spectrum.center_hz)
        low, high = self._spans.get(gain_db, (spectrum.center_hz, spectrum.center_hz))
        self._spans[gain_db] = (min(low, spectrum.center_hz), max(high, spectrum.center_hz))
        if key in self._floors:
            self._forget(key)
        self._floors[key] = floor / spectrum.bin_hz
        insort(self._by_gain.setdefault(gain_db, []), self._floors[key])
        if len(self._floors) > MAX_FLOORS:
            self._forget(next(iter(self._floors)))

    def _forget(self, key: tuple[float, float]) -> None:
        same = self._by_gain[key[0]]
        same.pop(bisect_left(same, self._floors.pop(key)))
        if not same:
            del self._by_gain[key[0]]
            self._spans.pop(key[0], None)

    def _span_hz(self, gain_db: float) -> float:
        """From the lowest to the highest hop known at this gain; grows only, until hops are forgotten."""
        low, high = self._spans.get(gain_db, (0.0, 0.0))
        return high - low

    def own_floor(self, spectrum: Spectrum, *, gain_db: float) -> float | None:
        """Return the receiver's floor a bin at this gain, or None while too few hops are known."""
        same = self._by_gain.get(gain_db, [])
        if len(same) < MIN_FLOORS or self._span_hz(gain_db) < MIN_SPAN_HZ:
            return None
        below, beyond = divmod(FLOOR_QUANTILE * (len(same) - 1), 1.0)
        low, high = same[int(below)], same[int(below) + 1]
        return (low + (high - low) * beyond) * spectrum.bin_hz


def detect(
    spectrum: Spectrum, *, pfa: float, own_floor: float | None = None
) -> tuple[float, tuple[Detection, ...]]:
    """Return the floor used and what stands above it, strongest first.

    Parameters
    ----------
    spectrum : Spectrum
        One look.
    pfa : float
        False-alarm rate of one bin over noise, for the averaged spectrum and for the strongest row alike.
    own_floor : float, optional
        The receiver's own floor, linear power a bin; it stands in where a signal fills the whole slice.

    Returns
    -------
    floor : float
        Linear power a bin.
    detections : tuple of Detection
        At most `MAX_DETECTIONS`, by falling level.

    Notes
    -----
    A whole look over noise gives a detection with probability below ``2 · BINS · pfa``.
    """
    usable = spectrum.usable(USABLE_SHARE)
    hop_floor = estimate_floor(spectrum.mean[usable], independent=spectrum.independent)
    filled = own_floor is not None and hop_floor > own_floor * 10 ** (FILLED_DB / 10)
    floor = own_floor if filled and own_floor is not None else hop_floor
    steady_limit = max(threshold_factor(spectrum.independent, pfa), 10 ** (STEADY_LEAST_DB / 10))
    row_limit = max(threshold_factor(EFFECTIVE_PER_ROW, pfa / spectrum.rows), 10 ** (BURST_LEAST_DB / 10))
    steady = spectrum.mean > floor * steady_limit
    bursts = spectrum.strongest > floor * row_limit
    above = np.zeros(BINS, bool)
    above[usable] = (steady | bursts)[usable]
    found = [_measure(spectrum, a, b, floor) for a, b in _runs(above)]
    found.sort(key=lambda d: -d.level_dbfs)
    return floor, tuple(_without_ghosts(found, spectrum.center_hz)[:MAX_DETECTIONS])


def _without_ghosts(found: list[Detection], center_hz: float) -> list[Detection]:
    """Leave out what eight bits and an unbalanced mixer make of a strong signal: spurs and its mirror."""
    if not found:
        return []
    peak_db = max(d.snr_db for d in found)
    kept = [d for d in found if d.snr_db >= peak_db - SPUR_DB]
    return [d for d in kept if not any(_mirrors(d, strong, center_hz) for strong in kept)]


def _mirrors(weak: Detection, strong: Detection, center_hz: float) -> bool:
    mirror_hz = 2 * center_hz - strong.center_hz
    near = weak.low_hz - MIRROR_HZ <= mirror_hz <= weak.high_hz + MIRROR_HZ
    return near and weak.snr_db <= strong.snr_db - MIRROR_DB


def _runs(above: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of True as (first, one past last), holes of up to `GAP_BINS` closed."""
    index = np.flatnonzero(above)
    if len(index) == 0:
        return []
    breaks = np.flatnonzero(np.diff(index) > GAP_BINS + 1)
    starts = index[np.r_[0, breaks + 1]]
    ends = index[np.r_[breaks, len(index) - 1]] + 1
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def _measure(spectrum: Spectrum, first: int, last: int, floor: float) -> Detection:
    part = spectrum.mean[first:last] - floor
    peaks = spectrum.strongest[first:last]
    burst = np.maximum(peaks - floor, 0)
    duty = float(spectrum.duty[first + int(np.argmax(peaks))])
    shape = burst if duty < BURST_DUTY else np.maximum(part, 0)
    if shape.sum() <= 0:
        shape = np.maximum(burst, np.float32(1e-30))
    share = np.cumsum(shape) / shape.sum()
    low, high = np.searchsorted(share, [0.005, 0.995])
    ten = np.flatnonzero(shape >= shape.max() / 10)
    center = first + float((shape * np.arange(len(shape))).sum() / shape.sum())
    usable = spectrum.usable(USABLE_SHARE)
    width = spectrum.bin_hz
    return Detection(
        low_hz=float(spectrum.frequency_hz(first - 0.5)),
        high_hz=float(spectrum.frequency_hz(last - 0.5)),
        center_hz=float(spectrum.frequency_hz(center)),
        bandwidth_hz=float(high - low + 1) * width,
        width_10db_hz=float(ten[-1] - ten[0] + 1) * width,
        snr_db=float(10 * np.log10(max(float(shape.max()) / max(floor, SMALLEST_FLOOR), 1e-3))),
        level_dbfs=float(10 * np.log10(max(float(shape.sum()), 1e-20))),
        duty=duty,
        filled=first <= usable.start and last >= usable.stop,
    )
