"""Compares two records: new, missing and louder things, and whether the reference may be trusted.

Two records of one unit can be compared because the unit gives the same address the same pseudonym. What
carries over is said for each thing (`Finding.identity`):

=========  ===================================================  =========================================
address    a network, a fixed address                           the same thing: may be *known*
looks      a transmission (kind and frequency), a random        the same looks, never *known*: anybody
           address (maker, name, network)                       can imitate looks, so never excused by them
none       a glint: a place in a moving picture                 not comparable
=========  ===================================================  =========================================

Everything here is pure: records in, frozen results out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from firmware.records.model import Finding, Inspection, SensorLook
from firmware.verdict.model import Level
from hw.types import SENSOR_NAMES, SensorName

NS_PER_S = 10**9
LOUDER_DB = 6.0  # twice the field strength; 3 dB is within the spread of one hand's movement
NEAR_DB = 10.0  # cubicle over corridor: a local emitter rises 15.6 dB from 3 m to 0.5 m, a broadcast does not
SAME_FREQUENCY = 0.5  # of the wider one's bandwidth: centres nearer than this are one transmission
LEAST_STEP_HZ = 50_000.0  # two centres of one narrow line may differ by this much between sweeps
COVERED_FROM = 0.5  # of a sensor, below which "missing" only means that nobody looked
FRESH_S = 4 * 3600.0  # a corridor reference of the same half day
CLOCK_SLACK_S = 60.0  # a reference may end this much after the inspection begins: one walk through a door
STALE_S = 24 * 3600.0  # beyond a day other people and other devices are in the building
COMPARABLE: tuple[SensorName, ...] = ("rf", "wifi", "ble")  # a glint has no place that lasts
FOUND = frozenset({Level.CHECK.value, Level.LIKELY_CAMERA.value})

ChangeWord = Literal["new", "missing", "louder"]
HealthWord = Literal["fresh", "stale", "expired", "unusable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. ``change_db`` is given for what became louder."""

    word: ChangeWord
    sensor: str
    finding: Finding
    change_db: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The usability of a reference for a comparison: ``reasons`` are message keys."""

    word: HealthWord
    age_s: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanDiff:
    """The differences of two records, the most suspicious first."""

    earlier_id: str
    earlier_utc_ns: int
    changes: tuple[Change, ...]
    not_comparable: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceDifference:
    """The differences of a cubicle from its corridor; none without a usable reference."""

    reference_id: str
    reference_utc_ns: int
    health: Health
    changes: tuple[Change, ...]
    compared: tuple[str, ...] = ()  # sensors that looked well enough at both places
    not_compared: tuple[str, ...] = ()


def compare(earlier: Inspection, now: Inspection) -> ScanDiff:
    """Compare two inspections of the same place.

    Notes
    -----
    A thing counts as missing only where its sensor looked at least half as well now; louder needs a level
    in both. Random addresses are compared by their looks: many phones alike are one.
    """
    return ScanDiff(
        earlier_id=earlier.id,
        earlier_utc_ns=earlier.span.started_utc_ns,
        changes=_changes(earlier, now, LOUDER_DB),
        not_comparable=sum(f.identity == "none" for f in now.findings),
        warnings=tuple(_warnings(earlier, now)),
    )


def nearer(corridor: Inspection, cubicle: Inspection) -> tuple[Change, ...]:
    """Return the things that are much louder in the cubicle than in the corridor, or heard only there.

    Notes
    -----
    Of every sensor that can be compared at all: new where the corridor was covered, gone where the cubicle
    was. A glint is a place in a moving picture, and is never compared.
    """
    return _changes(corridor, cubicle, NEAR_DB)


def _changes(before: Inspection, after: Inspection, louder_db: float) -> tuple[Change, ...]:
    pairs, new, missing = _match(_comparable(before), _comparable(after))
    changes = [_change("new", f) for f in new if _covered(before, f.sensor)]
    changes += [_change("missing", f) for f in missing if _covered(after, f.sensor)]
    for first, second in pairs:
        rise_db = _rise_db(first, second)
        if rise_db is not None and rise_db >= louder_db:
            changes.append(_change("louder", second, rise_db))
    return tuple(sorted(changes, key=_rank))


def against_corridor(corridor: Inspection, cubicle: Inspection) -> PlaceDifference:
    """Compare a cubicle with its corridor, as far as the reference may be trusted."""
    health = reference_health(corridor, cubicle)
    usable = health.word in {"fresh", "stale"}
    both = [s for s in COMPARABLE if usable and _covered(corridor, s) and _covered(cubicle, s)]
    return PlaceDifference(
        reference_id=corridor.id,
        reference_utc_ns=corridor.span.started_utc_ns,
        health=health,
        changes=nearer(corridor, cubicle) if usable else (),
        compared=tuple(both),
        not_compared=tuple(s for s in SENSOR_NAMES if s not in both),
    )


def reference_health(reference: Inspection, now: Inspection) -> Health:
    """Say whether a corridor reference may serve for an inspection.

    Notes
    -----
    Age is by the wall clock and therefore never negative by more than a jump: a reference from the future
    is unusable. Other settings or versions measure other levels.
    """
    age_s = (now.span.started_utc_ns - reference.span.ended_utc_ns) / NS_PER_S
    reasons = [*_clock_reasons(age_s), *_warnings(reference, now)]
    if reference.level in FOUND:
        reasons.append("baseline.reference_found")
    if not _covered(reference, "rf") and not _covered(reference, "wifi"):
        reasons.append("baseline.reference_thin")
    if reasons:
        return Health(word="unusable", age_s=age_s, reasons=tuple(reasons))
    word: HealthWord = "fresh" if age_s <= FRESH_S else "stale" if age_s <= STALE_S else "expired"
    return Health(word=word, age_s=age_s, reasons=() if word == "fresh" else (f"baseline.{word}",))


def looks_of(finding: Finding) -> str:
    """Return the properties of a thing apart from its address; empty where they tell too little."""
    data = finding.data
    if finding.sensor == "rf":
        return f"{data.get('kind')}@{_number(data, 'center_hz') / 1e6:.1f}"
    if finding.sensor == "ble":
        words = [data.get("name"), data.get("company_id"), data.get("benign")]
    elif finding.sensor == "wifi":
        words = [data.get("type"), data.get("vendor"), data.get("ssid"), data.get("bssid")]
    else:
        return ""
    said = [str(w) for w in words if w is not None]
    return "|".join(said) if len(said) > 1 else ""


def _comparable(record: Inspection) -> list[Finding]:
    return [f for f in record.findings if f.identity != "none"]


def _match(
    before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[list[tuple[Finding, Finding]], list[Finding], list[Finding]]:
    """Pair what is the same: by address, by frequency, by looks; return pairs, new ones, missing ones."""
    pairs: list[tuple[Finding, Finding]] = []
    new: list[Finding] = []
    by_name = {_name(f): f for f in reversed(before) if f.sensor != "rf"}
    emissions = sorted((f for f in before if f.sensor == "rf"), key=lambda f: _number(f.data, "center_hz"))
    met: set[int] = set()
    for finding in after:
        other = _nearest(finding, emissions) if finding.sensor == "rf" else by_name.get(_name(finding))
        if other is None:
            new.append(finding)
        else:
            pairs.append((other, finding))
            met.add(id(other))
    alike = {_name(f) for f in after if f.sensor != "rf"}
    missing = [f for f in before if id(f) not in met and (f.sensor == "rf" or _name(f) not in alike)]
    return pairs, new, missing


def _name(finding: Finding) -> tuple[str, str]:
    if finding.identity == "address":
        return finding.sensor, finding.subject
    return finding.sensor, "looks:" + (looks_of(finding) or finding.subject)


def _nearest(finding: Finding, emissions: Sequence[Finding]) -> Finding | None:
    here_hz, width_hz = _number(finding.data, "center_hz"), _number(finding.data, "bandwidth_hz")
    best: tuple[float, Finding] | None = None
    for other in emissions:
        apart_hz = abs(_number(other.data, "center_hz") - here_hz)
        wider_hz = max(width_hz, _number(other.data, "bandwidth_hz"))
        near = apart_hz <= max(LEAST_STEP_HZ, SAME_FREQUENCY * wider_hz)
        if near and (best is None or apart_hz < best[0]):
            best = (apart_hz, other)
    return None if best is None else best[1]


def _rise_db(before: Finding, after: Finding) -> float | None:
    name = "snr_db" if after.sensor == "rf" else "rssi_dbm"
    first, second = before.data.get(name), after.data.get(name)
    if not isinstance(first, int | float) or not isinstance(second, int | float):
        return None
    return float(second) - float(first)


def _number(data: Mapping[str, Any], name: str) -> float:
    value = data.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _covered(record: Inspection, sensor: str) -> bool:
    look: SensorLook | None = next((s for s in record.senses if s.sensor == sensor), None)
    return look is not None and (look.coverage or 0.0) >= COVERED_FROM


def _change(word: ChangeWord, finding: Finding, change_db: float | None = None) -> Change:
    return Change(word=word, sensor=finding.sensor, finding=finding, change_db=change_db)


def _rank(change: Change) -> tuple[bool, float, int, str]:
    order = ("new", "louder", "missing")
    finding = change.finding
    return not finding.suspicious, -finding.score, order.index(change.word), finding.subject


def _warnings(reference: Inspection, now: Inspection) -> list[str]:
    differing = []
    if reference.settings_sha256 != now.settings_sha256:
        differing.append("baseline.other_settings")
    if reference.versions != now.versions:
        differing.append("baseline.other_versions")
    if reference.simulated != now.simulated:
        differing.append("baseline.other_world")
    return differing


def _clock_reasons(age_s: float) -> list[str]:
    return ["baseline.from_the_future"] if age_s < -CLOCK_SLACK_S else []
