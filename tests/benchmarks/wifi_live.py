"""The whole Wi-Fi sensor on a live interface: a TAP of radiotap type in a network of its own, flooded.

    python -m tests.benchmarks.wifi_live [--rate 20000] [--seconds 60]      (root, Linux)

Method: another process writes frames of a busy simulated room at a fixed rate; the adapter driver and the
scanner read them as they would an adapter's. Reported: frames written, read and counted as lost, the
processor time of the reading process (user and system) against the time that passed, and its memory in
the first and last third.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

from hw.clock import ManualClock, SystemClock
from hw.config import HwConfig, MonitorConfig
from hw.kit import open_device
from hw.pi.monitor import PiMonitor
from hw.sim.radio import SimRadio
from tests.benchmarks.results import record
from tests.benchmarks.wifi_speed import busy_scene
from tests.hw.pi.tap import Tap, in_namespace
from wifiscan.config import WifiConfig
from wifiscan.scanner import WifiScanner

NAME = "ansimtap0"
TICKS = 200  # portions a second
PAGE_KB = 4


def frames(seconds: float) -> list[bytes]:
    """Return frames of a busy room."""
    radio = SimRadio(scene=busy_scene(), clock=ManualClock(), snap_length=4000)
    radio.set_channel(center_hz=2437e6)
    batch = radio.read(duration_s=seconds)
    raw = bytes(batch.buffer)
    return [raw[s : s + n] for s, n in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True)]


def write(tap: Tap, heard: list[bytes], rate: int, seconds: int) -> None:
    """Write at a fixed rate, then leave."""
    start, portion = time.monotonic(), rate // TICKS
    for n in range(rate * seconds):
        tap.hear(heard[n % len(heard)])
        if n % portion == 0:
            time.sleep(max(0.0, start + n / rate - time.monotonic()))
    os._exit(0)


def resident_kb() -> int:
    """Return the memory that is really held now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_KB


def measure(rate: int, seconds: int) -> None:
    """Flood, scan and print."""
    heard = frames(4.0)
    tap = Tap(NAME)
    config = HwConfig(monitor=MonitorConfig(interface=NAME, snap_length=300))
    clock = SystemClock()
    radio = open_device("monitor", spec="auto", config=config, clock=clock)
    if not isinstance(radio, PiMonitor):
        raise TypeError("the kit gave another adapter")
    scanner = WifiScanner(radio=radio, clock=clock, config=WifiConfig())
    scanner.step()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    writer = os.fork()
    if writer == 0:
        write(tap, heard, rate, seconds)
    held: list[int] = []
    while os.waitpid(writer, os.WNOHANG) == (0, 0):
        scanner.step()
        held.append(resident_kb())
    scanner.step()
    after, passed = resource.getrusage(resource.RUSAGE_SELF), time.monotonic() - began
    spent = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    counts = scanner.counts()
    lost = counts.dropped.get("lost_by_adapter", 0)
    print(f"written {rate * seconds}, read {counts.read}, counted as lost {lost}, in {passed:.1f} s")
    print(f"unaccounted for: {rate * seconds - counts.read - lost}")
    print(f"processor: {spent:.1f} s = {100 * spent / passed:.1f} % of one core")
    third = max(1, len(held) // 3)
    print(
        f"memory, MB: first third {max(held[:third]) / 1024:.0f}, last third {max(held[-third:]) / 1024:.0f}"
    )
    print(f"{len(scanner.observations())} observations; dropped {dict(counts.dropped)}")
    scanner.close()
    tap.close()
    command = f"python -m tests.benchmarks.wifi_live --rate {rate} --seconds {seconds}"
    note = f"{rate:,} a second for {seconds} s; counted as lost: {lost}; needs root"
    record("wifi.live_read", f"{counts.read:,} of {rate * seconds:,}", "frames", command, note=note)
    share = f"{100 * spent / passed:.1f}"
    record("wifi.live_processor", share, "% of one core", command, note=note)
    record("wifi.live_memory", f"{max(held[-third:], default=0) / 1024:.0f}", "MB", command, note=note)


def main() -> None:
    """Run in a network namespace of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        print("skipped: needs root and /dev/net/tun")
        return
    in_namespace(lambda: measure(options.rate, options.seconds))


if __name__ == "__main__":
    main()
