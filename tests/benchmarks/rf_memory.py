"""How much memory an hour of sweeping takes: resident size of a process that does nothing else.

Method: one `Sweeper` with the camera plan over a stand-in receiver whose hops hold noise, two analog cameras,
a multicarrier link, and carriers that wander from look to look, so that every table fills and goes on turning
over: tracks, pictures, floors, waterfall. As many looks as an hour of the real receiver holds; nothing waits
for the clock. The stand-in keeps its waves as bytes, as the receiver's buffers are. The resident size is the
kernel's (``VmRSS``), read a dozen times on the way; imports count, with ``--command`` all of those of
``ansim scan rf`` with its driver, too.

Command: ``python -m tests.benchmarks.rf_memory`` (simulation; some minutes). Goal: flat, below 120 MB.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw.types import DeviceHealth, DeviceInfo, IqBlock
from sweeper.config import SweeperConfig
from sweeper.sweeper import Sweeper
from tests.benchmarks.results import record

RATE_HZ = 2.4e6
GOAL_MB = 120.0
COMMAND_IMPORTS = ("firmware.cli.app", "firmware.cli.live_rf", "firmware.runtime.factory", "hw.pi.rtlsdr")
LONGEST = round(0.201 * RATE_HZ)
CAMERAS_HZ = (1_160e6, 920e6)
LINK_HZ = 345e6
NEAR_HZ = 3e6
PERIOD = 4096  # samples after which a carrier repeats: 600 Hz apart, and quick to make
FULL_SCALE = 127.5
Parts = NDArray[np.int8]  # real and imaginary in turn


def resident_mb() -> float:
    """Return what this process holds in memory now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no /proc/self/status: this benchmark needs Linux")


def make_waves(target: Path) -> None:
    """Write noise, an analog camera and a multicarrier link; in a process of its own, which is then gone."""
    from tests.sweeper.air import heard

    seconds = LONGEST / RATE_HZ
    waves = [heard(name, snr_db=10.0, seconds=seconds) for name in (None, "pal-fm", "cofdm")]
    parts = np.stack(waves).astype(np.complex64).view(np.float32)
    np.save(target, np.round(parts * FULL_SCALE).astype(np.int8))


def _waves() -> dict[str, Parts]:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "waves.npy"
        command = [sys.executable, "-m", "tests.benchmarks.rf_memory", "--waves", str(target)]
        subprocess.run(command, check=True)
        return dict(zip(("noise", "video", "link"), np.load(target), strict=True))


class Hour:
    """A receiver whose every hop says something, at the cost of a copy."""

    tunable = True
    rate_hz = RATE_HZ

    def __init__(self) -> None:
        self._rng = np.random.default_rng(5)
        self._waves = _waves()
        self._center_hz, self._gain_db, self.t_ns = 0.0, 0.0, 0

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        self._center_hz, self._gain_db = center_hz, gain_db or 0.0
        self.t_ns += 5_000_000

    def read(self, *, count: int) -> IqBlock:
        name = "noise"
        if any(abs(self._center_hz - hz) < NEAR_HZ for hz in CAMERAS_HZ):
            name = "video"
        elif abs(self._center_hz - LINK_HZ) < NEAR_HZ:
            name = "link"
        samples = (self._waves[name][: 2 * count] * np.float32(1 / FULL_SCALE)).view(np.complex64)
        if name == "noise":
            turns = int(self._rng.integers(-PERIOD * 3 // 8, PERIOD * 3 // 8)) / PERIOD
            carrier = 0.05 * np.exp(2j * np.pi * turns * np.arange(PERIOD))
            samples += np.resize(carrier.astype(np.complex64), count)
        t_ns, self.t_ns = self.t_ns, self.t_ns + round(count * 1e9 / RATE_HZ)
        return IqBlock(
            t_ns=t_ns,
            center_hz=self._center_hz,
            rate_hz=RATE_HZ,
            gain_db=self._gain_db,
            samples=samples,
            clipped_share=0.0,
        )

    def now_ns(self) -> int:
        return self.t_ns

    def sleep_until(self, t_ns: int) -> None: ...
    def info(self) -> DeviceInfo:
        return DeviceInfo(role="sdr", backend="sim", name="hour")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None: ...
    def __enter__(self) -> Hour:
        return self

    def __exit__(self, *exc: object) -> None: ...


def hour(minutes: float) -> tuple[list[tuple[float, float]], Sweeper]:
    """Sweep so long; return (minute, MB) on the way, and the sensor as it stands then."""
    receiver = Hour()
    sweeper = Sweeper(sdr=receiver, clock=receiver, config=SweeperConfig())
    marks = [(0.0, resident_mb())]
    for mark in np.linspace(0, minutes, 13)[1:]:
        while receiver.t_ns < mark * 60e9:
            sweeper.step()
        sweeper.observations()
        sweeper.pictures(), sweeper.spectrum_view(), sweeper.waterfall_view()
        marks.append((float(mark), resident_mb()))
    return marks, sweeper


def main(argv: list[str] | None = None) -> int:
    """Print the resident size over the hour."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--waves", type=Path, help="only write the stand-in's samples there")
    parser.add_argument("--command", action="store_true", help="import all that `ansim scan rf` imports")
    args = parser.parse_args(argv)
    if args.waves is not None:
        make_waves(args.waves)
        return 0
    for name in COMMAND_IMPORTS if args.command else ():
        importlib.import_module(name)
    marks, sweeper = hour(args.minutes)
    print(f"looks {sweeper.counts().read}, emissions held {len(sweeper.observations())}", end="")
    print(f", pictures {len(sweeper.pictures())}")
    print("minute  " + " ".join(f"{minute:5.0f}" for minute, _ in marks))
    print("MB      " + " ".join(f"{mb:5.0f}" for _, mb in marks))
    half = marks[len(marks) // 2][1]
    grown_mb, most_mb = marks[-1][1] - half, max(mb for _, mb in marks)
    print(f"most {most_mb:.0f} MB (goal {GOAL_MB:.0f}), grown in the second half by {grown_mb:.1f} MB")
    words = " --command" if args.command else ""
    command = f"python -m tests.benchmarks.rf_memory --minutes {args.minutes:g}{words}"
    record("rf.command_memory" if args.command else "rf.memory", f"{most_mb:.0f}", "MB", command)
    return int(most_mb > GOAL_MB)


if __name__ == "__main__":
    raise SystemExit(main())
