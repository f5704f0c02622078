"""The table of simulated rooms: is the level right, scene by scene and seed by seed?

Method: every scene of ``hw/sim/scenes`` is inspected from start to end by the real senses, fusion and engine,
with another seed each time (noise, hand tremor, traffic, losses). The level at the end is compared with the
``expect`` of the scene. Everything is SIMULATED.

Command: ``python -m tests.benchmarks.rooms scenes --seeds 20 --jobs 2``; exit code 1 when a scene is right in
fewer than 19 of 20 seeds.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import cv2
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from firmware.runtime.session import inspect, scene_of
from firmware.settings.settings import load_settings
from firmware.verdict.model import Level
from hw.sim.scene import load_scene, scene_names

COLUMNS = ("scene", "truth", "expected", "levels", "right", "probability", "share caught", "s a room")
RIGHT_SHARE = 0.95  # 19 of 20
SMALLER_EYE = ("hw.camera.width_px=640", "hw.camera.height_px=480", "hw.camera.rate_hz=30")


@dataclass(frozen=True)
class Inspected:
    """One room, inspected once."""

    scene: str
    seed: int
    level: Level
    probability: float
    share_caught: float
    wall_s: float


def inspect_room(scene: str, seed: int) -> Inspected:
    """Inspect one scene with one seed through the real senses."""
    cv2.setNumThreads(1)
    start = time.perf_counter()
    settings = load_settings(overrides=SMALLER_EYE)
    verdict = inspect(f"sim:{scene}?seed={seed}", settings).snapshot.verdict
    return Inspected(
        scene, seed, verdict.level, verdict.probability, verdict.share_caught, time.perf_counter() - start
    )


def is_right(done: Inspected) -> bool:
    """Say whether the level is one of those the scene expects."""
    return done.level.value in load_scene(done.scene).expect


def table_of(results: list[Inspected]) -> tuple[Table, bool]:
    """Return the table, and whether every scene is right often enough."""
    table = Table(title=f"Simulated rooms: {len(results)} inspections", title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in COLUMNS[-2:] else "left")
    by_scene: dict[str, list[Inspected]] = defaultdict(list)
    for done in results:
        by_scene[done.scene].append(done)
    good = True
    for scene, rooms in sorted(by_scene.items()):
        right = sum(map(is_right, rooms))
        good = good and right >= RIGHT_SHARE * len(rooms)
        levels = Counter(r.level.value for r in rooms)
        low, high = min(r.probability for r in rooms), max(r.probability for r in rooms)
        truth = scene_of(f"sim:{scene}")
        table.add_row(
            scene, (truth.truth if truth else None) or "–", " ".join(load_scene(scene).expect),
            ", ".join(f"{n} {level}" for level, n in levels.most_common()), f"{right}/{len(rooms)}",
            f"{low:.2%} … {high:.1%}", f"{sum(r.share_caught for r in rooms) / len(rooms):.0%}",
            f"{sum(r.wall_s for r in rooms) / len(rooms):.1f}",
        )  # fmt: skip
    return table, good


def main(arguments: list[str] | None = None) -> int:
    """Run the rooms and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="inspections a scene")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--scene", action="append", help="only this scene; may be repeated")
    args = parser.parse_args(arguments)
    tasks = [(scene, seed) for scene in args.scene or scene_names() for seed in range(1, args.seeds + 1)]
    results: list[Inspected] = []
    console = Console()
    with ProcessPoolExecutor(args.jobs) as pool, Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("rooms", total=len(tasks))
        for future in as_completed([pool.submit(inspect_room, *task) for task in tasks]):
            done = future.result()
            results.append(done)
            progress.advance(bar)
            if not is_right(done):
                console.print(f"wrong: {done.scene}?seed={done.seed} → {done.level} {done.probability:.2%}")
    table, good = table_of(results)
    Console(width=150).print(table)
    return 0 if good else 1
