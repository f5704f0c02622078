"""What the start of a command costs: processor time and peak memory of words that answer at once, and of a
handheld up to its first picture.

    python -m tests.benchmarks.start [--runs 5]

Every command line runs in a process of its own. The medians are printed, with the processor time of a bare
interpreter beside them: on a machine with other work it grows as theirs does, so the ratio says more.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.results import record

COMMAND = "python -m tests.benchmarks.start"
PROGRAM = "import sys; sys.argv[0] = 'ansim'; from firmware.cli.app import main; main()"
BARE = "pass"
WORDS = {
    "version": ("--version",),
    "help": ("--help",),
    "scan_help": ("scan", "wifi", "--help"),
    "wrong": ("scan", "wifi", "--kti", "pi"),
}
# The whole command, ended by its first picture; the sensors' threads start beside it and count.
FIRST_PICTURE = """
import os, sys
from firmware.handheld.panel import Panel
def draw(self, snapshot, draw=Panel.draw):
    draw(self, snapshot)
    os._exit(0)
Panel.draw = draw
sys.argv[0] = "ansim"
from firmware.cli.app import main
main()
"""
RUN = ("run", "--kit", "sim:wifi-camera", "--duration", "60", "--screen", os.devnull)
RUN_OF_20_S = ("run", "--kit", "sim:wifi-camera", "--duration", "20", "--screen", os.devnull)
CHILD = "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], stdout=-3, stderr=-3)\n"
CHILD += (
    "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Processor time in seconds and peak memory in MB of one process."""

    cpu_s: float
    peak_mb: float


def cost(program: str, *words: str) -> Cost:
    """Run a program in a process of its own and return what it cost."""
    command = [sys.executable, "-c", CHILD, sys.executable, "-c", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    cpu_s, peak_mb = map(float, done.stdout.split())
    return Cost(cpu_s=cpu_s, peak_mb=peak_mb)


def main() -> None:
    """Measure, print, and write the figures where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    bare = [cost(BARE) for _ in range(runs)]
    bare_s = median(c.cpu_s for c in bare)
    load = f"{os.getloadavg()[0]:.1f} jobs waiting on {os.cpu_count()} cores"
    print(f"bare interpreter {bare_s:.3f} s; {load}")
    rows = [(name, PROGRAM, words) for name, words in WORDS.items()]
    for name, program, words in (*rows, ("first_picture", FIRST_PICTURE, RUN)):
        runs_of = [cost(program, *words) for _ in range(runs)]
        cpu_s, peak_mb = median(c.cpu_s for c in runs_of), median(c.peak_mb for c in runs_of)
        said = " ".join(words[:4]).removesuffix(" --duration")
        print(f"ansim {said:32s} {cpu_s:.3f} s CPU {peak_mb:5.1f} MB  {cpu_s / bare_s:4.1f} x bare")
        note = f"`ansim {said}`; {load}; median of {runs}; bare interpreter {bare_s:.3f} s"
        record(f"start.{name}_cpu", f"{cpu_s:.2f}", "s", COMMAND, note=note)
        record(f"start.{name}_memory", f"{peak_mb:.0f}", "MB", COMMAND, note=note)
    _whole_run()


def _whole_run() -> None:
    """Measure the peak of a whole simulated run, once: it takes as long as the run."""
    peak_mb = cost(PROGRAM, *RUN_OF_20_S).peak_mb
    said = " ".join(RUN_OF_20_S[:5])
    print(f"ansim {said} {peak_mb:.0f} MB")
    record("start.run_memory", f"{peak_mb:.0f}", "MB", COMMAND, note=f"`ansim {said}`; one run")


if __name__ == "__main__":
    main()
