"""Taking turns: deterministic, fair, and deaf to each other's failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from firmware.runtime.lockstep import run_lockstep
from firmware.runtime.session import inspect
from firmware.sensor import Views
from firmware.settings.settings import load_settings
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level
from hw.clock import ManualClock
from hw.types import SENSOR_NAMES, SensorName
from tests.firmware.sensors import S, ScriptedSensor, engine_for, room, streamer


def crew(
    only: tuple[SensorName, ...] = SENSOR_NAMES, **special: Mapping[str, Any]
) -> dict[SensorName, ScriptedSensor]:
    seen = room()
    return {
        n: ScriptedSensor(
            name=n, clock=ManualClock(), seen=seen[n], step_s=0.2 + 0.1 * i, **dict(special.get(n, {}))
        )
        for i, n in enumerate(SENSOR_NAMES)
        if n in only
    }


def run(
    sensors: dict[SensorName, ScriptedSensor], until_s: float | None = 10.0, **more: Any
) -> tuple[Snapshot, list[Snapshot]]:
    shown: list[Snapshot] = []
    clocks = {n: s.clock for n, s in sensors.items()}
    engine = engine_for(*sensors)
    last = run_lockstep(sensors, engine, clocks=clocks, until_s=until_s, on_progress=shown.append, **more)
    return last, shown


def test_the_same_senses_give_the_same_snapshots() -> None:
    assert run(crew()) == run(crew())


def test_a_clean_room_is_scanned_to_the_end() -> None:
    last, shown = run(crew(), until_s=20.0)
    assert last.verdict.level is Level.NOTHING_FOUND
    assert last.phase == "finished"
    assert last.elapsed_s == pytest.approx(20.0, abs=0.5)
    assert len(shown) >= 180


def test_the_earliest_clock_moves_first() -> None:
    order: list[tuple[float, str]] = []
    sensors = crew()
    for sensor in sensors.values():
        sensor.on_step = lambda s=sensor: order.append((s.clock.now_ns() / S, s.name))  # type: ignore[misc]
    run(sensors)
    assert [t for t, _ in order] == sorted(t for t, _ in order)
    assert [n for _, n in order[:4]] == list(SENSOR_NAMES)


def test_unplugging_one_changes_no_other_and_the_run_goes_on() -> None:
    (whole, _), (broken, shown) = run(crew()), run(crew(wifi={"lost_from_s": 5.0}))
    for name in ("rf", "ble", "lens"):
        states = [next(s for s in snap.sensors if s.name == name) for snap in (whole, broken)]
        assert states[0] == states[1]
    at = [(s.t_ns / S, s.verdict.coverage["wifi"] or 0.0) for s in shown]
    assert all(share > 0.8 for t_s, share in at if 4.5 < t_s < 5.0)
    assert all(share == 0 for t_s, share in at if t_s >= 7.0)
    assert broken.verdict.level is Level.INCONCLUSIVE
    assert broken.t_ns >= 10 * S


def test_a_sense_that_heals_is_found_again() -> None:
    last, shown = run(crew(wifi={"lost_from_s": 3.0, "lost_until_s": 5.5}), until_s=30.0)
    assert any(s.verdict.failed == ("wifi",) for s in shown)
    assert last.verdict.failed == ()
    assert last.verdict.level is Level.NOTHING_FOUND


def test_without_a_limit_it_ends_with_the_last_recording() -> None:
    ends = {n: {"ends_at_s": 2.0 + i} for i, n in enumerate(SENSOR_NAMES)}
    last, _ = run(crew(**ends), until_s=None)
    assert {s.state for s in last.sensors} == {"finished"}
    assert last.t_ns == pytest.approx(5.4 * S, abs=0.7 * S)


def test_a_find_of_the_last_step_is_not_lost() -> None:
    sensors = crew(("wifi",), wifi={"ends_at_s": 2.0})
    sensors["wifi"].on_step = lambda: setattr(
        sensors["wifi"],
        "seen",
        [*room()["wifi"], *([streamer()] if sensors["wifi"].clock.now_ns() >= 2 * S else [])],
    )
    last, _ = run(sensors, until_s=None)
    assert last.verdict.level is Level.CHECK


def test_a_step_that_takes_no_time_does_not_stop_time() -> None:
    sensors = crew()
    sensors["ble"].step_s = 0.0
    last, _ = run(sensors, until_s=2.0)
    assert last.elapsed_s == pytest.approx(2.0, abs=0.5)
    assert sensors["ble"].steps > 100


def test_a_long_gap_in_a_recording_is_neither_a_stall_nor_a_wait() -> None:
    sensors = crew(("rf", "wifi"))
    sensors["rf"].on_step = lambda: sensors["rf"].clock.sleep_until(round(86_400 * S))
    sensors["wifi"].ends_at_s = 30.0
    last, shown = run(sensors, until_s=86_500.0)
    assert all(s.verdict.failed == () for s in shown)
    assert len(shown) < 2000
    assert {s.state for s in last.sensors if s.name in sensors} == {"finished"}


def quiet(**special: Mapping[str, Any]) -> dict[SensorName, ScriptedSensor]:
    """Sensors that step every few seconds only: between two frames there is silence."""
    sensors = crew(("wifi", "ble"), **special)
    for i, sensor in enumerate(sensors.values()):
        sensor.step_s = 3.7 + 0.9 * i
    return sensors


@pytest.mark.parametrize(
    "special",
    [
        {},
        {"wifi": {"lost_from_s": 60.0, "lost_until_s": 100.0}},
        {"wifi": {"lost_from_s": 260.0}, "ble": {"ends_at_s": 250.0}},
        {"ble": {"read_each": 0}},  # it hears nothing: deaf
    ],
    ids=["quiet", "replugged", "lost", "deaf"],
)
def test_silence_is_jumped_over_and_the_end_is_the_same(special: dict[str, dict[str, Any]]) -> None:
    def listen(*, skip: bool) -> tuple[Snapshot, list[Snapshot], int]:
        sensors = quiet(**special)
        sensors["wifi"].on_step = lambda: _come_and_go(sensors["wifi"])
        last, shown = run(sensors, until_s=300.0, skip_silence=skip)
        return last, shown, sum(s.steps for s in sensors.values())

    (every, ticked, _), (jumped, shown, steps) = listen(skip=False), listen(skip=True)
    assert jumped == every
    assert jumped.verdict.as_json() == every.verdict.as_json()
    assert [s.verdict.alarm for s in shown if s.verdict.alarm] != []
    assert len(ticked) > 2900
    # Two for each silence; more while a level is held or a coverage fades.
    assert len(shown) < 3 * steps + 150
    told = {s.t_ns: s for s in ticked}
    assert all(told[s.t_ns] == s for s in shown)  # what is shown on the way is what would have been


def _come_and_go(sensor: ScriptedSensor) -> None:
    """A camera that streams for a minute."""
    now_s = sensor.clock.now_ns() / S
    there = [streamer(last_s=now_s)] if 150 < now_s < 210 else []
    sensor.seen = [*room()["wifi"], *there]


def test_the_watcher_may_end_it() -> None:
    sensors = crew()
    clocks = {n: s.clock for n, s in sensors.items()}
    last = run_lockstep(
        sensors, engine_for(), clocks=clocks, until_s=1e6, on_progress=lambda s: s.elapsed_s >= 1.0
    )
    assert last.phase == "finished"
    assert last.elapsed_s < 2.0


@pytest.mark.parametrize("scene", ["analog-camera", "wifi-camera", "card-camera"])
def test_a_run_whose_tables_nobody_reads_ends_the_same(scene: str) -> None:
    def scan(*, read_tables: bool) -> tuple[Snapshot, list[Snapshot]]:
        shown: list[Snapshot] = []
        outcome = inspect(
            f"sim:{scene}", load_settings(), until_s=20.0, watch=shown.append, read_tables=read_tables
        )
        return outcome.snapshot, shown

    (read, with_tables), (unread, without) = scan(read_tables=True), scan(read_tables=False)
    assert replace(unread, views=Views()) == replace(read, views=Views())  # arrays know no equality
    assert [s.verdict for s in without] == [s.verdict for s in with_tables]
    calm = [s for s in without[:-1] if s.verdict.alarm is None]
    assert any(s.observations for s in with_tables[: len(calm)])
    assert not any(s.observations for s in calm)
