"""The score goes the way physics says, whatever the weights that were learned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lensdetect.led_response import compare, measure_blob
from lensdetect.lens_model import NAMES, front_and_cone, load_model, red_nats, side2_nats, vector_of
from lensdetect.residual import Light, all_around, counterpart, without_spot

LENS = {
    "side_ratio": 0.02,
    "beside_mrad": 70.0,
    "wall_mm2": 200.0,
    "falloff": -3.0,
    "sparkle": 0.1,
    "off_ratio": 0.0,
}
ANY = st.floats(allow_nan=True, allow_infinity=True)


def nats(**numbers: float) -> float:
    return float(load_model().nats(vector_of({**LENS, **numbers})))


def test_a_plain_lens_is_sure_and_a_plain_mirror_is_not() -> None:
    assert nats() > 3.0
    assert nats(side_ratio=1.0, falloff=-0.9, wall_mm2=20.0) < -3.0


@pytest.mark.parametrize(
    ("name", "lens_like", "other"),
    [
        ("side_ratio", 0.05, 0.5),
        ("wall_mm2", 300.0, 8.0),
        ("beside_mrad", 30.0, 100.0),  # the same answer beside it, of a wider cone
        ("falloff", -4.0, -0.9),
        ("sparkle", 0.1, 1.5),
        ("off_ratio", 0.0, 0.4),
    ],
)
def test_each_number_counts_in_its_direction(name: str, lens_like: float, other: float) -> None:
    assert nats(**{name: lens_like}) > nats(**{name: other})


@given(st.dictionaries(st.sampled_from(sorted(LENS)), ANY))
def test_no_numbers_break_it(numbers: dict[str, float]) -> None:
    vector = vector_of(numbers)
    assert vector.shape == (len(NAMES),)
    assert np.isfinite(vector).all()


def test_what_is_unknown_is_no_lens() -> None:
    assert float(load_model().nats(vector_of({}))) < 0


def test_only_more_red_than_infrared_speaks_for_a_lens() -> None:
    assert red_nats(math.nan) == red_nats(1.0) == red_nats(0.1) == 0.0
    assert 0 < red_nats(3.0) < red_nats(20.0) <= 2.0


def tile_corner(spot: float) -> np.ndarray:
    """Return four tiles and their dark seams, with a bright spot beside the crossing."""
    rng = np.random.default_rng(1)
    patch = np.full((49, 49), 140.0)
    patch[:, 18:28] = 90.0
    patch[18:28, :] = 90.0
    y, x = np.mgrid[:49, :49]
    patch += spot * np.exp(-((x - 24) ** 2 + (y - 24) ** 2) / 4)
    return np.clip(patch + rng.normal(0, 1.5, patch.shape), 0, 255).astype(np.float32)


def aside(spot: float, *, flux: float) -> Light:
    """Return what is seen of a spot of that height where the ring showed one of 160 DN."""
    wall = without_spot(tile_corner(160.0), 5)
    return counterpart(tile_corner(spot), wall=wall, radius_px=5, flux=flux, places_px=all_around(4))


def test_the_corner_of_a_tile_does_not_answer_the_side_light() -> None:
    ring = measure_blob(tile_corner(160.0), reach_px=2)
    assert ring is not None

    def ratio(spot: float) -> float:
        side = aside(spot, flux=ring.light.flux)
        return compare(ring, place=(24, 24), off=None, side=side, gain=1.0).side_ratio

    assert ratio(0.0) < 0.1
    assert ratio(80.0) == pytest.approx(0.5, abs=0.15)
    assert ratio(160.0) > 0.75


def test_red_is_compared_as_the_side_light_is() -> None:
    ring = measure_blob(tile_corner(60.0), reach_px=2)
    assert ring is not None
    red = aside(150.0, flux=ring.light.flux)
    assert compare(ring, place=(24, 24), off=None, side=None, gain=1.0, red=red, red_gain=1.0).red_ratio > 1.8


OFFSETS_M = (0.020, 0.045)


def second(cone_mrad: float, distance_m: float, *, front: float = 0.0) -> float:
    """Return the nats of a thing that returns light over a Gaussian cone, and mirrors some from its front."""
    beside, beside1 = (1e3 * offset / distance_m for offset in OFFSETS_M)
    ring = 6.0 / distance_m
    ratio, ratio1 = (
        (math.exp((ring**2 - angle**2) / cone_mrad**2) + front) / (1 + front) for angle in (beside, beside1)
    )
    return side2_nats(front_and_cone(ratio1, beside1, side2_ratio=ratio, beside2_mrad=beside)[1])


@pytest.mark.parametrize("distance_m", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("front", [0.0, 0.03])
def test_the_second_side_light_parts_lenses_from_balls(distance_m: float, front: float) -> None:
    assert min(second(cone, distance_m, front=front) for cone in (8.0, 12.0, 20.0, 30.0)) > 2.0
    assert max(second(cone, distance_m, front=front) for cone in (60.0, 75.0, 90.0)) < -0.5


@given(side2=ANY, beside2=ANY, side=ANY, beside=ANY)
def test_whatever_the_second_side_light_gives_it_is_bounded(
    side2: float, beside2: float, side: float, beside: float
) -> None:
    front, cone = front_and_cone(side, beside, side2_ratio=side2, beside2_mrad=beside2)
    assert 0.0 <= front <= 0.2
    assert -4.0 <= side2_nats(cone) <= 4.0


def test_what_the_front_mirrors_is_told_from_what_comes_back() -> None:
    """A weak lens of 20 mrad at 0.5 m, a tenth of whose answer is its front."""
    side2, side = (0.1 + 0.9 * math.exp(-((beside / 20.0) ** 2)) for beside in (40.0, 90.0))
    front, cone = front_and_cone(side, 90.0, side2_ratio=side2, beside2_mrad=40.0)
    assert front == pytest.approx(0.1, abs=0.01)
    assert cone == pytest.approx(20.0, rel=0.3)
