"""Pictures of the printed target by `hw.sim.target`, for the tests that measure with it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hw.clock import ManualClock
from hw.config import CameraConfig
from hw.sim.lights import SimLeds
from hw.sim.target import TargetCamera, parse_target
from lensdetect.calibrate import calibrate
from lensdetect.calibration import Calibration
from lensdetect.target_reading import TargetShots


@lru_cache(maxsize=4)
def shots_of(words: str) -> TargetShots:
    """Return mean pictures of a target under each light."""
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    camera = TargetCamera(target=parse_target(words), leds=leds, clock=clock, settings=CameraConfig())
    means = {}
    for state in ("off", "ring", "side"):
        leds.set(state)  # type: ignore[arg-type]
        camera.read()
        means[state] = np.mean([camera.read().pixels for _ in range(3)], axis=0, dtype=np.float32)
    return TargetShots(**means)


def calibrated(words: str, *, tape_m: float | None = None) -> Calibration:
    """Calibrate a unit before a target."""
    clock, target = ManualClock(), parse_target(words)
    leds = SimLeds(clock=clock)
    camera = TargetCamera(target=target, leds=leds, clock=clock, settings=CameraConfig())
    return calibrate(camera=camera, leds=leds, clock=clock, true_wall_m=tape_m, lux=target.lux)
