"""Detects disturbances of the air: floods of invented devices, forged frames, orders to leave a channel.

Whoever hides a camera may hide it among thousands, or drown it. None of that is a camera, and all of it is a
reason to look for one. The thresholds lie far above what crowds do: a hall of 500 people shows a few new
addresses a second at most, a network that steers its clients sends some deauthentications a minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from wifiscan.dot11 import ACTION, DEAUTHENTICATION, DISASSOCIATION, MANAGEMENT, Headers
from wifiscan.model import Disturbance, DisturbanceKind

LEAST_INVENTED = 300  # addresses that sent next to nothing …
INVENTED_HZ = 3.0  # … and so many of them a second
FEW_FRAMES = 2  # frames of a device that was never heard again
LEAST_CLONES = 8  # networks that bear a camera's name, or devices that stream: hardly a site has so many
LEAST_ORDERS = 30  # deauthentications and the like on one channel …
ORDERS_HZ = 1.0  # … and so many a second
LEAST_SWITCHES = 15  # announcements of a channel switch: a radar makes ten in one second or two, so that
FEW_SWITCHES, SWITCH_SECONDS = (
    8,
    5,
)  # fewer tell as well where they come in more seconds, one a second or more
STEADY_SECONDS, STEADY_SHARE = 15, 0.8  # orders in most seconds: a network gives them all at once
WORTH_A_LOOK = 3  # orders on a channel
LEAST_FORGED = 100  # frames of a second sender under one address …
FORGED_SHARE = 0.05  # … and their share of all that came under it
LEAST_STEPS = 6  # of packet numbers that go back in `wifiscan.senders.STEPS_NS`: a new key makes one
LEAST_BACK = 8  # beacons of one network that go back in time: a restart makes one
LEAST_REPLAYED = 100  # frames that were heard before
ADVERTS_HZ, LEAST_ADVERTS = 12.0, 400  # Bluetooth addresses: crowds have more of them
SECOND_NS = 1_000_000_000
SPECTRUM_CATEGORY, SWITCH_ACTION = 0, 4  # IEEE 802.11-2020, 9.6.2.6
SURE = 0.98  # as a find: its sign caps it at what makes a look, and no crowd of the invented takes that away


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
    packet_steps: int  # steps back of the packet numbers of one pair
    beacons_back: int  # of the network with most
    replayed: int
    streaming: int  # devices that stream as cameras do


class Noted:
    """Keeps the disturbances that were once beyond all measure."""

    def __init__(self) -> None:
        self._found: dict[DisturbanceKind, Disturbance] = {}
        self._begin_ns = 0

    def begin(self, t_ns: int) -> None:
        """Note when listening began."""
        self._begin_ns = self._begin_ns or t_ns

    def say(self, kind: DisturbanceKind, count: int, now_ns: int, *, holds: bool) -> None:
        """Take note of a kind, where it holds or once did."""
        old = self._found.get(kind)
        if not holds and old is None:
            return
        self._found[kind] = Disturbance(
            kind=kind,
            count=max(count, old.count if old else 0),
            score=SURE,
            first_ns=old.first_ns if old else self._begin_ns,
            last_ns=now_ns if holds or old is None else old.last_ns,
        )

    def found(self) -> tuple[Disturbance, ...]:
        """Return every disturbance so far."""
        return tuple(self._found.values())


class _Orders:
    """Orders by channel: how many, and in how many seconds."""

    def __init__(self) -> None:
        self.number: Counter[int] = Counter()
        self.seconds: Counter[int] = Counter()
        self._latest: dict[int, int] = {}

    def add(self, channel: int, number: int, seconds: Iterable[int]) -> None:
        self.number[channel] += number
        fresh = {second for second in seconds if second > self._latest.get(channel, -1)}
        self.seconds[channel] += len(fresh)
        self._latest[channel] = max(fresh, default=self._latest.get(channel, -1))

    def steady(self, heard_s: Mapping[int, float]) -> bool:
        """Tell whether they go on and on, on any channel."""
        return any(
            n >= max(STEADY_SECONDS, STEADY_SHARE * heard_s.get(c, 0)) for c, n in self.seconds.items()
        )

    def goes_on(self, heard_s: Mapping[int, float]) -> bool:
        """Tell whether few of them kept coming, on any channel, while somebody listened."""
        return any(
            n >= max(FEW_SWITCHES, ORDERS_HZ * heard_s.get(c, 0)) and self.seconds[c] >= SWITCH_SECONDS
            for c, n in self.number.items()
        )


class DisturbanceWatch:
    """Counts signs of a disturbed air, channel by channel where an order holds for one channel alone."""

    def __init__(self) -> None:
        self._leave, self._switch = _Orders(), _Orders()
        self._told_by_beacons = 0
        self._noted = Noted()

    def look(self, h: Headers, *, channel: int, beacon_switches: int) -> None:
        """Count the orders of one batch; ``beacon_switches`` is the number of such beacons so far."""
        if not len(h):
            return
        self._noted.begin(int(h.t_ns[0]))
        seconds = h.t_ns // SECOND_NS
        management = h.kind == MANAGEMENT
        leave = management & ((h.subtype == DEAUTHENTICATION) | (h.subtype == DISASSOCIATION))
        if leave.any():
            self._leave.add(channel, int(np.count_nonzero(leave)), np.unique(seconds[leave]).tolist())
        actions = np.flatnonzero(management & (h.subtype == ACTION) & (h.body_kept >= 2))
        at = h.body_at[actions]
        switch = actions[(h.data[at] == SPECTRUM_CATEGORY) & (h.data[at + 1] == SWITCH_ACTION)]
        if len(switch):
            self._switch.add(channel, len(switch), np.unique(seconds[switch]).tolist())
        if beacon_switches > self._told_by_beacons:
            self._switch.add(channel, beacon_switches - self._told_by_beacons, [int(seconds[-1])])
            self._told_by_beacons = beacon_switches

    def channels(self) -> set[int]:
        """Return the channels (MHz) with enough orders to be worth a longer look."""
        orders = (*self._leave.number.items(), *self._switch.number.items())
        return {channel for channel, number in orders if number >= WORTH_A_LOOK}

    def judge(self, numbers: AirNumbers, *, heard_s: Mapping[int, float], now_ns: int) -> None:
        """Take note of what is beyond all measure now.

        Parameters
        ----------
        numbers : AirNumbers
        heard_s : mapping of int to float, s
            Time listened to so far, by channel (MHz; 0 where it is not known).
        now_ns : int, ns
        """
        say = self._noted.say
        flood = max(LEAST_INVENTED, INVENTED_HZ * sum(heard_s.values()))
        strangers = numbers.newcomers - numbers.lasting
        networks = numbers.new_networks - numbers.lasting_networks
        say("invented_devices", strangers, now_ns, holds=strangers >= flood)
        say("invented_networks", networks, now_ns, holds=networks >= flood)
        say("camera_names", numbers.named_cameras, now_ns, holds=numbers.named_cameras >= LEAST_CLONES)
        say("cloned_cameras", numbers.streaming, now_ns, holds=numbers.streaming >= LEAST_CLONES)
        orders = self._leave.number
        rate = any(n >= max(LEAST_ORDERS, ORDERS_HZ * heard_s.get(c, 0)) for c, n in orders.items())
        say("orders_to_leave", orders.total(), now_ns, holds=rate or self._leave.steady(heard_s))
        switches = self._switch.number.total()
        many = switches >= LEAST_SWITCHES or self._switch.goes_on(heard_s)
        say("channel_switches", switches, now_ns, holds=many)
        forged = numbers.forged_frames
        several = forged >= LEAST_FORGED and numbers.forged_share >= FORGED_SHARE
        several |= numbers.packet_steps >= LEAST_STEPS
        say("forged_frames", max(forged, numbers.packet_steps), now_ns, holds=several)
        say("forged_beacons", numbers.beacons_back, now_ns, holds=numbers.beacons_back >= LEAST_BACK)
        say("replayed_frames", numbers.replayed, now_ns, holds=numbers.replayed >= LEAST_REPLAYED)

    def found(self) -> tuple[Disturbance, ...]:
        """Return every disturbance so far."""
        return self._noted.found()


class AdvertWatch:
    """The same for Bluetooth adverts: floods of addresses, and cameras' names on many of them."""

    def __init__(self) -> None:
        self._noted = Noted()

    def judge(self, *, strangers: int, named: int, heard_s: float, now_ns: int) -> None:
        """Take note of what is beyond all measure now.

        Parameters
        ----------
        strangers : int
            Addresses that fell silent after `FEW_FRAMES` adverts.
        named : int
            Devices that bear a camera's name.
        heard_s : float, s
            Time listened to so far.
        now_ns : int, ns
        """
        self._noted.begin(now_ns)
        flood = max(LEAST_ADVERTS, ADVERTS_HZ * heard_s)
        self._noted.say("invented_adverts", strangers, now_ns, holds=strangers >= flood)
        self._noted.say("advert_names", named, now_ns, holds=named >= LEAST_CLONES)

    def found(self) -> tuple[Disturbance, ...]:
        """Return every disturbance so far."""
        return self._noted.found()
