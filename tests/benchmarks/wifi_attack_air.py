"""Draws the air of one site and what an attacker adds to it: frames on three channels, and adverts.

Nothing here is shared with the simulated rooms, and nothing knows the detectors. Every number is plausible,
none was measured. The site has two networks on each channel, people who browse, and perhaps a camera that
streams to one of them. An attack adds frames, or changes what the site sends.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from hw.types import BleAdvert, Dot11Batch

Rng = np.random.Generator
US, SECOND_NS = 1_000_000, 1_000_000_000
CHANNELS_MHZ = (2412, 2437, 2462)
CAMERA_MHZ = 2437
HEARD_S = 45.0
CAMERA = bytes.fromhex("9c8ecd41a07e")
LAPTOP = bytes.fromhex("a4c3f08b1d52")  # on the camera's channel
NETWORK = bytes.fromhex("b09575e0c411")  # the camera's and the laptop's
EVERYBODY = b"\xff" * 6
RADIOTAP_BYTES = 23
BEACON, PROBE_REQUEST, DISASSOCIATION, DEAUTHENTICATION, ACTION, DATA = 0x80, 0x40, 0xA0, 0xC0, 0xD0, 0x88
TO_NETWORK, FROM_NETWORK = 1, 2


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame on the air: first byte's time (µs), channel, its first bytes and its whole length.

    ``number`` is None where its sender numbers it as it is sent; whoever forges a frame numbers it himself.
    """

    t_us: float
    mhz: int
    head: bytes
    wire_bytes: int
    dbm: int
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Air:
    """Everything that is sent at a site."""

    frames: tuple[Frame, ...]
    adverts: tuple[BleAdvert, ...]


@dataclass(slots=True)
class Site:
    """What sends at a site. An attack changes it before the frames are put in order."""

    rng: Rng
    camera: bool
    frames: list[Frame] = field(default_factory=list)
    adverts: list[BleAdvert] = field(default_factory=list)

    def air(self) -> Air:
        """Return all that was sent, in order of time."""
        return Air(
            frames=tuple(numbered(self.frames, self.rng)),
            adverts=tuple(sorted(self.adverts, key=lambda a: a.t_ns)),
        )


def numbered(frames: Sequence[Frame], rng: Rng) -> list[Frame]:
    """Return the frames in order of time, each numbered by its sender (IEEE 802.11-2020, 10.3.2.14.2).

    One counter for management, one a receiver for data; data bear the number of their packet too.
    """
    counters: dict[bytes, int] = {}
    sent = []
    for frame in sorted((f for f in frames if 0 <= f.t_us < HEARD_S * US), key=lambda f: f.t_us):
        head = frame.head[RADIOTAP_BYTES:]
        is_data = head[0] == DATA
        key = head[4:16] if is_data else head[10:16]
        if frame.number is None:
            counters[key] = counters.get(key, int(rng.integers(4096))) + 1
        number = counters[key] if frame.number is None else frame.number
        head = head[:22] + struct.pack("<H", number % 4096 << 4) + head[24:]
        if is_data:
            packet = number.to_bytes(6, "little")
            head = head[:26] + packet[:2] + b"\0\x20" + packet[2:] + head[34:]
        sent.append(replace(frame, head=frame.head[:RADIOTAP_BYTES] + head, number=number))
    return sent


def site(seed: int, *, camera: bool) -> Site:
    """Return a site without an attacker: the same one for the same numbers."""
    frames, adverts = _drawn(seed, camera)
    rng = np.random.default_rng([seed, 43])
    return Site(rng=rng, camera=camera, frames=list(frames), adverts=list(adverts))


@lru_cache(maxsize=8)
def _drawn(seed: int, camera: bool) -> tuple[tuple[Frame, ...], tuple[BleAdvert, ...]]:
    made = Site(rng=np.random.default_rng([seed, 41]), camera=camera)
    for number, mhz in enumerate(CHANNELS_MHZ * 2):
        owner = NETWORK if (number, mhz) == (1, CAMERA_MHZ) else address(made.rng)
        beacons(made, owner, mhz, name=b"site-%d" % number)
        for person in [LAPTOP] if owner == NETWORK else [address(made.rng) for _ in range(2)]:
            browse(made, person, owner, mhz)
    chatter = np.sort(made.rng.uniform(0, HEARD_S, int(3 * HEARD_S))).tolist()
    exchange(made, LAPTOP, NETWORK, CAMERA_MHZ, chatter, [180] * len(chatter), up=True, dbm=-58)
    if camera:
        stream(made, CAMERA, NETWORK, CAMERA_MHZ, dbm=-47)
    for _ in range(12):
        advertise(made, address(made.rng, made_up=True), name=b"", period_s=float(made.rng.uniform(0.2, 1.5)))
    return tuple(made.frames), tuple(made.adverts)


def address(rng: Rng, *, made_up: bool = False) -> bytes:
    """Draw an address: of some maker, or made up."""
    return bytes((int(rng.integers(0, 64)) * 4 | (2 if made_up else 0), *rng.bytes(5)))


def radiotap(mhz: int, dbm: int, tsft: int) -> bytes:
    """Return a capture header with the adapter's clock, flags, channel and level."""
    return struct.pack("<BBHIQBBHHb", 0, 0, RADIOTAP_BYTES, 0x2F, tsft % 2**64, 0, 12, mhz, 0xA0, dbm)


def put(
    site: Site, t_us: float, mhz: int, head: bytes, size: int = 0, *, dbm: int, number: int | None = None
) -> None:
    """Send a frame of ``size`` bytes, or of as many as are given."""
    told = radiotap(mhz, dbm, int(t_us) + 7_000_000)
    site.frames.append(Frame(t_us, mhz, told + head, max(size, len(head)) + len(told), dbm, number))


