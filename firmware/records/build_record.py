"""Makes one record of a finished scan: sorted, redacted, bounded and sealed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware.records.custody.hash_chain import canonical, sha256
from firmware.records.custody.redact import Redactor, forms_of, names_in
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import (
    FINDINGS_MOST,
    TEXT_MOST,
    Attachment,
    CalibrationAge,
    CheckState,
    Finding,
    Inspection,
    Place,
    Recorded,
    RecordKind,
    SensorLook,
    Span,
    UsedDevice,
    Wall,
)
from firmware.records.provenance import MeasurementSource
from firmware.sensor import Observation
from firmware.verdict.model import Verdict
from firmware.verdict.whereabouts import Whereabouts
from hw.types import SENSOR_NAMES, Counts, Coverage, DeviceInfo

MOST_SIDES = 3
WALL_CELLS_MOST = 512  # a side
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
ID_TAIL_BYTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """The result of a scan, as the engine and the sensors gave it."""

    verdict: Verdict
    observations: Sequence[Observation]
    coverages: Sequence[Coverage] = ()
    counts: Sequence[Counts] = ()
    wall: Wall | None = None
    minimum: Mapping[str, Any] | None = None  # what the place needed for NOTHING FOUND
    whereabouts: Sequence[Whereabouts] = ()  # of an alarm's findings
    devices: Sequence[DeviceInfo] = ()  # that measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """The circumstances of a scan that it does not know itself: who, where, when and with what."""

    kind: RecordKind
    span: Span
    operator: str = ""
    place: Place = field(default_factory=Place)
    kit: str = ""
    simulated: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)  # digested, not stored
    versions: Mapping[str, str] = field(default_factory=dict)
    calibrations: Sequence[CalibrationAge] = ()
    checklist: Mapping[str, CheckState] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()
    note: str = ""
    left_early: str = ""
    country: str = ""
    source: MeasurementSource | None = None
    judged_with: Mapping[str, str] = field(default_factory=dict)
    unit: Sequence[DeviceInfo] = ()  # the machine itself, where it is known


def build_record(
    scanned: Scanned, about: Circumstances, key: UnitKey, *, name: str | None = None
) -> Inspection:
    """Return the record of one scan.

    Parameters
    ----------
    scanned : Scanned
        What was found; addresses in clear.
    about : Circumstances
        Who, where, when and with what.
    key : UnitKey
        Names bystanders' devices and seals suspicious addresses.
    name : str, optional
        The record's id; by default made of the time and some chance.
    """
    redactor = Redactor(key, _suspicious_subjects(scanned))
    redactor.learn(_bystanders_names(scanned, redactor))
    findings = sorted(
        (_finding(o, redactor) for o in scanned.observations),
        key=lambda f: (not f.suspicious, -f.score, SENSOR_NAMES.index(f.sensor), f.subject),
    )
    verdict = _redact_verdict(scanned.verdict, redactor)
    if scanned.whereabouts:
        verdict["whereabouts"] = [_redact_whereabouts(w.as_json(), redactor) for w in scanned.whereabouts]
    clear = redactor.cleared()
    record_id = name or make_id(about.span.started_utc_ns)
    return Inspection(
        id=record_id,
        kind=about.kind,
        operator=clean(about.operator),
        place=Place(
            site=clean(about.place.site), room=clean(about.place.room), cubicle=clean(about.place.cubicle)
        ),
        span=about.span,
        kit=clean(redactor.text(about.kit, keep=False)),
        simulated=about.simulated,
        settings_sha256=sha256(canonical(about.settings)),
        versions=dict(about.versions),
        calibrations=tuple(about.calibrations),
        verdict=verdict,
        senses=_sensors(scanned),
        findings=tuple(findings[:FINDINGS_MOST]),
        left_out=max(0, len(findings) - FINDINGS_MOST),
        checklist=dict(about.checklist),
        attachments=tuple(about.attachments),
        note=clean(redactor.text(about.note, keep=False), most=4000),
        left_early=clean(about.left_early),
        sealed=key.seal(canonical(clear)) if clear else "",
        country=about.country,
        wall=scanned.wall,
        minimum=scanned.minimum,
        provenance="" if about.source is None else about.source.provenance,
        recorded=None if about.source is None else _redact_recorded(about.source.recorded, redactor),
        judged_with={k: clean(redactor.text(v, keep=False)) for k, v in about.judged_with.items()},
        devices=tuple(_used(d) for d in (*about.unit, *scanned.devices)),
        commitments={
            pseudonym: commitment(address, key.salt(salt_purpose(record_id, pseudonym)))
            for pseudonym, address in clear.items()
        },
    )


def commitment(address: str, salt: str) -> str:
    """Return the hash that binds a record to a clear address without telling it.

    Parameters
    ----------
    address : str
        As it was heard.
    salt : str
        32 bytes as hex that the unit alone can make: without it the 2^48 addresses cannot be tried out.
    """
    return sha256(f"ansim address 1\0{salt}\0{address}".encode("utf-8", "replace"))


def salt_purpose(record_id: str, pseudonym: str) -> str:
    """Return the text from which a unit derives the salt of one address of one record."""
    return f"{record_id} {pseudonym}"


def _used(device: DeviceInfo) -> UsedDevice:
    """Return one of the unit's own devices: its serial is nobody else's, and stays."""
    return UsedDevice(
        role=clean(device.role),
        backend=clean(device.backend),
        name=clean(device.name),
        detail=clean(device.detail),
        serial=clean(device.serial),
    )


def _redact_recorded(recorded: Recorded | None, redactor: Redactor) -> Recorded | None:
    if recorded is None:
        return None
    name, kit = (clean(redactor.text(text, keep=False)) for text in (recorded.name, recorded.kit))
    return replace(recorded, name=name, kit=kit)


def make_id(utc_ns: int) -> str:
    """Return a new record's id: its UTC time, and enough chance for two units at the same second."""
    when = datetime.fromtimestamp(utc_ns / 1e9, tz=UTC)
    return f"{when:%Y%m%d-%H%M%S}-{secrets.token_hex(ID_TAIL_BYTES)}"


