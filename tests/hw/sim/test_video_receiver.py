"""The simulated module: a level that stands out at the sender, its picture, snow elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, DeviceMissing, FrequencyRefused
from hw.protocols import VideoReceiver
from hw.sim.video_receiver import SimVideoReceiver, open_video_receiver

SCENES = Path(__file__).parents[3] / "hw/sim/scenes"


def scene(folder: Path) -> str:
    text = (
        (SCENES / "analog-2g4-camera.toml")
        .read_text(encoding="utf-8")
        .replace("2432000000.0", "5805000000.0")
    )
    (folder / "room.toml").write_text(text, encoding="utf-8")
    return f"{folder / 'room.toml'}?also=video_receiver"


def opened(target: str, clock: ManualClock | None = None) -> SimVideoReceiver:
    return open_video_receiver(target=target, config=HwConfig(), clock=clock or ManualClock())


def test_the_sender_stands_out_and_shows_its_picture(tmp_path: Path) -> None:
    clock = ManualClock()
    module = opened(scene(tmp_path), clock)
    assert isinstance(module, VideoReceiver)
    on, off = module.read_level(center_hz=5805e6), module.read_level(center_hz=5665e6)
    assert clock.now_ns() == 70_000_000
    assert on.volts > off.volts + 0.2
    assert off.volts == pytest.approx(0.5, abs=0.03)
    grabs = [module.grab(center_hz=hz, count=3).pictures for hz in (5805e6, 5665e6)]
    likeness = [float(np.corrcoef(p[0].ravel(), p[1].ravel())[0, 1]) for p in grabs]
    assert likeness[0] > 0.9
    assert abs(likeness[1]) < 0.1


def test_beyond_its_reach_it_refuses_and_without_one_it_is_missing(tmp_path: Path) -> None:
    target = scene(tmp_path)
    with pytest.raises(FrequencyRefused):
        opened(target).read_level(center_hz=2432e6)
    with pytest.raises(DeviceMissing):
        opened("empty-room")
    clock = ManualClock()
    module = opened(f"{target}&unplug=rf@1", clock)
    clock.sleep_until(2_000_000_000)
    with pytest.raises(DeviceLost):
        module.read_level(center_hz=5805e6)
    assert module.health().ok
    assert module.reach_hz()[0][0] < 5.4e9
    assert module.has_picture()
