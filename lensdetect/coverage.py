"""Which part of the wall was looked at, and from where: a map that grows with the hand's motion.

Nobody measures the distance here, so metres follow from the usual distance in the settings: the map is a fair
picture of what was left out, not a survey.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hw.types import Coverage
from lensdetect.align import Motion
from lensdetect.config import LensConfig

ANGLE_BINS = 3  # seen from the left, straight on, from the right
STRAIGHT_DEG = 8.0
ONE_ANGLE_WORTH = 0.6  # a cell seen from one side only may hide a lens that looks the other way
MAP_CELLS = 192  # side of the map; what lies beyond is not kept


class CoverageMap:
    """Cells of wall × view angles; ``cells[row, column, bin]`` counts good looks."""

    def __init__(self, config: LensConfig) -> None:
        self._config = config
        self._centre = np.full(2, MAP_CELLS / 2)
        self.cells = np.zeros((MAP_CELLS, MAP_CELLS, ANGLE_BINS), np.uint16)

    def metres_per_px(self, width_px: int) -> float:
        """Return the size of a pixel on a wall at the usual distance."""
        half = math.radians(self._config.field_of_view_deg / 2)
        return 2 * self._config.distance_m * math.tan(half) / width_px

    def move(self, motion: Motion, size: tuple[int, int]) -> None:
        """Carry the middle of the view along: the wall moves one way, the view the other."""
        middle = np.array([[size[0] / 2, size[1] / 2]])
        shift_px = (motion.move(middle) - middle)[0]
        self._centre -= shift_px * self.metres_per_px(size[0]) / self._config.cell_m

    def speed_m_s(self, motion: Motion, size: tuple[int, int], seconds: float) -> float:
        """Return how fast the hand moved, at the usual distance."""
        middle = np.array([[size[0] / 2, size[1] / 2]])
        shift = float(np.hypot(*(motion.move(middle) - middle)[0]))
        return shift * self.metres_per_px(size[0]) / max(seconds, 1e-3)

    def add(self, size: tuple[int, int]) -> None:
        """Count one good look at everything in view."""
        per_cell = self.metres_per_px(size[0]) / self._config.cell_m
        half_w, half_h = size[0] / 2 * per_cell, size[1] / 2 * per_cell
        rows = self._span(self._centre[1], half_h)
        columns = self._span(self._centre[0], half_w)
        offsets = (columns + 0.5 - self._centre[0]) * self._config.cell_m
        angles = np.degrees(np.arctan2(offsets, self._config.distance_m))
        bins = np.digitize(angles, [-STRAIGHT_DEG, STRAIGHT_DEG])
        view = self.cells[np.ix_(rows, columns)]
        view[:, np.arange(len(columns)), bins] = (
            np.minimum(view[:, np.arange(len(columns)), bins], 60_000) + 1
        )
        self.cells[np.ix_(rows, columns)] = view

    @staticmethod
    def _span(centre: float, half: float) -> NDArray[np.int64]:
        first, last = math.ceil(centre - half), math.floor(centre + half)
        return np.arange(max(0, first), min(MAP_CELLS, last), dtype=np.int64)

    def _angles(self) -> NDArray[np.uint8]:
        """Return from how many sides each cell was looked at, 0 where too seldom to have named a lens."""
        angles = np.count_nonzero(self.cells, axis=2)
        enough = self.cells.sum(axis=2, dtype=np.int64) >= self._config.min_poses
        return np.where(enough, angles, 0).astype(np.uint8)

    def share(self) -> float:
        """Return the share of the wall in the settings that was looked at, 0…1."""
        angles = self._angles()
        worth = np.where(angles >= 2, 1.0, np.where(angles == 1, ONE_ANGLE_WORTH, 0.0))
        area_m2 = float(worth.sum()) * self._config.cell_m**2
        return min(1.0, area_m2 / (self._config.wall_width_m * self._config.wall_height_m))

    def picture(self) -> NDArray[np.uint8]:
        """Return the used part of the map: number of view angles (0…3) a cell, for drawing."""
        angles = self._angles()
        rows, columns = np.nonzero(angles)
        if not len(rows):
            return np.zeros((1, 1), np.uint8)
        used: NDArray[np.uint8] = angles[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        return used

    def report(self, reasons: tuple[str, ...]) -> Coverage:
        """Return the coverage the fusion asks for."""
        share = self.share()
        return Coverage(sensor="lens", share=share, parts={"surface": share}, reasons=reasons)
