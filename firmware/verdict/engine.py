"""The pure state machine of a session: takes events, gives immutable snapshots, opens no device.

::

    sensor    starting ──step──► running ──ended──► finished
                 │                │  ▲
                 └──lost──► lost ◄┘  └─ step, started (it is back)          missing ──started──► starting
    session   scanning ──Finished, EndInspection──► finished ──BeginInspection──► scanning (a new inspection)

Time comes with events and commands. The verdict is made on `Tick`: the same events, the same snapshots. It is
computed anew only where a report has changed since the last one (evidence, coverage, a fade) or the judge has
not settled (a level is held), so a tick through silence costs next to nothing.

After its end the verdict and the coverage stand; sensors that still run refresh their tables and views only,
for homing from the result page. The last snapshot of a session is the one of the end, tables included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from firmware.sensor import Observation, Views
from firmware.settings.sections import EngineConfig
from firmware.verdict.alarm_latch import AlarmLatch
from firmware.verdict.at_work import AtWork, AtWorkLog
from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand, Rescan, ResolveAlarm
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.fusion import SensorReport, without_idle_time
from firmware.verdict.judge import Judge
from firmware.verdict.minimum import Minimum
from firmware.verdict.model import Alarm, Verdict
from firmware.verdict.sensor_state import Recognise, SensorState, SensorStatus, strongest_findings, views_of
from firmware.verdict.whereabouts import Whereabouts
from hw.types import SENSOR_NAMES, Counts, Coverage, DeviceHealth, SensorName

Phase = Literal["scanning", "finished"]
NS_PER_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorStarted:
    """A sensor was opened, or opened again: it numbers its subjects anew."""

    sensor: SensorName
    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """One step of a sensor: the changed observations (``whole``: all of them), its coverage and its health.

    ``table`` and ``views`` are copies of all that it has to show; most steps come without.
    """

    sensor: SensorName
    t_ns: int
    observations: Sequence[Observation]
    coverage: Coverage
    counts: Counts
    health: DeviceHealth
    whole: bool = False
    table: tuple[Observation, ...] | None = None
    views: Views | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorLost:
    """The device of a sensor is gone, or the sensor crashed; it will be opened again."""

    sensor: SensorName
    t_ns: int
    reason: str
    hint: str = ""
    table: tuple[Observation, ...] | None = None  # what it had found until then, where it can still be read
    counts: Counts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorFinished:
    """The recording of a sensor is over."""

    sensor: SensorName
    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorMissing:
    """A sensor could not be opened at all."""

    sensor: SensorName
    reason: str
    hint: str = ""
    t_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has advanced to ``t_ns``."""

    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewing:
    """Every sensor is made anew for another place; steps of the old ones do not count for it."""

    t_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The session is over: time is up, or every recording has ended."""

    t_ns: int


SensorEvent = SensorStarted | StepDone | SensorLost | SensorFinished | SensorMissing
Event = SensorEvent | Tick | Renewing | Finished
CommandResult = Literal["begun", "ended", "nothing"]  # what a command changed

PHASES: Mapping[tuple[Phase, str], Phase] = {
    ("scanning", "finish"): "finished",
    ("finished", "again"): "scanning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of a session at one moment, as screen, record and report show it.

    ``findings`` come strongest first; ``observations`` are the latest tables of all sensors.
    """

    t_ns: int
    elapsed_s: float
    phase: Phase
    inspection: int  # counts up with every new inspection
    verdict: Verdict
    sensors: tuple[SensorStatus, ...]
    findings: tuple[Evidence, ...]
    observations: tuple[Observation, ...] = ()
    views: Views = field(default_factory=Views)
    place: str = ""  # as it was named when the inspection began
    minimum: Mapping[str, Any] | None = None  # what the place needs before NOTHING FOUND may be said
    whereabouts: tuple[Whereabouts, ...] = ()  # of an alarm's findings
    at_work: Mapping[SensorName, AtWork] = field(default_factory=dict)  # now, also after the end

    @property
    def counts(self) -> tuple[Counts, ...]:
        """Counts of what each sensor has read and left out."""
        return tuple(s.counts for s in self.sensors if s.counts is not None)

    @property
    def coverages(self) -> tuple[Coverage, ...]:
        """The coverage that each sensor reports of itself."""
        return tuple(s.look for s in self.sensors if s.look is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """The last verdict, and all that it depends on beside the level that the judge holds."""

    asked: tuple[tuple[SensorReport, ...], tuple[SensorName, ...]]
    verdict: Verdict
    findings: tuple[Evidence, ...]


class Engine:
    """Feeds events to the states of the sensors and has them judged; its settings bound its memory."""

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
        self._latch = AlarmLatch()
        self._config = config
        expected = frozenset(sensors)
        self._sensors = {name: SensorState(name, config, judge.table, recognise) for name in SENSOR_NAMES}
        self._at_work = AtWorkLog(expected, stall_s=config.stall_s)
        for name in SENSOR_NAMES:
            if name not in expected:
                self._sensors[name].miss("", "")
        self._phase: Phase = "scanning"
        self._inspection = 1
        self._place = ""
        self._start_ns = self._t_ns = t_ns
        self._judged: _Judged | None = None
        self._stands_until_ns = 0  # up to here the last verdict follows without asking the sensors again
        self._ended: Snapshot | None = None
        self._is_end_told = False  # the first tick after the end gives it out as it was
        self._tables: tuple[tuple[Observation, ...], ...] = ()
        self._observations: tuple[Observation, ...] = ()
        self._snapshot = self._look()

    def handle(self, event: Event) -> None:
        """Take in one event.

        Time goes on with ticks, commands and the end; it never runs back. The sensors' own events may run
        ahead of it, each by a step of its own length.
        """
        if not isinstance(event, Tick):
            self._stands_until_ns = 0
        match event:
            case Tick():
                self._go_on(event.t_ns)
                self._tick()
            case Renewing():
                for sensor in self._sensors.values():
                    sensor.renew()
            case Finished():
                self._go_on(event.t_ns)
                self._move("finish")
                self._at_work.end()
                self._snapshot = replace(self._ended or self._snapshot, at_work=self._at_work.at(self._t_ns))
            case _:
                self._note(event)
                if self._phase == "scanning":
                    self._feed(event)
                elif isinstance(event, StepDone):
                    self._sensors[event.sensor].refresh(event.table, event.views)

    def obey(self, command: EngineCommand) -> CommandResult:
        """Carry out a command; return whether it began or ended an inspection, or changed nothing."""
        self._go_on(command.t_ns)
        self._stands_until_ns = 0
        match command:
            case EndInspection():
                return "ended" if self._move("finish") else "nothing"
            case Rescan():
                self._move("finish")
                return "begun" if self._move("again", self._place) else "nothing"
            case BeginInspection():
                again = self._move("again", command.place, command.minimum, command.alarm)
                return "begun" if again else "nothing"
            case ResolveAlarm():
                self._resolve(command)
                return "nothing"

    def _resolve(self, command: ResolveAlarm) -> None:
        if self._latch.resolve(command.resolution, command.reason):
            self._judged = None
            verdict = self._look().verdict
            self._snapshot = replace(self._snapshot, verdict=verdict)
            self._ended = self._ended and replace(self._ended, verdict=verdict)

    def _go_on(self, t_ns: int) -> None:
        self._t_ns = max(self._t_ns, t_ns)

    @property
    def inspection(self) -> int:
        """The number of the inspection that runs; counts up with every new one."""
        return self._inspection

    def snapshot(self) -> Snapshot:
        """Return the snapshot of the last `Tick` or end."""
        return self._snapshot

    @property
    def is_alarmed(self) -> bool:
        """Whether an alarm stands, or stood, at this place: its things are located from then on."""
        return self._latch.alarm is not None

    @property
    def unchanged_until_ns(self) -> int:
        """Session time, ns, up to which ticks alone change nothing but the time of the snapshot."""
        if not self._judge.settled:
            return self._t_ns
        return min(sensor.unchanged_until_ns(self._t_ns) for sensor in self._sensors.values())

    def _note(self, event: SensorEvent) -> None:
        match event:
            case StepDone(health=health):
                self._at_work.note(event.sensor, "running", event.t_ns, "" if health.ok else health.reason)
            case SensorStarted():
                self._at_work.note(event.sensor, "starting", event.t_ns)
            case SensorFinished():
                self._at_work.note(event.sensor, "over", event.t_ns)
            case SensorLost() | SensorMissing():
                self._at_work.note(event.sensor, "away", event.t_ns, event.reason)

    def _feed(self, event: SensorEvent) -> None:
        sensor = self._sensors[event.sensor]
        match event:
            case StepDone():
                sensor.step(
                    event.observations, t_ns=event.t_ns, coverage=event.coverage, counts=event.counts,
                    health=event.health, whole=event.whole, table=event.table, views=event.views,
                )  # fmt: skip
            case SensorStarted():
                sensor.start(event.t_ns)
            case SensorLost():
                sensor.lose(event.reason, event.hint, event.t_ns, table=event.table, counts=event.counts)
            case SensorFinished():
                sensor.finish(event.t_ns)
            case SensorMissing():
                sensor.miss(event.reason, event.hint)

    def _tick(self) -> None:
        if self._phase == "scanning":
            for sensor in self._sensors.values():
                sensor.watch(self._t_ns)
            self._snapshot = self._look()
        elif self._is_end_told:
            fresh, views = self._latest_tables(), views_of(self._sensors)
            where = self._latch.locate(self._snapshot.verdict, fresh, views)
            work = self._at_work.at(self._t_ns)
            self._snapshot = replace(
                self._snapshot,
                t_ns=self._t_ns,
                observations=fresh,
                views=views,
                whereabouts=where,
                at_work=work,
            )
        self._is_end_told = self._phase == "finished"

    def _move(
        self, word: str, place: str = "", minimum: Minimum | None = None, before: Alarm | None = None
    ) -> bool:
        phase = PHASES.get((self._phase, word))
        if phase is None:
            return False
        if phase == "finished":
            for sensor in self._sensors.values():
                sensor.close(self._t_ns)
        else:
            self._inspection += 1
            self._place = place
            self._start_ns = self._t_ns
            self._judge, self._judged = self._judge.afresh(minimum), None
            self._latch = AlarmLatch(before)
            for sensor in self._sensors.values():
                sensor.clear(self._t_ns)
        self._phase, self._ended, self._is_end_told = phase, None, False
        self._snapshot = self._look()
        self._ended = self._snapshot if phase == "finished" else None
        return True

    def _look(self) -> Snapshot:
        t_ns = self._judged_ns
        verdict, findings = self._verdict(t_ns)
        return Snapshot(
            t_ns=t_ns,
            elapsed_s=(t_ns - self._start_ns) / NS_PER_S,
            phase=self._phase,
            inspection=self._inspection,
            verdict=verdict,
            sensors=tuple(s.status(verdict.coverage[s.name]) for s in self._sensors.values()),
            findings=findings,
            observations=self._latest_tables(),
            views=views_of(self._sensors),
            place=self._place,
            minimum=self._judge.minimum.as_json(),
            whereabouts=self._latch.locate(verdict, self._latest_tables(), views_of(self._sensors)),
            at_work=self._at_work.at(self._t_ns),
        )

    @property
    def _judged_ns(self) -> int:
        return self._t_ns if self._ended is None else self._ended.t_ns

    def _verdict(self, t_ns: int) -> tuple[Verdict, tuple[Evidence, ...]]:
        """Return the verdict of now and the findings: as they were, where nothing has changed since."""
        if self._judged is not None and t_ns < self._stands_until_ns:
            return self._judged.verdict, self._judged.findings
        sensors = self._sensors.values()
        running = tuple(n for n, sensor in self._sensors.items() if sensor.state in {"starting", "running"})
        running = running if self._phase == "scanning" else ()
        table, least_s = self._judge.table, self._judge.minimum.least_s
        reports = tuple(without_idle_time(sensor.report(t_ns), table, least_s) for sensor in sensors)
        last = self._judged
        if last is None or not (self._judge.settled and last.asked == (reports, running)):
            live = self._judge.judge(reports, t_ns=t_ns, running=running)
            verdict = self._latch.hold(live, t_ns - self._start_ns)
            findings = strongest_findings(sensors, self._config.findings_shown)
            last = self._judged = _Judged(asked=(reports, running), verdict=verdict, findings=findings)
        self._stands_until_ns = self.unchanged_until_ns
        return last.verdict, last.findings

    def _latest_tables(self) -> tuple[Observation, ...]:
        """Return the tables of all sensors as one, put together only where one of them is new."""
        tables = tuple(sensor.table for sensor in self._sensors.values())
        if [id(table) for table in tables] != [id(table) for table in self._tables]:
            self._tables, self._observations = tables, tuple(o for table in tables for o in table)
        return self._observations
