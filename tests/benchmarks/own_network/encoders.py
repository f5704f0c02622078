"""The second source: encoders and applications described one by one, frame by frame on a quiet channel.

Written from descriptions of such devices, without a look at the simulated rooms: every number is plausible,
none was measured.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.own_network.recording import CAMERA, CHANNEL_MHZ, HEARD_S, Frame, Recording, batches_of

Rng = np.random.Generator
Flow = tuple[NDArray[np.float64], NDArray[np.int64]]  # seconds, bytes of the IP packets
Pair = tuple[Flow, Flow]  # what the network's owner sends, what its client sends
NAME = "encoders"
RADIOTAP = struct.pack("<BBHIBBHHb", 0, 0, 15, 0x2E, 0, 24, CHANNEL_MHZ, 0x80, 0)[:15]
ENCRYPTION_BYTES, LLC_BYTES, MAC_BYTES = 16, 8, 26
MAKERS = ("001cf0", "3c6a2c", "40f520", "84f3eb", "a0fe61")  # of cheap modules; the rest is drawn
EMPTY: Flow = (np.empty(0), np.empty(0, np.int64))


def make(kind: str, seed: int) -> Recording:
    """Draw one network of a kind."""
    rng = np.random.default_rng([seed, sum(kind.encode()), 2])
    owner = _address(rng, camera=kind == CAMERA, local=kind == "phone-hotspot" and rng.random() < 0.7)
    frames = _beacons(rng, owner, kind)
    for flows in _camera(rng) if kind == CAMERA else CLIENTS[kind](rng):
        client = bytes([int(rng.integers(0, 64)) * 4 | 2]) + rng.bytes(5)
        frames += _sent(rng, owner, client, flows)
    level = float(rng.uniform(-72, -25))
    frames = [Frame(f.t_us, _radiotap(level + rng.normal(0, 2)) + f.head, f.wire_bytes + 15) for f in frames]
    lost = rng.uniform(0, 0.35)
    heard = [f for f in frames if rng.random() >= lost]
    return Recording(kind=kind, source=NAME, bssid=owner.hex(":"), batches=batches_of(heard))


def _radiotap(dbm: float) -> bytes:
    return RADIOTAP[:14] + struct.pack("b", int(np.clip(dbm, -95, -10)))


def _address(rng: Rng, *, camera: bool, local: bool) -> bytes:
    if camera and rng.random() < 0.5:
        return bytes.fromhex(MAKERS[int(rng.integers(len(MAKERS)))]) + rng.bytes(3)
    return bytes([int(rng.integers(0, 64)) * 4 | (2 if local else 0)]) + rng.bytes(5)


# ---------------------------------------------------------------------- beacons


def _element(number: int, size: int, rng: Rng, head: bytes = b"") -> bytes:
    return bytes((number, size)) + (head + rng.bytes(size))[:size]


def _beacons(rng: Rng, owner: bytes, kind: str) -> list[Frame]:
    interval = 0.1024 if rng.random() < 0.93 else float(rng.choice([0.2048, 0.3072]))
    body = _beacon_body(rng, kind)
    secured = body[1]
    fixed = bytes(8) + struct.pack("<HH", 100, 0x0431 if secured else 0x0421)
    head = b"\x80\0\0\0" + b"\xff" * 6 + owner * 2
    count = int(HEARD_S / interval)
    at = rng.random() * interval + np.arange(count) * interval + rng.exponential(0.0004, count)
    frame = fixed + body[0]
    return [
        Frame(t * 1e6, head + struct.pack("<H", k % 4096 << 4) + frame, 24 + len(frame))
        for k, t in enumerate(at)
    ]


HABITS: Mapping[str, tuple[float, float, float, float, float]] = {
    # secured, 802.11n, ac, ax, mean number of makers' own elements
    CAMERA: (0.55, 0.85, 0.02, 0.0, 0.3),
    "phone-hotspot": (0.97, 0.99, 0.75, 0.45, 2.2),
    "travel-router": (0.93, 0.99, 0.45, 0.12, 1.2),
    "printer-direct": (0.95, 0.95, 0.1, 0.0, 1.5),
    "tv-direct": (0.95, 0.98, 0.5, 0.1, 1.8),
    "cast-setup": (0.15, 0.98, 0.5, 0.1, 0.8),
    "dashcam": (0.85, 0.9, 0.25, 0.0, 0.4),
}


def _beacon_body(rng: Rng, kind: str) -> tuple[bytes, bool]:
    secured, n, ac, ax, makers = HABITS[kind]
    ssid = bytes(rng.integers(97, 123, int(rng.integers(5, 14))).astype(np.uint8))
    safe = bool(rng.random() < secured)
    parts = [bytes((0, len(ssid))) + ssid, b"\x01\x08\x82\x84\x8b\x96\x0c\x12\x18\x24", b"\x03\x01\x06"]
    parts.append(b"\x05\x04\0\x01\0\0")
    if safe:
        parts.append(bytes.fromhex("30140100000fac040100000fac040100000fac020000"))
    if rng.random() < (0.1 if kind == CAMERA else 0.6):
        parts.append(b"\x07\x06KR \x01\x0d\x14")
    if rng.random() < n:
        parts += [_element(45, 26, rng), _element(61, 22, rng, b"\x06")]
    if rng.random() < (0.15 if kind == CAMERA else 0.8):
        parts.append(_element(127, 8, rng))
    newer = rng.random()
    if newer < ac:
        parts += [_element(191, 12, rng), _element(192, 5, rng)]
    if newer < ax:
        parts.append(_element(255, 30, rng, b"\x23"))
    parts += [
        _element(221, int(rng.integers(7, 30)), rng, b"\x00\x17\xf2") for _ in range(rng.poisson(makers))
    ]
    parts.append(bytes.fromhex("dd180050f2020101800003a4000027a4000042435e0062322f00"))
    return b"".join(parts), safe


# ---------------------------------------------------------------------- data frames


def _sent(rng: Rng, owner: bytes, client: bytes, flows: Pair) -> list[Frame]:
    frames = []
    for (t, size), ways, ra, ta, a3 in (
        (flows[0], 2, client, owner, owner),
        (flows[1], 1, owner, client, owner),
    ):
        head = bytes((0x88, 0x40 | ways)) + b"\x2c\0" + ra + ta + a3
        packet = int(rng.integers(1, 2**32))
        for k, (at, bytes_) in enumerate(zip(t.tolist(), size.tolist(), strict=True)):
            packet += 1
            ccmp = struct.pack("<HBBI", packet & 0xFFFF, 0, 0x20, packet >> 16)
            frame = head + struct.pack("<H", k % 4096 << 4) + b"\0\0" + ccmp
            frames.append(Frame(at * 1e6, frame, MAC_BYTES + ENCRYPTION_BYTES + LLC_BYTES + bytes_))
    return frames


def _chunks(t: NDArray[np.float64], size: NDArray[np.float64], chunk: int, gap_s: float, rng: Rng) -> Flow:
    """Send each message in chunks, one every ``gap_s``; a message waits for the one before it."""
    times, sizes, free = [], [], 0.0
    for begin, whole in zip(t.tolist(), np.maximum(size, 60).astype(int).tolist(), strict=True):
        count = -(-whole // chunk)
        begin = max(begin, free)
        step = gap_s * rng.gamma(3, 1 / 3, count)
        sent = begin + np.cumsum(step)
        free = float(sent[-1])
        times.append(sent)
        sizes.append(np.r_[np.full(count - 1, chunk), max(whole - (count - 1) * chunk, 50)])
    return (np.concatenate(times), np.concatenate(sizes).astype(np.int64)) if times else EMPTY


def _answers(flow: Flow, every: int, size: int, rng: Rng) -> Flow:
    t = flow[0][::every] + rng.exponential(0.003, len(flow[0][::every])) + 0.001
    return t, np.full(len(t), size, np.int64)


def _merged(*flows: Flow) -> Flow:
    t = np.concatenate([f[0] for f in flows])
    order = np.argsort(t, kind="stable")
    return t[order], np.concatenate([f[1] for f in flows])[order]


def _every(period_s: float, jitter_s: float, rng: Rng) -> NDArray[np.float64]:
    t = rng.random() * period_s + np.arange(int(HEARD_S / period_s)) * period_s
    return np.asarray(t + np.abs(rng.normal(0, jitter_s, len(t))))


def _camera(rng: Rng) -> list[Pair]:
    """Draw the live picture of one of three makes, for one viewer, rarely two."""
    make_of = (_motion_jpeg, _small_blocks, _h264)[int(rng.integers(3))]
    return [make_of(rng) for _ in range(2 if rng.random() < 0.08 else 1)]


def _motion_jpeg(rng: Rng) -> Pair:
    """Draw a board that sends JPEG after JPEG over TCP, as fast as its sensor and its link allow."""
    gap = 1436 * 8 / (1e6 * rng.uniform(3, 12))
    t = _every(1 / float(rng.uniform(5, 25)), rng.uniform(0.001, 0.008), rng)
    size = rng.uniform(8e3, 25e3) * rng.lognormal(0, 0.05, len(t)) * (1 + 0.2 * np.sin(t / rng.uniform(1, 9)))
    flow = _chunks(t, size, 1436, gap, rng)
    return flow, _answers(flow, 2, 52, rng)


def _small_blocks(rng: Rng) -> Pair:
    """Draw a toy camera: JPEG in blocks of a kilobyte over UDP, acknowledged in groups, with sound."""
    t = _every(1 / float(rng.choice([10, 12, 15, 20, 25])), rng.uniform(0.001, 0.006), rng)
    size = rng.uniform(4e3, 18e3) * rng.lognormal(0, 0.1, len(t))
    video = _chunks(t, size, 1056, 1056 * 8 / (1e6 * rng.uniform(4, 18)), rng)
    sound_t = _every(0.04, 0.002, rng)
    sound = (sound_t, np.full(len(sound_t), 268, np.int64))
    flow = _merged(video, sound) if rng.random() < 0.6 else video
    alive = _every(1.0, 0.02, rng)
    back = _merged(
        _answers(video, int(rng.integers(1, 9)), int(rng.integers(46, 80)), rng),
        (alive, np.full(len(alive), 48)),
    )
    return flow, back


def _h264(rng: Rng) -> Pair:
    """Draw an IP camera's RTP stream with key frames, reports once a second."""
    fps, gop_s = float(rng.choice([12, 15, 20, 25, 30])), float(rng.choice([1, 2, 2, 4]))
    t = _every(1 / fps, rng.uniform(0.0005, 0.004), rng)
    size = rng.lognormal(0, 0.3, len(t)) * np.exp(np.cumsum(rng.normal(0, 0.02, len(t))))
    size[int(rng.integers(int(gop_s * fps))) :: int(gop_s * fps)] *= rng.uniform(4, 12)
    size *= float(np.exp(rng.uniform(np.log(3e5), np.log(2.5e6)))) / 8 / fps / size.mean()
    flow = _chunks(t, size, int(rng.integers(1100, 1430)), 1400 * 8 / (1e6 * rng.uniform(6, 30)), rng)
    reports = _every(1.0, 0.1, rng)
    if rng.random() < 0.5:
        return flow, _answers(flow, 2, 52, rng)
    return flow, (reports, np.full(len(reports), 92))


