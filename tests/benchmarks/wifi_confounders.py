"""Draws traffic that busy homes and offices have and cameras do not make: a second source beside `hw.sim`.

One function a kind; every number is plausible, none is measured. ``up`` is away from the device that behaves.
Nothing here is shared with the simulated rooms but the columns of `Packets`, and nothing knows the detector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from hw.sim.wifi_traffic import Packets

Rng = np.random.Generator
Times = NDArray[np.float64]  # seconds
Sizes = NDArray[np.int64]  # bytes
Flow = tuple[Times, Sizes]
SEGMENT_BYTES = 1460


def confounding_packets(kind: str, rng: Rng, duration_s: float) -> Packets:
    """Return the packets of one kind of traffic.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    rng : numpy.random.Generator
        Source of the random numbers.
    duration_s : float
        Length in seconds.

    Returns
    -------
    Packets
        In order of time, from 0 µs.
    """
    ahead, back = KINDS[kind](rng, duration_s)
    t = np.concatenate((ahead[0], back[0]))
    size = np.concatenate((ahead[1], back[1]))
    up = np.concatenate((np.ones(len(ahead[0]), bool), np.zeros(len(back[0]), bool)))
    inside = (t >= 0) & (t < duration_s)
    order = np.argsort(t[inside], kind="stable")
    return Packets(
        t_us=(t[inside][order] * 1e6).astype(np.int64),
        size_bytes=size[inside][order].astype(np.int64),
        up=up[inside][order],
    )


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(low * (high / low) ** rng.random())


def _joined(*flows: Flow) -> Flow:
    t = np.concatenate([f[0] for f in flows])
    order = np.argsort(t, kind="stable")
    return t[order], np.concatenate([f[1] for f in flows])[order]


def _segments(rng: Rng, begin_s: Times, size: Sizes, rate_bps: float, *, segment: int) -> Flow:
    """Cut blocks into segments that leave one after another, with the gaps that contention makes."""
    count = np.maximum(-(-size // segment), 1)
    within = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    step_s = segment * 8 / rate_bps
    sent = np.repeat(begin_s, count) + step_s * (within + rng.gamma(4.0, 0.25, len(within)))
    last = within == np.repeat(count - 1, count)
    rest = np.repeat(size - (count - 1) * segment, count)
    return sent, np.where(last, np.maximum(rest, 60), segment).astype(np.int64)


def _acknowledged(rng: Rng, flow: Flow, *, every: int, size: int = 66) -> Flow:
    t = flow[0][::every] + rng.uniform(0.0005, 0.008, len(flow[0][::every]))
    return t, np.full(len(t), size)


def _ticks(rng: Rng, duration_s: float, period_s: float, jitter_s: float) -> Times:
    n = int(duration_s / period_s) + 1
    return np.asarray(rng.random() * period_s + np.arange(n) * period_s + rng.normal(0, jitter_s, n))


def _speed_test(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Several connections that fill the link for some seconds, with slow start and a few stalls."""
    begin, length = rng.uniform(0, 0.3) * duration_s, rng.uniform(0.4, 1.0) * duration_s
    rate = _log_uniform(rng, 2e6, 30e6)
    n = max(4, int(rate * length / 8 / SEGMENT_BYTES))
    pace = rng.gamma(rng.uniform(0.5, 3.0), 1, n) * (1 + 6 * np.exp(-np.arange(n) / max(1, 0.08 * n)))
    t = begin + np.cumsum(pace) / pace.sum() * length
    stalls = np.sort(rng.uniform(begin, begin + length, rng.poisson(length / 4)))
    t = t + np.searchsorted(stalls, t) * rng.uniform(0.02, 0.25)
    flow = (t, np.where(rng.random(n) < 0.04, rng.integers(200, SEGMENT_BYTES, n), SEGMENT_BYTES))
    return flow, _acknowledged(rng, flow, every=int(rng.integers(2, 5)))


