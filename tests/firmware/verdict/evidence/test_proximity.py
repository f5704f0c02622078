"""In this room or next door: what a device's level decides, and that a weak one is never excused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.settings.sections import EngineConfig
from firmware.verdict.evidence.likelihoods import designed_likelihoods
from firmware.verdict.evidence.proximity import LevelSpan, hear, is_near
from firmware.verdict.evidence.weigh import weigh
from firmware.verdict.sensor_state import SensorState
from hw.types import Counts
from tests.firmware.sensors import WELL, S, covered, named, network, station

TABLE = designed_likelihoods()
RULE = TABLE.nearness
NEAR, FAR = RULE.near_dbm + 1.0, RULE.near_dbm - 8.0
IDLE = station(activity="camera-idle", score=0.9, last_s=12.0)


def state_after(*levels_dbm: float) -> SensorState:
    state = SensorState("wifi", EngineConfig(), TABLE)
    for i, level in enumerate(levels_dbm):
        state.step(
            (replace(IDLE, rssi_dbm=level),), t_ns=(i + 1) * S, coverage=covered("wifi", 0.5),
            counts=Counts(sensor="wifi", read=1, dropped={}), health=WELL,
        )  # fmt: skip
    return state


def sign_of(state: SensorState) -> str:
    return state.report(99 * S).evidence[0].sign


def test_an_idle_camera_next_door_says_less_than_one_in_the_room_and_is_still_listed() -> None:
    near, far = (weigh(replace(IDLE, rssi_dbm=level), TABLE) for level in (NEAR, FAR))
    assert near is not None
    assert far is not None
    assert (near.sign, far.sign) == ("idle", "idle-far")
    assert far.log_lr < TABLE.levels.check_sense_nats <= near.log_lr
    assert far.reason == "reason.wifi.idle_far"
    assert far.params["dbm"] == round(FAR)


def test_a_level_that_nobody_told_is_taken_for_near() -> None:
    evidence = weigh(replace(IDLE, rssi_dbm=None), TABLE)
    assert evidence is not None
    assert evidence.sign == "idle"


def test_what_was_near_once_stays_near_until_the_next_room() -> None:
    state = state_after(NEAR, FAR, FAR)
    assert sign_of(state) == "idle"
    state.clear(5 * S)
    assert state.report(5 * S).evidence == ()
    assert sign_of(state_after(FAR, FAR)) == "idle-far"


def test_a_weak_one_that_rises_while_walking_is_near() -> None:
    low = RULE.rise_from_dbm - 5.0
    assert sign_of(state_after(low, low + RULE.rise_db)) == "idle"
    assert sign_of(state_after(low, low + RULE.rise_db - 1.0)) == "idle-far"
    assert sign_of(state_after(low - 20.0, low - 1.0)) == "idle-far"  # it rose, but is nowhere near


@pytest.mark.parametrize("strength", ["A", "B", "C"])
def test_a_name_from_next_door_is_worth_less_and_a_telling_one_is_still_checked(strength: str) -> None:
    for seen in (network(strength=strength, score=0.99), station(identity=(named(strength),), score=0.99)):
        near, far = (weigh(replace(seen, rssi_dbm=level), TABLE) for level in (NEAR, FAR))
        assert near is not None
        assert far is not None
        assert 0.0 < far.log_lr < near.log_lr
        assert far.sign == f"identity-{strength}-far"
        assert (far.log_lr >= TABLE.levels.check_sense_nats) == (strength == "A")


def test_a_far_habit_never_hides_a_telling_name() -> None:
    both = replace(IDLE, identity=(named("A"),), score=0.99, rssi_dbm=FAR)
    evidence = weigh(both, TABLE)
    assert evidence is not None
    assert evidence.sign == "identity-A-far"


@given(st.lists(st.one_of(st.none(), st.floats(-120, 0), st.just(math.nan)), max_size=12))
def test_a_stronger_level_never_makes_a_device_far(levels: list[float | None]) -> None:
    heard: LevelSpan | None = None
    for level in levels:
        heard = hear(heard, level)
    if is_near(heard, RULE):
        assert is_near(hear(heard, 0.0), RULE)
    told = [v for v in levels if v is not None and not math.isnan(v)]
    assert (heard is None) == (not told)
    if told:
        assert heard == LevelSpan(low_dbm=min(told), high_dbm=max(told))
