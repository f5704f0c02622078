"""Rendered 802.11 frames are what a capture holds."""

from __future__ import annotations

import zlib

from scapy.layers.dot11 import Dot11, Dot11Beacon, Dot11FCS, RadioTap

from hw.clock import ManualClock
from hw.config import HwConfig, MonitorConfig
from hw.kit import open_device
from hw.protocols import MonitorRadio
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
