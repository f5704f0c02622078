"""A synchronised picture, told from everything that a grabber shows without one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sweeper.grabbed_picture import LEAST_PICTURES, measure_grab, standard_of

Pictures = list[NDArray[np.uint8]]
ROWS, COLUMNS = 288, 360


def room(rng: np.random.Generator, *, noise: float = 6.0, count: int = 6) -> Pictures:
    """What a camera in a room sends: shades, edges, noise."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    scene = 100 + 50 * np.sin(x / 70) + 40 * (y > 150) - 60 * ((x - 200) ** 2 + (y - 120) ** 2 < 2500)
    return [np.clip(scene + rng.normal(0, noise, scene.shape), 0, 255).astype(np.uint8) for _ in range(count)]


def snow(rng: np.random.Generator) -> Pictures:
    return [rng.integers(0, 256, (ROWS, COLUMNS)).astype(np.uint8) for _ in range(6)]


def blue(rng: np.random.Generator) -> Pictures:
    return [np.full((ROWS, COLUMNS), 29, np.uint8) + rng.integers(0, 2, (ROWS, COLUMNS)).astype(np.uint8)] * 6


def board(rng: np.random.Generator) -> Pictures:
    return [room(rng, count=1)[0]] * 6


def torn(rng: np.random.Generator) -> Pictures:
    """Without line lock every line begins anywhere."""
    return [
        np.stack([np.roll(line, int(rng.integers(COLUMNS))) for line in picture]).astype(np.uint8)
        for picture in room(rng)
    ]


def rolling(rng: np.random.Generator) -> Pictures:
    """Without field lock every picture begins anywhere."""
    return [np.roll(p, int(rng.integers(40, ROWS - 40)), axis=0) for p in room(rng)]


def smooth_snow(rng: np.random.Generator) -> Pictures:
    """Snow that the grabber's decoder has smoothed along the line."""
    kernel = np.ones(9) / 9
    lines = ([np.convolve(x, kernel, "same") for x in rng.normal(0, 1, (ROWS, COLUMNS))] for _ in range(6))
    return [np.clip(128 + 300 * np.array(each), 0, 255).astype(np.uint8) for each in lines]


@pytest.mark.parametrize("noise", [1.0, 6.0, 20.0])
def test_a_room_is_a_picture_also_with_much_noise(noise: float) -> None:
    for seed in range(5):
        assert measure_grab(room(np.random.default_rng(seed), noise=noise)).is_picture


@pytest.mark.parametrize("shown", [snow, blue, board, torn, rolling, smooth_snow])
def test_what_a_grabber_shows_without_a_signal_is_none(
    shown: Callable[[np.random.Generator], Pictures],
) -> None:
    for seed in range(20):
        assert not measure_grab(shown(np.random.default_rng(seed))).is_picture


def test_the_picture_of_an_empty_channel_is_none_on_any_other() -> None:
    rng = np.random.default_rng(1)
    shown, other = room(rng), room(rng, count=1)[0]
    test = measure_grab(shown, blank=other)
    assert test.blank > 0.9
    assert not test.is_picture
    assert measure_grab(shown, blank=snow(rng)[0]).is_picture
    assert measure_grab(shown, blank=other[:100]).is_picture  # of another size: nothing to compare


def test_a_decoder_without_lock_a_few_pictures_or_none_prove_nothing() -> None:
    rng = np.random.default_rng(2)
    assert not measure_grab(room(rng), unlocked=True).is_picture
    assert not measure_grab(room(rng, count=LEAST_PICTURES - 1)).is_picture
    assert not measure_grab([]).is_picture
    mixed = [*room(rng, count=2), *[p[:50] for p in room(rng, count=6)]]
    assert measure_grab(mixed).count == 2


@pytest.mark.parametrize(("rows", "standard"), [(576, "pal"), (288, "pal"), (480, "ntsc"), (240, "ntsc")])
def test_the_standard_follows_the_lines(rows: int, standard: str) -> None:
    assert standard_of(np.zeros((rows, 720), np.uint8)) == standard
