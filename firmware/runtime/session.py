"""One inspection from a command: opens the kit, runs the senses, hands back everything they said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from firmware.runtime.controls import PollCommands
from firmware.runtime.factory import OpenRun, OpenSensor, RenewSensor, open_sensors
from firmware.runtime.live_loop import run_live
from firmware.runtime.lockstep import run_lockstep
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.runtime.workers import WorkerPool
from firmware.sensor import Observation, Sensor
from firmware.settings.settings import Settings
from firmware.verdict.commands import EngineCommand
from firmware.verdict.engine import Engine, Snapshot
from firmware.verdict.sensor_state import Recognise
from hw.kit import Kit, parse_spec
from hw.protocols import Clock
from hw.sim.scene import Scene, load_scene
from hw.types import Counts, Coverage, SensorName

LIVE_SCAN_S = 60.0  # a scan of real devices ends by itself after this

OnProgress = Callable[[Snapshot], bool]
After = Callable[[Mapping[SensorName, Sensor]], None]  # the sensors themselves, when they have stopped
Watch = Callable[[Snapshot], bool | None]


class Handheld(Protocol):
    """What shows a run and takes commands; the panel does."""

    def attach(self, kit: Kit) -> None:
        """Take the screen and the buttons of a kit."""

    def poll(self) -> Sequence[EngineCommand]:
        """Return the commands for the engine since the last time."""

    def watch(self, snapshot: Snapshot) -> object:
        """Show this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one inspection left: the last snapshot has everything in it."""

    snapshot: Snapshot
    stopped: bool = False  # by Ctrl-C, before its time

    @property
    def observations(self) -> tuple[Observation, ...]:
        """The tables of all sensors."""
        return self.snapshot.observations

    @property
    def counts(self) -> tuple[Counts, ...]:
        """What each sensor has read and left out."""
        return self.snapshot.counts

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """What each sensor says itself about what it has covered."""
        return self.snapshot.coverages


def scene_of(spec: str) -> Scene | None:
    """Return the simulated room behind a kit, None for anything real or recorded."""
    backend, target = parse_spec(spec)
    return load_scene(target) if backend == "sim" else None


def session_length_s(spec: str, asked_s: float | None) -> float | None:
    """Return when to stop: as asked, or with the scene, or after a minute; a recording ends by itself."""
    if asked_s is not None:
        return asked_s
    scene = scene_of(spec)
    if scene is not None:
        return scene.duration_s
    return None if parse_spec(spec)[0] == "replay" else LIVE_SCAN_S


def inspect(
    spec: str,
    settings: Settings,
    *,
    only: set[SensorName] | None = None,
    until_s: float | None = None,
    record_to: Path | None = None,
    watch: Watch | None = None,
    panel: Handheld | None = None,
    live: bool | None = None,
    after: After | None = None,
    recognise: Recognise | None = None,
) -> Outcome:
    """Run one inspection to its end; Ctrl-C ends it early and keeps what was found.

    Real devices run live, a thread a sense. Recordings and simulated rooms take turns under manual clocks,
    as fast as they can, and give the same bytes every time; ``live`` overrides that choice.
    """
    backend = parse_spec(spec)[0]
    live = backend == "pi" if live is None else live
    patient = panel is not None and live and backend != "replay"  # what a recording lacks never comes
    with (
        open_sensors(spec, settings, live=live, only=only, record_to=record_to, patient=patient) as run,
        _asked_to_stop() as asked,
    ):
        sensors = {n: SensorSnapshot(s, clock=run.clocks[n]) for n, s in run.sensors.items()}
        if panel is not None:
            panel.attach(run.kit)

        def on_progress(snapshot: Snapshot) -> bool:
            stop = watch is not None and watch(snapshot) is True
            if panel is not None:
                panel.watch(snapshot)
            return stop or asked.is_set()

        length_s = session_length_s(spec, until_s)
        engine = run.engine(settings, recognise)
        go = _run_live if live else _run_in_turns
        poll = None if panel is None else panel.poll
        snapshot = go(run, engine, settings, sensors, length_s, on_progress, poll)
        if after is not None:
            after({name: published.sensor for name, published in sensors.items()})
        return Outcome(snapshot=snapshot, stopped=asked.is_set())


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Turn Ctrl-C, or the service manager's SIGTERM, into a wish that the loop grants at its next turn.

    A second Ctrl-C interrupts at once.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    def ask(_signal: int, _frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run_in_turns(
    run: OpenRun,
    engine: Engine,
    settings: Settings,
    sensors: dict[SensorName, SensorSnapshot],
    until_s: float | None,
    on_progress: OnProgress,
    poll: PollCommands | None,
) -> Snapshot:
    def go_on(snapshot: Snapshot) -> bool:
        run.panel_clock.sleep_until(snapshot.t_ns)
        return on_progress(snapshot)

    def renew(name: SensorName, place: int) -> Sensor:
        sensors[name] = SensorSnapshot(run.renewers[name](place), clock=run.clocks[name])
        return sensors[name]

    return run_lockstep(
        sensors,
        engine,
        clocks=run.clocks,
        until_s=until_s,
        tick_s=settings.engine.judge_every_s,
        on_progress=go_on,
        poll=poll,
        renew=renew,
    )


def _run_live(
    run: OpenRun,
    engine: Engine,
    settings: Settings,
    sensors: dict[SensorName, SensorSnapshot],
    until_s: float | None,
    on_progress: OnProgress,
    poll: PollCommands | None,
) -> Snapshot:
    openers = {n: _published(n, opener, sensors, run.clocks[n]) for n, opener in run.openers.items()}
    renewers = {n: _republished(n, renew, sensors, run.clocks[n]) for n, renew in run.renewers.items()}
    config = settings.engine
    with WorkerPool(
        openers,
        clock=run.panel_clock,
        inbox_length=config.inbox_length,
        stop_wait_s=config.stop_wait_s,
        renewers=renewers,
    ) as crew:
        return run_live(
            crew,
            engine,
            clock=run.panel_clock,
            until_s=until_s,
            tick_s=config.judge_every_s,
            poll=poll,
            on_progress=on_progress,
        )


def _published(
    name: SensorName, opener: OpenSensor, sensors: dict[SensorName, SensorSnapshot], clock: Clock
) -> OpenSensor:
    """Keep track of the sense that is open now: after a lost device, a new one stands in its place."""

    def open_sensor() -> Sensor:
        sensors[name] = SensorSnapshot(opener(), clock=clock)
        return sensors[name]

    return open_sensor


def _republished(
    name: SensorName, renew: RenewSensor, sensors: dict[SensorName, SensorSnapshot], clock: Clock
) -> RenewSensor:
    """Keep track of the sense that is made anew for the next place."""

    def renew_sensor(place: int) -> Sensor:
        sensors[name] = SensorSnapshot(renew(place), clock=clock)
        return sensors[name]

    return renew_sensor
