"""Counts the time really listened to on each channel: proved by frames, never by a plan or a file's length.

An adapter that is tuned and answers may still hear nothing. Its silence counts once a frame was heard again;
silence that goes on for `DEAF_US` is that of a deaf adapter, and does not. A recording that says nothing of
its channels proves listening by its frames alone: what lies between two of them counts where they are no more
than `PROOF_GAP_US` apart, as beacons are. Filtered files therefore prove little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wifiscan.dot11 import BEACON, MANAGEMENT, Headers

PROOF_GAP_US = 1_000_000  # nine lost beacons in a row
DEAF_US = 20_000_000  # twice a survey of 38 channels: somebody would have sent
DUE_VISITS = 3  # visits with frames after which a silent one is missed
FEW_FRAMES = 200  # before which nothing is said of what kind of frames is missing


@dataclass(slots=True)
class ChannelProof:
    """The frames of one channel that prove it was listened to."""

    heard_us: int = 0
    visits: int = 0
    last_ns: int | None = None


class Listening:
    """Heard time by channel (MHz; 0 where the capture does not say), and what kinds of frames came."""

    def __init__(self) -> None:
        self._channels: dict[int, ChannelProof] = {}
        self._pending: dict[int, int] = {}  # silence since a frame was heard, by channel
        self._silent_us = 0
        self.frames = 0
        self.beacons = 0
        self.busy_frames = 0  # data and control frames: the adapter passes more than management

    def tuned(self, headers: Headers, *, mhz: int, span_us: int) -> None:
        """Take in one dwell of an adapter that says where it was."""
        self._count(headers)
        proof = self._channels.setdefault(mhz, ChannelProof())
        if len(headers):
            proof.heard_us += span_us
            proof.visits += 1
            for channel, silence_us in self._pending.items():
                self._channels[channel].heard_us += silence_us
            self._pending, self._silent_us = {}, 0
            return
        self._silent_us += span_us
        if proof.visits >= DUE_VISITS:
            return  # its beacons are due and do not come
        self._pending[mhz] = self._pending.get(mhz, 0) + span_us
        if self.deaf:
            self._pending = {}

    def untuned(self, headers: Headers) -> None:
        """Take in frames of a recording that does not say when it listened where."""
        self._count(headers)
        if not len(headers):
            return
        if (headers.mhz == headers.mhz[0]).all():
            self._gaps(int(headers.mhz[0]), headers.t_ns)
            return
        for mhz in np.unique(headers.mhz).tolist():
            self._gaps(mhz, headers.t_ns[headers.mhz == mhz])

    def _gaps(self, mhz: int, t_ns: NDArray[np.int64]) -> None:
        proof = self._channels.setdefault(mhz, ChannelProof())
        before = int(t_ns[0]) if proof.last_ns is None else proof.last_ns
        gaps_us = np.maximum(np.diff(t_ns, prepend=before), 0) // 1000
        proof.heard_us += int(gaps_us[gaps_us <= PROOF_GAP_US].sum())
        proof.visits += len(t_ns)
        proof.last_ns = int(t_ns[-1])

    def _count(self, h: Headers) -> None:
        management = h.kind == MANAGEMENT
        self.frames += len(h)
        self.beacons += int(np.count_nonzero(management & (h.subtype == BEACON)))
        self.busy_frames += int(np.count_nonzero(~management))

    @property
    def deaf(self) -> bool:
        """Tell whether the adapter has fallen silent altogether."""
        return self._silent_us >= DEAF_US

    @property
    def filtered(self) -> bool:
        """Tell whether beacons are missing among many frames: somebody has kept only some kinds."""
        return self.frames >= FEW_FRAMES and self.beacons == 0

    def heard_us(self) -> dict[int, int]:
        """Return the proved time by channel."""
        return {mhz: proof.heard_us for mhz, proof in self._channels.items()}
