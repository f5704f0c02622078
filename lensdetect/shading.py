"""Compares how two lights shade the wall, and computes the distance to the wall from it.

A lamp lights the wall best where the wall is nearest to it. The ring's light and that of the side group
stand ``b`` apart, so their ratio changes over the picture, the more the nearer the wall: with ``u``, ``v``
the tangents of the angles of view, ``ln(ring/side) = a − 3·(b/d)·(u·cos φ + v·sin φ)/(1 + u² + v²)`` for
a wall straight ahead at ``d`` under lamps of even light (Lambert's cosine and the inverse square; first order
in ``b/d``). Colour and texture of the wall cancel.

The two pictures are not taken from one place: the hand's way between them acts as a part of ``b``, and so
does the darkening of our own lens towards its corners. Pairs with the side light before and after the ring
tell how much: their slope over the way is fitted along with ``b/d``.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.align import Motion, to_small
from lensdetect.frame_stats import FrameStats
from lensdetect.order_stats import median

BLOCK_PX = 10  # side of the squares of the small picture that are compared
FEWEST_BLOCKS = 60
WHOLE = 0.999  # share of a square that must be seen in both pictures
DIMMEST_DN = 1.0  # a square that a light makes no brighter than this says nothing
BRIGHTEST_DN = 200.0  # something shines or is clipped there
STEPS = 5  # of the robust fit
MOST_LN_GAIN = 2.0  # no two lights of one instrument are more different
FALLOFF = 3.0  # of ln irradiance of a wall by a lamp moved sideways, per b/d: see above
WAY_WEIGHT, WAY_WEIGHT_SIGMA = 1.4, 0.5  # how much of ``b`` the hand's way is; 1 but for our own lens
PAIR_SIGMA = 0.03  # what b/d of one pair is taken to err by at first, and a third of it at last
PAIRS_KEPT = 24
FEWEST_PAIRS = 6
MOST_ERROR = 0.25  # relative: a distance known worse than this is not known
NEAREST_M, FARTHEST_M = 0.02, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """Ring over side light on the wall: ``ln = middle + across·u/q + down·v/q``, q = 1 + u² + v²."""

    middle: float
    across: float
    down: float

    def gain_at(self, u: float, v: float) -> float:
        """Return how many times brighter the ring makes the wall at the tangents ``u``, ``v``."""
        ln = self.middle + (self.across * u + self.down * v) / (1 + u * u + v * v)
        return math.exp(min(max(ln, -MOST_LN_GAIN), MOST_LN_GAIN))


def focal_px(width_px: int, field_of_view_deg: float) -> float:
    """Return the focal length in pixels.

    Parameters
    ----------
    width_px : int
        Width of the picture.
    field_of_view_deg : float
        Horizontal field of view, full angle.

    Returns
    -------
    float
        px.
    """
    return width_px / 2 / math.tan(math.radians(field_of_view_deg / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class LitWall:
    """The wall under the ring, with the picture without any light laid over it once.

    ``dark`` has the shape of the ring's small picture and is far below zero where it does not reach; ``lit``
    is what the ring adds, by block; ``good`` are the blocks that can be compared; ``base`` has a row a block.
    """

    ring: FrameStats
    dark: NDArray[np.float32]
    lit: NDArray[np.float64]
    good: NDArray[np.bool_]
    base: NDArray[np.float64]


def lit_wall(
    ring: FrameStats, off: FrameStats, *, to_off: Motion, field_of_view_deg: float
) -> LitWall | None:
    """Lay the picture without light over the one under the ring.

    Parameters
    ----------
    ring, off : FrameStats
        Pictures under the ring and under no light.
    to_off : Motion
        Motion of the wall from the ring picture to the other.
    field_of_view_deg : float
        Horizontal field of view.

    Returns
    -------
    LitWall or None
        None where too little of the wall is seen well enough.
    """
    if ring.small.shape != off.small.shape:
        return None
    dark = _laid(off, to_off, ring)
    lit = _means(ring.small - dark)
    good = (_means((dark >= 0).astype(np.float32)) > WHOLE) & (_means(ring.small) < BRIGHTEST_DN)
    good &= lit > DIMMEST_DN
    if np.count_nonzero(good) < FEWEST_BLOCKS:
        return None
    base = _base(ring.small.shape, field_of_view_deg)
    return LitWall(ring=ring, dark=dark, lit=lit, good=good, base=base)


def shade_of(wall: LitWall | None, side: FrameStats, *, to_side: Motion) -> Shade | None:
    """Compare two lights on the wall.

    Parameters
    ----------
    wall : LitWall or None
        From `lit_wall`.
    side : FrameStats
        The picture under the side light.
    to_side : Motion
        Motion of the wall from the ring picture to it.

    Returns
    -------
    Shade or None
        Coefficients of ``ln(ring/side)``; None where too little of the wall is seen well enough.

    Notes
    -----
    The model is that of the module's docstring, fitted robustly over blocks of the shrunk pictures.
    """
    if wall is None or wall.ring.small.shape != side.small.shape:
        return None
    aside = _laid(side, to_side, wall.ring)
    beside = _means(aside - wall.dark)
    good = wall.good & (_means((aside >= 0).astype(np.float32)) > WHOLE) & (beside > DIMMEST_DN)
    if np.count_nonzero(good) < FEWEST_BLOCKS:
        return None
    lit, base = wall.lit[good], wall.base[good.ravel()]
    middle, across, down = _robust(base, np.log(lit / beside[good]), lit)
    return Shade(middle=middle, across=across, down=down)


@lru_cache(maxsize=4)
def _base(shape: tuple[int, ...], field_of_view_deg: float) -> NDArray[np.float64]:
    """Return ``1, u/q, v/q`` of every block of a small picture, shape (blocks, 3)."""
    rows, columns = shape
    focal = focal_px(columns, field_of_view_deg)
    u, v = np.meshgrid(
        *(((np.arange(n // BLOCK_PX) + 0.5) * BLOCK_PX - n / 2) / focal for n in (columns, rows))
    )
    q = 1 + u * u + v * v
    return np.stack([np.ones_like(q), u / q, v / q], axis=-1).reshape(-1, 3)


def _laid(look: FrameStats, motion: Motion, ring: FrameStats) -> NDArray[np.float32]:
    """Return a small picture laid over that of the ring, far below zero where it does not reach."""
    size = (ring.small.shape[1], ring.small.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = to_small(motion.matrix, ring.scale)
    laid = cv2.warpPerspective(look.small, matrix, size, flags=flags, borderValue=-1e6)
    return np.asarray(laid, np.float32)


def _means(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    rows, columns = (n // BLOCK_PX for n in plane.shape)
    cut = np.ascontiguousarray(plane[: rows * BLOCK_PX, : columns * BLOCK_PX])
    return np.asarray(cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA), float)


def _robust(
    base: NDArray[np.float64], values: NDArray[np.float64], sure: NDArray[np.float64]
) -> tuple[float, float, float]:
    weight: NDArray[np.float64] = sure
    answer: NDArray[np.float64] = np.zeros(3)
    for _ in range(STEPS):
        weighted = base * weight[:, None]
        answer = np.asarray(np.linalg.solve(weighted.T @ base + 1e-9 * np.eye(3), weighted.T @ values))
        off = np.abs(values - base @ answer)
        weight = np.asarray(sure / (1 + (off / (3.0 * median(off) + 1e-6)) ** 2))
    return float(answer[0]), float(answer[1]), float(answer[2])


class Ranger:
    """Gathers shades of late and knows how far the wall is; bounded."""

    def __init__(self, *, side_offset_m: float, side_angle_deg: float, factor: float = 1.0) -> None:
        """``side_angle_deg``: where the side group stands, as seen in the picture (0 right, 90 below)."""
        self._offset_m = side_offset_m * factor  # lamps of another beam shade the wall more, or less
        angle = math.radians(side_angle_deg)
        self._towards = np.array([math.cos(angle), math.sin(angle)])
        self._pairs: deque[tuple[float, float]] = deque(maxlen=PAIRS_KEPT)

    def note(self, shade: Shade, *, way: NDArray[np.float64]) -> None:
        """Take one pair; ``way`` is how far the wall went from ring to side picture, in focal lengths."""
        slope = float(self._towards @ (shade.across, shade.down)) / -FALLOFF
        self._pairs.append((slope, float(self._towards @ way)))

    def forget(self) -> None:
        """Begin anew, for another picture size."""
        self._pairs.clear()

    def distance_m(self) -> float | None:
        """Return the distance to the wall, None while it is not known to a quarter."""
        if len(self._pairs) < FEWEST_PAIRS:
            return None
        slopes, ways = np.array(self._pairs).T
        base = np.stack([np.ones(len(ways)), -ways], axis=1)
        before = np.diag([1e-6, 1 / WAY_WEIGHT_SIGMA**2])
        weight, answer, sigma = np.ones(len(ways)), np.array([0.0, WAY_WEIGHT]), PAIR_SIGMA
        normal = before
        for _ in range(STEPS):
            weighted = base * (weight / sigma**2)[:, None]
            normal = weighted.T @ base + before
            answer = np.linalg.solve(normal, weighted.T @ slopes + before @ (0.0, WAY_WEIGHT))
            off = np.abs(slopes - base @ answer)
            sigma = max(1.4826 * median(off), PAIR_SIGMA / 3)
            weight = 1 / (1 + (off / (3 * sigma)) ** 2)
        nearness, error = float(answer[0]), math.sqrt(float(np.linalg.inv(normal)[0, 0]))
        if error > MOST_ERROR * nearness:
            return None
        return min(max(self._offset_m / nearness, NEAREST_M), FARTHEST_M)


def angle_between_lights(
    distance_m: float, *, offset_m: float, angle_deg: float, u: float, v: float
) -> float:
    """Return the angle at a point of the wall between our lens and the side group.

    Parameters
    ----------
    distance_m : float
        To the wall.
    offset_m : float
        From our lens to the side group.
    angle_deg : float
        Direction of the side group in the picture.
    u, v : float
        Tangents of the angles at which the point is seen, to the right and down.

    Returns
    -------
    float
        mrad.
    """
    angle = math.radians(angle_deg)
    across = v * math.cos(angle) - u * math.sin(angle)
    return 1e3 * offset_m / distance_m * math.sqrt(1 + across * across) / (1 + u * u + v * v)
