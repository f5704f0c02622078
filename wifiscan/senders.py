"""Tells senders under one address apart by their sequence counters: each sender counts its own frames.

Every transmitter numbers its frames (IEEE 802.11-2020, 10.3.2.14.2): one counter a receiver and traffic
class, or one for all frames without QoS. Numbers of one sender only go up, with gaps where frames are
missed. A second sender in the same name has a counter of its own, or none: seen together, the numbers jump
back again and again. A station that sends QoS frames to a receiver sends it no data without QoS.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wifiscan.dot11 import NO_QOS

NUMBERS = 4096
REORDER = 64  # a number that is lower, or higher, by up to this may be of the same counter
LEAST_BACK = 4  # jumps back …
BACK_SHARE = 0.003  # … and of all frames, that no single counter makes
LEAST_MIXED = 5  # frames of each kind before QoS and none are two senders
MOST_COUNTERS = 4
STRIDE = 16  # numbers that one sender misses at once
PACKETS_BACK = 1000  # more than traffic classes overtake each other
STEPS_NS = 120_000_000_000  # in which steps back are counted
STRAY = -1  # belongs to no counter
MOST_KEPT = 1024  # pairs whose counters are remembered

Key = tuple[int, int]  # transmitter, receiver


@dataclass(slots=True)
class _Counter:
    last: int
    frames: int = 1
    leap: int = 0  # a number further ahead, believed once the next frame goes on from there

    def takes(self, number: int) -> bool:
        """Tell whether a frame goes on with this counter, and go on with it."""
        ahead = (number - self.last + REORDER) % NUMBERS - REORDER
        if ahead > REORDER:
            return False
        if ahead > STRIDE and not 0 <= (number - self.leap) % NUMBERS <= STRIDE:
            self.leap = number
        elif ahead > 0:
            self.last = number
        self.frames += 1
        return True


@dataclass(slots=True)
class _Pair:
    """The known senders from one address to another."""

    qos: int = 0
    plain: int = 0
    back: int = 0  # jumps back of the counters
    split: bool = False  # by counters, for good
    packet: int = 0  # number of the latest
    steps: int = 0  # of packet numbers back, since then
    since_ns: int = 0
    counters: list[_Counter] = field(default_factory=list)

    def resume(self, numbers: NDArray[np.int64]) -> None:
        """Set the most used counter to where a dwell goes on: what it counted meanwhile nobody heard."""
        if not self.counters or len(numbers) < 2:
            return
        first, second = int(numbers[0]), int(numbers[1])
        leader = max(self.counters, key=lambda c: c.frames)
        near = any((first - c.last + REORDER) % NUMBERS <= 2 * REORDER for c in self.counters)
        if not near and 0 <= (second - first) % NUMBERS <= STRIDE:
            leader.last = first


class Senders:
    """Labels the frames of a pair by sender: 0 where all are one sender's."""

    def __init__(self) -> None:
        self._pairs: dict[Key, _Pair] = {}
        self.packet_steps = 0  # most steps back of one pair's packet numbers within `STEPS_NS`
        self.conflicts: dict[Key, int] = {}  # frames that cannot be the same sender's as the others

    def label(
        self, key: Key, numbers: NDArray[np.int64], classes: NDArray[np.uint8]
    ) -> NDArray[np.int64] | None:
        """Return a label for each frame of one dwell, in order of time; None where there is one sender.

        Parameters
        ----------
        key : tuple of int
            Transmitter and receiver.
        numbers : ndarray of int64, shape (n,)
            Sequence numbers, 0…4095.
        classes : ndarray of uint8, shape (n,)
            Traffic class, `NO_QOS` without.

        Returns
        -------
        ndarray of int64, shape (n,), or None
            Labels from 1 for each sender, `STRAY` for frames that follow no counter.
        """
        pair = self._pair(key)
        plain = classes == NO_QOS
        pair.plain += int(np.count_nonzero(plain))
        pair.qos += int(np.count_nonzero(~plain))
        mixed = min(pair.plain, pair.qos) >= LEAST_MIXED
        pair.back += _jumps_back(numbers, classes)
        pair.split |= pair.back >= max(LEAST_BACK, BACK_SHARE * (pair.plain + pair.qos))
        if not mixed and not pair.split:
            return None
        labels = self._by_counter(pair, numbers, classes) if pair.split else np.ones(len(numbers), np.int64)
        if mixed:
            labels[plain & (labels != STRAY)] += MOST_COUNTERS
        values, counts = np.unique(labels, return_counts=True)
        if len(values) > 1:
            self.conflicts[key] = self.conflicts.get(key, 0) + int(counts.sum() - counts.max())
        return labels

    def follow_packets(self, key: Key, packets: NDArray[np.int64], now_ns: int) -> None:
        """Count how often the packet numbers of a pair go back: one sender's only do with a new key.

        Parameters
        ----------
        key : tuple of int
            Transmitter and receiver.
        packets : ndarray of int64, shape (n,)
            Packet numbers of one dwell in order of time, negative where there is none.
        now_ns : int, ns
            Time of the last.
        """
        packets = packets[packets >= 0]
        if not len(packets):
            return
        pair = self._pair(key)
        if now_ns - pair.since_ns > STEPS_NS:
            pair.steps, pair.since_ns = 0, now_ns
        pair.steps += int(np.count_nonzero(np.diff(packets, prepend=max(pair.packet, 0)) < -PACKETS_BACK))
        pair.packet = int(packets[-1])
        self.packet_steps = max(self.packet_steps, pair.steps)

    def _pair(self, key: Key) -> _Pair:
        pair = self._pairs.get(key)
        if pair is None:
            if len(self._pairs) >= MOST_KEPT:
                gone = next(iter(self._pairs))
                del self._pairs[gone]
                self.conflicts.pop(gone, None)
            pair = self._pairs[key] = _Pair()
        return pair

    @staticmethod
    def _by_counter(pair: _Pair, numbers: NDArray[np.int64], classes: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Follow each counter; other traffic classes count by themselves: taken as the first sender's."""
        labels = np.ones(len(numbers), np.int64)
        mine = np.flatnonzero(classes == classes[0])
        pair.resume(numbers[mine])
        for k, number in zip(mine.tolist(), numbers[mine].tolist(), strict=True):
            labels[k] = _follow(pair.counters, number)
        return labels


def _follow(counters: list[_Counter], number: int) -> int:
    """Return the label of the counter that a frame goes on with; a new one replaces the least used."""
    for k, counter in enumerate(counters):
        if counter.takes(number):
            return k + 1
    if len(counters) < MOST_COUNTERS:
        counters.append(_Counter(number))
        return len(counters)
    least = min(range(len(counters)), key=lambda k: counters[k].frames)
    counters[least].frames //= 2
    if not counters[least].frames:
        counters[least] = _Counter(number)
    return STRAY


def _jumps_back(numbers: NDArray[np.int64], classes: NDArray[np.uint8]) -> int:
    """Return how often the numbers of one traffic class jump back by more than late frames do."""
    back = 0
    for kind in np.unique(classes) if (classes != classes[0]).any() else classes[:1]:
        ahead = np.diff(numbers[classes == kind]) % NUMBERS
        back += int(np.count_nonzero((ahead > NUMBERS // 2) & (ahead < NUMBERS - REORDER)))
    return back
