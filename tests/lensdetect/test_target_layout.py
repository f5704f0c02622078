"""Nothing on the page covers another thing, and everything is on the paper."""

from __future__ import annotations

import itertools

import numpy as np

from hw.sim import target as drawn
from lensdetect.target_layout import (
    INK_SIDE_MM,
    INKS_MM,
    MARKERS_MM,
    MIDDLE_SQUARE,
    MODULES,
    OUTER_SQUARES,
    PAGE_MM,
    STAR_MM,
    STAR_RADIUS_MM,
    TAPE_RADIUS_MM,
    TAPES_MM,
    WHITE_MM,
    WHITE_SIDE_MM,
    marker_corners_mm,
    marker_modules,
)

MARGIN_MM = 8.0  # that no printer leaves out


def boxes() -> list[tuple[np.ndarray, np.ndarray]]:
    """Return lower and upper corner of all that is printed or measured."""
    found = [(c.min(axis=0), c.max(axis=0)) for c in map(marker_corners_mm, MARKERS_MM)]
    found += [
        (s.corners_mm().min(axis=0), s.corners_mm().max(axis=0)) for s in (MIDDLE_SQUARE, *OUTER_SQUARES)
    ]
    round_or_square = [(STAR_MM, STAR_RADIUS_MM), (WHITE_MM, WHITE_SIDE_MM / 2)]
    round_or_square += [(place, TAPE_RADIUS_MM) for place in TAPES_MM]
    round_or_square += [(place, INK_SIDE_MM / 2) for place in INKS_MM.values()]
    found += [(np.array(place) - half, np.array(place) + half) for place, half in round_or_square]
    return found


def test_everything_is_on_the_paper_and_nothing_touches() -> None:
    for low, high in boxes():
        assert (low >= MARGIN_MM).all()
        assert (high <= np.array(PAGE_MM) - MARGIN_MM).all()
    for (low_a, high_a), (low_b, high_b) in itertools.combinations(boxes(), 2):
        assert ((high_a + 2 < low_b) | (high_b + 2 < low_a)).any()


def test_markers_are_all_different_and_framed_in_black() -> None:
    codes = [marker_modules(number) for number in MARKERS_MM]
    assert all(code[[0, -1]].all() and code[:, [0, -1]].all() for code in codes)
    turned = {np.rot90(code, k).tobytes() for code in codes for k in range(4)}
    assert len(turned) == 4 * len(codes)  # none looks like another, or like itself turned


def test_the_drawing_of_the_simulation_says_the_same() -> None:
    """The simulation describes the page a second time, by hand."""
    for number, rows in enumerate(drawn.CODES):
        inner = np.array([[mark == "#" for mark in row] for row in rows])
        assert (marker_modules(number)[1 : MODULES - 1, 1 : MODULES - 1] == inner).all()
    assert tuple(MARKERS_MM.values()) == drawn.CODE_PLACES_MM
    assert list(drawn.INK_PLACES_MM.values()) == list(INKS_MM.values())
    assert drawn.TAPE_PLACES_MM == TAPES_MM
