"""The simulated Wi-Fi adapter, read back by Scapy: nothing of the detectors is used here."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from scapy.layers.dot11 import Dot11, Dot11Beacon, Dot11FCS, RadioTap

from hw.clock import ManualClock
from hw.config import HwConfig, MonitorConfig
from hw.errors import BadKit, DeviceLost
from hw.kit import open_device
from hw.protocols import MonitorRadio
from hw.sim.scene import load_scene
from hw.sim.wifi_traffic import BEHAVIOURS, TrafficSpec, make_packets, packetise
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


def test_scapy_reads_what_is_rendered():
    batch = read_channel(2437)
    packets = [RadioTap(f) for f in frames(batch)[:400]]
    assert {p.ChannelFrequency for p in packets} == {2437}
    assert all(p.haslayer(Dot11) or p.haslayer(Dot11FCS) for p in packets)
    assert all(-110 <= p.dBm_AntSignal <= -5 for p in packets)
    assert CAMERA in {p.addr2 for p in packets}
    assert ROUTER in {p.addr2 for p in packets if p.haslayer(Dot11Beacon)}


def test_checksums_are_right_where_the_frame_was_received_well():
    batch = read_channel(2437, snap=4000, seconds=0.2)
    for frame, wire in zip(frames(batch), batch.wire_lengths.tolist(), strict=True):
        body = frame[24:]
        good = zlib.crc32(body[:-4]) == int.from_bytes(body[-4:], "little")
        assert good == (not RadioTap(frame).Flags & 0x40)
        assert len(frame) == wire


def test_long_frames_are_cut_at_the_snap_length_and_say_how_long_they_were():
    batch = read_channel(2437, snap=128)
    assert batch.lengths.max() == 128
    assert batch.wire_lengths.max() > 1000


def test_only_the_tuned_channel_is_heard():
    batch = read_channel(5180)
    assert len(batch.starts) == 0
    assert batch.until_ns - batch.t_ns == 1_000_000_000


def test_times_lie_within_the_read_and_in_order():
    radio, clock = open_radio()
    radio.set_channel(center_hz=2437e6)
    end = clock.now_ns()
    for _ in range(3):
        batch = radio.read(duration_s=0.3)
        assert batch.t_ns == end
        end = batch.until_ns
        assert (np.diff(batch.times_ns) >= 0).all()
        assert batch.t_ns - 1000 <= batch.times_ns.min()
        assert batch.times_ns.max() < batch.until_ns


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others():
    assert bytes(read_channel(2437).buffer) == bytes(read_channel(2437).buffer)
    assert bytes(read_channel(2437).buffer) != bytes(read_channel(2437, target="wifi-camera?seed=9").buffer)


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


def test_a_pulled_plug_is_a_lost_device():
    radio, clock = open_radio("wifi-camera?unplug=wifi@2")
    clock.sleep_until(3_000_000_000)
    with pytest.raises(DeviceLost):
        radio.read(duration_s=0.1)
    with pytest.raises(DeviceLost):
        radio.set_channel(center_hz=2412e6)


def test_a_channel_that_does_not_exist_is_refused():
    radio, _ = open_radio()
    with pytest.raises(BadKit):
        radio.set_channel(center_hz=2400e6)


@pytest.mark.parametrize("behaviour", sorted(BEHAVIOURS))
def test_every_behaviour_gives_packets_in_order_and_in_time(behaviour):
    packets = make_packets(behaviour, rng=np.random.default_rng(2), duration_s=20, spec=TrafficSpec())
    assert (np.diff(packets.t_us) >= 0).all()
    assert ((packets.t_us >= 0) & (packets.t_us < 20_000_000)).all()
    assert ((packets.size_bytes > 0) & (packets.size_bytes <= 1500)).all()


def test_a_queue_sends_in_order_and_no_faster_than_the_link():
    t = np.array([0, 10, 1_000_000])
    depart, size = packetise(t, np.array([5000, 5000, 100]), mtu=1000, link_bps=8e6)
    assert (np.diff(depart) > 0).all()
    assert size.sum() == 5000 + 5000 + 100 + 28 * len(size)
    assert depart[9] - depart[0] >= 9 * 1000
    assert depart[10] >= 1_000_000
