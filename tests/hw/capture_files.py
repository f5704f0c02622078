"""Builds capture files byte by byte, so that tests know what is in them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

BTSNOOP_EPOCH_US = 0x00DCDDB30F2F8000


@dataclass(frozen=True)
class Record:
    """One planted record."""

    data: bytes
    stamp_ns: int = 1_700_000_000_000_000_000
    wire: int | None = None
    link: int = 127
    flags: int = 0

    @property
    def wire_length(self) -> int:
        return len(self.data) if self.wire is None else max(self.wire, len(self.data))


def pcap(records: Sequence[Record], *, order: str = "<", nano: bool = False, link: int = 127) -> bytes:
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for r in records:
        seconds, rest = divmod(r.stamp_ns, 1_000_000_000)
        fraction = rest if nano else rest // 1000
        parts.append(struct.pack(order + "IIII", seconds, fraction, len(r.data), r.wire_length) + r.data)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = 12 + len(body)
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(
    link: int, *, order: str = "<", resolution: int | None = 9, snap: int = 0, offset_s: int = 0
) -> bytes:
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset_s:
        options += struct.pack(order + "HHq", 14, 8, offset_s)
    if options:
        options += struct.pack(order + "HH", 0, 0)
    return block(1, struct.pack(order + "HHI", link, 0, snap) + options, order)


def enhanced(record: Record, number: int, *, order: str = "<", ticks_per_s: int = 1_000_000_000) -> bytes:
    ticks = record.stamp_ns * ticks_per_s // 1_000_000_000
    head = struct.pack(
        order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(record.data), record.wire_length
    )
    return block(6, head + record.data, order)


def obsolete(record: Record, number: int, *, order: str = "<") -> bytes:
    ticks = record.stamp_ns
    head = struct.pack(
        order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(record.data), record.wire_length
    )
    return block(2, head + record.data, order)


def simple(record: Record, *, order: str = "<") -> bytes:
    return block(3, struct.pack(order + "I", record.wire_length) + record.data, order)


def pcapng(records: Sequence[Record], *, order: str = "<") -> bytes:
    links = sorted({r.link for r in records}) or [127]
    parts = [section(order), *(interface(link, order=order) for link in links)]
    parts += [enhanced(r, links.index(r.link), order=order) for r in records]
    return b"".join(parts)


def btsnoop(records: Sequence[Record], *, link: int = 1002) -> bytes:
    parts = [b"btsnoop\0" + struct.pack(">II", 1, link)]
    for r in records:
        micros = r.stamp_ns // 1000 + BTSNOOP_EPOCH_US
        parts.append(struct.pack(">IIIIQ", r.wire_length, len(r.data), r.flags, 0, micros) + r.data)
    return b"".join(parts)
