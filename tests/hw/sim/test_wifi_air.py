"""The air of a simulated room: one schedule, levels by distance."""

from __future__ import annotations

import numpy as np

from hw.clock import ManualClock
from hw.config import HwConfig, MonitorConfig
from hw.kit import open_device
from hw.protocols import MonitorRadio
from hw.sim.scene import load_scene
from hw.types import Dot11Batch

CAMERA, ROUTER = "30:7b:c9:42:1e:8a", "34:12:98:0a:11:01"


def open_radio(target: str = "wifi-camera", *, snap: int = 400) -> tuple[MonitorRadio, ManualClock]:
    clock = ManualClock()
    config = HwConfig(monitor=MonitorConfig(snap_length=snap))
    radio = open_device("monitor", spec=f"sim:{target}", config=config, clock=clock)
    assert isinstance(radio, MonitorRadio)
    return radio, clock


def frames(batch: Dot11Batch) -> list[bytes]:
    raw = bytes(batch.buffer)
    return [raw[s : s + n] for s, n in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True)]


def read_channel(
    mhz: int, *, seconds: float = 1.0, target: str = "wifi-camera", snap: int = 400
) -> Dot11Batch:
    radio, _ = open_radio(target, snap=snap)
    radio.set_channel(center_hz=mhz * 1e6)
    return radio.read(duration_s=seconds)


def test_the_schedule_does_not_depend_on_how_it_is_read():
    whole = read_channel(2437, seconds=1.0)
    radio, _ = open_radio()
    radio.set_channel(center_hz=2437e6)
    parts = [radio.read(duration_s=0.25) for _ in range(4)]
    heard = {int(t) for p in parts for t in p.times_ns}
    common = len(heard.intersection(whole.times_ns.tolist()))
    assert common > 0.85 * len(whole.times_ns)  # the sniffer's losses differ, what is on the air does not


def test_the_level_follows_the_distance():
    scene = load_scene("wifi-camera")
    camera = next(t for t in scene.things if t.wifi is not None and t.wifi.mac == CAMERA)
    radio, _ = open_radio()
    radio.set_channel(center_hz=2437e6)
    sender, distances, levels = bytes.fromhex(CAMERA.replace(":", "")), [], []
    for _ in range(20):
        batch = radio.read(duration_s=1.0)
        mine = [f[22] - 256 for f in frames(batch) if f[34:40] == sender]  # level; address 2 behind radiotap
        distances.append(scene.distance_m(camera, batch.t_ns))
        levels.append(float(np.mean(mine)))
    assert np.corrcoef(np.log10(distances), levels)[0, 1] < -0.8
