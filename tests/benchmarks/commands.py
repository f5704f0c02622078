"""What whole commands cost, start included, beside the peer that a user would run instead, in the same run.

    python -m tests.benchmarks.commands [--runs 3] [--only wifi big ble rf lens]

`ansim scan SENSOR --kit replay:FILE --jsonl`, each in a process of its own: processor time and peak memory,
medians. Captures of a simulated full channel are written for it: *dense* (190,000 frames, beside
`tshark -T fields` with the columns that ansim reads), *sparse* (1,700 of them over 86 minutes), *day* (1,600
over 24 hours), *big* (2 GB, ansim alone, once), and a btsnoop log of 200,000 adverts beside tshark. A sweep
and half a minute of strobed pictures are recorded from a simulated room. What the start alone costs is that
of a capture of one frame. A sweep against ``rtl_power`` is `rf_against_rtl_power`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.benchmarks.results import record
from tests.benchmarks.start import CHILD, PROGRAM, Cost
from tests.benchmarks.wifi_speed import TSHARK_FIELDS, write_pcap

COMMAND = "python -m tests.benchmarks.commands"
HEAD_BYTES, RECORD = 24, struct.Struct("<IIII")
FRAMES = 190_000
BIG_BYTES = 2_000_000_000
ADVERTS, ADVERTISERS = 200_000, 300
BTSNOOP_EPOCH_US = 0x00DCDDB30F2F8000
BLE_FIELDS = ("frame.time_epoch", "bthci_evt.bd_addr", "bthci_evt.rssi", "btcommon.eir_ad.entry.type")
SWEEP_S, LOOK_S = 20.0, 30.0
# Capture: frames, and the seconds over which they are spread; None as they were sent.
CAPTURES: Mapping[str, tuple[int, float | None]] = {
    "dense": (FRAMES, None),
    "sparse": (1_700, 86 * 60.0),
    "day": (1_600, 86_400.0),
    "one": (1, None),
}
ONLY = ("wifi", "big", "ble", "rf", "lens")


@dataclass
class Row:
    """One command: its sensor, its recording, what is in it, and the peer's command."""

    name: str
    sensor: str
    path: Path
    holds: str
    peer: Sequence[str] = ()
    once: bool = False
    costs: dict[str, list[Cost]] = field(default_factory=dict)

    def middle(self, tool: str) -> Cost:
        """Return the medians of a tool's runs."""
        runs = self.costs[tool]
        return Cost(cpu_s=median(c.cpu_s for c in runs), peak_mb=median(c.peak_mb for c in runs))


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command in a process of its own and return its processor time (s) and peak memory (MB)."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    cpu_s, peak_mb = map(float, done.stdout.split())
    return Cost(cpu_s=cpu_s, peak_mb=peak_mb)


def ansim(*words: str) -> list[str]:
    """Return the installed command with these words."""
    return [sys.executable, "-c", PROGRAM, *words]


