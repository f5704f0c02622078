"""How far the wall is follows from two lamps that shade it; planted by the inverse square, demanded back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hw.types import Frame
from lensdetect.align import STILL, Motion
from lensdetect.frame_stats import examine
from lensdetect.shading import Ranger, Shade, angle_between_lights, lit_wall, shade_of

SIZE, VIEW_DEG, OFFSET_M = (640, 480), 62.0, 0.045


def wall_lit(distance_m: float, lamp_m: tuple[float, float], *, seed: int, ambient: float = 8.0) -> Frame:
    """Return a rough wall straight ahead under one lamp beside our lens; NaN for none."""
    focal = SIZE[0] / 2 / math.tan(math.radians(VIEW_DEG / 2))
    x, y = np.meshgrid(
        (np.arange(SIZE[0]) - (SIZE[0] - 1) / 2) / focal, (np.arange(SIZE[1]) - (SIZE[1] - 1) / 2) / focal
    )
    albedo = np.kron(np.random.default_rng(5).uniform(0.4, 0.8, (24, 32)), np.ones((20, 20)))
    light = np.full_like(x, ambient)
    if np.isfinite(lamp_m[0]):
        away2 = distance_m**2 + (x * distance_m - lamp_m[0]) ** 2 + (y * distance_m - lamp_m[1]) ** 2
        light += 120.0 * distance_m**3 / away2**1.5
    picture = albedo * light + np.random.default_rng(seed).normal(0, 1.0, x.shape)
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return Frame(seq=seed, t_ns=seed * 10**7, exposure_us=4000, led=None, pixels=pixels)


def shade(distance_m: float, *, angle_deg: float = 0.0, seed: int = 1) -> Shade:
    towards = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    lamps = {
        "ring": (0.0, 0.0),
        "side": (OFFSET_M * towards[0], OFFSET_M * towards[1]),
        "off": (math.nan,) * 2,
    }
    looks = {k: examine(wall_lit(distance_m, at, seed=seed + i)) for i, (k, at) in enumerate(lamps.items())}
    wall = lit_wall(looks["ring"], looks["off"], to_off=STILL, field_of_view_deg=VIEW_DEG)
    found = shade_of(wall, looks["side"], to_side=STILL)
    assert found is not None
    return found


@pytest.mark.parametrize("angle_deg", [0.0, 90.0, 200.0])
@pytest.mark.parametrize("distance_m", [0.3, 0.6, 1.0, 1.5])
def test_the_distance_comes_back(distance_m: float, angle_deg: float) -> None:
    ranger = Ranger(side_offset_m=OFFSET_M, side_angle_deg=angle_deg)
    for i in range(8):
        ranger.note(shade(distance_m, angle_deg=angle_deg, seed=3 * i + 1), way=np.zeros(2))
    assert ranger.distance_m() == pytest.approx(distance_m, rel=0.12)


def test_the_way_of_the_hand_between_the_pictures_is_taken_out() -> None:
    ranger = Ranger(side_offset_m=OFFSET_M, side_angle_deg=0.0)
    for way in (-0.03, 0.02, -0.02, 0.03, -0.01, 0.04, -0.04, 0.01):
        true = OFFSET_M / 0.6
        ranger.note(Shade(middle=0.0, across=-3 * (true - 1.5 * way), down=0.0), way=np.array([way, 0.3]))
    assert ranger.distance_m() == pytest.approx(0.6, rel=0.05)


def test_what_is_not_known_is_not_said() -> None:
    ranger = Ranger(side_offset_m=OFFSET_M, side_angle_deg=0.0)
    assert ranger.distance_m() is None
    rng = np.random.default_rng(0)
    for _ in range(12):  # lamps that shade nothing: a wall at no distance
        ranger.note(Shade(middle=0.0, across=float(rng.normal(0, 0.1)), down=0.0), way=np.zeros(2))
    assert ranger.distance_m() is None
    for _ in range(24):
        ranger.note(Shade(middle=0.0, across=-3 * OFFSET_M / 0.5, down=0.0), way=np.zeros(2))
    assert ranger.distance_m() == pytest.approx(0.5, rel=0.1)
    ranger.forget()
    assert ranger.distance_m() is None


def test_a_dark_wall_has_no_shade() -> None:
    dark = examine(wall_lit(1.0, (math.nan, math.nan), seed=1))
    assert lit_wall(dark, dark, to_off=STILL, field_of_view_deg=VIEW_DEG) is None
    assert shade_of(None, dark, to_side=STILL) is None
    lit = examine(wall_lit(1.0, (0.0, 0.0), seed=2))
    far = Motion(matrix=np.array([[1.0, 0, 5000], [0, 1, 0], [0, 0, 1]]), trusted=True, likeness=1.0)
    assert lit_wall(lit, dark, to_off=far, field_of_view_deg=VIEW_DEG) is None
    wall = lit_wall(lit, dark, to_off=STILL, field_of_view_deg=VIEW_DEG)
    assert wall is not None
    assert shade_of(wall, lit, to_side=STILL) is not None
    assert shade_of(wall, dark, to_side=STILL) is None
    assert shade_of(wall, lit, to_side=far) is None


def test_gain_differs_from_place_to_place() -> None:
    found = shade(0.3)
    assert found.gain_at(-0.5, 0.0) > 1.2 * found.gain_at(0.5, 0.0)


def test_the_lights_are_nearer_to_each_other_seen_from_aside() -> None:
    ahead = angle_between_lights(0.6, offset_m=OFFSET_M, angle_deg=0.0, u=0.0, v=0.0)
    assert ahead == pytest.approx(75.0)
    assert angle_between_lights(0.6, offset_m=OFFSET_M, angle_deg=0.0, u=0.5, v=0.0) == pytest.approx(60.0)
    assert angle_between_lights(0.6, offset_m=OFFSET_M, angle_deg=90.0, u=0.5, v=0.0) == pytest.approx(
        angle_between_lights(0.6, offset_m=OFFSET_M, angle_deg=0.0, u=0.0, v=0.5)
    )
