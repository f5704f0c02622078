"""The simulated receiver module with its grabber: levels and pictures of a scene's analog senders at 5.8 GHz.

Only a scene that says that its unit has one has one: ``sim:NAME?also=video_receiver``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.config import HwConfig
from hw.errors import DeviceMissing, FrequencyRefused
from hw.protocols import Clock
from hw.sim.high_air import HALF_CHANNEL_HZ, frames_share, video_senders, wifi_level_dbm
from hw.sim.scene import Scene, load_scene
from hw.types import DeviceHealth, DeviceInfo, ReceiverLevel, VideoGrab

REACH_HZ = (5.345e9, 5.965e9)
SETTLE_NS, PICTURE_NS = 35_000_000, 33_000_000
FLOOR_DBM = -91.0
VOLTS_AT_FLOOR, DB_PER_V = 0.5, 160.0  # of an RTC6715
NOISE_V = 0.004
SELECTIVITY_DB_MHZ = 2.5  # beyond half a channel
WIDTH_PX, HEIGHT_PX = 180, 144  # a quarter of PAL's picture
PICTURE_FROM_DB = 12.0  # over the floor: FM's threshold
SNOW = 70.0


class SimVideoReceiver(Closing):
    """A module in one simulated room, with a grabber that shows snow without a signal."""

    def __init__(self, *, scene: Scene, clock: Clock) -> None:
        self._scene, self._clock = scene, clock
        scene.require_plugged("rf", clock.now_ns())
        self._center_hz = 0.0

    def info(self) -> DeviceInfo:
        """Return the name of the simulated module."""
        name = "simulated RX5808"
        return DeviceInfo(role="video_receiver", backend="sim", name=name, detail=self._scene.id)

    def health(self) -> DeviceHealth:
        """Return ok: an unplugged module raises instead."""
        return DeviceHealth(ok=True)

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        """Return the range of an RX5808, Hz."""
        return (REACH_HZ,)

    def has_picture(self) -> bool:
        """Return True: there is a grabber."""
        return True

    def read_level(self, *, center_hz: float) -> ReceiverLevel:
        """Tune, which takes its settling time, and return the level."""
        self._tune(center_hz)
        rng = self._scene.rng("receiver", self._clock.now_ns())
        level_dbm = max(FLOOR_DBM, self._level_dbm(center_hz), self._wifi_dbm(center_hz, rng))
        volts = VOLTS_AT_FLOOR + (level_dbm - FLOOR_DBM) / DB_PER_V + float(rng.normal(0, NOISE_V))
        return ReceiverLevel(t_ns=self._clock.now_ns(), center_hz=center_hz, volts=volts, level_dbm=level_dbm)

    def grab(self, *, center_hz: float, count: int) -> VideoGrab:
        """Return pictures: those of a sender that is strong enough, else snow."""
        self._tune(center_hz)
        over_db = self._level_dbm(center_hz) - FLOOR_DBM
        pictures = []
        for _ in range(count):
            self._clock.sleep_until(self._clock.now_ns() + PICTURE_NS)
            rng = self._scene.rng("grabber", self._clock.now_ns())
            pictures.append(_picture(rng, over_db))
        return VideoGrab(
            t_ns=self._clock.now_ns(), center_hz=center_hz, pictures=tuple(pictures), unlocked=False
        )

    def _tune(self, center_hz: float) -> None:
        self._scene.require_plugged("rf", self._clock.now_ns())
        if not REACH_HZ[0] <= center_hz <= REACH_HZ[1]:
            raise FrequencyRefused(f"The simulated module does not go to {center_hz / 1e6:.0f} MHz")
        if center_hz != self._center_hz:
            self._center_hz = center_hz
            self._clock.sleep_until(self._clock.now_ns() + SETTLE_NS)

    def _level_dbm(self, center_hz: float) -> float:
        levels = [
            sender.level_dbm - SELECTIVITY_DB_MHZ * max(0.0, abs(sender.center_hz - center_hz) / 1e6 - 4.0)
            for sender in video_senders(self._scene, self._clock.now_ns())
        ]
        return max(levels, default=FLOOR_DBM)

    def _wifi_dbm(self, center_hz: float, rng: np.random.Generator) -> float:
        """Level of Wi-Fi on the channel around, where a frame is just sent."""
        nearest_hz = 5e9 + round((center_hz - 5e9 - 25e6) / 20e6) * 20e6 + 25e6
        level_dbm = wifi_level_dbm(self._scene, nearest_hz, self._clock.now_ns())
        inside = abs(nearest_hz - center_hz) < HALF_CHANNEL_HZ
        sends = level_dbm is not None and inside and rng.random() < frames_share(self._scene, nearest_hz)
        return level_dbm if sends and level_dbm is not None else FLOOR_DBM


def _picture(rng: np.random.Generator, over_db: float) -> NDArray[np.uint8]:
    """Return a room as a camera sees it, with the noise that its level leaves; snow below FM's threshold."""
    if over_db < PICTURE_FROM_DB:
        return np.asarray(np.clip(rng.normal(128, SNOW, (HEIGHT_PX, WIDTH_PX)), 0, 255), np.uint8)
    rows, columns = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    room = 90 + 60 * (columns / WIDTH_PX) + 50 * ((rows // 36 + columns // 45) % 2)
    noise = 40.0 * 10 ** (-(over_db - PICTURE_FROM_DB) / 20) + 1.5
    return np.asarray(np.clip(room + rng.normal(0, noise, room.shape), 0, 255), np.uint8)


def open_video_receiver(*, target: str, config: HwConfig, clock: Clock) -> SimVideoReceiver:  # noqa: ARG001
    """Open the module of a scene; raises `DeviceMissing` where its unit has none."""
    scene = load_scene(target)
    if "video_receiver" not in scene.also:
        raise DeviceMissing(f"The unit of {scene.id} has no video receiver module")
    return SimVideoReceiver(scene=scene, clock=clock)
