"""Threads: bounded, restarted, never waiting for one another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from firmware.runtime.live_loop import run_live
from firmware.runtime.workers import Inbox, OpenSensor, WorkerPool
from firmware.sensor import Sensor
from firmware.verdict.engine import (
    SensorFinished,
    SensorLost,
    SensorMissing,
    SensorStarted,
    Snapshot,
    StepDone,
)
from hw.clock import ManualClock, SystemClock
from hw.errors import DeviceLost, DeviceMissing
from hw.types import SENSOR_NAMES, SensorName
from tests.firmware.sensors import ScriptedSensor, engine_for, room, step

WAIT_S = 20.0  # at most; what is waited for is an event, not a time
QUICK = (0.001,)


class Probe:
    """Wakes a test when something has happened often enough."""

    def __init__(self, times: int) -> None:
        self._left = times
        self.done = threading.Event()

    def __call__(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.done.set()


def crew_of(openers: dict[SensorName, OpenSensor], length: int = 64, **more: Any) -> WorkerPool:
    return WorkerPool(
        openers, clock=SystemClock(), inbox_length=length, stop_wait_s=WAIT_S, back_off_s=QUICK, **more
    )


def scripted(name: SensorName, **more: Any) -> ScriptedSensor:
    return ScriptedSensor(name=name, clock=ManualClock(), seen=room()[name], **more)


def drain(crew: WorkerPool, enough: Callable[[list[Any]], bool]) -> list[Any]:
    events: list[Any] = []
    for _ in range(10_000):
        events += crew.inbox.take(wait_s=0.05)
        if enough(events):
            return events
    pytest.fail(f"never came: {events[-5:]}")


def has(kind: type, count: int = 1) -> Callable[[list[Any]], bool]:
    return lambda events: sum(isinstance(e, kind) for e in events) >= count


def test_a_recording_is_stepped_to_its_end() -> None:
    sensor = scripted("rf", ends_at_s=2.0)
    with crew_of({"rf": lambda: sensor}) as crew:
        events = drain(crew, has(SensorFinished))
    assert isinstance(events[0], SensorStarted)
    assert isinstance(events[-2], StepDone)
    assert events[-2].whole
    assert sensor.closed >= 1
    assert not crew.alive()


def test_a_lost_device_is_opened_again_until_it_is_back() -> None:
    opened: list[ScriptedSensor] = []

    def open_sensor() -> Sensor:
        lost = 0.0 if len(opened) < 3 else float("inf")
        opened.append(scripted("wifi", lost_from_s=lost, ends_at_s=1.0))
        return opened[-1]

    with crew_of({"wifi": open_sensor}) as crew:
        events = drain(crew, has(SensorFinished))
    assert sum(isinstance(e, SensorLost) for e in events) == 3
    assert len(opened) == 4
    assert all(s.closed for s in opened)
    assert crew.health()["wifi"].restarts == 3


def test_a_lost_device_is_opened_again_under_the_sensor_that_is_there() -> None:
    """Its table, coverage and counts go on; only failed attempts are told, each with its own reason."""
    sensor = scripted("wifi", lost_from_s=1.0, ends_at_s=2.0)
    attempts: list[int] = []

    def reopen() -> None:
        attempts.append(sensor.steps)
        if len(attempts) < 3:
            raise DeviceMissing("no adapter", hint="Plug one in.")
        sensor.lost_from_s = float("inf")

    with crew_of({"wifi": lambda: sensor}, reopeners={"wifi": reopen}) as crew:
        events = drain(crew, has(SensorFinished))
    assert attempts == [4, 4, 4]
    assert [e.reason for e in events if isinstance(e, SensorLost)] == ["unplugged", "not_found", "not_found"]
    assert sum(isinstance(e, SensorStarted) for e in events) == 1  # nothing begins anew
    last = next(e for e in reversed(events) if isinstance(e, StepDone))
    assert last.counts.read == 8 * sensor.read_each  # of before and after the gap
    assert last.coverage.share == pytest.approx(2.0 / sensor.full_after_s)
    assert (sensor.closed, crew.health()["wifi"].restarts) == (1, 3)


def test_a_sensor_that_crashed_is_made_anew_though_its_device_could_be_opened_again() -> None:
    opened: list[ScriptedSensor] = []

    def crash() -> None:
        if len(opened) == 1:
            raise RuntimeError("a bug in a sensor")

    def open_sensor() -> Sensor:
        opened.append(scripted("wifi", on_step=crash, ends_at_s=1.0))
        return opened[-1]

    def never() -> None:
        pytest.fail("a crash is no lost device")

    with crew_of({"wifi": open_sensor}, reopeners={"wifi": never}) as crew:
        drain(crew, has(SensorFinished))
    assert [s.closed for s in opened] == [1, 1]


def test_a_place_entered_while_the_device_is_away_is_entered_when_it_is_back() -> None:
    first = scripted("wifi", lost_from_s=1.0)
    entered: list[int] = []
    away, hold = threading.Event(), threading.Event()

    def reopen() -> None:
        away.set()
        assert hold.wait(WAIT_S)

    def renew(place: int) -> Sensor:
        entered.append(place)
        if len(entered) < 3:
            raise DeviceLost("still away")  # a new sensor asks its device at once
        return scripted("wifi", ends_at_s=1.0)

    with crew_of({"wifi": lambda: first}, reopeners={"wifi": reopen}, renewers={"wifi": renew}) as crew:
        assert away.wait(WAIT_S)
        crew.renew(7)
        hold.set()
        events = drain(crew, has(SensorFinished))
    assert entered == [7, 7, 7]
    assert sum(isinstance(e, SensorStarted) for e in events) == 2


def test_a_crash_loop_stays_inside_its_own_sense() -> None:
    def crash() -> None:
        raise RuntimeError("a bug \x1b[2J in a sense")

    probe = Probe(50)
    openers: dict[SensorName, OpenSensor] = {
        "ble": lambda: scripted("ble", on_step=crash),
        "rf": lambda: scripted("rf", on_step=probe),
    }
    with crew_of(openers) as crew:
        events = drain(crew, has(SensorLost, 5))
        assert probe.done.wait(WAIT_S)
    assert {e.sensor for e in events if isinstance(e, SensorLost)} == {"ble"}
    assert {e.reason for e in events if isinstance(e, SensorLost)} == {"status.crashed"}


def test_a_device_that_never_opens_is_missing_not_lost() -> None:
    def absent() -> Sensor:
        raise DeviceMissing("no dongle", hint="Plug one in.")

    with crew_of({"rf": absent}) as crew:
        events = drain(crew, has(SensorMissing, 2))
    assert events[0].hint == "Plug one in."
    assert not any(isinstance(e, SensorLost | SensorStarted) for e in events)


def test_the_log_says_a_loss_once_and_another_one_again() -> None:
    """Each attempt fails the same way: a warning a retry would bury everything else in the log."""
    attempts: list[int] = []

    def absent() -> Sensor:
        attempts.append(1)
        raise DeviceMissing("no dongle" if len(attempts) < 4 else "dongle in use", hint="Plug one in.")

    with capture_logs() as logged, crew_of({"rf": absent}) as crew:
        drain(crew, has(SensorMissing, 6))
    lost = [entry for entry in logged if entry["event"] == "sensor lost"]
    warned = [entry["what"] for entry in lost if entry["log_level"] == "warning"]
    assert warned == ["no dongle", "dongle in use"]
    assert len(lost) >= 6


def test_a_hanging_device_holds_up_nobody() -> None:
    release, hanging, probe = threading.Event(), threading.Event(), Probe(50)

    def hang() -> None:
        hanging.set()
        release.wait(WAIT_S)

    openers: dict[SensorName, OpenSensor] = {
        "lens": lambda: scripted("lens", on_step=hang),
        "wifi": lambda: scripted("wifi", on_step=probe),
    }
    crew = WorkerPool(openers, clock=SystemClock(), inbox_length=16, stop_wait_s=0.01, back_off_s=QUICK)
    with crew:
        assert hanging.wait(WAIT_S)
        assert probe.done.wait(WAIT_S)
        for worker in crew.workers:
            worker.stop()
        assert next(w for w in crew.workers if w.name == "wifi").join(WAIT_S)
    assert crew.stop() == ("lens",)
    release.set()
    assert all(w.join(WAIT_S) for w in crew.workers)


def test_the_inbox_is_bounded_counts_what_it_drops_and_asks_for_everything() -> None:
    inbox = Inbox(4)
    inbox.put(SensorStarted(sensor="rf", t_ns=0))
    inbox.put(step("wifi", [], t_s=0))
    for i in range(10):
        inbox.put(step("rf", [], t_s=i))
    assert inbox.dropped["rf"] == 7
    assert inbox.owes_all("rf")
    assert not inbox.owes_all("wifi")
    events: Sequence[Any] = inbox.take(wait_s=0)
    assert [e.sensor for e in events] == ["rf", "wifi", "rf", "rf", "rf"]  # the latest of each sensor stays
    inbox.put(step("rf", [], t_s=99, whole=True))
    assert not inbox.owes_all("rf")


def test_a_crash_loop_does_not_fill_the_inbox() -> None:
    inbox = Inbox(8)
    inbox.put(step("wifi", [], t_s=0, whole=True))
    for i in range(1000):
        inbox.put(SensorLost(sensor="ble", t_ns=i, reason="status.crashed"))
    events = inbox.take(wait_s=0)
    assert len(events) == 9
    assert events[-1].t_ns == 999
    assert any(isinstance(e, StepDone) for e in events)


def test_live_and_lockstep_agree_on_a_clean_room() -> None:
    """The sensors of this test hurry ahead of the clock, so no time is asked of them."""
    openers: dict[SensorName, OpenSensor] = {
        n: (lambda n=n: scripted(n, ends_at_s=6.0))
        for n in SENSOR_NAMES  # type: ignore[misc]
    }
    shown: list[Snapshot] = []
    clock = SystemClock()
    with crew_of(openers, length=4) as crew:
        last = run_live(crew, engine_for(least_s=0.0), clock=clock, tick_s=0.02, on_progress=shown.append)
    assert {s.state for s in last.sensors} == {"finished"}
    assert last.verdict.level == "nothing_found"
    assert all(last.verdict.coverage[n] == pytest.approx(1.0) for n in SENSOR_NAMES)
    assert shown


def test_the_live_loop_ends_when_its_watcher_says_so() -> None:
    def never_back() -> Sensor:
        raise DeviceLost("gone")

    with crew_of({"rf": never_back}) as crew:
        last = run_live(
            crew, engine_for("rf"), clock=SystemClock(), tick_s=0.02, on_progress=lambda s: s.t_ns > 0
        )
    assert last.phase == "finished"
    assert last.verdict.level == "inconclusive"
