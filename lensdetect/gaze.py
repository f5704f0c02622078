"""One ring picture with its dark and its side-lit neighbour: what shines in it, and what that does."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lensdetect.align import Follower, Motion
from lensdetect.candidates import REFERENCE_WIDTH_PX, Peak, background_of, find_peaks
from lensdetect.config import LensConfig
from lensdetect.difference import (
    MIN_PATCH_PX,
    PATCH_PX,
    Answer,
    Light,
    compare,
    counterpart,
    measure_blob,
    patch_at,
    spot_radius,
)
from lensdetect.exposure import Look
from lensdetect.strobe import Cycle

SEARCH_PX = 4  # how far from its aligned place a counterpart is looked for, at the reference width
MIN_SEARCH_PX = 3
PEAK_REACH_PX = 2
MIN_SCALE = 0.75  # blur and noise do not shrink with the picture
MEASURABLE_DN = 2.0  # on a darker wall the ratio of the lights cannot be measured
GAIN_RANGE = (0.2, 5.0)  # how different the two lights of one instrument can be
FLASH_SHARE = 0.4  # of its usual flux under the ring
FLASH_RADIUS_PX = 3
CLEAR_OF_PX = 3.0  # rim around a spot within which no other is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The answers of one ring picture; ``lit_dn`` is what the ring adds to the wall.

    ``gain`` is how much more strongly the ring lights the wall than the side light does, NaN where the wall
    is too dark to tell: then nothing is said of the side light either.
    """

    answers: tuple[Answer, ...]
    left_out: int
    lit_dn: float
    gain: float


@dataclass(frozen=True, slots=True)
class Other:
    """Another picture of the cycle: where the wall is in it, and how much more the ring lights the wall."""

    look: Look | None
    motion: Motion | None
    gain: float = math.nan


def scale_of(width_px: int) -> float:
    """Return how much larger lengths in pixels are than at the reference width."""
    return max(MIN_SCALE, width_px / REFERENCE_WIDTH_PX)


def light_on_wall(lit: Look, off: Look) -> float:
    """Return how much brighter the wall is than with the lights off, in DN."""
    if lit.small.shape != off.small.shape:
        return 0.0
    return _middle_dn(lit) - _middle_dn(off)


def _middle_dn(look: Look) -> float:
    return float(np.median(look.small[::2, ::2]))


def _gain_over(lit_dn: float, other: Look | None, off: Look | None) -> float:
    """Return how much more strongly the ring lights the wall than another light does, NaN if unknown."""
    if other is None or off is None:
        return math.nan
    aside = light_on_wall(other, off)
    if min(lit_dn, aside) < MEASURABLE_DN:
        return math.nan
    return float(np.clip(lit_dn / aside, *GAIN_RANGE))


def glance(
    ring: Look,
    cycle: Cycle,
    *,
    follower: Follower,
    config: LensConfig,
    hot_pixels: frozenset[tuple[int, int]] = frozenset(),
) -> Glance:
    """Find the bright points of a ring picture and compare each with the other pictures of the cycle."""
    pixels, scale = ring.frame.pixels, scale_of(ring.frame.pixels.shape[1])
    lit = 0.0 if cycle.off is None else light_on_wall(ring, cycle.off)
    lit_share = min(1.0, lit / max(_middle_dn(ring), 1.0)) if cycle.off is not None else 1.0
    gain = _gain_over(lit, cycle.side, cycle.off)
    red = Other(cycle.red, None, _gain_over(lit, cycle.red, cycle.off))
    if cycle.red is not None:
        red = replace(red, motion=follower.motion(ring, cycle.red))
    to_off = None if cycle.off is None else follower.motion_to_dark(ring, cycle.off)
    to_side = None if cycle.side is None else follower.motion(ring, cycle.side)
    peaks, left = find_peaks(
        pixels,
        background_of(pixels),
        threshold_sigma=config.threshold_sigma,
        min_contrast_dn=config.min_contrast_dn,
        peak_over_wall=config.peak_over_wall,
        limit=config.max_candidates,
    )
    answers: list[Answer] = []
    taken: list[tuple[float, float, float]] = []
    for peak in peaks:
        if (int(peak.x_px), int(peak.y_px)) in hot_pixels or _is_taken(peak, taken):
            continue
        others = Other(cycle.off, to_off), Other(cycle.side, to_side, gain), red
        answer = _answer(peak, pixels, *others, scale=scale, lit_share=lit_share)
        if answer is not None:
            answers.append(answer)
            area = min(answer.area_px, (PATCH_PX * scale) ** 2)
            taken.append((answer.x_px, answer.y_px, CLEAR_OF_PX + float(np.sqrt(area / np.pi))))
    return Glance(answers=tuple(answers), left_out=left, lit_dn=lit, gain=gain)


def flashes_at_side(
    ring: Look,
    cycle: Cycle,
    place: tuple[float, float],
    *,
    flux_dn_px: float,
    follower: Follower,
    gain: float,
) -> bool:
    """Return whether a point that the ring does not light now shines under the side light instead."""
    motion = None if cycle.side is None else follower.motion(ring, cycle.side)
    scale = scale_of(ring.frame.pixels.shape[1])
    light = _counterpart(cycle.side, motion, place, FLASH_RADIUS_PX, scale)
    return light is not None and gain * (light.flux - light.clutter) > FLASH_SHARE * flux_dn_px


def _is_taken(peak: Peak, taken: list[tuple[float, float, float]]) -> bool:
    return any(np.hypot(peak.x_px - x, peak.y_px - y) < r for x, y, r in taken)


def _answer(
    peak: Peak,
    pixels: NDArray[np.uint8],
    off: Other,
    side: Other,
    red: Other,
    *,
    scale: float,
    lit_share: float,
) -> Answer | None:
    half = max(MIN_PATCH_PX, round(PATCH_PX * scale))
    patch = patch_at(pixels, peak.x_px, peak.y_px, half)
    blob = None if patch is None else measure_blob(patch, reach_px=PEAK_REACH_PX)
    if patch is None or blob is None:
        return None
    place = (peak.x_px, peak.y_px)
    radius = spot_radius(blob.area)
    return compare(
        blob,
        place=place,
        off=_counterpart(off.look, off.motion, place, radius, scale),
        side=_counterpart(side.look, side.motion, place, radius, scale),
        gain=side.gain,
        red=_counterpart(red.look, red.motion, place, radius, scale),
        red_gain=red.gain,
        own=counterpart(patch, radius_px=radius, reach_px=PEAK_REACH_PX),
        lit_share=lit_share,
    )


def _counterpart(
    look: Look | None, motion: Motion | None, place: tuple[float, float], radius_px: int, scale: float
) -> Light | None:
    if look is None or motion is None:
        return None
    x, y = motion.move(np.array([place]))[0]
    if not (np.isfinite(x) and np.isfinite(y)):
        return None
    half = max(MIN_PATCH_PX, round(PATCH_PX * scale))
    patch = patch_at(look.frame.pixels, float(x), float(y), half)
    reach = max(MIN_SEARCH_PX, round(SEARCH_PX * scale))
    return None if patch is None else counterpart(patch, radius_px=radius_px, reach_px=reach)
