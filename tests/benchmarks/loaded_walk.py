"""Whether a camera that a busy handheld shows in one of six cubicles is kept to the end of the site's report.

    python -m tests.benchmarks.loaded_walk --runs 20 --load 10

Every run is a live inspection in its own process, Wi-Fi and Bluetooth in a thread each and the panel that the
window shows, under the clock of the machine: a corridor, six cubicles, one of them with a Wi-Fi camera. The
load is made by stopping the process for nine tenths of every tenth of a second (``--load 10``), which leaves
it a tenth of a core: no more than it had beside ten programs. The inspector does what the screen asks: he
stays in a cubicle until it shows another word than INCONCLUSIVE, and gives up after ``MOST_S``. A run is kept
where the camera's cubicle is stored as CHECK or above, the site's headline says so, and no other cubicle
does. The exit code is 1 where one is not.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from firmware.handheld.panel import PanelStyle
from firmware.handheld.screen.state import ScreenState
from firmware.inspection.opening import open_inspection
from firmware.records.store import RecordStore
from firmware.runtime.session import inspect
from firmware.verdict.levels import ALARMS
from firmware.verdict.model import Level
from tests.benchmarks.results import record
from tests.end_to_end.test_inspection import CAMERA_AT, RADIOS, Handheld, Inspector, Press, settings_in

SCENE = "sim:six-cubicles"
PERIOD_S = 0.1
LONGEST_S = 2400.0
LEAST_S = 40.0
MOST_S = 240.0


class Patient(Inspector):
    """The inspector who goes when the screen says that a cubicle was looked at enough."""

    def look(self, state: ScreenState) -> Press | None:
        """Press what the checklist asks, and leave once there is a word."""
        enough = state.elapsed_s >= LEAST_S and state.level is not Level.INCONCLUSIVE
        self.stay_s = 0.0 if enough else MOST_S
        return super().look(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The words that one run left in its store: by cubicle, and of the site."""

    cubicles: dict[str, str]
    streaming: dict[str, float]  # share of the Wi-Fi channels heard long enough
    site: str
    whole: bool
    wall_s: float

    @property
    def right(self) -> bool:
        """Say whether the camera was found, kept, and nothing else was raised."""
        alarms = {level.value for level in ALARMS}
        raised = {place for place, level in self.cubicles.items() if level in alarms}
        return self.whole and raised == {CAMERA_AT} and self.site in alarms


def walk_once(folder: Path) -> Kept:
    """Inspect the six cubicles live in this process and read what is stored."""
    began_s = time.monotonic()
    settings = settings_in(folder)
    look = PanelStyle(lang="en", theme="dark", silent=True)
    with open_inspection(SCENE, settings, wanted=True, threaded=True) as controller:
        panel = Handheld(look, until_s=None, simulated=True, controller=controller)
        team = Patient(panel)
        inspect(SCENE, settings, only=RADIOS, until_s=LONGEST_S, panel=panel, live=True, watch=team.watch)
    with RecordStore(folder) as store:
        rows = store.listed()
        cubicles = {row.cubicle: row.level for row in rows if row.kind == "cubicle"}
        inspections = {row.cubicle: store.stored(row.id).inspection for row in rows if row.kind == "cubicle"}
        streaming = {
            place: round(sensor.parts["streaming"], 2)
            for place, inspection in inspections.items()
            for sensor in inspection.senses
            if sensor.sensor == "wifi"
        }
        site = next((store.stored(row.id).inspection.level for row in rows if row.kind == "site"), "")
        whole = store.verify().whole
    return Kept(
        cubicles=cubicles, streaming=streaming, site=site, whole=whole, wall_s=time.monotonic() - began_s
    )


def walk_loaded(load: float) -> Kept:
    """Run one inspection in a process that gets ``1 / load`` of a core."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.loaded_walk", "--one", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            while load > 1.0 and child.poll() is None:
                os.kill(child.pid, signal.SIGSTOP)
                time.sleep(PERIOD_S * (1.0 - 1.0 / load))
                os.kill(child.pid, signal.SIGCONT)
                time.sleep(PERIOD_S / load)
            said, _ = child.communicate()
    if child.returncode:
        return Kept(cubicles={}, streaming={}, site=f"exit code {child.returncode}", whole=False, wall_s=0.0)
    return Kept(**json.loads(said.splitlines()[-1]))


def table(kept: Sequence[Kept], load: float) -> str:
    """Return the figures as text, and what every wrong run left."""
    right = sum(k.right for k in kept)
    clean = [level for k in kept for place, level in k.cubicles.items() if place != CAMERA_AT]
    earned = sum(level == Level.NOTHING_FOUND.value for level in clean)
    first = f"load {load:g}: found and kept {right} of {len(kept)}"
    second = f"clean cubicles that earned NOTHING FOUND: {earned} of {len(clean)}"
    return "\n".join([first, second, *(str(k) for k in kept if not k.right)])


def main() -> int:
    """Run and print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--load", type=float, default=10.0)
    parser.add_argument("--beside", type=int, default=4, help="Runs at the same time.")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        done = walk_once(asked.one)
        print(json.dumps({k: getattr(done, k) for k in ("cubicles", "streaming", "site", "whole", "wall_s")}))
        return 0
    with ThreadPoolExecutor(asked.beside) as pool:
        kept = list(pool.map(walk_loaded, [asked.load] * asked.runs))
    print(table(kept, asked.load))
    command = f"python -m tests.benchmarks.loaded_walk --runs {asked.runs} --load {asked.load:g}"
    right = f"{sum(k.right for k in kept)} of {len(kept)}"
    record("truth.loaded_walk", right, "runs", command, note="six cubicles, camera found and kept")
    return 0 if all(k.right for k in kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
