"""Counts the time really listened to on each channel: proved by frames, never by a plan or a file's length.

An adapter that is tuned and answers may still hear nothing. Its silence counts once a frame was heard again;
silence that goes on for `DEAF_US` is that of a deaf adapter, and does not. A recording that says nothing of
its channels proves listening by its frames alone: what lies between two of them counts where they are no more
than `PROOF_GAP_US` apart, as beacons are. Filtered files therefore prove little.

An access point that was heard sends ten beacons a second from then on. Where even the one that is heard best
loses nearly all of them, the air is jammed or the adapter nearly deaf, and the listening counts accordingly.
On a channel whose access point came well once, no dwell counts while it is missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from wifiscan.dot11 import BEACON, MANAGEMENT, Headers

PROOF_GAP_US = 1_000_000  # nine lost beacons in a row
DEAF_US = 20_000_000  # twice a survey of 38 channels: somebody would have sent
DUE_VISITS = 3  # visits with frames after which a silent one is missed
BEACON_US = 102_400  # between two beacons: 100 time units (IEEE 802.11-2020, 9.4.1.3), as nearly all send
DUE_LEAST = 8  # beacons due before anything is said of their share
HEARD_LEAST = 0.1  # of the beacons due from the access point that is heard best; below it, hearing is poor
GOOD_LEAST = 0.3  # below it more is lost than of the links that `wifi_train` draws, which is 60 % at most
NEAR_LEAST = 0.5  # of the beacons due from an access point that is near: their absence means something
RECENT_US = 3_000_000  # of listening, by which older beacons lose weight
PROVING_BEACONS = 5  # fewer prove no hearing over a longer time
PROVING_US = 10_000_000  # a survey of all channels
ACCESS_POINTS_MOST = 512
FEW_FRAMES = 200  # before which nothing is said of what kind of frames is missing


@dataclass(slots=True)
class ChannelProof:
    """The frames of one channel that prove it was listened to."""

    heard_us: int = 0
    visits: int = 0
    last_ns: int | None = None


@dataclass(slots=True)
class DueBeacons:
    """The beacons of one access point on one channel since it was first heard: heard, and listened for."""

    heard: int = 0
    listened_us: int = 0
    recent: float = 0.0
    recent_due: float = 0.0
    near: bool = False  # it came well once

    def listen(self, span_us: int, heard: int) -> None:
        """Take in a dwell, and the beacons that came in it."""
        self.listened_us += span_us
        self.heard += heard
        kept = exp(-span_us / RECENT_US)
        self.recent = kept * self.recent + heard
        self.recent_due = kept * self.recent_due + span_us / BEACON_US
        self.near |= self.due >= DUE_LEAST and self.heard >= NEAR_LEAST * self.due

    @property
    def due(self) -> float:
        """Beacons that were due."""
        return self.listened_us / BEACON_US


class Listening:
    """Heard time by channel (MHz; 0 where the capture does not say), and what kinds of frames came."""

    def __init__(self) -> None:
        self._channels: dict[int, ChannelProof] = {}
        self._pending: dict[int, int] = {}  # silence since a frame was heard, by channel
        self._silent_us = self._tuned_us = 0
        self._due: dict[int, dict[int, DueBeacons]] = {}  # by channel, then by address
        self.frames = 0
        self.beacons = 0
        self.busy_frames = 0  # data and control frames: the adapter passes more than management

    def tuned(self, headers: Headers, *, mhz: int, span_us: int) -> None:
        """Take in one dwell of an adapter that says where it was."""
        self._count(headers)
        self._expect(headers, mhz=mhz, span_us=span_us)
        self._tuned_us += span_us
        proof = self._channels.setdefault(mhz, ChannelProof())
        if len(headers) and not self._hears(mhz):
            self._silent_us = 0
            return
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

    def _expect(self, h: Headers, *, mhz: int, span_us: int) -> None:
        """Count the beacons of every access point that was heard on this channel before."""
        here = self._due.setdefault(mhz, {})
        senders = h.ta[(h.kind == MANAGEMENT) & (h.subtype == BEACON)]
        came = dict(zip(*np.unique(senders, return_counts=True), strict=True))
        for address, beacons in here.items():
            beacons.listen(span_us, int(came.pop(address, 0)))
        room = ACCESS_POINTS_MOST - sum(map(len, self._due.values()))
        here.update({int(address): DueBeacons() for address in list(came)[: max(0, room)]})

    def _hears(self, mhz: int) -> bool:
        """Tell whether a dwell counts, by the access points that came well on its channel.

        A channel without one is believed as far as the best of the others.
        """
        known = self._recent(mhz) or [share for other in self._due for share in self._recent(other)]
        return not known or max(known) >= HEARD_LEAST

    def _recent(self, mhz: int) -> list[float]:
        """Return of each near access point of a channel the share of its recent beacons that came."""
        return [b.recent / b.recent_due for b in self._due[mhz].values() if b.near]

    @property
    def hearing(self) -> float:
        """Share 0…1 of the listening that counts: 1 unless nearly every beacon that is due is lost.

        Notes
        -----
        The access point that is heard best decides: a far one loses most of its beacons honestly. Where too
        few are due from any one, all of them are taken together. Without any nothing is known, and it is 1,
        unless hardly a beacon came at all: the silence of every channel then rests on a stray frame.
        """
        if self._tuned_us >= PROVING_US and self.beacons < PROVING_BEACONS:
            return self.beacons / PROVING_BEACONS * HEARD_LEAST
        best = self._best_share()
        return 1.0 if best is None else min(1.0, best / HEARD_LEAST)

    @property
    def is_good(self) -> bool:
        """Whether so much of the air is heard as in the simulation from which streams were learned."""
        best = self._best_share()
        return best is None or best >= GOOD_LEAST

    def _best_share(self) -> float | None:
        """Return the share of due beacons that came of the access point heard best; None: not known."""
        every = [b for here in self._due.values() for b in here.values()]
        known = [b for b in every if b.due >= DUE_LEAST]
        total = sum(b.due for b in every)
        if known:
            return max(b.heard / b.due for b in known)
        return sum(b.heard for b in every) / total if total >= DUE_LEAST else None

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
        """Return the proved time by channel, µs, as far as beacons that are due come."""
        hearing = self.hearing
        return {mhz: round(proof.heard_us * hearing) for mhz, proof in self._channels.items()}
