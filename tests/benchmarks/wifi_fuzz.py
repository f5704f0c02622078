"""Mutated input through everything that reads what came from the air; stops at the first exception.

    python -m tests.benchmarks.wifi_fuzz [--frames 10000000] [--bodies 500000] [--seed 1]

Method: good frames of every link type are damaged (bytes changed, cut short, lengths lied about) and read in
batches, the tables of a scanner included; element bodies, advertising data and LAN answers one by one.
Every frame must be either read or counted. The time is printed: a hang would show.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.kit import open_device
from hw.types import BleAdvert, Dot11Batch
from tests.benchmarks.results import record
from tests.benchmarks.wifi_speed import NoRadio
from wifiscan.ble import BleTable, parse_advert, structure_of
from wifiscan.config import WifiConfig
from wifiscan.dot11 import read_headers
from wifiscan.elements import dissect, outline
from wifiscan.lan_protocols import read_answer
from wifiscan.scanner import WifiScanner
from wifiscan.signatures import load_signatures

BATCH = 20_000
LINK_TYPES = (127, 127, 127, 105, 119, 163, 192)
FRESH_SCANNER = 25  # batches after which the tables start anew
PROTOCOLS = ("mdns", "ssdp", "ws-discovery", "pppp", "v380", "tutk", "rtsp")


def good_frames() -> Dot11Batch:
    """Return some thousand good frames of a simulated room."""
    radio = open_device("monitor", spec="sim:wifi-camera", config=HwConfig(), clock=ManualClock())
    radio.set_channel(center_hz=2437e6)
    batch = radio.read(duration_s=2.0)
    if not isinstance(batch, Dot11Batch):
        raise TypeError("the simulated adapter gave no batch")
    return batch


def damaged(rng: np.random.Generator, good: Dot11Batch, count: int) -> Dot11Batch:
    """Return ``count`` good frames with up to twelve bytes changed, most in the headers, and some cut."""
    pick = rng.integers(0, len(good.starts), count)
    lengths = np.where(rng.random(count) < 0.2, rng.integers(0, good.lengths[pick] + 1), good.lengths[pick])
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    raw = np.frombuffer(good.buffer, np.uint8)
    source = np.repeat(good.starts[pick] - starts, lengths) + np.arange(int(lengths.sum()))
    buffer = raw[source].copy()
    _change(rng, buffer, starts, lengths)
    lie = rng.random(count) < 0.1
    wire = np.where(lie, rng.integers(0, 1 << 17, count), good.wire_lengths[pick])
    times = np.sort(rng.integers(0, 10**9, count))
    return Dot11Batch(
        t_ns=0,
        until_ns=10**9,
        channel_hz=2437e6,
        link_type=int(rng.choice(LINK_TYPES)),
        buffer=buffer.tobytes(),
        starts=starts,
        lengths=lengths,
        wire_lengths=wire,
        times_ns=times,
    )


def _change(
    rng: np.random.Generator, buffer: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> None:
    for _ in range(int(rng.integers(1, 13))):
        reach = np.minimum(lengths, 90 if rng.random() < 0.8 else 400)
        hit = reach > 0
        at = starts[hit] + rng.integers(0, reach[hit])
        kind = rng.integers(0, 3)
        if kind == 0:
            buffer[at] = rng.integers(0, 256, len(at))
        elif kind == 1:
            buffer[at] ^= (1 << rng.integers(0, 8, len(at))).astype(np.uint8)
        else:
            buffer[at] = rng.choice(np.array([0, 1, 127, 128, 254, 255], np.uint8), len(at))


def fuzz_frames(count: int, seed: int) -> int:
    """Read damaged frames; return how many of them were good enough for the tables."""
    rng, good, read = np.random.default_rng(seed), good_frames(), 0
    scanner = None
    for n in range(-(-count // BATCH)):
        batch = damaged(rng, good, min(BATCH, count - n * BATCH))
        headers = read_headers(batch)
        if len(headers) + sum(headers.dropped.values()) != len(batch.starts):
            raise AssertionError(f"batch {n}: a frame was neither read nor counted")
        read += len(headers)
        if scanner is None or n % FRESH_SCANNER == 0:
            scanner = WifiScanner(radio=NoRadio(), clock=ManualClock(), config=WifiConfig())  # type: ignore[arg-type]
        scanner.take(batch)
    return read


def fuzz_bodies(count: int, seed: int) -> None:
    """Read random and damaged element bodies, adverts and answers."""
    rng = np.random.default_rng(seed + 1)
    table = BleTable(256, load_signatures())
    shaped = bytes.fromhex("00046e616d65 030106 dd16 0050f204 10230005 6d6f64656c 10110003 616263 30020100")
    for n in range(count):
        raw = bytearray(shaped if n % 2 else rng.bytes(int(rng.integers(0, 200))))
        for at in rng.integers(0, max(len(raw), 1), int(rng.integers(0, 6))).tolist():
            if at < len(raw):
                raw[at] = int(rng.integers(0, 256))
        body = bytes(raw)
        outline(body)
        if n % 10 == 0:
            dissect(body)
        parse_advert(body)
        structure_of(body)
        read_answer(PROTOCOLS[n % len(PROTOCOLS)], "10.0.0.1", body)  # type: ignore[arg-type]
        address = f"{n & 255:02x}:00:00:00:{n >> 8 & 255:02x}:{n >> 16 & 255:02x}"
        table.add(BleAdvert(t_ns=n, address=address, address_type="random", rssi_dbm=-60, data=body))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=10_000_000)
    parser.add_argument("--bodies", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.perf_counter()
    read = fuzz_frames(options.frames, options.seed)
    print(f"{options.frames} frames in {time.perf_counter() - begin:.0f} s, {read} of them readable")
    command = f"python -m tests.benchmarks.wifi_fuzz --frames {options.frames} --bodies {options.bodies}"
    note = f"damaged, none raised; {read:,} readable"
    record("wifi.fuzzed_frames", f"{options.frames:,}", "frames", command, seed=options.seed, note=note)
    begin = time.perf_counter()
    fuzz_bodies(options.bodies, options.seed)
    print(f"{options.bodies} bodies in {time.perf_counter() - begin:.0f} s")
    note = "of elements, adverts and answers; none raised"
    record("wifi.fuzzed_bodies", f"{options.bodies:,}", "bodies", command, seed=options.seed, note=note)


if __name__ == "__main__":
    main()
