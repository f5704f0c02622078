"""Encodes one line of the feed: pure, bounded in every list, with addresses replaced."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from firmware.log import printable
from firmware.records.custody.hash_chain import canonical
from firmware.records.custody.redact import ADDRESS, NAME_FIELDS, Redactor, names_in
from firmware.records.custody.unit_key import SECRET_BYTES, UnitKey
from firmware.runtime.workers import WorkerHealth
from firmware.sensor import Device, Observation, devices_in, emissions_in, glints_in
from firmware.verdict.engine import Snapshot
from firmware.verdict.sensor_state import SensorStatus
from hw.types import SensorName

VERSION = 1
LINES_MOST = 64  # spectrum lines
STATIONS_MOST = 40
GLINTS_MOST = 24
REASONS_MOST = 6
LOG_MOST = 12
LOG_CHARACTERS = 200
DROPPED_MOST = 16  # reasons of one sensor
# Snapshots over which a rate is taken: five seconds, longer than one Wi-Fi dwell.
RATE_WINDOW = 25
LINE_BYTES_MOST = 64_000
NS_PER_S = 1e9
FEED_TYPES = {"access_point": "ap"}  # where the feed's word differs from the JSON line's

Redact = Callable[[Any], Any]


class FeedRedactor:
    """Replaces addresses and names from the air in JSON values, and learns names as it goes."""

    def __init__(self, key: UnitKey) -> None:
        self._namer = _Namer(key, ())

    def learn(self, names: Iterable[str]) -> None:
        """Remember names that were heard, also of what a line does not list."""
        self._namer.learn(n for n in names if not ADDRESS.fullmatch(n))

    def __call__(self, value: Any) -> Any:
        """Return the value without addresses and names."""
        self.learn(names_in(value))
        return self._namer.value(value, keep=False)


def make_redactor(key: UnitKey | None = None) -> FeedRedactor:
    """Return a function that replaces addresses and names from the air in a JSON value.

    With the unit's own key a device has the same pseudonym in the records; without one, the pseudonyms
    hold as long as the function does, and nobody can try addresses out on them.
    """
    return FeedRedactor(UnitKey(secrets.token_bytes(SECRET_BYTES)) if key is None else key)


class _Namer(Redactor):
    """Gives a device that is named by its address the pseudonym of that address, in every field."""

    def value(self, value: Any, *, keep: bool, name: str = "") -> Any:
        """Return JSON values without addresses and names from the air."""
        if name in NAME_FIELDS and isinstance(value, str) and ADDRESS.fullmatch(value):
            return self.text(value, keep=keep)
        return super().value(value, keep=keep, name=name)


class LogTail(logging.Handler):
    """Keeps the last few log lines, short and printable. `attach` adds it to the root logger."""

    def __init__(self, *, most: int = LOG_MOST) -> None:
        super().__init__()
        self._kept: deque[dict[str, str]] = deque(maxlen=most)
        self._guard = threading.Lock()

    def attach(self) -> None:
        """Listen to everything that is logged."""
        logging.getLogger().addHandler(self)

    def detach(self) -> None:
        """Listen no more; may be called twice."""
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; a message that cannot be read is kept as its kind."""
        try:
            text = _words(record)
        except Exception:  # a log line must never raise into whoever logs
            text = f"unreadable {type(record.msg).__name__}"
        line = {"level": record.levelname.lower(), "text": printable(text, limit=LOG_CHARACTERS)}
        with self._guard:
            self._kept.append(line)

    def lines(self) -> tuple[Mapping[str, str], ...]:
        """Return the kept lines, the oldest first."""
        with self._guard:
            return tuple(self._kept)


def _words(record: logging.LogRecord) -> str:
    """Return one line of words; structured events are dictionaries until they are formatted."""
    if not isinstance(record.msg, Mapping):
        return record.getMessage()
    own = {"event", "level", "logger", "timestamp", "exc_info"}
    rest = " ".join(f"{k}={v}" for k, v in record.msg.items() if k not in own and not str(k).startswith("_"))
    return f"{record.msg.get('event', '')} {rest}".strip()


class Rates:
    """Readings a second of each sensor, over the last few lines."""

    def __init__(self, *, window: int = RATE_WINDOW) -> None:
        self._seen: deque[tuple[int, int, dict[SensorName, int]]] = deque(maxlen=window)

    def update(self, snapshot: Snapshot) -> Mapping[SensorName, float]:
        """Take in a snapshot; a new inspection begins to count again.

        Parameters
        ----------
        snapshot : Snapshot
            The snapshot of the next line.

        Returns
        -------
        mapping of sensor name to float
            Readings a second; empty at the first line.
        """
        read = {s.name: s.counts.read for s in snapshot.sensors if s.counts is not None}
        if self._seen and (self._seen[-1][1] != snapshot.inspection or self._seen[-1][0] > snapshot.t_ns):
            self._seen.clear()
        self._seen.append((snapshot.t_ns, snapshot.inspection, read))
        first_ns, _, first = self._seen[0]
        took_s = (snapshot.t_ns - first_ns) / NS_PER_S
        if took_s <= 0:
            return {}
        return {name: max(0, count - first.get(name, 0)) / took_s for name, count in read.items()}


