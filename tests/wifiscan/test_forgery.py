"""Clocks that go back and packet numbers that repeat are forged; restarts and new keys are not."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.wifiscan.recordings import batch_of, mac, radiotap
from wifiscan.dot11 import read_headers
from wifiscan.forgery import AGAIN_NS, UNNUMBERED, ReplayWatch, beacon_clock_us, packet_numbers, steps_back

AP, CAMERA = "34:12:98:00:00:01", "3c:22:fb:00:00:02"
MINUTE_US, SECOND = 60_000_000, 10**9


def protected(packet: int, sequence: int, *, ta: str = CAMERA, retry: bool = False, key: int = 0x20) -> bytes:
    number = packet.to_bytes(6, "little")
    ccmp = number[:2] + bytes((0, key)) + number[2:]
    head = bytes((0x88, 0x41 | 8 * retry, 0, 0)) + mac(AP) + mac(ta) + mac(AP)
    return radiotap() + head + struct.pack("<HH", sequence << 4, 0) + ccmp + bytes(40)


def replayed(frames, gap_ns):
    watch = ReplayWatch()
    for turn in range(2):
        begin = turn * gap_ns
        times = [begin + k for k in range(len(frames))]
        watch.look(read_headers(batch_of(frames, times_ns=times, t_ns=begin)))
    return watch.replayed


def test_packet_numbers_as_they_stand_in_the_frame():
    frames = [protected(0x1234_5678_9ABC, 7), protected(5, 8, key=0), radiotap() + bytes(24)]
    h = read_headers(batch_of(frames[:2]))
    assert packet_numbers(h, np.arange(2)).tolist() == [0x1234_5678_9ABC, UNNUMBERED]
    cut = read_headers(batch_of([frames[0][:-44]], wire=[len(frames[0])]))
    assert packet_numbers(cut, np.arange(1)).tolist() == [UNNUMBERED]


def test_frames_that_were_heard_before():
    frames = [protected(k, k % 4096) for k in range(300)]
    assert replayed(frames, AGAIN_NS + SECOND) == 300
    assert replayed(frames, AGAIN_NS // 2) == 0  # a second adapter hears the same frames


@pytest.mark.parametrize("per_batch", [1, 2, 500])
def test_an_adapter_that_writes_one_packet_number_into_every_frame(per_batch):
    watch = ReplayWatch()
    for begin in range(0, 9000, per_batch):  # the sequence comes round twice
        numbers = range(begin, begin + per_batch)
        frames = [protected(7, k % 4096) for k in numbers]
        times = [k * SECOND // 500 for k in numbers]
        watch.look(read_headers(batch_of(frames, times_ns=times, t_ns=times[0])))
    assert watch.replayed == 0


def test_what_is_no_replay():
    again = [protected(k, k, retry=True) for k in range(100)]
    assert replayed(again, 10 * SECOND) == 0
    watch = ReplayWatch()
    for key in range(3):  # a new key begins its packet numbers anew, the sequence goes on
        frames = [protected(k, (k + 777 * key) % 4096) for k in range(500)]
        watch.look(read_headers(batch_of(frames, times_ns=[key * 60 * SECOND + k for k in range(500)])))
    assert watch.replayed == 0
    watch.look(read_headers(batch_of([protected(1, 1, ta="3c:22:fb:00:00:99")], times_ns=[400 * SECOND])))
    assert watch.replayed == 0


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        ([1, 2, 3], 0),
        ([10 * MINUTE_US, 1, 10 * MINUTE_US + 5, 2], 2),
        ([MINUTE_US + 5, 10], 0),  # no further back than an adapter may hand a frame over late
        ([2**64 - 5, 3], 1),
    ],
)
def test_steps_back_of_one_network(clocks, expected):
    latest = np.zeros(4, np.uint64)
    back = steps_back(np.full(len(clocks), 2), np.array(clocks, np.uint64), latest)
    assert back.tolist() == [0, 0, expected, 0]
    assert latest[2] == clocks[-1]


def test_steps_back_are_counted_network_by_network_and_from_batch_to_batch():
    latest = np.zeros(2, np.uint64)
    rows = np.array([0, 1, 0, 1])
    hour = 60 * MINUTE_US
    assert steps_back(rows, np.array([9 * hour, 1, 9 * hour + 1, 2], np.uint64), latest).tolist() == [0, 0]
    assert steps_back(np.array([0, 1]), np.array([5, 3], np.uint64), latest).tolist() == [1, 0]


def test_the_clock_of_a_beacon():
    head = b"\x80\0\0\0" + b"\xff" * 6 + mac(AP) * 2 + b"\0\0"
    body = struct.pack("<QHH", 123_456_789_012, 100, 0)
    h = read_headers(batch_of([radiotap() + head + body]))
    assert beacon_clock_us(h, np.arange(1)).tolist() == [123_456_789_012]
