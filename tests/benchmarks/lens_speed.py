"""Strobe cycles a second of the optical sensor, by stage, on one core.

Method: frames of a simulated bathroom (1280×720, 3 frames a cycle: ring, off, side, labelled) are rendered
first; then the finder runs over them from memory. Stages are timed alone over the same frames. ``peak_mb`` is
the process's resident memory over what it was before the finder ran.

    python -m tests.benchmarks.lens_speed
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from hw.clock import ManualClock
from hw.config import CameraConfig
from hw.errors import EndOfRecording
from hw.sim.camera import SimCamera
from hw.sim.lights import SimLeds
from hw.types import Frame, LedState
from lensdetect.align import register
from lensdetect.candidates import background_of, find_peaks
from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder
from lensdetect.frame_stats import examine
from lensdetect.texture import texture_of
from tests.benchmarks.lens_rooms import bathroom
from tests.benchmarks.results import record

STATES: tuple[LedState, ...] = ("ring", "off", "side")
CYCLES = 60


class Memory:
    """A camera and lights that give prepared frames."""

    def __init__(self, frames: list[Frame]) -> None:
        self._frames = iter(frames)

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: STATES if name == "states" else None

    def take_switches(self) -> tuple[()]:
        return ()

    def read(self) -> Frame:
        for frame in self._frames:
            return frame
        raise EndOfRecording("over")


def render(cycles: int, *, width_px: int = 1280, height_px: int = 720) -> list[Frame]:
    """Return strobed frames in which every one is cleanly in its state."""
    scene = bathroom(3, seconds=20.0)
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    settings = CameraConfig(width_px=width_px, height_px=height_px, rate_hz=60.0)
    camera = SimCamera(scene=scene, leds=leds, clock=clock, settings=settings)
    frames = []
    for i in range(3 * cycles):
        state = STATES[i % 3]
        leds.set(state)
        t_ns = i * 16_666_667
        pixels = camera.render(t_ns + 100_000_000)
        clock.sleep_until(t_ns + 100_000_000)
        frames.append(Frame(seq=i, t_ns=t_ns, exposure_us=4000, led=state, pixels=pixels))
    return frames


def milliseconds(action: Callable[[], object], repeats: int = 20) -> float:
    """Return the median time of an action."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return float(np.median(times)) * 1e3


def main() -> dict[str, float]:
    """Print the table; return its figures."""
    cv2.setNumThreads(1)
    frames = render(CYCLES)
    config = LensConfig(frames_per_state=2, distance_factor=1.0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    devices: Any = Memory(frames)
    finder = LensFinder(camera=devices, leds=devices, clock=ManualClock(), config=config)
    start = time.process_time()
    try:
        while True:
            finder.step()
    except EndOfRecording:
        spent = time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    looks = [examine(f) for f in frames[:2]]
    textures = [texture_of(look) for look in looks]
    background = background_of(frames[0].pixels)
    figures = {
        "cycles_per_s": CYCLES / spent,
        "frames_per_s": len(frames) / spent,
        "examine_ms": milliseconds(lambda: examine(frames[0])),
        "texture_ms": milliseconds(lambda: texture_of(looks[0])),
        "register_ms": milliseconds(lambda: register(*textures)),
        "background_ms": milliseconds(lambda: background_of(frames[0].pixels)),
        "peaks_ms": milliseconds(
            lambda: find_peaks(
                frames[0].pixels,
                background,
                threshold_sigma=config.threshold_sigma,
                min_contrast_dn=config.min_contrast_dn,
                peak_over_wall=config.peak_over_wall,
                limit=config.max_candidates,
            )
        ),
        "peak_mb": after - before,
    }
    for name, value in figures.items():
        unit = name.rpartition("_")[2] if not name.endswith("per_s") else "a second"
        record(f"lens.{name}", value, unit.replace("mb", "MB"), "python -m tests.benchmarks.lens_speed")
        print(f"{name:16s} {value:8.2f}")
    return figures


if __name__ == "__main__":
    main()
