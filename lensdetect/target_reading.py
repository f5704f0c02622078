"""Measures a unit by the printed target: focus, geometry, ring against side light, infrared-pass filter."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lensdetect.calibration import FilterSeen, TargetReading
from lensdetect.errors import BadConditions
from lensdetect.sharpness import FEWEST, STEEP_SHARE, steepness
from lensdetect.slanted_edge import edge_mtf50
from lensdetect.target import LEAST_REACH, TargetFit, view_of
from lensdetect.target_layout import (
    INK_SIDE_MM,
    INKS_MM,
    MIDDLE_SQUARE,
    OUTER_SQUARES,
    TAPE_RADIUS_MM,
    TAPES_MM,
    WHITE_MM,
    WHITE_SIDE_MM,
    SlantedSquare,
)

BLURRED_MTF50 = 0.10  # cycles a pixel in the middle: a blur of 1.8 px
BLURRED_CORNER_MTF50 = 0.07
EDGES_OF_A_PAGE = 0.02  # of the pixels lie on an edge where a page is in view, sharp or not
TAPE_OVER_PAPER = 2.0  # tape that is there returns at least so much more than paper
SWAPPED_RATIO = 0.8  # tape answers the ring, not the side light
LEAST_STEP_DN = 10.0  # between paper and toner under the ring
LIT_ROOM_DN, DARK_ROOM_DN = 4.0, 3.0  # between paper and toner with the lights off
LIT_ROOM_LUX = 100.0
# Of the contrast of toner, under the ring: colours that infrared sees were printed in black.
INK_OF_BLACK = 0.12
INK_SHOWS = 0.2  # of the contrast of toner, more than under the ring
MEASURED_SHARE = 0.5  # of a place on the page, in each direction: its middle
TONER_HINT = "Print the target with a laser printer: many inks do not show in infrared."
FOCUS_HINT = "Turn the lens until the spokes of the star are sharp to its middle, and calibrate again."
TILT_HINT = "The lens sits askew on its sensor: straighten its holder, and calibrate again."
SWAPPED_HINT = "Exchange the wires of ring and side group: see hw/ASSEMBLY.md."


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetShots:
    """Mean pictures of the target under each light, DN; side is None where there is no side light."""

    off: NDArray[np.float32]
    ring: NDArray[np.float32]
    side: NDArray[np.float32] | None = None

    @property
    def lit(self) -> NDArray[np.float32]:
        """Return the ring's light alone."""
        return np.asarray(self.ring - self.off, np.float32)


def measure_target(
    fit: TargetFit, shots: TargetShots, *, true_wall_m: float | None = None, lux: float | None = None
) -> TargetReading:
    """Measure a unit by the page it sees.

    Parameters
    ----------
    fit : TargetFit
        Where the page is.
    shots : TargetShots
        What the camera gave.
    true_wall_m : float, optional
        Distance of the page, m, by tape: without it the field of view is not known.
    lux : float, optional
        Room light on the page, by a meter: with it a dark picture tells of a filter.

    Returns
    -------
    TargetReading
        Sharpness in cycles per pixel, angles in degrees.

    Raises
    ------
    BadConditions
        ``target_faint``: toner does not show in infrared; ``blurred``, ``blurred_corner``: out of focus;
        ``swapped``: the tape answers the side light.
    """
    if _step(fit, shots.lit) < LEAST_STEP_DN:
        raise BadConditions(
            "The print hardly shows in infrared light", reason="target_faint", hint=TONER_HINT
        )
    middle = _sharpness(fit, shots.lit, (MIDDLE_SQUARE,))
    corner = _sharpness(fit, shots.lit, OUTER_SQUARES)
    if middle is None or middle < BLURRED_MTF50:
        raise BadConditions("The picture is blurred", reason="blurred", hint=FOCUS_HINT)
    if corner is not None and corner < BLURRED_CORNER_MTF50:
        raise BadConditions("The picture is blurred on one side", reason="blurred_corner", hint=TILT_HINT)
    tape = _tape_ratio(fit, shots)
    if tape is not None and tape < SWAPPED_RATIO:
        raise BadConditions(
            "The tape answers the side light, not the ring", reason="swapped", hint=SWAPPED_HINT
        )
    view, tilt = (None if true_wall_m is None else view_of(fit, true_wall_m)) or (None, None)
    return TargetReading(
        mtf50_cy_px=round(middle, 4),
        mtf50_corner_cy_px=None if corner is None else round(corner, 4),
        field_of_view_deg=None if view is None else round(view, 2),
        tilt_deg=None if tilt is None else round(tilt, 1),
        distortion_percent=None if fit.reach < LEAST_REACH else round(100 * fit.edge_shift(), 2),
        paper_ring_over_side=_paper_ratio(fit, shots),
        tape_ring_over_side=None if tape is None else round(tape, 2),
        infrared_filter=filter_seen(fit, shots, lux=lux),
    )


