"""Detects disturbances of the air: floods of invented devices, forged frames, orders to leave a channel.

Whoever hides a camera may hide it among thousands, or drown it. None of that is a camera, and all of it is a
reason to look for one. The thresholds lie far above what crowds do: a hall of 500 people shows a few new
addresses a second at most, a network that steers its clients sends some deauthentications a minute.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wifiscan.dot11 import ACTION, DEAUTHENTICATION, DISASSOCIATION, MANAGEMENT, Headers
from wifiscan.model import Disturbance, DisturbanceKind

LEAST_INVENTED = 300  # addresses that sent next to nothing …
INVENTED_HZ = 3.0  # … and so many of them a second
FEW_FRAMES = 2  # frames of a device that was never heard again
LEAST_CLONES = 8  # networks that bear a camera's name: a site with so many shows them no more
LEAST_ORDERS = 30  # deauthentications and the like …
ORDERS_HZ = 1.0  # … and so many a second
LEAST_SWITCHES = 15  # announcements of a channel switch: a radar makes ten
LEAST_FORGED = 100  # frames of a second sender under one address …
FORGED_SHARE = 0.05  # … and their share of all that came under it
SPECTRUM_CATEGORY, SWITCH_ACTION = 0, 4  # IEEE 802.11-2020, 9.6.2.6
SURE = 0.98  # as a find: its sign caps it at what makes a look, and no crowd of the invented takes that away


@dataclass(slots=True)
class _Count:
    number: int = 0
    first_ns: int = 0
    last_ns: int = 0

    def add(self, number: int, t_ns: int) -> None:
        if number:
            self.first_ns = self.first_ns if self.number else t_ns
            self.number += number
            self.last_ns = t_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class AirNumbers:
    """Counts of the tables in which a disturbance shows."""

    newcomers: int  # transmitters that were new, each time they were
    lasting: int  # of them, those that sent more than `FEW_FRAMES`
    new_networks: int
    lasting_networks: int
    named_cameras: int
    forged_frames: int  # of the pair with most
    forged_share: float


class DisturbanceWatch:
    """Counts signs of a disturbance, and keeps those that were once beyond all measure."""

    def __init__(self) -> None:
        self._orders = _Count()
        self._switches = _Count()
        self._found: dict[DisturbanceKind, Disturbance] = {}
        self._begin_ns: int | None = None

    def look(self, h: Headers) -> None:
        """Count the orders of one batch."""
        if not len(h):
            return
        self._begin_ns = int(h.t_ns[0]) if self._begin_ns is None else self._begin_ns
        management = h.kind == MANAGEMENT
        orders = management & ((h.subtype == DEAUTHENTICATION) | (h.subtype == DISASSOCIATION))
        self._orders.add(int(np.count_nonzero(orders)), int(h.t_ns[-1]))
        actions = np.flatnonzero(management & (h.subtype == ACTION) & (h.body_kept >= 2))
        at = h.body_at[actions]
        switches = (h.data[at] == SPECTRUM_CATEGORY) & (h.data[at + 1] == SWITCH_ACTION)
        self._switches.add(int(np.count_nonzero(switches)), int(h.t_ns[-1]))

    def judge(self, numbers: AirNumbers, *, beacon_switches: int, heard_s: float, now_ns: int) -> None:
        """Take note of what is beyond all measure now.

        Parameters
        ----------
        numbers : AirNumbers
        beacon_switches : int
            Beacons that announced a channel switch.
        heard_s : float, s
            Time listened to so far, on all channels.
        now_ns : int, ns
        """
        strangers = numbers.newcomers - numbers.lasting
        networks = numbers.new_networks - numbers.lasting_networks
        flood = max(LEAST_INVENTED, INVENTED_HZ * heard_s)
        self._say("invented_devices", strangers, strangers >= flood, now_ns)
        self._say("invented_networks", networks, networks >= flood, now_ns)
        self._say("camera_names", numbers.named_cameras, numbers.named_cameras >= LEAST_CLONES, now_ns)
        orders = self._orders.number
        self._say("orders_to_leave", orders, orders >= max(LEAST_ORDERS, ORDERS_HZ * heard_s), now_ns)
        switches = self._switches.number + beacon_switches
        self._say("channel_switches", switches, switches >= LEAST_SWITCHES, now_ns)
        forged = numbers.forged_frames
        enough = forged >= LEAST_FORGED and numbers.forged_share >= FORGED_SHARE
        self._say("forged_frames", forged, enough, now_ns)

    def _say(self, kind: DisturbanceKind, count: int, holds: bool, now_ns: int) -> None:  # noqa: FBT001
        old = self._found.get(kind)
        if not holds and old is None:
            return
        self._found[kind] = Disturbance(
            kind=kind,
            count=max(count, old.count if old else 0),
            score=SURE,
            first_ns=old.first_ns if old else (self._begin_ns or 0),
            last_ns=now_ns if holds or old is None else old.last_ns,
        )

    def found(self) -> tuple[Disturbance, ...]:
        """Return every disturbance so far."""
        return tuple(self._found.values())
