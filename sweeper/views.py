"""Keeps bounded arrays of a sweep for plots and comparisons: coarse levels of every hop, and a waterfall.

Nothing here draws; it hands out arrays.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sweeper.plan import USABLE_SHARE
from sweeper.spectrum import Spectrum

FloatArray = NDArray[np.float32]
CELLS = 64  # a hop: 31 kHz each at 2.4 MS/s
MAX_HOPS = 4096  # 2 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class HopLevels:
    """One hop's last look: mean and strongest level of each cell in dB full scale less the gain."""

    t_ns: int
    center_hz: float
    width_hz: float
    mean_db: FloatArray
    peak_db: FloatArray
    floor_db: float
    clipped: bool

    @property
    def frequency_hz(self) -> NDArray[np.float64]:
        """Middle of each cell."""
        step = self.width_hz / len(self.mean_db)
        places = (np.arange(len(self.mean_db)) + 0.5) * step
        return np.asarray(self.center_hz - self.width_hz / 2 + places, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumView:
    """The stitched sweep, ascending, without the gaps between hops. Levels in dB full scale less the gain."""

    frequency_hz: NDArray[np.float64]
    mean_db: FloatArray
    peak_db: FloatArray
    floor_db: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallView:
    """The last looks in order of time: rows of `CELLS` levels, each with its own place on the dial."""

    t_ns: NDArray[np.int64]
    center_hz: NDArray[np.float64]
    width_hz: NDArray[np.float64]
    level_db: FloatArray  # (looks, CELLS)


class SweepMemory:
    """Takes every look, keeps the last of each hop and the last looks of all."""

    def __init__(self, *, waterfall_rows: int) -> None:
        self._hops: OrderedDict[float, HopLevels] = OrderedDict()
        self._rows: deque[HopLevels] = deque(maxlen=waterfall_rows)

    def add(self, spectrum: Spectrum, *, t_ns: int, gain_db: float, floor: float, clipped: bool) -> HopLevels:
        """Remember one look and return what was kept of it."""
        levels = hop_levels(spectrum, t_ns=t_ns, gain_db=gain_db, floor=floor, clipped=clipped)
        self._hops[spectrum.center_hz] = levels
        self._hops.move_to_end(spectrum.center_hz)
        if len(self._hops) > MAX_HOPS:
            self._hops.popitem(last=False)
        self._rows.append(levels)
        return levels

    def hops(self) -> tuple[HopLevels, ...]:
        """Return the last look at each hop, by frequency."""
        return tuple(self._hops[hz] for hz in sorted(self._hops))

    def spectrum(self) -> SpectrumView:
        """Stitch the last looks."""
        hops = self.hops()
        empty = np.zeros(0, np.float32)
        joined = {
            name: np.concatenate([getattr(h, name) for h in hops]) if hops else empty
            for name in ("mean_db", "peak_db")
        }
        frequency = np.concatenate([h.frequency_hz for h in hops]) if hops else np.zeros(0)
        floors = np.repeat([h.floor_db for h in hops], CELLS).astype(np.float32)
        order = np.argsort(frequency, kind="stable")
        return SpectrumView(
            frequency_hz=frequency[order],
            mean_db=joined["mean_db"][order],
            peak_db=joined["peak_db"][order],
            floor_db=floors[order],
        )

    def waterfall(self) -> WaterfallView:
        """Return the last looks."""
        rows = tuple(self._rows)
        level = np.stack([r.mean_db for r in rows]) if rows else np.zeros((0, CELLS), np.float32)
        return WaterfallView(
            t_ns=np.array([r.t_ns for r in rows], np.int64),
            center_hz=np.array([r.center_hz for r in rows], np.float64),
            width_hz=np.array([r.width_hz for r in rows], np.float64),
            level_db=level,
        )


def hop_levels(spectrum: Spectrum, *, t_ns: int, gain_db: float, floor: float, clipped: bool) -> HopLevels:
    """Reduce a spectrum to `CELLS` cells over its usable part.

    Parameters
    ----------
    spectrum : Spectrum
        One look.
    t_ns : int
        When it was made, ns.
    gain_db : float
        The gain, dB, which is taken off all levels.
    floor : float
        Linear power a bin.
    clipped : bool
        The converter was overloaded.

    Returns
    -------
    HopLevels
        Mean and strongest level of each cell, dB full scale less the gain.
    """
    usable = spectrum.usable(USABLE_SHARE)
    edges, count = _cells(usable.start, usable.stop)
    mean = np.add.reduceat(spectrum.mean[: usable.stop], edges) / count
    peak = np.maximum.reduceat(spectrum.strongest[: usable.stop], edges)
    return HopLevels(
        t_ns=t_ns,
        center_hz=spectrum.center_hz,
        width_hz=(usable.stop - usable.start) * spectrum.bin_hz,
        mean_db=_db(mean) - np.float32(gain_db),
        peak_db=_db(peak) - np.float32(gain_db),
        floor_db=float(_db(np.array([floor]))[0]) - gain_db,
        clipped=clipped,
    )


@lru_cache(maxsize=4)
def _cells(start: int, stop: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First bin and number of bins of each cell."""
    parts = np.array_split(np.arange(start, stop), CELLS)
    return np.array([p[0] for p in parts]), np.array([len(p) for p in parts])


def _db(power: NDArray[np.floating]) -> FloatArray:
    return np.asarray(10 * np.log10(np.maximum(power, 1e-20)), np.float32)
