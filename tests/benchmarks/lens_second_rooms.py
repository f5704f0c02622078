"""Rooms for the second eye: what the optical sensor reaches where nothing was tuned.

python -m tests.benchmarks.lens_second_rooms [--rooms 40] [--lenses 40]
"""

from __future__ import annotations

import argparse
import math
from collections import Counter

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder
from lensdetect.model import Glint
from tests.benchmarks.lens_second_eye import Item, SecondEye, lens_numbers, other_numbers
from tests.benchmarks.results import record

NEAR_PX = 6.0
DISTRACTORS = ("bead", "screw", "drop", "ball", "lamp", "bead", "screw", "drop", "ball", "tape")
THINGS = 32
ROOMS_FROM = 3000
INSTRUMENT = LensConfig(
    side_offset_m=0.046, side_angle_deg=90.0, distance_factor=1.0
)  # its side lamp stands below the lens
DISTANCES_M = (0.3, 0.6, 1.0, 1.5)
BIG, BIG_HZ = (1280, 720), 60.0
SMALL, SMALL_HZ = (640, 480), 30.0
COMMAND = "python -m tests.benchmarks.lens_second_rooms"


def swept(rng: np.random.Generator, seconds: float, distance_m: float) -> NDArray[np.float64]:
    """Return a hand that goes over the wall in columns, a place a frame."""
    n, columns = int(seconds * SMALL_HZ) + 2, max(2, math.ceil(2.0 / (0.5 * distance_m)))
    phase = np.linspace(0, columns, n)
    x = 0.3 + 2.0 * np.minimum(np.floor(phase), columns - 1) / (columns - 1)
    x = np.convolve(np.pad(x, 15, "edge"), np.ones(31) / 31, "valid")
    up = 2 * np.abs(((phase + 1) % 2) - 1)
    y = 0.4 + 1.6 * np.clip(np.where(np.floor(phase) % 2 == 0, up / 2, up / 2), 0, 1)
    del rng
    return np.column_stack([x, y, np.full(n, -distance_m)])


def held(rng: np.random.Generator, distance_m: float, seconds: float = 3.0) -> NDArray[np.float64]:
    """Return a hand that circles before the lens."""
    t = np.arange(int(seconds * BIG_HZ) + 2) / BIG_HZ
    reach, turn = min(0.1, 0.2 * distance_m), float(rng.uniform(0, 6.28))
    x = 1.3 + reach * np.sin(1.6 * t + turn)
    y = 1.2 + reach * np.cos(1.1 * t + 2 * turn)
    return np.column_stack([x, y, -distance_m * (1 + 0.03 * np.sin(t))])


def room(seed: int) -> SecondEye:
    """Return a clean room of one minute with 32 things that shine."""
    rng = np.random.default_rng([seed, 5])
    items = []
    for i in range(THINGS):
        kind = DISTRACTORS[i % len(DISTRACTORS)]
        place = (float(rng.uniform(0.2, 2.4)), float(rng.uniform(0.3, 2.1)), float(rng.choice([0.0, 0.02])))
        items.append(Item(id=f"d{i}", kind=kind, place_m=place, numbers=other_numbers(rng, kind)))
    distance = float(rng.uniform(0.45, 0.9))
    path = swept(rng, 60.0, distance)
    lux = float(rng.uniform(5, 200))
    return SecondEye(seed=seed, items=tuple(items), path=path, lux=lux, size=SMALL, rate_hz=SMALL_HZ)


def lens_wall(seed: int, distance_m: float) -> SecondEye:
    """Return a wall with one lens and two other things, the hand over it for 3 s."""
    rng = np.random.default_rng([seed, 6])
    items = [Item(id="lens", kind="lens", place_m=(1.3, 1.2, 0.0), numbers=lens_numbers(rng))]
    for i, kind in enumerate(("ball", "screw")):
        place = (1.3 + float(rng.uniform(0.1, 0.4)) * (1 - 2 * i), 1.2 + float(rng.uniform(-0.2, 0.2)), 0.0)
        items.append(Item(id=f"d{i}", kind=kind, place_m=place, numbers=other_numbers(rng, kind)))
    path, lux = held(rng, distance_m), float(rng.uniform(5, 200))
    return SecondEye(seed=seed, items=tuple(items), path=path, lux=lux, size=BIG, rate_hz=BIG_HZ)


def watch(eye: SecondEye, seconds: float) -> LensFinder:
    """Scan from beginning to end."""
    finder = LensFinder(camera=eye, leds=eye, clock=eye.clock, config=INSTRUMENT)  # type: ignore[arg-type]
    while eye.clock.now_ns() < seconds * 1e9:
        finder.step()
    return finder


def nearest(eye: SecondEye, glint: Glint) -> tuple[float, Item]:
    """Return the thing a glint is, and how far it is from it in px."""
    last = glint.sightings[-1]
    spot = np.array([last.x_px, last.y_px])
    far = [(float(np.hypot(*(eye.truth(last.frame, item) - spot))), item) for item in eye.items]
    return min(far, key=lambda pair: pair[0])


def lens_table(trials: int) -> None:
    """Print recall by distance, for lenses with and without blue glass."""
    for distance in DISTANCES_M:
        found: dict[bool, list[bool]] = {True: [], False: []}
        false = 0
        for seed in range(trials):
            eye = lens_wall(seed, distance)
            lenses = [g for g in watch(eye, 3.0).observations() if g.label == "lens"]
            hits = [nearest(eye, g) for g in lenses]
            mine = any(item.id == "lens" and far < 2 * NEAR_PX for far, item in hits)
            false += sum(item.id != "lens" or far >= 2 * NEAR_PX for far, item in hits)
            found[eye.items[0].numbers["cut"] < 0.1].append(mine)
        clear, blue = found[False], found[True]
        print(
            f"{distance:4.1f} m: recall {np.mean(clear + blue):.2f} of {trials}; blue glass "
            f"{np.mean(blue):.2f} of {len(blue)}, others {np.mean(clear):.2f}; false tracks {false}",
            flush=True,
        )
        recall, command = float(np.mean(clear + blue)), f"{COMMAND} --lenses {trials} --rooms 0"
        note = f"second eye, {trials} lenses; {false} false tracks"
        record(f"lens.second_recall_{distance * 100:.0f}_cm", f"{recall:.2f}", "", command, note=note)


def room_table(rooms: int) -> None:
    """Print false lens tracks a room of 60 s."""
    false: Counter[str] = Counter()
    for seed in range(ROOMS_FROM, ROOMS_FROM + rooms):
        eye = room(seed)
        false.update(nearest(eye, g)[1].kind for g in watch(eye, 60.0).observations() if g.label == "lens")
    total = sum(false.values())
    each = total / max(rooms, 1)
    print(f"second eye: {rooms} rooms, {total} false lens tracks, {each:.3f} a room: {dict(false)}")
    command = f"{COMMAND} --lenses 0 --rooms {rooms}"
    record("lens.second_false_tracks", f"{total} in {rooms}", "rooms", command, note="second eye")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=40)
    parser.add_argument("--lenses", type=int, default=40)
    options = parser.parse_args()
    if options.lenses:
        lens_table(options.lenses)
    if options.rooms:
        room_table(options.rooms)
