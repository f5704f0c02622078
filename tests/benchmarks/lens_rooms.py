"""Rooms for the benchmarks of the optical sensor, drawn by chance; they know nothing of the detector."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np

from hw.sim.facets import OpticFacet
from hw.sim.scene import Pose, Room, Scene, Thing

WALL_Z = 2.0
QUALITY_SEEDS = range(1_000, 10_000)  # what is judged; the weights of today were learned from seeds below
TRAIN_SEEDS = range(20_000, 30_000)  # what is learned from: nothing of it is ever judged
TEXTURES = ("tile", "wood", "plaster", "wallpaper")
SIZES_MM = {
    "chrome-sphere": (8.0, 40.0),
    "chrome-edge": (40.0, 200.0),
    "tile": (80.0, 200.0),
    "screw": (4.0, 9.0),
    "water-drop": (2.0, 6.0),
    "reflector-tape": (15.0, 60.0),
    "bead": (1.5, 5.0),
    "spectacles": (40.0, 50.0),
    "led": (2.0, 5.0),
    "lamp": (30.0, 120.0),
}
REFLECTANCE = {
    "chrome-sphere": (0.4, 0.7),
    "chrome-edge": (0.4, 0.7),
    "tile": (0.03, 0.06),
    "screw": (0.3, 0.6),
    "water-drop": (0.02, 0.05),
    "reflector-tape": (0.1, 0.4),
    "bead": (0.03, 0.15),
    "spectacles": (0.03, 0.05),
    "led": (0.3, 0.3),
    "lamp": (0.3, 0.3),
}
KINDS = tuple(SIZES_MM)
LOOK_ALIKES = ("bead",) * 9 + ("screw",) * 6 + ("water-drop",) * 3
OTHERS = ("chrome-sphere", "chrome-edge", "tile", "spectacles", "led", "reflector-tape")
CROWD = ("lens",) * 12 + LOOK_ALIKES + OTHERS
assert set(KINDS) < set(get_args(OpticFacet.model_fields["kind"].annotation))


def hand_path(
    rng: np.random.Generator,
    *,
    centre: tuple[float, float],
    distance_m: float,
    seconds: float,
    reach_m: float,
) -> tuple[Pose, ...]:
    """Return a hand wandering around a point of the wall at up to 0.2 m/s, a pose every 0.25 s."""
    n = math.ceil(seconds / 0.25) + 2
    heading, x, y = float(rng.uniform(0, 2 * math.pi)), 0.0, 0.0
    poses = []
    for i in range(n):
        pull = math.hypot(x, y) > reach_m
        heading = math.atan2(-y, -x) if pull else heading + float(rng.normal(0, 0.4))
        step = float(rng.uniform(0.08, 0.2)) * 0.25
        x, y = x + step * math.cos(heading), y + step * math.sin(heading)
        yaw, pitch = (math.degrees(math.atan2(-p, distance_m)) * 0.5 for p in (x, y))
        place = (centre[0] + x, centre[1] + y, WALL_Z - distance_m * (1 + 0.04 * math.sin(i / 5)))
        poses.append(Pose(t_s=0.25 * i, position_m=place, yaw_deg=yaw, pitch_deg=pitch))
    return tuple(poses)


def sweep_path(*, seconds: float, distance_m: float, width_m: float, height_m: float) -> tuple[Pose, ...]:
    """Return a hand that goes over the wall line by line."""
    lines = max(2, math.ceil(height_m / (0.5 * distance_m)))
    poses, t = [], 0.0
    per_line = seconds / lines
    for i in range(lines):
        y = 0.3 + (height_m - 0.6) * i / (lines - 1)
        ends = (0.3, width_m - 0.3) if i % 2 == 0 else (width_m - 0.3, 0.3)
        for share in np.linspace(0, 1, 7):
            x = ends[0] + (ends[1] - ends[0]) * float(share)
            yaw = 5.0 * math.sin(9 * float(share) + i)
            place = (x, y, WALL_Z - distance_m)
            poses.append(Pose(t_s=t + 0.85 * per_line * float(share), position_m=place, yaw_deg=yaw))
        t += per_line
    return tuple(poses)


def distractor(rng: np.random.Generator, kind: str) -> OpticFacet:
    """Draw one thing of a kind that is no lens."""
    values: dict[str, Any] = {"kind": kind}
    values["size_mm"] = float(rng.uniform(*SIZES_MM[kind]))
    values["reflectance"] = float(rng.uniform(*REFLECTANCE[kind]))
    values["return_cone_mrad"] = float(rng.uniform(40, 90))
    values["normal_yaw_deg"] = float(rng.uniform(-12, 12))
    values["normal_pitch_deg"] = float(rng.uniform(-12, 12))
    return OpticFacet(**values)


def lens_room(
    seed: int,
    *,
    distance_m: float,
    aperture_mm: float,
    off_axis_deg: float,
    ir_cut: str = "none",
    cone_mrad: float = 20.0,
    seconds: float = 3.0,
) -> Scene:
    """Return a room with one lens and a few other things, the hand held over it."""
    rng = np.random.default_rng([seed, 1])
    side = float(rng.uniform(0, 2 * math.pi))
    lens = OpticFacet(
        kind="lens",
        size_mm=aperture_mm,
        return_cone_mrad=cone_mrad,
        reflectance=float(rng.uniform(0.1, 0.4)),
        field_of_view_deg=float(rng.uniform(55, 90)),
        ir_cut=ir_cut,
        normal_yaw_deg=off_axis_deg * math.cos(side),
        normal_pitch_deg=off_axis_deg * math.sin(side),
    )
    things = [Thing(id="lens", camera=True, position_m=(1.5, 1.2, WALL_Z), optic=lens)]
    for i in range(4):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        angle, far = float(rng.uniform(0, 6.28)), float(rng.uniform(0.08, 0.4))
        place = (1.5 + far * math.cos(angle), 1.2 + far * math.sin(angle), WALL_Z - 0.01)
        things.append(Thing(id=f"d{i}", position_m=place, optic=distractor(rng, kind)))
    reach = min(0.12, 0.25 * distance_m)
    path = hand_path(rng, centre=(1.5, 1.2), distance_m=distance_m, seconds=seconds, reach_m=reach)
    return _scene(seed, rng, path, things, seconds)


def bathroom(seed: int, *, things: int = 32, seconds: float = 60.0, width_m: float = 2.0) -> Scene:
    """Return a clean bathroom of one minute, full of things that shine."""
    rng = np.random.default_rng([seed, 2])
    placed = []
    for i in range(things):
        kind = KINDS[i % len(KINDS)]
        place = (float(rng.uniform(0.1, width_m - 0.1)), float(rng.uniform(0.1, 2.1)))
        depth = WALL_Z - float(rng.choice([0.0, 0.01, 0.04]))
        placed.append(Thing(id=f"d{i}", position_m=(*place, depth), optic=distractor(rng, kind)))
    distance = float(rng.uniform(0.45, 0.9))
    path = sweep_path(seconds=seconds, distance_m=distance, width_m=width_m, height_m=2.2)
    return _scene(seed, rng, path, placed, seconds)


def draw_lens(rng: np.random.Generator) -> OpticFacet:
    """Draw a camera lens by chance: 1–2 mm, 0–15° off axis, return cone 8–45 mrad, any IR-cut filter."""
    side, off_axis = float(rng.uniform(0, 2 * math.pi)), float(rng.uniform(0, 15))
    return OpticFacet(
        kind="lens",
        size_mm=float(rng.uniform(1, 2)),
        return_cone_mrad=float(np.exp(rng.uniform(math.log(8), math.log(45)))),
        reflectance=float(rng.uniform(0.1, 0.4)),
        field_of_view_deg=float(rng.uniform(55, 90)),
        ir_cut=str(rng.choice(["none", "reflective", "blue-glass"])),
        normal_yaw_deg=off_axis * math.cos(side),
        normal_pitch_deg=off_axis * math.sin(side),
    )


def crowded(seed: int, *, seconds: float = 16.0) -> Scene:
    """Return a square metre with 12 lenses and 24 look-alikes, gone over once: to learn from only."""
    rng = np.random.default_rng([seed, 3])
    grid = [(i, j) for i in range(6) for j in range(6)]
    rng.shuffle(grid)
    things = []
    for n, (kind, (i, j)) in enumerate(zip(CROWD, grid, strict=True)):
        place = (
            0.3 + 0.2 * i + float(rng.uniform(-0.07, 0.07)),
            0.45 + 0.2 * j + float(rng.uniform(-0.07, 0.07)),
        )
        optic = draw_lens(rng) if kind == "lens" else distractor(rng, kind)
        depth = WALL_Z - (0.0 if kind == "lens" else float(rng.choice([0.0, 0.01, 0.04])))
        things.append(Thing(id=f"t{n}", camera=kind == "lens", position_m=(*place, depth), optic=optic))
    distance = float(np.exp(rng.uniform(math.log(0.35), math.log(1.6))))
    lines = max(2, math.ceil(1.0 / (0.5 * distance)))
    poses, t = [], 0.0
    for i in range(lines):
        y, ends = 0.45 + i / (lines - 1), (0.3, 1.3) if i % 2 == 0 else (1.3, 0.3)
        for share in np.linspace(0, 1, 7):
            hand = (ends[0] + (ends[1] - ends[0]) * float(share), y, WALL_Z - distance)
            yaw = 5 * math.sin(9 * float(share) + i)
            poses.append(Pose(t_s=t + 0.85 * seconds / lines * float(share), position_m=hand, yaw_deg=yaw))
        t += seconds / lines
    return _scene(seed, rng, tuple(poses), things, seconds)


def _scene(
    seed: int, rng: np.random.Generator, path: tuple[Pose, ...], things: list[Thing], seconds: float
) -> Scene:
    room = Room(
        width_m=3.0,
        height_m=2.4,
        depth_m=WALL_Z,
        ambient_lux=float(rng.uniform(5, 200)),
        mains_hz=float(rng.choice([50.0, 60.0])),
        texture=str(rng.choice(TEXTURES)),
    )
    lens = any(thing.camera for thing in things)
    return Scene(
        id=f"bench-{seed}",
        title_en="",
        title_ko="",
        truth="card" if lens else None,
        expect=("likely_camera",) if lens else ("nothing_found",),
        seed=seed,
        duration_s=seconds,
        room=room,
        path=path,
        things=tuple(things),
    )
