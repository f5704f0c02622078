"""A cell of the wall counts when a lens in it could have been named: by poses, as a track counts them."""

from __future__ import annotations

import numpy as np
import pytest

from lensdetect.align import Motion
from lensdetect.config import LensConfig
from lensdetect.coverage import LENS_VIEW_DEG, CoverageMap

SIZE = (1280, 720)
CONFIG = LensConfig()
STEP_PX = CONFIG.pose_step_px


def shifted(dx_px: float) -> Motion:
    matrix = np.eye(3)
    matrix[0, 2] = dx_px
    return Motion(matrix=matrix, trusted=True, likeness=1.0)


def looked(*, looks: int, step_px: float) -> CoverageMap:
    coverage = CoverageMap(CONFIG)
    for i in range(looks):
        if i:
            coverage.move(shifted(-step_px), SIZE)
        coverage.add(SIZE)
    return coverage


def test_a_hand_that_rests_looks_in_one_pose_for_ever() -> None:
    assert looked(looks=100, step_px=0.0).share() == 0.0
    assert looked(looks=100, step_px=0.02).share() == 0.0


@pytest.mark.parametrize(("looks", "counts"), [(CONFIG.min_poses - 1, False), (CONFIG.min_poses, True)])
def test_as_many_poses_as_name_a_lens(looks: int, counts: bool) -> None:
    assert (looked(looks=looks, step_px=1.2 * STEP_PX).share() > 0) == counts


def test_small_steps_add_up_to_a_pose() -> None:
    assert looked(looks=2 * CONFIG.min_poses - 2, step_px=0.6 * STEP_PX).share() == 0.0
    assert looked(looks=2 * CONFIG.min_poses - 1, step_px=0.6 * STEP_PX).share() > 0.0


def test_the_hasty_earn_less_than_the_calm() -> None:
    """Over the same metre of wall, with as many looks a second."""
    metre_px = 1.0 / CoverageMap(CONFIG).metres_per_px(SIZE[0])
    calm = looked(looks=40, step_px=metre_px / 40)
    hasty = looked(looks=11, step_px=metre_px / 11)
    assert 0 < hasty.share() < 0.7 * calm.share()


def test_a_lost_wall_begins_anew_and_what_was_earned_stays() -> None:
    few = CONFIG.min_poses - 1
    coverage = looked(looks=few, step_px=2 * STEP_PX)
    coverage.lose()
    for _ in range(few):
        coverage.move(shifted(-2 * STEP_PX), SIZE)
        coverage.add(SIZE)
    assert coverage.share() == 0.0
    done = looked(looks=CONFIG.min_poses, step_px=2 * STEP_PX)
    before = done.share()
    done.lose()
    assert done.share() == before > 0


def test_what_is_seen_from_far_aside_does_not_count() -> None:
    wide = LensConfig(field_of_view_deg=120.0)
    coverage = CoverageMap(wide)
    for _ in range(2 * wide.min_poses):
        coverage.move(shifted(-2 * STEP_PX), SIZE)
        coverage.add(SIZE)
    cells = np.argwhere(coverage.done.any(axis=2))
    assert np.ptp(cells[:, 0]) * wide.cell_m < 2.2 * wide.distance_m * np.tan(np.radians(LENS_VIEW_DEG))


@pytest.mark.parametrize("distance_m", [0.5, 0.65, 1.0])
def test_metres_follow_from_the_measured_distance(distance_m: float) -> None:
    """The same turns of the hand show more of a wall that is farther away."""
    coverage = CoverageMap(CONFIG)
    coverage.look_from(distance_m)
    assert coverage.metres_per_px(SIZE[0]) == pytest.approx(1.2017 * distance_m / SIZE[0], rel=0.001)
    for _ in range(CONFIG.min_poses + 1):
        coverage.add(SIZE)
        coverage.move(shifted(-1.2 * STEP_PX), SIZE)
    near = CoverageMap(CONFIG)
    near.look_from(0.3)
    for _ in range(CONFIG.min_poses + 1):
        near.add(SIZE)
        near.move(shifted(-1.2 * STEP_PX), SIZE)
    assert coverage.share() > near.share() > 0
    coverage.look_from(None)  # not known at the moment: as far as it was
    assert coverage.metres_per_px(SIZE[0]) == pytest.approx(1.2017 * distance_m / SIZE[0], rel=0.001)


def test_a_wall_out_of_reach_was_not_looked_at() -> None:
    coverage = CoverageMap(CONFIG)
    coverage.look_from(CONFIG.reach_m + 0.1)
    assert coverage.too_far
    for _ in range(3 * CONFIG.min_poses):
        coverage.add(SIZE)
        coverage.move(shifted(-1.2 * STEP_PX), SIZE)
    assert coverage.share() == 0.0