def clean(text: str, *, most: int = TEXT_MOST) -> str:
    """Return what a person typed without control characters, at most ``most`` characters."""
    return CONTROL.sub(" ", text).strip()[:most]


def wall_of(cells: NDArray[np.uint8], *, cell_m: float) -> Wall | None:
    """Return the lens sensor's map of the wall for a record.

    Parameters
    ----------
    cells : ndarray, shape (rows, columns)
        From how many sides each cell was looked at, 0…3.
    cell_m : float
        Side of a cell, m.

    Returns
    -------
    Wall or None
        One digit a cell, at most `WALL_CELLS_MOST` rows and columns; None where no cell was lit.
    """
    if not cells.any():
        return None
    rows = np.minimum(cells, MOST_SIDES)[:WALL_CELLS_MOST, :WALL_CELLS_MOST]
    return Wall(cell_m=cell_m, rows=tuple("".join(str(c) for c in row) for row in rows.tolist()))


def _suspicious_subjects(scanned: Scanned) -> set[str]:
    """Return the findings of the verdict: what nobody suspects keeps its pseudonym."""
    return set(scanned.verdict.findings)


def _finding(observation: Observation, redactor: Redactor) -> Finding:
    suspicious = redactor.is_suspicious(observation.subject)
    return Finding(
        sensor=observation.sensor,
        subject=redactor.subject(observation.subject)[:TEXT_MOST],
        score=float(observation.camera_score),
        suspicious=suspicious,
        identity=observation.lasting,
        data=redactor.thing(observation.as_record(), keep=suspicious),
    )


def _bystanders_names(scanned: Scanned, redactor: Redactor) -> set[str]:
    """Return names that only things nobody suspects have, and that the verdict's reasons quote."""
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for observation in scanned.observations:
        names[redactor.is_suspicious(observation.subject)] |= names_in(observation.as_record())
    said = "\n".join(str(value) for c in scanned.verdict.contributions for value in c.params.values())
    return {n for n in names[False] - names[True] if any(f in said for f in forms_of(n))}


def _redact_verdict(verdict: Verdict, redactor: Redactor) -> dict[str, Any]:
    plain = verdict.as_json()
    for name in ("contributions", "subjects"):
        plain[name] = [_redact_contribution(c, redactor) for c in plain[name]]
    if plain["alarm"] is not None:
        kept = [_redact_contribution(c, redactor) for c in plain["alarm"]["subjects"]]
        reason = clean(redactor.text(plain["alarm"]["reason"], keep=False))
        plain["alarm"] = {**plain["alarm"], "subjects": kept, "reason": reason}
    return plain


def _redact_contribution(contribution: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    keep = redactor.is_suspicious(contribution["subject"])
    return {
        **contribution,
        "subject": redactor.subject(contribution["subject"]),
        "params": redactor.value(contribution["params"], keep=keep),
    }


def _redact_whereabouts(where: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    keep = redactor.is_suspicious(where["subject"])
    return {**redactor.value(where, keep=keep), "subject": redactor.subject(where["subject"])}


def _sensors(scanned: Scanned) -> tuple[SensorLook, ...]:
    coverages = {c.sensor: c for c in scanned.coverages}
    counts = {c.sensor: c for c in scanned.counts}
    looks = []
    for name in SENSOR_NAMES:
        coverage, count = coverages.get(name), counts.get(name)
        looks.append(
            SensorLook(
                sensor=name,
                coverage=scanned.verdict.coverage.get(name),
                parts=dict(coverage.parts) if coverage else {},
                reasons=tuple(coverage.reasons) if coverage else (),
                read=count.read if count else 0,
                dropped=dict(count.dropped) if count else {},
            )
        )
    return tuple(looks)
