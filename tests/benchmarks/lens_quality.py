"""Recall, place and false lens tracks of the optical sensor, in simulation.

Method: `tests.benchmarks.lens_rooms` draws rooms by chance (apertures 1–2 mm, 0–15° off axis, return cones
8–45 mrad, three kinds of IR-cut filter, four walls, 5–200 lux) and `hw.sim` renders them; neither knows the
detector. A lens is found if a track within 6 px of its true place is called ``lens``; where not, it is said
how it was lost. Lenses that cannot be told by their physics are counted apart: *faint* ones, whose answer is
below four times the noise of a pixel, and *wide* ones, which return half or more of it to the side light,
as glass balls do. A lost lens is *silent* where nothing was said of its place, not even ``unsure``, and yet
surface counts as looked at. The rival is what cheap detectors do: the largest spot brighter than a fixed
threshold with the ring on is called a lens. `lens_second_rooms` does the same with another renderer.

    python -m tests.benchmarks.lens_quality [--lenses 40] [--rooms 60] [--first-seed 0] [--side2 0.02]
        [--seconds 60] [--distance 0.3 0.6 1.0] [--ir-cut blue-glass] [--toned] [--lux 300 [--no-filter]]
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cv2
import numpy as np

from hw.clock import ManualClock
from hw.config import CameraConfig
from hw.sim.camera import (
    AMBIENT_DN_PER_LUX,
    ELECTRONS_PER_DN,
    PSF_SIGMA_PX,
    READ_NOISE_DN,
    RING_RADIUS_M,
    ROW_SPREAD_S,
    SIDE_OFFSET_M,
    WHITE_AT_1_M_DN,
    SimCamera,
)
from hw.sim.lights import SimLeds
from hw.sim.optics import View, lens_flux
from hw.sim.scene import Scene, Thing
from hw.sim.wall import look
from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder
from lensdetect.model import Sighting
from tests.benchmarks.lens_isp import TonedCamera, in_room_light
from tests.benchmarks.lens_rooms import QUALITY_SEEDS, bathroom, lens_room
from tests.benchmarks.results import record

NEAR_PX = 6.0
FAINT_SIGMA = 4.0
WIDE_RATIO = 0.5
ROOMS_FROM = 1000  # of `QUALITY_SEEDS`: clean bathrooms
BRIGHT_DN = 250  # the rival's fixed threshold
DISTANCES_M = (0.3, 0.6, 1.0, 1.5)
LOOK_S = 3.0
REFUSALS = ("on_too_long", "over_budget", "over_duty")
IR_CUTS = ("none", "reflective", "blue-glass")
COMMAND = "python -m tests.benchmarks.lens_quality"


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


def scan(
    scene: Scene,
    *,
    width_px: int,
    height_px: int,
    rate_hz: float,
    side2_offset_m: float | None = None,
    toned: bool = False,
) -> Run:
    """Scan a room from beginning to end, perhaps with a second side light, or a camera that is not linear."""
    clock = ManualClock()
    leds = SimLeds(clock=clock, side2_offset_m=side2_offset_m)
    settings = CameraConfig(width_px=width_px, height_px=height_px, rate_hz=rate_hz)
    camera = SimCamera(scene=scene, leds=leds, clock=clock, settings=settings)
    config = LensConfig(distance_factor=1.0, side2_offset_m=side2_offset_m)
    seen: Any = TonedCamera(camera) if toned else camera
    finder = LensFinder(camera=seen, leds=leds, clock=clock, config=config)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One lens that was looked at; ``lost`` says why it was not found, ``beyond`` what physics says of it.

    ``refused`` is how often the light guard kept a light dark, ``trouble`` the sensor's last word.
    """

    ir_cut: str
    distance_m: float
    aperture_mm: float
    off_axis_deg: float
    lost: str
    beyond: str
    errors_px: tuple[float, ...]
    false: int
    rival: bool
    refused: int
    silent: bool
    trouble: str


def beyond_physics(scene: Scene, distance_m: float) -> str:
    """Return ``faint`` or ``wide`` for a lens that cannot be told, an empty string for the others."""
    lens = scene.things[0]
    assert lens.optic is not None
    eye = np.array([*lens.position_m[:2], lens.position_m[2] - distance_m])
    lights = {"ring": eye, "side": eye + np.array([SIDE_OFFSET_M, 0.0, 0.0])}
    view = View(eye_m=eye, lights_m=lights, ring_radius_m=RING_RADIUS_M, ambient=0.0)  # type: ignore[arg-type]
    place = np.array(lens.position_m)
    ring, side = (lens_flux(lens.optic, view, light, place) for light in ("ring", "side"))
    focal = look(scene.path[0], roll_deg=0, width_px=1280, height_px=720).focal_px
    sigma = math.hypot(PSF_SIGMA_PX, lens.optic.size_mm * 1e-3 / 4 * focal / distance_m)
    wall_dn = WHITE_AT_1_M_DN * 0.6 / distance_m**2 + scene.room.ambient_lux * AMBIENT_DN_PER_LUX * 0.6
    noise_dn = math.sqrt(wall_dn / ELECTRONS_PER_DN + READ_NOISE_DN**2)
    if ring * WHITE_AT_1_M_DN * focal**2 / (2 * math.pi * sigma**2) < FAINT_SIGMA * noise_dn:
        return "faint"
    return "wide" if side / ring >= WIDE_RATIO else ""


