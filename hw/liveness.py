"""Recognises devices that answer and measure nothing: frozen, deaf, or reporting old data.

Pure arithmetic on what a device gave, without a clock of its own, so that every driver can ask. A quiet room
and a dead device look alike; each watch therefore compares with what the same device gave before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from hw.errors import Reason

NS_PER_S = 1e9
FROZEN_PICTURES, FROZEN_S = 10, 1.0  # a sensor's noise makes two equal pictures in a row impossible
REPEATED_S = 1.0  # of equal blocks of samples, one after the other
COMPARED_BYTES = 512  # of two blocks; shorter ones say nothing
SURE_NATS, SURE_S = 14.0, 3.0  # a chance of one in a million that somebody just paused
LONG_NATS, LONG_S = 5.0, 8.0  # one in 150: after so long the place may not be called searched
SLOT_NS = 100_000_000
LATE_WINDOW_NS = 5_000_000_000
LATE_FRAMES, LATE_SHARE, LATE_CHANNELS = 20, 0.8, 2


class FrozenPicture:
    """Tells whether a camera gives one picture again and again.

    Plain pictures (a cap, a lamp) are left to the lens sensor: a working camera repeats those too.
    """

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None
        self._since_ns = 0
        self._same = 0

    def push(self, pixels: NDArray[np.uint8], t_ns: int) -> bool:
        """Take in one picture.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (height, width)
            The picture.
        t_ns : int
            When it was taken, in ns.

        Returns
        -------
        bool
            True where it has been the same for `FROZEN_PICTURES` pictures and `FROZEN_S`.
        """
        same = self._before is not None and np.array_equal(self._before, pixels)
        if not same or pixels.min() == pixels.max():
            self._before, self._since_ns, self._same = pixels, t_ns, 0
            return False
        self._same += 1
        return self._same >= FROZEN_PICTURES and t_ns - self._since_ns >= FROZEN_S * NS_PER_S


class RepeatedSamples:
    """Tells whether a receiver gives one block of samples again and again."""

    def __init__(self) -> None:
        self._before = b""
        self._same_s = 0.0

    def push(self, data: bytes, duration_s: float) -> bool:
        """Take in one block.

        Parameters
        ----------
        data : bytes
            The raw block.
        duration_s : float
            How long it lasted on the air, in s.

        Returns
        -------
        bool
            True where blocks have been equal for `REPEATED_S`.
        """
        common = min(len(data), len(self._before))
        same = common >= COMPARED_BYTES and data[:common] == self._before[:common]
        self._same_s = self._same_s + duration_s if same else 0.0
        self._before = data
        return self._same_s >= REPEATED_S


class Silence:
    """Tells a deaf receiver from a quiet place by how often the same channels were heard before.

    Notes
    -----
    Tenths of a second in which anything was heard (a burst of frames is one) come at a rate r for each
    channel (per second, with one second added to the time listened, so that a first hit promises little).
    Under a Poisson process, T seconds of silence
    there have the probability exp(−r·T); the nats of all silent reads in a row add up.
    """

    def __init__(self) -> None:
        self._hits: dict[Hashable, int] = {}
        self._listened_s: dict[Hashable, float] = {}
        self._pending_s: dict[Hashable, float] = {}
        self._nats = 0.0
        self._silent_s = 0.0

    def push(self, channel: Hashable, times_ns: Sequence[int] | NDArray[np.int64], *, span_s: float) -> None:
        """Take in one read.

        Parameters
        ----------
        channel : hashable
            Where it listened.
        times_ns : sequence of int
            When frames or adverts were heard, in ns.
        span_s : float
            How long, in s.
        """
        heard = len(np.unique(np.asarray(times_ns, np.int64) // SLOT_NS))
        self._pending_s[channel] = self._pending_s.get(channel, 0.0) + span_s
        if not heard:
            self._silent_s += span_s
            self._nats += span_s * self._hits.get(channel, 0) / (self._listened_s.get(channel, 0.0) + 1.0)
            return
        self._hits[channel] = self._hits.get(channel, 0) + heard
        self._nats = self._silent_s = 0.0
        # time in which it may have been deaf teaches about the channels only once it has heard again
        for each, listened_s in self._pending_s.items():
            self._listened_s[each] = self._listened_s.get(each, 0.0) + listened_s
        self._pending_s.clear()

    @property
    def deaf(self) -> bool:
        """True where it should have heard something by now, or never heard anything for `LONG_S`."""
        if self._silent_s >= LONG_S and (self._nats >= LONG_NATS or not self._hits):
            return True
        return self._silent_s >= SURE_S and self._nats >= SURE_NATS


class LateFrames:
    """Tells whether an adapter reports frames that were on the air before it was tuned to where it is now."""

    def __init__(self) -> None:
        self._reads: deque[tuple[int, int, int, int | None]] = (
            deque()
        )  # time, frames, late ones, their channel

    def push(self, t_ns: int, *, frames: int, late: int, of_channel: int | None = None) -> None:
        """Take in one read.

        Parameters
        ----------
        t_ns : int
            Session time, in ns.
        frames, late : int
            All frames of it, and those of before.
        of_channel : int, optional
            The channel, in MHz, that the late ones name; None where their times alone tell it.
        """
        self._reads.append((t_ns, frames, late, of_channel))
        while self._reads[0][0] < t_ns - LATE_WINDOW_NS:
            self._reads.popleft()

    @property
    def late(self) -> bool:
        """True where most frames of the last seconds were late, on more than one channel."""
        frames, late = sum(r[1] for r in self._reads), sum(r[2] for r in self._reads)
        if late < LATE_FRAMES or late < LATE_SHARE * frames:
            return False
        # an adapter that always names one wrong channel is badly written, not late
        channels = {r[3] for r in self._reads if r[2]}
        return None in channels or len(channels) >= LATE_CHANNELS


def trouble_of_air(silence: Silence, late: LateFrames | None = None) -> Reason | None:
    """Return the reason for which a radio's silence or lateness is a fault; None where it is well."""
    if late is not None and late.late:
        return Reason.LATE
    return Reason.SILENT if silence.deaf else None