# ---------------------------------------------------------------------- what clients of other networks do


def _web(rng: Rng) -> Pair:
    t = np.sort(rng.uniform(0, HEARD_S, rng.poisson(HEARD_S * rng.uniform(0.1, 1.2)) + 1))
    flow = _chunks(
        t, rng.lognormal(10.8, 1.4, len(t)).clip(300, 3e6), 1400, 1400 * 8 / (1e6 * rng.uniform(4, 40)), rng
    )
    asks = np.repeat(t, 3) - rng.uniform(0.02, 0.2, 3 * len(t))
    return flow, _merged(_answers(flow, 2, 52, rng), (np.sort(asks), rng.integers(100, 900, len(asks))))


def _film(rng: Rng) -> Pair:
    """Draw a film: some seconds of it at a time, fetched as fast as the uplink gives."""
    every = float(rng.choice([2, 4, 5, 6, 10]))
    t = _every(every, 0.3, rng)
    rate = float(np.exp(rng.uniform(np.log(0.5e6), np.log(6e6))))
    size = rate * every / 8 * rng.lognormal(0, 0.3, len(t))
    flow = _chunks(t, size, int(rng.choice([1250, 1400, 1448])), 1400 * 8 / (1e6 * rng.uniform(6, 40)), rng)
    return flow, _answers(flow, int(rng.choice([2, 2, 10])), int(rng.choice([52, 74])), rng)


