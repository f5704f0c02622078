"""Walls look like what they are called: their contrast, their scale, and that no two are alike."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from hw.sim.scene import Room
from hw.sim.wall import BRICK, BRICK_M, MORTAR, MORTAR_M, PAINTERS, TEXEL_M, Image, paint_wall

TEXTURES = get_args(Room.model_fields["texture"].annotation)


def wall_of(texture: str, seed: int = 3) -> Image:
    room = Room(width_m=1.0, height_m=0.8, texture=texture)  # type: ignore[arg-type]
    return paint_wall(room, np.random.default_rng(seed))


@pytest.mark.parametrize("texture", TEXTURES)
def test_every_texture_is_a_wall(texture: str) -> None:
    wall = wall_of(texture)
    assert wall.shape == (800, 1000)
    assert wall.dtype == np.float32
    assert 0.03 <= wall.min() < wall.max() <= 0.95
    assert 0.025 < wall.std() < 0.12  # some contrast, and no chessboard
    assert np.array_equal(wall, wall_of(texture))
    assert not np.array_equal(wall, wall_of(texture, seed=4))


def test_every_painter_has_its_word() -> None:
    assert set(PAINTERS) == set(TEXTURES)


def test_bricks_lie_in_courses_and_each_course_is_shifted() -> None:
    wall = wall_of("brick")
    course = round((BRICK_M[1] + MORTAR_M) / TEXEL_M)
    joint = round(MORTAR_M / TEXEL_M)
    rows = wall.mean(axis=1)
    beds = np.concatenate([rows[at : at + joint] for at in range(0, 800, course)])
    assert beds.mean() == pytest.approx(MORTAR, abs=0.02)
    assert rows.mean() == pytest.approx(BRICK, abs=0.05)
    wide = round(BRICK_M[0] / TEXEL_M) + joint
    first, second = wall[joint:course], wall[course + joint : 2 * course]
    assert first[:, wide : wide + joint].mean() == pytest.approx(MORTAR, abs=0.05)
    middle = wide // 2
    half = slice(wide - middle, wide - middle + joint)
    assert second[:, half].mean() == pytest.approx(MORTAR, abs=0.05)


def test_terrazzo_has_dark_and_light_chips_in_its_cement() -> None:
    wall = wall_of("terrazzo")
    cement = float(np.median(wall))
    assert 0.01 < (wall < cement - 0.09).mean() < 0.3
    assert 0.01 < (wall > cement + 0.09).mean() < 0.3
