"""The sensor says what keeps it from seeing, and takes that back once it is over."""

from __future__ import annotations

import pytest

from lensdetect.frame_quality import HINTS, OUTSHONE_LOOKS, OUTSHONE_SHARE, Watch
from tests.lensdetect.eyes import PaperWall, finder_over


def test_a_room_that_outshines_the_ring_is_said_and_taken_back() -> None:
    watch = Watch()
    for _ in range(OUTSHONE_LOOKS - 1):
        assert watch.outshone(8.0, 150.0)
    assert watch.trouble == ""
    assert watch.outshone(8.0, 150.0)
    assert watch.trouble == "too_bright"
    assert watch.dropped["too_bright"] == OUTSHONE_LOOKS
    assert not watch.outshone(1.1 * OUTSHONE_SHARE * 150.0, 150.0)
    assert watch.trouble == ""


@pytest.mark.parametrize("ambient_dn", [110.0, 150.0])
def test_in_too_bright_a_room_nothing_counts_as_looked_at_nor_as_no_lens(ambient_dn: float) -> None:
    room = PaperWall(seed=3, wall=8.0)
    room.ambient = ambient_dn
    room.add(300, 200, {"ring": 120.0, "side": 115.0})
    finder = finder_over(room.recording(cycles=20))
    assert finder.observations()
    assert finder.health().reason == "too_bright"
    assert HINTS["too_bright"] == finder.health().hint
    assert finder.coverage().share == 0.0
    assert "too_bright" in finder.coverage().reasons
    assert {glint.label for glint in finder.observations()} <= {"unsure", "lens"}
