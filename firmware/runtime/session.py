"""One inspection from a command: opens the kit, runs the senses, hands back everything they said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firmware.handheld.panel import Panel
from firmware.runtime.factory import OpenRun, OpenSensor, RenewSensor, open_sensors
from firmware.runtime.live_loop import run_live
from firmware.runtime.lockstep import run_lockstep
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.runtime.workers import WorkerPool
from firmware.sensor import Observation, Sensor
from firmware.settings.settings import Settings
from firmware.verdict.engine import Engine, Snapshot
from firmware.verdict.sensor_state import Recognise
from hw.kit import parse_spec
from hw.protocols import Clock
from hw.sim.scene import Scene, load_scene
from hw.types import SENSOR_NAMES, ButtonPress, Counts, Coverage, SensorName
from lensdetect.model import LensView
from wifiscan.scanner import WifiScanner
from wifiscan.vendors import format_mac

LIVE_SCAN_S = 60.0  # a scan of real devices ends by itself after this

OnProgress = Callable[[Snapshot], bool]
After = Callable[[Mapping[SensorName, Sensor]], None]  # the senses themselves, when they have stopped
Watch = Callable[[Snapshot, Mapping[SensorName, SensorSnapshot]], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableLink:
    """A device that is answered again and again, but whose own frames this adapter cannot decode."""

    mac: str
    answers: int

    def as_json(self) -> dict[str, object]:
        """Return the ``unreadable_link`` line."""
        return {"type": "unreadable_link", "mac": self.mac, "answers": self.answers}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one inspection left: the last snapshot, and the tables of every sense."""

    snapshot: Snapshot
    observations: tuple[Observation, ...]
    counts: tuple[Counts, ...]
    coverages: tuple[Coverage, ...] = ()
    unreadable: tuple[UnreadableLink, ...] = ()
    eye: LensView | None = None  # what the lens sense saw last; shown, never stored unless asked
    stopped: bool = False  # by Ctrl-C, before its time


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
    panel: Panel | None = None,
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
            stop = watch is not None and watch(snapshot, sensors) is True
            if panel is not None:
                panel.watch(snapshot, sensors)
            return stop or asked.is_set()

        length_s = session_length_s(spec, until_s)
        engine = run.engine(settings, recognise)
        if live:
            poll = None if panel is None else panel.poll
            snapshot = _run_live(run, engine, settings, sensors, length_s, on_progress, poll)
        else:
            snapshot = _run_in_turns(run, engine, settings, sensors, length_s, on_progress, panel)
        if after is not None:
            after({name: published.sense for name, published in sensors.items()})
        ordered = [sensors[name] for name in SENSOR_NAMES if name in sensors]
        return Outcome(
            snapshot=snapshot,
            observations=tuple(o for sensor in ordered for o in sensor.observations()),
            counts=tuple(sensor.counts() for sensor in ordered),
            unreadable=_unreadable(sensors.get("wifi")),
            coverages=tuple(sensor.coverage() for sensor in ordered),
            eye=sensors["lens"].eye if "lens" in sensors else None,
            stopped=asked.is_set(),
        )


def _unreadable(wifi: SensorSnapshot | None) -> tuple[UnreadableLink, ...]:
    if wifi is None or not isinstance(wifi.sense, WifiScanner):
        return ()
    return tuple(UnreadableLink(mac=format_mac(u.mac), answers=u.answers) for u in wifi.sense.unreadable())


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
    panel: Panel | None,
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
        poll_buttons=None if panel is None else panel.poll,
        renew=renew,
    )


def _run_live(
    run: OpenRun,
    engine: Engine,
    settings: Settings,
    sensors: dict[SensorName, SensorSnapshot],
    until_s: float | None,
    on_progress: OnProgress,
    poll_buttons: Callable[[], Sequence[ButtonPress]] | None,
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
            poll_buttons=poll_buttons,
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
