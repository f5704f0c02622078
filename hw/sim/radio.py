"""The simulated Wi-Fi adapter: renders the Wi-Fi facets of a scene as radiotap frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.config import HwConfig
from hw.errors import BadKit
from hw.protocols import Clock
from hw.sim.scene import Scene, load_scene
from hw.sim.wifi_air import Air, AirRows
from hw.sim.wifi_frames import FrameRows, render
from hw.types import DeviceHealth, DeviceInfo, Dot11Batch

LINKTYPE_RADIOTAP = 127
SETTLE_NS = 5_000_000  # a channel change of a USB adapter
CHANNELS_24_HZ = tuple(2407e6 + 5e6 * n for n in range(1, 14))
CHANNELS_5_HZ = tuple(5000e6 + 5e6 * n for n in (36, 40, 44, 48, 149, 153, 157, 161, 165))
LOSS_1M_DB = 40.0  # free space over the first metre at 2.4 GHz
EXPONENT = 2.5  # indoors, a wall now and then
FADING_DB = 2.0
SENSITIVITY_DBM = -90.0  # half of the frames are lost here
SLOPE_DB = 2.0
BASE_LOSS = 0.02  # a sniffer misses some frames of the strongest sender
BROKEN_SHARE = 0.3  # of what is lost arrives with a wrong checksum


class SimRadio(Closing):
    """A dual-band adapter in monitor mode in one simulated room."""

    def __init__(self, *, scene: Scene, clock: Clock, snap_length: int) -> None:
        self._scene = scene
        self._clock = clock
        self._snap_length = snap_length
        self._air = Air(scene)
        self._channel_hz = CHANNELS_24_HZ[0]
        scene.require_plugged("wifi", clock.now_ns())

    def info(self) -> DeviceInfo:
        """Return the name of the simulated adapter."""
        return DeviceInfo(
            role="monitor", backend="sim", name="simulated Wi-Fi adapter", detail=self._scene.id
        )

    def health(self) -> DeviceHealth:
        """Return ok: an unplugged adapter raises instead."""
        return DeviceHealth(ok=True)

    def channels_hz(self) -> tuple[float, ...]:
        """Return the channels that can be tuned."""
        return CHANNELS_24_HZ + CHANNELS_5_HZ

    def set_channel(self, *, center_hz: float) -> None:
        """Tune; takes its settling time."""
        self._scene.require_plugged("wifi", self._clock.now_ns())
        if center_hz not in self.channels_hz():
            raise BadKit(f"The simulated adapter has no channel at {center_hz / 1e6:.0f} MHz")
        if center_hz != self._channel_hz:
            self._channel_hz = center_hz
            self._clock.sleep_until(self._clock.now_ns() + SETTLE_NS)

    def read(self, *, duration_s: float) -> Dot11Batch:
        """Listen on the tuned channel and return every frame that was received."""
        start_ns = self._clock.now_ns()
        until_ns = start_ns + round(duration_s * 1e9)
        self._scene.require_plugged("wifi", start_ns)
        rng = self._scene.rng(0x5F1, start_ns)
        rows = self._air.between(start_ns // 1000, until_ns // 1000, mhz=round(self._channel_hz / 1e6))
        heard = self._receive(rows, start_ns=start_ns, rng=rng)
        buffer, starts, lengths, wire = render(
            heard,
            self._air.templates,
            channel_mhz=round(self._channel_hz / 1e6),
            snap_length=self._snap_length,
            rng=rng,
        )
        self._clock.sleep_until(until_ns)
        return Dot11Batch(
            t_ns=start_ns,
            until_ns=until_ns,
            channel_hz=self._channel_hz,
            link_type=LINKTYPE_RADIOTAP,
            buffer=buffer,
            starts=starts,
            lengths=lengths,
            wire_lengths=wire,
            times_ns=heard.t_us * 1000,
        )

    def _receive(self, rows: AirRows, *, start_ns: int, rng: np.random.Generator) -> FrameRows:
        level = self._levels_dbm(start_ns)[rows.sender] + rng.normal(0, FADING_DB, len(rows.t_us))
        lost = BASE_LOSS + (1 - BASE_LOSS) / (1 + np.exp((level - SENSITIVITY_DBM) / SLOPE_DB))
        draw = rng.random(len(lost))
        keep = (draw >= lost * BROKEN_SHARE) if len(lost) else np.empty(0, bool)
        bad = keep & (draw < lost)
        missed = bad & (rng.random(len(lost)) > BROKEN_SHARE)
        keep &= ~missed
        return FrameRows(
            t_us=rows.t_us[keep],
            template=rows.template[keep],
            length=rows.length[keep],
            seq=rows.seq[keep],
            retry=rows.retry[keep],
            rate_500kbps=rows.rate_500kbps[keep],
            rssi_dbm=np.clip(np.round(level[keep]), -110, -5).astype(np.int64),
            bad_fcs=bad[keep],
        )

    def _levels_dbm(self, t_ns: int) -> NDArray[np.float64]:
        return np.array(
            [
                power - LOSS_1M_DB - 10 * EXPONENT * np.log10(self._scene.distance_m(thing, t_ns))
                for thing, power in self._air.senders
            ]
        )


def open_monitor(*, target: str, config: HwConfig, clock: Clock) -> SimRadio:
    """Open the adapter of a scene."""
    return SimRadio(scene=load_scene(target), clock=clock, snap_length=config.monitor.snap_length)
