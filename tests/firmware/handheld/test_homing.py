"""Homing shows live values or says why not: every kind of thing, way to it, and state of its sensor."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest

from firmware.handheld.commands import Home
from firmware.handheld.homing import Target, follower_of
from firmware.handheld.panel import Panel, PanelStyle
from firmware.handheld.render import render
from firmware.handheld.screen.views import HomingView
from firmware.i18n.catalog import LANGUAGES, Catalog, Language
from firmware.inspection.controller import InspectionController
from firmware.inspection.record_writer import Job
from firmware.inspection.state import InspectionState, Stage, WriterReply
from firmware.inspection.state_machine import InspectionMachine
from firmware.runtime.live_loop import run_live
from firmware.runtime.lockstep import run_lockstep
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.runtime.workers import WorkerPool
from firmware.sensor import Observation, Views
from firmware.verdict.commands import BeginInspection, EndInspection
from firmware.verdict.engine import (
    Engine,
    Finished,
    SensorFinished,
    SensorLost,
    SensorMissing,
    SensorStarted,
    Snapshot,
    Tick,
)
from hw.clock import ManualClock, SystemClock
from hw.errors import DeviceMissing
from hw.types import ButtonPress, Frame, SensorName
from lensdetect.model import LensView
from tests.firmware.handheld.screen.inspection_pages import PLAN
from tests.firmware.sensors import (
    S,
    ScriptedSensor,
    advertiser,
    emission,
    engine_for,
    glint,
    network,
    step,
    streamer,
)

STYLE = PanelStyle(lang="en", theme="dark", silent=True)
FRAME = Frame(seq=1, t_ns=0, exposure_us=None, led=None, pixels=np.zeros((240, 320), np.uint8))
SEEN = LensView(frame=FRAME, glints=(), reasons={}, guidance="go_on", coverage_map=np.zeros((1, 1), np.uint8))
THINGS: dict[str, Observation] = {
    "station": streamer("ca:fe"),
    "access point": network("fe:ed"),
    "ble": advertiser("be:ef"),
    "emission": emission("7", kind="analog-video-pal", score=0.99),
    "glint": glint(3, poses=11),
}
DEVICES = ("station", "access point", "ble")
SUMMARY = InspectionState(plans=(PLAN,), stage="summary", inspection_id="w")


def at(thing: Observation, t_s: float, *, louder_db: float = 0.0) -> Observation:
    """The same thing, heard again."""
    fields: dict[str, Any] = {"first_ns": 0, "last_ns": round(t_s * S)}
    if thing.sensor == "rf":
        fields["snr_db"] = 20.0 + louder_db
    elif thing.sensor != "lens":
        fields["rssi_dbm"] = -70.0 + louder_db
    return replace(thing, **fields)  # type: ignore[type-var]


def feed(engine: Engine, thing: Observation, t_s: float, *, louder_db: float = 0.0) -> None:
    heard = at(thing, t_s, louder_db=louder_db)
    lens = SEEN if thing.sensor == "lens" else None
    views = Views(lens=lens)
    engine.handle(step(thing.sensor, [heard], t_s=t_s, table=(heard,), views=views))
    engine.handle(Tick(t_ns=round(t_s * S)))


class Silent:
    """A writer of records that stores nothing and answers nothing."""

    def submit(self, job: Job) -> None:
        pass

    def take(self) -> Sequence[WriterReply]:
        return ()


def panel_at(stage: Stage | None, elsewhere: list[ButtonPress] | None = None) -> Panel:
    controller = None
    if stage is not None:
        state = replace(SUMMARY, stage=stage)
        controller = InspectionController(InspectionMachine({}), state, Silent())
    poll = None if elsewhere is None else lambda: (elsewhere.pop(0),) if elsewhere else ()
    return Panel(STYLE, until_s=None, simulated=True, controller=controller, also_poll=poll)


Button = Literal["up", "down", "ok", "back"]
TO_FINDING: tuple[Button, ...] = ("ok", "ok")
TO_DEVICE: tuple[Button, ...] = ("down", "down", "ok", "ok")
# By name: the stage of an inspection, whether the scan has ended, the presses, and who presses them.
WAYS: dict[str, tuple[Stage | None, bool, tuple[Button, ...], str]] = {
    "alarm page": (None, False, TO_FINDING, "buttons"),
    "device page": (None, False, TO_DEVICE, "buttons"),
    "alarm page of a finished scan": (None, True, TO_FINDING, "buttons"),
    "device page of a finished scan": (None, True, TO_DEVICE, "buttons"),
    "result of the guided scan": ("result", True, ("back", *TO_FINDING), "buttons"),
    "result of the guided scan, by its list": ("result", True, ("back", *TO_DEVICE), "buttons"),
    "guided scan": ("personal", False, ("back", *TO_FINDING), "buttons"),
    "cubicle": ("cubicle", False, ("back", *TO_FINDING), "buttons"),
    "cubicle, by its list": ("cubicle", False, ("back", *TO_DEVICE), "buttons"),
    "summary of an inspection": ("summary", True, ("back", "down", "down", "ok", *TO_FINDING), "buttons"),
    "browser": (None, True, TO_FINDING, "browser"),
    "command": (None, True, (), "command"),
}


def arrive(way: str, engine: Engine, thing: Observation) -> Panel:
    """Go to the homing page of a thing in that way."""
    stage, over, presses, who = WAYS[way]
    elsewhere: list[ButtonPress] = []
    panel = panel_at(stage, elsewhere if who == "browser" else None)
    feed(engine, thing, 30.0)
    if over:
        engine.obey(EndInspection(t_ns=30 * S))
        engine.handle(Tick(t_ns=30 * S))  # gives out the end as it was
    panel.watch(engine.snapshot())
    for press in (ButtonPress(t_ns=30 * S, button=button) for button in presses):
        if who == "browser":
            elsewhere.append(press)
            panel.poll()
        else:
            panel.press(press)
        panel.watch(engine.snapshot())
    if who == "command":
        panel.obey(Home(subject=thing.subject))
    return panel


def shown(panel: Panel, engine: Engine) -> HomingView:
    panel.stale = True
    panel.watch(engine.snapshot())
    assert panel.shown is not None
    assert panel.shown.homing is not None
    return panel.shown.homing


def words(view: HomingView, lang: Language = "en") -> str:
    catalog = Catalog(lang)
    return " ".join(catalog.say(one) for one in view.notices)


CASES = [
    pytest.param(way, kind, id=f"{way}: {kind}")
    for way in WAYS
    for kind in THINGS
    if kind in DEVICES or ("device page" not in way and "list" not in way)
]


@pytest.mark.parametrize(("way", "kind"), CASES)
def test_every_way_to_everything_shows_what_is_heard_after_it_was_chosen(way: str, kind: str) -> None:
    engine, thing = engine_for(), THINGS[kind]
    panel = arrive(way, engine, thing)
    if WAYS[way][3] != "command":
        assert panel.shown is not None
        assert panel.shown.page == "homing"
    for n in range(1, 25):
        feed(engine, thing, 30.0 + n, louder_db=float(n))
        view = shown(panel, engine)
    if kind == "glint":
        assert [n.key for n in view.notices] == ["where.lens"]
        assert view.level is None
        return
    assert view.trend == "warmer"
    assert view.unit == ("db" if kind == "emission" else "dbm")
    loudest = 44.0 if kind == "emission" else -46.0
    assert view.level is not None
    assert loudest - 4.0 < view.level <= loudest


def _away(sensor: SensorName) -> list[Any]:
    return [SensorLost(sensor=sensor, t_ns=31 * S, reason="unplugged")]


TROUBLES: dict[str, tuple[Callable[[SensorName], list[Any]], tuple[str, ...]]] = {
    "finished": (lambda n: [SensorFinished(sensor=n, t_ns=31 * S)], ("homing.over",)),
    "closed": (lambda _: [Finished(t_ns=31 * S)], ("homing.over",)),
    "unplugged": (_away, ("homing.away", "hint.unplugged")),
    "failed": (
        lambda n: [SensorLost(sensor=n, t_ns=31 * S, reason="status.crashed")],
        ("homing.away", "status.crashed"),
    ),
    "not opened again": (
        lambda n: [*_away(n), SensorMissing(sensor=n, t_ns=32 * S, reason="busy")],
        ("homing.away", "hint.busy"),
    ),
    "hung": (lambda _: [], ("homing.away", "status.stalled")),
}


@pytest.mark.parametrize(("way", "kind"), CASES)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_sensor_that_does_not_work_is_named_with_what_to_do(way: str, kind: str, trouble: str) -> None:
    engine, thing = engine_for(), THINGS[kind]
    panel = arrive(way, engine, thing)
    events, keys = TROUBLES[trouble]
    for event in events(thing.sensor):
        engine.handle(event)
    engine.handle(Tick(t_ns=60 * S))
    view = shown(panel, engine)
    assert tuple(n.key for n in view.notices) == keys
    for lang in LANGUAGES:
        assert all(one.key in Catalog(lang) for one in view.notices)


@pytest.mark.parametrize("kind", THINGS)
def test_what_comes_back_is_followed_again_without_a_press(kind: str) -> None:
    engine, thing = engine_for(), THINGS[kind]
    panel = arrive("alarm page of a finished scan", engine, thing)
    engine.handle(SensorLost(sensor=thing.sensor, t_ns=31 * S, reason="unplugged"))
    engine.handle(Tick(t_ns=40 * S))
    assert "homing.away" in {n.key for n in shown(panel, engine).notices}
    for n in range(3):
        feed(engine, thing, 50.0 + n)
        view = shown(panel, engine)
    assert not {"homing.away", "homing.not_heard", "where.lens.lost"} & {n.key for n in view.notices}
    assert kind == "glint" or view.level is not None


@pytest.mark.parametrize("kind", ["emission", "glint"])
def test_a_number_of_the_place_before_is_not_followed_into_the_next(kind: str) -> None:
    engine, thing = engine_for(), THINGS[kind]
    panel = arrive("alarm page of a finished scan", engine, thing)
    engine.obey(BeginInspection(t_ns=31 * S))
    engine.handle(SensorStarted(sensor=thing.sensor, t_ns=31 * S))
    feed(engine, thing, 32.0)
    view = shown(panel, engine)
    assert [n.key for n in view.notices] == ["homing.chosen_before"]
    panel.obey(Home(subject=thing.subject))
    assert "homing.chosen_before" not in {n.key for n in shown(panel, engine).notices}


def test_a_device_that_fell_silent_is_said_and_an_old_level_is_no_live_one() -> None:
    engine, thing = engine_for(), THINGS["station"]
    panel = arrive("alarm page of a finished scan", engine, thing)
    stale = (at(thing, 30.0),)
    for n in range(20, 30):
        engine.handle(step("wifi", [], t_s=30.0 + n, table=stale))
        engine.handle(Tick(t_ns=round((30.0 + n) * S)))
        view = shown(panel, engine)
    assert (view.trend, [n.key for n in view.notices]) == ("lost", ["homing.not_heard"])
    late = Panel(STYLE, until_s=None, simulated=True)
    late.watch(engine.snapshot())
    late.obey(Home(subject=thing.subject))
    assert (shown(late, engine).level, shown(late, engine).trend) == (None, "searching")


def test_two_devices_of_one_name_are_told_apart() -> None:
    engine = engine_for()
    loud, quiet = (replace(streamer(mac), vendor="Same") for mac in ("ca:fe", "ca:ff"))
    engine.handle(step("wifi", [loud, quiet], t_s=30.0, table=(loud, quiet)))
    engine.handle(Tick(t_ns=30 * S))
    panel = Panel(STYLE, until_s=None, simulated=True)
    followed = []
    for row in (0, 1):
        panel = Panel(STYLE, until_s=None, simulated=True)
        panel.watch(engine.snapshot())
        for button in ("ok", *["down"] * row, "ok"):
            panel.press(ButtonPress(t_ns=0, button=button))  # type: ignore[arg-type]
            panel.watch(engine.snapshot())
        assert panel._follower is not None
        followed.append(panel._follower.target.subject)
    assert len(set(followed)) == 2


def test_leaving_homing_leaves_the_ended_place_as_it_was() -> None:
    engine, thing = engine_for(), THINGS["station"]
    panel = arrive("result of the guided scan", engine, thing)
    before = engine.snapshot()
    for n in range(1, 20):
        feed(engine, thing, 30.0 + n, louder_db=float(n))
        shown(panel, engine)
    for _ in range(3):
        assert panel.press(ButtonPress(t_ns=50 * S, button="back")) == ()
    after = engine.snapshot()
    kept = ("verdict", "sensors", "findings", "minimum", "elapsed_s", "inspection", "phase", "place")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.coverages == before.coverages
    assert panel.shown is not None
    assert panel.obey(Home(subject=None)) == ()
    panel.stale = True
    panel.watch(after)
    assert panel.shown.homing is None


def test_a_subject_that_nobody_has_heard_has_no_page_of_its_own() -> None:
    assert follower_of(engine_for().snapshot(), "no:such") is None
    assert follower_of(engine_for().snapshot(), None) is None


# ------------------------------------------------------------------ with sensors that run


class Heard(ScriptedSensor):
    """A scripted sensor whose thing is heard anew with every step."""

    def step(self) -> Sequence[Observation]:
        now_s = self.clock.now_ns() / S
        if self.lost_from_s <= now_s < self.lost_until_s:
            self.clock.sleep_until(self.clock.now_ns() + S // 4)  # time goes on without it
        super().step()
        self.seen = tuple(at(one, self.clock.now_ns() / S) for one in self.seen)
        return self.seen


class Looking(Heard):
    """The same with a camera's picture."""

    def view(self) -> LensView:
        return SEEN


