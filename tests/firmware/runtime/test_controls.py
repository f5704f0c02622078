"""A new inspection begins with sensors that have seen nothing: no place borrows what the last one saw."""

from __future__ import annotations

import threading

import pytest

from firmware.runtime.factory import open_sensors
from firmware.runtime.live_loop import run_live
from firmware.runtime.lockstep import run_lockstep
from firmware.runtime.session import inspect
from firmware.runtime.workers import WorkerPool
from firmware.settings.settings import load_settings
from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand
from firmware.verdict.engine import Renewing, SensorLost, SensorStarted, Snapshot, Tick
from hw.clock import ManualClock, SystemClock
from hw.errors import DeviceLost
from hw.kit import spec_of_place
from hw.sim.scene import load_scene, walk_names
from hw.types import SensorName
from tests.firmware.sensors import S, ScriptedSensor, engine_for, station, step

AGAIN: tuple[EngineCommand, ...] = (EndInspection(), BeginInspection())


def test_what_the_old_sense_still_says_is_not_of_the_new_place() -> None:
    engine = engine_for("wifi")
    engine.handle(SensorStarted(sensor="wifi", t_ns=0))
    engine.handle(step("wifi", [station()], t_s=9.0))
    engine.handle(Tick(t_ns=9 * S))
    assert engine.snapshot().verdict.coverage["wifi"] == pytest.approx(0.9)
    engine.handle(Renewing(t_ns=9 * S))
    engine.handle(step("wifi", [station(score=0.99)], t_s=9.5, share=1.0))
    engine.handle(SensorStarted(sensor="wifi", t_ns=10 * S))
    engine.handle(step("wifi", [station()], t_s=10.0, share=0.1))
    engine.handle(Tick(t_ns=10 * S))
    assert engine.snapshot().verdict.coverage["wifi"] == pytest.approx(0.1)


def test_what_was_missing_is_missing_at_the_next_place_too() -> None:
    engine = engine_for("wifi")
    for command in AGAIN:
        engine.obey(command)
    assert engine.inspection == 2
    states = {s.name: (s.state, s.coverage) for s in engine.snapshot().sensors}
    assert states["lens"] == ("missing", None)
    assert states["wifi"][0] == "starting"


def test_a_sense_that_cannot_be_made_anew_is_lost_and_comes_back() -> None:
    engine = engine_for("wifi")
    engine.handle(step("wifi", [station()], t_s=1.0))
    engine.handle(Renewing(t_ns=1 * S))
    engine.handle(SensorLost(sensor="wifi", t_ns=1 * S, reason="unplugged"))
    engine.handle(SensorStarted(sensor="wifi", t_ns=2 * S))
    engine.handle(step("wifi", [station()], t_s=3.0, share=0.3))
    engine.handle(Tick(t_ns=3 * S))
    assert engine.snapshot().verdict.coverage["wifi"] == pytest.approx(0.3)


def test_in_turns_the_next_place_starts_from_nothing() -> None:
    clock, places, pressed = ManualClock(), [], [AGAIN]
    shares: dict[int, list[float]] = {1: [], 2: []}

    def renew(name: SensorName, place: int) -> ScriptedSensor:
        places.append((name, place))
        return ScriptedSensor("wifi", clock=clock, seen=(station(),), full_after_s=10.0)

    def poll() -> tuple[EngineCommand, ...]:
        return pressed.pop() if clock.now_ns() >= 6 * S and pressed else ()

    run_lockstep(
        {"wifi": renew("wifi", 0)}, engine_for("wifi"), clocks={"wifi": clock}, until_s=9.0, renew=renew,
        poll=poll,
        on_progress=lambda s: shares[s.inspection].append(s.verdict.coverage["wifi"] or 0.0),
    )  # fmt: skip
    assert places == [("wifi", 0), ("wifi", 1)]
    assert max(shares[1]) > 0.5
    assert max(shares[2]) < 0.4


def test_live_workers_swap_between_two_steps_and_old_words_do_not_count() -> None:
    clock, made = SystemClock(speed=50.0), []
    swapped = threading.Event()

    def make(place: int = -1) -> ScriptedSensor:
        made.append(place)
        if place == 1:
            swapped.set()
        return ScriptedSensor("wifi", clock=clock, seen=(station(),), full_after_s=5.0 if place < 0 else 1e9)

    pressed = [AGAIN]
    seen: list[float] = []

    def watch(snapshot: Snapshot) -> bool:
        if snapshot.inspection == 2:
            seen.append(snapshot.verdict.coverage["wifi"] or 0.0)
        return len(seen) > 20 and swapped.is_set()

    with WorkerPool(
        {"wifi": make}, clock=clock, inbox_length=16, stop_wait_s=2.0, renewers={"wifi": make}
    ) as crew:
        run_live(
            crew, engine_for("wifi"), clock=clock, until_s=200.0, tick_s=0.5,
            poll=lambda: pressed.pop() if clock.now_ns() > 20 * S and pressed else (),
            on_progress=watch,
        )  # fmt: skip
    assert made == [-1, 1]
    assert seen
    assert max(seen) < 0.01


def test_only_simulated_rooms_change_with_the_place() -> None:
    assert spec_of_place("pi", number=2, t_ns=5) == "pi"
    assert spec_of_place("replay:x", number=2, t_ns=5) == "replay:x"
    second = spec_of_place("sim:empty-room,wifi-camera?seed=4", number=1, t_ns=40 * S)
    scene = load_scene(second.removeprefix("sim:"))
    assert (scene.id, scene.seed) == ("wifi-camera", 5)
    assert scene.path[0].t_s == 40.0
    last = load_scene(spec_of_place("sim:empty-room,wifi-camera", number=9, t_ns=0).removeprefix("sim:"))
    assert last.id == "wifi-camera"


def test_faults_and_walks_are_shifted_with_the_room() -> None:
    scene = load_scene("empty-room?unplug=wifi@2-4&start=100")
    with pytest.raises(DeviceLost):
        scene.require_plugged("wifi", 103 * S)
    scene.require_plugged("wifi", 2 * S)
    for name in walk_names():
        assert load_scene(name).id
        assert load_scene(f"{name}?place=999").id


def test_a_room_behind_the_camera_s_door_is_told_from_the_clean_one_before_it() -> None:
    """Clean, camera, clean: every verdict speaks of its own room alone."""
    levels: dict[int, str] = {}
    settings = load_settings(overrides=("engine.judge_every_s=0.5",))

    class Person:
        def __init__(self) -> None:
            self.pressed = 0

        def attach(self, kit: object) -> None:
            pass

        def poll(self) -> tuple[EngineCommand, ...]:
            due = len(levels) > self.pressed
            self.pressed += due
            return AGAIN if due else ()

        def watch(self, snapshot) -> bool:  # type: ignore[no-untyped-def]
            if snapshot.elapsed_s >= 25.0 and snapshot.inspection not in levels:
                levels[snapshot.inspection] = snapshot.verdict.level.value
            return False

    inspect(
        "sim:empty-room,wifi-camera,empty-room", settings, only={"wifi"}, until_s=78.0, panel=Person()
    )  # fmt: skip
    assert levels == {1: "nothing_found", 2: "check", 3: "nothing_found"}


def test_the_lights_budget_outlives_the_sense() -> None:
    settings = load_settings(overrides=("hw.camera.width_px=320", "hw.camera.height_px=240"))
    with open_sensors("sim:empty-room", settings, live=False, only={"lens"}) as run:
        run.sensors["lens"].step()
        fresh = run.renewers["lens"](1)
        fresh.step()
        assert fresh is not run.sensors["lens"]
        assert fresh.counts().read <= 16
