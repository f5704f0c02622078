"""The page is found where it hangs, near, far, askew and through a bent lens."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lensdetect.target import find_target, on_page, view_of
from tests.lensdetect.targets import shots_of


@pytest.mark.parametrize("distance_m", [0.35, 0.5, 0.8, 1.0])
def test_the_field_of_view_follows_from_the_distance(distance_m: float) -> None:
    page = find_target(shots_of(f"distance_m={distance_m}&field_of_view_deg=70").lit)
    assert page is not None
    found = view_of(page, distance_m)
    assert found is not None
    assert found[0] == pytest.approx(70.0, abs=0.7)
    assert found[1] < 2.0


def test_a_tilted_page_says_how_far_it_is_tilted() -> None:
    page = find_target(shots_of("yaw_deg=14&pitch_deg=-8").lit)
    assert page is not None
    tilt = math.degrees(math.acos(math.cos(math.radians(14)) * math.cos(math.radians(8))))
    found = view_of(page, 0.5 * math.cos(math.radians(tilt)))
    assert found is not None
    assert found[0] == pytest.approx(62.0, abs=0.7)
    assert found[1] == pytest.approx(tilt, abs=1.0)


@pytest.mark.parametrize("bend", [-0.12, -0.05, 0.0, 0.08])
def test_distortion_is_measured_where_the_page_reaches_outward(bend: float) -> None:
    page = find_target(shots_of(f"distance_m=0.38&distortion={bend}").lit)
    assert page is not None
    assert page.edge_shift() == pytest.approx(
        bend, abs=0.008 + 0.2 * abs(bend)
    )  # beyond the page by a formula
    corner = np.array([[0.0, 0.0], [297.0, 210.0]])
    assert (page.to_px(corner)[0] < page.to_px(corner)[1]).all()


def test_from_afar_distortion_is_not_invented() -> None:
    page = find_target(shots_of("distance_m=1.0").lit)
    assert page is not None
    assert page.bend == 0.0


def test_what_is_no_page_is_not_found() -> None:
    assert find_target(np.zeros((720, 1280), np.float32)) is None
    noise = np.random.default_rng(1).uniform(0, 120, (240, 320)).astype(np.float32)
    assert find_target(noise) is None
    half = shots_of("").lit.copy()
    half[:, 560:] = 60.0  # five markers are gone
    assert find_target(half) is None


def test_a_distance_that_no_lens_could_have_gives_no_view() -> None:
    page = find_target(shots_of("").lit)
    assert page is not None
    assert view_of(page, 50.0) is None


def test_pixels_on_the_page() -> None:
    page = find_target(shots_of("").lit)
    assert page is not None
    assert on_page(page, 640, 360)
    assert not on_page(page, 5, 5)
