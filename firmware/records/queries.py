"""Finding records again."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from firmware.records.compare.allowlist import Declaration, read_declaration
from firmware.records.custody.errors import NoSuchRecord
from firmware.records.custody.hash_chain import Entry
from firmware.records.database import as_blob, read_entry
from firmware.records.model import Inspection, Place, read_inspection

SHORTEST_NAME = 4  # characters of an id that may stand for the whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list of records."""

    seq: int
    id: str
    kind: str
    site: str
    room: str
    cubicle: str
    level: str
    utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record together with the entry that holds it."""

    inspection: Inspection
    entry: Entry


def find_record(db: sqlite3.Connection, name: str) -> StoredRecord:
    """Return the record of this id, or of its unambiguous beginning."""
    pattern = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = db.execute(
        "SELECT seq, id FROM entries WHERE id = ? OR id LIKE ? ESCAPE '\\' ORDER BY id = ? DESC LIMIT 2",
        (name, pattern, name),
    ).fetchall()
    exact = bool(rows) and rows[0][1] == name
    if not rows or (not exact and (len(rows) > 1 or len(name) < SHORTEST_NAME)):
        many = "more than one record begins" if len(rows) > 1 else "no record begins"
        raise NoSuchRecord(f"There is {many} with {name!r}", hint="`ansim report list` shows them.")
    entry = read_entry(db, rows[0][0])
    if entry is None or entry.body is None:
        raise NoSuchRecord(f"The record {rows[0][1]} was removed when its time was over")
    if entry.fields().get("kind") != "inspection":
        raise NoSuchRecord(f"{rows[0][1]} is not an inspection")
    return StoredRecord(inspection=read_inspection(entry.body), entry=entry)


def list_records(db: sqlite3.Connection) -> tuple[Listed, ...]:
    """Return one line for each inspection, oldest first."""
    rows = db.execute(
        "SELECT e.seq, e.id, b.kind, b.site, b.room, b.cubicle, b.level, b.utc_ns FROM bodies AS b "
        "JOIN entries AS e ON e.seq = b.seq WHERE b.kind NOT IN ('tombstone', 'known') ORDER BY e.seq"
    )
    names = ("seq", "id", "kind", "site", "room", "cubicle", "level", "utc_ns")
    return tuple(Listed(**dict(zip(names, row, strict=True))) for row in rows)


def list_declarations(db: sqlite3.Connection, site: str | None) -> tuple[tuple[Declaration, int], ...]:
    """Return what was declared and withdrawn, oldest first, with each entry's time; None: at every site."""
    rows = db.execute(
        "SELECT body, utc_ns FROM bodies WHERE kind = 'known' AND (? IS NULL OR site = ?) ORDER BY seq",
        (site, site),
    ).fetchall()
    return tuple((read_declaration(as_blob(body)), int(utc_ns)) for body, utc_ns in rows)


def earlier_records(
    db: sqlite3.Connection, inspection: Inspection, *, most: int, before: int
) -> tuple[StoredRecord, ...]:
    """Return the latest other inspections of the same place below entry ``before``, the newest first."""
    place: Place = inspection.place
    rows = db.execute(
        "SELECT e.id FROM bodies AS b JOIN entries AS e ON e.seq = b.seq WHERE b.kind = ? AND b.site = ? "
        "AND b.room = ? AND b.cubicle = ? AND e.id <> ? AND b.seq < ? ORDER BY b.seq DESC LIMIT ?",
        (inspection.kind, place.site, place.room, place.cubicle, inspection.id, before, most),
    ).fetchall()
    return tuple(find_record(db, name) for (name,) in rows)


def latest_corridor(db: sqlite3.Connection, site: str, *, before: int) -> StoredRecord | None:
    """Return the newest corridor reference of a site below entry ``before``."""
    row = db.execute(
        "SELECT e.id FROM bodies AS b JOIN entries AS e ON e.seq = b.seq "
        "WHERE b.kind = 'corridor' AND b.site = ? AND b.seq < ? ORDER BY b.seq DESC LIMIT 1",
        (site, before),
    ).fetchone()
    return None if row is None else find_record(db, row[0])
