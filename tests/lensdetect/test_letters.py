"""Labels and notices: bright letters beside each other drown what the side light gives of each."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.lensdetect.eyes import finder_over
from tests.lensdetect.test_real_pictures import moved


def notice(width_px: int, *, scale: float, line_px: int) -> np.ndarray:
    """Return a dim wall with three lines of white letters on black along its upper edge."""
    coarse = np.random.default_rng(2).uniform(18, 30, (18, 60))
    wall = np.kron(coarse, np.ones((20, 20))).astype(np.uint8)
    wall[:60] = 2
    for y in range(line_px + 2 if line_px < 20 else line_px - 2, 60, line_px):
        cv2.putText(wall, "08:13 AM 12.5 C M3N8 " * 6, (4, y), cv2.FONT_HERSHEY_PLAIN, scale, 255, 2)
    return wall[:, :width_px]


@pytest.mark.parametrize("side", [0.5, 0.9])
@pytest.mark.parametrize(
    ("width_px", "scale", "line_px"), [(480, 1.0, 18), (480, 1.2, 18), (480, 1.5, 26), (800, 1.5, 26)]
)
def test_letters_are_no_lens(width_px: int, scale: float, line_px: int, side: float) -> None:
    finder = finder_over(
        moved(notice(width_px, scale=scale, line_px=line_px), cycles=14, side=side, off=0.05)
    )
    assert len(finder.observations()) > 20, "they are looked at"
    assert not [g for g in finder.observations() if g.label == "lens"]
