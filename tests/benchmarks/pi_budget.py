"""How many instructions a second of the handheld's work takes, and what load that means for each Pi.

    python -m tests.benchmarks.pi_budget [--only NAME ...]

Each kind of work runs in a process of its own under valgrind's cachegrind, with few units of it and with
more. The difference, divided by the units, is what one costs, free of start and preparation. Instructions are
those of x86-64 with AVX2, which valgrind executes; nothing was measured on a Raspberry Pi.

The table assumes, and these are guesses from the cores' public descriptions, not measurements: `BOARDS` with
clock and instructions a cycle, `VECTOR_FACTOR` for the numeric work on vectors half as wide (NEON), and
`A_SECOND` for how often each kind of work is done. A sensor is one thread: each is held against one core.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from tests.benchmarks.results import record

COMMAND = "python -m tests.benchmarks.pi_budget"
VECTOR_FACTOR = 1.5
NUMERIC = frozenset({"hop", "cycle", "small_cycle"})
PICTURE_NS = 16_666_667
COUNTER = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
REFERENCES = re.compile(r"I\s+refs:\s+([\d,]+)")


@dataclass(frozen=True, slots=True)
class Board:
    """One Raspberry Pi: clock of a core under lasting load, Hz; instructions a cycle; memory, MB."""

    name: str
    clock_hz: float
    per_cycle: float
    cores: int
    memory_mb: int


BOARDS = (
    Board("Zero 2 W", 1.0e9, 0.7, 4, 512),
    Board("3B+", 1.2e9, 0.7, 4, 1024),
    Board("4", 1.5e9, 1.2, 4, 4096),
    Board("5", 2.4e9, 1.8, 4, 4096),
)
# Units of work in a second of an inspection, all sensors on. A hop of the sweep listens for 25 ms and takes
# 35 with its retune; a full channel has 1,500 frames a second; the strobe makes a cycle of 3 of 30 pictures.
A_SECOND: Mapping[str, float] = {"hop": 28.6, "frames": 1.5, "cycle": 10.0, "redraw": 10.0, "verdict": 10.0}
FEW_MORE: Mapping[str, tuple[int, int]] = {
    "hop": (10, 110),
    "frames": (2, 22),
    "cycle": (4, 16),
    "small_cycle": (4, 16),
    "redraw": (5, 55),
    "verdict": (20, 220),
}
UNITS = {
    "hop": "a hop of 25 ms of noise at 2.4 MS/s",
    "frames": "1,000 frames of a full channel",
    "cycle": "a cycle of 3 pictures, 1280×720",
    "small_cycle": "the same, 640×360",
    "redraw": "the result page at 320×240 with everything moved",
    "verdict": "a verdict of 360 things",
}
THREADS = {"rf": ("hop",), "wifi": ("frames",), "lens": ("cycle",), "screen": ("redraw", "verdict")}


def hop(units: int) -> Callable[[], object]:
    """Prepare hops of the sweep."""
    from sweeper.config import SweeperConfig
    from sweeper.sweeper import Sweeper
    from tests.benchmarks.rf_speed import Stopped, Tape, make_slice

    sweeper = Sweeper(sdr=Tape(make_slice(with_video=False)), clock=Stopped(), config=SweeperConfig())
    return lambda: [sweeper.step() for _ in range(units)]


def frames(units: int) -> Callable[[], object]:
    """Prepare frames of a full channel, in batches as they come live."""
    from hw.clock import ManualClock
    from hw.sim.radio import SimRadio
    from tests.benchmarks.wifi_speed import NoRadio, busy_scene
    from wifiscan.config import WifiConfig
    from wifiscan.scanner import WifiScanner

    radio = SimRadio(scene=busy_scene(), clock=ManualClock(), snap_length=400)
    radio.set_channel(center_hz=2437e6)
    # As many for few units as for many: what it takes to make them must not count.
    most = FEW_MORE["frames"][1]
    batches, ends, count = [], [], 0
    while count < 1000 * most:
        batches.append(radio.read(duration_s=0.1))
        count += len(batches[-1].starts)
        ends.append(count)
    taken = batches[: 1 + bisect_left(ends, 1000 * units)]
    stand_in: Any = NoRadio()
    scanner = WifiScanner(radio=stand_in, clock=ManualClock(), config=WifiConfig())
    return lambda: [scanner.take(batch) for batch in taken]


def cycle(units: int, width_px: int = 1280, height_px: int = 720) -> Callable[[], object]:
    """Prepare strobe cycles of a simulated bathroom."""
    import cv2

    from hw.clock import ManualClock
    from hw.errors import EndOfRecording
    from lensdetect.config import LensConfig
    from lensdetect.finder import LensFinder
    from tests.benchmarks.lens_speed import Memory, render

    cv2.setNumThreads(1)
    taken, count = render(4, width_px=width_px, height_px=height_px), 3 * units
    pictures = [
        replace(taken[n % len(taken)], seq=n, t_ns=taken[0].t_ns + n * PICTURE_NS) for n in range(count)
    ]
    devices: Any = Memory(pictures)
    config = LensConfig(frames_per_state=2, distance_factor=1.0)
    finder = LensFinder(camera=devices, leds=devices, clock=ManualClock(), config=config)

    def work() -> None:
        with suppress(EndOfRecording):
            while True:
                finder.step()

    return work


def redraw(units: int) -> Callable[[], object]:
    """Prepare pictures of the result page."""
    from firmware.handheld.render import render
    from tests.benchmarks.screen_speed import busy
    from tests.firmware.handheld.screen.sample_pages import filled

    state = filled("result", "ko")
    return lambda: [render(busy(state, n), size=(320, 240), mode="RGB") for n in range(units)]


def verdict(units: int) -> Callable[[], object]:
    """Prepare verdicts over full tables."""
    from tests.benchmarks.screen_speed import engine_work

    judge = engine_work()[1]
    return lambda: [judge(n) for n in range(units)]


WORK: Mapping[str, Callable[[int], Callable[[], object]]] = {
    "hop": hop,
    "frames": frames,
    "cycle": cycle,
    "small_cycle": lambda units: cycle(units, 640, 360),
    "redraw": redraw,
    "verdict": verdict,
}


def counted(name: str, units: int) -> int:
    """Return the instructions of a process that does so many units of a kind of work."""
    done = subprocess.run(
        [*COUNTER, sys.executable, "-m", "tests.benchmarks.pi_budget", "--child", name, str(units)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "PATH": "/usr/bin:/bin", "PYTHONPATH": "."},
    )
    found = REFERENCES.search(done.stderr)
    if found is None:
        raise RuntimeError(done.stderr[-400:])
    return int(found[1].replace(",", ""))


def load_of(board: Board, names: tuple[str, ...], cost: Mapping[str, float]) -> float:
    """Return the share of one core that some kinds of work take on a board."""
    a_second = sum(
        cost[name] * A_SECOND[name] * (VECTOR_FACTOR if name in NUMERIC else 1.0)
        for name in names
        if name in cost
    )
    return a_second / (board.clock_hz * board.per_cycle)


def main() -> None:
    """Count, print both tables, and write the figures where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--child", nargs=2)
    parser.add_argument("--only", nargs="*", default=list(WORK), choices=list(WORK))
    args = parser.parse_args()
    if args.child:
        WORK[args.child[0]](int(args.child[1]))()
        return
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed: nothing was counted")
    cost: dict[str, float] = {}
    for name in args.only:
        few, more = FEW_MORE[name]
        # The lesser of two: a first run may compile modules.
        low, high = (min(counted(name, units) for _ in range(2)) for units in (few, more))
        cost[name] = (high - low) / (more - few)
        print(f"{name:8s} {cost[name] / 1e6:9.2f} million instructions: {UNITS[name]}")
        record(f"pi.{name}", f"{cost[name] / 1e6:.2f}", "million instructions", COMMAND, note=UNITS[name])
    print(
        "\nshare of one core    "
        + " ".join(f"{t:>8s}" for t in THREADS)
        + "      all, of the cores there are"
    )
    for board in BOARDS:
        shares = [load_of(board, names, cost) for names in THREADS.values()]
        whole = sum(shares) / board.cores
        print(f"{board.name:20s} " + " ".join(f"{s:8.0%}" for s in shares) + f" {whole:8.0%}")
        for thread, share in zip(THREADS, shares, strict=True):
            key = f"pi.{board.name.lower().replace(' ', '_').replace('+', 'plus')}_{thread}"
            record(key, f"{100 * share:.0f}", "% of a core", COMMAND, note="predicted, not measured")


if __name__ == "__main__":
    main()
