"""Writes the unit's state as an OpenMetrics text file, for the textfile collector of node_exporter.

Format: OpenMetrics 1.0. The file is replaced whole, so that a collector never reads half of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from firmware.log import get_logger
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level

EVERY_NS = 15_000_000_000  # of session time: collectors ask every 15 s or less often
NS_PER_S = 1e9
MODE = 0o644  # the collector is another user
log = get_logger(__name__)


def metrics_text(snapshot: Snapshot) -> str:
    """Return the state of one moment.

    Parameters
    ----------
    snapshot : Snapshot
        The moment.

    Returns
    -------
    str
        OpenMetrics text: the level as a state set, coverage 0…1, units read and dropped by sensor and reason.
    """
    return "".join(f"{line}\n" for line in (*_families(snapshot), "# EOF"))


def _families(snapshot: Snapshot) -> Iterator[str]:
    verdict = snapshot.verdict
    yield "# TYPE ansim_level stateset"
    for level in Level:
        yield f'ansim_level{{ansim_level="{level.value}"}} {int(level is verdict.level)}'
    yield "# TYPE ansim_probability gauge"
    yield f"ansim_probability {verdict.probability:.6g}"
    yield "# TYPE ansim_share_caught gauge"
    yield f"ansim_share_caught {verdict.share_caught:.6g}"
    yield "# TYPE ansim_session_seconds gauge"
    yield f"ansim_session_seconds {snapshot.t_ns / NS_PER_S:.3f}"
    yield "# TYPE ansim_sensor_up gauge"
    for sensor in snapshot.sensors:
        up = int(sensor.state in {"running", "finished"})
        yield f'ansim_sensor_up{{sensor="{sensor.name}"}} {up}'
    yield "# TYPE ansim_sensor_coverage gauge"
    for sensor in snapshot.sensors:
        if sensor.coverage is not None:
            yield f'ansim_sensor_coverage{{sensor="{sensor.name}"}} {sensor.coverage:.6g}'
    yield "# TYPE ansim_sensor_read counter"
    for sensor in snapshot.sensors:
        if sensor.counts is not None:
            yield f'ansim_sensor_read_total{{sensor="{sensor.name}"}} {sensor.counts.read}'
    yield "# TYPE ansim_sensor_dropped counter"
    for sensor in snapshot.sensors:
        for reason, count in sorted(({} if sensor.counts is None else sensor.counts.dropped).items()):
            yield f'ansim_sensor_dropped_total{{sensor="{sensor.name}",reason="{_escaped(reason)}"}} {count}'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class MetricsFile:
    """The file of one run, written again every few seconds of the session."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_name(f"{path.name}.part")  # no collector reads a .part
        self._due_ns = 0
        self._troubled = False

    def publish(self, snapshot: Snapshot) -> None:
        """Write the file where it is time; a disk that does not take it ends nothing."""
        if snapshot.t_ns < self._due_ns and snapshot.phase != "finished":
            return
        self._due_ns = snapshot.t_ns + EVERY_NS
        try:
            self._part.write_text(metrics_text(snapshot), encoding="utf-8")
            self._part.chmod(MODE)
            self._part.replace(self._path)
        except OSError as error:
            if not self._troubled:
                log.warning("no metrics", path=str(self._path), why=str(error))
            self._troubled = True
        else:
            self._troubled = False
