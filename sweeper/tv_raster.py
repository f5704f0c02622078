"""Tells broadcast television from a link of the same waveform: a broadcast fills a channel edge to edge.

Both are COFDM; where one is found inside the television band its edges are looked for in the levels of the
hops around, and hops that were not heard lately are asked for. A centre off the raster or a width that fits
no channel is no broadcast. What fills a channel may still be a link: waveform and place cannot tell, and
only the comparison with another place can (`sweeper.reference`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweeper.bands import Service
from sweeper.views import HopLevels

OFF_RASTER_HZ = 0.5e6  # further from a channel's centre than any transmitter's offset and any measured edge
NARROWEST_SHARE = 0.8  # of a channel: DVB-T fills 0.95 of it, ATSC 0.9
REACH_HZ = 14e6  # around the hop: more than any channel
RECENT_NS = 3_000_000_000  # levels older than this were heard in another place
EDGE_DB, EDGE_LEAST_DB, EDGE_MARGIN_DB = 15.0, 8.0, 3.0  # below the plateau; notches of echoes are shallower
EDGE_CELLS = 4  # in a row below: 0.12 MHz, a third of the gap between two channels
PLATEAU_QUANTILE, FLOOR_QUANTILE = 0.75, 0.05
PLATEAU_DB = 3.0
GAP_HZ = 0.2e6  # between cells: wider, and something was not listened to
BESIDE_HZ = 0.9e6  # beyond the last cell heard: the middle of the next slice
VOTES_NEEDED = 2
SAME_HZ, MAX_CHANNELS = 1e6, 64  # centres this near are one signal
AGAIN_NS = 200_000_000  # judgements closer than this rest on the same looks


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The edges of a signal; None where an edge was not heard, and where to listen for it."""

    low_hz: float | None
    high_hz: float | None
    ask_hz: tuple[float, ...]


@dataclass(slots=True)
class Channel:
    """One multicarrier signal in the television band: from edge to edge, and judged how often."""

    low_hz: float
    high_hz: float
    on: int = 0
    off: int = 0
    last_ns: int = -AGAIN_NS

    def note(self, low_hz: float, high_hz: float, *, off: bool, t_ns: int) -> None:
        """Count one judgement, unless one was made a moment ago."""
        if abs(t_ns - self.last_ns) < AGAIN_NS:
            return
        self.low_hz, self.high_hz, self.last_ns = low_hz, high_hz, t_ns
        self.on, self.off = self.on + (not off), self.off + off

    @property
    def is_settled(self) -> bool:
        """True where nothing more needs to be listened for."""
        return max(self.on, self.off) >= VOTES_NEEDED and self.on != self.off

    @property
    def is_link(self) -> bool:
        """True where it is no broadcast."""
        return self.off >= VOTES_NEEDED and self.off > self.on


class Rasters:
    """The multicarrier signals in the television band. Bounded."""

    def __init__(self) -> None:
        self._channels: OrderedDict[int, Channel] = OrderedDict()

    def judge(
        self, hops: Sequence[HopLevels], here: HopLevels, service: Service
    ) -> tuple[Channel | None, tuple[float, ...]]:
        """Return the match of the signal in this hop, and where to listen for its edges."""
        known = next((c for c in self._channels.values() if c.low_hz <= here.center_hz <= c.high_hz), None)
        if known is not None and known.is_settled:
            return known, ()
        extent = find_extent(hops, here)
        if extent.low_hz is None or extent.high_hz is None:
            return known, extent.ask_hz
        channel = self._channel((extent.low_hz + extent.high_hz) / 2)
        off = not fits(extent.low_hz, extent.high_hz, service)
        channel.note(extent.low_hz, extent.high_hz, off=off, t_ns=here.t_ns)
        return channel, () if channel.is_settled else (here.center_hz,)

    def _channel(self, center_hz: float) -> Channel:
        key = round(center_hz / SAME_HZ)
        near = next((k for k in (key, key - 1, key + 1) if k in self._channels), key)
        channel = self._channels.setdefault(near, Channel(low_hz=center_hz, high_hz=center_hz))
        if len(self._channels) > MAX_CHANNELS:
            self._channels.popitem(last=False)
        return channel

    @property
    def are_ambiguous(self) -> bool:
        """Say whether something here fills a channel as a broadcast does, or as a link could."""
        return any(c.is_settled and not c.is_link for c in self._channels.values())

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._channels)


