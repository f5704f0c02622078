"""Runs one inspection for a command: opens the kit, runs the sensors, returns everything they reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from firmware.runtime.controls import PollCommands
from firmware.runtime.factory import OpenRun, OpenSensor, RenewSensor, open_sensors
from firmware.runtime.interruption import asked_to_stop
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
from hw.sim.scene import Scene, load_scene
from hw.types import Counts, Coverage, SensorName

LIVE_SCAN_S = 60.0  # a scan of real devices ends by itself after this

OnProgress = Callable[[Snapshot], bool]
After = Callable[[Mapping[SensorName, Sensor], Snapshot], None]  # the stopped sensors, the last snapshot
Watch = Callable[[Snapshot], bool | None]


class Handheld(Protocol):
    """Interface of the panel that shows a run and takes commands."""

    def attach(self, kit: Kit) -> None:
        """Take the screen and the buttons of a kit."""

    def poll(self) -> Sequence[EngineCommand]:
        """Return the commands for the engine since the last time."""

    def watch(self, snapshot: Snapshot) -> object:
        """Show a snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one inspection; the last snapshot holds everything."""

    snapshot: Snapshot
    stopped: bool = False  # by Ctrl-C or SIGTERM, before its time

    @property
    def observations(self) -> tuple[Observation, ...]:
        """The observations of all sensors."""
        return self.snapshot.observations

    @property
    def counts(self) -> tuple[Counts, ...]:
        """The readings that each sensor took and left out."""
        return self.snapshot.counts

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """The coverage that each sensor reports."""
        return self.snapshot.coverages


def scene_of(spec: str) -> Scene | None:
    """Return the simulated room behind a kit, None for anything real or recorded."""
    backend, target = parse_spec(spec)
    return load_scene(target) if backend == "sim" else None


def session_length_s(spec: str, asked_s: float | None) -> float | None:
    """Return the length of a run: as asked for, as long as the scene, or a minute live.

    Parameters
    ----------
    spec : str
        The kit.
    asked_s : float or None
        Length that was asked for, in s; None where none was.

    Returns
    -------
    float or None
        In s; None for a recording, which ends by itself.

    Raises
    ------
    BadKit
        There is no such kit or scene.
    """
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
    read_tables: bool = True,
) -> Outcome:
    """Run one inspection to its end; Ctrl-C ends it early and keeps what was found.

    Real devices run live, a thread for each sensor. Recordings and simulated rooms take turns under manual
    clocks, as fast as they can, and give the same bytes every time; ``live`` overrides that choice.

    Parameters
    ----------
    spec : str
        The kit: ``auto``, ``pi``, ``replay:PATH`` or ``sim:SCENE``.
    settings : Settings
        All settings.
    only : set of sensor names, optional
        Open no others.
    until_s : float, optional
        Length of the run in s; by default that of `session_length_s`.
    record_to : Path, optional
        Folder in which the run is recorded as a session.
    watch : callable, optional
        Called with every snapshot; returning True ends the run.
    panel : Handheld, optional
        Shows the run and gives commands.
    live : bool, optional
        True runs a thread for each sensor, False lets them take turns.
    after : callable, optional
        Called with the stopped sensors and the last snapshot.
    recognise : Recognise, optional
        Tells the engine which devices are known.
    read_tables : bool
        False where ``watch`` reads no tables: sensors that take turns then copy theirs less often.

    Returns
    -------
    Outcome
        The last snapshot, and whether the run was stopped before its time.

    Raises
    ------
    BadKit, BadRecording
        The kit or recording does not exist or is not what it says.
    NoSensors
        None of the sensors asked for could be opened.
    """
    backend = parse_spec(spec)[0]
    live = backend == "pi" if live is None else live
    open_later = panel is not None and live and backend != "replay"  # what a recording lacks never comes
    with (
        asked_to_stop() as asked,
        open_sensors(spec, settings, live=live, only=only, record_to=record_to, open_later=open_later) as run,
    ):
        sensors = {n: _wrapped(run, n, s) for n, s in run.sensors.items()}
        if panel is not None:
            panel.attach(run.kit)

        def on_progress(snapshot: Snapshot) -> bool:
            stop = watch is not None and watch(snapshot) is True
            if panel is not None:
                panel.watch(snapshot)
            return stop or asked.is_set()

        length_s = session_length_s(spec, until_s)
        engine = run.engine(settings, recognise)
        poll = None if panel is None else panel.poll
        if live:
            snapshot = _run_live(run, engine, settings, sensors, length_s, on_progress, poll)
        else:
            snapshot = _run_in_turns(
                run, engine, settings, sensors, length_s, on_progress, poll, read_tables=read_tables
            )
        if after is not None:
            after({name: published.sensor for name, published in sensors.items()}, snapshot)
        return Outcome(snapshot=snapshot, stopped=asked.is_set())


def _run_in_turns(
    run: OpenRun,
    engine: Engine,
    settings: Settings,
    sensors: dict[SensorName, SensorSnapshot],
    until_s: float | None,
    on_progress: OnProgress,
    poll: PollCommands | None,
    *,
    read_tables: bool,
) -> Snapshot:
    def go_on(snapshot: Snapshot) -> bool:
        run.panel_clock.sleep_until(snapshot.t_ns)
        return on_progress(snapshot)

    def renew(name: SensorName, place: int) -> Sensor:
        sensors[name] = _wrapped(run, name, run.renewers[name](place))
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
        skip_silence=poll is None,
        read_tables=read_tables,
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
    openers = {n: _published(run, n, opener, sensors) for n, opener in run.openers.items()}
    renewers = {n: _republished(run, n, renew, sensors) for n, renew in run.renewers.items()}
    config = settings.engine
    with WorkerPool(
        openers,
        clock=run.panel_clock,
        inbox_length=config.inbox_length,
        stop_wait_s=config.stop_wait_s,
        reopeners=run.reopeners,
        renewers=renewers,
    ) as pool:
        return run_live(
            pool,
            engine,
            clock=run.panel_clock,
            until_s=until_s,
            tick_s=config.judge_every_s,
            poll=poll,
            on_progress=on_progress,
        )


def _wrapped(run: OpenRun, name: SensorName, sensor: Sensor) -> SensorSnapshot:
    return SensorSnapshot(sensor, clock=run.clocks[name], devices=run.devices[name])


def _published(
    run: OpenRun, name: SensorName, opener: OpenSensor, sensors: dict[SensorName, SensorSnapshot]
) -> OpenSensor:
    """Keep track of the sensor that is open now: after a lost device, a new one takes its place."""

    def open_sensor() -> Sensor:
        sensors[name] = _wrapped(run, name, opener())
        return sensors[name]

    return open_sensor


def _republished(
    run: OpenRun, name: SensorName, renew: RenewSensor, sensors: dict[SensorName, SensorSnapshot]
) -> RenewSensor:
    """Keep track of the sensor that is made anew for the next place."""

    def renew_sensor(place: int) -> Sensor:
        sensors[name] = _wrapped(run, name, renew(place))
        return sensors[name]

    return renew_sensor
