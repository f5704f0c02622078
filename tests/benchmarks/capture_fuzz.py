"""Mutated HCI packets, link-layer packets and capture files; stops at the first unexpected exception.

    python -m tests.benchmarks.capture_fuzz [--packets 500000] [--blocks 500000] [--seed 1]

Method: good packets (legacy and extended advertising, HCI and over the air) and a good pcapng file of some
hundred blocks are damaged: bytes changed, lengths lied about, cut short. A packet must give adverts or be
counted; a file must give records, counted damage, or one `BadRecording`. The time is printed: a hang shows.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from hw.errors import BadRecording
from hw.formats.btsnoop_hci import AdvertDecoder
from hw.formats.capture import BLE_LINKS, CaptureReader
from tests.benchmarks.results import record

BLOCKS_A_FILE = 400
FRESH_DECODER = 20_000  # packets after which the decoder starts anew


def good_packets() -> list[bytes]:
    """Return HCI events and link-layer packets that decode."""
    address = bytes.fromhex("112233445566")
    data = bytes.fromhex("020106") + bytes([9, 0xFF]) + bytes(8)
    report = bytes([0x00, 0x01]) + address + bytes([len(data)]) + data + b"\xc4"
    extended = (
        bytes([0x13, 0, 1])
        + address
        + bytes([1, 0, 0xFF, 0x7F, 0xC0, 0, 0, 0])
        + bytes(6)
        + bytes([len(data)])
        + data
    )
    events = [bytes([0x3E, 2 + len(r), sub, 1]) + r for sub, r in ((0x02, report), (0x0D, extended))]
    on_air = bytes.fromhex("d6be898e") + bytes([0x40, 6 + len(data)]) + address + data + bytes(3)
    return (
        [b"\x04" + e for e in events] + [b"\0\0\0\1\x04" + e for e in events] + [on_air, bytes(10) + on_air]
    )


def good_pcapng() -> bytes:
    """Return a pcapng file of one section, two interfaces and some hundred packets."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = (len(body) + 12).to_bytes(4, "little")
        return kind.to_bytes(4, "little") + size + body + size

    section = block(0x0A0D0D0A, bytes.fromhex("4d3c2b1a01000000ffffffffffffffff"))
    faces = [
        block(1, link.to_bytes(2, "little") + bytes(6) + bytes.fromhex("0900010009000000"))
        for link in (127, 201)
    ]
    packets = []
    for i in range(BLOCKS_A_FILE):
        frame = bytes(range(24 + i % 40))
        head = (i % 2).to_bytes(4, "little") + bytes(4) + (i * 1000).to_bytes(4, "little")
        packets.append(block(6, head + 2 * len(frame).to_bytes(4, "little") + frame))
    return section + b"".join(faces) + b"".join(packets)


def damage(rng: np.random.Generator, good: bytes, most: int) -> bytes:
    """Return the bytes with up to ``most`` of them changed, and one time in five cut short."""
    raw = np.frombuffer(good, np.uint8).copy()
    at = rng.integers(0, len(raw), rng.integers(1, most + 1))
    raw[at] = rng.integers(0, 256, len(at))
    return raw[: rng.integers(0, len(raw) + 1)].tobytes() if rng.random() < 0.2 else raw.tobytes()


def fuzz_packets(rng: np.random.Generator, count: int) -> tuple[int, int]:
    """Return how many adverts came out and how many packets were counted as unreadable."""
    good, links = good_packets(), sorted(BLE_LINKS)
    adverts = dropped = 0
    decoder = AdvertDecoder()
    for i in range(count):
        packet = damage(rng, good[i % len(good)], 6)
        link = links[int(rng.integers(0, len(links)))]
        adverts += len(decoder.decode(packet, link_type=link, t_ns=i, flags=int(rng.integers(0, 4))))
        if i % FRESH_DECODER == FRESH_DECODER - 1:
            dropped += sum(decoder.dropped.values())
            decoder = AdvertDecoder()
    return adverts, dropped + sum(decoder.dropped.values())


def fuzz_blocks(rng: np.random.Generator, count: int) -> tuple[int, int]:
    """Return how many records were read and how many files were refused."""
    good = good_pcapng()
    records = refused = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.pcapng"
        for _ in range(max(1, count // BLOCKS_A_FILE)):
            path.write_bytes(damage(rng, good, 40))
            try:
                with CaptureReader(path) as reader:
                    records += sum(len(batch) for batch in reader)
            except BadRecording:
                refused += 1
    return records, refused


def main() -> None:
    """Fuzz both and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets", type=int, default=500_000)
    parser.add_argument("--blocks", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    start = time.perf_counter()
    adverts, dropped = fuzz_packets(rng, args.packets)
    took = time.perf_counter() - start
    print(f"{args.packets} packets: {adverts} adverts, {dropped} counted, no exception, {took:.0f} s")
    command = f"python -m tests.benchmarks.capture_fuzz --packets {args.packets} --blocks {args.blocks}"
    note = f"damaged, none raised; {adverts} adverts, the rest counted"
    record("capture.fuzzed_packets", f"{args.packets:,}", "packets", command, seed=args.seed, note=note)
    start = time.perf_counter()
    records, refused = fuzz_blocks(rng, args.blocks)
    took = time.perf_counter() - start
    print(f"{args.blocks} blocks: {records} records, {refused} files refused, no exception, {took:.0f} s")
    note = f"in damaged files, none raised; {refused} files refused"
    record("capture.fuzzed_blocks", f"{args.blocks:,}", "blocks", command, seed=args.seed, note=note)


if __name__ == "__main__":
    main()
