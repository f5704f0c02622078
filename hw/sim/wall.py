"""The textured wall of a simulated room, seen by a hand-held pinhole camera."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from hw.sim.scene import Pose, Room

TEXEL_M = 0.001  # one texture pixel is one millimetre of wall
TILE_M = 0.15
GROUT_M = 0.003
BRICK_M = (0.215, 0.065)  # width and height of a common brick
MORTAR_M = 0.010
BRICK, MORTAR = 0.42, 0.34  # reflectance at 850 nm: fired clay is bright in the near infrared
CHIPS = ((22, 1.1, -0.16), (14, 1.2, 0.14), (9, 1.0, -0.11))  # of terrazzo: mm, rarity, against its cement
FIELD_OF_VIEW_DEG = 62.0  # horizontal; a Raspberry Pi camera module with its standard lens
CORNER_FALLOFF = 0.35  # how much darker the corner is than the middle, lens and lights together

Image = NDArray[np.float32]


def paint_wall(room: Room, rng: np.random.Generator) -> Image:
    """Return the reflectance of the wall, 0…1, one pixel a millimetre, top row first."""
    rows, columns = round(room.height_m / TEXEL_M), round(room.width_m / TEXEL_M)
    wall = PAINTERS[room.texture](rows, columns, rng)
    wall += 0.02 * rng.standard_normal((rows, columns)).astype(np.float32)
    return np.asarray(np.clip(wall, 0.03, 0.95), np.float32)


def _cloud(rows: int, columns: int, cell: int, rng: np.random.Generator) -> Image:
    """Return smooth noise of unit variance with features of about ``cell`` pixels."""
    coarse = rng.standard_normal((rows // cell + 3, columns // cell + 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def _tiles(rows: int, columns: int, rng: np.random.Generator) -> Image:
    pitch, grout = round(TILE_M / TEXEL_M), max(1, round(GROUT_M / TEXEL_M))
    shades = 0.62 + 0.03 * rng.standard_normal((rows // pitch + 1, columns // pitch + 1)).astype(np.float32)
    wall = np.kron(shades, np.ones((pitch, pitch), np.float32))[:rows, :columns].copy()
    wall += 0.02 * _cloud(rows, columns, 25, rng)
    for start in range(0, rows, pitch):
        wall[start : start + grout] = 0.38
    for start in range(0, columns, pitch):
        wall[:, start : start + grout] = 0.38
    stains = rng.integers(0, (rows, columns), (60, 2))
    for row, column in stains:
        cv2.circle(wall, (int(column), int(row)), int(rng.integers(1, 5)), float(rng.uniform(0.2, 0.5)), -1)
    return wall


def _wood(rows: int, columns: int, rng: np.random.Generator) -> Image:
    fine = cv2.GaussianBlur(rng.standard_normal((rows, columns)).astype(np.float32), (0, 0), 1.2)
    grain = np.asarray(cv2.blur(fine, (1, 81)), np.float32)
    wall: Image = 0.35 + 0.8 * grain + 0.04 * _cloud(rows, columns, 120, rng)
    return wall


def _plaster(rows: int, columns: int, rng: np.random.Generator) -> Image:
    wall: Image = 0.6 + 0.02 * _cloud(rows, columns, 6, rng) + 0.03 * _cloud(rows, columns, 60, rng)
    return wall


def _wallpaper(rows: int, columns: int, rng: np.random.Generator) -> Image:
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    pattern = np.sin(x / 14.0) * np.sin(y / 19.0)
    return np.asarray(0.5 + 0.12 * pattern + 0.03 * _cloud(rows, columns, 40, rng), np.float32)


def _terrazzo(rows: int, columns: int, rng: np.random.Generator) -> Image:
    """Draw polished cement with marble chips of three sizes, each with an edge of a millimetre or two."""
    wall: Image = 0.55 + 0.02 * _cloud(rows, columns, 80, rng)
    for size, rarity, contrast in CHIPS:
        chip = np.clip(3.0 * (_cloud(rows, columns, size, rng) - rarity), 0.0, 1.0)
        wall += contrast * chip
    return wall


def _brick(rows: int, columns: int, rng: np.random.Generator) -> Image:
    """Draw running bond: every course is shifted by half a brick, every brick has its own shade."""
    joint = round(MORTAR_M / TEXEL_M)
    wide, high = (round(side / TEXEL_M) + joint for side in BRICK_M)
    shades = BRICK + 0.05 * rng.standard_normal((rows // high + 1, columns // wide + 2)).astype(np.float32)
    wall = np.empty((rows, columns), np.float32)
    for course, top in enumerate(range(0, rows, high)):
        shift = (course % 2) * (wide // 2)
        line = np.repeat(shades[course], wide)[shift : shift + columns]
        line = np.where((np.arange(columns) + shift) % wide < joint, MORTAR, line)
        wall[top : top + high] = line
        wall[top : top + joint] = MORTAR
    wall += 0.03 * _cloud(rows, columns, 5, rng) + 0.02 * _cloud(rows, columns, 30, rng)
    return wall


PAINTERS: Mapping[str, Callable[[int, int, np.random.Generator], Image]] = {
    "tile": _tiles,
    "wood": _wood,
    "plaster": _plaster,
    "wallpaper": _wallpaper,
    "terrazzo": _terrazzo,
    "brick": _brick,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinhole:
    """An ideal camera at one pose: room coordinates in, pixel coordinates out."""

    eye_m: NDArray[np.float64]
    axes: NDArray[np.float64]  # rows: right, down, forward
    focal_px: float
    width_px: int
    height_px: int

    def project(self, point_m: NDArray[np.float64]) -> tuple[float, float, float]:
        """Return column, row and depth (m); a depth of zero or less is behind the eye."""
        right, down, forward = self.axes @ (point_m - self.eye_m)
        if forward <= 1e-6:
            return math.nan, math.nan, float(forward)
        u = self.focal_px * right / forward + (self.width_px - 1) / 2
        v = self.focal_px * down / forward + (self.height_px - 1) / 2
        return float(u), float(v), float(forward)

    def in_view(self, places_m: NDArray[np.float64], reaches_m: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return which of many things, each with its reach around its place, may touch the picture."""
        right, down, forward = self.axes @ (places_m - self.eye_m).T
        half_w, half_h = self.width_px / 2 / self.focal_px, self.height_px / 2 / self.focal_px
        wide = np.abs(right) - reaches_m < half_w * forward
        return np.flatnonzero((forward > 1e-6) & wide & (np.abs(down) - reaches_m < half_h * forward))

    def wall_to_picture(self, room: Room) -> NDArray[np.float64]:
        """Return the 3×3 matrix from texture pixels to picture pixels."""
        centre = [[self.focal_px, 0, (self.width_px - 1) / 2], [0, self.focal_px, (self.height_px - 1) / 2]]
        intrinsics = np.array([*centre, [0, 0, 1]], float)
        origin = np.array([0.0, room.height_m, room.depth_m]) - self.eye_m
        plane = np.column_stack([[TEXEL_M, 0, 0], [0, -TEXEL_M, 0], origin])
        matrix: NDArray[np.float64] = intrinsics @ self.axes @ plane
        return matrix


