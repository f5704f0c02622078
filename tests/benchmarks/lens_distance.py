"""How well the distance to the wall is known from how two lights shade it, in two simulations.

Method: a hand held before the wall for 3 s (`lens_rooms.lens_room`, `lens_second_rooms.lens_wall`), of seeds
nothing was learned from; after every strobe cycle what the sensor says is compared with the truth. The rival
is what it said before it measured: the usual distance of the settings.

    python -m tests.benchmarks.lens_distance [--hands 12]
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import cv2
import numpy as np

from hw.clock import ManualClock
from hw.config import CameraConfig
from hw.sim.camera import SimCamera
from hw.sim.lights import SimLeds
from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder
from tests.benchmarks.lens_quality import DISTANCES_M
from tests.benchmarks.lens_rooms import QUALITY_SEEDS, lens_room
from tests.benchmarks.lens_second_rooms import INSTRUMENT, lens_wall
from tests.benchmarks.results import record

SECONDS = 3.0


def first_eye(seed: int, distance_m: float) -> list[float | None]:
    """Return what was said after every cycle."""
    cv2.setNumThreads(1)
    scene = lens_room(seed, distance_m=distance_m, aperture_mm=1.5, off_axis_deg=5.0, seconds=SECONDS)
    clock = ManualClock()
    leds, settings = SimLeds(clock=clock), CameraConfig(width_px=1280, height_px=720, rate_hz=60.0)
    camera = SimCamera(scene=scene, leds=leds, clock=clock, settings=settings)
    return _said(
        LensFinder(camera=camera, leds=leds, clock=clock, config=LensConfig(distance_factor=1.0)), clock
    )


def second_eye(seed: int, distance_m: float) -> list[float | None]:
    """Return the same of the other renderer, whose side lamp stands below the lens."""
    cv2.setNumThreads(1)
    eye = lens_wall(seed, distance_m)
    finder = LensFinder(camera=eye, leds=eye, clock=eye.clock, config=INSTRUMENT)  # type: ignore[arg-type]
    return _said(finder, eye.clock)


def _said(finder: LensFinder, clock: ManualClock) -> list[float | None]:
    told = []
    while clock.now_ns() < SECONDS * 1e9:
        finder.step()
        told.append(finder.view().distance_m)
    return told


def main() -> None:
    """Print one line a distance and eye."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hands", type=int, default=12)
    hands = parser.parse_args().hands
    print(
        "simulated; error of the distance in per cent: bias, rms, 95 % of cycles within; of the usual 0.65 m"
    )
    for name, eye in (("first eye", first_eye), ("second eye", second_eye)):
        for far in DISTANCES_M:
            with ProcessPoolExecutor() as pool:
                runs = list(pool.map(partial(eye, distance_m=far), QUALITY_SEEDS[-hands:]))
            told = [said for run in runs for said in run]
            command = f"python -m tests.benchmarks.lens_distance --hands {hands}"
            off = np.array([100 * math.log(said / far) for said in told if said is not None])
            rms = math.sqrt(float((off**2).mean()))
            key = f"lens.distance_{name.partition(' ')[0]}_{far * 100:.0f}_cm"
            record(key, f"{rms:.0f}", "%", command, note="rms error of the distance")
            print(
                f"{name:>10} {far:.1f} m: known in {len(off) / len(told):.2f} of cycles, {off.mean():+.1f} "
                f"{rms:.1f} {np.percentile(np.abs(off), 95):.1f}; "
                f"{abs(100 * math.log(0.65 / far)):.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
