"""Tells the source of a record's measurements: devices that measure now, a recording, or a simulated room.

A recording carries its own provenance in its manifest, and its own time. Both are inherited: a simulated room
that was recorded, replayed and recorded again stays simulated, and a replay is never an inspection of today.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from firmware.records.model import Recorded, Span
from hw.errors import HwError
from hw.kit import SENSOR_ROLES, parse_spec
from hw.replay.manifest import FILE_NAME
from hw.replay.provenance import Provenance, manifest_of, was_simulated
from hw.replay.session import find_parts

NAME_MOST = 120
NOT_BEFORE_NS, NOT_AFTER_NS = 946_684_800 * 10**9, 4_102_444_800 * 10**9  # 2000 to 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementSource:
    """The source behind a kit. Both may hold: a simulated room that was recorded and is replayed."""

    simulated: bool = False
    recorded: Recorded | None = None

    @property
    def provenance(self) -> Provenance:
        """The one word that a record carries."""
        if self.recorded is not None:
            return "replayed"
        return "simulated" if self.simulated else "live"

    def span(self, now: Span) -> Span:
        """Return the time of the measurement: a recording's own where its manifest tells."""
        if self.recorded is None or not self.recorded.utc_ns:
            return now
        lasted_ns = now.ended_utc_ns - now.started_utc_ns
        started_ns = self.recorded.utc_ns
        return replace(now, started_utc_ns=started_ns, ended_utc_ns=started_ns + lasted_ns)


def source_of(kit: str, overrides: Mapping[str, str] | None = None) -> MeasurementSource:
    """Return the source of a kit, and of the devices that settings put in place of its own.

    Parameters
    ----------
    kit : str
        As ``--kit`` has it.
    overrides : mapping, optional
        Role → kit, as ``hw.backend`` has it; only sensors count.
    """
    specs = [kit, *(spec for role, spec in (overrides or {}).items() if role in SENSOR_ROLES)]
    return _joined(_source_of_one(spec) for spec in specs)


def _joined(sources: Iterable[MeasurementSource]) -> MeasurementSource:
    every = list(sources)
    recorded = next((s.recorded for s in every if s.recorded is not None), None)
    return MeasurementSource(simulated=any(s.simulated for s in every), recorded=recorded)


def _source_of_one(spec: str) -> MeasurementSource:
    try:
        backend, target = parse_spec(spec)
    except HwError:
        return MeasurementSource()
    if backend == "sim":
        return MeasurementSource(simulated=True)
    return _replayed(target) if backend == "replay" else MeasurementSource()


def _replayed(target: str) -> MeasurementSource:
    name = Path(target).name[:NAME_MOST]
    try:
        parts = find_parts(target)
        manifest = manifest_of(parts)
        digest = _digest(parts.root / FILE_NAME) if parts.manifest is not None else ""
    except HwError:
        return MeasurementSource(recorded=Recorded(name=name))
    if manifest is None:
        return MeasurementSource(recorded=Recorded(name=name))
    plausible = NOT_BEFORE_NS <= manifest.wall_ns < NOT_AFTER_NS
    recorded = Recorded(
        name=name,
        utc_ns=manifest.wall_ns if plausible else 0,
        kit=manifest.kit[:NAME_MOST],
        manifest_sha256=digest,
    )
    return MeasurementSource(simulated=was_simulated(manifest), recorded=recorded)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