def spread(source: Path, target: Path, count: int, over_s: float | None) -> int:
    """Copy every n-th frame of a pcap until there are ``count``, spread over a time; return how many."""
    data = source.read_bytes()
    places, at = [], HEAD_BYTES
    while at + RECORD.size <= len(data):
        size = RECORD.unpack_from(data, at)[2]
        places.append((at, RECORD.size + size))
        at += RECORD.size + size
    kept = places[:: max(1, len(places) // count)][:count]
    parts = [data[:HEAD_BYTES]]
    for number, (begin, size) in enumerate(kept):
        head = RECORD.unpack_from(data, begin)
        if over_s is not None:
            us = round(number / len(kept) * over_s * 1e6)
            head = (us // 1_000_000, us % 1_000_000, head[2], head[3])
        parts += [RECORD.pack(*head), data[begin + RECORD.size : begin + size]]
    target.write_bytes(b"".join(parts))
    return len(kept)


def repeat(source: Path, target: Path, size_bytes: int) -> None:
    """Write the frames of a pcap again and again, each time later, until the file is so large."""
    data = bytearray(source.read_bytes())
    places, at = [], HEAD_BYTES
    while at + RECORD.size <= len(data):
        places.append(at)
        at += RECORD.size + RECORD.unpack_from(data, at)[2]
    lasts_s = RECORD.unpack_from(data, places[-1])[0] - RECORD.unpack_from(data, places[0])[0] + 1
    with target.open("wb") as out:
        out.write(data[:HEAD_BYTES])
        while out.tell() < size_bytes:
            out.write(data[HEAD_BYTES:at])
            for place in places:
                (seconds,) = struct.unpack_from("<I", data, place)
                struct.pack_into("<I", data, place, seconds + lasts_s)


def write_adverts(path: Path) -> None:
    """Write a btsnoop log of adverts: 300 devices around, 100 adverts a second."""
    parts = [b"btsnoop\0", struct.pack(">II", 1, 1002)]
    for n in range(ADVERTS):
        address = struct.pack("<IH", n % ADVERTISERS * 2_654_435_761 % 2**32, 0xC0DE)
        name = f"thing {n % ADVERTISERS}".encode()
        data = bytes((2, 1, 6, len(name) + 1, 9)) + name
        report = bytes((2, 1, 0, 1)) + address + bytes((len(data),)) + data + bytes((256 - 60 - n % 9,))
        packet = bytes((4, 0x3E, len(report))) + report
        stamp_us = BTSNOOP_EPOCH_US + 1_700_000_000_000_000 + n * 10_000
        parts.append(struct.pack(">IIIIQ", len(packet), len(packet), 3, 0, stamp_us) + packet)
    path.write_bytes(b"".join(parts))


def rows(folder: Path, only: Sequence[str]) -> Iterator[Row]:
    """Write the recordings and yield a row for each."""
    whole = folder / "whole.pcap"
    if {"wifi", "big"} & set(only):
        write_pcap(whole, FRAMES)
    for name, (count, over_s) in CAPTURES.items() if "wifi" in only else ():
        path = folder / f"{name}.pcap"
        held = spread(whole, path, count, over_s)
        peer = tshark(path, TSHARK_FIELDS) if name == "dense" else ()
        yield Row(name=f"wifi_{name}", sensor="wifi", path=path, holds=f"{held} frames", peer=peer)
    if "big" in only:
        path = folder / "big.pcap"
        repeat(whole, path, BIG_BYTES)
        yield Row(name="wifi_big", sensor="wifi", path=path, holds="2 GB", once=True)
        path.unlink()
    if "ble" in only:
        path = folder / "adverts.log"
        write_adverts(path)
        holds = f"{ADVERTS} adverts"
        yield Row(name="ble", sensor="ble", path=path, holds=holds, peer=tshark(path, BLE_FIELDS))
    for sensor, seconds in (("rf", SWEEP_S), ("lens", LOOK_S)):
        if sensor in only:
            path = folder / sensor
            scene = "analog-camera" if sensor == "rf" else "card-camera"
            words = ("scan", sensor, "--kit", f"sim:{scene}", "--duration", f"{seconds:.0f}")
            subprocess.run(ansim(*words, "--record", str(path)), capture_output=True, check=False)
            yield Row(name=sensor, sensor=sensor, path=path, holds=f"{seconds:.0f} s of a simulated room")


def tshark(path: Path, fields: Sequence[str]) -> list[str]:
    """Return the peer's command, nothing where it is not installed."""
    program = shutil.which("tshark")
    if program is None:
        return []
    return [program, "-r", str(path), "-T", "fields", *(word for name in fields for word in ("-e", name))]


def measure(row: Row, runs: int) -> None:
    """Run the command and its peer in turn."""
    commands = {"ansim": ansim("scan", row.sensor, "--kit", f"replay:{row.path}", "--jsonl")}
    if row.peer:
        commands["tshark"] = list(row.peer)
    for _ in range(1 if row.once else runs):
        for tool, command in commands.items():
            row.costs.setdefault(tool, []).append(cost_of(command))


def tell(row: Row, start_s: float | None, load: str) -> None:
    """Print and record the figures of one row; ``start_s`` is that of one frame, where that was measured."""
    own = row.middle("ansim")
    print(f"{row.name:12s} {row.holds:28s} {own.cpu_s:6.2f} s CPU, {own.peak_mb:.0f} MB; {load}")
    record(f"commands.{row.name}_cpu", f"{own.cpu_s:.2f}", "s", COMMAND, note=f"{row.holds}; {load}")
    record(f"commands.{row.name}_memory", f"{own.peak_mb:.0f}", "MB", COMMAND, note=load)
    beyond_s = None if start_s is None else own.cpu_s - start_s
    if beyond_s is not None and row.name in {"wifi_sparse", "wifi_day"}:
        print(f"{'':12s} {beyond_s:.2f} s beyond the start")
        record(f"commands.{row.name}_beyond", f"{beyond_s:.2f}", "s", COMMAND, note="beyond the start")
    if beyond_s is not None and row.name == "wifi_dense":
        rate = round(FRAMES / max(beyond_s, 1e-3), -3)
        print(f"{'':12s} {rate:,.0f} frames a second beyond the start")
        record("commands.wifi_dense_rate", f"{rate:,.0f}", "frames a second", COMMAND, note=load)
    if "tshark" in row.costs:
        times = row.middle("tshark").cpu_s / own.cpu_s
        print(f"{'':12s} tshark {row.middle('tshark').cpu_s:.2f} s: {times:.1f} x")
        record(f"commands.{row.name}_against_tshark", f"{times:.1f}", "×", COMMAND, note=load)


def main() -> None:
    """Measure, print, and write the figures where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(ONLY), choices=ONLY)
    asked = parser.parse_args()
    measured: dict[str, Row] = {}
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder), asked.only):
            measure(row, asked.runs)
            measured[row.name] = row
    load = f"{os.getloadavg()[0]:.1f} jobs waiting on {os.cpu_count()} cores; median of {asked.runs}"
    one = measured.get("wifi_one")
    start_s = None if one is None else one.middle("ansim").cpu_s
    for row in measured.values():
        tell(row, start_s, load)


if __name__ == "__main__":
    main()
