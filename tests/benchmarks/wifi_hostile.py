"""Hostile air: invented access points and random addresses around one real camera.

    python -m tests.benchmarks.wifi_hostile [--access-points 100000] [--addresses 1000000] [--seconds 30]

Method: the simulated room ``wifi-camera`` on its channel, flooded every second with beacons of new access
points (half of them named as cameras are) and with data frames of new random addresses. Reported: memory
grown, time, table sizes, what was counted, and whether the real camera is still there and scored as
streaming.
"""

from __future__ import annotations

import argparse
import resource
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hw.clock import ManualClock
from hw.sim.radio import SimRadio
from hw.sim.scene import load_scene
from hw.types import Dot11Batch
from tests.benchmarks.results import record
from wifiscan.config import WifiConfig
from wifiscan.model import AccessPoint, Station
from wifiscan.scanner import WifiScanner

CAMERA = "30:7b:c9:42:1e:8a"
CAMERA_HZ = 2437e6
SSID_BYTES = 15


def flood(rng: np.random.Generator, *, beacons: int, addresses: int, t_ns: int, until_ns: int) -> Dot11Batch:
    """Return beacons of new access points and one data frame of each of ``addresses`` new devices."""
    beacon = _frames(
        rng, beacons, head=bytes((0x80, 0, 0, 0)) + b"\xff" * 6, size=10 + 24 + 12 + 2 + SSID_BYTES
    )
    beacon[:, 10 + 16 : 10 + 22] = beacon[:, 10 + 10 : 10 + 16]
    beacon[:, 10 + 36], beacon[:, 10 + 37] = 0, SSID_BYTES
    beacon[:, 48:63] = rng.integers(65, 91, (beacons, SSID_BYTES))
    beacon[::2, 52:58] = rng.integers(48, 58, (len(beacon[::2]), 6))  # AAAA000000AAAAA, as cameras are named
    data = _frames(
        rng, addresses, head=bytes((0x08, 1, 0, 0)) + bytes.fromhex("341298000001"), size=10 + 24 + 40
    )
    starts = np.concatenate((np.arange(beacons) * 63, beacons * 63 + np.arange(addresses) * 74))
    lengths = np.concatenate((np.full(beacons, 63), np.full(addresses, 74)))
    return Dot11Batch(
        t_ns=t_ns,
        until_ns=until_ns,
        channel_hz=CAMERA_HZ,
        link_type=127,
        buffer=beacon.tobytes() + data.tobytes(),
        starts=starts,
        lengths=lengths,
        wire_lengths=lengths,
        times_ns=np.linspace(t_ns, until_ns, len(starts), endpoint=False).astype(np.int64),
    )


def _frames(rng: np.random.Generator, count: int, *, head: bytes, size: int) -> NDArray[np.uint8]:
    rows = rng.integers(0, 256, (count, size), dtype=np.uint8)
    rows[:, :10] = np.frombuffer(bytes((0, 0, 10, 0, 0, 0, 0, 0, 0, 0)), np.uint8)
    rows[:, 10 : 10 + len(head)] = np.frombuffer(head, np.uint8)
    rows[:, 20] &= 0xFE  # a transmitter is no group
    return rows


def merge(first: Dot11Batch, second: Dot11Batch) -> Dot11Batch:
    """Return the frames of both, in order of time."""
    shift = len(first.buffer)
    times = np.concatenate((first.times_ns, second.times_ns))
    order = np.argsort(times, kind="stable")
    return replace(
        first,
        buffer=bytes(first.buffer) + bytes(second.buffer),
        starts=np.concatenate((first.starts, second.starts + shift))[order],
        lengths=np.concatenate((first.lengths, second.lengths))[order],
        wire_lengths=np.concatenate((first.wire_lengths, second.wire_lengths))[order],
        times_ns=times[order],
    )


def run(*, access_points: int, addresses: int, seconds: int, seed: int = 1) -> tuple[WifiScanner, list[int]]:
    """Flood a scanner; return it and the peak memory (kB) after each second."""
    clock = ManualClock()
    radio = SimRadio(scene=load_scene(f"wifi-camera?seed={seed}"), clock=clock, snap_length=400)
    radio.set_channel(center_hz=CAMERA_HZ)
    scanner = WifiScanner(radio=radio, clock=clock, config=WifiConfig())
    rng = np.random.default_rng(seed)
    peaks = []
    for _ in range(seconds):
        heard = radio.read(duration_s=1.0)
        fake = flood(
            rng,
            beacons=access_points // seconds,
            addresses=addresses // seconds,
            t_ns=heard.t_ns,
            until_ns=heard.until_ns,
        )
        scanner.take(merge(heard, fake))
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    scanner.finish()
    return scanner, peaks


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--access-points", type=int, default=100_000)
    parser.add_argument("--addresses", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    begin = time.perf_counter()
    scanner, peaks = run(
        access_points=options.access_points, addresses=options.addresses, seconds=options.seconds
    )
    spent = time.perf_counter() - begin
    found = scanner.observations()
    camera = [s for s in found if isinstance(s, Station) and s.mac == CAMERA]
    words = f"--access-points {options.access_points} --addresses {options.addresses}"
    command = f"python -m tests.benchmarks.wifi_hostile {words} --seconds {options.seconds}"
    record("wifi.hostile_memory", f"{max(peaks) / 1024:.0f}", "MB", command)
    stations = sum(isinstance(o, Station) for o in found)
    print(f"{scanner.counts().read} frames in {spent:.1f} s; peak memory after each third, MB:", end=" ")
    print([round(peaks[k] / 1024) for k in (0, len(peaks) // 3, 2 * len(peaks) // 3, len(peaks) - 1)])
    print(f"{stations} stations, {sum(isinstance(o, AccessPoint) for o in found)} access points kept")
    print(f"counts: {dict(scanner.counts().dropped)}")
    print(f"camera: {[(c.streaming_score, c.score, c.activity) for c in camera] or 'LOST'}")
    called = [o.mac for o in found if isinstance(o, Station) and o.activity == "camera-stream"]
    print(f"others called streaming: {[m for m in called if m != CAMERA]}")


if __name__ == "__main__":
    main()
