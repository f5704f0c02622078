"""What whole commands cost, start included, beside the peer that a user would run instead, in the same run.

    python -m tests.benchmarks.commands [--runs 3]

`ansim scan wifi --kit replay:FILE --jsonl` against `tshark -T fields` with the columns that ansim reads, in
turn, in processes of their own: processor time and peak memory, medians. Three captures of a simulated room
are written for it: *dense* (190,000 frames of a full channel), *sparse* (1,700 of them over 86 minutes), and
*day* (1,600 over 24 hours). What the start alone costs is that of a capture of one frame.
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.results import record
from tests.benchmarks.start import CHILD, PROGRAM, Cost
from tests.benchmarks.wifi_speed import TSHARK_FIELDS, write_pcap

COMMAND = "python -m tests.benchmarks.commands"
HEAD_BYTES, RECORD = 24, struct.Struct("<IIII")
FRAMES = 190_000
# Capture: frames, and the seconds over which they are spread; None as they were sent.
CAPTURES: Mapping[str, tuple[int, float | None]] = {
    "dense": (FRAMES, None),
    "sparse": (1_700, 86 * 60.0),
    "day": (1_600, 86_400.0),
    "one": (1, None),
}


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


def main() -> None:
    """Measure, print, and write the figures where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    tshark = shutil.which("tshark")
    fields = [word for name in TSHARK_FIELDS for word in ("-e", name)]
    taken: dict[str, dict[str, list[Cost]]] = {}
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.pcap"
        write_pcap(whole, FRAMES)
        for name, (count, over_s) in CAPTURES.items():
            path = Path(folder) / f"{name}.pcap"
            counts[name] = spread(whole, path, count, over_s)
            commands = {
                "ansim": [sys.executable, "-c", PROGRAM, "scan", "wifi", "--kit", f"replay:{path}", "--jsonl"]
            }
            if tshark is not None and over_s is None:
                commands["tshark"] = [tshark, "-r", str(path), "-T", "fields", *fields]
            costs: dict[str, list[Cost]] = {tool: [] for tool in commands}
            for _ in range(runs):
                for tool, command in commands.items():
                    costs[tool].append(cost_of(command))
            taken[name] = costs
    load = f"{os.getloadavg()[0]:.1f} jobs waiting on {os.cpu_count()} cores; median of {runs}"
    start_s = median(c.cpu_s for c in taken["one"]["ansim"])
    for name, costs in taken.items():
        cpu_s, peak_mb = (median(getattr(c, what) for c in costs["ansim"]) for what in ("cpu_s", "peak_mb"))
        beyond_s = cpu_s - start_s
        print(
            f"{name:7s} {counts[name]:7d} frames  ansim {cpu_s:6.2f} s CPU ({beyond_s:.2f} beyond the start)"
        )
        print(f"        {peak_mb:.0f} MB, {load}")
        record(
            f"commands.wifi_{name}_cpu", f"{cpu_s:.2f}", "s", COMMAND, note=f"{counts[name]} frames; {load}"
        )
        record(f"commands.wifi_{name}_memory", f"{peak_mb:.0f}", "MB", COMMAND, note=load)
        if name in {"sparse", "day"}:
            record(f"commands.wifi_{name}_beyond", f"{beyond_s:.2f}", "s", COMMAND, note="beyond the start")
        if "tshark" in costs and name == "dense":
            peer_s = median(c.cpu_s for c in costs["tshark"])
            rate = round(counts[name] / max(beyond_s, 1e-3), -3)
            print(
                f"        tshark {peer_s:.2f} s: {peer_s / cpu_s:.1f} x; {rate:,.0f} frames/s after the start"
            )
            record("commands.wifi_dense_against_tshark", f"{peer_s / cpu_s:.1f}", "×", COMMAND, note=load)
            record("commands.wifi_dense_rate", f"{rate:,.0f}", "frames a second", COMMAND, note=load)


if __name__ == "__main__":
    main()
