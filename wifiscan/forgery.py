"""Recognises frames that their sender cannot have sent: beacons that go back in time, and frames sent before.

An access point's clock only goes on (IEEE 802.11-2020, 11.1.3), and every protected frame bears a packet
number that is used once for a key (12.5.3.3). Whoever beacons in another's name guesses the first; whoever
plays a recorded stream again repeats the second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wifiscan.dot11 import DATA, GROUP_BIT, PROTECTED, RETRY, Headers
from wifiscan.radiotap import records

BACK_US = 60_000_000  # further back than any adapter hands frames over late
TIME_BYTES = 8  # of the clock at the beginning of a beacon
CCMP_BYTES = 8
EXTENDED_IV = 0x20
UNNUMBERED = -1
SLOTS_BITS = 16  # frames remembered: three minutes at 350 a second
PAIRS_BITS = 12  # senders with a receiver whose latest packet number is remembered
AGAIN_NS = 2_000_000_000  # later than any repetition, or the same frame heard by a second adapter
TAG = np.uint64(0x9E3779B97F4A7C15)
_CLOCK = np.dtype([("us", "<u8")])
_CCMP = np.dtype([("low", "<u2"), ("reserved", "u1"), ("key", "u1"), ("high", "<u4")])


def steps_back(
    rows: NDArray[np.int64], clock_us: NDArray[np.uint64], latest_us: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """Return how often the clock of each network went back, and remember where it stands.

    Parameters
    ----------
    rows : ndarray of int64, shape (n,)
        Row of the network of each beacon, in order of time.
    clock_us : ndarray of uint64, shape (n,)
        Time that each beacon bears, µs.
    latest_us : ndarray of uint64, shape (capacity,)
        Time of the latest beacon of each row, µs, 0 where there was none; written anew.

    Returns
    -------
    ndarray of int64, shape (capacity,)
        Steps of more than `BACK_US`.
    """
    order = np.argsort(rows, kind="stable")
    rows, clock_us = rows[order], clock_us[order]
    first = np.ones(len(rows), bool)
    first[1:] = rows[1:] != rows[:-1]
    before = np.where(first, latest_us[rows], np.roll(clock_us, 1))
    back = (before > clock_us) & (before - clock_us > BACK_US)
    last = np.ones(len(rows), bool)
    last[:-1] = first[1:]
    latest_us[rows[last]] = clock_us[last]
    return np.bincount(rows[back], minlength=len(latest_us))


def beacon_clock_us(h: Headers, beacons: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return the time that each beacon or probe response bears in its first `TIME_BYTES`.

    Parameters
    ----------
    h : Headers
        Frames of one batch.
    beacons : ndarray of int64, shape (n,)
        Rows of those that hold so many bytes.

    Returns
    -------
    ndarray of uint64, shape (n,)
        µs since the network was started.
    """
    return np.asarray(records(h.data, h.body_at[beacons], _CLOCK)["us"], np.uint64)


def packet_numbers(h: Headers, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the packet number of each protected frame.

    Parameters
    ----------
    h : Headers
        Frames of one batch.
    rows : ndarray of int64, shape (n,)
        Rows of data frames.

    Returns
    -------
    ndarray of int64, shape (n,)
        `UNNUMBERED` where a frame has none, or it was cut off.
    """
    head = records(h.data, h.body_at[rows], _CCMP)
    packet = head["high"].astype(np.int64) << 16 | head["low"]
    told = (h.flags[rows] & PROTECTED != 0) & (h.body_kept[rows] >= CCMP_BYTES)
    return np.where(told & (head["key"] & EXTENDED_IV != 0), packet, UNNUMBERED)


class ReplayWatch:
    """Counts protected frames that were heard before: same sender, receiver, packet number and sequence."""

    def __init__(self) -> None:
        self._tags = np.zeros(1 << SLOTS_BITS, np.uint64)
        self._heard_ns = np.zeros(1 << SLOTS_BITS, np.int64)
        self._number = np.zeros(1 << PAIRS_BITS, np.uint64)
        self._seq = np.zeros(1 << PAIRS_BITS, np.int64)
        self.replayed = 0

    def look(self, h: Headers) -> None:
        """Take in one batch."""
        once = (h.kind == DATA) & (h.flags & (PROTECTED | RETRY) == PROTECTED) & (h.ra & GROUP_BIT == 0)
        rows = np.flatnonzero(once)
        packets = packet_numbers(h, rows)
        told = (packets != UNNUMBERED) & ~self._stands_still(h, rows, packets)
        rows, packets = rows[told], packets[told]
        tags = (h.ta[rows] * TAG ^ h.ra[rows]) * TAG ^ packets.astype(np.uint64) << np.uint64(16)
        tags = (tags ^ h.seq[rows]) * TAG
        slots = (tags >> np.uint64(64 - SLOTS_BITS)).astype(np.int64)
        t_ns = h.t_ns[rows]
        again = (self._tags[slots] == tags) & (t_ns - self._heard_ns[slots] > AGAIN_NS)
        self.replayed += int(np.count_nonzero(again))
        self._tags[slots], self._heard_ns[slots] = tags, t_ns

    def _stands_still(
        self, h: Headers, rows: NDArray[np.int64], packets: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tell which frames bear the packet number of the frame before them, from one sender to one receiver.

        Some adapters write one number into every frame that they hand over. Its repetition says nothing, and
        sequence numbers alone come again every 4096 frames.
        """
        pair = (h.ta[rows] * TAG ^ h.ra[rows]) * TAG
        number = pair ^ packets.astype(np.uint64)
        order = np.argsort(pair, kind="stable")
        pair, number, seq = pair[order], number[order], h.seq[rows][order]
        slots = (pair >> np.uint64(64 - PAIRS_BITS)).astype(np.int64)
        first = np.ones(len(rows), bool)
        first[1:] = pair[1:] != pair[:-1]
        number_before = np.where(first, self._number[slots], np.roll(number, 1))
        seq_before = np.where(first, self._seq[slots], np.roll(seq, 1))
        same = (number_before == number) & (seq_before != seq)
        self._number[slots], self._seq[slots] = number, seq
        still = same.copy()
        still[:-1] |= same[1:] & ~first[1:]
        found = np.empty(len(rows), bool)
        found[order] = still
        return found
