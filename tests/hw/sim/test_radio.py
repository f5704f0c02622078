"""The simulated Wi-Fi adapter, read back by Scapy: nothing of the detectors is used here."""

from __future__ import annotations

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, MonitorConfig
from hw.errors import BadKit, DeviceLost
from hw.kit import open_device
from hw.protocols import MonitorRadio
from hw.types import Dot11Batch


def open_radio(target: str = "wifi-camera", *, snap: int = 400) -> tuple[MonitorRadio, ManualClock]:
    clock = ManualClock()
    config = HwConfig(monitor=MonitorConfig(snap_length=snap))
    radio = open_device("monitor", spec=f"sim:{target}", config=config, clock=clock)
    assert isinstance(radio, MonitorRadio)
    return radio, clock


def read_channel(
    mhz: int, *, seconds: float = 1.0, target: str = "wifi-camera", snap: int = 400
) -> Dot11Batch:
    radio, _ = open_radio(target, snap=snap)
    radio.set_channel(center_hz=mhz * 1e6)
    return radio.read(duration_s=seconds)


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
