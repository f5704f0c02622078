"""Analyses one ring picture with its dark and its side-lit neighbour: bright points and their answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.align import Motion, MotionFollower
from lensdetect.candidates import REFERENCE_WIDTH_PX, DarkAt, Peak, background_of, find_peaks
from lensdetect.config import LensConfig
from lensdetect.frame_stats import FrameStats
from lensdetect.led_response import MIN_PATCH_PX, PATCH_PX, LedResponse, compare, measure_blob, spot_radius
from lensdetect.residual import (
    Light,
    Patch,
    all_around,
    along,
    counterpart,
    patch_at,
    without_spot,
)
from lensdetect.shading import LitWall, Shade, angle_between_lights, focal_px, lit_wall, shade_of
from lensdetect.strobe import Cycle

SEARCH_PX = 5  # how far from its aligned place a counterpart may be, at the reference width
MIN_SEARCH_PX = 4
PEAK_REACH_PX = 2
MIN_SCALE = 0.75  # blur and noise do not shrink with the picture
POINTS_IN_S = 0.1  # the time of a ring picture at 60 Hz, two a cycle of twelve
MOST_POINTS = 512
MEASURABLE_DN = 2.0  # on a darker wall the ratio of the lights cannot be measured
GAIN_RANGE = (0.2, 5.0)  # how different the two lights of one instrument can be
FLASH_SHARE = 0.6  # of its usual flux under the ring
FLASH_RADIUS_PX = 3
FLASH_CLUTTERS = 4.0  # times what the wall leaves over: less is no flash
DARK_REACH = np.ones((9, 9), np.uint8)  # how far from its aligned place a lamp may shine in the dark picture
CLEAR_OF_PX = 3.0  # rim around a spot within which no other is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The answers of one ring picture; ``lit_dn`` is what the ring adds to the wall.

    ``gain`` is how much more strongly the ring lights the wall than the side light does, NaN where the wall
    is too dark to tell: then nothing is said of the side light either. ``shade`` is the same place by place,
    ``wall`` what it was told from; None where it was given.
    """

    answers: tuple[LedResponse, ...]
    left_out: int
    lit_dn: float
    gain: float
    shade: Shade | None
    wall: LitWall | None


@dataclass(frozen=True, slots=True)
class Other:
    """Another picture of the cycle: where the wall is in it, and how much more the ring lights the wall."""

    look: FrameStats | None
    motion: Motion | None
    gain: float = math.nan
    shade: Shade | None = None

    def gain_at(self, u: float, v: float) -> float:
        """Return the ratio of the ring's light to the other light's at a place of the picture."""
        return self.gain if self.shade is None else self.shade.gain_at(u, v)


def most_points(config: LensConfig, *, seconds: float) -> int:
    """Return how many points may be examined in a ring picture: as many a second at any rate.

    Parameters
    ----------
    config : LensConfig
        How many in a tenth of a second.
    seconds : float
        Of recorded time that each ring picture has, so that a replay examines the same points.

    Returns
    -------
    int
        At least `LensConfig.max_candidates`, at most `MOST_POINTS`.
    """
    return round(min(max(config.max_candidates, config.max_candidates * seconds / POINTS_IN_S), MOST_POINTS))


def scale_of(width_px: int) -> float:
    """Return the ratio of lengths in pixels to those at the reference width.

    Parameters
    ----------
    width_px : int
        Width of the picture.

    Returns
    -------
    float
        At least `MIN_SCALE`.
    """
    return max(MIN_SCALE, width_px / REFERENCE_WIDTH_PX)


def light_on_wall(lit: FrameStats, off: FrameStats) -> float:
    """Return the brightness that the light adds to the wall.

    Parameters
    ----------
    lit, off : FrameStats
        Pictures with the light on and off.

    Returns
    -------
    float
        DN; 0 for pictures of different size.
    """
    if lit.small.shape != off.small.shape:
        return 0.0
    return lit.middle_dn - off.middle_dn


def _gain_over(lit_dn: float, other: FrameStats | None, off: FrameStats | None) -> float:
    """Return how much more strongly the ring lights the wall than another light does, NaN if unknown."""
    if other is None or off is None:
        return math.nan
    aside = light_on_wall(other, off)
    if min(lit_dn, aside) < MEASURABLE_DN:
        return math.nan
    return float(np.clip(lit_dn / aside, *GAIN_RANGE))


