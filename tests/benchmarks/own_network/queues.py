"""The third source: one queue in front of the radio, drained in aggregates; applications only fill it.

Times are not drawn: they follow from what waits, from the airtime of each aggregate and from how long the
channel is busy with somebody else. A camera that sees its queue grow leaves pictures out, as real ones do.
"""

from __future__ import annotations

import heapq
import struct
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tests.benchmarks.own_network.recording import CAMERA, CHANNEL_MHZ, HEARD_S, Frame, Recording, batches_of

Rng = np.random.Generator
Write = tuple[float, int, bool]  # when (s), how many bytes, by the network's owner
NAME = "queues"
SLOWEST_BPS, FASTEST_BPS = 6e6, 65e6
OVERHEAD_S = 0.00025
QUEUE_BYTES = 400_000
TRADES: Mapping[str, tuple[str, ...]] = {
    "phone-hotspot": (
        "page",
        "page",
        "segments",
        "segments",
        "fetch",
        "talk",
        "watch",
        "idle",
        "push",
        "live",
    ),
    "travel-router": ("page", "segments", "segments", "fetch", "talk", "idle", "idle", "push", "live"),
    "printer-direct": ("idle", "push"),
    "tv-direct": ("mirror",),
    "cast-setup": ("idle",),
    "dashcam": ("fetch", "idle"),
}
RARE = frozenset({"watch", "live"})  # real pictures from elsewhere: not one in ten
TRAITS: Mapping[str, str] = {
    # s = secured, n/c/x = generations, e = extended capabilities, k = country, v = makers' elements
    CAMERA: "s5n8e2v2", "phone-hotspot": "s9n9c7x4e9k7v9", "travel-router": "s9n9c4x2e8k5v7",
    "printer-direct": "s9n9c1e6k4v8", "tv-direct": "s9n9c5x1e8k5v9", "cast-setup": "s2n9c6x1e8k6v6",
    "dashcam": "s8n9c2e4k2v4",
}  # fmt: skip


@dataclass(slots=True)
class Side:
    """One sender: what waits, as (bytes, is video or not)."""

    waiting: deque[int] = field(default_factory=deque)
    held: int = 0

    def put(self, size: int, mtu: int) -> None:
        """Cut a write into packets."""
        if self.held > QUEUE_BYTES:
            return
        whole, rest = divmod(size, mtu)
        self.waiting.extend([mtu] * whole + ([max(rest, 40)] if rest else []))
        self.held += size

    def take(self, most: int) -> list[int]:
        """Return what goes out in one aggregate."""
        sent = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        self.held = max(self.held - sum(sent), 0)
        return sent


def make(kind: str, seed: int) -> Recording:
    """Draw one network of a kind."""
    rng = np.random.default_rng([seed, sum(kind.encode()), 3])
    made_up = kind == "phone-hotspot" and rng.random() < 0.5
    owner = bytes((2 if made_up else 0x10, *rng.bytes(5)))
    clients = (
        1
        if kind == CAMERA
        else int(rng.integers(1, 4 if kind == "phone-hotspot" else 5 if "router" in kind else 2))
    )
    frames = list(_hello(rng, owner, kind))
    for _ in range(clients):
        trade = CAMERA if kind == CAMERA else _trade(rng, kind)
        frames += _exchange(rng, owner, bytes((6, *rng.bytes(5))), trade)
    miss = float(rng.uniform(0.0, 0.4))
    return Recording(
        kind=kind,
        source=NAME,
        bssid=owner.hex(":"),
        batches=batches_of([f for f in frames if rng.random() > miss]),
    )


def _trade(rng: Rng, kind: str) -> str:
    trade = str(rng.choice(TRADES[kind]))
    return "segments" if trade in RARE and rng.random() < 0.75 else trade


def _writes(rng: Rng, trade: str) -> Iterator[Write]:
    """Give what an application writes, in any order."""
    yield from APPLICATIONS[trade](rng)


def _page(rng: Rng) -> Iterator[Write]:
    for t in rng.uniform(0, HEARD_S, rng.poisson(12)):
        yield t, int(rng.integers(200, 1200)), False
        yield t + 0.1, int(min(rng.pareto(1.1) * 12_000 + 500, 2e6)), True


def _idle(rng: Rng) -> Iterator[Write]:
    return ((t, int(rng.integers(200, 1200)), False) for t in rng.uniform(0, HEARD_S, rng.poisson(3)))