def heard(thing: Observation, **more: Any) -> Heard:
    """Return a sensor that hears, or sees, this thing."""
    kind = Looking if thing.sensor == "lens" else Heard
    return kind(name=thing.sensor, seen=(thing,), **more)


RUNS: dict[str, tuple[dict[str, float], str]] = {
    "goes on": ({}, ""),
    "unplugged": ({"lost_from_s": 2.0}, "homing.away"),
    "finished": ({"ends_at_s": 2.0}, "homing.over"),
    "unplugged and back": ({"lost_from_s": 2.0, "lost_until_s": 4.0}, ""),
}


def home_at(panel: Panel, thing: Observation, views: list[HomingView]) -> Callable[[Snapshot], bool]:
    """Return an observer that chooses the thing as soon as it is there, and notes what the page shows."""

    def watch(snapshot: Snapshot) -> bool:
        panel.stale = True
        panel.watch(snapshot)
        if panel.shown is not None and panel.shown.homing is None:
            panel.obey(Home(subject=thing.subject))
        elif (
            panel.shown is not None
            and panel.shown.homing is not None
            and snapshot.at_work["ble"].state != "over"
        ):
            views.append(panel.shown.homing)
        return False

    return watch


def end_once() -> Callable[[], tuple[EndInspection, ...]]:
    due = [EndInspection()]
    return lambda: (due.pop(),) if due else ()


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("kind", ["station", "access point", "emission", "glint"])
def test_in_lockstep_a_finished_inspection_is_homed_from(run: str, kind: str) -> None:
    thing, (script, key) = THINGS[kind], RUNS[run]
    names: tuple[SensorName, ...] = (thing.sensor, "ble")
    sensors = {
        thing.sensor: heard(thing, **script),
        "ble": ScriptedSensor(name="ble"),
    }
    views: list[HomingView] = []
    panel = Panel(STYLE, until_s=None, simulated=True)
    run_lockstep(
        {n: SensorSnapshot(sensors[n], clock=sensors[n].clock) for n in names},
        engine_for(*names),
        clocks={n: sensors[n].clock for n in names},
        until_s=9.0,
        on_progress=home_at(panel, thing, views),
        poll=end_once(),
    )
    assert_last(views, key, kind)


