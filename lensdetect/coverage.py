"""Maps which part of the wall was looked at, and from where; the map grows with the hand's motion.

Metres follow from the distance as the two lights tell it (`lensdetect.shading`), from the usual one in the
settings until they do. The hand's turns are taken for its ways: the map is a fair picture of what was left
out, not a survey.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hw.types import Coverage
from lensdetect.align import Motion
from lensdetect.config import LensConfig
from lensdetect.cycle_analysis import scale_of
from lensdetect.shading import focal_px

ANGLE_BINS = 3  # seen from the left, straight on, from the right
STRAIGHT_DEG = 8.0
ONE_ANGLE_WORTH = 0.6  # a cell seen from one side only may hide a lens that looks the other way
LENS_VIEW_DEG = 35.0  # seen from further aside than this, no lens gives anything back
MAP_CELLS = 192  # side of the map; what lies beyond is not kept
MOST_POSES = 60_000


class CoverageMap:
    """Cells of wall × view angles. A cell counts once a lens in it could have been named.

    As a track, a cell gathers poses while it stays in view and the wall's motion is known: another pose is
    one in which it stands elsewhere in the picture. ``done[row, column, bin]`` are the angles of view from
    which cells with poses enough were looked at.
    """

    def __init__(self, config: LensConfig) -> None:
        self._config = config
        self._distance_m = config.distance_m
        self._centre = np.full(2, MAP_CELLS / 2)
        self._turn_px = np.zeros(2)  # how far the wall went over the picture
        self._poses = np.zeros((MAP_CELLS, MAP_CELLS), np.uint16)
        self._posed_at_px = np.full((MAP_CELLS, MAP_CELLS, 2), np.inf, np.float32)
        self._seen = np.zeros((MAP_CELLS, MAP_CELLS, ANGLE_BINS), bool)
        self.done = np.zeros((MAP_CELLS, MAP_CELLS, ANGLE_BINS), bool)

    def metres_per_px(self, width_px: int) -> float:
        """Return the size of a pixel on the wall."""
        return self._distance_m / focal_px(width_px, self._config.field_of_view_deg)

    def look_from(self, distance_m: float | None) -> None:
        """Set the distance of the wall; None if it is not known: then it stays as it was."""
        if distance_m is not None:
            self._distance_m = distance_m

    @property
    def too_far(self) -> bool:
        """Return whether the wall is farther than a lens can be seen."""
        return self._distance_m > self._config.reach_m

    def move(self, motion: Motion, size: tuple[int, int]) -> None:
        """Carry the middle of the view along: the wall moves one way, the view the other."""
        middle = np.array([[size[0] / 2, size[1] / 2]])
        shift_px = (motion.move(middle) - middle)[0]
        self._turn_px += shift_px
        self._centre -= shift_px * self.metres_per_px(size[0]) / self._config.cell_m

    def lose(self) -> None:
        """Begin the poses anew, as those of the tracks do: the wall's motion is unknown."""
        self._poses[:] = 0
        self._seen[:] = False

    def speed_m_s(self, motion: Motion, size: tuple[int, int], seconds: float) -> float:
        """Return the speed of the hand."""
        middle = np.array([[size[0] / 2, size[1] / 2]])
        shift = float(np.hypot(*(motion.move(middle) - middle)[0]))
        return shift * self.metres_per_px(size[0]) / max(seconds, 1e-3)

    def add(self, size: tuple[int, int]) -> None:
        """Take one good look at everything in view; from too far nothing is looked at."""
        if self.too_far:
            return
        per_cell = self.metres_per_px(size[0]) / self._config.cell_m
        rows = self._span(self._centre[1], size[1] / 2 * per_cell)
        columns = self._span(self._centre[0], size[0] / 2 * per_cell)
        across = (columns + 0.5 - self._centre[0]) * self._config.cell_m
        down = (rows + 0.5 - self._centre[1]) * self._config.cell_m
        aside = np.degrees(np.arctan2(np.hypot(across[None], down[:, None]), self._distance_m))
        bins = np.digitize(np.degrees(np.arctan2(across, self._distance_m)), [-STRAIGHT_DEG, STRAIGHT_DEG])
        self._forget_beyond(rows, columns)
        view = np.ix_(rows, columns)
        moved = np.hypot(*(self._posed_at_px[view] - self._turn_px).transpose(2, 0, 1))
        posed = (aside <= LENS_VIEW_DEG) & ~(moved < self._config.pose_step_px * scale_of(size[0]))
        poses = self._poses[view] + posed.astype(np.uint16)
        self._poses[view] = np.minimum(poses, MOST_POSES)
        self._posed_at_px[view] = np.where(posed[..., None], self._turn_px, self._posed_at_px[view])
        seen = self._seen[view] | (posed[..., None] & (bins[:, None] == np.arange(ANGLE_BINS)))
        self._seen[view] = seen
        self.done[view] |= seen & (poses >= self._config.min_poses)[..., None]

    def _forget_beyond(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
        """Let cells that left the picture begin anew when they come back."""
        away = np.ones(self._poses.shape, bool)
        away[np.ix_(rows, columns)] = False
        self._poses[away] = 0
        self._seen[away] = False

    @staticmethod
    def _span(centre: float, half: float) -> NDArray[np.int64]:
        first, last = math.ceil(centre - half), math.floor(centre + half)
        return np.arange(max(0, first), min(MAP_CELLS, last), dtype=np.int64)

    def _angles(self) -> NDArray[np.uint8]:
        """Return from how many sides each cell was looked at, in poses enough to have named a lens."""
        return np.asarray(self.done.sum(axis=2), np.uint8)

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
