"""How much was listened to: proved by frames, for adapters that are tuned and for files from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from tests.wifiscan.recordings import batch_of, beacon, data_frame, radiotap
from tests.wifiscan.stand_ins import scan_batches
from wifiscan.dot11 import read_headers
from wifiscan.listening import Listening

AP, CLIENT = "34:12:98:00:00:01", "02:00:00:00:00:09"
SECOND = 10**9
BEACON = radiotap() + beacon(bssid=AP, ssid=b"net")
DATA = radiotap() + data_frame(ra=AP, ta=CLIENT, a3=AP, ways=1)
EAPOL = radiotap() + data_frame(ra=AP, ta=CLIENT, a3=AP, ways=1, payload=121)


def recording(frames, times_s):
    """A file from elsewhere: every frame a batch that claims the silence before it."""
    before, batches = 0, []
    for frame, t in zip(frames, times_s, strict=True):
        t_ns = round(t * SECOND)
        batches.append(batch_of([frame], times_ns=[t_ns], t_ns=before, until_ns=t_ns + 1))
        before = t_ns + 1
    return scan_batches(batches).coverage()


@pytest.mark.parametrize(
    "times_s",
    [
        [0.0],
        [0, 3600],
        [k * 1577.0 for k in range(60)],
        [k * 900 + j * 0.01 for k in range(20) for j in range(4)],
    ],
    ids=["one", "an hour apart", "59 in a day", "handshakes"],
)
def test_silence_between_kept_frames_is_not_listening(times_s):
    coverage = recording([BEACON if k % 4 else EAPOL for k in range(len(times_s))], times_s)
    assert coverage.parts["streaming"] < 0.15
    assert coverage.parts["idle"] < 0.75
    assert coverage.share < 0.4


def test_beacons_and_data_for_long_enough_are():
    times = [k * 0.1 for k in range(120)]
    coverage = recording([BEACON if k % 2 else DATA for k in range(120)], times)
    assert coverage.parts == {"streaming": 1.0, "idle": 1.0}


def test_announcements_alone_say_nothing_of_streams():
    coverage = recording([BEACON] * 120, [k * 0.1 for k in range(120)])
    assert coverage.parts["streaming"] == 0.0
    assert "wifi_no_data_heard" in coverage.reasons


def test_a_file_without_beacons_was_filtered():
    coverage = recording([DATA] * 300, [k * 0.05 for k in range(300)])
    assert coverage.parts["idle"] == 0.0
    assert "wifi_filtered" in coverage.reasons


def survey(heard, *, rounds):
    """Thirteen channels in turn; ``heard(round, channel)`` are the frames of a dwell."""
    channels = range(2412, 2473, 5)
    batches, t_ns, dwell = [], 0, SECOND // 4
    for k in range(rounds):
        for mhz in channels:
            frames = heard(k, mhz)
            times = [t_ns + j for j in range(len(frames))]
            options = {"times_ns": times, "t_ns": t_ns, "until_ns": t_ns + dwell, "channel_hz": mhz * 1e6}
            batches.append(batch_of(frames, **options))
            t_ns += dwell
    return scan_batches(batches, channels_mhz=tuple(channels)).coverage()


def test_quiet_channels_count_while_the_adapter_hears_something():
    coverage = survey(lambda _k, mhz: [BEACON, DATA] if mhz == 2437 else [], rounds=5)
    assert coverage.parts["streaming"] > 0.8


@pytest.mark.parametrize("good_rounds", [0, 1, 3])
def test_a_deaf_adapter_covers_no_more_than_it_heard(good_rounds):
    def fades(k, mhz):
        return [BEACON, DATA] if mhz == 2412 and (k < good_rounds or (k, mhz) == (0, 2412)) else []

    deaf = survey(fades, rounds=20)
    works = survey(lambda _k, mhz: [BEACON, DATA] if mhz == 2412 else [], rounds=20)
    assert deaf.share < 0.5 * works.share or good_rounds == 3
    assert deaf.share < works.share
    assert "wifi_deaf" in deaf.reasons
    assert "wifi_deaf" not in works.reasons


def jammed(share_lost, *, seconds=40.0, seed=1):
    """A tuned adapter in a room with one access point, that loses a share of all frames."""
    rng, listening = np.random.default_rng(seed), Listening()
    channels, now_ns, dwell_ns = (2412, 2437, 2462), 0, SECOND // 4
    while now_ns < seconds * SECOND:
        mhz = channels[now_ns // dwell_ns % len(channels)]
        sent = [now_ns + k * 102_400_000 for k in range(3)] if mhz == 2437 else []
        kept = [t for t in sent if rng.random() >= share_lost]
        headers = read_headers(
            batch_of([BEACON] * len(kept), times_ns=kept, t_ns=now_ns, until_ns=now_ns + dwell_ns)
        )
        listening.tuned(headers, mhz=mhz, span_us=dwell_ns // 1000)
        now_ns += dwell_ns
    return listening


@pytest.mark.parametrize("seed", range(5))
def test_a_jammer_never_makes_the_listening_look_better(seed):
    heard = [sum(jammed(lost, seed=seed).heard_us().values()) for lost in (0.0, 0.5, 0.95, 0.99, 0.999)]
    assert heard == sorted(heard, reverse=True)
    assert heard[0] > 39_000_000
    assert max(heard[3:]) < 0.3 * heard[0]


def test_a_far_access_point_that_loses_most_beacons_costs_nothing():
    assert jammed(0.8).hearing == 1.0


@pytest.mark.parametrize(("share_lost", "good"), [(0.0, True), (0.4, True), (0.9, False), (0.99, False)])
def test_the_listening_is_good_while_no_more_is_lost_than_was_learned_from(share_lost, good):
    assert jammed(share_lost).is_good == good
    assert Listening().is_good


def test_stray_frames_of_a_stream_through_a_jammer_prove_no_silence():
    listening = jammed(1.0)
    stray = read_headers(batch_of([DATA] * 9, times_ns=[41 * SECOND + k for k in range(9)], t_ns=41 * SECOND))
    listening.tuned(stray, mhz=2437, span_us=250_000)
    assert sum(listening.heard_us().values()) == 0


def near(frames, *, seconds=20):
    """Ten seconds of a near access point on one channel, then a tail in which each dwell holds ``frames``."""
    listening, second_us = Listening(), 1_000_000
    for k in range(seconds):
        times = [k * SECOND + j * 102_400_000 for j in range(9)]
        heard = [BEACON] * 9 if k < 10 else frames
        batch = batch_of(
            heard, times_ns=times[: len(heard)], t_ns=k * SECOND, until_ns=(k + 1) * SECOND, channel_hz=2437e6
        )
        listening.tuned(read_headers(batch), mhz=2437, span_us=second_us)
    return listening


@pytest.mark.parametrize(
    ("frames", "heard_s"), [([BEACON] * 9, 20), ([BEACON, DATA], 20), ([DATA], 16), ([DATA] * 200, 16)]
)
def test_a_dwell_without_the_beacons_of_a_near_access_point_does_not_count(frames, heard_s):
    assert sum(near(frames).heard_us().values()) == pytest.approx(heard_s * 1e6, rel=0.1)


def test_a_channel_without_an_access_point_is_believed_as_far_as_the_others():
    deaf, hears = near([DATA]), near([BEACON] * 9)
    stray = read_headers(batch_of([DATA] * 3, times_ns=[21 * SECOND + k for k in range(3)], t_ns=21 * SECOND))
    for listening in (deaf, hears):
        listening.tuned(stray, mhz=2462, span_us=250_000)
    assert deaf.heard_us()[2462] == 0
    assert hears.heard_us()[2462] == 250_000
