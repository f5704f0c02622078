"""Warmer and colder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.kit import open_device
from tests.wifiscan.recordings import batch_of, beacon, radiotap
from tests.wifiscan.stand_ins import ScriptedRadio
from wifiscan.config import WifiConfig
from wifiscan.homing import Homing, HomingScan

MAC = "34:12:98:00:00:01"


def walk(levels, *, noise_db: float = 3.0, seed: int = 1) -> list[str]:
    """Feed one level a second, ten frames each, and return the trends."""
    rng = np.random.default_rng(seed)
    homing, trends = Homing(MAC), []
    for second, level in enumerate(levels):
        for tenth in range(10):
            t_ns = second * 10**9 + tenth * 10**8
            homing.add(t_ns, [level + rng.normal(0, noise_db)])
            trends.append(homing.reading(t_ns).trend)
    return trends


def test_walking_closer_is_warmer_and_never_colder():
    trends = walk(np.linspace(-80, -40, 30))
    assert "warmer" in trends
    assert "colder" not in trends


def test_walking_away_is_colder_and_never_warmer():
    trends = walk(np.linspace(-40, -80, 30))
    assert "colder" in trends
    assert "warmer" not in trends


@pytest.mark.parametrize("seed", range(10))
def test_standing_still_is_no_news(seed):
    assert set(walk([-60] * 40, seed=seed)) <= {"searching", "steady"}


def test_who_stops_after_coming_closer_no_longer_gets_warmer():
    trends = walk([*np.linspace(-80, -50, 15), *[-50] * 20])
    assert "warmer" in trends
    assert trends[-1] == "steady"


def test_deep_fades_change_nothing():
    rng = np.random.default_rng(3)
    homing = Homing(MAC)
    for n in range(300):
        homing.add(n * 10**8, [-85.0 if rng.random() < 0.3 else -55.0])
    assert homing.reading(30 * 10**9).trend == "steady"
    assert homing.reading(30 * 10**9).level_dbm == pytest.approx(-55, abs=1)


def test_silence_is_lost_and_silent():
    homing = Homing(MAC)
    for second in range(4):
        homing.add(second * 10**9, [-50.0])
    homing.add(20 * 10**9, [])
    reading = homing.reading(20 * 10**9)
    assert (reading.trend, reading.bar, reading.beep_hz) == ("lost", 0.0, None)


def test_the_beep_rises_with_the_bar():
    pitches = []
    for level in (-85.0, -60.0, -35.0):
        homing = Homing(MAC)
        for second in range(4):
            homing.add(second * 10**9, [level])
        reading = homing.reading(3 * 10**9)
        assert 0.0 <= reading.bar <= 1.0
        pitches.append(reading.beep_hz)
    assert pitches == sorted(pitches)
    assert None not in pitches


def test_the_scan_searches_and_then_stays():
    frame = radiotap(dbm=-47) + beacon(bssid=MAC, ssid=b"net")
    other = radiotap(dbm=-30) + beacon(bssid="34:12:98:00:00:99", ssid=b"no")

    def heard(frames, mhz, second):
        batch = batch_of(frames, until_ns=(second + 1) * 10**9)
        return replace(batch, channel_hz=mhz * 1e6)

    plan = [heard([other], 2412, 0), heard([frame], 2437, 1), *(heard([frame], 2437, n) for n in range(2, 6))]
    radio = ScriptedRadio(plan, channels_hz=(2412e6, 2437e6, 2462e6))
    scan = HomingScan(radio=radio, clock=ManualClock(), config=WifiConfig(), mac=MAC)
    readings = [scan.step() for _ in plan]
    assert readings[0].trend == "searching"
    assert readings[-1].level_dbm == pytest.approx(-47)
    assert set(radio.tuned[2:]) == {2437e6}
    scan.close()
    assert radio.closed == 1


def test_a_simulated_camera_is_homed_in_on():
    clock = ManualClock()
    radio = open_device("monitor", spec="sim:wifi-camera", config=HwConfig(), clock=clock)
    scan = HomingScan(radio=radio, clock=clock, config=WifiConfig(), mac="30:7b:c9:42:1e:8a")
    readings = []
    while clock.now_ns() < 15e9:
        readings.append(scan.step())
    assert readings[-1].level_dbm is not None
    assert readings[-1].level_dbm > -60
    assert "searching" not in {r.trend for r in readings[-8:]}
