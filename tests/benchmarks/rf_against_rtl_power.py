"""A full sweep through ansim against Debian's ``rtl_power``: CPU and wall time, one stand-in librtlsdr.

Method: the stand-in librtlsdr of the driver's tests is compiled with ``cc`` and put before the system's for
both programs; it gives white noise at once, so there is no air time in the wall time (``rtl_power`` sleeps
5 ms a hop of its own accord). Both sweep 24-1766 MHz once. ``rtl_power`` listens 2.93 ms a hop, ansim six
times as long, through its own driver, spectrum, detector and every test of the samples. CPU is what the
kernel charges to the child process (``RUSAGE_CHILDREN``, user and system), the least of ``--repeat`` runs;
ansim's start (Python and its imports) is measured in runs without a hop and told apart.

Command: ``python -m tests.benchmarks.rf_against_rtl_power`` (also the end of ``rf_speed``; half a minute).
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hw.clock import SystemClock
from hw.config import HwConfig
from hw.kit import open_device
from sweeper.config import SweeperConfig
from sweeper.sweeper import Sweeper
from tests.benchmarks.results import record

STANDIN = Path(__file__).parents[1] / "hw" / "pi" / "standin_rtlsdr.c"
RTL_POWER_DWELL_S = 16384 / 2 / 2.796e6  # its buffer at the rate it picks for this span
DWELLS = 6
FULL_HOPS, THEIR_HOPS = 871, 623  # rtl_power crops nothing of 2.8 MHz
SPAN = "24M:1766M"
BINS = ("25k", "2400")  # what its guides use; what ansim's 1024 bins of 2.4 MHz resolve


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run of a program took, in seconds."""

    cpu_s: float
    wall_s: float


def why_not() -> str | None:
    """Return why the comparison cannot be made here, None where it can."""
    for program, use in (("rtl_power", "nothing to compare with"), ("cc", "no stand-in librtlsdr")):
        if shutil.which(program) is None:
            return f"{program} is not installed: {use}"
    return None


def build_standin(folder: Path) -> Mapping[str, str]:
    """Compile the stand-in; return the environment in which a program finds it instead of the system's."""
    library = folder / "librtlsdr.so.0"
    flags = ("-O2", "-shared", "-fPIC", "-DOSMOCOM", "-Wl,-soname,librtlsdr.so.0")
    subprocess.run(["cc", *flags, "-o", str(library), str(STANDIN)], check=True)
    for other in ("librtlsdr.so", "librtlsdr.so.2"):
        (folder / other).symlink_to(library)
    switches = folder / "switches"
    switches.write_text("noise 3\n")
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return os.environ | one | {"LD_LIBRARY_PATH": str(folder), "STANDIN_RTLSDR": str(switches)}


def cost(command: Sequence[str], environment: Mapping[str, str], repeat: int) -> Cost:
    """Return the least CPU and wall time of a few runs."""
    runs = []
    for _ in range(repeat):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        runs.append((cpu_s, time.monotonic() - began))
    return Cost(cpu_s=min(cpu for cpu, _ in runs), wall_s=min(wall for _, wall in runs))


def sweep(hops: int) -> None:
    """Sweep ``hops`` of the full plan through ansim's own driver; runs in a process of its own."""
    clock = SystemClock()
    config = SweeperConfig(plan="full", look_s=DWELLS * RTL_POWER_DWELL_S)
    with open_device("sdr", spec="pi", config=HwConfig(), clock=clock) as sdr:
        sweeper = Sweeper(sdr=sdr, clock=clock, config=config)
        for _ in range(hops):
            sweeper.step()
        assert sweeper.counts().read == hops


def compare(repeat: int) -> None:
    """Print both programs' costs and their ratios."""
    missing = why_not()
    if missing is not None:
        print(f"against rtl_power: skipped, {missing}")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = build_standin(folder)
        own = [sys.executable, "-m", "tests.benchmarks.rf_against_rtl_power", "--hops"]
        whole, start = (cost([*own, str(hops)], environment, repeat) for hops in (FULL_HOPS, 0))
        swept_s = whole.cpu_s - start.cpu_s
        print(_line("ansim", FULL_HOPS, DWELLS * RTL_POWER_DWELL_S, swept_s, whole.wall_s), end="")
        print(f" (and {start.cpu_s:.2f} s CPU to start)")
        for bins in BINS:
            sweep_once = ["rtl_power", "-f", f"{SPAN}:{bins}", "-i", "1", "-1", str(folder / "sweep.csv")]
            theirs = cost(sweep_once, environment, repeat)
            print(_line(f"rtl_power {bins}", THEIR_HOPS, RTL_POWER_DWELL_S, theirs.cpu_s, theirs.wall_s))
            share, with_start = swept_s / theirs.cpu_s, whole.cpu_s / theirs.cpu_s
            print(f"  ansim / rtl_power {bins}: {share:.1f} x its CPU, {with_start:.1f} x with the start")
            command = f"python -m tests.benchmarks.rf_against_rtl_power --repeat {repeat}"
            note = f"processor time, rtl_power in {bins} bins; {with_start:.1f} × with ansim's start"
            record(f"rf.against_rtl_power_{bins}", f"{share:.1f}", "× its processor time", command, note=note)


def _line(name: str, hops: int, dwell_s: float, cpu_s: float, wall_s: float) -> str:
    heard_s = hops * dwell_s
    each = f"{hops} hops of {dwell_s * 1e3:.1f} ms = {heard_s:.1f} s of signal"
    return f"{name}: {each}, {cpu_s:.2f} s CPU = {heard_s / cpu_s:.0f} x real time, {wall_s:.2f} s wall"


def main(argv: list[str] | None = None) -> int:
    """Compare; with ``--hops`` be the process that is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--hops", type=int, help="only sweep so many hops through ansim")
    args = parser.parse_args(argv)
    if args.hops is None:
        compare(args.repeat)
    else:
        sweep(args.hops)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
