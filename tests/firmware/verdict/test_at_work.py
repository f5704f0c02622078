"""Whether a sensor is at work is followed past the end of a place, whose verdict it does not change."""

from __future__ import annotations

from firmware.verdict.at_work import STALLED, AtWorkLog
from firmware.verdict.commands import BeginInspection, EndInspection
from firmware.verdict.engine import SensorFinished, SensorLost, SensorStarted, Tick
from tests.firmware.sensors import S, clean_room, engine_for, step
from tests.firmware.verdict.feeding import feed, tick


def test_a_sensor_that_was_never_expected_is_away() -> None:
    log = AtWorkLog(["wifi"], stall_s=3.0)
    assert {n: w.state for n, w in log.at(0).items()} == {
        "rf": "away", "wifi": "starting", "ble": "away", "lens": "away",
    }  # fmt: skip


def test_a_step_that_takes_too_long_is_a_stall_until_the_next_one() -> None:
    log = AtWorkLog(["wifi"], stall_s=3.0)
    log.note("wifi", "running", 1 * S)
    assert log.at(4 * S)["wifi"].state == "running"
    stalled = log.at(4 * S + 1)["wifi"]
    assert (stalled.state, stalled.reason) == ("away", STALLED)
    log.note("wifi", "running", 9 * S)
    assert log.at(9 * S)["wifi"].state == "running"


def test_what_happens_after_the_end_of_a_place_is_followed_and_changes_none_of_its_coverage() -> None:
    engine = engine_for()
    feed(engine, clean_room(), t_s=30)  # type: ignore[arg-type]
    engine.obey(EndInspection(t_ns=30 * S))
    ended = tick(engine, 30.1)
    engine.handle(SensorLost(sensor="wifi", t_ns=31 * S, reason="unplugged"))
    engine.handle(SensorFinished(sensor="ble", t_ns=31 * S))
    engine.handle(step("lens", [], t_s=31.0))
    later = tick(engine, 31.5)
    states = {n: later.at_work[n].state for n in ("wifi", "ble", "lens")}
    assert states == {"wifi": "away", "ble": "over", "lens": "running"}
    assert later.at_work["wifi"].reason == "unplugged"
    assert (later.sensors, later.verdict) == (ended.sensors, ended.verdict)
    engine.handle(step("wifi", [], t_s=32.0))
    engine.handle(Tick(t_ns=32 * S))
    assert engine.snapshot().at_work["wifi"].state == "running"


def test_a_sensor_that_is_made_anew_counts_its_starts() -> None:
    engine = engine_for()
    feed(engine, clean_room(), t_s=30)  # type: ignore[arg-type]
    engine.obey(EndInspection(t_ns=30 * S))
    engine.obey(BeginInspection(t_ns=31 * S))
    engine.handle(SensorStarted(sensor="rf", t_ns=31 * S))
    assert tick(engine, 31.5).at_work["rf"].starts == 1
