"""Moments of a unit whose truth is known: an engine fed with planted things, and lines made of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from firmware.diag.feed_client import Row, parse_line
from firmware.diag.feed_encoder import encode_line, make_redactor
from firmware.records.custody.unit_key import UnitKey
from firmware.runtime.workers import WorkerHealth
from firmware.sensor import Observation
from firmware.verdict.engine import Finished, SensorLost, Snapshot, Tick
from hw.types import SENSOR_NAMES, Counts
from tests.firmware.sensors import S, engine_for, room, step, streamer

CAMERA_MAC = "a4:cf:12:00:be:ef"
BYSTANDER = "Minji's phone"
KEY = UnitKey(bytes(range(32)))  # fixed, so that pseudonyms are the same in every run
LOG = ({"level": "warning", "text": f"sense lost sense=lens what={CAMERA_MAC} is gone"},)


def things() -> list[Observation]:
    """A room with a streaming camera, ordinary devices, transmissions and shiny things."""
    camera = replace(streamer(CAMERA_MAC), ssid=BYSTANDER, vendor="Espressif Inc.")
    seen = room(wifi=[camera])
    return [o for name in SENSOR_NAMES for o in seen[name]]


def snapshot(*, seconds: int = 30, lost: bool = True, finished: bool = False) -> Snapshot:
    """What the engine says of that room; the lens was unplugged a second ago."""
    engine = engine_for()
    seen = room(wifi=[replace(streamer(CAMERA_MAC), ssid=BYSTANDER)])
    for name in SENSOR_NAMES:
        counts = Counts(sensor=name, read=seconds * 100, dropped={"bad_fcs": 7} if name == "wifi" else {})
        engine.handle(step(name, seen[name], t_s=seconds - 1.0, counts=counts))
    if lost:
        gone = SensorLost(sensor="lens", t_ns=(seconds - 1) * S, reason="unplugged", hint="Plug it in.")
        engine.handle(gone)
    engine.handle(Finished(t_ns=seconds * S) if finished else Tick(t_ns=seconds * S))
    return replace(engine.snapshot(), observations=tuple(things()))


def line(*, redacted: bool = True) -> bytes:
    """One line of the feed of that room."""
    worker = WorkerHealth(alive=True, steps=120, restarts=2, dropped=1)
    return encode_line(
        snapshot(),
        rates={"rf": 19.5, "wifi": 1513.6, "ble": 4.25, "lens": 0.0},
        workers={"lens": worker},
        queues={"inbox": 3, "saving": 0},
        log_tail=LOG,
        redact=make_redactor(KEY) if redacted else lambda value: value,
    )


def moment() -> Row:
    """The same, as the technician's side reads it."""
    return parse_line(line())


def short_socket(tmp_path: Path) -> Path:
    """A path that a UNIX socket can have: at most 107 bytes."""
    return tmp_path / "s"
