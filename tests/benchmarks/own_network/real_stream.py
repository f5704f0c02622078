"""A real camera's stream as its own network: times and sizes of a recording, in a camera's own frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from hw.formats.capture import CaptureReader
from hw.types import Dot11Batch
from tests.benchmarks.own_network.recording import CAMERA, CHANNEL_MHZ, HEARD_S, Frame, Recording, batches_of
from wifiscan.dot11 import DATA, read_headers

SHARED = Path(__file__).parents[4] / "shared" / "data" / "wifi"
NAME = "semireal_d4_ipcam_stream_7s.pcap"
STREAMING = bytes.fromhex("74da38807a99")
VIEWER = bytes.fromhex("a6114c2b7710")
OVERHEAD_BYTES = 8 + 26  # radiotap and MAC header
HEADER = b"\0\0\x08\0\0\0\0\0"
REPEATS = 7  # of the stream's 2.7 s


def recordings() -> Iterator[tuple[str, Recording]]:
    """Give the stream once, as recorded, and repeated until 20 s are full; nothing without the file."""
    path = SHARED / NAME
    if not path.exists():
        return
    times, sizes, ours = _stream(path)
    span = float(times[-1]) + 0.04
    for name, repeats in (("once", 1), ("repeated", REPEATS)):
        frames = list(_beacons())
        for k in range(repeats):
            frames += [
                Frame(
                    (3.0 + k * span + t) * 1e6, HEADER + _head(n, ours=bool(mine)), OVERHEAD_BYTES + int(size)
                )
                for n, (t, size, mine) in enumerate(
                    zip(times, sizes, ours, strict=True), start=k * len(times)
                )
            ]
        yield (
            name,
            Recording(kind=CAMERA, source="real", bssid=STREAMING.hex(":"), batches=batches_of(frames)),
        )


def _stream(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return seconds, body bytes and direction of the data frames from and to the camera."""
    camera = int.from_bytes(STREAMING, "big")
    found = []
    with CaptureReader(path) as reader:
        for part in reader:
            batch = Dot11Batch(
                t_ns=0, until_ns=int(part.times_ns[-1]), channel_hz=None, link_type=part.link_type,
                buffer=part.buffer, starts=part.starts, lengths=part.lengths, wire_lengths=part.wire_lengths,
                times_ns=part.times_ns,
            )  # fmt: skip
            h = read_headers(replace(batch))
            data = (h.kind == DATA) & (h.body > 0) & ((h.ta == camera) | (h.ra == camera))
            found.append((h.t_ns[data] / 1e9, h.body[data], h.ta[data] == camera))
    t, size, ours = (np.concatenate(column) for column in zip(*found, strict=True))
    return t - t[0], size, ours


def _head(number: int, *, ours: bool) -> bytes:
    ways, ra, ta = (0x42, VIEWER, STREAMING) if ours else (0x41, STREAMING, VIEWER)
    return (
        bytes((0x88, ways, 0, 0)) + ra + ta + STREAMING + (number % 4096 << 4).to_bytes(2, "little") + b"\0\0"
    )


def _beacons() -> Iterator[Frame]:
    body = (
        bytes(8)
        + b"\x64\0\x01\x04"
        + b"\0\x06mycamA"
        + b"\x01\x04\x82\x84\x8b\x96\x03\x01"
        + bytes(((CHANNEL_MHZ - 2407) // 5,))
    )
    for k in range(int(HEARD_S / 0.1024)):
        mac = b"\x80\0\0\0" + b"\xff" * 6 + STREAMING * 2 + (k % 4096 << 4).to_bytes(2, "little")
        yield Frame(k * 102_400.0, HEADER + mac + body, 8 + 24 + len(body))
