"""Tells steady energy that is no Wi-Fi from the airtime counters of a Wi-Fi adapter, channel by channel.

The chip calls a channel busy where it decodes a frame, and where the energy is above its threshold whatever
it is (clear-channel assessment). What is busy and neither received nor sent as frames is not Wi-Fi::

    energy = busy − rx − tx

A video sender is on all the time: its channels are busy throughout, and no frame gets through beside it. Its
second sign is the noise floor: where the calibration of the chip takes a steady carrier for noise, the floor
rises on its channels and stays on the others.

=====================  ==================================================================================
Wi-Fi                  busy with frames; beacons alone are 0.3 % of the time of a channel and more
Bluetooth, FHSS        a few percent of the time of any channel
microwave oven         half of the time: it is off for half of each mains period
one bad counter        all channels alike: the counters are not believed
=====================  ==================================================================================

References
----------
IEEE 802.11-2020, 17.3.10.6 (energy detection at -62 dBm in 20 MHz); Linux ``include/uapi/linux/nl80211.h``,
``enum nl80211_survey_info``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEAST_WATCH_MS, LEAST_DWELLS = 500, 3
BUSY_SHARE, BUSY_DWELL_SHARE, BUSY_DWELLS = 0.9, 0.8, 0.9  # of all time; of a dwell; of the dwells
OVER_BASELINE = 0.3  # of the time, over what the channel has in a place without a camera
SILENT_SHARE = 0.003  # beacons of one access point: 0.4 ms at 6 Mb/s each 102.4 ms
RAISED_DB = 15.0
ALIKE_SHARE, LEAST_ALIKE = 0.8, 6  # so many channels of a band at once: no sender is that wide
NEIGHBOUR_HZ = 21e6  # of a floor: a sender raises that of the channels beside its own, too
LEAST_OTHERS = 3
HALF_CHANNEL_HZ = 10e6
FIVE_FROM_HZ = 3e9


@dataclass(frozen=True, slots=True, kw_only=True)
class AirtimeDwell:
    """Airtime counted on one channel between two reads, ms; None where the driver does not say."""

    t_ns: int
    center_hz: float
    time_ms: int
    busy_ms: int | None
    frames_ms: int | None
    noise_dbm: int | None

    @property
    def energy_share(self) -> float | None:
        """Share of the time with energy that is no Wi-Fi, 0…1; None where frames are not counted."""
        if self.busy_ms is None or self.frames_ms is None or self.time_ms <= 0:
            return None
        return min(1.0, max(0.0, (self.busy_ms - self.frames_ms) / self.time_ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBaseline:
    """The noise and the energy of a channel where there is no camera."""

    noise_dbm: float | None
    energy_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLevel:
    """One channel over all its dwells."""

    center_hz: float
    watched_ms: int
    energy_share: float | None
    frames_share: float | None
    noise_dbm: float | None
    steady: bool  # its dwells, too, are busy nearly throughout
    first_ns: int
    last_ns: int

    @property
    def is_silent(self) -> bool:
        """Whether frames are counted here, and there are none."""
        return self.frames_share is not None and self.frames_share <= SILENT_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentEnergy:
    """Channels side by side with steady energy and no frames. ``raised_db`` is 0 where no floor rose."""

    low_hz: float
    high_hz: float
    energy_share: float
    raised_db: float
    noise_dbm: float | None
    busy: bool
    silent: bool  # frames are counted here, and there are none
    channels: int
    watched_ms: int
    first_ns: int
    last_ns: int


def measure_channel(dwells: Sequence[AirtimeDwell]) -> ChannelLevel:
    """Add up the dwells on one channel.

    Parameters
    ----------
    dwells : sequence of AirtimeDwell
        At least one, in order of time, all of one channel.

    Returns
    -------
    ChannelLevel
        Shares of the time 0…1, the median of the noise in dBm.
    """
    told = [d for d in dwells if d.energy_share is not None]
    told_ms = sum(d.time_ms for d in told)
    shares = np.array([d.energy_share for d in told], np.float64)
    noise = [d.noise_dbm for d in dwells if d.noise_dbm is not None]
    weights = np.array([d.time_ms for d in told], np.float64)
    return ChannelLevel(
        center_hz=dwells[0].center_hz,
        watched_ms=sum(d.time_ms for d in dwells),
        energy_share=float(shares @ weights / told_ms) if told_ms else None,
        frames_share=sum(d.frames_ms or 0 for d in told) / told_ms if told_ms else None,
        noise_dbm=float(np.median(noise)) if noise else None,
        steady=bool(len(shares)) and float(np.mean(shares >= BUSY_DWELL_SHARE)) >= BUSY_DWELLS,
        first_ns=dwells[0].t_ns,
        last_ns=dwells[-1].t_ns,
    )


def watched(dwells: Sequence[AirtimeDwell]) -> bool:
    """Say whether a channel was listened to long and often enough to judge it."""
    return len(dwells) >= LEAST_DWELLS and sum(d.time_ms for d in dwells) >= LEAST_WATCH_MS


def is_implausible(levels: Sequence[ChannelLevel]) -> bool:
    """Say whether the counters of a band cannot be believed: nearly all channels are busy without a frame.

    Parameters
    ----------
    levels : sequence of ChannelLevel
        The channels of one band.

    Returns
    -------
    bool
    """
    alike = sum(_is_busy(level, None) for level in levels)
    return len(levels) >= LEAST_ALIKE and alike >= ALIKE_SHARE * len(levels)


def find_energy(
    levels: Sequence[ChannelLevel], baseline: Mapping[float, ChannelBaseline]
) -> tuple[SilentEnergy, ...]:
    """Return the stretches of channels with steady energy that is no Wi-Fi, by frequency.

    Parameters
    ----------
    levels : sequence of ChannelLevel
        The channels of one band that were watched.
    baseline : mapping of float to ChannelBaseline
        What a channel (by its middle, Hz) has without a camera; it may lack any of them.

    Returns
    -------
    tuple of SilentEnergy
        None where the counters are not believed and no floor rose.
    """
    # Of a few channels nobody knows whether the sender or the counter stays on.
    believed = len(levels) >= LEAST_ALIKE and not is_implausible(levels)
    ordered = sorted(levels, key=lambda level: level.center_hz)
    marked = [
        (level, busy, raised)
        for level in ordered
        for busy in (believed and _is_busy(level, baseline.get(level.center_hz)),)
        for raised in (_raised_db(level, ordered, baseline.get(level.center_hz)),)
        if busy or raised >= RAISED_DB
    ]
    groups: list[list[tuple[ChannelLevel, bool, float]]] = []
    for row in marked:
        near = groups and row[0].center_hz - groups[-1][-1][0].center_hz <= NEIGHBOUR_HZ
        if near:
            groups[-1].append(row)
        else:
            groups.append([row])
    return tuple(map(_stretch, groups))


def _is_busy(level: ChannelLevel, before: ChannelBaseline | None) -> bool:
    if level.energy_share is None or not level.is_silent or not level.steady:
        return False
    usual = 0.0 if before is None else before.energy_share
    return level.energy_share >= BUSY_SHARE and level.energy_share - usual >= OVER_BASELINE


def _raised_db(level: ChannelLevel, ordered: Sequence[ChannelLevel], before: ChannelBaseline | None) -> float:
    """Return by how much the floor stands above what is usual here, dB; 0 where that is not known."""
    # Beside frames the floor of some drivers is that of the last frame, not of the air.
    if level.noise_dbm is None or (level.frames_share is not None and not level.is_silent):
        return 0.0
    if before is not None and before.noise_dbm is not None:
        return level.noise_dbm - before.noise_dbm
    others = [
        o.noise_dbm
        for o in ordered
        if o.noise_dbm is not None and abs(o.center_hz - level.center_hz) > NEIGHBOUR_HZ
    ]
    return level.noise_dbm - float(np.median(others)) if len(others) >= LEAST_OTHERS else 0.0


def _stretch(rows: Sequence[tuple[ChannelLevel, bool, float]]) -> SilentEnergy:
    levels = [level for level, _, _ in rows]
    shares = [level.energy_share for level in levels if level.energy_share is not None]
    noise = [level.noise_dbm for level in levels if level.noise_dbm is not None]
    return SilentEnergy(
        low_hz=levels[0].center_hz - HALF_CHANNEL_HZ,
        high_hz=levels[-1].center_hz + HALF_CHANNEL_HZ,
        energy_share=max(shares, default=0.0),
        raised_db=max(0.0, *(raised for _, _, raised in rows)),
        noise_dbm=max(noise) if noise else None,
        busy=any(busy for _, busy, _ in rows),
        silent=any(level.is_silent for level in levels),
        channels=len(levels),
        watched_ms=sum(level.watched_ms for level in levels),
        first_ns=min(level.first_ns for level in levels),
        last_ns=max(level.last_ns for level in levels),
    )
