"""As many points are examined a second at any rate, in a replay as in the recording."""

from __future__ import annotations

import pytest

from lensdetect.config import LensConfig
from lensdetect.cycle_analysis import MOST_POINTS, most_points
from lensdetect.finder import LensFinder
from tests.lensdetect.eyes import PaperWall, finder_over


@pytest.mark.parametrize(
    ("seconds", "points"), [(0.0, 48), (0.05, 48), (0.1, 48), (0.2, 96), (0.5, 240), (60.0, MOST_POINTS)]
)
def test_a_slower_camera_leaves_time_for_more_points(seconds: float, points: int) -> None:
    assert most_points(LensConfig(max_candidates=48), seconds=seconds) == points


def crowded(rate_hz: float) -> LensFinder:
    room = PaperWall(seed=5)
    for i in range(6):
        for j in range(5):
            room.add(60 + 70 * i, 50 + 60 * j, {"ring": 160.0})
    config = LensConfig(max_candidates=12)
    return finder_over(room.recording(cycles=10, speed=(0.5, 0.3), rate_hz=rate_hz), config)


def test_what_was_not_examined_is_not_covered() -> None:
    hurried, calm = crowded(60.0), crowded(6.0)
    assert hurried.counts().dropped["too_many_candidates"] > 100
    assert hurried.coverage().share == 0.0
    assert calm.counts().dropped["too_many_candidates"] < 40
    assert len(calm.observations()) > len(hurried.observations())
