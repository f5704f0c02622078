"""The air of a simulated Wi-Fi adapter at 2.4 and 5.8 GHz: senders of the scene on the channel it is on.

The adapter hops as the Wi-Fi sensor does; an analog sender is on all the time, Wi-Fi some of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

from hw.sim.radio import CHANNELS_5_HZ, CHANNELS_24_HZ, EXPONENT, LOSS_1M_DB
from hw.sim.scene import Scene, Thing
from hw.sim.sdr import free_space_loss_db

HOP_NS = 250_000_000  # on one channel
CHANNELS_HZ = (*CHANNELS_24_HZ, *CHANNELS_5_HZ)
HIGH_FROM_HZ = 2e9
HALF_CHANNEL_HZ = 10e6
FRAMES_SHARE = {"camera-stream": 0.12, "video-call": 0.10, "upload": 0.35, "download": 0.35, "backup": 0.4}
QUIET_SHARE = 0.01  # of the time, with beacons and little else


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSender:
    """An analog sender of the scene with the level at which it arrives, dBm."""

    thing: Thing
    center_hz: float
    deviation_hz: float
    level_dbm: float


def channel_at(t_ns: int) -> float:
    """Return the channel that the adapter is on.

    Parameters
    ----------
    t_ns : int
        Session time, ns.

    Returns
    -------
    float
        Middle of the channel, Hz.
    """
    return CHANNELS_HZ[t_ns // HOP_NS % len(CHANNELS_HZ)]


def video_senders(scene: Scene, t_ns: int) -> tuple[VideoSender, ...]:
    """Return the scene's analog senders above 2 GHz, as they arrive at the inspector's place."""
    found = []
    for thing in scene.things:
        facet = thing.rf
        if facet is None or facet.waveform != "analog-video" or facet.center_hz < HIGH_FROM_HZ:
            continue
        loss_db = free_space_loss_db(scene.distance_m(thing, t_ns), hz=facet.center_hz)
        found.append(
            VideoSender(
                thing=thing,
                center_hz=facet.center_hz,
                deviation_hz=facet.deviation_hz,
                level_dbm=facet.power_dbm - loss_db,
            )
        )
    return tuple(found)


def frames_share(scene: Scene, channel_hz: float) -> float:
    """Return the share of the time with Wi-Fi frames on a channel.

    Parameters
    ----------
    scene : Scene
        The room.
    channel_hz : float
        Middle of the channel, Hz.

    Returns
    -------
    float
        0…0.9.
    """
    shares = [
        FRAMES_SHARE.get(thing.wifi.behaviour, QUIET_SHARE)
        for thing in scene.things
        if thing.wifi is not None and abs(thing.wifi.channel_hz - channel_hz) < HALF_CHANNEL_HZ
    ]
    return min(0.9, sum(shares))


def wifi_level_dbm(scene: Scene, channel_hz: float, t_ns: int) -> float | None:
    """Return the level of the loudest Wi-Fi sender on a channel.

    Parameters
    ----------
    scene : Scene
        The room.
    channel_hz : float
        Middle of the channel, Hz.
    t_ns : int
        Session time, ns: where the hand is.

    Returns
    -------
    float or None
        dBm; None without a sender.
    """
    levels = [
        thing.wifi.power_dbm - LOSS_1M_DB - 10 * EXPONENT * log10(scene.distance_m(thing, t_ns))
        for thing in scene.things
        if thing.wifi is not None and abs(thing.wifi.channel_hz - channel_hz) < HALF_CHANNEL_HZ
    ]
    return max(levels, default=None)
