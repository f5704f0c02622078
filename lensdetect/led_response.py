"""Measures the response of a bright point to each light: A = ring − off, B = side − off, after matching.

The comparison is made in patches around each point, taken from the aligned place in the other pictures and
searched a few pixels around it, so that an error of alignment neither makes nor hides an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.candidates import SATURATED_DN
from lensdetect.residual import Light, Patch, middle_of, spot_of

PATCH_PX = 24  # half size of a patch at the reference width
MIN_PATCH_PX = 18
CORE_PX = 12  # largest half size of the square over which an answer is summed
HALF = 0.5
DIMMEST_WALL_DN = 2.0
SMALLEST_SPREAD_PX = 4.0  # 2πσ² of the sharpest spot a lens can draw
MAX_HIDDEN_LOG = 4.0  # how much brightness above full scale is believed, in ln units


@dataclass(frozen=True, slots=True, kw_only=True)
class LedResponse:
    """One bright point of a ring picture, and its counterparts.

    ``side_ratio`` is the flux under the side light over the flux under the ring, corrected for how strongly
    each light lights the wall, ``red_ratio`` the same for red light; ``off_ratio`` the share of its light
    that is there with every light off. NaN where there is no such picture. Fluxes are sums above the
    background; ``strength_px`` is the answer, had the sensor not clipped, in pixels of wall that is lit by
    the ring alone: room light makes no lens weaker. ``side_plain`` is the side ratio with nothing added for
    what the sensor clipped. ``side2_ratio`` is that of the second side light, ``beside2_mrad`` its angle.
    ``beside_mrad`` is the angle at the point between our lens and the side light,
    ``wall_mm2`` the answer as an area of lit wall; NaN without a distance.
    """

    x_px: float
    y_px: float
    contrast_dn: float
    wall_dn: float
    flux_dn_px: float
    area_px: float
    aspect: float
    saturated: bool
    strength_px: float
    side_ratio: float
    off_ratio: float
    red_ratio: float = float("nan")
    side_plain: float = float("nan")
    beside_mrad: float = float("nan")
    wall_mm2: float = float("nan")
    side2_ratio: float = float("nan")
    beside2_mrad: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Shape of the bright spot in one patch."""

    light: Light
    peak: float
    wall: float
    area: float
    aspect: float
    dx: float
    dy: float
    touches_edge: bool


def wall_level(patch: Patch) -> float:
    """Return the brightness of the wall around a point.

    Parameters
    ----------
    patch : ndarray, shape (n, n)
        Square around the point, DN.

    Returns
    -------
    float
        Median of the patch's border, DN.
    """
    border = np.concatenate([patch[0], patch[-1], patch[1:-1, 0], patch[1:-1, -1]])
    return middle_of(border)


def measure_blob(patch: Patch, *, reach_px: int) -> Blob | None:
    """Measure the spot of the highest point within ``reach_px`` of the middle; None where there is none."""
    half = patch.shape[0] // 2
    wall = wall_level(patch)
    core = patch[half - reach_px : half + reach_px + 1, half - reach_px : half + reach_px + 1]
    py, px = np.unravel_index(int(np.argmax(core)), core.shape)
    cy, cx = int(py) + half - reach_px, int(px) + half - reach_px
    peak = float(patch[cy, cx]) - wall
    mask = (patch - wall > max(HALF * peak, 1.0)).astype(np.uint8)
    _, labels, stats, _centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    label = int(labels[cy, cx])
    if label == 0:
        return None
    x, y, w, h, area = (int(n) for n in stats[label])
    ys, xs = np.nonzero(labels[y : y + h, x : x + w] == label)
    ys, xs = ys + y, xs + x
    weights = patch[ys, xs] - wall
    total = float(weights.sum())
    mx, my = float((weights * xs).sum()) / total, float((weights * ys).sum()) / total
    return Blob(
        light=gather(patch, mx, my, spot_radius(area)),
        peak=peak,
        wall=wall,
        area=float(area),
        aspect=_aspect(xs - mx, ys - my),
        dx=mx - half,
        dy=my - half,
        touches_edge=x == 0 or y == 0 or x + w == patch.shape[1] or y + h == patch.shape[0],
    )


def spot_radius(area_px: float) -> int:
    """Return the half side of the square over which a spot of this area is summed.

    Parameters
    ----------
    area_px : float
        Area of the spot, px².

    Returns
    -------
    int
        px, 2 … `CORE_PX`.
    """
    return int(np.clip(np.ceil(1.5 * np.sqrt(area_px / np.pi)) + 1, 2, CORE_PX))


def gather(patch: Patch, x: float, y: float, radius_px: int) -> Light:
    """Sum a square around a point above the wall that frames it.

    Parameters
    ----------
    patch : ndarray, shape (n, n)
        Square around the spot, DN.
    x, y : float
        The point in the patch, px.
    radius_px : int
        Half side of the square.

    Returns
    -------
    Light
        Flux in DN·px, clipped pixels, headroom in DN.
    """
    spot, wall = spot_of(patch, x, y, radius_px)
    return Light(
        flux=float(spot.sum()) - wall * spot.size,
        full=int(np.count_nonzero(spot >= SATURATED_DN)),
        headroom=max(255.0 - wall, 1.0),
    )


