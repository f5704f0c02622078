"""The pure state machine: events in, an immutable snapshot out. No clock, no thread, no device.

::

    sense     starting ──step──► running ──ended──► finished
                 │                │  ▲
                 └──lost──► lost ◄┘  └─ step, started (it is back)          missing ──started──► starting
    session   scanning ──Finished, back held──► finished ──ok held──► scanning (a new inspection)

Time comes with the events. The verdict is made on `Tick`, so that the same events give the same snapshots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from firmware.sensor import Observation
from firmware.settings.sections import EngineConfig
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.fusion import Verdict
from firmware.verdict.judge import Judge
from firmware.verdict.sensor_state import Recognise, SensorPhase, SensorState
from hw.types import SENSOR_NAMES, ButtonPress, Counts, Coverage, DeviceHealth, SensorName

Phase = Literal["scanning", "finished"]
NS_PER_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorStarted:
    """A sense was opened, or opened again: what it calls number 1 is not what it called so before."""

    sensor: SensorName
    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """One step of a sense: what changed (``whole``: the full table), how much it covers, how it is."""

    sensor: SensorName
    t_ns: int
    observations: Sequence[Observation]
    coverage: Coverage
    counts: Counts
    health: DeviceHealth
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorLost:
    """Its device is gone, or it crashed: it will be tried again."""

    sensor: SensorName
    t_ns: int
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFinished:
    """Its recording is over."""

    sensor: SensorName
    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorMissing:
    """It could not be opened at all."""

    sensor: SensorName
    reason: str
    hint: str = ""
    t_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time went on."""

    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button was pressed."""

    press: ButtonPress

    @property
    def t_ns(self) -> int:
        """When, in ns."""
        return self.press.t_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewing:
    """Every sense is made anew for another place: what an old one still says is not of this place."""

    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The session is over: time is up, or every recording has ended."""

    t_ns: int


SensorEvent = SensorStarted | StepDone | SensorLost | SensorFinished | SensorMissing
Event = SensorEvent | Tick | Button | Renewing | Finished

PHASES: Mapping[tuple[Phase, str], Phase] = {
    ("scanning", "finish"): "finished",
    ("finished", "again"): "scanning",
}
HELD_BUTTONS: Mapping[str, str] = {"back": "finish", "ok": "again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorStatus:
    """How one sense is. ``reason`` is a message key or a word of `hw.errors.Reason`, ``hint`` is English."""

    name: SensorName
    state: SensorPhase
    coverage: float | None
    reason: str = ""
    hint: str = ""
    counts: Counts | None = None
    numbers: Mapping[str, float] | None = None
    look: Coverage | None = None  # in parts, as the sense itself says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a screen shows at one moment. ``findings`` come strongest first."""

    t_ns: int
    elapsed_s: float
    phase: Phase
    inspection: int  # counts up with every new inspection
    verdict: Verdict
    sensors: tuple[SensorStatus, ...]
    findings: tuple[Evidence, ...]


class Engine:
    """Feeds events to the senses' lanes and has them judged. Its memory is bounded by its configuration."""

    def __init__(
        self,
        *,
        judge: Judge,
        config: EngineConfig,
        sensors: Iterable[SensorName],
        t_ns: int = 0,
        recognise: Recognise | None = None,
    ) -> None:
        self._judge = judge
        self._config = config
        expected = frozenset(sensors)
        self._lanes = {name: SensorState(name, config, judge.table, recognise) for name in SENSOR_NAMES}
        for name in SENSOR_NAMES:
            if name not in expected:
                self._lanes[name].miss("", "")
        self._phase: Phase = "scanning"
        self._inspection = 1
        self._start_ns = self._t_ns = t_ns
        self._snapshot = self._look()

    def handle(self, event: Event) -> None:
        """Take in one event.

        Time goes on with ticks, buttons and the end; it never runs back. The senses' own events may run
        ahead of it, each by a step of its own length.
        """
        match event:
            case Tick():
                self._go_on(event.t_ns)
                self._tick()
            case Button():
                self._go_on(event.t_ns)
                self._press(event.press)
            case Renewing():
                for lane in self._lanes.values():
                    lane.renew()
            case Finished():
                self._go_on(event.t_ns)
                self._move("finish")
            case _:
                if self._phase == "scanning":
                    self._feed(event)

    def _go_on(self, t_ns: int) -> None:
        self._t_ns = max(self._t_ns, t_ns)

    @property
    def inspection(self) -> int:
        """The number of the inspection that runs; counts up with every new one."""
        return self._inspection

    def snapshot(self) -> Snapshot:
        """Return how things stood at the last `Tick` or end."""
        return self._snapshot

    def _feed(self, event: SensorEvent) -> None:
        lane = self._lanes[event.sensor]
        match event:
            case StepDone():
                lane.step(
                    event.observations,
                    t_ns=event.t_ns,
                    coverage=event.coverage,
                    counts=event.counts,
                    health=event.health,
                    whole=event.whole,
                )
            case SensorStarted():
                lane.start(event.t_ns)
            case SensorLost():
                lane.lose(event.reason, event.hint, event.t_ns)
            case SensorFinished():
                lane.finish(event.t_ns)
            case SensorMissing():
                lane.miss(event.reason, event.hint)

    def _tick(self) -> None:
        if self._phase == "scanning":
            for lane in self._lanes.values():
                lane.watch(self._t_ns)
            self._snapshot = self._look()

    def _press(self, press: ButtonPress) -> None:
        if press.long and press.button in HELD_BUTTONS:
            self._move(HELD_BUTTONS[press.button])

    def _move(self, word: str) -> None:
        phase = PHASES.get((self._phase, word))
        if phase is None:
            return
        if phase == "finished":
            for lane in self._lanes.values():
                lane.close(self._t_ns)
        else:
            self._inspection += 1
            self._start_ns = self._t_ns
            self._judge = self._judge.afresh()
            for lane in self._lanes.values():
                lane.clear(self._t_ns)
        self._phase = phase
        self._snapshot = self._look()

    def _look(self) -> Snapshot:
        lanes = self._lanes.values()
        running = [lane.name for lane in lanes if lane.state in {"starting", "running"}]
        reports = [lane.report(self._t_ns) for lane in lanes]
        verdict = self._judge.judge(
            reports, t_ns=self._t_ns, running=running if self._phase == "scanning" else ()
        )
        return Snapshot(
            t_ns=self._t_ns,
            elapsed_s=(self._t_ns - self._start_ns) / NS_PER_S,
            phase=self._phase,
            inspection=self._inspection,
            verdict=verdict,
            sensors=tuple(self._status(lane, verdict) for lane in lanes),
            findings=self._findings(),
        )

    def _status(self, lane: SensorState, verdict: Verdict) -> SensorStatus:
        reason, hint = lane.trouble()
        return SensorStatus(
            name=lane.name,
            state=lane.state,
            coverage=verdict.coverage[lane.name],
            reason=reason,
            hint=hint,
            counts=lane.counts,
            numbers=None if lane.health is None else lane.health.numbers,
            look=lane.look,
        )

    def _findings(self) -> tuple[Evidence, ...]:
        strongest = [e for lane in self._lanes.values() for e in lane.strongest() if e.log_lr > 0]
        strongest.sort(key=lambda e: (-e.log_lr, SENSOR_NAMES.index(e.sensor), e.subject, e.reason))
        return tuple(strongest[: self._config.findings_shown])
