"""Learns from the frames themselves whether the frame check sequences (FCS) of a capture mean anything.

Radiotap says "FCS at end" of frames from which the driver has already cut it, and a tool that replaces
addresses leaves every FCS stale. Where they are true, they keep out the transmitters that damaged frames
invent; where none of them fits, they say nothing and the frames are read without them.
"""

from __future__ import annotations

import numpy as np

from wifiscan.dot11 import BEACON, CONTROL, MANAGEMENT, PROBE_RESPONSE, Headers, checksum_fits
from wifiscan.elements import ends_whole
from wifiscan.radiotap import FcsMeaning

BEACON_FIXED_BYTES = 12
SAMPLED_A_BATCH = 32
SAMPLED_IN_ALL = 512
ENOUGH = 8  # frames of which none fits before the checksums are given up
TRUE_SHARE = 0.02  # of the checksums fit by more than chance (2**-32 a frame): then they are real


class FcsWitness:
    """Counts how many frame check sequences fit."""

    def __init__(self) -> None:
        self._checked = 0
        self._fit = 0
        self._beacons = 0  # beacons whose checksum does not fit
        self._whole = 0  # of them, those that end whole only with the four bytes of the alleged checksum

    @property
    def meaning(self) -> FcsMeaning:
        """Return the meaning of the checksums, as far as it is known."""
        if self._fit and self._fit >= TRUE_SHARE * self._checked:
            return "true"
        if self._whole and 2 * self._whole > self._beacons:
            return "absent"
        return "stale" if self._checked >= ENOUGH else "unknown"

    def look(self, headers: Headers) -> None:
        """Try the checksums of some frames; control frames are short and their addresses repeat."""
        if self._checked >= SAMPLED_IN_ALL:
            return
        rows = np.flatnonzero(headers.fcs_told & (headers.kind != CONTROL))
        for row in rows[:: max(1, -(-len(rows) // SAMPLED_A_BATCH))].tolist():
            self._checked += 1
            if checksum_fits(headers, row):
                self._fit += 1
            else:
                self._failed(headers, row)

    def _failed(self, h: Headers, row: int) -> None:
        if h.kind[row] != MANAGEMENT or h.subtype[row] not in {BEACON, PROBE_RESPONSE}:
            return
        begin, end = int(h.body_at[row]) + BEACON_FIXED_BYTES, int(h.at[row] + h.kept[row])
        self._beacons += 1
        shorter, longer = h.data[begin:end].tobytes(), h.data[begin : end + 4].tobytes()
        self._whole += ends_whole(longer) and not ends_whole(shorter)
