"""How many rushed inspections end in a negative headline, and how often walked rooms violate an invariant.

    python -m tests.benchmarks.invariants --runs 500             rushed inspections
    python -m tests.benchmarks.invariants --runs 0 --walks 100   scenes, simulated as they are walked
    python -m tests.benchmarks.invariants --runs 0 --kept 2000   minutes of rooms that `make rooms` has kept

The rooms that are kept hold every turn of all four sensors, so that an hour of them is walked in a minute.
Each is walked whole and cut short, with every sensor and with one missing, and with the receiver and the eye
at their own speed and at a tenth of it: a machine that is too busy does less of the work that costs much.
The exit code is 1 where an invariant is violated or a rushed site gets a negative headline.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter

from firmware.verdict.evidence.likelihoods import packaged_likelihoods
from firmware.verdict.model import Level
from hw.sim.scene import scene_names
from hw.types import SENSOR_NAMES, SensorName
from tests.benchmarks.results import record
from tests.benchmarks.rooms.__main__ import ROOMS
from tests.benchmarks.rooms.crew import Task
from tests.benchmarks.rooms.draw import draw_case
from tests.benchmarks.rooms.models import SPLITS
from tests.benchmarks.rooms.playback import play
from tests.benchmarks.rooms.store import path_of, timeline_of
from tests.end_to_end.invariants import rush
from tests.end_to_end.walker import Walk

FULL_S = 60.0
DURATIONS_S = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, FULL_S)
TICK_S = 0.5
BUSY = 10.0
WRITTEN_EACH = 20  # rooms: pages and papers cost seconds
FAST: tuple[SensorName, ...] = ("wifi", "ble")


def walk(walks: int, *, seed: int, sensors: tuple[SensorName, ...], limit_s: float) -> Walk:
    """Walk through rooms drawn at random: scene, duration, a missing sensor, an answer; both languages."""
    dice, done, began_s = random.Random(seed), Walk(), time.monotonic()
    for _ in range(walks):
        if time.monotonic() - began_s > limit_s:
            break
        scene, duration_s = dice.choice(scene_names()), dice.choice(DURATIONS_S)
        missing = dice.choice((None, *sensors))
        only = {n for n in sensors if n != missing}
        word = dice.choice(("harmless", "found", "unclear"))
        done.room(scene, duration_s=duration_s, only=only, langs=("ko", "en"), answer=word)
    return done


def walk_kept(minutes: float, *, seed: int, limit_s: float) -> Walk:
    """Walk through rooms of the store in random order: whole or cut, a sensor missing, the machine busy.

    Parameters
    ----------
    minutes : float
        Stop after so many walked minutes of sensor time.
    seed : int
        Of the order, the durations and what is missing.
    limit_s : float
        Begin no walk after this wall time, s.
    """
    dice, done, began_s = random.Random(seed), Walk(table=packaged_likelihoods()), time.monotonic()
    tasks: list[Task] = [(split, i) for split in SPLITS for i in range(ROOMS[split])]
    while done.walked_s < 60 * minutes and time.monotonic() - began_s < limit_s:
        case = draw_case(*dice.choice(tasks))
        if not all(path_of(case, name).is_file() for name in case.senses):
            continue
        missing = dice.choice((None, None, *case.senses))
        looked = {n: timeline_of(case, n) for n in case.senses if n != missing}
        load = dice.choice((1.0, BUSY))
        until_s = load * min(dice.choice((*DURATIONS_S, FULL_S)), case.walk.air_s)
        where = f"{case.name} {until_s:g} s, without {missing}, load {load:g}"
        slowed: dict[SensorName, float] = {"rf": load, "lens": load}
        watch = done.watcher(where, ("ko", "en"))
        last = play(case, looked, tick_s=TICK_S * load, until_s=until_s, slowed=slowed, watch=watch).last
        done.end(last, where, ("ko", "en"))
        if sum(done.levels.values()) % WRITTEN_EACH == 1:
            done.written(last, where, ("ko", "en"))
    return done


def main() -> int:
    """Run and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--walks", type=int, default=0)
    parser.add_argument("--sensors", choices=("fast", "all"), default="fast")
    parser.add_argument("--kept", type=float, default=0.0, metavar="MINUTES")
    parser.add_argument("--limit-s", type=float, default=1e9, help="Begin no walk after this time, s.")
    asked = parser.parse_args()
    sensors = SENSOR_NAMES if asked.sensors == "all" else FAST
    if asked.kept:
        walked = walk_kept(asked.kept, seed=asked.seed, limit_s=asked.limit_s)
    else:
        walked = walk(asked.walks, seed=asked.seed, sensors=sensors, limit_s=asked.limit_s)
    if asked.walks or asked.kept:
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
    what = f"--kept {asked.kept:g}" if asked.kept else f"--walks {asked.walks}"
    command = f"python -m tests.benchmarks.invariants --runs {asked.runs} {what} --seed {asked.seed}"
    if done:
        clean = f"{negative} of {len(done)}"
        record("invariants.negative_when_rushed", clean, "inspections", command, seed=asked.seed)
    if asked.walks or asked.kept:
        broken, rooms = sum(walked.violations.values()), sum(walked.levels.values())
        heard = "all" if asked.kept else asked.sensors
        note = f"{walked.walked_s / 60:.0f} min, {rooms} rooms, {walked.frames} frames, sensors: {heard}"
        record("invariants.violations", broken, "violations", command, seed=asked.seed, note=note)
    return 1 if negative or walked.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
