"""The simulated page: what is asked for is what is seen."""

from __future__ import annotations

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import CameraConfig, HwConfig
from hw.errors import BadKit
from hw.kit import open_device
from hw.sim.lights import SimLeds
from hw.sim.target import PrintedTarget, TargetCamera, parse_target

SMALL = CameraConfig(width_px=640, height_px=360)


def picture(words: str, light: str = "ring") -> np.ndarray:
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    camera = TargetCamera(target=parse_target(words), leds=leds, clock=clock, settings=SMALL)
    leds.set(light)  # type: ignore[arg-type]
    camera.read()
    return camera.read().pixels.astype(float)


def test_words_become_a_target_and_others_are_refused() -> None:
    assert parse_target("") == PrintedTarget()
    assert parse_target("blur_px=2.5&filtered=0").blur_px == 2.5
    assert not parse_target("filtered=0").filtered
    for wrong in ("width=2", "blur_px=much", "lux="):
        with pytest.raises(BadKit):
            parse_target(wrong)


def test_the_page_is_as_large_as_its_distance_makes_it() -> None:
    """Its middle square of 44 mm hides light from a patch that shrinks with the square of the distance."""
    near, far = (
        np.count_nonzero(picture(f"distance_m={d}&blur_px=0.3")[180 - r : 180 + r, 320 - r : 320 + r] < 8)
        for d, r in ((0.6, 24), (1.2, 12))
    )
    assert near / far == pytest.approx(4.0, rel=0.15)


def test_light_falls_with_the_square_of_the_distance() -> None:
    near, far = (picture(f"distance_m={d}")[20:40, 310:330].mean() - 2 for d in (0.5, 1.0))
    assert near / far == pytest.approx(4.0, rel=0.15)


def test_room_light_comes_through_a_filter_weakly_and_shows_no_colour() -> None:
    behind, without = (picture(f"lux=100&filtered={f}", "off") for f in (1, 0))
    assert without.mean() > 3 * behind.mean()
    assert picture("lux=0", "off").mean() < 4


def test_tape_shines_under_the_ring_and_hardly_under_the_side_light() -> None:
    assert picture("distance_m=0.8").max() > 150
    assert picture("distance_m=0.8", "side").max() < picture("distance_m=0.8").max()
    assert picture("distance_m=0.8&tape=0").max() < 100


def test_the_kit_opens_it_by_name() -> None:
    camera, leds = open_device("camera", spec="sim:lens-target?lux=3", config=HwConfig(), clock=ManualClock())
    with camera, leds:
        assert camera.info().name == "lens-target"
        assert camera.health().ok
        assert "ring" in leds.states()
