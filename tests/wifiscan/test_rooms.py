"""The simulated rooms through the whole sensor: the planted camera is found, the others are left alone."""

from __future__ import annotations

import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.kit import open_device
from wifiscan.config import BleScanConfig, WifiConfig
from wifiscan.model import Station
from wifiscan.scanner import BleScanner, WifiScanner


def scan(scene: str, *, seconds: float = 30.0) -> WifiScanner:
    clock = ManualClock()
    radio = open_device("monitor", spec=f"sim:{scene}", config=HwConfig(), clock=clock)
    scanner = WifiScanner(radio=radio, clock=clock, config=WifiConfig())
    while clock.now_ns() < seconds * 1e9:
        scanner.step()
    return scanner


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_streaming_camera_is_found(seed):
    found = {o.mac: o for o in scan(f"wifi-camera?seed={seed}").observations() if isinstance(o, Station)}
    camera = found.pop("30:7b:c9:42:1e:8a")
    assert camera.streaming_score is not None
    assert camera.streaming_score > 0.9
    assert camera.activity == "camera-stream"
    assert camera.features["frame_rate_hz"] == pytest.approx(20.0, abs=0.5)
    assert camera.features["keyframe_s"] == pytest.approx(2.0, abs=0.2)
    assert max(s.score for s in found.values()) < 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_the_idle_camera_is_known_by_its_name(seed):
    scanner = scan(f"wifi-camera-idle?seed={seed}")
    likely = [o for o in scanner.observations() if o.score > 0.9]
    assert {getattr(o, "bssid", None) for o in likely} == {"84:ea:97:31:7f:02"}


@pytest.mark.parametrize("scene", ["empty-room", "tv-and-router", "meet-call"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rooms_without_a_camera_stay_quiet(scene, seed):
    scanner = scan(f"{scene}?seed={seed}")
    assert len(scanner.observations()) >= 6
    assert max(o.score for o in scanner.observations()) < 0.5


def test_the_same_room_gives_the_same_observations():
    first, second = (scan("wifi-camera", seconds=12).observations() for _ in range(2))
    assert first == second


def test_advertisers_of_a_room_are_listed_and_harmless():
    clock = ManualClock()
    radio = open_device("ble", spec="sim:empty-room", config=HwConfig(), clock=clock)
    scanner = BleScanner(radio=radio, clock=clock, config=BleScanConfig())
    while clock.now_ns() < 20e9:
        scanner.step()
    found = {d.address: d for d in scanner.observations()}
    assert found["d4:8b:1f:66:02:9a"].benign == "tracker"
    assert found["8c:79:f5:3e:21:10"].name == "[TV] Samsung 7 Series"
    assert max(d.score for d in found.values()) < 0.2
    assert scanner.coverage().parts == {"adverts": 1.0}