@pytest.mark.parametrize("run", [*RUNS, "never started"])
@pytest.mark.parametrize("kind", ["station", "glint"])
def test_with_threads_a_finished_inspection_is_homed_from(run: str, kind: str) -> None:
    thing = THINGS[kind]
    script, key = RUNS.get(run, ({}, "homing.away"))
    clock = SystemClock()
    made: list[Heard] = []

    def opened() -> SensorSnapshot:
        made.append(heard(thing, clock=_Paced(), **script))
        if run == "never started":
            raise DeviceMissing("no such device")
        return SensorSnapshot(made[-1], clock=made[-1].clock)

    engine = engine_for(thing.sensor, "ble", stall_s=60.0)
    feed(engine, thing, 0.0)  # heard before, so that there is something to choose
    engine.obey(EndInspection())
    pool = WorkerPool(
        {thing.sensor: opened, "ble": lambda: ScriptedSensor(name="ble", clock=_Paced())},
        clock=clock, inbox_length=64, stop_wait_s=20.0, back_off_s=(0.01,),
        reopeners={thing.sensor: lambda: None},
    )  # fmt: skip
    views: list[HomingView] = []
    panel = Panel(STYLE, until_s=None, simulated=True)
    choose = home_at(panel, thing, views)

    def until_told(snapshot: Snapshot) -> bool:
        choose(snapshot)
        settled = bool(key) or (bool(made) and made[-1].clock.now_ns() > 5 * S)
        return settled and bool(views) and is_last(views[-1], key, kind)

    with pool:
        run_live(pool, engine, clock=clock, until_s=20.0, tick_s=0.02, on_progress=until_told)
    assert_last(views, key, kind)