def _mesh_backhaul(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw the sum of many people's traffic between two nodes of one mesh."""
    ahead: list[Flow] = []
    for _ in range(int(rng.integers(3, 9))):
        n = rng.poisson(duration_s * _log_uniform(rng, 0.3, 6)) + 1
        begin, size = np.sort(rng.uniform(0, duration_s, n)), rng.lognormal(rng.uniform(6, 10.5), 1.3, n)
        ahead.append(
            _segments(rng, begin, np.minimum(size, 2e6).astype(np.int64), rng.uniform(2e7, 2e8), segment=1448)
        )
    flow = _joined(*ahead)
    back = flow[0] + rng.exponential(0.02, len(flow[0]))
    return flow, (np.sort(back), rng.permutation(flow[1]))


def _game_stream(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw a game that a computer renders and sends to a television: 60 or more pictures a second."""
    rate_hz = float(rng.choice([48.0, 60.0, 60.0, 72.0, 90.0, 120.0]))
    t = _ticks(rng, duration_s, 1 / rate_hz, rng.uniform(0.0003, 0.003))
    bitrate = _log_uniform(rng, 3e6, 40e6)
    scene = np.exp(np.repeat(rng.normal(0, 0.4, len(t) // 90 + 1), 90)[: len(t)])
    size = bitrate / 8 / rate_hz * scene * rng.lognormal(0, 0.25, len(t))
    flow = _segments(
        rng, t, size.astype(np.int64), rng.uniform(6e7, 4e8), segment=int(rng.integers(1020, 1400))
    )
    sound = _ticks(rng, duration_s, float(rng.choice([0.005, 0.01, 0.02])), 0.0005)
    pads = _ticks(rng, duration_s, 1 / float(rng.choice([60.0, 120.0, 250.0])), 0.001)
    keys = rng.integers(60, 140, len(pads))
    return _joined(flow, (sound, np.full(len(sound), int(rng.integers(120, 300))))), (pads, keys)


def _nas_backup(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw files that are copied to a disk in the network: requests of fixed blocks, each answered."""
    block = int(rng.choice([32, 64, 128, 256, 1024])) * 1024
    rate = _log_uniform(rng, 1.5e6, 40e6)
    t, begin, sizes = 0.0, [], []
    while t < duration_s:
        for _ in range(int(rng.integers(1, max(2, int(rng.uniform(0.1, 4) * 1e7 / block))))):
            begin.append(t)
            sizes.append(block)
            t += block * 8 / rate * rng.gamma(6.0, 1 / 6.0)
        sizes[-1] = int(rng.integers(1000, block))
        t += rng.exponential(0.15)
    flow = _segments(
        rng, np.array(begin), np.array(sizes), max(rate * rng.uniform(1.2, 6), 1e7), segment=1460
    )
    return flow, _acknowledged(rng, flow, every=int(rng.integers(2, 9)), size=int(rng.integers(52, 190)))


def _chunk_backup(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw a backup that cuts files where their content says so: every block has its own length."""
    rate, mean = _log_uniform(rng, 0.3e6, 8e6), _log_uniform(rng, 1e4, 1e6)
    n = int(rate * duration_s / 8 / mean * 1.5) + 2
    size = (mean * rng.lognormal(0, rng.uniform(0.15, 0.8), n)).astype(np.int64)
    spent = size * 8 / rate + rng.exponential(rng.uniform(0, 0.1), n)
    if rng.random() < 0.5:  # files in between that are already there
        spent[rng.random(n) < 0.1] += rng.uniform(0.3, 2.0)
    begin = np.cumsum(spent) - spent[0]
    flow = _segments(rng, begin, size, rate * rng.uniform(1.1, 8), segment=int(rng.integers(1380, 1460)))
    return flow, _joined(_acknowledged(rng, flow, every=2), (begin + spent * 0.9, np.full(n, 180)))


def _file_sync(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw photographs and notes that a phone sends to a cloud one by one, each after its own hand-shake."""
    n = rng.poisson(duration_s * _log_uniform(rng, 0.15, 1.5)) + 1
    size = np.minimum(rng.lognormal(rng.uniform(10, 14.5), rng.uniform(0.3, 1.2), n), 8e6).astype(np.int64)
    rate = _log_uniform(rng, 1e6, 20e6)
    spent = size * 8 / rate + rng.uniform(0.08, 0.6)
    begin = np.cumsum(spent) - spent[0]
    flow = _segments(rng, begin, size, rate, segment=int(rng.integers(1300, 1448)))
    return flow, _joined(_acknowledged(rng, flow, every=2), (begin + 0.04, rng.integers(120, 1400, n)))


def _tunnel(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw a tunnel into an office: everything of one laptop, padded to few sizes, both ways."""
    rate_hz = _log_uniform(rng, 12, 350)
    n = rng.poisson(rate_hz * duration_s) + 2
    weight = np.repeat(rng.lognormal(0, rng.uniform(0, 1.0), int(duration_s) + 2), 1)
    t = np.sort(rng.choice(len(weight), n, p=weight / weight.sum()) + rng.random(n))
    sizes = rng.choice(rng.integers(90, 1420, 4), n, p=rng.dirichlet(np.ones(4)))
    back = t + rng.exponential(0.03, n)
    kept = rng.random(n) < rng.uniform(0.1, 1.0)
    return (t, sizes), (np.sort(back[kept]), rng.integers(90, 1420, int(kept.sum())))


def _voice(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw a voice call or a microphone: one small packet every 10 to 60 ms, silences left out or not."""
    period = float(rng.choice([0.01, 0.02, 0.02, 0.03, 0.04, 0.06]))
    t = _ticks(rng, duration_s, period, rng.uniform(0.0003, 0.004))
    size = rng.integers(int(rng.integers(70, 200)), int(rng.integers(200, 640)), len(t))
    spoken = np.repeat(rng.random(len(t) // 40 + 1) < rng.uniform(0.4, 1.0), 40)[: len(t)]
    back = _ticks(rng, duration_s, period, 0.002)
    kept = np.repeat(rng.random(len(back) // 40 + 1) < rng.uniform(0.0, 1.0), 40)[: len(back)]
    return (t[spoken], size[spoken]), (back[kept], rng.integers(80, 400, int(kept.sum())))


def _remote_desktop(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw a desktop shown elsewhere: an update where something moved, none where nobody does anything."""
    limit_hz = float(rng.choice([10.0, 15.0, 20.0, 24.0, 30.0, 60.0]))
    t = _ticks(rng, duration_s, 1 / limit_hz, rng.uniform(0.001, 0.012))
    busy = np.repeat(rng.random(len(t) // 8 + 1), 8)[: len(t)] < rng.uniform(0.05, 0.8)
    moved = busy & (rng.random(len(t)) < rng.uniform(0.3, 1.0))
    size = np.minimum(rng.lognormal(rng.uniform(6.5, 9.5), rng.uniform(0.8, 1.8), len(t)), 4e5)
    flow = _segments(rng, t[moved], size[moved].astype(np.int64), rng.uniform(1e7, 1e8), segment=1440)
    mouse = np.sort(rng.uniform(0, duration_s, rng.poisson(duration_s * rng.uniform(1, 60))))
    return flow, (mouse, rng.integers(70, 200, len(mouse)))


def _seeding(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw a file shared with many: 16 kB pieces to several peers at a limited rate."""
    rate = _log_uniform(rng, 0.2e6, 8e6)
    n = max(2, int(rate * duration_s / 8 / 16384))
    begin = np.sort(rng.uniform(0, duration_s, n))
    if rng.random() < 0.5:  # a limiter that lets a share through at every tick
        tick = float(rng.choice([0.05, 0.1, 0.2, 0.25, 0.5, 1.0]))
        begin = np.floor(begin / tick) * tick + rng.exponential(0.003, n)
    flow = _segments(rng, begin, np.full(n, 16384 + 13), rng.uniform(4e6, 4e7), segment=1420)
    flow = flow[0][np.argsort(flow[0])], flow[1]
    asks = begin + rng.uniform(-0.2, 0, n)
    return flow, _joined(_acknowledged(rng, flow, every=2), (np.sort(asks), np.full(n, 83)))


def _telemetry(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw an instrument that sends short lines at a fixed rate, or a logger that sends pages."""
    lines = rng.random() < 0.5
    period = _log_uniform(rng, 0.01, 0.5) if lines else _log_uniform(rng, 0.5, 6.0)
    t = _ticks(rng, duration_s, period, period * _log_uniform(rng, 0.001, 0.2))
    mean = _log_uniform(rng, 80, 700) if lines else _log_uniform(rng, 3e3, 3e5)
    size = (mean * rng.lognormal(0, float(rng.choice([0.0, 0.02, 0.6])), len(t))).astype(np.int64)
    flow = _segments(rng, t, np.maximum(size, 60), rng.uniform(5e6, 5e7), segment=1460)
    return flow, _acknowledged(rng, flow, every=int(rng.integers(1, 4)))


def _screen_mirror(rng: Rng, duration_s: float) -> tuple[Flow, Flow]:
    """Draw a phone's screen on a television: bursts while something moves, thin differences otherwise."""
    t = _ticks(rng, duration_s, 1 / float(rng.choice([30.0, 60.0, 60.0])), rng.uniform(0.0005, 0.006))
    state = np.repeat(rng.choice(3, len(t) // 25 + 1, p=rng.dirichlet((2, 1, 2))), 25)[: len(t)]
    level = np.array([0.0, rng.uniform(100, 600), rng.uniform(4_000, 40_000)])[state]
    size = level * rng.lognormal(0, 0.6, len(t))
    size[np.flatnonzero(np.diff(state, prepend=state[0]) > 0)] += rng.uniform(2e4, 2e5)
    sent = size > 60
    flow = _segments(rng, t[sent], size[sent].astype(np.int64), rng.uniform(2e7, 2e8), segment=1350)
    sound = _ticks(rng, duration_s, float(rng.choice([0.0107, 0.0213, 0.02])), 0.001)
    acks = np.sort(rng.uniform(0, duration_s, rng.poisson(duration_s * rng.uniform(2, 40))))
    return _joined(flow, (sound, rng.integers(150, 420, len(sound)))), (acks, np.full(len(acks), 90))


Drawn = Callable[[Rng, float], tuple[Flow, Flow]]
KINDS: Mapping[str, Drawn] = {
    "speed-test": _speed_test,
    "mesh-backhaul": _mesh_backhaul,
    "game-stream": _game_stream,
    "nas-backup": _nas_backup,
    "file-sync": _file_sync,
    "tunnel": _tunnel,
    "voice": _voice,
    "remote-desktop": _remote_desktop,
    "seeding": _seeding,
    "telemetry": _telemetry,
    "screen-mirror": _screen_mirror,
    "chunk-backup": _chunk_backup,
}
