"""Finds records by columns that are only an index: what is found is verified before it is returned."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from firmware.log import get_logger
from firmware.records import hand_overs
from firmware.records.custody.anchor import Anchor
from firmware.records.custody.errors import NoSuchRecord, RecordAltered, StoreDamaged
from firmware.records.custody.hash_chain import Entry, entry_hash, parse_header, verify_body, verify_entry
from firmware.records.database import as_blob, read_entry, read_entry_left, read_what_is_left
from firmware.records.declarations import Declaration, read_declaration
from firmware.records.hand_overs import HandOver, hand_over_entries
from firmware.records.model import Inspection, Place, read_inspection
from firmware.records.resolutions import (
    NAME_MARK,
    ListedResolution,
    Resolved,
    came_of_alarm,
    resolved_entries,
)

SHORTEST_NAME = 4  # characters of an id that may stand for the whole
KNOWN_MARK = b'"kind":"known"'
log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list of records. ``fault`` says what is wrong with it; empty where it is as signed.

    ``resolution`` is what came of the alarm: ``open`` until somebody has said it, empty without an alarm.
    """

    seq: int
    id: str
    kind: str
    site: str
    room: str
    cubicle: str
    level: str
    utc_ns: int
    provenance: str = ""
    fault: str = ""
    resolution: ListedResolution = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record together with the entry that holds it."""

    inspection: Inspection
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDeclarations:
    """Declarations and withdrawals, oldest first, with the times of their entries; and what is not valid.

    ``refused`` entries could not be verified; ``broken`` is the entry before which nothing counts, because
    the chain has a gap there (0: none): behind a gap a withdrawal may have stood.
    """

    entries: tuple[tuple[Declaration, int], ...]
    refused: int = 0
    broken: int = 0


def find_record(db: sqlite3.Connection, name: str, *, public: bytes | None) -> StoredRecord:
    """Return the record of this id, or of its unambiguous beginning, verified.

    Parameters
    ----------
    db : Connection
        A store's database.
    name : str
        The id, or at least `SHORTEST_NAME` characters of its beginning.
    public : bytes or None
        The unit's public key; None where there is none to verify with.

    Raises
    ------
    NoSuchRecord
        If none or more than one begins so, or its time was over.
    RecordAltered
        If it is not what was signed.
    """
    rows = _named(db, name)
    exact = bool(rows) and rows[0][1] == name
    if not rows or (not exact and (len(rows) > 1 or len(name) < SHORTEST_NAME)):
        many = "more than one record begins" if len(rows) > 1 else "no record begins"
        raise NoSuchRecord(f"There is {many} with {name!r}", hint="`ansim report list` shows them.")
    return read_record(db, rows[0][0], public=public)


def _named(db: sqlite3.Connection, name: str) -> list[tuple[int, str]]:
    """Return up to two entries of this id or beginning, the exact one first; also of a damaged store."""
    pattern = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    try:
        return db.execute(
            "SELECT seq, id FROM entries WHERE id = ? OR id LIKE ? ESCAPE '\\' ORDER BY id = ? DESC LIMIT 2",
            (name, pattern, name),
        ).fetchall()
    except sqlite3.DatabaseError:
        left = [(e.row, str(e.fields().get("id", ""))) for e in read_what_is_left(db)]
        found = [row for row in left if row[1].startswith(name)]
        return sorted(found, key=lambda row: row[1] != name)[:2]


def read_record(db: sqlite3.Connection, seq: int, *, public: bytes | None) -> StoredRecord:
    """Return the record of one entry, verified. Raises as `find_record`."""
    if db.execute("SELECT 1 FROM entries WHERE seq = ?", (seq,)).fetchone() is None:
        raise NoSuchRecord(f"There is no entry {seq}")
    entry = read_entry_left(db, seq)
    fault = fault_of(db, entry, public=public)
    if fault:
        raise RecordAltered(
            f"Entry {seq} is not what the unit signed ({fault}), so it is not shown as a record",
            hint="`ansim report verify` names every altered part; keep the disk as it is.",
        )
    if entry.body is None:
        raise NoSuchRecord(f"The record {entry.fields().get('id', seq)} was removed when its time was over")
    if entry.fields().get("kind") != "inspection":
        raise NoSuchRecord(f"{entry.fields().get('id', seq)} is not an inspection")
    return StoredRecord(inspection=read_inspection(entry.body), entry=entry)


def fault_of(db: sqlite3.Connection, entry: Entry, *, public: bytes | None) -> str:
    """Return the fault of an entry by itself, empty for none."""
    fault = verify_entry(entry, public) if public is not None else verify_body(entry)
    if fault is not None:
        return f"{fault.part}: {fault.word}"
    if entry.body is None:
        gone = db.execute("SELECT 1 FROM removals WHERE seq = ?", (entry.row,)).fetchone()
        return "" if gone else "body: missing"
    row = db.execute("SELECT id FROM entries WHERE seq = ?", (entry.row,)).fetchone()
    return "" if row is not None and row[0] == entry.fields()["id"] else "id: altered"


def list_records(
    db: sqlite3.Connection, *, public: bytes | None, most: int | None = None
) -> tuple[Listed, ...]:
    """Return one line for each inspection, oldest first, of what was signed; ``most`` keeps the newest."""
    lines: list[Listed] = []
    said = find_resolutions(db, public=public)
    for seq in reversed(_numbers(db)):
        if most is not None and len(lines) >= most:
            break
        line = _line_of(db, read_entry_left(db, seq), public, said)
        if line is not None:
            lines.append(line)
    return tuple(reversed(lines))


def find_resolutions(db: sqlite3.Connection, *, public: bytes | None) -> tuple[tuple[Entry, Resolved], ...]:
    """Return what was said of alarms, with its entries, oldest first; the unverified does not count."""
    return resolved_entries(_beginning_with(db, NAME_MARK), public)


def find_hand_overs(db: sqlite3.Connection, *, public: bytes | None) -> tuple[tuple[Entry, HandOver], ...]:
    """Return the hand-overs of records, with their entries, oldest first; the unverified does not count."""
    return hand_over_entries(_beginning_with(db, hand_overs.NAME_MARK), public)


def _beginning_with(db: sqlite3.Connection, mark: str) -> list[Entry]:
    """Return the entries whose id begins so, in order; also of a damaged store."""
    try:
        rows = db.execute("SELECT seq FROM entries WHERE id LIKE ? ORDER BY seq", (mark + "%",)).fetchall()
        return [read_entry_left(db, seq) for (seq,) in rows]
    except sqlite3.DatabaseError:
        return [e for e in read_what_is_left(db) if str(e.fields().get("id", "")).startswith(mark)]


def _numbers(db: sqlite3.Connection) -> list[int]:
    """Return the numbers of the entries that the disk still gives."""
    try:
        return [seq for (seq,) in db.execute("SELECT seq FROM entries ORDER BY seq")]
    except sqlite3.DatabaseError:
        return [entry.row for entry in read_what_is_left(db)]


def _line_of(
    db: sqlite3.Connection, entry: Entry, public: bytes | None, said: Sequence[tuple[Entry, Resolved]]
) -> Listed | None:
    """Return the line of an inspection, None for any other entry and for one that retention removed."""
    fields = entry.fields()
    fault = fault_of(db, entry, public=public)
    if not fault and (entry.body is None or fields["kind"] != "inspection"):
        return None
    body = _parsed(entry.body)
    place = body.get("place")
    words = place if isinstance(place, dict) else {}
    verdict, name = body.get("verdict"), str(fields.get("id", ""))
    return Listed(
        seq=entry.row,
        id=name,
        kind=str(body.get("kind", "")),
        site=str(words.get("site", "")),
        room=str(words.get("room", "")),
        cubicle=str(words.get("cubicle", "")),
        level=str(verdict.get("level", "")) if isinstance(verdict, dict) else "",
        utc_ns=int(fields.get("utc_ns", 0)),
        provenance=str(body.get("provenance", "")),
        fault=fault,
        resolution=came_of_alarm(verdict, [one for _, one in said if one.record == name]),
    )


def _parsed(body: bytes | None) -> dict[str, Any]:
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def list_declarations(
    db: sqlite3.Connection, site: str | None, *, public: bytes, anchor: Anchor | None
) -> FoundDeclarations:
    """Return the declarations that hang on the unbroken end of the chain; ``site`` None: at every site.

    Notes
    -----
    The last entry's signature and the hash links vouch for every header before it, so that one signature is
    verified and not thousands. Nothing before a break counts: what is missing there may be a withdrawal.
    """
    good: list[tuple[Declaration, int]] = []
    refused, broken = 0, 0
    for entry in _unbroken_end(db, public, anchor):
        if entry is None:
            broken = 1
            continue
        if KNOWN_MARK not in entry.header:
            continue
        read = _declaration(db, entry, public)
        if read is None:
            refused, broken = refused + 1, max(broken, entry.row)
            break
        if site is None or read.site == site:
            good.append((read, int(entry.fields()["utc_ns"])))
    standing = tuple(reversed(good))
    return FoundDeclarations(entries=standing, refused=refused, broken=broken)


def _unbroken_end(db: sqlite3.Connection, public: bytes, anchor: Anchor | None) -> Iterator[Entry | None]:
    """Yield headers from the newest back, as long as each is vouched for; None once where that ends early."""
    wanted, below = "", 0
    for seq, header, signature in db.execute("SELECT seq, header, signature FROM entries ORDER BY seq DESC"):
        entry = Entry(row=seq, header=as_blob(header), signature=as_blob(signature), body=None)
        if not below:
            behind = anchor is not None and (seq < anchor.seq)
            if behind or verify_entry(entry, public) is not None:
                yield None
                return
        elif seq != below - 1 or entry_hash(entry.header) != wanted or not entry.fields():
            yield None
            return
        if anchor is not None and seq == anchor.seq and entry.hash != anchor.hash:
            yield None
            return
        yield entry
        wanted, below = str(parse_header(entry.header)["prev"]), seq
    if below > 1:
        yield None


def _declaration(db: sqlite3.Connection, header: Entry, public: bytes) -> Declaration | None:
    entry = read_entry(db, header.row)
    if entry is None or entry.body is None or verify_entry(entry, public) is not None:
        return None
    if entry.fields().get("kind") != "known":
        return None
    try:
        return read_declaration(entry.body)
    except StoreDamaged:
        return None


def earlier_records(
    db: sqlite3.Connection, inspection: Inspection, *, most: int, before: int, public: bytes | None
) -> tuple[StoredRecord, ...]:
    """Return the latest other inspections of the same place below entry ``before``, the newest first."""
    place: Place = inspection.place
    rows = db.execute(
        "SELECT e.seq FROM bodies AS b JOIN entries AS e ON e.seq = b.seq WHERE b.kind = ? AND b.site = ? "
        "AND b.room = ? AND b.cubicle = ? AND e.id <> ? AND b.seq < ? ORDER BY b.seq DESC",
        (inspection.kind, place.site, place.room, place.cubicle, inspection.id, before),
    )
    found: list[StoredRecord] = []
    for stored in _verified(db, rows, public):
        same = stored.inspection.kind == inspection.kind and stored.inspection.place == place
        if same and stored.inspection.id != inspection.id:
            found.append(stored)
        if len(found) >= most:
            break
    return tuple(found)


def latest_corridor(
    db: sqlite3.Connection, site: str, *, before: int, public: bytes | None
) -> StoredRecord | None:
    """Return the newest corridor reference of a site below entry ``before``."""
    rows = db.execute(
        "SELECT e.seq FROM bodies AS b JOIN entries AS e ON e.seq = b.seq "
        "WHERE b.kind = 'corridor' AND b.site = ? AND b.seq < ? ORDER BY b.seq DESC",
        (site, before),
    )
    for stored in _verified(db, rows, public):
        if stored.inspection.kind == "corridor" and stored.inspection.place.site == site:
            return stored
    return None


def _verified(db: sqlite3.Connection, rows: sqlite3.Cursor, public: bytes | None) -> Iterator[StoredRecord]:
    """Yield the records of some entries; what was altered is no reference, and is said in the log."""
    for (seq,) in rows:
        try:
            yield read_record(db, seq, public=public)
        except (RecordAltered, StoreDamaged, NoSuchRecord) as error:
            log.warning("a record is not used for comparison", entry=seq, why=error.what)