def _film(rng: Rng) -> Iterator[Write]:
    """Give a film in segments, each asked for."""
    every, rate = float(rng.choice([1.0, 2.0, 4.0, 6.0])), rng.uniform(0.6e6, 5e6)
    for k in range(int(HEARD_S / every) + 1):
        t = k * every + rng.uniform(0, 0.2)
        yield t, 600, False
        yield t + 0.05, int(rate * every / 8 * rng.uniform(0.6, 1.5)), True


def _file(rng: Rng, *, ours: bool) -> Iterator[Write]:
    times = np.arange(rng.uniform(0, 5), rng.uniform(8, HEARD_S), 0.05)
    return ((t, int(rng.uniform(2e4, 1.2e5)), ours) for t in times)


def _talk(rng: Rng) -> Iterator[Write]:
    for ours in (True, False):
        fps = float(rng.choice([15, 24, 30]))
        yield from _pictures(rng, fps=fps, rate=rng.uniform(2e5, 1.5e6), ours=ours, gop_s=0)
        yield from ((t, int(rng.integers(90, 180)), ours) for t in np.arange(0, HEARD_S, 0.02))


def _mirror(rng: Rng) -> Iterator[Write]:
    moving = (t for t in np.arange(0, HEARD_S, 1 / 60) if rng.random() < 0.4)
    return ((t, int(rng.pareto(1.2) * 1500 + 200), False) for t in moving)


def _broadcast(rng: Rng) -> Iterator[Write]:
    """Give real pictures and sound that come from elsewhere."""
    fps = float(rng.choice([24, 25, 30, 50, 60]))
    yield from _pictures(rng, fps=fps, rate=rng.uniform(5e5, 4e6), ours=True, gop_s=2.0)
    yield from ((t, int(rng.integers(150, 400)), True) for t in np.arange(0, HEARD_S, 0.0213))


APPLICATIONS: Mapping[str, Callable[[Rng], Iterator[Write]]] = {
    "page": _page,
    "idle": _idle,
    "segments": _film,
    "fetch": partial(_file, ours=True),
    "push": partial(_file, ours=False),
    "talk": _talk,
    "mirror": _mirror,
    "live": _broadcast,
    "watch": _broadcast,
}


def _pictures(rng: Rng, *, fps: float, rate: float, ours: bool, gop_s: float) -> Iterator[Write]:
    motion, key = 1.0, max(1, round(gop_s * fps))
    for k in range(int(HEARD_S * fps)):
        motion = 0.97 * motion + 0.03 * rng.lognormal(0, 1.0)
        size = rate / 8 / fps * motion * rng.lognormal(0, 0.2)
        if gop_s and k % key == 0:
            size *= rng.uniform(4, 8)
        yield k / fps + rng.normal(0, 0.001), max(int(size), 60), ours


def _camera_writes(rng: Rng) -> Iterator[Write]:
    """Give what a camera's encoder makes: JPEG or H.264, perhaps sound; the viewer asks now and then."""
    fps = float(rng.choice([8, 10, 15, 20, 25, 30]))
    if rng.random() < 0.5:
        size = rng.uniform(5e3, 2.2e4)
        light = 1.0
        for k in range(int(HEARD_S * fps)):
            light = 0.95 * light + 0.05 * rng.uniform(0.7, 1.3)
            yield k / fps + abs(rng.normal(0, 0.003)), int(size * light * rng.uniform(0.94, 1.06)), True
    else:
        yield from _pictures(
            rng, fps=fps, rate=rng.uniform(3e5, 2.5e6), ours=True, gop_s=float(rng.choice([1, 2, 3, 4]))
        )
    if rng.random() < 0.5:
        yield from ((t, 320, True) for t in np.arange(rng.random() / 25, HEARD_S, 0.04))
    yield from ((t, 48, False) for t in np.arange(rng.random(), HEARD_S, rng.uniform(0.5, 3.0)))


