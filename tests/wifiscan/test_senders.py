"""Two senders under one address: told apart by what they count, and the camera between them still found."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from hw.sim.wifi_traffic import TrafficSpec, make_packets
from tests.wifiscan.recordings import batch_of, mac, radiotap
from tests.wifiscan.stand_ins import scan_batches, stations
from wifiscan.dot11 import NO_QOS
from wifiscan.senders import STRAY, Senders

CAMERA, AP = "30:7b:c9:42:1e:8a", "34:12:98:0a:11:01"
SECOND = 10**9


def label(numbers, classes=None):
    numbers = np.array(numbers, np.int64) % 4096
    kinds = np.zeros(len(numbers), np.uint8) if classes is None else np.array(classes, np.uint8)
    return Senders().label((1, 2), numbers, kinds)


@pytest.mark.parametrize("lost", [0.0, 0.3, 0.9])
def test_one_counter_with_gaps_wraps_and_late_frames_is_one_sender(lost):
    rng = np.random.default_rng(1)
    numbers = np.flatnonzero(rng.random(20_000) >= lost)
    numbers[5::50] -= 3
    assert label(numbers) is None


def test_traffic_classes_count_for_themselves():
    numbers = np.arange(400) // 2 + np.where(np.arange(400) % 2, 2000, 0)
    assert label(numbers, np.where(np.arange(400) % 2, 5, 0)) is None


@pytest.mark.parametrize("forged", ["own counter", "random"])
def test_a_second_counter_is_another_sender(forged):
    rng = np.random.default_rng(2)
    own = np.arange(1000, 1040) if forged == "own counter" else rng.integers(0, 4096, 40)
    numbers = np.insert(np.arange(2000, 2400), np.arange(5, 405, 10), own)
    labels = label(numbers)
    true = np.insert(np.zeros(400, bool), np.arange(5, 405, 10), True)
    assert labels is not None
    first = labels[0]
    assert np.mean(labels[~true] == first) > 0.95
    assert np.mean(labels[true] == first) < 0.1
    assert forged == "own counter" or STRAY in labels


def test_frames_without_qos_are_not_of_a_sender_with():
    numbers = np.repeat(np.arange(40), 2)
    labels = label(numbers, np.where(np.arange(80) % 2, NO_QOS, 0))
    assert labels is not None
    assert set(labels[::2]).isdisjoint(labels[1::2])


def frame(ta, ra, *, ways, seq, size, qos=0, source=None):
    fc0, tail = (0x08, b"") if qos is None else (0x88, bytes((qos, 0)))
    head = struct.pack("<BBH", fc0, ways | 0x40, 0) + mac(ra) + mac(ta) + mac(source or AP)
    return radiotap() + head + struct.pack("<H", (seq % 4096) << 4) + tail + bytes(8), size


def camera_frames(seconds=30.0, seed=4):
    rng = np.random.default_rng(seed)
    spec = TrafficSpec(bitrate_bps=1.2e6, transport="rtp")
    packets = make_packets("camera-stream", rng=rng, duration_s=seconds, spec=spec)
    frames, seq = [], {True: 0, False: 900}
    columns = (packets.t_us.tolist(), packets.size_bytes.tolist(), packets.up.tolist())
    for t, size, up in zip(*columns, strict=True):
        seq[up] += 1
        ends = (CAMERA, AP, 1) if up else (AP, CAMERA, 2)
        frames.append((t * 1000, *frame(ends[0], ends[1], ways=ends[2], seq=seq[up], size=size)))
    return frames


def forged(rate_hz, *, ta=CAMERA, ra=AP, ways=1, qos=0, counts=True, source=None, size=1000, seconds=30.0):
    rng = np.random.default_rng(9)
    times = (np.arange(0, seconds, 1 / rate_hz) * SECOND).astype(np.int64)
    numbers = np.arange(len(times)) + 2500 if counts else rng.integers(0, 4096, len(times))
    sizes = rng.integers(60, 1400, len(times)) if size is None else np.full(len(times), size)
    options = {"ways": ways, "qos": qos, "source": source}
    return [
        (t, *frame(ta, ra, seq=n, size=s, **options))
        for t, n, s in zip(times.tolist(), numbers.tolist(), sizes.tolist(), strict=True)
    ]


def scan(frames, *, channel_hz=2437e6):
    frames, batches = sorted(frames, key=lambda f: f[0]), []
    for second in range(int(frames[-1][0] / SECOND) + 1):
        begin, until = second * SECOND, (second + 1) * SECOND
        now = [f for f in frames if begin <= f[0] < until]
        batches.append(
            batch_of(
                [f[1] for f in now],
                times_ns=[f[0] for f in now],
                wire=[len(f[1]) + f[2] for f in now],
                channel_hz=channel_hz,
                t_ns=begin,
                until_ns=until,
            )
        )
    return batches


ATTACKS = {
    "noise in its name, no counter": {"counts": False, "size": None},
    "noise in its name, own counter": {"size": None},
    "noise in its name, no QoS": {"qos": None, "size": None},
    "to the camera": {"ta": AP, "ra": CAMERA, "ways": 2, "size": 1400},
    "to the camera, no QoS": {"ta": AP, "ra": CAMERA, "ways": 2, "qos": None, "size": 1400},
    "as if it passed on": {"ways": 2, "source": "02:01:02:03:04:05", "qos": None, "size": 1400},
}


@pytest.mark.parametrize("rate_hz", [20, 60, 120])
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_camera_is_found_whoever_sends_in_its_name(attack, rate_hz):
    alone = stations(scan_batches(scan(camera_frames())))[CAMERA]
    assert alone.streaming_score is not None
    assert alone.streaming_score > 0.9
    found = stations(scan_batches(scan(camera_frames() + forged(rate_hz, **attack))))[CAMERA]
    assert found.streaming_score is not None
    assert found.streaming_score > 0.9
    assert found.activity == "camera-stream"


def test_one_frame_on_another_channel_pins_nothing():
    elsewhere = scan(forged(1, seconds=1.0), channel_hz=2462e6)
    home = scan(camera_frames())
    found = stations(scan_batches([*elsewhere, *home]))[CAMERA]
    assert found.streaming_score is not None
    assert found.streaming_score > 0.9
    assert (found.channel_mhz, found.bssid) == (2437, AP)
