"""Plays kept timelines through the real lockstep, engine, fusion and levels, in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from firmware.runtime.lockstep import run_lockstep
from firmware.sensor import Observation
from firmware.settings.sections import EngineConfig
from firmware.verdict.engine import Engine, Snapshot
from firmware.verdict.evidence.likelihoods import Likelihoods, packaged_likelihoods
from firmware.verdict.judge import Judge
from firmware.verdict.minimum import Minimum
from firmware.verdict.model import Level
from hw.clock import ManualClock
from hw.errors import DeviceLost, EndOfRecording, Reason
from hw.types import SENSOR_NAMES, Counts, Coverage, DeviceHealth, SensorName
from tests.benchmarks.rooms.draw import Case
from tests.benchmarks.rooms.senses import Timeline, open_sense

PRIOR = 0.005
TICK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """How things stood at one time."""

    t_s: float
    level: Level
    log_lr: float
    share_caught: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One inspection, judged: every half second, and at its end."""

    moments: tuple[Moment, ...]
    last: Snapshot


class Recorded:
    """A sense that repeats its turns; the clock moves as it did."""

    def __init__(self, timeline: Timeline, clock: ManualClock, *, slowed: float = 1.0) -> None:
        self._timeline, self._clock, self._slowed = timeline, clock, slowed
        self._at = -1

    @property
    def name(self) -> SensorName:
        """The sense's name."""
        return self._timeline.sensor

    def step(self) -> Sequence[Observation]:
        """Repeat the next turn."""
        self._at = min(self._at + 1, len(self._timeline.steps) - 1)
        step = self._timeline.steps[self._at]
        self._clock.sleep_until(round(step.until_ns * self._slowed))
        if step.lost is not None:
            raise DeviceLost("it was lost", hint=step.lost[1], reason=Reason(step.lost[0]))
        if step.ended:
            raise EndOfRecording("it was put down")
        return step.changed

    def observations(self) -> Sequence[Observation]:
        """Return the whole table; asked for at the end alone."""
        return self._timeline.table

    def coverage(self) -> Coverage:
        """Return what it covered by then."""
        return self._timeline.steps[self._at].coverage

    def counts(self) -> Counts:
        """Return what it had read by then."""
        return self._timeline.steps[self._at].counts

    def health(self) -> DeviceHealth:
        """Return how it was then."""
        return self._timeline.steps[self._at].health

    def finish(self) -> None:
        """Repeat the last turn."""
        self._at = len(self._timeline.steps) - 1

    def close(self) -> None:
        """Nothing is open."""


def play(
    case: Case,
    timelines: Mapping[SensorName, Timeline],
    *,
    table: Likelihoods | None = None,
    tick_s: float = TICK_S,
    until_s: float | None = None,
    slowed: Mapping[SensorName, float] = MappingProxyType({}),
    watch: Callable[[Snapshot], object] | None = None,
) -> Played:
    """Judge a room from what its sensors said.

    Parameters
    ----------
    case : Case
        The room.
    timelines : mapping
        What each sensor said, turn by turn; a sensor that is not in it is missing.
    table : Likelihoods, optional
        By which it is judged; the packaged one by default.
    tick_s : float
        Between two looks at the verdict, s.
    until_s : float, optional
        When the inspection is cut short, s; the room's own length by default.
    slowed : mapping
        How many times longer a sensor's turns take, as on a machine that is too busy for it.
    watch : callable, optional
        Is given every snapshot; ends the inspection by returning True.

    Returns
    -------
    Played
        The verdict over time and the last snapshot.
    """
    clocks = {name: ManualClock() for name in SENSOR_NAMES if name in timelines}
    sensors = {n: Recorded(timelines[n], clock, slowed=slowed.get(n, 1.0)) for n, clock in clocks.items()}
    end_s = case.walk.air_s if until_s is None else until_s
    return _run(sensors, clocks, table=table, tick_s=tick_s, until_s=end_s, watch=watch)


def inspect_directly(
    case: Case,
    *,
    table: Likelihoods | None = None,
    minimum: Minimum | None = None,
    tick_s: float = TICK_S,
    enough: Callable[[Snapshot], bool] | None = None,
) -> Played:
    """Judge a room with all its senses running together, nothing kept: what `play` must agree with.

    ``minimum`` is what the place needs, that of an unknown place by default; the inspection ends early once
    ``enough`` says so.
    """
    clocks = {name: ManualClock() for name in SENSOR_NAMES if name in case.senses}
    sensors = {name: open_sense(case, name, clock) for name, clock in clocks.items()}
    return _run(
        sensors,
        clocks,
        table=table,
        minimum=minimum,
        tick_s=tick_s,
        until_s=case.walk.air_s,
        watch=enough,
    )


def _run(
    sensors: Mapping[SensorName, object],
    clocks: Mapping[SensorName, ManualClock],
    *,
    table: Likelihoods | None,
    tick_s: float,
    until_s: float,
    minimum: Minimum | None = None,
    watch: Callable[[Snapshot], object] | None = None,
) -> Played:
    table = packaged_likelihoods() if table is None else table
    engine = Engine(
        judge=Judge(prior=PRIOR, table=table, minimum=minimum),
        config=EngineConfig(judge_every_s=0.1),
        sensors=clocks,
    )
    moments: list[Moment] = []

    def note(snapshot: Snapshot) -> bool:
        ends = watch is not None and watch(snapshot) is True
        verdict = snapshot.verdict
        moments.append(
            Moment(
                t_s=snapshot.elapsed_s,
                level=verdict.level,
                log_lr=verdict.log_lr,
                share_caught=verdict.share_caught,
            )
        )
        return ends

    last = run_lockstep(
        sensors,  # type: ignore[arg-type]
        engine,
        clocks=clocks,
        until_s=until_s,
        tick_s=tick_s,
        on_progress=note,
    )
    return Played(moments=tuple(moments), last=last)
