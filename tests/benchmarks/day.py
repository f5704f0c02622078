"""Does a whole day of inspecting grow in memory: all sensors, the verdict and the panel, under a fast clock.

    python -m tests.benchmarks.day [--hours 24] [--scene wifi-camera]

Method: the sensors of a simulated room take turns under manual clocks, as they do in every simulated run,
with the panel drawn once a second. So that a day takes minutes, each sensor rests after each of its steps
(`REST_S`): what a step leaves behind in tables, windows and caches is what is looked at. The resident size is
the kernel's, once an hour, the simulator's own slices and pictures included. As these come and go, a single
reading wavers by 20 MB: the figure is the middle of the last three hours over that of the three after the
first.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from statistics import median

from firmware.handheld.panel import Panel, PanelStyle
from firmware.runtime.factory import open_sensors
from firmware.runtime.lockstep import run_lockstep
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.sensor import Observation
from firmware.settings.settings import load_settings
from firmware.verdict.engine import Snapshot
from hw.protocols import Clock
from hw.types import SensorName
from tests.benchmarks.results import record
from tests.benchmarks.rf_memory import resident_mb

COMMAND = "python -m tests.benchmarks.day"
HOUR_S = 3600.0
MIDDLE_OF = 3  # hours
TICK_S = 1.0
REST_S: Mapping[SensorName, float] = {"rf": 3.0, "wifi": 2.0, "ble": 2.0, "lens": 40.0}


class Resting(SensorSnapshot):
    """A sensor that rests after each step, so that a day has fewer of them."""

    def __init__(self, inner: SensorSnapshot, clock: Clock, rest_s: float) -> None:
        super().__init__(inner.sensor, clock=clock)
        self._pace, self._rest_ns = clock, round(rest_s * 1e9)
        self.steps = 0

    def step(self) -> Sequence[Observation]:
        """Do one step, then rest."""
        seen = super().step()
        self.steps += 1
        self._pace.sleep_until(self._pace.now_ns() + self._rest_ns)
        return seen


def day(scene: str, hours: int) -> tuple[list[float], dict[str, int]]:
    """Inspect for so many hours; return the resident size after each, MB, and the steps of each sensor."""
    settings = load_settings()
    panel = Panel(PanelStyle(lang="ko", theme="dark", silent=True), until_s=None, simulated=True)
    sizes: list[float] = []

    def watch(snapshot: Snapshot) -> bool:
        panel.watch(snapshot)
        if snapshot.elapsed_s >= (len(sizes) + 1) * HOUR_S:
            sizes.append(resident_mb())
            print(f"hour {len(sizes):2d}: {sizes[-1]:.1f} MB", flush=True)
        return len(sizes) >= hours

    with open_sensors(f"sim:{scene}", settings, live=False) as run:
        sensors = {
            name: Resting(SensorSnapshot(s, clock=run.clocks[name]), run.clocks[name], REST_S[name])
            for name, s in run.sensors.items()
        }
        engine = run.engine(settings, None)
        run_lockstep(sensors, engine, clocks=run.clocks, until_s=None, tick_s=TICK_S, on_progress=watch)
        return sizes, {name: sensor.steps for name, sensor in sensors.items()}


def main() -> None:
    """Run, print, and write the figure where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hours", type=int, default=24, help="at least 4")
    parser.add_argument("--scene", default="wifi-camera")
    args = parser.parse_args()
    sizes, steps = day(args.scene, args.hours)
    begin_mb, end_mb = median(sizes[1 : 1 + MIDDLE_OF]), median(sizes[-MIDDLE_OF:])
    grown = 100 * (end_mb / begin_mb - 1)
    told = ", ".join(f"{name} {count:,}" for name, count in steps.items())
    print(f"{grown:+.1f} % after the first hour; steps: {told}")
    command = f"{COMMAND} --hours {args.hours}"
    note = f"from {begin_mb:.0f} MB after the first hour; steps: {told}"
    record("day.growth", f"{grown:+.1f}", "%", command, note=note)


if __name__ == "__main__":
    main()
