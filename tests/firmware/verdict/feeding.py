"""Feeds an engine: steps of sensors, commands and ticks."""

from __future__ import annotations

from firmware.verdict.commands import BeginInspection, EndInspection, EngineCommand, Rescan, ResolveAlarm
from firmware.verdict.engine import (
    Engine,
    Event,
    Snapshot,
    Tick,
)
from firmware.verdict.sensor_state import SensorStatus
from hw.types import SENSOR_NAMES, SensorName
from tests.firmware.sensors import (
    S,
    step,
)


def feed(engine: Engine, seen: dict[SensorName, list[object]], *, t_s: float, share: float = 0.9) -> Snapshot:
    for name in SENSOR_NAMES:
        if name in seen:
            engine.handle(step(name, seen[name], t_s=t_s, share=share))  # type: ignore[arg-type]
    return tick(engine, t_s)


def tick(engine: Engine, t_s: float) -> Snapshot:
    engine.handle(Tick(t_ns=round(t_s * S)))
    return engine.snapshot()


def give(engine: Engine, event: Event | EngineCommand) -> None:
    if isinstance(event, EndInspection | BeginInspection | Rescan | ResolveAlarm):
        engine.obey(event)
    else:
        engine.handle(event)


def status(snapshot: Snapshot, name: SensorName) -> SensorStatus:
    return next(s for s in snapshot.sensors if s.name == name)
