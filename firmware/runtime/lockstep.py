"""Lets the sensors take turns under manual clocks: the same input gives the same bytes every time.

The sensor whose clock is earliest makes the next step (ties: rf, wifi, ble, lens). A sensor whose device
fails is tried again every simulated second, without effect on the others.

Through silence, time jumps where nobody asks for each moment of it (``skip_silence``): between two steps only
the ticks that can change something are made, and the last one. An hour in which nothing came costs two. Where
nobody reads the sensors' tables on the way (``read_tables``), they are copied from an alarm on, whose places
are kept from them, and at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from firmware.runtime.controls import PollCommands, obey
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.sensor import Observation, Sensor
from firmware.verdict.engine import (
    Engine,
    Event,
    Finished,
    SensorFinished,
    SensorLost,
    SensorStarted,
    Snapshot,
    StepDone,
    Tick,
)
from hw.errors import EndOfRecording, HwError
from hw.protocols import Clock
from hw.types import SENSOR_NAMES, SensorName

RETRY_NS = 1_000_000_000  # a failed device is asked again after this much simulated time
# A step that took no time (an empty read) still takes this much, so that time goes on.
NUDGE_NS = 10_000_000
# Of a longer gap in all recordings only the last moments are ticked through.
CATCH_UP_NS = 5_000_000_000
NS_PER_S = 1e9

Turn = Literal["stepped", "lost", "ended"]


class Takes(Protocol):
    """Interface of a receiver of events, such as the engine."""

    def handle(self, event: Event) -> None:
        """Take in one event."""
        ...


def run_lockstep(
    sensors: Mapping[SensorName, Sensor],
    engine: Engine,
    *,
    clocks: Mapping[SensorName, Clock],
    until_s: float | None,
    tick_s: float = 0.1,
    on_progress: Callable[[Snapshot], bool | None] | None = None,
    poll: PollCommands | None = None,
    renew: Callable[[SensorName, int], Sensor] | None = None,
    skip_silence: bool = False,
    read_tables: bool = True,
) -> Snapshot:
    """Run all sensors to the end and return the last snapshot.

    Parameters
    ----------
    sensors, clocks : mapping
        The sensors, and the manual clock that the devices of each one move.
    engine : Engine
        Takes their events.
    until_s : float or None
        Session time in s at which to stop; None runs until every recording is over.
    tick_s : float
        Session time between two verdicts, in s.
    on_progress : callable, optional
        Called with every new snapshot; returning True ends the session early.
    poll : callable, optional
        Asked for commands after every snapshot.
    renew : callable, optional
        Makes a sensor anew when a new inspection begins, given its name and the place's number.
    skip_silence : bool
        Make no tick that changes nothing but the time. The last snapshot is the same; ``on_progress`` is
        called less often, so presses of a person, who may act at any moment, must not depend on it.
    read_tables : bool
        False: ``on_progress`` reads no tables, so snapshots have them only from an alarm on. The last one is
        the same.

    Returns
    -------
    Snapshot
        The last one.
    """
    sensors = dict(sensors)
    until_ns = None if until_s is None else round(until_s * NS_PER_S)
    tick_ns = round(tick_s * NS_PER_S)
    active = [name for name in SENSOR_NAMES if name in sensors]
    next_tick_ns, end_ns = tick_ns, 0
    stopped, lost = False, frozenset[SensorName]()

    def begin_afresh(place: int) -> None:
        for each in active:
            now_ns = clocks[each].now_ns()
            try:
                sensors[each] = renew(each, place) if renew is not None else sensors[each]
                engine.handle(SensorStarted(sensor=each, t_ns=now_ns))
            except HwError as error:
                engine.handle(SensorLost(sensor=each, t_ns=now_ns, reason=error.reason, hint=error.hint))

    while active and not stopped:
        name = min(active, key=lambda n: clocks[n].now_ns())
        now_ns = clocks[name].now_ns()
        if until_ns is not None and now_ns >= until_ns:
            break
        next_tick_ns += max(0, (now_ns - next_tick_ns - CATCH_UP_NS) // tick_ns) * tick_ns
        while next_tick_ns <= now_ns and not stopped:
            engine.handle(Tick(t_ns=next_tick_ns))
            stopped = on_progress is not None and on_progress(engine.snapshot()) is True
            obey(engine, poll, begin_afresh if renew else None, t_ns=next_tick_ns)
            next_tick_ns += tick_ns
            next_tick_ns += _silence_ns(engine, next_tick_ns, now_ns, tick_ns, skip=skip_silence)
        if not stopped:
            turn = take_turn(
                name, sensors[name], clocks[name], engine, with_table=read_tables or engine.is_alarmed
            )
            lost = lost | {name} if turn == "lost" else lost - {name}
            active = [n for n in active if n != name or turn != "ended"]
        end_ns = max(end_ns, clocks[name].now_ns())
    for name in (n for n in active if n not in lost):
        sensors[name].finish()
        engine.handle(step_done(sensors[name], clocks[name].now_ns(), whole=True))
    engine.handle(Finished(t_ns=end_ns if until_ns is None else min(until_ns, max(end_ns, next_tick_ns))))
    if on_progress is not None:
        on_progress(engine.snapshot())
    return engine.snapshot()


def _silence_ns(engine: Engine, from_ns: int, now_ns: int, tick_ns: int, *, skip: bool) -> int:
    """Return the whole ticks, ns, after ``from_ns`` and before the step at ``now_ns`` that change nothing."""
    if not skip:
        return 0
    silent_ns = min(now_ns, engine.unchanged_until_ns) - from_ns
    return max(0, silent_ns // tick_ns) * tick_ns


def take_turn(
    name: SensorName, sensor: Sensor, clock: Clock, engine: Takes, *, with_table: bool = True
) -> Turn:
    """Let one sensor make one step.

    Parameters
    ----------
    name : SensorName
        The sensor's name.
    sensor : Sensor
        The sensor.
    clock : Clock
        Its manual clock. A step that takes no time moves it on by `NUDGE_NS`, a failed one by `RETRY_NS`.
    engine : Takes
        Takes the event that the step leads to.
    with_table : bool
        Copy the sensor's table with it, where it is time to.

    Returns
    -------
    Turn
        ``stepped``, ``lost`` where the device failed, ``ended`` where the recording is over.
    """
    before_ns = clock.now_ns()
    try:
        changed = sensor.step()
    except EndOfRecording:
        engine.handle(step_done(sensor, clock.now_ns(), whole=True))
        engine.handle(SensorFinished(sensor=name, t_ns=clock.now_ns()))
        return "ended"
    except HwError as error:
        engine.handle(lost_sensor(sensor, error, before_ns))
        clock.sleep_until(before_ns + RETRY_NS)
        return "lost"
    if clock.now_ns() <= before_ns:
        clock.sleep_until(before_ns + NUDGE_NS)
    engine.handle(step_done(sensor, clock.now_ns(), observations=tuple(changed), with_table=with_table))
    return "stepped"


def step_done(
    sensor: Sensor,
    t_ns: int,
    *,
    observations: Sequence[Observation] | None = None,
    whole: bool = False,
    with_table: bool = True,
) -> StepDone:
    """Return the event of a finished step, with table and views where it is time to show them."""
    shown = sensor.publish(whole=whole, with_table=with_table) if isinstance(sensor, SensorSnapshot) else None
    table, views = (None, None) if shown is None else shown
    if observations is None:
        observations = tuple(sensor.observations()) if table is None else table
    return StepDone(
        sensor=sensor.name,
        t_ns=t_ns,
        observations=observations,
        coverage=sensor.coverage(),
        counts=sensor.counts(),
        health=sensor.health(),
        whole=whole,
        table=table,
        views=views,
    )


def lost_sensor(sensor: Sensor, error: HwError, t_ns: int) -> SensorLost:
    """Return the event of a lost device, with everything that the sensor had found until then."""
    return SensorLost(
        sensor=sensor.name,
        t_ns=t_ns,
        reason=error.reason,
        hint=error.hint,
        table=tuple(sensor.observations()) if isinstance(sensor, SensorSnapshot) else None,
        counts=sensor.counts(),
    )
