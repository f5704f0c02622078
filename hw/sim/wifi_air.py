"""Schedules the frames of a scene, channel by channel: senders and times.

The schedule is made in epochs, each from a generator that depends on the scene's seed, the thing and the
epoch alone, so that it does not matter who listens when.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw.sim.facets import WifiFacet
from hw.sim.scene import Scene, Thing
from hw.sim.wifi_frames import (
    CCMP_BYTES,
    FCS_BYTES,
    FROM_DS,
    LLC_BYTES,
    QOS_HEADER_BYTES,
    TO_DS,
    ack_frame,
    beacon_frame,
    data_frame,
    mac_bytes,
    null_frame,
    probe_request,
)
from hw.sim.wifi_traffic import Packets, TrafficSpec, make_packets

EPOCH_US = 60_000_000
BEACON_US = 102_400
ACK_DELAY_US = 60  # short interframe space, preamble and the acknowledgement itself
ACK_BYTES = 14
RETRY_SHARE = 0.05
PROBE_EVERY_S = 25.0
NULL_EVERY_S = 4.0
MANAGEMENT_RATE = 2  # 1 Mbit/s in units of 500 kbit/s
DATA_RATES = np.array([12, 18, 24, 36, 48, 72, 96, 108])  # 6 to 54 Mbit/s, in units of 500 kbit/s
VIEWER = "d6:4a:11:00:00:00"  # who watches a camera that is itself the access point


@dataclass(frozen=True, slots=True, kw_only=True)
class AirRows:
    """Frames on the air, in order of time: columns."""

    t_us: NDArray[np.int64]
    template: NDArray[np.int64]
    sender: NDArray[np.int64]
    length: NDArray[np.int64]
    seq: NDArray[np.int64]
    retry: NDArray[np.bool_]
    rate_500kbps: NDArray[np.int64]


def _rows(
    t_us: NDArray[np.int64],
    *,
    template: int,
    sender: int,
    length: NDArray[np.int64] | int,
    rate: NDArray[np.int64] | int = MANAGEMENT_RATE,
    seq: NDArray[np.int64] | None = None,
    retry: NDArray[np.bool_] | None = None,
) -> AirRows:
    n = len(t_us)
    return AirRows(
        t_us=t_us.astype(np.int64),
        template=np.full(n, template, np.int64),
        sender=np.full(n, sender, np.int64),
        length=np.broadcast_to(length, n).astype(np.int64),
        seq=np.arange(n, dtype=np.int64) if seq is None else seq,
        retry=np.zeros(n, bool) if retry is None else retry,
        rate_500kbps=np.broadcast_to(rate, n).astype(np.int64),
    )


def _join(parts: list[AirRows]) -> AirRows:
    names = AirRows.__slots__
    columns = {name: np.concatenate([getattr(p, name) for p in parts]) for name in names}
    order = np.argsort(columns["t_us"], kind="stable")
    return AirRows(**{name: column[order] for name, column in columns.items()})


NOTHING = _rows(np.empty(0, np.int64), template=0, sender=0, length=0)


class Air:
    """The air of one scene; ``templates`` and ``senders`` are what the rows point at."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._things = [t for t in scene.things if t.wifi is not None]
        self.templates: list[bytes] = []
        self.senders: list[tuple[Thing, float]] = []
        self._sender_of: dict[str, int] = {}
        self._template_of: dict[bytes, int] = {}
        self._cache: dict[tuple[int, int], AirRows] = {}
        for thing in self._things:
            facet = _facet(thing)
            self._sender_of[facet.mac] = len(self.senders)
            self.senders.append((thing, facet.power_dbm))

    def between(self, from_us: int, until_us: int, *, mhz: int) -> AirRows:
        """Return the frames on one channel from ``from_us`` until ``until_us``."""
        epochs = range(from_us // EPOCH_US, max(from_us, until_us - 1) // EPOCH_US + 1)
        rows = _join([NOTHING, *(self._epoch(mhz, epoch) for epoch in epochs)])
        span = slice(*np.searchsorted(rows.t_us, (from_us, until_us)))
        return AirRows(**{name: getattr(rows, name)[span] for name in AirRows.__slots__})

    def _epoch(self, mhz: int, epoch: int) -> AirRows:
        key = (mhz, epoch)
        if key not in self._cache:
            for old in [k for k in self._cache if k[1] < epoch - 1]:
                del self._cache[old]
            here = [t for t in self._things if round(_facet(t).channel_hz / 1e6) == mhz]
            parts = [part for thing in here for part in self._thing(thing, mhz, epoch)]
            rows = _join([NOTHING, *parts])
            shifted = {name: getattr(rows, name) for name in AirRows.__slots__}
            self._cache[key] = AirRows(**(shifted | {"t_us": rows.t_us + epoch * EPOCH_US}))
        return self._cache[key]

    def _template(self, frame: bytes) -> int:
        if frame not in self._template_of:
            self._template_of[frame] = len(self.templates)
            self.templates.append(frame)
        return self._template_of[frame]

    def _thing(self, thing: Thing, mhz: int, epoch: int) -> list[AirRows]:
        facet = _facet(thing)
        rng = self._scene.rng(int(facet.mac.replace(":", ""), 16), epoch)
        if facet.role == "access-point":
            return [self._beacons(facet, mhz, rng), *self._data(facet, rng)]
        parts = [self._probes(facet, rng)]
        if facet.bssid is not None:
            parts += [self._nulls(facet, rng), *self._data(facet, rng)]
        return parts

    def _beacons(self, facet: WifiFacet, mhz: int, rng: np.random.Generator) -> AirRows:
        secured = not facet.behaviour.startswith("camera") if facet.secured is None else facet.secured
        frame = beacon_frame(
            bssid=mac_bytes(facet.mac), ssid=facet.ssid or "", channel_mhz=mhz, secured=secured
        ) + bytes.fromhex(facet.beacon_hex)
        t = np.arange(int(rng.integers(BEACON_US)), EPOCH_US, BEACON_US)
        t = t + np.abs(rng.normal(0, 300, len(t))).astype(np.int64)
        sender = self._sender_of[facet.mac]
        return _rows(t, template=self._template(frame), sender=sender, length=len(frame) + FCS_BYTES)

    def _probes(self, facet: WifiFacet, rng: np.random.Generator) -> AirRows:
        frame = probe_request(ta=mac_bytes(facet.mac))
        n = rng.poisson(EPOCH_US / 1e6 / PROBE_EVERY_S)
        t = np.sort(np.repeat(rng.integers(0, EPOCH_US, n), 2) + np.tile([0, 21_000], n))
        sender = self._sender_of[facet.mac]
        return _rows(t, template=self._template(frame), sender=sender, length=len(frame) + FCS_BYTES)

    def _nulls(self, facet: WifiFacet, rng: np.random.Generator) -> AirRows:
        frame = null_frame(ra=mac_bytes(facet.bssid or facet.mac), ta=mac_bytes(facet.mac))
        t = np.sort(rng.integers(0, EPOCH_US, rng.poisson(EPOCH_US / 1e6 / NULL_EVERY_S)))
        sender = self._sender_of[facet.mac]
        return _rows(t, template=self._template(frame), sender=sender, length=len(frame) + FCS_BYTES)

    def _data(self, facet: WifiFacet, rng: np.random.Generator) -> list[AirRows]:
        far = self._far_end(facet)
        if far is None:
            return []
        packets = make_packets(
            facet.behaviour,
            rng=rng,
            duration_s=EPOCH_US / 1e6,
            spec=TrafficSpec(
                bitrate_bps=facet.bitrate_bps, frame_rate_hz=facet.frame_rate_hz, keyframe_s=facet.keyframe_s
            ),
        )
        me, other = mac_bytes(facet.mac), mac_bytes(far)
        beyond = mac_bytes(facet.peer) if facet.peer else other
        away, back = (TO_DS, FROM_DS) if facet.role == "station" else (FROM_DS, TO_DS)
        source = beyond if facet.role == "station" else me
        up = data_frame(ra=other, ta=me, far=source, flags=away)
        down = data_frame(ra=me, ta=other, far=source, flags=back)
        sender = self._sender_of[facet.mac]
        peer = self._sender_of.get(far, sender)
        return [
            *self._way(packets, frame=up, sender=sender, receiver=peer, rng=rng, up=True),
            *self._way(packets, frame=down, sender=peer, receiver=sender, rng=rng, up=False),
        ]

    def _far_end(self, facet: WifiFacet) -> str | None:
        if facet.role == "station":
            return facet.bssid
        if facet.behaviour in {"quiet", "camera-idle"}:
            return facet.peer
        return facet.peer or VIEWER

    def _way(
        self,
        packets: Packets,
        *,
        frame: bytes,
        sender: int,
        receiver: int,
        rng: np.random.Generator,
        up: bool,
    ) -> list[AirRows]:
        chosen = packets.up == up
        t, size = packets.t_us[chosen], packets.size_bytes[chosen]
        length = size + QOS_HEADER_BYTES + CCMP_BYTES + LLC_BYTES + FCS_BYTES
        rate = _adapted_rates(rng, t)
        seq = np.arange(len(t), dtype=np.int64)
        again = np.flatnonzero(rng.random(len(t)) < RETRY_SHARE)
        template = self._template(frame)
        first = _rows(t, template=template, sender=sender, length=length, rate=rate, seq=seq)
        retry = _rows(
            t[again] + 250,
            template=template,
            sender=sender,
            length=length[again],
            rate=rate[again],
            seq=seq[again],
            retry=np.ones(len(again), bool),
        )
        answer = self._template(ack_frame(frame[10:16]))
        acks = _rows(t + ACK_DELAY_US, template=answer, sender=receiver, length=ACK_BYTES, rate=24)
        return [first, retry, acks]


def _adapted_rates(rng: np.random.Generator, t_us: NDArray[np.int64]) -> NDArray[np.int64]:
    seconds = EPOCH_US // 1_000_000 + 1
    walk = np.cumsum(rng.choice([-1, 0, 0, 1], seconds)) + int(rng.integers(3, 7))
    steps: NDArray[np.int64] = np.clip(walk, 0, len(DATA_RATES) - 1)
    return np.asarray(DATA_RATES[steps[t_us // 1_000_000]], np.int64)


def _facet(thing: Thing) -> WifiFacet:
    if thing.wifi is None:
        raise ValueError(f"{thing.id} has no Wi-Fi")
    return thing.wifi
