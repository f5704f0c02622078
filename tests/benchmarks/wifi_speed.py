"""Frames a second from a radiotap pcap to the device table with traffic features, one core.

    python -m tests.benchmarks.wifi_speed [--frames 400000] [--cap FILE]

Method: one busy channel (12 networks, 24 devices of every behaviour, two cameras) is simulated, written as a
pcap with 400 bytes kept of each frame, and read three times: by ansim (file to observations, judged links
included), by Scapy (first frames only) and, where it is installed, by tshark -T fields (the same columns that
ansim uses). All in one run on one machine, in seconds of processor time, so that other work on it does not
count; tshark and ansim read the whole file.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scapy.utils import PcapReader

from hw.clock import ManualClock
from hw.formats.capture import CaptureReader
from hw.sim.facets import WifiFacet
from hw.sim.radio import SimRadio
from hw.sim.scene import Pose, Scene, Thing
from hw.sim.wifi_traffic import BEHAVIOURS
from hw.types import Dot11Batch
from tests.benchmarks.results import record
from wifiscan.config import WifiConfig
from wifiscan.model import Station
from wifiscan.scanner import WifiScanner

SCAPY_FRAMES = 5_000
NETWORKS, DEVICES = 12, 24
TSHARK_FIELDS = [
    "frame.time_epoch",
    "frame.len",
    "radiotap.dbm_antsignal",
    "radiotap.channel.freq",
    "wlan.fc.type_subtype",
    "wlan.fc",
    "wlan.ta",
    "wlan.ra",
    "wlan.sa",
    "wlan.bssid",
    "wlan.seq",
    "wlan.ssid",
]


def busy_scene() -> Scene:
    """Return a room whose channel 6 is full."""
    things = [
        Thing(
            id=f"ap{k}",
            position_m=(4.0 + k, 1.0, 2.0),
            wifi=WifiFacet(
                role="access-point", mac=f"34:12:98:00:00:{k:02x}", ssid=f"net{k}", power_dbm=18.0
            ),
        )
        for k in range(NETWORKS)
    ]
    kinds = [b for b in BEHAVIOURS if b != "camera-stream"]
    for k in range(DEVICES):
        kind = "camera-stream" if k < 2 else kinds[k % len(kinds)]
        facet = WifiFacet(
            role="station",
            mac=f"3c:22:fb:00:00:{k:02x}",
            bssid=f"34:12:98:00:00:{k % NETWORKS:02x}",
            behaviour=kind,  # type: ignore[arg-type]
            bitrate_bps=1e6,
        )
        things.append(Thing(id=f"dev{k}", position_m=(1.0 + k / 20, 1.0, 3.0), wifi=facet))
    path = (Pose(t_s=0.0, position_m=(1.0, 1.0, 0.5)),)
    return Scene(
        id="busy", title_en="", title_ko="", truth=None, expect=("check",), path=path, things=tuple(things)
    )


def write_pcap(path: Path, frames: int) -> int:
    """Write at least ``frames`` frames of the busy room; return how many."""
    radio = SimRadio(scene=busy_scene(), clock=ManualClock(), snap_length=400)
    radio.set_channel(center_hz=2437e6)
    written = 0
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 400, 127))
        while written < frames:
            batch = radio.read(duration_s=1.0)
            out.write(_records(batch))
            written += len(batch.starts)
    return written


def _records(batch: Dot11Batch) -> bytes:
    heads = np.zeros(len(batch.starts), np.dtype("<u4,<u4,<u4,<u4"))
    heads["f0"], heads["f1"] = np.divmod(batch.times_ns // 1000, 1_000_000)
    heads["f2"], heads["f3"] = batch.lengths, batch.wire_lengths
    raw = bytes(batch.buffer)
    parts = []
    for head, start, size in zip(heads, batch.starts.tolist(), batch.lengths.tolist(), strict=True):
        parts += [head.tobytes(), raw[start : start + size]]
    return b"".join(parts)


def processor_s() -> float:
    """Return the processor time of this process and its children: other work does not count."""
    used = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in used)


class NoRadio:
    """The file is read beside it."""

    def channels_hz(self) -> tuple[float, ...]:
        """Return none."""
        return ()


def run_ansim(path: Path) -> tuple[int, float, WifiScanner]:
    """Return frames, seconds and the scanner."""
    begin = processor_s()
    scanner = WifiScanner(radio=NoRadio(), clock=ManualClock(), config=WifiConfig())  # type: ignore[arg-type]
    frames, t_ns = 0, 0
    with CaptureReader(path) as reader:
        for part in reader:
            until_ns = int(part.times_ns[-1])
            scanner.take(
                Dot11Batch(
                    t_ns=t_ns,
                    until_ns=until_ns,
                    channel_hz=None,
                    link_type=part.link_type,
                    buffer=part.buffer,
                    starts=part.starts,
                    lengths=part.lengths,
                    wire_lengths=part.wire_lengths,
                    times_ns=part.times_ns,
                )
            )
            frames, t_ns = frames + len(part), until_ns
    scanner.finish()
    scanner.observations()
    return frames, processor_s() - begin, scanner


def run_scapy(path: Path) -> tuple[int, float]:
    """Return frames and seconds of a full dissection by Scapy."""
    begin = processor_s()
    with PcapReader(str(path)) as reader:
        frames = sum(1 for _, _ in zip(reader, range(SCAPY_FRAMES), strict=False))
    return frames, processor_s() - begin


def run_tshark(path: Path, frames: int) -> tuple[int, float] | None:
    """Return frames and seconds of tshark -T fields, None where it is not installed."""
    program = shutil.which("tshark")
    if program is None:
        return None
    fields = [word for name in TSHARK_FIELDS for word in ("-e", name)]
    begin = processor_s()
    subprocess.run(
        [program, "-n", "-r", str(path), "-T", "fields", *fields],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return frames, processor_s() - begin


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=400_000)
    parser.add_argument("--cap", type=Path, help="read this file instead of a simulated one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.cap or Path(folder) / "busy.pcap"
        if options.cap is None:
            write_pcap(path, options.frames)
        run_ansim(path)  # warm the file cache and the registries for everybody
        frames, seconds, scanner = run_ansim(path)
        stations = [o for o in scanner.observations() if isinstance(o, Station)]
        streaming = [s.mac for s in stations if s.activity == "camera-stream"]
        print(f"{frames} frames, {path.stat().st_size / 1e6:.0f} MB, {len(stations)} stations")
        print(f"streaming: {', '.join(streaming)}")
        print(f"ansim   {frames / seconds:10.0f} frames/s  ({seconds:.2f} s, whole file)")
        command = f"python -m tests.benchmarks.wifi_speed --frames {options.frames}"
        record("wifi.frames_per_s", f"{frames / seconds:,.0f}", "frames a second", command)
        count, seconds = run_scapy(path)
        print(f"scapy   {count / seconds:10.0f} frames/s  (first {count} frames)")
        shark = run_tshark(path, frames)
        print("tshark  not installed" if shark is None else f"tshark  {frames / shark[1]:10.0f} frames/s")


if __name__ == "__main__":
    main()
