"""The score goes the way physics says, whatever the weights that were learned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lensdetect.led_response import compare, measure_blob
from lensdetect.lens_model import NAMES, load_model, red_nats, vector_of
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
