"""Every simulated room gets the right level from the real sensors, fusion and engine (one seed each here).

The table over 20 seeds is ``python -m tests.benchmarks.rooms scenes``.
"""

from __future__ import annotations

import pytest

from hw.sim.scene import scene_names
from tests.benchmarks.rooms.scene_table import inspect_room, is_right

SEED = 1


@pytest.mark.slow
@pytest.mark.parametrize("scene", scene_names())
def test_the_level_is_one_that_the_room_expects(scene: str) -> None:
    done = inspect_room(scene, SEED)
    assert is_right(done), f"{scene}: {done.level} at {done.probability:.2%}"
    assert done.share_caught > 0.5


def test_there_are_rooms_with_and_without_a_camera() -> None:
    assert {"empty-room", "analog-camera", "wifi-camera", "card-camera"} <= set(scene_names())