class _Paced(ManualClock):
    """A clock of a sensor that waits a little where it sleeps: the threads get their turns."""

    def sleep_until(self, t_ns: int) -> None:
        time.sleep(0.002)
        super().sleep_until(t_ns)


def is_last(view: HomingView, key: str, kind: str) -> bool:
    keys = {n.key for n in view.notices}
    if key:
        return key in keys
    quiet = not keys & {"homing.away", "homing.over", "homing.not_heard", "where.lens.lost"}
    return quiet and (kind == "glint" or view.level is not None)


def assert_last(views: list[HomingView], key: str, kind: str) -> None:
    assert views
    assert is_last(views[-1], key, kind), views[-1]


# ------------------------------------------------------------------ pictures


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", THINGS)
def test_the_page_is_drawn_with_its_notice_on_every_panel(lang: Language, trouble: str, kind: str) -> None:
    engine, thing = engine_for(), THINGS[kind]
    panel = arrive("alarm page", engine, thing)
    panel.look = replace(panel.look, lang=lang)
    for event in TROUBLES[trouble][0](thing.sensor):
        engine.handle(event)
    engine.handle(Tick(t_ns=60 * S))
    state = panel.state(engine.snapshot())
    assert state.homing is not None
    bare = replace(state, homing=replace(state.homing, notices=()))
    for size, mode in (((320, 240), "RGB"), ((240, 240), "RGB"), ((128, 64), "1")):
        said, unsaid = (render(s, size=size, mode=mode).tobytes() for s in (state, bare))  # type: ignore[arg-type]
        assert said != unsaid


def test_a_target_says_of_which_start_its_number_is() -> None:
    engine, thing = engine_for(), THINGS["emission"]
    engine.handle(SensorStarted(sensor="rf", t_ns=0))
    feed(engine, thing, 1.0)
    follower = follower_of(engine.snapshot(), thing.subject)
    assert follower is not None
    assert follower.target == Target(sensor="rf", subject="rf:7", name="1160.0 MHz", starts=1)
