"""Recall, place and false lens tracks of the optical sense, in simulation.

Method: `tests.benchmarks.lens_rooms` draws rooms by chance (apertures 1–2 mm, 0–15° off axis, return cones
8–45 mrad, three kinds of IR-cut filter, four walls, 5–200 lux) and `hw.sim` renders them; neither knows the
detector. A lens is found if a track within 6 px of its true place is called ``lens``. The rival is what cheap
detectors do: the largest spot brighter than a fixed threshold with the ring on is called a lens.

    python -m tests.benchmarks.lens_quality [lenses by distance] [rooms]
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np

from hw.clock import ManualClock
from hw.config import CameraConfig
from hw.sim.camera import ROW_SPREAD_S, SimCamera, SimLeds
from hw.sim.scene import Scene, Thing
from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder
from lensdetect.model import Sighting
from tests.benchmarks.lens_rooms import bathroom, lens_room

NEAR_PX = 6.0
BRIGHT_DN = 250  # the rival's fixed threshold
DISTANCES_M = (0.3, 0.6, 1.0, 1.5)
IR_CUTS = ("none", "reflective", "blue-glass")


@dataclass
class Run:
    """One scan of one room."""

    scene: Scene
    camera: SimCamera
    settings: CameraConfig
    finder: LensFinder
    bright: Counter[str] = field(default_factory=Counter)

    def place(self, thing: Thing, frame: int) -> np.ndarray:
        """Return where a thing truly was in a frame."""
        t_s = frame * round(1e9 / self.settings.rate_hz) * 1e-9
        middle = t_s + (self.settings.exposure_us * 1e-6 + ROW_SPREAD_S) / 2
        return np.array(self.camera.pinhole(middle).project(np.array(thing.position_m))[:2])

    def nearest(self, sighting: Sighting) -> tuple[float, Thing]:
        """Return the thing nearest to a sighting, and how far it is in pixels."""
        spot = np.array([sighting.x_px, sighting.y_px])
        far = [(float(np.hypot(*(self.place(t, sighting.frame) - spot))), t) for t in self.scene.things]
        known = [pair for pair in far if np.isfinite(pair[0])]
        return min(known, key=lambda pair: pair[0])


def scan(scene: Scene, *, width_px: int, height_px: int, rate_hz: float) -> Run:
    """Scan a room from beginning to end."""
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    settings = CameraConfig(width_px=width_px, height_px=height_px, rate_hz=rate_hz)
    camera = SimCamera(scene=scene, leds=leds, clock=clock, settings=settings)
    finder = LensFinder(camera=camera, leds=leds, clock=clock, config=LensConfig())
    run = Run(scene, camera, settings, finder)
    while clock.now_ns() < scene.duration_s * 1e9:
        finder.step()
        view = finder.view()
        if view.frame is not None:
            _rival(run, view.frame.seq, view.frame.pixels)
    return run


def _rival(run: Run, frame: int, pixels: np.ndarray) -> None:
    count, _, stats, centres = cv2.connectedComponentsWithStats((pixels >= BRIGHT_DN).astype(np.uint8))
    if count < 2:
        return
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y = centres[best]
    distance, thing = run.nearest(Sighting(frame=frame, x_px=float(x), y_px=float(y)))
    run.bright[thing.id if distance < 3 * NEAR_PX else "nothing"] += 1


def lens_trial(seed: int, distance_m: float, ir_cut: str) -> tuple[bool, list[float], int, bool]:
    """Return found, errors in px, false lens tracks, and whether the rival named the lens most often."""
    rng = np.random.default_rng([seed, 9])
    scene = lens_room(
        seed,
        distance_m=distance_m,
        aperture_mm=float(rng.uniform(1, 2)),
        off_axis_deg=float(rng.uniform(0, 15)),
        cone_mrad=float(np.exp(rng.uniform(np.log(8), np.log(45)))),
        ir_cut=ir_cut,
    )
    run = scan(scene, width_px=1280, height_px=720, rate_hz=60.0)
    lens, found, errors, false = scene.things[0], False, [], 0
    for glint in run.finder.observations():
        if glint.label != "lens":
            continue
        distance, thing = run.nearest(glint.sightings[-1])
        if thing is lens and distance < NEAR_PX:
            found = True
            errors += [
                float(np.hypot(*(run.place(lens, s.frame) - (s.x_px, s.y_px)))) for s in glint.sightings
            ]
        else:
            false += 1
    rival = bool(run.bright) and run.bright.most_common(1)[0][0] == "lens"
    return found, errors, false, rival


def lens_table(trials: int) -> None:
    """Print recall by distance and kind of filter."""
    print("distance      IR-cut  recall  rival  false  p95 px  max px")
    for distance in DISTANCES_M:
        for ir_cut in IR_CUTS:
            rows = [lens_trial(seed, distance, ir_cut) for seed in range(trials)]
            errors = [e for row in rows for e in row[1]] or [float("nan")]
            found, rival = np.mean([r[0] for r in rows]), np.mean([r[3] for r in rows])
            print(
                f"{distance:8.1f} {ir_cut:>11} {found:7.2f} {rival:6.2f} {sum(r[2] for r in rows):6d} "
                f"{np.percentile(errors, 95):7.2f} {max(errors):7.2f}",
                flush=True,
            )


def room_table(rooms: int) -> None:
    """Print false lens tracks in clean bathrooms of 60 s with 32 things that shine."""
    false: Counter[str] = Counter()
    alarmed = rival = 0
    for seed in range(1000, 1000 + rooms):
        run = scan(bathroom(seed), width_px=640, height_px=480, rate_hz=30.0)
        kinds = [
            str(facet.kind)
            for glint in run.finder.observations()
            if glint.label == "lens" and (facet := run.nearest(glint.sightings[-1])[1].optic) is not None
        ]
        false.update(kinds)
        alarmed += bool(kinds)
        rival += bool(run.bright)
    print(
        f"rooms {rooms}: false lens tracks {sum(false.values())} ({sum(false.values()) / rooms:.3f} a room)"
    )
    print(f"rooms with a false lens {alarmed}; with the fixed threshold {rival}; by kind {dict(false)}")


if __name__ == "__main__":
    cv2.setNumThreads(1)
    lens_table(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    room_table(int(sys.argv[2]) if len(sys.argv) > 2 else 20)