def fits(low_hz: float, high_hz: float, service: Service) -> bool:
    """Say whether a signal from edge to edge is one channel of a broadcast.

    Parameters
    ----------
    low_hz, high_hz : float
        Edges of the signal, Hz.
    service : Service
        The broadcast, with its raster.

    Returns
    -------
    bool
        On the raster and as wide as a channel; True where the service has no raster.
    """
    raster_hz = service.raster_hz
    if raster_hz is None:
        return True
    width_hz = high_hz - low_hz
    on_raster = service.off_raster_hz((low_hz + high_hz) / 2) <= OFF_RASTER_HZ
    return on_raster and NARROWEST_SHARE * raster_hz <= width_hz <= service.widest_hz


def find_extent(hops: Sequence[HopLevels], here: HopLevels) -> Extent:
    """Follow a wide signal from the hop in which it was found to both of its edges.

    Parameters
    ----------
    hops : sequence of HopLevels
        What is remembered of the sweep.
    here : HopLevels
        The hop in which it was found.
    """
    frequency, level = _cells(hops, here)
    plateau = float(np.quantile(here.mean_db, PLATEAU_QUANTILE))
    depth = min(EDGE_DB, plateau - float(np.quantile(level, FLOOR_QUANTILE)) - EDGE_MARGIN_DB)
    below = level < plateau - max(depth, EDGE_LEAST_DB)
    middle = float(np.median(here.frequency_hz[here.mean_db > plateau - PLATEAU_DB]))
    start = int(np.argmin(np.abs(frequency - middle)))
    high_hz, ask_high = _walk(frequency[start:], below[start:])
    low_hz, ask_low = _walk(-frequency[start::-1], below[start::-1])
    asks = [*([] if ask_low is None else [-ask_low]), *([] if ask_high is None else [ask_high])]
    return Extent(
        low_hz=None if low_hz is None else -low_hz,
        high_hz=high_hz,
        ask_hz=tuple(hz for hz in asks if abs(hz - here.center_hz) <= REACH_HZ),
    )


def _cells(hops: Sequence[HopLevels], here: HopLevels) -> tuple[NDArray[np.float64], NDArray[np.floating]]:
    """Frequencies, ascending, and levels of what was heard lately around a hop."""
    near = [
        h
        for h in hops
        if abs(h.center_hz - here.center_hz) <= REACH_HZ
        and h.center_hz != here.center_hz
        and abs(h.t_ns - here.t_ns) <= RECENT_NS
    ]
    frequency = np.concatenate([h.frequency_hz for h in (here, *near)])
    level = np.concatenate([h.mean_db for h in (here, *near)])
    order = np.argsort(frequency, kind="stable")
    return frequency[order], level[order]


def _walk(frequency: NDArray[np.float64], below: NDArray[np.bool_]) -> tuple[float | None, float | None]:
    """Go up from the first cell to the edge: return it, or else where to listen for it."""
    steps = np.flatnonzero(np.diff(frequency) > GAP_HZ)
    heard = int(steps[0]) + 1 if len(steps) else len(frequency)
    runs = np.convolve(below[:heard], np.ones(EDGE_CELLS), mode="valid") >= EDGE_CELLS
    edges = np.flatnonzero(runs)
    if len(edges) and edges[0] > 0:
        first = int(edges[0])
        return float(frequency[first - 1] + frequency[first]) / 2, None
    return None, float(frequency[heard - 1]) + BESIDE_HZ
