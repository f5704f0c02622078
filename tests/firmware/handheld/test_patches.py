"""The patch shows the glint in its middle, or at the edge where the picture ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firmware.handheld.patches import PATCH_SHARE, glint_patch, patch_of
from firmware.sensor import Views
from firmware.verdict.whereabouts import Whereabouts
from tests.firmware.sensors import engine_for
from tests.firmware.verdict.test_whereabouts import FRAME, SEEING

GLINT = Whereabouts(sensor="lens", subject="lens:1", x=0.5, y=0.5, hour=0)


@pytest.mark.parametrize("x", [0.0, 0.03, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
def test_a_glint_is_inside_its_patch_wherever_it_is(x: float, y: float) -> None:
    pixels = np.zeros_like(FRAME.pixels)
    row, column = min(239, round(y * 240)), min(319, round(x * 320))
    pixels[row, column] = 255
    assert SEEING.lens is not None
    views = Views(lens=replace(SEEING.lens, frame=replace(FRAME, pixels=pixels)))
    patch = glint_patch(replace(GLINT, x=x, y=y), views)
    assert patch is not None
    assert patch.shape == (round(PATCH_SHARE * 240), round(PATCH_SHARE * 320))
    assert patch.max() == 255


def test_what_has_no_picture_has_no_patch() -> None:
    bare = engine_for("wifi").snapshot()
    assert patch_of(bare, sensor="lens") is None
    named = replace(bare, whereabouts=(GLINT,))
    assert patch_of(named, sensor="lens") is None
    assert patch_of(replace(named, views=SEEING), sensor="rf") is None
    assert patch_of(replace(named, views=SEEING), sensor="lens") is not None
