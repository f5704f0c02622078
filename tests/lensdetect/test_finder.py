"""A planted lens comes back; what is no lens does not become one."""

from __future__ import annotations

import numpy as np
import pytest

from hw.errors import EndOfRecording
from hw.types import LedState
from lensdetect.model import Glint
from tests.lensdetect.eyes import DeafLeds, ListCamera, PaperWall, finder_over

LENS = {"ring": 800.0, "side": 8.0}  # clips the sensor; a tenth of it could be a ball of glass
CHROME = {"ring": 200.0, "side": 180.0}
LAMP = {"always": 190.0}


def best_at(glints: list[Glint], frames_offset: object) -> Glint:
    return max(glints, key=lambda g: g.score)


def lenses(glints: object) -> list[Glint]:
    return [g for g in glints if g.label == "lens"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("per_state", [1, 2, 4])
def test_a_planted_lens_is_found_where_it_is(labelled: bool, per_state: int) -> None:
    room = PaperWall(seed=per_state)
    room.add(300, 200, LENS)
    cycles = 48 // (3 * per_state) * 2
    frames = room.recording(cycles=cycles, per_state=per_state, speed=(2.0, 0.6), labelled=labelled)
    finder = finder_over(frames)
    found = lenses(finder.observations())
    assert len(found) == 1, [(g.label, g.score, g.poses, dict(g.features)) for g in finder.observations()]
    for sighting in found[0].sightings:
        i = sighting.frame
        dx, dy = round(2.0 * i + 12 * np.sin(i / 9.0)), round(0.6 * i)
        assert abs(sighting.x_px - (300 - dx)) <= 1.5
        assert abs(sighting.y_px - (200 - dy)) <= 1.5
        assert i // per_state % 3 == 0, "the reported frame is a ring frame"


@pytest.mark.parametrize(("peaks", "label"), [(CHROME, "specular"), (LAMP, "lamp")])
def test_what_answers_otherwise_is_no_lens(peaks: dict[str, float], label: str) -> None:
    room = PaperWall(seed=5)
    room.add(300, 200, peaks)
    found = finder_over(room.recording(cycles=16, speed=(2.0, 0.6))).observations()
    assert not lenses(found)
    assert max(found, key=lambda g: g.poses).label == label


def test_a_mirrored_lamp_that_walks_with_the_hand_is_no_lens() -> None:
    room = PaperWall(seed=6)
    room.add(240, 180, {"ring": 200.0}, walks=True)
    assert not lenses(finder_over(room.recording(cycles=16)).observations())


def test_an_empty_wall_has_no_lens() -> None:
    assert not lenses(finder_over(PaperWall(seed=7).recording(cycles=16)).observations())


def test_a_still_pair_is_not_enough() -> None:
    room = PaperWall(seed=8)
    room.add(300, 200, LENS)
    frames = room.recording(cycles=1, per_state=1, order=("ring", "off"))
    finder = finder_over(frames)
    glints = finder.observations()
    assert [g.label for g in glints] == ["unsure"]
    assert abs(glints[0].x_px - 300) <= 2
    assert glints[0].score <= 0.5


def test_the_end_is_raised_again_and_nothing_is_lost() -> None:
    room = PaperWall(seed=9)
    finder = finder_over(room.recording(cycles=2))
    with pytest.raises(EndOfRecording):
        finder.step()
    assert finder.counts().read == 12


def test_same_frames_same_bytes() -> None:
    room = PaperWall(seed=10)
    room.add(300, 200, LENS)
    frames = room.recording(cycles=8)
    assert repr(finder_over(frames).observations()) == repr(finder_over(frames).observations())


def test_close_switches_the_lights_off() -> None:
    from hw.clock import ManualClock
    from lensdetect.config import LensConfig
    from lensdetect.finder import LensFinder

    leds, camera = DeafLeds(), ListCamera([])
    LensFinder(camera=camera, leds=leds, clock=ManualClock(), config=LensConfig()).close()
    assert leds.asked[-1] == "off"
    assert camera.closed == 1


@pytest.mark.parametrize("order", [("off", "ring", "side"), ("ring", "side", "off")])
def test_an_unlabelled_recording_in_another_order_is_read_too(order: tuple[LedState, ...]) -> None:
    room = PaperWall(seed=11)
    room.add(300, 200, LENS)
    frames = room.recording(cycles=26, per_state=2, speed=(1.5, 0.3), order=order, labelled=False)
    found = lenses(finder_over(frames).observations())
    assert len(found) == 1
    assert {order[s.frame // 2 % 3] for s in found[0].sightings} == {"ring"}