def lens_trial(
    seed: int,
    distance_m: float,
    ir_cut: str,
    side2_offset_m: float | None = None,
    seconds: float = LOOK_S,
    toned: bool = False,
    lux: float | None = None,
    filtered: bool = True,
) -> Trial:
    """Look at one lens, behind the guard that every kit has."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, 9])
    aperture, off_axis = float(rng.uniform(1, 2)), float(rng.uniform(0, 15))
    scene = lens_room(
        seed,
        distance_m=distance_m,
        aperture_mm=aperture,
        off_axis_deg=off_axis,
        cone_mrad=float(np.exp(rng.uniform(np.log(8), np.log(45)))),
        ir_cut=ir_cut,
        seconds=seconds,
    )
    scene = in_room_light(scene, lux=lux, filtered=filtered)
    run = scan(scene, width_px=1280, height_px=720, rate_hz=60.0, side2_offset_m=side2_offset_m, toned=toned)
    lens, why, errors, false = scene.things[0], run.finder.reasons(), [], 0
    mine: list[tuple[int, str]] = []
    told = False
    for glint in run.finder.observations():
        distance, thing = run.nearest(glint.sightings[-1])
        if thing is lens and distance < NEAR_PX:
            told |= glint.label in {"lens", "unsure"}
            mine.append((glint.poses, "" if glint.label == "lens" else why[glint.id]))
            if glint.label == "lens":
                errors += [
                    float(np.hypot(*(run.place(lens, s.frame) - (s.x_px, s.y_px)))) for s in glint.sightings
                ]
        else:
            false += glint.label == "lens"
    found = any(not reason for _, reason in mine)
    return Trial(
        ir_cut=ir_cut,
        distance_m=distance_m,
        aperture_mm=aperture,
        off_axis_deg=off_axis,
        lost="" if found else max(mine)[1] if mine else "no_candidate",
        beyond=beyond_physics(scene, distance_m),
        errors_px=tuple(errors),
        false=false,
        rival=bool(run.bright) and run.bright.most_common(1)[0][0] == "lens",
        silent=not told and run.finder.coverage().share > 0,
        trouble=run.finder.health().reason,
        refused=sum(n for why, n in run.finder.counts().dropped.items() if why in REFUSALS),
    )


def line_of(name: str, trials: list[Trial]) -> str:
    """Return one row of a table of recall."""
    errors = [e for t in trials for e in t.errors_px] or [float("nan")]
    fair = [t for t in trials if not t.beyond]
    lost = dict(Counter(t.lost for t in trials if t.lost).most_common(3))
    return (
        f"{name:>22} {len(trials):4d} {np.mean([not t.lost for t in trials]):6.2f} "
        f"{np.mean([not t.lost for t in fair]) if fair else math.nan:6.2f} of {len(fair):3d} "
        f"{sum(t.beyond == 'faint' for t in trials):3d} faint "
        f"{sum(t.beyond == 'wide' for t in trials):3d} wide "
        f"rival {np.mean([t.rival for t in trials]):.2f} false {sum(t.false for t in trials)} "
        f"refused {sum(t.refused for t in trials)} silent {sum(t.silent for t in trials)} "
        f"p95 {np.percentile(errors, 95):.2f} max {max(errors):.2f} px  {lost or ''} "
        f"{dict(Counter(t.trouble for t in trials if t.trouble)) or ''}"
    )


def lens_table(
    trials: int,
    first_seed: int,
    *,
    side2_offset_m: float | None,
    seconds: float,
    distances_m: Sequence[float] = DISTANCES_M,
    ir_cuts: Sequence[str] = IR_CUTS,
    toned: bool = False,
    lux: float | None = None,
    filtered: bool = True,
) -> None:
    """Print recall by distance and kind of filter, then by aperture and angle."""
    print(f"{'':>22}    n recall  within physics")
    done: list[Trial] = []
    for distance in distances_m:
        for ir_cut in ir_cuts:
            seeds = QUALITY_SEEDS[first_seed : first_seed + trials]
            with ProcessPoolExecutor() as pool:
                trial = partial(
                    lens_trial,
                    distance_m=distance,
                    ir_cut=ir_cut,
                    side2_offset_m=side2_offset_m,
                    seconds=seconds,
                    toned=toned,
                    lux=lux,
                    filtered=filtered,
                )
                rows = list(pool.map(trial, seeds))
            done += rows
            print(line_of(f"{distance:.1f} m {ir_cut}", rows), flush=True)
    for distance in distances_m:
        print(line_of(f"{distance:.1f} m", [t for t in done if t.distance_m == distance]))
    for low in (1.0, 1.25, 1.5, 1.75):
        rows = [t for t in done if low <= t.aperture_mm < low + 0.25]
        if rows:
            print(line_of(f"{low:.2f}-{low + 0.25:.2f} mm", rows))
    for low in (0, 5, 10):
        rows = [t for t in done if low <= t.off_axis_deg < low + 5]
        if rows:
            print(line_of(f"{low}-{low + 5} deg", rows))
    conditions = {
        "toned": " --toned" if toned else "",
        "bright": "" if lux is None else f" --lux {lux:g}",
        "bare": "" if filtered else " --no-filter",
        "side2": "" if side2_offset_m is None else f" --side2 {side2_offset_m:g}",
    }
    record_lenses(done, trials, first_seed, seconds=seconds, conditions=conditions)


def record_lenses(
    done: list[Trial], trials: int, first_seed: int, *, seconds: float, conditions: Mapping[str, str]
) -> None:
    """Write recall by distance and filter, and the largest error of a place, into the page of figures.

    ``conditions`` are the options that change the camera or the room, by the word they have in a figure's
    name; an empty option is one that was not given.
    """
    given = {word: option for word, option in conditions.items() if option}
    command = f"{COMMAND} --lenses {trials} --rooms 0 --first-seed {first_seed}" + "".join(given.values())
    command += "" if seconds == LOOK_S else f" --seconds {seconds:g}"
    for distance, ir_cut in sorted({(t.distance_m, t.ir_cut) for t in done}):
        rows = [t for t in done if (t.distance_m, t.ir_cut) == (distance, ir_cut)]
        recall, silent = float(np.mean([not t.lost for t in rows])), sum(t.silent for t in rows)
        name = "_".join(("lens.recall", *given, ir_cut.partition("-")[0], f"{distance * 100:.0f}_cm"))
        note = f"infrared filter: {ir_cut}; {len(rows)} lenses of {seconds:g} s, {silent} lost silently"
        record(name, f"{recall:.2f}", "", command, seed=f"{first_seed} on", note=note)
    errors = [e for t in done for e in t.errors_px]
    if errors and not given:
        record("lens.position", f"{max(errors):.2f}", "px", command, seed=f"{first_seed} on", note="at most")


def room_trial(seed: int, side2_offset_m: float | None = None) -> tuple[list[str], bool]:
    """Return the kinds of things called a lens in a clean bathroom, and whether the rival saw one."""
    cv2.setNumThreads(1)
    room = bathroom(seed)
    run = scan(room, width_px=640, height_px=480, rate_hz=30.0, side2_offset_m=side2_offset_m)
    kinds = [
        str(facet.kind)
        for glint in run.finder.observations()
        if glint.label == "lens" and (facet := run.nearest(glint.sightings[-1])[1].optic) is not None
    ]
    return kinds, bool(run.bright)


def room_table(rooms: int, first_seed: int, *, side2_offset_m: float | None) -> None:
    """Print false lens tracks in clean bathrooms of 60 s with 32 things that shine."""
    with ProcessPoolExecutor() as pool:
        seeds = QUALITY_SEEDS[ROOMS_FROM + first_seed : ROOMS_FROM + first_seed + rooms]
        seen = list(pool.map(partial(room_trial, side2_offset_m=side2_offset_m), seeds))
    false = Counter(kind for kinds, _ in seen for kind in kinds)
    alarmed, rival = sum(bool(kinds) for kinds, _ in seen), sum(bright for _, bright in seen)
    print(
        f"rooms {rooms}: false lens tracks {sum(false.values())} ({sum(false.values()) / rooms:.3f} a room)"
    )
    print(f"rooms with a false lens {alarmed}; with the fixed threshold {rival}; by kind {dict(false)}")
    command = f"{COMMAND} --lenses 0 --rooms {rooms} --first-seed {first_seed}"
    note = f"false lens tracks in bathrooms: {sum(false.values())}; with a fixed threshold in {rival} rooms"
    record("lens.false_rooms", f"{alarmed} in {rooms}", "rooms", command, seed=f"{first_seed} on", note=note)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lenses", type=int, default=40, help="by distance and filter")
    parser.add_argument("--rooms", type=int, default=60)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--side2", type=float, metavar="M", help="offset of a second side light, m")
    parser.add_argument("--seconds", type=float, default=LOOK_S, help="looked at each lens; 60: a whole scan")
    parser.add_argument("--distance", type=float, nargs="+", default=DISTANCES_M, metavar="M")
    parser.add_argument("--ir-cut", nargs="+", choices=IR_CUTS, default=IR_CUTS)
    parser.add_argument("--toned", action="store_true", help="libcamera's tone curve and limited range")
    parser.add_argument("--lux", type=float, help="room light, instead of 5 to 200 by chance")
    parser.add_argument("--no-filter", action="store_true", help="no infrared-pass filter before our lens")
    options = parser.parse_args()
    if options.lenses:
        lens_table(
            options.lenses,
            options.first_seed,
            side2_offset_m=options.side2,
            seconds=options.seconds,
            distances_m=options.distance,
            ir_cuts=options.ir_cut,
            toned=options.toned,
            lux=options.lux,
            filtered=not options.no_filter,
        )
    if options.rooms:
        room_table(options.rooms, options.first_seed, side2_offset_m=options.side2)


if __name__ == "__main__":
    main()
