"""Photographs of reflector tape, eyeshine and nothing: what a single still or a moved one may be called."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hw.types import Frame, LedState
from tests.lensdetect.eyes import STATES, finder_over

PICTURES = Path(__file__).parents[2].parent / "shared" / "data" / "img"
TAPE = (
    "photonvision_2019_WPI_LoadingStraightDark108in.jpg",
    "photonvision_2019_WPI_LoadingStraightDark36in.jpg",
    "photonvision_2019_WPI_RocketPanelAngleDark48in.jpg",
    "photonvision_2020_WPI_BlueGoal-060in-Center.jpg",
)
EMPTY = ("md_ir_night_forest_noeyes_boxed.jpg", "speciesnet_blank.jpg", "speciesnet_ocelot.jpg")
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not PICTURES.is_dir(), reason="the shared pictures are not here"),
]


def load(name: str) -> np.ndarray:
    pixels = cv2.imread(str(PICTURES / name), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    return pixels


def moved(picture: np.ndarray, *, cycles: int, side: float, off: float) -> list[Frame]:
    """Return a strobed recording of a photograph that is moved by hand: dimmer with the other lights."""
    rng = np.random.default_rng(0)
    shares: dict[LedState, float] = {"ring": 1.0, "side": side, "off": off}
    frames = []
    for i in range(3 * cycles):
        led = STATES[i % 3]
        shift = np.array([[1, 0, 20 * np.sin(i / 8)], [0, 1, 14 * np.sin(i / 11)]])
        seen = cv2.warpAffine(picture, shift, picture.shape[::-1], borderMode=cv2.BORDER_REFLECT)
        noisy = seen * shares[led] + rng.normal(0, 1.5, picture.shape)
        pixels = np.clip(noisy, 0, 255).astype(np.uint8)
        frames.append(Frame(seq=i, t_ns=i * 33_000_000, exposure_us=4000, led=led, pixels=pixels))
    return frames


@pytest.mark.parametrize("name", TAPE + EMPTY + ("md_channel-islands_fox_eyeshine.jpg",))
def test_a_single_still_is_not_enough(name: str) -> None:
    still = Frame(seq=0, t_ns=0, exposure_us=None, led=None, pixels=load(name))
    finder = finder_over([still])
    assert not [g for g in finder.observations() if g.label == "lens"]
    assert finder.coverage().share == 0.0
    assert finder.coverage().reasons


@pytest.mark.parametrize("name", [*TAPE, EMPTY[0]])
def test_tape_and_scenery_are_no_lens_however_they_are_lit(name: str) -> None:
    for side in (0.5, 0.9):
        finder = finder_over(moved(load(name), cycles=20, side=side, off=0.05))
        assert not [g for g in finder.observations() if g.label == "lens"]