def _exchange(rng: Rng, owner: bytes, client: bytes, trade: str) -> list[Frame]:
    """Run the queue of one pair."""
    camera = trade == CAMERA
    writes = sorted(_camera_writes(rng) if camera else _writes(rng, trade))
    sides = {True: Side(), False: Side()}
    mtu = int(rng.choice([1028, 1400, 1460])) if camera else int(rng.choice([1380, 1448]))
    speed = float(np.exp(rng.uniform(np.log(SLOWEST_BPS), np.log(FASTEST_BPS))))
    most = 1 if camera and rng.random() < 0.4 else int(rng.integers(2, 17))
    skips, answered = camera and rng.random() < 0.7, 1 if rng.random() < 0.3 else 2
    late: list[Write] = []
    sequence = {True: int(rng.integers(4096)), False: int(rng.integers(4096))}
    frames: list[Frame] = []
    now, at = 0.0, 0
    while now < HEARD_S:
        while at < len(writes) and writes[at][0] <= now:
            _, size, ours = writes[at]
            if not (skips and ours and sides[True].held > 30_000):
                sides[ours].put(size, mtu)
            at += 1
        while late and late[0][0] <= now:
            _, size, ours = heapq.heappop(late)
            sides[ours].put(size, mtu)
        ready = [ours for ours, side in sides.items() if side.waiting]
        if not ready:
            upcoming = [writes[at][0]] if at < len(writes) else []
            now = max(now + 1e-4, min([*upcoming, *(w[0] for w in late[:1]), HEARD_S]))
            continue
        ours = ready[int(rng.integers(len(ready)))]
        now += OVERHEAD_S + rng.exponential(0.0004) + (rng.exponential(0.008) if rng.random() < 0.01 else 0.0)
        sent = sides[ours].take(most)
        for size in sent:
            frames.append(_frame(rng, now, size, sequence, owner, client, ours=ours))
            now += (size + 40) * 8 / speed
        large = sum(size > 500 for size in sent)
        for _ in range(large // answered + int(rng.random() < large % answered / answered)):
            heapq.heappush(late, (now + rng.exponential(0.004), 52, not ours))
    return frames


def _frame(
    rng: Rng, t_s: float, size: int, sequence: dict[bool, int], owner: bytes, client: bytes, *, ours: bool
) -> Frame:
    sequence[ours] = (sequence[ours] + 1) % 4096
    addresses = client + owner + owner if ours else owner + client + owner
    control = b"\x88\x42" if ours else b"\x88\x41"
    mac = control + b"\x30\0" + addresses + struct.pack("<H", sequence[ours] << 4) + b"\0\0"
    return Frame(t_s * 1e6, _tap(rng) + mac + b"\x07\0\0\x20\0\0\0\0", 13 + 26 + 16 + 8 + size)


def _tap(rng: Rng) -> bytes:
    return struct.pack("<BBHIHHb", 0, 0, 13, 0x28, CHANNEL_MHZ, 0x480, int(rng.integers(-60, -52)))


def _hello(rng: Rng, owner: bytes, kind: str) -> Iterator[Frame]:
    """Give the beacons: elements by the traits of the kind."""
    traits = TRAITS[kind]
    has = {t: rng.random() < int(v) / 10 + 0.05 for t, v in zip(traits[::2], traits[1::2], strict=True)}
    name = f"{int(rng.integers(16**5)):05x}-{int(rng.integers(100))}".encode()
    body = bytes((0, len(name))) + name + bytes.fromhex("010482848b960301060504000100000000")[:-2]
    body += bytes.fromhex("30140100000fac040100000fac040100000fac020000") if has["s"] else b""
    body += b"\x07\x06DE \x01\x0d\x14" if has.get("k") else b""
    body += bytes((45, 26)) + bytes(26) if has["n"] else b""
    body += bytes((127, 8)) + bytes(8) if has.get("e") else b""
    body += bytes((191, 12)) + bytes(12) if has.get("c") else b""
    body += bytes((255, 24, 35)) + bytes(23) if has.get("c") and has.get("x") else b""
    body += (b"\xdd\x07\x50\x6f\x9a\x16\x03\x01\x03" * int(rng.integers(1, 4))) if has["v"] else b""
    fixed = bytes(8) + struct.pack("<HH", 100, 0x0411 if has["s"] else 0x0401)
    for k, t in enumerate(np.arange(rng.random() * 0.1, HEARD_S, 0.1024)):
        mac = b"\x80\0\0\0" + b"\xff" * 6 + owner + owner + struct.pack("<H", k % 4096 << 4)
        whole = mac + fixed + body
        yield Frame((t + rng.exponential(0.0003)) * 1e6, _tap(rng) + whole, 13 + len(whole))
