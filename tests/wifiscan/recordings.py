"""Recordings and hand-made frames as batches, for the tests of this room."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from scapy.utils import RawPcapReader

from hw.types import Dot11Batch

SHARED = Path(__file__).parents[2].parent / "shared" / "data"


def batch_of(
    frames: Sequence[bytes],
    *,
    link_type: int = 127,
    times_ns: Sequence[int] | None = None,
    wire: Sequence[int] | None = None,
    channel_hz: float | None = None,
    t_ns: int = 0,
    until_ns: int | None = None,
) -> Dot11Batch:
    """Put frames into one batch."""
    lengths = np.array([len(f) for f in frames], np.int64)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64) if len(frames) else lengths
    times = np.array(times_ns if times_ns is not None else range(len(frames)), np.int64)
    return Dot11Batch(
        t_ns=t_ns,
        until_ns=until_ns if until_ns is not None else int(times.max(initial=0)) + 1,
        channel_hz=channel_hz,
        link_type=link_type,
        buffer=b"".join(frames),
        starts=starts,
        lengths=lengths,
        wire_lengths=np.array(wire, np.int64) if wire is not None else lengths,
        times_ns=times,
    )


@lru_cache(maxsize=64)
def load_recording(path: Path) -> Dot11Batch:
    """Read a whole pcap or pcapng with Scapy's plain reader."""
    reader = RawPcapReader(str(path))
    frames, times, wire, link_type = [], [], [], 0
    for frame, meta in reader:
        link_type = getattr(meta, "linktype", getattr(reader, "linktype", 0)) & 0xFFFF
        frames.append(frame)
        wire.append(getattr(meta, "wirelen", len(frame)) or len(frame))
        if hasattr(meta, "sec"):
            times.append(meta.sec * 10**9 + meta.usec * (1 if reader.nano else 1000))
        else:
            ticks = (meta.tshigh << 32) | meta.tslow
            times.append(round(ticks * 1e9 / (meta.tsresol or 1_000_000)))
    reader.close()
    first = min(times)
    return batch_of(frames, link_type=link_type, times_ns=[t - first for t in times], wire=wire)


def manifest_counts() -> dict[str, tuple[int, int]]:
    """Return file name to (transmitters, access points), as counted by those who collected the recordings."""
    text = (SHARED / "MANIFEST.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| (\S+\.(?:p?cap|pcapng)) .*?(\d+) transmitters, (\d+) APs", text)
    return {name: (int(stations), int(aps)) for name, stations, aps in rows}


def radiotap(*, mhz: int = 2437, dbm: int = -50, flags: int = 0) -> bytes:
    """Return a plain radiotap header: flags, rate, channel, signal."""
    return struct.pack("<BBHIBBHHbB", 0, 0, 16, 0x2E, flags, 12, mhz, 0xA0, dbm, 0)


def mac(text: str) -> bytes:
    """Return six bytes."""
    return bytes.fromhex(text.replace(":", ""))


def data_frame(
    *, ra: str, ta: str, a3: str, ways: int, payload: int = 100, seq: int = 0, retry: bool = False
) -> bytes:
    """Return a data frame without QoS; ways 1 = to DS, 2 = from DS."""
    head = struct.pack("<BBH", 0x08, ways | (8 if retry else 0), 0) + mac(ra) + mac(ta) + mac(a3)
    return head + struct.pack("<H", seq << 4) + bytes(payload)


def beacon(*, bssid: str, ssid: bytes, extra: bytes = b"", subtype: int = 0x80) -> bytes:
    """Return a beacon."""
    head = bytes((subtype, 0, 0, 0)) + b"\xff" * 6 + mac(bssid) * 2 + b"\0\0"
    return head + bytes(12) + bytes((0, len(ssid))) + ssid + extra
