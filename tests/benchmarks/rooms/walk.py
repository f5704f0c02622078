"""How an inspector goes over the wall: line by line, at a distance, in no hurry or in some."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hw.sim.scene import Pose

Haste = Literal["full", "partial", "hasty"]
MARGIN_M = 0.25  # from the edge of what is inspected to the ends of a line
LINE_M = 0.45  # from line to line
POSE_S = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One way of inspecting: how much of the wall, how fast, how long each sense listens."""

    haste: Haste
    poses: tuple[Pose, ...]
    eye_s: float
    rf_s: float
    air_s: float


def draw_walk(
    rng: np.random.Generator, *, corner_m: tuple[float, float], size_m: tuple[float, float], depth_m: float
) -> Walk:
    """Draw an inspector: 60 % look over everything, 20 % over a part, 20 % are in a hurry."""
    haste: Haste = str(rng.choice(["full", "partial", "hasty"], p=[0.6, 0.2, 0.2]))  # type: ignore[assignment]
    distance_m = float(rng.uniform(0.5, 0.8))
    speed_m_s = float(rng.uniform(0.10, 0.15)) * (2.0 if haste == "hasty" else 1.0)
    lines = max(1, math.ceil(size_m[1] / LINE_M))
    if haste == "partial":
        lines = max(1, lines - 1)
    poses, t = [], 0.0
    for i in range(lines):
        y = corner_m[1] + (i + 0.5) * size_m[1] / max(lines, math.ceil(size_m[1] / LINE_M))
        ends = (corner_m[0] + MARGIN_M, corner_m[0] + size_m[0] - MARGIN_M)
        begin, end = ends if i % 2 == 0 else ends[::-1]
        steps = max(2, math.ceil(abs(end - begin) / speed_m_s / POSE_S))
        for j in range(steps + 1):
            x = begin + (end - begin) * j / steps
            yaw, pitch = (float(rng.uniform(-7, 7)) for _ in range(2))
            place = (x, y + float(rng.normal(0, 0.02)), depth_m - distance_m + float(rng.normal(0, 0.01)))
            poses.append(Pose(t_s=t, position_m=place, yaw_deg=yaw, pitch_deg=pitch))
            t += POSE_S
        t += 0.3
    air_s = {"full": 45.0, "partial": 25.0, "hasty": 12.0}[haste]
    rf_s = {"full": 8.0, "partial": 5.0, "hasty": 3.0}[haste]
    return Walk(haste=haste, poses=tuple(poses), eye_s=poses[-1].t_s + 0.3, rf_s=rf_s, air_s=air_s)
