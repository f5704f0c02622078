"""The traffic of pairs of devices, one direction each, kept in detail and in bounded memory.

Times are heard time of one tuned channel: what lay between two visits is cut out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wifiscan.traffic import Traffic

FIRST_EVENTS = 128
EVENT_LIMIT = 16_384  # newest packets kept of one direction: half a minute at 6 Mbit/s
UNJUDGED_RANK = -9.0  # below every score
FORWARDED_RANK = -3.0  # most that traffic says of who only passes it on
EVENTS_TOTAL = 1_500_000  # of all directions together: 18 MB
MOST_SENDERS = 8
LinkKey = tuple[int, int, int, int]  # transmitter, receiver, channel (MHz), sender


class HeardClock:
    """The time for which each tuned channel was really listened to, µs."""

    def __init__(self) -> None:
        self._heard_us: dict[int, int] = {}

    def heard_us(self, channel: int) -> int:
        """Return the time spent on a channel."""
        return self._heard_us.get(channel, 0)

    def add(self, channel: int, span_us: int) -> None:
        """Count a dwell."""
        self._heard_us[channel] = self.heard_us(channel) + span_us

    def channels(self) -> dict[int, int]:
        """Return the heard time by channel."""
        return dict(self._heard_us)


@dataclass(slots=True)
class Link:
    """Packets from one device to another."""

    ta: int
    ra: int
    channel: int
    sender: int = 0  # 0 = all frames of the pair; from 1 on those of one sender where there are several
    t_us: NDArray[np.int64] = field(default_factory=lambda: np.empty(FIRST_EVENTS, np.int64))
    size: NDArray[np.int32] = field(default_factory=lambda: np.empty(FIRST_EVENTS, np.int32))
    count: int = 0
    packets: int = 0
    bytes: int = 0
    own_bytes: int = 0
    clients: int = 0  # of an access point that sends: devices that it exchanges data with
    from_ds: int = 0  # packets that an access point sent to its station
    last_us: int = 0
    judged_us: int = -(10**12)
    logit: float | None = None
    features: dict[str, float] = field(default_factory=dict)
    keep_alive: dict[str, float] = field(default_factory=dict)

    @property
    def key(self) -> LinkKey:
        """Return the key of the link: a frame on another channel is another claim."""
        return self.ta, self.ra, self.channel, self.sender

    @property
    def is_downlink(self) -> bool:
        """Tell whether most of its packets come from an access point."""
        return 2 * self.from_ds > self.packets

    def speaks_for_itself(self) -> bool:
        """Tell whether a station sends a camera's stream of its own."""
        return (self.logit or 0.0) > 0 and 2 * self.own_bytes >= self.bytes and not self.is_downlink

    def rank(self) -> tuple[float, int]:
        """Return the weight of this link among those of its sender: by score, then by bytes."""
        logit = self.logit if self.logit is not None else UNJUDGED_RANK
        return (logit if 2 * self.own_bytes >= self.bytes else min(logit, FORWARDED_RANK), self.bytes)

    def append(self, t_us: NDArray[np.int64], size: NDArray[np.int64], *, room: int) -> int:
        """Add packets; return by how many events the memory grew. The oldest half goes when it is full."""
        grown = self._grow(self.count + len(t_us), room)
        t_us, size = t_us[-len(self.t_us) :], size[-len(self.t_us) :]
        over = self.count + len(t_us) - len(self.t_us)
        if over > 0:
            self._forget(max(over, self.count // 2))
        self.t_us[self.count : self.count + len(t_us)] = t_us
        self.size[self.count : self.count + len(t_us)] = size
        self.count += len(t_us)
        self.last_us = int(t_us[-1])
        return grown

    def _grow(self, need: int, room: int) -> int:
        more = min(EVENT_LIMIT, 1 << (need - 1).bit_length()) - len(self.t_us)
        if more <= 0 or more > room:
            return 0
        self.t_us = np.concatenate((self.t_us, np.empty(more, np.int64)))
        self.size = np.concatenate((self.size, np.empty(more, np.int32)))
        return more

    def _forget(self, oldest: int) -> None:
        kept = max(self.count - oldest, 0)
        self.t_us[:kept] = self.t_us[self.count - kept : self.count].copy()
        self.size[:kept] = self.size[self.count - kept : self.count].copy()
        self.count = kept

    def traffic(self, *, now_us: int, window_us: int, back: Link | None) -> Traffic:
        """Return the packets of the newest window; it begins when both are known to have been there."""
        begin = max(now_us - window_us, 0)
        if self.count and self.packets > self.count:
            begin = max(begin, int(self.t_us[0]))  # older packets were forgotten
        low = int(np.searchsorted(self.t_us[: self.count], begin))
        share = 1.0 if back is None or not back.count else float(np.mean(back.t_us[: back.count] >= begin))
        return Traffic(
            t_us=self.t_us[low : self.count] - begin,
            size_bytes=self.size[low : self.count].astype(np.int64),
            span_us=max(now_us - begin, 1),
            bytes_back=0 if back is None else round(back.size[: back.count].sum() * share),
            own_share=self.own_bytes / max(self.bytes, 1),
        )


class LinkTable:
    """All links, bounded: the least useful one makes room."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._links: dict[LinkKey, Link] = {}
        self._events = 0
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._links)

    def links(self) -> tuple[Link, ...]:
        """Return every link, in the order in which they were first seen."""
        return tuple(self._links.values())

    def get(self, ta: int, ra: int, channel: int, sender: int = 0) -> Link | None:
        """Return one direction of a pair on one channel."""
        return self._links.get((ta, ra, channel, sender))

    def partners(self, address: int) -> set[int]:
        """Return with whom a device exchanges data."""
        pairs = ((k.ta, k.ra) for k in self._links.values())
        return {ra if ta == address else ta for ta, ra in pairs if address in {ta, ra}}

    def senders(self, ta: int, ra: int, channel: int) -> list[Link]:
        """Return one direction of a pair sender by sender, where there is more than one."""
        found = (self.get(ta, ra, channel, sender) for sender in range(1, MOST_SENDERS + 1))
        return [link for link in found if link is not None]

    def add(
        self,
        ta: int,
        ra: int,
        *,
        channel: int,
        t_us: NDArray[np.int64],
        size: NDArray[np.int64],
        own_bytes: int,
        from_ds: int = 0,
        sender: int = 0,
    ) -> None:
        """Add packets of one dwell, in order of time."""
        link = self._links.get((ta, ra, channel, sender))
        total = int(size.sum())
        if link is None:
            if len(self._links) >= self._limit and not self._make_room(total):
                self.forgotten += 1
                return
            link = self._links[ta, ra, channel, sender] = Link(ta=ta, ra=ra, channel=channel, sender=sender)
            self._events += FIRST_EVENTS
        self._events += link.append(t_us, size, room=EVENTS_TOTAL - self._events)
        link.packets += len(t_us)
        link.bytes += total
        link.own_bytes += own_bytes
        link.from_ds += from_ds

    def _make_room(self, total: int) -> bool:
        least = min(self._links.values(), key=Link.rank)
        if least.rank() > (UNJUDGED_RANK, total):
            return False
        del self._links[least.key]
        self._events -= len(least.t_us)
        self.forgotten += 1
        return True
