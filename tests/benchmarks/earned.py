"""How many clean rooms earn NOTHING FOUND when they are inspected properly, within a minute.

    python -m tests.benchmarks.earned --rooms 200

The rooms are the clean, locked rooms of the rooms bench, with every sensor and no trouble. Proper means: the
eye goes over the wall again and again without hurry, the receiver and both radios hear all the time, and the
inspector goes as soon as the toilet cubicle's minimum is reached and the word is no longer INCONCLUSIVE, but
not before ``LEAST_S``. A room that raises CHECK, or is still INCONCLUSIVE after a minute, has not earned it.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from firmware.verdict.engine import Snapshot
from firmware.verdict.minimum import minimum_for
from firmware.verdict.model import Level, Shortfall
from hw.types import SENSOR_NAMES
from tests.benchmarks.results import record
from tests.benchmarks.rooms.draw import Case, draw_case
from tests.benchmarks.rooms.metrics import upper_bound
from tests.benchmarks.rooms.playback import inspect_directly

WITHIN_S = 60.0
LEAST_S = 20.0
TICK_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What one room came to: when its word was first NOTHING FOUND for good, and the word after a minute."""

    name: str
    earned_s: float | None
    level: Level
    short_of: tuple[Shortfall, ...]
    subject: str


def clean_rooms() -> Iterator[Case]:
    """Yield the clean locked rooms without trouble, each inspected without hurry for a minute."""
    for number in itertools.count():
        case = draw_case("locked", number)
        whole = case.senses == SENSOR_NAMES and not case.scene.faults
        if case.truth.kind is None and whole and case.walk.haste == "full":
            yield lasting(case)


def lasting(case: Case) -> Case:
    """Return the same inspection with its walk over the wall repeated until the minute is over."""
    turns = int(np.ceil(WITHIN_S / case.walk.eye_s))
    path = tuple(
        p.model_copy(update={"t_s": p.t_s + turn * case.walk.eye_s})
        for turn in range(turns)
        for p in case.walk.poses
    )
    walk = replace(case.walk, poses=path, eye_s=WITHIN_S, rf_s=WITHIN_S, air_s=WITHIN_S)
    scene = case.scene.model_copy(update={"path": path, "duration_s": WITHIN_S})
    return replace(case, walk=walk, scene=scene)


def inspect(case: Case) -> Earned:
    """Inspect one room until its word is earned, a minute at most."""
    since: list[float | None] = [None]

    def enough(snapshot: Snapshot) -> bool:
        negative = snapshot.verdict.level is Level.NOTHING_FOUND and snapshot.elapsed_s >= LEAST_S
        since[0] = snapshot.elapsed_s if negative else None
        return negative

    played = inspect_directly(case, minimum=minimum_for("toilet_cubicle"), tick_s=TICK_S, enough=enough)
    verdict = played.last.verdict
    named = next((c.reason for c in verdict.contributions if c.log_lr > 0), "")
    return Earned(
        name=case.name,
        earned_s=since[0],
        level=verdict.level,
        short_of=verdict.short_of,
        subject=named,
    )


def table(done: Sequence[Earned]) -> str:
    """Return the figures as text, with what every room that did not earn it fell short of."""
    earned = [d.earned_s for d in done if d.level is Level.NOTHING_FOUND and d.earned_s is not None]
    least = 1.0 - upper_bound(len(done) - len(earned), len(done))
    usual_s, long_s = np.quantile(earned or [np.nan], (0.5, 0.9))
    lines = [
        f"earned NOTHING FOUND within {WITHIN_S:g} s: {len(earned)} of {len(done)}",
        f"which is {100 * len(earned) / len(done):.1f} %, at least {100 * least:.1f} %",
        f"median {usual_s:.0f} s, nine of ten within {long_s:.0f} s",
        f"words {dict(Counter(d.level.value for d in done))}",
    ]
    for room in done:
        if room.level is not Level.NOTHING_FOUND:
            short = [f"{s.sensor} {s.what} {s.part} {s.reached:.2f}<{s.needed:.2f}" for s in room.short_of]
            lines.append(f"{room.name}: {room.level.value} {'; '.join(short) or room.subject}")
    return "\n".join(lines)


def main() -> int:
    """Inspect, print and record; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    rooms = [case for case, _ in zip(clean_rooms(), range(asked.rooms), strict=False)]
    began_s, done = time.monotonic(), []
    with ProcessPoolExecutor(asked.jobs) as pool:
        for room in pool.map(inspect, rooms):
            done.append(room)
            if len(done) % 20 == 0:
                print(f"{len(done)} of {len(rooms)} rooms, {time.monotonic() - began_s:.0f} s", flush=True)
    print(table(done))
    earned = sum(d.level is Level.NOTHING_FOUND for d in done)
    command = f"python -m tests.benchmarks.earned --rooms {asked.rooms}"
    note = f"{earned} of {len(done)} clean rooms, {WITHIN_S:g} s at most"
    record("truth.earned", f"{100 * earned / len(done):.1f}", "%", command, note=note)
    return 0 if earned >= 0.95 * len(done) else 1


if __name__ == "__main__":
    raise SystemExit(main())
