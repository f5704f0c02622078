"""What one bright point does under each light: A = ring − off, B = side − off, compared after matching.

The comparison is made in patches around each point, taken from the aligned place in the other pictures and
searched a few pixels around it, so that an error of alignment neither makes nor hides an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.candidates import SATURATED_DN

PATCH_PX = 12  # half size of a patch at the reference width
MIN_PATCH_PX = 8
CORE_PX = 6  # largest half size of the square over which an answer is summed
RIM_PX = 2  # width of the frame of wall around it
HALF = 0.5
Patch = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One bright point of a ring picture, and its counterparts.

    ``side_ratio`` is the flux under the side light over the flux under the ring, corrected for how strongly
    each light lights the wall; ``off_ratio`` the share of its light that is there with every light off. NaN
    where there is no such picture. Fluxes are sums above the background, clipped by the sensor.
    """

    x_px: float
    y_px: float
    contrast_dn: float
    wall_dn: float
    flux_dn_px: float
    area_px: float
    aspect: float
    saturated: bool
    side_ratio: float
    off_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Shape of the bright spot in one patch."""

    flux: float
    peak: float
    wall: float
    area: float
    aspect: float
    dx: float
    dy: float
    touches_edge: bool


def patch_at(pixels: NDArray[np.uint8], x_px: float, y_px: float, half_px: int) -> Patch | None:
    """Return the square around a point, None where it is not wholly inside."""
    rows, columns = pixels.shape
    x, y = round(x_px), round(y_px)
    if not (half_px <= x < columns - half_px and half_px <= y < rows - half_px):
        return None
    return pixels[y - half_px : y + half_px + 1, x - half_px : x + half_px + 1].astype(np.float32)


def wall_level(patch: Patch) -> float:
    """Return the median of the patch's border: the wall around the point."""
    border = np.concatenate([patch[0], patch[-1], patch[1:-1, 0], patch[1:-1, -1]])
    return float(np.median(border))


def measure_blob(patch: Patch, *, reach_px: int) -> Blob:
    """Find the highest point within ``reach_px`` of the middle and measure the spot it belongs to."""
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
        return Blob(
            flux=0.0, peak=max(peak, 0.0), wall=wall, area=0.0, aspect=1.0, dx=0.0, dy=0.0, touches_edge=False
        )
    x, y, w, h, area = (int(n) for n in stats[label])
    ys, xs = np.nonzero(labels == label)
    weights = patch[ys, xs] - wall
    total = float(weights.sum())
    mx, my = float((weights * xs).sum()) / total, float((weights * ys).sum()) / total
    return Blob(
        flux=_flux(patch, mx, my, spot_radius(area)),
        peak=peak,
        wall=wall,
        area=float(area),
        aspect=_aspect(xs - mx, ys - my),
        dx=mx - half,
        dy=my - half,
        touches_edge=x == 0 or y == 0 or x + w == patch.shape[1] or y + h == patch.shape[0],
    )


def spot_radius(area_px: float) -> int:
    """Return the half side of the square over which a spot of this area is summed."""
    return int(np.clip(np.ceil(1.5 * np.sqrt(area_px / np.pi)) + 1, 2, CORE_PX))


def counterpart_flux(patch: Patch, *, radius_px: int, reach_px: int) -> float:
    """Return the flux of the brightest spot near the middle, summed over a square of the ring spot's size.

    The square keeps the wall's own texture out of the sum; what surrounds the best square is the wall.
    """
    half = patch.shape[0] // 2
    sums = cv2.boxFilter(patch, -1, (2 * radius_px + 1, 2 * radius_px + 1), normalize=False)
    core = sums[half - reach_px : half + reach_px + 1, half - reach_px : half + reach_px + 1]
    py, px = np.unravel_index(int(np.argmax(core)), core.shape)
    return _flux(patch, float(px) + half - reach_px, float(py) + half - reach_px, radius_px)


def _flux(patch: Patch, x: float, y: float, radius_px: int) -> float:
    x0, y0 = max(0, round(x) - radius_px), max(0, round(y) - radius_px)
    x1, y1 = round(x) + radius_px + 1, round(y) + radius_px + 1
    spot = patch[y0:y1, x0:x1]
    rim = max(0, y0 - RIM_PX), max(0, x0 - RIM_PX)
    around = patch[rim[0] : y1 + RIM_PX, rim[1] : x1 + RIM_PX].copy()
    around[y0 - rim[0] : y1 - rim[0], x0 - rim[1] : x1 - rim[1]] = np.nan
    return float(spot.sum() - np.nanmedian(around) * spot.size)


def _aspect(dx: NDArray[np.floating], dy: NDArray[np.floating]) -> float:
    """Return length over width of a spot, from its second moments (a pixel is 1/12 wide)."""
    xx, yy, xy = float((dx * dx).mean()) + 1 / 12, float((dy * dy).mean()) + 1 / 12, float((dx * dy).mean())
    root = np.hypot(xx - yy, 2 * xy)
    return float(np.sqrt((xx + yy + root) / max(xx + yy - root, 1e-6)))


def compare(
    ring: Blob,
    *,
    place: tuple[float, float],
    off_flux: float | None,
    side_flux: float | None,
    gain: float,
) -> Answer:
    """Put the three pictures of one point together.

    Parameters
    ----------
    gain : float
        How much more strongly the ring lights the wall than the side light does.
    """
    dark = max(off_flux or 0.0, 0.0)
    ring_only = max(ring.flux - dark, 0.02 * ring.flux, 1.0)
    side_ratio = float("nan")
    if side_flux is not None:
        side_ratio = max(gain * (side_flux - dark), 0.0) / ring_only
    return Answer(
        x_px=place[0] + ring.dx,
        y_px=place[1] + ring.dy,
        contrast_dn=ring.peak,
        wall_dn=ring.wall,
        flux_dn_px=ring.flux,
        area_px=float("inf") if ring.touches_edge else ring.area,
        aspect=ring.aspect,
        saturated=ring.peak + ring.wall >= SATURATED_DN,
        side_ratio=side_ratio,
        off_ratio=float("nan") if off_flux is None else dark / max(ring.flux, 1.0),
    )