def glance(
    ring: FrameStats,
    cycle: Cycle,
    *,
    follower: MotionFollower,
    config: LensConfig,
    hot_pixels: frozenset[tuple[int, int]] = frozenset(),
    distance_m: float | None = None,
    shade: Shade | None = None,
    limit: int | None = None,
) -> Glance:
    """Find the bright points of a ring picture and compare each with the other pictures of the cycle.

    Parameters
    ----------
    ring : FrameStats
        The picture under the ring.
    cycle : Cycle
        Its neighbours under the other lights.
    follower : MotionFollower
        Knows how the wall moved between them.
    config : LensConfig
        Thresholds and geometry.
    hot_pixels : frozenset of (int, int)
        Pixels of the sensor that shine by themselves, x and y.
    distance_m : float, optional
        To the wall, where it is measured.
    shade : Shade, optional
        How the two lights lie on the wall, where another ring picture of the cycle has told it already.
    limit : int, optional
        How many points are examined; `LensConfig.max_candidates` where it is not given.

    Returns
    -------
    Glance
        The points, what the ring adds to the wall, and how many points that answered were left out.
    """
    pixels, scale = ring.frame.pixels, scale_of(ring.frame.pixels.shape[1])
    lit = 0.0 if cycle.off is None else light_on_wall(ring, cycle.off)
    lit_share = min(1.0, lit / max(ring.middle_dn, 1.0)) if cycle.off is not None else 1.0
    gain = _gain_over(lit, cycle.side, cycle.off)
    red = Other(cycle.red, None, _gain_over(lit, cycle.red, cycle.off))
    if cycle.red is not None:
        red = replace(red, motion=follower.motion(ring, cycle.red))
    side2 = Other(cycle.side2, None, _gain_over(lit, cycle.side2, cycle.off))
    if cycle.side2 is not None:
        side2 = replace(side2, motion=follower.motion(ring, cycle.side2))
    to_off = None if cycle.off is None else follower.motion_to_dark(ring, cycle.off)
    to_side = None if cycle.side is None else follower.motion(ring, cycle.side)
    wall = None
    if shade is None and cycle.off is not None and to_off is not None and math.isfinite(gain):
        wall = lit_wall(ring, cycle.off, to_off=to_off, field_of_view_deg=config.field_of_view_deg)
        shade = None if to_side is None or cycle.side is None else shade_of(wall, cycle.side, to_side=to_side)
    peaks, left = find_peaks(
        pixels,
        background_of(pixels, ring.small),
        threshold_sigma=config.threshold_sigma,
        min_contrast_dn=config.min_contrast_dn,
        peak_over_wall=config.peak_over_wall,
        limit=config.max_candidates if limit is None else limit,
        dark=None if cycle.off is None or to_off is None else shines_in(cycle.off, to_off),
    )
    answers: list[LedResponse] = []
    taken: list[tuple[float, float, float]] = []
    for peak in peaks:
        if (int(peak.x_px), int(peak.y_px)) in hot_pixels or _is_taken(peak, taken):
            continue
        others = Other(cycle.off, to_off), Other(cycle.side, to_side, gain, shade), red, side2
        answer = _answer(peak, pixels, *others, scale=scale, lit_share=lit_share, config=config)
        if answer is not None:
            answers.append(answer if distance_m is None else _in_metres(answer, pixels, distance_m, config))
            area = min(answer.area_px, (PATCH_PX * scale) ** 2)
            taken.append((answer.x_px, answer.y_px, CLEAR_OF_PX + float(np.sqrt(area / np.pi))))
    return Glance(answers=tuple(answers), left_out=left, lit_dn=lit, gain=gain, shade=shade, wall=wall)


def shines_in(dark: FrameStats, to_dark: Motion) -> DarkAt:
    """Return the height of a dark picture over its background near places of the ring picture, in DN."""
    pixels = dark.frame.pixels
    rows, columns = pixels.shape

    def at(places: NDArray[np.float64]) -> NDArray[np.float64]:
        above = cv2.dilate(cv2.subtract(pixels, background_of(pixels, dark.small).level), DARK_REACH)
        moved = np.nan_to_num(to_dark.move(places))
        xs = np.clip(np.rint(moved[:, 0]), 0, columns - 1).astype(np.intp)
        ys = np.clip(np.rint(moved[:, 1]), 0, rows - 1).astype(np.intp)
        return np.asarray(above[ys, xs], np.float64)

    return at


def _in_metres(
    answer: LedResponse, pixels: NDArray[np.uint8], distance_m: float, config: LensConfig
) -> LedResponse:
    u, v = tangents(answer.x_px, answer.y_px, pixels, config)
    mm_per_px = 1e3 * distance_m / focal_px(pixels.shape[1], config.field_of_view_deg)
    beside = angle_between_lights(
        distance_m, offset_m=config.side_offset_m, angle_deg=config.side_angle_deg, u=u, v=v
    )
    share = math.nan if config.side2_offset_m is None else config.side2_offset_m / config.side_offset_m
    wall_mm2 = answer.strength_px * mm_per_px**2
    return replace(answer, beside_mrad=beside, beside2_mrad=share * beside, wall_mm2=wall_mm2)