def _download(rng: Rng) -> Pair:
    rate = 1e6 * rng.uniform(2, 20)
    flow = _chunks(
        np.array([rng.uniform(0, 4)]), np.array([rate / 8 * rng.uniform(4, 16)]), 1448, 1448 * 8 / rate, rng
    )
    return flow, _answers(flow, 2, 52, rng)


def _call(rng: Rng) -> Pair:
    def side() -> Flow:
        t = _every(1 / float(rng.choice([15, 24, 30])), 0.003, rng)
        talk = np.repeat(rng.choice([0.3, 1.0], len(t) // 60 + 1), 60)[: len(t)]
        video = _chunks(t, rng.uniform(1e3, 7e3) * talk * rng.lognormal(0, 0.25, len(t)), 1150, 0.0008, rng)
        sound = _every(0.02, 0.001, rng)
        return _merged(video, (sound, rng.integers(80, 200, len(sound))))

    return side(), side()


def _webinar(rng: Rng) -> Pair:
    """Draw a meeting that the client only watches: real pictures, one way, from somewhere else."""
    ahead, _ = _call(rng)
    t = _every(float(rng.uniform(0.05, 1.0)), 0.02, rng)
    return ahead, (t, rng.integers(60, 180, len(t)))


def _game(rng: Rng) -> Pair:
    t, u = _every(1 / float(rng.choice([20, 30, 60])), 0.003, rng), _every(1 / 30, 0.004, rng)
    return (t, rng.integers(80, 600, len(t))), (u, rng.integers(60, 140, len(u)))


def _music(rng: Rng) -> Pair:
    t = _every(float(rng.uniform(5, 12)), 0.5, rng)
    flow = _chunks(t, rng.uniform(1e5, 6e5) * np.ones(len(t)), 1400, 0.001, rng)
    return flow, _answers(flow, 2, 52, rng)


def _send_files(rng: Rng) -> Pair:
    ahead, back = _download(rng)
    return back, ahead


def _rest(rng: Rng) -> Pair:
    t = np.sort(rng.uniform(0, HEARD_S, rng.poisson(12) + 1))
    return (t, rng.integers(60, 400, len(t))), (t + 0.01, rng.integers(60, 300, len(t)))


APPS = (_web, _film, _download, _call, _webinar, _game, _music, _send_files, _rest)
SHARES = (0.25, 0.23, 0.07, 0.08, 0.08, 0.05, 0.06, 0.05, 0.13)


def _clients(low: int, high: int) -> Callable[[Rng], list[Pair]]:
    def drawn(rng: Rng) -> list[Pair]:
        count = int(rng.integers(low, high + 1))
        return [APPS[int(rng.choice(len(APPS), p=SHARES))](rng) for _ in range(count)]

    return drawn


def _clips(rng: Rng) -> list[Pair]:
    """Draw a dashcam whose owner fetches a clip, or nobody does anything."""
    return [_download(rng)] if rng.random() < 0.6 else [_rest(rng)]


def _page(rng: Rng) -> list[Pair]:
    return [_send_files(rng)] if rng.random() < 0.6 else [_rest(rng)]


def _cast(rng: Rng) -> list[Pair]:
    """Draw a phone's screen sent to a television: pictures go to the network's owner."""
    ahead, back = _webinar(rng)
    return [(back, ahead)] if rng.random() < 0.7 else [_rest(rng)]


CLIENTS: Mapping[str, Callable[[Rng], list[Pair]]] = {
    "phone-hotspot": _clients(1, 3),
    "travel-router": _clients(1, 5),
    "printer-direct": _page,
    "tv-direct": _cast,
    "cast-setup": lambda rng: [_rest(rng)],
    "dashcam": _clips,
}
