"""Makes a signed record of a finished scan: the wiring between the sensors' floor and the records."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_data_path

from firmware.records.build_record import Circumstances, Scanned, build_record, wall_of
from firmware.records.judged_with import judged_with
from firmware.records.model import Attachment, CalibrationAge, CheckState, Place, RecordKind, Span
from firmware.records.provenance import source_of
from firmware.records.store import RecordStore
from firmware.settings.calibration import LENS_FILE, RF_FILE, calibration_folder
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot
from hw.kit import parse_spec
from hw.types import DeviceInfo

PLACE_PARTS = 3
DEVICE_TREE = Path("/proc/device-tree")
FOLDER_VARIABLE = "ANSIM_RECORDS"
CALIBRATIONS: Mapping[str, str] = {"lens": LENS_FILE, "rf": RF_FILE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The occasion of a scan, as a person states it: who, where and why."""

    kind: RecordKind = "scan"
    place: Place = field(default_factory=Place)
    operator: str = ""
    checklist: Mapping[str, CheckState] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    left_early: str = ""  # message key of why a person left before enough was looked at


def place_of(text: str) -> Place:
    """Read ``site/room/cubicle``; the parts after the first may be left out."""
    parts = [part.strip() for part in text.split("/", PLACE_PARTS - 1)]
    site, room, cubicle = (*parts, "", "", "")[:PLACE_PARTS]
    return Place(site=site, room=room, cubicle=cubicle)


def records_home(settings: Settings) -> Path:
    """Return the folder of the records: the one in the settings or the environment, or the user's."""
    chosen = settings.records.folder or os.environ.get(FOLDER_VARIABLE, "")
    return Path(chosen) if chosen else user_data_path("ansim") / "records"


def span_until_now(lasted_s: float) -> Span:
    """Return the span of a scan that has just ended, by the wall clock.

    Parameters
    ----------
    lasted_s : float
        How long it lasted, s.

    Returns
    -------
    Span
        Start and end in UTC, ns, with the local zone and its offset, s.
    """
    ended_ns = time.time_ns()
    zone = datetime.now().astimezone()
    offset = zone.utcoffset()
    return Span(
        started_utc_ns=ended_ns - round(lasted_s * 1e9),
        ended_utc_ns=ended_ns,
        zone=zone.tzname() or "UTC",
        offset_s=0 if offset is None else round(offset.total_seconds()),
    )


def unit_of(kit: str, *, tree: Path = DEVICE_TREE) -> tuple[DeviceInfo, ...]:
    """Return the machine itself, as its firmware names it; nothing for a recorded or simulated kit."""
    if parse_spec(kit)[0] != "pi":
        return ()
    name, serial = (_told(tree / part) for part in ("model", "serial-number"))
    return (DeviceInfo(role="unit", backend="pi", name=name or platform.machine(), serial=serial),)


def _told(path: Path) -> str:
    """Return a text of the device tree, which ends with NUL; empty where there is none, as on a PC."""
    try:
        return path.read_bytes().rstrip(b"\0").decode("utf-8", "replace")
    except OSError:
        return ""


def calibrations_of(kit: str, *, now_s: float, folder: Path | None = None) -> tuple[CalibrationAge, ...]:
    """Return the ages of this unit's calibrations.

    Parameters
    ----------
    kit : str
        The kit's specification.
    now_s : float
        Wall-clock time, s.
    folder : Path, optional
        Where the calibrations lie; by default the unit's own folder.

    Returns
    -------
    tuple of CalibrationAge
        Ages in s; nothing for a recorded or simulated kit.
    """
    if parse_spec(kit)[0] != "pi":
        return ()
    paths = {name: (folder or calibration_folder()) / file for name, file in CALIBRATIONS.items()}
    return tuple(CalibrationAge(name=name, age_s=_age_s(path, now_s)) for name, path in paths.items())


def _age_s(path: Path, now_s: float) -> float | None:
    try:
        return max(0.0, now_s - path.stat().st_mtime)
    except OSError:
        return None


def about_scan(
    occasion: Occasion, *, span: Span, kit: str, simulated: bool, settings: Settings
) -> Circumstances:
    """Return the circumstances of a scan; the time of a replay is the recording's."""
    source = source_of(kit, settings.hw.backend)
    return Circumstances(
        kind=occasion.kind,
        span=source.span(span),
        operator=occasion.operator,
        place=occasion.place,
        kit=kit,
        simulated=simulated or source.simulated,
        source=source,
        judged_with=judged_with(),
        unit=unit_of(kit),
        settings=settings.model_dump(mode="json"),
        versions={"ansim": version("ansim")},
        calibrations=calibrations_of(kit, now_s=span.started_utc_ns / 1e9),
        checklist=occasion.checklist,
        attachments=occasion.attachments,
        left_early=occasion.left_early,
        country=settings.country,
    )


def scanned_of(snapshot: Snapshot, settings: Settings) -> Scanned:
    """Return the result of a scan, as the engine knows it at its end."""
    lens = snapshot.views.lens
    return Scanned(
        verdict=snapshot.verdict,
        minimum=snapshot.minimum,
        observations=snapshot.observations,
        coverages=snapshot.coverages,
        counts=snapshot.counts,
        whereabouts=snapshot.whereabouts,
        devices=snapshot.views.devices,
        wall=None if lens is None else wall_of(lens.coverage_map, cell_m=settings.lens.cell_m),
    )


def keep_scan(
    snapshot: Snapshot,
    *,
    span: Span,
    place: Place,
    kit: str,
    simulated: bool,
    settings: Settings,
    folder: Path,
    name: str = "",
) -> str:
    """Append one scan to the unit's records and return its id; signed and on the disk when this returns.

    ``name`` is the id where one was given when the scan began.
    """
    about = about_scan(Occasion(place=place), span=span, kit=kit, simulated=simulated, settings=settings)
    with RecordStore(folder, config=settings.records) as store:
        record = build_record(scanned_of(snapshot, settings), about, store.key, name=name)
        store.append(record)
        return record.id
