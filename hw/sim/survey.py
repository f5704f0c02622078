"""The simulated survey: the airtime counters of the Wi-Fi adapter of a scene (``sim:NAME?also=survey``)."""

from __future__ import annotations

from dataclasses import replace

from hw.closing import Closing
from hw.config import HwConfig
from hw.errors import DeviceMissing
from hw.protocols import Clock
from hw.sim.high_air import CHANNELS_HZ, HALF_CHANNEL_HZ, HOP_NS, channel_at, frames_share, video_senders
from hw.sim.scene import Scene, load_scene
from hw.types import ChannelSurvey, DeviceHealth, DeviceInfo, SurveyBatch

FLOOR_DBM, RISE_DB = -95, 10.0  # a carrier that the calibration swallows raises the floor to 10 dB below it
BUSY_DBM = -62.0  # IEEE 802.11-2020, 17.3.10.6: energy detection in 20 MHz
NS_PER_MS = 1_000_000


class SimSurvey(Closing):
    """Counters that go on as the adapter hops through a simulated room."""

    def __init__(self, *, scene: Scene, clock: Clock) -> None:
        self._scene, self._clock = scene, clock
        scene.require_plugged("wifi", clock.now_ns())
        self._at_ns = clock.now_ns()
        self._channels: dict[float, ChannelSurvey] = {}

    def info(self) -> DeviceInfo:
        """Return the name of the simulated adapter."""
        return DeviceInfo(role="survey", backend="sim", name="simulated Wi-Fi survey", detail=self._scene.id)

    def health(self) -> DeviceHealth:
        """Return ok: an unplugged adapter raises instead."""
        return DeviceHealth(ok=True)

    def read_survey(self) -> SurveyBatch:
        """Return the counters of now."""
        now_ns = self._clock.now_ns()
        self._scene.require_plugged("wifi", now_ns)
        while self._at_ns < now_ns:
            end_ns = min(now_ns, (self._at_ns // HOP_NS + 1) * HOP_NS)
            self._count(self._at_ns, (end_ns - self._at_ns) // NS_PER_MS)
            self._at_ns = end_ns
        current_hz = channel_at(now_ns)
        channels = (self._channels[hz] for hz in CHANNELS_HZ if hz in self._channels)
        return SurveyBatch(
            t_ns=now_ns, channels=tuple(replace(c, in_use=c.center_hz == current_hz) for c in channels)
        )

    def _count(self, t_ns: int, passed_ms: int) -> None:
        channel_hz = channel_at(t_ns)
        rng = self._scene.rng("survey", t_ns)
        over = [s.level_dbm for s in video_senders(self._scene, t_ns) if _is_inside(s.center_hz, channel_hz)]
        loud_dbm = max(over, default=float("-inf"))
        busy = loud_dbm >= BUSY_DBM
        frames = 0.0 if busy else frames_share(self._scene, channel_hz) * rng.uniform(0.6, 1.4)
        rx_ms = min(passed_ms, round(frames * passed_ms))
        other_ms = passed_ms if busy else rx_ms + round(passed_ms * rng.uniform(0, 0.03))
        was = self._channels.get(channel_hz) or ChannelSurvey(
            center_hz=channel_hz, time_ms=0, busy_ms=0, rx_ms=0, tx_ms=0
        )
        self._channels[channel_hz] = replace(
            was,
            noise_dbm=round(loud_dbm - RISE_DB) if busy else FLOOR_DBM + round(rng.normal()),
            time_ms=(was.time_ms or 0) + passed_ms,
            busy_ms=(was.busy_ms or 0) + min(passed_ms, other_ms),
            rx_ms=(was.rx_ms or 0) + rx_ms,
        )


def _is_inside(center_hz: float, channel_hz: float) -> bool:
    return abs(center_hz - channel_hz) <= HALF_CHANNEL_HZ


def open_survey(*, target: str, config: HwConfig, clock: Clock) -> SimSurvey:  # noqa: ARG001
    """Open the survey of a scene; raises `DeviceMissing` where its unit's adapter gives none."""
    scene = load_scene(target)
    if "survey" not in scene.also:
        raise DeviceMissing(f"The adapter of {scene.id} gives no survey")
    return SimSurvey(scene=scene, clock=clock)