def looks_blurred(lit: NDArray[np.float32]) -> bool:
    """Return whether a picture is full of edges of which none is steep: a page that cannot be read.

    Parameters
    ----------
    lit : ndarray, shape (height, width)
        The view under one light, DN.

    Returns
    -------
    bool
        False for a plain wall.
    """
    edges, steep = steepness(np.clip(lit, 0, 255).astype(np.uint8))
    return edges >= max(FEWEST, EDGES_OF_A_PAGE * lit.size) and steep < STEEP_SHARE * edges


def filter_seen(fit: TargetFit, shots: TargetShots, *, lux: float | None) -> FilterSeen:
    """Return whether an infrared-pass filter is before the lens.

    Parameters
    ----------
    fit : TargetFit
        Where the page is.
    shots : TargetShots
        With the lights off, the page under room light.
    lux : float, optional
        Room light, where it was measured.

    Returns
    -------
    {'present', 'absent', 'unknown'}
        In a dark room nobody knows, nor by a page that was printed without colours.

    Notes
    -----
    Printed colours are paper to near infrared. Where room light shows the page, colours that stand out more
    than under the ring tell of a camera that sees them: there is no filter. Where a lit room leaves the page
    dark there is one.
    """
    room = _step(fit, shots.off)
    if room >= LIT_ROOM_DN:
        places = tuple(INKS_MM.values())
        shown = max(_ink(fit, shots.off, place) - _ink(fit, shots.lit, place) for place in places)
        if shown > INK_SHOWS:
            return "absent"
        black = max(_ink(fit, shots.lit, place) for place in places) > INK_OF_BLACK
        return "unknown" if black else "present"
    lit = lux is not None and lux >= LIT_ROOM_LUX
    return "present" if lit and room < DARK_ROOM_DN else "unknown"


def _ink(fit: TargetFit, picture: NDArray[np.float32], place: tuple[float, float]) -> float:
    """Return how far from paper to toner a coloured square is."""
    paper, toner = _paper(fit, picture), _toner(fit, picture)
    return (paper - _level(fit, picture, place, INK_SIDE_MM)) / max(paper - toner, 1e-6)


def _step(fit: TargetFit, picture: NDArray[np.float32]) -> float:
    return _paper(fit, picture) - _toner(fit, picture)


def _paper(fit: TargetFit, picture: NDArray[np.float32]) -> float:
    return _level(fit, picture, WHITE_MM, WHITE_SIDE_MM)


def _toner(fit: TargetFit, picture: NDArray[np.float32]) -> float:
    return _level(fit, picture, MIDDLE_SQUARE.centre_mm, MIDDLE_SQUARE.side_mm)


def _level(fit: TargetFit, picture: NDArray[np.float32], place: tuple[float, float], side_mm: float) -> float:
    """Return the median of the middle of a place on the page, DN; NaN where it is outside the picture."""
    inside = _inside(fit, picture, place, MEASURED_SHARE * side_mm / 2)
    return float(np.median(inside)) if inside.size else math.nan


def _inside(
    fit: TargetFit, picture: NDArray[np.float32], place: tuple[float, float], half_mm: float
) -> NDArray[np.float32]:
    x, y = place
    corners = fit.to_px([[x - half_mm, y - half_mm], [x + half_mm, y + half_mm]])
    (left, top), (right, bottom) = np.sort(corners, axis=0)
    rows, columns = (
        slice(max(0, round(top)), max(0, round(bottom) + 1)),
        slice(max(0, round(left)), max(0, round(right) + 1)),
    )
    return picture[rows, columns]


def _sharpness(fit: TargetFit, lit: NDArray[np.float32], squares: Iterable[SlantedSquare]) -> float | None:
    """Return the least sharp of some squares, each by the median of its edges."""
    each = []
    for square in squares:
        corners = fit.to_px(square.corners_mm())
        edges = [edge_mtf50(lit, corners[i], corners[(i + 1) % 4]) for i in range(4)]
        known = [edge for edge in edges if edge is not None]
        if len(known) >= 2:
            each.append(float(np.median(known)))
    return min(each, default=None)


def _paper_ratio(fit: TargetFit, shots: TargetShots) -> float | None:
    if shots.side is None:
        return None
    side = _paper(fit, np.asarray(shots.side - shots.off, np.float32))
    return round(_paper(fit, shots.lit) / side, 4) if side > 1.0 else None


def _tape_ratio(fit: TargetFit, shots: TargetShots) -> float | None:
    """Return how much more the tape returns to the ring than to the side light; None without tape."""
    if shots.side is None:
        return None
    beside = np.asarray(shots.side - shots.off, np.float32)
    ratios = []
    for place in TAPES_MM:
        ring, side = (_tape_over_paper(fit, light, place) for light in (shots.lit, beside))
        if max(ring, side) > TAPE_OVER_PAPER:
            ratios.append(ring / side)
    return min(ratios, default=None)


def _tape_over_paper(fit: TargetFit, light: NDArray[np.float32], place: tuple[float, float]) -> float:
    inside = _inside(fit, light, place, TAPE_RADIUS_MM / 2)
    if not inside.size:
        return 0.0
    return max(0.05, float(np.quantile(inside, 0.9)) / max(_paper(fit, light), 1.0))