def look(pose: Pose, *, roll_deg: float, width_px: int, height_px: int) -> Pinhole:
    """Return the pinhole camera of a pose (yaw to the right, pitch up, roll clockwise).

    Parameters
    ----------
    pose
        Place and direction of the unit.
    roll_deg
        Turn about the optical axis, clockwise, degrees.
    width_px
        Columns of the picture.
    height_px
        Rows of the picture.

    Returns
    -------
    Pinhole
        The camera that projects places of the room to px.
    """
    yaw, pitch, roll = (math.radians(a) for a in (pose.yaw_deg, pose.pitch_deg, roll_deg))
    forward = np.array(
        [math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)], float
    )
    right = np.array([math.cos(yaw), 0.0, -math.sin(yaw)])
    down = -np.array([-math.sin(yaw) * math.sin(pitch), math.cos(pitch), -math.cos(yaw) * math.sin(pitch)])
    turned = (
        math.cos(roll) * right + math.sin(roll) * down,
        math.cos(roll) * down - math.sin(roll) * right,
    )
    return Pinhole(
        eye_m=np.array(pose.position_m, float),
        axes=np.array([*turned, forward]),
        focal_px=width_px / 2 / math.tan(math.radians(FIELD_OF_VIEW_DEG / 2)),
        width_px=width_px,
        height_px=height_px,
    )


def corner_falloff(camera: Pinhole, u: ArrayLike, v: ArrayLike) -> NDArray[np.float64]:
    """Return how much light reaches each place of the picture, 1 in its middle.

    Parameters
    ----------
    camera
        The pinhole camera.
    u
        Columns, px; any shape.
    v
        Rows, px; broadcast against ``u``.

    Returns
    -------
    numpy.ndarray
        Share of the light, of the shape that ``u`` and ``v`` broadcast to.

    Notes
    -----
    Falls with the square of the distance from the middle, to ``1 - CORNER_FALLOFF`` in the corners: the
    first term of the cosine-fourth law.
    """
    cx, cy = (camera.width_px - 1) / 2, (camera.height_px - 1) / 2
    far = (np.asarray(u) - cx) ** 2 + (np.asarray(v) - cy) ** 2
    return np.asarray(1 - CORNER_FALLOFF * far / (cx**2 + cy**2), float)


def light_falloff(camera: Pinhole, room: Room, light_m: NDArray[np.float64]) -> Image:
    """Return the irradiance of the wall by one lamp, in units of that at 1 m, over the whole picture.

    Parameters
    ----------
    camera
        The pinhole camera.
    room
        The room, with its wall.
    light_m
        Place of the lamp, shape (3,), m.

    Returns
    -------
    numpy.ndarray
        2-D (height, width), irradiance relative to that at 1 m at right angles.
    """
    u, v = np.meshgrid(np.linspace(0, camera.width_px - 1, 17), np.linspace(0, camera.height_px - 1, 11))
    cx, cy = (camera.width_px - 1) / 2, (camera.height_px - 1) / 2
    rays = np.stack([(u - cx) / camera.focal_px, (v - cy) / camera.focal_px, np.ones_like(u)], -1)
    world = rays @ camera.axes
    reach = (room.depth_m - camera.eye_m[2]) / np.maximum(world[..., 2], 0.2)
    offset = camera.eye_m + world * np.clip(reach, 0.05, 20.0)[..., None] - light_m
    distance = np.linalg.norm(offset, axis=-1)
    slant = np.clip(np.abs(offset[..., 2]) / distance, 0.05, 1.0)
    corner = corner_falloff(camera, u, v)
    field = (slant * corner / distance**2).astype(np.float32)
    size = (camera.width_px, camera.height_px)
    return np.asarray(cv2.resize(field, size, interpolation=cv2.INTER_LINEAR), np.float32)
