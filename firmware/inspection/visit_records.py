"""The contents of stored records: one record for each place, one for the site, and its checked report."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from firmware.inspection.state import Checkpoint, Export, Keep, Reference, Visited
from firmware.records.build_record import build_record, make_id
from firmware.records.bundle import verify_file
from firmware.records.compare.diff import against_corridor, compare, reference_health
from firmware.records.custody.errors import BundleUnreadable, NoSuchRecord
from firmware.records.custody.hash_chain import canonical, sha256
from firmware.records.custody.unit_key import load_public_key, owner_only
from firmware.records.model import Compared, Inspection, NotInspected, Place, SensorLook, Span, Visit
from firmware.records.queries import StoredRecord as StoredRecord
from firmware.records.resolutions import Resolution, came_of_alarm
from firmware.records.save_scan import Occasion, about_scan, scanned_of, span_until_now
from firmware.records.store import RecordStore
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level
from hw.types import SENSOR_NAMES, Frame

EXPORTS = "exports"  # folder beside the records
SCREEN_NAME, SCREEN_TYPE = "readout.png", "image/png"
WORST_FIRST: tuple[str, ...] = (
    Level.LIKELY_CAMERA.value,
    Level.CHECK.value,
    Level.INCONCLUSIVE.value,
    Level.NOTHING_FOUND.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFindings:
    """The findings of the sensors at one place, and their time. ``screen`` is the readout as PNG, if any."""

    snapshot: Snapshot
    span: Span
    screen: bytes = b""


def file_visit(
    store: RecordStore, keep: Keep, found: VisitFindings, *, settings: Settings, kit: str, simulated: bool
) -> StoredRecord:
    """Store one place, compared with its corridor and its last inspection; one stored already is kept."""
    try:
        return store.stored(keep.record)
    except NoSuchRecord:
        pass
    screen = (
        (store.attachments.put(found.screen, name=SCREEN_NAME, media_type=SCREEN_TYPE),)
        if found.screen
        else ()
    )
    occasion = Occasion(
        kind=keep.kind,
        place=keep.place,
        operator=keep.operator,
        checklist=keep.checklist,
        attachments=screen,
        left_early=keep.early,
    )
    about = about_scan(occasion, span=found.span, kit=kit, simulated=simulated, settings=settings)
    scanned = scanned_of(found.snapshot, settings)
    record = build_record(scanned, about, store.key, name=keep.record)
    record = replace(record, compared=comparisons_of(store, record))
    return StoredRecord(inspection=record, entry=store.append(record))


def comparisons_of(store: RecordStore, record: Inspection) -> tuple[Compared, ...]:
    """Return the differences of a place from its corridor and from its own last inspection."""
    if record.kind != "cubicle":
        return ()
    compared = []
    corridor = store.latest_corridor(record.place.site)
    if corridor is not None:
        beside = against_corridor(corridor.inspection, record)
        words = [c.word for c in beside.changes]
        compared.append(
            Compared(
                beside="corridor",
                record=corridor.inspection.id,
                health=beside.health.word,
                new=words.count("new"),
                louder=words.count("louder"),
            )
        )
    for earlier in store.earlier(record):
        words = [c.word for c in compare(earlier.inspection, record).changes]
        compared.append(
            Compared(
                beside="earlier",
                record=earlier.inspection.id,
                new=words.count("new"),
                missing=words.count("missing"),
                louder=words.count("louder"),
            )
        )
    return tuple(compared)


def visited(store: RecordStore, stored: StoredRecord) -> Visited:
    """Return the summary of a stored record for the inspection, with the answer to its alarm if any."""
    record = stored.inspection
    marks = list(record.checklist.values())
    earlier = next((c for c in record.compared if c.beside == "earlier"), None)
    corridor = next((c for c in record.compared if c.beside == "corridor"), None)
    return Visited(
        record=record.id,
        kind=record.kind,
        room=record.place.room,
        cubicle=record.place.cubicle,
        level=record.level,
        share_caught=float(record.verdict.get("share_caught", 0.0)),
        looked=marks.count("looked"),
        left=marks.count("skipped") + marks.count("unreachable"),
        found=marks.count("found"),
        stored=True,
        new=earlier.new if earlier else 0,
        missing=earlier.missing if earlier else 0,
        louder=earlier.louder if earlier else 0,
        nearer=corridor.new + corridor.louder if corridor else 0,
        compared=earlier is not None,
        enough=is_enough(record),
        alarm=alarm_of(record),
        resolution=_answer_to(store, record),
        early=record.left_early,
    )


def _answer_to(store: RecordStore, record: Inspection) -> Resolution | Literal[""]:
    if not alarm_of(record):
        return ""
    came = came_of_alarm(record.verdict, (said for _, said in store.resolutions(record.id)))
    return "" if came == "open" else came


def photo_of(frame: Frame) -> bytes:
    """Return a picture of the camera as PNG."""
    stream = io.BytesIO()
    Image.fromarray(frame.pixels).save(stream, "PNG")
    return stream.getvalue()


def reference_of(store: RecordStore, site: str, settings: Settings) -> Reference | None:
    """Return the latest corridor reference of a site, judged as for an inspection that would begin now."""
    latest = store.latest_corridor(site)
    if latest is None:
        return None
    record = latest.inspection
    now = about_scan(
        Occasion(kind="cubicle"),
        span=span_until_now(0.0),
        kit=record.kit,
        simulated=record.simulated,
        settings=settings,
    )
    probe = replace(
        record, span=now.span, versions=now.versions, settings_sha256=sha256(canonical(now.settings))
    )
    health = reference_health(record, probe)
    return Reference(record=record.id, age_s=health.age_s, health=health.word)


def what_came_of(store: RecordStore, progress: Checkpoint) -> Checkpoint:
    """Return an interrupted inspection, completed by the records that the store has of it.

    Notes
    -----
    The record is written first and the progress after it. So the power may have gone when the place was
    stored and the progress was not; then the current place of the progress is done, and the next visit is
    another.
    """
    done = []
    for one in progress.done:
        try:
            done.append(visited(store, store.stored(one.record)))
        except NoSuchRecord:
            done.append(one)
    known = {one.record for one in done}
    here = f"{progress.walk}-{progress.visit:03d}"
    visit = progress.visit
    try:
        record = store.stored(here)
    except NoSuchRecord:
        record = None
    if record is not None:
        visit += 1
        if here not in known:
            done.append(visited(store, record))
    return replace(progress, done=tuple(done), visit=visit, behind=record is not None)


def store_site(store: RecordStore, job: Export, *, settings: Settings, kit: str) -> str:
    """Store the record of the whole site and return its id; stored already, it stays.

    Raises
    ------
    NoSuchRecord
        If no place of it is stored yet.
    RecordsError
        If the disk takes no more.
    """
    held = {v.record for v in job.done if _held(store, v.record)}
    stored = [store.stored(v.record) for v in job.done if v.record in held]
    lost = tuple(_lost(v) for v in job.done if v.kind == "cubicle" and v.record not in held)
    job = replace(job, not_inspected=(*job.not_inspected, *lost))
    if not stored:
        raise NoSuchRecord("Nothing of this inspection is stored yet", hint="Make room on the disk first.")
    name = f"{job.inspection_id}-site"
    if not _held(store, name):
        store.append(site_record(name, stored, job, settings=settings, kit=kit))
    return name


def _lost(visit: Visited) -> NotInspected:
    """Return a place whose record never reached the disk: nobody can say any more what was there."""
    reason = "early.lost_alarm" if visit.alarm else "early.lost"
    return NotInspected(room=visit.room, cubicle=visit.cubicle, reason=reason)


def export_site(folder: Path, name: str, *, settings: Settings) -> Path:
    """Write the bundle of a site beside its records, in a process of its own, and check the file.

    Raises
    ------
    BundleUnreadable
        If the file is not whole after it was written.
    ExportTimedOut
        If drawing it took too long.
    RecordsError
        If the disk takes no more.
    ModuleNotFoundError
        If the libraries of the report are not installed.
    """
    from firmware.report.export_process import ExportJob, export_to_file

    exports = folder / EXPORTS
    owner_only(exports)
    done = export_to_file(
        ExportJob(folder=str(folder.absolute()), record=name, out=str(exports.absolute()), private=True),
        config=settings.records,
    )
    path = Path(done.path)
    if not verify_file(path, public=load_public_key(folder)).whole:
        raise BundleUnreadable(f"{path} is not whole", hint="Check the disk, then export it again.")
    return path


def _held(store: RecordStore, name: str) -> bool:
    try:
        store.stored(name)
    except NoSuchRecord:
        return False
    return True


def site_record(
    name: str, stored: Sequence[StoredRecord], job: Export, *, settings: Settings, kit: str
) -> Inspection:
    """Return the record of a whole site: every place with its entry's hash, and the most serious verdict.

    Notes
    -----
    The coverage of a sensor is the least that it reached in any cubicle: the site was looked at as well as
    its worst cubicle was. The verdict is the most serious cubicle's own, word by word.
    """
    rooms = [s for s in stored if s.inspection.kind != "corridor"] or list(stored)
    worst = min(rooms, key=lambda s: (WORST_FIRST.index(s.inspection.level), s.entry.row)).inspection
    spans = [s.inspection.span for s in stored]
    span = replace(
        spans[-1],
        started_utc_ns=min(s.started_utc_ns for s in spans),
        ended_utc_ns=max(s.ended_utc_ns for s in spans),
    )
    counted = {
        (s.inspection.place.room, s.inspection.place.cubicle) for s in rooms if is_enough(s.inspection)
    }
    return replace(
        worst,
        id=name,
        verdict=_site_verdict(worst, len(counted), job.planned),
        kind="site",
        operator=job.operator,
        place=Place(site=job.site),
        span=span,
        kit=kit,
        senses=_least_looked([s.inspection for s in rooms]),
        findings=(),
        left_out=0,
        checklist={},
        attachments=(),
        note="",
        sealed="",
        compared=(),
        country=settings.country,
        visits=tuple(_visit(s) for s in stored),
        commitments={},
        planned=job.planned,
        not_inspected=job.not_inspected,
        left_early="",
    )


def _visit(stored: StoredRecord) -> Visit:
    record, marks = stored.inspection, list(stored.inspection.checklist.values())
    return Visit(
        record=record.id,
        entry=stored.entry.hash,
        kind=record.kind,
        room=record.place.room,
        cubicle=record.place.cubicle,
        level=record.level,
        probability=float(record.verdict.get("probability", 0.0)),
        share_caught=float(record.verdict.get("share_caught", 0.0)),
        started_utc_ns=record.span.started_utc_ns,
        looked=marks.count("looked"),
        left=marks.count("skipped") + marks.count("unreachable"),
        found=marks.count("found"),
        compared=record.compared,
        enough=is_enough(record),
        alarm=alarm_of(record),
        early=record.left_early,
    )


def is_enough(record: Inspection) -> bool:
    """Say whether a place was looked at well enough for its word to count."""
    return "short_of" in record.verdict and not record.verdict["short_of"]


def alarm_of(record: Inspection) -> str:
    """Return the level of the alarm that a place keeps, empty for none."""
    kept = record.verdict.get("alarm")
    return str(kept.get("level", "")) if isinstance(kept, dict) else ""


def _site_verdict(worst: Inspection, counted: int, planned: int) -> Mapping[str, Any]:
    """Return the word of the whole site: NOTHING FOUND only where every planned cubicle counts."""
    level = site_level([worst.level], counted, planned)
    if level == worst.level:
        return worst.verdict
    return {**worst.verdict, "level": level, "rule": "rule.not_enough"}


def site_level(levels: Sequence[str], counted: int, planned: int) -> str:
    """Return the level of a site: its most serious cubicle's, NOTHING FOUND only where all count."""
    worst = min(levels, key=WORST_FIRST.index, default=Level.INCONCLUSIVE.value)
    quiet = worst == Level.NOTHING_FOUND.value
    return Level.INCONCLUSIVE.value if quiet and counted < planned else worst


def _least_looked(records: Sequence[Inspection]) -> tuple[SensorLook, ...]:
    looks = []
    for name in SENSOR_NAMES:
        own = [s for r in records for s in r.senses if s.sensor == name]
        least = min(own, key=lambda s: -1.0 if s.coverage is None else s.coverage, default=None)
        looks.append(least or SensorLook(sensor=name, coverage=None, parts={}))
    return tuple(looks)


def new_inspection_id() -> str:
    """Return the id of an inspection that begins now."""
    return make_id(time.time_ns())