def strength(light: Light, *, spread_px: float) -> float:
    """Return the flux as it would be, had the camera not clipped.

    Parameters
    ----------
    light : Light
        What was gathered.
    spread_px : float
        ``2πσ²`` of the spot, px.

    Returns
    -------
    float
        DN·px.

    Notes
    -----
    A Gaussian spot with ``S = 2πσ²`` whose top is cut off at the headroom ``H`` has ``n = S·ln(A/H)`` full
    pixels and ``S·H`` of light outside them, so its amplitude follows from ``n``: ``S·A = S·H·exp(n/S)``.
    What is believed above full scale is limited to `MAX_HIDDEN_LOG`.
    """
    if light.full == 0:
        return light.flux
    skirt = max(light.flux - light.full * light.headroom, HALF * spread_px * light.headroom)
    return skirt * float(np.exp(min(light.full / spread_px, MAX_HIDDEN_LOG)))


def spread_of(light: Light) -> float:
    """Return ``2πσ²`` of a clipped spot, from the light outside its full pixels.

    Parameters
    ----------
    light : Light
        What was gathered.

    Returns
    -------
    float
        px, at least `SMALLEST_SPREAD_PX`, which is also that of a spot without full pixels.
    """
    if light.full == 0:
        return SMALLEST_SPREAD_PX
    return max((light.flux - light.full * light.headroom) / light.headroom, SMALLEST_SPREAD_PX)


def _aspect(dx: NDArray[np.floating], dy: NDArray[np.floating]) -> float:
    """Return length over width of a spot, from its second moments (a pixel is 1/12 wide)."""
    xx, yy, xy = float((dx * dx).mean()) + 1 / 12, float((dy * dy).mean()) + 1 / 12, float((dx * dy).mean())
    root = np.hypot(xx - yy, 2 * xy)
    return float(np.sqrt((xx + yy + root) / max(xx + yy - root, 1e-6)))


def compare(
    ring: Blob,
    *,
    place: tuple[float, float],
    off: Light | None,
    side: Light | None,
    gain: float,
    red: Light | None = None,
    red_gain: float = float("nan"),
    side2: Light | None = None,
    side2_gain: float = float("nan"),
    lit_share: float = 1.0,
) -> LedResponse:
    """Put the three pictures of one point together.

    Parameters
    ----------
    ring : Blob
        The spot in the ring picture.
    place : (float, float)
        x and y in the ring picture, px.
    off, side : Light or None
        What shines there in the dark and the side picture; None where it was not seen.
    gain : float
        How much more strongly the ring lights the wall than the side light does; NaN if unknown.
    red : Light, optional
        What shines there under the red light.
    red_gain : float
        The same as ``gain`` for the red light.
    side2 : Light, optional
        What shines there under the second side light.
    side2_gain : float
        The same as ``gain`` for the second side light.
    lit_share : float
        How much of the wall's brightness in the ring picture is the ring's own light.

    Returns
    -------
    LedResponse
        Ratios are NaN where unknown.
    """
    spread = spread_of(ring.light)
    whole = strength(ring.light, spread_px=spread)
    dark = 0.0 if off is None else max(strength(off, spread_px=spread), 0.0)
    ring_only = max(whole - dark, 0.02 * whole, 1.0)
    return LedResponse(
        x_px=place[0],
        y_px=place[1],
        contrast_dn=ring.peak,
        wall_dn=ring.wall,
        flux_dn_px=ring.light.flux,
        area_px=float("inf") if ring.touches_edge else ring.area,
        aspect=ring.aspect,
        strength_px=ring_only / max(lit_share * ring.wall, DIMMEST_WALL_DN),
        saturated=ring.peak + ring.wall >= SATURATED_DN,
        side_ratio=_share(side, gain=gain, spread_px=spread, dark=dark, ring_only=ring_only),
        side_plain=_plain_share(side, ring.light, off, gain=gain),
        red_ratio=_share(red, gain=red_gain, spread_px=spread, dark=dark, ring_only=ring_only),
        side2_ratio=_share(side2, gain=side2_gain, spread_px=spread, dark=dark, ring_only=ring_only),
        off_ratio=float("nan") if off is None else max(off.flux, 0.0) / max(ring.light.flux, 1.0),
    )


def _share(light: Light | None, *, gain: float, spread_px: float, dark: float, ring_only: float) -> float:
    """Return the flux under another light over that under the ring, NaN where it cannot be told."""
    if light is None or not np.isfinite(gain):
        return float("nan")
    aside = strength(light, spread_px=spread_px)
    return max(gain * (aside - dark), 0.0) / ring_only


def _plain_share(side: Light | None, ring: Light, off: Light | None, *, gain: float) -> float:
    if side is None or not np.isfinite(gain):
        return float("nan")
    dark = 0.0 if off is None else max(off.flux, 0.0)
    return max(gain * (side.flux - dark), 0.0) / max(ring.flux - dark, 1.0)