def towards_side(config: LensConfig) -> tuple[float, float]:
    """Return the direction in the picture in which the side light stands.

    Parameters
    ----------
    config : LensConfig
        Its angle, °.

    Returns
    -------
    x, y : float
        Unit vector.
    """
    angle = math.radians(config.side_angle_deg)
    return math.cos(angle), math.sin(angle)


def tangents(x_px: float, y_px: float, pixels: NDArray[np.uint8], config: LensConfig) -> tuple[float, float]:
    """Return the tangents of the angles of view of a point.

    Parameters
    ----------
    x_px, y_px : float
        The point.
    pixels : ndarray, shape (height, width)
        The picture.
    config : LensConfig
        Field of view, °.

    Returns
    -------
    u, v : float
        To the right and down.
    """
    rows, columns = pixels.shape
    focal = focal_px(columns, config.field_of_view_deg)
    return (x_px - (columns - 1) / 2) / focal, (y_px - (rows - 1) / 2) / focal


def flashes_at_side(
    ring: FrameStats,
    cycle: Cycle,
    place: tuple[float, float],
    *,
    flux_dn_px: float,
    follower: MotionFollower,
    gain: float,
) -> bool:
    """Return whether a point that the ring does not light now shines under the side light instead.

    Parameters
    ----------
    ring : FrameStats
        The ring picture.
    cycle : Cycle
        Its side picture, if there is one.
    place : (float, float)
        x and y in the ring picture, px.
    flux_dn_px : float
        What the point gave before under the ring, DN·px.
    follower : MotionFollower
        Gives the motion between the pictures.
    gain : float
        How much more strongly the ring lights the wall than the side light does.

    Returns
    -------
    bool
        False where there is no side picture or the point lies at its edge.
    """
    motion = None if cycle.side is None else follower.motion(ring, cycle.side)
    scale = scale_of(ring.frame.pixels.shape[1])
    wall = patch_at(ring.frame.pixels, *place, _half_px(scale))
    if wall is None:
        return False
    light = _counterpart(cycle.side, motion, place, wall, FLASH_RADIUS_PX, flux_dn_px, scale)
    if light is None or light.flux < FLASH_CLUTTERS * light.clutter:
        return False
    return gain * light.flux > FLASH_SHARE * flux_dn_px


def _is_taken(peak: Peak, taken: list[tuple[float, float, float]]) -> bool:
    return any(np.hypot(peak.x_px - x, peak.y_px - y) < r for x, y, r in taken)


def _answer(
    peak: Peak,
    pixels: NDArray[np.uint8],
    off: Other,
    side: Other,
    red: Other,
    side2: Other,
    *,
    scale: float,
    lit_share: float,
    config: LensConfig,
) -> LedResponse | None:
    patch = patch_at(pixels, peak.x_px, peak.y_px, _half_px(scale))
    blob = None if patch is None else measure_blob(patch, reach_px=PEAK_REACH_PX)
    if patch is None or blob is None:
        return None
    radius = spot_radius(blob.area)
    place = (peak.x_px + blob.dx, peak.y_px + blob.dy)
    around = patch_at(pixels, *place, _half_px(scale))
    if around is None:
        return None
    wall, flux = without_spot(around, radius), blob.light.flux
    return compare(
        blob,
        place=place,
        off=_counterpart(off.look, off.motion, place, wall, radius, flux, scale),
        side=_counterpart(side.look, side.motion, place, wall, radius, flux, scale, towards_side(config)),
        gain=side.gain_at(*tangents(*place, pixels, config)),
        red=_counterpart(red.look, red.motion, place, wall, radius, flux, scale),
        red_gain=red.gain,
        side2=_counterpart(side2.look, side2.motion, place, wall, radius, flux, scale, towards_side(config)),
        side2_gain=side2.gain,
        lit_share=lit_share,
    )


def _half_px(scale: float) -> int:
    return max(MIN_PATCH_PX, round(PATCH_PX * scale))


def _counterpart(
    look: FrameStats | None,
    motion: Motion | None,
    place: tuple[float, float],
    wall: Patch,
    radius_px: int,
    flux: float,
    scale: float,
    towards: tuple[float, float] | None = None,
) -> Light | None:
    if look is None or motion is None:
        return None
    x, y = motion.move_point(*place)
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    patch = patch_at(look.frame.pixels, x, y, wall.shape[0] // 2)
    if patch is None:
        return None
    reach = max(MIN_SEARCH_PX, round(SEARCH_PX * scale))
    places = all_around(reach)
    if towards is not None and motion.trusted:
        places = along(np.array([x, y]) - place, towards=towards, reach_px=reach)
    return counterpart(patch, wall=wall, radius_px=radius_px, flux=flux, places_px=places)
