"""Tells whether the level of one transmitter rises or falls while somebody moves. It never gives metres.

::

    levels (dBm) ─► 75th percentile of each second ─► EWMA ─► mean of 5 s ─► warmer | colder | steady | lost
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hw.protocols import Clock, MonitorRadio
from hw.types import Dot11Batch
from wifiscan.config import WifiConfig
from wifiscan.dot11 import CONTROL, read_headers
from wifiscan.hopper import Hopper
from wifiscan.radiotap import NO_RSSI
from wifiscan.vendors import parse_mac

Trend = Literal["warmer", "colder", "steady", "lost", "searching"]
SECOND_NS = 1_000_000_000
PERCENTILE = 75.0  # fading makes deep holes, never high peaks: the upper quartile is steadier than the mean
EWMA_NEW = 0.5  # weight of the newest second
MEAN_S = 5
STEP_DB = 3.0  # a smaller move of the mean is no news
STEADY_S = 2 * MEAN_S  # the mean has settled on the new place by then
LOST_S = 5
BAR_DBM = (-90.0, -30.0)  # empty and full bar
BEEP_HZ = (300.0, 2400.0)  # pitch at an empty and at a full bar
HISTORY_S = 120
DWELL_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class HomingReading:
    """One reading for screen and sound. ``bar`` is 0…1; ``level_dbm`` None until something was heard."""

    t_ns: int
    mac: str
    trend: Trend
    level_dbm: float | None
    bar: float
    beep_hz: float | None  # None = silence


class Homing:
    """The pure part: levels in, readings out, in order of time.

    Parameters
    ----------
    mac : str
        The transmitter.
    lost_s : float
        Silence after which it counts as lost, s.
    """

    def __init__(self, mac: str, *, lost_s: float = LOST_S) -> None:
        self.mac = mac
        self.lost_s = lost_s
        self._second: list[float] = []
        self._second_ns: int | None = None
        self._ewma: float | None = None
        self._recent: deque[float] = deque(maxlen=MEAN_S)
        self._told_dbm: float | None = None
        self._told_s = 0  # seconds since the trend was last told anew
        self._trend: Trend = "searching"
        self._last_ns = 0
        self.history_dbm: deque[float] = deque(maxlen=HISTORY_S)

    def add(self, t_ns: int, levels_dbm: Iterable[float]) -> None:
        """Take in the levels heard around ``t_ns``."""
        levels = [float(v) for v in levels_dbm]
        self._close(t_ns)
        if levels:
            self._second += levels
            self._last_ns = t_ns

    def _close(self, t_ns: int) -> None:
        """Finish the running second when its time is over."""
        if self._second_ns is None:
            self._second_ns = t_ns
        if t_ns - self._second_ns < SECOND_NS:
            return
        self._second_ns = t_ns
        if self._second:
            self._finish(float(np.percentile(self._second, PERCENTILE)))
            self._second = []

    def _finish(self, level_dbm: float) -> None:
        self._ewma = level_dbm if self._ewma is None else EWMA_NEW * level_dbm + (1 - EWMA_NEW) * self._ewma
        self._recent.append(self._ewma)
        self.history_dbm.append(self._ewma)
        mean = sum(self._recent) / len(self._recent)
        self._told_s += 1
        if self._told_dbm is None:
            self._told_dbm, self._told_s, self._trend = mean, 0, "steady"
        elif abs(mean - self._told_dbm) > STEP_DB:
            self._trend = "warmer" if mean > self._told_dbm else "colder"
            self._told_dbm, self._told_s = mean, 0
        elif self._told_s >= STEADY_S:
            self._trend = "steady"  # who stands still must not go on reading "warmer"

    def reading(self, t_ns: int) -> HomingReading:
        """Return the state at ``t_ns``; after `lost_s` of silence the transmitter counts as lost."""
        silent = self._ewma is not None and t_ns - self._last_ns > self.lost_s * SECOND_NS
        low, high = BAR_DBM
        bar = 0.0 if self._ewma is None or silent else min(1.0, max(0.0, (self._ewma - low) / (high - low)))
        heard = self._ewma is not None and not silent
        return HomingReading(
            t_ns=t_ns,
            mac=self.mac,
            trend="lost" if silent else self._trend,
            level_dbm=None if self._ewma is None else round(self._ewma, 1),
            bar=round(bar, 3),
            beep_hz=round(BEEP_HZ[0] * (BEEP_HZ[1] / BEEP_HZ[0]) ** bar, 1) if heard else None,
        )


class HomingScan:
    """The wiring: searches all channels for a transmitter, then stays where it is."""

    def __init__(self, *, radio: MonitorRadio, clock: Clock, config: WifiConfig, mac: str) -> None:
        self._radio = radio
        self._clock = clock
        self._hopper = Hopper(radio.channels_hz(), config)
        self._address = np.uint64(parse_mac(mac))
        self._homing = Homing(mac)
        self._found_hz: float | None = None
        self.frames = 0  # of the transmitter, with or without a level

    def step(self) -> HomingReading:
        """Listen once and return the reading. Raises what the adapter raises."""
        dwell = self._hopper.plan({})
        center_hz = self._found_hz if self._found_hz is not None else dwell.center_hz
        if center_hz is not None:
            self._radio.set_channel(center_hz=center_hz)
        batch = self._radio.read(duration_s=DWELL_S)
        return self.take(batch)

    def take(self, batch: Dot11Batch) -> HomingReading:
        """Take in one batch."""
        h = read_headers(batch)
        mine = (h.ta == self._address) & (h.kind != CONTROL)
        told = mine & (h.rssi_dbm != NO_RSSI)
        self._homing.add(batch.until_ns, h.rssi_dbm[told].tolist())
        reading = self._homing.reading(batch.until_ns)
        self.frames += int(mine.sum())
        if mine.any() and batch.channel_hz is not None:
            self._found_hz = batch.channel_hz
        elif reading.trend == "lost":
            self._found_hz = None
        return reading

    def close(self) -> None:
        """Give the adapter back."""
        self._radio.close()
