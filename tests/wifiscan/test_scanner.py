"""The front door: plan, coverage, counts, ends, and links that cannot be decoded."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, EndOfRecording
from hw.kit import open_device
from hw.protocols import MonitorRadio
from hw.types import Dot11Batch
from tests.wifiscan.recordings import batch_of, beacon, data_frame, mac, radiotap
from tests.wifiscan.stand_ins import ScriptedRadio, access_points, scan_batches, stations
from wifiscan.config import WifiConfig
from wifiscan.hopper import ChannelState, Hopper, coverage_shares
from wifiscan.scanner import WifiScanner

CONFIG = WifiConfig()
CHANNELS = (2412e6, 2437e6, 2462e6, 5180e6)
AP, CLIENT = "34:12:98:00:00:01", "3c:22:fb:00:00:02"


def at(batch: Dot11Batch, *, mhz: int, second: float, seconds: float = 1.0) -> Dot11Batch:
    begin, until = round(second * 1e9), round((second + seconds) * 1e9)
    return replace(batch, channel_hz=mhz * 1e6, t_ns=begin, until_ns=until, times_ns=begin + batch.times_ns)


def hello(mhz: int = 2437) -> bytes:
    return radiotap(mhz=mhz) + beacon(bssid=AP, ssid=b"net")


def test_the_survey_visits_every_channel_before_anything_else():
    hopper = Hopper(CHANNELS, CONFIG)
    visited = [hopper.plan({}).center_hz for _ in CHANNELS]
    assert sorted(visited) == sorted(CHANNELS)


def test_a_suspicious_channel_is_held_and_then_left_again():
    hopper = Hopper(CHANNELS, CONFIG)
    states = {2437: ChannelState(heard_us=250_000, suspicion=3.0)}
    for _ in CHANNELS:
        hopper.plan(states)
    held = 0
    while held < 100:
        dwell = hopper.plan(states)
        if dwell.center_hz != 2437e6:
            break
        held += 1
        heard = states[2437].heard_us + round(dwell.duration_s * 1e6)
        states[2437] = ChannelState(heard_us=heard, suspicion=3.0)
    assert held * CONFIG.lock_dwell_s == pytest.approx(CONFIG.lock_s, abs=1.0)


def test_a_channel_on_which_all_is_settled_is_left_early():
    hopper = Hopper(CHANNELS, CONFIG)
    states = {2437: ChannelState(heard_us=250_000, suspicion=3.0)}
    for _ in CHANNELS:
        hopper.plan(states)
    assert hopper.plan(states).center_hz == 2437e6
    states[2437] = ChannelState(heard_us=round(CONFIG.judge_after_s * 1e6) + 250_000, suspicion=0.0)
    assert hopper.plan(states).duration_s == CONFIG.survey_dwell_s


def test_a_radio_that_cannot_be_tuned_is_just_read():
    assert Hopper((), CONFIG).plan({}).center_hz is None


def test_of_two_suspicious_channels_the_one_less_heard_comes_next():
    hopper = Hopper(CHANNELS, CONFIG)
    states = {
        2412: ChannelState(heard_us=11_000_000, suspicion=3.0),
        2437: ChannelState(heard_us=250_000, suspicion=2.0),
    }
    for _ in CHANNELS:
        hopper.plan(states)
    assert hopper.plan(states).center_hz == 2437e6


def test_of_many_busy_channels_the_one_that_carries_most_goes_first_and_none_is_held_for_long():
    channels = tuple(2412e6 + 5e6 * k for k in range(12))
    hopper = Hopper(channels, CONFIG)
    heard = {round(c / 1e6): 250_000 for c in channels}
    held = dict.fromkeys(heard, 0.0)
    time_s, first = 0.0, None
    while time_s < 120:
        states = {
            mhz: ChannelState(heard_us=us, suspicion=3.0, unjudged=True, rate_bps=1e6 if mhz == 2437 else 1e5)
            for mhz, us in heard.items()
        }
        dwell = hopper.plan(states)
        mhz = round(dwell.center_hz / 1e6)
        if dwell.duration_s == CONFIG.lock_dwell_s:
            first = first or mhz
        held[mhz] += dwell.duration_s
        heard[mhz] += round(dwell.duration_s * 1e6)
        time_s += dwell.duration_s
    assert first == 2437
    assert min(held.values()) > 120 / 12 / 2.5
    assert max(held.values()) < 2.5 * 120 / 12


def test_where_many_wait_two_are_judged_between_two_surveys():
    """A survey of 22 channels costs as much as a judgement: five busy channels must fit into a minute."""
    channels = tuple(2e6 * n + 2.4e9 for n in range(22))
    hopper, heard_us = Hopper(channels, CONFIG), dict.fromkeys((round(hz / 1e6) for hz in channels), 0)
    busy, listened_us, visits = set(list(heard_us)[3::4]), 0, 0
    while any(heard_us[mhz] < CONFIG.judge_after_s * 1e6 for mhz in busy):
        waits = {mhz: mhz in busy and us < CONFIG.judge_after_s * 1e6 for mhz, us in heard_us.items()}
        states = {
            mhz: ChannelState(heard_us=us, suspicion=3.0 * waits[mhz], unjudged=waits[mhz], rate_bps=mhz)
            for mhz, us in heard_us.items()
            if us
        }
        dwell = hopper.plan(states)
        heard_us[round(dwell.center_hz / 1e6)] += round(dwell.duration_s * 1e6)
        listened_us += round(dwell.duration_s * 1e6)
        visits += dwell.duration_s == CONFIG.survey_dwell_s
    assert listened_us <= 55e6
    assert visits >= 2 * len(channels)
    assert min(heard_us.values()) >= 2 * CONFIG.survey_dwell_s * 1e6


def test_coverage_grows_with_time_heard_and_needs_a_lock_where_somebody_sends():
    def shares(heard, unjudged, unreadable=0.0):
        return coverage_shares(heard, unjudged, (2412, 2437), CONFIG, unreadable_share=unreadable)

    assert shares({}, {}) == (0.0, 0.0)
    quick = shares({2412: 750_000, 2437: 750_000}, {})
    assert quick[0] == 1.0
    busy = shares({2412: 750_000, 2437: 750_000}, {2437: True})
    assert 0.4 < busy[0] < 0.5  # a strong sender that nobody has judged yet costs more than its channel
    long = shares({2412: 9_000_000, 2437: 9_000_000}, {2437: True})
    assert long == (1.0, 1.0)
    assert quick[1] < long[1]
    assert shares({2412: 9_000_000, 2437: 9_000_000}, {}, 0.25)[0] == 0.75


def test_nothing_heard_is_no_coverage():
    empty = at(batch_of([]), mhz=2437, second=0, seconds=30)
    scanner = scan_batches([empty])
    assert scanner.coverage().share == 0.0
    assert scanner.coverage().reasons == ("wifi_heard_nothing",)


def test_the_end_of_a_recording_comes_after_its_last_news_and_again():
    radio = ScriptedRadio([batch_of([hello()])])
    scanner = WifiScanner(radio=radio, clock=ManualClock(), config=CONFIG)
    assert len(scanner.step()) == 2
    for _ in range(2):
        with pytest.raises(EndOfRecording):
            scanner.step()
    assert len(scanner.observations()) == 2
    scanner.close()
    scanner.close()


def test_step_returns_what_changed_alone():
    other = radiotap() + data_frame(ra=AP, ta=CLIENT, a3=AP, ways=1)
    radio = ScriptedRadio([batch_of([hello()]), batch_of([other])])
    scanner = WifiScanner(radio=radio, clock=ManualClock(), config=CONFIG)
    scanner.step()
    assert [s.mac for s in scanner.step()] == [CLIENT]


def test_links_that_cannot_be_decoded_lower_coverage_and_are_named():
    ack = radiotap() + struct.pack("<BBH", 0xD4, 0, 0) + mac(CLIENT)
    other = radiotap() + data_frame(ra=AP, ta="02:00:00:00:00:09", a3=AP, ways=1)
    readable = [at(batch_of([hello(), other] * 3), mhz=2437, second=n) for n in range(10)]
    hidden = [at(batch_of([hello(), other] * 3 + [ack] * 20), mhz=2437, second=n) for n in range(10)]
    clear, blind = (scan_batches(b) for b in (readable, hidden))
    assert clear.unreadable() == ()
    (found,) = blind.unreadable()
    assert (found.mac, found.answers) == (int(CLIENT.replace(":", ""), 16), 200)
    assert blind.coverage().parts["streaming"] < 0.1 < clear.coverage().parts["streaming"]
    assert "wifi_unreadable_links" in blind.coverage().reasons


def test_acknowledged_devices_that_are_decoded_are_not_unreadable():
    ack = radiotap() + struct.pack("<BBH", 0xD4, 0, 0) + mac(CLIENT)
    data = [radiotap() + data_frame(ra=AP, ta=CLIENT, a3=AP, ways=1, seq=n) for n in range(20)]
    scanner = scan_batches([batch_of([hello(), *data, *[ack] * 100])])
    assert scanner.unreadable() == ()


def test_lost_frames_are_counted():
    scanner = scan_batches([replace(batch_of([hello()]), lost=7)])
    assert scanner.counts().dropped == {"lost_by_adapter": 7}


def test_a_lost_adapter_is_not_hidden():
    clock = ManualClock()
    radio = open_device("monitor", spec="sim:empty-room?unplug=wifi@1", config=HwConfig(), clock=clock)
    assert isinstance(radio, MonitorRadio)
    scanner = WifiScanner(radio=radio, clock=clock, config=CONFIG)
    while clock.now_ns() < 1e9:
        scanner.step()
    with pytest.raises(DeviceLost):
        scanner.step()


def test_names_from_the_air_are_capped_and_never_trusted():
    evil = b"\x1b[31m<script>\xff\xfe' OR 1=1--"
    frames = [radiotap() + beacon(bssid=AP, ssid=evil), radiotap() + beacon(bssid=CLIENT, ssid=b"\0" * 32)]
    found = access_points(scan_batches([batch_of(frames)]))
    assert found[AP].ssid is not None
    assert len(found[AP].ssid) <= 32
    assert found[CLIENT].ssid is None


def test_the_camera_that_is_itself_the_access_point():
    """It beacons plainly, and sends its pictures to its one client."""
    rng = np.random.default_rng(5)
    seconds, frames, times, wire = 20, [], [], []
    for n in range(seconds * 25):
        count = 24 if n % 50 == 0 else 5
        for k in range(count):
            last = k == count - 1
            head = data_frame(ra=CLIENT, ta=AP, a3=AP, ways=2, payload=60, seq=len(frames) % 4096)
            frames.append(radiotap() + head)
            wire.append(16 + 24 + (int(rng.integers(200, 1300)) if last else 1400))
            times.append(n * 40_000_000 + k * 600_000)
    order = np.argsort(times, kind="stable")
    batch = batch_of(
        [hello()] + [frames[i] for i in order],
        times_ns=[0] + [times[i] for i in order],
        wire=[len(hello())] + [wire[i] for i in order],
        until_ns=seconds * 1_000_000_000,
    )
    camera = stations(scan_batches([batch]))[AP]
    assert camera.activity == "camera-stream"
    assert camera.streaming_score is not None
    assert camera.streaming_score > 0.98
    assert camera.features["frame_rate_hz"] == pytest.approx(25, abs=0.1)


def test_a_router_that_passes_the_same_pictures_on_is_no_camera():
    seconds, frames, times = 20, [], []
    for n in range(seconds * 25):
        for k in range(5):
            frames.append(
                radiotap()
                + data_frame(
                    ra=CLIENT, ta=AP, a3="00:11:22:33:44:55", ways=2, payload=1400, seq=len(frames) % 4096
                )
            )
            times.append(n * 40_000_000 + k * 600_000)
    batch = batch_of([hello(), *frames], times_ns=[0, *times], until_ns=seconds * 1_000_000_000)
    router = stations(scan_batches([batch]))[AP]
    assert router.activity == "relay"
    assert router.score < 0.1


@pytest.mark.parametrize(("seconds", "unsettled"), [(3, True), (9, False)])
def test_a_strong_sender_that_was_not_heard_for_long_enough_is_said(seconds: int, unsettled: bool) -> None:
    """Such a sender may be the camera: until it is judged nobody may say that nothing was found."""
    batches = []
    for second in range(seconds):
        sent = [
            radiotap() + data_frame(ra=AP, ta=CLIENT, a3=AP, ways=1, seq=n, payload=1400) for n in range(40)
        ]
        batches.append(at(batch_of([hello(), *sent]), mhz=2437, second=second))
    coverage = scan_batches(batches, channels_mhz=(2412, 2437)).coverage()
    assert ("wifi_unsettled" in coverage.reasons) is unsettled
