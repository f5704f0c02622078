"""Draws packet times and sizes of applications by behaviour, from a seed.

Every behaviour is a row of `BEHAVIOURS`. Sizes are MSDU bytes (the IP packet), ``up`` is away from the device
that behaves. The numbers are plausible, not measured: bit rates, key-frame ratios and chunk lengths are drawn
from ranges that public descriptions of such products give. Nothing here knows how a detector works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

US = 1_000_000
Codec = Literal["h264", "h265", "mjpeg", "svc"]
Transport = Literal["rtp", "tcp", "pppp"]
MTU_BYTES: Mapping[Transport, tuple[int, int]] = {
    "rtp": (1200, 1440),  # RTP over UDP: payload chosen by the sender
    "tcp": (1400, 1500),  # segment size, with IP and TCP headers
    "pppp": (1024, 1072),  # peer-to-peer cameras send 1024-byte blocks with a small header
}
ACK_BYTES = 52  # an IPv4 TCP acknowledgement with time stamps


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """Packets of one device, in order of time."""

    t_us: NDArray[np.int64]
    size_bytes: NDArray[np.int64]
    up: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficSpec:
    """Parameters of a behaviour; those that are not given are drawn at random."""

    bitrate_bps: float = 1.5e6
    frame_rate_hz: float = 25.0
    keyframe_s: float = 2.0
    codec: Codec = "h264"
    transport: Transport | None = None
    link_bps: float = 20e6
    motion: float | None = None  # 0 = a still room, 1 = people walking about
    audio: bool | None = None
    pacing: float | None = None  # share of a picture's time over which a sender spreads its packets


def make_packets(
    behaviour: str, *, rng: np.random.Generator, duration_s: float, spec: TrafficSpec
) -> Packets:
    """Return the packets of ``duration_s`` of a behaviour, t_us from 0.

    Parameters
    ----------
    behaviour
        Name of the behaviour, a key of `BEHAVIOURS`.
    rng
        Source of the random numbers.
    duration_s
        Length of the traffic in seconds.
    spec
        Bit rate, picture rate and codec of the device, as far as the behaviour uses them.

    Returns
    -------
    Packets
        Packets in order of time; times in µs from 0, sizes in bytes.
    """
    parts = BEHAVIOURS[behaviour](rng, duration_s, spec)
    t = np.concatenate([p.t_us for p in parts]) if parts else np.empty(0, np.int64)
    size = np.concatenate([p.size_bytes for p in parts]) if parts else np.empty(0, np.int64)
    up = np.concatenate([p.up for p in parts]) if parts else np.empty(0, bool)
    keep = (t >= 0) & (t < duration_s * US)
    order = np.argsort(t[keep], kind="stable")
    return Packets(t_us=t[keep][order], size_bytes=size[keep][order], up=up[keep][order])


def _row(t_us: NDArray[np.int64], size: NDArray[np.int64] | int, *, up: bool) -> Packets:
    sizes = np.full(len(t_us), size, np.int64) if isinstance(size, int) else size
    return Packets(t_us=t_us.astype(np.int64), size_bytes=sizes, up=np.full(len(t_us), up))


def packetise(
    t_us: NDArray[np.int64], size_bytes: NDArray[np.int64], *, mtu: int, link_bps: NDArray[np.float64] | float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut messages into packets and send them one after another over a link.

    Parameters
    ----------
    t_us : ndarray, shape (n,), µs
        When each message is ready, in order.
    size_bytes : ndarray, shape (n,), bytes
    mtu : int, bytes
    link_bps : float or ndarray, shape (n,), bit/s
        Throughput while each message is sent.

    Returns
    -------
    tuple of ndarray
        Departure time (µs) and size (bytes) of each packet.

    Notes
    -----
    Departures of a FIFO queue: d_i = max_j≤i (a_j − S_{j−1}) + S_i with S the running service time.
    """
    size_bytes = np.maximum(size_bytes, 1)
    count = -(-size_bytes // mtu)
    arrival = np.repeat(t_us, count).astype(np.float64)
    size = np.full(len(arrival), mtu, np.int64)
    last = np.cumsum(count) - 1
    size[last] = size_bytes - (count - 1) * mtu
    rate = np.repeat(np.broadcast_to(link_bps, t_us.shape), count)
    overhead_us = 60.0  # contention, preamble and acknowledgement, roughly
    service = (size + 60) * 8 / rate * US + overhead_us
    total = np.cumsum(service)
    depart = np.maximum.accumulate(arrival - (total - service)) + total
    return depart.astype(np.int64), size + 28


def _adapted_link_bps(
    rng: np.random.Generator, t_us: NDArray[np.int64], mean_bps: float
) -> NDArray[np.float64]:
    """Return a link rate that rate adaptation moves up and down about once a second."""
    if not len(t_us):
        return np.empty(0)
    seconds = int(t_us.max() // US) + 2
    steps = np.clip(np.cumsum(rng.choice([-1, 0, 0, 1], seconds)), -3, 2)
    return np.asarray(mean_bps * 1.5 ** steps[t_us // US], np.float64)


def _video_frames(
    rng: np.random.Generator, duration_s: float, spec: TrafficSpec
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return time (µs) and size (bytes) of the pictures of an encoder."""
    period_us = US / spec.frame_rate_hz
    n = int(duration_s * spec.frame_rate_hz) + 2
    jitter_us = rng.normal(0, rng.uniform(100, 2500), n)  # capture and encoder
    t = (rng.uniform(0, period_us) + np.arange(n) * period_us + np.abs(jitter_us)).astype(np.int64)
    mean_bytes = spec.bitrate_bps / 8 / spec.frame_rate_hz
    motion = rng.uniform(0, 0.6) if spec.motion is None else spec.motion
    slow = np.repeat(np.exp(rng.normal(0, 0.05 + 0.5 * motion, n // 50 + 1)), 50)[:n]
    spread = 0.06 if spec.codec == "mjpeg" else rng.uniform(0.1, 0.35)
    size = np.exp(rng.normal(0, spread, n)) * np.sqrt(slow)
    gop = max(1, round(spec.keyframe_s * spec.frame_rate_hz))
    if spec.codec in {"h264", "h265"}:
        ratio = rng.uniform(4, 9) if spec.codec == "h264" else rng.uniform(7, 15)
        size[int(rng.integers(gop)) :: gop] *= ratio
    size *= mean_bytes / size.mean()
    return np.sort(t), np.maximum(size, 80).astype(np.int64)


def _video(
    rng: np.random.Generator, duration_s: float, spec: TrafficSpec, *, up: bool = True
) -> list[Packets]:
    transport: Transport = spec.transport or str_choice(rng, ("rtp", "tcp", "pppp"))
    low, high = MTU_BYTES[transport]
    t, size = _video_frames(rng, duration_s, spec)
    link = _adapted_link_bps(rng, t, max(spec.link_bps, 3 * spec.bitrate_bps))
    pt, ps = packetise(t, size, mtu=int(rng.integers(low, high)) - 28, link_bps=link)
    pacing = spec.pacing if spec.pacing is not None else float(rng.choice([0.0, 0.0, 0.0, 0.4, 0.8]))
    if transport == "tcp":
        pt, ps = _stalled(rng, pt, ps)
    elif pacing:
        pt = _paced(t, size, pt, ps, share=pacing, period_us=US / spec.frame_rate_hz)
    parts = [_row(pt, ps, up=up)]
    every = {"rtp": 200, "tcp": int(rng.integers(1, 3)), "pppp": 12}[transport]
    parts.append(_row(pt[::every] + rng.integers(800, 6000, len(pt[::every])), ACK_BYTES, up=not up))
    return parts


def _paced(
    t_us: NDArray[np.int64],
    size: NDArray[np.int64],
    depart_us: NDArray[np.int64],
    packet_bytes: NDArray[np.int64],
    *,
    share: float,
    period_us: float,
) -> NDArray[np.int64]:
    """Spread the packets of each picture over a share of its time, as WebRTC senders do."""
    whole = np.cumsum(size)
    sent = np.cumsum(packet_bytes) * (whole[-1] / max(int(packet_bytes.sum()), 1))
    picture = np.minimum(np.searchsorted(whole, sent - 1), len(t_us) - 1)
    within = (sent - (whole[picture] - size[picture])) / np.maximum(size[picture], 1)
    spread = t_us[picture] + np.clip(within, 0, 1) * share * period_us
    return np.maximum.accumulate(np.maximum(depart_us, spread.astype(np.int64)))


def _stalled(
    rng: np.random.Generator, t_us: NDArray[np.int64], size: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Delay some packets: a full send buffer or a small window holds the rest of a picture back."""
    share = float(rng.choice([0.0, 0.01, 0.03]))
    wait_us = rng.integers(9_000, 26_000, len(t_us)) * (rng.random(len(t_us)) < share)
    held = np.maximum.accumulate(t_us + wait_us)
    return held, size


def str_choice(rng: np.random.Generator, options: tuple[Transport, ...]) -> Transport:
    """Return one of the options, evenly."""
    return options[int(rng.integers(len(options)))]


def _poisson_us(rng: np.random.Generator, duration_s: float, rate_hz: float) -> NDArray[np.int64]:
    return np.sort(rng.integers(0, round(duration_s * US), rng.poisson(rate_hz * duration_s)))


def _clocked_us(
    rng: np.random.Generator, duration_s: float, period_s: float, *, jitter_s: float
) -> NDArray[np.int64]:
    n = int(duration_s / period_s) + 1
    t = rng.uniform(0, period_s) + np.arange(n) * period_s + np.abs(rng.normal(0, jitter_s, n))
    return np.sort((t * US).astype(np.int64))


def _camera_stream(rng: np.random.Generator, duration_s: float, spec: TrafficSpec) -> list[Packets]:
    """Live video from a camera, perhaps with sound, and a thin control channel back."""
    parts = _video(rng, duration_s, spec)
    if spec.audio if spec.audio is not None else rng.random() < 0.4:
        t = _clocked_us(rng, duration_s, float(rng.choice([0.02, 0.04, 0.064])), jitter_s=0.002)
        parts.append(_row(t, int(rng.integers(200, 420)), up=True))
    t = _clocked_us(rng, duration_s, rng.uniform(0.8, 3.0), jitter_s=0.02)
    return [*parts, _row(t, 80, up=False), _row(t + 4000, 80, up=True)]


def _camera_idle(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Keep-alives of a camera nobody watches: small, regular, answered."""
    t = _clocked_us(rng, duration_s, rng.uniform(1.0, 5.0), jitter_s=0.01)
    size = int(rng.choice([72, 84, 116, 132]))
    return [_row(t, size, up=True), _row(t + rng.integers(15_000, 40_000, len(t)), size - 12, up=False)]


def _video_call(rng: np.random.Generator, duration_s: float, spec: TrafficSpec) -> list[Packets]:
    """Two-way video and sound whose rate follows the bandwidth estimate and who is speaking."""
    parts: list[Packets] = []
    for up in (True, False):
        share = rng.uniform(0.6, 1.2) if up else rng.uniform(0.1, 1.6)
        rate = max(60e3, spec.bitrate_bps * share)
        inner = TrafficSpec(bitrate_bps=rate, frame_rate_hz=spec.frame_rate_hz, keyframe_s=3600.0, motion=0.8)
        t, size = _video_frames(rng, duration_s, inner)
        size = _speaking(rng, t, size)
        pt, ps = packetise(t, size, mtu=int(rng.integers(1000, 1200)), link_bps=spec.link_bps)
        parts.append(_row(pt, ps, up=up))
        sound = _clocked_us(rng, duration_s, 0.02, jitter_s=0.001)
        parts.append(_row(sound, rng.integers(90, 220, len(sound)), up=up))
    return parts


def _speaking(
    rng: np.random.Generator, t_us: NDArray[np.int64], size: NDArray[np.int64]
) -> NDArray[np.int64]:
    turns = np.sort(rng.integers(0, max(1, int(t_us[-1])), max(2, int(t_us[-1] / US / 3))))
    level = rng.choice([0.1, 0.35, 1.0, 1.6], len(turns) + 1)
    spoken: NDArray[np.float64] = np.maximum(80, size * level[np.searchsorted(turns, t_us)])
    return spoken.astype(np.int64)


def _bulk(
    rng: np.random.Generator, duration_s: float, *, rate_bps: float, up: bool, chunk_s: float, busy: float
) -> list[Packets]:
    """TCP in chunks: ``busy`` of the time at ``rate_bps / busy``, acknowledged every second segment."""
    n = max(1, int(duration_s / chunk_s))
    start = np.sort((np.arange(n) + rng.uniform(0, 0.3, n)) * chunk_s * US).astype(np.int64)
    size = (rate_bps / 8 * chunk_s * np.exp(rng.normal(0, 0.35, n))).astype(np.int64)
    link = _adapted_link_bps(rng, start, max(rate_bps / busy, 1e6))
    t, sizes = packetise(start, size, mtu=int(rng.integers(1400, 1472)), link_bps=link)
    acks = t[::2] + rng.integers(500, 9000, len(t[::2]))
    return [_row(t, sizes, up=up), _row(acks, ACK_BYTES, up=not up)]


def _upload(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Draw a file or photo upload: as fast as the link gives, in full segments."""
    rate = rng.uniform(2e6, 12e6)
    return _bulk(
        rng, duration_s, rate_bps=rate, up=True, chunk_s=rng.uniform(0.5, 6.0), busy=rng.uniform(0.3, 0.95)
    )


def _backup(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Draw a paced cloud backup: blocks of some 100 kB at a limited rate, pauses between files."""
    rate = rng.uniform(0.3e6, 4e6)
    parts = _bulk(
        rng, duration_s, rate_bps=rate, up=True, chunk_s=rng.uniform(0.1, 1.5), busy=rng.uniform(0.2, 0.9)
    )
    pause = rng.uniform(0, duration_s * US, 3)
    length = rng.exponential(1.5 * US, 3)
    for part in range(len(parts)):
        inside = np.zeros(len(parts[part].t_us), bool)
        for at, span in zip(pause, length, strict=True):
            inside |= (parts[part].t_us >= at) & (parts[part].t_us < at + span)
        parts[part] = Packets(
            t_us=parts[part].t_us[~inside],
            size_bytes=parts[part].size_bytes[~inside],
            up=parts[part].up[~inside],
        )
    return parts


def _download(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Streamed video in segments of some seconds, or a long download."""
    rate = rng.uniform(1.5e6, 8e6)
    chunk = float(rng.choice([2.0, 4.0, 5.0, 10.0]))
    return _bulk(rng, duration_s, rate_bps=rate, up=False, chunk_s=chunk, busy=rng.uniform(0.15, 0.6))


def _browse(rng: np.random.Generator, duration_s: float, spec: TrafficSpec) -> list[Packets]:
    """Pages now and then: a request, a burst of answers, silence."""
    start = _poisson_us(rng, duration_s, rng.uniform(0.1, 0.6))
    size = np.minimum(rng.lognormal(11.5, 1.2, len(start)), 4e6).astype(np.int64)
    t, sizes = packetise(start + 40_000, size, mtu=1420, link_bps=spec.link_bps)
    asks = np.repeat(start, 6) + np.sort(rng.integers(0, 400_000, len(start) * 6))
    acks = t[::2] + rng.integers(500, 5000, len(t[::2]))
    return [
        _row(t, sizes, up=False),
        _row(np.sort(asks), rng.integers(120, 1100, len(asks)), up=True),
        _row(acks, ACK_BYTES, up=True),
    ]


def _screen_cast(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Draw a mirrored screen: pictures only where something moves, full ones after a scene change."""
    inner = TrafficSpec(
        bitrate_bps=rng.uniform(1e6, 8e6),
        frame_rate_hz=float(rng.choice([30.0, 60.0])),
        keyframe_s=3600.0,
        motion=1.0,
    )
    t, size = _video_frames(rng, duration_s, inner)
    n = max(2, int(duration_s / rng.uniform(0.8, 4.0)))
    edges = np.sort(rng.integers(0, round(duration_s * US), n))
    level = rng.choice([0.02, 0.05, 0.5, 1.0, 2.5], n + 1, p=[0.35, 0.2, 0.15, 0.2, 0.1])
    size = np.maximum(60, size * level[np.searchsorted(edges, t)]).astype(np.int64)
    size[np.minimum(np.searchsorted(t, edges), len(t) - 1)] += int(inner.bitrate_bps / 8 * 0.15)
    skipped = (size < 120) & (rng.random(len(t)) < 0.7)
    pt, ps = packetise(t[~skipped], size[~skipped], mtu=1400, link_bps=40e6)
    sound = _clocked_us(rng, duration_s, 0.0213, jitter_s=0.001)
    back = _clocked_us(rng, duration_s, 0.25, jitter_s=0.02)
    return [
        _row(pt, ps, up=True),
        _row(sound, int(rng.integers(250, 500)), up=True),
        _row(back, 90, up=False),
    ]


def _relay(rng: np.random.Generator, duration_s: float, spec: TrafficSpec) -> list[Packets]:
    """Draw a repeater: what comes in goes out again a little later."""
    parts = _bulk(rng, duration_s, rate_bps=rng.uniform(1e6, 6e6), up=False, chunk_s=2.0, busy=0.4)
    parts += _video(rng, duration_s, spec, up=False)
    echo = [
        _row(p.t_us + rng.integers(300, 4000, len(p.t_us)), p.size_bytes, up=not bool(p.up[0]))
        for p in parts
        if len(p.up) and rng.random() < 0.8
    ]
    return parts + echo


def _iot_heartbeat(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Draw a sensor or speaker at rest: a small exchange every some seconds."""
    t = _clocked_us(rng, duration_s, rng.uniform(3.0, 30.0), jitter_s=0.3)
    size = rng.integers(70, 260, len(t))
    return [_row(t, size, up=True), _row(t + 25_000, ACK_BYTES, up=False)]


def _game(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Draw an on-line game: small packets at the tick rate, both ways."""
    up = _clocked_us(rng, duration_s, 1 / float(rng.choice([20.0, 30.0, 60.0])), jitter_s=0.002)
    down = _clocked_us(rng, duration_s, 1 / float(rng.choice([20.0, 30.0, 64.0])), jitter_s=0.004)
    return [
        _row(up, rng.integers(70, 160, len(up)), up=True),
        _row(down, rng.integers(90, 700, len(down)), up=False),
    ]


def _quiet(rng: np.random.Generator, duration_s: float, _spec: TrafficSpec) -> list[Packets]:
    """Associated, and silent but for a rare ARP."""
    t = _poisson_us(rng, duration_s, 0.03)
    return [_row(t, 60, up=True)]


Behaviour = Callable[[np.random.Generator, float, TrafficSpec], list[Packets]]
BEHAVIOURS: Mapping[str, Behaviour] = {
    "quiet": _quiet,
    "camera-stream": _camera_stream,
    "camera-idle": _camera_idle,
    "video-call": _video_call,
    "upload": _upload,
    "download": _download,
    "browse": _browse,
    "screen-cast": _screen_cast,
    "backup": _backup,
    "relay": _relay,
    "iot-heartbeat": _iot_heartbeat,
    "game": _game,
}
