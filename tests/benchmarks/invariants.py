"""How many rushed inspections end in a negative headline, and how often walked rooms violate an invariant.

Commands: ``python -m tests.benchmarks.invariants --runs 500`` and
``python -m tests.benchmarks.invariants --runs 0 --walks 100 [--sensors all]``; exit code 1 where one does.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter

from firmware.verdict.fusion import Level
from hw.sim.scene import scene_names
from hw.types import SENSOR_NAMES, SensorName
from tests.end_to_end.invariants import rush
from tests.end_to_end.walker import Walk

FULL_S = 60.0
DURATIONS_S = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, FULL_S)
FAST: tuple[SensorName, ...] = ("wifi", "ble")


def walk(walks: int, *, seed: int, sensors: tuple[SensorName, ...], limit_s: float) -> Walk:
    """Walk through rooms drawn at random: scene, duration, a missing sensor or none; both languages."""
    dice, done, began_s = random.Random(seed), Walk(), time.monotonic()
    for _ in range(walks):
        if time.monotonic() - began_s > limit_s:
            break
        scene, duration_s = dice.choice(scene_names()), dice.choice(DURATIONS_S)
        missing = dice.choice((None, *sensors))
        only = {n for n in sensors if n != missing}
        done.room(scene, duration_s=duration_s, only=only, langs=("ko", "en"))
    return done


def main() -> int:
    """Run and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--walks", type=int, default=0)
    parser.add_argument("--sensors", choices=("fast", "all"), default="fast")
    parser.add_argument("--limit-s", type=float, default=1e9, help="Begin no walk after this time, s.")
    asked = parser.parse_args()
    sensors = SENSOR_NAMES if asked.sensors == "all" else FAST
    walked = walk(asked.walks, seed=asked.seed, sensors=sensors, limit_s=asked.limit_s)
    if asked.walks:
        rooms = sum(walked.levels.values())
        print(
            f"walked {rooms} rooms, {walked.walked_s / 60:.1f} min, {walked.frames} frames, seed {asked.seed}"
        )
        print(f"violations {dict(walked.violations)}, last words {dict(walked.levels)}")
        print("\n".join(walked.examples))
    done = [rush(asked.seed + n) for n in range(asked.runs)]
    headlines = Counter(d.headline for d in done)
    cubicles = Counter(level for d in done for level in d.levels)
    negative = headlines[Level.NOTHING_FOUND.value]
    print(f"rushed inspections {len(done)}, negative headlines {negative}")
    print(f"headlines {dict(headlines)}, cubicles {dict(cubicles)}")
    return 1 if negative or walked.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