def management(kind: int, ta: bytes, bssid: bytes, body: bytes) -> bytes:
    """Return a management frame to everybody, without its number."""
    return bytes((kind, 0, 0, 0)) + EVERYBODY + ta + bssid + b"\0\0" + body


def beacon_body(*, tsf: int, name: bytes, extra: bytes = b"") -> bytes:
    """Return the body of a protected network's beacon."""
    fixed = struct.pack("<QHH", tsf % 2**64, 100, 0x0411)
    rates, cipher = b"\x01\x04\x82\x84\x8b\x96", bytes.fromhex("30140100000fac040100000fac040100000fac020000")
    return fixed + bytes((0, len(name))) + name + rates + cipher + extra


def beacons(site: Site, owner: bytes, mhz: int, *, name: bytes, every_s: float = 0.1024) -> None:
    """Let a network beacon from beginning to end."""
    born_us = int(site.rng.integers(10**9, 10**12))
    for t in np.arange(site.rng.random() * every_s, HEARD_S, every_s):
        body = beacon_body(tsf=born_us + int(t * US), name=name)
        put(site, t * US, mhz, management(BEACON, owner, owner, body), dbm=int(site.rng.normal(-55, 2)))


def data(
    site: Site, t_us: float, mhz: int, ta: bytes, ra: bytes, size: int, *, way: int, dbm: int,
    number: int | None = None,
) -> None:  # fmt: skip
    """Send one protected data frame between a station and its network."""
    bssid = ra if way == TO_NETWORK else ta
    head = bytes((DATA, 0x40 | way, 0, 0)) + ra + ta + bssid + bytes(12)
    put(site, t_us, mhz, head, 26 + 16 + 8 + size, dbm=dbm, number=number)


def exchange(
    site: Site, station: bytes, network: bytes, mhz: int, times_s: Sequence[float], sizes: Sequence[int],
    *, up: bool, dbm: int,
) -> None:  # fmt: skip
    """Send packets one way and a short answer to every second of them the other way."""
    one, other = (station, network) if up else (network, station)
    way, back = (TO_NETWORK, FROM_NETWORK) if up else (FROM_NETWORK, TO_NETWORK)
    for k, (t, size) in enumerate(zip(times_s, sizes, strict=True)):
        level = int(site.rng.normal(dbm, 1.5))
        data(site, t * US, mhz, one, other, size, way=way, dbm=level)
        if k % 2:
            at = t * US + float(site.rng.uniform(800, 4000))
            data(site, at, mhz, other, one, 52, way=back, dbm=-52)


def browse(site: Site, station: bytes, network: bytes, mhz: int) -> None:
    """Fetch pages now and then."""
    for begin in np.sort(site.rng.uniform(0, HEARD_S, int(site.rng.poisson(7)) + 1)):
        count = int(site.rng.integers(5, 160))
        times = begin + np.cumsum(site.rng.exponential(0.002, count))
        exchange(site, station, network, mhz, times.tolist(), [1448] * count, up=False, dbm=-57)


def stream(
    site: Site, station: bytes, network: bytes, mhz: int, *, dbm: int, bps: float = 1.2e6,
    begin_s: float = 0.0, end_s: float = HEARD_S,
) -> None:  # fmt: skip
    """Send encoded pictures, a key frame every two seconds."""
    fps, group = 15.0, 30
    for k in range(int(begin_s * fps), int(end_s * fps)):
        size = bps / 8 / fps * site.rng.lognormal(0, 0.2) * (4.0 if k % group == 0 else 0.9)
        count = int(size // 1400) + 1
        begin = k / fps + abs(site.rng.normal(0, 0.0015))
        times = begin + np.cumsum(site.rng.gamma(3, 0.0004, count))
        sizes = [1400] * (count - 1) + [max(60, int(size) % 1400)]
        exchange(site, station, network, mhz, times.tolist(), sizes, up=True, dbm=dbm)


def advertise(
    site: Site, sender: bytes, *, name: bytes, period_s: float, begin_s: float = 0.0, end_s: float = HEARD_S
) -> None:
    """Let a Bluetooth device advertise."""
    told = b"\x02\x01\x06" + (bytes((len(name) + 1, 9)) + name if name else b"\x05\xff\x4c\x00\x10\x01")
    level = int(site.rng.uniform(-90, -50))
    for t in np.arange(begin_s + site.rng.random() * period_s, end_s, period_s):
        site.adverts.append(
            BleAdvert(
                t_ns=int(t * SECOND_NS), address=sender.hex(":"), address_type="random", rssi_dbm=level,
                data=told,
            )
        )  # fmt: skip


def restamped(frames: Sequence[Frame], rng: Rng, how: str) -> list[Frame]:
    """Return frames whose capture headers bear another clock of the adapter."""
    clocks = {
        "random": lambda _frame: int(rng.integers(0, 2**63)),
        "backwards": lambda frame: 2**40 - int(frame.t_us),
        "zero": lambda _frame: 0,
    }
    return [replace(f, head=radiotap(f.mhz, f.dbm, clocks[how](f)) + f.head[RADIOTAP_BYTES:]) for f in frames]


def batch(frames: Sequence[Frame], mhz: int, begin_us: float, end_us: float) -> Dot11Batch:
    """Put the frames of one channel and a stretch of time into a batch."""
    lengths = np.array([len(f.head) for f in frames], np.int64)
    return Dot11Batch(
        t_ns=round(begin_us * 1000),
        until_ns=round(end_us * 1000),
        channel_hz=mhz * 1e6,
        link_type=127,
        buffer=b"".join(f.head for f in frames),
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
        wire_lengths=np.array([f.wire_bytes for f in frames], np.int64),
        times_ns=np.array([round(f.t_us * 1000) for f in frames], np.int64),
    )
