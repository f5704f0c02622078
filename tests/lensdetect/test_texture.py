"""Texture is the wall's own: neither the light's strength nor a glint changes it much."""

from __future__ import annotations

import numpy as np

from hw.types import Frame
from lensdetect.frame_stats import FrameStats, examine
from lensdetect.texture import MAX_CONTRAST, contrast, texture_of


def look(strength: float = 1.0, *, glint: bool = False) -> FrameStats:
    rng = np.random.default_rng(4)
    wall = np.kron(rng.uniform(60, 90, (24, 32)), np.ones((20, 20))) * strength
    if glint:
        wall[200:206, 300:306] = 255.0
    return examine(Frame(seq=0, t_ns=0, exposure_us=4000, led=None, pixels=np.rint(wall).astype(np.uint8)))


def test_twice_the_light_is_the_same_texture() -> None:
    dim, bright = (contrast(look(strength).small) for strength in (1.0, 2.0))
    assert np.corrcoef(dim.ravel(), bright.ravel())[0, 1] > 0.99
    assert np.abs(bright).max() <= MAX_CONTRAST


def test_a_glint_is_not_texture() -> None:
    plain, shining = (contrast(look(glint=glint).small) for glint in (False, True))
    assert np.abs(shining).max() <= MAX_CONTRAST
    # Beyond two boxes of averaging, around row 101 of the small picture, nothing differs but the cut-off.
    assert np.corrcoef(plain[:60].ravel(), shining[:60].ravel())[0, 1] > 0.99


def test_the_steepest_pixels_lie_on_the_edges_between_the_tiles() -> None:
    coarse, fine = texture_of(look()).levels
    assert coarse.plane.shape == (120, 160)
    steepest = fine.steepest
    assert fine.steepest is steepest
    xs, ys, ones = steepest.points
    near = np.maximum(np.abs((xs + 0.5) % 10 - 5), np.abs((ys + 0.5) % 10 - 5))
    assert np.mean(near > 3) > 0.95
    assert np.all(ones == 1)
    assert np.array_equal(steepest.values, fine.plane[ys.astype(int), xs.astype(int)])
    assert np.allclose(steepest.unit @ steepest.from_unit, np.eye(3))