def encode_line(
    snapshot: Snapshot,
    *,
    rates: Mapping[SensorName, float],
    workers: Mapping[SensorName, WorkerHealth],
    queues: Mapping[str, int],
    log_tail: Sequence[Mapping[str, str]],
    redact: Redact,
) -> bytes:
    """Return one line of the feed: JSON in ASCII, with addresses replaced.

    A line that would be too long loses its lists.

    Parameters
    ----------
    snapshot : Snapshot
        The moment to be encoded.
    rates : mapping of sensor name to float
        Readings a second.
    workers : mapping of sensor name to WorkerHealth
        State of the workers' threads.
    queues : mapping of str to int
        Number of waiting entries of each queue.
    log_tail : sequence of mappings
        The last log lines, with ``level`` and ``text``.
    redact : callable
        Replaces addresses and names from the air in a JSON value.

    Returns
    -------
    bytes
        One line, at most `LINE_BYTES_MOST` bytes.
    """
    record: dict[str, Any] = {
        "type": "feed",
        "version": VERSION,
        "t_ns": snapshot.t_ns,
        "elapsed_s": snapshot.elapsed_s,
        "phase": snapshot.phase,
        "inspection": snapshot.inspection,
        "verdict": _verdict(snapshot),
        "sensors": [_sensor(s, rates, workers) for s in snapshot.sensors],
        "spectrum": _spectrum(snapshot.observations, snapshot.verdict.findings),
        "stations": _stations(snapshot.observations, snapshot.verdict.findings),
        "glints": _glints(snapshot.observations, snapshot.verdict.findings),
        "queues": dict(sorted(queues.items())),
        "log": [dict(line) for line in log_tail],
    }
    if isinstance(redact, FeedRedactor):
        redact.learn(_names_heard(snapshot.observations))
    line = _line(redact(record))
    if len(line) > LINE_BYTES_MOST:
        cut = {"spectrum": [], "stations": [], "glints": [], "log": [], "cut": True}
        line = _line(redact(record | cut))
    return line


def _names_heard(observations: Sequence[Observation]) -> Iterator[str]:
    for thing in observations:
        for name in (getattr(thing, field, None) for field in sorted(NAME_FIELDS)):
            if isinstance(name, str) and name:
                yield name


def _line(record: Any) -> bytes:
    return canonical(record) + b"\n"


def _verdict(snapshot: Snapshot) -> dict[str, Any]:
    verdict = snapshot.verdict
    said = sorted(verdict.contributions, key=lambda c: -abs(c.log_lr))[:REASONS_MOST]
    return {
        "level": verdict.level.value,
        "probability": verdict.probability,
        "number_fits": verdict.number_fits,
        "share_caught": verdict.share_caught,
        "next_step": verdict.advice.step,
        "rule": verdict.rule,
        "failed": list(verdict.failed),
        "reasons": [
            {"sensor": c.sensor, "log_lr": c.log_lr, "reason": c.reason, "params": dict(c.params)}
            for c in said
        ],
    }


def _sensor(
    status: SensorStatus, rates: Mapping[SensorName, float], workers: Mapping[SensorName, WorkerHealth]
) -> dict[str, Any]:
    dropped = {} if status.counts is None else dict(sorted(status.counts.dropped.items())[:DROPPED_MOST])
    row: dict[str, Any] = {
        "sensor": status.name,  # not `name`: that word marks names from the air
        "state": status.state,
        "coverage": status.coverage,
        "reason": status.reason,
        "hint": printable(status.hint, limit=LOG_CHARACTERS),
        "read": 0 if status.counts is None else status.counts.read,
        "read_per_s": rates.get(status.name, 0.0),
        "dropped": dropped,
    }
    worker = workers.get(status.name)
    if worker is not None:
        row |= {"restarts": worker.restarts, "steps": worker.steps, "queue_dropped": worker.dropped}
    return row


def _spectrum(observations: Sequence[Observation], findings: Collection[str]) -> list[dict[str, Any]]:
    lines = sorted(
        emissions_in(observations),
        key=lambda e: (e.subject not in findings, -e.camera_score, -e.snr_db, e.center_hz),
    )
    return [
        {
            "center_hz": e.center_hz,
            "bandwidth_hz": e.bandwidth_hz,
            "snr_db": e.snr_db,
            "kind": e.kind,
            "service": e.service,
            "score": e.camera_score,
            "finding": e.subject in findings,
        }
        for e in lines[:LINES_MOST]
    ]


def _stations(observations: Sequence[Observation], findings: Collection[str]) -> list[dict[str, Any]]:
    found = devices_in(observations)
    found.sort(key=lambda d: (d.subject not in findings, -d.score, -(d.rssi_dbm or -999.0), d.subject))
    return [_station(device, finding=device.subject in findings) for device in found[:STATIONS_MOST]]


def _station(device: Device, *, finding: bool) -> dict[str, Any]:
    said = device.as_json()
    row = {
        "as": FEED_TYPES.get(device.type_name, device.type_name),
        "address": device.subject,
        "vendor": said.get("vendor"),
        "ssid": said.get("ssid", said.get("name")),
        "channel_mhz": device.channel_mhz,
        "rssi_dbm": device.rssi_dbm,
        "frames": said.get("frames", said.get("adverts")),
        "score": device.score,
        "finding": finding,
    }
    return row | {name: said[name] for name in ("activity", "uplink_bps") if name in said}


def _glints(observations: Sequence[Observation], findings: Collection[str]) -> list[dict[str, Any]]:
    rows = sorted(glints_in(observations), key=lambda g: (g.subject not in findings, -g.score, g.id))
    return [
        {"id": g.id, "label": g.label, "score": g.score, "finding": g.subject in findings}
        | {"poses": g.poses, "x_px": g.x_px, "y_px": g.y_px}
        for g in rows[:GLINTS_MOST]
    ]
