"""Texture of the wall: local contrast at two resolutions, which does not depend on the light's strength."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from lensdetect.frame_stats import FrameStats
from lensdetect.order_stats import median

Matrix = NDArray[np.float64]  # (3, 3): picture coordinates to picture coordinates
Plane = NDArray[np.float32]

NEIGHBOURHOOD_PX = 19  # side of the box that is laid over the picture twice
FLOOR_DN = 3.0
MIN_CONTRAST, MAX_CONTRAST = 0.05, 0.35  # glints and lamps are no texture: they are cut off in between,
CONTRAST_SIGMA = 3.0  # at so many robust deviations of this wall
MAD_TO_SIGMA = 1.4826
SPOT_PX, SPOT_OVER_WALL = 15, 1.5  # what is narrower, and so much brighter than the wall, is levelled
PIXELS_USED = 3000  # steepest pixels a level


@dataclass(frozen=True, slots=True)
class Steepest:
    """The steepest pixels of a picture: all that Gauss-Newton needs of the reference."""

    points: NDArray[np.float32]  # (3, n) x, y, 1
    values: NDArray[np.float32]  # (n,)
    slopes: NDArray[np.float32]  # (6, n) change of value by scale, turn, x, y, yaw, pitch
    unit: Matrix  # from pixels to coordinates of ±1 over the width
    from_unit: Matrix


class PyramidLevel:
    """One resolution of a picture's texture."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane

    @cached_property
    def steepest(self) -> Steepest:
        """Return its steepest pixels, found when it is first a reference: many dark pictures never are."""
        return _steepest(self.plane)


@dataclass(frozen=True, slots=True)
class Texture:
    """A picture's local contrast: coarse, then fine."""

    levels: tuple[PyramidLevel, PyramidLevel]
    scale: float  # fine pixels per full pixel


def contrast(small: Plane) -> Plane:
    """Return local contrast ``(I − mean)/mean`` over the neighbourhood, without what stands out of the wall.

    A lamp mirrored in a tile stays where it is while the wall moves: spots are levelled before the mean is
    taken, and no pixel says more than a few times what is usual on this wall.
    """
    box, spot = (NEIGHBOURHOOD_PX, NEIGHBOURHOOD_PX), np.ones((SPOT_PX, SPOT_PX), np.uint8)
    level = cv2.morphologyEx(small, cv2.MORPH_OPEN, spot)
    plain = np.minimum(small, SPOT_OVER_WALL * level + FLOOR_DN)
    around = cv2.blur(cv2.blur(plain, box), box)
    fine = np.asarray(cv2.GaussianBlur(plain, (3, 3), 0.8), np.float32)
    fine -= around
    fine /= np.maximum(around, FLOOR_DN)
    usual = MAD_TO_SIGMA * median(np.abs(fine[::3, ::3]))
    limit = min(max(CONTRAST_SIGMA * usual, MIN_CONTRAST), MAX_CONTRAST)
    return np.asarray(np.clip(fine, -limit, limit, out=fine), np.float32)


def texture_of(look: FrameStats) -> Texture:
    """Return the texture of a picture at two resolutions."""
    fine = contrast(look.small)
    size = (fine.shape[1] // 2, fine.shape[0] // 2)
    coarse = np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), np.float32)
    return Texture(levels=(PyramidLevel(coarse), PyramidLevel(fine)), scale=look.scale)


def _steepest(plane: Plane) -> Steepest:
    gx = cv2.Sobel(plane, cv2.CV_32F, 1, 0, scale=0.125)
    gy = cv2.Sobel(plane, cv2.CV_32F, 0, 1, scale=0.125)
    steep = np.asarray(gx * gx + gy * gy, np.float32)
    steep[:2], steep[-2:], steep[:, :2], steep[:, -2:] = 0, 0, 0, 0
    count = min(PIXELS_USED, steep.size // 4)
    index = np.argpartition(steep.ravel(), -count)[-count:]
    ys, xs = np.divmod(np.sort(index), plane.shape[1])
    half = plane.shape[1] / 2
    unit = np.array([[1, 0, -(plane.shape[1] - 1) / 2], [0, 1, -(plane.shape[0] - 1) / 2], [0.0, 0.0, half]])
    x, y = (xs + unit[0, 2]) / half, (ys + unit[1, 2]) / half
    dx, dy = gx[ys, xs] * half, gy[ys, xs] * half
    radial = dx * x + dy * y
    slopes = np.stack([radial, dy * x - dx * y, dx, dy, -radial * x, -radial * y]).astype(np.float32)
    points, unit = np.stack([xs, ys, np.ones_like(xs)]).astype(np.float32), unit / half
    return Steepest(points, plane[ys, xs], slopes, unit, np.linalg.inv(unit))
