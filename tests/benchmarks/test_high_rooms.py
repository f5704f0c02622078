"""The devices for 2.4 and 5.8 GHz change a verdict by their coverage, and nothing where there is none."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from firmware.verdict.coverage import caught_by_kind
from firmware.verdict.evidence.likelihoods import packaged_likelihoods
from hw.types import Coverage
from tests.benchmarks.high_rooms import Judged, high_cases, judge
from tests.benchmarks.rooms.draw import Case, draw_case

SHORT_S = 9.0


@lru_cache(maxsize=1)
def hidden() -> Case:
    (case,) = high_cases(1, camera=True)
    return replace(case, walk=replace(case.walk, air_s=SHORT_S, rf_s=SHORT_S))


@lru_cache(maxsize=8)
def judged(*devices: str) -> Judged:
    return judge(hidden(), devices)


def test_the_sender_is_drawn_beside_everything_else_in_the_room() -> None:
    (case,) = high_cases(1, camera=True)
    number = int(case.name.rpartition("-")[2])
    before = draw_case("calibration", number)
    assert [t for t in case.scene.things if not t.camera] == [t for t in before.scene.things if not t.camera]
    (camera,) = (t for t in case.scene.things if t.camera)
    assert camera.rf is not None
    assert camera.rf.center_hz > 2.3e9
    assert case.scene.seed == before.scene.seed


@pytest.mark.slow
def test_without_these_devices_a_sender_above_2_ghz_changes_nothing() -> None:
    case = hidden()
    things = tuple(t.model_copy(update={"rf": None}) if t.camera else t for t in case.scene.things)
    without = replace(case, scene=case.scene.model_copy(update={"things": things}))
    assert judged() == judge(without, ())
    assert not set(judged().coverage) & {"analog_2g4", "analog_5g8"}


@pytest.mark.slow
def test_the_share_caught_follows_the_coverage_that_a_device_gives() -> None:
    alone, beside = judged(), judged("video_receiver")
    assert beside.coverage["analog_5g8"] > 0.5
    assert beside.share_caught > alone.share_caught
    table = packaged_likelihoods()
    parts = {part: beside.coverage[part] for part in ("analog_2g4", "analog_5g8")}
    own = caught_by_kind([Coverage(sensor="rf", share=0.0, parts=parts)], table)["analog-high"]
    rise = beside.share_caught - alone.share_caught
    assert rise == pytest.approx(own * table.weights["analog-high"], abs=0.01)
